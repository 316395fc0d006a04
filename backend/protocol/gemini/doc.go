// Package gemini is Google's Generative Language API (POST /v1beta/models/M:generateContent,
// :streamGenerateContent?alt=sse and :countTokens). The model and the wish for a stream stand in the path, so a body
// has neither. Names may be written in camelCase or snake_case: both are JSON forms of the same protocol buffers.
//
// A stream is whole GenerateContentResponses without event names; the one with a finishReason is the last, and nothing
// marks the end beyond it. A prompt that is blocked gives no candidates but promptFeedback.blockReason, which is an
// answer, and no failure. promptTokenCount includes cached tokens; candidatesTokenCount leaves out the thoughts.
//
// Nothing can be sent while waiting: Google's Go SDK fails on a comment, and @google/generative-ai, which LangChain still uses, on an
// empty block as well.
//
// # The codec
//
// [Dialect] passes bodies on; [Codec] puts them into the canonical form and back.
//
//   - A call may have no id here. A request's get one from their place (call_<content>_<number>), and a result without one answers
//     the first open call of its name; a reply's get a random one, since those of two turns must differ.
//   - A thoughtSignature belongs to the part that it came on. On a call it is the call's; on a text, or alone, it is a
//     conversation.Thinking without words before that text, and goes back to where it came from. Other vendors' are never sent. A turn
//     whose first call has none gets the documented value that skips the check, for Gemini 3 and later.
//   - What another vendor's model thought before a call goes to a client as the call's signature, with its proof, and back to that
//     vendor: clients of this API send no thoughts back. [StripForeign] keeps it from Google.
//   - Thoughts are summaries, and without a signature they are not sent back, as Google's own clients do not; a client sees
//     them only where it set includeThoughts.
//   - Functions are declared by parametersJsonSchema from Gemini 2.5 on, and by a lowered schema to models whose name tells no generation.
//   - Names that are illegal here are changed, and restored in a reply together with the free text of custom tools (packages toolnames and
//     freetext) and the numbers of lowered enums.
//   - Code that Google has run, and its output, are text.
//
// Quirks of providers that speak this protocol: [QuirkNoCallIDs], [QuirkOnlyParameters]. What cannot be said is in tables.go.
//
// Sources: the descriptor of @google-ai/generativelanguage, the types of @google/genai and the SDKs' stream readers;
// ai.google.dev/gemini-api/docs (thinking, thought-signatures, function-calling, structured-output).
package gemini
