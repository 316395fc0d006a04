package repair

import (
	"encoding/json"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

// Each is what the vendor, or a relay before it, has been seen to answer.
var refused = []struct {
	via     protocol.Protocol
	message string
	param   string
	code    string
	want    string // the name of the repair; "": none
}{
	{protocol.Anthropic, "messages.1.content.0: Invalid `signature` in `thinking` block", "", "invalid_request_error", "thinking"},
	{protocol.Anthropic, "***.***.content.0: Invalid `signature` in `thinking` block (request id: 20260225141044173361254Wx47AhVR)", "", "", "thinking"},
	{protocol.Anthropic, "messages.257.content.0.type: Expected `thinking` or `redacted_thinking`, but found `text`. When `thinking` is enabled, a final `assistant` message must start with a thinking block", "", "", "thinking"},
	{protocol.Anthropic, "messages.5.content.12: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.", "", "", "thinking"},
	{protocol.OpenAIResponses, "The encrypted content gAAA could not be verified.", "", "invalid_encrypted_content", "reasoning"},
	{protocol.OpenAIResponses, "Item 'fc_68a' of type 'function_call' was provided without its required 'reasoning' item: 'rs_68a'.", "input", "", "reasoning"},
	{protocol.OpenAIResponses, "Item with id 'rs_0a1b' not found. Items are not persisted when `store` is set to false.", "input", "", "reasoning"},
	{protocol.Gemini, "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly", "", "INVALID_ARGUMENT", "thought_signature"},
	{protocol.Gemini, "Corrupted thought signature.", "", "INVALID_ARGUMENT", "thought_signature"},

	{protocol.Anthropic, "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.", "", "", "tool results"},
	{protocol.Anthropic, "messages.3: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_01.", "", "", "tool results"},
	{protocol.OpenAIChat, "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", "messages.[3].role", "", "tool results"},
	{protocol.OpenAIChat, "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: call_1", "messages", "", "tool results"},
	{protocol.OpenAIChat, "Not the same number of function calls and responses", "", "3230", "tool results"},
	{protocol.OpenAIResponses, "No tool call found for function call output with call_id call_1.", "input", "", "tool results"},
	{protocol.OpenAIResponses, "No tool output found for function call call_1.", "input", "", "tool results"},
	{protocol.Gemini, "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.", "", "INVALID_ARGUMENT", "tool results"},
	{protocol.Gemini, "Please ensure that function call turn comes immediately after a user turn or after a function response turn.", "", "INVALID_ARGUMENT", "tool results"},

	{protocol.OpenAIChat, "Tool call id was call_0fypS1hVX but must be a-z, A-Z, 0-9, with a length of 9.", "", "3280", "ids_of_nine"},
	{protocol.OpenAIResponses, "Invalid 'input[5].call_id': string too long. Expected a string with maximum length 64, but got a string with length 69 instead.", "input[5].call_id", "string_above_max_length", "ids"},
	{protocol.OpenAIChat, "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 40, but got a string with length 51 instead.", "messages[2].tool_calls[0].id", "string_above_max_length", "ids"},
	{protocol.Anthropic, "messages.1.content.1.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", "", "", "ids"},
	{protocol.Anthropic, "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", "", "", "ids"},
	{protocol.OpenAIResponses, "Invalid 'input[3].id': 'call_12'. Expected an ID that begins with 'fc'.", "input[3].id", "invalid_value", "ids"},

	{protocol.OpenAIChat, "The `reasoning_content` in the thinking mode must be passed back to the API.", "", "invalid_request_error", "reasoning_content"},
	{protocol.OpenAIChat, "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2", "", "", "reasoning_content"},
	{protocol.OpenAIChat, "'messages.3' : for 'role:assistant' the following must be satisfied[('messages.3' : property 'reasoning_content' is unsupported)]", "", "", "no reasoning_content"},

	{protocol.OpenAIChat, "Unrecognized request argument supplied: stream_options", "", "", StreamOptions},
	{protocol.OpenAIChat, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter", "max_completion_tokens"},
	{protocol.OpenAIChat, "Unrecognized request argument supplied: max_completion_tokens", "", "", "max_tokens"},
	{protocol.OpenAIChat, "max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you provided 32000.", "max_tokens", "invalid_value", "max output 16384"},
	{protocol.Anthropic, "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-haiku-20241022", "", "", "max output 8192"},
	{protocol.OpenAIChat, "Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`", "", "", "developer"},
	{protocol.OpenAIChat, "System message must be at the beginning.", "", "", "system_first"},
	{protocol.OpenAIChat, "Conversation roles must alternate user/assistant/user/assistant/...", "", "", "merge_turns"},
	{protocol.OpenAIChat, "After the (optional) system message(s), user or tool message(s) should alternate with assistant message(s).", "", "", "merge_turns"},
	{protocol.OpenAIChat, "'messages.0' : for 'role:user' the following must be satisfied[('messages.0' : property 'name' is unsupported)]", "", "", "no:name"},
	{protocol.OpenAIChat, "Extra inputs are not permitted", "name", "extra_forbidden", "no:name"},
	{protocol.OpenAIChat, "parameter.enable_thinking must be set to false for non-streaming calls", "", "invalid_parameter_error", "thinks_streaming"},
	{protocol.OpenAIChat, "Argument not supported on this model: presencePenalty", "", "", "presencepenalty"},
	{protocol.OpenAIChat, "invalid temperature: only 1 is allowed for this model", "", "", "temperature"},
	{protocol.OpenAIChat, "Invalid temperature: expected a number of at most 2", "", "", ""},
	{protocol.OpenAIChat, "Failed to deserialize the JSON body into the target type: messages[0].content: invalid type: sequence, expected a string at line 1 column 120", "", "", "string_content"},
	{protocol.OpenAIChat, "This response_format type is unavailable now", "", "", "json_object_only"},
	{protocol.OpenAIResponses, "Your organization must be verified to generate reasoning summaries. Please go to the settings.", "reasoning.summary", "unsupported_value", "no-summary"},

	{protocol.OpenAIResponses, "Invalid schema for function 'shell': In context=('properties', 'a'), schema must have a 'type' key.", "tools[0].parameters", "invalid_function_parameters", "schemas"},
	{protocol.Anthropic, "tools.3.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level", "", "", "schemas"},
	{protocol.Gemini, `Invalid JSON payload received. Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters': Cannot find field.`, "", "INVALID_ARGUMENT", "schemas"},
	{protocol.Gemini, "* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties: should be non-empty for OBJECT type", "", "INVALID_ARGUMENT", "schemas"},
	{protocol.Gemini, `Invalid JSON payload received. Unknown name "parametersJsonSchema" at 'tools[0].function_declarations[0]': Cannot find field.`, "", "INVALID_ARGUMENT", "only-parameters"},
	{protocol.Gemini, `Invalid JSON payload received. Unknown name "id" at 'contents[1].parts[0].function_call': Cannot find field.`, "", "INVALID_ARGUMENT", "no-call-ids"},

	{protocol.OpenAIChat, "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.", "temperature", "unsupported_value", "temperature"},
	{protocol.OpenAIChat, "Unrecognized request argument supplied: parallel_tool_calls", "", "", "parallel_tool_calls"},
	{protocol.OpenAIChat, "Extra inputs are not permitted", "seed", "extra_forbidden", "seed"},
	{protocol.Anthropic, "`temperature` and `top_p` cannot both be specified for this model. Please use only one.", "", "", "top_p"},
	{protocol.OpenAIChat, "Unsupported parameter: 'reasoning_effort' is not supported with this model.", "reasoning_effort", "unsupported_parameter", "reasoning_effort"},

	{protocol.Anthropic, "messages.0.content.0.text.cache_control: Extra inputs are not permitted", "", "", "cache_control"},

	// What is to be told to the client: it asked for something that it cannot have here, or the request makes no sense.
	{protocol.OpenAIChat, "Unsupported parameter: 'n' is not supported with this model.", "n", "unsupported_parameter", ""},
	{protocol.OpenAIChat, "Invalid type for 'messages': expected an array, got a string.", "messages", "invalid_type", ""},
	{protocol.Anthropic, "messages: at least one message is required", "", "invalid_request_error", ""},
	{protocol.Anthropic, "max_tokens: Field required", "", "", ""},
	{protocol.OpenAIChat, "Could not process image", "", "invalid_image", ""},
	{protocol.Gemini, "Request contains an invalid argument.", "", "INVALID_ARGUMENT", ""},
	{protocol.OpenAIChat, "Unexpected role 'user' after role 'tool'", "", "", ""},
	{protocol.OpenAIChat, "Unrecognized request argument supplied: 'user'", "", "", "user"},
	{protocol.OpenAIChat, "The last message must come from the user; an unexpected one came.", "", "", ""},
	{protocol.OpenAIChat, "", "", "", ""},
}

func TestFind(t *testing.T) {
	for _, c := range refused {
		t.Run(c.message, func(t *testing.T) {
			got := ""
			if r := Find(c.via, &protocol.Error{Kind: protocol.BadRequest, Message: c.message, Param: c.param, Code: c.code}); r != nil {
				got = r.Name
				for _, q := range r.Quirks {
					if !codecs.KnowsQuirk(c.via, q) {
						t.Errorf("%s knows no quirk %q", c.via, q)
					}
				}
			}
			if got != c.want {
				t.Errorf("%q is mended by %q, want %q", c.message, got, c.want)
			}
		})
	}
}

// Only what the request is at fault for is mended: a rate limit that speaks of temperature is none.
func TestFindKinds(t *testing.T) {
	for _, kind := range []protocol.Kind{protocol.RateLimited, protocol.ServerError, protocol.ContextTooLong, protocol.ContentPolicy, protocol.KeyRefused} {
		if r := Find(protocol.OpenAIChat, &protocol.Error{Kind: kind, Message: "Unsupported parameter: 'temperature'"}); r != nil {
			t.Errorf("%s is mended by %q", kind, r.Name)
		}
	}
}

// A repair of the request changes the copy that it is given, and no part that the copy shares.
func TestMendsShareNothing(t *testing.T) {
	yes := true
	request := func() *conversation.Request {
		return &conversation.Request{
			Messages: []conversation.Message{
				{Role: conversation.Developer, Parts: []conversation.Part{&conversation.Text{Text: "be brief", Cache: &conversation.Cache{}}}},
				{Role: conversation.User, Parts: []conversation.Part{&conversation.Text{Text: "go"}}},
				{Role: conversation.Assistant, Parts: []conversation.Part{&conversation.Thinking{Text: "hm", Signature: "s"}, &conversation.ToolCall{ID: "1", Name: "f", Arguments: "{}", Signature: "g"}}},
				{Role: conversation.ToolRole, Parts: []conversation.Part{&conversation.ToolResult{ID: "1", Cache: &conversation.Cache{}}}},
			},
			Tools:  []conversation.Tool{{Name: "f", Strict: &yes, Cache: &conversation.Cache{}}},
			Format: conversation.Format{Strict: &yes},
		}
	}
	for _, c := range refused {
		r := Find(c.via, &protocol.Error{Kind: protocol.BadRequest, Message: c.message, Param: c.param, Code: c.code})
		if r == nil || r.Mend == nil {
			continue
		}
		original := request()
		copied := *original
		copied.Messages = append([]conversation.Message(nil), original.Messages...)
		r.Mend(&copied)
		got, want := asJSON(t, original), asJSON(t, request())
		if got != want {
			t.Errorf("%s changed the request that others use too:\n%s\n%s", r.Name, got, want)
		}
		for _, m := range copied.Messages {
			if len(m.Parts) == 0 {
				t.Errorf("%s leaves a message without a part", r.Name)
			}
		}
	}
}

func asJSON(t *testing.T, r *conversation.Request) string {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever an upstream says, looking at it ends, and soon: patterns are RE2.
func FuzzFind(f *testing.F) {
	for _, c := range refused {
		f.Add(c.message, c.param, c.code)
	}
	f.Fuzz(func(t *testing.T, message, param, code string) {
		for _, via := range []protocol.Protocol{protocol.OpenAIChat, protocol.OpenAIResponses, protocol.Anthropic, protocol.Gemini} {
			r := Find(via, &protocol.Error{Kind: protocol.BadRequest, Message: message, Param: param, Code: code})
			if r != nil && r.Name == "" {
				t.Errorf("a repair without a name for %q", message)
			}
			if r != nil && r.Mend != nil {
				r.Mend(&conversation.Request{})
			}
		}
	})
}
