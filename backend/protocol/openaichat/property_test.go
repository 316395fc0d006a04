package openaichat

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"

	"pgregory.net/rapid"
)

var (
	someText   = rapid.StringMatching(`[a-zA-Z0-9 äß你👩"\\/\n]{1,30}`)
	someName   = rapid.StringMatching(`[a-zA-Z0-9_-]{1,20}`)
	someObject = rapid.SampledFrom([]string{`{}`, `{"a":1}`, `{"path":"/x","title":"ü\n"}`, `{"deep":{"list":[1,2,{"x":null}]}}`})
	someMedia  = rapid.Custom(func(t *rapid.T) conversation.Part {
		return rapid.SampledFrom([]conversation.Part{png, &conversation.Media{Kind: conversation.Image, URL: "https://x/y.png", Detail: "low"},
			&conversation.Media{Kind: conversation.Audio, Type: "audio/wav", Data: "AAAA"}, &conversation.Media{Kind: conversation.Audio, Type: "audio/mpeg", Data: "AAAA"},
			&conversation.Media{Kind: conversation.File, FileID: "file-1"}, &conversation.Media{Kind: conversation.File, Type: "application/pdf", Data: "AAAA", Name: "a.pdf"}}).Draw(t, "media")
	})
)

func maybe[T any](t *rapid.T, name string, g *rapid.Generator[T]) *T {
	if !rapid.Bool().Draw(t, name+"?") {
		return nil
	}
	v := g.Draw(t, name)
	return &v
}

// tidy is a request that Chat Completions can say whole.
func tidy(t *rapid.T) *conversation.Request {
	r := &conversation.Request{Model: "gpt-4o", Stream: rapid.Bool().Draw(t, "stream"), MaxOutput: maybe(t, "limit", rapid.Int64Range(1, 1<<40)),
		Temperature: maybe(t, "temperature", rapid.Float64Range(0, 2)), TopP: maybe(t, "top_p", rapid.Float64Range(0, 1)), FrequencyPenalty: maybe(t, "frequency", rapid.Float64Range(-2, 2)),
		PresencePenalty: maybe(t, "presence", rapid.Float64Range(-2, 2)), Seed: maybe(t, "seed", rapid.Int64Range(-1<<62, 1<<62)), Store: maybe(t, "store", rapid.Bool()),
		Stop: rapid.SliceOfN(someText, 0, 4).Draw(t, "stop"), User: rapid.SampledFrom([]string{"", "u"}).Draw(t, "user"), CacheKey: rapid.SampledFrom([]string{"", "k"}).Draw(t, "key"),
		ServiceTier: rapid.SampledFrom([]string{"", "auto", "flex", "priority"}).Draw(t, "tier")}
	if n := rapid.Int64Range(1, 4).Draw(t, "n"); n > 1 {
		r.N = n
	}
	if is(r.Store) {
		r.Metadata = map[string]string{"k": someText.Draw(t, "metadata")}
	}
	if r.LogProbs = rapid.Bool().Draw(t, "logprobs"); r.LogProbs {
		r.TopLogProbs = maybe(t, "alternatives", rapid.Int64Range(0, 20))
	}
	r.IncludeUsage = r.Stream // it is always asked for
	switch rapid.IntRange(0, 2).Draw(t, "format") {
	case 1:
		r.Format.Kind = conversation.FormatJSON
	case 2:
		r.Format = conversation.Format{Kind: conversation.FormatSchema, Name: someName.Draw(t, "schema"), Schema: json.RawMessage(`{"type":"object","properties":{"title":{"type":"string"}}}`)}
	}
	for _, name := range rapid.SliceOfNDistinct(someName, 0, 4, rapid.ID[string]).Draw(t, "tools") {
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Function, Name: name, Description: rapid.SampledFrom([]string{"", "does it"}).Draw(t, "description"),
			Schema: rapid.SampledFrom([]json.RawMessage{json.RawMessage(`{"type":"object","properties":{}}`), json.RawMessage(`{"type":"object","properties":{"default":{"type":"string"}},"required":["default"]}`)}).Draw(t, "parameters")})
	}
	if len(r.Tools) > 0 {
		r.Choice.Mode = rapid.SampledFrom([]conversation.ChoiceMode{"", conversation.ChoiceAuto, conversation.ChoiceNone, conversation.ChoiceAny, conversation.ChoiceTool}).Draw(t, "choice")
		r.Choice.Parallel = maybe(t, "parallel", rapid.Bool())
		if r.Choice.Mode == conversation.ChoiceTool {
			r.Choice.Names = []string{r.Tools[0].Name}
		}
	}
	if r.Format.Kind == conversation.FormatJSON || rapid.Bool().Draw(t, "system") {
		r.Messages = append(r.Messages, says(conversation.System, text("Answer in JSON.")))
	}
	ids := 0
	for range rapid.IntRange(0, 4).Draw(t, "turns") {
		r.Messages = append(r.Messages, says(conversation.User, someParts(t)...))
		said := says(conversation.Assistant)
		if rapid.Bool().Draw(t, "speaks") {
			said.Parts = append(said.Parts, text(someText.Draw(t, "said")))
		}
		results := says(conversation.ToolRole)
		for range rapid.IntRange(0, 3).Draw(t, "calls") {
			ids++
			id := fmt.Sprint("call_", ids)
			said.Parts = append(said.Parts, calls(id, someName.Draw(t, "called"), someObject.Draw(t, "arguments")))
			results.Parts = append(results.Parts, answers(id, text(someText.Draw(t, "result"))))
		}
		if len(said.Parts) > 0 {
			r.Messages = append(r.Messages, said)
		}
		if len(results.Parts) > 0 {
			r.Messages = append(r.Messages, results)
		}
	}
	r.Messages = append(r.Messages, says(conversation.User, someParts(t)...))
	return r
}

