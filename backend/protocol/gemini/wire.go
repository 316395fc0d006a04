package gemini

import (
	"bytes"
	"encoding/json"
)

// The messages that we write, by google.ai.generativelanguage.v1beta; parametersJsonSchema, responseJsonSchema,
// thinkingLevel and FunctionResponse.parts by @google/genai.

type wireRequest struct {
	SystemInstruction *wireContent    `json:"systemInstruction,omitempty"`
	Contents          []wireContent   `json:"contents"`
	Tools             []any           `json:"tools,omitempty"` // wireTool, or a json.RawMessage of a tool that Google runs
	ToolConfig        *wireToolConfig `json:"toolConfig,omitempty"`
	GenerationConfig  *wireConfig     `json:"generationConfig,omitempty"`
}

type wireContent struct {
	Parts []wirePart `json:"parts"`
	Role  string     `json:"role,omitempty"`
}

type wirePart struct {
	Text             *string       `json:"text,omitempty"`
	InlineData       *wireBlob     `json:"inlineData,omitempty"`
	FileData         *wireFile     `json:"fileData,omitempty"`
	FunctionCall     *wireCall     `json:"functionCall,omitempty"`
	FunctionResponse *wireResponse `json:"functionResponse,omitempty"`
	Thought          bool          `json:"thought,omitempty"`
	ThoughtSignature string        `json:"thoughtSignature,omitempty"`
}

type wireBlob struct {
	MimeType string `json:"mimeType"`
	Data     string `json:"data"`
}

type wireFile struct {
	MimeType string `json:"mimeType,omitempty"`
	FileURI  string `json:"fileUri"`
}

type wireCall struct {
	ID   string          `json:"id,omitempty"`
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

type wireResponse struct {
	ID       string          `json:"id,omitempty"`
	Name     string          `json:"name"`
	Response json.RawMessage `json:"response"`
	Parts    []wirePart      `json:"parts,omitempty"` // inlineData only
}

type wireTool struct {
	FunctionDeclarations []wireFunction `json:"functionDeclarations"`
}

type wireFunction struct {
	Name                 string          `json:"name"`
	Description          string          `json:"description,omitempty"`
	Parameters           json.RawMessage `json:"parameters,omitempty"`
	ParametersJSONSchema json.RawMessage `json:"parametersJsonSchema,omitempty"`
}

type wireToolConfig struct {
	FunctionCallingConfig wireCalling `json:"functionCallingConfig"`
}

type wireCalling struct {
	Mode                 string   `json:"mode"`
	AllowedFunctionNames []string `json:"allowedFunctionNames,omitempty"`
}

type wireConfig struct {
	CandidateCount     int64           `json:"candidateCount,omitempty"`
	StopSequences      []string        `json:"stopSequences,omitempty"`
	MaxOutputTokens    int64           `json:"maxOutputTokens,omitempty"`
	Temperature        *float64        `json:"temperature,omitempty"`
	TopP               *float64        `json:"topP,omitempty"`
	TopK               *int64          `json:"topK,omitempty"`
	Seed               *int32          `json:"seed,omitempty"`
	PresencePenalty    *float64        `json:"presencePenalty,omitempty"`
	FrequencyPenalty   *float64        `json:"frequencyPenalty,omitempty"`
	ResponseLogprobs   bool            `json:"responseLogprobs,omitempty"`
	Logprobs           *int64          `json:"logprobs,omitempty"`
	ResponseMimeType   string          `json:"responseMimeType,omitempty"`
	ResponseSchema     json.RawMessage `json:"responseSchema,omitempty"`
	ResponseJSONSchema json.RawMessage `json:"responseJsonSchema,omitempty"`
	ThinkingConfig     *wireThinking   `json:"thinkingConfig,omitempty"`
}

type wireThinking struct {
	IncludeThoughts bool   `json:"includeThoughts,omitempty"`
	ThinkingBudget  *int64 `json:"thinkingBudget,omitempty"`
	ThinkingLevel   string `json:"thinkingLevel,omitempty"`
}

type wireReply struct {
	Candidates    []wireCandidate `json:"candidates"`
	UsageMetadata *wireUsage      `json:"usageMetadata,omitempty"`
	ModelVersion  string          `json:"modelVersion,omitempty"`
	ResponseID    string          `json:"responseId"`
}

type wireCandidate struct {
	Content           *wireContent   `json:"content,omitempty"`
	FinishReason      string         `json:"finishReason,omitempty"`
	Index             int            `json:"index"`
	GroundingMetadata *wireGrounding `json:"groundingMetadata,omitempty"`
	AvgLogprobs       *float64       `json:"avgLogprobs,omitempty"`
	LogprobsResult    *wireProbs     `json:"logprobsResult,omitempty"`
}

type wireUsage struct {
	PromptTokenCount        int64 `json:"promptTokenCount"`
	CachedContentTokenCount int64 `json:"cachedContentTokenCount,omitempty"`
	CandidatesTokenCount    int64 `json:"candidatesTokenCount"`
	ThoughtsTokenCount      int64 `json:"thoughtsTokenCount,omitempty"`
	TotalTokenCount         int64 `json:"totalTokenCount"`
}

type wireGrounding struct {
	GroundingChunks   []wireChunk   `json:"groundingChunks,omitempty"`
	GroundingSupports []wireSupport `json:"groundingSupports,omitempty"`
}

type wireChunk struct {
	Web wireWeb `json:"web"`
}

type wireWeb struct {
	URI   string `json:"uri,omitempty"`
	Title string `json:"title,omitempty"`
}

type wireSupport struct {
	Segment               wireSegment `json:"segment"`
	GroundingChunkIndices []int       `json:"groundingChunkIndices"`
}

type wireSegment struct {
	PartIndex  int    `json:"partIndex,omitempty"`
	StartIndex int    `json:"startIndex,omitempty"`
	EndIndex   int    `json:"endIndex,omitempty"`
	Text       string `json:"text,omitempty"`
}

// marshal writes v with its texts as they are: <, > and & need no escape outside a web page.
func marshal(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // raw messages have been checked: cannot fail
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func textPart(s string) wirePart { return wirePart{Text: &s} }
