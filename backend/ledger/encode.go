package ledger

import (
	"errors"
	"math"
	"strconv"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/quote"
	"metapi/backend/routing"
)

// Every request is encoded twice while somebody waits for it, so records are not left to reflection: what follows
// writes the JSON that encoding/json would, at a quarter of the time. TestAppendRecordIsWhatJSONWrites holds the two
// together, field by field, so that a field added to [routing.Record] cannot be forgotten here.

// errNotFinite is a figure that JSON cannot hold.
var errNotFinite = errors.New("a figure is not a number")

// object writes the members of one JSON object.
type object struct {
	b     []byte
	comma bool
	err   error
}

func (o *object) open()  { o.b, o.comma = append(o.b, '{'), false }
func (o *object) close() { o.b, o.comma = append(o.b, '}'), true }

func (o *object) key(name string) {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.comma = true
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

// text writes a string member, always; word leaves out an empty one. So do number and num, flag, span.
func (o *object) text(name, s string) { o.key(name); o.b = quote.Append(o.b, s) }

func (o *object) word(name, s string) {
	if s != "" {
		o.text(name, s)
	}
}

// words writes an array of strings; an empty one is left out.
func (o *object) words(name string, list []string) {
	if len(list) == 0 {
		return
	}
	o.key(name)
	for i, s := range list {
		if i == 0 {
			o.b = append(o.b, '[')
		} else {
			o.b = append(o.b, ',')
		}
		o.b = quote.Append(o.b, s)
	}
	o.b = append(o.b, ']')
}

func (o *object) number(name string, n int64) { o.key(name); o.b = strconv.AppendInt(o.b, n, 10) }

func (o *object) num(name string, n int64) {
	if n != 0 {
		o.number(name, n)
	}
}

func (o *object) span(name string, d time.Duration) { o.num(name, int64(d)) }

func (o *object) flag(name string, v bool) {
	if v {
		o.bool(name, v)
	}
}

func (o *object) bool(name string, v bool) { o.key(name); o.b = strconv.AppendBool(o.b, v) }

func (o *object) float(name string, f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		o.err = errNotFinite
	}
	o.key(name)
	o.b = strconv.AppendFloat(o.b, f, 'g', -1, 64)
}

// figure is float, but that it leaves out zero.
func (o *object) figure(name string, f float64) {
	if f != 0 {
		o.float(name, f)
	}
}

func (o *object) time(name string, t time.Time) {
	o.key(name)
	o.b = append(o.b, '"')
	o.b = t.AppendFormat(o.b, time.RFC3339Nano)
	o.b = append(o.b, '"')
}

// each writes an array member of n objects; one of none is left out.
func (o *object) each(name string, n int, member func(i int)) {
	if n == 0 {
		return
	}
	o.key(name)
	o.b = append(o.b, '[')
	for i := range n {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.open()
		member(i)
		o.close()
	}
	o.b = append(o.b, ']')
}

