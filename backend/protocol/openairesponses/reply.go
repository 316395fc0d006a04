package openairesponses

import (
	"bytes"

	"metapi/backend/protocol"
	"metapi/backend/protocol/internal/openai"
	"metapi/backend/protocol/internal/reply"
	"metapi/backend/protocol/scan"
)

// Event reads an event.
func (Dialect) Event(name, data []byte, r *protocol.Reply) protocol.Class {
	if len(data) == 0 || string(data) == "[DONE]" { // some relays add [DONE]; it ends nothing here
		return protocol.Quiet
	}
	var (
		kind    []byte
		env     reply.Envelope
		res     response
		item    output
		delta   bool
		inner   protocol.Span
		innerIs byte
	)
	c := scan.At(data)
	object := c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			kind, _, _ = c.String()
		case "delta":
			delta = reply.Count(&c, r)
		case "response":
			innerIs = c.Kind()
			inner.From = c.Offset()
			readResponse(&c, r, &res)
			inner.To = c.Offset()
		case "item":
			readOutput(&c, r, &item)
		case "error":
			env.Member(key, &c)
		}
	})
	if !object {
		c.Value()
	}
	if err := c.End(); err != nil {
		return reply.Unreadable(data, err, r)
	}
	if kind == nil {
		kind = name
	}
	switch string(kind) {
	case "error", "response.error", "response.failed":
		return reply.Fail(data, r)
	case "response.created", "response.in_progress", "response.queued":
		if innerIs == '{' && res.stored() {
			reply.Issue(r, protocol.ResponseRef, r.ID)
		}
		if env.Bad(true) || res.failed {
			return reply.Fail(data, r)
		}
		return protocol.Quiet
	case "response.completed", "response.incomplete", "response.cancelled", "response.done":
		if env.Bad(true) || res.failed {
			return reply.Fail(data, r)
		}
		res.finish(r, string(kind[len("response."):]))
		r.Done = true
		return protocol.Final
	case "response.output_item.added":
		if item.named {
			return protocol.Meaningful
		}
		return protocol.Quiet
	case "response.output_item.done":
		item.issue(r, issuedResponse(r))
		if r.Text == 0 && item.text > 0 { // a relay that sends no deltas
			r.Text += item.text
			return protocol.Meaningful
		}
		return protocol.Quiet
	}
	switch {
	case env.Bad(true):
		return reply.Fail(data, r)
	case delta && bytes.HasSuffix(kind, []byte(".delta")):
		return protocol.Meaningful
	case string(kind) == "response.image_generation_call.partial_image":
		return protocol.Meaningful
	}
	return protocol.Quiet
}

// issuedResponse reports whether this stream's response is kept by the upstream: then its items are too.
func issuedResponse(r *protocol.Reply) bool {
	for _, ref := range r.Issued {
		if ref.Kind == protocol.ResponseRef {
			return true
		}
	}
	return false
}

// response is what a response object says beside its id, model and usage.
type response struct {
	status   []byte
	store    string // "true", "false", "" where it is not said
	reason   []byte // incomplete_details.reason
	failed   bool   // error is there
	outputs  int
	content  bool
	text     int64
	issuable []output
}

func (res *response) stored() bool { return res.store != "false" }

// finish ends the reply as the response object says; word is the status where the object says none.
func (res *response) finish(r *protocol.Reply, word string) {
	if res.status != nil {
		word = string(res.status)
	}
	if res.reason != nil {
		word = string(res.reason)
	}
	r.Finish = word
	if res.stored() {
		reply.Issue(r, protocol.ResponseRef, r.ID)
	}
	for i := range res.issuable {
		res.issuable[i].issue(r, res.stored())
	}
	if r.Text == 0 {
		r.Text = res.text
	}
}

func readResponse(c *scan.Cursor, r *protocol.Reply, res *response) bool {
	return c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "id":
			reply.Take(c, &r.ID)
		case "model":
			reply.Take(c, &r.Model)
		case "status":
			res.status, _, _ = c.String()
			res.failed = string(res.status) == "failed" || res.failed
		case "store":
			res.store = string(c.Raw())
		case "error":
			if !c.Null() {
				res.failed = true
			}
		case "incomplete_details":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "reason" {
					res.reason, _, _ = c.String()
				}
			})
		case "usage":
			openai.TakeUsage(c, r)
		case "service_tier":
			reply.TakeService(c, r)
		case "output":
			c.Array(func() {
				var item output
				readOutput(c, r, &item)
				res.outputs++
				res.content = res.content || item.text > 0 || item.named
				res.text += item.text
				if item.id.raw != nil || item.secret.raw != nil {
					res.issuable = append(res.issuable, item)
				}
			})
		}
	})
}

