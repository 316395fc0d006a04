package openairesponses

import (
	"slices"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/carry"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/toolnames"
	"metapi/backend/protocol/quote"
)

// NewWriter writes a stream of ResponseStreamEvents. Each ends in a Response with all that was said, so what was said is kept,
// up to 16 MB.
func (Codec) NewWriter(r *conversation.Request) conversation.Writer {
	if r != nil && r.Compaction != nil {
		return &compactionWriter{writer: newWriter(r)}
	}
	return newWriter(r)
}

func newWriter(r *conversation.Request) *writer {
	if r == nil {
		r = &conversation.Request{}
	}
	return &writer{r: r, carries: slices.Contains(r.Include, encrypted)}
}

// form is what sort of item is being written.
type form uint8

const (
	noItem form = iota
	messageItem
	reasoningItem
	functionItem
	customItem
	bridgedItem // a tool of this vendor's that the client runs
	imageItem
)

type writer struct {
	r    *conversation.Request
	mute bool // a whole reply is made: only the Response counts
	shell
	seq      int64
	begun    bool
	over     bool // nothing may follow
	usage    *protocol.Usage
	finished *conversation.Finish
	refused  bool   // the model declined in words
	output   []byte // the items that are done
	index    int    // of the open item, or else of the next

	// The open item.
	form     form
	itemID   string
	contents []byte // of a message: the parts that are done
	content  int    // of a message: the index of the open part, or else of the next
	call     conversation.ToolCall
	bridge   *hosted.Bridge
	args     []byte // of a bridged call, which is told when it is whole
	sealed   string
	origin   protocol.Protocol      // whose sealed is
	waiting  bool                   // for reasoning that says something, or is sealed: an empty item would only be sent back
	carries  bool                   // the client sends back what seals reasoning
	carried  carry.Carried          // of another vendor's reasoning
	unsigned *conversation.ToolCall // begun, but not written: its signature comes next, and goes before it
	image    []byte

	// The open part of a message, or the summary of a reasoning item.
	part        partForm
	text        []byte // what was said, escaped
	annotations []byte
	annotated   int64
	likely      []conversation.LogProb
}

// partForm is what sort of part is being written.
type partForm uint8

const (
	noPart partForm = iota
	textPart
	refusalPart
	summaryPart
)

// Write appends what e comes to.
func (w *writer) Write(dst []byte, e conversation.Event) []byte {
	if w.over {
		return dst
	}
	switch e := e.(type) {
	case *conversation.Start:
		if w.begun {
			break
		}
		w.id, w.model, w.created = e.ID, e.Model, e.Created
		if e.HasUsage {
			u := e.Usage
			w.usage = &u
		}
		dst = w.begin(dst)
	case *conversation.PartStart:
		if e.Choice == 0 && w.finished == nil {
			dst = w.start(w.begin(dst), e.Part)
		}
	case *conversation.Delta:
		if e.Choice == 0 && w.finished == nil {
			dst = w.delta(dst, e)
		}
	case *conversation.PartEnd:
		if e.Choice == 0 {
			dst = w.endPart(dst)
		}
	case *conversation.Told:
		u := e.Usage
		w.usage = &u
	case *conversation.Finished:
		if e.Choice == 0 && w.finished == nil {
			f := e.Finish
			w.finished = &f
		}
	case *conversation.Fault:
		return w.fail(dst, e.Err)
	}
	if len(w.output)+len(w.contents)+len(w.text)+64*len(w.likely)+len(w.args)+len(w.image) > mostHeld {
		return w.fail(dst, &protocol.Error{Kind: protocol.BadReply, Message: "the answer is too long to be passed on"})
	}
	return dst
}

// Close appends the end.
func (w *writer) Close(dst []byte) []byte {
	if w.over {
		return dst
	}
	if w.finished == nil {
		return w.fail(dst, &protocol.Error{Kind: protocol.Network, Message: "the provider's answer was cut off"})
	}
	dst = w.begin(dst)
	status, reason := w.ending(w.finished)
	dst = w.endItem(dst, status)
	w.over = true
	dst = w.open(dst, "response."+status)
	dst = w.shell.append(member(dst, "response"), &state{status: status, reason: reason, output: w.output, usage: w.usage})
	return w.shut(dst)
}

// fail ends the stream with response.failed, which no client takes for an answer. The member error is there for the official
// SDKs: see [Dialect.StreamError].
func (w *writer) fail(dst []byte, e *protocol.Error) []byte {
	if e == nil {
		e = &protocol.Error{Kind: protocol.ServerError}
	}
	dst = w.begin(dst)
	w.over = true
	dst = w.open(dst, "response.failed")
	dst = w.shell.append(member(dst, "response"), &state{status: "failed", fault: e, output: w.output, usage: w.usage})
	fault, _ := describe(e)
	dst = append(member(dst, "error"), marshalFault(fault)...)
	return w.shut(dst)
}

// begin announces the response, once.
func (w *writer) begin(dst []byte) []byte {
	if w.begun {
		return dst
	}
	w.begun = true
	w.shell.begin(w.r)
	now := &state{status: "in_progress"}
	for _, name := range []string{"response.created", "response.in_progress"} {
		if w.mute {
			break
		}
		dst = w.open(dst, name)
		dst = w.shut(w.shell.append(member(dst, "response"), now))
	}
	return dst
}

// open begins an event, and shut ends it.
func (w *writer) open(dst []byte, name string) []byte {
	dst = append(append(append(dst, "event: "...), name...), "\ndata: {\"type\":\""...)
	dst = append(append(dst, name...), `","sequence_number":`...)
	dst = appendInt(dst, w.seq)
	w.seq++
	return dst
}

