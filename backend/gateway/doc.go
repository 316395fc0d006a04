// Package gateway is the data plane: the loopback server that clients point at, and the way of a request from there to
// an upstream and back.
//
//	client --> door      Host, Origin, local key                              door.go
//	       --> endpoint  which protocol and operation the path means          endpoints.go
//	       --> body      read whole, bounded; peeked at, not decoded  body.go
//	       --> decide    package routing ranks the deployments                exchange.go
//	       --> attempts  one deployment after the other until one answers     attempt.go
//	       --> reply     passed on byte for byte                              whole.go, stream.go
//	       --> settle    tokens, cost, outcome to the Recorder                record.go
//
// A request to count tokens goes the same way, in less time, and ends in an estimate where nobody counts: count.go.
//
// This is lane A: client and upstream speak the same protocol. The body is never marshalled again; what may be changed
// in it is listed in edits.go, which headers may pass in headers.go, and how long anyone is waited for in timing.go.
//
// In lane B they speak different ones: the request is decoded and encoded, and the reply likewise, event by event (laneb.go; package
// conversation). Three things bring a request of lane A there, too: a body that was sent to the path of another protocol (exchange.in), a
// reply that comes as a stream where none was asked for, or the other way round (reshape.go), and a refusal that can be mended (mends.go).
//
// # The commit point
//
// Until the first meaningful event (a text, tool, thinking or refusal delta) has gone to the client, every failure of an
// upstream moves the request on to the next deployment, and the client sees nothing of it. From then on a failure ends
// the stream with an error in the client's own protocol: never a fake success, never silence. A whole reply is held back
// until it is complete, so it can always move on.
//
// # Errors
//
// There is one error type, [protocol.Error]. The protocol's dialect writes it in the shape that the client's SDK knows.
// What is at fault in the request itself goes straight back; what is at fault upstream cools whoever caused it (package
// routing/live) and is retried elsewhere.
package gateway
