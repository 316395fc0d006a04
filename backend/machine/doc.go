// Package machine looks at what Metapi stands on: the user's environment, a container or WSL around it, the display and the tray, the
// limits of the process, who has a port, and each step of the way to an address.
//
// It judges nothing by who Metapi is: each look returns what it found as [Finding]s, with the one next step where there is one, and nil
// where it does not apply. What it reads comes through [Machine], so that a test can be any machine. It shows no value that may be a key.
package machine
