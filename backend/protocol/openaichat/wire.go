package openaichat

import "encoding/json"

// What a request is on the wire, in the order and with the names of CreateChatCompletionRequest. Used for writing; reading is laxer and
// has its own types where a field has several forms.

type request struct {
	Model           string            `json:"model"`
	Messages        []wireMessage     `json:"messages"`
	Stream          bool              `json:"stream,omitempty"`
	StreamOptions   *streamOption     `json:"stream_options,omitempty"`
	Tools           []tool            `json:"tools,omitempty"`
	ToolChoice      any               `json:"tool_choice,omitempty"`
	Parallel        *bool             `json:"parallel_tool_calls,omitempty"`
	MaxCompletion   *int64            `json:"max_completion_tokens,omitempty"`
	MaxTokens       *int64            `json:"max_tokens,omitempty"`
	Temperature     *float64          `json:"temperature,omitempty"`
	TopP            *float64          `json:"top_p,omitempty"`
	TopK            *int64            `json:"top_k,omitempty"` // quirk
	Frequency       *float64          `json:"frequency_penalty,omitempty"`
	Presence        *float64          `json:"presence_penalty,omitempty"`
	Stop            []string          `json:"stop,omitempty"`
	Seed            *int64            `json:"seed,omitempty"`
	N               int64             `json:"n,omitempty"`
	LogProbs        bool              `json:"logprobs,omitempty"`
	TopLogProbs     *int64            `json:"top_logprobs,omitempty"`
	LogitBias       json.RawMessage   `json:"logit_bias,omitempty"`
	Effort          string            `json:"reasoning_effort,omitempty"`
	Reasoning       any               `json:"reasoning,omitempty"`       // quirk: OpenRouter
	Thinking        any               `json:"thinking,omitempty"`        // quirk: DeepSeek, GLM, Kimi
	EnableThinking  *bool             `json:"enable_thinking,omitempty"` // quirk: Qwen
	ThinkingBudget  *int64            `json:"thinking_budget,omitempty"` // quirk: Qwen
	ResponseFormat  *responseFormat   `json:"response_format,omitempty"`
	Verbosity       string            `json:"verbosity,omitempty"`
	User            string            `json:"user,omitempty"`
	Metadata        map[string]string `json:"metadata,omitempty"`
	ServiceTier     string            `json:"service_tier,omitempty"`
	CacheKey        string            `json:"prompt_cache_key,omitempty"`
	Store           *bool             `json:"store,omitempty"`
	WebSearchOption json.RawMessage   `json:"web_search_options,omitempty"`
}

type streamOption struct {
	IncludeUsage bool `json:"include_usage"`
}

type wireMessage struct {
	Role             string     `json:"role"`
	Content          any        `json:"content,omitempty"` // string or []wirePart
	Name             string     `json:"name,omitempty"`
	ReasoningContent *string    `json:"reasoning_content,omitempty"` // quirk
	ReasoningDetails []detail   `json:"reasoning_details,omitempty"` // quirk
	ToolCalls        []wireCall `json:"tool_calls,omitempty"`
	ToolCallID       string     `json:"tool_call_id,omitempty"`
	Prefix           bool       `json:"prefix,omitempty"` // quirk
}

type wirePart struct {
	Type     string      `json:"type"`
	Text     *string     `json:"text,omitempty"`
	Refusal  string      `json:"refusal,omitempty"`
	ImageURL *wireURL    `json:"image_url,omitempty"`
	VideoURL *wireURL    `json:"video_url,omitempty"` // quirk
	Audio    *inputAudio `json:"input_audio,omitempty"`
	File     *file       `json:"file,omitempty"`
	Cache    *cacheMark  `json:"cache_control,omitempty"` // quirk
}

type wireURL struct {
	URL    string `json:"url"`
	Detail string `json:"detail,omitempty"`
}

type inputAudio struct {
	Data   string `json:"data"`
	Format string `json:"format"`
}

type file struct {
	FileID   string `json:"file_id,omitempty"`
	FileData string `json:"file_data,omitempty"`
	Filename string `json:"filename,omitempty"`
}

type cacheMark struct {
	Type string `json:"type"`
	TTL  string `json:"ttl,omitempty"`
}

type wireCall struct {
	ID       string        `json:"id"`
	Type     string        `json:"type"`
	Function *functionCall `json:"function,omitempty"`
	Custom   *customCall   `json:"custom,omitempty"`
	Extra    *extraContent `json:"extra_content,omitempty"` // Google's, at its own compatible endpoint
}

type functionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

type customCall struct {
	Name  string `json:"name"`
	Input string `json:"input"`
}

// extraContent is where Google's compatible endpoint has the signature of a call.
type extraContent struct {
	Google struct {
		ThoughtSignature string `json:"thought_signature,omitempty"`
	} `json:"google"`
}

func signed(signature string) *extraContent {
	e := &extraContent{}
	e.Google.ThoughtSignature = signature
	return e
}

// detail is one of OpenRouter's reasoning_details.
type detail struct {
	Type      string `json:"type"` // reasoning.text, reasoning.summary, reasoning.encrypted
	Text      string `json:"text,omitempty"`
	Summary   string `json:"summary,omitempty"`
	Data      string `json:"data,omitempty"`
	Signature string `json:"signature,omitempty"`
	ID        string `json:"id,omitempty"`
	Format    string `json:"format,omitempty"`
	Index     int    `json:"index"`
}

type tool struct {
	Type     string      `json:"type"`
	Function *function   `json:"function,omitempty"`
	Custom   *customTool `json:"custom,omitempty"`
	Cache    *cacheMark  `json:"cache_control,omitempty"` // quirk
}

type function struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Parameters  json.RawMessage `json:"parameters,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
}

type customTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Format      json.RawMessage `json:"format,omitempty"`
}

type responseFormat struct {
	Type   string      `json:"type"`
	Schema *jsonSchema `json:"json_schema,omitempty"`
}

type jsonSchema struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty"`
	Strict      *bool           `json:"strict,omitempty"`
}
