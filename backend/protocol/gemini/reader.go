package gemini

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/http"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/reply"
)

// mostHeld bounds what a reader or writer keeps of one answer.
const mostHeld = 16 << 20

// mostChoices bounds the answers of one reply. The API gives at most eight.
const mostChoices = 64

// NewReader reads a stream of GenerateContentResponses.
func (Codec) NewReader() conv.Reader { return &reader{} }

// reader turns responses into events. Each response is whole, and so is each call in it; texts and thoughts are continued by the next
// response. The end of an answer is told when the stream has ended, since some relays put a finishReason into each response.
type reader struct {
	chunk   chunk
	sofar   protocol.Reply // for its usage
	told    protocol.Usage
	started bool
	done    bool   // a relay's [DONE]
	block   string // promptFeedback.blockReason
	words   string // promptFeedback.blockReasonMessage
	choices []*answer
	out     []conv.Event
}

// opened is the part that a choice is in.
type opened uint8

const (
	inNothing opened = iota
	inText
	inThinking
)

// answer is one choice, as far as it has come.
type answer struct {
	index    int
	open     opened
	content  bool // it has said something; thoughts alone are no answer
	calls    bool
	finish   string
	words    string // finishMessage
	text     []byte // what it has said, to find the places of citations in
	textFrom int    // where the last text part begins in text
	cited    map[conv.Citation]bool
}

// chunk is one response, read as a whole before anything of it is told: who answers stands behind the answer.
type chunk struct {
	id, model    string
	candidates   []candidate
	usage        bool
	block, words string
	envelope     reply.Envelope
}

// candidate is one Candidate of a response.
type candidate struct {
	index         int
	parts         []piece
	finish, words string
	cited         []source
	likely        []conv.LogProb
}

// Read takes one response, or an array of them as a stream without alt=sse is.
func (r *reader) Read(name, data []byte) ([]conv.Event, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if string(data) == "[DONE]" {
		r.done = true
		return nil, nil
	}
	r.out = make([]conv.Event, 0, 4)
	d := newInput(data, protocol.BadReply)
	var failed error
	one := func() {
		if failed == nil && d.err == nil {
			failed = r.take(&d, data, string(name) == "error")
		}
	}
	if d.c.Kind() != '[' || !d.c.Array(one) {
		one()
	}
	if failed != nil {
		return nil, failed
	}
	if err := d.end(); err != nil {
		if d.c.Err() != nil {
			var bad protocol.Reply
			reply.Unreadable(data, d.c.Err(), &bad)
			return nil, bad.Err
		}
		d.err.Status = http.StatusOK
		return nil, err
	}
	return r.out, nil
}

// take reads one response, and tells what is in it.
func (r *reader) take(d *input, data []byte, named bool) error {
	c := &r.chunk
	*c = chunk{id: c.id, model: c.model, candidates: c.candidates[:0]}
	d.object(func(key string) {
		switch key {
		case "responseId":
			reply.Take(&d.c, &c.id)
		case "modelVersion":
			reply.Take(&d.c, &c.model)
		case "candidates":
			d.array(func(int) { d.candidate(c) })
		case "promptFeedback":
			d.object(func(key string) {
				switch key {
				case "blockReason":
					c.block = d.text()
				case "blockReasonMessage":
					c.words = d.text()
				}
			})
		case "usageMetadata":
			c.usage = usage(&d.c, &r.sofar) || c.usage
		default:
			c.envelope.Member([]byte(key), &d.c)
		}
	})
	if d.err != nil || d.c.Err() != nil {
		return nil // told by the caller
	}
	if named || c.envelope.Bad(len(c.candidates) > 0 || c.block != "" || c.usage) {
		var bad protocol.Reply
		reply.Fail(data, &bad)
		return bad.Err
	}
	return r.tell(c)
}

