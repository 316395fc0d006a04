package replay

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
)

// Comparison is what a replay came to.
type Comparison struct {
	Requests  int       `json:"requests" doc:"That had ended"`
	Compared  int       `json:"compared" doc:"Of them, on all sides of the comparison"`
	Alone     int       `json:"alone" doc:"Of those compared: only one account could serve, whatever the mode"`
	Fixed     int       `json:"fixed" doc:"Of those compared: the request, a rule or the model asked for its mode, and keeps it"`
	Cut       int       `json:"cut" doc:"Of those compared: more accounts could serve than the record keeps; the mode chose among those kept"`
	NoCaches  int       `json:"no_caches" doc:"Of those compared: their records do not say what caches are worth, so that all accounts are taken to have held what one did"`
	LeftOut   []LeftOut `json:"left_out" doc:"What could not be compared, by reason"`
	Checked   int       `json:"checked" doc:"Decisions that were made again under the mode that they were made in"`
	Repeated  int       `json:"repeated" doc:"Of them, those that came out as they were"`
	Real      Outcome   `json:"real" doc:"What those compared really came to"`
	Modes     []Outcome `json:"modes" doc:"What they would have come to"`
	Measuring string    `json:"measuring" doc:"How the figures are made, in words"`
}

// LeftOut counts requests that could not be compared.
type LeftOut struct {
	Reason   string  `json:"reason"`
	Requests int     `json:"requests"`
	USD      float64 `json:"usd" doc:"What they really cost, as far as it is known"`
}

// Outcome is what the compared requests came to under one mode.
type Outcome struct {
	Mode      routing.Mode `json:"mode,omitempty" doc:"Absent: as it really was"`
	USD       float64      `json:"usd"`
	Measured  float64      `json:"measured_usd" doc:"The part of it that was really paid, and not estimated"`
	Moved     int          `json:"moved" doc:"Requests that would have been served by another account"`
	Tries     int          `json:"failed_tries" doc:"Attempts that failed before one answered"`
	TypicalMS int64        `json:"typical_ms" doc:"Half of the requests waited no longer for their answer: for the first token of a stream, for the whole reply else"`
	SlowMS    int64        `json:"slow_ms" doc:"19 of 20 waited no longer"`
	Unheard   int          `json:"unheard" doc:"Requests whose wait is not known, since nothing was measured where they would have gone"`
}

const measuring = "Each request is decided again, by the code that decides, among the accounts that could serve it then. Where it goes where it really went, it counts with what it " +
	"really cost and took. Elsewhere its dollars are estimated: the tokens that it really took, at that account's prices of the day, with each mode's own prompt caches. " +
	"Its wait is estimated from what others waited at that account at the time. Attempts that failed fail again; an account that was not asked is taken to answer."

// Replay takes in records, and adds up what they would have come to. The zero value is not ready: see [New]. It is for one goroutine.
type Replay struct {
	report   Comparison
	since    time.Time
	worth    *routing.Worth
	left     map[string]*LeftOut
	figure   *live.Registry
	real     side
	modes    []side
	cs       []routing.Figure // scratch
	outcomes []outcome        // likewise
}

// side is one mode, or reality.
type side struct {
	Outcome
	memory live.Memory
	waits  waits
}

// New makes a replay under some modes of the requests begun at or after a time, with what things are worth to the user. Records of before are only
// learned from.
func New(modes []routing.Mode, worth *routing.Worth, since time.Time) *Replay {
	p := &Replay{since: since, worth: worth, left: map[string]*LeftOut{}, figure: live.NewRegistry(), modes: make([]side, len(modes))}
	for i, m := range modes {
		p.modes[i].Mode = m
	}
	return p
}

// Why requests are left out.
const (
	unended   = "they had not ended, or Metapi ended before them"
	unasked   = "no account was asked"
	unmetered = "no tokens are known that they took"
	unordered = "they were kept before the ledger knew in which order the accounts were"
	unpriced  = "a price is not known, of who served them or of who would have"
	unjudged  = "how good the answers of their models are was not looked at then"
)

func reasonAgainst(r *routing.Record) string {
	switch {
	case r.State == routing.Running || r.State == routing.Interrupted:
		return unended
	case len(r.Attempts) == 0 || len(r.Candidates) == 0:
		return unasked
	case r.Usage.Zero():
		return unmetered
	case !ordered(r) && r.Mode != routing.Failover:
		return unordered
	case r.Cost.Unknown:
		return unpriced
	}
	return ""
}

// ordered reports whether a record knows the user's order of its candidates.
func ordered(r *routing.Record) bool {
	return len(r.Candidates) < 2 || slices.ContainsFunc(r.Candidates, func(f routing.Figure) bool { return f.Order > 0 })
}

