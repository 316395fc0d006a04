package anthropic

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

var (
	someText = rapid.StringMatching(`[a-zäß你😀"\\\n<&]{0,12}[a-z你]`)
	someID   = rapid.StringMatching(`(toolu_|call_)[a-zA-Z0-9]{8}`)
	someArgs = rapid.Custom(func(t *rapid.T) string {
		return string(encode(rapid.MapOf(someText, someText).Draw(t, "arguments")))
	})
	someUsage = rapid.Custom(func(t *rapid.T) protocol.Usage {
		n := func(name string) int64 { return rapid.Int64Range(0, 1<<40).Draw(t, name) }
		u := protocol.Usage{Input: n("input"), CacheRead: n("read"), CacheWrite: n("write"), CacheWrite1h: n("write1h"), Output: n("output")}
		u.Reasoning = rapid.Int64Range(0, u.Output).Draw(t, "reasoning")
		return u
	})
)

// someRequest is a request that Messages can say all of.
var someRequest = rapid.Custom(func(t *rapid.T) *conversation.Request {
	r := &conversation.Request{Model: "claude-sonnet-4-5", Stream: rapid.Bool().Draw(t, "stream"), MaxOutput: ptr(rapid.Int64Range(1, 1e6).Draw(t, "limit")), User: rapid.StringMatching(`[a-z]{0,5}`).Draw(t, "user")}
	marks := 0
	text := func() *conversation.Text {
		p := words(someText.Draw(t, "text"))
		if marks < 4 && rapid.IntRange(0, 5).Draw(t, "mark") == 0 {
			marks++
			p.Cache = &conversation.Cache{}
		}
		return p
	}
	if rapid.Bool().Draw(t, "system") {
		r.Messages = append(r.Messages, conversation.Message{Role: conversation.System, Parts: []conversation.Part{text(), text()}})
	}
	names := []string{"f", "g_1", "h-2"}
	for _, name := range names[:rapid.IntRange(0, 3).Draw(t, "tools")] {
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Function, Name: name, Description: someText.Draw(t, "description"), Schema: json.RawMessage(`{"type":"object","properties":{"title":{"type":"string"}}}`)})
	}
	if len(r.Tools) > 0 {
		r.Choice = rapid.SampledFrom([]conversation.ToolChoice{{}, {Mode: conversation.ChoiceAuto}, {Mode: conversation.ChoiceNone}, {Mode: conversation.ChoiceAny, Parallel: ptr(false)}, {Mode: conversation.ChoiceTool, Names: []string{"f"}}}).Draw(t, "choice")
	}
	if rapid.Bool().Draw(t, "warm") {
		r.Temperature = ptr(rapid.Float64Range(0, 1).Draw(t, "temperature"))
	}
	r.Stop = rapid.SampledFrom([][]string{nil, {"END"}}).Draw(t, "stop")
	seen := map[string]bool{}
	for range rapid.IntRange(1, 4).Draw(t, "turns") {
		question := user(text())
		if rapid.Bool().Draw(t, "image") {
			question.Parts = append(question.Parts, &conversation.Media{Kind: conversation.Image, URL: "https://a/" + someID.Draw(t, "image")},
				&conversation.Media{Kind: conversation.File, Type: "application/pdf", Data: "JVBERi0xLjc="})
		}
		r.Messages = append(r.Messages, question)
		answer, results := says(), answers()
		if rapid.Bool().Draw(t, "thinks") {
			answer.Parts = append(answer.Parts, &conversation.Thinking{Text: someText.Draw(t, "thinking"), Signature: someID.Draw(t, "signature"), Origin: protocol.Anthropic}, &conversation.Thinking{Sealed: "red", Origin: protocol.Anthropic})
		}
		answer.Parts = append(answer.Parts, text())
		for range rapid.IntRange(0, len(r.Tools)).Draw(t, "calls") {
			id := someID.Draw(t, "id")
			if seen[id] {
				continue
			}
			seen[id] = true
			answer.Parts = append(answer.Parts, calls(id, rapid.SampledFrom(names).Draw(t, "name"), someArgs.Draw(t, "arguments")))
			res := result(id, someText.Draw(t, "result"))
			res.Error = rapid.Bool().Draw(t, "error")
			results.Parts = append(results.Parts, res)
		}
		r.Messages = append(r.Messages, answer)
		if len(results.Parts) > 0 {
			r.Messages = append(r.Messages, results)
		}
	}
	r.Messages = append(r.Messages, user(text()))
	return r
})

