package gemini

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/schema"
)

// longestName bounds a function's name. The API has taken 128 for a while; relays and older models stay at 64.
const longestName = 64

// inputName is the one parameter of the function that stands for a tool which takes free text.
const inputName = "input"

// Names are the names of a request's tools as this protocol can say them, and the way back. They depend on nothing but the request.
//
// A name that is legal stays as it is. Any other has its illegal characters replaced, is cut, and ends in a hash of the original, so
// that two do not become one.
type Names struct {
	wire map[named]string
	back map[string]conv.Tool
}

// named is what tells one tool from another.
type named struct{ namespace, name string }

// NamesOf makes the names for the tools that are declared in a request, or were called in its history.
func NamesOf(r *conv.Request) *Names {
	n := &Names{wire: map[named]string{}, back: map[string]conv.Tool{}}
	var all []conv.Tool
	for _, t := range r.Tools {
		if t.Kind == conv.Function || t.Kind == conv.Custom || t.Kind == "" {
			all = append(all, t)
		}
	}
	for i := range r.Messages {
		for _, p := range r.Messages[i].Parts {
			if c, ok := p.(*conv.ToolCall); ok && (c.Kind == conv.Function || c.Kind == conv.Custom || c.Kind == "") {
				all = append(all, conv.Tool{Kind: c.Kind, Namespace: c.Namespace, Name: c.Name})
			}
		}
	}
	for _, made := range []bool{false, true} { // legal names first: theirs are not to be taken by others
		for _, t := range all {
			key := named{t.Namespace, t.Name}
			if _, twice := n.wire[key]; twice || (t.Namespace == "" && isName(t.Name)) == made {
				continue
			}
			name := t.Name
			if made {
				name = n.make(t)
			}
			n.wire[key], n.back[name] = name, t
		}
	}
	return n
}

// Wire is the name that a tool has in this protocol.
func (n *Names) Wire(namespace, name string) string {
	if wire, ok := n.wire[named{namespace, name}]; ok {
		return wire
	}
	return n.make(conv.Tool{Namespace: namespace, Name: name})
}

// make returns a legal name that no tool has yet.
func (n *Names) make(t conv.Tool) string {
	full := t.Name
	if t.Namespace != "" {
		full = strings.TrimSuffix(t.Namespace, "__") + "__" + t.Name
	}
	name := strings.Map(func(r rune) rune {
		if isNameRune(r) {
			return r
		}
		return '_'
	}, full)
	if name == "" || !('a' <= name[0]|0x20 && name[0]|0x20 <= 'z' || name[0] == '_') {
		name = "_" + name
	}
	if name == full && len(name) <= longestName && n.free(name) {
		return name
	}
	for i := 0; ; i++ {
		sum := sha256.Sum256([]byte(strconv.Itoa(i) + "\x00" + t.Namespace + "\x00" + t.Name))
		end := "_" + hex.EncodeToString(sum[:4])
		if made := name[:min(len(name), longestName-len(end))] + end; n.free(made) {
			return made
		}
	}
}

func (n *Names) free(name string) bool {
	_, taken := n.back[name]
	return !taken
}

func isNameRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-' || r == '.'
}

func isName(s string) bool {
	if s == "" || len(s) > longestName || strings.ContainsFunc(s, func(r rune) bool { return !isNameRune(r) }) {
		return false
	}
	return 'a' <= s[0]|0x20 && s[0]|0x20 <= 'z' || s[0] == '_'
}

// Restore gives a call of a reply back what it was before its request was put into this protocol: name, namespace, kind and
// arguments. A call of a tool that the request does not have stays as it is.
func (n *Names) Restore(c *conv.ToolCall) {
	t, ok := n.back[c.Name]
	if !ok {
		return
	}
	c.Name, c.Namespace, c.Kind = t.Name, t.Namespace, t.Kind
	if c.Arguments != "" {
		c.Arguments = argumentsFor(t, c.Arguments)
	}
}

// RestoreReply restores the calls of a whole reply.
func (n *Names) RestoreReply(r *conv.Reply) {
	for i := range r.Choices {
		for _, p := range r.Choices[i].Parts {
			if c, ok := p.(*conv.ToolCall); ok {
				n.Restore(c)
			}
		}
	}
}

// RestoreStream returns a function that restores the calls of one stream, event by event and in place. It relies on a call's arguments
// coming in one [conv.Delta], as this protocol's [conv.Reader] tells them.
func (n *Names) RestoreStream() func(conv.Event) {
	open := map[int]conv.Tool{}
	return func(e conv.Event) {
		switch e := e.(type) {
		case *conv.PartStart:
			if c, ok := e.Part.(*conv.ToolCall); ok {
				if t, ok := n.back[c.Name]; ok {
					open[e.Choice] = t
					n.Restore(c)
				}
			}
		case *conv.Delta:
			if t, ok := open[e.Choice]; ok && e.Text != "" {
				e.Text = argumentsFor(t, e.Text)
			}
		case *conv.PartEnd:
			delete(open, e.Choice)
		}
	}
}

// argumentsFor reads arguments as the tool wants them: free text out of its one parameter, numbers out of an enum of strings.
func argumentsFor(t conv.Tool, arguments string) string {
	if t.Kind != conv.Custom {
		return schema.Restore(t.Schema, arguments)
	}
	var members map[string]json.RawMessage
	var text string
	if json.Unmarshal([]byte(arguments), &members) != nil || json.Unmarshal(members[inputName], &text) != nil {
		return arguments
	}
	return text
}
