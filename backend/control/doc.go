// Package control is the management API of Metapi: what the CLI, the window and the tray see of it, and all they see.
//
// It is one http.Handler under /api/, JSON in and out, made with Huma, so that its OpenAPI description
// (/api/openapi.json) follows from the Go types in types.go. The same handler is used in two ways:
//
//   - on the loopback server, behind [Guard]: every route wants the admin token of the running instance, which stands
//     in DIR/runtime.json (see [Runtime]) and is new at each start. The gateway has checked Host and Origin before;
//   - in process, without a guard: by the CLI where no instance runs, and by the window.
//
// The doctor looks at everything at once: POST /api/doctor begins, GET tells what was found so far, and an event tells each time that
// there is more. What its bundle gives to others has been through masker, which knows the secrets and so can prove that none is in there.
//
// A replay (package ledger/replay) goes through the ledger for as long as that takes: POST /api/replay begins, GET tells how far it is and in the end what
// came of it, DELETE ends it.
//
// The playground asks a model for the pages: POST /api/playground begins a run, which goes the way of all requests, under a client of its own that has no
// key (gateway.Play). What comes of it is told by events, in pieces that are counted; whoever has missed one reads the run by GET. DELETE ends it.
//
// Package client is its Go client and hides the difference.
//
// The flows of the product live here as methods of [Service], in the words of a person: what adding an account does
// (normalise the base URL, list the models to prove the key, keep the account, its secret and its offers), what a
// failed listing means, what is wrong with this installation. A caller shows what it is told and need not know more.
//
// Errors are problems (RFC 9457) with a code for programs, a sentence that says what happened, and a hint that says
// what to do: see [Problem]. No answer holds an upstream's secret; local keys are shown by one route, for copying.
package control