// merged joins neighbours of one role.
func merged(list []conversation.Message) []conversation.Message {
	var out []conversation.Message
	for _, m := range list {
		if n := len(out); n > 0 && out[n-1].Role == m.Role {
			out[n-1].Parts = append(out[n-1].Parts[:len(out[n-1].Parts):len(out[n-1].Parts)], m.Parts...)
			continue
		}
		out = append(out, m)
	}
	return out
}

func TestRequestsSurvive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := someRequest.Draw(rt, "request")
		body, lost, err := Codec{}.EncodeRequest(r, sonnet)
		if err != nil || len(lost) > 0 {
			rt.Fatalf("%v, lost %v", err, lost)
		}
		got, err := Codec{}.DecodeRequest(body, conversation.Asked{})
		if err != nil {
			rt.Fatalf("%v\n%s", err, body)
		}
		want := *r
		got.Messages, want.Messages = merged(got.Messages), merged(want.Messages)
		if want.Choice.Mode == conversation.ChoiceUnset {
			want.Choice = got.Choice
		}
		if show(got) != show(&want) {
			rt.Fatalf("got  %s\nwant %s\nbody %s", show(got), show(&want), body)
		}
	})
}

// somePart is a part of a reply that Messages can say, and events that tell it.
func somePart(t *rapid.T) (conversation.Part, []conversation.Event) {
	cut := func(s string) []*conversation.Delta {
		var list []*conversation.Delta
		for len(s) > 0 {
			r := []rune(s)
			n := rapid.IntRange(1, len(r)).Draw(t, "cut")
			list, s = append(list, said(string(r[:n]))), string(r[n:])
		}
		return list
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		p := &conversation.Thinking{Text: someText.Draw(t, "thinking"), Signature: someID.Draw(t, "signature"), Origin: protocol.Anthropic}
		return p, part(&conversation.Thinking{Origin: protocol.Anthropic}, append(cut(p.Text), &conversation.Delta{Signature: p.Signature})...)
	case 1:
		p := &conversation.Thinking{Sealed: someID.Draw(t, "sealed"), Origin: protocol.Anthropic}
		return p, part(&conversation.Thinking{Origin: protocol.Anthropic}, &conversation.Delta{Sealed: p.Sealed})
	case 2:
		p := calls(someID.Draw(t, "id"), "f", someArgs.Draw(t, "arguments"))
		return p, part(calls(p.ID, p.Name, ""), cut(p.Arguments)...)
	}
	p := words(someText.Draw(t, "text"))
	deltas := cut(p.Text)
	if rapid.Bool().Draw(t, "cited") {
		c := conversation.Citation{URL: "https://t", Title: "T", Quote: "q", To: len([]rune(p.Text))}
		p.Citations = []conversation.Citation{c}
		deltas = append(deltas, &conversation.Delta{Citation: &c})
	}
	return p, part(words(""), deltas...)
}

