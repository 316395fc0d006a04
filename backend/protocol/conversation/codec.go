package conversation

import "metapi/backend/protocol"

// Codec is one protocol's way from bytes to the canonical form, and back. It is stateless and safe for concurrent use.
type Codec interface {
	Protocol() protocol.Protocol

	// DecodeRequest reads a client's request. asked is what the protocol carries outside the body. The error is an *[protocol.Error] of
	// kind BadRequest that names the field at fault, or Unsupported where only the protocol's own vendor can serve it; what is unknown but harmless is passed over.
	DecodeRequest(body []byte, asked Asked) (*Request, error)

	// EncodeRequest writes a request for an upstream, and tells what it left out. The error is an *[protocol.Error] of kind BadRequest
	// that names, in Param, what cannot be said in this protocol and may not be left out.
	EncodeRequest(r *Request, to Target) (body []byte, lost []Lost, err error)

	// DecodeReply reads an upstream's whole reply. The error is an *[protocol.Error]: the reply's own, or BadReply where it cannot be read.
	DecodeReply(body []byte) (*Reply, error)

	// EncodeReply writes a whole reply for a client that asked for it by r.
	EncodeReply(reply *Reply, r *Request) ([]byte, error)

	// NewReader reads an upstream's stream.
	NewReader() Reader

	// Restorer prepares for one reply to r, which was encoded for to. Every reply and every event that this codec reads of it goes
	// through the Restorer; nil: nothing has to be restored.
	Restorer(r *Request, to Target) Restorer

	// NewWriter writes a stream for a client that asked for it by r.
	NewWriter(r *Request) Writer
}

// Asked is what a request says outside its body.
type Asked struct {
	Model  string // in the path (Gemini)
	Stream bool   // by the path (Gemini)

	Compact bool // the conversation shall be compacted (openai-responses, by the path)
}

// Target is what is known of the deployment that a request is encoded for.
type Target struct {
	Model       string          // the upstream's name for it
	UsualOutput int64           // tokens; for a protocol that wants a limit where the client gave none. 0: not known
	Reasons     bool            // it is known to reason
	Described   bool            // Reasons is known
	Quirks      map[string]bool // of the provider, as data: see each codec's doc.go for those it knows
}

// Reader turns the events of one upstream's stream into the canonical ones. It is for one goroutine.
//
// There is one way to tell that something went wrong, whoever is to blame: the error of Read or End, an *[protocol.Error]. It is
// what the upstream said where that told an error, BadReply where its stream makes no sense, and Network where the stream was cut
// off. What came before it is returned beside it, and the Reader is used no more. A Reader never makes a [Fault] of it: up to
// the commit point the gateway asks another deployment instead, and after it hands the Fault to the client's Writer itself.
type Reader interface {
	// Read takes the name (may be empty) and the data of one event of the stream. It keeps neither.
	Read(name, data []byte) ([]Event, error)

	// End is called when the stream has ended by itself. It returns what was held back.
	End() ([]Event, error)
}

// Restorer turns what an upstream answers to an encoded request into what the client's request spoke of: tools by the client's names, custom
// tools that were declared as functions as custom tools again, a structured answer that was asked for as a tool's call as the answer. It
// is for one goroutine.
type Restorer interface {
	Events([]Event) []Event // of a stream, in order; may hold some back until a later call
	Reply(*Reply)           // a whole reply, in place
}

// Writer writes the canonical events as a client's stream. It is for one goroutine, and appends whole events of the wire to dst.
type Writer interface {
	// Write appends what an event comes to; often nothing.
	Write(dst []byte, e Event) []byte

	// Close appends the end of a stream that was whole. Without a [Finished] before it, the end says that the answer is cut off.
	Close(dst []byte) []byte
}
