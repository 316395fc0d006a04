package openaichat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// asked is a request as clients send it: CreateChatCompletionRequest, what came before it (functions), and what compatible vendors have
// added to say how much to think.
type asked struct {
	Model         string
	Stream        *bool
	StreamOptions *struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
	ToolChoice    json.RawMessage `json:"tool_choice"`
	FunctionCall  json.RawMessage `json:"function_call"`
	Parallel      *bool           `json:"parallel_tool_calls"`
	MaxCompletion *int64          `json:"max_completion_tokens"`
	MaxTokens     *int64          `json:"max_tokens"`
	Temperature   *float64
	TopP          *float64 `json:"top_p"`
	TopK          *int64   `json:"top_k"`
	Frequency     *float64 `json:"frequency_penalty"`
	Presence      *float64 `json:"presence_penalty"`
	Stop          json.RawMessage
	Seed          *int64
	N             *int64
	LogProbs      *bool
	TopLogProbs   *int64          `json:"top_logprobs"`
	LogitBias     json.RawMessage `json:"logit_bias"`

	Effort string `json:"reasoning_effort"`

	// What vendors have added is read where it is of the form that is known, and else passed over.
	Reasoning      json.RawMessage
	Thinking       json.RawMessage
	EnableThinking json.RawMessage `json:"enable_thinking"`
	ThinkingBudget json.RawMessage `json:"thinking_budget"`

	ResponseFormat *responseFormat `json:"response_format"`
	Verbosity      string
	User           string
	Safety         string `json:"safety_identifier"`
	Metadata       map[string]string
	ServiceTier    string `json:"service_tier"`
	CacheKey       string `json:"prompt_cache_key"`
	Store          *bool
	WebSearch      json.RawMessage `json:"web_search_options"`
	Modalities     []string
	Audio          json.RawMessage

	messages, tools, functions []byte // most of a request: taken apart where they stand, since every copy costs
}

type askedReasoning struct { // OpenRouter
	Effort    string
	MaxTokens *int64 `json:"max_tokens"`
	Enabled   *bool
	Exclude   *bool
}

type askedThinking struct { // DeepSeek, GLM, Kimi; and Anthropic's, at relays
	Type   string
	Budget *int64 `json:"budget_tokens"`
}

// DecodeRequest reads a CreateChatCompletionRequest.
func (Codec) DecodeRequest(body []byte, out conversation.Asked) (*conversation.Request, error) {
	var in asked
	if err := in.read(body); err != nil {
		return nil, err
	}
	if err := refused(&in); err != nil {
		return nil, err
	}
	r := &conversation.Request{Model: first(in.Model, out.Model), Stream: out.Stream || is(in.Stream),
		MaxOutput: in.MaxCompletion, Temperature: in.Temperature, TopP: in.TopP, TopK: in.TopK,
		FrequencyPenalty: in.Frequency, PresencePenalty: in.Presence, Seed: in.Seed,
		LogProbs: is(in.LogProbs), TopLogProbs: in.TopLogProbs, LogitBias: given(in.LogitBias), Verbosity: in.Verbosity,
		User: first(in.User, in.Safety), Metadata: in.Metadata, ServiceTier: in.ServiceTier, CacheKey: in.CacheKey, Store: in.Store}
	if r.MaxOutput == nil {
		r.MaxOutput = in.MaxTokens
	}
	if in.StreamOptions != nil {
		r.IncludeUsage = in.StreamOptions.IncludeUsage
	}
	if in.N != nil {
		if *in.N < 1 || *in.N > mostChoices {
			return nil, bad("n", fmt.Sprintf("n is %d; it may be 1 to %d", *in.N, mostChoices))
		}
		r.N = *in.N
	}
	if bias := given(in.LogitBias); bias != nil && bias[0] != '{' {
		return nil, bad("logit_bias", "logit_bias must be an object")
	}
	for _, step := range []func() error{
		func() error { return decodeStop(in.Stop, r) },
		func() error { return decodeFormat(in.ResponseFormat, r) },
		func() error { return decodeTools(&in, r) },
		func() error { return decodeChoice(&in, r) },
		func() error { return decodeMessages(in.messages, r) },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	decodeReasoning(&in, r)
	return r, nil
}

// read checks the whole body once, and decodes all of it but messages and tools.
func (in *asked) read(body []byte) error {
	rest := make([]byte, 1, 1024)
	rest[0] = '{'
	if err := members(body, "", func(name string, value []byte) error {
		switch name {
		case "messages":
			in.messages = value
		case "tools":
			in.tools = value
		case "functions":
			in.functions = value
		default:
			if len(rest) > 1 {
				rest = append(rest, ',')
			}
			rest = append(append(appendString(rest, name), ':'), value...)
		}
		return nil
	}); err != nil {
		return err
	}
	return into(append(rest, '}'), in, "")
}

// mostChoices is the largest n of the definition.
const mostChoices = 128

// refused finds parameters that [ignored] does not let pass.
func refused(in *asked) error {
	for _, m := range in.Modalities {
		if m != "text" {
			return bad("modalities", ignored["audio"].why)
		}
	}
	if given(in.Audio) != nil {
		return bad("audio", ignored["audio"].why)
	}
	return nil
}

// into decodes JSON, and names the place of what does not fit: at, and below it the field.
func into(data []byte, v any, at string) error {
	err := json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		where := at
		if t.Field != "" {
			where = join(at, strings.ToLower(t.Field))
		}
		return bad(where, fmt.Sprintf("%s is a %s, which it cannot be", first(where, "the body"), t.Value))
	}
	return bad(at, "the request is not valid JSON: "+err.Error())
}

