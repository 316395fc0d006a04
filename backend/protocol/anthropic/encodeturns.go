package anthropic

import (
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/carry"
	"metapi/backend/protocol/internal/freetext"
)

// turns puts the conversation in the order that Messages wants: turns of user and assistant by turns, a user first, the results of
// calls in the very next turn and at its head.
type turns struct {
	*encoding
	pairs
	list    []*wireTurn
	pending []*call      // of the assistant's turn that is the last
	moved   []*wireBlock // media of an assistant's, for the next user's turn
}

// conversation writes system and messages.
func (e *encoding) conversation() {
	t := &turns{encoding: e, pairs: pair(e.r.Messages)}
	leading := true
	for i, m := range e.r.Messages {
		switch m.Role {
		case conversation.System, conversation.Developer:
			t.system(i, m, leading)
			continue
		case conversation.Assistant:
			t.assistant(i, m)
		case conversation.User, conversation.ToolRole:
			t.user(i, m)
		default:
			e.refuse(fmt.Sprintf("messages.%d.role", i), "not a role: "+quoted(string(m.Role)))
		}
		leading = false
	}
	if len(t.pending) > 0 || len(t.moved) > 0 {
		t.open(conversation.User)
	}
	t.finish()
	e.out.Messages = t.list
	if len(t.list) == 0 && len(e.out.System) > 0 { // instructions alone are what is asked
		n := len(e.out.System) - 1
		e.out.Messages = []*wireTurn{{Role: string(conversation.User), Content: e.out.System[n:]}}
		e.out.System = e.out.System[:n:n]
	}
	if len(e.out.Messages) == 0 {
		e.refuse("messages", "at least one message with content is required")
	}
}

// open returns the turn of a role to add to. A new turn of the user's begins with the results of the calls before it.
func (t *turns) open(role conversation.Role) *wireTurn {
	if n := len(t.list); n > 0 && t.list[n-1].Role == string(role) {
		turn := t.list[n-1]
		if role == conversation.User {
			turn.Content = append(turn.Content, t.moved...)
			t.moved = nil
		}
		return turn
	}
	if len(t.list) == 0 && role == conversation.Assistant {
		t.list = append(t.list, &wireTurn{string(conversation.User), []*wireBlock{{Type: "text", Text: openingText}}})
	}
	turn := &wireTurn{Role: string(role)}
	t.list = append(t.list, turn)
	if role == conversation.User {
		for _, c := range t.pending {
			turn.Content = append(turn.Content, t.result(c))
		}
		turn.Content = append(turn.Content, t.moved...)
		t.pending, t.moved = nil, nil
	}
	return turn
}

func (t *turns) add(role conversation.Role, b *wireBlock) {
	if b != nil {
		turn := t.open(role)
		turn.Content = append(turn.Content, b)
	}
}

// system writes instructions: those that lead go to the member system, and later ones stay in their place.
func (t *turns) system(i int, m conversation.Message, leading bool) {
	var texts []*wireBlock
	for k, p := range m.Parts {
		text, ok := p.(*conversation.Text)
		if !ok {
			t.refuse(fmt.Sprintf("messages.%d.content.%d", i, k), "instructions must be text")
			return
		}
		if strings.TrimSpace(text.Text) != "" {
			texts = append(texts, &wireBlock{Type: "text", Text: text.Text, Cache: wireMark(text.Cache)})
		}
	}
	switch {
	case len(texts) == 0:
	case leading || len(t.list) == 0 && len(t.moved) == 0:
		t.out.System = append(t.out.System, texts...)
	case !t.to.Quirks[quirkSystemTurns]:
		for _, b := range texts {
			b.Text = "<system>\n" + b.Text + "\n</system>"
			t.add(conversation.User, b)
		}
	default:
		if len(t.pending) > 0 || len(t.moved) > 0 {
			t.open(conversation.User)
		}
		for _, b := range texts {
			t.add(conversation.System, b)
		}
	}
}

func (t *turns) assistant(i int, m conversation.Message) {
	for k, p := range m.Parts {
		switch p := p.(type) {
		case *conversation.Text:
			t.add(m.Role, textBlock(p.Text, p.Cache))
		case *conversation.Refusal:
			t.add(m.Role, textBlock(p.Text, nil))
		case *conversation.Thinking:
			t.add(m.Role, thinkingBlock(p))
		case *conversation.Media:
			if b := t.media(p, fmt.Sprintf("messages.%d.content.%d", i, k)); b != nil {
				t.moved = append(t.moved, b)
			}
		case *conversation.ToolCall:
			c, known := t.calls[p]
			if !known {
				t.lose("messages", "what tools of a vendor found is known to that vendor only")
				continue
			}
			t.add(m.Role, &wireBlock{Type: "tool_use", ID: c.wireID, Name: t.names.Name(p.Namespace, p.Name),
				Input: callInput(p), Cache: wireMark(p.Cache)})
			t.pending = append(t.pending, c)
		}
	}
}

