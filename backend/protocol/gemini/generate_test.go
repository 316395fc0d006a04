package gemini

import (
	"encoding/json"
	"fmt"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
)

// Generators of what this protocol can say: such a conversation must come through it unchanged.

var texts = rapid.SampledFrom([]string{"a", "Grüße", "你好，世界 👩🏽‍💻", "line\nline \"quoted\" \\ </script>", " ", "{\"json\":1}", "\u2028\x00"})

var signatures = rapid.SampledFrom([]string{"c2ln", "YQ==", "AAECAwQ="})

func generatedMedia(t *rapid.T) *conv.Media {
	return rapid.SampledFrom([]*conv.Media{{Kind: conv.Image, Type: "image/png", Data: "aGk="}, {Kind: conv.Audio, Type: "audio/wav", Data: "aGkh"},
		{Kind: conv.File, Type: "application/pdf", FileID: "files/abc"}, {Kind: conv.Image, Type: "image/jpeg", URL: "https://x.test/a.jpg"}, {Kind: conv.File, FileID: "gs://bucket/o"}}).Draw(t, "media")
}

var toolNames = []string{"read", "write_file", "mcp.fetch-url"}

func generatedCall(t *rapid.T, id string, first bool) *conv.ToolCall {
	c := toolCall(id, rapid.SampledFrom(toolNames).Draw(t, "tool"), rapid.SampledFrom([]string{`{}`, `{"path":"/a b","n":1.50}`, `{"a_b":{"c":[null,true]}}`}).Draw(t, "args"))
	if first && rapid.Bool().Draw(t, "signed") {
		c.Signature, c.Origin = signatures.Draw(t, "signature"), protocol.Gemini
	}
	return c
}

// turns of the model's: texts of its, never two in a row, and thinking that carries a signature.
func generatedAnswer(t *rapid.T, ids func() string, calls int) (parts []conv.Part) {
	for i := range rapid.IntRange(0, 3).Draw(t, "parts") {
		if i > 0 {
			if _, text := parts[len(parts)-1].(*conv.Text); text {
				continue
			}
		}
		parts = append(parts, &conv.Text{Text: texts.Draw(t, "text")})
	}
	for i := range calls {
		parts = append(parts, generatedCall(t, ids(), i == 0))
	}
	if len(parts) == 0 {
		parts = append(parts, &conv.Text{Text: "x"})
	}
	if calls == 0 && rapid.Bool().Draw(t, "signed") {
		parts = append(parts, &conv.Thinking{Signature: signatures.Draw(t, "signature"), Origin: protocol.Gemini})
	}
	return parts
}

