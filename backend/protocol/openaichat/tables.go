package openaichat

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/unsaid"
)

// Quirks of compatible vendors: entries of [conversation.Target.Quirks]. doc.go says what each means.
const (
	quirkMaxTokens           = "max_tokens"
	quirkMaxCompletionTokens = "max_completion_tokens"
	quirkDeveloper           = "developer"
	quirkSystemFirst         = "system_first"
	quirkMergeTurns          = "merge_turns"
	quirkStringContent       = "string_content"
	quirkReasoningContent    = "reasoning_content"
	quirkReasoningRequired   = "reasoning_content_required"
	quirkReasoningDetails    = "reasoning_details"
	quirkReasoningObject     = "reasoning"
	quirkThinkingType        = "thinking"
	quirkEnableThinking      = "enable_thinking"
	quirkThinksStreaming     = "thinks_streaming"
	quirkJSONObjectOnly      = "json_object_only"
	quirkCacheControl        = "cache_control"
	quirkCacheKey            = "prompt_cache_key"
	quirkTopK                = "top_k"
	quirkVideo               = "video_url"
	quirkCustomTools         = "custom_tools"
	quirkWebSearch           = "web_search_options"
	quirkVerbosity           = "verbosity"
	quirkPrefix              = "prefix"
	quirkExtraContent        = "extra_content"
	quirkIDsOfNine           = "ids_of_nine"
	quirkNoNames             = "no:name"
	quirkNoStrict            = "no:strict"
	quirkWithout             = "no:" // followed by the name of a parameter of [withouts]
)

// allQuirks are all of them but those that begin with [quirkWithout].
var allQuirks = []string{quirkMaxTokens, quirkMaxCompletionTokens, quirkDeveloper, quirkSystemFirst, quirkMergeTurns, quirkStringContent,
	quirkReasoningContent, quirkReasoningRequired, quirkReasoningDetails, quirkReasoningObject, quirkThinkingType, quirkEnableThinking, quirkThinksStreaming,
	quirkJSONObjectOnly, quirkCacheControl, quirkCacheKey, quirkTopK, quirkVideo, quirkCustomTools, quirkWebSearch, quirkVerbosity,
	quirkPrefix, quirkExtraContent, quirkIDsOfNine, quirkNoNames, quirkNoStrict}

// KnowsQuirk reports whether the codec heeds a quirk of this name.
func KnowsQuirk(name string) bool {
	return slices.Contains(allQuirks, name) ||
		slices.ContainsFunc(withouts, func(w without) bool { return quirkWithout+w.name == name })
}

// ignored are parameters of a client's request that the canonical form has no place for. Those that are refused change what the
// reply is. Parameters that nobody knows are dropped, as those that are here for their reason.
var ignored = map[string]unsaid.Rule{
	"audio":                  unsaid.Refused("spoken answers cannot be translated to another protocol"),
	"prediction":             unsaid.Dropped("only speeds an answer up"),
	"moderation":             unsaid.Dropped("adds a judgement beside the answer"),
	"prompt_cache_retention": unsaid.Dropped("concerns the price alone"),
	"prompt_cache_options":   unsaid.Dropped("concerns the price alone"),
}

// unknown is why a parameter that is named nowhere is left out.
const unknown = "no other protocol is known to have it"

// without is a parameter that "no:NAME" takes out for a vendor that refuses it.
type without struct {
	name string
	unsaid.Rule
	take func(*request) bool // takes it out, and reports whether it was there
}

// cut makes the taker of a field that is unset where it is zero.
func cut[T any](field func(*request) *T, there func(T) bool) func(*request) bool {
	return func(q *request) bool {
		var zero T
		f := field(q)
		was := there(*f)
		*f = zero
		return was
	}
}

func set[T any](p *T) bool { return p != nil }

func words(s string) bool { return s != "" }

var withouts = []without{
	{"stream_options", unsaid.Dropped("usage is then estimated"),
		func(q *request) bool { q.StreamOptions = nil; return false }}, // ours, not the client's
	{"parallel_tool_calls", unsaid.Dropped("the vendor's default applies"), cut(func(q *request) **bool { return &q.Parallel }, set)},
	{"user", unsaid.Dropped("an end user's name"), cut(func(q *request) *string { return &q.User }, words)},
	{"seed", unsaid.Dropped("sampling is nowhere sure to repeat"), cut(func(q *request) **int64 { return &q.Seed }, set)},
	{"service_tier", unsaid.Dropped("the vendor's default applies"), cut(func(q *request) *string { return &q.ServiceTier }, words)},
	{"reasoning_effort", unsaid.Dropped("the vendor's default applies"), cut(func(q *request) *string { return &q.Effort }, words)},
	{"frequency_penalty", unsaid.Dropped("the vendor has none"), cut(func(q *request) **float64 { return &q.Frequency }, set)},
	{"presence_penalty", unsaid.Dropped("the vendor has none"), cut(func(q *request) **float64 { return &q.Presence }, set)},
	{"temperature", unsaid.Dropped("the vendor has none"), cut(func(q *request) **float64 { return &q.Temperature }, set)},
	{"top_p", unsaid.Dropped("the vendor has none"), cut(func(q *request) **float64 { return &q.TopP }, set)},
	{"logprobs", unsaid.Refused("the vendor tells none"),
		func(q *request) bool { was := q.LogProbs; q.LogProbs, q.TopLogProbs = false, nil; return was }},
	{"logit_bias", unsaid.Refused("the vendor has none"),
		func(q *request) bool { was := q.LogitBias != nil; q.LogitBias = nil; return was }},
	{"tool_choice", unsaid.Refused("the vendor has no tool_choice"),
		func(q *request) bool {
			was := q.ToolChoice != nil && q.ToolChoice != "auto"
			q.ToolChoice = nil
			return was
		}},
	{"n", unsaid.Refused("the vendor gives one choice only"), cut(func(q *request) *int64 { return &q.N }, func(n int64) bool { return n > 1 })},
	{"stop", unsaid.Refused("the vendor has no stop sequences"), cut(func(q *request) *[]string { return &q.Stop }, func(s []string) bool { return s != nil })},
	{"response_format", unsaid.Refused("the vendor has no response_format"), cut(func(q *request) **responseFormat { return &q.ResponseFormat }, set)},
}

