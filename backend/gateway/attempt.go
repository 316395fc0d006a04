package gateway

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"metapi/backend/gateway/wire"
	"metapi/backend/network"
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/dialects"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
)

// attempt is one try of one deployment: a whole plan of base URL, key, model and protocol, never mixed with another's.
type attempt struct {
	*exchange
	d       *routing.Deployment
	target  *provider.Target
	way     http.RoundTripper
	secret  string // as sent, for scrubbing
	pass    *live.Pass
	held    Hold          // of its budgets
	taken   *routing.Held // of its account's limits
	dog     *watchdog
	start   time.Time
	hide    bool                // the usage chunk was our wish
	encoded []byte              // the body, where it is not the client's own
	via     protocol.Protocol   // the upstream's
	up      protocol.Dialect    // the dialect of via
	b       *laneB              // nil where the reply passes as it is
	dropped []conversation.Lost // of the request, since the upstream's protocol cannot say it
	reply   protocol.Reply
	mends   mending         // what is known to be needed for the upstream to take the request
	quirks  map[string]bool // the deployment's, and what it has been found to have
	heard   *listener       // nil: nobody wants to know
	made    routing.Attempt // what the record will keep of it
	pinned  int             // how many of reply.Issued are known as pins
}

// failure is why a request was not served: by one attempt, or at all. Nothing of it has reached the client.
type failure struct {
	err     *protocol.Error   // scrubbed
	passed  bool              // nobody was asked: the deployment is being tried again by another request
	unsaid  bool              // nobody was asked: this upstream's protocol cannot say what the request says; another's may
	asked   bool              // an upstream said so: it is booked as the last attempt
	via     protocol.Protocol // of the attempt
	context int64             // of the deployment, for prompts that were too long for it
	raw     []byte            // the upstream's own body, where it can be passed on as it is
	status  int               // the upstream's, with raw
	header  http.Header       // likewise
}

// try makes attempts at d: over its nearest protocol, and over the next where d turns out not to serve that, or it cannot say what the
// request says. It returns nil once the request is settled; more says whether another candidate waits behind d.
func (x *exchange) try(d *routing.Deployment, more bool) (worst *failure) {
	left := x.asked.Translate
	defer func() { x.asked.Translate = left }()
	for {
		f := x.tryNearest(d, more)
		if f == nil {
			return nil
		}
		worst = worse(worst, f)
		if !f.unsaid && !(f.asked && f.err.Kind == protocol.Unsupported) || x.r.Context().Err() != nil {
			return worst
		}
		x.asked.Translate &^= protocol.SetOf(f.via)
		if via, _ := d.Via(x.asked); via == protocol.None || via == f.via {
			return worst
		}
	}
}

// tryNearest makes an attempt at d, and another where the upstream's refusal taught how to mend the request.
func (x *exchange) tryNearest(d *routing.Deployment, more bool) *failure {
	mends := x.g.mends.known(x, d)
	first := x.tryOnce(d, more, mends)
	if x.learnsCompaction(d, first) {
		first = x.tryOnce(d, more, mends)
	}
	for f := first; f != nil; {
		better, ok := x.mend(mends, f)
		if !ok {
			if f.err.ClientFault() {
				return first // what was said to the client's own words
			}
			return f
		}
		mends = better
		if f = x.tryOnce(d, more, mends); f == nil {
			x.learn(d, mends)
		}
	}
	return nil
}

