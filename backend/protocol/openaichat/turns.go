package openaichat

import (
	"fmt"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/toolnames"
)

// turn is one message as Chat Completions orders it: an assistant's with its calls, and right behind it the results of all of them.
type turn struct {
	role    conversation.Role
	name    string
	parts   []conversation.Part // of a tool turn: media that came beside its results
	calls   []calling
	results []answer
	place   int // of the first message that it was made of
}

type calling struct {
	id string // on the wire
	*conversation.ToolCall
}

type answer struct {
	id     string
	result *conversation.ToolResult // nil: none was kept
	name   string
}

// turns puts a conversation in the order that Chat Completions wants (case 21): the assistant's messages in a row are one, the results of
// its calls follow it at once, each once; a result whose call is not there becomes the user's words, and a call without a result gets one
// that says so. fit makes an id fit for the upstream.
func turns(messages []conversation.Message, fit func(id string) string) []turn {
	var out []turn
	taken := map[*conversation.ToolResult]bool{}
	for i := 0; i < len(messages); i++ {
		m := messages[i]
		if m.Role != conversation.Assistant {
			if t, ok := plain(m, i, taken); ok {
				out = append(out, t)
			}
			continue
		}
		t := turn{role: m.Role, name: m.Name, place: i}
		t.say(m.Parts)
		for i+1 < len(messages) && messages[i+1].Role == conversation.Assistant && messages[i+1].Name == m.Name {
			i++
			t.say(messages[i].Parts)
		}
		t.identify(fit)
		out = append(out, t)
		if len(t.calls) > 0 {
			out = append(out, t.answers(messages[i+1:], taken))
		}
	}
	return out
}

// say takes an assistant's parts in: what it calls apart from what it says. What a vendor ran itself is nobody else's to see.
func (t *turn) say(parts []conversation.Part) {
	for _, p := range parts {
		c, ok := p.(*conversation.ToolCall)
		switch {
		case !ok:
			t.parts = append(t.parts, p)
		case toolnames.Callable(c.Kind):
			t.calls = append(t.calls, calling{c.ID, c})
		}
	}
}

// identify gives each call an id of its own that fits, by its place where it has none (case 19).
func (t *turn) identify(fit func(id string) string) {
	used := map[string]bool{}
	for k := range t.calls {
		id := fit(t.calls[k].id)
		for n := 0; id == "" || used[id]; n++ {
			id = fmt.Sprintf("call_%d_%d", t.place, k)
			if n > 0 {
				id = fmt.Sprintf("call_%d_%d_%d", t.place, k, n)
			}
			id = fit(id)
		}
		used[id] = true
		t.calls[k].id = id
	}
}

// answers gathers the results of a turn's calls from the messages up to the next of the assistant.
func (t *turn) answers(after []conversation.Message, taken map[*conversation.ToolResult]bool) turn {
	out := turn{role: conversation.ToolRole, results: make([]answer, len(t.calls)), place: t.place}
	for k, c := range t.calls {
		out.results[k] = answer{id: c.id, name: c.Name}
	}
	for _, m := range after {
		if m.Role == conversation.Assistant {
			break
		}
		for _, p := range m.Parts {
			if r, ok := p.(*conversation.ToolResult); ok {
				if k, known := t.find(r, out.results); known {
					taken[r] = true // again, where k < 0: the first counts
					if k >= 0 {
						out.results[k].result = r
					}
				}
			}
		}
	}
	return out
}

// find is the call that a result answers: by its id, or where either has none by its name and order. k is -1 where it has its answer.
func (t *turn) find(r *conversation.ToolResult, have []answer) (k int, known bool) {
	for k, c := range t.calls {
		fits := r.ID != "" && c.ToolCall.ID == r.ID
		if r.ID == "" || c.ToolCall.ID == "" {
			fits = r.Name == "" || r.Name == c.Name
		}
		if !fits {
			continue
		}
		if known = true; have[k].result == nil {
			return k, true
		}
	}
	if r.ID == "" {
		return -1, false // a further answer to a call that has one is another's
	}
	return -1, known
}

// plain is any other message, without the results that have been put in their place.
func plain(m conversation.Message, place int, taken map[*conversation.ToolResult]bool) (turn, bool) {
	t := turn{role: m.Role, name: m.Name, place: place}
	for _, p := range m.Parts {
		r, ok := p.(*conversation.ToolResult)
		switch {
		case ok && taken[r]:
		case ok && !toolnames.Callable(r.Kind): // of a tool that a vendor ran
		case ok:
			t.parts = append(t.parts, orphan(r)...)
		default:
			t.parts = append(t.parts, p)
		}
	}
	if t.role == conversation.ToolRole {
		t.role = conversation.User
	}
	return t, len(t.parts) > 0
}

// orphan is a result whose call is not there, as the user's words.
func orphan(r *conversation.ToolResult) []conversation.Part {
	title := "Result of a tool call that is no longer in the conversation"
	if r.Name != "" {
		title += " (" + r.Name + ")"
	}
	return append([]conversation.Part{&conversation.Text{Text: title + ":"}}, r.Parts...)
}