// callInput is the object that a call's arguments are.
func callInput(p *conversation.ToolCall) []byte {
	if p.Kind == conversation.Custom {
		return []byte(freetext.Wrap(p.Arguments))
	}
	return argumentsObject(p.Arguments)
}

func (t *turns) user(i int, m conversation.Message) {
	for k, p := range m.Parts {
		place := func() string { return fmt.Sprintf("messages.%d.content.%d", i, k) }
		switch p := p.(type) {
		case *conversation.Text:
			t.add(conversation.User, textBlock(p.Text, p.Cache))
		case *conversation.Media:
			if !t.beside[p] {
				t.add(conversation.User, t.media(p, place()))
			}
		case *conversation.ToolResult:
			switch {
			case hostedKind(p.Kind):
				t.lose("messages", "what tools of a vendor found is known to that vendor only")
			case !t.results[p]:
				t.orphan(p, place())
			default: // with its call
				if len(t.pending) > 0 {
					t.open(conversation.User)
				}
			}
		}
	}
}

// orphan tells the result of a call that is not there as the user's words.
func (t *turns) orphan(r *conversation.ToolResult, place string) {
	t.lose("messages", "a tool's result without its call is told as text")
	first := true
	for _, b := range t.inner(r.Parts, place) {
		if first && b.Type == "text" {
			b.Text = lostCall + b.Text
		}
		first = false
		t.add(conversation.User, b)
	}
}

// result is a call's tool_result.
func (t *turns) result(c *call) *wireBlock {
	b := &wireBlock{Type: "tool_result", ToolUseID: c.wireID}
	if c.result == nil {
		b.IsError, b.Content = true, []*wireBlock{{Type: "text", Text: noResult}}
		return b
	}
	b.IsError, b.Cache = c.result.Error, wireMark(c.result.Cache)
	b.Content = t.inner(c.result.Parts, "messages")
	for _, m := range c.media {
		if w := t.media(m, "messages"); w != nil {
			b.Content = append(b.Content, w)
		}
	}
	return b
}

// inner is the content of a tool's result.
func (t *turns) inner(parts []conversation.Part, place string) []*wireBlock {
	var list []*wireBlock
	for _, p := range parts {
		var b *wireBlock
		switch p := p.(type) {
		case *conversation.Text:
			b = textBlock(p.Text, p.Cache)
		case *conversation.Media:
			b = t.media(p, place)
		}
		if b != nil {
			list = append(list, b)
		}
	}
	return list
}

// finish mends the last turn: what the assistant has begun must end in a word.
func (t *turns) finish() {
	n := len(t.list) - 1
	if n < 0 || t.list[n].Role != string(conversation.Assistant) {
		return
	}
	final := t.list[n]
	for len(final.Content) > 0 {
		last := final.Content[len(final.Content)-1]
		if last.Type == "text" {
			if last.Text = strings.TrimRight(last.Text, " \t\r\n"); last.Text != "" {
				break
			}
		}
		final.Content = final.Content[:len(final.Content)-1]
	}
	switch {
	case len(final.Content) == 0:
		t.list = t.list[:n]
	case !t.family.prefill:
		t.add(conversation.User, &wireBlock{Type: "text", Text: goOn})
		t.lose("messages", "this model does not go on within a message; it is asked to")
	}
}

// textBlock is a text; nil for one of white space only, which is refused.
func textBlock(s string, cache *conversation.Cache) *wireBlock {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return &wireBlock{Type: "text", Text: s, Cache: wireMark(cache)}
}

// thinkingBlock is thinking that Anthropic has signed or sealed; nil for any other, which it would refuse.
func thinkingBlock(t *conversation.Thinking) *wireBlock {
	if _, ours := carry.Unseal(t.Signature + t.Sealed); ours || t.Origin != protocol.Anthropic {
		return nil
	}
	switch {
	case t.Signature != "":
		words := t.Text
		return &wireBlock{Type: "thinking", Thinking: &words, Signature: t.Signature}
	case t.Sealed != "":
		return &wireBlock{Type: "redacted_thinking", Data: t.Sealed}
	}
	return nil
}
