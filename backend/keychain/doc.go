// Package keychain keeps secrets: the keys of upstream accounts and the text of local keys.
//
// [Open] finds the one place where this data folder's secrets live:
//
//  1. DIR/secrets, where that file is there: an encrypted file, chosen once and then kept to;
//  2. the keychain of the operating system: Windows Credential Manager, the macOS Keychain, the Secret Service (GNOME
//     Keyring, KeePassXC, KDE's), or KWallet;
//  3. DIR/secrets under a passphrase, where one can be had;
//  4. none: [ErrUnavailable], whose text says both ways out.
//
// There is no fifth: a secret is never written in plain text, and never to the kernel's keyring (lost at reboot).
//
// A [Keychain] is safe for concurrent use. Every call ends by its deadline, 2 seconds where the context has none, or
// 2 minutes under [Interactive], where a person may be typing a password into a dialog. Without [Interactive] no dialog
// is opened: a locked keychain is [ErrLocked] at once. Secrets are read once, when Metapi starts, never per request.
//
// # How the OS keychain is used
//
// Through github.com/99designs/keyring, whose habits are fenced in here (system.go, probe_linux.go):
//
//   - its calls take no context and block while a dialog is open, and panic when one is dismissed: each runs in a
//     goroutine of its own, with a recover;
//   - its objects are not safe for concurrent use: each call opens its own;
//   - it would create a keyring named after the service, with a dialog: the keyring "login" is named, or else the one
//     that is the user's default;
//   - items are found by their key alone, over all programs: keys start with "metapi/";
//   - a missing item is an error to remove on some systems: never here;
//   - Windows takes 2,560 bytes and no more: above 2,400 the secret is sealed into [Blobs] under a key of its own, and
//     the keychain keeps that key (sealing.go), so that deleting the entry makes every copy unreadable, also in backups;
//   - on macOS it needs cgo: a build without says so;
//   - on Linux its package init may fork a dbus-daemon: package nobus prevents it.
//
// # The encrypted file
//
// XChaCha20-Poly1305 under a key that Argon2id derives from the passphrase, once, when the file is opened (file.go). A
// verifier refuses a wrong passphrase there, so that no file ever holds secrets of two passphrases. It is replaced
// whole, under a lock shared with other processes.
package keychain
