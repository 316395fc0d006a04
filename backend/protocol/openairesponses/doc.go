// Package openairesponses is OpenAI's Responses (POST /v1/responses), the only format that Codex speaks: its dialect, for
// bodies that pass as they are, and its codec, for those that come from or go to another protocol.
//
// # The dialect
//
// Its requests lean on state that one upstream account keeps: an earlier response (previous_response_id), a
// conversation, stored items (item_reference), files, and encrypted reasoning, which only the account that wrote it
// can read. [Dialect.Peek] reports each as a ref, and replies report what they issue, so that the gateway can send the
// one where the other came from. Encrypted reasoning is named by [ReasoningID], the digest of the text; of a
// request only the last one counts, since a conversation that moved was stripped before. If its account is gone,
// [StripReasoning] takes it out of the request.
//
// A stream is named events whose type stands in the data too. It ends with response.completed, response.incomplete or
// response.failed. Any event "….delta" that says something is Meaningful, and so is the start of a call that has a name.
//
// # The codec
//
// [Codec] is written from OpenAI's OpenAPI document: CreateResponse, Response, ResponseStreamEvent. Its files are one a
// direction; what varies is in tables.go.
//
// Decoded, the items of a model's turn are one message (reasoning, message, function_call, custom_tool_call), and so are the
// outputs of parallel calls; instructions are a first message of the system's. State that is left, an account's, is refused by name, and
// what a vendor ran for itself (web_search_call) passed over. A tool of the vendor's that the client runs (local_shell, shell,
// apply_patch, a tool_search of its own) is a function, and so are its calls: package hosted has them.
//
// Encoded for an upstream, calls and results are paired (pairs.go), names and ids made legal (names.go), stop sequences left out, at which
// the answer is then ended here, schemas given an object at their root, and reasoning goes only where this vendor sealed it.
//
// Written for a client, a reply is what it declared: a call of local_shell is a local_shell_call, and a tool of a namespace gets its
// namespace back. Each Response repeats the request, as clients' types require. To a client that asks for encrypted reasoning, what another
// vendor has signed or sealed goes in its place, and comes back to that vendor with the next turn; [StripForeign] keeps it from OpenAI.
//
// # State and compactions
//
// [ReadState] and [Expand] put what was kept of a thread in place of the id that names it; [Retell] tells the client's names in a reply that
// another made. [Resource], [Page] and their like write items as the API lists them.
//
// A request that asks for a compaction decodes to one that asks the model for a summary of the conversation, as a text and without tools, so that any
// model can answer it. The client gets the summary in a marked envelope as the encrypted_content of one compaction item. Who sends that back has
// it decoded to a message; [StripForeign] does the same for bodies that pass as they are, so that no vendor is shown what it has not sealed. context_management is
// for the vendor's own threshold: other models know none, and it is passed over.
//
// Of [conversation.Target.Quirks] the codec knows these:
//   - "open-reasoning": the server takes reasoning that is not sealed, as content of type reasoning_text (servers of open models)
//   - "no-summary": the server refuses reasoning.summary (OpenAI does until an organization is verified)
package openairesponses