// tryOnce makes one attempt.
func (x *exchange) tryOnce(d *routing.Deployment, more bool, mends mending) *failure {
	now := time.Now()
	standing := d.Live
	if x.stored() || d.Upstream == "" {
		standing = standing.AnyModel()
	}
	pass, ok := standing.Enter(now)
	if !ok {
		return &failure{passed: true, err: &protocol.Error{Kind: protocol.RateLimited, RetryAfter: time.Second,
			Message: "the account that could serve this is being tried again after a failure"}}
	}
	defer pass.Abandon() // where nothing else has ended it
	held, refused := x.hold(d)
	if refused != nil {
		return &failure{err: refused}
	}
	defer held.End(0) // likewise
	a := &attempt{exchange: x, d: d, held: held, target: x.snap.Targets[d.Order], way: x.g.way(x.snap, d.Order), pass: pass, start: now, via: x.in, up: dialects.Of(x.in), mends: mends}
	a.quirks = mends.quirks(d.Quirks)
	x.asked.At = now
	taken, full, until := d.Account.Limits.Take(d, &x.asked, x.rec.Rules)
	if full != "" { // others have been quicker since the decision
		return &failure{passed: true, err: &protocol.Error{Kind: protocol.RateLimited, RetryAfter: until.Sub(now), Message: "the account that could serve this is " + full}}
	}
	defer taken.Abandon() // likewise
	a.taken = taken
	switch via, _ := d.Via(x.asked); {
	case via != protocol.None:
		a.via, a.up = via, dialects.Of(via)
	case x.counting() || !d.Protocols.Has(x.in): // another request has found out since the decision
		return &failure{passed: true, err: &protocol.Error{Kind: protocol.Unsupported, Message: "the account that could serve this has just answered that it does not"}}
	}
	a.made = routing.Attempt{Deployment: d.ID, Account: d.Account.ID, Upstream: d.Upstream, Start: now.Sub(x.rec.Start)}
	a.dog = x.g.watch(x.r.Context(), x.patience(d, more))
	defer a.dog.stop()
	if a.via != x.in || x.in != x.ep.protocol || a.mends.anew() || a.emulates() {
		if f := a.encode(); f != nil {
			f.via = a.via
			return f
		}
	} else {
		a.hide = a.addsUsage()
		a.keepForgotten()
	}
	if a.via != x.in || x.in != x.ep.protocol {
		a.made.Via = a.via
	}
	a.made.Mends = a.mends.names()
	a.heard = a.listen()
	x.begin(d.Account.ID)

	res, err := a.send()
	if err != nil {
		return a.lost(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return a.refused(res)
	}
	a.pass.Answering()
	a.d.Live.Serves(a.via, a.ep.operation)
	a.made.Status = res.StatusCode
	switch {
	case x.stream:
		return a.passStream(res)
	case x.ep.raw:
		return a.passRaw(res)
	}
	return a.passWhole(res)
}

// way is who makes the calls of an account.
func (g *Gateway) way(s *snapshot.Snapshot, account int) http.RoundTripper {
	if account < len(s.Ways) {
		return s.Ways[account]
	}
	return g.Transport
}

// patience is how long one attempt may take.
func (x *exchange) patience(d *routing.Deployment, more bool) time.Duration {
	if x.counting() {
		if x.countBy.IsZero() {
			x.countBy = time.Now().Add(x.g.timing.count)
		}
		return time.Until(x.countBy)
	}
	return x.g.timing.limit(d, x.stream, more && !x.once(), x.peek.MaxOutput)
}

// once reports whether what is asked for is made and billed as a whole, and takes long: images, sound, batches. Nobody else is asked for it after
// a time-out, and so nobody is hurried either.
func (x *exchange) once() bool {
	switch x.ep.operation {
	case protocol.Image, protocol.EditImage, protocol.VaryImage, protocol.Speak, protocol.Transcribe, protocol.Translate, protocol.Create:
		return true
	}
	return false
}

// stored reports whether the request is about a response, file or batch that an account keeps, rather than for a new one.
func (x *exchange) stored() bool {
	switch x.ep.operation {
	case protocol.Retrieve, protocol.Cancel, protocol.Delete, protocol.InputItems, protocol.Content:
		return true
	}
	return false
}

// send makes the upstream call.
func (a *attempt) send() (*http.Response, error) {
	u, auth, err := a.target.Request(a.call())
	if err != nil {
		return nil, err
	}
	h := make(http.Header, 16)
	if a.via == a.ep.protocol {
		copyHeaders(h, a.r.Header, requestHeaders(a.ep.protocol))
	} else { // what else the client said was meant for another protocol
		h["Content-Type"], h["User-Agent"] = acceptJSON, a.r.Header["User-Agent"]
	}
	if h["User-Agent"] == nil {
		h["User-Agent"] = noHeader // else net/http names itself
	}
	for name, values := range auth {
		h[name] = values
		a.secret = strings.TrimPrefix(values[0], "Bearer ")
	}
	for name, values := range a.target.Defaults(a.via) {
		if h[name] == nil {
			h[name] = values
		}
	}
	h["Accept-Encoding"] = identity
	switch {
	case a.stream:
		h["Accept"] = acceptStream
	case a.ep.raw || a.via == protocol.OpenAIAudio:
		h["Accept"] = acceptAny
	default:
		h["Accept"] = acceptJSON
	}
	req := &http.Request{Method: a.r.Method, URL: u, Host: u.Host, Header: h, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if a.body != nil {
		body := a.payload()
		req.ContentLength = int64(len(body))
		// A bytes.Reader, and not one of our own: only for that does the transport send head and body in one packet.
		req.Body = io.NopCloser(bytes.NewReader(body))
		// net/http makes a call again whose kept connection turns out to be dead, if it is told that it may (a name without a value is not sent).
		// That is right as soon after as package wire does it, and later would be paid twice.
		h["X-Idempotency-Key"] = noHeader
		req.GetBody = func() (io.ReadCloser, error) {
			if time.Since(a.start) > wire.StaleWithin {
				return nil, io.ErrUnexpectedEOF
			}
			return io.NopCloser(bytes.NewReader(body)), nil
		}
	}
	return a.way.RoundTrip(req.WithContext(a.dog))
}

// call says what is called. The client's own query is meant for its own protocol.
func (a *attempt) call() provider.Call {
	c := provider.Call{Protocol: a.via, Operation: a.ep.operation, Model: a.d.Upstream, Stream: a.stream, ID: a.ep.id}
	if a.via == a.ep.protocol {
		c.Query = cleanQuery(a.r.URL)
	}
	if a.ep.operation == protocol.List {
		c.Query = a.listQuery(c.Query)
	}
	if a.ep.operation == protocol.Compact && a.b != nil {
		c.Operation = protocol.Generate // the model is asked
	}
	return c
}

// payload is the body that is sent.
func (a *attempt) payload() []byte {
	if a.encoded != nil {
		return a.encoded
	}
	body := apply(a.body, a.edits())
	if strip := stripForeign[a.via]; strip != nil {
		body = strip(body)
	}
	return a.mends.body(body)
}

var (
	noHeader     = []string{}
	identity     = []string{"identity"}
	acceptJSON   = []string{"application/json"}
	acceptStream = []string{"text/event-stream"}
	acceptAny    = []string{"*/*"}
)

// lost ends an attempt that the transport, the clock or the client ended, or whose reply could not be read.
func (a *attempt) lost(err error) *failure {
	var unread *protocol.Error
	if errors.As(err, &unread) {
		return a.failed(unread)
	}
	e, gone := a.dog.verdict(err)
	if gone {
		a.cancelled()
		return nil
	}
	var proxy *network.ProxyError
	switch {
	case e == errOutrun:
	case errors.As(err, &proxy):
		a.pass.FailAccount(time.Now(), e) // another may go another way
	case unreachable(err):
		a.pass.FailHost(time.Now(), e)
	}
	return a.failed(e)
}

// cancelled books an attempt whose client went away: not the upstream's fault, though it will bill what it made.
func (a *attempt) cancelled() {
	a.pass.Abandon()
	a.close(cancelledKind, "the client went away")
	a.gone()
}

// refused reads an answer that is not 2xx.
func (a *attempt) refused(res *http.Response) *failure {
	body, err := readReply(res, maxErrorBody)
	if err != nil && len(body) == 0 {
		if _, gone := a.dog.verdict(err); gone {
			a.cancelled()
			return nil
		}
	}
	a.made.Status = res.StatusCode
	var e *protocol.Error
	if res.StatusCode/100 == 3 {
		e = &protocol.Error{Kind: protocol.BadReply, Status: res.StatusCode, Message: "the upstream answered with a redirect, which is not followed with a key"}
		if to, err := url.Parse(res.Header.Get("Location")); err == nil && to.Host != "" && to.Host != a.target.Host() {
			e.Kind, e.Message = protocol.Wall, "a redirect to another host came instead of an API's answer: a sign-in page of the network, perhaps; it is not followed with a key"
		}
	} else {
		e = protocol.DecodeError(res.StatusCode, res.Header, body, time.Now(), a.secret)
	}
	if e.Kind == protocol.Unsupported && a.d.Upstream != "" && !a.stored() && !a.counting() && a.ep.operation != protocol.Compact {
		a.d.Live.Lack(a.via, a.ep.operation, a.start, time.Now()) // a 404 for the path, not the model
	}
	a.learnsForgetful(e)
	f := a.failed(e)
	if a.b == nil && !ownAccount(e.Kind) && a.showable(body) {
		f.raw, f.status, f.header = body, res.StatusCode, res.Header
	}
	return f
}

// failed books the failure and cools whom it concerns.
func (a *attempt) failed(e *protocol.Error) *failure {
	scrubbed := *e
	scrubbed.Message, scrubbed.Code, scrubbed.Param = a.scrub(e.Message), a.unchanged(e.Code), a.unchanged(e.Param)
	if ownAccount(e.Kind) {
		scrubbed.Message = accountTrouble[e.Kind] + ": " + scrubbed.Message
	}
	switch {
	case e.ClientFault() || e == errShutdown || e == errOutrun:
		a.pass.Abandon()
	case a.counting(): // says nothing of replies, which are what health is kept for
		a.pass.Abandon()
		a.d.Live.Lack(a.via, a.ep.operation, a.start, time.Now())
	default:
		a.pass.Fail(time.Now(), e)
		if !a.stored() {
			a.d.Live.Observe(live.Sample{Failed: true, Kind: e.Kind, Message: scrubbed.Message}, time.Now())
		}
		a.g.Log.Warn("attempt failed", "request", a.rec.ID, "account", a.d.Account.Slug, "model", a.d.Upstream,
			"kind", string(e.Kind), "status", e.Status, "retry_after", e.RetryAfter, "error", scrubbed.Message)
	}
	a.close(e.Kind, scrubbed.Message)
	return &failure{err: &scrubbed, context: a.d.Context, asked: true, via: a.via}
}

// accountTrouble starts the message for errors that concern the user's own account upstream, so that nobody takes them
// for a fault of the local key.
var accountTrouble = map[protocol.Kind]string{
	protocol.KeyRefused: "the upstream account's key was refused (not the local key)",
	protocol.OutOfMoney: "the upstream account is out of credit or quota",
	protocol.Forbidden:  "the upstream account may not do this",
}

func ownAccount(k protocol.Kind) bool { return accountTrouble[k] != "" }

// severity orders failures by what is most worth telling the client when nobody could serve it: what it can wait for
// before what only its user can mend.
var severity = map[protocol.Kind]int{
	protocol.BadRequest: 9, protocol.ContentPolicy: 9, protocol.TooLarge: 9, protocol.NotFound: 9, protocol.ContextTooLong: 8,
	protocol.RateLimited: 7, protocol.Overloaded: 6, protocol.ServerError: 5, protocol.Timeout: 5, protocol.Network: 4,
	protocol.BadReply: 4, protocol.Wall: 4, protocol.Unavailable: 3, protocol.OutOfMoney: 2, protocol.KeyRefused: 2, protocol.Forbidden: 2,
	protocol.ModelNotFound: 1, protocol.Unsupported: 1,
}

// worse picks which of two failures the client is told of, with the sooner of two waiting times.
func worse(a, b *failure) *failure {
	switch {
	case a == nil || a.passed:
		return b
	case b.passed:
		return a
	case a.unsaid && b.asked && b.err.Kind != protocol.Unsupported: // what could be asked has more to say
		return b
	case b.unsaid && a.asked && a.err.Kind != protocol.Unsupported:
		return a
	case a.err.Kind == b.err.Kind && a.err.RetryAfter > 0 && b.err.RetryAfter > 0:
		if a.err.RetryAfter <= b.err.RetryAfter {
			return a
		}
	case severity[a.err.Kind] > severity[b.err.Kind]:
		return a
	}
	return b
}

// maxErrorBody bounds what is read of an error; real ones are a few hundred bytes.
const maxErrorBody = 1 << 20

// maxReply bounds a whole reply; images in base64 make tens of megabytes.
const maxReply = 256 << 20

// readReply reads a reply body whole.
func readReply(res *http.Response, limit int64) ([]byte, error) {
	rd, err := plain(res)
	if err != nil {
		return nil, err
	}
	body, err := readAll(io.LimitReader(rd, limit+1), min(res.ContentLength, limit))
	if err == nil && int64(len(body)) > limit {
		err = &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's reply is too large"}
	}
	return body, err
}

// plain is the reply's body as it was before it was compressed. Compression was declined, but some relays compress all
// the same.
func plain(res *http.Response) (io.Reader, error) {
	switch res.Header.Get("Content-Encoding") {
	case "", "identity":
		return res.Body, nil
	case "gzip":
		return gzip.NewReader(res.Body)
	}
	return nil, &protocol.Error{Kind: protocol.BadReply, Message: "the upstream's reply is compressed in a way that was not asked for"}
}

var errWall = &protocol.Error{Kind: protocol.Wall, Message: "a web page came instead of an API's answer: a sign-in page of the network, or an anti-bot wall"}
