package openairesponses

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// find returns the open part that an event is of: by its place, or, where a relay leaves that out, by the item's id; else
// the part that has begun last.
func (r *reader) find(e *wireEvent, sub int64) *openPart {
	for i := len(r.parts) - 1; i >= 0; i-- {
		p := r.parts[i]
		if p.ended || p.sub != sub {
			continue
		}
		switch {
		case e.hasIndex && p.index == e.index,
			!e.hasIndex && e.itemID.raw != nil && p.itemID == e.itemID.String(),
			!e.hasIndex && e.itemID.raw == nil:
			return p
		}
	}
	return nil
}

// open adds a part behind those that are open.
func (r *reader) open(p *openPart) *openPart {
	r.parts = append(r.parts, p)
	r.held += 128 // about what it takes itself
	return p
}

// emit tells an event of p, or holds it back while a part before it is open.
func (r *reader) emit(p *openPart, e conversation.Event, size int) {
	if r.parts[0] == p {
		r.out = append(r.out, e)
		return
	}
	p.held = append(p.held, e)
	r.held += size + 64
}

// tell tells a text of p. A call is not begun before its name is known; nor is reasoning before its first word.
func (r *reader) tell(p *openPart, s string) {
	if s == "" {
		return
	}
	p.text += len(s)
	if p.call != nil && !p.begun {
		p.early = append(p.early, s...)
		r.held += len(s)
		return
	}
	r.start(p)
	r.emit(p, &conversation.Delta{Text: s}, len(s))
}

// say tells a piece of an answer's text, with how likely its tokens were.
func (r *reader) say(p *openPart, s string, likely []conversation.LogProb) {
	if len(likely) == 0 {
		r.tell(p, s)
		return
	}
	p.text += len(s)
	p.weighed = true
	r.start(p)
	r.emit(p, &conversation.Delta{Text: s, LogProbs: likely}, len(s)+64*len(likely))
}

// start begins p, once.
func (r *reader) start(p *openPart) {
	if p.begun {
		return
	}
	if !r.started {
		r.started = true
		r.out = append(r.out, &conversation.Start{})
	}
	p.begun, r.said = true, true
	var part conversation.Part
	switch {
	case p.call != nil:
		part, r.calls = p.call, true
	case p.thinking != nil:
		part = p.thinking
	case p.media != nil:
		part = p.media
	case p.form == refusalPart:
		part, r.refused = &conversation.Refusal{}, true
	default:
		part = &conversation.Text{}
	}
	r.emit(p, &conversation.PartStart{Part: part}, 64)
}

// finish ends p, and tells what was held back behind it.
func (r *reader) finish(p *openPart) {
	p.ended = true
	r.flush()
}

func (r *reader) flush() {
	for len(r.parts) > 0 && r.parts[0].ended {
		p := r.parts[0]
		r.out = append(r.out, p.held...)
		if p.begun {
			r.out = append(r.out, &conversation.PartEnd{})
		}
		if r.parts = r.parts[1:]; len(r.parts) > 0 {
			next := r.parts[0]
			r.out = append(r.out, next.held...)
			next.held = nil
		} else {
			r.held = 0
		}
		p.held = nil
	}
}

// content is the open part of a message that an event is of; one that was not announced begins with it.
func (r *reader) content(e *wireEvent, f partForm) *openPart {
	p := r.find(e, e.content)
	if p == nil || p.form != f {
		p = r.open(&openPart{index: e.index, sub: e.content, itemID: e.itemID.String(), form: f})
		if r.messages == nil {
			r.messages = map[int64]bool{}
		}
		r.messages[e.index] = true
	}
	r.start(p)
	return p
}

// contentDone ends a part of a message. What was not told before is told now: some relays send no deltas.
func (r *reader) contentDone(e *wireEvent, whole *wirePart) {
	p := r.find(e, e.content)
	if p == nil || p.form != textPart && p.form != refusalPart {
		return
	}
	r.complete(p, whole)
	r.finish(p)
}

func (r *reader) complete(p *openPart, whole *wirePart) {
	switch {
	case p.text == 0:
		r.say(p, whole.text+whole.refusal, whole.likely)
	case !p.weighed && len(whole.likely) > 0:
		r.say(p, "", whole.likely)
	}
	if p.form == textPart && p.cited == 0 {
		for i := range whole.citations {
			c := &whole.citations[i]
			r.emit(p, &conversation.Delta{Citation: c}, len(c.URL)+len(c.Title))
		}
	}
}

// think tells reasoning. Of an item that has both its own words and a summary, what comes first is told; the parts of a
// summary are paragraphs.
func (r *reader) think(e *wireEvent, own bool) {
	p := r.find(e, reasoningSub)
	if p == nil {
		p = r.reasoning(e, e.itemID.String())
	}
	if p.text > 0 && p.own != own {
		return
	}
	p.own = own
	if !p.begun {
		p.thinking.Summary = !own
	}
	s := e.delta.String()
	if p.text > 0 && !own && e.summary != p.summary && s != "" {
		s = "\n\n" + s
	}
	if s != "" {
		p.summary = e.summary
	}
	r.tell(p, s)
}

// reasoningSub is the sub of reasoning, which has no part of a message at its place.
const reasoningSub = -1

