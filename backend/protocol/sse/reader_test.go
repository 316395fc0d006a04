package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// pieces is a reader that returns its input cut at the given sizes, in turn.
type pieces struct {
	b     []byte
	sizes []int
	reads int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.b) == 0 {
		return 0, io.EOF
	}
	n := len(p.b)
	if len(p.sizes) > 0 {
		n = min(n, max(1, p.sizes[p.reads%len(p.sizes)]))
	}
	p.reads++
	n = copy(b, p.b[:n])
	p.b = p.b[n:]
	return n, nil
}

func describe(ev Event) string {
	return fmt.Sprintf("%q %q %q %v", ev.Raw, ev.Name, ev.Data, ev.Unended)
}

func all(src io.Reader, limit int) (evs []string, raw []byte, err error) {
	r := NewReader(src, limit)
	for {
		ev, err := r.Next()
		if err != nil {
			if _, again := r.Next(); again != err {
				return evs, raw, fmt.Errorf("the error changed from %w to %w", err, again)
			}
			return evs, raw, err
		}
		evs = append(evs, describe(ev))
		raw = append(raw, ev.Raw...)
	}
}

// reference is the plainest way to say what the events of a whole text are.
func reference(text string) (evs []string) {
	rest, bom := strings.CutPrefix(text, "\xef\xbb\xbf")
	raw, name, data, hasName := "", "", []string(nil), false
	if bom {
		raw = "\xef\xbb\xbf"
	}
	flush := func(unended bool) {
		ev := Event{Raw: []byte(raw), Unended: unended}
		if hasName {
			ev.Name = []byte(name)
		}
		if data != nil {
			ev.Data = []byte(strings.Join(data, "\n"))
		}
		evs = append(evs, describe(ev))
		raw, name, data, hasName = "", "", nil, false
	}
	for rest != "" {
		i := strings.IndexAny(rest, "\r\n")
		line, end := rest, ""
		if i >= 0 {
			line, end = rest[:i], rest[i:i+1]
			if strings.HasPrefix(rest[i:], "\r\n") {
				end = "\r\n"
			}
		}
		raw += line + end
		rest = rest[len(line)+len(end):]
		if line == "" {
			flush(false)
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data = append(data, value)
		case "event":
			name, hasName = value, true
		}
	}
	if raw != "" {
		flush(true)
	}
	return evs
}

var samples = map[string]string{
	"LF":                      "event: a\ndata: 1\n\nevent: b\ndata: 2\n\n",
	"CRLF":                    "event: a\r\ndata: 1\r\n\r\nevent: b\r\ndata: 2\r\n\r\n",
	"lone CR":                 "event: a\rdata: 1\r\revent: b\rdata: 2\r\r",
	"mixed ends":              "data: 1\r\rdata: 2\n\r\ndata: 3\r\n\ndata: 4\n\r",
	"comments":                ": ping\n\n: x\ndata: 1\n: y\n\n",
	"multi-line data":         "data: a\ndata:\ndata:  b\n\n",
	"event after data":        "data: 1\nevent: late\n\n",
	"missing space":           "event:a\ndata:{\"x\":1}\n\n",
	"BOM":                     "\xef\xbb\xbfdata: 1\n\ndata: \xef\xbb\xbf2\n\n",
	"no blank line":           "data: 1\n\ndata: 2\n",
	"no line end":             "data: 1\n\ndata: {\"cut",
	"unknown fields":          "id: 7\nretry: 10\nnonsense\ndata: 1\n\n",
	"blank lines":             "\n\n\ndata: 1\n\n\n\n",
	"bytes that are no UTF-8": "data: \xff\xe4\xbd\n\n",
	"code points":             "data: 你好 👋\n\n",
	"nothing":                 "",
	"half a BOM":              "\xef\xbb",
}

// Protocol cases 1 to 3: line ends, comments, several data lines, event after data, no space, BOM, code points and
// events cut anywhere, two events in one read, a last event without blank line.
func TestCase1To3EveryCutGivesTheSameEvents(t *testing.T) {
	for name, text := range samples {
		want := reference(text)
		for size := 1; size <= len(text)+1; size++ {
			evs, raw, err := all(&pieces{b: []byte(text), sizes: []int{size}}, 1<<20)
			if err != io.EOF || string(raw) != text || strings.Join(evs, "\n") != strings.Join(want, "\n") {
				t.Fatalf("%s in pieces of %d: %v\ngot  %v\nwant %v", name, size, err, evs, want)
			}
		}
	}
}

