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
// Source: the types of @anthropic-ai/sdk, and https://docs.claude.com/en/api/errors.
package anthropic
