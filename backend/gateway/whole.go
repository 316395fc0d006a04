package gateway

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// passWhole passes on a reply that is not a stream. It is read to its end first, so that a connection that breaks in
// the middle, or an error dressed as a 200, can still move on to the next deployment.
func (a *attempt) passWhole(res *http.Response) *failure {
	if isHTML(res.Header) {
		return a.failed(errWall)
	}
	body, err := readReply(res, maxReply)
	if err != nil {
		return a.lost(err)
	}
	a.dog.rest()
	stored := a.ep.operation == protocol.Retrieve || a.ep.operation == protocol.Cancel
	if a.dialect.Body(body, &a.reply); a.reply.Err != nil && !(stored && a.reply.ID != "") { // a stored response may be one that failed
		return a.failed(a.reply.Err)
	}
	a.made.FirstByte = time.Since(a.start)
	h := a.w.Header()
	copyHeaders(h, res.Header, replyHeaders[a.ep.protocol])
	a.serverHeaders(h)
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	a.rec.Status = res.StatusCode
	a.w.WriteHeader(res.StatusCode)
	_, err = a.w.Write(body)
	if err == nil {
		err = http.NewResponseController(a.w).Flush() // the client has it all before the books are made
	}
	a.pass.Succeed()
	a.close("", "")
	if err != nil {
		a.gone()
	} else {
		a.settle(routing.OK, nil)
	}
	return nil
}

// serverHeaders tells the client which deployment served it, and at which attempt.
func (a *attempt) serverHeaders(h http.Header) {
	h["X-Metapi-Deployment"] = []string{a.d.ID}
	h["X-Metapi-Attempts"] = []string{strconv.Itoa(len(a.rec.Attempts) + 1)}
}

// sendRaw passes on an upstream's own error as it is, where that is already the shape that the client knows.
func (x *exchange) sendRaw(f *failure) bool {
	if f.raw == nil || x.streamOpen() {
		return false
	}
	h := x.w.Header()
	copyHeaders(h, f.header, replyHeaders[x.ep.protocol])
	if h.Get("Retry-After") == "" {
		setRetryAfter(h, f.err.RetryAfter)
	}
	x.attemptsHeader()
	x.rec.Status = f.status
	x.w.WriteHeader(f.status)
	x.w.Write(f.raw)
	x.settle(routing.Failed, f.err)
	return true
}

// nativeError reports whether body is an error in p's own shape.
func nativeError(p protocol.Protocol, body []byte) bool {
	var shape struct {
		Type  string
		Error *struct {
			Message *string
			Type    string
			Status  string
		}
	}
	if json.Unmarshal(body, &shape) != nil || shape.Error == nil || shape.Error.Message == nil {
		return false
	}
	switch p {
	case protocol.Anthropic:
		return shape.Type == "error" && shape.Error.Type != ""
	case protocol.Gemini:
		return shape.Error.Status != ""
	}
	return true
}
