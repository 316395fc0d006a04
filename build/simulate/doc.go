// Command simulate runs a week of made-up traffic through the real routing code, on a clock of its own, and prints what each mode would have
// cost, how long answers would have been waited for and how many errors clients would have seen, beside fixed choices, round robin and an oracle.
//
//	go run ./build/simulate [-seed 1] [-scenario NAME]
//
// A scenario (scenarios.go) is a set of upstreams that offer one model, or several: true prices, the prices that they list, which may be wrong, caches
// that expire, latencies, outages and slowdowns by the hour, and how good their answers are, by what is asked for. Traffic (traffic.go) is agents
// with long sessions, chats with short ones, and reports without any, drawn from a seed. A policy (policies.go) orders the upstreams for each
// request; the modes do it by [routing.Decide], and learn from what comes of it by the code that the gateway learns by.
//
// Nothing is known to a mode but what the gateway would know: listed prices, its own estimates, how requests went, published scores, which
// are off by some hundredths, and the thumbs of a user who judges one answer in ten, and one of those wrongly in twenty. In the tables "good" is the
// share of good answers; "worth" is what they are worth to a user who has said nothing of it, less cost and waiting.
package main
