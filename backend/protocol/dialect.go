package protocol

// Span is a range of bytes [From, To) in a body.
type Span struct{ From, To int }

// Empty reports whether the span covers nothing.
func (s Span) Empty() bool { return s.To <= s.From }

// LongestModel bounds a model's name, in bytes, its escapes resolved. The longest in use, of fine-tuned models and
// of inference profiles, are about 150.
const LongestModel = 256

// Peek is what one pass over a request body tells, with nothing decoded that routing does not need.
type Peek struct {
	Model         string   // as the client wrote it; empty where the protocol carries it in the path
	ModelAt       Span     // the JSON string token, quotes included; in a form the bare name
	Form          bool     // the body is a form (multipart/form-data), not JSON
	Named         []Span   // gemini-embeddings: where the body repeats the model of the path, as JSON string tokens
	Words         bool     // openai-audio: the reply may be plain text
	Stream        bool     // the body asks for a stream
	Shape         Protocol // whose form the body has, where it was sent to the path of another: see [Dialect.Peek]; else None
	StreamOptions Span     // openai-chat: the value of stream_options, empty where absent
	IncludeUsage  bool     // openai-chat: the client asked for the usage chunk itself
	MaxOutput     int64    // the client's limit on output tokens; 0 where it gave none

	Tools  bool // tools are declared
	Images bool // an image part is present
	Schema bool // a JSON schema is required of the reply
	Think  bool // reasoning is asked for in so many words

	Service Service // the one that is asked for; "" where the vendor is to choose

	// Media is how many bytes of the body are inline media: images, audio and files in base64, as data URLs or bare.
	// They cost tokens by other rules than text (an image of 1 MB some 1,500), so estimates from sizes leave them out.
	Media int64

	Session string // what the body says of the conversation: prompt_cache_key, else the session part of metadata.user_id, else a hash of system text and first user turn
	Refs    []Ref  // state of one upstream account that the request leans on
}

// RefKind says what a [Ref] points at.
type RefKind string

const (
	ResponseRef  RefKind = "response"  // previous_response_id, or the id in the path
	ConvRef      RefKind = "conv"      // conversation
	ReasoningRef RefKind = "reasoning" // encrypted reasoning; ID is a hash of the text. The only kind that can be stripped
	FileRef      RefKind = "file"      // a file id or file URI
	CacheRef     RefKind = "cache"     // Gemini cachedContent
	BatchRef     RefKind = "batch"     // a batch id
)

// Ref names state that lives at the account which issued it.
type Ref struct {
	Kind RefKind `json:"kind"`
	ID   string  `json:"id"`
}

// Reply gathers what a reply has told so far, event by event or in one body.
type Reply struct {
	ID       string  // the upstream's response id
	Model    string  // the model it says it is
	Usage    Usage   // the last figures told; vendors' figures are cumulative, so they replace, never add
	Made     int64   // pictures that a call for images has brought so far
	HasUsage bool    // Usage was told by the upstream
	Service  Service // the one that it says it was served by; "" where it does not say
	Bill     Bill    // the last one told, for the same reason
	Finish   string  // the vendor's own stop reason; in a stream of several choices empty until each that was seen has one
	Done     bool    // the protocol's own end was seen
	Err      *Error  // the reply turned out to be an error
	Text     int64   // bytes of text, reasoning and tool arguments seen; what usage is estimated from
	Issued   []Ref   // state ids that must come back to this account

	// A stream of openai-chat may hold several choices (n > 1), mixed. Bit i of Choices says that choice i was seen, of
	// Finished that it has its finish reason. Choices from 64 on are not kept track of.
	Choices, Finished uint64
}

// Class says what one stream event is to the gateway.
type Class uint8

const (
	Quiet      Class = iota // a ping, a message start, a role-only chunk: no reason to commit
	Meaningful              // a text, tool, thinking or refusal delta: the commit point
	Final                   // the protocol's end of the stream, or a finish reason
	UsageOnly               // openai-chat: the chunk that stream_options.include_usage adds
	Failed                  // an error event; Reply.Err is set
)

// Dialect is what the gateway must know of one protocol to pass it on without decoding it (lane A). There is
// one per protocol, stateless, safe for concurrent use. Each lives in its own sub-package.
type Dialect interface {
	Protocol() Protocol

	// Peek scans a request body once. The error is an *[Error] of kind BadRequest that names the fault: JSON that
	// does not parse (with its offset), a second, escaped or differently cased spelling of model or stream, a model's
	// name beyond [LongestModel], or references to stored state beyond any reason. Some clients send the body of one protocol to the path of
	// another, and read the reply that the path promises (case 72): the openai dialects tell by [Peek.Shape], and the rest of what they
	// tell is then to be had from the dialect of that shape.
	Peek(body []byte) (Peek, error)

	// Event reads one event of a stream: its name (may be empty) and its data. It adds to r and says what the
	// event is. It neither keeps nor changes data.
	Event(name, data []byte, r *Reply) Class

	// Body reads a whole reply that came with status 200. It sets r.Err where the body is an error, is empty, or
	// cannot be read.
	Body(body []byte, r *Reply)

	// Error writes e in the shape that this vendor's clients expect: HTTP status and JSON body.
	Error(e *Error) (status int, body []byte)

	// StreamError writes e as the event that ends a stream which has already begun, such that no client takes
	// what came before for a complete answer.
	StreamError(e *Error) []byte

	// KeepAlive is what can be sent on an open stream at any time without meaning anything. Nil where the protocol has nothing of the kind.
	KeepAlive() []byte
}