// Add takes in the next record. It is not changed, and nothing of it is kept.
func (p *Replay) Add(r *routing.Record) {
	reason := reasonAgainst(r)
	if reason == "" {
		reason = p.play(r)
	}
	if !r.Start.Before(p.since) {
		p.check(r)
		if reason != unended {
			p.report.Requests++
		}
		if reason != "" {
			p.leaveOut(r, reason)
		}
	}
	p.observe(r)
}

func (p *Replay) leaveOut(r *routing.Record, reason string) {
	l := p.left[reason]
	if l == nil {
		l = &LeftOut{Reason: reason}
		p.left[reason] = l
	}
	l.Requests++
	l.USD += r.Cost.USD
}

// modeOf is the one that decides a record that is replayed under m.
func modeOf(r *routing.Record, m routing.Mode) routing.Mode {
	switch {
	case r.Asked == "":
		return routing.Failover // what names no model is asked for in the user's order, whatever the mode
	case r.Nearer:
		return r.Mode
	}
	return m
}

// check decides again as it was decided.
func (p *Replay) check(r *routing.Record) {
	if len(r.Candidates) < 2 || r.Ranked > 0 || !ordered(r) || !routing.CanRerank(r.Mode) {
		return
	}
	p.cs = append(p.cs[:0], r.Candidates...)
	routing.Rerank(modeOf(r, r.Mode), p.worth, r.ID, p.cs)
	p.report.Checked++
	if p.cs[0].Deployment == r.Candidates[0].Deployment {
		p.report.Repeated++
	}
}

// play decides a record again under each mode. It returns why it cannot be compared, where it cannot.
func (p *Replay) play(r *routing.Record) (reason string) {
	served := &r.Attempts[len(r.Attempts)-1]
	turn := live.Turn{Client: r.Client, Session: r.Session, Model: r.Model}
	p.outcomes = p.outcomes[:0]
	for i := range p.modes {
		o := really(r)
		if len(r.Candidates) > 1 {
			o = p.path(r, &p.modes[i], turn)
		}
		switch {
		case !o.priced:
			reason = unpriced
		case unknownQuality(r, modeOf(r, p.modes[i].Mode)):
			reason = cmp.Or(reason, unjudged)
		}
		p.outcomes = append(p.outcomes, o)
	}
	for i, o := range p.outcomes {
		s := &p.modes[i]
		s.memory.Learn(turn, o.at, o.usage, caching(r, o.at), end(r))
		if reason == "" && !r.Start.Before(p.since) {
			s.add(o)
			count(&s.Moved, o.at != served.Deployment)
		}
	}
	p.real.memory.Learn(turn, served.Deployment, served.Usage, caching(r, served.Deployment), end(r))
	if reason == "" && !r.Start.Before(p.since) {
		p.real.add(really(r))
		p.report.Compared++
		count(&p.report.Alone, len(r.Candidates) == 1)
		count(&p.report.Fixed, r.Nearer)
		count(&p.report.Cut, r.Ranked > 0)
		count(&p.report.NoCaches, r.Session != "" && len(r.Candidates) > 1 && r.Candidates[0].Cold == 0 && r.Candidates[0].Would > 0)
	}
	return reason
}

// unknownQuality reports whether a mode looks at how good the candidates' answers are, and the record does not tell. That of one model is the same
// at all accounts.
func unknownQuality(r *routing.Record, m routing.Mode) bool {
	if m != routing.Best && m != routing.Auto {
		return false
	}
	one, judged := true, true
	for i := range r.Candidates {
		one = one && r.Candidates[i].Upstream == r.Candidates[0].Upstream
		judged = judged && r.Candidates[i].Quality > 0
	}
	return !one && !judged
}

// add books what a request comes to.
func (s *side) add(o outcome) {
	s.USD += o.usd
	s.Tries += o.tries
	if o.measured {
		s.Measured += o.usd
	}
	if o.heard {
		s.waits.add(o.wait)
	} else {
		s.Unheard++
	}
}

func count(n *int, yes bool) {
	if yes {
		*n++
	}
}

// outcome is what one request comes to under one mode.
type outcome struct {
	at       string // the deployment that serves
	usd      float64
	measured bool
	tries    int  // that failed
	priced   bool // usd is known
	wait     time.Duration
	heard    bool // wait is known
	usage    protocol.Usage
}

// really is what a request came to.
func really(r *routing.Record) outcome {
	last := r.Attempts[len(r.Attempts)-1]
	return outcome{at: last.Deployment, usd: r.Cost.USD, measured: true, priced: true, tries: len(r.Attempts) - 1, wait: waited(r), heard: true, usage: last.Usage}
}

