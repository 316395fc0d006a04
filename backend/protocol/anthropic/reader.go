package anthropic

import (
	"strings"
	"unicode/utf8"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
)

// reader reads a stream of RawMessageStreamEvents. Anthropic sends its blocks one after the other; some relays weave them, by their
// index: what is of a later block is held back until those before have stopped.
type reader struct {
	told    protocol.Reply // usage, stop reason and error, as the dialect reads them
	tail    ending
	begun   bool
	content bool // something has been told
	done    bool
	open    []*openBlock // in the order of their starts; the first is told on as it comes
	held    int
	out     []conversation.Event
}

// openBlock is a block that has started and has not been told to its end.
type openBlock struct {
	index     int64
	hidden    bool // of the vendor's tools
	input     []byte
	runes     int
	citations []conversation.Citation
	stopped   bool
	events    []conversation.Event
}

// frame is one event, as it stands.
type frame struct {
	kind                 string
	index                int64
	text, thinking, json []byte
	signature, citation  []byte
	block                []byte
}

// Read reads one event.
func (r *reader) Read(name, data []byte) ([]conversation.Event, error) {
	if r.done || len(data) == 0 {
		return nil, nil
	}
	r.out = r.out[:0:0]
	usage := r.told.Usage
	switch (Dialect{}).Event(name, data, &r.told) {
	case protocol.Failed:
		r.done = true
		return nil, r.told.Err
	case protocol.Final:
		if r.told.Done {
			r.finish()
			return r.out, nil
		}
	}
	f := frame{kind: known(name)}
	r.scan(data, &f)
	switch f.kind {
	case "ping":
		r.tell(&conversation.Alive{})
	case "message_start":
		r.begin()
		usage = r.told.Usage
	case "content_block_start":
		if err := r.start(&f); err != nil {
			r.done = true
			return nil, err
		}
	case "content_block_delta":
		r.delta(&f)
	case "content_block_stop":
		if b := r.block(f.index); b != nil {
			b.stopped = true
			r.advance(false)
		}
	}
	if r.told.Usage != usage && r.told.HasUsage {
		r.tell(&conversation.Told{Usage: r.told.Usage})
	}
	if r.held > maxHeld {
		r.done = true
		return nil, badReply("the provider's answer weaves its parts, more of them than can be kept")
	}
	return r.out, nil
}

func (r *reader) tell(e conversation.Event) { r.out = append(r.out, e) }

// scan reads the members of an event. What is in a delta stands by its name alone: no two kinds of delta share one.
func (r *reader) scan(data []byte, f *frame) {
	c := scan.At(data)
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			if raw, _, ok := c.String(); ok {
				f.kind = known(raw)
			}
		case "index":
			f.index, _ = c.Int()
		case "content_block":
			f.block = c.Raw()
		case "delta":
			c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "text":
					f.text = c.Raw()
				case "thinking":
					f.thinking = c.Raw()
				case "partial_json":
					f.json = c.Raw()
				case "signature":
					f.signature = c.Raw()
				case "citation":
					f.citation = c.Raw()
				default:
					r.tail.member(key, &c)
				}
			})
		}
	})
}

// known is the name of an event without a copy; "" for one that is not read.
func known(raw []byte) string {
	switch string(raw) {
	case "content_block_delta":
		return "content_block_delta"
	case "content_block_start":
		return "content_block_start"
	case "content_block_stop":
		return "content_block_stop"
	case "message_start":
		return "message_start"
	case "ping":
		return "ping"
	}
	return ""
}

func (r *reader) begin() {
	if !r.begun {
		r.begun = true
		r.tell(&conversation.Start{ID: r.told.ID, Model: r.told.Model, Usage: r.told.Usage, HasUsage: r.told.HasUsage})
	}
}

// block is the open block of an index. Where two have the same, the later is meant.
func (r *reader) block(index int64) *openBlock {
	for i := len(r.open) - 1; i >= 0; i-- {
		if b := r.open[i]; b.index == index && !b.stopped {
			return b
		}
	}
	return nil
}

// add tells an event of a block, or holds it back.
func (r *reader) add(b *openBlock, e conversation.Event, size int) {
	if b == r.open[0] {
		r.tell(e)
		return
	}
	b.events = append(b.events, e)
	r.held += size + 64
}

