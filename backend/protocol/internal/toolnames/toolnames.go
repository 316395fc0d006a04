// Package toolnames gives the tools of a request names that an upstream takes, and their own names back to the calls in its reply (case 20).
// Both follow from the request alone: whoever reads the reply makes the names anew, and comes to the same.
package toolnames

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"metapi/backend/protocol/conversation"
)

// Form is what names a protocol takes.
type Form struct {
	Longest int
	Fits    func(r rune) bool
	First   func(r rune) bool // nil: any that fits
	Spaces  bool              // a namespace is said beside the name; else it becomes a part of it
	Own     []string          // what the encoder itself calls tools of its own: none of the client's is called so
}

// name is a tool by its name and the namespace that it was declared in.
type name struct{ space, name string }

// Names are those of one request. A name that is legal stays as it is; any other has its illegal characters replaced, is cut, and
// ends in a hash of the original, so that two do not become one.
type Names struct {
	form Form
	wire map[name]name
	back map[name]conversation.Tool
}

// Of makes the names for the tools that are declared in a request, or were called in its history.
func Of(r *conversation.Request, form Form) *Names {
	n := &Names{form: form, wire: map[name]name{}, back: map[name]conversation.Tool{}}
	var all []conversation.Tool
	for _, t := range r.Tools {
		if Callable(t.Kind) {
			all = append(all, t)
		}
	}
	for i := range r.Messages {
		for _, p := range r.Messages[i].Parts {
			if c, is := p.(*conversation.ToolCall); is && Callable(c.Kind) && c.Name != "" {
				all = append(all, conversation.Tool{Kind: c.Kind, Namespace: c.Namespace, Name: c.Name})
			}
		}
	}
	for _, legal := range []bool{true, false} { // legal names first: none of them is to be taken by one that is made
		for _, t := range all {
			full := name{t.Namespace, t.Name}
			if _, twice := n.wire[full]; twice {
				continue
			}
			if legal && !(n.legal(t.Name) && n.sayable(t.Namespace) && n.free(full)) {
				continue
			}
			wire := full
			if !legal {
				wire = n.made(full)
			}
			n.wire[full], n.back[wire] = wire, t
		}
	}
	return n
}

// Callable reports whether a tool of this kind is run by the client.
func Callable(k conversation.ToolKind) bool {
	return k == conversation.Function || k == conversation.Custom || k == ""
}

// Wire is the name of a tool at the upstream, and the namespace where one is said.
func (n *Names) Wire(space, own string) (wireSpace, wire string) {
	w, known := n.wire[name{space, own}]
	if !known {
		w = n.made(name{space, own})
	}
	return w.space, w.name
}

// Name is [Names.Wire] where namespaces are not said.
func (n *Names) Name(space, own string) string {
	_, wire := n.Wire(space, own)
	return wire
}

// Tool is which tool a call at the upstream is of.
func (n *Names) Tool(wireSpace, wire string) (t conversation.Tool, known bool) {
	t, known = n.back[name{wireSpace, wire}]
	return t, known
}

// changed reports whether any name is another at the upstream.
func (n *Names) changed() bool {
	for full, wire := range n.wire {
		if full != wire {
			return true
		}
	}
	return false
}

func (n *Names) legal(s string) bool {
	if s == "" || len(s) > n.form.Longest {
		return false
	}
	for i, r := range s {
		if !n.form.Fits(r) || i == 0 && n.form.First != nil && !n.form.First(r) {
			return false
		}
	}
	return true
}

// sayable reports whether a namespace is said as it is.
func (n *Names) sayable(space string) bool { return space == "" || n.form.Spaces && n.legal(space) }

func (n *Names) free(wire name) bool {
	_, taken := n.back[wire]
	return !taken && !slices.Contains(n.form.Own, wire.name)
}

// made is a legal name that no tool has yet.
func (n *Names) made(full name) name {
	space, own := "", full.name
	if n.form.Spaces && full.space != "" {
		space = n.fit(full.space)
	} else if full.space != "" {
		own = strings.TrimSuffix(full.space, "__") + "__" + full.name
	}
	if wire := (name{space, own}); n.legal(own) && n.free(wire) {
		return wire
	}
	for try := 0; ; try++ {
		wire := name{space, n.hashed(own, fmt.Sprintf("%d\x00%s\x00%s", try, full.space, full.name))}
		if n.free(wire) {
			return wire
		}
	}
}

// fit is a namespace as it can be said.
func (n *Names) fit(space string) string {
	if n.legal(space) {
		return space
	}
	return n.hashed(space, space)
}

// hashed is a text with what is illegal in it replaced, and a hash of what it stands for behind.
func (n *Names) hashed(text, of string) string {
	sum := sha256.Sum256([]byte(of))
	end := "_" + hex.EncodeToString(sum[:4])
	text = strings.Map(func(r rune) rune {
		if n.form.Fits(r) {
			return r
		}
		return '_'
	}, text)
	if first := []rune(text); n.form.First != nil && (len(first) == 0 || !n.form.First(first[0])) {
		text = "_" + text
	}
	return text[:min(len(text), n.form.Longest-len(end))] + end
}

// Word reports whether a character is a letter or digit of ASCII, an underscore or a hyphen: what most protocols take.
func Word(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_' || r == '-'
}
