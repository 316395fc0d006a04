package openairesponses

import (
	"strconv"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/internal/openai"
)

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

func marshalFault(f openai.Fault) []byte { return openai.Marshal(f) }

// startItem announces an item; of its id the prefix is given, unless it has one.
func (w *writer) startItem(dst []byte, f form, prefix string) []byte {
	w.form = f
	if !plainID(w.itemID) {
		w.itemID = w.newID(prefix, w.index)
	}
	w.text = w.text[:0]
	return w.item(dst, "response.output_item.added", "in_progress", nil)
}

// plainID reports whether an id can stand in JSON as it is.
func plainID(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}

// item appends an event with the open item as it stands; text is what was said in it, escaped.
func (w *writer) item(dst []byte, event, status string, text []byte) []byte {
	if w.mute {
		return dst
	}
	dst = w.open(dst, event)
	dst = appendInt(append(dst, `,"output_index":`...), int64(w.index))
	dst = w.appendItem(member(dst, "item"), status, text)
	return w.shut(dst)
}

// appendItem appends an OutputItem.
func (w *writer) appendItem(dst []byte, status string, text []byte) []byte {
	begun := status == "in_progress"
	dst = append(append(append(dst, `{"id":"`...), w.itemID...), '"')
	quoted := func(name string) {
		dst = append(append(append(member(dst, name), '"'), text...), '"')
	}
	switch w.form {
	case messageItem:
		dst = memberString(append(dst, `,"type":"message","role":"assistant"`...), "status", status)
		dst = append(append(append(member(dst, "content"), '['), w.contents...), ']')
	case reasoningItem:
		dst = append(dst, `,"type":"reasoning","summary":[`...)
		if len(text) > 0 {
			dst = append(append(append(dst, `{"type":"summary_text","text":"`...), text...), `"}`...)
		}
		dst = append(dst, ']')
		if w.sealed != "" {
			dst = memberString(dst, "encrypted_content", w.sealed)
		}
	case functionItem, customItem:
		kind, field := "function_call", "arguments"
		if w.form == customItem {
			kind, field = "custom_tool_call", "input"
		}
		dst = memberString(dst, "type", kind)
		if w.form == functionItem {
			dst = memberString(dst, "status", status)
		}
		dst = memberString(memberString(dst, "call_id", w.call.ID), "name", w.call.Name)
		if w.call.Namespace != "" {
			dst = memberString(dst, "namespace", w.call.Namespace)
		}
		quoted(field)
	case bridgedItem:
		dst = memberString(dst, "call_id", w.call.ID)
		dst = w.bridge.AppendCall(append(dst, ','), status, string(w.args))
	case imageItem:
		if status == "incomplete" {
			status = "failed"
		}
		dst = memberString(append(dst, `,"type":"image_generation_call"`...), "status", status)
		if begun {
			dst = memberRaw(dst, "result", "null")
		} else {
			dst = memberString(dst, "result", string(w.image))
		}
	}
	return append(dst, '}')
}

// endItem ends the open item, and keeps it for the Response.
func (w *writer) endItem(dst []byte, status string) []byte {
	if w.form == noItem {
		return dst
	}
	dst = w.endPart(dst)
	dst = w.endCall(dst)
	from := len(w.output)
	if from > 0 {
		w.output = append(w.output, ',')
		from++
	}
	w.output = w.appendItem(w.output, status, w.text)
	if !w.mute {
		dst = w.open(dst, "response.output_item.done")
		dst = appendInt(append(dst, `,"output_index":`...), int64(w.index))
		dst = w.shut(append(member(dst, "item"), w.output[from:]...))
	}
	w.index++
	w.form, w.itemID, w.sealed, w.content = noItem, "", "", 0
	w.contents, w.text, w.image = w.contents[:0], w.text[:0], nil
	return dst
}

// startContent begins a part of a message, and the message where none is open.
func (w *writer) startContent(dst []byte, f partForm) []byte {
	if w.form != messageItem {
		dst = w.endItem(dst, "completed")
		dst = w.startItem(dst, messageItem, "msg_")
	}
	w.part, w.text, w.annotations, w.annotated, w.likely = f, w.text[:0], w.annotations[:0], 0, nil
	return w.contentEvent(dst, "response.content_part.added")
}

// contentEvent appends an event with the open part as it stands.
func (w *writer) contentEvent(dst []byte, event string) []byte {
	if w.mute {
		return dst
	}
	dst = w.within(w.open(dst, event))
	return w.shut(w.appendContent(member(dst, "part")))
}

// appendContent appends an OutputContent, or a part of a summary.
func (w *writer) appendContent(dst []byte) []byte {
	switch w.part {
	case refusalPart:
		return append(append(append(dst, `{"type":"refusal","refusal":"`...), w.text...), `"}`...)
	case summaryPart:
		return append(append(append(dst, `{"type":"summary_text","text":"`...), w.text...), `"}`...)
	}
	dst = append(append(append(dst, `{"type":"output_text","text":"`...), w.text...), `","annotations":[`...)
	dst = append(append(dst, w.annotations...), `],"logprobs":`...)
	return append(openai.AppendLogProbs(dst, w.likely, true), '}')
}

