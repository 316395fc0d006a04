package openairesponses

import (
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/hosted"
)

// tool reads a tool; those of a namespace one by one, each with its name.
func (d *requestReader) tool(namespace string) []conversation.Tool {
	if k := d.Kind(); k != '{' {
		d.refuse("", "must be an object")
		return nil
	}
	var (
		t      conversation.Tool
		kind   string
		tools  json.RawMessage
		others []string
	)
	from := d.Offset()
	d.object(func(key string) {
		switch key {
		case "type":
			kind = d.text()
		case "name":
			t.Name = d.text()
		case "description":
			t.Description = d.text()
		case "parameters":
			if k := d.Kind(); k != '{' && k != 'n' {
				d.refuse("", "must be a JSON Schema")
			}
			t.Schema = d.raw()
		case "strict":
			t.Strict = d.boolean()
		case "format":
			t.Grammar = d.raw()
		case "tools":
			if d.Kind() == '[' {
				tools = d.peek()
			}
		default:
			if k := d.Kind(); k != 'n' && k != 'f' {
				others = append(others, key)
			}
		}
	})
	if d.Err() != nil || d.fault != nil {
		return nil
	}
	if kind == "function" || kind == "custom" {
		for _, key := range others {
			d.lose("tools."+key, "no other protocol is known to have it")
		}
	}
	raw := json.RawMessage(strings.Clone(string(d.body[from:d.Offset()])))
	switch {
	case kind == "function":
		t.Kind, t.Grammar = conversation.Function, nil
	case kind == "custom":
		t.Kind, t.Schema, t.Strict = conversation.Custom, nil, nil
	case kind == "namespace":
		if t.Name == "" {
			d.refuse("name", "is missing")
			return nil
		}
		return d.nested(tools, t.Name)
	case kind == "":
		d.refuse("type", "is missing")
		return nil
	case strings.HasPrefix(kind, "web_search"):
		t = conversation.Tool{Kind: conversation.WebSearch, Name: kind, Raw: raw, Origin: protocol.OpenAIResponses}
	default:
		t = conversation.Tool{Kind: conversation.Hosted, Name: kind, Description: t.Description, Raw: raw, Origin: protocol.OpenAIResponses}
		if bridged, _ := hosted.Bridged(&t); bridged != nil {
			t = *bridged
		}
	}
	if strings.TrimSpace(t.Name) == "" {
		d.refuse("name", "is missing")
		return nil
	}
	t.Namespace = namespace
	return []conversation.Tool{t}
}

// nested reads a list of tools that was passed over: those of a namespace, whose name may have come after them.
func (d *requestReader) nested(list json.RawMessage, namespace string) (tools []conversation.Tool) {
	if list == nil {
		return nil
	}
	inner := requestReader{values: read(list, true), body: list, r: d.r}
	inner.way = append(append(inner.way, d.way...), hop{key: []byte("tools")})
	inner.array(func(int) { tools = append(tools, inner.tool(namespace)...) })
	if inner.fault != nil && d.fault == nil {
		d.fault = inner.fault
		d.Stop()
	}
	return tools
}

// choice reads tool_choice: a word, one tool, or the tools that are allowed.
func (d *requestReader) choice() {
	c := &d.r.Choice
	c.Mode, c.Names = conversation.ChoiceUnset, nil
	if d.Kind() == '"' {
		switch word := d.text(); word {
		case "auto":
			c.Mode = conversation.ChoiceAuto
		case "none":
			c.Mode = conversation.ChoiceNone
		case "required":
			c.Mode = conversation.ChoiceAny
		default:
			d.refuse("", "must be auto, none, required or an object")
		}
		return
	}
	if d.Kind() == 'n' {
		d.Null()
		return
	}
	kind, name, mode := "", "", ""
	var allowed []string
	d.object(func(key string) {
		switch key {
		case "type":
			kind = d.text()
		case "name":
			name = d.text()
		case "mode":
			mode = d.text()
		case "tools":
			d.array(func(int) { allowed = append(allowed, d.allowed()) })
		}
	})
	switch kind {
	case "":
		d.refuse("type", "is missing")
	case "function", "custom":
		if name == "" {
			d.refuse("name", "is missing")
		}
		c.Mode, c.Names = conversation.ChoiceTool, []string{name}
	case "allowed_tools":
		if c.Mode, c.Names = conversation.ChoiceAuto, allowed; mode == "required" {
			c.Mode = conversation.ChoiceTool
		}
	default:
		c.Mode, c.Names = conversation.ChoiceTool, []string{kind}
	}
}

// allowed reads one of the allowed tools, and returns its name; a hosted one's is its type.
func (d *requestReader) allowed() string {
	kind, name := "", ""
	d.object(func(key string) {
		switch key {
		case "type":
			kind = d.text()
		case "name":
			name = d.text()
		}
	})
	if name == "" {
		return kind
	}
	return name
}
