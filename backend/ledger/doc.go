// Package ledger is the durable record of requests: what was asked, where it went, what it took and what it cost.
//
//	gateway --Begin, Settle--> queue    in memory
//	                              |     every 10 ms: one write(2)
//	                              +---> journal       DIR/journal/<n>.log    a line each: it survives a kill
//	                              |     every 5 s, or at 2,000 records: one transaction
//	                              v
//	                           bbolt    requests      id -> record        rows, in order of time
//	                                    requests_by   value, id           by client, model, account, state
//	                                    rollups       hour, ... -> Totals what Totals and Group add up
//	                                    pins          state -> account    who issued it; the newest 50,000
//
// # What a kill leaves
//
// [Ledger.Begin] and [Ledger.Settle] write nothing themselves: a record waits 10 ms for others, and their lines go to the
// operating system together. From then on, well within 50 ms of the call, it survives a kill -9 of this process, though
// not a power cut, since nothing waits for the disk. A worker folds the queue into the database, and deletes a segment of
// the journal only when everything in it has been committed. After a kill the next [Open] folds what the journal holds
// beyond the position that the database has noted. Folding is idempotent: a row only rises, from running to interrupted
// to settled, the rollups change in the same transaction as the row, and the same line folded again changes nothing. A
// line that was torn off by the kill fails its checksum and is left out.
//
// A request that was begun by a process that is no more can be settled by nobody: it appears as interrupted.
//
// # Asking
//
// [Ledger.Requests], [Ledger.Totals] and [Ledger.Group] (by model, account, client, session, day or hour of a time zone) fold what is in the queue before they look, so that they see all
// that was accepted. All of them go by the time within the request's id. [Ledger.Walk] goes through all records, a page at a time; package replay works
// out from them what other modes would have come to. [Ledger.Hours] counts those of a choice by the hour, so that a page anywhere among a million is found at once. [Ledger.Account] answers from memory.
//
// # What was saved
//
// When a request settles, its record has what each [routing.Baseline] would have cost for the tokens that it truly took. The rollups sum up all of them, so that choosing
// another baseline holds for what is past, and costs nothing. What cannot be compared is counted, and not taken for nothing: see [Saving].
//
// # Forgetting
//
// [Ledger.Prune] deletes old rows, a few in a transaction. The rollups stay, and with them all sums but those of a part of an hour.
//
// # When the disk does not take it
//
// Nobody waits and nothing is refused. Records that the journal does not take stay in the queue and are written, in
// order, when it works again; if the database does not take them, they stay in the journal, and queries look at
// a transaction that is undone afterwards. The queue holds 10,000 records: beyond that, those in the journal leave memory
// and are read back later, and of those written nowhere the oldest is lost. [Ledger.Trouble] says all of it in words.
package ledger
