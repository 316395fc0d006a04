package anthropic

import (
	"metapi/backend/protocol/conversation"
)

// call is a call of the conversation with its result, wherever that was said.
type call struct {
	*conversation.ToolCall
	wireID string
	result *conversation.ToolResult
	media  []*conversation.Media // that came beside the result
}

// pairs says which results belong to which calls.
type pairs struct {
	calls   map[*conversation.ToolCall]*call
	results map[*conversation.ToolResult]bool // that a call has, or a double of one: all but orphans
	beside  map[*conversation.Media]bool      // that went with a result
}

// pair goes through the conversation once. A result is of the last unanswered call before it that has its id; without an id, of the
// first unanswered call of its name. A second result of a call is passed over.
func pair(messages []conversation.Message) pairs {
	p := pairs{map[*conversation.ToolCall]*call{}, map[*conversation.ToolResult]bool{}, map[*conversation.Media]bool{}}
	ids := map[string]bool{}
	open := map[string][]*call{} // by id, and by name for results without an id
	answered := map[string]bool{}
	for _, m := range messages {
		var last *call
		for _, part := range m.Parts {
			switch part := part.(type) {
			case *conversation.ToolCall:
				if hostedKind(part.Kind) {
					continue
				}
				c := &call{ToolCall: part}
				c.wireID = toolID(part.ID, len(p.calls), ids)
				p.calls[part] = c
				open["i"+part.ID] = append(open["i"+part.ID], c)
				if part.ID == "" {
					open["n"+part.Name] = append(open["n"+part.Name], c)
				}
			case *conversation.ToolResult:
				if hostedKind(part.Kind) {
					continue
				}
				last = take(open, part)
				if last != nil {
					last.result, p.results[part] = part, true
					answered[part.ID] = true
				} else if part.ID != "" && answered[part.ID] {
					p.results[part] = true
				}
			case *conversation.Media:
				if m.Role == conversation.ToolRole && last != nil {
					last.media = append(last.media, part)
					p.beside[part] = true
				}
			}
		}
	}
	return p
}

// take finds the call of a result among the open ones.
func take(open map[string][]*call, r *conversation.ToolResult) *call {
	key := "i" + r.ID
	if r.ID == "" && r.Name != "" {
		key = "n" + r.Name
	}
	for list := open[key]; len(list) > 0; list = open[key] {
		at := len(list) - 1
		if r.ID == "" {
			at = 0
		}
		c := list[at]
		if r.ID == "" {
			open[key] = list[1:]
		} else {
			open[key] = list[:at]
		}
		if c.result == nil {
			return c
		}
	}
	return nil
}

func hostedKind(k conversation.ToolKind) bool {
	return k == conversation.WebSearch || k == conversation.Hosted
}
