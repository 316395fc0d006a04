// Command benchmark measures what Metapi adds to a request, beside two yardsticks: nginx, and the ReverseProxy of Go's library.
// build/bench builds it, finds the yardsticks and runs it.
//
// Everything runs on loopback, each party in a process of its own: this program is the load, and starts itself again as the mock upstream
// ("benchmark mock") and as the second yardstick ("benchmark proxy"). Four targets answer the same requests: the mock directly, nginx,
// ReverseProxy and Metapi with all of its work on (key check, routing, metering, journal).
//
// A shared machine is noisy, so nothing is measured in one go: each round visits every target for a moment, the order turns from round to
// round, what a target adds is the difference to the direct calls of the same round, and the figures shown are medians over rounds
// (rounds.go).
//
// The closed loop has one request in flight per connection and measures what is added to one, and how many fit in a second. It would hide a
// stall, because while it waits it sends nothing. So the steady rate is an open loop: each request has a time at which it ought to start,
// and its latency counts from that time, however late it was sent (load.go).
//
// The mock stamps each streamed chunk with the time at which it was sent; the delay of a chunk is what the clock says on arrival less that
// stamp. Both processes read the same clock.
package main
