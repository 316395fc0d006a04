package runaway

import (
	"fmt"
	"hash/maphash"
	"sync"
	"time"
)

// The limits.
const (
	window    = 10 * time.Minute
	alike     = 20          // requests of one size within the window, before their bodies are read
	identical = 20          // of those, with the same body but for digits
	steps     = 25          // turns in a row that grow, and are answered, by the same amount
	brisk     = time.Minute // within which such turns follow each other
	leeway    = 8           // bytes that the growth of such turns may differ by
	floor     = 30_000_000  // tokens within the window, below which no speed is too much: a dozen agents without a cache need half of it
	busier    = 3           // busiest hours that the window must come to
	quiet     = time.Hour   // between two alarms of a client
	maxKept   = 512         // sizes and sessions of a client, each
)

// Request is what the guard looks at of a request that has ended.
type Request struct {
	Client  string
	Session string // "" where it is not known
	At      time.Time
	Body    []byte // not kept
	Fresh   int64  // tokens, but for those read from a cache
	Output  int64  // tokens
}

// Alarm is a client that seems to have run away.
type Alarm struct {
	Client string
	Why    string // in words that go on from "Codex has sent"
}

// Guard watches clients. It is safe for concurrent use.
type Guard struct {
	Raise func(Alarm)               // called with the guard locked
	Usual func(client string) int64 // tokens of the client's busiest hour so far; nil: nothing is known

	mu      sync.Mutex
	clients map[string]*habits
	seed    maphash.Seed
}

// habits are what a client did lately.
type habits struct {
	until    time.Time // no alarm before
	sizes    map[int]*burst
	bodies   map[uint64]*burst
	sessions map[string]*walk
	minutes  [int(window / time.Minute)]minute
}

// burst counts what is alike, from its first on for as long as the window.
type burst struct {
	since time.Time
	n     int
}

// walk is how a session goes.
type walk struct {
	last          time.Time
	size          int
	grown, output int64
	same          int
}

type minute struct {
	at     int64
	tokens int64
}

// Watch takes in a request.
func (g *Guard) Watch(r Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.clients == nil {
		g.clients, g.seed = map[string]*habits{}, maphash.MakeSeed()
	}
	h := g.clients[r.Client]
	if h == nil {
		h = &habits{sizes: map[int]*burst{}, bodies: map[uint64]*burst{}, sessions: map[string]*walk{}}
		g.clients[r.Client] = h
	}
	why := h.step(r)
	if said := h.hurry(r, g.Usual); said != "" {
		why = said
	}
	if r.At.Before(h.until) {
		return
	}
	if said := h.repeat(r, g.seed); said != "" {
		why = said
	}
	if why != "" {
		h.until = r.At.Add(quiet)
		clear(h.sizes)
		clear(h.bodies)
		clear(h.sessions)
		g.Raise(Alarm{r.Client, why})
	}
}

// repeat counts bodies that are the same but for digits.
func (h *habits) repeat(r Request, seed maphash.Seed) string {
	if len(r.Body) == 0 || count(h.sizes, len(r.Body)/64, r.At) <= alike {
		return ""
	}
	if n := count(h.bodies, wordsOf(r.Body, seed), r.At); n >= identical {
		return fmt.Sprintf("more than %d near-identical requests within ten minutes", alike+identical-1)
	}
	return ""
}

// step counts turns of a session that are like the one before.
func (h *habits) step(r Request) string {
	if r.Session == "" || len(r.Body) == 0 {
		return ""
	}
	w := h.sessions[r.Session]
	if w == nil {
		if len(h.sessions) >= maxKept {
			clear(h.sessions)
		}
		w = &walk{}
		h.sessions[r.Session] = w
	}
	grown := int64(len(r.Body) - w.size)
	if r.At.Sub(w.last) < brisk && near(grown, w.grown) && r.Output == w.output {
		w.same++
	} else {
		w.same = 0
	}
	w.last, w.size, w.grown, w.output = r.At, len(r.Body), grown, r.Output
	if w.same >= steps {
		return fmt.Sprintf("%d requests of one session in a row that do the same again", steps)
	}
	return ""
}

func near(a, b int64) bool { return a-b <= leeway && b-a <= leeway }

// hurry counts tokens.
func (h *habits) hurry(r Request, usual func(string) int64) string {
	now := r.At.Unix() / 60
	m := &h.minutes[now%int64(len(h.minutes))]
	if m.at != now {
		*m = minute{at: now}
	}
	m.tokens += r.Fresh
	sum := int64(0)
	for _, m := range h.minutes {
		if now-m.at < int64(len(h.minutes)) {
			sum += m.tokens
		}
	}
	if sum < floor || usual != nil && sum < busier*usual(r.Client) {
		return ""
	}
	return fmt.Sprintf("%d million tokens within ten minutes, far more than it usually does", sum/1_000_000)
}

// count counts one more of a kind.
func count[K comparable](of map[K]*burst, k K, at time.Time) int {
	b := of[k]
	if b == nil || at.Sub(b.since) > window {
		if b == nil && len(of) >= maxKept {
			clear(of)
		}
		b = &burst{since: at}
		of[k] = b
	}
	b.n++
	return b.n
}

// wordsOf is a hash of all but the digits.
func wordsOf(body []byte, seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	from := 0
	for i, c := range body {
		if '0' <= c && c <= '9' {
			h.Write(body[from:i])
			from = i + 1
		}
	}
	h.Write(body[from:])
	return h.Sum64()
}
