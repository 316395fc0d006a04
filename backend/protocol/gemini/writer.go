package gemini

import (
	"slices"
	"strconv"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/quote"
)

// NewWriter writes a stream as streamGenerateContent?alt=sse does.
func (Codec) NewWriter(r *conv.Request) conv.Writer { return &writer{thoughts: shown(r)} }

// writer makes a response of each piece of text, and of each call when it is whole. How an answer ended, its citations and the usage
// come with the last response, where this API's clients look for them.
type writer struct {
	thoughts bool
	id       string
	model    string
	tail     []byte // the end of each response
	usage    protocol.Usage
	hasUsage bool
	choices  []*written
	over     bool // an error has been written: nothing may follow
}

// written is one choice, as far as it has been written.
type written struct {
	index  int
	part   conv.Part       // that has begun last; nil between parts
	sig    string          // a signature on its way to the next part
	alien  []conv.Thinking // of another vendor, on its way to the next call
	held   []byte          // a call's arguments, or media
	shown  bool            // this part is a thought, and some of it was written
	text   []byte          // of this text part, to count the places of citations by
	said   int             // bytes of the answer's text before this part
	cites  grounding
	likely []conv.LogProb // of the tokens of the next response
	avg    mean
	finish *conv.Finish
}

// Write appends what an event comes to.
func (w *writer) Write(dst []byte, e conv.Event) []byte {
	if w.over {
		return dst
	}
	switch e := e.(type) {
	case *conv.Start:
		if w.tail == nil {
			w.id, w.model = e.ID, e.Model
		}
		if e.HasUsage {
			w.usage, w.hasUsage = e.Usage, true
		}
	case *conv.Told:
		w.usage, w.hasUsage = e.Usage, true
	case *conv.PartStart:
		k := w.choice(e.Choice)
		dst = w.end(dst, k)
		k.begin(e.Part)
	case *conv.Delta:
		dst = w.delta(dst, w.choice(e.Choice), e)
	case *conv.PartEnd:
		dst = w.end(dst, w.choice(e.Choice))
	case *conv.Finished:
		k := w.choice(e.Choice)
		dst = w.end(dst, k)
		finish := e.Finish
		k.finish = &finish
	case *conv.Fault:
		dst = w.fail(dst, e.Err)
	}
	return dst
}

func (w *writer) choice(index int) *written {
	for _, k := range w.choices {
		if k.index == index {
			return k
		}
	}
	k := &written{index: index}
	w.choices = append(w.choices, k)
	return k
}

func (w *writer) fail(dst []byte, err *protocol.Error) []byte {
	w.over = true
	if err == nil {
		err = &protocol.Error{Kind: protocol.ServerError}
	}
	return append(dst, Dialect{}.StreamError(err)...)
}

// begin takes in the start of a part, with what it already holds.
func (k *written) begin(p conv.Part) {
	k.part, k.held, k.shown = p, k.held[:0], false
	switch p := p.(type) {
	case *conv.ToolCall:
		k.held = append(k.held, p.Arguments...)
		if p.Origin == protocol.Gemini && p.Signature != "" {
			k.sig = p.Signature
		}
	case *conv.Media:
		k.held = append(k.held, p.Data...)
	case *conv.Thinking:
		if p.Origin == protocol.Gemini && p.Signature != "" {
			k.sig = p.Signature
		}
		own := *p
		k.part = &own
	case *conv.Text:
		k.said += len(k.text)
		k.text = k.text[:0]
	}
}

func (w *writer) delta(dst []byte, k *written, d *conv.Delta) []byte {
	switch p := k.part.(type) {
	case *conv.Text:
		if d.Text != "" || len(d.LogProbs) > 0 {
			if len(k.text) < mostHeld {
				k.text = append(k.text, d.Text...)
			}
			k.likely = d.LogProbs
			dst = w.text(dst, k, d.Text, false)
		}
		if d.Citation != nil {
			k.cite(d.Citation)
		}
	case *conv.Refusal:
		if d.Text != "" {
			dst = w.text(dst, k, d.Text, false)
		}
	case *conv.Thinking:
		if d.Signature != "" && p.Origin == protocol.Gemini {
			dst = w.flush(dst, k)
			k.sig = d.Signature
		}
		if p.Origin != protocol.Gemini && p.Origin != protocol.None {
			k.held = append(k.held, d.Text...)
			p.Signature, p.Sealed = p.Signature+d.Signature, p.Sealed+d.Sealed
		}
		if d.Text != "" && w.thoughts {
			k.shown = true
			dst = w.text(dst, k, d.Text, true)
		}
	case *conv.ToolCall:
		if d.Signature != "" && p.Origin == protocol.Gemini {
			dst = w.flush(dst, k)
			k.sig = d.Signature
		}
		k.held = append(k.held, d.Text...)
	case *conv.Media:
		k.held = append(k.held, d.Data...)
	}
	if len(k.held) > mostHeld {
		return w.fail(dst, broken("a call or file in the answer is too large"))
	}
	return dst
}

