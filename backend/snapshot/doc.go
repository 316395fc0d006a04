// Package snapshot builds and publishes what the data plane works from: one immutable [Snapshot] behind an atomic
// pointer, made anew on any change of accounts, offers, mode or settings.
//
// It is the only place where upstream secrets are held in memory, prepared as [provider.Target]s: they are read from the
// keychain once, when an account appears or its key changes, and never on the way of a request.
package snapshot