// appendRecord appends the JSON of r. The error is errNotFinite.
func appendRecord(b []byte, r *routing.Record) ([]byte, error) {
	o := object{b: b}
	o.open()
	o.text("id", r.ID)
	o.time("start", r.Start)
	if !r.End.IsZero() {
		o.time("end", r.End)
	}
	o.text("state", string(r.State))
	o.text("client", r.Client)
	o.text("protocol", r.Protocol.String())
	o.text("operation", r.Operation.String())
	o.flag("stream", r.Stream)
	o.text("asked", r.Asked)
	o.word("model", r.Model)
	o.word("session", r.Session)
	o.word("pinned", r.Pinned)
	o.number("bytes", r.Bytes)
	if f := r.Features; f != (routing.Features{}) {
		o.key("features")
		o.open()
		o.flag("tools", f.Tools)
		o.flag("images", f.Images)
		o.flag("schema", f.Schema)
		o.flag("think", f.Think)
		o.num("max_output", f.MaxOutput)
		o.close()
	}
	o.word("domain", r.Domain)
	o.word("mode", string(r.Mode))
	o.flag("nearer", r.Nearer)
	o.num("ranked", int64(r.Ranked))
	o.words("rules", r.Rules)
	o.set(r.Set)
	o.each("candidates", len(r.Candidates), func(i int) {
		c := &r.Candidates[i]
		o.text("deployment", c.Deployment)
		o.text("account", c.Account)
		o.text("upstream", c.Upstream)
		o.num("order", int64(c.Order))
		o.num("tier", int64(c.Tier))
		o.num("place", int64(c.Place))
		o.word("pool", c.Pool)
		o.figure("weight", c.Weight)
		o.number("in_flight", c.InFlight)
		o.figure("price", c.Price)
		o.span("wait", c.Wait)
		o.figure("failing", c.Failing)
		o.figure("cost", c.Cost)
		o.figure("later", c.Later)
		o.figure("turns", c.Turns)
		o.num("cached", c.Cached)
		o.flag("priced", c.Priced)
		o.word("unknown", c.Unknown)
		o.figure("quality", c.Quality)
		o.figure("utility", c.Utility)
		o.figure("score", c.Score)
		o.word("dominated", c.Dominated)
		if j := c.Judged; j != nil {
			o.key("judged")
			o.open()
			o.float("quality", j.Quality)
			o.float("doubt", j.Doubt)
			o.float("prior", j.Prior)
			o.float("worth", j.Worth)
			o.text("evidence", string(j.Evidence))
			o.text("from", j.From)
			o.figure("deviation", j.Deviation)
			o.figure("thumbs", j.Thumbs)
			o.figure("here", j.Here)
			o.close()
		}
		o.figure("would", c.Would)
		o.flag("would_known", c.WouldKnown)
		o.figure("cold", c.Cold)
		o.figure("warm", c.Warm)
	})
	o.each("excluded", len(r.Excluded), func(i int) {
		e := &r.Excluded[i]
		o.text("deployment", e.Deployment)
		o.text("account", e.Account)
		o.text("reason", e.Reason)
		if !e.Until.IsZero() {
			o.time("until", e.Until)
		}
	})
	o.each("attempts", len(r.Attempts), func(i int) {
		a := &r.Attempts[i]
		o.text("deployment", a.Deployment)
		o.text("account", a.Account)
		o.text("upstream", a.Upstream)
		if a.Via != protocol.None {
			o.text("via", a.Via.String())
		}
		o.words("mends", a.Mends)
		o.number("start", int64(a.Start))
		o.number("took", int64(a.Took))
		o.span("first_byte", a.FirstByte)
		o.num("status", int64(a.Status))
		o.word("kind", string(a.Kind))
		o.word("error", a.Error)
		o.word("finish", a.Finish)
		o.usage(a.Usage)
		o.cost(a.Cost)
		if e := a.Expected; e != (routing.Estimate{}) {
			o.key("expected")
			o.open()
			o.number("prompt", e.Prompt)
			o.number("output", e.Output)
			o.figure("usd", e.USD)
			o.flag("priced", e.Priced)
			o.close()
		}
	})
	o.num("status", int64(r.Status))
	o.word("error", r.Error)
	o.span("first_byte", r.FirstByte)
	o.usage(r.Usage)
	o.cost(r.Cost)
	if p := r.Parts; p != (routing.Parts{}) {
		o.key("parts")
		o.open()
		o.figure("fresh", p.Fresh)
		o.figure("cached", p.Cached)
		o.figure("written", p.Written)
		o.figure("output", p.Output)
		o.figure("reasoning", p.Reasoning)
		o.figure("per_call", p.PerCall)
		o.close()
	}
	o.each("against", len(r.Against), func(i int) {
		o.text("baseline", string(r.Against[i].Baseline))
		o.float("usd", r.Against[i].USD)
	})
	o.each("issued", len(r.Issued), func(i int) {
		o.text("kind", string(r.Issued[i].Kind))
		o.text("id", r.Issued[i].ID)
	})
	o.close()
	return o.b, o.err
}

func (o *object) set(s routing.Set) {
	if s == (routing.Set{}) {
		return
	}
	o.key("set")
	o.open()
	if s.Temperature != nil {
		o.float("temperature", *s.Temperature)
	}
	if s.TopP != nil {
		o.float("top_p", *s.TopP)
	}
	if s.MaxOutput != nil {
		o.number("max_output", *s.MaxOutput)
	}
	o.word("effort", s.Effort)
	o.word("verbosity", s.Verbosity)
	if s.Seed != nil {
		o.number("seed", *s.Seed)
	}
	o.close()
}

func (o *object) usage(u protocol.Usage) {
	if u == (protocol.Usage{}) {
		return
	}
	o.key("usage")
	o.open()
	o.number("input", u.Input)
	o.number("cache_read", u.CacheRead)
	o.number("cache_write", u.CacheWrite)
	o.number("cache_write_1h", u.CacheWrite1h)
	o.number("output", u.Output)
	o.number("reasoning", u.Reasoning)
	o.part("audio", u.Audio)
	o.part("image", u.Image)
	o.flag("split", u.Split)
	o.num("images_made", u.Made)
	o.num("web_searches", u.Searches)
	o.word("service", string(u.Service))
	o.bool("estimated", u.Estimated)
	o.close()
}

// part writes it unless it is empty, as omitzero does.
func (o *object) part(name string, p protocol.Part) {
	if p == (protocol.Part{}) {
		return
	}
	o.key(name)
	o.open()
	o.num("input", p.Input)
	o.num("cached", p.Cached)
	o.num("output", p.Output)
	o.close()
}

func (o *object) cost(c routing.Cost) {
	if c == (routing.Cost{}) {
		return
	}
	o.key("cost")
	o.open()
	o.float("usd", c.USD)
	o.flag("estimated", c.Estimated)
	o.flag("unknown", c.Unknown)
	o.word("told_by", c.ToldBy)
	o.close()
}
