package main

import (
	"fmt"
	"slices"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/catalog/scores"
)

// upstream offers a model.
type upstream struct {
	name   string
	good   quality                          // how good its model's answers are; those who offer one model have the same
	listed *catalog.Price                   // what it says that it costs; nil: it does not say
	bills  *catalog.Price                   // what it bills
	tells  bool                             // it says in its replies what they cost
	caches bool                             // it reads a prompt from its cache where it has it
	first  func(at time.Time) time.Duration // median time to the first token
	fails  func(at time.Time) float64       // the chance that a request fails

	flattered float64 // how much more than its answers the published results of its model promise
}

// quality is the share of good answers of a model, by what the traffic asks for.
type quality struct{ agentic, chat, summary float64 }

func (q quality) in(d scores.Domain) float64 {
	switch d {
	case scores.Agentic:
		return q.agentic
	case scores.Summary:
		return q.summary
	}
	return q.chat
}

// model is what tells apart who offers which model.
func (u *upstream) model() string {
	return fmt.Sprintf("model-%.0f-%.0f-%.0f", 1000*u.good.agentic, 1000*u.good.chat, 1000*u.good.summary)
}

type scenario struct {
	name, about string
	upstreams   []upstream
}

// several reports whether there is more than one model.
func (sc *scenario) several() bool {
	return slices.ContainsFunc(sc.upstreams, func(u upstream) bool { return u.good != sc.upstreams[0].good })
}

func price(input, read, write, output float64) *catalog.Price {
	p := &catalog.Price{Terms: catalog.Terms{Rates: catalog.Rates{Input: catalog.USD(input), Output: catalog.USD(output)}}}
	if read > 0 {
		p.CacheRead = catalog.USD(read)
	}
	if write > 0 {
		p.CacheWrite = catalog.USD(write)
	}
	return p
}

func always[T any](v T) func(time.Time) T { return func(time.Time) T { return v } }

// during is one thing in some hours of the week, counted from its beginning, and else another.
func during[T any](from, to float64, then, else_ T) func(time.Time) T {
	return func(at time.Time) T {
		if h := at.Sub(begin).Hours(); h >= from && h < to {
			return then
		}
		return else_
	}
}

// plain is an upstream that does what it says.
func plain(name string, p *catalog.Price, caches bool, first time.Duration) upstream {
	return upstream{name: name, good: quality{0.8, 0.9, 0.9}, listed: p, bills: p, caches: caches, first: always(first), fails: always(0.005)}
}

// of has it offer a model of some quality.
func (u upstream) of(agentic, chat, summary float64) upstream {
	u.good = quality{agentic, chat, summary}
	return u
}

func (u upstream) with(change func(*upstream)) upstream {
	change(&u)
	return u
}

const (
	ms = time.Millisecond
	s  = time.Second
)

func scenarios() []scenario {
	strong := plain("strong", price(3, 0.3, 3.75, 15), true, 900*ms).of(0.9, 0.95, 0.94)
	middle := plain("middle", price(0.6, 0.06, 0, 3), true, 700*ms).of(0.72, 0.9, 0.9)
	small := plain("small", price(0.1, 0.01, 0, 0.4), true, 400*ms).of(0.4, 0.8, 0.82)
	vendor := plain("vendor", price(3, 0.3, 3.75, 15), true, 700*ms)
	relay := plain("relay", price(2.4, 0.24, 0, 12), true, 1100*ms)
	noCache := plain("no cache", price(1.2, 0, 0, 6), false, 900*ms)
	peak := price(1, 0.1, 0, 4)
	peak.Later = []catalog.Terms{{Rates: price(4, 0.4, 0, 16).Rates, Start: 8 * time.Hour, End: 14 * time.Hour}}
	long := price(1.5, 0.15, 0, 7.5)
	long.Tiers = []catalog.Tier{{Above: 32_000, Rates: price(6, 0.6, 0, 30).Rates}}
	return []scenario{
		{"steady", "a vendor, a cheaper relay, and a reseller between them", []upstream{vendor, relay, plain("reseller", price(2.7, 0.27, 0, 13.5), true, 800*ms)}},
		{"no cache", "the cheapest by its price list does not cache, which agents pay for", []upstream{vendor, relay, noCache}},
		{"wrong list", "a relay bills twice what it lists, and tells it in its replies", []upstream{vendor,
			plain("liar", price(2, 0.2, 0, 10), true, 900*ms).with(func(u *upstream) { u.bills, u.tells = price(4, 0.4, 0, 20), true }), relay}},
		{"no list", "a relay has no prices, and is dear", []upstream{vendor, relay.with(func(u *upstream) { u.name, u.listed, u.bills = "unlisted", nil, price(5, 0.5, 0, 25) })}},
		{"hours", "one is cheap but from 8 to 14 o'clock", []upstream{plain("by the hour", peak, true, 900*ms), relay}},
		{"tiers", "one is cheap up to 32k tokens", []upstream{plain("by size", long, true, 900*ms), relay}},
		{"outages", "the cheapest is away for half a day, and fails one in four times for a day", []upstream{
			relay.with(func(u *upstream) {
				u.fails = func(at time.Time) float64 {
					return max(during(33, 45, 1.0, 0.005)(at), during(80, 104, 0.25, 0.005)(at))
				}
			}), vendor}},
		{"slowdown", "the fastest is slow for a day", []upstream{
			plain("fast", price(3, 0.3, 3.75, 15), true, 0).with(func(u *upstream) { u.first = during(56, 80, 8*s, 500*ms) }),
			plain("middle", price(2.4, 0.24, 0, 12), true, 900*ms), plain("slow", price(2, 0.2, 0, 10), true, 2500*ms)}},
		{"turns", "three take turns in being away", []upstream{
			vendor.with(func(u *upstream) { u.fails = during(30, 50, 1.0, 0.01) }),
			relay.with(func(u *upstream) { u.fails = during(54, 80, 1.0, 0.01) }),
			plain("reseller", price(2.7, 0.27, 0, 13.5), true, 800*ms).with(func(u *upstream) { u.fails = during(100, 130, 1.0, 0.01) })}},
		{"models", "three models: the dearer, the better and slower", []upstream{strong, middle, small}},
		{"specialists", "one is better for agents, another for summaries", []upstream{
			plain("for agents", price(2, 0.2, 0, 10), true, 800*ms).of(0.85, 0.88, 0.8), plain("for reports", price(2.2, 0.22, 0, 11), true, 800*ms).of(0.68, 0.89, 0.93)}},
		{"dominated", "one is dearer, worse and slower than another", []upstream{
			plain("beaten", price(4, 0.4, 0, 20), true, 1500*ms).of(0.6, 0.85, 0.85), middle, strong}},
		{"overrated", "one is worse than its published results, which only thumbs tell", []upstream{
			plain("overrated", price(1, 0.1, 0, 5), true, 700*ms).of(0.5, 0.7, 0.7).with(func(u *upstream) { u.flattered = 0.25 }), middle}},
		{"best is away", "the best model is away for a day, and fails one in five times for another", []upstream{
			strong.with(func(u *upstream) {
				u.fails = func(at time.Time) float64 {
					return max(during(33, 57, 1.0, 0.005)(at), during(80, 104, 0.2, 0.005)(at))
				}
			}), middle, small}},
	}
}
