// Package client is the Go client of the control API: one method an operation, over an http.RoundTripper.
//
// [Dial] finds the instance that runs on a data folder and talks to it over loopback; [InProcess] talks to the same
// handler without a listener, where the caller has opened the data itself. Whoever uses a [Client] need not know which:
// that is why the CLI has one path. Errors are *[control.Problem] in both cases.
package client
