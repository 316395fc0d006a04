package anthropic

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
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

// Restorer turns what an upstream has answered to an encoded request back into what the client asked: tools by the client's own
// names, the free text of Custom tools, and a structured answer that was asked for as the call of a tool. It is for one reply.
type Restorer struct {
	names  *toolNames
	answer bool // the request was encoded with the tool answerName
	wrap   bool // whose argument is not the answer but holds it

	held    conversation.Event // the start of a call that is held back
	args    []byte
	as      called
	through bool // the part that is open is the answer, told on as text
	calls   bool // there was a call of a tool of the client's
}

// Restore makes the restorer of a reply to r, which was encoded for to.
func Restore(r *conversation.Request, to conversation.Target) *Restorer {
	s := &Restorer{names: namesOf(r)}
	s.answer = answersByTool(r, familyOf(to))
	s.wrap = s.answer && wrapsAnswer(r.Format.Schema)
	return s
}

// Event gives the events that stand for one of a [conversation.Reader]'s.
func (s *Restorer) Event(e conversation.Event) []conversation.Event {
	switch e := e.(type) {
	case *conversation.PartStart:
		call, ok := e.Part.(*conversation.ToolCall)
		if !ok {
			break
		}
		if s.answer && call.Name == answerName {
			start := &conversation.PartStart{Choice: e.Choice, Part: &conversation.Text{}}
			if s.wrap {
				s.held, s.as = start, called{name: answerName}
				return nil
			}
			s.through = true
			return []conversation.Event{start}
		}
		s.name(call)
		if call.Kind == conversation.Custom {
			s.held, s.as = e, called{kind: conversation.Custom}
			return nil
		}
	case *conversation.Delta:
		if s.held == nil {
			break
		}
		if len(s.args)+len(e.Text) > maxHeld {
			return []conversation.Event{&conversation.Fault{Err: badReply("the provider's answer holds more of a call than can be kept")}}
		}
		s.args = append(s.args, e.Text...)
		return nil
	case *conversation.PartEnd:
		s.through = false
		if s.held == nil {
			break
		}
		out := []conversation.Event{s.held, &conversation.Delta{Choice: e.Choice, Text: s.unwrap(string(s.args), s.as)}, e}
		s.held, s.args = nil, nil
		return out
	case *conversation.Finished:
		s.finish(&e.Finish)
	}
	return []conversation.Event{e}
}

// Reply restores a whole reply, in place.
func (s *Restorer) Reply(reply *conversation.Reply) {
	for i := range reply.Choices {
		choice := &reply.Choices[i]
		for k, p := range choice.Parts {
			call, ok := p.(*conversation.ToolCall)
			switch {
			case !ok:
			case s.answer && call.Name == answerName:
				words := call.Arguments
				if s.wrap {
					words = s.unwrap(words, called{name: answerName})
				}
				choice.Parts[k] = &conversation.Text{Text: words}
			default:
				if s.name(call); call.Kind == conversation.Custom {
					call.Arguments = s.unwrap(call.Arguments, called{kind: conversation.Custom})
				}
			}
		}
		s.finish(&choice.Finish)
	}
}

// name gives a call the client's name. One that the request does not know stays: a model may make names up.
func (s *Restorer) name(call *conversation.ToolCall) {
	if call.Kind == conversation.WebSearch || call.Kind == conversation.Hosted {
		return
	}
	s.calls = true
	if c, known := s.names.in[call.Name]; known && c.kind != conversation.WebSearch {
		call.Name, call.Namespace, call.Kind = c.name, c.namespace, c.kind
	}
}

// finish corrects the reason of a reply whose only call was the answer.
func (s *Restorer) finish(f *conversation.Finish) {
	if s.answer && !s.calls && f.Reason == conversation.CallsTools {
		f.Reason = conversation.Stopped
	}
}

// unwrap takes what [wrapText] or the answer's tool has put around a text.
func (s *Restorer) unwrap(arguments string, as called) string {
	var f fields
	if !f.read([]byte(arguments)) {
		return arguments
	}
	switch {
	case as.kind == conversation.Custom && f.input != nil:
		if words, ok := scan.String(f.input); ok {
			return words
		}
		return string(f.input)
	case as.name == answerName && f.value != nil:
		return string(f.value)
	}
	return arguments
}

// wrapText is the arguments of a tool that takes free text, by customSchema.
func wrapText(words string) []byte {
	return append(appendString([]byte(`{"input":`), words), '}')
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