func TestRepliesAndStreamsSurvive(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		reply := &conversation.Reply{ID: "msg_x", Model: "m", HasUsage: true, Usage: someUsage.Draw(rt, "usage"), Choices: make([]conversation.Choice, 1)}
		atStart := reply.Usage // which kind of cache was written to is told at the start alone
		atStart.Output, atStart.Reasoning = 0, 0
		events := []conversation.Event{&conversation.Start{ID: reply.ID, Model: reply.Model, Usage: atStart, HasUsage: true}}
		choice := &reply.Choices[0]
		choice.Finish.Reason = rapid.SampledFrom([]conversation.Reason{conversation.Stopped, conversation.MaxTokens, conversation.Refused, conversation.ContextFull}).Draw(rt, "reason")
		for range rapid.IntRange(1, 5).Draw(rt, "parts") {
			p, told := somePart(rt)
			choice.Parts = append(choice.Parts, p)
			events = append(events, told...)
			if _, call := p.(*conversation.ToolCall); call && choice.Finish.Reason == conversation.Stopped {
				choice.Finish.Reason = conversation.CallsTools
			}
			if rapid.IntRange(0, 3).Draw(rt, "alive") == 0 {
				events = append(events, &conversation.Alive{})
			}
		}
		events = append(events, &conversation.Told{Usage: reply.Usage}, &conversation.Finished{Finish: choice.Finish})
		body, err := Codec{}.EncodeReply(reply, thinker)
		if err != nil {
			rt.Fatal(err)
		}
		judge(rt, "Message", body)
		got, err := Codec{}.DecodeReply(body)
		if err != nil {
			rt.Fatal(err)
		}
		got.Choices[0].Finish.Raw = ""
		if show(got) != show(reply) {
			rt.Fatalf("reply: got %s\nwant %s", show(got), show(reply))
		}
		out, _ := write(rt, thinker, events...)
		back, err := read(rt, out)
		if err != nil {
			rt.Fatal(err)
		}
		parts, finish, usage := gather(back)
		for _, p := range parts { // a call without arguments has no deltas
			if c, ok := p.(*conversation.ToolCall); ok && c.Arguments == "" {
				c.Arguments = "{}"
			}
		}
		finish.Raw = ""
		if show(parts) != show(choice.Parts) || *finish != choice.Finish || usage != reply.Usage {
			rt.Fatalf("stream: got %s %v %v\nwant %s\n%s", show(parts), *finish, usage, show(reply), out)
		}
	})
}

