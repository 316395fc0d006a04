package gateway

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Refusal is what was turned away at the door, as often as it came: for the doctor, since who was refused often tells nobody. It holds no
// key, and nothing of what was asked.
type Refusal struct {
	Why   RefusedFor
	Agent string // what it calls itself, the first word of its User-Agent; may be empty
	Path  string // of the endpoint that it asked, without a model's name; empty where that does not matter
	Named string // the Host or the Origin that was refused
	Count int64
	Last  time.Time
}

// RefusedFor is why the door stayed shut.
type RefusedFor string

const (
	NoKey       RefusedFor = "no-key"
	WrongKey    RefusedFor = "wrong-key"
	ForeignHost RefusedFor = "foreign-host"
	WebPage     RefusedFor = "web-page"
)

// Bounds of what is remembered, whoever knocks.
const (
	mostRefusals = 32
	mostOfAName  = 80
)

// refusals remembers the latest. The zero value is ready, and safe for concurrent use.
type refusals struct {
	mu   sync.Mutex // guards list
	list []Refusal  // the latest last
}

// note remembers that r was refused. What it carries may be anything: what is kept of it is short, and no key.
func (m *refusals) note(r *http.Request, why RefusedFor, named string) {
	n := Refusal{Why: why, Agent: brief(firstWord(r.UserAgent())), Named: brief(named)}
	if why == NoKey || why == WrongKey {
		n.Path, _, _ = strings.Cut(brief(r.URL.Path), "/models/")
	}
	for _, key := range presentedKeys(r) {
		if key != "" && strings.Contains(r.UserAgent(), key) { // all of it: what is cut short holds a part of a key
			n.Agent = ""
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	n.Count, n.Last = 1, time.Now()
	if i := slices.IndexFunc(m.list, n.like); i >= 0 {
		n.Count += m.list[i].Count
		m.list = slices.Delete(m.list, i, i+1)
	} else if len(m.list) == mostRefusals {
		m.list = slices.Delete(m.list, 0, 1)
	}
	m.list = append(m.list, n)
}

func (n Refusal) like(o Refusal) bool {
	return n.Why == o.Why && n.Agent == o.Agent && n.Path == o.Path && n.Named == o.Named
}

// Refusals are who was turned away lately, the latest first.
func (g *Gateway) Refusals() []Refusal {
	g.refused.mu.Lock()
	defer g.refused.mu.Unlock()
	list := slices.Clone(g.refused.list)
	slices.Reverse(list)
	return list
}

func firstWord(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return words[0]
	}
	return ""
}

// brief cuts a name short, and takes out what does not print.
func brief(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	for i := range s {
		if i >= mostOfAName {
			return s[:i]
		}
	}
	return s
}