func (r *reader) reasoning(e *wireEvent, id string) *openPart {
	return r.open(&openPart{index: e.index, sub: reasoningSub, itemID: id,
		thinking: &conversation.Thinking{ID: id, Origin: protocol.OpenAIResponses}})
}

// added begins an item. The parts of a message begin with their own events.
func (r *reader) added(e *wireEvent, it *wireItem) {
	if it.kind == "reasoning" {
		r.reasoning(e, it.id)
		return
	}
	arguments := it.arguments + it.input
	c := it.call()
	if c == nil {
		return
	}
	c.Arguments = ""
	p := r.open(&openPart{index: e.index, itemID: it.id, call: c})
	if !blank(c.Name) {
		r.start(p)
	}
	r.tell(p, arguments)
}

// named ends the deltas of a call, whose name some relays tell only here.
func (r *reader) named(e *wireEvent, whole token) {
	p := r.find(e, 0)
	if p == nil || p.call == nil {
		return
	}
	if blank(p.call.Name) {
		p.call.Name = e.name.String()
	}
	r.introduce(p)
	if p.text == 0 {
		r.tell(p, whole.String())
	}
}

// introduce begins a call whose name has become known, and tells the arguments that came before it.
func (r *reader) introduce(p *openPart) {
	if p.begun || blank(p.call.Name) {
		return
	}
	r.start(p)
	if len(p.early) > 0 {
		r.emit(p, &conversation.Delta{Text: string(p.early)}, 0) // counted as held before
		p.early = nil
	}
}

// itemDone ends an item.
func (r *reader) itemDone(e *wireEvent, it *wireItem) error {
	if e.hasIndex {
		if r.done[e.index] {
			return nil
		}
		if r.done == nil {
			r.done = map[int64]bool{}
		}
		r.done[e.index] = true
	}
	if e.itemID.raw == nil && it.id != "" {
		e.itemID = token{raw: []byte(it.id)}
	}
	switch call := it.call(); {
	case it.kind == "reasoning":
		p := r.find(e, reasoningSub)
		if p == nil {
			return r.whole(it)
		}
		r.reasoned(p, it)
	case call != nil:
		p := r.find(e, 0)
		if p == nil || p.call == nil {
			return r.whole(it)
		}
		return r.called(p, call)
	case it.kind == "message":
		return r.messageDone(e, it)
	default:
		return r.whole(it)
	}
	return nil
}

// reasoned ends reasoning, with what seals it.
func (r *reader) reasoned(p *openPart, it *wireItem) {
	t := it.thinking()
	if p.text == 0 {
		p.thinking.Summary = t.Summary
		r.tell(p, t.Text)
	}
	if t.Sealed != "" {
		r.start(p)
		r.emit(p, &conversation.Delta{Sealed: t.Sealed}, len(t.Sealed))
	}
	r.finish(p)
}

// called ends a call.
func (r *reader) called(p *openPart, c *conversation.ToolCall) error {
	if blank(p.call.Name) {
		p.call.Name = c.Name
	}
	if blank(p.call.Name) {
		return badReply("the provider's answer calls a tool without a name")
	}
	r.introduce(p)
	if p.text == 0 {
		r.tell(p, c.Arguments) // "{}" where there are none
	}
	r.finish(p)
	return nil
}

// messageDone ends the parts of a message that are still open, and tells those that never began.
func (r *reader) messageDone(e *wireEvent, it *wireItem) error {
	known := false
	for _, p := range r.parts {
		if p.call == nil && p.thinking == nil && !p.ended && (p.index == e.index || !e.hasIndex) {
			known = true
			if p.sub >= 0 && p.sub < int64(len(it.content)) {
				r.complete(p, &it.content[p.sub])
			}
			p.ended = true
		}
	}
	r.flush()
	if !known && !r.messages[e.index] {
		return r.whole(it)
	}
	return nil
}

// whole tells an item that no event has announced.
func (r *reader) whole(it *wireItem) error {
	for _, part := range it.parts() {
		p := r.open(&openPart{})
		switch part := part.(type) {
		case *conversation.ToolCall:
			if blank(part.Name) {
				return badReply("the provider's answer calls a tool without a name")
			}
			arguments := part.Arguments
			part.Arguments, p.call = "", part
			r.start(p)
			r.tell(p, arguments)
		case *conversation.Thinking:
			text, sealed := part.Text, part.Sealed
			part.Text, part.Sealed, p.thinking = "", "", part
			r.start(p)
			r.tell(p, text)
			if sealed != "" {
				r.emit(p, &conversation.Delta{Sealed: sealed}, len(sealed))
			}
		case *conversation.Text:
			r.start(p)
			r.say(p, part.Text, part.LogProbs)
			for i := range part.Citations {
				r.emit(p, &conversation.Delta{Citation: &part.Citations[i]}, 64)
			}
		case *conversation.Refusal:
			p.form = refusalPart
			r.start(p)
			r.tell(p, part.Text)
		case *conversation.Media:
			data := part.Data
			part.Data = ""
			p.media = part
			r.start(p)
			r.emit(p, &conversation.Delta{Data: data}, len(data))
		}
		r.finish(p)
	}
	return nil
}
