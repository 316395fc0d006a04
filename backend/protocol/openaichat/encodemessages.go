package openaichat

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/freetext"
	"metapi/backend/protocol/internal/media"
)

// Words that stand for what the protocol has no place for.
const (
	noResult   = "No result of this call was kept."
	seeBelow   = "The result follows in the next message."
	goOn       = "Continue exactly where your last message stops, and repeat nothing of it."
	askForJSON = "Answer with one JSON object, and nothing else."
)

// noThoughts stands for reasoning that was not kept. DeepSeek and Kimi refuse an empty text, and a model that finds the same words in each
// of its turns begins to say them: a space does neither.
const noThoughts = " "

// billing begins the line that Claude Code puts before its system text: it is Anthropic's alone (case 44).
const billing = "x-anthropic-billing-header:"

// encodeMessages writes the messages.
func (e *encoder) encodeMessages() error {
	fit := shortID
	if e.quirk(quirkIDsOfNine) {
		fit = idOfNine
	}
	list := turns(e.r.Messages, fit)
	developer := false
	for _, t := range list {
		developer = developer || t.role == conversation.Developer
	}
	e.instructions = "system"
	if developer && (e.family.reasons || e.quirk(quirkDeveloper)) {
		e.instructions = "developer" // both in one request are refused
	}
	began := false
	for _, t := range list {
		var err error
		switch t.role {
		case conversation.System, conversation.Developer:
			if err = e.system(t, began); err == nil {
				continue
			}
		case conversation.Assistant:
			err = e.assistant(t)
		case conversation.ToolRole:
			err = e.results(t)
		default:
			err = e.user(t.name, t.parts, t.place)
		}
		if err != nil {
			return err
		}
		began = true
	}
	if n := len(e.out.Messages); n > 0 && e.out.Messages[n-1].Role == "assistant" && len(e.out.Messages[n-1].ToolCalls) == 0 {
		if e.quirk(quirkPrefix) {
			e.out.Messages[n-1].Prefix = true
		} else { // case 46: the model would begin anew
			e.out.Messages = append(e.out.Messages, wireMessage{Role: "user", Content: goOn})
		}
	}
	if e.quirk(quirkMergeTurns) {
		e.mergeTurns()
	}
	return nil
}

func (e *encoder) add(m wireMessage, name string) {
	if name != "" && !e.quirk(quirkNoNames) {
		m.Name = sanitise(name, longest)
	}
	e.out.Messages = append(e.out.Messages, m)
}

// system writes instructions. Media among them are said by the user, who alone may show some.
func (e *encoder) system(t turn, began bool) error {
	var text, rest []conversation.Part
	for _, p := range t.parts {
		if x, ok := p.(*conversation.Text); ok {
			if !e.cleared && strings.HasPrefix(x.Text, billing) {
				_, after, _ := strings.Cut(x.Text, "\n")
				x = &conversation.Text{Text: after, Cache: x.Cache}
			}
			e.cleared = true
			text = append(text, x)
		} else {
			rest = append(rest, p)
		}
	}
	content, err := e.content(t.role, text, t.place)
	if err != nil {
		return err
	}
	if content != nil {
		role := e.instructions
		if began && e.quirk(quirkSystemFirst) {
			role = "user"
		}
		e.add(wireMessage{Role: role, Content: content}, t.name)
	}
	return e.user("", rest, t.place)
}

func (e *encoder) user(name string, parts []conversation.Part, place int) error {
	content, err := e.content(conversation.User, parts, place)
	if err == nil && content != nil {
		e.add(wireMessage{Role: "user", Content: content}, name)
	}
	return err
}

// content writes parts as one string where they are one text, or the vendor takes nothing else; nil where nothing is left of them.
func (e *encoder) content(role conversation.Role, parts []conversation.Part, place int) (any, error) {
	out := make([]wirePart, 0, len(parts))
	texts, marked := 0, false
	for i, p := range parts {
		w, ok, err := e.part(role, p, fmt.Sprintf("messages[%d].content[%d]", place, i))
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if w.Type == "text" {
			texts++
		}
		marked = marked || w.Cache != nil
		out = append(out, w)
	}
	switch {
	case len(out) == 0:
		return nil, nil
	case texts == len(out) && !marked && (texts == 1 || e.quirk(quirkStringContent)):
		return joined(out), nil
	}
	return out, nil
}

