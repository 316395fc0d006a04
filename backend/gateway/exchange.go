package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/dialects"
	"metapi/backend/protocol/form"
	"metapi/backend/protocol/scan"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
)

// exchange is one client request on its way: admitted, not yet settled.
type exchange struct {
	g       *Gateway
	w       http.ResponseWriter
	r       *http.Request
	ep      endpoint
	dialect protocol.Dialect  // of the path, and so of the reply
	in      protocol.Protocol // of the body: the path's, but for clients that mistake it
	snap    *snapshot.Snapshot

	body     []byte // nil where the operation has none
	peek     protocol.Peek
	owner    routing.Pin // whose state the request leans on
	asked    routing.Request
	able     []routing.Candidate   // of the decision
	ranked   []routing.Candidate   // the first of them, as the record has them
	conv     *conversation.Request // the body, decoded; nil until lane B wants it
	client   *account.Client
	mode     routing.Mode // that the client asks for in a header, or that a spent budget does
	spared   string       // the budget that does, or has another account asked first
	holds    []Hold       // of the attempts
	stream   bool         // the client wants a stream
	out      *streamWriter
	countBy  time.Time // when a count must be told
	keep     *keeping  // nil: Metapi does not keep the reply
	account  string    // the id of the account that the client wants a file or batch to be at; "": any
	lists    []page    // of files or batches, by account
	expected expected
	known    int64         // tokens of the prompt, of a request that is asked about when it has long ended
	cut      bool          // what the client has of the reply is a part of it
	said     *routing.Said // nil: nobody wants it kept

	rec   routing.Record
	begun bool // rec is in the journal

	racer *racer // nil: nobody else is at work on the request
}

func newExchange(g *Gateway, w http.ResponseWriter, r *http.Request, ep endpoint, snap *snapshot.Snapshot, client *account.Client) *exchange {
	now := time.Now()
	x := &exchange{g: g, w: w, r: r, ep: ep, dialect: ep.dialect(), in: ep.protocol, snap: snap, client: client, stream: ep.stream}
	x.rec = routing.Record{ID: routing.NewID(now), Start: now, Client: client.ID, Pinned: client.Pin, Protocol: ep.protocol, Operation: ep.operation, Asked: ep.model}
	w.Header()["X-Metapi-Request-Id"] = []string{x.rec.ID}
	return x
}

// run takes the request all the way. Whatever happens, it is settled once. It returns false where a reply broke off that the client cannot be
// told of but by breaking off, too.
func (x *exchange) run() (whole bool) {
	if e := x.read(); e != nil {
		x.fail(e)
		return true
	}
	switch {
	case x.ep.operation == protocol.List:
		x.list()
		return true
	case x.stream:
		x.out = newStreamWriter(x)
		defer x.out.release()
	}
	pin, strippable := x.findOwner()
	f := x.route(pin)
	if f != nil && strippable && !f.err.ClientFault() && x.r.Context().Err() == nil && x.stripReasoning() {
		f = x.route(routing.Pin{})
	}
	if f != nil && !x.countHere(f) && !x.sendRaw(f) {
		x.fail(x.sayPinned(f.err))
	}
	return !x.cut
}

