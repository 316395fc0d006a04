// Package gateway is the data plane: the loopback server that clients point at, and the way of a request from there to
// an upstream and back.
//
//	client --> door      Host, Origin, local key                              door.go, refusals.go
//	       --> endpoint  which protocol and operation the path means          endpoints.go
//	       --> body      read whole, bounded; peeked at, not decoded          body.go
//	       --> decide    package routing ranks the deployments                exchange.go, expect.go
//	       --> attempts  one deployment after the other until one answers     attempt.go
//	       --> reply     passed on byte for byte                              whole.go, stream.go, raw.go
//	       --> settle    tokens, cost, outcome to the Recorder                record.go
//
// Modes and rules ask what a request is expected to take, and what was seen of it is learned from: expect.go. Each attempt holds what it may cost, where
// there are budgets, until it is known what it did: budgets.go. How a request would be decided can be asked without sending it: explain.go.
//
// What an account keeps for no model, files and batches, is found by where it is, and lists of it are put together: files.go. Lists of models
// are answered here, as who asks writes them: models.go, codex.go.
//
// A request to count tokens goes the same way, in less time, and ends in an estimate where nobody counts: count.go.
//
// This is lane A: client and upstream speak the same protocol. The body is never marshalled again; what may be changed
// in it is listed in edits.go, which headers may pass in headers.go, and how long anyone is waited for in timing.go. Where they speak
// different ones, laneb.go translates. A reply that came whole where a stream was asked for, or as a stream where none was, is told in the
// way that was asked (reshape.go).
//
// In lane B they speak different ones: the request is decoded and encoded, and the reply likewise, event by event (laneb.go; package
// conversation). Three things bring a request of lane A there, too: a body that was sent to the path of another protocol (exchange.in), a
// reply that comes as a stream where none was asked for, or the other way round (reshape.go), and a refusal that can be mended (mends.go).
//
// The playground's requests come in this process, and so not by the door: play.go.
//
// # The commit point
//
// Until the first meaningful event (a text, tool, thinking or refusal delta) has gone to the client, every failure of an
// upstream moves the request on to the next deployment, and the client sees nothing of it. From then on a failure ends
// the stream with an error in the client's own protocol: never a fake success, never silence. A whole reply is held back
// until it is complete, so it can always move on. Sound is not held back, and has no form in which an error could be told: where it breaks
// off, the client's connection does (raw.go). Images and sound are asked for at nobody else after a time-out (exchange.once).
//
// In latency mode two attempts may be at work at once, where the user wants that: hedge.go. What is said can be kept for the user: capture.go.
//
// # What is kept
//
// The Responses API promises to keep replies. Those of lane B no account has, so the gateway has them kept ([Kept]), and puts them into the
// request that goes on from them (kept.go): what routing then sees leans on nothing, and goes anywhere. Such a thread stays Metapi's: where
// it comes to an account that speaks Responses itself, that is told to store nothing, and the reply is kept here. Conversations are always kept here, and
// calls about what is kept are answered here (keptcalls.go). State of an account's own is pinned to it, as before.
//
// A compaction (POST /v1/responses/compact, or an item compaction_trigger at the end of a request) is made by the upstream where it can, and else by
// asking the model for a summary, in lane B: see package openairesponses.
//
// # Errors
//
// There is one error type, [protocol.Error]. The protocol's dialect writes it in the shape that the client's SDK knows.
// What is at fault in the request itself goes straight back; what is at fault upstream cools whoever caused it (package
// routing/live) and is retried elsewhere.
package gateway
