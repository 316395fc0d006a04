package openairesponses

import (
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/quote"
)

// billing begins the text in which Claude Code tells its vendor whom to bill; it is no instruction.
const billing = "x-anthropic-billing-header:"

// messages appends instructions and input. Calls and their results are paired before: the service wants an output for each
// call, and a call for each output.
func (w *requestWriter) messages() {
	p := pairUp(w.r.Messages)
	for _, id := range p.orphans {
		w.lose("messages", "the result "+id+" answers no call")
	}
	ms := w.r.Messages
	if text, is := instructions(ms); is {
		switch ms = ms[1:]; {
		case text == "":
		case silent(ms): // a request is to have an input
			w.dst = append(memberString(append(member(w.dst, "input"), `[{"role":"system"`...), "content", text), "}]"...)
			return
		default:
			w.dst = memberString(w.dst, "instructions", text)
		}
	}
	w.dst = append(member(w.dst, "input"), '[')
	empty := len(w.dst)
	in := inputWriter{requestWriter: w, pairs: p}
	for i := range ms {
		in.message(i+len(w.r.Messages)-len(ms), &ms[i])
	}
	if len(w.dst) == empty {
		w.dst = append(w.dst, `{"role":"user","content":""}`...)
	}
	w.dst = append(w.dst, ']')
}

// instructions is the text of the first message, where that is the system's and all text.
func instructions(ms []conversation.Message) (text string, is bool) {
	if len(ms) == 0 || ms[0].Role != conversation.System {
		return "", false
	}
	var texts []string
	for i, p := range ms[0].Parts {
		t, ok := p.(*conversation.Text)
		if !ok {
			return "", false
		}
		s := t.Text
		if i == 0 && strings.HasPrefix(s, billing) {
			_, s, _ = strings.Cut(s, "\n")
		}
		if s != "" {
			texts = append(texts, s)
		}
	}
	return strings.Join(texts, "\n\n"), true
}

// silent reports whether nothing is said.
func silent(ms []conversation.Message) bool {
	for i := range ms {
		for _, p := range ms[i].Parts {
			if t, is := p.(*conversation.Text); !is || t.Text != "" {
				return false
			}
		}
	}
	return true
}

type inputWriter struct {
	*requestWriter
	pairs *pairs
	calls int // seen so far
}

func (w *inputWriter) message(i int, m *conversation.Message) {
	switch m.Role {
	case conversation.Assistant:
		w.assistant(i, m)
	case conversation.ToolRole:
		w.contents(i, "user", m.Parts) // media that belong to the results; these stand with their calls
	case conversation.System, conversation.Developer:
		w.contents(i, string(m.Role), m.Parts)
	default:
		w.contents(i, "user", m.Parts)
	}
}

// contents appends a message that is not the model's; results in it stand elsewhere, and empty texts nowhere.
func (w *inputWriter) contents(i int, role string, parts []conversation.Part) {
	begun := false
	for j, p := range parts {
		switch p := p.(type) {
		case *conversation.Text:
			if p.Text == "" {
				continue
			}
		case *conversation.Media:
		case *conversation.Refusal:
			if p.Text == "" {
				continue
			}
		default:
			continue
		}
		if !begun {
			w.dst = append(memberString(append(comma(w.dst), `{"type":"message"`...), "role", role), `,"content":[`...)
			begun = true
		}
		w.part(fmt.Sprintf("messages[%d].content[%d]", i, j), p)
	}
	if begun {
		w.dst = append(w.dst, "]}"...)
	}
}

// part appends an InputContent.
func (w *inputWriter) part(where string, p conversation.Part) {
	switch p := p.(type) {
	case *conversation.Text:
		w.dst = append(memberString(append(comma(w.dst), `{"type":"input_text"`...), "text", p.Text), '}')
	case *conversation.Refusal:
		w.dst = append(memberString(append(comma(w.dst), `{"type":"input_text"`...), "text", p.Text), '}')
	case *conversation.Media:
		w.media(where, p)
	}
}

