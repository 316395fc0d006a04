package gemini

import (
	"encoding/base64"
	"net/http"
	"strings"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/internal/toolnames"
)

// turns puts messages into contents as the API wants them: user and model take turns, the user begins, and each
// turn of the model with calls is followed by one of the user with exactly their results.
type turns struct {
	names  *toolnames.Names
	gen    generation
	quirks map[string]bool

	system  []wirePart
	out     []wireContent
	calls   []pending                 // of the turn of the model that is last in out
	later   []wirePart                // what the user says beside the results, which comes behind them
	results map[string][]placed       // all results of the request that have an id, by it, in their order
	used    map[*conv.ToolResult]bool // those that have answered a call
	at      int                       // of the message in hand
	lost    map[string]string
	err     error
}

// pending is a call that wants its result.
type pending struct {
	id, name, wire string
	answer         *wireResponse
	media          []wirePart
}

// placed is a result, and the message that it stands in.
type placed struct {
	at     int
	result *conv.ToolResult
}

// Texts that stand where the API wants something and the conversation has nothing.
const (
	unanswered = `{"error":"This call was not answered."}`
	beginning  = "…"
)

func (t *turns) messages(messages []conv.Message) {
	t.results, t.used = map[string][]placed{}, map[*conv.ToolResult]bool{}
	for i := range messages {
		for _, p := range messages[i].Parts {
			if r, ok := p.(*conv.ToolResult); ok && r.ID != "" {
				t.results[r.ID] = append(t.results[r.ID], placed{i, r})
			}
		}
	}
	for i := range messages {
		t.at = i
		switch m := &messages[i]; m.Role {
		case conv.System, conv.Developer:
			t.instructions(m)
		case conv.Assistant:
			t.assistant(m, i > 0 && messages[i-1].Role == conv.Assistant)
		default:
			t.user(m.Parts)
		}
	}
	t.at = len(messages)
	t.close()
	if len(t.out) == 0 && len(t.system) > 0 { // instructions alone: they are what there is to answer
		t.out, t.system = []wireContent{{Role: "user", Parts: t.system}}, nil
	}
	if len(t.out) > 0 && t.out[0].Role == "model" {
		t.out = append([]wireContent{{Role: "user", Parts: []wirePart{textPart(beginning)}}}, t.out...)
	}
}

// instructions go to the front where they came at the front. Later ones stay in their place, as the user's words: moved to the front they
// would speak of what has not been said yet.
func (t *turns) instructions(m *conv.Message) {
	if len(t.out) > 0 || len(t.later) > 0 {
		t.user(m.Parts)
		return
	}
	for _, p := range m.Parts {
		text, ok := p.(*conv.Text)
		if !ok {
			t.user([]conv.Part{p})
			continue
		}
		s := text.Text
		if len(t.system) == 0 {
			s = withoutBilling(s)
		}
		if s != "" {
			t.system = append(t.system, textPart(s))
		}
	}
}

// withoutBilling takes away the line that Claude Code puts first, for its own vendor's billing; it changes from call to call.
func withoutBilling(s string) string {
	if !strings.HasPrefix(s, "x-anthropic-billing-header:") {
		return s
	}
	_, rest, _ := strings.Cut(s, "\n")
	return strings.TrimLeft(rest, "\n")
}

func (t *turns) user(parts []conv.Part) {
	for _, p := range parts {
		if r, ok := p.(*conv.ToolResult); ok {
			t.result(r)
			continue
		}
		for _, w := range t.plain(p) {
			if len(t.calls) > 0 {
				t.later = append(t.later, w)
			} else {
				t.put("user", w)
			}
		}
	}
}

// put adds a part to the last turn, or begins one.
func (t *turns) put(role string, p wirePart) {
	if n := len(t.out); n > 0 && t.out[n-1].Role == role {
		t.out[n-1].Parts = append(t.out[n-1].Parts, p)
		return
	}
	t.out = append(t.out, wireContent{Role: role, Parts: []wirePart{p}})
}

