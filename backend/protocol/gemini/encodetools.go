package gemini

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/scan"
)

// tools declares the functions in one Tool, and each tool that Google runs in one of its own.
func (e *encoder) tools() (out []any, err error) {
	var functions []wireFunction
	var google []json.RawMessage
	foreign := false
	seen := map[string]bool{}
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch t.Kind {
		case conv.WebSearch, conv.Hosted:
			raw, err := e.google(t)
			if err != nil {
				return nil, err
			}
			foreign = foreign || t.Origin != protocol.Gemini
			if !seen[string(raw)] {
				seen[string(raw)] = true
				google = append(google, raw)
			}
		default:
			f, err := e.function(t)
			if err != nil {
				return nil, err
			}
			if slices.Contains(e.functions, f.Name) {
				return nil, bad("tools", fmt.Sprintf("the tool %q is declared twice", t.Name))
			}
			e.functions = append(e.functions, f.Name)
			functions = append(functions, f)
		}
	}
	if len(functions) > 0 {
		out = append(out, wireTool{functions})
		if foreign { // refused beside functions, but by the newest models, whose own clients ask for it as they must
			e.lost["tools"] = "a tool that this vendor runs cannot stand beside functions"
			google = nil
		}
	}
	for _, raw := range google {
		out = append(out, raw)
	}
	e.tooled = len(out) > 0
	return out, nil
}

// google is a tool that the vendor runs, as Google's.
func (e *encoder) google(t *conv.Tool) (json.RawMessage, error) {
	if t.Origin == protocol.Gemini && len(t.Raw) > 0 && scan.Valid(t.Raw) == nil {
		return t.Raw, nil
	}
	if t.Kind == conv.WebSearch {
		return json.RawMessage(`{"googleSearch":{}}`), nil
	}
	var raw struct{ Type string }
	_ = json.Unmarshal(t.Raw, &raw) // a tool without a type is known by its name alone
	for _, name := range []string{raw.Type, t.Name} {
		for _, h := range hosted {
			if strings.HasPrefix(name, h.prefix) {
				return json.RawMessage(`{"` + h.like + `":{}}`), nil
			}
		}
	}
	name := t.Name
	if raw.Type != "" {
		name = raw.Type
	}
	return nil, bad("tools", fmt.Sprintf("the tool %q is run by the vendor that offers it, and this provider has none like it; leave it out", name))
}

func (e *encoder) function(t *conv.Tool) (wireFunction, error) {
	f := wireFunction{Name: e.names.Wire(t.Namespace, t.Name), Description: t.Description}
	declared := t.Schema
	if t.Kind == conv.Custom {
		declared = json.RawMessage(`{"type":"object","properties":{"` + inputName + `":{"type":"string"}},"required":["` + inputName + `"]}`)
		f.Description += freeText(t.Grammar)
	}
	if len(declared) > 0 && scan.Valid(declared) != nil {
		return f, bad("tools", fmt.Sprintf("the schema of the tool %q is not valid JSON", t.Name))
	}
	if e.jsonSchema() {
		f.ParametersJSONSchema = schema.Rooted(declared)
		return f, nil
	}
	lowered, err := schema.LowerObject(declared)
	if err != nil {
		return f, bad("tools", fmt.Sprintf("the tool %q: %v", t.Name, err))
	}
	f.Parameters = lowered
	return f, nil
}

// freeText tells the model in words how a tool is called that takes text, perhaps by a grammar.
func freeText(grammar json.RawMessage) string {
	s := "\n\nGive the whole text as " + inputName + ", as it is, with nothing around it."
	if len(grammar) > 0 {
		s += " It must follow this grammar: " + string(grammar)
	}
	return s
}

// choice says whether functions are to be called; without functions there is nothing to choose.
func (e *encoder) choice() (*wireToolConfig, error) {
	c := e.r.Choice
	if len(e.functions) == 0 {
		return nil, nil
	}
	var out wireToolConfig
	calling := &out.FunctionCallingConfig
	switch c.Mode {
	case conv.ChoiceAuto:
		calling.Mode = "AUTO"
	case conv.ChoiceNone:
		calling.Mode = "NONE"
	case conv.ChoiceAny:
		calling.Mode = "ANY"
	case conv.ChoiceTool:
		calling.Mode = "ANY"
		for _, name := range c.Names {
			found := false
			for i := range e.r.Tools {
				if t := &e.r.Tools[i]; t.Name == name && t.Kind != conv.WebSearch && t.Kind != conv.Hosted {
					calling.AllowedFunctionNames = append(calling.AllowedFunctionNames, e.names.Wire(t.Namespace, name))
					found = true
				}
			}
			if !found {
				return nil, bad("tool_choice", fmt.Sprintf("the tool %q is not declared", name))
			}
		}
	default:
		return nil, nil
	}
	return &out, nil
}