func (w *writer) startSummary(dst []byte) []byte {
	w.part, w.text = summaryPart, w.text[:0]
	return w.contentEvent(dst, "response.reasoning_summary_part.added")
}

// endPart ends the open part. An item other than a message stays open: how it ended is known with what follows.
func (w *writer) endPart(dst []byte) []byte {
	dst = w.signCall(dst, "")
	if w.part == noPart {
		return dst
	}
	done := [...]struct{ text, field, part string }{
		textPart:    {"response.output_text.done", "text", "response.content_part.done"},
		refusalPart: {"response.refusal.done", "refusal", "response.content_part.done"},
		summaryPart: {"response.reasoning_summary_text.done", "text", "response.reasoning_summary_part.done"},
	}[w.part]
	if !w.mute {
		dst = w.within(w.open(dst, done.text))
		dst = append(append(append(member(dst, done.field), '"'), w.text...), '"')
		if w.part == textPart {
			dst = openai.AppendLogProbs(append(dst, `,"logprobs":`...), w.likely, false)
		}
		dst = w.shut(dst)
		dst = w.contentEvent(dst, done.part)
	}
	if w.part != summaryPart {
		if len(w.contents) > 0 {
			w.contents = append(w.contents, ',')
		}
		w.contents = w.appendContent(w.contents)
		w.content++
		w.text = w.text[:0]
	}
	w.part = noPart
	return dst
}

// annotate adds a citation to the open text.
func (w *writer) annotate(dst []byte, c *conversation.Citation) []byte {
	if c.URL == "" { // a quotation from the prompt: url_citation is the only annotation that has no file behind it
		return dst
	}
	if w.annotated > 0 {
		w.annotations = append(w.annotations, ',')
	}
	from := len(w.annotations)
	a := memberString(append(w.annotations, `{"type":"url_citation"`...), "url", c.URL)
	a = memberString(a, "title", c.Title)
	a = memberInt(memberInt(a, "start_index", int64(c.From)), "end_index", int64(c.To))
	w.annotations = append(a, '}')
	if !w.mute {
		dst = w.within(w.open(dst, "response.output_text.annotation.added"))
		dst = memberInt(dst, "annotation_index", w.annotated)
		dst = w.shut(append(member(dst, "annotation"), w.annotations[from:]...))
	}
	w.annotated++
	return dst
}

// startCall announces a call, as the client declared the tool: one of a namespace is called with it, and one of the vendor's own by an item
// of its own.
func (w *writer) startCall(dst []byte, c *conversation.ToolCall) []byte {
	w.call = conversation.ToolCall{ID: c.ID, Name: c.Name, Namespace: c.Namespace}
	f, prefix := functionItem, "fc_"
	if c.Kind == conversation.Custom {
		f, prefix = customItem, "ctc_"
	}
	for i := range w.r.Tools {
		t := &w.r.Tools[i]
		if t.Name != c.Name || c.Namespace != "" && t.Namespace != c.Namespace {
			continue
		}
		w.call.Namespace = t.Namespace
		if w.bridge = hosted.BridgeOf(t); w.bridge != nil {
			f, prefix = bridgedItem, "item_"
		}
		break
	}
	if w.call.ID == "" {
		w.call.ID = w.newID("call_", w.index)[:40]
	}
	if f == bridgedItem {
		w.form, w.itemID, w.args = f, w.newID(prefix, w.index), w.args[:0]
		return dst
	}
	return w.startItem(dst, f, prefix)
}

// endCall ends the open call's arguments or input.
func (w *writer) endCall(dst []byte) []byte {
	switch w.form {
	case functionItem:
		if len(w.text) == 0 {
			dst = w.delta(dst, &conversation.Delta{Text: "{}"})
		}
		return w.callDone(dst, "response.function_call_arguments.done", "arguments")
	case customItem:
		return w.callDone(dst, "response.custom_tool_call_input.done", "input")
	case bridgedItem:
		return w.item(dst, "response.output_item.added", "in_progress", nil)
	}
	return dst
}

func (w *writer) callDone(dst []byte, event, field string) []byte {
	if w.mute {
		return dst
	}
	dst = w.place(w.open(dst, event))
	if w.form == functionItem {
		dst = memberString(dst, "name", w.call.Name)
	}
	return w.shut(append(append(append(member(dst, field), '"'), w.text...), '"'))
}

// ending is how a Response ends that finished so: its status, and the reason where it is incomplete.
func (w *writer) ending(f *conversation.Finish) (status, reason string) {
	switch f.Reason {
	case conversation.MaxTokens, conversation.ContextFull, conversation.PausedTurn:
		return "incomplete", "max_output_tokens"
	case conversation.Refused:
		if !w.refused { // a filter's doing; a model that declines in words has said all
			return "incomplete", "content_filter"
		}
	}
	return "completed", ""
}
