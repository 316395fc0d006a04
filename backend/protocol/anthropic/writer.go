package anthropic

import (
	"bytes"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/quote"
)

// writer writes a stream of RawMessageStreamEvents: message_start, each block's start, deltas and stop with indices that run on,
// message_delta with the figures of the whole, message_stop. A block is opened when there is something to put into it.
type writer struct {
	composing
	begun, ended bool
	usage        protocol.Usage
	finish       *conversation.Finish

	index  int
	opened bool                   // the block of index has been started
	part   conversation.Part      // the part that is open, nil between parts
	choice int                    // whose it is
	proof  *conversation.Thinking // what is known of the thinking that is open
	args   []byte                 // of a call, as far as they are held back
	passes bool                   // the arguments are an object, and are told as they come

	held     []conversation.Event // of other choices, until the part has ended
	heldSize int
}

func newWriter(r *conversation.Request) *writer {
	if r == nil {
		r = &conversation.Request{}
	}
	w := &writer{}
	w.request = r
	w.blocks, w.words = showsThinking(r)
	return w
}

// Write appends what an event comes to.
func (w *writer) Write(dst []byte, e conversation.Event) []byte {
	if w.ended {
		return dst
	}
	switch e := e.(type) {
	case *conversation.Start:
		if e.HasUsage {
			w.usage = e.Usage
		}
		return w.begin(dst, e.ID, e.Model)
	case *conversation.PartStart:
		if w.elsewhere(e.Choice) {
			return w.hold(dst, e, 0)
		}
		dst = w.end(w.begin(dst, "", ""))
		return w.start(dst, e)
	case *conversation.Delta:
		if w.elsewhere(e.Choice) {
			return w.hold(dst, e, len(e.Text)+len(e.Signature)+len(e.Sealed))
		}
		return w.delta(dst, e)
	case *conversation.PartEnd:
		if w.elsewhere(e.Choice) {
			return w.hold(dst, e, 0)
		}
		return w.replay(w.end(dst))
	case *conversation.Told:
		w.usage = e.Usage
	case *conversation.Finished:
		if w.finish == nil || e.Finish.Reason == conversation.CallsTools {
			f := e.Finish
			w.finish = &f
		}
	case *conversation.Fault:
		return w.fault(dst, e.Err)
	case *conversation.Alive:
		return append(dst, Dialect{}.KeepAlive()...)
	}
	return dst
}

// Close appends the end.
func (w *writer) Close(dst []byte) []byte {
	if w.ended {
		return dst
	}
	if w.finish == nil {
		return w.fault(dst, &protocol.Error{Kind: protocol.Network, Message: "The provider's answer was cut off before its end."})
	}
	dst = w.replay(w.end(w.begin(dst, "", "")))
	if w.ended { // by a fault within
		return dst
	}
	w.ended = true
	reason, word := w.stopReason(*w.finish)
	dst = append(dst, "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{"...)
	dst = append(appendStop(dst, reason, word), `,"container":null},"usage":{`...)
	return append(appendCounts(dst, w.usage), "}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"...)
}

func (w *writer) fault(dst []byte, err *protocol.Error) []byte {
	w.ended = true
	return append(dst, Dialect{}.StreamError(err)...)
}

func (w *writer) begin(dst []byte, id, model string) []byte {
	if w.begun {
		return dst
	}
	w.begun = true
	if id == "" {
		id = newID("msg_")
	}
	if model == "" {
		model = w.request.Model
	}
	dst = appendHead(append(dst, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":"...), id, model)
	dst = appendStop(append(dst, `,"content":[],`...), "", "")
	return append(appendUsage(append(dst, `,"usage":`...), w.usage, ""), "}}\n\n"...)
}

// elsewhere reports whether a part of another choice is open. Several choices are one message here.
func (w *writer) elsewhere(choice int) bool { return w.part != nil && w.choice != choice }

func (w *writer) hold(dst []byte, e conversation.Event, size int) []byte {
	if w.heldSize += size + 64; w.heldSize > maxHeld {
		return w.fault(dst, badReply("The provider's answer weaves its parts, more of them than can be kept."))
	}
	w.held = append(w.held, e)
	return dst
}

// replay writes what was held back, after the part before it has ended.
func (w *writer) replay(dst []byte) []byte {
	for len(w.held) > 0 && w.part == nil {
		held := w.held
		w.held, w.heldSize = nil, 0
		for i, e := range held {
			dst = w.Write(dst, e)
			if w.part == nil && len(w.held) > 0 { // ended one, and more of others is held: those come before what is left
				w.held = append(w.held, held[i+1:]...)
				break
			}
		}
	}
	return dst
}

func (w *writer) start(dst []byte, e *conversation.PartStart) []byte {
	w.part, w.choice, w.args, w.passes = e.Part, e.Choice, w.args[:0], false
	switch p := e.Part.(type) {
	case *conversation.Text:
		dst = w.delta(dst, &conversation.Delta{Choice: e.Choice, Text: p.Text})
	case *conversation.Refusal:
		w.refused = true
		dst = w.delta(dst, &conversation.Delta{Choice: e.Choice, Text: p.Text})
	case *conversation.Thinking:
		proof := *p
		w.proof = &proof
		if p.Text != "" {
			proof.Text = ""
			dst = w.delta(dst, &conversation.Delta{Choice: e.Choice, Text: p.Text})
		}
	case *conversation.ToolCall:
		call := *p
		w.part = &call
		switch {
		case hostedKind(p.Kind):
		case strings.TrimSpace(p.Name) == "":
			return w.fault(dst, badReply("The provider's answer calls a tool without a name."))
		default:
			w.calls = true
		}
		dst = w.arguments(dst, &call, p.Arguments)
	}
	return dst
}

