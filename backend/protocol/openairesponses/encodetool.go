package openairesponses

import (
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/internal/toolnames"
	"metapi/backend/protocol/internal/unsaid"
	"metapi/backend/protocol/quote"
)

// toolset appends the tools, which of them may be called, and whether several at once.
func (w *requestWriter) toolset() {
	tools := w.sayable()
	c := &w.r.Choice
	if len(tools) == 0 {
		w.take(unsaid.Choice(w.r))
		return
	}
	w.dst = appendTools(member(w.dst, "tools"), tools)
	if c.Mode != conversation.ChoiceUnset {
		chosen := *c
		chosen.Names = nil
		for _, name := range c.Names {
			chosen.Names = append(chosen.Names, w.sent(name))
		}
		if missing := unknownChoice(&chosen, tools); missing != "" {
			w.refuse("tool_choice", "it names a tool that is not there: "+missing)
			return
		}
		w.dst = appendChoice(member(w.dst, "tool_choice"), &chosen, tools)
	}
	if c.Parallel != nil {
		w.dst = memberBool(w.dst, "parallel_tool_calls", *c.Parallel)
	}
}

// sent is the name that a tool was sent by, which a choice names by its own name alone.
func (w *requestWriter) sent(name string) string {
	for i := range w.r.Tools {
		if t := &w.r.Tools[i]; t.Name == name && toolnames.Callable(t.Kind) {
			_, name = w.names.Wire(t.Namespace, t.Name)
			break
		}
	}
	return name
}

// sayable are the tools as the service takes them: names legal and once each, schemas of objects, those of other
// vendors left out but for a search, which all of them have.
func (w *requestWriter) sayable() []conversation.Tool {
	tools := make([]conversation.Tool, 0, len(w.r.Tools))
	seen := map[[2]string]bool{}
	for _, t := range w.r.Tools {
		switch t.Kind {
		case conversation.Function, conversation.Custom:
			t.Raw = nil // to a model of another vendor's it was a function, too
			t.Namespace, t.Name = w.names.Wire(t.Namespace, t.Name)
		default:
			raw, lost, fault := hosted.Say(&t, protocol.OpenAIResponses)
			if w.take(lost, fault); raw == nil {
				continue
			}
			t.Raw, t.Origin = raw, protocol.OpenAIResponses
			if t.Name = hosted.Type(&t); t.Kind == conversation.WebSearch {
				t.Name = "web_search"
			}
		}
		id := [2]string{t.Namespace, t.Name}
		if seen[id] {
			w.lose("tools", t.Name+" is there twice")
			continue
		}
		seen[id] = true
		if t.Kind == conversation.Function {
			t.Schema = schema.Flat(t.Schema)
			if said(t.Strict) && !openai.StrictLegal(t.Schema) {
				w.lose("strict", "the schema of "+t.Name+" leaves open what a strict one must fix")
				t.Strict = nil
			}
		}
		tools = append(tools, t)
	}
	return tools
}

// appendTools appends a ToolsArray. The tools of a namespace stand together, where the first of them stood.
func appendTools(dst []byte, tools []conversation.Tool) []byte {
	dst = append(dst, '[')
	for i := range tools {
		space := tools[i].Namespace
		if space == "" {
			dst = appendTool(comma(dst), &tools[i])
			continue
		}
		within := func(t conversation.Tool) bool { return t.Namespace == space }
		if slices.IndexFunc(tools, within) < i {
			continue
		}
		dst = memberString(append(comma(dst), `{"type":"namespace"`...), "name", space)
		dst = append(memberString(dst, "description", space), `,"tools":[`...)
		for j := i; j < len(tools); j++ {
			if within(tools[j]) {
				dst = appendTool(comma(dst), &tools[j])
			}
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, ']')
}

func appendTool(dst []byte, t *conversation.Tool) []byte {
	switch {
	case t.Raw != nil && t.Origin == protocol.OpenAIResponses:
		return appendRaw(dst, t.Raw)
	case t.Kind == conversation.Function:
		dst = memberString(append(dst, `{"type":"function"`...), "name", t.Name)
		if t.Description != "" {
			dst = memberString(dst, "description", t.Description)
		}
		parameters := t.Schema
		if parameters == nil {
			parameters = schema.Flat(nil)
		}
		dst = appendRaw(member(dst, "parameters"), parameters)
		// Left out it would mean true here, and false in every other protocol.
		return append(memberBool(dst, "strict", said(t.Strict)), '}')
	case t.Kind == conversation.Custom:
		dst = memberString(append(dst, `{"type":"custom"`...), "name", t.Name)
		if t.Description != "" {
			dst = memberString(dst, "description", t.Description)
		}
		if t.Grammar != nil {
			dst = appendRaw(member(dst, "format"), t.Grammar)
		}
		return append(dst, '}')
	}
	return append(memberString(append(dst, '{'), "type", t.Name), '}')
}

// appendChoice appends a ToolChoiceParam.
func appendChoice(dst []byte, c *conversation.ToolChoice, tools []conversation.Tool) []byte {
	mode := "required"
	switch c.Mode {
	case conversation.ChoiceNone:
		return append(dst, `"none"`...)
	case conversation.ChoiceAny:
		return append(dst, `"required"`...)
	case conversation.ChoiceTool:
		if len(c.Names) == 1 {
			if kind := choiceKind(c.Names[0], tools); kind == "function" || kind == "custom" {
				return appendChosen(dst, c.Names[0], kind)
			}
		}
	default:
		mode = "auto"
	}
	if len(c.Names) == 0 {
		return quote.Append(dst, mode)
	}
	dst = append(memberString(append(dst, `{"type":"allowed_tools"`...), "mode", mode), `,"tools":[`...)
	for _, name := range c.Names {
		dst = appendChosen(comma(dst), name, choiceKind(name, tools))
	}
	return append(dst, "]}"...)
}

// appendChosen names a tool: by type and name, or, of those that the vendor runs, by type.
func appendChosen(dst []byte, name, kind string) []byte {
	if kind == "function" || kind == "custom" {
		return append(memberString(memberString(append(dst, '{'), "type", kind), "name", name), '}')
	}
	return append(memberString(append(dst, '{'), "type", kind), '}')
}

// choiceKind is the type by which a tool is named in a choice; a function's where nothing else is known.
func choiceKind(name string, tools []conversation.Tool) string {
	for i := range tools {
		if t := &tools[i]; t.Name == name {
			switch t.Kind {
			case conversation.Custom:
				return "custom"
			case conversation.WebSearch, conversation.Hosted:
				return t.Name
			}
			return "function"
		}
	}
	if strings.HasPrefix(name, "web_search") && slices.ContainsFunc(tools, isSearch) {
		return "web_search"
	}
	return "function"
}

func isSearch(t conversation.Tool) bool { return t.Kind == conversation.WebSearch }

// unknownChoice is the first name of a choice that no tool has.
func unknownChoice(c *conversation.ToolChoice, tools []conversation.Tool) string {
	for _, name := range c.Names {
		if !slices.ContainsFunc(tools, func(t conversation.Tool) bool {
			return t.Name == name || isSearch(t) && strings.HasPrefix(name, "web_search")
		}) {
			return name
		}
	}
	return ""
}
