// Package conversation is the one form between all protocols: what lane B decodes every request and reply to, and encodes
// them from.
//
//	client's bytes --decode--> Request --encode--> upstream's bytes
//	client's bytes <--encode-- Reply   <--decode-- upstream's bytes         a whole reply
//	client's bytes <--Writer-- Event   <--Reader-- upstream's bytes         a stream, event by event
//
// So N protocols need N codecs, never N x N translators. A [Codec] is one protocol's four directions; each lives in
// that protocol's package. A [Request] holds everything that any protocol can say of a turn, in the order it was said. What the
// protocol of an upstream cannot say is emulated, left out, or refused by name: the encoder decides, by a table, and tells what
// it left out ([Lost]).
//
// # Parts
//
// A [Message] is a list of [Part]s: [Text], [Media], [ToolCall], [ToolResult], [Thinking], [Refusal]. A part remembers
// which protocol it came from where that matters: thinking is signed, or encrypted, by one vendor, and only that vendor
// may see it again ([Thinking.Origin]).
//
// # Streams
//
// A reply is a list of parts, and a stream tells it part by part: [PartStart], its [Delta]s, [PartEnd], then [Finished]. Parts do not
// overlap: a [Reader] of a protocol in which they do (parallel tool calls of openai-chat, woven into each other) holds back
// what belongs to a later part until the one before has ended. [Told] replaces the usage known so far, never adds to it. A stream
// that breaks ends without a [Finished], and its Reader returns an error. Where the client has seen some of it, the error comes to the
// [Writer] as a [Fault]: it ends its own stream in the way that its clients take for an error, and never as if it were whole.
package conversation
