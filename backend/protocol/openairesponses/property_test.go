package openairesponses

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

var (
	anyWords  = rapid.StringN(0, 12, -1)
	someWords = rapid.Custom(func(t *rapid.T) string { return "x" + anyWords.Draw(t, "text") })
	anyName   = rapid.StringMatching(`[a-zA-Z0-9_-]{1,12}`)
	places    = rapid.SampledFrom([]string{"https://x.test/a", "https://y.test/ü"})
)

func anyText(t *rapid.T) conversation.Part {
	return &conversation.Text{Text: someWords.Draw(t, "text")}
}

func anyMedia(t *rapid.T) conversation.Part {
	m := &conversation.Media{Kind: conversation.Image, Detail: "auto"}
	if rapid.Bool().Draw(t, "file") {
		m = &conversation.Media{Kind: conversation.File}
	}
	switch rapid.IntRange(0, 2).Draw(t, "where") {
	case 0:
		m.Data, m.Type = "QUJD", "image/png"
		if m.Kind == conversation.File {
			m.Type, m.Name = "application/pdf", "n.pdf"
		}
	case 1:
		m.URL = places.Draw(t, "url")
	default:
		m.FileID = "file-1"
	}
	return m
}

// anyRequest makes a request that Responses can say whole, its turns in an order that needs no repair.
func anyRequest(t *rapid.T) *conversation.Request {
	r := &conversation.Request{Model: "m", Stream: rapid.Bool().Draw(t, "stream"), Store: ptr(rapid.Bool().Draw(t, "store")), CacheKey: anyWords.Draw(t, "key"), User: anyName.Draw(t, "user")}
	if rapid.Bool().Draw(t, "system") {
		r.Messages = append(r.Messages, says(conversation.System, anyText(t)))
	}
	id := 0
	for range rapid.IntRange(1, 4).Draw(t, "turns") {
		role := rapid.SampledFrom([]conversation.Role{conversation.User, conversation.User, conversation.Developer}).Draw(t, "role")
		parts := []conversation.Part{anyText(t)}
		for range rapid.IntRange(0, 2).Draw(t, "more") {
			if role == conversation.User && rapid.Bool().Draw(t, "media") {
				parts = append(parts, anyMedia(t))
			} else {
				parts = append(parts, anyText(t))
			}
		}
		r.Messages = append(r.Messages, says(role, parts...))
		var answer, results []conversation.Part
		for range rapid.IntRange(0, 3).Draw(t, "answer") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0:
				answer = append(answer, &conversation.Thinking{ID: anyName.Draw(t, "rs"), Text: someWords.Draw(t, "summary"), Summary: true, Sealed: someWords.Draw(t, "sealed"), Origin: protocol.OpenAIResponses})
			case 1:
				answer = append(answer, &conversation.Refusal{Text: someWords.Draw(t, "refusal")})
			default:
				id++
				c := &conversation.ToolCall{ID: fmt.Sprintf("call_%d", id), Name: anyName.Draw(t, "tool"), Kind: conversation.Function, Arguments: `{"a":` + text(t, anyWords.Draw(t, "a")) + `}`}
				if rapid.Bool().Draw(t, "custom") {
					c.Kind, c.Arguments = conversation.Custom, anyWords.Draw(t, "input")
				}
				if rapid.Bool().Draw(t, "namespace") {
					c.Namespace = anyName.Draw(t, "space")
				}
				res := &conversation.ToolResult{ID: c.ID, Kind: c.Kind, Parts: []conversation.Part{anyText(t)}}
				if rapid.Bool().Draw(t, "picture") {
					res.Parts = append(res.Parts, anyMedia(t))
				}
				answer, results = append(answer, c), append(results, res)
			}
		}
		if len(answer) > 0 {
			r.Messages = append(r.Messages, says(conversation.Assistant, append(answer, anyText(t))...))
			if len(results) > 0 {
				r.Messages = append(r.Messages, says(conversation.ToolRole, results...))
			}
		}
	}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 4).Draw(t, "tools") {
		tool := conversation.Tool{Kind: conversation.Function, Name: anyName.Draw(t, "name"), Description: anyWords.Draw(t, "description"), Schema: json.RawMessage(`{"type":"object","properties":{"title":{"default":1}}}`), Strict: ptr(false)}
		if rapid.Bool().Draw(t, "custom tool") {
			tool.Kind, tool.Schema, tool.Strict, tool.Grammar = conversation.Custom, nil, nil, json.RawMessage(`{"type":"grammar","syntax":"lark","definition":"x"}`)
		}
		if !seen[tool.Name] {
			r.Tools = append(r.Tools, tool)
		}
		seen[tool.Name] = true
	}
	if len(r.Tools) > 0 {
		r.Choice = conversation.ToolChoice{Mode: rapid.SampledFrom([]conversation.ChoiceMode{"", conversation.ChoiceAuto, conversation.ChoiceNone, conversation.ChoiceAny, conversation.ChoiceTool}).Draw(t, "mode"), Parallel: ptr(rapid.Bool().Draw(t, "parallel"))}
		if r.Choice.Mode == conversation.ChoiceTool {
			for _, tool := range r.Tools[:rapid.IntRange(1, len(r.Tools)).Draw(t, "chosen")] {
				r.Choice.Names = append(r.Choice.Names, tool.Name)
			}
		}
	}
	if rapid.Bool().Draw(t, "limits") {
		r.MaxOutput, r.Temperature, r.TopP = ptr(rapid.Int64Range(16, 1<<40).Draw(t, "most")), ptr(rapid.Float64Range(0, 2).Draw(t, "temperature")), ptr(0.5)
	}
	if rapid.Bool().Draw(t, "form") {
		r.Format = conversation.Format{Kind: conversation.FormatSchema, Name: anyName.Draw(t, "format"), Schema: json.RawMessage(`{"type":"object"}`), Strict: ptr(true)}
		r.Verbosity = "low"
		r.Metadata = map[string]string{anyName.Draw(t, "k"): anyWords.Draw(t, "v")}
		r.Reasoning = conversation.Reasoning{Effort: "high", Summary: "auto"}
		r.Include, r.ServiceTier = []string{"reasoning.encrypted_content"}, "flex"
	}
	return r
}

func TestRequestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		body, lost, err := Codec{}.EncodeRequest(r, conversation.Target{Model: "m"})
		if err != nil || len(lost) > 0 {
			t.Fatalf("%v %v", err, lost)
		}
		valid(t, "CreateResponse", body)
		back := decode(t, string(body))
		if want, got := text(t, join(r)), text(t, join(back)); want != got {
			t.Fatalf("got  %s\nwant %s\nvia %s", got, want, body)
		}
	})
}

// join brings a request to the form in which equal ones are equal: turns of the model and of its tools that follow each
// other are one.
func join(r *conversation.Request) *conversation.Request {
	out := *r
	out.Messages = nil
	for _, m := range r.Messages {
		n := len(out.Messages)
		if n > 0 && out.Messages[n-1].Role == m.Role && (m.Role == conversation.Assistant || m.Role == conversation.ToolRole) {
			out.Messages[n-1].Parts = append(append([]conversation.Part{}, out.Messages[n-1].Parts...), m.Parts...)
			continue
		}
		out.Messages = append(out.Messages, m)
	}
	return &out
}

// Whatever a request holds, and in whatever order, what is sent is valid by the vendor's definition.
func TestAnythingIsValid(t *testing.T) {
	roles := rapid.SampledFrom([]conversation.Role{conversation.System, conversation.Developer, conversation.User, conversation.Assistant, conversation.ToolRole})
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest(t)
		for range rapid.IntRange(0, 6).Draw(t, "chaos") {
			var parts []conversation.Part
			for range rapid.IntRange(0, 3).Draw(t, "n") {
				id := rapid.SampledFrom([]string{"", "call_1", "call_2", strings.Repeat("ü", 60)}).Draw(t, "id")
				switch rapid.IntRange(0, 5).Draw(t, "kind") {
				case 0:
					parts = append(parts, &conversation.Text{Text: anyWords.Draw(t, "t")})
				case 1:
					parts = append(parts, anyMedia(t))
				case 2:
					parts = append(parts, &conversation.ToolCall{ID: id, Name: anyWords.Draw(t, "name"), Arguments: anyWords.Draw(t, "a")})
				case 3:
					parts = append(parts, &conversation.ToolResult{ID: id, Parts: []conversation.Part{&conversation.Text{Text: anyWords.Draw(t, "r")}}, Error: rapid.Bool().Draw(t, "e")})
				case 4:
					parts = append(parts, &conversation.Thinking{Text: "t", ID: "rs", Sealed: "s", Origin: rapid.SampledFrom(protocol.All).Draw(t, "origin")})
				default:
					parts = append(parts, &conversation.Refusal{Text: anyWords.Draw(t, "t")})
				}
			}
			at := rapid.IntRange(0, len(r.Messages)).Draw(t, "at")
			r.Messages = append(r.Messages[:at:at], append([]conversation.Message{says(roles.Draw(t, "role"), parts...)}, r.Messages[at:]...)...)
		}
		body, _, err := Codec{}.EncodeRequest(r, conversation.Target{Model: "m"})
		if err != nil {
			t.Fatalf("%v", err)
		}
		valid(t, "CreateResponse", body)
		open := map[string]bool{}
		for _, it := range read(body, true).inputItems() {
			switch it.kind {
			case "function_call", "custom_tool_call":
				if open[it.callID] || len(it.callID) > longestID {
					t.Fatalf("call %q\n%s", it.callID, body)
				}
				open[it.callID] = true
			case "function_call_output", "custom_tool_call_output":
				if !open[it.callID] {
					t.Fatalf("the output of %q answers nothing\n%s", it.callID, body)
				}
				open[it.callID] = false
			}
		}
		for id, unanswered := range open {
			if unanswered {
				t.Fatalf("call %q is not answered\n%s", id, body)
			}
		}
	})
}

