package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
)

var seeds = []string{
	``, ` `, `null`, `true`, `fals`, `0`, `-0`, `01`, `1.`, `1.5e+3`, `1e`, `-`, `"a"`, `"a`, `"\u00e9"`, `"\u00g0"`, `"\x"`, `"a\`,
	"\"a\nb\"", "\"\xff\"", `{}`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{a:1}`, `[]`, `[1,2]`, `[1,]`, `[1 2]`, `[[[{"a":[]}]]]`, `{"a":{"b":[1,{"c":"d"}]}} `,
	`{"a":1}x`, `{"a":1}{`, `"` + strings.Repeat("x", 40) + `\n` + strings.Repeat("y", 40) + `"`, "\ufeff{}", `{"a":"` + strings.Repeat("é", 20) + `"}`, `nul`, `]`, `}`, `[}`, `{]`,
	"[\t\r\n 1 , 2 ]", "[\v1]", `"\ud83d\ude00"`, `"\ud83d"`, `"\ud83dx"`, `"\ude00\ud83d"`,
}

// depth tells how deep b nests, as far as it is JSON.
func depth(b []byte) (deepest int) {
	d := json.NewDecoder(bytes.NewReader(b))
	level := 0
	for {
		t, err := d.Token()
		if err != nil {
			return deepest
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			level++
			deepest = max(deepest, level)
		case json.Delim(']'), json.Delim('}'):
			level--
		}
	}
}

// walk goes into everything with the cursor.
func walk(c *Cursor) {
	if c.Object(func([]byte, bool) { walk(c) }) || c.Array(func() { walk(c) }) {
		return
	}
	c.Value()
}

func check(t interface{ Fatalf(string, ...any) }, b []byte) {
	want := json.Valid(b)
	if want && depth(b) > MaxDepth {
		want = false
	}
	if err := Valid(b); (err == nil) != want {
		t.Fatalf("Valid(%q) = %v, encoding/json says %v", b, err, want)
	} else if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(b) || e.What == "" {
			t.Fatalf("Valid(%q): not a useful error: %#v", b, err)
		}
	}
	c := At(b)
	walk(&c)
	if err := c.End(); (err == nil) != want {
		t.Fatalf("a walk of %q says %v, encoding/json says %v", b, err, want)
	}
}

func FuzzValid(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}

func FuzzUnquote(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want string
		isString := len(b) > 0 && b[0] == '"' && json.Unmarshal(b, &want) == nil && bytes.HasSuffix(b, []byte{'"'})
		got, ok := String(b)
		if !isString {
			return
		}
		if !ok || got != want {
			t.Fatalf("String(%q) = %q, %v; encoding/json %q", b, got, ok, want)
		}
		if raw := b[1 : len(b)-1]; utf8.Valid(raw) && Len(raw, bytes.IndexByte(raw, '\\') >= 0) != len(want) {
			t.Fatalf("Len(%q) = %d, want %d", raw, Len(raw, true), len(want))
		}
	})
}

// A value is drawn, written with random white space and escapes, and damaged at a random place: the scanner must
// agree with encoding/json on all of it.
func TestAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(drawJSON(t, 4))
		check(t, b)
		if len(b) > 0 {
			i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
			b[i] = rapid.SampledFrom([]byte("\"\\{}[],:x0-e \x01u")).Draw(t, "byte")
			check(t, b)
			check(t, b[:i])
		}
	})
}

func drawJSON(t *rapid.T, levels int) string {
	ws := rapid.SampledFrom([]string{"", "", " ", "\n\t", "\r\n  "})
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if levels == 0 {
		kind %= 5
	}
	switch kind {
	case 0:
		return rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "word")
	case 1:
		return fmt.Sprint(rapid.Int().Draw(t, "int"))
	case 2:
		return fmt.Sprint(rapid.SampledFrom([]string{"0", "-0.5", "1e9", "12E-2"}).Draw(t, "number"))
	case 3, 4:
		s, _ := json.Marshal(rapid.String().Draw(t, "string"))
		return string(s)
	}
	var parts []string
	for range rapid.IntRange(0, 4).Draw(t, "members") {
		p := ws.Draw(t, "ws") + drawJSON(t, levels-1) + ws.Draw(t, "ws")
		if kind == 5 {
			k, _ := json.Marshal(rapid.String().Draw(t, "key"))
			p = ws.Draw(t, "ws") + string(k) + ws.Draw(t, "ws") + ":" + p
		}
		parts = append(parts, p)
	}
	if kind == 5 {
		return "{" + ws.Draw(t, "ws") + strings.Join(parts, ",") + "}"
	}
	return "[" + ws.Draw(t, "ws") + strings.Join(parts, ",") + "]"
}

