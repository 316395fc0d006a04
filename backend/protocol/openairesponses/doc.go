// Package openairesponses is the dialect of OpenAI's Responses (POST /v1/responses), the only format that Codex speaks.
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
package openairesponses
