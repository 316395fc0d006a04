package anthropic

import "encoding/json"

// The request as it is written: MessageCreateParamsBase of the SDK's types, as far as it is used. What is empty is left out.
type wireRequest struct {
	Model         string        `json:"model"`
	MaxTokens     int64         `json:"max_tokens"`
	Stream        bool          `json:"stream,omitempty"`
	System        []*wireBlock  `json:"system,omitempty"`
	Tools         []any         `json:"tools,omitempty"` // *wireTool, or a tool of the vendor's as its members
	ToolChoice    *wireChoice   `json:"tool_choice,omitempty"`
	Messages      []*wireTurn   `json:"messages"`
	Thinking      *wireThinking `json:"thinking,omitempty"`
	OutputConfig  *wireOutput   `json:"output_config,omitempty"`
	Temperature   *float64      `json:"temperature,omitempty"`
	TopP          *float64      `json:"top_p,omitempty"`
	TopK          *int64        `json:"top_k,omitempty"`
	StopSequences []string      `json:"stop_sequences,omitempty"`
	Metadata      *wireMetadata `json:"metadata,omitempty"`
	ServiceTier   string        `json:"service_tier,omitempty"`
}

type wireMetadata struct {
	UserID string `json:"user_id"`
}

type wireTurn struct {
	Role    string       `json:"role"`
	Content []*wireBlock `json:"content"`
}

// wireBlock is any of ContentBlockParam.
type wireBlock struct {
	Type      string          `json:"type"`
	Text      string          `json:"text,omitempty"`
	Thinking  *string         `json:"thinking,omitempty"` // may be empty, where the client did not want to see it
	Signature string          `json:"signature,omitempty"`
	Data      string          `json:"data,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Input     json.RawMessage `json:"input,omitempty"`
	ToolUseID string          `json:"tool_use_id,omitempty"`
	Content   []*wireBlock    `json:"content,omitempty"`
	IsError   bool            `json:"is_error,omitempty"`
	Source    *wireSource     `json:"source,omitempty"`
	Title     string          `json:"title,omitempty"`
	Cache     *wireCache      `json:"cache_control,omitempty"`
}

type wireSource struct {
	Type      string `json:"type"`
	MediaType string `json:"media_type,omitempty"`
	Data      string `json:"data,omitempty"`
	URL       string `json:"url,omitempty"`
	FileID    string `json:"file_id,omitempty"`
}

type wireCache struct {
	Type string `json:"type"`
	TTL  string `json:"ttl,omitempty"`
}

type wireTool struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	InputSchema json.RawMessage `json:"input_schema"`
	Cache       *wireCache      `json:"cache_control,omitempty"`
}

type wireChoice struct {
	Type            string `json:"type"`
	Name            string `json:"name,omitempty"`
	DisableParallel bool   `json:"disable_parallel_tool_use,omitempty"`
}

type wireThinking struct {
	Type         string `json:"type"`
	BudgetTokens int64  `json:"budget_tokens,omitempty"`
	Display      string `json:"display,omitempty"`
}

type wireOutput struct {
	Effort string      `json:"effort,omitempty"`
	Format *wireFormat `json:"format,omitempty"`
}

type wireFormat struct {
	Type   string          `json:"type"`
	Schema json.RawMessage `json:"schema"`
}