// path asks the candidates in the mode's order until one answers.
func (p *Replay) path(r *routing.Record, s *side, turn live.Turn) (o outcome) {
	p.cs = append(p.cs[:0], r.Candidates...)
	mode := modeOf(r, s.Mode)
	p.fill(r, s, turn, mode)
	routing.Rerank(mode, p.worth, r.ID, p.cs)
	last := len(r.Attempts) - 1
	served := slices.IndexFunc(r.Candidates, func(f routing.Figure) bool { return f.Deployment == r.Attempts[last].Deployment })
	for i := range p.cs {
		f := &p.cs[i]
		failed := false
		for _, a := range r.Attempts[:last] {
			if a.Deployment == f.Deployment {
				o.usd, o.wait, failed = o.usd+a.Cost.USD, o.wait+a.Took, true
				o.tries++
			}
		}
		switch {
		case f.Deployment == r.Attempts[last].Deployment:
			return p.measure(r, s, turn, f, o)
		case failed:
		case slices.ContainsFunc(r.Candidates[:max(served, 0)], func(c routing.Figure) bool { return c.Deployment == f.Deployment }):
			// It was passed over: another request was trying it out, or it could not take what this one asks.
		default:
			return p.estimate(r, s, turn, f, o)
		}
	}
	return p.measure(r, s, turn, &routing.Figure{Deployment: r.Attempts[last].Deployment}, o) // who served is not among those kept
}

// measure is the outcome where the one serves that really did.
func (p *Replay) measure(r *routing.Record, s *side, turn live.Turn, f *routing.Figure, o outcome) outcome {
	a := &r.Attempts[len(r.Attempts)-1]
	o.at, o.usage, o.heard, o.priced = f.Deployment, a.Usage, true, true
	o.measured = o.tries == len(r.Attempts)-1
	switch {
	case o.measured:
		o.wait = waited(r)
	case r.Stream && a.FirstByte > 0:
		o.wait += a.FirstByte
	default:
		o.wait += a.Took
	}
	here, really := s.memory.Cached(turn, f.Deployment, r.Start), p.real.memory.Cached(turn, f.Deployment, r.Start)
	prompt := a.Usage.Prompt()
	here, really = min(here, prompt), min(really, prompt)
	o.usd += a.Cost.USD
	if here != really && f.Cold > 0 {
		o.measured = false
		o.usd += p.billed(r, f) * (f.Cold - f.Warm) * float64(really-here) / float64(prompt)
		o.usage.Input, o.usage.CacheRead, o.usage.CacheWrite, o.usage.CacheWrite1h = prompt-here, here, 0, 0
	}
	return o
}

// estimate is the outcome where one serves that did not.
func (p *Replay) estimate(r *routing.Record, s *side, turn live.Turn, f *routing.Figure, o outcome) outcome {
	cached := min(s.memory.Cached(turn, f.Deployment, r.Start), r.Usage.Prompt())
	o.at = f.Deployment
	o.usage = protocol.Usage{Input: r.Usage.Prompt() - cached, CacheRead: cached, Output: r.Usage.Output, Reasoning: r.Usage.Reasoning}
	o.usd += p.cost(r, f, cached)
	o.priced = f.WouldKnown
	var wait time.Duration
	wait, o.heard = p.live(f).Typical(r.Bytes, r.Stream, r.Start, drawn(r.ID, f.Deployment))
	o.wait += wait
	return o
}

// cost is what the request's tokens cost at a candidate whose cache holds some of the prompt.
func (p *Replay) cost(r *routing.Record, f *routing.Figure, cached int64) float64 {
	usd := f.Would
	if prompt := r.Usage.Prompt(); f.Cold > 0 && prompt > 0 {
		usd = f.Cold - (f.Cold-f.Warm)*float64(min(cached, prompt))/float64(prompt)
	}
	return usd * p.billed(r, f)
}

func (p *Replay) billed(r *routing.Record, f *routing.Figure) float64 {
	return p.live(f).Billed(r.Start)
}

func (p *Replay) live(f *routing.Figure) *live.Deployment {
	return p.figure.Deployment(f.Deployment, f.Account, f.Account)
}