func (w *inputWriter) media(where string, m *conversation.Media) {
	if m.Data == "" && m.URL == "" && m.FileID == "" {
		w.refuse(where, "it holds nothing")
		return
	}
	switch m.Kind {
	case conversation.Image:
		detail := details[m.Detail]
		if detail == "" {
			detail = "auto"
		}
		w.dst = memberString(append(comma(w.dst), `{"type":"input_image"`...), "detail", detail)
		switch {
		case m.Data != "":
			w.dst = memberString(w.dst, "image_url", media.URL(m, "image/png"))
		case m.URL != "":
			w.dst = memberString(w.dst, "image_url", m.URL)
		default:
			w.dst = memberString(w.dst, "file_id", m.FileID)
		}
		w.dst = append(w.dst, '}')
	case conversation.File:
		w.dst = append(comma(w.dst), `{"type":"input_file"`...)
		switch {
		case m.Data != "":
			w.dst = memberString(memberString(w.dst, "filename", filename(m)), "file_data", media.URL(m, "application/octet-stream"))
		case m.URL != "":
			w.dst = memberString(w.dst, "file_url", m.URL)
		default:
			w.dst = memberString(w.dst, "file_id", m.FileID)
		}
		w.dst = append(w.dst, '}')
	default:
		w.refuse(where, "Responses takes no "+string(m.Kind))
	}
}

// assistant appends what the model said in one turn, item by item, and after it the results of its calls.
func (w *inputWriter) assistant(i int, m *conversation.Message) {
	from := w.calls
	for j := 0; j < len(m.Parts); j++ {
		switch p := m.Parts[j].(type) {
		case *conversation.Text:
			n := j + 1
			for ; n < len(m.Parts); n++ {
				if _, is := m.Parts[n].(*conversation.Text); !is {
					break
				}
			}
			w.answer(m.Parts[j:n])
			j = n - 1
		case *conversation.Refusal:
			if p.Text != "" {
				w.refusal(fmt.Sprintf("msg_%d_%d", i, j), p.Text)
			}
		case *conversation.Thinking:
			w.thinking(p, followed(m.Parts[j+1:]))
		case *conversation.ToolCall:
			w.call(p, w.pairs.ids[w.calls])
			w.calls++
		}
	}
	for k := from; k < w.calls; k++ {
		w.result(k)
	}
	// What the model drew is shown to it as the user's: only its own vendor can name it as the model's.
	var drawn []conversation.Part
	for _, p := range m.Parts {
		if p, is := p.(*conversation.Media); is && p.Kind == conversation.Image {
			drawn = append(drawn, p)
		}
	}
	w.contents(i, "user", drawn)
}

// answer appends texts of the model as one message. They may be pieces of one sentence, cut at citations.
func (w *inputWriter) answer(texts []conversation.Part) {
	whole := ""
	for _, p := range texts {
		whole += p.(*conversation.Text).Text
	}
	if whole != "" {
		w.dst = append(memberString(append(comma(w.dst), `{"type":"message","role":"assistant"`...), "content", whole), '}')
	}
}

func (w *inputWriter) refusal(id, text string) {
	w.dst = append(memberString(append(comma(w.dst), `{"type":"message"`...), "id", id), `,"role":"assistant","status":"completed","content":[`...)
	w.dst = append(memberString(append(w.dst, `{"type":"refusal"`...), "refusal", text), "}]}"...)
}

// followed reports whether the model says something after its thinking: an item of reasoning may not stand alone.
func followed(parts []conversation.Part) bool {
	for _, p := range parts {
		switch p := p.(type) {
		case *conversation.Text:
			if p.Text != "" {
				return true
			}
		case *conversation.Refusal:
			if p.Text != "" {
				return true
			}
		case *conversation.ToolCall:
			return true
		}
	}
	return false
}

