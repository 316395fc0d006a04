package openaichat

import (
	"strconv"
	"time"
	"unicode/utf8"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/toolnames"
	"metapi/backend/protocol/quote"
)

// writer writes a stream of CreateChatCompletionStreamResponse. Every chunk has the same head and tail; what stands between is appended by hand.
type writer struct {
	r          *conversation.Request
	head, tail []byte // {"id":... "choices":[   and   ] ... }
	choices    []*saying
	usage      protocol.Usage
	told       bool
	closed     bool
}

// saying is one choice.
type saying struct {
	begun, finished bool
	open            sort
	skip            bool // the part is not the client's to see
	custom          bool
	calls           int  // so far
	words           bool // of the part: something has been written
	refusal         bool
	thoughts        bool // some reasoning has been written
	citable         int  // characters of the text parts before this one
	length          int  // characters of this one
	media           *conversation.Media
	unsigned        *conversation.ToolCall // begun, but not written: its signature comes next
}

// NewWriter writes a stream for a client.
func (Codec) NewWriter(r *conversation.Request) conversation.Writer {
	if r == nil {
		r = &conversation.Request{}
	}
	return &writer{r: r}
}

// begin fixes what all chunks have in common.
func (w *writer) begin(s *conversation.Start) {
	created := s.Created
	if created <= 0 {
		created = time.Now().Unix()
	}
	w.head = append(w.head, `data: {"id":`...)
	w.head = quote.Append(w.head, first(s.ID, newID("chatcmpl-")))
	w.head = append(w.head, `,"object":"chat.completion.chunk","created":`...)
	w.head = strconv.AppendInt(w.head, created, 10)
	w.head = append(w.head, `,"model":`...)
	w.head = quote.Append(w.head, first(s.Model, w.r.Model))
	w.head = append(w.head, `,"choices":[`...)
	w.tail = append(w.tail, ']')
	if w.r.IncludeUsage { // then every other chunk has it too, as null
		w.tail = append(w.tail, `,"usage":null`...)
	}
	w.tail = append(w.tail, "}\n\n"...)
}

// Write appends what an event comes to.
func (w *writer) Write(dst []byte, e conversation.Event) []byte {
	if w.closed {
		return dst
	}
	switch e := e.(type) {
	case *conversation.Start:
		if w.head == nil {
			w.begin(e)
		}
		if e.HasUsage {
			w.usage, w.told = e.Usage, true
		}
	case *conversation.PartStart:
		dst = w.partStart(dst, e)
	case *conversation.Delta:
		dst = w.delta(dst, e)
	case *conversation.PartEnd:
		dst = w.partEnd(dst, e.Choice)
	case *conversation.Told:
		w.usage, w.told = e.Usage, true
	case *conversation.Finished:
		dst = w.finished(dst, e)
	case *conversation.Fault:
		w.closed = true
		err := e.Err
		if err == nil {
			err = unreadable("the answer was cut off")
		}
		dst = append(dst, openai.StreamError(err)...)
	case *conversation.Alive:
		dst = append(dst, openai.KeepAlive()...)
	}
	return dst
}

// Close ends the stream: with the usage if it was asked for, and [DONE]. A choice that has not finished makes it an error.
func (w *writer) Close(dst []byte) []byte {
	if w.closed {
		return dst
	}
	whole := len(w.choices) > 0
	for _, c := range w.choices {
		whole = whole && (c == nil || c.finished)
	}
	if !whole {
		return w.Write(dst, &conversation.Fault{Err: &protocol.Error{Kind: protocol.Network, Message: "the answer was cut off before its end"}})
	}
	w.closed = true
	if w.r.IncludeUsage && w.told {
		dst = append(append(dst, w.head...), `],"usage":`...)
		dst = append(append(dst, openai.Marshal(usageOf(w.usage))...), "}\n\n"...)
	}
	return append(dst, "data: [DONE]\n\n"...)
}

// choice finds a choice; nil where there can be none of that number.
func (w *writer) choice(i int) *saying {
	if i < 0 || i >= mostChoices {
		return nil
	}
	for len(w.choices) <= i {
		w.choices = append(w.choices, nil)
	}
	if w.choices[i] == nil {
		w.choices[i] = &saying{}
	}
	return w.choices[i]
}

