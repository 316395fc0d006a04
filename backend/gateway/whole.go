package gateway

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
	"metapi/backend/routing"
)

// passWhole passes on a reply that is not a stream. It is read to its end first, so that a connection that breaks in
// the middle, or an error dressed as a 200, can still move on to the next deployment.
func (a *attempt) passWhole(res *http.Response) *failure {
	body, err := readReply(res, maxReply)
	if err != nil {
		return a.lost(err)
	}
	a.dog.rest()
	if protocol.IsHTML(res.Header, body) {
		return a.failed(errWall)
	}
	var r *conversation.Reply // nil: the body passes as it is
	if a.reshapes() && isStream(res.Header, body) {
		r, err = a.gather(body)
		res.Header.Set("Content-Type", "application/json")
	} else if a.readWhole(body); a.reply.Err != nil && !a.storedFailure() {
		return a.failed(a.reply.Err)
	} else if a.counting() {
		body, err = a.counted(body)
	} else if a.b != nil {
		r, err = a.b.up.DecodeReply(body)
	}
	if err != nil {
		return a.lost(err)
	}
	a.readBill(res.Header)
	if r == nil {
		a.heard.body(body)
	} else {
		a.heard.reply(r)
		if body, err = a.rewrite(r); err != nil {
			return a.lost(err)
		}
	}
	if a.ep.operation == protocol.List {
		return a.listed(body)
	}
	return a.deliver(res, a.keepWhole(body))
}

// deliver gives the client a whole reply.
func (a *attempt) deliver(res *http.Response, body []byte) *failure {
	if !a.wins() {
		a.reply.Done = true
		return a.failed(errOutrun)
	}
	a.pin() // before the client can ask for what it was told
	a.keepThoughts()
	a.made.FirstByte = time.Since(a.start)
	h := a.w.Header()
	a.replyHead(h, res.Header)
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	a.rec.Status = res.StatusCode
	a.w.WriteHeader(res.StatusCode)
	_, err := a.w.Write(body)
	if err == nil {
		err = http.NewResponseController(a.w).Flush() // the client has it all before the books are made
	}
	return a.done(err != nil)
}

// readWhole takes a whole reply in. What is told of a stored response is not one of a model's.
func (a *attempt) readWhole(body []byte) {
	switch a.ep.operation {
	case protocol.Delete, protocol.InputItems:
		if scan.Valid(body) != nil {
			a.reply.Err = &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's reply is not JSON"}
		}
	default:
		a.up.Body(body, &a.reply)
		if a.via == protocol.OpenAIAudio && !a.peek.Words && a.reply.Err == nil && scan.Valid(body) != nil {
			a.reply.Err = &protocol.Error{Kind: protocol.BadReply, Message: "the upstream answered with text where JSON was asked for"}
		}
	}
}

// storedFailure reports whether the error in the reply is the content of a stored response that failed, and not a failure
// to give it out.
func (a *attempt) storedFailure() bool { return a.stored() && a.reply.ID != "" }

// replyHead fills the head of a reply from the upstream's.
func (a *attempt) replyHead(h, from http.Header) {
	if own, ok := a.w.(*apart); ok { // what this attempt has put there
		maps.Copy(h, own.header)
	}
	if a.b == nil {
		copyHeaders(h, from, replyHeaders(a.ep.protocol))
	} else {
		h["Content-Type"] = acceptJSON
		nameRequest(h, a.ep.protocol)
	}
	a.lostHeader(h)
	if len(a.mends) > 0 {
		h["X-Metapi-Mended"] = []string{strings.Join(a.made.Mends, ", ")}
	}
	a.serverHeaders(h)
}

// serverHeaders tells the client which deployment served it, and at which attempt.
func (a *attempt) serverHeaders(h http.Header) {
	h["X-Metapi-Deployment"] = []string{a.d.ID}
	h["X-Metapi-Attempts"] = []string{strconv.Itoa(len(a.rec.Attempts) + 1)}
}

// sendRaw passes on an upstream's own error as it is, where that is already the shape that the client knows.
func (x *exchange) sendRaw(f *failure) bool {
	if f.raw == nil || x.streamOpen() || x.confined(f.err) {
		return false
	}
	h := x.w.Header()
	copyHeaders(h, f.header, replyHeaders(x.ep.protocol))
	if h.Get("Retry-After") == "" {
		setRetryAfter(h, f.err.RetryAfter)
	}
	nameRequest(h, x.ep.protocol)
	x.attemptsHeader()
	x.rec.Status = f.status
	x.w.WriteHeader(f.status)
	x.w.Write(f.raw)
	x.settle(routing.Failed, f.err)
	return true
}
