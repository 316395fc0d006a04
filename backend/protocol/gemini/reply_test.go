package gemini

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/definition"
	"metapi/backend/protocol/quote"
)

// replies is the vendor's definition of a response: see the file's first line.
var replies = definition.In("testdata/reply.schema.json")

type tester = definition.T

// valid checks a response by the vendor's definition.
func valid(t tester, body []byte) {
	t.Helper()
	replies.Check(t, "", body)
}

// datas are the data of a stream's events; a last one that is an error is returned apart.
func datas(t tester, stream []byte) (out [][]byte, failed []byte) {
	t.Helper()
	for _, block := range strings.Split(string(stream), "\n\n") {
		if block == "" {
			continue
		}
		data, ok := strings.CutPrefix(block, "data: ")
		if !ok || strings.Contains(data, "\n") || failed != nil {
			t.Fatalf("not an event, or one after the error: %q", block)
		}
		if strings.HasPrefix(data, `{"error"`) {
			failed = []byte(data)
			continue
		}
		out = append(out, []byte(data))
	}
	return out, failed
}

// readAll reads events as a stream, up to its end.
func readAll(datas ...string) ([]conv.Event, error) {
	r := Codec{}.NewReader()
	var all []conv.Event
	for _, d := range datas {
		events, err := r.Read(nil, []byte(d))
		all = append(all, events...)
		if err != nil {
			return all, err
		}
	}
	events, err := r.End()
	return append(all, events...), err
}

func kindOfError(err error) protocol.Kind {
	var e *protocol.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Kind
}

func decodeReply(t *testing.T, body string) *conv.Reply {
	t.Helper()
	r, err := Codec{}.DecodeReply([]byte(body))
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return r
}

