package repair

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/anthropic"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/openairesponses"
)

// Repair is one way to mend a request. It is made in any number of places at once, so that nobody changes it.
type Repair struct {
	Name         string // tells repairs apart; for people, too
	Conversation bool   // the fault is in what the conversation holds, and not in how the upstream is asked

	// Quirks are what the upstream has shown of itself: see [conversation.Target].
	Quirks []string
	// Mend changes the request, of which it has a copy with messages of its own, and tells what is lost by it.
	Mend func(*conversation.Request) []conversation.Lost
	// Body mends a body of the upstream's protocol as it stands; ok tells whether there was anything to mend. Where it is nil, only a
	// request that is encoded anew can be mended.
	Body func(body []byte) (mended []byte, ok bool)
}

// StreamOptions is the name of the repair for upstreams that refuse to be asked for usage in a stream.
const StreamOptions = "stream_options"

// longestWords bounds what is read of a refusal; what matters stands at the beginning.
const longestWords = 4 << 10

// Find returns the repair for a refusal by an upstream that was asked over via, or nil.
func Find(via protocol.Protocol, e *protocol.Error) *Repair {
	if e.Kind != protocol.BadRequest {
		return nil
	}
	said := e.Message[:min(len(e.Message), longestWords)] + "\n" + e.Param + "\n" + e.Code
	for i := range refusals {
		r := &refusals[i]
		if r.via != 0 && !r.via.Has(via) {
			continue
		}
		if m := r.says.FindStringSubmatch(said); m != nil {
			if found := r.repair(m); found != nil {
				return found
			}
		}
	}
	return nil
}

// refusal is what an upstream says, and what helps.
type refusal struct {
	via    protocol.Set // by whom; empty: by anyone
	says   *regexp.Regexp
	repair func(match []string) *Repair // nil: not with these words
}

var (
	chat      = protocol.SetOf(protocol.OpenAIChat)
	responses = protocol.SetOf(protocol.OpenAIResponses)
	messages  = protocol.SetOf(protocol.Anthropic)
	gemini    = protocol.SetOf(protocol.Gemini)
)

