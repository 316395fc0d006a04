package anthropic

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
)

// decoding is one request on its way in. Functions return false after they have set fault; the paths of the values they look
// at are made only then.
type decoding struct {
	r     *conversation.Request
	fault *protocol.Error
}

func (d *decoding) refuse(param, message string) bool {
	if d.fault == nil {
		d.fault = badRequest(param, param+": "+message)
	}
	return false
}

// within puts the place of an element before the param of a fault that was found in it.
func (d *decoding) within(ok bool, name string, i int) bool {
	if !ok && d.fault != nil {
		place := fmt.Sprintf("%s.%d", name, i)
		if d.fault.Param != "" {
			d.fault.Message = strings.TrimPrefix(d.fault.Message, d.fault.Param+": ")
			place += "." + d.fault.Param
		}
		d.fault.Param = place
		d.fault.Message = place + ": " + d.fault.Message
	}
	return ok
}

// DecodeRequest reads a request by MessageCreateParams, the beta's included where they say something that others can hear.
func (Codec) DecodeRequest(body []byte, _ conversation.Asked) (*conversation.Request, error) {
	if err := scan.Valid(body); err != nil {
		return nil, badRequest("", "the body is not valid JSON: "+err.Error())
	}
	d := &decoding{r: &conversation.Request{}}
	members := map[string][]byte{}
	c := scan.At(body)
	if !c.Object(func(key []byte, escaped bool) {
		if raw := c.Raw(); string(raw) != "null" {
			members[scan.Unquote(key, escaped)] = raw
		}
	}) {
		return nil, badRequest("", "the body must be a JSON object")
	}
	for name, why := range refusedMembers {
		if raw, there := members[name]; there && !emptyValue(raw) {
			return nil, badRequest(name, name+": "+why)
		}
	}
	ok := d.settings(members) && d.tools(members["tools"]) && d.toolChoice(members["tool_choice"]) &&
		d.reasoning(members["thinking"]) && d.output(members) && d.system(members["system"]) && d.messages(members["messages"])
	if !ok {
		return nil, d.fault
	}
	if raw := members["cache_control"]; raw != nil { // of the request: a mark at its end
		if n := len(d.r.Messages); n > 0 {
			markLast(d.r.Messages[n-1].Parts, cache(raw))
		}
	}
	return d.r, nil
}

func emptyValue(raw []byte) bool {
	return string(raw) == `""` || string(raw) == "[]" || string(raw) == "{}"
}

// settings reads everything that is one value.
func (d *decoding) settings(members map[string][]byte) bool {
	r := d.r
	for _, s := range []struct {
		name string
		into *string
	}{{"model", &r.Model}, {"service_tier", &r.ServiceTier}} {
		if raw, there := members[s.name]; there {
			var ok bool
			if *s.into, ok = scan.String(raw); !ok {
				return d.refuse(s.name, "Input should be a valid string")
			}
		}
	}
	if r.ServiceTier == "standard_only" {
		r.ServiceTier = "default"
	}
	if raw, there := members["stream"]; there {
		if r.Stream = string(raw) == "true"; !r.Stream && string(raw) != "false" {
			return d.refuse("stream", "Input should be a valid boolean")
		}
	}
	for _, n := range []struct {
		name  string
		least int64
		into  **int64
	}{{"max_tokens", 1, &r.MaxOutput}, {"top_k", 0, &r.TopK}} {
		if raw, there := members[n.name]; there {
			v, ok := scan.Int(raw)
			if !ok || v < n.least {
				return d.refuse(n.name, "Input should be a whole number of at least "+strconv.FormatInt(n.least, 10))
			}
			*n.into = &v
		}
	}
	for _, n := range []struct {
		name string
		into **float64
	}{{"temperature", &r.Temperature}, {"top_p", &r.TopP}} {
		if raw, there := members[n.name]; there {
			v, err := strconv.ParseFloat(string(raw), 64)
			if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || v < 0 || v > 1 {
				return d.refuse(n.name, "Input should be a number from 0 to 1")
			}
			*n.into = &v
		}
	}
	if raw, there := members["stop_sequences"]; there {
		if !d.each(raw, "stop_sequences", func(i int, el []byte) bool {
			s, ok := scan.String(el)
			r.Stop = append(r.Stop, s)
			return ok || d.refuse("", "Input should be a valid string")
		}) {
			return false
		}
	}
	if raw, there := members["metadata"]; there {
		var m struct {
			UserID *string `json:"user_id"`
		}
		if json.Unmarshal(raw, &m) != nil {
			return d.refuse("metadata.user_id", "Input should be a valid string")
		}
		if m.UserID != nil {
			r.User = *m.UserID
		}
	}
	return true
}

