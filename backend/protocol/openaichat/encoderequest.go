package openaichat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// encoder writes one request.
type encoder struct {
	r       *conversation.Request
	to      conversation.Target
	family  family
	openAIs bool // the model is one of OpenAI's own
	names   *Names
	out     request
	lost    []conversation.Lost

	instructions string              // the role of instructions
	cleared      bool                // the first system text has been looked at
	carried      []conversation.Part // media that wait for the end of the results
}

func (e *encoder) quirk(name string) bool { return e.to.Quirks[name] }

// lose notes something that was left out, once.
func (e *encoder) lose(param, why string) {
	for _, l := range e.lost {
		if l.Param == param {
			return
		}
	}
	e.lost = append(e.lost, conversation.Lost{Param: param, Why: why})
}

// EncodeRequest writes a CreateChatCompletionRequest.
func (Codec) EncodeRequest(r *conversation.Request, to conversation.Target) ([]byte, []conversation.Lost, error) {
	e := &encoder{r: r, to: to, names: NamesOf(r)}
	e.to.Model = first(to.Model, r.Model)
	e.family, e.openAIs = familyOf(e.to.Model)
	e.out.Model = e.to.Model
	e.out.Stream = r.Stream
	if r.Stream {
		e.out.StreamOptions = &streamOption{IncludeUsage: true} // the ledger needs it, whoever asked
	}
	for _, step := range []func() error{e.encodeTools, e.encodeMessages, e.encodeFormat} {
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	e.encodeReasoning()
	if err := e.encodeParams(); err != nil {
		return nil, nil, err
	}
	for _, w := range withouts {
		if name := w.name; e.quirk(quirkWithout+name) && w.take(&e.out) {
			if w.act == refuse {
				return nil, nil, bad(name, w.why)
			}
			e.lose(name, w.why)
		}
	}
	if len(e.out.Messages) == 0 {
		return nil, nil, bad("messages", "there is nothing to answer: every message is empty")
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&e.out); err != nil { // a number that JSON has not, or a schema that is none
		return nil, nil, bad("", "the request cannot be written: "+err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), e.lost, nil
}

// mostStops is how many stop sequences there may be: StopConfiguration.
const mostStops = 4

func (e *encoder) encodeParams() error {
	r, out := e.r, &e.out
	if n := r.MaxOutput; n != nil && *n > 0 {
		if e.quirk(quirkMaxCompletionTokens) || e.family.reasons && !e.quirk(quirkMaxTokens) {
			out.MaxCompletion = n
		} else {
			out.MaxTokens = n
		}
	}
	if len(r.Stop) > mostStops {
		return bad("stop", fmt.Sprintf("openai-chat takes %d stop sequences, not %d", mostStops, len(r.Stop)))
	}
	if len(r.Stop) > 0 && e.family.reasons {
		return bad("stop", "OpenAI's reasoning models take no stop sequences")
	}
	if r.N > mostChoices {
		return bad("n", fmt.Sprintf("openai-chat gives at most %d choices", mostChoices))
	}
	out.Stop, out.Seed = r.Stop, r.Seed
	if r.N > 1 {
		out.N = r.N
	}
	e.encodeSampling()
	if r.TopK != nil {
		if e.quirk(quirkTopK) {
			out.TopK = r.TopK
		} else {
			e.lose("top_k", "openai-chat has none")
		}
	}
	if r.Verbosity != "" {
		if e.family.gpt5 || e.quirk(quirkVerbosity) {
			out.Verbosity = r.Verbosity
		} else {
			e.lose("verbosity", "the model does not take it")
		}
	}
	out.User = bounded(r.User)
	e.encodeKeeping()
	if len(r.Include) > 0 {
		e.lose("include", "openai-chat has none")
	}
	return nil
}

// encodeSampling writes what models that reason refuse (case 42).
func (e *encoder) encodeSampling() {
	r, out := e.r, &e.out
	if e.family.reasons && !(e.family.sampling && out.Effort == "none") {
		for _, p := range []struct {
			name string
			said bool
		}{
			{"temperature", r.Temperature != nil && *r.Temperature != 1}, {"top_p", r.TopP != nil && *r.TopP != 1},
			{"frequency_penalty", r.FrequencyPenalty != nil && *r.FrequencyPenalty != 0},
			{"presence_penalty", r.PresencePenalty != nil && *r.PresencePenalty != 0},
			{"logprobs", r.LogProbs}, {"logit_bias", len(r.LogitBias) > 0},
		} {
			if p.said {
				e.lose(p.name, "a model that reasons does not take it")
			}
		}
		return
	}
	out.Temperature, out.TopP = within(r.Temperature, 0, 2), within(r.TopP, 0, 1)
	out.Frequency, out.Presence = within(r.FrequencyPenalty, -2, 2), within(r.PresencePenalty, -2, 2)
	out.LogitBias = r.LogitBias
	if out.LogProbs = r.LogProbs; out.LogProbs && r.TopLogProbs != nil {
		n := min(max(*r.TopLogProbs, 0), 20)
		out.TopLogProbs = &n
	}
}

// within is f brought between the definition's bounds: another vendor's scale may reach further.
func within(f *float64, low, high float64) *float64 {
	if f == nil || *f >= low && *f <= high {
		return f
	}
	g := min(max(*f, low), high)
	return &g
}

// encodeKeeping writes what the vendor is to remember.
func (e *encoder) encodeKeeping() {
	r, out := e.r, &e.out
	if r.CacheKey != "" {
		if e.openAIs || e.quirk(quirkCacheKey) {
			out.CacheKey = bounded(r.CacheKey)
		} else {
			e.lose("prompt_cache_key", "the vendor caches by itself")
		}
	}
	if r.ServiceTier != "" {
		if out.ServiceTier = tiers[r.ServiceTier]; out.ServiceTier == "" {
			e.lose("service_tier", "openai-chat knows no such tier")
		}
	}
	if r.Store != nil {
		if e.openAIs {
			out.Store = r.Store
		} else if *r.Store {
			e.lose("store", "the vendor keeps nothing")
		}
	}
	if len(r.Metadata) > 0 {
		if is(out.Store) && fitting(r.Metadata) {
			out.Metadata = r.Metadata
		} else {
			e.lose("metadata", "it is kept with stored replies only")
		}
	}
}

// fitting: Metadata is of 16 pairs, with keys of 64 and values of 512 characters.
func fitting(m map[string]string) bool {
	for k, v := range m {
		if len(k) > 64 || len(v) > 512 {
			return false
		}
	}
	return len(m) <= 16
}

// bounded is s, or where it is longer than the 64 characters that user and prompt_cache_key may have, a hash of it: equal stays equal.
func bounded(s string) string {
	if len(s) <= 64 {
		return s
	}
	hash := sha256.Sum256([]byte(s))
	return hex.EncodeToString(hash[:])
}

// encodeFormat writes response_format (case 48).
func (e *encoder) encodeFormat() error {
	f := e.r.Format
	switch f.Kind {
	case conversation.FormatText:
		return nil
	case conversation.FormatJSON:
		e.out.ResponseFormat = &responseFormat{Type: "json_object"}
		if !e.speaksOfJSON() { // else OpenAI refuses the request
			e.instruct(askForJSON)
		}
		return nil
	}
	if e.quirk(quirkJSONObjectOnly) {
		e.out.ResponseFormat = &responseFormat{Type: "json_object"}
		e.instruct("Answer with one JSON object that fits this JSON Schema, and nothing else:\n" + string(f.Schema))
		return nil
	}
	s := &jsonSchema{Name: sanitise(first(f.Name, "answer"), longest), Description: f.Description, Schema: f.Schema, Strict: f.Strict}
	if is(s.Strict) && (e.quirk(quirkNoStrict) || !strictly(s.Schema)) {
		s.Strict = nil
		e.lose("strict", "the schema leaves something open, so it is not enforced")
	}
	e.out.ResponseFormat = &responseFormat{Type: "json_schema", Schema: s}
	return nil
}

func (e *encoder) speaksOfJSON() bool {
	for _, m := range e.out.Messages {
		for _, p := range partsOf(m.Content) {
			if p.Text != nil && strings.Contains(strings.ToLower(*p.Text), "json") {
				return true
			}
		}
	}
	return false
}

// instruct adds instructions behind those at the beginning.
func (e *encoder) instruct(text string) {
	i := 0
	for i < len(e.out.Messages) && e.out.Messages[i].Role == e.instructions {
		i++
	}
	m := append([]wireMessage{}, e.out.Messages[:i]...)
	m = append(m, wireMessage{Role: e.instructions, Content: text})
	e.out.Messages = append(m, e.out.Messages[i:]...)
}

// encodeReasoning says how much to think, in the way that the vendor has for it (case 41).
func (e *encoder) encodeReasoning() {
	why := e.r.Reasoning
	off := why.Off || why.Effort == "none" || why.Budget != nil && *why.Budget == 0
	if !off && !why.Adaptive && why.Effort == "" && why.Budget == nil {
		return
	}
	level := levelOf(why.Effort)
	if level < 0 && why.Budget != nil && *why.Budget > 0 {
		for level = 1; level < len(levels)-1 && levels[level].budget < *why.Budget; level++ {
		}
	}
	if off {
		level = 0
	}
	switch {
	case e.quirk(quirkReasoningObject):
		o := map[string]any{}
		switch {
		case off:
			o["enabled"] = false
		case why.Effort == "" && why.Budget != nil && *why.Budget > 0:
			o["max_tokens"] = *why.Budget
		case level > 0:
			o["effort"] = nearest([]string{"minimal", "low", "medium", "high", "xhigh"}, level)
		default:
			o["enabled"] = true
		}
		e.out.Reasoning = o
	case e.quirk(quirkThinkingType):
		state := "enabled"
		if off {
			state = "disabled"
		}
		e.out.Thinking = map[string]any{"type": state}
	case e.quirk(quirkEnableThinking):
		on := !off
		e.out.EnableThinking = &on
		if on && why.Budget != nil && *why.Budget > 0 {
			e.out.ThinkingBudget = why.Budget
		} else if on && level > 0 {
			e.out.ThinkingBudget = &levels[level].budget
		}
	case e.family.reasons || e.to.Described && e.to.Reasons:
		if level >= 0 && !(off && !e.openAIs) {
			e.out.Effort = nearest(e.family.efforts, level)
		}
	default:
		if !off {
			e.lose("reasoning_effort", "the model is not known to reason")
		}
	}
}

// nearest is the lowest of the efforts that reaches a level, or the highest there is.
func nearest(efforts []string, level int) string {
	for _, effort := range efforts {
		if levelOf(effort) >= level {
			return effort
		}
	}
	return efforts[len(efforts)-1]
}

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
	for i, t := range e.r.Tools {
		if len(only) > 0 && !only[t.Name] {
			continue
		}
		w, ok, err := e.tool(t, fmt.Sprintf("tools[%d]", i))
		if err != nil {
			return err
		}
		if ok {
			kinds[t.Name] = w.Type
			e.out.Tools = append(e.out.Tools, w)
		}
	}
	if len(e.out.Tools) == 0 {
		if c.Mode == conversation.ChoiceAny || c.Mode == conversation.ChoiceTool {
			return bad("tool_choice", "a tool is to be called, and none is left that openai-chat can declare")
		}
		return nil
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
			return e.names.Wire(t.Namespace, t.Name)
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
func (e *encoder) tool(t conversation.Tool, at string) (w tool, ok bool, err error) {
	name := e.names.Wire(t.Namespace, t.Name)
	switch t.Kind {
	case conversation.Function, "":
		f := &function{Name: name, Description: t.Description, Parameters: rootSchema(t.Schema), Strict: t.Strict}
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
			return tool{Type: "function", Function: &function{Name: name, Description: t.Description + grammarWords(t.Grammar),
				Parameters: customSchema}}, true, nil
		}
		return tool{Type: "custom", Custom: &customTool{Name: name, Description: t.Description, Format: deepGrammar(t.Grammar)}}, true, nil
	}
	if t.Kind == conversation.WebSearch && e.quirk(quirkWebSearch) {
		e.out.WebSearchOption = json.RawMessage("{}")
		if t.Origin == protocol.OpenAIChat && len(t.Raw) > 0 && !strings.Contains(string(t.Raw), `"type":"web_search`) {
			e.out.WebSearchOption = t.Raw
		}
		return w, false, nil
	}
	var declared struct{ Type string }
	_ = json.Unmarshal(t.Raw, &declared) // without a type, by its name
	kind := first(declared.Type, t.Name)
	if t.Kind == conversation.WebSearch {
		kind = "web_search"
	}
	for _, h := range hostedTools {
		if !strings.HasPrefix(kind, h.prefix) {
			continue
		}
		if h.act == refuse {
			return w, false, bad(at, fmt.Sprintf("the tool %q cannot be offered: %s", kind, h.why))
		}
		e.lose(kind, h.why)
		break
	}
	return w, false, nil
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

// grammarWords tells a model in words what grammar the input of an emulated custom tool is of.
func grammarWords(flat json.RawMessage) string {
	var g struct{ Syntax, Definition string }
	if json.Unmarshal(flat, &g) != nil || g.Definition == "" {
		return ""
	}
	return "\n\nThe input must match this " + g.Syntax + " grammar:\n" + g.Definition
}