// output is one output item.
type output struct {
	kind       []byte
	id, secret token
	named      bool // a call whose name is known
	text       int64
}

// issue notes the state that the item stands for.
func (o *output) issue(r *protocol.Reply, stored bool) {
	if o.secret.raw != nil {
		kind := protocol.ConvRef // a compaction
		if string(o.kind) == "reasoning" {
			kind = protocol.ReasoningRef
		}
		reply.Issue(r, kind, ReasoningID(o.secret.raw, o.secret.escaped))
	}
	if stored && o.id.raw != nil {
		reply.Issue(r, protocol.ResponseRef, scan.Unquote(o.id.raw, o.id.escaped))
	}
}

func readOutput(c *scan.Cursor, r *protocol.Reply, o *output) {
	text := func() {
		if raw, escaped, ok := c.String(); ok {
			o.text += int64(scan.Len(raw, escaped))
		}
	}
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "type":
			o.kind, _, _ = c.String()
		case "id":
			if raw, escaped, ok := c.String(); ok && len(raw) > 0 {
				o.id = token{raw, escaped}
			}
		case "name":
			raw, _, ok := c.String()
			o.named = ok && len(bytes.TrimSpace(raw)) > 0
		case "arguments", "input":
			text()
		case "encrypted_content":
			if raw, escaped, ok := c.String(); ok && len(raw) > 0 {
				o.secret = token{raw, escaped}
			}
		case "content", "summary":
			c.Array(func() {
				c.Object(func(key []byte, _ bool) {
					if k := string(key); k == "text" || k == "refusal" {
						text()
					}
				})
			})
		}
	})
}

// Body reads a whole response, also one that is retrieved: queued and in_progress are no errors. For a response that is
// retrieved or cancelled, r.Err of a failed response is what it says of itself, and nothing the provider did wrong now.
func (Dialect) Body(body []byte, r *protocol.Reply) {
	var (
		env   reply.Envelope
		res   response
		count bool
	)
	c := scan.At(body)
	if !readResponse(&c, r, &res) || c.End() != nil {
		reply.Unusable(body, r)
		return
	}
	c = scan.At(body)
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "input_tokens": // the answer to a count of tokens
			count = true
		default:
			env.Member(key, &c)
		}
	})
	switch {
	case env.Bad(count || res.outputs > 0 || res.status != nil) || res.failed:
		reply.Fail(body, r)
	case count:
		r.Done = true
	case res.outputs == 0 && res.status == nil:
		reply.Bad(r, "the provider's answer holds no output")
	default:
		res.finish(r, "completed")
		r.Done = true
	}
}

// Error writes e as OpenAI would.
func (Dialect) Error(e *protocol.Error) (int, []byte) { return openai.Error(e) }

// describe says e as OpenAI would, and as the code of a response that failed.
func describe(e *protocol.Error) (fault openai.Fault, code string) {
	_, fault = openai.Describe(e)
	// Of the codes Codex knows these four to act on; any other it takes for one that a retry may cure.
	switch e.Kind {
	case protocol.ContextTooLong, protocol.OutOfMoney, protocol.RateLimited:
		return fault, *fault.Code
	case protocol.BadRequest, protocol.ContentPolicy:
		return fault, "invalid_prompt"
	}
	return fault, "server_error"
}

// StreamError writes e as response.failed, of a response that nothing else is known of. Codex acts on response.error; the official SDKs
// (openai-node, openai-python, openai-go) raise an error for any event with a member "error", which OpenAI's own does not have, so it is
// here twice.
func (Dialect) StreamError(e *protocol.Error) []byte {
	w := newWriter(nil)
	w.begun = true
	w.shell.begin(w.r)
	return w.fail(nil, e)
}

// KeepAlive is a comment.
func (Dialect) KeepAlive() []byte { return openai.KeepAlive() }
