package openairesponses

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/definition"
	"metapi/backend/protocol/sse"
)

// definitions are the vendor's own of what the codec writes: see testdata/derive.py.
var definitions = definition.In("testdata/responses.schema.json")

type tb = definition.T

// valid checks text against one of the vendor's definitions.
func valid(t tb, name string, text []byte) {
	t.Helper()
	definitions.Check(t, name, text)
}

func decode(t tb, body string) *conversation.Request {
	t.Helper()
	r, err := Codec{}.DecodeRequest([]byte(body), conversation.Asked{})
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	return r
}

// encode encodes for a model of which nothing is known, and checks what comes.
func encode(t tb, r *conversation.Request) map[string]any {
	t.Helper()
	m, _ := encodeFor(t, r, conversation.Target{Model: "m"})
	return m
}

func encodeFor(t tb, r *conversation.Request, to conversation.Target) (map[string]any, []conversation.Lost) {
	t.Helper()
	body, lost, err := Codec{}.EncodeRequest(r, to)
	if err != nil {
		t.Fatalf("%v", err)
	}
	valid(t, "CreateResponse", body)
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%v", err)
	}
	return m, lost
}

func text(t tb, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(b)
}

// same compares v, as JSON, with want.
func same(t *testing.T, v any, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%v in %s", err, want)
	}
	if err := json.Unmarshal([]byte(text(t, v)), &g); err != nil {
		t.Fatalf("%v", err)
	}
	if got, want := text(t, g), text(t, w); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// refused checks that err is a BadRequest that names param.
func refused(t *testing.T, err error, param string) {
	t.Helper()
	var e *protocol.Error
	if !errors.As(err, &e) || e.Kind != protocol.BadRequest || e.Param != param {
		t.Errorf("%#v, want a bad request for %q", err, param)
	}
}

func user(s string) conversation.Message {
	return conversation.Message{Role: conversation.User, Parts: []conversation.Part{&conversation.Text{Text: s}}}
}

func says(role conversation.Role, parts ...conversation.Part) conversation.Message {
	return conversation.Message{Role: role, Parts: parts}
}

func ptr[T any](v T) *T { return &v }

// events reads a whole stream, from bytes. Signs of life are left out.
func events(t tb, stream []byte) ([]conversation.Event, error) {
	t.Helper()
	var all []conversation.Event
	in, r := sse.NewReader(bytes.NewReader(stream), 64<<20), Codec{}.NewReader()
	for {
		e, err := in.Next()
		if err != nil {
			last, err := r.End()
			return append(all, last...), err
		}
		got, err := r.Read(e.Name, e.Data)
		for _, e := range got {
			if _, alive := e.(*conversation.Alive); !alive {
				all = append(all, e)
			}
		}
		if err != nil {
			return all, err
		}
	}
}

// stream makes the wire of events given as their data.
func stream(data ...string) []byte {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\n\n")
	}
	return []byte(b.String())
}

// write writes events, and checks the grammar of what comes: names, numbers, places and the vendor's definition.
func write(t tb, r *conversation.Request, es ...conversation.Event) []byte {
	t.Helper()
	w := Codec{}.NewWriter(r)
	var b []byte
	for _, e := range es {
		b = w.Write(b, e)
	}
	b = w.Close(b)
	grammar(t, b)
	return b
}

type wire struct {
	Type           string `json:"type"`
	SequenceNumber int    `json:"sequence_number"`
	OutputIndex    *int   `json:"output_index"`
	ContentIndex   *int   `json:"content_index"`
	ItemID         string `json:"item_id"`
	Item           struct {
		ID string `json:"id"`
	} `json:"item"`
	Response map[string]any `json:"response"`
}

// grammar checks a stream, and returns its events.
func grammar(t tb, b []byte) (out []wire) {
	t.Helper()
	in := sse.NewReader(bytes.NewReader(b), 64<<20)
	items, open, parts := 0, "", 0
	for {
		e, err := in.Next()
		if err != nil {
			break
		}
		valid(t, "ResponseStreamEvent", e.Data)
		var w wire
		if err := json.Unmarshal(e.Data, &w); err != nil {
			t.Fatalf("%v", err)
		}
		if w.Type != string(e.Name) || w.SequenceNumber != len(out) || e.Unended {
			t.Fatalf("event %d is %q %q, number %d", len(out), e.Name, w.Type, w.SequenceNumber)
		}
		if len(out) > 1 && (out[len(out)-1].Response != nil && len(out) > 2) {
			t.Fatalf("%s after the end", w.Type)
		}
		switch {
		case w.Type == "response.output_item.added":
			if open != "" || *w.OutputIndex != items {
				t.Fatalf("item %d is announced within %q, %d items seen", *w.OutputIndex, open, items)
			}
			open, parts = w.Item.ID, 0
		case w.Type == "response.output_item.done":
			if w.Item.ID != open || *w.OutputIndex != items {
				t.Fatalf("item %q ends, %q is open", w.Item.ID, open)
			}
			open = ""
			items++
		case w.OutputIndex != nil:
			if w.ItemID != open || *w.OutputIndex != items {
				t.Fatalf("%s of %q within %q", w.Type, w.ItemID, open)
			}
			if w.ContentIndex != nil && *w.ContentIndex != parts {
				t.Fatalf("%s of part %d, want %d", w.Type, *w.ContentIndex, parts)
			}
			if w.Type == "response.content_part.done" {
				parts++
			}
		}
		out = append(out, w)
	}
	if n := len(out); n < 3 || out[0].Type != "response.created" || out[1].Type != "response.in_progress" || out[n-1].Response == nil {
		t.Fatalf("no whole stream:\n%s", b)
	}
	return out
}

func last(t tb, b []byte) wire { es := grammar(t, b); return es[len(es)-1] }