func (w *writer) delta(dst []byte, e *conversation.Delta) []byte {
	switch p := w.part.(type) {
	case *conversation.Text, *conversation.Refusal:
		if e.Text != "" {
			dst = w.open(dst, `{"type":"text","text":""}`)
			dst = quote.Append(w.deltaHead(dst, `{"type":"text_delta","text":`), e.Text)
			dst = append(dst, "}}\n\n"...)
		}
		if e.Citation != nil && e.Citation.URL != "" {
			dst = w.open(dst, `{"type":"text","text":""}`)
			dst = appendCitation(w.deltaHead(dst, `{"type":"citations_delta","citation":`), e.Citation)
			dst = append(dst, "}}\n\n"...)
		}
	case *conversation.Thinking:
		if e.Signature != "" {
			w.proof.Signature = e.Signature
		}
		if e.Sealed != "" {
			w.proof.Sealed = e.Sealed
		}
		if e.Text == "" || !w.blocks {
			return dst
		}
		dst = w.open(dst, `{"type":"thinking","thinking":"","signature":""}`)
		if w.words {
			dst = quote.Append(w.deltaHead(dst, `{"type":"thinking_delta","thinking":`), e.Text)
			dst = append(dst, "}}\n\n"...)
		}
	case *conversation.ToolCall:
		if e.Signature != "" {
			p.Signature = e.Signature
		}
		return w.arguments(dst, p, e.Text)
	}
	return dst
}

// arguments tells a piece of a call's arguments on, or holds it back where they are not (yet) known to be an object.
func (w *writer) arguments(dst []byte, p *conversation.ToolCall, piece string) []byte {
	if piece == "" {
		return dst
	}
	if !w.passes {
		if len(w.args)+len(piece) > maxHeld {
			return w.fault(dst, badReply("The provider's answer holds more of a call than can be kept."))
		}
		w.args = append(w.args, piece...)
		begins := bytes.TrimLeft(w.args, " \t\r\n")
		if p.Kind == conversation.Custom || hostedKind(p.Kind) || len(begins) == 0 || begins[0] != '{' {
			return dst
		}
		w.passes, piece = true, string(begins)
	}
	return w.input(w.openCall(dst, p), piece)
}

// openCall opens the block of a call, behind one that carries the signature of it where it has one.
func (w *writer) openCall(dst []byte, p *conversation.ToolCall) []byte {
	if w.opened {
		return dst
	}
	if sealed := callSeal(p.Signature, p.Origin); sealed != "" && w.blocks {
		dst = w.stop(w.open(dst, string(appendRedacted(nil, sealed))))
	}
	return w.open(dst, string(appendCall(nil, clientID(p.ID), p.Name, []byte("{}"))))
}

func (w *writer) input(dst []byte, piece string) []byte {
	return append(quote.Append(w.deltaHead(dst, `{"type":"input_json_delta","partial_json":`), piece), "}}\n\n"...)
}

// end ends the part that is open.
func (w *writer) end(dst []byte) []byte {
	part := w.part
	w.part = nil
	switch p := part.(type) {
	case *conversation.Thinking:
		dst = w.prove(dst)
	case *conversation.ToolCall:
		switch {
		case p.Kind == conversation.WebSearch:
			return w.search(dst, p)
		case p.Kind == conversation.Hosted || w.ended:
			return dst
		}
		dst = w.openCall(dst, p)
		if !w.passes {
			whole := *p
			whole.Arguments = string(w.args)
			if input := callInput(&whole); string(input) != "{}" {
				dst = w.input(dst, string(input))
			}
		}
	}
	return w.stop(dst)
}

// prove ends thinking with its signature, without which no client sends it back; what has no words is redacted thinking.
func (w *writer) prove(dst []byte) []byte {
	t := w.proof
	w.proof = nil
	if !w.blocks {
		return dst
	}
	signature, sealed := outgoing(t)
	if !w.opened {
		switch {
		case t.Signature == "" && t.Sealed == "":
			return dst
		case sealed != "":
			return w.open(dst, string(appendRedacted(nil, sealed)))
		case t.Sealed != "" && w.words:
			return w.open(dst, string(appendRedacted(nil, signature)))
		}
		dst = w.open(dst, `{"type":"thinking","thinking":"","signature":""}`)
	}
	if signature == "" {
		signature = Mark
	}
	return append(quote.Append(w.deltaHead(dst, `{"type":"signature_delta","signature":`), signature), "}}\n\n"...)
}

// search is a search that another vendor ran: the call, and a result that tells nothing.
func (w *writer) search(dst []byte, p *conversation.ToolCall) []byte {
	id := searchID()
	dst = w.open(dst, string(appendSearch(nil, id, []byte("{}"))))
	if input := argumentsObject(string(w.args)); string(input) != "{}" {
		dst = w.input(dst, string(input))
	}
	return w.stop(w.open(w.stop(dst), string(appendFound(nil, id))))
}

func (w *writer) open(dst []byte, block string) []byte {
	if w.opened {
		return dst
	}
	w.opened = true
	dst = append(dst, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"...)
	dst = appendInt(dst, int64(w.index))
	return append(append(append(dst, `,"content_block":`...), block...), "}\n\n"...)
}

func (w *writer) deltaHead(dst []byte, delta string) []byte {
	dst = append(dst, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"...)
	return append(append(appendInt(dst, int64(w.index)), `,"delta":`...), delta...)
}

func (w *writer) stop(dst []byte) []byte {
	if !w.opened {
		return dst
	}
	w.opened = false
	dst = append(dst, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"...)
	dst = append(appendInt(dst, int64(w.index)), "}\n\n"...)
	w.index++
	return dst
}
