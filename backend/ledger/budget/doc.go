// Package budget holds what may be spent, and keeps requests within it.
//
// A [Budget] is an amount of dollars for a period: of all requests, or of one client, account or model. A soft one only says that it is spent, and has
// requests served by whoever costs least; a hard one refuses.
//
// A request is not known to cost anything before it is done, and many run at once. So each attempt holds what it may cost at most ([Keeper.Hold]),
// then what it did cost ([Hold.End]), until its request is in the ledger ([Keeper.Settle]). A hard budget lets nothing begin while what is spent and held has reached it: it is
// overrun by what one attempt holds, and by no more.
//
// What has been spent is read from the ledger when a budget is set, and counted from there on: for the period in which a request was begun, as the
// ledger does. That a budget is nearly spent, and that it is, is told once a period ([Notice]).
package budget
