package openairesponses

import (
	"regexp"

	"metapi/backend/protocol/conversation"
)

// accountState are the parameters that lean on what one account keeps, or does, for a client.
var accountState = map[string]string{
	"previous_response_id": "names a response that another account keeps; send the whole conversation as input",
	"conversation":         "names a conversation that another account keeps; send it as input",
	"prompt":               "names a prompt that another account keeps; send its text",
	"background":           "is not possible with this model; leave it out, or ask for a stream",
}

// accountItems are the items that stand for what only one account can read.
var accountItems = map[string]string{
	"item_reference":     "is an item that another account keeps; send the item itself",
	"compaction":         "is a conversation that only the vendor who sealed it can read; send the conversation itself",
	"compaction_summary": "is a conversation that only the vendor who sealed it can read; send the conversation itself",
}

// clientRun are the vendor's own tools that the client runs, by the item that calls them.
var clientRun = map[string]string{
	"local_shell_call": "local_shell",
	"shell_call":       "shell",
	"apply_patch_call": "apply_patch",
	"computer_call":    "computer",
	"tool_search_call": "tool_search",
}

// fate is what becomes of something that Responses cannot say.
type fate uint8

const (
	drop   fate = iota // it is left out: the answer is as good without it
	refuse             // the request is refused: without it, the answer would not be what was asked for
)

// unsayable are the parameters that Responses does not have (CreateResponse of OpenAI's OpenAPI document).
var unsayable = []struct {
	param string
	fate  fate
	why   string
	said  func(*conversation.Request) bool
}{
	{"stop", refuse, "Responses has no stop sequences", func(r *conversation.Request) bool { return len(r.Stop) > 0 }},
	{"n", refuse, "Responses gives one answer", func(r *conversation.Request) bool { return r.N > 1 }},
	{"logit_bias", refuse, "Responses has no bias of tokens", func(r *conversation.Request) bool { return biased(r) }},
	{"top_k", drop, "Responses has none", func(r *conversation.Request) bool { return r.TopK != nil }},
	{"frequency_penalty", drop, "Responses has none", func(r *conversation.Request) bool { return nonzero(r.FrequencyPenalty) }},
	{"presence_penalty", drop, "Responses has none", func(r *conversation.Request) bool { return nonzero(r.PresencePenalty) }},
	{"seed", drop, "Responses has none", func(r *conversation.Request) bool { return r.Seed != nil }},
	{"logprobs", drop, "they are not translated", func(r *conversation.Request) bool { return r.LogProbs }},
	{"cache_control", drop, "the vendor caches by itself", cached},
	{"name", drop, "messages have no speaker's name", named},
}

func nonzero(f *float64) bool { return f != nil && *f != 0 }

func biased(r *conversation.Request) bool {
	s := string(r.LogitBias)
	return s != "" && s != "null" && s != "{}"
}

func named(r *conversation.Request) bool {
	for i := range r.Messages {
		if r.Messages[i].Name != "" {
			return true
		}
	}
	return false
}

func cached(r *conversation.Request) bool {
	for i := range r.Tools {
		if r.Tools[i].Cache != nil {
			return true
		}
	}
	for i := range r.Messages {
		for _, p := range r.Messages[i].Parts {
			switch p := p.(type) {
			case *conversation.Text:
				if p.Cache != nil {
					return true
				}
			case *conversation.ToolResult:
				if p.Cache != nil {
					return true
				}
			}
		}
	}
	return false
}

// words are the values that an enumerated parameter takes.
type words map[string]string

// efforts are ReasoningEffort's, and what other vendors call theirs.
var efforts = words{"none": "none", "minimal": "minimal", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max", "ultra": "max"}

// budgets are the efforts that a number of thinking tokens stands for: the first whose limit is not passed.
var budgets = []struct {
	upTo   int64
	effort string
}{{0, "none"}, {4096, "low"}, {16384, "medium"}, {1 << 62, "high"}}

// tiers are ServiceTierResponses', and Anthropic's word for paying no more than usual.
var tiers = words{"auto": "auto", "default": "default", "flex": "flex", "scale": "scale", "priority": "priority", "fast": "fast",
	"ultrafast": "ultrafast", "standard_only": "default"}

var verbosities = words{"low": "low", "medium": "medium", "high": "high"}

var summaries = words{"auto": "auto", "concise": "concise", "detailed": "detailed"}

var details = words{"low": "low", "high": "high", "auto": "auto", "original": "original"}

// includes are IncludeEnum's.
var includes = words{"file_search_call.results": "", "web_search_call.results": "", "web_search_call.action.sources": "",
	"message.input_image.image_url": "", "computer_call_output.output.image_url": "", "code_interpreter_call.outputs": "",
	"reasoning.encrypted_content": ""}

// Limits of the service (https://platform.openai.com/docs/api-reference/responses/create).
const (
	leastOutput       = 16
	longestID         = 64
	longestName       = 64
	longestIdentifier = 64
	mostMetadata      = 16
	longestMetaKey    = 64
	longestMetaValue  = 512
)

// Where the catalog does not tell whether a model reasons, OpenAI's own names do.
var (
	thinks    = regexp.MustCompile(`^(o[1-9]|gpt-5)([.-]|$)`)
	chats     = regexp.MustCompile(`^(gpt-[34]|chatgpt)|-chat(-|$)`)
	knowsNone = regexp.MustCompile(`^gpt-5\.[1-9]`)
	minimal   = regexp.MustCompile(`^gpt-5(-|$)`)
)

// reasons reports whether the target reasons; known is false where nothing tells.
func reasons(to *conversation.Target) (yes, known bool) {
	switch {
	case to.Described:
		return to.Reasons, true
	case chats.MatchString(to.Model):
		return false, true
	case thinks.MatchString(to.Model):
		return true, true
	}
	return false, false
}

// least is the least effort that the model knows; "" where it is best to say nothing.
func least(to *conversation.Target) string {
	switch {
	case knowsNone.MatchString(to.Model):
		return "none"
	case minimal.MatchString(to.Model):
		return "minimal"
	case thinks.MatchString(to.Model):
		return "low"
	case to.Described && to.Reasons:
		return "none"
	}
	return ""
}