// candidate reads one Candidate.
func (d *input) candidate(c *chunk) {
	n := len(c.candidates)
	if n < cap(c.candidates) { // with the room that an earlier response has made
		c.candidates = c.candidates[:n+1]
		c.candidates[n] = candidate{parts: c.candidates[n].parts[:0]}
	} else {
		c.candidates = append(c.candidates, candidate{})
	}
	k := &c.candidates[n]
	d.object(func(key string) {
		switch key {
		case "index":
			if i := d.whole(); i != nil && *i >= 0 && *i < mostChoices {
				k.index = int(*i)
			} else if i != nil {
				d.fail("there are more answers than can be asked for")
			}
		case "content":
			d.object(func(key string) {
				if key == "parts" {
					d.array(func(int) {
						if p := d.piece(); !p.empty() {
							k.parts = append(k.parts, p)
						}
					})
				}
			})
		case "finishReason":
			k.finish = d.text()
		case "finishMessage":
			k.words = d.text()
		case "groundingMetadata":
			k.cited = append(k.cited, grounded(d.raw())...)
		case "citationMetadata":
			k.cited = append(k.cited, recited(d.raw())...)
		case "logprobsResult":
			k.likely = likely(d.raw())
		}
	})
}

func (r *reader) emit(e conv.Event) { r.out = append(r.out, e) }

// tell adds the events that a response comes to.
func (r *reader) tell(c *chunk) error {
	fresh := c.usage && r.told != r.sofar.Usage
	r.told = r.sofar.Usage
	switch {
	case !r.started:
		r.started = true
		r.emit(&conv.Start{ID: c.id, Model: c.model, Usage: r.told, HasUsage: c.usage})
	case fresh:
		r.emit(&conv.Told{Usage: r.told})
	}
	if c.block != "" && c.block != "BLOCKED_REASON_UNSPECIFIED" && c.block != "BLOCK_REASON_UNSPECIFIED" {
		r.block, r.words = c.block, c.words
	}
	for i := range c.candidates {
		k := &c.candidates[i]
		a := r.answer(k.index)
		for j := range k.parts {
			r.part(a, &k.parts[j])
		}
		if len(k.likely) > 0 && a.open == inText { // of calls and thoughts nobody else tells them
			r.emit(&conv.Delta{Choice: a.index, LogProbs: k.likely})
		}
		for j := range k.cited {
			r.cite(a, &k.cited[j])
		}
		if k.finish != "" && k.finish != "FINISH_REASON_UNSPECIFIED" {
			a.finish, a.words = k.finish, k.words
		}
	}
	return nil
}

func (r *reader) answer(index int) *answer {
	for _, a := range r.choices {
		if a.index == index {
			return a
		}
	}
	a := &answer{index: index}
	r.choices = append(r.choices, a)
	return a
}

func (r *reader) start(a *answer, p conv.Part, open opened) {
	r.end(a)
	if _, thinking := p.(*conv.Thinking); !thinking {
		a.content = true
	}
	a.open = open
	r.emit(&conv.PartStart{Choice: a.index, Part: p})
}

func (r *reader) end(a *answer) {
	if a.open != inNothing {
		a.open = inNothing
		r.emit(&conv.PartEnd{Choice: a.index})
	}
}

// whole tells a part that begins and ends here.
func (r *reader) whole(a *answer, p conv.Part, deltas ...conv.Delta) {
	r.start(a, p, inNothing)
	for i := range deltas {
		deltas[i].Choice = a.index
		r.emit(&deltas[i])
	}
	r.emit(&conv.PartEnd{Choice: a.index})
}

func (r *reader) part(a *answer, p *piece) {
	switch {
	case p.call != nil:
		id := p.call.id
		if id == "" {
			id = newCallID()
		}
		a.calls = true
		k := &conv.ToolCall{ID: id, Name: p.call.name, Kind: conv.Function, Origin: signer(p.sig)}
		if p.sig != "" {
			r.whole(a, k, conv.Delta{Signature: p.sig}, conv.Delta{Text: p.call.args})
		} else {
			r.whole(a, k, conv.Delta{Text: p.call.args})
		}
	case p.thought && p.media == nil:
		r.thought(a, p)
	case p.thought: // a draft of a picture
	default:
		if p.sig != "" {
			r.whole(a, &conv.Thinking{Origin: protocol.Gemini}, conv.Delta{Signature: p.sig})
		}
		if m := p.media; m != nil {
			r.whole(a, &conv.Media{Kind: m.Kind, Type: m.Type, URL: m.URL, FileID: m.FileID, Name: m.Name}, conv.Delta{Data: m.Data})
		}
		r.say(a, p.text+p.trace)
	}
}