// thinking appends reasoning that this vendor sealed. Any other is dropped: what is not sealed it would look for
// among what it has stored. Servers of open models take it in the open.
func (w *inputWriter) thinking(t *conversation.Thinking, followed bool) {
	sealed := t.Sealed != "" && t.Origin == protocol.OpenAIResponses
	open := t.Text != "" && w.to.Quirks[quirkOpenReasoning]
	if !followed || !sealed && !open {
		return
	}
	w.dst = append(comma(w.dst), `{"type":"reasoning"`...)
	switch {
	case t.ID != "" && t.Origin == protocol.OpenAIResponses:
		w.dst = memberString(w.dst, "id", t.ID)
	case !sealed:
		w.dst = memberString(w.dst, "id", fmt.Sprintf("rs_%d", len(w.dst))) // its place: once in a request
	default: // the service checks the id against what it sealed, and takes none, but not one that is made up
	}
	w.dst = append(member(w.dst, "summary"), '[')
	if t.Text != "" && (t.Summary || !open) {
		w.dst = append(memberString(append(w.dst, `{"type":"summary_text"`...), "text", t.Text), '}')
	}
	w.dst = append(w.dst, ']')
	if open && !t.Summary {
		w.dst = append(memberString(append(w.dst, `,"content":[{"type":"reasoning_text"`...), "text", t.Text), "}]"...)
	}
	if sealed {
		w.dst = memberString(w.dst, "encrypted_content", t.Sealed)
	}
	w.dst = append(w.dst, '}')
}

func (w *inputWriter) call(c *conversation.ToolCall, id string) {
	kind, field := "function_call", "arguments"
	arguments := c.Arguments
	if c.Kind == conversation.Custom {
		kind, field = "custom_tool_call", "input"
	} else if strings.TrimSpace(arguments) == "" {
		arguments = "{}"
	}
	w.dst = memberString(append(comma(w.dst), '{'), "type", kind)
	w.dst = memberString(w.dst, "call_id", id)
	space, name := w.names.Wire(c.Namespace, c.Name)
	w.dst = memberString(w.dst, "name", name)
	if space != "" {
		w.dst = memberString(w.dst, "namespace", space)
	}
	w.dst = append(memberString(w.dst, field, arguments), '}')
}

// unanswered stands for the result of a call that has none: an agent that was stopped, usually.
const unanswered = "(no result: the call was not run)"

// result appends the output of call k.
func (w *inputWriter) result(k int) {
	kind := "function_call_output"
	if w.pairs.kinds[k] == conversation.Custom {
		kind = "custom_tool_call_output"
	}
	w.dst = memberString(append(comma(w.dst), '{'), "type", kind)
	w.dst = memberString(w.dst, "call_id", w.pairs.ids[k])
	res := w.pairs.results[k]
	if res == nil {
		w.dst = append(memberString(w.dst, "output", unanswered), '}')
		return
	}
	w.dst = member(w.dst, "output")
	texts, only := []string{}, true
	for _, p := range res.Parts {
		switch p := p.(type) {
		case *conversation.Text:
			texts = append(texts, p.Text)
		case *conversation.Media:
			only = false
		}
	}
	prefix := ""
	if res.Error && (len(texts) == 0 || !strings.HasPrefix(strings.ToLower(texts[0]), "error")) {
		prefix = "Error: " // there is no member for it
	}
	if only && len(texts) <= 1 {
		w.dst = append(quote.Append(w.dst, prefix+strings.Join(texts, "")), '}')
		return
	}
	w.dst = append(w.dst, '[')
	if prefix != "" {
		w.part("", &conversation.Text{Text: strings.TrimSpace(prefix)})
	}
	for j, p := range res.Parts {
		if t, is := p.(*conversation.Text); !is || t.Text != "" {
			w.part(fmt.Sprintf("the result of %s, content[%d]", w.pairs.ids[k], j), p)
		}
	}
	w.dst = append(w.dst, "]}"...)
}