// says is a pattern of words in any case, with any quotes around names.
func says(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?is)` + pattern) }

// refusals are tried in this order: what is told most exactly comes first.
var refusals = []refusal{
	// What only another account or vendor can read (cases 37 to 39).
	{messages, says(`invalid .?signature.? in .?thinking.? block|thinking.{0,20} blocks? .{0,80}cannot be modified|each thinking block must contain|` +
		`expected .?thinking.? or .?redacted_thinking.?|invalid .?data.? in .?redacted_thinking`), conversationOf("thinking", dropThinking, anthropic.StripThinking)},
	{responses, says(`invalid_encrypted_content|encrypted content`), conversationOf("reasoning", dropThinking, openairesponses.StripReasoning)},
	{responses, says(`without its required .?(reasoning|following).? item|rs_\w+.{0,40} (was provided without|not found)`),
		conversationOf("reasoning", dropThinking, openairesponses.StripReasoning)},
	{gemini, says(`thought.?signature`), conversationOf("thought_signature", dropSignatures, nil)},

	// Calls and their results that do not fit together (case 21): encoding puts them in order.
	{messages, says(`unexpected .?tool_use_id|tool_use.? ids were found without|tool_use.? ids must be unique|must have a corresponding .?tool_use|` +
		`tool_result.? blocks? .{0,60}previous message`), conversationOf("tool results", nil, nil)},
	{chat, says(`must be a response to a preceed?ing message|must be followed by tool messages|unexpected tool call id|tool_call_id.{0,60}(not found|no matching|does not match)|` +
		`not the same number of function calls and responses|missing corresponding tool call|unexpected role .?tool`), conversationOf("tool results", nil, nil)},
	{responses, says(`no tool (call|output) found for`), conversationOf("tool results", nil, nil)},
	{gemini, says(`number of function response parts|function (call|response) turn comes immediately after`), conversationOf("tool results", nil, nil)},

	// Ids and names beyond the bounds of the upstream (cases 19 and 20): encoding writes them anew.
	{0, says(`tool.?call.?id was .{0,200}length of 9`), quirk("ids_of_nine")},
	{0, says(`(\bid|_id|name)'?"?\x60?\]?:? ?.{0,20}(string too long|string should match pattern|string_above_max_length|does not match pattern|expected an id that begins with)`),
		conversationOf("ids", nil, nil)},

	// How a vendor wants its own reasoning back (case 40).
	{chat, says(`reasoning_content.{0,80}(must be passed back|is missing|is required|missing)|missing.{0,40}reasoning_content`),
		quirk("reasoning_content", "reasoning_content_required")},
	{chat, says(`(reasoning_content|reasoning_details).{0,120}(unsupported|not permitted|forbidden|not allowed|unknown|extra_forbidden)|(unsupported|unknown|extra).{0,60}reasoning_content`),
		mend("no reasoning_content", dropThinking)},

	// Parameters that go by another name, or are not known there.
	{chat, says(`stream_options|include_usage`), quirkNamed(StreamOptions, "no:stream_options")},
	{chat, says(`max_tokens.{0,80}(not supported|unsupported).{0,80}max_completion_tokens`), quirk("max_completion_tokens")},
	{chat, says(`max_completion_tokens.{0,80}(not supported|unsupported|unknown|unrecognized|not permitted|extra|forbidden)|(unsupported|unknown|unrecognized|extra).{0,60}max_completion_tokens`),
		quirk("max_tokens")},
	{0, says(`(?:max_tokens|max_completion_tokens|max_output_tokens|maxoutputtokens)\b.{0,120}?(?:at most|maximum[^0-9]{0,60}|less than or equal to|<=|up to|> ) ?(\d{3,7})`), atMost},
	{chat, says(`(unknown variant|invalid role|unexpected role|not one of).{0,40}developer|developer.{0,60}(is not one of|not supported|invalid role|unexpected role)`), mend("developer", noDeveloper)},
	{chat, says(`system (message|role).{0,40}(must be|should be|only).{0,30}(beginning|first|start)`), quirk("system_first")},
	{chat, says(`roles must alternate|roles? .{0,20}alternat|should alternate with assistant`), quirk("merge_turns", "system_first")},
	{chat, says(`content.{0,120}(invalid type: sequence, expected a string|(must|should) be a (valid )?string|expected a string|str type expected)|input should be a valid string`), quirk("string_content")},
	{chat, says(`response_format.{0,80}(unavailable|not supported|unsupported|must be one of|invalid)|json_schema.{0,60}(not supported|unsupported|unavailable)`), quirk("json_object_only")},
	{responses, says(`organization must be verified.{0,80}summar|reasoning\.summary|reasoning summar(y|ies)`), quirk("no-summary")},

	// Schemas (cases 29 to 33): encoding lowers them to what the vendor takes.
	{messages, says(`output_(format|config).{0,80}(not supported|unsupported|not permitted|extra inputs)`), quirk("no-output-format")},
	{gemini, says(`(parametersjsonschema|parameters_json_schema|responsejsonschema|response_json_schema).{0,120}cannot find field`), quirk("only-parameters")},
	{gemini, says(`unknown name .{0,3}id.{0,3} at .{0,60}function_?(call|response)`), quirk("no-call-ids")},
	{0, says(`invalid schema for|invalid_function_parameters|invalid_json_schema|input_schema|(parameters|response_?schema).{0,200}(cannot find field|should be non-empty|unknown name|not supported)|` +
		`unknown name.{0,120}(parameters|response_?schema)`), schemas},

	// Parameters that the upstream does not know, or not for this model.
	{chat, says(`property 'name' is unsupported|\nname\nextra_forbidden`), quirk("no:name")},
	{chat, says(`enable_thinking.{0,60}(false for non-streaming|only support stream)`), quirk("thinks_streaming")},
	{0, says(`temperature.{0,20}top_p.{0,20}cannot both`), samplesBoth},
	{0, says(`not supported on this model:? ?` + parameterName), parameter},
	{0, says(`invalid ` + parameterName + `: only [^\n]{1,20} allowed`), parameter},
	{messages, says(`cache_control.{0,80}(not permitted|not supported|unsupported|unknown|unrecognized|extra inputs)`), noCache},
	{0, says(`(?:unsupported|unknown|unrecognized|unexpected|extra|deprecated)[^\n]{0,60}?` + parameterName), parameter},
	{0, says(parameterName + `[^\n]{0,80}?(?:not supported|unsupported|not permitted|not allowed|unknown|unrecognized|extra inputs|deprecated|does not support)`), parameter},
	{0, says(`\n(?:body\.)?(` + strings.Join(slices.Collect(maps.Keys(parameters)), "|") + `)()\n(?:unsupported_parameter|unsupported_value|unknown_parameter|extra_forbidden)`), parameter},
}

// conversationOf is a repair of what a conversation holds.
func conversationOf(name string, mend func(*conversation.Request) []conversation.Lost, body func([]byte) ([]byte, bool)) func([]string) *Repair {
	r := &Repair{Name: name, Conversation: true, Mend: mend, Body: body}
	return func([]string) *Repair { return r }
}

// quirk is named by the first.
func quirk(names ...string) func([]string) *Repair { return quirkNamed(names[0], names...) }

func quirkNamed(name string, quirks ...string) func([]string) *Repair {
	r := &Repair{Name: name, Quirks: quirks}
	return func([]string) *Repair { return r }
}

func mend(name string, how func(*conversation.Request) []conversation.Lost) func([]string) *Repair {
	r := &Repair{Name: name, Mend: how}
	return func([]string) *Repair { return r }
}

// atMost lowers the limit of output to what the upstream says is its own.
func atMost(match []string) *Repair {
	most, err := strconv.ParseInt(match[1], 10, 64)
	if err != nil || most < 256 {
		return nil
	}
	return &Repair{Name: "max output " + match[1], Mend: func(r *conversation.Request) []conversation.Lost {
		if r.MaxOutput != nil && *r.MaxOutput > most {
			r.MaxOutput = &most
		}
		return nil
	}}
}
