package openaichat

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/scan"
)

// Completions is the dialect of the interface before chat (POST /v1/completions), which editors complete code with: one prompt, and replies
// of the same form as a chat's, but for text in place of a message.
type Completions struct{ Dialect }

// Protocol is [protocol.OpenAICompletions].
func (Completions) Protocol() protocol.Protocol { return protocol.OpenAICompletions }

// Peek reads a request. Completions have no session: each is a prompt of its own.
func (Completions) Peek(body []byte) (protocol.Peek, error) {
	var p protocol.Peek
	prompt, messages := false, false
	g := peek.NewGuard(body)
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, escaped bool) {
		if g.Member(key, escaped, &c) {
			return
		}
		switch string(key) {
		case "prompt":
			prompt = true
		case "messages":
			messages = true
		case "max_tokens":
			p.MaxOutput = peek.Limit(&c)
		case "stream_options":
			p.StreamOptions, p.IncludeUsage = streamOptions(body, &c)
		}
	}); err != nil {
		return protocol.Peek{}, err
	}
	if err := g.Finish(&p, true); err != nil {
		return protocol.Peek{}, err
	}
	if messages && !prompt {
		return protocol.Peek{}, &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: "messages",
			Message: `this path completes a "prompt"; send "messages" to /v1/chat/completions`}
	}
	return p, nil
}
