package openairesponses

import (
	"strings"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// NewReader reads a stream of ResponseStreamEvents. The slice that Read returns is used again by the next call, the events in
// it are not.
func (Codec) NewReader() conversation.Reader { return &reader{} }

func blank(s string) bool { return strings.TrimSpace(s) == "" }

type reader struct {
	out      []conversation.Event
	started  bool
	over     bool // the response has ended: nothing after it counts
	said     bool // a part was begun
	calls    bool
	refused  bool
	parts    []*openPart    // in the order in which they began; the first streams, the others are held back
	done     map[int64]bool // items that have ended, by output_index
	messages map[int64]bool // items of which a part was told
	held     int
}

// openPart is a part that has begun and not ended, or that waits for one before it.
type openPart struct {
	index, sub int64 // output_index, and content_index of a message's parts
	itemID     string
	form       partForm
	call       *conversation.ToolCall // of a call
	early      []byte                 // of a call: arguments that came before its name
	thinking   *conversation.Thinking // of reasoning; begun with its first word
	media      *conversation.Media
	begun      bool // PartStart is out, or held
	ended      bool
	text       int   // bytes of text told
	cited      int   // citations told
	weighed    bool  // it was told how likely its tokens were
	summary    int64 // of reasoning: the part of the summary that is being told
	own        bool  // of reasoning: its own words are told, not a summary
	held       []conversation.Event
}

// mostItems bounds the items of one reply.
const mostItems = 1 << 16

// wireEvent is one event, with what lies deeper left as it came.
type wireEvent struct {
	kind                   []byte
	index, content         int64
	summary                int64
	hasIndex               bool
	itemID                 token
	delta, text            token
	response, item, part   protocol.Span
	annotation             protocol.Span
	likely                 []conversation.LogProb
	bad                    reply.Envelope
	name, arguments, input token
}

// Read reads one event.
func (r *reader) Read(name, data []byte) ([]conversation.Event, error) {
	r.out = r.out[:0]
	if r.over || len(data) == 0 || string(data) == "[DONE]" {
		return nil, nil
	}
	var e wireEvent
	c := scan.At(data)
	object := e.read(&c)
	if err := c.End(); err != nil || !object {
		r.over = true
		var seen protocol.Reply
		reply.Unusable(data, &seen)
		return r.out, seen.Err
	}
	if e.kind == nil {
		e.kind = name
	}
	if err := r.event(&e, data); err != nil {
		r.over = true
		return r.out, err
	}
	if r.held > mostHeld || len(r.done) > mostItems || len(r.messages) > mostItems {
		r.over = true
		return r.out, badReply("the provider's answer holds too much at once")
	}
	return r.out, nil
}

// End tells what was held back, and that the stream was cut where no response.completed or its like has come.
func (r *reader) End() ([]conversation.Event, error) {
	r.out = r.out[:0]
	if r.over {
		return nil, nil
	}
	r.over = true
	for _, p := range r.parts {
		p.ended = true
	}
	r.flush()
	return r.out, &protocol.Error{Kind: protocol.Network, Status: 200, Message: "the provider's answer was cut off"}
}

func (e *wireEvent) read(c *scan.Cursor) bool {
	take := func(t *token) { t.raw, t.escaped, _ = c.String() }
	span := func(s *protocol.Span) {
		if c.Kind() == '{' {
			*s = c.Value()
		}
	}
	return c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			e.kind, _, _ = c.String()
		case "output_index":
			e.index, e.hasIndex = c.Int()
		case "content_index":
			e.content, _ = c.Int()
		case "summary_index":
			e.summary, _ = c.Int()
		case "item_id":
			take(&e.itemID)
		case "delta":
			take(&e.delta)
		case "text", "refusal":
			take(&e.text)
		case "name":
			take(&e.name)
		case "arguments":
			take(&e.arguments)
		case "input":
			take(&e.input)
		case "response":
			span(&e.response)
		case "item":
			span(&e.item)
		case "part":
			span(&e.part)
		case "annotation":
			span(&e.annotation)
		case "logprobs":
			e.likely = openai.LogProbs(c)
		case "error":
			e.bad.Member(key, c)
		}
	})
}

func (t token) String() string { return scan.Unquote(t.raw, t.escaped) }