func (r *reader) say(a *answer, text string) {
	if text == "" {
		return
	}
	if a.open != inText {
		r.start(a, &conv.Text{}, inText)
		a.textFrom = len(a.text)
	}
	if len(a.text) < mostHeld { // beyond that, citations have no place
		a.text = append(a.text, text...)
	}
	r.emit(&conv.Delta{Choice: a.index, Text: text})
}

// thought tells a piece of reasoning. A signature ends its part.
func (r *reader) thought(a *answer, p *piece) {
	if p.text == "" && p.sig == "" {
		return
	}
	if a.open != inThinking || p.sig != "" {
		r.start(a, &conv.Thinking{Summary: p.text != "", Origin: signer(p.sig)}, inThinking)
	}
	if p.text != "" {
		r.emit(&conv.Delta{Choice: a.index, Text: p.text})
	}
	if p.sig != "" {
		r.emit(&conv.Delta{Choice: a.index, Signature: p.sig})
		r.end(a)
	}
}

// cite tells where a text is from, within the last text part.
func (r *reader) cite(a *answer, s *source) {
	c := conv.Citation{URL: s.url, Title: s.title}
	c.From, c.To = s.place(a.text, a.textFrom)
	if a.cited[c] {
		return // told by an earlier response: they come whole each time
	}
	if a.cited == nil {
		a.cited = map[conv.Citation]bool{}
	}
	a.cited[c] = true
	if a.open != inText {
		r.start(a, &conv.Text{}, inText)
		a.textFrom = len(a.text)
	}
	r.emit(&conv.Delta{Choice: a.index, Citation: &c})
}

// End tells how each answer ended.
func (r *reader) End() ([]conv.Event, error) {
	r.out = nil
	cut := false
	if len(r.choices) == 0 {
		if r.block == "" {
			return nil, broken("the provider's answer holds no candidates")
		}
		a := r.answer(0)
		a.finish, a.words = r.block, r.words
		r.refuse(a)
	}
	for _, a := range r.choices {
		r.end(a)
		if a.finish == "" && r.done && a.content {
			a.finish = "STOP"
		}
		if a.finish == "" {
			cut = true
			continue
		}
		reason, ok := reasons[a.finish]
		if !ok {
			reason = conv.Stopped
		}
		if a.finish == r.block && r.block != "" {
			reason = conv.Refused
		}
		switch {
		case !a.content && failures[a.finish] && reason != conv.Refused:
			return r.out, broken("the model could not bring its answer to an end (" + protocol.Clean(a.finish) + ")")
		case !a.content && reason == conv.Refused:
			r.refuse(a)
		case reason == conv.Stopped && a.calls:
			reason = conv.CallsTools
		}
		r.emit(&conv.Finished{Choice: a.index, Finish: conv.Finish{Reason: reason, Raw: a.finish}})
	}
	if cut {
		return r.out, &protocol.Error{Kind: protocol.Network, Message: "the provider's stream was cut off before its end"}
	}
	return r.out, nil
}

// refuse gives an answer that has no content, and was refused, the words for it: an empty answer would pass for a good one.
func (r *reader) refuse(a *answer) {
	words := a.words
	if words == "" {
		words = "The provider declined to answer (" + a.finish + ")."
	}
	r.whole(a, &conv.Refusal{}, conv.Delta{Text: words})
}

// newCallID makes an id for a call that came without one. It must differ from those of earlier turns, which the place in a reply
// would not.
func newCallID() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails
	return "call_" + hex.EncodeToString(b[:])
}

// newReplyID makes an id in the form of a responseId.
func newReplyID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