// fill gives the candidates the figures that a mode ranks by. Those that the record keeps are the ones that were really looked at; they hold
// unless they are of another mode, or of caches that hold something else on this side.
func (p *Replay) fill(r *routing.Record, s *side, turn live.Turn, mode routing.Mode) {
	if mode == routing.Failover {
		return
	}
	kept := mode == r.Mode
	turns := p.real.memory.Turns(turn)
	for i := range p.cs {
		f := &p.cs[i]
		kept = kept && s.memory.Cached(turn, f.Deployment, r.Start) == p.real.memory.Cached(turn, f.Deployment, r.Start)
	}
	if kept {
		return
	}
	for i := range p.cs {
		f := &p.cs[i]
		if mode == routing.Balance {
			f.Cached = s.memory.Cached(turn, f.Deployment, r.Start)
			continue
		}
		d := p.live(f)
		if f.Wait == 0 {
			f.Wait, f.Failing = d.P95(r.Bytes, r.Stream, r.Start), d.Failing(r.Start)
		}
		prompt := r.Usage.Prompt()
		f.Cost, f.Priced = p.cost(r, f, s.memory.Cached(turn, f.Deployment, r.Start)), f.WouldKnown
		f.Turns, f.Later = turns, turns*p.cost(r, f, prompt)
	}
}

// observe learns from what really happened, as routing did.
func (p *Replay) observe(r *routing.Record) {
	for i := range r.Attempts {
		a := &r.Attempts[i]
		d := p.figure.Deployment(a.Deployment, a.Account, a.Account)
		at := r.Start.Add(a.Start + a.Took)
		switch e := (protocol.Error{Kind: a.Kind}); {
		case a.Kind == "":
			sample := live.Sample{Bytes: r.Bytes, Whole: a.Took}
			if r.Stream {
				sample.First, sample.Whole = a.FirstByte, 0
			}
			for j := range r.Candidates {
				if f := &r.Candidates[j]; f.Deployment == a.Deployment && a.Cost.ToldBy != "" && len(r.Attempts) == 1 && f.Would > 0 {
					sample.Billed = a.Cost.USD / f.Would
				}
			}
			if r.Operation != protocol.CountTokens {
				d.Observe(sample, at)
			}
		case a.Kind != cancelled && !e.ClientFault() && r.Operation != protocol.CountTokens:
			d.Observe(live.Sample{Failed: true}, at)
		}
	}
}

// cancelled is the kind of an attempt whose client went away.
const cancelled protocol.Kind = "cancelled"

// caching says whether a deployment has a cache that the request's prompt came into.
func caching(r *routing.Record, deployment string) live.Caching {
	for i := range r.Candidates {
		if f := &r.Candidates[i]; f.Deployment == deployment && f.Warm < f.Cold {
			return live.Automatic
		}
	}
	return live.NoCache
}

func end(r *routing.Record) time.Time {
	if r.End.IsZero() {
		return r.Start
	}
	return r.End
}

// waited is how long the client really waited for its answer.
func waited(r *routing.Record) time.Duration {
	if r.Stream && r.FirstByte > 0 {
		return r.FirstByte
	}
	return end(r).Sub(r.Start)
}

// drawn is a number between 0 and 1 that is the same each time.
func drawn(id, deployment string) float64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	h.Write([]byte(deployment))
	x := h.Sum64() // its last bits are the well-mixed ones
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return (float64(x>>11) + 0.5) / (1 << 53)
}

// Report is what has been taken in so far.
func (p *Replay) Report() Comparison {
	r := p.report
	r.Measuring = measuring
	r.LeftOut = []LeftOut{}
	for _, reason := range [...]string{unended, unasked, unmetered, unordered, unpriced} {
		if l := p.left[reason]; l != nil {
			r.LeftOut = append(r.LeftOut, *l)
		}
	}
	r.Real = p.real.told()
	for i := range p.modes {
		r.Modes = append(r.Modes, p.modes[i].told())
	}
	return r
}

func (s *side) told() Outcome {
	o := s.Outcome
	o.TypicalMS, o.SlowMS = s.waits.share(0.5).Milliseconds(), s.waits.share(0.95).Milliseconds()
	return o
}

// waits counts waits by their length, each class a twentieth longer than the one before: a million of them take no more room than ten.
type waits struct {
	classes [500]int
	n       int
}

const classStep = 1.05

func (w *waits) add(d time.Duration) {
	class := math.Log(max(d, time.Millisecond).Seconds()*1000) / math.Log(classStep)
	w.classes[min(int(class), len(w.classes)-1)]++
	w.n++
}

// share is the length that a share of all waits is not longer than, to within a twentieth.
func (w *waits) share(q float64) time.Duration {
	left := int(math.Ceil(q * float64(w.n)))
	for class, n := range w.classes {
		if left -= n; left <= 0 && w.n > 0 {
			return time.Duration(math.Pow(classStep, float64(class)+0.5) * float64(time.Millisecond))
		}
	}
	return 0
}
