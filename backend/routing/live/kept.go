package live

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"time"

	"metapi/backend/protocol"
)

// What is learned outlives the process: [Registry.Keep] and [Memory.Keep] make of it what can be written as JSON, and [Registry.Restore] and
// [Memory.Restore] take it in again. Figures carry their times, so that they have faded by what has passed in between; habits have none, and fade by
// how long ago they were written. Whether something cools is not kept: who starts Metapi anew wants it tried anew.

// Kept is the figures of deployments and hosts.
type Kept struct {
	Deployments map[string]*keptFigures `json:"deployments,omitempty"` // by id
	Hosts       map[string]*keptFigures `json:"hosts,omitempty"`       // by address
}

// How many deployments and hosts are kept, those that were asked last, and for how long.
const (
	mostKept = 2048
	keptFor  = 60 * 24 * time.Hour
)

// keptFigures is [figures] at rest, and, of a deployment, what is [seen] of it.
type keptFigures struct {
	Failing Share                `json:"failing"`
	Billed  Spread               `json:"billed,omitzero"`
	Waits   [2][sizes]*keptWaits `json:"waits"`
	Seen    *keptSeen            `json:"seen,omitempty"`
}

type keptWaits struct {
	Recent Spread `json:"recent"`
	Past   Spread `json:"past"`
	Slow   int64  `json:"slow,omitempty"`
}

type keptSeen struct {
	Tries float64                   `json:"tries"`
	Wrong map[protocol.Kind]float64 `json:"wrong,omitempty"`
	First Spread                    `json:"first,omitzero"`
	Took  Spread                    `json:"took,omitzero"`
	Speed Spread                    `json:"speed,omitzero"`
	Last  Fault                     `json:"last,omitzero"`
	At    int64                     `json:"at"`
}

func (f *figures) keep() *keptFigures {
	fate := f.fate.Load()
	if fate == nil {
		return nil
	}
	k := &keptFigures{Failing: fate.failing, Billed: fate.billed}
	for kind := range f.waits {
		for size := range sizes {
			if w := f.waits[kind][size].Load(); w != nil {
				k.Waits[kind][size] = &keptWaits{w.recent, w.past, w.slow}
			}
		}
	}
	return k
}

func (d *Deployment) keep() *keptFigures {
	k, f := d.figures.keep(), &d.seen
	if k != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		k.Seen = &keptSeen{f.tries, maps.Clone(f.wrong), f.first, f.took, f.speed, f.last, f.at}
	}
	return k
}

// take puts what was kept for a key into figures that know nothing; of a host nothing is seen.
func take(kept map[string]*keptFigures, key string, f *figures, see *seen) {
	k := kept[key]
	if k == nil {
		return
	}
	delete(kept, key)
	f.fate.Store(&fate{failing: k.Failing, billed: k.Billed})
	if s := k.Seen; s != nil && see != nil {
		see.mu.Lock()
		defer see.mu.Unlock()
		see.tries, see.wrong, see.first, see.took, see.speed, see.last, see.at = s.Tries, s.Wrong, s.First, s.Took, s.Speed, s.Last, s.At
	}
	for kind := range k.Waits {
		for size, w := range k.Waits[kind] {
			if w != nil {
				f.waits[kind][size].Store(&waits{w.Recent, w.Past, w.Slow})
			}
		}
	}
}

// Keep is what the registry knows, with what it was given and has had no use for.
func (r *Registry) Keep(now time.Time) Kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := Kept{maps.Clone(r.kept.Deployments), maps.Clone(r.kept.Hosts)}
	if k.Deployments == nil {
		k.Deployments = map[string]*keptFigures{}
	}
	if k.Hosts == nil {
		k.Hosts = map[string]*keptFigures{}
	}
	for id, d := range r.deployments {
		if f := d.keep(); f != nil {
			k.Deployments[id] = f
		}
	}
	for address, h := range r.hosts {
		if f := h.figures.keep(); f != nil {
			k.Hosts[address] = f
		}
	}
	k.Deployments, k.Hosts = newest(k.Deployments, now), newest(k.Hosts, now)
	return k
}