// family is what is known of OpenAI's own models by their names: what they take is told nowhere in the API.
type family struct {
	name     *regexp.Regexp
	reasons  bool     // takes reasoning_effort and max_completion_tokens, refuses sampling while it reasons
	sampling bool     // takes sampling where reasoning_effort is none
	efforts  []string // the levels that it takes, rising
	gpt5     bool     // takes verbosity and custom tools
	single   bool     // calls one tool at a time, and refuses to be asked about it
}

// families follow https://platform.openai.com/docs/guides/reasoning and the models' pages. The first that fits counts.
var families = []family{
	{name: regexp.MustCompile(`^gpt-5(\.\d+)?-chat`)},
	{name: regexp.MustCompile(`^gpt-5-pro`), reasons: true, gpt5: true, efforts: []string{"high"}},
	{name: regexp.MustCompile(`^gpt-5\.\d+-pro`), reasons: true, gpt5: true, efforts: []string{"medium", "high", "xhigh"}},
	{name: regexp.MustCompile(`^gpt-5(-|$)`), reasons: true, gpt5: true, efforts: []string{"minimal", "low", "medium", "high"}},
	{name: regexp.MustCompile(`^gpt-5\.1(-|$)`), reasons: true, sampling: true, gpt5: true, efforts: []string{"none", "low", "medium", "high"}},
	{name: regexp.MustCompile(`^gpt-[5-9]`), reasons: true, sampling: true, gpt5: true, efforts: []string{"none", "low", "medium", "high", "xhigh"}},
	{name: regexp.MustCompile(`^o[1-9]`), reasons: true, single: true, efforts: []string{"low", "medium", "high"}},
	{name: regexp.MustCompile(`^(gpt-|chatgpt-)`)},
}

// ofOther is what a model of another maker is taken for: it is asked for nothing that only OpenAI has.
var ofOther = family{efforts: []string{"low", "medium", "high"}}

// familyOf finds a model's family, whatever an aggregator puts before its name ("openai/gpt-5").
func familyOf(model string) (f family, openAIs bool) {
	model = strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	for _, f := range families {
		if f.name.MatchString(model) {
			return f, true
		}
	}
	return ofOther, false
}

// levels are the efforts in rising order, with the budget of tokens that each stands for (case 41): up to the budget of a level, a
// budget is that level.
var levels = []struct {
	effort string
	budget int64
}{
	{"none", 0}, {"minimal", 1024}, {"low", 4096}, {"medium", 16384}, {"high", 32768}, {"xhigh", 65536}, {"max", 131072},
}

func levelOf(effort string) int {
	if effort == "ultra" {
		effort = "max"
	}
	for i, l := range levels {
		if l.effort == effort {
			return i
		}
	}
	return -1
}

// reasons says what a finish_reason of OpenAI or a compatible vendor stands for (case 52). What is not here is [conversation.Stopped].
var reasons = map[string]conversation.Reason{
	"stop": conversation.Stopped, "eos": conversation.Stopped, "end_turn": conversation.Stopped,
	"stop_sequence": conversation.StopWord,
	"length":        conversation.MaxTokens, "max_tokens": conversation.MaxTokens,
	"tool_calls": conversation.CallsTools, "function_call": conversation.CallsTools, "tool_use": conversation.CallsTools,
	"content_filter": conversation.Refused, "refusal": conversation.Refused, "sensitive": conversation.Refused, "safety": conversation.Refused,
	"model_context_window_exceeded": conversation.ContextFull,
}

// failures are finish reasons that say that the answer broke off: DeepSeek's and GLM's, and OpenRouter's.
var failures = map[string]protocol.Kind{
	"insufficient_system_resource": protocol.Overloaded,
	"network_error":                protocol.ServerError,
	"error":                        protocol.ServerError,
}

// brokenOff is what a finish reason says to have gone wrong, or nil.
func brokenOff(finish string) *protocol.Error {
	kind, broken := failures[finish]
	if !broken {
		return nil
	}
	return &protocol.Error{Kind: kind, Status: http.StatusOK, Code: finish, Message: "the provider broke the answer off"}
}

// finishes is the way back. Chat Completions has five words only.
var finishes = map[conversation.Reason]string{
	conversation.Stopped: "stop", conversation.StopWord: "stop", conversation.MaxTokens: "length", conversation.CallsTools: "tool_calls",
	conversation.Refused: "content_filter", conversation.PausedTurn: "stop", conversation.ContextFull: "length",
}

// tiers are the service tiers of the definition, and what other vendors call them.
var tiers = map[string]string{
	"auto": "auto", "default": "default", "flex": "flex", "scale": "scale", "priority": "priority", "fast": "fast",
	"standard_only": "default", "standard": "default",
}

// audioFormats are the sounds that input_audio takes, by media type.
var audioFormats = map[string]string{
	"audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/vnd.wave": "wav",
	"audio/mp3": "mp3", "audio/mpeg": "mp3",
}
