package gateway

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
)

// What is set is in the body, what is set to nothing is not, and every other member is there in its place, byte for byte.
func TestSetMembersLeavesTheRestAlone(t *testing.T) {
	names := []string{"model", "temperature", "max_tokens", "messages", "x", "output"}
	paths := []string{"max_tokens", "output.effort", "temperature"}
	rapid.Check(t, func(t *rapid.T) {
		space := rapid.SampledFrom([]string{"", " ", "\n  ", "\t"})
		value := rapid.SampledFrom([]string{`1`, `"a,}{:\""`, `[1, 2]`, `null`, `{"effort" : 3}`, `{"a":1 , "effort":2,"b":"}"}`, `{}`, `{ "c": [ {} ] }`})
		var body strings.Builder
		body.WriteString(space.Draw(t, "before") + "{")
		drawn := rapid.SliceOfN(rapid.SampledFrom(names), 0, 7).Draw(t, "names") // some of them twice
		for i, name := range drawn {
			if i > 0 {
				body.WriteString("," + space.Draw(t, "space"))
			}
			fmt.Fprintf(&body, "%q%s:%s%s%s", name, space.Draw(t, "s"), space.Draw(t, "s"), value.Draw(t, "value"), space.Draw(t, "s"))
		}
		body.WriteString("}")
		said := map[string]any{}
		if rapid.Bool().Draw(t, "limit") {
			said["max_tokens"] = 77
		}
		if rapid.Bool().Draw(t, "effort") {
			said["output"] = map[string]any{"effort": "low", "other": 1}
		}
		want, _ := json.Marshal(said)
		data := []byte(body.String())
		got := apply(data, setMembers(data, protocol.Span{From: 0, To: len(data)}, want, paths, false))
		var is map[string]any
		if err := json.Unmarshal(got, &is); err != nil {
			t.Fatalf("%s became %s: %v", data, got, err)
		}
		if limit, has := is["max_tokens"]; has != (said["max_tokens"] != nil) || has && limit != 77.0 {
			t.Fatalf("%s became %s: max_tokens", data, got)
		}
		if _, has := is["temperature"]; has {
			t.Fatalf("%s became %s: temperature", data, got)
		}
		output, _ := is["output"].(map[string]any)
		if effort := output["effort"]; said["output"] != nil && effort != "low" || said["output"] == nil && effort != nil {
			t.Fatalf("%s became %s: effort", data, got)
		}
		rest := func(data []byte) (all [][]byte) {
			for _, m := range members(data, protocol.Span{From: 0, To: len(data)}) {
				switch {
				case m.key == "max_tokens", m.key == "temperature", m.key == "output" && data[m.value.From] != '{':
				case m.key == "output":
					for _, o := range members(data, m.value) {
						if o.key != "effort" {
							all = append(all, data[o.from:o.value.To])
						}
					}
				default:
					all = append(all, data[m.from:m.value.To])
				}
			}
			return all
		}
		if !slices.EqualFunc(rest(data), rest(got), bytes.Equal) {
			t.Fatalf("%s became %s: what was not set is another", data, got)
		}
	})
}
