package catalog

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
)

// snapshotJSON is written by build/catalog/generate, one model a line, so that a change of prices reads well in a diff.
//
//go:embed snapshot.json
var snapshotJSON []byte

// Embedded returns the catalog that this build holds. It is read on the first call, once.
var Embedded = sync.OnceValue(func() *Catalog {
	c, err := parse(snapshotJSON)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return c
})

// source names where a part of the snapshot is from.
type source struct {
	Source  string `json:"source"`
	Version string `json:"version"`
	AsOf    string `json:"as_of"`
}

// snapshotFile is the shape of snapshot.json.
type snapshotFile struct {
	Prices       source         `json:"prices"`
	Capabilities source         `json:"capabilities"`
	Providers    []providerLine `json:"providers"`
	Facts        []factLine     `json:"facts"`
}

type providerLine struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	API      string      `json:"api"` // a regular expression, to be matched at the start of a base URL
	Page     string      `json:"page,omitempty"`
	Fallback []string    `json:"fallback,omitempty"` // whose models it serves at their makers' prices
	Models   []modelLine `json:"models,omitempty"`   // in this order: the first match wins
}

type modelLine struct {
	ID      string      `json:"id"`
	Name    string      `json:"name,omitempty"`
	Match   matcher     `json:"match"`
	Context int64       `json:"context,omitempty"`
	Prices  []priceLine `json:"prices"`
}

// rateLine gives dollars per million tokens; what is absent is not known.
type rateLine struct {
	In    *float64 `json:"in,omitempty"`
	Out   *float64 `json:"out,omitempty"`
	Think *float64 `json:"think,omitempty"`
	CR    *float64 `json:"cr,omitempty"`
	CW    *float64 `json:"cw,omitempty"`
	CW1h  *float64 `json:"cw1h,omitempty"`

	AudioIn  *float64 `json:"ain,omitempty"`
	AudioCR  *float64 `json:"acr,omitempty"`
	AudioOut *float64 `json:"aout,omitempty"`
	ImageIn  *float64 `json:"iin,omitempty"`
	ImageCR  *float64 `json:"icr,omitempty"`
	ImageOut *float64 `json:"iout,omitempty"`
}

type priceLine struct {
	From  string    `json:"from,omitempty"`
	Hours [2]string `json:"hours,omitzero"`
	rateLine
	Call   float64    `json:"call,omitempty"`   // dollars a request
	Search float64    `json:"search,omitempty"` // dollars a search of the web
	Mixed  bool       `json:"mixed,omitempty"`  // output that is not text costs something else, and no usage report tells how much there was
	Tiers  []tierLine `json:"tiers,omitempty"`
}

type tierLine struct {
	Above int64 `json:"above"`
	rateLine
}

type factLine struct {
	ID      string   `json:"id"`
	From    string   `json:"from"`
	In      float64  `json:"in"` // what catwalk says that it costs there: a second opinion; 0 where it says nothing
	Out     float64  `json:"out"`
	Name    string   `json:"name"`
	Context int64    `json:"context"`
	Output  int64    `json:"output"`
	Reasons bool     `json:"reasons"`
	Images  bool     `json:"images"`
	Levels  []string `json:"levels"`
}

func (l rateLine) rates(mixed bool) Rates {
	rate := func(v *float64) Rate {
		if v == nil {
			return Rate{}
		}
		return USD(*v)
	}
	r := Rates{Input: rate(l.In), Output: rate(l.Out), Reasoning: rate(l.Think), CacheRead: rate(l.CR), CacheWrite: rate(l.CW), CacheWrite1h: rate(l.CW1h),
		Audio: PartRates{rate(l.AudioIn), rate(l.AudioCR), rate(l.AudioOut)}, Image: PartRates{rate(l.ImageIn), rate(l.ImageCR), rate(l.ImageOut)}}
	if mixed {
		r.Output, r.Reasoning = Rate{}, Rate{}
	}
	return r
}