// anyRequest is a request in any disorder, without thinking of Anthropic's own, which would need a true signature.
var anyRequest = rapid.Custom(func(t *rapid.T) *conversation.Request {
	id := rapid.SampledFrom([]string{"", "a", "b", "c|1", "你"})
	name := rapid.SampledFrom([]string{"f", "a.b", "a:b", strings.Repeat("x", 90), "web_search", answerName, ""})
	blank := rapid.SampledFrom([]string{"", " ", "\n", "word", "word \n"})
	r := &conversation.Request{}
	mark := func() *conversation.Cache {
		if rapid.IntRange(0, 3).Draw(t, "mark") == 0 {
			return &conversation.Cache{TTL: rapid.SampledFrom([]string{"", "5m", "1h", "9h"}).Draw(t, "ttl")}
		}
		return nil
	}
	for range rapid.IntRange(0, 3).Draw(t, "tools") {
		r.Tools = append(r.Tools, conversation.Tool{Kind: rapid.SampledFrom([]conversation.ToolKind{conversation.Function, conversation.Custom, conversation.WebSearch}).Draw(t, "kind"),
			Name: name.Draw(t, "name"), Cache: mark(), Schema: json.RawMessage(rapid.SampledFrom([]string{"", "null", "{}", `{"anyOf":[{"properties":{"a":{}}},{}]}`, `{"type":["object","null"],"properties":null}`, `{"type":"object","oneOf":[]}`}).Draw(t, "schema"))})
	}
	r.Choice.Mode = rapid.SampledFrom([]conversation.ChoiceMode{"", conversation.ChoiceAuto, conversation.ChoiceNone, conversation.ChoiceAny, conversation.ChoiceTool}).Draw(t, "mode")
	if r.Choice.Mode == conversation.ChoiceTool {
		r.Choice.Names = []string{name.Draw(t, "chosen")}
	}
	r.Reasoning = rapid.SampledFrom([]conversation.Reasoning{{}, {Effort: "high"}, {Effort: "none"}, {Budget: ptr(int64(5))}, {Budget: ptr(int64(50000))}, {Adaptive: true}, {Summary: "auto"}, {Effort: "xhigh", Show: ptr(false)}}).Draw(t, "reasoning")
	r.Format = rapid.SampledFrom([]conversation.Format{{}, {Kind: conversation.FormatJSON}, {Kind: conversation.FormatSchema, Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}}}`)}, {Kind: conversation.FormatSchema, Schema: json.RawMessage(`{"type":"array","items":{}}`)}}).Draw(t, "format")
	r.Temperature = rapid.SampledFrom([]*float64{nil, ptr(0.0), ptr(1.0), ptr(1.9), ptr(-1.0)}).Draw(t, "temperature")
	r.TopP = rapid.SampledFrom([]*float64{nil, ptr(0.5), ptr(0.95), ptr(1.0)}).Draw(t, "top_p")
	r.TopK = rapid.SampledFrom([]*int64{nil, ptr(int64(-1)), ptr(int64(40))}).Draw(t, "top_k")
	r.MaxOutput = rapid.SampledFrom([]*int64{nil, ptr(int64(1)), ptr(int64(2000)), ptr(int64(64000))}).Draw(t, "limit")
	r.Stop = rapid.SampledFrom([][]string{nil, {""}, {"\n", "x"}}).Draw(t, "stop")
	for range rapid.IntRange(1, 8).Draw(t, "messages") {
		m := conversation.Message{Role: rapid.SampledFrom([]conversation.Role{conversation.System, conversation.Developer, conversation.User, conversation.Assistant, conversation.ToolRole}).Draw(t, "role")}
		for range rapid.IntRange(0, 3).Draw(t, "parts") {
			switch rapid.IntRange(0, 5).Draw(t, "part") {
			case 0, 1:
				m.Parts = append(m.Parts, &conversation.Text{Text: blank.Draw(t, "text"), Cache: mark()})
			case 2:
				m.Parts = append(m.Parts, &conversation.ToolCall{ID: id.Draw(t, "id"), Name: name.Draw(t, "name"), Cache: mark(), Kind: rapid.SampledFrom([]conversation.ToolKind{"", conversation.Function, conversation.Custom, conversation.WebSearch, conversation.Hosted}).Draw(t, "kind"),
					Arguments: rapid.SampledFrom([]string{"", "{}", "null", "[1]", `{"a":`, "words"}).Draw(t, "arguments")})
			case 3:
				m.Parts = append(m.Parts, &conversation.ToolResult{ID: id.Draw(t, "id"), Name: name.Draw(t, "name"), Cache: mark(), Error: rapid.Bool().Draw(t, "error"), Parts: []conversation.Part{words(blank.Draw(t, "result"))}})
			case 4:
				m.Parts = append(m.Parts, &conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "iVBORw0KGgoAAAANSUhEUg=="})
			case 5:
				m.Parts = append(m.Parts, &conversation.Thinking{Text: "hm", Signature: rapid.SampledFrom([]string{"", "x", Mark}).Draw(t, "signature"), Origin: rapid.SampledFrom([]protocol.Protocol{protocol.None, protocol.Gemini}).Draw(t, "origin")})
			}
			if m.Role == conversation.System || m.Role == conversation.Developer {
				m.Parts = slices.DeleteFunc(m.Parts, func(p conversation.Part) bool { _, ok := p.(*conversation.Text); return !ok })
			}
		}
		r.Messages = append(r.Messages, m)
	}
	return r
})

// refusedFor reports a refusal that is right for a request in disorder.
func refusedFor(err error) bool {
	var e *protocol.Error
	return errors.As(err, &e) && e.Kind == protocol.BadRequest && (e.Param == "messages" || e.Param == "tool_choice")
}
