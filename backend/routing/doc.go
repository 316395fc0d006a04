// Package routing chooses, for one request, which deployments may serve it and in what order.
//
// It is pure: [Decide] is a function of an immutable [Snapshot], a [Request] and a time. It takes no lock, does no I/O
// and knows nothing of HTTP. The figures that move (requests in flight, health) are atomics in package live, which the
// snapshot points to.
//
// A decision goes through three steps. The model's name is resolved to deployments (package catalog). Those that
// cannot serve are set aside, each with its reason: another protocol, a paused account, state that lives elsewhere, a
// cooldown. What is left is ranked by the mode in force; each mode is a small type in a file of its own.
//
// The gateway tries the candidates in order until one answers, and the ledger keeps a [Record] of it all, so that any
// decision can be shown later.
package routing