// newest leaves out what is long past, and what is too many.
func newest(all map[string]*keptFigures, now time.Time) map[string]*keptFigures {
	maps.DeleteFunc(all, func(_ string, k *keptFigures) bool { return now.UnixNano()-k.Failing.at > int64(keptFor) })
	if over := len(all) - mostKept; over > 0 {
		keys := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Compare(all[a].Failing.at, all[b].Failing.at) })
		for _, key := range keys[:over] {
			delete(all, key)
		}
	}
	return all
}

// Restore gives a registry that knows nothing yet what an earlier one kept.
func (r *Registry) Restore(k Kept, now time.Time) error {
	for _, all := range []map[string]*keptFigures{k.Deployments, k.Hosts} {
		for _, f := range all {
			if f == nil || f.Seen != nil && !f.Seen.sound() {
				return errUnsound
			}
			f.notAfter(now.UnixNano())
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = k
	return nil
}

// notAfter takes back times that have yet to come, since the clock was set back: what they belong to would not fade until then.
func (k *keptFigures) notAfter(now int64) {
	k.Failing.at, k.Failing.down = min(k.Failing.at, now), min(k.Failing.down, now)
	spreads := []*Spread{&k.Billed}
	if s := k.Seen; s != nil {
		s.At = min(s.At, now)
		spreads = append(spreads, &s.First, &s.Took, &s.Speed)
		if s.Last.At.UnixNano() > now {
			s.Last.At = time.Unix(0, now)
		}
	}
	for kind := range k.Waits {
		for _, w := range k.Waits[kind] {
			if w != nil {
				w.Slow = min(w.Slow, now)
				spreads = append(spreads, &w.Recent, &w.Past)
			}
		}
	}
	for _, s := range spreads {
		s.at = min(s.at, now)
	}
}

// sound reports whether it can have been kept by us.
func (s *keptSeen) sound() bool {
	sum := 0.0
	for _, n := range s.Wrong {
		if n < 0 {
			return false
		}
		sum += n
	}
	return s.Tries >= 0 && s.Tries < heaviest && sum <= s.Tries+1e-6
}

var errUnsound = errors.New("it holds figures that cannot be")

// No figure of ours is further out.
const (
	heaviest = 1e9
	furthest = 60 // a logarithm
)

// MarshalJSON writes a spread as four numbers.
func (s Spread) MarshalJSON() ([]byte, error) {
	return json.Marshal([4]float64{s.weight, s.mean, s.variance, float64(s.at)})
}

// UnmarshalJSON reads what [Spread.MarshalJSON] wrote, and nothing that would make figures of no sense.
func (s *Spread) UnmarshalJSON(b []byte) error {
	var v [4]float64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*s = Spread{v[0], v[1], v[2], int64(v[3])}
	if s.weight < 0 || s.weight > heaviest || math.Abs(s.mean) > furthest || s.variance < 0 || s.variance > furthest*furthest || math.Abs(v[3]) > math.MaxInt64/2 {
		return errUnsound
	}
	return nil
}

// MarshalJSON writes a share as four numbers.
func (s Share) MarshalJSON() ([]byte, error) {
	return json.Marshal([4]float64{s.tries, s.wrong, float64(s.at), float64(s.down)})
}

// UnmarshalJSON reads what [Share.MarshalJSON] wrote, and nothing that would make figures of no sense.
func (s *Share) UnmarshalJSON(b []byte) error {
	var v [4]float64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*s = Share{v[0], v[1], int64(v[2]), int64(v[3])}
	if s.tries < 0 || s.tries > heaviest || s.wrong < 0 || s.wrong > s.tries+1e-6 || max(math.Abs(v[2]), math.Abs(v[3])) > math.MaxInt64/2 {
		return errUnsound
	}
	return nil
}

// KeptMemory is what a [Memory] knows.
type KeptMemory struct {
	Outputs  []keptHabit   `json:"outputs,omitempty"`
	Sessions []keptHabit   `json:"sessions,omitempty"`
	Writes   []keptHabit   `json:"writes,omitempty"`
	Caches   []keptSession `json:"caches,omitempty"` // oldest first
}

type keptHabit struct {
	Client string  `json:"client"`
	Model  string  `json:"model,omitempty"`
	Weight float64 `json:"weight"`
	Value  float64 `json:"value"`
}

type keptSession struct {
	Client string     `json:"client"`
	ID     string     `json:"id"`
	Warm   []keptWarm `json:"warm"`
}

type keptWarm struct {
	Deployment string    `json:"deployment"`
	Tokens     int64     `json:"tokens"`
	Until      time.Time `json:"until"`
}

// habitHalfLife is how soon habits fade that are not confirmed: while Metapi runs they are, and it is by their number that they give way.
const habitHalfLife = 30 * 24 * time.Hour

// sessionOver is how long after its caches have gone cold a session is taken to be over.
const sessionOver = time.Hour

// longestSession is what is kept of a session's id, which its client chooses.
const longestSession = 256 // bytes

// Keep is what the memory knows.
func (m *Memory) Keep(now time.Time) KeptMemory {
	var k KeptMemory
	each(&m.habits.outputs, func(u use, v mean) { k.Outputs = append(k.Outputs, keptHabit{u.client, u.model, v.weight, v.value}) })
	each(&m.habits.sessions, func(client string, v mean) { k.Sessions = append(k.Sessions, keptHabit{client, "", v.weight, v.value}) })
	each(&m.habits.writes, func(client string, v mean) { k.Writes = append(k.Writes, keptHabit{client, "", v.weight, v.value}) })
	for _, list := range [][]keptHabit{k.Outputs, k.Sessions, k.Writes} {
		slices.SortFunc(list, func(a, b keptHabit) int {
			return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Model, b.Model))
		})
	}
	m.caches.mu.Lock()
	defer m.caches.mu.Unlock()
	for _, s := range m.caches.oldest {
		kept := keptSession{Client: s.client, ID: s.id}
		for _, w := range m.caches.sessions[s] {
			if now.Sub(w.until) < sessionOver {
				kept.Warm = append(kept.Warm, keptWarm{w.deployment, w.tokens, w.until})
			}
		}
		if len(kept.Warm) > 0 && len(s.id) <= longestSession {
			k.Caches = append(k.Caches, kept)
		}
	}
	return k
}

