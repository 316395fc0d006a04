package imitation_test

import (
	"strings"
	"testing"

	"metapi/build/imitation"
)

// Bodies in the form that agents were seen to send; each must be taken.
var agentBodies = []struct {
	name  string
	kind  imitation.Kind
	path  string
	betas string
	body  string
}{
	{"Claude Code, an unknown model name", imitation.Anthropic, "/v1/messages?beta=true",
		"claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,mid-conversation-tool-changes-2026-07-01," +
			"thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,effort-2025-11-24", `{
  "model":"M","max_tokens":32000,"stream":true,
  "thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"high"},
  "context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},
  "metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"s\"}"},
  "system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.330; cc_entrypoint=cli;"},
    {"type":"text","text":"You are Claude Code.","cache_control":{"type":"ephemeral","ttl":"1h"}},
    {"type":"text","text":"More.","cache_control":{"type":"ephemeral","ttl":"1h"}}],
  "tools":[{"name":"Bash","description":"Runs","input_schema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
      "properties":{"command":{"type":"string"}},"required":["command"],"additionalProperties":false}},
    {"name":"DeferredToolPlaceholder","description":"d","defer_loading":true,"input_schema":{"type":"object","properties":{}}}],
  "messages":[{"role":"user","content":[{"type":"text","text":"<system-reminder>x</system-reminder>"},
      {"type":"text","text":"list files","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
    {"role":"system","content":"The date is known."},
    {"role":"assistant","content":[{"type":"tool_use","id":"toolu_01","name":"Bash","input":{"command":"ls"},"caller":{"type":"direct"}}]},
    {"role":"user","content":[{"tool_use_id":"toolu_01","type":"tool_result","content":"a b","is_error":false}]}]}`},
	{"Claude Code, claude-sonnet-4-5", imitation.Anthropic, "/v1/messages?beta=true",
		"claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27", `{
  "model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,
  "thinking":{"type":"enabled","budget_tokens":31999,"display":"omitted"},
  "context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},
  "system":[{"type":"text","text":"You are Claude Code.","cache_control":{"type":"ephemeral"}}],
  "messages":[{"role":"user","content":"hi"}]}`},
	{"Kimi Code, thinking disabled, max_tokens of the context size", imitation.Anthropic, "/v1/messages", "", `{
  "model":"M","max_tokens":100000,"stream":true,"thinking":{"type":"disabled"},"messages":[{"role":"user","content":"hi"}]}`},
	{"opencode, cache_control on a tool_use; Crush, two user turns", imitation.Anthropic, "/v1/messages", "", `{
  "model":"M","max_tokens":32000,"temperature":1,"stream":true,"tool_choice":{"type":"auto","disable_parallel_tool_use":false},
  "tools":[{"name":"bash","description":"d","input_schema":{"type":"object","properties":{}},"eager_input_streaming":true}],
  "messages":[{"role":"user","content":"one"},{"role":"user","content":[{"type":"text","text":"two"}]},
   {"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"bash","input":{},"cache_control":{"type":"ephemeral"}}]},
   {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"ok"}],"cache_control":{"type":"ephemeral"}}]}]}`},

	{"Codex, first turn", imitation.OpenAI, "/v1/responses", "", `{
  "model":"M","stream":true,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"summary":"auto"},
  "parallel_tool_calls":true,"tool_choice":"auto","prompt_cache_key":"0199","text":{"verbosity":"low"},
  "client_metadata":{"x-codex-installation-id":"i"},
  "tools":[{"type":"function","name":"exec_command","description":"d","strict":false,"parameters":{"type":"object","properties":{"cmd":{"type":"string"}},
      "required":["cmd"],"additionalProperties":false}},
    {"type":"namespace","name":"multi_agent","description":"d","tools":[{"type":"function","name":"spawn","description":"d","strict":false,
      "parameters":{"type":"object","properties":{}}}]},
    {"type":"custom","name":"apply_patch","description":"d","format":{"type":"grammar","syntax":"lark","definition":"start: \"x\""}},
    {"type":"tool_search","execution":"client","description":"d","parameters":{"type":"object","properties":{}}},
    {"type":"web_search"}],
  "input":[{"type":"message","id":"msg_a","role":"developer","content":[{"type":"input_text","text":"<permissions>"}]},
    {"type":"message","id":"msg_b","role":"developer","content":[{"type":"input_text","text":"more"}]},
    {"type":"message","id":"msg_c","role":"user","content":[{"type":"input_text","text":"list files"}]}]}`},
	{"Codex, after a tool call", imitation.OpenAI, "/v1/responses", "", `{
  "model":"M","stream":true,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"medium"},
  "tools":[{"type":"function","name":"exec_command","description":"d","strict":false,"parameters":{"type":"object","properties":{}}}],
  "input":[{"type":"message","id":"msg_c","role":"user","content":[{"type":"input_text","text":"list files"}]},
    {"type":"function_call","id":"fc_1","call_id":"call_1","name":"exec_command","arguments":"{}","status":"completed"},
    {"type":"function_call_output","id":"fco_1","call_id":"call_1","output":"a b"},
    {"type":"message","id":"msg_d","role":"assistant","status":"completed","content":[{"type":"output_text","text":"ok"}]},
    {"type":"message","role":"user","content":[{"type":"input_text","text":"and?"}]}]}`},
	{"Copilot CLI on Responses, instructions", imitation.OpenAI, "/v1/responses", "", `{
  "model":"M","stream":true,"store":false,"instructions":"You are.","input":[{"role":"user","content":"hi"}]}`},
	{"opencode, a title request", imitation.OpenAI, "/v1/chat/completions", "", `{
  "model":"M","max_tokens":32000,"stream":true,"stream_options":{"include_usage":true},"temperature":0.5,
  "messages":[{"role":"system","content":"title"},{"role":"user","content":"hi"}]}`},
	{"Qwen Code, array content in a tool message, a tool without parameters", imitation.OpenAI, "/v1/chat/completions", "", `{
  "model":"M","max_tokens":32000,"stream":true,"stream_options":{"include_usage":true},
  "tools":[{"type":"function","function":{"name":"get_goal","description":"d"}}],
  "messages":[{"role":"user","content":[{"type":"text","text":"hi"}]},
    {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_goal","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"call_1","content":[{"type":"text","text":"none"}]}]}`},
	{"Copilot CLI, penalties and a replayed refusal field", imitation.OpenAI, "/v1/chat/completions", "", `{
  "model":"M","temperature":0,"top_p":0.95,"frequency_penalty":0,"presence_penalty":0,"n":1,"stream":true,
  "messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","refusal":null},{"role":"user","content":"go"}]}`},
	{"pi, developer role", imitation.OpenAI, "/v1/chat/completions", "", `{
  "model":"M","store":false,"stream":true,"reasoning_effort":"medium","max_completion_tokens":32000,
  "messages":[{"role":"developer","content":"be brief"},{"role":"user","content":"hi"}]}`},
	{"LangChain, a name on a tool message; Kimi, prompt_cache_key", imitation.OpenAI, "/v1/chat/completions", "", `{
  "model":"M","prompt_cache_key":"k","messages":[{"role":"user","content":"hi"},
    {"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},
    {"role":"tool","tool_call_id":"c1","name":"f","content":"ok"}]}`},

	{"Gemini CLI, 2.5", imitation.Gemini, "/v1beta/models/M:streamGenerateContent?alt=sse", "", `{
  "contents":[{"role":"user","parts":[{"text":"This is the Gemini CLI."}]},{"role":"model","parts":[{"text":"Got it."}]},
    {"role":"user","parts":[{"text":"list files"}]},
    {"role":"model","parts":[{"functionCall":{"id":"ls-1","name":"list_directory","args":{"path":"."}},"thoughtSignature":"skip_thought_signature_validator"}]},
    {"role":"user","parts":[{"functionResponse":{"id":"ls-1","name":"list_directory","response":{"output":"a b"}}}]}],
  "systemInstruction":{"role":"user","parts":[{"text":"You are."}]},
  "tools":[{"functionDeclarations":[{"name":"list_directory","description":"d","parametersJsonSchema":{"type":"object",
     "properties":{"path":{"type":"string"}},"additionalProperties":false,"$schema":"http://json-schema.org/draft-07/schema#"}}]}],
  "generationConfig":{"temperature":1,"topP":0.95,"topK":64,"thinkingConfig":{"includeThoughts":true,"thinkingBudget":8192}}}`},
	{"Gemini CLI, 3.x", imitation.Gemini, "/v1beta/models/M:streamGenerateContent?alt=sse", "", `{
  "contents":[{"role":"user","parts":[{"text":"hi"}]}],
  "generationConfig":{"temperature":1,"topP":0.95,"topK":64,"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"HIGH"}}}`},
	{"opencode, parameters as a Schema", imitation.Gemini, "/v1beta/models/M:streamGenerateContent?alt=sse", "", `{
  "contents":[{"role":"user","parts":[{"text":"hi"}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}},
  "tools":[{"functionDeclarations":[{"name":"bash","description":"d","parameters":{"type":"object","required":["c"],
     "properties":{"c":{"type":"string","description":"d"},"n":{"type":"INTEGER","nullable":true}}}}]}],
  "generationConfig":{"maxOutputTokens":32000,"thinkingConfig":{"thinkingBudget":-1}}}`},
	{"@google/genai, snake case in part", imitation.Gemini, "/v1beta/models/M:generateContent", "", `{
  "contents":[{"role":"user","parts":[{"text":"hi"},{"inline_data":{"mime_type":"image/png","data":"iVBORw0KGgo="}}]}],
  "generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object"}},
  "safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]}`},
}

func TestWhatAgentsSendIsTaken(t *testing.T) {
	for _, a := range agentBodies {
		t.Run(a.name, func(t *testing.T) {
			v := imitation.New(t, a.kind, imitation.WithModels("M", "claude-sonnet-4-5"))
			h := auth(v, v.Key)
			if a.betas != "" {
				h.Set("Anthropic-Beta", a.betas)
			}
			got := send(t, v, "POST", a.path, a.body, h)
			if got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			if strings.Contains(a.body, `"stream":true`) && len(sse(t, got.body)) < 3 {
				t.Fatalf("no stream: %s", got.body)
			}
		})
	}
}
