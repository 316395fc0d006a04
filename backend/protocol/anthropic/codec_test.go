package anthropic

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/definition"
	"metapi/backend/protocol/sse"
)

// tb is a test, or a property of one.
type tb interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// replies are the vendor's definitions of what Messages answers; the file says where they are from.
var replies = definition.In("testdata/reply.schema.json")

func judge(t tb, name string, text []byte) map[string]any {
	t.Helper()
	replies.Check(t, name, text)
	var m map[string]any
	_ = json.Unmarshal(text, &m)
	return m
}

func decode(t tb, body string) *conversation.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest([]byte(body), conversation.Asked{})
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return r
}

func encodeTo(t tb, r *conversation.Request, to conversation.Target) (map[string]any, []conversation.Lost) {
	t.Helper()
	body, lost, err := Codec{}.EncodeRequest(r, to)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return m, lost
}

var sonnet = conversation.Target{Model: "claude-sonnet-4-5"}

// at walks into decoded JSON: names of members, indices of arrays.
func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func same(t tb, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %s, want %s", what, show(got), show(want))
	}
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func user(parts ...conversation.Part) conversation.Message {
	return conversation.Message{Role: conversation.User, Parts: parts}
}

func says(parts ...conversation.Part) conversation.Message {
	return conversation.Message{Role: conversation.Assistant, Parts: parts}
}

func answers(parts ...conversation.Part) conversation.Message {
	return conversation.Message{Role: conversation.ToolRole, Parts: parts}
}

func words(s string) *conversation.Text { return &conversation.Text{Text: s} }

func calls(id, name, arguments string) *conversation.ToolCall {
	return &conversation.ToolCall{ID: id, Name: name, Kind: conversation.Function, Arguments: arguments}
}

func result(id, s string) *conversation.ToolResult {
	return &conversation.ToolResult{ID: id, Kind: conversation.Function, Parts: []conversation.Part{words(s)}}
}

func ptr[T any](v T) *T { return &v }

// write writes events and checks the stream's grammar: every event valid, and in the order that the vendor keeps.
func write(t tb, r *conversation.Request, events ...conversation.Event) (string, []map[string]any) {
	t.Helper()
	w := Codec{}.NewWriter(r)
	var out []byte
	for _, e := range events {
		out = w.Write(out, e)
	}
	out = w.Close(out)
	if again := w.Close(w.Write(nil, &conversation.Alive{})); len(again) > 0 {
		t.Fatalf("something follows the end: %s", again)
	}
	return string(out), grammar(t, out)
}

// grammar reads a stream and fails where it is not of the vendor's.
func grammar(t tb, stream []byte) []map[string]any {
	t.Helper()
	var list []map[string]any
	open, next, ended := -1, 0.0, false
	each(t, stream, func(name, data string) {
		if ended {
			t.Fatalf("%s follows the end\n%s", name, stream)
		}
		var m map[string]any
		if name == "ping" || name == "error" {
			if err := json.Unmarshal([]byte(data), &m); err != nil {
				t.Fatal(err)
			}
		} else {
			m = judge(t, "RawMessageStreamEvent", []byte(data))
		}
		if m["type"] != name {
			t.Fatalf("event %s has type %v", name, m["type"])
		}
		switch name {
		case "ping":
			return
		case "error":
			ended = true
		case "message_start":
			if len(list) > 0 {
				t.Fatalf("message_start comes late\n%s", stream)
			}
		case "content_block_start":
			if open >= 0 || m["index"] != next || len(list) == 0 {
				t.Fatalf("block %v starts out of order\n%s", m["index"], stream)
			}
			open = int(next)
		case "content_block_delta", "content_block_stop":
			if m["index"] != float64(open) {
				t.Fatalf("%s of block %v, open is %d\n%s", name, m["index"], open, stream)
			}
			if name == "content_block_stop" {
				open = -1
				next++
			}
		case "message_delta":
			if open >= 0 || len(list) == 0 {
				t.Fatalf("message_delta within a block\n%s", stream)
			}
		case "message_stop":
			if list[len(list)-1]["type"] != "message_delta" {
				t.Fatalf("message_stop without message_delta\n%s", stream)
			}
			ended = true
		}
		list = append(list, m)
	})
	if !ended {
		t.Fatalf("the stream has no end\n%s", stream)
	}
	return list
}

func each(t tb, stream []byte, f func(name, data string)) {
	t.Helper()
	r := sse.NewReader(bytes.NewReader(stream), 1<<20)
	for {
		ev, err := r.Next()
		if err != nil {
			return
		}
		if len(ev.Data) > 0 {
			f(string(ev.Name), string(ev.Data))
		}
	}
}

// read reads a stream with the codec.
func read(t tb, stream string) ([]conversation.Event, error) {
	t.Helper()
	r := Codec{}.NewReader()
	var out []conversation.Event
	var fault error
	each(t, []byte(stream), func(name, data string) {
		if fault == nil {
			var got []conversation.Event
			got, fault = r.Read([]byte(name), []byte(data))
			out = append(out, got...)
		}
	})
	if fault != nil {
		return out, fault
	}
	rest, err := r.End()
	return append(out, rest...), err
}

// wire makes a stream of the data of its events.
func wire(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		var m struct{ Type string }
		_ = json.Unmarshal([]byte(d), &m)
		b.WriteString("event: " + m.Type + "\ndata: " + d + "\n\n")
	}
	return b.String()
}

// gather makes the parts of a stream of one choice, and what it said at its end.
func gather(events []conversation.Event) (parts []conversation.Part, finish *conversation.Finish, usage protocol.Usage) {
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.Start:
			usage = e.Usage
		case *conversation.Told:
			usage = e.Usage
		case *conversation.PartStart:
			parts = append(parts, copyPart(e.Part))
		case *conversation.Delta:
			switch p := parts[len(parts)-1].(type) {
			case *conversation.Text:
				p.Text += e.Text
				if e.Citation != nil {
					p.Citations = append(p.Citations, *e.Citation)
				}
			case *conversation.Refusal:
				p.Text += e.Text
			case *conversation.Thinking:
				p.Text += e.Text
				p.Signature += e.Signature
				p.Sealed += e.Sealed
			case *conversation.ToolCall:
				p.Arguments += e.Text
				p.Signature += e.Signature
			}
		case *conversation.Finished:
			finish = &e.Finish
		}
	}
	return parts, finish, usage
}

func copyPart(p conversation.Part) conversation.Part {
	switch p := p.(type) {
	case *conversation.Text:
		c := *p
		return &c
	case *conversation.Refusal:
		c := *p
		return &c
	case *conversation.Thinking:
		c := *p
		return &c
	case *conversation.ToolCall:
		c := *p
		return &c
	}
	return p
}