// read takes in the body and peeks at it.
func (x *exchange) read() *protocol.Error {
	x.rec.Stream = x.stream
	if word := x.r.Header.Get("X-Metapi-Mode"); word != "" {
		var err error
		if x.mode, err = routing.ParseMode(word); err != nil {
			return &protocol.Error{Kind: protocol.BadRequest, Message: "the header X-Metapi-Mode: " + err.Error()}
		}
	}
	if filed.Has(x.in) {
		if e := x.chooseAccount(); e != nil {
			return e
		}
	}
	if x.stored() {
		x.peek.Refs = []protocol.Ref{{Kind: refKinds[x.in], ID: x.ep.id}}
		return nil
	}
	if x.ep.operation == protocol.List {
		return nil
	}
	if e := x.readPeek(); e != nil {
		return e
	}
	x.listenIn()
	if x.peek.Model == "" {
		x.peek.Model = x.ep.usual
	}
	if e := x.checkNamed(); e != nil {
		return e
	}
	if e := x.recall(); e != nil {
		return e
	}
	x.stream = x.ep.stream || x.peek.Stream && x.ep.operation != protocol.Compact
	if filed.Has(x.in) {
		x.rec.Asked = "" // what a batch asks for stands in its file
	} else if x.ep.model == "" {
		x.rec.Asked = x.peek.Model
	} else if len(x.ep.model) > protocol.LongestModel {
		x.rec.Asked = ""
		return &protocol.Error{Kind: protocol.BadRequest, Param: "model", Message: fmt.Sprintf("the model's name is longer than %d bytes", protocol.LongestModel)}
	}
	x.rec.Stream = x.stream
	x.rec.Bytes = int64(len(x.body))
	x.rec.Features = routing.Features{Tools: x.peek.Tools, Images: x.peek.Images, Schema: x.peek.Schema, Think: x.peek.Think, MaxOutput: x.peek.MaxOutput}
	if x.rec.Session = sessionOf(x.r.Header); x.rec.Session == "" {
		x.rec.Session = x.peek.Session
	}
	return nil
}

// readPeek reads the body and peeks at it.
func (x *exchange) readPeek() (e *protocol.Error) {
	var boundary string
	var err error
	if x.ep.form {
		x.body, boundary, e = readForm(x.w, x.r, x.g.MaxBody)
	} else {
		x.body, e = readBody(x.w, x.r, x.g.MaxBody)
	}
	if e != nil {
		return e
	}
	if boundary != "" {
		x.peek, err = form.Peek(x.body, boundary, x.ep.usual == "" && !filed.Has(x.in))
	} else if x.peek, err = x.dialect.Peek(x.body); err == nil && x.peek.Shape != protocol.None {
		x.in = x.peek.Shape
		x.peek, err = dialects.Of(x.in).Peek(x.body)
	}
	if err != nil {
		return asError(err)
	}
	return nil
}

// checkNamed holds the models that a body names against the one of the path, by which it was judged.
func (x *exchange) checkNamed() *protocol.Error {
	for _, at := range x.peek.Named {
		if name, ok := scan.String(x.body[at.From:at.To]); !ok || strings.TrimPrefix(name, "models/") != x.ep.model {
			return &protocol.Error{Kind: protocol.BadRequest, Param: "model", Message: fmt.Sprintf("the body asks for another model than the path, which has %.100q", x.ep.model)}
		}
	}
	return nil
}

// findOwner finds the account that holds the state which the request leans on. Encrypted reasoning alone is strippable: the
// conversation goes on without it. State of unknown origin (made before Metapi came, say) is asked for at one account only.
func (x *exchange) findOwner() (pin routing.Pin, strippable bool) {
	strippable = true
	for _, ref := range x.peek.Refs {
		id, known := x.g.Pins.Account(ref)
		if ref.Kind == protocol.ReasoningRef {
			if !known {
				continue
			}
		} else {
			strippable = false
		}
		pin.Only = true
		if known && pin.Account == "" {
			pin.Account = id
		}
	}
	if pin.Account == "" && x.account != "" {
		pin = routing.Pin{Account: x.account, Only: true}
	}
	return pin, strippable && pin.Only
}

// ask puts what routing looks at together.
func (x *exchange) ask(pin routing.Pin) {
	x.owner, x.expected = pin, expected{} // the body may be another than last time
	x.spare()
	x.asked = routing.Request{ID: x.rec.ID, Model: x.rec.Asked, Mode: x.mode, Protocol: x.in,
		Operation: x.ep.operation, Translate: x.translatable(pin), Pin: pin, Pinned: x.client.Pin, At: time.Now(),
		Client: x.client.Name, Session: x.rec.Session, Features: x.rec.Features, Bytes: int64(len(x.body)), Stream: x.stream,
		Usual: routing.Mode(x.client.Mode), Tokens: x.tokens, Text: x.text, Header: x.header, Weigh: x.weigh, Warm: x.warm, Domain: x.domain}
}