func (r *reader) start(f *frame) *protocol.Error {
	r.begin()
	var block fields
	block.read(f.block)
	b := &openBlock{index: f.index}
	r.open = append(r.open, b)
	words := ""
	switch block.kind {
	case "text":
		r.add(b, &conversation.PartStart{Part: &conversation.Text{}}, 0)
		words = text(block.text)
		b.citations = append(b.citations, citations(block.citations)...)
	case "thinking":
		r.add(b, &conversation.PartStart{Part: &conversation.Thinking{Origin: protocol.Anthropic}}, 0)
		words = text(block.thinking)
		if s := text(block.signature); s != "" {
			r.add(b, &conversation.Delta{Signature: s}, len(s))
		}
	case "redacted_thinking":
		data := text(block.data)
		r.add(b, &conversation.PartStart{Part: &conversation.Thinking{Origin: protocol.Anthropic}}, 0)
		r.add(b, &conversation.Delta{Sealed: data}, len(data))
	case "tool_use":
		call := &conversation.ToolCall{ID: text(block.id), Name: text(block.name), Kind: conversation.Function}
		if strings.TrimSpace(call.Name) == "" {
			return badReply("the provider's answer calls a tool without a name")
		}
		r.tail.calls = true
		r.add(b, &conversation.PartStart{Part: call}, len(call.ID)+len(call.Name))
		if len(block.input) > len("{}") { // some relays give it whole, and no deltas
			b.input = append([]byte(nil), block.input...)
			r.held += len(b.input)
		}
	default:
		b.hidden = true
		r.tell(&conversation.Alive{})
		return nil
	}
	r.content = true
	if words != "" {
		b.runes += utf8.RuneCountInString(words)
		r.add(b, &conversation.Delta{Text: words}, len(words))
	}
	return nil
}

// implied starts the block of a delta that came without one.
func (r *reader) implied(f *frame) *openBlock {
	block := `{"type":"text"}`
	if f.thinking != nil || f.signature != nil {
		block = `{"type":"thinking"}`
	}
	if f.json != nil {
		return nil // a call without a name
	}
	f.block = []byte(block)
	if r.start(f) != nil {
		return nil
	}
	return r.open[len(r.open)-1]
}

func (r *reader) delta(f *frame) {
	b := r.block(f.index)
	if b == nil {
		if b = r.implied(f); b == nil {
			return
		}
	}
	if b.hidden {
		r.tell(&conversation.Alive{})
		return
	}
	switch {
	case f.text != nil, f.thinking != nil, f.json != nil:
		raw := f.text
		if f.thinking != nil {
			raw = f.thinking
		} else if f.json != nil {
			raw, b.input = f.json, nil
		}
		words := text(raw)
		if words == "" {
			return
		}
		if f.text != nil {
			b.runes += utf8.RuneCountInString(words)
		}
		r.add(b, &conversation.Delta{Text: words}, len(words))
	case f.signature != nil:
		if s := text(f.signature); s != "" {
			r.add(b, &conversation.Delta{Signature: s}, len(s))
		}
	case f.citation != nil:
		b.citations = append(b.citations, citation(f.citation))
		r.held += len(f.citation)
	}
}

// advance tells the ends of the blocks that have stopped, as far as they are first, and what was held back of the next. With all,
// every block ends.
func (r *reader) advance(all bool) {
	for len(r.open) > 0 && (all || r.open[0].stopped) {
		r.end(r.open[0])
		r.open = r.open[1:]
		if len(r.open) == 0 {
			r.held = 0
			return
		}
		r.release(r.open[0])
	}
}

// release tells what was held back of a block that has become the first.
func (r *reader) release(b *openBlock) {
	r.out = append(r.out, b.events...)
	b.events = nil
}

// end tells the end of a block: its citations, which are of all its text, first.
func (r *reader) end(b *openBlock) {
	if b.hidden {
		return
	}
	if len(b.input) > 0 {
		r.tell(&conversation.Delta{Text: string(b.input)})
	}
	for i := range b.citations {
		c := b.citations[i]
		c.To = b.runes
		r.tell(&conversation.Delta{Citation: &c})
	}
	r.tell(&conversation.PartEnd{})
}

// finish ends a stream that was whole.
func (r *reader) finish() {
	r.done = true
	r.begin()
	r.advance(true)
	f := r.tail.finish(r.told.Finish)
	if r.tail.explanation != "" && !r.content && f.Reason == conversation.Refused {
		r.tell(&conversation.PartStart{Part: &conversation.Refusal{}})
		r.tell(&conversation.Delta{Text: r.tail.explanation})
		r.tell(&conversation.PartEnd{})
	}
	r.tell(&conversation.Finished{Finish: f})
}

// End ends the stream. One that has told why the model stopped lacks nothing, even without its last event.
func (r *reader) End() ([]conversation.Event, error) {
	if r.done {
		return nil, nil
	}
	r.out = nil
	if r.told.Finish != "" {
		r.finish()
		return r.out, nil
	}
	r.done = true
	if len(r.open) > 0 { // what was held back, but no ends: there were none
		for _, b := range r.open[1:] {
			r.tell(&conversation.PartEnd{})
			r.release(b)
		}
	}
	return r.out, &protocol.Error{Kind: protocol.Network, Message: "the provider's answer was cut off before its end"}
}