func (v *values) inputItems() (its []wireItem) {
	v.object(func(key string) {
		if key == "input" {
			v.array(func(int) { its = append(its, v.item()) })
		}
	})
	return its
}

// anyReply makes a reply that a Response can hold.
func anyReply(t *rapid.T) *conversation.Reply {
	c := conversation.Choice{Finish: conversation.Finish{Reason: conversation.Stopped, Raw: "completed"}}
	for i := range rapid.IntRange(0, 5).Draw(t, "parts") {
		switch rapid.IntRange(0, 4).Draw(t, "what") {
		case 0:
			p := &conversation.Text{Text: anyWords.Draw(t, "text")}
			for range rapid.IntRange(0, 2).Draw(t, "cited") {
				p.Citations = append(p.Citations, conversation.Citation{URL: places.Draw(t, "url"), Title: anyWords.Draw(t, "title"), From: 1, To: 2})
			}
			c.Parts = append(c.Parts, p)
		case 1:
			c.Parts = append(c.Parts, &conversation.Thinking{ID: fmt.Sprintf("rs_%d", i), Text: someWords.Draw(t, "thought"), Summary: true, Sealed: someWords.Draw(t, "sealed"), Origin: protocol.OpenAIResponses})
		case 2:
			c.Parts = append(c.Parts, &conversation.ToolCall{ID: fmt.Sprintf("call_%d", i), Name: anyName.Draw(t, "name"), Namespace: rapid.SampledFrom([]string{"", "space"}).Draw(t, "space"), Kind: conversation.Function, Arguments: `{"a":1}`})
			c.Finish.Reason = conversation.CallsTools
		case 3:
			c.Parts = append(c.Parts, &conversation.ToolCall{ID: fmt.Sprintf("call_%d", i), Name: anyName.Draw(t, "name"), Kind: conversation.Custom, Arguments: anyWords.Draw(t, "input")})
			c.Finish.Reason = conversation.CallsTools
		default:
			c.Parts = append(c.Parts, &conversation.Media{Kind: conversation.Image, Type: "image/png", Data: "iVBORw0KGgo="})
		}
	}
	return &conversation.Reply{ID: "resp_1", Model: "m", Created: 7, Choices: []conversation.Choice{c}, HasUsage: true, ServiceTier: "default",
		Usage: protocol.Usage{Input: rapid.Int64Range(0, 1<<40).Draw(t, "in"), CacheRead: rapid.Int64Range(0, 99).Draw(t, "read"), CacheWrite: rapid.Int64Range(0, 99).Draw(t, "write"), Output: 40, Reasoning: rapid.Int64Range(0, 40).Draw(t, "thought")}}
}

func TestReplyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reply := anyReply(t)
		b, err := Codec{}.EncodeReply(reply, &conversation.Request{Model: "m"})
		if err != nil {
			t.Fatalf("%v", err)
		}
		valid(t, "Response", b)
		back, err := Codec{}.DecodeReply(b)
		if err != nil || !reflect.DeepEqual(back, reply) {
			t.Fatalf("%v\ngot  %s\nwant %s\nvia %s", err, text(t, back), text(t, reply), b)
		}
	})
}

// A stream says what the whole reply says, however it is cut into deltas.
func TestStreamRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reply := anyReply(t)
		es := []conversation.Event{&conversation.Start{ID: reply.ID, Model: reply.Model, Created: reply.Created}}
		cut := func(s string) {
			for s != "" {
				n := min(rapid.IntRange(1, 5).Draw(t, "cut"), len([]rune(s)))
				es, s = append(es, &conversation.Delta{Text: string([]rune(s)[:n])}), string([]rune(s)[n:])
			}
		}
		for _, p := range reply.Choices[0].Parts {
			switch p := p.(type) {
			case *conversation.Text:
				es = append(es, &conversation.PartStart{Part: &conversation.Text{}})
				cut(p.Text)
				for i := range p.Citations {
					es = append(es, &conversation.Delta{Citation: &p.Citations[i]})
				}
			case *conversation.Thinking:
				es = append(es, &conversation.PartStart{Part: &conversation.Thinking{ID: p.ID, Summary: true, Origin: p.Origin}})
				cut(p.Text)
				es = append(es, &conversation.Delta{Sealed: p.Sealed})
			case *conversation.ToolCall:
				c := *p
				c.Arguments = ""
				es = append(es, &conversation.PartStart{Part: &c})
				cut(p.Arguments)
			case *conversation.Media:
				es = append(es, &conversation.PartStart{Part: &conversation.Media{Kind: p.Kind, Type: p.Type}}, &conversation.Delta{Data: p.Data})
			}
			es = append(es, &conversation.PartEnd{})
		}
		es = append(es, &conversation.Told{Usage: reply.Usage}, &conversation.Finished{Finish: reply.Choices[0].Finish})
		wire := write(t, &conversation.Request{Model: "m"}, es...)
		back, err := events(t, wire)
		if err != nil {
			t.Fatalf("%v\n%s", err, wire)
		}
		if got, want := flat(back), flat(es); got != want {
			t.Fatalf("got\n%s\nwant\n%s\nvia\n%s", got, want, wire)
		}
	})
}

// flat tells events with the deltas of one part as one.
func flat(es []conversation.Event) string {
	var b strings.Builder
	said := ""
	for _, e := range es {
		if d, is := e.(*conversation.Delta); is && d.Text != "" {
			said += d.Text
			continue
		}
		if said != "" {
			b.WriteString("+" + said + "\n")
			said = ""
		}
		v, _ := json.Marshal(e)
		fmt.Fprintf(&b, "%T %s\n", e, v)
	}
	return b.String()
}