func (l priceLine) terms() (Terms, error) {
	t := Terms{Rates: l.rates(l.Mixed), PerCall: l.Call, PerSearch: l.Search}
	for _, tier := range l.Tiers {
		t.Tiers = append(t.Tiers, Tier{tier.Above, tier.rates(l.Mixed)})
	}
	if l.From != "" {
		from, err := time.Parse(time.DateOnly, l.From)
		if err != nil {
			return t, err
		}
		t.From = from
	}
	for i, text := range l.Hours {
		if text == "" {
			continue
		}
		at, err := time.Parse(time.TimeOnly, text)
		if err != nil {
			return t, err
		}
		*[]*time.Duration{&t.Start, &t.End}[i] = at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	return t, nil
}

// price joins the lines of a model in a list; nil where they say nothing at all.
func (m *modelLine) price(of *providerLine, s source) (*Price, error) {
	p := &Price{Source: s.Source + " " + s.Version + ", " + of.ID, Page: of.Page, AsOf: s.AsOf, Services: servicesOf(of.ID, m.ID)}
	for i, line := range m.Prices {
		t, err := line.terms()
		if err != nil {
			return nil, fmt.Errorf("catalog snapshot, model %s: %w", m.ID, err)
		}
		if i == 0 {
			p.Terms = t
		} else {
			p.Later = append(p.Later, t)
		}
	}
	if len(p.Later) == 0 && p.Rates == (Rates{}) && p.PerCall == 0 {
		return nil, nil
	}
	return p, nil
}

func parse(text []byte) (*Catalog, error) {
	var f snapshotFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("catalog snapshot: %w", err)
	}
	return newCatalog(&f)
}

func newCatalog(f *snapshotFile) (*Catalog, error) {
	c := &Catalog{AsOf: f.Prices.AsOf, Source: strings.TrimSpace(f.Prices.Source + " " + f.Prices.Version), file: f, lists: map[string]*list{}, facts: make(map[string]*factLine, len(f.Facts)), pretty: map[string]string{},
		prefixes: map[string]bool{"models": true}}
	for i := range f.Providers {
		p := &f.Providers[i]
		l := &list{id: p.ID, name: p.Name, fallback: p.Fallback, exact: make(map[string]int, len(p.Models))}
		var err error
		l.api, l.begins, l.path, err = apiPattern(p.API)
		if err != nil {
			return nil, fmt.Errorf("catalog snapshot, provider %s: %w", p.ID, err)
		}
		for j := range p.Models {
			m := &p.Models[j]
			if err := m.Match.compile(); err != nil {
				return nil, err
			}
			price, err := m.price(p, f.Prices)
			if err != nil {
				return nil, err
			}
			l.models = append(l.models, listed{m, price})
			if m.Match.loose() {
				l.loose = append(l.loose, j)
			}
			m.Match.names(func(name string) {
				if _, ok := l.exact[name]; !ok {
					l.exact[name] = j
				}
				if before, _, ok := strings.Cut(name, "/"); ok {
					c.prefixes[before] = true
				}
			})
		}
		c.lists[p.ID] = l
		c.order = append(c.order, l)
		c.prefixes[p.ID] = true
	}
	for i := range f.Facts {
		c.facts[f.Facts[i].ID] = &f.Facts[i]
	}
	c.spell()
	return c, nil
}

// apiPattern compiles the pattern of a provider's base URL, and says what it begins with to the letter, and whether it
// reaches into the path. The patterns end where their author stopped; they get a boundary, or
// api.openai.com.example.org would be OpenAI. One that ends with a dot (api.moonshot.) is meant to be continued.
func apiPattern(api string) (re *regexp.Regexp, begins string, path bool, err error) {
	api = strings.TrimSuffix(strings.TrimSuffix(api, "(?:/|$)"), "(/|$)")
	path = strings.Contains(strings.NewReplacer("https?://", "", "https://", "", "[^/]", "").Replace(api), "/")
	begins = strings.ReplaceAll(api, `\.`, ".")
	if i := strings.IndexAny(begins, `()[]{}*+?|\^$`); i >= 0 {
		begins = begins[:max(i-1, 0)] // what stands before a ? or * may be absent
	}
	if !strings.HasSuffix(api, `\.`) {
		api = "(?:" + api + ")(?:[:/]|$)"
	}
	re, err = regexp.Compile("^" + api)
	return re, begins, path, err
}
