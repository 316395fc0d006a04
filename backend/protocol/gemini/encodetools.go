package gemini

import (
	"encoding/json"
	"fmt"
	"slices"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/freetext"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/internal/unsaid"
	"metapi/backend/protocol/scan"
)

// tools declares the functions in one Tool, and each tool that Google runs in one of its own.
func (e *encoder) tools() (out []any, err error) {
	var functions []wireFunction
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		if t.Kind == conv.WebSearch || t.Kind == conv.Hosted {
			continue
		}
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
	if len(functions) > 0 {
		out = append(out, wireTool{functions})
	}
	seen := map[string]bool{}
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		if t.Kind != conv.WebSearch && t.Kind != conv.Hosted {
			continue
		}
		raw, err := e.google(t)
		if err != nil {
			return nil, err
		}
		if raw != nil && !seen[string(raw)] {
			seen[string(raw)] = true
			out = append(out, raw)
		}
	}
	e.tooled = len(out) > 0
	return out, nil
}

// google is a tool that a vendor runs, as Google's; nil where it is left out. Beside functions one is refused, but by the newest models,
// whose own clients ask for it as they must.
func (e *encoder) google(t *conv.Tool) (json.RawMessage, error) {
	raw, lost, fault := hosted.Say(t, protocol.Gemini)
	if raw != nil && len(e.functions) > 0 && t.Origin != protocol.Gemini {
		raw = nil
		lost, fault = hosted.Unsaid(t)
	}
	return raw, e.take(lost, fault)
}

// take takes in what one of the shared tables has decided.
func (e *encoder) take(lost []conv.Lost, fault *protocol.Error) error {
	for _, l := range lost {
		e.lost[l.Param] = l.Why
	}
	if fault != nil {
		return fault
	}
	return nil
}

func (e *encoder) function(t *conv.Tool) (wireFunction, error) {
	f := wireFunction{Name: e.names.Name(t.Namespace, t.Name), Description: t.Description}
	declared := t.Schema
	if t.Kind == conv.Custom {
		declared, f.Description = freetext.Schema, freetext.Description(t)
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

// choice says whether functions are to be called; without functions there is nothing to choose.
func (e *encoder) choice() (*wireToolConfig, error) {
	c := e.r.Choice
	if len(e.functions) == 0 {
		return nil, e.take(unsaid.Choice(e.r))
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
					calling.AllowedFunctionNames = append(calling.AllowedFunctionNames, e.names.Name(t.Namespace, name))
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
