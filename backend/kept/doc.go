// Package kept keeps what the Responses API promises to keep, where no account does: responses that Metapi made itself, since the model was
// reached over another protocol, and conversations.
//
//	gateway --Keep--> memory            at once: a request that comes next finds it
//	                     |              in the background: one transaction
//	                     v
//	                  responses.db      in the data folder, beside the database: heads (small, all in memory too) and bodies
//
// # What is kept
//
// A response is two things: its object, for [Kept.Response], and its turn, which is the items that were new in its request and those that
// it answered with. A turn names the one before it, so that a conversation of a hundred responses is kept once, not a hundred times. A
// turn stays as long as its response or a later turn needs it: to delete a response breaks nobody's thread. A conversation is a
// list of items with a name.
//
// All of it belongs to the client that made it. For any other it is not there.
//
// # How long
//
// A response for [Age] from when it was made, which is what OpenAI promises, and a conversation as long from when it was last used. Where
// all together is more than [Limit] bytes, what is oldest goes first. What is larger than an eighth of that by itself is not kept at all.
//
// The file is no part of the backups: what was deleted is gone. A file that cannot be read is put aside as responses.db.damaged, and another
// is begun. [Kept.Switch] off deletes both.
package kept
