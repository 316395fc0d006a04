// Package anthropic is the dialect of Anthropic's Messages (POST /v1/messages, and /v1/messages/count_tokens).
//
// A stream begins with message_start, whose usage has the input figures, and ends with message_delta (stop reason,
// the output figure, and at times the input again) and message_stop. All figures are cumulative: the larger of
// two tellings counts, since relays put zeros in one or the other. input_tokens leaves out what was read from the
// cache or written to it. Pings come at any time, and are what [Dialect.KeepAlive] sends.
//
// An error in a stream is the event "error", after which nothing follows; without message_stop no client takes
// what came for whole.
//
// # The codec
//
// [Codec] is the way to the canonical conversation and back. What Messages cannot say is in tables.go: params says what of a
// request is left out and what is refused; families what is known of each line of models, since they want thinking, structured answers
// and sampling asked for in different ways. Quirks of a provider, in [conversation.Target]:
//
//	adaptive-thinking  thinking is asked for by type adaptive and an effort, whatever the model's name
//	budget-thinking    thinking is asked for by a budget, whatever the model's name
//	output-format      output_config.format is taken
//	no-output-format   output_config.format is not taken: a structured answer is asked for as the call of a tool
//	system-turns       instructions in mid-conversation may be turns of the role system; else they are words of the user, within <system>
//	auto-cache         a request without marks that has tools or several turns gets some: behind its instructions and its last turn
//	no-auto-cache      it does not, after all
//
// An upstream knows tools by names that [Codec.Restorer] turns back: so it does with tools of free text, and with structured answers that
// came as calls. It must see every reply to a request that this codec has encoded.
//
// Only Anthropic's own signatures are sent to Anthropic. What another vendor has thought is shown to a client under a signature that
// begins with [Mark], and carries that vendor's proof, so that it comes back with the next turn and can be told apart. A body that goes to
// Anthropic as it stands must go through [StripForeign] for that.
//
// Tools that the vendor runs (server_tool_use and the results) are told of a request's history, and not of replies: what they found is in the
// text and its citations, and no client of another protocol could do anything with the call.
//
// Source: the types of @anthropic-ai/sdk, and https://docs.claude.com/en/api/errors.
package anthropic
