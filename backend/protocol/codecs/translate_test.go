package codecs_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/sse"
)

// events reads a whole stream of a protocol.
func events(t *testing.T, p protocol.Protocol, stream string) (got []conversation.Event) {
	t.Helper()
	in, r := sse.NewReader(strings.NewReader(stream), 1<<20), codecs.Of(p).NewReader()
	for {
		e, err := in.Next()
		var more []conversation.Event
		if err == io.EOF {
			if more, err = r.End(); err != nil {
				t.Fatalf("%v:\n%s", err, stream)
			}
			return append(got, more...)
		}
		if err == nil {
			more, err = r.Read(e.Name, e.Data)
		}
		if err != nil {
			t.Fatalf("%v: %s", err, e.Data)
		}
		got = append(got, more...)
	}
}

// stream makes a stream of data lines.
func stream(data ...string) string {
	var b strings.Builder
	for _, d := range data {
		b.WriteString("data: " + d + "\n\n")
	}
	return b.String()
}

// written is the stream that a client of a protocol gets for events.
func written(p protocol.Protocol, r *conversation.Request, es []conversation.Event) string {
	w := codecs.Of(p).NewWriter(r)
	var b []byte
	for _, e := range es {
		b = w.Write(b, e)
	}
	return string(w.Close(b))
}

// textOf puts together what the text parts of a stream say, with their citations and tokens.
func textOf(es []conversation.Event) *conversation.Text {
	out := &conversation.Text{}
	open := false
	for _, e := range es {
		switch e := e.(type) {
		case *conversation.PartStart:
			_, open = e.Part.(*conversation.Text)
		case *conversation.Delta:
			if !open {
				break
			}
			out.Text += e.Text
			out.LogProbs = append(out.LogProbs, e.LogProbs...)
			if e.Citation != nil {
				out.Citations = append(out.Citations, *e.Citation)
			}
		}
	}
	return out
}

// saidBy is the same of a whole reply.
func saidBy(t *testing.T, p protocol.Protocol, body []byte) *conversation.Text {
	t.Helper()
	reply, err := codecs.Of(p).DecodeReply(body)
	if err != nil {
		t.Fatalf("%v\n%s", err, body)
	}
	out := &conversation.Text{}
	for _, part := range reply.Choices[0].Parts {
		if text, is := part.(*conversation.Text); is {
			out.Text += text.Text
			out.LogProbs = append(out.LogProbs, text.LogProbs...)
			out.Citations = append(out.Citations, text.Citations...)
		}
	}
	return out
}

// translated is a whole reply of one protocol as another says it.
func translated(t *testing.T, from, to protocol.Protocol, body string, r *conversation.Request) []byte {
	t.Helper()
	reply, err := codecs.Of(from).DecodeReply([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	out, err := codecs.Of(to).EncodeReply(reply, r)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSpace(out)
}
