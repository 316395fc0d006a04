package gemini

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/scan"
)

// Quirks of providers that speak this protocol, for [conv.Target.Quirks].
const (
	QuirkNoCallIDs      = "no-call-ids"     // FunctionCall.id is not known there
	QuirkOnlyParameters = "only-parameters" // parametersJsonSchema and responseJsonSchema are not known there
)

// Bounds of the API (google.ai.generativelanguage.v1beta.GenerationConfig).
const (
	mostStops   = 5
	mostAnswers = 8
)

// EncodeRequest writes a GenerateContentRequest. The model and the wish for a stream are not in it: they go into the path.
func (Codec) EncodeRequest(r *conv.Request, to conv.Target) ([]byte, []conv.Lost, error) {
	e := encoder{r: r, to: to, gen: generationOf(to.Model), names: NamesOf(r), lost: map[string]string{}}
	out := wireRequest{}
	t := turns{names: e.names, gen: e.gen, quirks: to.Quirks, lost: e.lost}
	t.messages(r.Messages)
	if t.err != nil {
		return nil, nil, t.err
	}
	if len(t.out) == 0 {
		return nil, nil, bad("messages", "there is nothing to answer: no message has any content")
	}
	out.Contents = t.out
	var err error
	if out.Tools, err = e.tools(); err != nil {
		return nil, nil, err
	}
	if out.ToolConfig, err = e.choice(); err != nil {
		return nil, nil, err
	}
	if out.GenerationConfig, err = e.config(); err != nil {
		return nil, nil, err
	}
	if e.instruction != "" {
		t.system = append(t.system, textPart(e.instruction))
	}
	if len(t.system) > 0 {
		out.SystemInstruction = &wireContent{Parts: t.system}
	}
	for _, d := range dropped {
		if d.set(r) {
			e.lost[d.param] = d.why
		}
	}
	var lost []conv.Lost
	for _, param := range slices.Sorted(maps.Keys(e.lost)) {
		lost = append(lost, conv.Lost{Param: param, Why: e.lost[param]})
	}
	return marshal(out), lost, nil
}

// encoder is what the parts of a request are written by.
type encoder struct {
	r           *conv.Request
	to          conv.Target
	gen         generation
	names       *Names
	lost        map[string]string
	instruction string // what has to be asked for in words
	functions   []string
}

// jsonSchema reports whether the target reads JSON Schema (Gemini 2.5 and newer), and not only its own Schema.
func (e *encoder) jsonSchema() bool { return e.gen.from(2, 5) && !e.to.Quirks[QuirkOnlyParameters] }

func (e *encoder) config() (*wireConfig, error) {
	r := e.r
	c := wireConfig{Temperature: r.Temperature, TopP: r.TopP, TopK: r.TopK, PresencePenalty: r.PresencePenalty, FrequencyPenalty: r.FrequencyPenalty}
	if r.N > mostAnswers {
		return nil, bad("n", fmt.Sprintf("this provider gives at most %d answers at a time", mostAnswers))
	}
	if r.N > 1 {
		c.CandidateCount = r.N
	}
	for _, s := range r.Stop {
		if s != "" {
			c.StopSequences = append(c.StopSequences, s)
		}
	}
	if len(c.StopSequences) > mostStops {
		return nil, bad("stop", fmt.Sprintf("this provider takes at most %d stop sequences", mostStops))
	}
	if r.MaxOutput != nil && *r.MaxOutput > 0 {
		c.MaxOutputTokens = min(*r.MaxOutput, math.MaxInt32)
	}
	if r.Seed != nil { // 32 bits there: a longer one is folded, and still gives the same answer again
		seed := int32(*r.Seed ^ *r.Seed>>32)
		if *r.Seed >= math.MinInt32 && *r.Seed <= math.MaxInt32 {
			seed = int32(*r.Seed)
		}
		c.Seed = &seed
	}
	if err := e.format(&c); err != nil {
		return nil, err
	}
	config, lost := thinking(r.Reasoning, e.to)
	if c.ThinkingConfig = config; lost != "" {
		e.lost["reasoning"] = lost
	}
	if raw := marshal(c); string(raw) == "{}" {
		return nil, nil
	}
	return &c, nil
}

// format asks for JSON. Models before Gemini 3 refuse that beside functions, and are asked for it in words.
func (e *encoder) format(c *wireConfig) error {
	f := e.r.Format
	if f.Kind == conv.FormatText {
		return nil
	}
	if f.Kind == conv.FormatSchema && (len(f.Schema) == 0 || scan.Valid(f.Schema) != nil || f.Schema[0] != '{') {
		return bad("response_format", "the schema of the answer is no JSON object")
	}
	if len(e.functions) > 0 && e.gen.major < 3 {
		e.instruction = "Unless you call a function, answer with one JSON value and nothing else: no words around it, no code fence."
		if f.Kind == conv.FormatSchema {
			e.instruction += " It must be valid by this JSON Schema: " + string(f.Schema)
		}
		return nil
	}
	c.ResponseMimeType = "application/json"
	if f.Kind != conv.FormatSchema {
		return nil
	}
	if e.jsonSchema() {
		c.ResponseJSONSchema = f.Schema
		return nil
	}
	lowered, err := schema.Lower(f.Schema)
	if err != nil {
		return bad("response_format", err.Error())
	}
	c.ResponseSchema = lowered
	return nil
}

// tools declares the functions in one Tool, and each tool that Google runs in one of its own.
func (e *encoder) tools() (out []any, err error) {
	var functions []wireFunction
	var google []json.RawMessage
	foreignSearch := false
	seen := map[string]bool{}
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch t.Kind {
		case conv.WebSearch, conv.Hosted:
			raw, err := e.google(t)
			if err != nil {
				return nil, err
			}
			if foreignSearch = foreignSearch || t.Origin != protocol.Gemini; !seen[string(raw)] {
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
		if foreignSearch { // refused beside functions, but for what the newest models take when they are asked in a form of their own
			e.lost["tools"] = "a search of the vendor's cannot stand beside functions"
			return out, nil
		}
	}
	for _, raw := range google {
		out = append(out, raw)
	}
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
			if len(name) >= len(h.prefix) && name[:len(h.prefix)] == h.prefix {
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