func TestDecodeReply(t *testing.T) {
	t.Run("case 18, 56 and 58: calls, cached tokens, thoughts beside candidates", func(t *testing.T) {
		got := decodeReply(t, `{"candidates":[{"content":{"parts":[{"text":"why","thought":true},{"text":"Grüße "},{"text":"aus Bonn"},{"functionCall":{"id":"1","name":"f","args":{"a":[1]}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"2","name":"g"}},
			{"inlineData":{"mimeType":"image/png","data":"aGk="}}],"role":"model"},"finishReason":"STOP","index":0}],
			"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":5,"thoughtsTokenCount":7,"toolUsePromptTokenCount":3,"totalTokenCount":25},"modelVersion":"gemini-x","responseId":"r1"}`)
		signed := toolCall("1", "f", `{"a":[1]}`)
		signed.Signature, signed.Origin = "c2ln", protocol.Gemini
		want := &conv.Reply{ID: "r1", Model: "gemini-x", HasUsage: true, Usage: protocol.Usage{Input: 9, CacheRead: 4, Output: 12, Reasoning: 7},
			Choices: []conv.Choice{{Parts: []conv.Part{&conv.Thinking{Text: "why", Summary: true}, &conv.Text{Text: "Grüße aus Bonn"}, signed, toolCall("2", "g", "{}"), &conv.Media{Kind: conv.Image, Type: "image/png", Data: "aGk="}},
				Finish: conv.Finish{Reason: conv.CallsTools, Raw: "STOP"}}}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %s\nwant %s", show(got), show(want))
		}
	})
	t.Run("case 19: calls without ids get some that differ", func(t *testing.T) {
		parts := decodeReply(t, `{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"f","args":{}}}]},"finishReason":"STOP"}]}`).Choices[0].Parts
		a, b := parts[0].(*conv.ToolCall).ID, parts[1].(*conv.ToolCall).ID
		if a == b || len(a) < 10 {
			t.Error(a, b)
		}
	})
	t.Run("case 24: grounding becomes citations", func(t *testing.T) {
		got := decodeReply(t, `{"candidates":[{"content":{"parts":[{"text":"Größe: 5. Ende."}],"role":"model"},"finishReason":"STOP","groundingMetadata":{"searchEntryPoint":{"renderedContent":"<x>"},"webSearchQueries":["q"],
			"groundingChunks":[{"web":{"uri":"https://a.test","title":"A"}},{"web":{"uri":"https://b.test","title":"B"}}],
			"groundingSupports":[{"segment":{"startIndex":9,"endIndex":11,"text":"5."},"groundingChunkIndices":[0,7]},{"segment":{"partIndex":3,"startIndex":1,"endIndex":3,"text":"Ende"},"groundingChunkIndices":[0]}]},
			"citationMetadata":{"citationSources":[{"startIndex":0,"endIndex":7,"uri":"https://c.test"}]}}]}`).Choices[0].Parts[0].(*conv.Text)
		want := []conv.Citation{{URL: "https://a.test", Title: "A", From: 7, To: 9}, {URL: "https://a.test", Title: "A", From: 10, To: 14}, {URL: "https://b.test", Title: "B"}, {URL: "https://c.test", From: 0, To: 5}}
		if !reflect.DeepEqual(got.Citations, want) {
			t.Error(show(got.Citations))
		}
	})
	t.Run("case 52: finish reasons", func(t *testing.T) {
		for word, want := range map[string]conv.Reason{"STOP": conv.Stopped, "MAX_TOKENS": conv.MaxTokens, "SAFETY": conv.Refused, "RECITATION": conv.Refused, "PROHIBITED_CONTENT": conv.Refused,
			"MALFORMED_FUNCTION_CALL": conv.Stopped, "OTHER": conv.Stopped, "SOMETHING_NEW": conv.Stopped} {
			got := decodeReply(t, `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"`+word+`"}]}`).Choices[0]
			if (got.Finish != conv.Finish{Reason: want, Raw: word}) || len(got.Parts) != 1 {
				t.Errorf("%s: %s", word, show(got))
			}
		}
	})
	t.Run("case 52: a blocked prompt is a refusal", func(t *testing.T) {
		got := decodeReply(t, `{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT","blockReasonMessage":"no"},"usageMetadata":{"promptTokenCount":4,"totalTokenCount":4},"responseId":"r"}`)
		want := conv.Choice{Parts: []conv.Part{&conv.Refusal{Text: "no"}}, Finish: conv.Finish{Reason: conv.Refused, Raw: "PROHIBITED_CONTENT"}}
		if len(got.Choices) != 1 || !reflect.DeepEqual(got.Choices[0], want) || got.Usage.Input != 4 {
			t.Error(show(got))
		}
		for _, body := range []string{`{"promptFeedback":{"blockReason":"OTHER"}}`, `{"candidates":[{"finishReason":"SAFETY","index":0}]}`} {
			got := decodeReply(t, body).Choices[0]
			if p, ok := got.Parts[0].(*conv.Refusal); !ok || p.Text == "" || got.Finish.Reason != conv.Refused {
				t.Errorf("%s: %s", body, show(got))
			}
		}
	})
	t.Run("an array, as a stream without alt=sse", func(t *testing.T) {
		got := decodeReply(t, `[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}}]`)
		if len(got.Choices[0].Parts) != 1 || got.Choices[0].Parts[0].(*conv.Text).Text != "ab" || got.Usage.Output != 2 {
			t.Error(show(got))
		}
	})
	t.Run("several answers", func(t *testing.T) {
		got := decodeReply(t, `{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP","index":1},{"content":{"parts":[{"text":"a"}]},"finishReason":"MAX_TOKENS"}]}`)
		if len(got.Choices) != 2 || got.Choices[0].Finish.Reason != conv.MaxTokens || got.Choices[1].Parts[0].(*conv.Text).Text != "b" {
			t.Error(show(got))
		}
	})
	t.Run("case 6: errors under status 200", func(t *testing.T) {
		for body, kind := range map[string]protocol.Kind{
			``: protocol.BadReply, `{}`: protocol.BadReply, `[]`: protocol.BadReply, `<html>x`: protocol.Wall, `{"candidates":[`: protocol.BadReply, `null`: protocol.BadReply,
			`{"error":{"code":429,"message":"quota, retry in 5s","status":"RESOURCE_EXHAUSTED"}}`:                              protocol.RateLimited,
			`[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]`: protocol.KeyRefused,
			`{"candidates":[{"content":{"parts":[{"text":"half"}]}}]}`:                                                         protocol.Network,
			`{"candidates":[{"content":{"parts":[{"text":5}]},"finishReason":"STOP"}]}`:                                        protocol.BadReply,
			`{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]},"finishReason":"MALFORMED_FUNCTION_CALL"}]}`:   protocol.BadReply,
			`{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}`:                                                      protocol.BadReply,
			`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"  "}}]},"finishReason":"STOP"}]}`:                    protocol.BadReply,
			`{"candidates":[{"index":1000000}]}`:                                                                               protocol.BadReply,
		} {
			if r, err := (Codec{}).DecodeReply([]byte(body)); kindOfError(err) != kind {
				t.Errorf("%s: %v %s, want %s", body, err, show(r), kind)
			}
		}
	})
}

