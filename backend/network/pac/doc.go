// Package pac runs proxy auto-configuration scripts: JavaScript whose function FindProxyForURL names the proxies for a URL.
//
// The language is goja's (github.com/dop251/goja), because it is maintained, pure Go, and proven: k6 runs its users' tests in it. It knows all of
// ECMAScript 5.1 and most of 6, so what a browser takes is taken here. It makes the program larger by 8.7 MB, and each start longer by a
// millisecond, which is the price of not keeping a language of our own. The functions that scripts of this kind are promised are ours: helpers.go.
//
// A script is compiled once; each run gets a runtime of its own, so nothing that a script remembers leads from one call to another.
// It can reach nothing but its arguments, the clock, and the addresses of names.
//
// A script comes from outside, so it is held in bounds: of time ([Script.Find]'s context), of depth, of names looked up, and of memory. goja has no
// bound of memory, so a watchdog looks at the heap while a script runs. Goja can be interrupted between two steps of a script only, not within
// a function of the language: therefore those are taken away, or checked first, with which a few letters fill the memory or take for ever (bounds.go).
// That stops a script that went wrong. It does not stop one that was written to do harm: many large steps remain within one
// function, such as joining a thousand references to one long string. Whoever writes the script chooses the proxy, and is trusted that far.
package pac
