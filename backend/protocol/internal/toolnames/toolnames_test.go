package toolnames

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol/conversation"
)

var forms = map[string]Form{
	"words":       {Longest: 64, Fits: Word, Own: []string{"taken"}},
	"with spaces": {Longest: 64, Fits: Word, Spaces: true},
	"letter first": {Longest: 20, Fits: func(r rune) bool { return Word(r) || r == '.' },
		First: func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' || r == '_' }},
}

// Case 20: whatever tools are called, their names at the upstream are legal, differ, and lead back; legal ones stay.
func TestNamesAreLegalAndLeadBack(t *testing.T) {
	names := []string{"f", "a.b", "a_b", "a b", "ns__f", "taken", "9", "größe", "", "-", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}
	for form, f := range forms {
		rapid.Check(t, func(t *rapid.T) {
			r := &conversation.Request{}
			for range rapid.IntRange(1, 8).Draw(t, "tools") {
				tool := conversation.Tool{Kind: conversation.Function, Name: rapid.OneOf(rapid.SampledFrom(names), rapid.StringN(1, 90, -1)).Draw(t, "name")}
				if rapid.Bool().Draw(t, "spaced") {
					tool.Namespace = rapid.SampledFrom([]string{"ns", "größe", "mcp__x__"}).Draw(t, "space")
				}
				if tool.Name != "" {
					r.Tools = append(r.Tools, tool)
				}
			}
			n := Of(r, f)
			seen := map[name]name{}
			for _, tool := range r.Tools {
				full := name{tool.Namespace, tool.Name}
				space, wire := n.Wire(tool.Namespace, tool.Name)
				if !n.legal(wire) || space != "" && !n.legal(space) || !f.Spaces && space != "" || len(f.Own) > 0 && wire == f.Own[0] {
					t.Fatalf("%s: %+v is called %q %q", form, full, space, wire)
				}
				if other, taken := seen[name{space, wire}]; taken && other != full {
					t.Fatalf("%s: %+v and %+v are both called %q", form, full, other, wire)
				}
				seen[name{space, wire}] = full
				if back, known := n.Tool(space, wire); !known || back.Name != tool.Name || back.Namespace != tool.Namespace {
					t.Fatalf("%s: %q leads back to %+v, not %+v", form, wire, back, full)
				}
				if n.legal(tool.Name) && tool.Namespace == "" && wire != tool.Name && (len(f.Own) == 0 || tool.Name != f.Own[0]) {
					t.Fatalf("%s: %q became %q", form, tool.Name, wire)
				}
			}
		})
	}
}

// Case 23: a custom tool's text comes out of the function's arguments as it grows, of several choices at once; what needs nothing is not touched.
func TestTextsComeOutAsTheyGrow(t *testing.T) {
	r := &conversation.Request{Tools: []conversation.Tool{{Kind: conversation.Custom, Name: "patch.it"}, {Kind: conversation.Function, Name: "f"}}}
	n := Of(r, forms["words"])
	call := func(name string) *conversation.ToolCall {
		return &conversation.ToolCall{ID: "c", Name: name, Kind: conversation.Function}
	}
	es := n.Restore(nil).Events([]conversation.Event{
		&conversation.PartStart{Choice: 0, Part: call(n.Name("", "patch.it"))}, &conversation.PartStart{Choice: 1, Part: call("f")},
		&conversation.Delta{Choice: 0, Text: `{"input":"one\n`}, &conversation.Delta{Choice: 1, Text: `{"a":1}`}, &conversation.Delta{Choice: 0, Text: `two`},
		&conversation.Delta{Choice: 0, Text: `"`}, &conversation.Delta{Choice: 0, Text: `}`, Signature: "s"}, &conversation.PartEnd{Choice: 0}, &conversation.PartEnd{Choice: 1}})
	texts := map[int]string{}
	deltas := 0
	for _, e := range es {
		switch e := e.(type) {
		case *conversation.PartStart:
			if c := e.Part.(*conversation.ToolCall); e.Choice == 0 && (c.Name != "patch.it" || c.Kind != conversation.Custom) || e.Choice == 1 && (c.Name != "f" || c.Kind != conversation.Function) {
				t.Errorf("%+v", c)
			}
		case *conversation.Delta:
			texts[e.Choice] += e.Text
			deltas++
		}
	}
	if texts[0] != "one\ntwo" || texts[1] != `{"a":1}` || deltas != 4 {
		t.Errorf("%v in %d deltas", texts, deltas)
	}
	if Of(&conversation.Request{Tools: []conversation.Tool{{Kind: conversation.Function, Name: "f", Schema: json.RawMessage(`{}`)}}}, forms["words"]).Restore(nil) != nil {
		t.Error("there was nothing to restore")
	}
}
