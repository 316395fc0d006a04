package anthropic

import (
	"bytes"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/hosted"
	"metapi/backend/protocol/scan"
)

// tools reads the declarations (ToolUnion).
func (d *decoding) tools(raw []byte) bool {
	return raw == nil || d.eachOf(raw, "tools", d.tool)
}

// tool reads one. What stays as it was declared is copied: a request outlives the body it came in.
func (d *decoding) tool(raw []byte) bool {
	var f fields
	if !f.read(raw) {
		return d.refuse("", "Input should be a valid dictionary")
	}
	t := conversation.Tool{Kind: conversation.Function, Name: text(f.name), Description: text(f.description), Cache: cache(f.cache)}
	switch {
	case f.kind == "" || f.kind == "custom":
		if t.Name == "" {
			return d.refuse("name", "Field required")
		}
		if f.schema != nil && f.schema[0] != '{' {
			return d.refuse("input_schema", "Input should be a valid dictionary")
		}
		t.Schema = bytes.Clone(f.schema)
		if f.strict != nil {
			strict := string(f.strict) == "true"
			t.Strict = &strict
		}
		d.beyond(raw, "tools.", knownTool)
	case strings.HasPrefix(f.kind, "web_search_"):
		t.Kind, t.Raw, t.Origin = conversation.WebSearch, bytes.Clone(raw), protocol.Anthropic
	default:
		t.Kind, t.Raw, t.Origin = conversation.Hosted, bytes.Clone(raw), protocol.Anthropic
		if bridged, _ := hosted.Bridged(&t); bridged != nil { // its calls look like any other's here
			t = *bridged
			t.Raw, t.Origin = nil, protocol.None
		} else if t.Name == "" {
			t.Name = f.kind
		}
	}
	d.r.Tools = append(d.r.Tools, t)
	return true
}

var choices = map[string]conversation.ChoiceMode{"auto": conversation.ChoiceAuto, "any": conversation.ChoiceAny,
	"tool": conversation.ChoiceTool, "none": conversation.ChoiceNone}

func (d *decoding) toolChoice(raw []byte) bool {
	if raw == nil {
		return true
	}
	var f fields
	if !f.read(raw) {
		return d.refuse("tool_choice", "Input should be a valid dictionary")
	}
	choice := &d.r.Choice
	var known bool
	if choice.Mode, known = choices[f.kind]; !known {
		return d.refuse("tool_choice.type", "Input should be auto, any, tool or none")
	}
	if choice.Mode == conversation.ChoiceTool {
		name := text(f.name)
		if name == "" {
			return d.refuse("tool_choice.name", "Field required")
		}
		choice.Names = []string{name}
	}
	if f.disableParallel != nil {
		parallel := string(f.disableParallel) != "true"
		choice.Parallel = &parallel
	}
	return true
}

// reasoning reads thinking (ThinkingConfigParam).
func (d *decoding) reasoning(raw []byte) bool {
	if raw == nil {
		return true
	}
	var f fields
	if !f.read(raw) {
		return d.refuse("thinking", "Input should be a valid dictionary")
	}
	r := &d.r.Reasoning
	switch f.kind {
	case "enabled":
		budget, ok := scan.Int(f.budget)
		if !ok || budget < leastBudget {
			return d.refuse("thinking.budget_tokens", "Input should be a whole number of at least 1024")
		}
		if limit := d.r.MaxOutput; limit != nil && budget >= *limit {
			return d.refuse("thinking.budget_tokens", "Input should be less than max_tokens")
		}
		r.Budget = &budget
	case "adaptive", "between_tools":
		r.Adaptive = true
	case "disabled":
		r.Off = true
	default:
		return d.refuse("thinking.type", "Input should be enabled, adaptive or disabled")
	}
	if f.display != nil && !r.Off {
		show := text(f.display) != "omitted"
		r.Show = &show
	}
	return true
}

// output reads output_config, and output_format, its older place for the format.
func (d *decoding) output(members map[string][]byte) bool {
	format, name := members["output_format"], "output_format"
	if raw := members["output_config"]; raw != nil {
		var f fields
		if !f.read(raw) {
			return d.refuse("output_config", "Input should be a valid dictionary")
		}
		d.beyond(raw, "output_config.", knownOutput)
		if f.effort != nil {
			effort := text(f.effort)
			if efforts[effort] == "" {
				return d.refuse("output_config.effort", "Input should be low, medium, high, xhigh or max")
			}
			d.r.Reasoning.Effort = effort
		}
		if f.format != nil {
			format, name = f.format, "output_config.format"
		}
	}
	if format == nil {
		return true
	}
	var f fields
	switch {
	case !f.read(format) || f.kind != "json_schema":
		return d.refuse(name+".type", "Input should be json_schema")
	case f.schema == nil || f.schema[0] != '{':
		return d.refuse(name+".schema", "Input should be a valid dictionary")
	}
	d.r.Format = conversation.Format{Kind: conversation.FormatSchema, Schema: bytes.Clone(f.schema)}
	return true
}