// each calls fn for each mean of a habit.
func each[K comparable](h *habit[K], fn func(K, mean)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k, v := range h.means {
		fn(k, v)
	}
}

// Restore takes in what a memory kept some time ago.
func (m *Memory) Restore(k KeptMemory, age time.Duration) error {
	left := math.Exp2(-float64(max(age, 0)) / float64(habitHalfLife))
	for _, list := range [][]keptHabit{k.Outputs, k.Sessions, k.Writes} {
		for _, h := range list {
			if !(h.Weight >= 0 && h.Weight < heaviest && h.Value >= 0 && h.Value < heaviest) {
				return errUnsound
			}
		}
	}
	put(&m.habits.outputs, k.Outputs, left, func(h keptHabit) use { return use{h.Client, h.Model} })
	put(&m.habits.sessions, k.Sessions, left, func(h keptHabit) string { return h.Client })
	put(&m.habits.writes, k.Writes, left, func(h keptHabit) string { return h.Client })
	for _, s := range k.Caches {
		for _, w := range slices.Backward(s.Warm) { // the first is the last that was noted
			m.caches.Note(session{s.Client, s.ID}, w.Deployment, w.Tokens, w.Until)
		}
	}
	return nil
}

func put[K comparable](h *habit[K], list []keptHabit, left float64, key func(keptHabit) K) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.means = make(map[K]mean, len(list))
	for _, k := range list[:min(len(list), mostHabits)] {
		h.means[key(k)] = mean{k.Weight * left, k.Value}
	}
}
