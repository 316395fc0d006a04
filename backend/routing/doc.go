// Package routing chooses, for one request, which deployments may serve it and in what order.
//
// It is pure: [Decide] is a function of an immutable [Snapshot], a [Request] and a time. It takes no lock, does no I/O
// and knows nothing of HTTP. The figures that move (requests in flight, health) are atomics in package live, which the
// snapshot points to.
//
// A decision goes through four steps. The user's rules are looked at ([Settings], routing.yaml): those whose [Condition] holds say which models
// serve, in which mode, and whose accounts may or may not. The model's name is resolved to deployments (package catalog), or, where it is that of a
// virtual model, or a rule says so, to a [Plan]: several models, in tiers, of which one is used only where none above it can serve. Those that
// cannot serve are set aside, each with its reason: another protocol, a rule, a paused account, state that lives elsewhere, a cooldown, a cap or the
// hours of the account ([Limits]). What is left is ranked by the mode that is nearest to the request.
//
// Each mode is a small type: failover (the user's order), balance (who is less busy), latency (who answers soonest), cost (who costs least until
// the request is answered), quality (who answers best) and auto (what the answer is worth, less cost and waiting: see [Worth]). All but the first two
// rank by figures that package live learns, and need to know what the request is expected to take, or what kind of answer it asks for. That is
// worked out by functions of the [Request], which are called only where a mode or a rule wants it: an ordinary request pays nothing for them.
//
// How good a model's answers are expected to be ([Deployment.Judge]) is drawn from published results (package catalog/scores) to the user's thumbs
// ([live.Opinions]), in all and by kind of answer. Nothing is learned from text, and nothing is tried out: where other signals, a router that learns,
// or experiments are to come, that is the function which they would change.
//
// The gateway tries the candidates in order until one answers, and the ledger keeps a [Record] of it all, so that any
// decision can be shown later ([Record.Why] puts it into a sentence) and made again ([Rerank]).
package routing
