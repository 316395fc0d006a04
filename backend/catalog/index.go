package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Entry is one deployment, as the [Index] sees it.
type Entry struct {
	Ref     int32  // the caller's number for the deployment, e.g. its place in a slice
	Account string // the account's slug
	Name    string // the model's name at that account
}

// Resolution is what a model name stands for.
type Resolution struct {
	Model  string  // canonical id
	Refs   []int32 // the deployments it may reach, at most one an account, in the order of the entries; not to be changed
	Suffix string  // the mode word after the last colon, or ""
}

// Suffixes are the words that may follow a model name after a colon: every mode the product knows or will know, so that
// a name keeps its meaning when a mode is added.
var Suffixes = []string{"failover", "balance", "latency", "cost", "quality", "auto"}

// Index resolves model names to deployments. It is immutable, and safe for concurrent use.
type Index struct {
	exact    map[string]Resolution            // each alias, and each upstream name
	dangling map[string]string                // aliases that lead nowhere, with what they stand for
	accounts map[string]map[string]Resolution // by account slug, then by upstream name and by folded name
	folded   map[string]Resolution            // by folded name, dated or not
	names    []string
	vendors  map[string]bool // prefixes that say who made a model
}

// NewIndex makes the index of what the entries offer. An alias is a name of the user's own for another name: any that
// resolves, with a suffix or not, but no other alias. Leave out offers that are gone.
func NewIndex(entries []Entry, aliases map[string]string) *Index {
	return Embedded().NewIndex(entries, aliases)
}

// NewIndex is the function of this name, by what c knows of models.
func (c *Catalog) NewIndex(entries []Entry, aliases map[string]string) *Index {
	return newIndex(c, entries, aliases)
}

func newIndex(c *Catalog, entries []Entry, aliases map[string]string) *Index {
	x := &Index{vendors: c.prefixes, dangling: map[string]string{}, exact: make(map[string]Resolution, len(entries)/4),
		accounts: map[string]map[string]Resolution{}, folded: make(map[string]Resolution, len(entries)/4)}

	// Names are taken apart once; the same one is usually offered by several accounts.
	parsed := make(map[string]Name, len(entries)/4)
	families := make(map[string][]offered, len(entries)/4)
	for i, e := range entries {
		if e.Name == "" {
			continue
		}
		n, ok := parsed[e.Name]
		if !ok {
			n = Canonical(e.Name)
			parsed[e.Name] = n
		}
		families[n.Family] = append(families[n.Family], offered{e, n.Date, i})
	}
	for family, all := range families {
		x.family(c, family, all)
	}
	x.listNames()
	leads := make(map[string]Resolution, len(aliases)) // apart at first, so that no alias leads to another
	for alias, target := range aliases {
		if r, ok := x.Find(target); ok {
			leads[alias] = r
		} else {
			x.dangling[alias] = target
		}
	}
	maps.Copy(x.exact, leads)
	for alias := range x.dangling {
		delete(x.exact, alias) // an alias that leads nowhere does not turn into another model
	}
	return x
}

// offered is an entry of a family.
type offered struct {
	Entry
	date string
	at   int // place among the entries
}

// family resolves every name of one family: each folded name, each spelling, and each at one account.
func (x *Index) family(c *Catalog, family string, all []offered) {
	dates := map[string][]offered{} // by date, "" for the undated
	for _, o := range all {
		dates[o.date] = append(dates[o.date], o)
	}
	reach := dates[""]
	has := map[string]bool{} // accounts that offer an undated spelling
	for _, o := range reach {
		has[o.Account] = true
	}
	newest := map[string]string{} // of the snapshots that are the undated model, by account
	for date, os := range dates {
		if date == "" || !c.One(family, date) {
			continue
		}
		for _, o := range os {
			if !has[o.Account] && date > newest[o.Account] {
				newest[o.Account] = date
			}
		}
	}
	if len(newest) > 0 {
		reach = slices.Clone(reach)
		for _, o := range all {
			if o.date != "" && newest[o.Account] == o.date {
				reach = append(reach, o)
			}
		}
		slices.SortFunc(reach, func(a, b offered) int { return cmp.Compare(a.at, b.at) })
		dates[""] = reach
	}
	for date, os := range dates {
		x.name(c, Name{family, date}, os)
	}
}

// name resolves one folded name, and the spellings of it, to the deployments that it may reach.
func (x *Index) name(c *Catalog, n Name, os []offered) {
	key := n.String()
	id := c.ID(key)
	resolution := func(best []offered) Resolution {
		r := Resolution{Model: id, Refs: make([]int32, len(best))}
		for i, o := range best {
			r.Refs[i] = o.Ref
		}
		return r
	}
	best := onePerAccount(os, "")
	r := resolution(best)
	x.folded[key] = r
	for i, o := range best {
		x.account(o.Account)[key] = Resolution{Model: id, Refs: r.Refs[i : i+1 : i+1]}
	}
	for _, o := range os {
		if o.date != n.Date {
			continue // a snapshot that stands in for the undated name has its own
		}
		if len(best) < len(os) { // an account has several spellings: the one that is asked for counts
			x.account(o.Account)[o.Name] = Resolution{Model: id, Refs: []int32{o.Ref}}
			if _, ok := x.exact[o.Name]; !ok {
				x.exact[o.Name] = resolution(onePerAccount(os, o.Name))
			}
			continue
		}
		if o.Name != key {
			x.account(o.Account)[o.Name] = x.account(o.Account)[key]
		}
		x.exact[o.Name] = r
	}
}