func TestObjectVisitsMembersInOrder(t *testing.T) {
	body := []byte(` {"a" : 1 , "b":{"c":[1,2,"]}"]}, "\u0063" :"x\"y" } `)
	var got []string
	err := Object(body, func(key []byte, escaped bool, v protocol.Span) bool {
		got = append(got, fmt.Sprintf("%s %v %s", key, escaped, body[v.From:v.To]))
		return true
	})
	want := []string{`a false 1`, `b false {"c":[1,2,"]}"]}`, `\u0063 true "x\"y"`}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("%v\n%s", err, strings.Join(got, "\n"))
	}
	n := 0
	if err := Array([]byte(`[1,[2],3]`), func(protocol.Span) bool { n++; return n < 2 }); err != nil || n != 2 {
		t.Fatalf("stopped array: %v after %d", err, n)
	}
	for _, bad := range []string{`[]`, `"a"`, ``, `7`, `nul`} {
		if Object([]byte(bad), func([]byte, bool, protocol.Span) bool { return true }) == nil {
			t.Errorf("%q passed as an object", bad)
		}
	}
}

func TestErrorsNameTheOffset(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":}`:      "a value was expected at byte 5",
		`{"a" 1}`:     "a colon was expected at byte 5",
		`{"a":1,}`:    "a member name in quotes was expected at byte 7",
		`[1 2]`:       "a comma or the end of the array was expected at byte 3",
		`{"a":1 "b"}`: "a comma or the end of the object was expected at byte 7",
		`{"a":tru}`:   "neither true, false nor null at byte 8",
		`{"a":"b`:     "the text ends too early at byte 7",
		`{} {}`:       "something follows the value at byte 3",
		"\"a\nb\"":    "unescaped control character in a string at byte 2",
		`"\q"`:        "unknown escape in a string at byte 2",
		`-x`:          "not a JSON number at byte 1",
	} {
		if err := Valid([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
	deep := strings.Repeat("[", MaxDepth+1)
	if err := Valid([]byte(deep)); err == nil || !strings.Contains(err.Error(), "nested too deep at byte 512") {
		t.Errorf("depth: %v", err)
	}
	if err := Valid([]byte(strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth))); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "-7": -7, "12.0": 12, "1e3": 1000, "123456789012345678": 123456789012345678, "9223372036854775807": 9223372036854775807} {
		if n, ok := Int([]byte(in)); !ok || n != want {
			t.Errorf("Int(%s) = %d, %v", in, n, ok)
		}
	}
	for _, in := range []string{"", "1.5", "9223372036854775808", "1e300", `"1"`, "null", "true", "-"} {
		if n, ok := Int([]byte(in)); ok {
			t.Errorf("Int(%s) = %d", in, n)
		}
	}
}

// body makes a chat request of about n bytes that looks like an agent's: long texts with code in them.
func body(n int) []byte {
	text, _ := json.Marshal(strings.Repeat("func main() {\n\tfmt.Println(\"hello, world\") // a comment that runs on for a while\n}\n", 12))
	var b bytes.Buffer
	b.WriteString(`{"model":"gpt-5","stream":true,"messages":[{"role":"system","content":"You are helpful."}`)
	for b.Len() < n-200 {
		fmt.Fprintf(&b, `,{"role":"user","content":[{"type":"text","text":%s}]}`, text)
	}
	b.WriteString(`],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}}]}`)
	return b.Bytes()
}

func TestNoAllocation(t *testing.T) {
	data := body(1 << 10)
	if n := testing.AllocsPerRun(100, func() {
		c := At(data)
		walk(&c)
		if Valid(data) != nil || c.End() != nil {
			t.Fatal("not valid")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func benchmark(b *testing.B, f func([]byte) bool) {
	for _, n := range []int{1 << 10, 100 << 10} {
		data := body(n)
		if !json.Valid(data) {
			b.Fatal("the benchmark's body is not JSON")
		}
		b.Run(fmt.Sprintf("%dKB", n>>10), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if !f(data) {
					b.Fatal("not valid")
				}
			}
		})
	}
}

func BenchmarkValid(b *testing.B) { benchmark(b, func(d []byte) bool { return Valid(d) == nil }) }
func BenchmarkWalk(b *testing.B) {
	benchmark(b, func(d []byte) bool { c := At(d); walk(&c); return c.End() == nil })
}
func BenchmarkEncodingJSON(b *testing.B) { benchmark(b, json.Valid) }

func TestAppendKept(t *testing.T) {
	not := func(name string) func([]byte) bool { return func(key []byte) bool { return string(key) != name } }
	for _, c := range []struct{ object, want string }{
		{`{"a":1,"b":{"c":[2, 3]},"d":"x"}`, `>{"a":1,"d":"x"}`}, {`{"b":1}`, `>{}`}, {`{}`, `>{}`}, {` { "a" : "é" , "b":1 } `, `>{"a":"é"}`},
	} {
		got, err := AppendKept([]byte(">"), []byte(c.object), not("b"))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.object, got, err, c.want)
		}
	}
	if _, err := AppendKept(nil, []byte(`[1]`), not("b")); err == nil {
		t.Error("an array was taken for an object")
	}
}
