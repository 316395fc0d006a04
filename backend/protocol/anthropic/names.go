package anthropic

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/quote"
)

const (
	longestName = 64 // accepted are 128, by some compatible vendors 64
	longestID   = 64
	searchName  = "web_search"
	answerName  = "structured_answer" // the tool that stands for a structured answer
)

// legal reports whether s fits ^[a-zA-Z0-9_-]+$, in at most n bytes.
func legal(s string, n int) bool {
	if s == "" || len(s) > n {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}

// digest is ten characters that tell texts apart.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:5])
}

// tame makes s legal: what is not becomes an underscore, and a digest of the whole keeps it apart from others.
func tame(s string, n int) string {
	mark := "_" + digest(s)
	b := []byte(s[:min(len(s), n-len(mark))])
	for i, c := range b {
		if !legal(string(c), 1) {
			b[i] = '_'
		}
	}
	return string(b) + mark
}

// called is how a client knows a tool.
type called struct {
	namespace, name string
	kind            conversation.ToolKind
}

func (c called) whole() string {
	if c.namespace == "" {
		return c.name
	}
	return c.namespace + "__" + c.name
}

// toolNames is what each tool of a request is called at the upstream. It follows from the request alone: both directions make it
// anew, and find the same.
type toolNames struct {
	out map[called]string
	in  map[string]called
}

// namesOf gives a name to each tool that the request declares, forces, or has called before. A name that is legal stays.
func namesOf(r *conversation.Request) *toolNames {
	n := &toolNames{map[called]string{}, map[string]called{}}
	for _, t := range r.Tools {
		if t.Kind == conversation.WebSearch {
			n.in[searchName] = called{name: searchName, kind: conversation.WebSearch}
		}
	}
	var later []called // illegal names go last, so that they never take a legal one
	see := func(c called) {
		if c.kind != conversation.Function && c.kind != conversation.Custom && c.kind != "" {
			return
		}
		if c.kind == "" {
			c.kind = conversation.Function
		}
		if _, known := n.out[c]; known {
			return
		}
		if whole := c.whole(); legal(whole, longestName) && n.in[whole] == (called{}) && whole != answerName {
			n.out[c], n.in[whole] = whole, c
		} else {
			later = append(later, c)
		}
	}
	for _, t := range r.Tools {
		see(called{t.Namespace, t.Name, t.Kind})
	}
	for _, m := range r.Messages {
		for _, p := range m.Parts {
			if call, ok := p.(*conversation.ToolCall); ok {
				see(called{call.Namespace, call.Name, call.Kind})
			}
		}
	}
	for _, c := range later {
		if _, known := n.out[c]; known {
			continue
		}
		name := tame(c.whole(), longestName)
		for n.in[name] != (called{}) {
			name = tame(c.whole()+name, longestName)
		}
		n.out[c], n.in[name] = name, c
	}
	return n
}

// of is the upstream's name for a call or tool.
func (n *toolNames) of(namespace, name string, kind conversation.ToolKind) string {
	if kind == "" {
		kind = conversation.Function
	}
	if out, known := n.out[called{namespace, name, kind}]; known {
		return out
	}
	return tame(name, longestName)
}

// chosen is the upstream's name for a tool that was chosen by its name alone; "" where it was not declared.
func (n *toolNames) chosen(r *conversation.Request, name string) string {
	for _, t := range r.Tools {
		c := called{t.Namespace, t.Name, t.Kind}
		if t.Kind == conversation.WebSearch && (name == t.Name || name == searchName) {
			return searchName
		}
		if c.name == name || c.whole() == name {
			return n.out[c]
		}
	}
	return ""
}

// toolID is the id of the i-th call of a conversation, and is new among those seen. An id that is legal and new stays.
func toolID(id string, i int, seen map[string]bool) string {
	if !legal(id, longestID) || seen[id] {
		sum := sha256.Sum256([]byte(id + "\x00" + strconv.Itoa(i)))
		id = "toolu_" + hex.EncodeToString(sum[:12])
	}
	seen[id] = true
	return id
}

// clientID is the id of a call for a client, who gives it back with the result.
func clientID(id string) string {
	switch {
	case id == "":
		return newID("toolu_")
	case legal(id, 256):
		return id
	}
	return tame(id, longestID)
}

// wrapText is the arguments of a tool that takes free text, by customSchema.
func wrapText(words string) []byte {
	return append(quote.Append([]byte(`{"input":`), words), '}')
}

const customSchema = `{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}`

// customDescription tells the model of a Custom tool's grammar, which Messages has no place for.
func customDescription(t conversation.Tool) string {
	d := t.Description
	if len(t.Grammar) > 0 {
		d = strings.TrimSpace(d + "\nThe input is a text of this format: " + string(t.Grammar))
	}
	return d
}