func TestEveryCutProperty(t *testing.T) {
	part := rapid.SampledFrom([]string{"data", "event", ":", ": ", "\n", "\n\n", "\r", "\r\n", "\r\n\r\n", "x", "{\"a\":1}", "\xef\xbb\xbf", "é", "data: y\n", " "})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(part, 0, 40).Draw(t, "text"), "")
		sizes := rapid.SliceOfN(rapid.IntRange(1, 12), 1, 8).Draw(t, "sizes")
		want := reference(text)
		evs, raw, err := all(&pieces{b: []byte(text), sizes: sizes}, 1<<20)
		if err != io.EOF || string(raw) != text || strings.Join(evs, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%q: %v\ngot  %v\nwant %v", text, err, evs, want)
		}
	})
}

func FuzzReader(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text), uint8(3), uint8(7))
	}
	f.Fuzz(func(t *testing.T, text []byte, a, b uint8) {
		want := reference(string(text))
		evs, raw, err := all(&pieces{b: bytes.Clone(text), sizes: []int{int(a), int(b)}}, 1<<20)
		if err != io.EOF || !bytes.Equal(raw, text) || strings.Join(evs, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%q: %v\ngot  %v\nwant %v", text, err, evs, want)
		}
	})
}

// All events of one read are there, and stay valid, before the next read is made: they can be written at once.
func TestMoreSeesAllEventsOfOneRead(t *testing.T) {
	src := &pieces{b: []byte("data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4"), sizes: []int{30, 100}}
	r := NewReader(src, 1000)
	var evs []Event
	ev, err := r.Next()
	evs = append(evs, ev)
	for err == nil && r.More() {
		ev, err = r.Next()
		evs = append(evs, ev)
	}
	if err != nil || src.reads != 1 || len(evs) != 3 {
		t.Fatalf("%d events after %d reads: %v", len(evs), src.reads, err)
	}
	for i, ev := range evs {
		if string(ev.Data) != fmt.Sprint(i+1) {
			t.Errorf("event %d says %q", i, ev.Data)
		}
	}
	if ev, err = r.Next(); err != nil || !ev.Unended || string(ev.Data) != "4" {
		t.Fatalf("the rest: %s, %v", describe(ev), err)
	}
	if _, err = r.Next(); err != io.EOF {
		t.Fatalf("end: %v", err)
	}
}

func TestLimitDoesNotDependOnCuts(t *testing.T) {
	text := "data: short\n\ndata: " + strings.Repeat("x", 100) + "\n\ndata: after\n\n"
	for size := 1; size <= len(text); size++ {
		evs, _, err := all(&pieces{b: []byte(text), sizes: []int{size}}, 50)
		var long *TooLong
		if !errors.As(err, &long) || long.Limit != 50 || len(evs) != 1 {
			t.Fatalf("pieces of %d: %v after %v", size, err, evs)
		}
	}
}

// A connection that breaks shows what came, then its own error, never a clean end.
func TestCutIsNotAnEnd(t *testing.T) {
	broken := errors.New("connection reset")
	evs, _, err := all(io.MultiReader(strings.NewReader("data: 1\n\ndata: {\"a"), iotest.ErrReader(broken)), 1000)
	if err != broken || len(evs) != 2 || !strings.HasSuffix(evs[1], "true") {
		t.Fatalf("%v, %v", evs, err)
	}
	if _, _, err := all(idle{}, 1000); err != io.ErrNoProgress {
		t.Fatalf("a reader that returns nothing: %v", err)
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestNoAllocationPerEvent(t *testing.T) {
	src := &endless{text: []byte("event: x\r\ndata: {\"delta\":\"hello\"}\r\n\r\n")}
	r := NewReader(src, 1<<20)
	if n := testing.AllocsPerRun(1000, func() {
		if ev, err := r.Next(); err != nil || len(ev.Data) == 0 {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations an event", n)
	}
}

// endless repeats its text for ever.
type endless struct {
	text []byte
	at   int
}

func (e *endless) Read(b []byte) (n int, err error) {
	for n < len(b) {
		k := copy(b[n:], e.text[e.at:])
		n += k
		e.at = (e.at + k) % len(e.text)
	}
	return n, nil
}

func BenchmarkNext(b *testing.B) {
	for name, nl := range map[string]string{"LF": "\n", "CRLF": "\r\n", "CR": "\r"} {
		text := "event: content_block_delta" + nl + `data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hello there"}}` + nl + nl
		b.Run(name, func(b *testing.B) {
			r := NewReader(&endless{text: []byte(text)}, 1<<20)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Next(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
