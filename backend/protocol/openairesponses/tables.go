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

// unsayable are the parameters that Responses does not have (CreateResponse of OpenAI's OpenAPI document); see package unsaid.
var unsayable = []string{"n", "logit_bias", "top_logprobs", "top_k", "frequency_penalty", "presence_penalty", "seed", "cache_control",
	"messages.name"}

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

// includes are IncludeEnum's, but for logProbs.
var includes = map[string]bool{"file_search_call.results": true, "web_search_call.results": true, "web_search_call.action.sources": true,
	"message.input_image.image_url": true, "computer_call_output.output.image_url": true, "code_interpreter_call.outputs": true,
	encrypted: true}

// logProbs is the value of include that asks for them.
const logProbs = "message.output_text.logprobs"

// Quirks of compatible servers: entries of [conversation.Target.Quirks]. doc.go says what each means.
const (
	quirkOpenReasoning = "open-reasoning"
	quirkNoSummary     = "no-summary"
)

// KnowsQuirk reports whether the codec heeds a quirk of this name.
func KnowsQuirk(name string) bool { return name == quirkOpenReasoning || name == quirkNoSummary }

// Limits of the service (https://platform.openai.com/docs/api-reference/responses/create).
const (
	leastOutput       = 16
	mostTopLogProbs   = 20
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