// plain is a part that is neither a call nor a result nor thinking.
func (t *turns) plain(p conv.Part) []wirePart {
	switch p := p.(type) {
	case *conv.Text:
		if p.Text != "" {
			return []wirePart{textPart(p.Text)}
		}
	case *conv.Refusal:
		if p.Text != "" {
			return []wirePart{textPart(p.Text)}
		}
	case *conv.Media:
		w, err := mediaPart(p)
		if err != nil {
			t.fail(err)
			return nil
		}
		if p.Detail != "" && p.Detail != "auto" {
			t.lose("detail", "images have no such setting")
		}
		return []wirePart{w}
	}
	return nil
}

func (t *turns) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *turns) lose(param, why string) { t.lost[param] = why }

// assistant adds what the model said. Messages of its that follow each other are one turn.
func (t *turns) assistant(m *conv.Message, follows bool) {
	if !follows {
		t.close()
	}
	sig := "" // a signature on its way to the part that it belongs to
	flush := func() {
		if sig != "" {
			w := textPart("")
			w.ThoughtSignature, sig = sig, ""
			t.put("model", w)
		}
	}
	for i, p := range m.Parts {
		switch p := p.(type) {
		case *conv.Thinking:
			if p.Origin != protocol.Gemini || p.Signature == "" || !isBase64(p.Signature) {
				t.lose("thinking", "only the vendor that made it can read it; without its signature it says nothing to another")
				continue
			}
			flush()
			sig = p.Signature
			if p.Text != "" && !unsignedCall(m.Parts, i+1) {
				w := textPart(p.Text)
				w.Thought, w.ThoughtSignature, sig = true, sig, ""
				t.put("model", w)
			}
		case *conv.ToolCall:
			if p.Kind == conv.Hosted || p.Kind == conv.WebSearch {
				t.lose("tools", "what a vendor's own tool has done stays with that vendor")
				continue
			}
			if p.Origin == protocol.Gemini && p.Signature != "" && isBase64(p.Signature) {
				flush()
				sig = p.Signature
			}
			t.call(p, sig)
			sig = ""
		case *conv.ToolResult:
			t.result(p)
		default:
			for _, w := range t.plain(p) {
				w.ThoughtSignature, sig = sig, ""
				t.put("model", w)
			}
		}
	}
	flush()
}

// unsignedCall reports whether a call without a signature of its own is next: the one before it is then the call's.
func unsignedCall(parts []conv.Part, i int) bool {
	if i >= len(parts) {
		return false
	}
	c, ok := parts[i].(*conv.ToolCall)
	return ok && (c.Signature == "" || c.Origin != protocol.Gemini)
}

// call adds a call. Where no model of Google's made it, the first of a turn says so to the models that want a signature; in each turn
// and not only in those that are looked at, so that what is sent again stays the same and is found in the cache.
func (t *turns) call(c *conv.ToolCall, sig string) {
	w := &wireCall{ID: c.ID, Name: t.names.Name(c.Namespace, c.Name), Args: arguments(c)}
	if t.quirks[QuirkNoCallIDs] {
		w.ID = ""
	}
	if sig == "" && len(t.calls) == 0 && t.gen.major >= 3 {
		sig = skipSignature
	}
	t.put("model", wirePart{FunctionCall: w, ThoughtSignature: sig})
	t.calls = append(t.calls, pending{id: c.ID, name: c.Name, wire: w.Name})
}

// result answers the open call that it belongs to: by its id, or the first of its name where one of them has none.
func (t *turns) result(r *conv.ToolResult) {
	if r.Kind == conv.Hosted || r.Kind == conv.WebSearch {
		return // the call has been told as lost
	}
	if t.used[r] {
		return // fetched, for a call that could not wait
	}
	for _, fits := range []func(*pending) bool{
		func(p *pending) bool { return r.ID != "" && p.id == r.ID },
		func(p *pending) bool { return (r.ID == "" || p.id == "") && p.name == r.Name },
		func(p *pending) bool { return r.ID == "" && r.Name == "" },
	} {
		for i := range t.calls {
			if p := &t.calls[i]; p.answer == nil && fits(p) {
				t.answer(p, r)
				return
			}
		}
	}
	t.lose("messages", "a tool's result without its call, or a second one for the same call")
}

