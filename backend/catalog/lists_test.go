package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/store"
)

// publisher serves a list of prices in genai-prices' form.
type publisher struct {
	*httptest.Server
	mu     sync.Mutex
	text   string
	etag   string
	status int
	asked  int
	same   int // answers that nothing has changed
}

func newPublisher(t *testing.T) *publisher {
	p := &publisher{text: publishedList(t, 1, nil), etag: `"1"`}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked++
		switch {
		case p.status != 0:
			w.WriteHeader(p.status)
		case p.etag != "" && r.Header.Get("If-None-Match") == p.etag:
			p.same++
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Header().Set("ETag", p.etag)
			fmt.Fprint(w, p.text)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) set(text, etag string, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text, p.etag, p.status = text, etag, status
}

// publishedList is what the snapshot holds, as genai-prices would publish it, with all prices of input and output multiplied, and more providers.
func publishedList(t *testing.T, by float64, more []any) string {
	words := map[string]string{"in": "input_mtok", "out": "output_mtok"}
	var all []any
	for _, p := range Embedded().file.Providers {
		var models []any
		for _, m := range p.Models {
			prices := map[string]any{}
			for _, line := range m.Prices[:min(1, len(m.Prices))] {
				for key, rate := range map[string]*float64{"in": line.In, "out": line.Out} {
					if rate != nil {
						prices[words[key]] = *rate * by
					}
				}
			}
			match, err := json.Marshal(m.Match)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(match), `"not"`) {
				continue
			}
			models = append(models, map[string]any{"id": m.ID, "match": json.RawMessage(match), "prices": prices})
		}
		all = append(all, map[string]any{"id": p.ID, "name": p.Name, "api_pattern": p.API, "models": models})
	}
	text, err := json.Marshal(append(all, more...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fresh is a vendor that the snapshot does not know.
func fresh(price any) []any {
	return []any{map[string]any{"id": "fresh", "name": "Fresh", "api_pattern": "https://api\\.fresh\\.example", "models": []any{
		map[string]any{"id": "new-model", "match": map[string]any{"equals": "new-model"}, "prices": price}}}}
}

func lists(t *testing.T, st *store.Store, from string) (l *Lists, changes *int) {
	t.Helper()
	changes = new(int)
	l, err := NewLists(ListsConfig{Store: st, Client: func(context.Context) (provider.Doer, error) { return http.DefaultClient, nil },
		Setting: func() (bool, string) { return false, from }, OnChange: func() { *changes++ }})
	if err != nil {
		t.Fatal(err)
	}
	return l, changes
}

func opened(t *testing.T) *store.Store {
	t.Helper()
	st, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

// cost is what a million tokens each way cost of a model, -1 where that is not known.
func cost(c *Catalog, baseURL, model string) float64 {
	_, p := c.Model("openai-compatible", baseURL, model)
	usd, known := p.Cost(protocol.Usage{Input: 1e6, Output: 1e6}, time.Now())
	if !known {
		return -1
	}
	return usd
}

// A list that is fetched is in force at once, and still is after a restart; asked for again, it is not sent again; forgotten, the embedded one is back.
func TestPricesAreRefreshed(t *testing.T) {
	p, st := newPublisher(t), opened(t)
	p.set(publishedList(t, 2, fresh(map[string]any{"input_mtok": 3, "output_mtok": 4, "input_audio_mtok": 9})), `"2"`, 0)
	l, changes := lists(t, st, p.URL)
	was := cost(Embedded(), "https://api.openai.com", "gpt-4o")
	if l.Fetched() || cost(l.Catalog(), "https://api.fresh.example", "new-model") != -1 {
		t.Fatal("it is there before it was fetched")
	}
	r, err := l.Refresh(t.Context())
	if err != nil || r.Outcome != provider.OutcomeOK || *changes != 1 {
		t.Fatalf("%+v, %v, %d changes", r, err, *changes)
	}
	check := func(when string, c *Catalog) {
		t.Helper()
		if got := cost(c, "https://api.fresh.example", "new-model"); got != 7 {
			t.Errorf("%s: a new model costs %v", when, got)
		}
		if got := cost(c, "https://api.openai.com", "gpt-4o"); got != 2*was {
			t.Errorf("%s: a known one costs %v, was %v", when, got, was)
		}
		m, price := c.Model("openai", "", "gpt-4o")
		if m == nil || !m.Described || price.Services.Batch != 0.5 || price.AsOf != time.Now().UTC().Format(time.DateOnly) || !strings.Contains(price.Source, "refreshed") {
			t.Errorf("%s: %+v %+v", when, m, price)
		}
	}
	check("at once", l.Catalog())
	again, _ := lists(t, st, p.URL)
	check("after a restart", again.Catalog())
	if r, err := again.Refresh(t.Context()); err != nil || r.Outcome != provider.OutcomeOK || p.same != 1 {
		t.Errorf("asked again: %+v, %v; %d times nothing new", r, err, p.same)
	}
	check("asked again", again.Catalog())
	if err := again.Forget(); err != nil || again.Fetched() || cost(again.Catalog(), "https://api.openai.com", "gpt-4o") != was {
		t.Error("forgotten, the embedded list is not back", err)
	}
	if last, err := again.Last(); err != nil || !last.At.IsZero() {
		t.Errorf("forgotten, there was a refresh: %+v, %v", last, err)
	}
}

// Whatever goes wrong with a refresh changes nothing, and is told.
func TestFailedRefreshChangesNothing(t *testing.T) {
	p, st := newPublisher(t), opened(t)
	l, _ := lists(t, st, p.URL)
	if r, err := l.Refresh(t.Context()); err != nil || r.Outcome != provider.OutcomeOK {
		t.Fatalf("%+v, %v", r, err)
	}
	good := l.Catalog()
	half := Embedded().file.Providers
	odd := make([]any, 0, 60)
	for i := range 60 {
		odd = append(odd, map[string]any{"id": fmt.Sprint("odd-", i), "match": map[string]any{"equals": fmt.Sprint("odd-", i)}, "prices": map[string]any{"per_soul": 1}})
	}
	for name, c := range map[string]struct {
		text   string
		status int
		want   provider.Outcome
		says   string
	}{
		"not there":           {"", 404, provider.OutcomeUnreachable, "404"},
		"a page":              {"<!doctype html>", 0, provider.OutcomeUnparsable, "no list of prices"},
		"nothing":             {"[]", 0, OutcomeImplausible, "lacks"},
		"most of it is gone":  {string(mustJSON(t, half[:3])), 0, OutcomeImplausible, "lacks"},
		"all at ten times":    {publishedList(t, 10, nil), 0, OutcomeImplausible, "tenfold"},
		"all at a tenth":      {publishedList(t, 0.1, nil), 0, OutcomeImplausible, "tenfold"},
		"all for nothing":     {publishedList(t, 0, nil), 0, OutcomeImplausible, "tenfold"},
		"too large":           {"[" + strings.Repeat(" ", 9<<20) + "]", 0, OutcomeImplausible, "larger than 8 MB"},
		"names of a new kind": {publishedList(t, 1, []any{map[string]any{"id": "x", "models": []any{map[string]any{"id": "y", "match": map[string]any{"sounds_like": "z"}, "prices": map[string]any{}}}}}), 0, provider.OutcomeUnparsable, "x y"},
		"prices of a new kind": {publishedList(t, 1, []any{map[string]any{"id": "x", "models": odd}}), 0, provider.OutcomeUnparsable,
			"60 prices that this version"},
		"a pattern without end": {publishedList(t, 1, []any{map[string]any{"id": "x", "api_pattern": "((", "models": []any{}}}), 0, provider.OutcomeUnparsable, "cannot be read"},
	} {
		p.set(c.text, name, c.status)
		r, err := l.Refresh(t.Context())
		if err != nil || r.Outcome != c.want || !strings.Contains(r.Message, c.says) || !strings.Contains(r.Message, "stay in force") {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if l.Catalog() != good {
			t.Fatalf("%s: another list is in force", name)
		}
		if last, _ := l.Last(); last.Outcome != c.want {
			t.Errorf("%s: kept as %+v", name, last)
		}
	}
	p.Close()
	if r, err := l.Refresh(t.Context()); err != nil || r.Outcome != provider.OutcomeUnreachable || l.Catalog() != good {
		t.Errorf("nobody there: %+v, %v", r, err)
	}
	after, _ := lists(t, st, p.URL)
	if !after.Fetched() {
		t.Error("after a restart the last good list is gone")
	}
}

func mustJSON(t *testing.T, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A list that is older than the one of this version gives way to it.
func TestOlderListGivesWay(t *testing.T) {
	p, st := newPublisher(t), opened(t)
	l, _ := lists(t, st, p.URL)
	if _, err := l.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	k := l.kept
	k.AsOf = "2020-01-01"
	if err := st.Update(func(tx *store.Tx) error { return listBucket.Put(tx, listKey, k) }); err != nil {
		t.Fatal(err)
	}
	if again, _ := lists(t, st, p.URL); again.Fetched() {
		t.Error("a list of 2020 is in force")
	}
}

// Nothing is fetched until the user wants it; then at once, and once a day.
func TestRefreshIsOptIn(t *testing.T) {
	p, st := newPublisher(t), opened(t)
	var mu sync.Mutex
	on, refreshed := false, make(chan struct{}, 8)
	l, err := NewLists(ListsConfig{Store: st, Client: func(context.Context) (provider.Doer, error) { return http.DefaultClient, nil },
		Setting:  func() (bool, string) { mu.Lock(); defer mu.Unlock(); return on, p.URL },
		OnChange: func() { refreshed <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	l.Kick()
	l.Kick()
	p.mu.Lock()
	asked := p.asked
	p.mu.Unlock()
	if asked != 0 {
		t.Errorf("asked %d times, unasked", asked)
	}
	mu.Lock()
	on = true
	mu.Unlock()
	l.Kick()
	<-refreshed
	l.Kick() // it is fresh
	l.Kick()
	stop()
	<-done
	if p.asked != 1 {
		t.Errorf("asked %d times in a minute", p.asked)
	}
}

func TestListAddresses(t *testing.T) {
	for from, good := range map[string]bool{PublishedAt: true, "https://mirror.example/prices.json": true, "http://127.0.0.1:8080/x": true, "http://[::1]/x": true,
		"http://mirror.example/x": false, "ftp://mirror.example/x": false, "mirror.example": false, "": false, "https://me:secret@mirror.example/x": false} {
		if err := CheckListAddress(from); (err == nil) != good {
			t.Errorf("%q: %v", from, err)
		}
	}
}

// What is not understood of one price leaves it out whole, and says so: no condition is lost in silence.
func TestNormaliseLeavesOutWhatItDoesNotUnderstand(t *testing.T) {
	list := map[string]any{}
	want := map[string]string{}
	for name, c := range map[string]struct {
		price any
		left  string
	}{
		"good":          {map[string]any{"input_mtok": 1, "requests_kcount": 5}, ""},
		"tiers":         {map[string]any{"input_mtok": map[string]any{"base": 1, "tiers": []any{map[string]any{"start": 10, "price": 2}}}, "output_mtok": 3}, ""},
		"class":         {map[string]any{"input_mtok": 1, "output_smell_mtok": 2}, "unknown price output_smell_mtok"},
		"condition":     {[]any{map[string]any{"constraint": map[string]any{"type": "moon_phase"}, "prices": map[string]any{"input_mtok": 1}}}, "unknown condition"},
		"local time":    {[]any{map[string]any{"constraint": map[string]any{"type": "time_of_date", "start_time": "01:00:00", "end_time": "02:00:00+08:00"}, "prices": map[string]any{}}}, "not in UTC"},
		"negative":      {map[string]any{"input_mtok": -1}, "no price"},
		"huge":          {map[string]any{"input_mtok": 1e9}, "no price"},
		"tier of calls": {map[string]any{"requests_kcount": map[string]any{"base": 1, "tiers": []any{map[string]any{"start": 1, "price": 2}}}}, "unknown price requests_kcount"},
		"steps":         {map[string]any{"input_mtok": map[string]any{"base": 1, "tiers": slices.Repeat([]any{map[string]any{"start": 1, "price": 2}}, 21)}}, "21 prices by size"},
		"a new member":  {map[string]any{"input_mtok": map[string]any{"base": 1, "per": "region"}}, "per"},
	} {
		list[name], want[name] = c.price, c.left
	}
	var models []any
	for _, name := range slices.Sorted(maps.Keys(list)) {
		models = append(models, map[string]any{"id": name, "match": map[string]any{"equals": name}, "prices": list[name]})
	}
	providers, left, err := Normalise(mustJSON(t, []any{map[string]any{"id": "v", "name": "V", "api_pattern": "https://v\\.example", "models": models}}))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Embedded().with(keptList{Providers: providers, AsOf: "2026-11-26"})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(left, "\n")
	for name, says := range want {
		_, price := c.Model("openai-compatible", "https://v.example", name)
		if (says == "") != (price != nil) || says != "" && !strings.Contains(all, "v "+name+": ") {
			t.Errorf("%s: price %+v, left %q", name, price, all)
		}
		if says != "" && !strings.Contains(all, says) {
			t.Errorf("%s: %q does not say %q", name, all, says)
		}
	}
	if _, tiers := c.Model("openai-compatible", "https://v.example", "tiers"); tiers.For(11).Input != USD(2) || tiers.For(11).Output != USD(3) || tiers.For(10).Input != USD(1) {
		t.Errorf("%+v", tiers)
	}
}

// Two sources that differ by more than a tenth are in dispute, both are kept, and what is held back is by the dearer; the user's own and what is
// free are beyond dispute.
func TestDisputes(t *testing.T) {
	rates := func(in, out float64) *Price {
		return &Price{Terms: Terms{Rates: Rates{Input: USD(in), Output: USD(out)}}}
	}
	u, at := protocol.Usage{Input: 1e6, Output: 1e6}, time.Now()
	for _, c := range []struct {
		a, b     *Price
		disputed bool
	}{
		{rates(1, 10), rates(1.1, 11), false}, {rates(1, 10), rates(1.11, 10), true}, {rates(1, 10), rates(1, 8.9), true},
		{rates(0, 0), rates(0, 0), false}, {rates(0, 0), rates(1, 1), true}, {rates(1, 1), nil, false}, {nil, rates(1, 1), false},
	} {
		p := c.a.disputed(c.b, at)
		if (p != nil && p.Other != nil) != c.disputed {
			t.Errorf("%+v and %+v: %+v", c.a, c.b, p)
		}
		if p == nil {
			continue
		}
		own, _ := c.a.Cost(u, at)
		if held, _ := p.Reserve(u, at); c.disputed && held < own {
			t.Errorf("%v is held, %v is billed", held, own)
		}
		if usd, _ := p.Cost(u, at); usd != own {
			t.Errorf("the dispute changes the bill: %v, %v", usd, own)
		}
	}
	// The sources that the snapshot is made of do differ: DeepSeek has raised its prices between them.
	_, p := Embedded().Model("openai-compatible", "https://api.deepseek.com", "deepseek-v4-flash")
	if p.Other == nil || !strings.Contains(p.Other.Source, "catwalk") || p.Other.Input != USD(0.14) {
		t.Errorf("deepseek-v4-flash: %+v", p.Other)
	}
	if _, p := Embedded().Model("openai", "", "gpt-4o"); p.Other != nil {
		t.Errorf("gpt-4o: %+v", p.Other)
	}
	// What an account publishes counts, and is in dispute with the list where that is another price.
	offer := Offer{Name: "gpt-4o", LastSeen: at, Price: &provider.Price{Rates: provider.Rates{Input: ptr(5), Output: ptr(10)}}}
	if _, p := Embedded().Offered("openai", "", offer); p.Input != USD(5) || p.Other == nil || p.Other.Input != USD(2.5) {
		t.Errorf("published: %+v", p)
	}
}

func ptr(v float64) *float64 { return &v }

func TestOldPrices(t *testing.T) {
	p := &Price{AsOf: "2026-09-01"}
	for at, want := range map[string]bool{"2026-10-15 12:00:00": false, "2026-10-17 00:00:00": true} {
		if p.Old(day(at)) != want {
			t.Errorf("a price of 2026-09-01 on %s: old %v", at, !want)
		}
	}
	if (&Price{}).Old(time.Now()) || Free.Old(time.Now()) {
		t.Error("what has no day is old")
	}
}
