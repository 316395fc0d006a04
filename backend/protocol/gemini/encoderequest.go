package gemini

import (
	"fmt"
	"maps"
	"math"
	"slices"

	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/schema"
	"metapi/backend/protocol/internal/toolnames"
	"metapi/backend/protocol/internal/unsaid"
	"metapi/backend/protocol/scan"
)

// Quirks of providers that speak this protocol, for [conv.Target.Quirks].
const (
	QuirkNoCallIDs      = "no-call-ids"     // FunctionCall.id is not known there
	QuirkOnlyParameters = "only-parameters" // parametersJsonSchema and responseJsonSchema are not known there
)

// KnowsQuirk reports whether the codec heeds a quirk of this name.
func KnowsQuirk(name string) bool { return name == QuirkNoCallIDs || name == QuirkOnlyParameters }

// Bounds of the API (google.ai.generativelanguage.v1beta.GenerationConfig).
const (
	mostStops   = 5
	mostAnswers = 8

	mostTopLogProbs = 20
)

// EncodeRequest writes a GenerateContentRequest. The model and the wish for a stream are not in it: they go into the path.
func (Codec) EncodeRequest(r *conv.Request, to conv.Target) ([]byte, []conv.Lost, error) {
	lost, fault := unsaid.Judge(r, unsayable...)
	if fault != nil {
		return nil, nil, fault
	}
	e := encoder{r: r, to: to, gen: generationOf(to.Model), names: names(r), lost: map[string]string{}}
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
	for _, param := range slices.Sorted(maps.Keys(e.lost)) {
		lost = conv.Lose(lost, param, e.lost[param])
	}
	return marshal(out), lost, nil
}

// encoder is what the parts of a request are written by.
type encoder struct {
	r           *conv.Request
	to          conv.Target
	gen         generation
	names       *toolnames.Names
	lost        map[string]string
	instruction string   // what has to be asked for in words
	functions   []string // their names here
	tooled      bool     // tools of any kind are declared
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
	if c.ResponseLogprobs = r.LogProbs; r.LogProbs && r.TopLogProbs != nil {
		n := min(max(*r.TopLogProbs, 0), mostTopLogProbs)
		c.Logprobs = &n
	}
	if err := e.format(&c); err != nil {
		return nil, err
	}
	config, lost := thinking(r.Reasoning, e.to)
	if c.ThinkingConfig = config; lost != "" {
		e.lost["reasoning_effort"] = lost
	}
	if raw := marshal(c); string(raw) == "{}" {
		return nil, nil
	}
	return &c, nil
}

// format asks for JSON. Models before Gemini 3 refuse that beside tools, and are asked for it in words.
func (e *encoder) format(c *wireConfig) error {
	f := e.r.Format
	if f.Kind == conv.FormatText {
		return nil
	}
	if f.Kind == conv.FormatSchema && (len(f.Schema) == 0 || scan.Valid(f.Schema) != nil || f.Schema[0] != '{') {
		return bad("response_format", "the schema of the answer is no JSON object")
	}
	if e.tooled && e.gen.major < 3 {
		e.instruction = "Unless you call a tool, answer with one JSON value and nothing else: no words around it, no code fence."
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
