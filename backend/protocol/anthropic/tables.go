package anthropic

import (
	"slices"
	"strings"

	"metapi/backend/protocol/conversation"
)

// unsayable are the parameters that Messages does not have; see package unsaid.
var unsayable = []string{"n", "logprobs", "logit_bias", "top_logprobs", "frequency_penalty", "presence_penalty", "seed", "verbosity", "strict",
	"prompt_cache_key", "store", "include", "messages.name"}

// refusedMembers are members of a client's request that no other vendor can serve, and that change the answer.
var refusedMembers = map[string]string{
	"container":     "a container lives at the account that made it",
	"mcp_servers":   "tools of MCP servers are run by Anthropic only",
	"inference_geo": "where another vendor computes cannot be chosen",
}

// knownMembers are those that are read; knownTool and knownOutput those of a function that is declared, and of output_config. Any other is
// told as lost.
var (
	knownMembers = set("model messages max_tokens system tools tool_choice thinking output_config output_format stream temperature top_p top_k " +
		"stop_sequences metadata service_tier cache_control container mcp_servers inference_geo thread")
	knownTool   = set("type name description input_schema cache_control strict")
	knownOutput = set("effort format")
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// unknown is why something that is named nowhere is left out.
const unknown = "no other protocol is known to have it"

// finishes is stop_reason in both directions (StopReason in the SDK's types).
var finishes = map[string]conversation.Reason{
	"end_turn": conversation.Stopped, "max_tokens": conversation.MaxTokens, "stop_sequence": conversation.StopWord,
	"tool_use": conversation.CallsTools, "pause_turn": conversation.PausedTurn, "refusal": conversation.Refused,
	"model_context_window_exceeded": conversation.ContextFull,
}

var stopReasons = func() map[conversation.Reason]string {
	m := map[conversation.Reason]string{}
	for word, reason := range finishes {
		m[reason] = word
	}
	return m
}()

// thinks is how a model is asked to think.
type thinks uint8

const (
	byBudget  thinks     = iota // thinking.budget_tokens
	byEffort                    // thinking.type adaptive, output_config.effort
	notAtAll                    // refuses the member thinking
	defaultly = byBudget        // vendors with a compatible API
)

// family is what is known of the models whose names hold a text.
type family struct {
	holds    string // "$" is the name's end
	thinks   thinks
	schema   bool // takes output_config.format
	sampling bool // takes temperature, top_p and top_k
	xhigh    bool // takes the effort xhigh
	prefill  bool // goes on where a last turn of the assistant's ends
	output   int64
}

// families in the order in which they are tried. Source: https://docs.claude.com/en/docs/about-claude/models, the pages on
// extended and adaptive thinking, effort and structured outputs; and what Claude Code asks of each.
var families = []family{
	{"claude-2", notAtAll, false, true, false, true, 4096}, {"claude-instant", notAtAll, false, true, false, true, 4096},
	{"claude-3-opus", notAtAll, false, true, false, true, 4096}, {"claude-3-sonnet", notAtAll, false, true, false, true, 4096},
	{"claude-3-haiku", notAtAll, false, true, false, true, 4096}, {"claude-3-5", notAtAll, false, true, false, true, 8192},
	{"claude-3.5", notAtAll, false, true, false, true, 8192}, {"claude-3-7", byBudget, false, true, false, true, 32000},
	{"claude-3.7", byBudget, false, true, false, true, 32000},
	{"-4-1", byBudget, true, true, false, true, 32000}, {"-4.1", byBudget, true, true, false, true, 32000},
	{"-4-5", byBudget, true, true, false, true, 32000}, {"-4.5", byBudget, true, true, false, true, 32000},
	{"-4-6", byEffort, true, true, false, false, 32000}, {"-4.6", byEffort, true, true, false, false, 32000},
	{"claude-sonnet-4$", byBudget, false, true, false, true, 32000}, {"claude-opus-4$", byBudget, false, true, false, true, 32000},
	{"claude-4-sonnet", byBudget, false, true, false, true, 32000}, {"claude-4-opus", byBudget, false, true, false, true, 32000},
	{"claude-sonnet-4-0", byBudget, false, true, false, true, 32000}, {"claude-opus-4-0", byBudget, false, true, false, true, 32000},
	{"claude-sonnet-4-2025", byBudget, false, true, false, true, 32000}, {"claude-opus-4-2025", byBudget, false, true, false, true, 32000},
	{"claude", byEffort, true, false, true, false, 32000},
}

// other is any model that is not Claude, behind a compatible API.
var other = family{thinks: byBudget, sampling: true, prefill: true, output: 8192}

// The quirks of a provider that the codec knows; see doc.go.
const (
	quirkEffort      = "adaptive-thinking"
	quirkBudget      = "budget-thinking"
	quirkSchema      = "output-format"
	quirkNoSchema    = "no-output-format"
	quirkSystemTurns = "system-turns"
	quirkAutoCache   = "auto-cache"
	quirkNoAutoCache = "no-auto-cache"
)

// KnowsQuirk reports whether the codec heeds a quirk of this name.
func KnowsQuirk(name string) bool {
	return slices.Contains([]string{quirkEffort, quirkBudget, quirkSchema, quirkNoSchema, quirkSystemTurns, quirkAutoCache, quirkNoAutoCache}, name)
}

// familyOf is what is known of a deployment: by its name, then by its provider's quirks and what the catalog knows.
func familyOf(to conversation.Target) family {
	f := other
	if name := strings.ToLower(to.Model); strings.Contains(name, "claude") {
		for _, known := range families {
			if strings.Contains(name+"$", known.holds) {
				f = known
				break
			}
		}
	}
	switch {
	case to.Described && !to.Reasons:
		f.thinks = notAtAll
	case to.Quirks[quirkEffort]:
		f.thinks = byEffort
	case to.Quirks[quirkBudget]:
		f.thinks = byBudget
	}
	f.schema = (f.schema || to.Quirks[quirkSchema]) && !to.Quirks[quirkNoSchema]
	if to.UsualOutput > 0 {
		f.output = to.UsualOutput
	}
	return f
}

// budgets is what an effort comes to in tokens, for models that want a budget. Claude Code's own steps are 4,000, 10,000
// and 31,999.
var budgets = map[string]int64{"minimal": 1024, "low": 4096, "medium": 10240, "high": 24576, "xhigh": 31999, "max": 31999}

// leastBudget is the smallest that is accepted (ThinkingConfigEnabled).
const leastBudget = 1024

// efforts is each protocol's word in output_config.effort.
var efforts = map[string]string{"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh", "max": "max"}

// effortOf is the effort that a budget comes to, for models that want a word.
func effortOf(budget int64) string {
	switch {
	case budget < 0:
		return ""
	case budget <= 4096:
		return "low"
	case budget <= 16384:
		return "medium"
	}
	return "high"
}

// tiers is service_tier from OpenAI's words.
var tiers = map[string]string{"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}

// images are the media types of images that are accepted (Base64ImageSource).
var images = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true}

// The texts that stand in for what a conversation lacks.
const (
	openingText = "(The conversation begins with the assistant.)"
	noResult    = "No result of this call was recorded."
	goOn        = "Go on exactly where your last message ends, without repeating any of it."
	earlierTool = "A tool of earlier turns; it is not there any more."
	lostCall    = "Result of a tool call that is no longer shown:\n"
)

// mostBreakpoints is how many cache_control a request may hold.
const mostBreakpoints = 4
