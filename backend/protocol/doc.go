// Package protocol has the words that the whole data plane shares: what a protocol is, what a request asks, what a
// reply told, what went wrong.
//
// A [Protocol] is a wire format that a client speaks to Metapi, or Metapi to an upstream. Where both speak the same
// one, bodies pass in lane A: as raw bytes, nothing decoded and nothing re-written but the model's name. For that
// the gateway must know little of the format, and what it must know is the interface [Dialect], one small stateless
// type a protocol, each in its own sub-package:
//
//   - Peek: what routing needs of a request body, in one pass ([Peek]): the model and its place, whether a stream is
//     wanted, limits and needs, the session, and [Ref]s to state that one upstream account keeps.
//   - Event and Body: what a reply tells on its way past ([Reply], [Class]): when the first [Meaningful] event is there
//     (up to then a failure can still move on to another deployment), usage, the end, an error in disguise.
//   - Error and StreamError: Metapi's own failures in the shape that this format's clients expect.
//
// Where they speak different ones, bodies are translated in lane B, through the canonical form of package conversation: each
// protocol has a codec to it and from it.
//
// Sub-packages: scan finds JSON members without decoding, and quote writes strings; form finds the fields of a form; sse splits streams at their
// events; openaichat, openairesponses, openaiplain, anthropic and gemini are the dialects and codecs; dialects and codecs list them; tokens
// estimates what a prompt takes.
//
// [Usage] counts tokens in disjoint classes: fresh input, read from a cache, written to one (for five minutes, for an
// hour), output. Vendors count otherwise, OpenAI and Gemini cached tokens within the input, Anthropic beside it;
// the dialects convert, so that a price can be put on each class and no token is paid twice.
//
// An [Error] is what went wrong in Metapi's own words: its [Kind] decides whether a request moves on, whose health
// suffers, and what the client is told. [DecodeError] makes one of whatever an upstream says, judging by the text
// before the status; [RetryAfter] finds how long to wait; [Clean] takes out of a text what no client may see.
package protocol
