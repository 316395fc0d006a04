// Package capture keeps what clients and models say to each other, where the user has asked for that: for some clients, for some days, in some
// megabytes.
//
//	gateway --Keep--> queue --mask, bound--> DIR/captured/<request's id>.json
//
// Nothing is kept by default. What is kept has been through a masker, which knows Metapi's own secrets and the forms of others'; a stream is put
// together before that, since a key may be cut anywhere between two of its events. Each side is bounded. A file is deleted when it is older, or all
// are larger, than the user allows; a request is a file of its own, so that what is deleted is gone from the disk at once. No backup and no
// diagnostics bundle looks into that folder.
package capture
