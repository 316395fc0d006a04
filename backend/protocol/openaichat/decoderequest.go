package openaichat

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/unsaid"
	"metapi/backend/protocol/quote"
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

	messages, tools, functions []byte // most of a request: taken apart where they stand, since every copy costs
	lost                       []conversation.Lost
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
	for _, m := range in.Modalities {
		if m != "text" {
			return nil, bad("modalities", ignored["audio"].Why)
		}
	}
	r := &conversation.Request{Model: first(in.Model, out.Model), Stream: out.Stream || is(in.Stream),
		MaxOutput: in.MaxCompletion, Temperature: in.Temperature, TopP: in.TopP, TopK: in.TopK,
		FrequencyPenalty: in.Frequency, PresencePenalty: in.Presence, Seed: in.Seed,
		LogProbs: is(in.LogProbs), TopLogProbs: in.TopLogProbs, LogitBias: given(in.LogitBias), Verbosity: in.Verbosity,
		User: first(in.User, in.Safety), Metadata: in.Metadata, ServiceTier: in.ServiceTier, CacheKey: in.CacheKey, Store: in.Store, Lost: in.lost}
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
			if !askedNames[name] {
				return in.ignore(name, value)
			}
			if len(rest) > 1 {
				rest = append(rest, ',')
			}
			rest = append(append(quote.Append(rest, name), ':'), value...)
		}
		return nil
	}); err != nil {
		return err
	}
	return into(append(rest, '}'), in, "")
}

// ignore passes over a parameter that has no place in the canonical form, where that does no harm.
func (in *asked) ignore(name string, value []byte) error {
	if given(value) == nil {
		return nil
	}
	rule, known := ignored[name]
	switch {
	case !known:
		rule = unsaid.Dropped(unknown)
	case rule.Fate == unsaid.Refuse:
		return bad(name, rule.Why)
	}
	in.lost = conversation.Lose(in.lost, name, rule.Why)
	return nil
}

// askedNames are the parameters that asked has a place for.
var askedNames = func() map[string]bool {
	names := map[string]bool{}
	for t, i := reflect.TypeFor[asked](), 0; i < t.NumField(); i++ {
		name := t.Field(i).Tag.Get("json")
		if name == "" {
			name = strings.ToLower(t.Field(i).Name)
		}
		names[name] = t.Field(i).IsExported()
	}
	return names
}()

// mostChoices is the largest n of the definition.
const mostChoices = 128

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

// compact writes v, which is made of strings, numbers and JSON that was read, and so cannot fail.
func compact(v any) json.RawMessage {
	b, _ := json.Marshal(v)
	return b
}
