package gateway

import (
	"fmt"
	"net/http"
	"strconv"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// tokensPerMedia is what an image counts for in an estimate: one of a million pixels at Anthropic and OpenAI is about this.
const tokensPerMedia = 1500

// counts is how each protocol that can count a prompt's tokens says how many they are.
var counts = map[protocol.Protocol]string{
	protocol.Anthropic: `{"input_tokens":%d}`,
	protocol.Gemini:    `{"totalTokens":%d}`,
}

// countHere answers a request to count tokens by an estimate, where why says that the model is only to be had over a
// protocol in which nobody counts; asking for a reply to learn its usage would cost money. It says so in a header, and
// reports whether it has answered.
func (x *exchange) countHere(why *protocol.Error) bool {
	if x.ep.operation != protocol.CountTokens || why.Kind != protocol.Unsupported {
		return false
	}
	tokens := x.promptTokens()
	if x.peek.Images {
		tokens += tokensPerMedia
	}
	body := fmt.Sprintf(counts[x.ep.protocol], max(tokens, 1))
	h := x.w.Header()
	h["Content-Type"] = acceptJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["X-Metapi-Estimated"] = []string{"tokens"}
	x.attemptsHeader()
	x.rec.Status = http.StatusOK
	x.w.WriteHeader(http.StatusOK)
	_, _ = x.w.Write([]byte(body))
	x.settle(routing.OK, nil)
	return true
}
