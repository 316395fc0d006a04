package gateway

import (
	"cmp"
	"math"
	"net/http"
	"strconv"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/tokens"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// maxFigures is how many candidates a record keeps.
const maxFigures = 8

// noteDecision keeps what the decision was made of, with the figures of the first candidates. A second decision of one request (after a repair) replaces the first.
func (x *exchange) noteDecision(d *routing.Decision, most int) {
	x.rec.Mode, x.rec.Nearer, x.rec.Model, x.rec.Rules, x.rec.Set, x.rec.Excluded = d.Mode, d.Nearer, d.Model, d.Rules, d.Set, d.Excluded
	if limit := d.Set.MaxOutput; limit != nil {
		x.peek.MaxOutput = *limit
	}
	x.rec.Ranked = 0
	if len(d.Candidates) > most {
		x.rec.Ranked = len(d.Candidates)
	}
	if x.spared != "" {
		x.rec.Rules = append(x.rec.Rules, x.spared)
	}
	x.able, x.ranked = d.Candidates, d.Candidates[:min(len(d.Candidates), most)]
	x.rec.Candidates = make([]routing.Figure, 0, len(x.ranked))
	for i := range x.ranked {
		c := &x.ranked[i]
		x.rec.Candidates = append(x.rec.Candidates, routing.Figure{Deployment: c.ID, Account: c.Account.ID, Upstream: c.Upstream,
			Order: c.Turn, Tier: c.Tier, Place: c.Place, Pool: c.Account.Pool, InFlight: c.Running, Price: inputPrice(c.Deployment, x.rec.Start), Terms: c.Terms})
		if c.Weight != 1 {
			x.rec.Candidates[i].Weight = c.Weight
		}
	}
	x.noteJudged()
}

// inputPrice is in dollars per million fresh input tokens; 0 where it is not known.
func inputPrice(d *routing.Deployment, at time.Time) float64 {
	if d.Price == nil {
		return 0
	}
	return d.Price.InDollars(d.Price.Holding(at).Input).USD
}

// begin journals the request before its first attempt, so that it is known even if nothing after this is, and tells which account each is made at.
func (x *exchange) begin(account string) {
	x.rec.Asking = account
	if x.begun {
		x.g.Recorder.Ask(&x.rec)
		return
	}
	x.begun = true
	x.rec.State = routing.Running
	x.g.Recorder.Begin(&x.rec)
}

// close books the attempt with what it used. An attempt that was sent and then lost may be billed all the same: where
// the upstream told no usage, it is estimated.
func (a *attempt) close(kind protocol.Kind, message string) {
	a.made.Took = time.Since(a.start)
	a.made.Kind, a.made.Error = kind, message
	a.made.Finish = a.reply.Finish
	a.made.Usage = a.usage(kind)
	switch {
	case a.unmetered(kind):
		a.made.Cost = a.flatCost()
	case !a.made.Usage.Zero():
		a.made.Cost = a.cost()
	}
	a.held.End(a.made.Cost.USD)
	a.taken.Settle(a.made.Usage, a.made.Cost.USD)
	a.rec.Parts = a.rec.Parts.Add(routing.PartsOf(a.d.Price, a.made.Usage, a.start))
	if kind == "" && a.reply.HasUsage && (a.ep.operation == protocol.Generate || a.counting()) && !a.hidden() {
		a.checkEstimate()
	}
	if a.b == nil && (kind == "" || a.made.FirstByte > 0) { // the client was told of it, however that ended
		a.rec.Issued = a.reply.Issued
		if a.foundState() {
			a.rec.Issued = append(a.rec.Issued, a.peek.Refs...)
		}
	}
	a.rec.Attempts = append(a.rec.Attempts, a.made)
}

// cost is what the upstream told in its reply, if it did; else what the usage comes to at the price that is known.
func (a *attempt) cost() routing.Cost {
	if told, ok := a.toldCost(); ok && !a.made.Usage.Estimated {
		return told
	}
	q := a.d.Price.Quote(a.made.Usage, a.start)
	untold := a.reply.Service == "" && a.made.Usage.Service != "" // the one that was asked for may not have been had
	return routing.Cost{USD: q.USD, Estimated: a.made.Usage.Estimated || q.Assumed || untold, Unknown: !q.Known}
}

// flatCost is that of a reply with which no usage came.
func (a *attempt) flatCost() routing.Cost {
	if told, ok := a.toldCost(); ok {
		return told
	}
	usd, known := a.d.Price.Flat(a.reply.Made, a.start)
	return routing.Cost{USD: usd, Estimated: !known, Unknown: !known}
}

func (a *attempt) toldCost() (routing.Cost, bool) {
	bill, by := a.reply.Bill, a.target.Biller()
	return routing.Cost{USD: bill.USD, ToldBy: cmp.Or(by, a.target.Provider().Name)}, bill.Told && (by != "" || !bill.Vague)
}

// billHeader is where LiteLLM tells the cost of a whole reply in US dollars. With a stream it comes before anybody knows.
const billHeader = "X-Litellm-Response-Cost"

// serviceHeader is where Gemini tells the service that it served by.
const serviceHeader = "X-Gemini-Service-Tier"

// readBill takes in what a head tells of the cost.
func (a *attempt) readBill(h http.Header) {
	if told := h[serviceHeader]; len(told) == 1 {
		a.reply.Service = protocol.ServiceOf([]byte(told[0]))
	}
	if told := h[billHeader]; len(told) == 1 && !a.reply.Bill.Told {
		if usd, err := strconv.ParseFloat(told[0], 64); err == nil && usd > 0 && usd < 1e6 {
			a.reply.Bill = protocol.Bill{USD: usd, Told: true}
		}
	}
}

// unmetered reports whether images or sound were made, or may have been, for which the upstream told no usage: they cost something all the same.
func (a *attempt) unmetered(kind protocol.Kind) bool {
	if !a.reply.HasUsage && !filed.Has(a.ep.protocol) && a.once() {
		return kind == "" || kind == protocol.Timeout || kind == cancelledKind || a.made.FirstByte > 0
	}
	return false
}

// pin makes known at once which account issued what the reply has told so far: the client may come back for it before
// this request has settled.
func (a *attempt) pin() {
	if n := len(a.reply.Issued); n > a.pinned && a.b == nil { // in lane B the client never sees it
		a.g.Pins.Pin(a.reply.Issued[a.pinned:], a.d.Account.ID)
		a.pinned = n
	}
}

// foundState reports whether state of unknown origin was asked for at this account, and was there.
func (a *attempt) foundState() bool {
	return a.reply.Err == nil && a.owner == routing.Pin{Only: true}
}

// usage is what the attempt used, and by which service: the one that the upstream told, else the one that was asked for.
func (a *attempt) usage(kind protocol.Kind) protocol.Usage {
	u := a.took(kind)
	u.Made = a.reply.Made
	if !u.Zero() {
		if u.Service = cmp.Or(a.reply.Service, a.peek.Service); u.Service == protocol.Standard {
			u.Service = ""
		}
	}
	return u
}

func (a *attempt) took(kind protocol.Kind) protocol.Usage {
	switch a.ep.operation {
	case protocol.Generate, protocol.Embed, protocol.EmbedBatch, protocol.Complete, protocol.Compact, protocol.Rank:
	case protocol.Image, protocol.EditImage, protocol.VaryImage, protocol.Speak, protocol.Transcribe, protocol.Translate, protocol.Moderate:
		return a.reply.Usage // what they take cannot be told from sizes
	default:
		return protocol.Usage{} // free, or booked when it was made
	}
	if a.reply.HasUsage && (kind == "" || a.reply.Done) {
		return a.reply.Usage
	}
	u := a.reply.Usage
	u.Estimated = true
	started := a.reply.HasUsage || a.reply.Text > 0
	if kind != "" && kind != protocol.Timeout && kind != cancelledKind && kind != routing.Hedged && !started {
		return protocol.Usage{} // turned away: nothing was made
	}
	p := tokens.Read(a.body)
	if u.Prompt() == 0 {
		u.Input = a.g.priced(&p, a.d.Model)
	}
	u.Output = max(u.Output, outputTokens(&p, a.d.Model, a.reply.Text))
	return u
}

// estimate is the usage of a whole reply whose upstream told none; nil where it told some.
func (a *attempt) estimate() *protocol.Usage {
	if a.reply.HasUsage {
		return nil
	}
	u := a.usage("")
	return &u
}

// cancelledKind marks the attempt of a client that went away.
const cancelledKind protocol.Kind = "cancelled"

// settle journals the outcome, after the client has its last byte.
func (x *exchange) settle(state routing.State, e *protocol.Error) {
	if x.racer != nil {
		if !x.wins() {
			return // the other does
		}
		x.takeOver()
	}
	x.rec.State = state
	x.rec.End = time.Now()
	if e != nil {
		x.rec.Error = e.Message
	}
	for i := range x.rec.Attempts {
		x.rec.Usage = x.rec.Usage.Add(x.rec.Attempts[i].Usage)
		x.rec.Cost = x.rec.Cost.Add(x.rec.Attempts[i].Cost)
	}
	x.compare()
	if x.g.Budgets.Any() || x.holds != nil {
		x.g.Budgets.Settle(&x.rec, func() { x.g.Recorder.Settle(&x.rec) }, x.holds)
	} else {
		x.g.Recorder.Settle(&x.rec)
	}
	if x.g.Watch != nil {
		x.g.Watch(&x.rec, x.body)
	}
	x.heardAll()
}

// compare books what the same tokens would have cost at each candidate, by its prices: what the receipt sets beside what was paid.
func (x *exchange) compare() {
	if x.rec.Usage.Zero() {
		return
	}
	for i := range x.ranked {
		f := &x.rec.Candidates[i]
		f.Would, f.WouldKnown = x.ranked[i].Price.Cost(x.rec.Usage, x.rec.Start)
		if f.WouldKnown && x.rec.Session != "" && len(x.ranked) > 1 {
			f.Cold, f.Warm = x.cached(x.ranked[i].Deployment)
		}
	}
	x.against()
}

// against books what each baseline would have cost. It would have asked once: what was spent on attempts before the last is not its doing.
func (x *exchange) against() {
	last := &x.rec.Attempts[len(x.rec.Attempts)-1]
	var served *routing.Deployment
	for i := range x.able {
		if x.able[i].ID == last.Deployment {
			served = x.able[i].Deployment
		}
	}
	x.rec.Against = routing.Compare(x.able, served, last.Usage, x.rec.Start)
}

// cached is what the request's tokens cost at a deployment whose cache holds nothing of the prompt, and all of it, rounded to billionths of a dollar.
// What is not written to a cache that wants to be asked is in none.
func (x *exchange) cached(d *routing.Deployment) (cold, warm float64) {
	u := protocol.Usage{Input: x.rec.Usage.Prompt(), Output: x.rec.Usage.Output, Reasoning: x.rec.Usage.Reasoning}
	held := protocol.Usage{CacheRead: u.Input, Output: u.Output, Reasoning: u.Reasoning}
	if d.Caching(x.rec.Start) == live.Asked {
		if !x.g.Memory.Marks(live.Turn{Client: x.rec.Client}) {
			held = u
		} else {
			u.Input, u.CacheWrite = 0, u.Input
		}
	}
	cold, _ = d.Price.Cost(u, x.rec.Start)
	warm, _ = d.Price.Cost(held, x.rec.Start)
	return math.Round(cold*1e9) / 1e9, math.Round(warm*1e9) / 1e9
}