func joined(parts []wirePart) string {
	if len(parts) == 1 {
		return *parts[0].Text
	}
	all := make([]string, len(parts))
	for i, p := range parts {
		all[i] = *p.Text
	}
	return strings.Join(all, "\n\n")
}

// part writes one part of a user's or an assistant's content; ok is false where it is nothing.
func (e *encoder) part(role conversation.Role, p conversation.Part, at string) (w wirePart, ok bool, err error) {
	switch p := p.(type) {
	case *conversation.Text:
		return wirePart{Type: "text", Text: &p.Text, Cache: e.mark(p.Cache)}, p.Text != "", nil
	case *conversation.Refusal:
		if role == conversation.Assistant && e.openAIs {
			return wirePart{Type: "refusal", Refusal: p.Text}, p.Text != "", nil
		}
		return wirePart{Type: "text", Text: &p.Text}, p.Text != "", nil
	case *conversation.Media:
		if w, err = e.media(p, at); err == nil {
			w.Cache = e.mark(p.Cache)
		}
		return w, err == nil, err
	}
	return w, false, nil
}

func (e *encoder) mark(c *conversation.Cache) *cacheMark {
	if c == nil {
		return nil
	}
	if !e.quirk(quirkCacheControl) {
		e.lose("cache_control", "openai-chat caches by itself")
		return nil
	}
	return &cacheMark{Type: "ephemeral", TTL: c.TTL}
}

// media writes an image, sound, film or document (case 47).
func (e *encoder) media(m *conversation.Media, at string) (wirePart, error) {
	switch {
	case m.Kind == conversation.Image && m.FileID == "":
		detail := m.Detail
		if detail != "low" && detail != "high" && detail != "auto" {
			detail = ""
		}
		return wirePart{Type: "image_url", ImageURL: &wireURL{URL: media.URL(m, "image/png"), Detail: detail}}, nil
	case m.Kind == conversation.Audio && m.Data != "":
		if format, ok := audioFormats[media.Type(m, "")]; ok {
			return wirePart{Type: "input_audio", Audio: &inputAudio{Data: m.Data, Format: format}}, nil
		}
		return wirePart{}, bad(at, "openai-chat takes sound as wav or mp3 only")
	case m.Kind == conversation.Video && m.FileID == "" && e.quirk(quirkVideo):
		return wirePart{Type: "video_url", VideoURL: &wireURL{URL: media.URL(m, "video/mp4")}}, nil
	case m.Kind == conversation.File && m.FileID != "":
		return wirePart{Type: "file", File: &file{FileID: m.FileID}}, nil
	case m.Kind == conversation.File && m.Data != "" && media.Textual(m.Type):
		if text, err := base64.StdEncoding.DecodeString(m.Data); err == nil {
			words := strings.ToValidUTF8(string(text), "\uFFFD")
			if m.Name != "" {
				words = m.Name + ":\n" + words
			}
			return wirePart{Type: "text", Text: &words}, nil
		}
	case m.Kind == conversation.File && m.Data != "":
		name := m.Name
		if name == "" {
			name = "document.pdf" // a file without a name is refused
		}
		return wirePart{Type: "file", File: &file{FileData: media.URL(m, "application/pdf"), Filename: name}}, nil
	}
	return wirePart{}, bad(at, fmt.Sprintf("openai-chat cannot take this %s: it has neither bytes nor an address of a form that fits", m.Kind))
}

// assistant writes what the model said and called.
func (e *encoder) assistant(t turn) error {
	m := wireMessage{Role: "assistant"}
	var say, shown []conversation.Part
	var thoughts []string
	for _, p := range t.parts {
		switch p := p.(type) {
		case *conversation.Thinking:
			if p.Text != "" {
				thoughts = append(thoughts, p.Text)
			}
			if e.quirk(quirkReasoningDetails) && (p.Text != "" || p.Sealed != "" && p.Origin == protocol.OpenAIChat) {
				m.ReasoningDetails = append(m.ReasoningDetails, detailOf(p, len(m.ReasoningDetails)))
			}
		case *conversation.Media:
			shown = append(shown, p)
		default:
			say = append(say, p)
		}
	}
	content, err := e.content(t.role, say, t.place)
	if err != nil {
		return err
	}
	if m.Content = content; content == nil {
		m.Content = json.RawMessage("null") // may be left out by the definition, and not by all vendors
	}
	for _, c := range t.calls {
		m.ToolCalls = append(m.ToolCalls, e.call(c))
	}
	if content == nil && len(m.ToolCalls) == 0 {
		return e.user("", shown, t.place)
	}
	required := e.quirk(quirkReasoningRequired)
	if text := strings.Join(thoughts, "\n\n"); text != "" && (required || e.quirk(quirkReasoningContent)) {
		m.ReasoningContent = &text
	} else if required && !e.r.Reasoning.Off { // the client dropped it, and the vendor refuses to go on without (case 40)
		text = noThoughts
		m.ReasoningContent = &text
	}
	e.add(m, t.name)
	if len(t.calls) > 0 { // nothing may stand between calls and results
		e.carried = append(e.carried, shown...)
		return nil
	}
	return e.user("", shown, t.place)
}

