package conversation

import (
	"strconv"
	"strings"

	"metapi/backend/protocol"
)

// called is what each protocol calls what openai-chat calls by the first name. Where it has none, the first name stands.
var called = map[string]map[protocol.Protocol]string{
	"n":                   {protocol.Gemini: "generationConfig.candidateCount"},
	"max_tokens":          {protocol.OpenAIResponses: "max_output_tokens", protocol.Gemini: "generationConfig.maxOutputTokens"},
	"temperature":         {protocol.Gemini: "generationConfig.temperature"},
	"top_p":               {protocol.Gemini: "generationConfig.topP"},
	"top_k":               {protocol.Gemini: "generationConfig.topK"},
	"frequency_penalty":   {protocol.Gemini: "generationConfig.frequencyPenalty"},
	"presence_penalty":    {protocol.Gemini: "generationConfig.presencePenalty"},
	"seed":                {protocol.Gemini: "generationConfig.seed"},
	"stop":                {protocol.Anthropic: "stop_sequences", protocol.Gemini: "generationConfig.stopSequences"},
	"logprobs":            {protocol.OpenAIResponses: "include", protocol.Gemini: "generationConfig.responseLogprobs"},
	"top_logprobs":        {protocol.Gemini: "generationConfig.logprobs"},
	"reasoning_effort":    {protocol.OpenAIResponses: "reasoning", protocol.Anthropic: "thinking", protocol.Gemini: "generationConfig.thinkingConfig"},
	"verbosity":           {protocol.OpenAIResponses: "text.verbosity"},
	"response_format":     {protocol.OpenAIResponses: "text.format", protocol.Anthropic: "output_config.format", protocol.Gemini: "generationConfig.responseSchema"},
	"parallel_tool_calls": {protocol.Anthropic: "tool_choice.disable_parallel_tool_use"},
	"tool_choice":         {protocol.Gemini: "toolConfig.functionCallingConfig"},
	"strict":              {protocol.OpenAIChat: "tools.strict", protocol.OpenAIResponses: "tools.strict", protocol.Anthropic: "tools.strict"},
	"user":                {protocol.Anthropic: "metadata.user_id"},
	"messages":            {protocol.OpenAIResponses: "input", protocol.Gemini: "contents"},
}

// Called is what a client of a protocol calls a parameter that an encoder names in a [Lost] or an error.
func Called(param string, by protocol.Protocol) string {
	if name := called[param][by]; name != "" {
		return name
	}
	return param
}

// InWords is an encoder's refusal of a request in the words of the client's protocol.
func InWords(e *protocol.Error, by protocol.Protocol) *protocol.Error {
	name := Called(e.Param, by)
	if name == e.Param {
		return e
	}
	said := *e
	said.Message = strings.ReplaceAll(e.Message, strconv.Quote(e.Param), strconv.Quote(name))
	said.Param = name
	return &said
}
