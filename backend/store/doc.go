// Package store keeps Metapi's own state in one bbolt file, metapi.db, in the data folder.
//
// [Open] creates the folder (0700) and the file (0600), refuses what it cannot safely use with an [*Error] that says
// what to do, and brings an older schema up to date. [Store.View] and [Store.Update] run a function in a transaction;
// a [Bucket] reads and writes one kind of record in it as JSON, under keys that are any bytes:
//
//	var accounts = store.NewBucket[Account]("accounts")
//
//	err := st.Update(func(tx *store.Tx) error { return accounts.Put(tx, a.ID, a) })
//
// An update that has returned nil is on disk: it survives kill -9 and a power cut.
//
// # What Open refuses
//
// Every refusal leaves the folder as it was. Test for the kind with errors.Is.
//
//	[ErrLocked]    another Metapi has the file open (waits a second first)
//	[ErrCorrupt]   not a database, cut short, or damaged; the text names the newest backup and how to restore it
//	[ErrReadOnly]  the folder or the file cannot be written
//	[ErrFull]      the disk is full
//	[ErrNewer]     a newer Metapi has written it
//	[ErrNotFolder] the data folder's path is a file
//
// bbolt maps the file into memory, so a file that is shorter than its own header says would end the process with a
// SIGBUS. Therefore check.go reads the header itself before bbolt may touch the file, and every transaction turns a
// memory fault into [ErrCorrupt].
//
// # Schema and backups
//
// The bucket "meta" holds the schema's version. The table in migrate.go brings a file from one version to the next,
// each step in its own transaction and after a backup, DIR/backups/metapi-v<version>-<time>.db. A step that fails is
// rolled back whole. A backup is also made in the background when the newest is older than a day. The five newest
// are kept, and the newest one of an older schema.
//
// No secret is ever put here: secrets are in the keychain, and what is too large for it arrives here sealed
// ([Store.Blobs]).
package store