func (e *encoder) call(c calling) wireCall {
	w := wireCall{ID: c.id, Type: "function"}
	if c.Signature != "" && c.Origin == protocol.Gemini && e.quirk(quirkExtraContent) {
		w.Extra = signed(c.Signature)
	}
	name := e.names.Name(c.Namespace, c.Name)
	switch {
	case c.Kind == conversation.Custom && !emulates(e.to):
		w.Type, w.Custom = "custom", &customCall{Name: name, Input: c.Arguments}
	case c.Kind == conversation.Custom:
		w.Function = &functionCall{Name: name, Arguments: freetext.Wrap(c.Arguments)}
	default:
		arguments := c.Arguments
		if strings.TrimSpace(arguments) == "" || arguments == "null" {
			arguments = "{}"
		}
		w.Function = &functionCall{Name: name, Arguments: arguments}
	}
	return w
}

// results writes a batch of results, and then what the model is to look at: a tool message holds text only (case 25).
func (e *encoder) results(t turn) error {
	for _, a := range t.results {
		if a.result == nil {
			e.add(wireMessage{Role: "tool", ToolCallID: a.id, Content: noResult}, "")
			continue
		}
		var say, show []conversation.Part
		for _, p := range a.result.Parts {
			if m, ok := p.(*conversation.Media); ok && !(m.Kind == conversation.File && m.Data != "" && media.Textual(m.Type)) {
				show = append(show, m)
			} else {
				say = append(say, p)
			}
		}
		if a.result.Cache != nil {
			e.mark(a.result.Cache)
		}
		if a.result.Error {
			say = failed(say)
		}
		content, err := e.content(t.role, say, t.place)
		switch {
		case err != nil:
			return err
		case content == nil && len(show) > 0:
			content = seeBelow
		case content == nil:
			content = ""
		}
		e.add(wireMessage{Role: "tool", ToolCallID: a.id, Content: content}, "")
		if len(show) > 0 {
			title := &conversation.Text{Text: fmt.Sprintf("From the result of %s (%s):", a.name, a.id)}
			e.carried = append(append(e.carried, title), show...)
		}
	}
	carried := e.carried
	e.carried = nil
	return e.user("", carried, t.place)
}

// failed says in words that a tool failed, where they do not say so themselves.
func failed(parts []conversation.Part) []conversation.Part {
	for _, p := range parts {
		if t, ok := p.(*conversation.Text); ok && strings.Contains(strings.ToLower(t.Text), "error") {
			return parts
		}
	}
	return append([]conversation.Part{&conversation.Text{Text: "Error:"}}, parts...)
}

// mergeTurns takes messages of one role in a row together, for vendors that want roles to alternate. Calls and results stay as they are.
func (e *encoder) mergeTurns() {
	var out []wireMessage
	for _, m := range e.out.Messages {
		n := len(out)
		if n == 0 || out[n-1].Role != m.Role || m.Role == "tool" || m.Role == "assistant" || out[n-1].Name != m.Name {
			out = append(out, m)
			continue
		}
		all := append(partsOf(out[n-1].Content), partsOf(m.Content)...)
		out[n-1].Content = all
		if onlyText(all) {
			out[n-1].Content = joined(all)
		}
	}
	e.out.Messages = out
}

func partsOf(content any) []wirePart {
	if s, ok := content.(string); ok {
		return []wirePart{{Type: "text", Text: &s}}
	}
	parts, _ := content.([]wirePart)
	return parts
}

func onlyText(parts []wirePart) bool {
	for _, p := range parts {
		if p.Type != "text" || p.Cache != nil {
			return false
		}
	}
	return true
}