func join(at, field string) string {
	if at == "" {
		return field
	}
	return at + "." + field
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func is(b *bool) bool { return b != nil && *b }

// given is raw, or nil where it is null or was not there.
func given(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return raw
}

func decodeStop(raw json.RawMessage, r *conversation.Request) error {
	if given(raw) == nil {
		return nil
	}
	if raw[0] == '"' {
		var word string
		if err := into(raw, &word, "stop"); err != nil {
			return err
		}
		r.Stop = []string{word}
		return nil
	}
	return into(raw, &r.Stop, "stop")
}

func decodeFormat(f *responseFormat, r *conversation.Request) error {
	if f == nil {
		return nil
	}
	switch f.Type {
	case "", "text":
	case "json_object":
		r.Format.Kind = conversation.FormatJSON
	case "json_schema":
		if f.Schema == nil {
			return bad("response_format.json_schema", "response_format lacks its json_schema")
		}
		r.Format = conversation.Format{Kind: conversation.FormatSchema, Name: f.Schema.Name, Description: f.Schema.Description,
			Schema: given(f.Schema.Schema), Strict: f.Schema.Strict}
	default:
		return bad("response_format.type", fmt.Sprintf("response_format.type %q is none of text, json_object, json_schema", f.Type))
	}
	return nil
}

// decodeReasoning takes what OpenAI's parameter says, else what a vendor's own does.
func decodeReasoning(in *asked, r *conversation.Request) {
	why := &r.Reasoning
	why.Effort = in.Effort
	if o := jsonOf[*askedReasoning](in.Reasoning); o != nil {
		why.Effort, why.Budget = first(why.Effort, o.Effort), o.MaxTokens
		why.Off = o.Enabled != nil && !*o.Enabled
		if o.Exclude != nil {
			show := !*o.Exclude
			why.Show = &show
		}
		why.Adaptive = is(o.Enabled) && why.Effort == "" && why.Budget == nil
	}
	if t := jsonOf[*askedThinking](in.Thinking); t != nil {
		why.Off = why.Off || t.Type == "disabled"
		why.Adaptive = why.Adaptive || why.Effort == "" && (t.Type == "adaptive" || t.Type == "enabled" && t.Budget == nil)
		if t.Budget != nil {
			why.Budget = t.Budget
		}
	}
	if n := jsonOf[*int64](in.ThinkingBudget); n != nil {
		why.Budget = n
	}
	if on := jsonOf[*bool](in.EnableThinking); on != nil {
		why.Off = why.Off || !*on
		why.Adaptive = why.Adaptive || *on && why.Effort == "" && why.Budget == nil
	}
	why.Off = why.Off || why.Effort == "none" || why.Budget != nil && *why.Budget == 0
}

// decodeTools reads tools, or functions as they were called before.
func decodeTools(in *asked, r *conversation.Request) error {
	declared := 0
	if err := elements(in.tools, "tools", func(i int, raw []byte) error {
		declared++
		return decodeTool(raw, fmt.Sprintf("tools[%d]", i), r)
	}); err != nil {
		return err
	}
	if given(in.WebSearch) != nil {
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.WebSearch, Name: "web_search", Raw: in.WebSearch, Origin: protocol.OpenAIChat})
	}
	if declared > 0 {
		return nil
	}
	return elements(in.functions, "functions", func(i int, raw []byte) error {
		at := fmt.Sprintf("functions[%d]", i)
		var f function
		if err := into(raw, &f, at); err != nil {
			return err
		}
		r.Functions = true
		return addFunction(r, &f, nil, at)
	})
}