// chunk opens a chunk of a choice up to the members of its delta; the first of a choice is preceded by the one with the role.
func (w *writer) chunk(dst []byte, i int, c *saying) []byte {
	if w.head == nil {
		w.begin(&conversation.Start{})
	}
	if !c.begun {
		c.begun = true
		dst = w.open(dst, i)
		dst = append(dst, `"role":"assistant","content":"","refusal":null`...)
		dst = w.shut(dst)
	}
	return w.open(dst, i)
}

func (w *writer) open(dst []byte, i int) []byte {
	dst = append(append(dst, w.head...), `{"index":`...)
	dst = strconv.AppendInt(dst, int64(i), 10)
	return append(dst, `,"delta":{`...)
}

func (w *writer) shut(dst []byte) []byte { return w.weighed(dst, nil) }

// weighed ends a chunk with how likely its tokens were.
func (w *writer) weighed(dst []byte, list []conversation.LogProb) []byte {
	dst = appendProbs(append(dst, `},"logprobs":`...), list)
	return append(append(dst, `,"finish_reason":null}`...), w.tail...)
}

func (w *writer) partStart(dst []byte, e *conversation.PartStart) []byte {
	c := w.choice(e.Choice)
	if c == nil || c.finished {
		return dst
	}
	c.skip, c.words, c.custom, c.media = false, false, false, nil
	switch p := e.Part.(type) {
	case *conversation.Text:
		c.open = sortText
		c.citable += c.length
		c.length = 0
		return w.begun(dst, e.Choice, p.Text)
	case *conversation.Thinking:
		c.open = sortThinking
		return w.begun(dst, e.Choice, p.Text)
	case *conversation.Refusal:
		c.open, c.refusal = sortRefusal, true
		return w.begun(dst, e.Choice, p.Text)
	case *conversation.Media:
		c.open = sortMedia
		m := *p
		c.media = &m
	case *conversation.ToolCall:
		c.open = sortCall
		if c.skip = !toolnames.Callable(p.Kind) || w.r.Functions && c.calls > 0; c.skip {
			return dst
		}
		c.custom = p.Kind == conversation.Custom
		if p.Origin == protocol.Gemini && p.Signature == "" && p.Arguments == "" && !w.r.Functions {
			c.unsigned = p // clients take a signature from the first chunk of a call and from no other
			return dst
		}
		dst = w.callStart(dst, e.Choice, c, p, p.Signature)
		return w.begun(dst, e.Choice, p.Arguments)
	}
	return dst
}

// begun writes what a part starts with, though by rule it is empty.
func (w *writer) begun(dst []byte, choice int, text string) []byte {
	if text == "" {
		return dst
	}
	return w.delta(dst, &conversation.Delta{Choice: choice, Text: text})
}

// callStart writes what a call starts with, and its signature in Google's own place for it: only one of Gemini's is ever on a call.
func (w *writer) callStart(dst []byte, i int, c *saying, p *conversation.ToolCall, signature string) []byte {
	dst = w.chunk(dst, i, c)
	c.calls++
	if w.r.Functions {
		dst = append(dst, `"function_call":{"name":`...)
		dst = quote.Append(dst, p.Name)
		return w.shut(append(dst, `,"arguments":""}`...))
	}
	dst = append(dst, `"tool_calls":[{"index":`...)
	dst = strconv.AppendInt(dst, int64(c.calls-1), 10)
	dst = append(dst, `,"id":`...)
	dst = quote.Append(dst, first(p.ID, newID("call_")))
	if c.custom {
		dst = append(dst, `,"type":"custom","custom":{"name":`...)
		dst = append(quote.Append(dst, p.Name), `,"input":""}`...)
	} else {
		dst = append(dst, `,"type":"function","function":{"name":`...)
		dst = append(quote.Append(dst, p.Name), `,"arguments":""}`...)
	}
	if signature != "" {
		dst = append(quote.Append(append(dst, `,"extra_content":{"google":{"thought_signature":`...), signature), "}}"...)
	}
	return w.shut(append(dst, "}]"...))
}

