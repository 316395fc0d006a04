package gateway

import (
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/quote"
	"metapi/backend/protocol/scan"
	"metapi/backend/protocol/tokens"
	"metapi/backend/routing"
)

// Tokens are counted by whoever serves the model, where its vendor counts for nothing; over another protocol than the client's, too. Where
// nobody can, does so within a moment, or at all, they are estimated: asking for a reply to learn its usage would cost money.

// count is how a protocol counts a prompt's tokens.
type count struct {
	total string          // the member of the answer that has the figure
	reply string          // the answer
	takes map[string]bool // which members of a request for a reply a request for a count may have; nil: it takes them all, in an object of its own
}

// counts has the protocols that can. What they take is from OpenAI's OpenAPI document (TokenCountsBody), the types of Anthropic's SDK
// (MessageCountTokensParams) and Gemini's (CountTokensRequest).
var counts = map[protocol.Protocol]count{
	protocol.OpenAIResponses: {"input_tokens", `{"object":"response.input_tokens","input_tokens":%d}`, set("model", "input", "instructions", "tools",
		"tool_choice", "parallel_tool_calls", "text", "reasoning", "truncation")},
	protocol.Anthropic: {"input_tokens", `{"input_tokens":%d}`, set("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config",
		"cache_control")},
	protocol.Gemini: {"totalTokens", `{"totalTokens":%d}`, nil},
}

func set(names ...string) map[string]bool {
	s := make(map[string]bool, len(names))
	for _, n := range names {
		s[n] = true
	}
	return s
}

// counting reports whether the client wants no reply, but a count.
func (x *exchange) counting() bool { return x.ep.operation == protocol.CountTokens }

// request makes a request for a count of one for a reply, which an encoder has written.
func (c count) request(body []byte, model string) []byte {
	out := make([]byte, 0, len(body)+100)
	if c.takes == nil {
		out = quote.Append(append(out, `{"generateContentRequest":{"model":`...), "models/"+model)
		if object := body[1:]; len(object) > 1 {
			out = append(append(out, ','), object...)
		} else {
			out = append(out, '}')
		}
		return append(out, '}')
	}
	out, _ = scan.AppendKept(out, body, func(key []byte) bool { return c.takes[string(key)] }) // an encoder's body is an object
	return out
}

// counted reads an upstream's count, and puts it in the client's words.
func (a *attempt) counted(body []byte) ([]byte, error) {
	n := int64(-1)
	c := scan.At(body)
	c.Object(func(key []byte, _ bool) {
		if string(key) == counts[a.via].total {
			n, _ = c.Int()
			return
		}
		c.Value()
	})
	if n < 0 {
		return nil, &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's count of tokens holds no figure"}
	}
	a.reply.Usage, a.reply.HasUsage = protocol.Usage{Input: n}, true // to learn from: nobody pays for it
	if a.via == a.ep.protocol {
		return body, nil
	}
	return fmt.Appendf(nil, counts[a.ep.protocol].reply, n), nil
}

// countHere answers a request for a count by an estimate, where nobody else did, and says in a header that it is one. It reports whether it
// has: not where the client's own words were refused, where nobody knows the model, or where only an upstream has what is to be counted.
func (x *exchange) countHere(f *failure) bool {
	if !x.counting() || x.rec.Model == "" || x.hidden() || f.err.ClientFault() && !f.unsaid && !x.translated() {
		return false
	}
	p := tokens.Read(x.body)
	body := fmt.Appendf(nil, counts[x.ep.protocol].reply, x.g.priced(&p, x.rec.Model))
	h := x.w.Header()
	h["Content-Type"] = acceptJSON
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	h["X-Metapi-Estimated"] = []string{"tokens"}
	x.attemptsHeader()
	x.rec.Status = http.StatusOK
	x.w.WriteHeader(http.StatusOK)
	_, _ = x.w.Write(body)
	x.settle(routing.OK, nil)
	return true
}

// hidden reports whether the prompt is larger than the request: the rest of it is at an upstream.
func (x *exchange) hidden() bool {
	for _, ref := range x.peek.Refs {
		switch ref.Kind {
		case protocol.ResponseRef, protocol.ConvRef, protocol.CacheRef:
			return true
		}
	}
	return false
}

// translated reports whether the last attempt said by an upstream's protocol what the client had said by another.
func (x *exchange) translated() bool {
	n := len(x.rec.Attempts)
	return n > 0 && x.rec.Attempts[n-1].Via != protocol.None
}

// priced is what a prompt costs a model by estimate, with what has been learned of its family.
func (g *Gateway) priced(p *tokens.Prompt, model string) int64 {
	return g.Learned.Tokens(p, tokens.ModelOf(model))
}

// outputTokens estimates what some bytes of a reply took. What they say is not kept, but it is likely to be in the language of the prompt; a
// short prompt tells little, and counts as if it were followed by some English.
func outputTokens(p *tokens.Prompt, model string, bytes int64) int64 {
	const english, bytesPerToken = 64, 4
	return bytes * (p.TextTokens(tokens.ModelOf(model)) + english) / (p.Text() + english*bytesPerToken)
}

// The first replies are all learned from, later ones now and then: a prompt is read in a few microseconds a kilobyte, after the client has all
// it wants, but not for nothing.
const (
	learnAll   = 64
	learnEvery = 32
)

// Prompts up to readsFast bytes are read after the reply whatever the mode, but for a flood of them: no two within readPause.
const (
	readsFast = 16 << 10
	readPause = 10 * time.Millisecond
)

// pace is for what is done at most once in a time.
type pace struct{ next atomic.Int64 } // nanoseconds since epoch

// take reports whether it may be done now, and not again for a time.
func (p *pace) take(pause time.Duration) bool {
	now, next := int64(time.Since(epoch)), p.next.Load()
	return now >= next && p.next.CompareAndSwap(next, now+int64(pause))
}

// checkEstimate holds what was expected, by all that was known, against what the upstream tells, where that is what the client sent; and then
// learns from it.
func (a *attempt) checkEstimate() {
	n := a.g.replies.Add(1)
	learn := n <= learnAll || n%learnEvery == 0
	if !a.counting() && (learn || a.expected.read || len(a.body) <= readsFast && a.g.reads.take(readPause)) {
		c := routing.Candidate{Deployment: a.d}
		c.ExpectCost(a.asked)
		w := a.weigh(a.d)
		a.made.Expected = routing.Estimate{Prompt: w.Prompt, Output: w.Output, USD: c.Cost, Priced: c.Priced}
	}
	if learn && a.prompt().Plain() {
		a.g.Learned.Learn(a.prompt(), tokens.ModelOf(a.d.Model), a.reply.Usage.Prompt())
	}
}
