package live

import (
	"sync"
	"time"

	"metapi/backend/protocol"
)

// Memory is what is remembered of clients and their sessions, and what it makes of a request to come. The zero value knows nothing; all methods
// are safe for concurrent use.
type Memory struct {
	habits Habits
	caches Caches
}

// Turn is one request of a client.
type Turn struct {
	Client  string
	Session string // "" where that is not known
	Model   string // canonical
}

// session tells the sessions of two clients apart.
type session struct{ client, id string }

func (t Turn) key() session { return session{t.Client, t.Session} }

// Output is how many tokens are expected to be written.
func (m *Memory) Output(t Turn) float64 { return m.habits.Output(t.Client, t.Model) }

// Turns is how many requests are expected to follow in the session.
func (m *Memory) Turns(t Turn) float64 {
	if t.Session == "" {
		return 0
	}
	return m.habits.Turns(t.Client)
}

// Marks reports whether the client has its prompts written to caches that want to be asked to.
func (m *Memory) Marks(t Turn) bool { return m.habits.Marks(t.Client) }

// Cached is how many tokens of the session's prompt a deployment's cache is likely to hold.
func (m *Memory) Cached(t Turn, deployment string, now time.Time) int64 {
	if t.Session == "" {
		return 0
	}
	return m.caches.Warm(t.key(), deployment, now)
}

// Caching says how a deployment's cache is billed.
type Caching uint8

const (
	NoCache   Caching = iota
	Automatic         // it holds what it has read, by itself
	Asked             // it holds what it is asked to, and bills the writing
)

// How long a vendor's cache holds a prompt that is not read again: Anthropic's by its documentation, the others' at least.
const (
	cacheLasts     = 5 * time.Minute
	cacheLastsHour = time.Hour
)

// leastCached is the shortest prompt that caches which work by themselves hold: OpenAI's and Google's documentation.
const leastCached = 1024 // tokens

// Learn takes in what a turn has used at a deployment.
func (m *Memory) Learn(t Turn, deployment string, u protocol.Usage, c Caching, now time.Time) {
	m.habits.Wrote(t.Client, t.Model, u.Output)
	if t.Session == "" {
		return
	}
	m.habits.Asked(t.Client, m.caches.Known(t.key()))
	held, lasts := u.CacheRead+u.CacheWrite+u.CacheWrite1h, cacheLasts
	if u.CacheWrite1h > 0 {
		lasts = cacheLastsHour
	}
	switch {
	case c == Asked:
		m.habits.Marked(t.Client, u.CacheWrite+u.CacheWrite1h > 0)
	case c == Automatic && u.Prompt() >= leastCached:
		held = u.Prompt()
	}
	m.caches.Note(t.key(), deployment, held, now.Add(lasts))
}

// Habits is what has been learned of how clients use models: how much they have written, and how long their sessions are. The zero value knows
// nothing; all methods are safe for concurrent use.
type Habits struct {
	outputs  habit[use]
	sessions habit[string] // by client: whether a request goes on with a session
	writes   habit[string] // by client: whether its prompts are written to caches that want to be asked
}

// use is a client's of a model; one without a model is the client's of any.
type use struct{ client, model string }

// habit holds a mean for each key, of some thousands of keys at most: those who come later have none of their own.
type habit[K comparable] struct {
	mu    sync.Mutex
	means map[K]mean // guarded by mu
}

const mostHabits = 8192

type mean struct{ weight, value float64 }

func (h *habit[K]) learn(key K, x, window float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m, ok := h.means[key]
	if !ok && len(h.means) >= mostHabits {
		return
	}
	if h.means == nil {
		h.means = map[K]mean{}
	}
	m.weight = min(m.weight+1, window)
	m.value += (x - m.value) / m.weight
	h.means[key] = m
}

// drawn is the mean of a key, drawn to what was expected before by some samples.
func (h *habit[K]) drawn(key K, expected, worth float64) float64 {
	h.mu.Lock()
	m := h.means[key]
	h.mu.Unlock()
	return (expected*worth + m.value*m.weight) / (worth + m.weight)
}

// What is expected of a client that nothing is known of.
const (
	usualOutput  = 400 // tokens
	usualFollow  = 0.5 // of its requests are followed by another of the same session
	worthUsual   = 3   // samples
	outputWindow = 50
	followWindow = 200
	mostTurns    = 10 // that are counted on
)

// Wrote takes in how many tokens a model wrote for a client.
func (h *Habits) Wrote(client, model string, output int64) {
	h.outputs.learn(use{client, ""}, float64(output), outputWindow)
	h.outputs.learn(use{client, model}, float64(output), outputWindow)
}

// Output is how many tokens a model is expected to write for a client: the mean, since it is money that is expected.
func (h *Habits) Output(client, model string) float64 {
	any := h.outputs.drawn(use{client, ""}, usualOutput, worthUsual)
	return h.outputs.drawn(use{client, model}, any, worthUsual)
}

// Asked takes in a request of a client: whether it goes on with a session that is known.
func (h *Habits) Asked(client string, goesOn bool) {
	h.sessions.learn(client, truth(goesOn), followWindow)
}

// Turns is how many requests are expected to follow one of a client in the same session.
func (h *Habits) Turns(client string) float64 {
	follow := h.sessions.drawn(client, usualFollow, worthUsual)
	return min(follow/(1-min(follow, 0.99)), mostTurns)
}

// Marked takes in whether a prompt of the client's has been written to a cache that wants to be asked to.
func (h *Habits) Marked(client string, written bool) {
	h.writes.learn(client, truth(written), followWindow)
}

// Marks reports whether the client has its prompts written to caches.
func (h *Habits) Marks(client string) bool { return h.writes.drawn(client, 0, worthUsual) > 0.3 }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Caches knows where the prompts of sessions have been read last, and so in whose cache they are likely to be. The zero value is empty; all
// methods are safe for concurrent use.
type Caches struct {
	mu       sync.Mutex
	sessions map[session][]warm // guarded by mu
	oldest   []session          // the sessions, by when they came; guarded by mu
}

// warm is what a deployment's cache is likely to hold of a session.
type warm struct {
	deployment string
	tokens     int64
	until      time.Time
}

const (
	mostSessions = 4096
	mostWarm     = 4 // deployments of one session
)

// Note says that a deployment's cache holds some tokens of a session's prompt until a time.
func (c *Caches) Note(of session, deployment string, tokens int64, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, known := c.sessions[of]
	if !known {
		if c.sessions == nil {
			c.sessions = map[session][]warm{}
		}
		if len(c.oldest) >= mostSessions {
			delete(c.sessions, c.oldest[0])
			c.oldest = c.oldest[1:]
		}
		c.oldest = append(c.oldest, of)
	}
	if known && list[0].deployment == deployment { // as it usually is
		list[0] = warm{deployment, tokens, until}
		return
	}
	kept := make([]warm, 0, mostWarm)
	kept = append(kept, warm{deployment, tokens, until})
	for _, w := range list {
		if w.deployment != deployment && len(kept) < mostWarm {
			kept = append(kept, w)
		}
	}
	c.sessions[of] = kept
}

// Known reports whether the session has been seen.
func (c *Caches) Known(of session) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.sessions[of]
	return ok
}

// Warm is how many tokens of the session's prompt a deployment's cache is likely to hold at now.
func (c *Caches) Warm(of session, deployment string, now time.Time) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.sessions[of] {
		if w.deployment == deployment && now.Before(w.until) {
			return w.tokens
		}
	}
	return 0
}
