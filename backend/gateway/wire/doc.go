// Package wire is a lean HTTP/1.1 client for calls to upstreams in plain text: the whole exchange, from taking a
// connection to the last byte of the reply, happens on the goroutine of the caller.
//
// net/http's Transport keeps two goroutines for each connection, and every call hops over both: caller to write loop, read
// loop to caller, each with a thread to be woken. On a gateway whose own work is a few microseconds that is a third of the
// CPU and most of the added latency. Here a call is
//
//	take    an idle connection, found alive by one peek; else dial        pool.go
//	write   head and body, one system call where the body is small        head.go, conn.go
//	read    the head, by http.ReadResponse, through a pooled buffer       conn.go
//	read    the body, when the caller does, straight from the socket      exchange.go
//
// # What is left to net/http
//
// The framing of replies (status line, header, Content-Length, chunks, trailers) is parsed by net/http's own
// [http.ReadResponse], which has met more odd servers than we ever will. And whole calls go to the fallback untouched:
// https, where a handshake and HTTP/2 dwarf what is saved here; calls through a proxy; upgrades, Expect and CONNECT; hosts
// that need IDNA or a zone; bodies that are not in memory (see [Client.RoundTrip]); and calls with an httptrace.
//
// # Who ends a call
//
// Cancelling the request's context closes the connection, at any point, by [context.AfterFunc]: no goroutine waits for it.
// A connection goes back to the pool only when the reply was read to its end, nothing lies behind it, the request went out
// whole, neither side said close, and the context is not cancelled.
//
// # Answers that come early
//
// An upstream may answer, and stop reading, before it has the whole request: 401, 413. Writing is therefore tried without
// blocking first, and that is nearly always all. What the socket does not take is written by a goroutine while the caller
// already reads; it has ended when the reply's body is closed or at its end. Where writing fails, a reply that is already
// there is still delivered.
//
// # Connections that went stale
//
// A server may close a kept-alive connection at any time, also just when we write. If a reused connection fails within
// a second, before the first byte of a reply, the call is made once more on a new one, whatever its method: callers for
// whom that is wrong should say close. Later, after a byte, or on a new connection, nothing is ever repeated.
package wire
