package openaiplain

import (
	"bytes"

	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// Dialect is one of them.
type Dialect struct {
	of      protocol.Protocol
	model   model
	payload map[string]bool // members of which a reply must have one
	lacks   string          // what a reply without them holds none of
	streams bool
	words   bool             // a reply may be plain text
	issues  protocol.RefKind // what the reply's id names; "": nothing
}

// model says whether a request names one.
type model uint8

const (
	needed model = iota
	optional
	none
)

func members(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	return set
}

// The dialects.
var (
	Embeddings  = Dialect{of: protocol.OpenAIEmbeddings, payload: members("data", "embeddings"), lacks: "embeddings"}
	Images      = Dialect{of: protocol.OpenAIImages, payload: members("data"), lacks: "images", streams: true}
	Audio       = Dialect{of: protocol.OpenAIAudio, payload: members("text", "segments"), lacks: "text", streams: true, words: true}
	Moderations = Dialect{of: protocol.OpenAIModerations, model: optional, payload: members("results"), lacks: "results"}
	Rerank      = Dialect{of: protocol.Rerank, payload: members("results", "data"), lacks: "results"}
	Files       = Dialect{of: protocol.OpenAIFiles, model: none, payload: members("id", "data"), lacks: "files", issues: protocol.FileRef}
	Batches     = Dialect{of: protocol.OpenAIBatches, model: none, payload: members("id", "data"), lacks: "batches", issues: protocol.BatchRef}
)

// Protocol is which of them it is.
func (d Dialect) Protocol() protocol.Protocol { return d.of }

// Peek reads a request: its model, whether it wants a stream, and the file that a batch is made of. None has a session.
func (d Dialect) Peek(body []byte) (protocol.Peek, error) {
	var p peek.Request
	speech := false
	g := peek.NewGuard(body)
	c := scan.At(body)
	if err := peek.Members(&c, func(key []byte, escaped bool) {
		if g.Member(key, escaped, &c) {
			return
		}
		switch {
		case d.of == protocol.OpenAIBatches && string(key) == "input_file_id":
			p.AddRef(protocol.FileRef, peek.Text(&c))
		case d.of == protocol.OpenAIAudio && string(key) == "stream_format":
			speech = peek.Is(&c, "sse")
		}
	}); err != nil {
		return protocol.Peek{}, err
	}
	if err := g.Finish(&p.Peek, d.model == needed); err != nil {
		return protocol.Peek{}, err
	}
	p.Stream = p.Stream || speech
	return p.Done()
}

// Event reads an event of a stream: its type says what it is.
func (d Dialect) Event(name, data []byte, r *protocol.Reply) protocol.Class {
	if bytes.HasPrefix(data, []byte("[DONE]")) {
		r.Done = true
		return protocol.Final
	}
	if len(data) == 0 {
		return protocol.Quiet
	}
	var env reply.Envelope
	var kind []byte
	c := scan.At(data)
	object := c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			kind, _, _ = c.String()
		case "usage":
			openai.TakeUsage(&c, r)
		default:
			env.Member(key, &c)
		}
	})
	if !object {
		c.Value()
	}
	if err := c.End(); err != nil {
		return reply.Unreadable(data, err, r)
	}
	switch {
	case string(name) == "error" || string(kind) == "error" || env.Bad(kind != nil):
		return reply.Fail(data, r)
	case bytes.HasSuffix(kind, []byte(".delta")), bytes.HasSuffix(kind, []byte(".segment")), bytes.HasSuffix(kind, []byte(".partial_image")):
		return protocol.Meaningful
	case bytes.HasSuffix(kind, []byte(".completed")): // another image may follow
		r.Finish = "completed"
		r.Made++
		return protocol.Final
	case bytes.HasSuffix(kind, []byte(".done")):
		r.Finish, r.Done = "done", true
		return protocol.Final
	}
	return protocol.Quiet
}

// Body reads a whole reply.
func (d Dialect) Body(body []byte, r *protocol.Reply) {
	if text := bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n"); d.words && len(body) > 0 && (len(text) == 0 || text[0] != '{') && !protocol.IsHTML(nil, body) {
		r.Text, r.Done = int64(len(body)), true // of silence, a line end
		return
	}
	var env reply.Envelope
	holds := false
	c := scan.At(body)
	object := c.Object(func(key []byte, _ bool) {
		switch {
		case d.payload[string(key)]:
			holds = d.held(key, &c, r) || holds
		case string(key) == "model":
			reply.Take(&c, &r.Model)
		case string(key) == "usage":
			openai.TakeUsage(&c, r)
		case !d.named(key, &c, r):
			env.Member(key, &c)
		}
	})
	if !object || c.End() != nil {
		reply.Unusable(body, r)
		return
	}
	switch {
	case env.Bad(holds):
		reply.Fail(body, r)
	case !holds:
		reply.Bad(r, "the provider's answer holds no "+d.lacks)
	default:
		r.Done = true
	}
}

// held passes over a member that a reply must have, and reports whether there is something in it. A list of files or batches may be empty.
func (d Dialect) held(key []byte, c *scan.Cursor, r *protocol.Reply) bool {
	if d.named(key, c, r) {
		return true
	}
	if c.Kind() != '[' {
		return !c.Null()
	}
	count := 0
	c.Array(func() {
		count++
		if d.issues != "" {
			c.Object(func(key []byte, _ bool) { d.named(key, c, r) })
		}
	})
	if d.of == protocol.OpenAIImages {
		r.Made = int64(count)
	}
	return count > 0 || d.issues != ""
}

// named notes the file or batch that a member names, and reports whether it is such a member.
func (d Dialect) named(key []byte, c *scan.Cursor, r *protocol.Reply) bool {
	kind := d.issues
	switch string(key) {
	case "id":
	case "input_file_id", "output_file_id", "error_file_id":
		kind = protocol.FileRef
	default:
		return false
	}
	if d.issues == "" {
		return false
	}
	var id string
	reply.Take(c, &id)
	reply.Issue(r, kind, id)
	return true
}

// Error writes e as OpenAI would.
func (Dialect) Error(e *protocol.Error) (int, []byte) { return openai.Error(e) }

// StreamError writes e as an event.
func (Dialect) StreamError(e *protocol.Error) []byte { return openai.StreamError(e) }

// KeepAlive is a comment; nil where there are no streams, since nothing can be sent before a whole reply.
func (d Dialect) KeepAlive() []byte {
	if d.streams {
		return openai.KeepAlive()
	}
	return nil
}