// route decides and tries the candidates in turn. It returns nil once the request is settled, else why nobody served it.
func (x *exchange) route(pin routing.Pin) *failure {
	x.ask(pin)
	decision, err := routing.Decide(&x.snap.Snapshot, x.asked)
	x.spareAccounts(&decision)
	x.noteDecision(&decision, maxFigures)
	if err != nil {
		e := asError(err)
		if x.in == protocol.OpenAICompletions && e.Kind == protocol.Unsupported {
			e.Message += "; send it messages, to /v1/chat/completions"
		}
		return &failure{err: e}
	}
	var worst *failure
	after, hedge := x.hedgeable(&decision)
	if hedge {
		x.g.hedges.seen()
	}
	for i := 0; i < len(decision.Candidates); i++ {
		d := &decision.Candidates[i]
		if worst != nil && worst.err.Kind == protocol.ContextTooLong && d.Context <= worst.context {
			continue // does not fit here either
		}
		var f *failure
		if hedge && i == 0 {
			var both bool
			if f, both = x.race(d.Deployment, decision.Candidates[1].Deployment, after, len(decision.Candidates) > 2); both {
				i++
			}
		} else {
			f = x.try(d.Deployment, i+1 < len(decision.Candidates))
		}
		if f == nil {
			return nil
		}
		if x.once() && f.asked && f.err.Kind == protocol.Timeout {
			return f // somebody may have made it, and will bill it
		}
		worst = worse(worst, f)
		if final := f.err.ClientFault() && !f.unsaid && f.err.Kind != protocol.ContextTooLong; final || x.r.Context().Err() != nil {
			return f // the request is at fault; or Metapi is shutting down
		}
	}
	return worst
}

// asError gives the client's view of an error of peeking or deciding.
func asError(err error) *protocol.Error {
	var e *protocol.Error
	var none *routing.NoCandidate
	var unknown *catalog.UnknownModel
	switch {
	case errors.As(err, &e):
		return e
	case errors.As(err, &none):
		return none.Err
	case errors.As(err, &unknown):
		return &protocol.Error{Kind: protocol.ModelNotFound, Param: "model", Code: "model_not_found", Message: unknown.Error()}
	}
	return &protocol.Error{Kind: protocol.BadRequest, Message: err.Error()}
}

// confined reports whether others might have served what failed with e, had the user not pinned the client to one account.
func (x *exchange) confined(e *protocol.Error) bool { return x.client.Pin != "" && !e.ClientFault() }

// sayPinned adds how others may serve, where they might, to why nobody could.
func (x *exchange) sayPinned(e *protocol.Error) *protocol.Error {
	if !x.confined(e) {
		return e
	}
	told := *e
	told.Message = strings.TrimSuffix(told.Message, ".") + fmt.Sprintf(". This tool is pinned to one account; `metapi keys unpin %q`, or Tools in Metapi, lets the others serve it", x.client.Name)
	return &told
}

// fail tells the client that its request could not be served, and settles it.
func (x *exchange) fail(e *protocol.Error) {
	if x.streamOpen() {
		x.out.end(x.dialect.StreamError(e))
		x.rec.Status = http.StatusOK
	} else {
		x.attemptsHeader()
		x.rec.Status = refuse(x.w, x.dialect, e)
	}
	x.settle(routing.Failed, e)
}

// streamOpen reports whether the client already has the head of a stream. If not, none is begun any more.
func (x *exchange) streamOpen() bool { return x.out != nil && x.out.stop() }

// gone settles a request whose client went away.
func (x *exchange) gone() {
	x.settle(routing.Cancelled, nil)
}

func (x *exchange) attemptsHeader() {
	x.w.Header()["X-Metapi-Attempts"] = []string{strconv.Itoa(len(x.rec.Attempts))}
}
