package catalog

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/store"
)

var start = day("2026-11-01 00:00:00")

func listing(outcome provider.Outcome, names ...string) provider.Listing {
	l := provider.Listing{Outcome: outcome}
	for _, n := range names {
		l.Models = append(l.Models, provider.Listed{Name: n, Display: n, Protocols: protocol.SetOf(protocol.OpenAIChat)})
	}
	if outcome != provider.OutcomeOK {
		l.Err = &protocol.Error{Message: "The host said no. Try again later."}
	}
	return l
}

func onOffer(offers []Offer) (names []string) {
	for _, o := range offers {
		if o.Offered() {
			names = append(names, o.Name)
		}
	}
	return names
}

var outcomes = []provider.Outcome{provider.OutcomeOK, provider.OutcomeEmpty, provider.OutcomeUnreachable, provider.OutcomeUnauthorised,
	provider.OutcomeBlocked, provider.OutcomeUnparsable, OutcomeNoSecret}

// TestMergeProperties runs months of scans, good and bad.
func TestMergeProperties(t *testing.T) {
	pool := []string{"gpt-4o", "gpt-5", "claude-sonnet-4-5", "own", "own-2"}
	rapid.Check(t, func(t *rapid.T) {
		var offers []Offer
		now := start
		lastListed := map[string]time.Time{} // the model of what must be true
		for range rapid.IntRange(1, 30).Draw(t, "scans") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(t, "hours")) * time.Hour)
			outcome := rapid.SampledFrom(outcomes).Draw(t, "outcome")
			var names []string
			if outcome != provider.OutcomeEmpty {
				names = rapid.SliceOf(rapid.SampledFrom(pool)).Draw(t, "models")
			}
			l := listing(outcome, names...)
			before := slices.Clone(offers)
			after := Merge("acct", offers, l, now)
			if !reflect.DeepEqual(offers, before) {
				t.Fatal("the old offers were changed")
			}
			if again := Merge("acct", after, l, now); !reflect.DeepEqual(again, after) {
				t.Fatalf("not idempotent:\n%+v\n%+v", after, again)
			}
			if !slices.IsSortedFunc(after, func(a, b Offer) int { return cmpNames(a.Name, b.Name) }) {
				t.Fatal("not sorted by name, or a name twice")
			}
			byName := map[string]Offer{}
			for _, o := range after {
				byName[o.Name] = o
			}
			for _, n := range names {
				o, ok := byName[n]
				if !ok || !o.Offered() || !o.LastSeen.Equal(now) || o.Account != "acct" {
					t.Fatalf("%s is listed: %+v", n, o)
				}
				lastListed[n] = now
			}
			for _, o := range before {
				kept, ok := byName[o.Name]
				switch {
				case slices.Contains(names, o.Name):
					if !kept.FirstSeen.Equal(o.FirstSeen) {
						t.Fatalf("%s looks new", o.Name)
					}
				case !wentThrough(outcome):
					if !ok || kept != o {
						t.Fatalf("a scan that failed (%s) made %+v into %+v (%v)", outcome, o, kept, ok)
					}
				case ok && kept.Offered():
					t.Fatalf("%s is missing from a good scan and still offered", o.Name)
				case !ok && (o.Offered() || now.Sub(o.Gone) <= keepGone):
					t.Fatalf("%s was forgotten too soon", o.Name)
				case ok && now.Sub(kept.Gone) > keepGone:
					t.Fatalf("%s was remembered too long", o.Name)
				}
			}
			offers = after
		}
	})
}

