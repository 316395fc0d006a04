package openaichat

import (
	"encoding/json"
	"fmt"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/freetext"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/internal/unsaid"
)

// encodeTools writes tools and tool_choice (case 22).
func (e *encoder) encodeTools() error {
	c := e.r.Choice
	only := map[string]bool{}
	if c.Mode == conversation.ChoiceTool && len(c.Names) > 1 && !e.openAIs {
		for _, n := range c.Names { // others know no allowed_tools: what may not be called is not declared
			only[n] = true
		}
	}
	kinds := map[string]string{}
	for _, t := range e.r.Tools {
		if len(only) > 0 && !only[t.Name] {
			continue
		}
		w, ok, err := e.tool(t)
		if err != nil {
			return err
		}
		if ok {
			kinds[t.Name] = w.Type
			e.out.Tools = append(e.out.Tools, w)
		}
	}
	if len(e.out.Tools) == 0 {
		return e.take(unsaid.Choice(e.r))
	}
	if e.out.Parallel = c.Parallel; e.family.single {
		e.out.Parallel = nil
	}
	switch c.Mode {
	case conversation.ChoiceNone:
		e.out.ToolChoice = "none"
	case conversation.ChoiceAuto:
		e.out.ToolChoice = "auto"
		if len(c.Names) > 0 && e.openAIs {
			return e.allow("auto", c.Names, kinds)
		}
	case conversation.ChoiceAny:
		e.out.ToolChoice = "required"
	case conversation.ChoiceTool:
		switch {
		case len(c.Names) == 0 || len(only) > 0:
			e.out.ToolChoice = "required"
		case len(c.Names) > 1:
			return e.allow("required", c.Names, kinds)
		case kinds[c.Names[0]] == "":
			return bad("tool_choice", fmt.Sprintf("tool_choice names %q, which is not among the tools", c.Names[0]))
		default:
			e.out.ToolChoice = e.named(c.Names[0], kinds[c.Names[0]])
		}
	}
	return nil
}

func (e *encoder) named(name, kind string) map[string]any {
	return map[string]any{"type": kind, kind: map[string]any{"name": e.wireOf(name)}}
}

// wireOf finds a tool's name on the wire by its name alone, as tool_choice has it.
func (e *encoder) wireOf(name string) string {
	for _, t := range e.r.Tools {
		if t.Name == name {
			return e.names.Name(t.Namespace, t.Name)
		}
	}
	return name
}

func (e *encoder) allow(mode string, names []string, kinds map[string]string) error {
	list := []any{}
	for _, n := range names {
		if kinds[n] != "" {
			list = append(list, e.named(n, kinds[n]))
		}
	}
	if len(list) == 0 {
		return bad("tool_choice", "tool_choice names no tool that is declared")
	}
	e.out.ToolChoice = map[string]any{"type": "allowed_tools", "allowed_tools": map[string]any{"mode": mode, "tools": list}}
	return nil
}

// tool writes a declaration; ok is false where it is left out.
func (e *encoder) tool(t conversation.Tool) (w tool, ok bool, err error) {
	name := e.names.Name(t.Namespace, t.Name)
	switch t.Kind {
	case conversation.Function, "":
		f := &function{Name: name, Description: t.Description, Parameters: schema.Flat(t.Schema), Strict: t.Strict}
		if is(f.Strict) && (e.quirk(quirkNoStrict) || !strictly(f.Parameters)) {
			f.Strict = nil
			e.lose("strict", "the schema leaves something open, so it is not enforced")
		}
		if e.quirk(quirkNoStrict) {
			f.Strict = nil
		}
		return tool{Type: "function", Function: f, Cache: e.mark(t.Cache)}, true, nil
	case conversation.Custom:
		if emulates(e.to) {
			return tool{Type: "function", Function: &function{Name: name, Description: freetext.Description(&t),
				Parameters: freetext.Schema}}, true, nil
		}
		return tool{Type: "custom", Custom: &customTool{Name: name, Description: t.Description, Format: deepGrammar(t.Grammar)}}, true, nil
	}
	var lost []conversation.Lost
	var fault *protocol.Error
	if t.Kind == conversation.WebSearch && e.quirk(quirkWebSearch) {
		e.out.WebSearchOption, lost = hosted.SearchOptions(&t)
	} else {
		lost, fault = hosted.Unsaid(&t)
	}
	return w, false, e.take(lost, fault)
}

// deepGrammar turns openai-responses' format of a custom tool into the one of openai-chat; nil where there is none that it takes.
func deepGrammar(flat json.RawMessage) json.RawMessage {
	var g struct{ Type, Syntax, Definition string }
	if json.Unmarshal(flat, &g) != nil {
		return nil
	}
	switch g.Type {
	case "text":
		return json.RawMessage(`{"type":"text"}`)
	case "grammar":
		return compact(map[string]any{"type": "grammar", "grammar": map[string]any{"definition": g.Definition, "syntax": g.Syntax}})
	}
	return nil
}
