package openairesponses

import (
	"strconv"

	"metapi/backend/protocol/conversation"
)

// pairs are the calls of a conversation in their order, each with an id that the service takes, and its result.
type pairs struct {
	ids     []string
	kinds   []conversation.ToolKind
	results []*conversation.ToolResult // nil where a call was never answered
	orphans []string                   // results, by id, that answer none, or one that was answered before
}

// pairUp gives each result to the newest call before it that has its id and no result yet. Where a protocol has no ids, the
// oldest open call of the same name is meant.
func pairUp(ms []conversation.Message) *pairs {
	p := &pairs{}
	var calls []*conversation.ToolCall
	open := map[string][]int{} // by id
	for i := range ms {
		for _, part := range ms[i].Parts {
			switch part := part.(type) {
			case *conversation.ToolCall:
				if ms[i].Role != conversation.Assistant {
					continue
				}
				if part.ID != "" {
					open[part.ID] = append(open[part.ID], len(calls))
				}
				calls = append(calls, part)
				p.kinds = append(p.kinds, part.Kind)
				p.results = append(p.results, nil)
			case *conversation.ToolResult:
				if k := p.find(part, calls, open); k >= 0 {
					p.results[k] = part
				} else {
					p.orphans = append(p.orphans, part.ID)
				}
			}
		}
	}
	p.name(calls)
	return p
}

func (p *pairs) find(res *conversation.ToolResult, calls []*conversation.ToolCall, open map[string][]int) int {
	if res.ID != "" {
		list := open[res.ID]
		if len(list) == 0 {
			return -1
		}
		open[res.ID] = list[:len(list)-1]
		return list[len(list)-1]
	}
	for k, c := range calls {
		if p.results[k] == nil && c.ID == "" && (res.Name == "" || res.Name == c.Name) {
			return k
		}
	}
	return -1
}

// name gives each call its id: its own where that is legal and was not given before, else one made of its place.
func (p *pairs) name(calls []*conversation.ToolCall) {
	given := map[string]bool{}
	for k, c := range calls {
		id := legalID(c.ID)
		if id == "" || given[id] {
			id = "call_" + strconv.Itoa(k)
			for n := 0; given[id]; n++ {
				id = "call_" + strconv.Itoa(k) + "_" + strconv.Itoa(n)
			}
		}
		given[id] = true
		p.ids = append(p.ids, id)
	}
}