func cmpNames(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func TestMergeKeepsWhatAListingLeavesOut(t *testing.T) {
	full := provider.Listing{Outcome: provider.OutcomeOK, Models: []provider.Listed{{Name: "m", Display: "Model M", Context: 1000, MaxOutput: 100,
		OwnedBy: "maker", Created: start, Protocols: protocol.SetOf(protocol.OpenAIChat)}}}
	bare := provider.Listing{Outcome: provider.OutcomeOK, Models: []provider.Listed{{Name: "m", Protocols: protocol.SetOf(protocol.Anthropic)}, {Name: ""}}}
	offers := Merge("a", Merge("a", nil, full, start), bare, start.Add(time.Hour))
	want := []Offer{{Account: "a", Name: "m", Model: "m", Display: "Model M", Protocols: protocol.SetOf(protocol.Anthropic), Context: 1000,
		MaxOutput: 100, Created: start, OwnedBy: "maker", FirstSeen: start, LastSeen: start.Add(time.Hour)}}
	if !reflect.DeepEqual(offers, want) {
		t.Errorf("%+v", offers)
	}
}

// All is what every account offers, as it is kept.
func (s *Offers) All() (offers []Offer, err error) {
	err = s.st.View(func(tx *store.Tx) error {
		return offersBucket.Each(tx, "", func(_ string, list []Offer) error {
			offers = append(offers, list...)
			return nil
		})
	})
	return withModels(offers), err
}

func openOffers(t testing.TB) *Offers {
	t.Helper()
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return NewOffers(st)
}

func TestOffers(t *testing.T) {
	s := openOffers(t)
	record := func(account string, l provider.Listing, at time.Time) Scan {
		t.Helper()
		scan, err := s.Record(account, l, at)
		if err != nil {
			t.Fatal(err)
		}
		return scan
	}
	names := func(account string) []string {
		t.Helper()
		offers, err := s.Get(account)
		if err != nil {
			t.Fatal(err)
		}
		return onOffer(offers)
	}
	at := func(d time.Duration) time.Time { return start.Add(d) }

	if scan, err := s.Scan("a"); err != nil || scan.Words(start) != "Not scanned yet." {
		t.Errorf("before: %+v %v", scan, err)
	}
	scan := record("a", listing(provider.OutcomeOK, "gpt-5", "gpt-4o"), at(0))
	if !scan.Changed || scan.Models != 2 || scan.Words(at(3*time.Minute)) != "2 models, listed 3 min ago." {
		t.Errorf("first scan: %+v %s", scan, scan.Words(at(3*time.Minute)))
	}
	if scan = record("a", listing(provider.OutcomeOK, "gpt-5", "gpt-4o"), at(time.Hour)); scan.Changed {
		t.Error("the same again is no change")
	}
	for i := range 3 {
		scan = record("a", listing(provider.OutcomeUnreachable), at(time.Duration(2+i)*time.Hour))
	}
	if scan.Changed || scan.Failures != 3 || !slices.Equal(names("a"), []string{"gpt-4o", "gpt-5"}) {
		t.Errorf("after three failures: %+v %v", scan, names("a"))
	}
	if got := scan.Words(at(5 * time.Hour)); got != "The host said no. Try again later. 2 models of 4 hours ago stay in use." {
		t.Errorf("in words: %s", got)
	}
	scan = record("a", listing(provider.OutcomeOK, "gpt-5", "claude-sonnet-4-5"), at(6*time.Hour))
	if !scan.Changed || scan.Failures != 0 || !slices.Equal(names("a"), []string{"claude-sonnet-4-5", "gpt-5"}) {
		t.Errorf("one gone, one new: %+v %v", scan, names("a"))
	}
	scan = record("a", listing(provider.OutcomeEmpty), at(7*time.Hour))
	if !scan.Changed || len(names("a")) != 0 {
		t.Errorf("truly empty: %+v %v", scan, names("a"))
	}
	record("b", listing(provider.OutcomeOK, "own"), at(0))
	all, err := s.All()
	if err != nil || len(all) != 4 || all[3].Account != "b" || all[1].Model != "gpt-4o" {
		t.Errorf("all: %+v %v", all, err)
	}
	scans, err := s.Scans()
	if err != nil || len(scans) != 2 || scans["a"].Outcome != provider.OutcomeEmpty {
		t.Errorf("scans: %+v %v", scans, err)
	}
	if err := s.Remove("a"); err != nil {
		t.Fatal(err)
	}
	if all, _ := s.All(); len(all) != 1 || all[0].Account != "b" {
		t.Errorf("after removal: %+v", all)
	}
	if err := s.Put("c", all[3:]); err != nil || !slices.Equal(names("c"), []string{"own"}) {
		t.Errorf("put: %v %v", names("c"), err)
	}
}

func BenchmarkRecord(b *testing.B) {
	s := openOffers(b)
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("model-%d", i))
	}
	l := listing(provider.OutcomeOK, names...)
	for b.Loop() {
		if _, err := s.Record("a", l, start); err != nil {
			b.Fatal(err)
		}
	}
}

// The price in force is the account's own where it lists one, whatever a price list says; it changes with the list, and with it what is shown.
func TestOfferedPrice(t *testing.T) {
	priced := func(in float64) provider.Listing {
		l := listing(provider.OutcomeOK, "gpt-4o")
		out, long := 2*in, 3*in
		l.Models[0].Price = &provider.Price{Rates: provider.Rates{Input: &in, Output: &out}, Request: 0.01,
			Tiers: []provider.Tier{{Above: 2000, Rates: provider.Rates{Input: &long, Output: &long}}, {Above: 1000, Rates: provider.Rates{Input: &out, Output: &out}}}}
		return l
	}
	first := Merge("acct", nil, priced(7), start)
	later := Merge("acct", first, priced(8), start.Add(time.Hour))
	if !differ(first, later) || differ(later, Merge("acct", later, priced(8), start.Add(2*time.Hour))) {
		t.Error("a change of prices is missed, or seen where there is none")
	}
	_, p := Embedded().Offered("openrouter", "", later[0])
	if p == nil || p.Input != USD(8) || p.Output != USD(16) || p.PerCall != 0.01 || p.For(1500).Input != USD(16) || p.For(2500).Input != USD(24) ||
		p.Source != "the list of models of OpenRouter" || p.AsOf != "2026-11-01" || p.CacheRead.Known {
		t.Errorf("%+v", p)
	}
	if usd, known := p.Cost(protocol.Usage{Input: 100, Output: 10}, start); !known || usd != 0.01+100*8e-6+10*16e-6 {
		t.Errorf("it costs %v, %v", usd, known)
	}
	if _, p := Embedded().Offered("ollama", "", later[0]); p != Free {
		t.Errorf("on one's own machine: %+v", p)
	}
	failed := Merge("acct", later, listing(provider.OutcomeUnreachable), start.Add(3*time.Hour))
	if _, p := Embedded().Offered("openrouter", "", failed[0]); p == nil || p.Input != USD(8) {
		t.Errorf("after a scan that failed: %+v", p)
	}
	silent := Merge("acct", later, listing(provider.OutcomeOK, "gpt-4o"), start.Add(3*time.Hour))
	if _, p := Embedded().Offered("openai", "", silent[0]); p == nil || p.Input != USD(2.5) {
		t.Errorf("where the list tells none any more: %+v", p)
	}
}
