package catalog

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"metapi/backend/provider"
)

// Catalog is what is known of models and their prices, wherever they are offered. What it says does not change.
type Catalog struct {
	AsOf   string // the day of the prices, 2006-01-02
	Source string // whose they are

	file *snapshotFile // what it was made of

	said memo // what it has said lately

	lists  map[string]*list
	order  []*list
	facts  map[string]*factLine // by the name as the source has it, and by its folded form
	pretty map[string]string    // the usual spelling of a folded name

	prefixes map[string]bool // what stands before the slash in names like openai/gpt-4o
}

// list is one provider's price list.
type list struct {
	id, name string
	api      *regexp.Regexp
	begins   string // what the pattern begins with to the letter
	path     bool   // the pattern reaches into the path
	fallback []string
	models   []listed
	exact    map[string]int // names that are spelt out
	loose    []int          // models that also take in names by prefix or pattern
}

type listed struct {
	*modelLine
	price *Price
}

// Model is what is known of a model itself, wherever it is offered.
type Model struct {
	ID          string   // canonical id: the usual spelling, dated where the name was
	Name        string   // for display, e.g. "Claude Sonnet 4.5"; may be empty
	Family      string   // [Name.Family]
	Maker       string   // whose price list describes it: anthropic, openai, google, ...; empty where none does
	AtMaker     *Price   // what its maker takes for it; nil where unknown
	Context     int64    // tokens; 0 where unknown
	UsualOutput int64    // the output limit that clients commonly set; at least this much is allowed. 0 where unknown
	Described   bool     // the next three are known
	Reasons     bool     // it can reason before it answers
	Images      bool     // it takes images
	Levels      []string // words for reasoning effort, where it takes them
}

// vendors maps our provider ids to price lists. The compatible ones have none: a relay's price is not the vendor's.
var vendors = map[string]string{"openai": "openai", "anthropic": "anthropic", "gemini": "google"}

// makers lists who makes models, in the order in which a bare name is looked for.
var makers = []string{"anthropic", "openai", "google", "deepseek", "x-ai", "mistral", "moonshotai", "zai", "zhipuai", "minimax",
	"cohere", "perplexity", "voyageai"}

// Model says what is known of a name at a provider, and what it costs there; nil stands for unknown, of each.
//
// The model is recognised whoever offers it. The price is known only where a price list is: at openai, anthropic and
// gemini themselves, and at a base URL that a price list names as its own (an openai-compatible account at
// https://api.deepseek.com pays DeepSeek's prices). An account's base URL may be empty for the provider's default; one
// of another known provider counts for more than providerID. A dated name is priced as itself. What runs on a machine of
// the user's is free of charge.
func (c *Catalog) Model(providerID, baseURL, name string) (*Model, *Price) {
	lower := strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "models/"), "[1m]")
	if lower == "" {
		return nil, nil
	}
	l := c.serves(baseURL)
	if l == nil {
		l = c.lists[vendors[providerID]]
	}
	m, price := c.said.recall(lookup{l, name}, func() (*Model, *Price) { return c.model(l, name, lower) })
	if p, ok := provider.Get(providerID); ok && p.Free(baseURL, name) {
		price = Free
	}
	return m, price
}

// model is [Catalog.Model] at a price list.
func (c *Catalog) model(l *list, name, lower string) (*Model, *Price) {
	var price *Price
	var at listed
	if l != nil {
		if found, ok := c.find(l, lower); ok {
			at, price = found, found.price.disputed(c.second(l, lower), c.noon())
		}
	}
	return c.describe(name, lower, l, at), price
}

// noon is on the day of the prices, at an hour that is no peak anywhere: when two sources are compared.
func (c *Catalog) noon() time.Time {
	day, _ := time.Parse(time.DateOnly, c.AsOf)
	return day.Add(12 * time.Hour)
}

// sameAs maps catwalk's providers to price lists, where their names differ.
var sameAs = map[string]string{"gemini": "google", "xai": "x-ai", "moonshot": "moonshotai", "zhipu": "zhipuai"}

