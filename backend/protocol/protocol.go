package protocol

import "fmt"

// Protocol is a wire format that a client speaks to Metapi, or Metapi to an upstream.
// Its text form is the word used in settings, the ledger and the control API.
type Protocol uint8

// The numbers are in the store, so that new ones come last.
const (
	None              Protocol = iota
	OpenAIChat                 // POST /v1/chat/completions
	OpenAIResponses            // POST /v1/responses
	OpenAIEmbeddings           // POST /v1/embeddings
	Anthropic                  // POST /v1/messages
	Gemini                     // POST /v1beta/models/M:generateContent
	OpenAICompletions          // POST /v1/completions
	OpenAIImages               // POST /v1/images/...
	OpenAIAudio                // POST /v1/audio/...
	OpenAIModerations          // POST /v1/moderations
	Rerank                     // POST /v1/rerank, as Jina and Cohere have it
	GeminiEmbeddings           // POST /v1beta/models/M:embedContent
	OpenAIFiles                // /v1/files
	OpenAIBatches              // /v1/batches

	Count = iota // how many there are, with None
)

// All lists every protocol, in the order in which they are shown.
var All = []Protocol{OpenAIChat, OpenAIResponses, OpenAICompletions, OpenAIEmbeddings, OpenAIImages, OpenAIAudio, OpenAIModerations, Rerank,
	OpenAIFiles, OpenAIBatches, Anthropic, Gemini, GeminiEmbeddings}

var names = [Count]string{None: "none", OpenAIChat: "openai-chat", OpenAIResponses: "openai-responses", OpenAIEmbeddings: "openai-embeddings",
	Anthropic: "anthropic", Gemini: "gemini", OpenAICompletions: "openai-completions", OpenAIImages: "openai-images", OpenAIAudio: "openai-audio",
	OpenAIModerations: "openai-moderations", Rerank: "rerank", GeminiEmbeddings: "gemini-embeddings", OpenAIFiles: "openai-files",
	OpenAIBatches: "openai-batches"}

func (p Protocol) String() string {
	if int(p) < len(names) {
		return names[p]
	}
	return fmt.Sprintf("protocol(%d)", uint8(p))
}

// MarshalText writes the protocol's word.
func (p Protocol) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the protocol's word, and refuses any other.
func (p *Protocol) UnmarshalText(text []byte) error {
	for i, n := range names {
		if n == string(text) {
			*p = Protocol(i)
			return nil
		}
	}
	return fmt.Errorf("unknown protocol %q", text)
}

// Set is a set of protocols.
type Set uint16

// SetOf returns the set of the given protocols.
func SetOf(ps ...Protocol) Set {
	var s Set
	for _, p := range ps {
		s |= 1 << p
	}
	return s
}

// Has reports whether p is in the set.
func (s Set) Has(p Protocol) bool { return s&(1<<p) != 0 }

// List returns the members in the order of [All].
func (s Set) List() []Protocol {
	var ps []Protocol
	for _, p := range All {
		if s.Has(p) {
			ps = append(ps, p)
		}
	}
	return ps
}

// Operation is what a client asks of a protocol.
type Operation uint8

const (
	Generate    Operation = iota // make a reply, streamed or whole
	Embed                        // make embeddings
	CountTokens                  // count a prompt's tokens; free of charge at every vendor
	Retrieve                     // read a stored response, file or batch
	Cancel                       // stop a background response, or a batch
	Delete                       // delete a stored response or file
	InputItems                   // list what a stored response was made of
	Compact                      // make an item that stands for a conversation
	EmbedBatch                   // make embeddings of several requests
	Complete                     // go on from a text
	Image                        // make images
	EditImage                    // make images of images
	VaryImage                    // make images like an image
	Speak                        // make speech of text
	Transcribe                   // make text of speech
	Translate                    // make English text of speech
	Moderate                     // judge a text or image
	Rank                         // put documents in the order in which they fit a question
	Create                       // store a file, begin a batch
	List                         // list files or batches
	Content                      // read what is in a file

	Operations = iota // how many there are
)

var operationNames = [Operations]string{"generate", "embed", "count-tokens", "retrieve", "cancel", "delete", "input-items", "compact", "embed-batch", "complete",
	"image", "edit-image", "vary-image", "speak", "transcribe", "translate", "moderate", "rank", "create", "list", "content"}

func (o Operation) String() string { return operationNames[o] }

// MarshalText writes the operation's word.
func (o Operation) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads the operation's word, and refuses any other.
func (o *Operation) UnmarshalText(text []byte) error {
	for i, n := range operationNames {
		if n == string(text) {
			*o = Operation(i)
			return nil
		}
	}
	return fmt.Errorf("unknown operation %q", text)
}
