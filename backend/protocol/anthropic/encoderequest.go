package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// encoding is one request on its way out.
type encoding struct {
	r      *conversation.Request
	to     conversation.Target
	family family
	names  *toolNames
	out    wireRequest
	lost   []conversation.Lost
	fault  *protocol.Error
}

func (e *encoding) lose(param, why string) {
	l := conversation.Lost{Param: param, Why: why}
	if !slices.Contains(e.lost, l) {
		e.lost = append(e.lost, l)
	}
}

func (e *encoding) refuse(param, why string) {
	if e.fault == nil {
		e.fault = badRequest(param, param+": "+why)
	}
}

// EncodeRequest writes a request by MessageCreateParams.
func (Codec) EncodeRequest(r *conversation.Request, to conversation.Target) ([]byte, []conversation.Lost, error) {
	e := &encoding{r: r, to: to, family: familyOf(to), names: namesOf(r)}
	for _, p := range params {
		switch {
		case !p.asked(r):
		case p.refuse:
			e.refuse(p.name, p.why)
		default:
			e.lose(p.name, p.why)
		}
	}
	e.out.Model, e.out.Stream = to.Model, r.Stream
	if e.out.Model == "" {
		e.out.Model = r.Model
	}
	e.tools()
	e.choice()
	e.conversation()
	e.format()
	e.thinking()
	e.sampling()
	e.rest()
	e.breakpoints()
	if e.fault != nil {
		return nil, nil, e.fault
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&e.out); err != nil { // a schema or a grammar that is no JSON
		return nil, nil, badRequest("tools", "tools: "+err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n"), e.lost, nil
}

func (e *encoding) tools() {
	only := e.r.Choice.Names
	if e.r.Choice.Mode == conversation.ChoiceTool && len(only) == 1 || e.r.Choice.Mode == conversation.ChoiceNone {
		only = nil
	}
	seen := map[string]bool{}
	for _, t := range e.r.Tools {
		if len(only) > 0 && !slices.Contains(only, t.Name) && !slices.Contains(only, (called{t.Namespace, t.Name, t.Kind}).whole()) {
			continue
		}
		switch t.Kind {
		case conversation.WebSearch:
			if !seen[searchName] {
				e.out.Tools = append(e.out.Tools, searchTool(t))
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
	w := &wireTool{Name: e.names.of(t.Namespace, t.Name, t.Kind), Description: t.Description, Cache: wireMark(t.Cache)}
	if seen[w.Name] {
		e.lose("tools", "a tool of this name was declared before")
		return
	}
	seen[w.Name] = true
	if t.Kind == conversation.Custom {
		w.InputSchema, w.Description = json.RawMessage(customSchema), customDescription(t)
	} else {
		var ok bool
		if w.InputSchema, ok = inputSchema(t.Schema); !ok {
			e.refuse("tools", "the parameters of "+quoted(t.Name)+" are no JSON Schema of an object")
		}
	}
	e.out.Tools = append(e.out.Tools, w)
}

// hosted is a tool that a vendor runs: Anthropic's own stays as it was declared.
func (e *encoding) hosted(t conversation.Tool) {
	var m map[string]json.RawMessage
	if json.Unmarshal(t.Raw, &m) != nil {
		m = nil
	}
	if t.Origin == protocol.Anthropic && m != nil {
		delete(m, "cache_control")
		e.out.Tools = append(e.out.Tools, m)
		return
	}
	var kind string
	if json.Unmarshal(m["type"], &kind) != nil {
		kind = t.Name
	}
	if hostedTools[kind] {
		e.lose("tools", "the tool "+quoted(kind)+" exists at its own vendor only")
		return
	}
	e.refuse("tools", "the tool "+quoted(kind)+" exists at its own vendor only")
}

// searchTool is the vendor's search, with what OpenAI's declaration says of domains and place.
func searchTool(t conversation.Tool) any {
	if t.Origin == protocol.Anthropic {
		var m map[string]json.RawMessage
		if json.Unmarshal(t.Raw, &m) == nil && len(m["type"]) > 0 {
			delete(m, "cache_control")
			return m
		}
	}
	var declared struct {
		Filters struct {
			AllowedDomains []string `json:"allowed_domains"`
		} `json:"filters"`
		UserLocation *struct {
			wireLocation
			Approximate *wireLocation `json:"approximate"` // openai-chat's web_search_options
		} `json:"user_location"`
	}
	w := &wireSearch{Type: "web_search_20250305", Name: searchName}
	if len(t.Raw) == 0 || json.Unmarshal(t.Raw, &declared) != nil {
		return w
	}
	w.AllowedDomains = declared.Filters.AllowedDomains
	if l := declared.UserLocation; l != nil {
		place := l.wireLocation
		if l.Approximate != nil {
			place = *l.Approximate
		}
		if place.Type = "approximate"; place != (wireLocation{Type: "approximate"}) {
			w.UserLocation = &place
		}
	}
	return w
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
	if schema, ok := inputSchema(f.Schema); ok {
		w.InputSchema = schema
	}
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
	if len(e.out.Tools) == 0 || c.Mode == conversation.ChoiceUnset && !serial {
		if c.Mode == conversation.ChoiceAny || c.Mode == conversation.ChoiceTool {
			e.refuse("tool_choice", "a tool is to be called, and none is declared")
		}
		return
	}
	w := &wireChoice{Type: choiceWords[c.Mode], DisableParallel: serial && c.Mode != conversation.ChoiceNone}
	if c.Mode == conversation.ChoiceTool {
		switch {
		case len(c.Names) != 1:
			w.Type = "any" // of those, which are all that is declared
		default:
			if w.Name = e.names.chosen(e.r, c.Names[0]); w.Name == "" {
				e.refuse("tool_choice", "the tool "+quoted(c.Names[0])+" is not declared")
			}
		}
	}
	e.out.ToolChoice = w
}

const jsonOnly = "Answer with one JSON object and nothing else: no words before or after it, and no code fence."

func (e *encoding) format() {
	switch f := e.r.Format; f.Kind {
	case conversation.FormatSchema:
		if e.family.schema {
			e.out.OutputConfig = &wireOutput{Format: &wireFormat{Type: "json_schema", Schema: answerSchema(f.Schema)}}
		} else if !answersByTool(e.r, e.family) {
			e.lose("response_format", "a call of a tool was asked for in the same turn")
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(f.Schema, &m) != nil {
			e.refuse("response_format", "the schema is no JSON Schema")
		}
	case conversation.FormatJSON:
		e.out.System = append(e.out.System, &wireBlock{Type: "text", Text: jsonOnly})
	}
}

// rest is what has a place of its own in Messages.
func (e *encoding) rest() {
	for _, s := range e.r.Stop {
		if strings.TrimSpace(s) == "" {
			e.lose("stop", "a stop sequence must not be white space only")
			continue
		}
		e.out.StopSequences = append(e.out.StopSequences, s)
	}
	user := e.r.User
	if user == "" {
		user = e.r.Metadata["user_id"]
	}
	if user != "" {
		e.out.Metadata = &wireMetadata{user}
	}
	if tier := e.r.ServiceTier; tier != "" {
		if e.out.ServiceTier = tiers[tier]; e.out.ServiceTier == "" {
			e.lose("service_tier", "a tier of another vendor")
		}
	}
}

func wireMark(c *conversation.Cache) *wireCache {
	if c == nil {
		return nil
	}
	w := &wireCache{Type: "ephemeral", TTL: c.TTL}
	if w.TTL != "5m" && w.TTL != "1h" {
		w.TTL = ""
	}
	return w
}

// breakpoints keeps the last of the marks, as many as may be, and makes an hour that would follow five minutes five minutes too.
// Order: tools, system, messages.
func (e *encoding) breakpoints() {
	var marks []**wireCache
	see := func(at **wireCache) {
		if *at != nil {
			marks = append(marks, at)
		}
	}
	for _, t := range e.out.Tools {
		if w, ok := t.(*wireTool); ok {
			see(&w.Cache)
		}
	}
	var visit func(blocks []*wireBlock)
	visit = func(blocks []*wireBlock) {
		for _, b := range blocks {
			visit(b.Content)
			see(&b.Cache)
		}
	}
	visit(e.out.System)
	for _, t := range e.out.Messages {
		visit(t.Content)
	}
	if len(marks) == 0 && e.to.Quirks[quirkAutoCache] {
		e.out.CacheControl = &wireCache{Type: "ephemeral"}
	}
	short := false
	for i, at := range marks {
		if i < len(marks)-mostBreakpoints {
			*at = nil
			e.lose("cache_control", "at most four marks may be set")
			continue
		}
		if (*at).TTL != "1h" {
			short = true
		} else if short {
			(*at).TTL = "5m"
		}
	}
}