func someParts(t *rapid.T) (parts []conversation.Part) {
	for range rapid.IntRange(1, 3).Draw(t, "parts") {
		if rapid.Bool().Draw(t, "words") {
			parts = append(parts, text(someText.Draw(t, "text")))
		} else {
			parts = append(parts, someMedia.Draw(t, "media"))
		}
	}
	return parts
}

// wild is a request as it may come from anywhere: calls without results, results without calls, empty texts, names and ids of any form.
func wild(t *rapid.T) *conversation.Request {
	anyName := rapid.OneOf(someName, someText, rapid.StringN(0, 90, -1))
	anyID := rapid.SampledFrom([]string{"", "a", "b", "a.b", strings.Repeat("c", 60)})
	parts := rapid.Custom(func(t *rapid.T) conversation.Part {
		switch rapid.IntRange(0, 8).Draw(t, "part") {
		case 0, 1:
			return &conversation.Text{Text: rapid.OneOf(someText, rapid.Just("")).Draw(t, "text"), Cache: rapid.SampledFrom([]*conversation.Cache{nil, {TTL: "1h"}}).Draw(t, "cache")}
		case 2:
			return someMedia.Draw(t, "media")
		case 3, 4:
			return &conversation.ToolCall{ID: anyID.Draw(t, "id"), Name: anyName.Draw(t, "name"), Arguments: rapid.OneOf(someObject, rapid.Just(""), someText).Draw(t, "arguments"),
				Kind: rapid.SampledFrom([]conversation.ToolKind{conversation.Function, conversation.Custom, conversation.WebSearch}).Draw(t, "kind")}
		case 5, 6:
			return &conversation.ToolResult{ID: anyID.Draw(t, "id"), Name: rapid.SampledFrom([]string{"", "f"}).Draw(t, "name"), Error: rapid.Bool().Draw(t, "failed"),
				Parts: []conversation.Part{text(someText.Draw(t, "result")), png}}
		case 7:
			return &conversation.Thinking{Text: someText.Draw(t, "thinking"), Signature: "s", Origin: protocol.Anthropic}
		}
		return &conversation.Refusal{Text: someText.Draw(t, "refusal")}
	})
	r := &conversation.Request{Stream: rapid.Bool().Draw(t, "stream"), MaxOutput: maybe(t, "limit", rapid.Int64Range(16, 1000)), Temperature: maybe(t, "temperature", rapid.Float64Range(-3, 3)),
		Reasoning: conversation.Reasoning{Effort: rapid.SampledFrom([]string{"", "none", "max", "odd"}).Draw(t, "effort"), Budget: maybe(t, "budget", rapid.Int64Range(-1, 100000))},
		Metadata:  map[string]string{"k": strings.Repeat("v", 600)}, Store: maybe(t, "store", rapid.Bool()), Verbosity: rapid.SampledFrom([]string{"", "low"}).Draw(t, "verbosity"),
		Choice: conversation.ToolChoice{Mode: rapid.SampledFrom([]conversation.ChoiceMode{"", conversation.ChoiceAny, conversation.ChoiceNone}).Draw(t, "choice"), Parallel: maybe(t, "parallel", rapid.Bool())}}
	for range rapid.IntRange(0, 3).Draw(t, "tools") {
		name := anyName.Draw(t, "tool")
		if name == "" {
			name = "x"
		}
		r.Tools = append(r.Tools, conversation.Tool{Kind: rapid.SampledFrom([]conversation.ToolKind{conversation.Function, conversation.Custom}).Draw(t, "kind"), Name: name,
			Schema: rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{}`), json.RawMessage(`{"type":"string"}`), json.RawMessage(`true`)}).Draw(t, "schema"), Strict: maybe(t, "strict", rapid.Bool())})
	}
	for range rapid.IntRange(0, 8).Draw(t, "messages") {
		r.Messages = append(r.Messages, conversation.Message{Role: rapid.SampledFrom([]conversation.Role{conversation.System, conversation.Developer, conversation.User, conversation.Assistant, conversation.ToolRole}).Draw(t, "role"),
			Parts: rapid.SliceOfN(parts, 0, 4).Draw(t, "parts")})
	}
	return r
}

func TestRequestsKeepTheirMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := tidy(t)
		body, lost, err := Codec{}.EncodeRequest(r, conversation.Target{Model: r.Model})
		if err != nil || len(lost) > 0 {
			t.Fatalf("%v, lost %v", err, lost)
		}
		valid(t, "CreateChatCompletionRequest", body)
		back := decode(t, string(body))
		if len(r.Stop) == 0 {
			r.Stop = nil
		}
		if a, b := asJSON(r), asJSON(back); a != b {
			t.Fatalf("\n%s\n%s\n%s", a, b, body)
		}
	})
}

// asJSON writes a value with the types of its parts.
func asJSON(v any) string {
	b, _ := json.MarshalIndent(typed(reflect.ValueOf(v)), "", " ")
	return string(b)
}

func typed(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return typed(v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return map[string]any{v.Elem().Type().String(): typed(v.Elem())}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return string(v.Bytes())
		}
		out := []any{}
		for i := range v.Len() {
			out = append(out, typed(v.Index(i)))
		}
		return out
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				out[v.Type().Field(i).Name] = typed(v.Field(i))
			}
		}
		return out
	}
	return v.Interface()
}

// someReply is a reply that Chat Completions can say whole.
func someReply(t *rapid.T) *conversation.Reply {
	reply := &conversation.Reply{ID: "chatcmpl-1", Model: "m", Created: 7}
	if reply.HasUsage = rapid.Bool().Draw(t, "usage"); reply.HasUsage {
		count := rapid.Int64Range(0, 1000)
		reply.Usage = protocol.Usage{Input: count.Draw(t, "input"), CacheRead: count.Draw(t, "read"), CacheWrite: count.Draw(t, "written"), Output: count.Draw(t, "output")}
		reply.Usage.Reasoning = rapid.Int64Range(0, reply.Usage.Output).Draw(t, "reasoning")
		if u := reply.Usage; u.Reasoning > 0 {
			reply.Usage.Output += u.Reasoning // so that no total can be read as xAI's
		}
	}
	for range rapid.IntRange(1, 3).Draw(t, "choices") {
		c := conversation.Choice{Finish: conversation.Finish{Reason: conversation.Stopped, Raw: "stop"}}
		if rapid.Bool().Draw(t, "thinks") {
			c.Parts = append(c.Parts, &conversation.Thinking{Text: someText.Draw(t, "thinking")})
		}
		c.Parts = append(c.Parts, text("."+someText.Draw(t, "text"))) // a choice that only calls would be taken for a half
		for i := range rapid.IntRange(0, 3).Draw(t, "calls") {
			c.Parts = append(c.Parts, calls(fmt.Sprint("call_", i), someName.Draw(t, "name"), someObject.Draw(t, "arguments")))
			c.Finish = conversation.Finish{Reason: conversation.CallsTools, Raw: "tool_calls"}
		}
		reply.Choices = append(reply.Choices, c)
	}
	return reply
}

func TestRepliesKeepTheirMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reply := someReply(t)
		body, err := Codec{}.EncodeReply(reply, &conversation.Request{})
		if err != nil {
			t.Fatalf("%v", err)
		}
		valid(t, "CreateChatCompletionResponse", body)
		back, err := Codec{}.DecodeReply(body)
		if err != nil {
			t.Fatalf("%v", err)
		}
		if a, b := asJSON(reply), asJSON(back); a != b {
			t.Fatalf("\n%s\n%s\n%s", a, b, body)
		}
	})
}

// replay tells a whole reply as a stream, each part cut in two.
func replay(reply *conversation.Reply) []conversation.Event {
	events := []conversation.Event{&conversation.Start{ID: reply.ID, Model: reply.Model, Created: reply.Created}}
	for i, c := range reply.Choices {
		for _, p := range c.Parts {
			words, empty := "", p
			switch p := p.(type) {
			case *conversation.Text:
				words, empty = p.Text, &conversation.Text{}
			case *conversation.Thinking:
				words, empty = p.Text, &conversation.Thinking{}
			case *conversation.ToolCall:
				words, empty = p.Arguments, &conversation.ToolCall{ID: p.ID, Name: p.Name, Kind: p.Kind}
			}
			events = append(events, &conversation.PartStart{Choice: i, Part: empty})
			cut := len(words) / 2
			for cut > 0 && words[cut]&0xC0 == 0x80 {
				cut--
			}
			for _, w := range []string{words[:cut], words[cut:]} {
				if w != "" {
					events = append(events, &conversation.Delta{Choice: i, Text: w})
				}
			}
			events = append(events, &conversation.PartEnd{Choice: i})
		}
	}
	if reply.HasUsage {
		events = append(events, &conversation.Told{Usage: reply.Usage})
	}
	for i, c := range reply.Choices {
		events = append(events, &conversation.Finished{Choice: i, Finish: c.Finish})
	}
	return events
}

// gather makes a whole reply of a stream, and is strict about its grammar.
func gather(events []conversation.Event) *conversation.Reply {
	reply := &conversation.Reply{}
	open := map[int]bool{}
	choice := func(i int) *conversation.Choice {
		for len(reply.Choices) <= i {
			reply.Choices = append(reply.Choices, conversation.Choice{})
		}
		return &reply.Choices[i]
	}
	for i, e := range events {
		if _, first := e.(*conversation.Start); first != (i == 0) {
			panic("the start is not the first event, or not the only one")
		}
		switch e := e.(type) {
		case *conversation.Start:
			reply.ID, reply.Model, reply.Created = e.ID, e.Model, e.Created
		case *conversation.PartStart:
			c := choice(e.Choice)
			if open[e.Choice] || c.Finish.Reason != "" {
				panic("a part starts within another, or after the end")
			}
			open[e.Choice] = true
			c.Parts = append(c.Parts, e.Part)
		case *conversation.Delta:
			if !open[e.Choice] {
				panic("a delta of no part")
			}
			switch p := choice(e.Choice).Parts[len(choice(e.Choice).Parts)-1].(type) {
			case *conversation.Text:
				p.Text += e.Text
			case *conversation.Thinking:
				p.Text += e.Text
			case *conversation.ToolCall:
				p.Arguments += e.Text
			}
		case *conversation.PartEnd:
			if !open[e.Choice] {
				panic("an end of no part")
			}
			open[e.Choice] = false
		case *conversation.Told:
			reply.Usage, reply.HasUsage = e.Usage, true
		case *conversation.Finished:
			if c := choice(e.Choice); open[e.Choice] || c.Finish.Reason != "" {
				panic("a choice ends twice, or within a part")
			}
			choice(e.Choice).Finish = e.Finish
		}
	}
	return reply
}

func TestStreamsKeepTheirMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reply := someReply(t)
		w := Codec{}.NewWriter(&conversation.Request{IncludeUsage: true})
		var wire []byte
		for _, e := range replay(reply) {
			wire = w.Write(wire, e)
		}
		events, err := stream(validStream(t, w.Close(wire))...)
		if err != nil {
			t.Fatalf("%v\n%s", err, wire)
		}
		if reply.HasUsage && reply.Usage.Zero() {
			reply.HasUsage = false // nothing was told that is not known anyway
		}
		if a, b := asJSON(reply), asJSON(gather(events)); a != b {
			t.Fatalf("\n%s\n%s\n%s", a, b, wire)
		}
	})
}

// Parallel calls come out whole and in order, however their fragments are woven (case 16).
func TestWovenCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "calls")
		want, left, started := make([]string, n), make([]string, n), make([]bool, n)
		for i := range n {
			want[i] = rapid.OneOf(someObject, rapid.Just("oops"), rapid.Just(`{"a":"}{\\\""}`)).Draw(t, "arguments")
			left[i] = want[i]
		}
		datas := []string{chunkOf(`"role":"assistant"`)}
		begun := 0
		for {
			var open []int
			for i := range n {
				if left[i] != "" && i <= begun {
					open = append(open, i)
				}
			}
			if len(open) == 0 {
				break
			}
			i := rapid.SampledFrom(open).Draw(t, "next")
			cut := rapid.IntRange(1, len(left[i])).Draw(t, "cut")
			for cut < len(left[i]) && left[i][cut]&0xC0 == 0x80 {
				cut++
			}
			head := ""
			if !started[i] {
				started[i], begun, head = true, begun+1, fmt.Sprintf(`"id":"call_%d",`, i)
			}
			arguments, _ := json.Marshal(left[i][:cut])
			left[i] = left[i][cut:]
			datas = append(datas, callChunk(fmt.Sprintf(`"index":%d,%s"function":{"name":"f%d","arguments":%s}`, i, head, i, arguments)))
		}
		events, err := stream(append(datas, finish("tool_calls"), "[DONE]")...)
		if err != nil {
			t.Fatalf("%v", err)
		}
		parts := gather(events).Choices[0].Parts
		if len(parts) != n {
			t.Fatalf("%d calls of %d: %v", len(parts), n, datas)
		}
		for i, p := range parts {
			if c := p.(*conversation.ToolCall); c.Arguments != want[i] || c.ID != fmt.Sprint("call_", i) || c.Name != fmt.Sprint("f", i) {
				t.Fatalf("call %d is %+v, want %s: %v", i, c, want[i], datas)
			}
		}
	})
}
