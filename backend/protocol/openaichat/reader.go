package openaichat

import (
	"bytes"
	"encoding/json"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// mostHeld bounds what a stream may make a reader hold back.
const mostHeld = 16 << 20

// mostCalls bounds the calls of one choice. Agents run some tens at once.
const mostCalls = 1024

// reader reads a stream of CreateChatCompletionStreamResponse. Chunks weave parallel calls into each other and tell no part's end: see lane.
type reader struct {
	done   bool
	start  conversation.Start
	begun  *conversation.Start // as it was told
	named  bool                // it has been handed out, and changes no more
	lanes  []*lane
	usage  protocol.Usage
	untold bool // usage has changed since it was last told
	held   int  // bytes, over all lanes
	err    *protocol.Error
	out    []conversation.Event
}

// NewReader reads an upstream's stream.
func (Codec) NewReader() conversation.Reader { return &reader{} }

// chunk is what an event's data says, as places in it.
type chunk struct {
	env     reply.Envelope
	choices bool
	usage   bool
}

// literal is a JSON string where it stands in the data.
type literal struct {
	raw     []byte
	escaped bool
	other   []byte // what came where a string should be
}

func (l literal) text() string {
	if len(l.raw) == 0 {
		return ""
	}
	return scan.Unquote(l.raw, l.escaped)
}

func take(c *scan.Cursor) (l literal) {
	if c.Kind() == '"' {
		l.raw, l.escaped, _ = c.String()
	} else if l.other = c.Raw(); string(l.other) == "null" {
		l.other = nil
	}
	return l
}

// deltaParts is one choice of a chunk.
type deltaParts struct {
	index                                  int64
	finish                                 literal
	content, refusal, thinking, reasoning  literal
	details, calls, call, sources, picture []byte
	likely                                 []conversation.LogProb
}

// Read reads one chunk.
func (r *reader) Read(name, data []byte) ([]conversation.Event, error) {
	switch {
	case r.err != nil:
		return nil, r.err
	case r.done || len(data) == 0:
		return nil, nil
	case bytes.HasPrefix(data, []byte("[DONE]")): // as the SDKs test it
		r.done = true
		return r.close(true)
	}
	var (
		ch     chunk
		failed protocol.Reply
	)
	c := scan.At(data)
	object := c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "id":
			reply.Take(&c, &r.start.ID)
		case "model":
			reply.Take(&c, &r.start.Model)
		case "created":
			if n, ok := c.Int(); ok && n > 0 {
				r.start.Created = n
			}
		case "choices":
			c.Array(func() {
				ch.choices = true
				r.choice(&c)
			})
		case "usage":
			ch.usage = r.count(&c) || ch.usage
		default:
			ch.env.Member(key, &c)
		}
	})
	if !object {
		c.Value()
	}
	if err := c.End(); err != nil {
		reply.Unreadable(data, err, &failed)
		return r.fail(failed.Err)
	}
	if string(name) == "error" || object && ch.env.Bad(ch.choices || ch.usage) {
		reply.Fail(data, &failed)
		return r.fail(failed.Err)
	}
	if r.err != nil {
		return r.fail(r.err)
	}
	r.tell()
	return r.flush(), nil
}

// End is called at the end of the stream. Without [DONE] it is whole if each choice has its finish reason.
func (r *reader) End() ([]conversation.Event, error) {
	switch {
	case r.err != nil:
		return nil, r.err
	case r.done:
		return nil, nil
	}
	r.done = true
	return r.close(false)
}

// close ends every choice, and the stream.
func (r *reader) close(told bool) ([]conversation.Event, error) {
	if len(r.lanes) == 0 {
		return r.fail(unreadable("the provider's answer is empty"))
	}
	for _, l := range r.lanes {
		if l.into == nil && l.finish == "" && !told {
			return r.fail(unreadable("the provider's answer was cut off"))
		}
		if l.drain(); r.err != nil {
			return r.fail(r.err)
		}
	}
	r.tell()
	for _, l := range r.lanes {
		if l.into == nil {
			r.emit(&conversation.Finished{Choice: l.index, Finish: conversation.Finish{Reason: reasonOf(l.finish, l.has), Raw: l.finish}})
		}
	}
	return r.flush(), nil
}