// second is what the source of the capabilities says that a model costs at a list, by exactly this name; nil where it says nothing.
func (c *Catalog) second(l *list, name string) *Price {
	f := c.facts[name]
	if f == nil || f.ID != name || f.In <= 0 || cmp.Or(sameAs[f.From], f.From) != l.id {
		return nil
	}
	from := c.file.Capabilities
	return &Price{Terms: Terms{Rates: Rates{Input: USD(f.In), Output: USD(f.Out)}}, Source: from.Source + " " + from.Version + ", " + f.From, AsOf: from.AsOf}
}

// PriceList says in words whose prices hold at an account, "" where none are known.
func (c *Catalog) PriceList(providerID, baseURL string) string {
	if l := c.serves(baseURL); l != nil {
		return l.name
	}
	if l := c.lists[vendors[providerID]]; l != nil {
		return l.name
	}
	return ""
}

// serves finds the price list whose provider answers at a base URL.
func (c *Catalog) serves(baseURL string) *list {
	u, err := url.Parse(strings.TrimSpace(baseURL))
	if err != nil || u.Host == "" {
		return nil
	}
	host := strings.ToLower(u.Scheme + "://" + u.Host)
	for _, l := range c.order {
		where := host
		if l.path {
			where += u.Path
		}
		if strings.HasPrefix(where, l.begins) && l.api.MatchString(where) {
			return l
		}
	}
	return nil
}

// find looks a lower-case name up in a list, then in the lists of those whose models it serves at their prices.
// A date without dashes is tried with them as well.
func (c *Catalog) find(l *list, name string) (listed, bool) {
	if l == nil { // a list that was refreshed may lack a maker
		return listed{}, false
	}
	for _, n := range []string{name, dashedDate(name)} {
		if n == "" {
			continue
		}
		if m, ok := l.find(n); ok {
			return m, true
		}
		for _, id := range l.fallback {
			if m, ok := c.lists[id].find(n); ok {
				return m, true
			}
		}
	}
	return listed{}, false
}

// find returns the first model of the list that takes the name in.
func (l *list) find(name string) (listed, bool) {
	if l == nil {
		return listed{}, false
	}
	first := len(l.models)
	if i, ok := l.exact[name]; ok {
		first = i
	}
	for _, i := range l.loose {
		if i >= first {
			break
		}
		if l.models[i].Match.match(name) {
			first = i
		}
	}
	if first == len(l.models) {
		return listed{}, false
	}
	return l.models[first], true
}

// made finds the model in its maker's price list, however it is spelt.
func (c *Catalog) made(lower string) (*list, listed, bool) {
	if i := strings.LastIndexByte(lower, '/'); i >= 0 {
		lower = lower[i+1:]
	}
	for _, n := range []string{lower, dotted(lower)} {
		for _, id := range makers {
			if m, ok := c.find(c.lists[id], n); ok && n != "" {
				return c.lists[id], m, true
			}
		}
	}
	return nil, listed{}, false
}

func (c *Catalog) describe(name, lower string, l *list, at listed) *Model {
	parts := Canonical(name)
	m := &Model{ID: c.ID(name), Family: parts.Family}
	known := false
	if maker, own, ok := c.made(lower); ok {
		m.Maker, known = maker.id, true
		m.Name, m.Context, m.AtMaker = own.Name, own.Context, own.price
	}
	if at.modelLine != nil { // the limits are those of this provider, where it has its own
		known = true
		if at.Name != "" {
			m.Name = at.Name
		}
		if at.Context != 0 {
			m.Context = at.Context
		}
		if m.Maker == "" {
			m.Maker = l.id
		}
	}
	if f := c.fact(parts); f != nil {
		known = true
		m.Described, m.Reasons, m.Images, m.Levels, m.UsualOutput = true, f.Reasons, f.Images, f.Levels, f.Output
		if m.Name == "" {
			m.Name = f.Name
		}
		if m.Context == 0 {
			m.Context = f.Context
		}
	}
	if !known {
		return nil
	}
	return m
}