func (r *reader) event(e *wireEvent, data []byte) error {
	switch string(e.kind) {
	case "response.output_text.delta":
		r.say(r.content(e, textPart), e.delta.String(), e.likely)
	case "response.refusal.delta":
		r.tell(r.content(e, refusalPart), e.delta.String())
	case "response.function_call_arguments.delta", "response.custom_tool_call_input.delta":
		if p := r.find(e, 0); p != nil && p.call != nil {
			r.tell(p, e.delta.String())
		}
	case "response.reasoning_summary_text.delta":
		r.think(e, false)
	case "response.reasoning_text.delta":
		r.think(e, true)
	case "response.output_text.annotation.added":
		v := read(data[e.annotation.From:e.annotation.To], false)
		if cite := v.citation(); cite != nil {
			p := r.content(e, textPart)
			p.cited++
			r.emit(p, &conversation.Delta{Citation: cite}, len(cite.URL)+len(cite.Title))
		}
	case "response.function_call_arguments.done":
		r.named(e, e.arguments)
	case "response.custom_tool_call_input.done":
		r.named(e, e.input)
	case "response.content_part.added":
		v := read(data[e.part.From:e.part.To], false)
		switch p := v.part(); p.kind {
		case "output_text":
			r.content(e, textPart)
		case "refusal":
			r.content(e, refusalPart)
		}
	case "response.content_part.done":
		v := read(data[e.part.From:e.part.To], false)
		p := v.part()
		r.contentDone(e, &p)
	case "response.output_item.added":
		v := read(data[e.item.From:e.item.To], false)
		it := v.item()
		r.added(e, &it)
	case "response.output_item.done":
		v := read(data[e.item.From:e.item.To], false)
		it := v.item()
		return r.itemDone(e, &it)
	case "response.created", "response.in_progress", "response.queued":
		return r.begin(e, data)
	case "response.completed", "response.incomplete", "response.done", "response.cancelled":
		return r.end(e, data)
	case "error", "response.error", "response.failed":
		return r.fault(e, data)
	default:
		if e.bad.Bad(true) {
			return r.fault(e, data)
		}
		r.out = append(r.out, &conversation.Alive{})
	}
	return nil
}

// fault is the upstream's error, behind what it cost until then.
func (r *reader) fault(e *wireEvent, data []byte) error {
	if !e.response.Empty() {
		if a := read(data[e.response.From:e.response.To], false).response(); a.hasUsage {
			r.out = append(r.out, &conversation.Told{Usage: a.usage})
		}
	}
	return protocol.DecodeError(200, nil, data, time.Time{})
}

func (r *reader) begin(e *wireEvent, data []byte) error {
	v := read(data[e.response.From:e.response.To], false)
	a := v.response()
	if a.status == "failed" || e.bad.Bad(true) {
		return r.fault(e, data)
	}
	if r.started {
		r.out = append(r.out, &conversation.Alive{})
		return nil
	}
	r.started = true
	r.out = append(r.out, &conversation.Start{ID: a.id, Model: a.model, Created: a.created, Usage: a.usage, HasUsage: a.hasUsage})
	return nil
}

// end ends the reply. A relay that has told nothing on the way has it all here.
func (r *reader) end(e *wireEvent, data []byte) error {
	v := read(data[e.response.From:e.response.To], false)
	a := v.response()
	if a.status == "failed" || e.bad.Bad(true) {
		return r.fault(e, data)
	}
	word := strings.TrimPrefix(string(e.kind), "response.")
	if word == "cancelled" || a.status == "cancelled" {
		return badReply("the provider cancelled its answer")
	}
	if a.status == "" && word != "done" {
		a.status = word
	}
	if !r.started {
		r.started = true
		r.out = append(r.out, &conversation.Start{ID: a.id, Model: a.model, Created: a.created})
	}
	for _, p := range r.parts {
		p.ended = true
	}
	r.flush()
	if !r.said {
		for i := range a.items {
			if err := r.whole(&a.items[i]); err != nil {
				return err
			}
		}
	}
	if a.hasUsage {
		r.out = append(r.out, &conversation.Told{Usage: a.usage})
	}
	r.over = true
	r.out = append(r.out, &conversation.Finished{Finish: a.ended(r.calls, r.refused)})
	return nil
}