func (w *writer) shut(dst []byte) []byte { return append(dst, "}\n\n"...) }

// place appends where in the response an event belongs.
func (w *writer) place(dst []byte) []byte {
	dst = append(append(append(dst, `,"item_id":"`...), w.itemID...), `","output_index":`...)
	return appendInt(dst, int64(w.index))
}

// within appends the place of the open part.
func (w *writer) within(dst []byte) []byte {
	dst = w.place(dst)
	if w.part == summaryPart {
		return append(dst, `,"summary_index":0`...)
	}
	return appendInt(append(dst, `,"content_index":`...), int64(w.content))
}

// start begins a part: within the open message where it can stand there, else in an item of its own.
func (w *writer) start(dst []byte, p conversation.Part) []byte {
	dst = w.endPart(dst)
	if w.waiting {
		w.waiting, w.itemID = false, ""
	}
	switch p := p.(type) {
	case *conversation.Text:
		dst = w.startContent(dst, textPart)
		if p.Text != "" {
			dst = w.delta(dst, &conversation.Delta{Text: p.Text, LogProbs: p.LogProbs})
		}
	case *conversation.Refusal:
		w.refused = true
		dst = w.startContent(dst, refusalPart)
		if p.Text != "" {
			dst = w.delta(dst, &conversation.Delta{Text: p.Text})
		}
	case *conversation.Thinking:
		dst = w.endItem(dst, "completed")
		w.waiting, w.origin = true, p.Origin
		if p.Origin == protocol.OpenAIResponses {
			w.itemID = p.ID
		}
		w.carried = carry.Carried{Origin: p.Origin, ID: p.ID, Summary: p.Summary}
		dst = w.delta(dst, &conversation.Delta{Text: p.Text, Signature: p.Signature, Sealed: p.Sealed})
	case *conversation.ToolCall:
		dst = w.endItem(dst, "completed")
		if !toolnames.Callable(p.Kind) { // run by its vendor, and done: the client would run it again
			return dst
		}
		if w.carries && p.Origin != protocol.None {
			w.unsigned = p
		} else {
			dst = w.startCall(dst, p)
		}
		if p.Arguments != "" || p.Signature != "" {
			dst = w.signCall(dst, p.Signature)
			dst = w.delta(dst, &conversation.Delta{Text: p.Arguments})
		}
	case *conversation.Media:
		dst = w.endItem(dst, "completed")
		if p.Kind == conversation.Image {
			dst = w.startItem(dst, imageItem, "ig_")
			w.image = append(w.image[:0], p.Data...)
		}
	}
	return dst
}

// seal is what seals the open reasoning, if d tells it: the vendor's own word, or what carries another vendor's proof to the client and back.
func (w *writer) seal(d *conversation.Delta) string {
	switch {
	case w.form != reasoningItem && !w.waiting || d.Signature == "" && d.Sealed == "":
		return ""
	case w.origin == protocol.OpenAIResponses:
		return d.Sealed
	case !w.carries || w.origin == protocol.None:
		return ""
	}
	if d.Signature != "" {
		w.carried.Signature = d.Signature
	}
	if d.Sealed != "" {
		w.carried.Sealed = d.Sealed
	}
	return foreignID + w.carried.Seal()
}

// signCall writes the call that waits for its signature, and before it the signature, as reasoning without words.
func (w *writer) signCall(dst []byte, signature string) []byte {
	p := w.unsigned
	if p == nil {
		return dst
	}
	w.unsigned = nil
	if signature != "" {
		w.itemID = ""
		dst = w.startItem(dst, reasoningItem, foreignID)
		w.sealed = foreignID + carry.Carried{Origin: p.Origin, Signature: signature, Call: true}.Seal()
		dst = w.endItem(dst, "completed")
	}
	return w.startCall(dst, p)
}

// delta adds to the open part.
func (w *writer) delta(dst []byte, d *conversation.Delta) []byte {
	if d.Citation != nil && w.part == textPart {
		dst = w.annotate(dst, d.Citation)
	}
	dst = w.signCall(dst, d.Signature)
	sealed := w.seal(d)
	if w.waiting && (sealed != "" || d.Text != "") {
		w.waiting = false
		dst = w.startItem(dst, reasoningItem, foreignID)
	}
	switch w.form {
	case reasoningItem:
		if sealed != "" {
			w.sealed = sealed
		}
	case imageItem:
		w.image = append(w.image, d.Data...)
		return dst
	case bridgedItem:
		w.args = append(w.args, d.Text...)
		return dst
	}
	said := d.Text
	weighed := len(d.LogProbs) > 0 && w.part == textPart
	if said == "" && !weighed {
		return dst
	}
	name := ""
	switch {
	case w.part == textPart:
		name = "response.output_text.delta"
	case w.part == refusalPart:
		name = "response.refusal.delta"
	case w.form == reasoningItem:
		if w.part == noPart {
			dst = w.startSummary(dst)
		}
		name = "response.reasoning_summary_text.delta"
	case w.form == functionItem:
		name = "response.function_call_arguments.delta"
	case w.form == customItem:
		name = "response.custom_tool_call_input.delta"
	default:
		return dst
	}
	from := len(w.text)
	w.text = quote.Escape(w.text, said)
	if weighed {
		w.likely = append(w.likely, d.LogProbs...)
	}
	if w.mute {
		return dst
	}
	dst = w.open(dst, name)
	if w.part == noPart {
		dst = w.place(dst)
	} else {
		dst = w.within(dst)
	}
	dst = append(append(append(dst, `,"delta":"`...), w.text[from:]...), '"')
	if w.part == textPart {
		dst = openai.AppendLogProbs(append(dst, `,"logprobs":`...), d.LogProbs, false)
	}
	return w.shut(dst)
}
