package freetext

import (
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// However arguments are cut, their input is told whole, and as it grows.
func TestUnwrapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		input := rapid.String().Draw(t, "input")
		value, _ := json.Marshal(input)
		if rapid.Bool().Draw(t, "ascii") {
			value = ascii(input)
		}
		key := rapid.SampledFrom([]string{"input", "patch"}).Draw(t, "key")
		arguments := ` { "` + key + `" : ` + string(value) + ` }`
		var u Unwrapping
		got, early := "", 0
		for rest := []rune(arguments); len(rest) > 0; {
			n := min(rapid.IntRange(1, 7).Draw(t, "cut"), len(rest))
			s := u.Add(string(rest[:n]))
			early += len(s)
			got, rest = got+s, rest[n:]
		}
		got += u.End()
		if got != input || key == "input" && early != len(input) {
			t.Fatalf("%q, %d bytes of it early; want %q of %s", got, early, input, arguments)
		}
	})
}

// Half of a pair of surrogates, and arguments that are cut, take nothing with them.
func TestUnwrappingOdd(t *testing.T) {
	for arguments, want := range map[string]string{`{"input":"a\ud83d"}`: "a\ufffd", `{"input":"\ud83dab"}`: "\ufffdab", `{"input":"\ud83d\nb"}`: "\ufffd\nb", `{"input":"a\ud83`: "a", `{"input":"a`: "a", `{"input":7}`: `{"input":7}`, `{"inp`: `{"inp`} {
		for _, cut := range []int{1, len(arguments)} {
			var u Unwrapping
			got := ""
			for i := 0; i < len(arguments); i += cut {
				got += u.Add(arguments[i:min(i+cut, len(arguments))])
			}
			if got += u.End(); got != want {
				t.Errorf("%s: %q, want %q", arguments, got, want)
			}
		}
	}
}

// ascii writes s as a JSON string of escapes alone.
func ascii(s string) []byte {
	out := []byte{'"'}
	for _, r := range s {
		units := []uint32{uint32(r)}
		if r > 0xffff {
			units = []uint32{0xd800 + uint32(r-0x10000)>>10, 0xdc00 + uint32(r-0x10000)&0x3ff}
		}
		for _, u := range units {
			out = fmt.Appendf(out, `\u%04x`, u)
		}
	}
	return append(out, '"')
}