func TestReader(t *testing.T) {
	t.Run("pieces of one part, whole calls, usage that grows", func(t *testing.T) {
		got, err := readAll(
			`{"candidates":[{"content":{"parts":[{"text":"let ","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8},"modelVersion":"m","responseId":"r"}`,
			`{"candidates":[{"content":{"parts":[{"text":"me","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":8,"totalTokenCount":8},"modelVersion":"m","responseId":"r"}`, ``,
			`{"candidates":[{"content":{"parts":[{"text":"He"}],"role":"model"},"index":0}]}`,
			`{"candidates":[{"content":{"parts":[{"text":"llo"},{"functionCall":{"id":"1","name":"f","args":{"a":1}},"thoughtSignature":"c2ln"}],"role":"model"},"index":0}]}`,
			`{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"ZW5k"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":4,"thoughtsTokenCount":2,"totalTokenCount":14}}`,
			`{"candidates":[{"finishReason":"STOP","index":0}]}`)
		if err != nil {
			t.Fatal(err)
		}
		gem := protocol.Gemini
		want := []conv.Event{&conv.Start{ID: "r", Model: "m", Usage: protocol.Usage{Input: 8}, HasUsage: true},
			&conv.PartStart{Part: &conv.Thinking{Summary: true}}, &conv.Delta{Text: "let "}, &conv.Delta{Text: "me"}, &conv.PartEnd{},
			&conv.PartStart{Part: &conv.Text{}}, &conv.Delta{Text: "He"}, &conv.Delta{Text: "llo"}, &conv.PartEnd{},
			&conv.PartStart{Part: &conv.ToolCall{ID: "1", Name: "f", Kind: conv.Function, Origin: gem}}, &conv.Delta{Signature: "c2ln"}, &conv.Delta{Text: `{"a":1}`}, &conv.PartEnd{},
			&conv.Told{Usage: protocol.Usage{Input: 8, Output: 6, Reasoning: 2}},
			&conv.PartStart{Part: &conv.Thinking{Origin: gem}}, &conv.Delta{Signature: "ZW5k"}, &conv.PartEnd{},
			&conv.Finished{Finish: conv.Finish{Reason: conv.CallsTools, Raw: "STOP"}}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %s\nwant %s", show(got), show(want))
		}
	})
	t.Run("case 4: cut off after some text", func(t *testing.T) {
		got, err := readAll(`{"candidates":[{"content":{"parts":[{"text":"half"}]}}]}`)
		if kindOfError(err) != protocol.Network {
			t.Error(err)
		}
		if _, closed := got[len(got)-1].(*conv.PartEnd); !closed {
			t.Error(show(got))
		}
	})
	t.Run("case 5: an error in mid-stream", func(t *testing.T) {
		_, err := readAll(`{"candidates":[{"content":{"parts":[{"text":"half"}]}}]}`, `{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`)
		if kindOfError(err) != protocol.Overloaded {
			t.Error(err)
		}
	})
	t.Run("case 8: a finish reason in each response", func(t *testing.T) {
		got, err := readAll(`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}`, `{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}`)
		r := conv.Gather(got)
		if err != nil || len(r.Choices[0].Parts) != 1 || r.Choices[0].Parts[0].(*conv.Text).Text != "ab" {
			t.Error(err, show(got))
		}
		ends := 0
		for _, e := range got {
			if _, ok := e.(*conv.Finished); ok {
				ends++
			}
		}
		if ends != 1 {
			t.Error(ends)
		}
	})
	t.Run("case 53: no finish reason, but a relay's [DONE]", func(t *testing.T) {
		got, err := readAll(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`, `[DONE]`)
		if f, ok := got[len(got)-1].(*conv.Finished); err != nil || !ok || f.Finish.Reason != conv.Stopped {
			t.Error(err, show(got))
		}
	})
	t.Run("case 24: grounding is told once", func(t *testing.T) {
		const g = `"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.test","title":"A"}}],"groundingSupports":[{"segment":{"startIndex":1,"endIndex":2,"text":"b"},"groundingChunkIndices":[0]}]}`
		got, err := readAll(`{"candidates":[{"content":{"parts":[{"text":"ab"}]},`+g+`}]}`, `{"candidates":[{"finishReason":"STOP",`+g+`}]}`)
		if r := conv.Gather(got); err != nil || !reflect.DeepEqual(r.Choices[0].Parts[0].(*conv.Text).Citations, []conv.Citation{{URL: "https://a.test", Title: "A", From: 1, To: 2}}) {
			t.Error(err, show(got))
		}
	})
}

// write makes a stream of events.
func write(r *conv.Request, events ...conv.Event) []byte {
	w := Codec{}.NewWriter(r)
	var out []byte
	for _, e := range events {
		out = w.Write(out, e)
	}
	out = w.Close(out)
	return w.Close(w.Write(out, &conv.Delta{Text: "after the end"}))
}

func TestWriter(t *testing.T) {
	asked := &conv.Request{Reasoning: conv.Reasoning{Show: ptr(true)}}
	text := []conv.Event{&conv.PartStart{Part: &conv.Text{}}, &conv.Delta{Text: "a\"ß\n"}, &conv.Delta{Text: "b"}, &conv.PartEnd{}}
	with := func(events ...conv.Event) []conv.Event {
		return append([]conv.Event{&conv.Start{ID: "r", Model: "m"}}, events...)
	}
	t.Run("text, thought, calls, usage at the end", func(t *testing.T) {
		events := with(append([]conv.Event{&conv.PartStart{Part: &conv.Thinking{Origin: protocol.Gemini}}, &conv.Delta{Text: "why"}, &conv.Delta{Signature: "c2ln"}, &conv.PartEnd{}}, text...)...)
		events = append(events, &conv.PartStart{Part: &conv.ToolCall{ID: "1", Name: "f"}}, &conv.Delta{Text: `{"a"`}, &conv.Delta{Text: `:1}`}, &conv.PartEnd{},
			&conv.Finished{Finish: conv.Finish{Reason: conv.CallsTools, Raw: "tool_use"}}, &conv.Told{Usage: protocol.Usage{Input: 5, CacheRead: 2, CacheWrite: 1, Output: 9, Reasoning: 4}})
		got, failed := datas(t, write(asked, events...))
		const end = `"role":"model"},"index":0}],"modelVersion":"m","responseId":"r"}`
		want := []string{
			`{"candidates":[{"content":{"parts":[{"text":"why","thought":true}],` + end, `{"candidates":[{"content":{"parts":[{"text":"","thought":true,"thoughtSignature":"c2ln"}],` + end,
			`{"candidates":[{"content":{"parts":[{"text":"a\"ß\n"}],` + end, `{"candidates":[{"content":{"parts":[{"text":"b"}],` + end,
			`{"candidates":[{"content":{"parts":[{"functionCall":{"id":"1","name":"f","args":{"a":1}}}],` + end,
			`{"candidates":[{"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":8,"cachedContentTokenCount":2,"candidatesTokenCount":5,"thoughtsTokenCount":4,"totalTokenCount":17},"modelVersion":"m","responseId":"r"}`}
		if failed != nil || len(got) != len(want) {
			t.Fatalf("%s %s", got, failed)
		}
		for i, d := range got {
			valid(t, d)
			if string(d) != want[i] {
				t.Errorf("got  %s\nwant %s", d, want[i])
			}
		}
	})
	t.Run("thoughts only where they were asked for; their signature stays", func(t *testing.T) {
		got := string(write(&conv.Request{}, with(append([]conv.Event{&conv.PartStart{Part: &conv.Thinking{Origin: protocol.Gemini}}, &conv.Delta{Text: "why"}, &conv.Delta{Signature: "c2ln"}, &conv.PartEnd{}}, append(text, &conv.Finished{})...)...)...))
		if strings.Contains(got, "why") || !strings.Contains(got, `{"text":"a\"ß\n","thoughtSignature":"c2ln"}`) {
			t.Error(got)
		}
		got = string(write(asked, with(append([]conv.Event{&conv.PartStart{Part: &conv.Thinking{Origin: protocol.Anthropic}}, &conv.Delta{Text: "why"}, &conv.Delta{Signature: "Zm9yZWlnbg=="}, &conv.PartEnd{}}, append(text, &conv.Finished{})...)...)...))
		if strings.Contains(got, "Zm9yZWlnbg==") || !strings.Contains(got, "why") {
			t.Error(got)
		}
	})
	t.Run("case 4: without an end it is an error", func(t *testing.T) {
		for _, events := range [][]conv.Event{nil, with(), with(text...)} {
			if _, failed := datas(t, write(asked, events...)); failed == nil {
				t.Error("a stream without an end passes for whole")
			}
		}
	})
	t.Run("case 5 and 9: a fault is the last", func(t *testing.T) {
		_, failed := datas(t, write(asked, with(append(text, &conv.Fault{Err: &protocol.Error{Kind: protocol.Overloaded, Message: "busy"}}, &conv.Finished{})...)...))
		var e envelope
		if json.Unmarshal(failed, &e) != nil || e.Error.Code != 503 || e.Error.Message != "busy" {
			t.Errorf("%s", failed)
		}
	})
	t.Run("case 52: words", func(t *testing.T) {
		for finish, want := range map[conv.Finish]string{{Reason: conv.Stopped, Raw: "end_turn"}: "STOP", {Reason: conv.Refused}: "SAFETY", {Reason: conv.Refused, Raw: "RECITATION"}: "RECITATION", {Reason: conv.MaxTokens, Raw: "length"}: "MAX_TOKENS",
			{Reason: conv.ContextFull}: "MAX_TOKENS", {Reason: conv.PausedTurn}: "STOP", {Reason: conv.StopWord, Word: "x"}: "STOP", {Reason: conv.CallsTools, Raw: "STOP"}: "STOP", {}: "STOP"} {
			if got := wordOf(finish); got != want {
				t.Errorf("%+v: %s, want %s", finish, got, want)
			}
		}
	})
	t.Run("case 2: half a character", func(t *testing.T) {
		if got := string(quote.Append(nil, "a\xe4\xbd\x00\u2028\U0001F469")); got != "\"a\uFFFD\uFFFD\\u0000\\u2028\U0001F469\"" {
			t.Errorf("%q", got)
		}
	})
	t.Run("a call beyond any bound", func(t *testing.T) {
		big := strings.Repeat("x", mostHeld/2)
		_, failed := datas(t, write(asked, with(&conv.PartStart{Part: &conv.ToolCall{Name: "f"}}, &conv.Delta{Text: big}, &conv.Delta{Text: big}, &conv.Delta{Text: big}, &conv.PartEnd{}, &conv.Finished{})...))
		if failed == nil {
			t.Error("taken")
		}
	})
	t.Run("citations come with the end", func(t *testing.T) {
		events := with(&conv.PartStart{Part: &conv.Text{}}, &conv.Delta{Text: "Größe: 5"}, &conv.Delta{Citation: &conv.Citation{URL: "https://a.test", Title: "A", From: 7, To: 8}}, &conv.Delta{Citation: &conv.Citation{URL: "https://b.test"}}, &conv.PartEnd{}, &conv.Finished{})
		got, _ := datas(t, write(asked, events...))
		last := got[len(got)-1]
		valid(t, last)
		if !strings.Contains(string(last), `"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.test","title":"A"}},{"web":{"uri":"https://b.test"}}],"groundingSupports":[{"segment":{"startIndex":9,"endIndex":10,"text":"5"},"groundingChunkIndices":[0]}]}`) {
			t.Errorf("%s", last)
		}
	})
}

func TestEncodeReply(t *testing.T) {
	reply := &conv.Reply{Model: "m", HasUsage: true, Usage: protocol.Usage{Input: 1, CacheRead: 2, CacheWrite: 3, CacheWrite1h: 4, Output: 5, Reasoning: 1},
		Choices: []conv.Choice{{Parts: []conv.Part{&conv.Thinking{Text: "t", Signature: "c2ln", Origin: protocol.Gemini}, toolCall("1", "f", `{"a":1}`)}, Finish: conv.Finish{Reason: conv.CallsTools}}, {Parts: []conv.Part{&conv.Refusal{Text: "no"}}, Finish: conv.Finish{Reason: conv.Refused}}, {Finish: conv.Finish{Reason: conv.MaxTokens}}}}
	body, err := Codec{}.EncodeReply(reply, &conv.Request{})
	if err != nil {
		t.Fatal(err)
	}
	valid(t, body)
	var m map[string]any
	_ = json.Unmarshal(body, &m)
	if id, _ := m["responseId"].(string); len(id) != 22 {
		t.Errorf("id %q", id)
	}
	wantJSON(t, "case 55: usage", m["usageMetadata"], `{"promptTokenCount":10,"cachedContentTokenCount":2,"candidatesTokenCount":4,"thoughtsTokenCount":1,"totalTokenCount":15}`)
	wantJSON(t, "candidates", m["candidates"], `[{"content":{"parts":[{"functionCall":{"id":"1","name":"f","args":{"a":1}},"thoughtSignature":"c2ln"}],"role":"model"},"finishReason":"STOP","index":0},
		{"content":{"parts":[{"text":"no"}],"role":"model"},"finishReason":"SAFETY","index":1},{"finishReason":"MAX_TOKENS","index":2}]`)
	if _, err := (Codec{}).EncodeReply(&conv.Reply{}, nil); kindOfError(err) != protocol.BadReply {
		t.Error("an empty reply passes")
	}
}