func (x *Index) account(slug string) map[string]Resolution {
	names := x.accounts[slug]
	if names == nil {
		names = map[string]Resolution{}
		x.accounts[slug] = names
	}
	return names
}

// onePerAccount keeps one deployment of each account: the one spelt as asked, else the plainest spelling.
func onePerAccount(os []offered, asked string) []offered {
	place := make(map[string]int, len(os))
	out := make([]offered, 0, len(os))
	for _, o := range os {
		i, ok := place[o.Account]
		switch {
		case !ok:
			place[o.Account] = len(out)
			out = append(out, o)
		case out[i].Name != asked && (o.Name == asked || plainer(o.Name, out[i].Name)):
			out[i] = o
		}
	}
	slices.SortFunc(out, func(a, b offered) int { return cmp.Compare(a.at, b.at) })
	return out
}

// plainer orders spellings of one model at one account: without a prefix, then shorter, then by the alphabet.
func plainer(a, b string) bool {
	return cmp.Or(cmp.Compare(strings.Count(a, "/"), strings.Count(b, "/")), cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) < 0
}

// Resolve finds the deployments that a name may reach: by an exact alias; an exact upstream name; account/model; the
// folded name. Where none of them is, and the name ends with a colon and a mode's word, the rest is resolved and the word
// returned as the suffix. The error is an *[UnknownModel].
//
// An undated name reaches every deployment of its family that is undated, and at an account without one, the newest
// snapshot that the catalog says is the same priced model. A dated name reaches that snapshot only. No name reaches two
// deployments of one account. For an alias or an exact upstream name this is one look-up and no allocation.
func (x *Index) Resolve(name string) (Resolution, error) {
	if r, ok := x.Find(name); ok {
		return r, nil
	}
	return Resolution{}, x.Unknown(name)
}

// Find is [Index.Resolve] for who has another use for a name that nobody offers: the nearest ones are not looked for.
func (x *Index) Find(name string) (Resolution, bool) {
	if r, ok := x.whole(name); ok {
		return r, true
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 && slices.Contains(Suffixes, name[i+1:]) {
		if r, ok := x.whole(name[:i]); ok {
			r.Suffix = name[i+1:]
			return r, true
		}
	}
	return Resolution{}, false
}

func (x *Index) whole(name string) (Resolution, bool) {
	if r, ok := x.exact[name]; ok {
		return r, true
	}
	if _, ok := x.dangling[name]; ok {
		return Resolution{}, false
	}
	if account, model, ok := strings.Cut(name, "/"); ok {
		if names := x.accounts[account]; names != nil {
			if r, ok := names[model]; ok {
				return r, true
			}
			if r, ok := x.fold(names, model); ok {
				return r, true
			}
		}
	}
	return x.fold(x.folded, name)
}

// fold looks a name up by its folded form. What stands before a slash may be left away only where it is a known vendor's
// name: somebody who writes work/gpt-4o means an account of theirs, and must not be sent to another.
func (x *Index) fold(names map[string]Resolution, name string) (Resolution, bool) {
	if before, _, ok := strings.Cut(name, "/"); ok && !x.vendors[strings.ToLower(before)] {
		return Resolution{}, false
	}
	r, ok := names[Fold(name)]
	return r, ok
}

// Names lists the model names to show to clients, sorted: each as it is offered, and for a family that is offered only
// by snapshots its undated name where that resolves.
func (x *Index) Names() []string { return slices.Clone(x.names) }

func (x *Index) listNames() {
	undated := map[string]bool{} // families of which an undated spelling is offered
	for name := range x.exact {
		x.names = append(x.names, name)
		if n := Canonical(name); !n.Dated() {
			undated[n.Family] = true
		}
	}
	for key, r := range x.folded {
		if n := Canonical(key); !n.Dated() && !undated[n.Family] {
			x.names = append(x.names, r.Model)
		}
	}
	slices.Sort(x.names)
	x.names = slices.Compact(x.names)
}

// UnknownModel says that no account offers what a name asks for.
type UnknownModel struct {
	Name    string
	Nearest []string // at most five names that resolve, the nearest first
	Alias   string   // what the name is an alias for, where it is one
	None    bool     // there is not a single model yet
}

func (e *UnknownModel) Error() string {
	what := fmt.Sprintf("no account offers a model %q", e.Name)
	if e.Alias != "" {
		what = fmt.Sprintf("%q is an alias for %q, which no account offers", e.Name, e.Alias)
	}
	switch {
	case e.None:
		return what + ": no account has any model yet; add one with metapi accounts add"
	case len(e.Nearest) == 0:
		return what + "; metapi models lists those there are"
	}
	return what + "; the nearest are " + strings.Join(e.Nearest, ", ")
}