func decodeTool(raw []byte, at string, r *conversation.Request) error {
	var t struct {
		Type     string
		Function *function
		Custom   *customTool
		Cache    *cacheMark `json:"cache_control"`
	}
	if err := into(raw, &t, at); err != nil {
		return err
	}
	switch {
	case t.Function != nil && (t.Type == "function" || t.Type == ""):
		return addFunction(r, t.Function, mark(t.Cache), at+".function")
	case t.Type == "custom" && t.Custom != nil:
		if t.Custom.Name == "" {
			return bad(at+".custom.name", "a custom tool has no name")
		}
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Custom, Name: t.Custom.Name, Description: t.Custom.Description,
			Grammar: flatGrammar(t.Custom.Format), Cache: mark(t.Cache)})
	case t.Type == "" || t.Type == "function" || t.Type == "custom":
		return bad(at+"."+first(t.Type, "type"), "a tool is not declared")
	case strings.HasPrefix(t.Type, "web_search"): // xAI, GLM and others have it among the tools
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.WebSearch, Name: t.Type, Raw: bytes.Clone(raw), Origin: protocol.OpenAIChat})
	default:
		r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Hosted, Name: t.Type, Raw: bytes.Clone(raw), Origin: protocol.OpenAIChat})
	}
	return nil
}

func addFunction(r *conversation.Request, f *function, cache *conversation.Cache, at string) error {
	if strings.TrimSpace(f.Name) == "" {
		return bad(at+".name", "a function has no name")
	}
	r.Tools = append(r.Tools, conversation.Tool{Kind: conversation.Function, Name: f.Name, Description: f.Description,
		Schema: given(f.Parameters), Strict: f.Strict, Cache: cache})
	return nil
}

func mark(c *cacheMark) *conversation.Cache {
	if c == nil {
		return nil
	}
	return &conversation.Cache{TTL: c.TTL}
}

// flatGrammar turns a custom tool's format into the one of openai-responses, which has the grammar's members beside the type.
func flatGrammar(format json.RawMessage) json.RawMessage {
	var f struct {
		Type    string
		Grammar *struct {
			Definition string `json:"definition"`
			Syntax     string `json:"syntax"`
		}
	}
	if given(format) == nil || json.Unmarshal(format, &f) != nil || f.Grammar == nil {
		return given(format)
	}
	return compact(map[string]any{"type": "grammar", "syntax": f.Grammar.Syntax, "definition": f.Grammar.Definition})
}

// decodeChoice reads tool_choice, or function_call.
func decodeChoice(in *asked, r *conversation.Request) error {
	c := &r.Choice
	c.Parallel = in.Parallel
	raw, at := given(in.ToolChoice), "tool_choice"
	if raw == nil {
		raw, at = given(in.FunctionCall), "function_call"
	}
	if raw == nil {
		return nil
	}
	if raw[0] == '"' {
		var word string
		if err := into(raw, &word, at); err != nil {
			return err
		}
		switch word {
		case "auto":
			c.Mode = conversation.ChoiceAuto
		case "none":
			c.Mode = conversation.ChoiceNone
		case "required", "any": // any: Mistral
			c.Mode = conversation.ChoiceAny
		default:
			return bad(at, fmt.Sprintf("%s %q is none of none, auto, required", at, word))
		}
		return nil
	}
	type named struct{ Name string }
	var o struct {
		named
		Type     string
		Function *named
		Custom   *named
		Allowed  *struct {
			Mode  string
			Tools []struct {
				named
				Function *named
				Custom   *named
			}
		} `json:"allowed_tools"`
	}
	if err := into(raw, &o, at); err != nil {
		return err
	}
	pick := func(own named, of ...*named) string {
		for _, n := range of {
			if n != nil && n.Name != "" {
				return n.Name
			}
		}
		return own.Name
	}
	if o.Allowed != nil {
		c.Mode = conversation.ChoiceAuto
		if o.Allowed.Mode == "required" {
			c.Mode = conversation.ChoiceTool
		}
		for _, t := range o.Allowed.Tools {
			if name := pick(t.named, t.Function, t.Custom); name != "" {
				c.Names = append(c.Names, name)
			}
		}
		if len(c.Names) == 0 {
			return bad(at+".allowed_tools.tools", "allowed_tools names no tool")
		}
		return nil
	}
	name := pick(o.named, o.Function, o.Custom)
	if name == "" {
		return bad(at, at+" names no tool")
	}
	c.Mode, c.Names = conversation.ChoiceTool, []string{name}
	return nil
}

// compact writes v, which is made of strings, numbers and JSON that was read, and so cannot fail.
func compact(v any) json.RawMessage {
	b, _ := json.Marshal(v)
	return b
}