// fact finds the capabilities of a name; a snapshot's are those of its family where nothing else is said.
func (c *Catalog) fact(n Name) *factLine {
	if f := c.facts[n.String()]; f != nil {
		return f
	}
	return c.facts[n.Family]
}

// ID returns the canonical id of a model name: the spelling that its maker uses, or where no maker is known the folded
// form. Two names have one id exactly where they fold alike.
func (c *Catalog) ID(name string) string {
	n := Canonical(name)
	if s, ok := c.pretty[n.String()]; ok {
		return s
	}
	family := n.Family
	if s, ok := c.pretty[family]; ok {
		family = s
	}
	if !n.Dated() {
		return family
	}
	if strings.HasPrefix(family, "claude") {
		return family + "-" + n.Date
	}
	return family + "-" + n.Date[:4] + "-" + n.Date[4:6] + "-" + n.Date[6:]
}

// One reports whether the undated name of a family and one snapshot of it are one priced model: its maker's price list
// must say so in one entry. gpt-4o is gpt-4o-2024-11-20, and is not gpt-4o-2024-05-13, which costs twice as much.
func (c *Catalog) One(family, date string) bool {
	undated := []string{family, dotted(family)}
	for _, id := range makers {
		l := c.lists[id]
		for _, u := range undated {
			if u == "" {
				continue
			}
			a, ok := c.find(l, u)
			if !ok {
				continue
			}
			b, ok := c.find(l, u+"-"+date)
			if ok && a.modelLine == b.modelLine {
				return true
			}
			return false
		}
	}
	return false
}

// spell collects the usual spelling of each folded name: makers first, their ids before other names, those without a
// vendor's prefix only.
func (c *Catalog) spell() {
	add := func(name string) {
		key := Fold(name)
		if _, ok := c.pretty[key]; !ok && !strings.ContainsAny(name, "/[") {
			c.pretty[key] = name
		}
	}
	for _, id := range makers {
		l := c.lists[id]
		if l == nil {
			continue
		}
		for _, m := range l.models {
			add(m.ID)
		}
		for _, m := range l.models {
			m.Match.names(add)
		}
	}
	folded := make(map[string]*factLine, len(c.facts))
	for name, f := range c.facts {
		// Of several spellings the shortest, then the first, so that the same one is taken each time.
		key := Fold(name)
		if old := folded[key]; old == nil || len(f.ID) < len(old.ID) || len(f.ID) == len(old.ID) && f.ID < old.ID {
			folded[key] = f
		}
	}
	for _, key := range slices.Sorted(maps.Keys(folded)) { // of several snapshots the newest speaks for the family
		f := folded[key]
		if _, ok := c.pretty[key]; !ok {
			c.pretty[key] = f.ID
		}
		c.facts[key] = f
		if n := Canonical(f.ID); n.Dated() && folded[n.Family] == nil {
			c.facts[n.Family] = f
		}
	}
}

// dashedDate writes the date of a name as 2024-05-13, "" where it has none in one piece.
func dashedDate(name string) string {
	rest, date := cutDate(name)
	if date == "" || strings.Contains(name, date[:4]+"-"+date[4:6]+"-"+date[6:]) {
		return ""
	}
	i := strings.Index(name, date)
	return rest[:i-1] + "-" + date[:4] + "-" + date[4:6] + "-" + date[6:] + rest[i-1:]
}

// dotted writes the last dash between two single figures as a dot: gpt-4-1 is gpt-4.1 in its maker's list. It is "" where
// there is none.
func dotted(name string) string {
	for i := len(name) - 2; i > 0; i-- {
		if name[i] == '-' && figure(name[i-1]) && figure(name[i+1]) &&
			(i == 1 || !figure(name[i-2])) && (i+2 == len(name) || !figure(name[i+2])) {
			return name[:i] + "." + name[i+1:]
		}
	}
	return ""
}
