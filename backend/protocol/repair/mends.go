package repair

import (
	"maps"
	"slices"
	"strings"

	"metapi/backend/protocol/conversation"
)

// Changes of a canonical request. Each has a copy of the request with messages of its own, whose parts are shared: a part that is changed is
// replaced.

// dropThinking takes all thinking out of the history. Calls stay: they are what the conversation goes on from.
func dropThinking(r *conversation.Request) []conversation.Lost {
	eachPart(r, func(p conversation.Part) conversation.Part {
		if _, thinking := p.(*conversation.Thinking); thinking {
			return nil
		}
		return p
	})
	return nil
}

// dropSignatures takes the proofs off calls and thinking: encoders that need one then write what the vendor has for calls of others.
func dropSignatures(r *conversation.Request) []conversation.Lost {
	eachPart(r, func(p conversation.Part) conversation.Part {
		switch p := p.(type) {
		case *conversation.ToolCall:
			bare := *p
			bare.Signature = ""
			return &bare
		case *conversation.Thinking:
			return nil
		}
		return p
	})
	return nil
}

func eachPart(r *conversation.Request, replace func(conversation.Part) conversation.Part) {
	for i := range r.Messages {
		m := &r.Messages[i]
		parts := make([]conversation.Part, 0, len(m.Parts))
		for _, p := range m.Parts {
			if p = replace(p); p != nil {
				parts = append(parts, p)
			}
		}
		m.Parts = parts
	}
	r.Messages = slices.DeleteFunc(r.Messages, func(m conversation.Message) bool { return len(m.Parts) == 0 })
}

func noDeveloper(r *conversation.Request) []conversation.Lost {
	for i := range r.Messages {
		if r.Messages[i].Role == conversation.Developer {
			r.Messages[i].Role = conversation.System
		}
	}
	return nil
}

// schemas makes no schema strict any more, since a vendor that refuses one takes fewer keywords in strict ones.
func schemas([]string) *Repair {
	return &Repair{Name: "schemas", Mend: func(r *conversation.Request) (lost []conversation.Lost) {
		var loose bool
		r.Tools = slices.Clone(r.Tools)
		for i := range r.Tools {
			if s := r.Tools[i].Strict; s != nil && *s {
				r.Tools[i].Strict = &loose
				lost = []conversation.Lost{{Param: "strict", Why: "the upstream refuses the schema as a strict one"}}
			}
		}
		if s := r.Format.Strict; s != nil && *s {
			r.Format.Strict = &loose
			lost = []conversation.Lost{{Param: "strict", Why: "the upstream refuses the schema as a strict one"}}
		}
		return lost
	}}
}

// parameters are those that a request can go without: what they ask for is a wish about the way to the answer, or nobody can tell that it was
// not granted. n, stop, tools and response formats are not among them.
var parameters = map[string]func(*conversation.Request){
	"temperature":         func(r *conversation.Request) { r.Temperature = nil },
	"top_p":               func(r *conversation.Request) { r.TopP = nil },
	"topp":                func(r *conversation.Request) { r.TopP = nil },
	"top_k":               func(r *conversation.Request) { r.TopK = nil },
	"topk":                func(r *conversation.Request) { r.TopK = nil },
	"frequency_penalty":   func(r *conversation.Request) { r.FrequencyPenalty = nil },
	"frequencypenalty":    func(r *conversation.Request) { r.FrequencyPenalty = nil },
	"presence_penalty":    func(r *conversation.Request) { r.PresencePenalty = nil },
	"presencepenalty":     func(r *conversation.Request) { r.PresencePenalty = nil },
	"seed":                func(r *conversation.Request) { r.Seed = nil },
	"user":                func(r *conversation.Request) { r.User = "" },
	"metadata":            func(r *conversation.Request) { r.Metadata = nil },
	"service_tier":        func(r *conversation.Request) { r.ServiceTier = "" },
	"prompt_cache_key":    func(r *conversation.Request) { r.CacheKey = "" },
	"store":               func(r *conversation.Request) { r.Store = nil },
	"verbosity":           func(r *conversation.Request) { r.Verbosity = "" },
	"parallel_tool_calls": func(r *conversation.Request) { r.Choice.Parallel = nil },
	"reasoning_effort":    func(r *conversation.Request) { r.Reasoning = conversation.Reasoning{} },
	"reasoning":           func(r *conversation.Request) { r.Reasoning = conversation.Reasoning{} },
	"thinking":            func(r *conversation.Request) { r.Reasoning = conversation.Reasoning{} },
	"thinkingconfig":      func(r *conversation.Request) { r.Reasoning = conversation.Reasoning{} },
	"thinking_config":     func(r *conversation.Request) { r.Reasoning = conversation.Reasoning{} },
	"thinking_level":      func(r *conversation.Request) { r.Reasoning = conversation.Reasoning{} },
	"thinking_budget":     func(r *conversation.Request) { r.Reasoning = conversation.Reasoning{} },
	"cache_control":       noCacheMarks,
}

// prose are the parameters whose names are words that any message may have: they count only between quotes, after a word
// such as parameter.
var prose = []string{"user", "store", "metadata", "reasoning", "thinking"}

// parameterName is a pattern of the name of any of them. Of two that begin alike the longer comes first.
var parameterName = func() string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(parameters)), func(name string) bool { return slices.Contains(prose, name) })
	slices.SortStableFunc(names, func(a, b string) int { return len(b) - len(a) })
	return "(?:\\b(" + strings.Join(names, "|") + ")\\b|(?:parameter|argument|property|field|key)s?[^\n]{0,20}['\"`](" + strings.Join(prose, "|") + ")['\"`])"
}()

func parameter(match []string) *Repair {
	name := strings.ToLower(match[1] + match[2]) // one of them
	return &Repair{Name: name, Mend: func(r *conversation.Request) []conversation.Lost {
		parameters[name](r)
		return []conversation.Lost{{Param: name, Why: "the upstream refuses it"}}
	}}
}

// samplesBoth is for models that take temperature or top_p: the first is what most people mean.
func samplesBoth([]string) *Repair { return parameter([]string{"", "top_p", ""}) }

// noCache is for imitations of Anthropic that have no cache.
func noCache([]string) *Repair {
	r := parameter([]string{"", "cache_control", ""})
	r.Quirks = []string{"no-auto-cache"}
	return r
}

func noCacheMarks(r *conversation.Request) {
	eachPart(r, func(p conversation.Part) conversation.Part {
		switch p := p.(type) {
		case *conversation.Text:
			bare := *p
			bare.Cache = nil
			return &bare
		case *conversation.Media:
			bare := *p
			bare.Cache = nil
			return &bare
		case *conversation.ToolCall:
			bare := *p
			bare.Cache = nil
			return &bare
		case *conversation.ToolResult:
			bare := *p
			bare.Cache = nil
			return &bare
		}
		return p
	})
	r.Tools = slices.Clone(r.Tools)
	for i := range r.Tools {
		r.Tools[i].Cache = nil
	}
}