func generatedRequest(t *rapid.T) *conv.Request {
	n := 0
	ids := func() string { n++; return fmt.Sprint("id_", n) }
	r := &conv.Request{Model: "gemini-2.5-flash"}
	if rapid.Bool().Draw(t, "system") {
		m := conv.Message{Role: conv.System}
		for range rapid.IntRange(1, 3).Draw(t, "system texts") {
			m.Parts = append(m.Parts, &conv.Text{Text: texts.Draw(t, "text")})
		}
		r.Messages = append(r.Messages, m)
	}
	userTurn := func() []conv.Part {
		parts := []conv.Part{&conv.Text{Text: texts.Draw(t, "text")}}
		if rapid.Bool().Draw(t, "with media") {
			parts = append(parts, generatedMedia(t))
		}
		return parts
	}
	r.Messages = append(r.Messages, conv.Message{Role: conv.User, Parts: userTurn()})
	for range rapid.IntRange(0, 3).Draw(t, "turns") {
		calls := rapid.IntRange(0, 3).Draw(t, "calls")
		parts := generatedAnswer(t, ids, calls)
		r.Messages = append(r.Messages, model(parts...))
		if calls == 0 {
			r.Messages = append(r.Messages, conv.Message{Role: conv.User, Parts: userTurn()})
			continue
		}
		var results []conv.Part
		for _, p := range parts {
			if c, ok := p.(*conv.ToolCall); ok {
				res := toolResult(c.ID, c.Name, texts.Draw(t, "result"))
				res.Error = rapid.Bool().Draw(t, "failed")
				results = append(results, res)
			}
		}
		r.Messages = append(r.Messages, answers(results...))
		if rapid.Bool().Draw(t, "and words") {
			r.Messages = append(r.Messages, conv.Message{Role: conv.User, Parts: userTurn()})
		}
	}
	if rapid.Bool().Draw(t, "tools") {
		for _, name := range toolNames {
			r.Tools = append(r.Tools, conv.Tool{Kind: conv.Function, Name: name, Description: texts.Draw(t, "description"),
				Schema: json.RawMessage(`{"type":"object","properties":{"title":{"type":["string","null"],"title":"T"}},"required":["title"],"additionalProperties":false}`)})
		}
		r.Choice.Mode = rapid.SampledFrom([]conv.ChoiceMode{conv.ChoiceUnset, conv.ChoiceAuto, conv.ChoiceNone, conv.ChoiceAny, conv.ChoiceTool}).Draw(t, "choice")
		if r.Choice.Mode == conv.ChoiceTool {
			r.Choice.Names = toolNames[:2]
		}
	} else {
		r.Format = rapid.SampledFrom([]conv.Format{{}, {Kind: conv.FormatJSON}, {Kind: conv.FormatSchema, Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}}}`)}}).Draw(t, "format")
	}
	maybe := func(name string) bool { return rapid.Bool().Draw(t, name) }
	if maybe("sampling") {
		r.Temperature, r.TopP, r.TopK, r.Seed = ptr(0.7), ptr(0.95), ptr(int64(40)), ptr(int64(-3))
		r.FrequencyPenalty, r.PresencePenalty = ptr(0.5), ptr(-0.25)
	}
	if maybe("limits") {
		r.MaxOutput, r.Stop, r.N = ptr(int64(4096)), []string{"END", "\n\n"}, 2
	}
	r.Reasoning = rapid.SampledFrom([]conv.Reasoning{{}, {Budget: ptr(int64(0)), Off: true, Show: ptr(false)}, {Budget: ptr(int64(-1)), Show: ptr(true)},
		{Budget: ptr(int64(2048)), Show: ptr(false)}, {Show: ptr(true)}}).Draw(t, "reasoning")
	return r
}

func generatedReply(t *rapid.T) *conv.Reply {
	n := 0
	ids := func() string { n++; return fmt.Sprint("id_", n) }
	out := &conv.Reply{ID: "resp", Model: "gemini-x", HasUsage: true, Usage: protocol.Usage{Input: 10, CacheRead: 3, Output: 20, Reasoning: 5}}
	for range rapid.IntRange(1, 2).Draw(t, "choices") {
		calls := rapid.IntRange(0, 2).Draw(t, "calls")
		k := conv.Choice{}
		if rapid.Bool().Draw(t, "thinking") {
			k.Parts = append(k.Parts, &conv.Thinking{Text: texts.Draw(t, "thought"), Summary: true})
		}
		k.Parts = append(k.Parts, generatedAnswer(t, ids, calls)...)
		k.Finish = rapid.SampledFrom([]conv.Finish{{Reason: conv.Stopped, Raw: "STOP"}, {Reason: conv.MaxTokens, Raw: "MAX_TOKENS"}, {Reason: conv.Refused, Raw: "RECITATION"}, {Reason: conv.Stopped, Raw: "OTHER"}}).Draw(t, "finish")
		if calls > 0 && k.Finish.Reason == conv.Stopped {
			k.Finish.Reason = conv.CallsTools
		}
		cite(t, k.Parts)
		out.Choices = append(out.Choices, k)
	}
	return out
}

// cite gives a text that stands alone a citation of its last character.
func cite(t *rapid.T, parts []conv.Part) {
	var only *conv.Text
	for i, p := range parts {
		if text, ok := p.(*conv.Text); ok {
			if only != nil || i != len(parts)-1 {
				return
			}
			only = text
		}
	}
	if only == nil || !rapid.Bool().Draw(t, "cited") {
		return
	}
	n := len([]rune(only.Text))
	only.Citations = []conv.Citation{{URL: "https://a.test", Title: "A", From: n - 1, To: n}, {URL: "https://b.test"}}
}

// eventsOf tells a reply as a stream, with its texts cut in two.
func eventsOf(r *conv.Reply) (out []conv.Event) {
	out = append(out, &conv.Start{ID: r.ID, Model: r.Model, Usage: protocol.Usage{Input: 10, CacheRead: 3}, HasUsage: true})
	for i, k := range r.Choices {
		for _, p := range k.Parts {
			delta := func(d conv.Delta) { d.Choice = i; out = append(out, &d) }
			text := func(s string) {
				runes := []rune(s)
				for _, half := range []string{string(runes[:len(runes)/2]), string(runes[len(runes)/2:])} {
					if half != "" {
						delta(conv.Delta{Text: half})
					}
				}
			}
			start := func(p conv.Part) { out = append(out, &conv.PartStart{Choice: i, Part: p}) }
			switch p := p.(type) {
			case *conv.Text:
				start(&conv.Text{})
				text(p.Text)
				for j := range p.Citations {
					delta(conv.Delta{Citation: &p.Citations[j]})
				}
			case *conv.Thinking:
				start(&conv.Thinking{Summary: p.Summary, Origin: p.Origin})
				text(p.Text)
				if p.Signature != "" {
					delta(conv.Delta{Signature: p.Signature})
				}
			case *conv.ToolCall:
				start(&conv.ToolCall{ID: p.ID, Name: p.Name, Kind: p.Kind, Origin: p.Origin})
				if p.Signature != "" {
					delta(conv.Delta{Signature: p.Signature})
				}
				text(p.Arguments)
			}
			out = append(out, &conv.PartEnd{Choice: i})
		}
	}
	for i, k := range r.Choices {
		out = append(out, &conv.Finished{Choice: i, Finish: k.Finish})
	}
	return append(out, &conv.Told{Usage: r.Usage})
}
