package anthropic

import (
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/freetext"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/internal/unsaid"
)

func (e *encoding) tools() {
	only := e.r.Choice.Names
	if e.r.Choice.Mode == conversation.ChoiceTool && len(only) == 1 || e.r.Choice.Mode == conversation.ChoiceNone {
		only = nil
	}
	seen := map[string]bool{}
	for _, t := range e.r.Tools {
		if len(only) > 0 && !slices.Contains(only, t.Name) && !slices.Contains(only, e.names.Name(t.Namespace, t.Name)) {
			continue
		}
		switch t.Kind {
		case conversation.WebSearch:
			if !seen[searchName] {
				e.hosted(t)
				seen[searchName] = true
			}
		case conversation.Hosted:
			e.hosted(t)
		default:
			e.function(t, seen)
		}
	}
	if answersByTool(e.r, e.family) {
		e.out.Tools = append(e.out.Tools, answerTool(e.r.Format))
	}
}

func (e *encoding) function(t conversation.Tool, seen map[string]bool) {
	w := &wireTool{Name: e.names.Name(t.Namespace, t.Name), Description: t.Description, Cache: wireMark(t.Cache)}
	if seen[w.Name] {
		e.lose("tools", "a tool of this name was declared before")
		return
	}
	seen[w.Name] = true
	if t.Kind == conversation.Custom {
		w.InputSchema, w.Description = freetext.Schema, freetext.Description(&t)
	} else {
		w.InputSchema = schema.Flat(t.Schema)
	}
	e.out.Tools = append(e.out.Tools, w)
}

// earlier declares the tools that the conversation has called where the request declares none, as when it asks for a summary: without
// a declaration the calls may be refused. None of them is to be called again.
func (e *encoding) earlier() {
	if len(e.out.Tools) > 0 {
		return
	}
	seen := map[string]bool{}
	for _, turn := range e.out.Messages {
		for _, b := range turn.Content {
			if b.Type == "tool_use" && !seen[b.Name] {
				seen[b.Name] = true
				e.out.Tools = append(e.out.Tools, &wireTool{Name: b.Name, Description: earlierTool, InputSchema: schema.Flat(nil)})
			}
		}
	}
	if len(e.out.Tools) > 0 {
		e.out.ToolChoice = &wireChoice{Type: "none"}
	}
}

// hosted is a tool that a vendor runs. Marks on it are not counted, and so are left out.
func (e *encoding) hosted(t conversation.Tool) {
	raw, lost, fault := hosted.Say(&t, protocol.Anthropic)
	e.take(lost, fault)
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) == nil {
		delete(m, "cache_control")
		e.out.Tools = append(e.out.Tools, m)
	}
}

// answersByTool reports whether an answer by a schema is to come as the call of a tool: where the model takes no format, and the
// client does not itself force a call.
func answersByTool(r *conversation.Request, f family) bool {
	return r.Format.Kind == conversation.FormatSchema && !f.schema &&
		r.Choice.Mode != conversation.ChoiceAny && r.Choice.Mode != conversation.ChoiceTool
}

func answerTool(f conversation.Format) *wireTool {
	w := &wireTool{Name: answerName, Description: strings.TrimSpace("Give the answer by this tool. " + f.Description), InputSchema: f.Schema}
	if wrapsAnswer(f.Schema) {
		root := map[string]any{"type": "object", "properties": map[string]any{"value": f.Schema}, "required": []string{"value"}}
		var m map[string]json.RawMessage
		if json.Unmarshal(f.Schema, &m) == nil {
			for _, defs := range []string{"$defs", "definitions"} { // references go by the root
				if m[defs] != nil {
					root[defs] = m[defs]
				}
			}
		}
		w.InputSchema = encode(root)
		return w
	}
	w.InputSchema = schema.Flat(f.Schema)
	return w
}

var choiceWords = map[conversation.ChoiceMode]string{conversation.ChoiceUnset: "auto", conversation.ChoiceAuto: "auto",
	conversation.ChoiceAny: "any", conversation.ChoiceNone: "none", conversation.ChoiceTool: "tool"}

func (e *encoding) choice() {
	c := e.r.Choice
	if answersByTool(e.r, e.family) {
		e.out.ToolChoice = &wireChoice{Type: "any"}
		if len(e.out.Tools) == 1 || c.Mode == conversation.ChoiceNone {
			e.out.ToolChoice = &wireChoice{Type: "tool", Name: answerName}
		}
		return
	}
	serial := c.Parallel != nil && !*c.Parallel
	if len(e.out.Tools) == 0 {
		lost, fault := unsaid.Choice(e.r)
		e.take(lost, fault)
		return
	}
	if c.Mode == conversation.ChoiceUnset && !serial {
		return
	}
	w := &wireChoice{Type: choiceWords[c.Mode], DisableParallel: serial && c.Mode != conversation.ChoiceNone}
	if c.Mode == conversation.ChoiceTool {
		switch {
		case len(c.Names) != 1:
			w.Type = "any" // of those, which are all that is declared
		default:
			if w.Name = chosen(e.r, e.names, c.Names[0]); w.Name == "" {
				e.refuse("tool_choice", "the tool "+quoted(c.Names[0])+" is not declared")
			}
		}
	}
	e.out.ToolChoice = w
}