// fail ends the stream with an error; what came before it in the same event is told first.
func (r *reader) fail(err *protocol.Error) ([]conversation.Event, error) {
	r.err = err
	return r.flush(), err
}

func (r *reader) emit(e conversation.Event) {
	r.begin()
	r.out = append(r.out, e)
}

// begin tells who answers, before anything is said. The chunk may name them after its choices: flush fills them in.
func (r *reader) begin() {
	if r.begun == nil {
		r.begun = &conversation.Start{}
		r.out = append(r.out, r.begun)
	}
}

// flush hands the events out. The next go behind them into the same array, so that not every chunk costs one.
func (r *reader) flush() []conversation.Event {
	n := len(r.out)
	if n == 0 {
		return nil
	}
	if r.begun != nil && !r.named {
		*r.begun, r.named = r.start, true
	}
	events := r.out[:n:n]
	if r.out = r.out[n:]; cap(r.out) < 4 {
		r.out = make([]conversation.Event, 0, 64)
	}
	return events
}

// count takes usage in: at the top, or in a choice (case 56).
func (r *reader) count(c *scan.Cursor) bool {
	u, told := openai.Usage(c)
	if told && u != r.usage {
		r.usage, r.untold = u, true
	}
	return told
}

func (r *reader) tell() {
	if r.untold && len(r.lanes) > 0 {
		r.untold = false
		r.emit(&conversation.Told{Usage: r.usage})
	}
}

// choice reads one element of choices.
func (r *reader) choice(c *scan.Cursor) {
	var d deltaParts
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "index":
			if n, ok := c.Int(); ok {
				d.index = n
			}
		case "finish_reason":
			d.finish = take(c)
		case "delta", "message": // message: of relays that answer with one chunk
			c.Object(func(key []byte, _ bool) { d.member(key, c) })
		case "logprobs":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "content" {
					d.likely = openai.LogProbs(c)
				}
			})
		case "usage":
			r.count(c)
		}
	})
	if c.Err() != nil || r.err != nil {
		return
	}
	l := r.lane(d.index)
	if l == nil {
		return
	}
	l.read(&d)
	if len(d.finish.raw) == 0 {
		return
	}
	word := d.finish.text()
	if err := brokenOff(word); err != nil {
		r.err = err
		return
	}
	if l.finish == "" { // once is enough (case 8)
		l.finish = word
	}
	l.drain()
}

func (d *deltaParts) member(key []byte, c *scan.Cursor) {
	switch string(key) {
	case "content":
		d.content = take(c)
	case "refusal":
		d.refusal = take(c)
	case "reasoning_content":
		d.thinking = take(c)
	case "reasoning":
		d.reasoning = take(c)
	case "reasoning_details":
		d.details = c.Raw()
	case "tool_calls":
		d.calls = c.Raw()
	case "function_call":
		d.call = c.Raw()
	case "annotations":
		d.sources = c.Raw()
	case "images":
		d.picture = c.Raw()
	}
}

// lane finds a choice, or opens it.
func (r *reader) lane(index int64) *lane {
	for _, l := range r.lanes {
		if int64(l.index) == index {
			return l
		}
	}
	if index < 0 || index >= mostChoices {
		r.err = unreadable("the provider's answer has a choice that nobody asked for")
		return nil
	}
	l := &lane{r: r, index: int(index)}
	r.lanes = append(r.lanes, l)
	r.begin()
	return l
}

// hold accounts for what is held back.
func (r *reader) hold(n int) {
	if r.held += n; r.held > mostHeld && r.err == nil {
		r.err = unreadable("the provider's answer weaves more together than can be held")
	}
}

// jsonOf decodes a value that is known to be JSON; of another form than T it is nothing.
func jsonOf[T any](raw []byte) T {
	var v, none T
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return none
	}
	return v
}