// each visits the elements of an array member.
func (d *decoding) each(raw []byte, name string, f func(i int, el []byte) bool) bool {
	i, ok := 0, true
	if err := scan.Array(raw, func(v protocol.Span) bool {
		ok = d.within(f(i, raw[v.From:v.To]), name, i)
		i++
		return ok
	}); err != nil && ok {
		return d.refuse(name, "Input should be a valid list")
	}
	return ok
}

// cache reads a cache_control.
func cache(raw []byte) *conversation.Cache {
	if raw == nil {
		return nil
	}
	var f fields
	f.read(raw)
	return &conversation.Cache{TTL: text(f.ttl)}
}

// markLast puts a mark on the last part that can hold one.
func markLast(parts []conversation.Part, mark *conversation.Cache) {
	for i := len(parts) - 1; i >= 0 && mark != nil; i-- {
		if at := cacheOf(parts[i]); at != nil {
			if *at == nil {
				*at = mark
			}
			return
		}
	}
}

// cacheOf is where a part keeps its mark; nil for those that have none.
func cacheOf(p conversation.Part) **conversation.Cache {
	switch p := p.(type) {
	case *conversation.Text:
		return &p.Cache
	case *conversation.Media:
		return &p.Cache
	case *conversation.ToolCall:
		return &p.Cache
	case *conversation.ToolResult:
		return &p.Cache
	}
	return nil
}

// tools reads the declarations (ToolUnion).
func (d *decoding) tools(raw []byte) bool {
	return raw == nil || d.each(raw, "tools", func(_ int, el []byte) bool { return d.tool(el) })
}

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
		t.Schema = f.schema
		if f.strict != nil {
			strict := string(f.strict) == "true"
			t.Strict = &strict
		}
	case strings.HasPrefix(f.kind, "web_search_"):
		t.Kind, t.Raw, t.Origin = conversation.WebSearch, raw, protocol.Anthropic
	default:
		for _, known := range clientTools {
			if strings.HasPrefix(f.kind, known.prefix) && t.Name != "" {
				t.Description, t.Schema = known.description, json.RawMessage(known.schema)
				d.r.Tools = append(d.r.Tools, t)
				return true
			}
		}
		t.Kind, t.Raw, t.Origin = conversation.Hosted, raw, protocol.Anthropic
		if t.Name == "" {
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
	d.r.Format = conversation.Format{Kind: conversation.FormatSchema, Schema: f.schema}
	return true
}

// billing begins a text that Claude Code puts first in its system text, for Anthropic's eyes only.
const billing = "x-anthropic-billing-header:"

func (d *decoding) system(raw []byte) bool {
	if raw == nil {
		return true
	}
	var parts []conversation.Part
	if s, ok := scan.String(raw); ok {
		if strings.HasPrefix(s, billing) {
			_, s, _ = strings.Cut(s, "\n")
		}
		parts = []conversation.Part{&conversation.Text{Text: s}}
	} else {
		bills := true
		if !d.each(raw, "system", func(_ int, el []byte) bool {
			var f fields
			if !f.read(el) || f.kind != "text" || f.text == nil {
				return d.refuse("type", "Input should be a text block")
			}
			t := text(f.text)
			if bills = bills && strings.HasPrefix(t, billing); !bills {
				parts = append(parts, &conversation.Text{Text: t, Cache: cache(f.cache)})
			}
			return true
		}) {
			return false
		}
	}
	if len(parts) > 0 {
		d.r.Messages = append(d.r.Messages, conversation.Message{Role: conversation.System, Parts: parts})
	}
	return true
}

func (d *decoding) messages(raw []byte) bool {
	if raw == nil {
		return d.refuse("messages", "Field required")
	}
	n := 0
	if !d.each(raw, "messages", func(_ int, el []byte) bool {
		n++
		return d.message(el)
	}) {
		return false
	}
	return n > 0 || d.refuse("messages", "at least one message is required")
}

func (d *decoding) message(raw []byte) bool {
	var f fields
	if !f.read(raw) {
		return d.refuse("", "Input should be a valid dictionary")
	}
	role := conversation.Role(text(f.role))
	switch role {
	case conversation.User, conversation.Assistant:
		if f.content == nil {
			return d.refuse("content", "Field required")
		}
	case conversation.System: // in mid-conversation; its content may be missing in the beta
	default:
		return d.refuse("role", "Input should be user, assistant or system")
	}
	b := blockReader{decoding: d, role: role}
	if !b.content(f.content, "content") {
		return false
	}
	b.finish()
	return true
}
