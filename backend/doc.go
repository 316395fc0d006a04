// Package backend composes Metapi without a screen: it opens the rooms below it in their order, wires what one must tell
// the other, and serves.
//
// [Open] takes the instance lock of the data folder first of all, then opens the store, the ledger and what lies above
// them. What it returns can be used in two ways: [Backend.Handler] is the control API for use in process (a CLI command
// where no instance runs), and [Backend.Serve] makes it the instance that serves, until its context ends.
//
// The keychain is opened when the first secret is needed, so that a command that needs none (usage, models) asks nobody
// for a passphrase. Serve needs it, and does not start without one.
//
// The files of a data folder:
//
//	lock           held by whoever has the folder open
//	metapi.db      accounts, clients, offers, settings, what was learned of
//	               them, the ledger's rows                                    (package store)
//	backups/       copies of it                                               (package store)
//	responses.db   replies that tools may continue, conversations             (package kept)
//	journal/       requests that are not in the database yet                  (package ledger)
//	secrets        where there is no OS keychain: the encrypted file          (package keychain)
//	metapi.log     the log, and metapi.log.1 before it
//	routing.yaml   the user's own: names, rules, prices, caps                 (routing.Settings)
//	providers.d/   the user's own: providers                                  (provider.Definition)
//	runtime.json   where the running instance answers, and its admin token    (control.Runtime)
//	captured/      what clients and models said, where the user wants that kept (ledger/capture)
//	admin.token    that token alone, for Prometheus
package backend