// cite counts the place of a citation in the whole of the answer's text, which is one part to this API's clients.
func (k *written) cite(c *conv.Citation) {
	before := len(k.cites.supports)
	k.cites.add(c, string(k.text), 0)
	if len(k.cites.supports) > before {
		s := &k.cites.supports[before].Segment
		s.StartIndex += k.said
		s.EndIndex += k.said
	}
}

// end ends the part that a choice is in, and writes it where it is written as a whole.
func (w *writer) end(dst []byte, k *written) []byte {
	p := k.part
	k.part = nil
	switch p := p.(type) {
	case *conv.Thinking: // its signature belongs to it where it was shown, and else to what comes next
		if k.shown && k.sig != "" {
			dst = w.text(dst, k, "", true)
		}
		if carries(p) {
			p.Text += string(k.held)
			k.alien = append(k.alien, *p)
		}
	case *conv.ToolCall:
		if p.Kind == conv.Hosted || p.Kind == conv.WebSearch {
			return dst
		}
		call := *p
		call.Arguments = string(k.held)
		if k.sig == "" {
			k.sig, k.alien = wrap(k.alien), nil
		}
		dst = w.whole(dst, k, wirePart{FunctionCall: &wireCall{ID: p.ID, Name: p.Name, Args: arguments(&call)}})
	case *conv.Media:
		m := *p
		m.Data = string(k.held)
		if part, err := mediaPart(&m); err == nil {
			dst = w.whole(dst, k, part)
		}
	}
	return dst
}

// flush writes a signature that found no part of its own to go with.
func (w *writer) flush(dst []byte, k *written) []byte {
	if k.sig == "" {
		return dst
	}
	return w.text(dst, k, "", false)
}

// signature takes the signature that is on its way.
func (k *written) signature() string {
	sig := k.sig
	if k.sig = ""; !isBase64(sig) {
		return ""
	}
	return sig
}

const (
	opening = `data: {"candidates":[{"content":{"parts":[`
	between = `],"role":"model"},"index":`
	closing = "\n\n"
)

// text appends a response with one piece of text. It is the writer's hot path.
func (w *writer) text(dst []byte, k *written, s string, thought bool) []byte {
	dst = append(dst, opening+`{"text":`...)
	dst = quote.Append(dst, s)
	if thought {
		dst = append(dst, `,"thought":true`...)
	}
	if k.sig != "" && (!thought || s == "") {
		if sig := k.signature(); sig != "" {
			dst = append(append(append(dst, `,"thoughtSignature":"`...), sig...), '"')
		}
	}
	return w.close(append(dst, '}'), k)
}

// whole appends a response with one part.
func (w *writer) whole(dst []byte, k *written, p wirePart) []byte {
	p.ThoughtSignature = k.signature()
	dst = append(append(dst, opening...), marshal(p)...)
	return w.close(dst, k)
}

func (w *writer) close(dst []byte, k *written) []byte {
	dst = strconv.AppendInt(append(dst, between...), int64(k.index), 10)
	if len(k.likely) > 0 {
		k.avg.add(k.likely)
		dst = append(append(dst, `,"logprobsResult":`...), marshal(probsOf(k.likely))...)
		k.likely = nil
	}
	return append(append(append(dst, "}]"...), w.who()...), closing...)
}

// who is the end of each response: who answers.
func (w *writer) who() []byte {
	if w.tail == nil {
		if w.id == "" {
			w.id = newReplyID()
		}
		if w.model != "" {
			w.tail = quote.Append(append(w.tail, `,"modelVersion":`...), w.model)
		}
		w.tail = append(quote.Append(append(w.tail, `,"responseId":`...), w.id), '}')
	}
	return w.tail
}

// Close appends the last response. Where an answer has no end, it is an error: this API has no other way to say that a stream was cut
// off, and its clients raise one for it.
func (w *writer) Close(dst []byte) []byte {
	if w.over {
		return dst
	}
	unfinished := func(k *written) bool { return k.finish == nil }
	if len(w.choices) == 0 || slices.ContainsFunc(w.choices, unfinished) {
		return w.fail(dst, &protocol.Error{Kind: protocol.Network, Message: "The provider's answer was cut off."})
	}
	w.over = true
	w.who()
	last := wireReply{ModelVersion: w.model, ResponseID: w.id}
	for _, k := range w.choices {
		c := wireCandidate{Index: k.index, FinishReason: wordOf(*k.finish), GroundingMetadata: k.cites.wire(), AvgLogprobs: k.avg.wire()}
		if sig := k.signature(); sig != "" {
			p := textPart("")
			p.ThoughtSignature = sig
			c.Content = &wireContent{Role: "model", Parts: []wirePart{p}}
		}
		last.Candidates = append(last.Candidates, c)
	}
	if w.hasUsage {
		last.UsageMetadata = usageOf(w.usage)
	}
	return append(append(append(dst, "data: "...), marshal(last)...), closing...)
}