func (t *turns) answer(p *pending, r *conv.ToolResult) {
	t.used[r] = true
	p.answer = &wireResponse{ID: p.id, Name: p.wire}
	if t.quirks[QuirkNoCallIDs] {
		p.answer.ID = ""
	}
	var text strings.Builder
	for _, part := range r.Parts {
		switch part := part.(type) {
		case *conv.Text:
			if text.Len() > 0 && part.Text != "" {
				text.WriteByte('\n')
			}
			text.WriteString(part.Text)
		case *conv.Media:
			for _, w := range t.plain(part) {
				if t.gen.major >= 3 && w.InlineData != nil && withinResult(w.InlineData.MimeType) {
					p.answer.Parts = append(p.answer.Parts, w)
				} else {
					p.media = append(p.media, w)
				}
			}
		}
	}
	p.answer.Response = response(text.String(), r.Error)
}

// withinResult reports whether a FunctionResponse may hold media of a type (Gemini 3: ai.google.dev/gemini-api/docs/function-calling).
func withinResult(typ string) bool {
	switch typ {
	case "image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain":
		return true
	}
	return false
}

// close ends a turn of the model: the results of its calls come in the order of the calls, then their media, then what else the user
// said. A result that comes too late is fetched; one that never comes is made.
func (t *turns) close() {
	if len(t.calls) == 0 {
		return
	}
	calls, later := t.calls, t.later
	t.calls, t.later = nil, nil
	for i := range calls {
		p := &calls[i]
		for list := t.results[p.id]; len(list) > 0 && p.answer == nil; list = t.results[p.id] {
			t.results[p.id] = list[1:]
			if r := list[0]; r.at >= t.at && !t.used[r.result] {
				t.answer(p, r.result)
			}
		}
		if p.answer == nil {
			p.answer = &wireResponse{ID: p.id, Name: p.wire, Response: []byte(unanswered)}
			if t.quirks[QuirkNoCallIDs] {
				p.answer.ID = ""
			}
		}
		t.put("user", wirePart{FunctionResponse: p.answer})
	}
	for i := range calls {
		for _, w := range calls[i].media {
			t.put("user", w)
		}
	}
	for _, w := range later {
		t.put("user", w)
	}
}

// mediaPart is one piece of media: its bytes, or the address that Google fetches it from.
func mediaPart(m *conv.Media) (wirePart, error) {
	switch {
	case m.Data != "":
		data := strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' || r == ' ' || r == '\t' {
				return -1
			}
			return r
		}, m.Data)
		if !isBase64(data) {
			return wirePart{}, bad("messages", "the bytes of an image or file are not base64")
		}
		return wirePart{InlineData: &wireBlob{MimeType: typeOf(m, data), Data: data}}, nil
	case m.URL != "":
		typ := m.Type
		if typ == "" {
			typ = typeByName(m.URL)
		}
		return wirePart{FileData: &wireFile{MimeType: typ, FileURI: m.URL}}, nil
	case strings.HasPrefix(m.FileID, "files/"):
		return wirePart{FileData: &wireFile{MimeType: m.Type, FileURI: "https://generativelanguage.googleapis.com/v1beta/" + m.FileID}}, nil
	case strings.HasPrefix(m.FileID, "gs://"):
		return wirePart{FileData: &wireFile{MimeType: m.Type, FileURI: m.FileID}}, nil
	}
	return wirePart{}, bad("messages", "the file "+m.FileID+" is kept at another vendor; send its content")
}

// typeOf is the media type of bytes: what was said, else what the name ends in, else what they begin with.
func typeOf(m *conv.Media, data string) string {
	known := *m
	if known.Data = data; known.Type == "" {
		known.Type = typeByName(m.Name)
	}
	if m.Kind == conv.File && media.Type(&known, "") == "" {
		if text, err := base64.StdEncoding.DecodeString(data[:min(len(data), 512)/4*4]); err == nil {
			return media.Plain(http.DetectContentType(text)) // text, or who knows what
		}
	}
	return media.Type(&known, usual[m.Kind])
}

// usual are the types that media are taken for of which nothing tells one.
var usual = map[conv.MediaKind]string{conv.Image: "image/png", conv.Audio: "audio/wav", conv.Video: "video/mp4", conv.File: "application/octet-stream"}