// callBegun writes the start that waited for a signature.
func (w *writer) callBegun(dst []byte, i int, c *saying, signature string) []byte {
	if c.unsigned == nil {
		return dst
	}
	dst = w.callStart(dst, i, c, c.unsigned, signature)
	c.unsigned = nil
	return dst
}

// callMore writes arguments.
func (w *writer) callMore(dst []byte, i int, c *saying, text string) []byte {
	dst = w.chunk(dst, i, c)
	if w.r.Functions {
		dst = quote.Append(append(dst, `"function_call":{"arguments":`...), text)
		return w.shut(append(dst, '}'))
	}
	dst = append(dst, `"tool_calls":[{"index":`...)
	dst = strconv.AppendInt(dst, int64(c.calls-1), 10)
	if c.custom {
		dst = append(dst, `,"custom":{"input":`...)
	} else {
		dst = append(dst, `,"function":{"arguments":`...)
	}
	return w.shut(append(quote.Append(dst, text), "}}]"...))
}

// fields are the members of a delta that words go to. reasoning_content is not in the definition: it is where clients look.
var fields = [...]string{sortText: `"content":`, sortRefusal: `"refusal":`, sortThinking: `"reasoning_content":`}

func (w *writer) delta(dst []byte, e *conversation.Delta) []byte {
	c := w.choice(e.Choice)
	if c == nil || c.finished || c.skip {
		return dst
	}
	switch c.open {
	case sortMedia:
		if c.media != nil {
			c.media.Data += e.Data
		}
	case sortCall:
		dst = w.callBegun(dst, e.Choice, c, e.Signature)
		if e.Text != "" {
			c.words = true
			dst = w.callMore(dst, e.Choice, c, e.Text)
		}
	default:
		if e.Text != "" || len(e.LogProbs) > 0 && c.open == sortText {
			text := e.Text
			switch {
			case c.open == sortText:
				c.length += utf8.RuneCountInString(text)
			case c.open == sortThinking && c.thoughts && !c.words: // the field is one, and the thoughts are several
				text = "\n\n" + text
			}
			c.words, c.thoughts = true, c.thoughts || c.open == sortThinking
			dst = w.chunk(dst, e.Choice, c)
			dst = append(dst, fields[c.open]...)
			dst = w.weighed(quote.Append(dst, text), e.LogProbs)
		}
		if e.Citation != nil && e.Citation.URL != "" && c.open == sortText {
			dst = w.chunk(dst, e.Choice, c)
			dst = append(dst, `"annotations":[`...)
			dst = append(dst, openai.Marshal(annotate(*e.Citation, c.citable))...)
			dst = w.shut(append(dst, ']'))
		}
	}
	return dst
}

func (w *writer) partEnd(dst []byte, i int) []byte {
	c := w.choice(i)
	if c == nil || c.finished || c.skip {
		return dst
	}
	dst = w.callBegun(dst, i, c, "")
	switch {
	case c.open == sortCall && !c.words && !c.custom: // arguments must be JSON
		dst = w.callMore(dst, i, c, "{}")
	case c.open == sortMedia && c.media != nil:
		if m := c.media; m.Kind == conversation.Image && (m.Data != "" || m.URL != "") {
			dst = w.chunk(dst, i, c)
			dst = append(dst, `"images":[{"type":"image_url","image_url":{"url":`...)
			dst = w.shut(append(quote.Append(dst, media.URL(m, "image/png")), "}}]"...))
		}
		c.media = nil
	}
	c.skip = true // until the next part starts
	return dst
}

func (w *writer) finished(dst []byte, e *conversation.Finished) []byte {
	c := w.choice(e.Choice)
	if c == nil || c.finished {
		return dst
	}
	dst = w.chunk(dst, e.Choice, c)
	c.finished = true
	dst = append(dst, `},"logprobs":null,"finish_reason":"`...)
	dst = append(dst, finishOf(e.Finish.Reason, c.calls > 0, c.refusal, w.r.Functions)...)
	return append(append(dst, `"}`...), w.tail...)
}
