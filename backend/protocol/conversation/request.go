package conversation

import (
	"encoding/json"

	"metapi/backend/protocol"
)

// Request is one turn asked of a model. A nil pointer, an empty string or a nil slice stands for what was not said.
type Request struct {
	Model    string // as the upstream calls it, when it is encoded
	Messages []Message
	Stream   bool

	Tools  []Tool
	Choice ToolChoice

	MaxOutput        *int64 // tokens
	Temperature      *float64
	TopP             *float64
	TopK             *int64
	FrequencyPenalty *float64
	PresencePenalty  *float64
	Stop             []string
	Seed             *int64
	N                int64           // choices wanted; 0 and 1 are the same
	LogProbs         bool            // of each token
	TopLogProbs      *int64          // alternatives of each token
	LogitBias        json.RawMessage // token id -> bias, as OpenAI has it

	Reasoning Reasoning
	Format    Format
	Verbosity string // low, medium, high

	User        string // the end user, by a name of the client's
	Metadata    map[string]string
	ServiceTier string
	CacheKey    string   // OpenAI's prompt_cache_key
	Store       *bool    // keep the reply for a later request
	Include     []string // openai-responses: what else the reply shall have

	State      State       // openai-responses
	Compaction *Compaction // openai-responses: the reply is to stand for the conversation; nil: it is an answer

	IncludeUsage bool // openai-chat: the client wants the chunk with the usage
	Functions    bool // openai-chat: the tools were declared as functions, as before there were tools, and a call is told as function_call

	Lost []Lost // what the client's body says and this form has no place for
}

// State is what Metapi itself keeps for a client, as the reply tells it again.
type State struct {
	ID           string // by which the reply is kept for a later request; empty where it is not
	Previous     string // the response that the request continues
	Conversation string // the one that it is a part of
}

// Compaction asks for a summary in place of an answer. The messages of its [Request] already ask the model for it.
type Compaction struct {
	Whole bool              // it was asked for by an operation of its own, whose reply is a list of items
	Keep  []json.RawMessage // the items of that list that come before the compaction
}

// Role says who speaks.
type Role string

const (
	System    Role = "system"    // instructions, wherever they stand; the first messages of a conversation, usually
	Developer Role = "developer" // instructions of the program's maker, where the protocol tells them from System
	User      Role = "user"
	Assistant Role = "assistant"
	ToolRole  Role = "tool" // results of tools: its parts are ToolResults, and Media that belong to them
)

// Message is what one speaker says in one go.
type Message struct {
	Role  Role
	Name  string // of the speaker, where several have one role
	Parts []Part
}

// Part is a piece of a message: *Text, *Media, *ToolCall, *ToolResult, *Thinking or *Refusal.
type Part interface{ part() }

func (*Text) part()       {}
func (*Media) part()      {}
func (*ToolCall) part()   {}
func (*ToolResult) part() {}
func (*Thinking) part()   {}
func (*Refusal) part()    {}

// Text is words.
type Text struct {
	Text      string
	Cache     *Cache
	Citations []Citation
	LogProbs  []LogProb // of a reply's text, where they were asked for
}

// Cache marks the end of a prefix that is to be cached (Anthropic's cache_control).
type Cache struct {
	TTL string // "5m", "1h", or empty for the vendor's default
}

// Citation is where a text is from.
type Citation struct {
	URL, Title string
	Quote      string // the words that are cited
	From, To   int    // the place in the text, in characters (Unicode code points); both 0 where it is not known
}

// LogProb is how likely a token was.
type LogProb struct {
	Token string
	Value float64   // the natural logarithm of its probability
	Bytes []byte    // what it stands for, where that is no text by itself; nil: the bytes of Token
	Top   []LogProb // the likeliest in its place, without a Top of their own
}

// UTF8 is what the token stands for.
func (l *LogProb) UTF8() []byte {
	if l.Bytes != nil {
		return l.Bytes
	}
	return []byte(l.Token)
}

// MediaKind says what is in a [Media].
type MediaKind string

const (
	Image MediaKind = "image"
	Audio MediaKind = "audio"
	Video MediaKind = "video"
	File  MediaKind = "file" // PDFs and other documents
)

// Media is an image, sound, film or document: its bytes, or where they are. One of Data, URL and FileID is set.
type Media struct {
	Kind   MediaKind
	Type   string // media type, as image/png; empty where it was not said
	Data   string // base64, standard alphabet, padded, as it came
	URL    string // http or https
	FileID string // at the account that has the file: see protocol.FileRef
	Name   string // of the file
	Detail string // of images at OpenAI: low, high, auto
	Cache  *Cache
}

