// Package replay says what past requests would have cost, and how long their clients would have waited, had another mode been in force.
//
// A [Replay] is given the ledger's records one after the other, oldest first, and keeps nothing of them but sums. For each it decides again among the
// candidates that the record keeps, by the code that decides for live requests ([routing.Rerank]), once for each mode that is asked about. A request
// whose mode was asked for by itself, by a rule or by its model keeps that mode: another one in force would not have changed it.
//
// # What is measured, and what is not
//
// Where a mode asks the accounts that were really asked, in their order, and their caches hold what they really held, the request counts with what
// it really cost and took. Whoever failed fails again, whenever the mode asks it. Everything else is estimated:
//
//   - Dollars are those of the tokens that the request really took, at the prices of its day, times what the account has billed in terms of its
//     prices. Each mode has caches of its own: a session that it moves is paid for anew, and one that it keeps in place is read from the cache.
//   - Seconds are drawn from what others waited at that account around that time, by the figures that routing itself learns (package live). Where
//     nothing was measured there, they are not known.
//   - Who was never asked is taken to answer. Who was cooling at the time is not among the candidates, and is not asked.
//
// What cannot be compared is left out of all sides, and counted by its reason.
package replay
