package openaichat

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"metapi/backend/protocol/conversation"
)

// longest is how long a tool's name may be: FunctionObject.name.
const longest = 64

// longestID is how long a call's id may be in a request: OpenAI refuses longer ones, which other vendors make.
const longestID = 40

// full is a tool by the name that the client knows it by.
type full struct{ namespace, name string }

// Names is how the tools of one request are called on the wire, where a name is of [a-zA-Z0-9_-] and 64 characters at most, and back. It
// follows from the request alone, so that whoever reads the reply comes to the same.
type Names struct {
	wire   map[full]string
	client map[string]full
}

// NamesOf gives every tool that a request speaks of its name on the wire. A name that is legal stays as it is; any other is made legal and
// told from all others by a hash (case 20).
func NamesOf(r *conversation.Request) *Names {
	n := &Names{wire: map[full]string{}, client: map[string]full{}}
	var all []full
	seen := map[full]bool{}
	add := func(namespace, name string) {
		if f := (full{namespace, name}); name != "" && !seen[f] {
			seen[f] = true
			all = append(all, f)
		}
	}
	for _, t := range r.Tools {
		if t.Kind == conversation.Function || t.Kind == conversation.Custom {
			add(t.Namespace, t.Name)
		}
	}
	for _, m := range r.Messages {
		for _, p := range m.Parts {
			if c, ok := p.(*conversation.ToolCall); ok {
				add(c.Namespace, c.Name)
			}
		}
	}
	for _, f := range all { // legal names first, so that none of them is taken by a changed one
		if f.namespace == "" && legal(f.name) {
			n.put(f, f.name)
		}
	}
	for _, f := range all {
		if n.wire[f] != "" {
			continue
		}
		joined := f.name
		if f.namespace != "" {
			joined = f.namespace + "__" + f.name
		}
		if _, taken := n.client[joined]; legal(joined) && !taken {
			n.put(f, joined)
			continue
		}
		for try := 0; n.wire[f] == ""; try++ {
			hash := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", f.namespace, f.name, try))
			name := sanitise(joined, longest-9) + "_" + hex.EncodeToString(hash[:4])
			if _, taken := n.client[name]; !taken {
				n.put(f, name)
			}
		}
	}
	return n
}

func (n *Names) put(f full, wire string) { n.wire[f], n.client[wire] = wire, f }

// Wire is how a tool is called on the wire.
func (n *Names) Wire(namespace, name string) string {
	if w, ok := n.wire[full{namespace, name}]; ok {
		return w
	}
	return name
}

// Client is which tool a name on the wire stands for. A name that was never given stands for itself: models invent some.
func (n *Names) Client(wire string) (namespace, name string) {
	if f, ok := n.client[wire]; ok {
		return f.namespace, f.name
	}
	return "", wire
}

func legal(name string) bool {
	return name != "" && len(name) <= longest && strings.IndexFunc(name, func(r rune) bool { return !fits(r) }) < 0
}

func fits(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
}

// sanitise puts an underscore for every character that a name may not have, and cuts it.
func sanitise(name string, limit int) string {
	name = strings.Map(func(r rune) rune {
		if fits(r) {
			return r
		}
		return '_'
	}, name)
	return name[:min(len(name), limit)]
}

// shortID makes an id fit for a request. Equal ids stay equal, and nothing has to be mapped back: an upstream's reply names none of them.
func shortID(id string) string {
	if len(id) <= longestID {
		return id
	}
	hash := sha256.Sum256([]byte(id))
	return "call_" + hex.EncodeToString(hash[:12])
}

// nine are ids that Mistral takes, and all others are refused by it.
var nine = regexp.MustCompile(`^[a-zA-Z0-9]{9}$`)

// idOfNine makes an id of nine letters and digits. None stays none.
func idOfNine(id string) string {
	if id == "" || nine.MatchString(id) {
		return id
	}
	hash := sha256.Sum256([]byte(id))
	return hex.EncodeToString(hash[:5])[:9]
}

// emulates reports whether custom tools, which only OpenAI's newest models take, are declared as functions with one text.
func emulates(to conversation.Target) bool {
	f, _ := familyOf(to.Model)
	return !f.gpt5 && !to.Quirks[quirkCustomTools]
}

// customSchema is the schema of a custom tool that is declared as a function.
var customSchema = json.RawMessage(`{"type":"object","properties":{"input":{"type":"string","description":"The whole input of the tool, as text."}},"required":["input"],"additionalProperties":false}`)

// wrapInput and unwrapInput are the arguments of a custom tool's call as a function's.
func wrapInput(input string) string {
	return string(compact(map[string]string{"input": input}))
}

func unwrapInput(arguments string) string {
	var in struct{ Input *string }
	if json.Unmarshal([]byte(arguments), &in) == nil && in.Input != nil {
		return *in.Input
	}
	return arguments
}