// CacheOf is where a part keeps its mark; nil for a part that has none.
func CacheOf(p Part) **Cache {
	switch p := p.(type) {
	case *Text:
		return &p.Cache
	case *Media:
		return &p.Cache
	case *ToolCall:
		return &p.Cache
	case *ToolResult:
		return &p.Cache
	}
	return nil
}

// ToolKind says how a tool is called.
type ToolKind string

const (
	Function  ToolKind = "function"   // JSON arguments by a schema
	Custom    ToolKind = "custom"     // free text, perhaps by a grammar (openai-responses)
	WebSearch ToolKind = "web_search" // the vendor's own search, run by the vendor
	Hosted    ToolKind = "hosted"     // any other tool that a vendor runs: only its own protocol can say it
)

// ToolCall is the model's wish to have a tool run.
type ToolCall struct {
	ID        string // empty where the protocol has none (Gemini, often): encoders that need one make one from its place
	Name      string
	Namespace string // openai-responses: the namespace that the tool was declared in
	Kind      ToolKind
	Arguments string            // JSON of an object for a Function; the text itself for Custom. Kept as it came, even where it is no JSON
	Signature string            // Gemini's thoughtSignature of this call, or of the thinking before it
	Origin    protocol.Protocol // of the Signature
	Cache     *Cache
}

// ToolResult is what a tool has answered.
type ToolResult struct {
	ID    string // of its call
	Name  string // of the tool; empty where the protocol does not repeat it
	Kind  ToolKind
	Parts []Part // Text and Media
	Error bool   // the tool failed
	Cache *Cache
}

// Thinking is reasoning that the model showed, or sealed.
type Thinking struct {
	Text      string
	ID        string            // openai-responses: the item's id
	Summary   bool              // Text is a summary of the reasoning, not the reasoning itself
	Signature string            // proves to its vendor that Text is its own
	Sealed    string            // reasoning that only its vendor can read: redacted_thinking, encrypted_content
	Origin    protocol.Protocol // whose Signature and Sealed these are; None where there is neither
}

// Refusal is the model's words when it declines.
type Refusal struct{ Text string }

// Tool is one that the model may call.
type Tool struct {
	Kind        ToolKind
	Name        string
	Namespace   string
	Description string
	Schema      json.RawMessage // JSON Schema of a Function's arguments; nil where none was given
	Grammar     json.RawMessage // of a Custom tool, as openai-responses has it
	Strict      *bool
	Cache       *Cache
	Raw         json.RawMessage   // a WebSearch or Hosted tool as it was declared
	Origin      protocol.Protocol // of Raw
}

// ChoiceMode says whether tools are to be called.
type ChoiceMode string

const (
	ChoiceUnset ChoiceMode = ""
	ChoiceAuto  ChoiceMode = "auto"
	ChoiceNone  ChoiceMode = "none"
	ChoiceAny   ChoiceMode = "any"  // at least one, whichever
	ChoiceTool  ChoiceMode = "tool" // the ones in Names
)

// ToolChoice says which tools are to be called.
type ToolChoice struct {
	Mode     ChoiceMode
	Names    []string
	Parallel *bool // several calls in one turn; nil: the vendor's default
}

// Reasoning says how much the model is to think before it answers.
type Reasoning struct {
	Effort   string // none, minimal, low, medium, high, xhigh, max; empty where it was not said in words
	Budget   *int64 // tokens; 0 is off, -1 as many as the model likes
	Off      bool   // said to be off
	Adaptive bool   // the model decides
	Show     *bool  // the client wants to see it (Gemini's includeThoughts, Anthropic's display)
	Summary  string // openai-responses: auto, concise, detailed
}

// FormatKind says what form an answer is to have.
type FormatKind string

const (
	FormatText   FormatKind = ""
	FormatJSON   FormatKind = "json"   // any JSON object
	FormatSchema FormatKind = "schema" // JSON by a schema
)

// Format is the form that an answer is to have.
type Format struct {
	Kind        FormatKind
	Name        string
	Description string
	Schema      json.RawMessage
	Strict      *bool
}

// Lost is something of a request that was left out, harmlessly: the client's body said it and the canonical form has no place for
// it, or the upstream's protocol cannot say it.
type Lost struct {
	Param string // its place in the client's body, or a name that [Called] turns into what the client's protocol calls it
	Why   string // in half a sentence; may be empty
}

// Lose notes something that was left out, once for each name.
func Lose(lost []Lost, param, why string) []Lost {
	for _, l := range lost {
		if l.Param == param {
			return lost
		}
	}
	return append(lost, Lost{Param: param, Why: why})
}
