package quote_test

import (
	"encoding/json"
	"strings"
	"testing"

	"metapi/backend/protocol/quote"
)

// FuzzAppend compares with encoding/json: whatever a model says is read back as it was said, but for bytes that are no text.
func FuzzAppend(f *testing.F) {
	for _, s := range []string{"", "plain", "\"quoted\" \\ back\nline\r\ttab\x00\x1f\x7f", "Größe 你好 👩🏽‍💻", "\u2028\u2029\ufffd", "cut \xe4\xbd", "\xff\xfe<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := quote.Append([]byte("x"), s)
		var back string
		if err := json.Unmarshal(got[1:], &back); err != nil {
			t.Fatalf("%q: %v", got, err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); back != want && strings.Count(back, "\uFFFD") < strings.Count(want, "\uFFFD") {
			t.Errorf("%q came back as %q", s, back)
		}
		if strings.ToValidUTF8(s, "") == s && back != s {
			t.Errorf("%q came back as %q", s, back)
		}
		if strings.ContainsAny(string(got), "\n\r\u2028\u2029") {
			t.Errorf("%q breaks a line", got)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	s := strings.Repeat("what a model says in one event ", 2)
	dst := make([]byte, 0, 4096)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		dst = quote.Append(dst[:0], s)
	}
}
