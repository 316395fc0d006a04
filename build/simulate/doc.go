// Command simulate runs a week of made-up traffic through the real routing code, on a clock of its own, and prints what each mode would have
// cost, how long answers would have been waited for and how many errors clients would have seen, beside fixed choices, round robin and an oracle.
//
//	go run ./build/simulate [-seed 1] [-scenario NAME]
//
// A scenario (scenarios.go) is a set of upstreams that offer one model: true prices, the prices that they list, which may be wrong, caches that
// expire, latencies, outages and slowdowns by the hour. Traffic (traffic.go) is agents with long sessions, chats with short ones, and reports
// without any, drawn from a seed. A policy (policies.go) orders the upstreams for each request; the modes do it by [routing.Decide], and learn from
// what comes of it by the code that the gateway learns by.
//
// Nothing is known to a mode but what the gateway would know: listed prices, its own estimates, and how requests went.
package main
