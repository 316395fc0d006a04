// Package network decides how upstreams are reached: straight or through a proxy, and whose certificates are believed.
//
//	net := network.New(network.Options{})
//	caller, err := net.Caller(network.Choice{To: "socks5://me:word@proxy.example:1080"}) // or "direct", "system"
//	res, err := caller.RoundTrip(req)
//
// An account has a choice of its own, or follows that of the settings; whose it is, is not known here. All accounts with one
// choice share a [Caller], with its connections.
//
// # What a choice may be
//
// A choice is "direct", "system", or the URL of a proxy: http, https, socks5 or socks5h ([Split]). Through a proxy of any kind a call
// to https goes as a tunnel (CONNECT): the proxy sees the host's name and nothing of the key.
//
// "system" is what the environment says (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), and where that names no proxy, what the desktop is set
// to: see system.go. That may be a script (PAC; package pac). What is read is kept, and read again in the background when it is used after
// half a minute; no call waits for it but the first, and one after a long rest. A program started from a menu has no HTTP_PROXY: therefore the desktop is
// asked at all.
//
// This machine (localhost, 127.0.0.0/8, ::1) is reached through a proxy only where the account itself names one.
//
// # After sleep
//
// Connections do not outlive a laptop's sleep, but nobody tells. The monotonic clock stands still in sleep and the other does not, so before
// each call the two are compared; where they have drifted apart all callers get fresh connections (sleep.go). That costs a look at the clock, where a
// timer would wake the CPU for nothing, and come too late for the first request.
//
// # What is not done
//
// Certificates are always verified. The discovery of proxies by DHCP or DNS (WPAD) is not followed: whoever runs a network could choose where
// calls go. Nothing here logs or tells a proxy's password: [Show] is how a proxy is written for people.
package network
