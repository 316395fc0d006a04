package capture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"metapi/backend/routing"
)

// Settings is what the user wants kept.
type Settings struct {
	Clients   []string `json:"clients,omitempty"` // ids
	Days      int      `json:"days"`
	Megabytes int      `json:"megabytes"`
}

// Defaults keep nothing.
var Defaults = Settings{Days: 7, Megabytes: 50}

// Folder is the name of the folder in the data folder.
const Folder = "captured"

// most is how many bytes of each side are kept.
const most = 256 << 10

const (
	waiting    = 64        // requests that may wait to be written; more are not kept
	sweepEvery = time.Hour // how often what has expired is looked for
)

// Side is what one of the two has said.
type Side struct {
	Text string `json:"text"`
	Size int64  `json:"size" doc:"Bytes that it had"`
	Cut  bool   `json:"cut,omitempty" doc:"The text is only the beginning of it"`
}

// Captured is what was said in a request, without secrets.
type Captured struct {
	ID      string    `json:"id"`
	Client  string    `json:"client" doc:"The client's id"`
	Time    time.Time `json:"time"`
	Request Side      `json:"request"`
	Reply   Side      `json:"reply"`
	Stream  bool      `json:"stream,omitempty" doc:"The reply came as a stream, which has been put together"`
}

// Holding is how much is kept.
type Holding struct {
	Requests int       `json:"requests"`
	Bytes    int64     `json:"bytes"`
	Oldest   time.Time `json:"oldest,omitzero"`
	Missed   int64     `json:"missed,omitempty" doc:"Requests that could not be kept since the start"`
}

// Options is what a [Store] is made of.
type Options struct {
	Dir  string                     // the data folder
	Mask func() func(string) string // takes secrets out; asked for anew with each request, since there may be new ones
	Now  func() time.Time           // default: time.Now
	Log  *slog.Logger               // default: slog.Default()
}

// Store keeps what is said. All methods are safe for concurrent use.
type Store struct {
	Options
	clients atomic.Pointer[map[string]bool] // nil: none
	missed  atomic.Int64
	queue   chan queued
	done    chan struct{}

	mu      sync.Mutex // guards what follows, and the folder
	set     Settings
	emptied int // how often all was deleted: what was said before that is not written any more
	loaded  bool
	files   []file // oldest first
	bytes   int64
	closed  bool
}

type queued struct {
	*routing.Said
	emptied int
}

type file struct {
	name string
	size int64
	time time.Time
}

// New returns a store that keeps what set says. Nothing is read or written before there is need.
func New(o Options, set Settings) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Store{Options: o, queue: make(chan queued, waiting), done: make(chan struct{})}
	s.Set(set)
	go s.work()
	return s
}

// On reports whether what a client says is kept. It takes no lock.
func (s *Store) On(client string) bool {
	on := s.clients.Load()
	return on != nil && (*on)[client]
}

// Keep takes said over, to be written soon. It does not wait.
func (s *Store) Keep(said *routing.Said) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	select {
	case s.queue <- queued{said, s.emptied}:
	default:
		s.missed.Add(1)
	}
}

// Set says what is kept from now on.
func (s *Store) Set(set Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = set
	s.clients.Store(nil)
	if len(set.Clients) > 0 {
		on := map[string]bool{}
		for _, id := range set.Clients {
			on[id] = true
		}
		s.clients.Store(&on)
	}
	s.sweep()
}

// Settings is what is in force.
func (s *Store) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.set
	set.Clients = slices.Clone(set.Clients)
	return set
}

// Close writes what waits, and ends.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
	s.mu.Unlock()
	<-s.done
	return nil
}

// Run deletes what has expired, now and again, until ctx ends.
func (s *Store) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		s.mu.Lock()
		s.sweep()
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Store) work() {
	defer close(s.done)
	for q := range s.queue {
		c := s.present(q.Said)
		if err := s.write(c, q.emptied); err != nil {
			s.missed.Add(1)
			s.Log.Warn("what was said cannot be captured", "request", q.ID, "error", err)
		}
	}
}

// present makes of what was said what may be kept.
func (s *Store) present(said *routing.Said) *Captured {
	mask := s.Mask()
	c := &Captured{ID: said.ID, Client: said.Client, Time: said.Start.UTC(), Stream: said.Stream}
	c.Request = side(said.Request, said.Request, int64(len(said.Request)), mask)
	c.Reply = side(said.Reply, readable(said), said.ReplySize, mask)
	return c
}

// side is what is shown of raw.
func side(raw, shown []byte, size int64, mask func(string) string) Side {
	text := masked(shown, mask)
	out := Side{Text: text, Size: size, Cut: int64(len(raw)) < size}
	if len(text) > most {
		out.Text, out.Cut = strings.ToValidUTF8(text[:most], ""), true
	}
	return out
}

// write makes c a file, unless the user has changed their mind in the meantime.
func (s *Store) write(c *Captured, emptied int) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if emptied != s.emptied || !s.On(c.Client) {
		return nil
	}
	name := c.ID + ".json"
	if !fs.ValidPath(name) || strings.ContainsAny(name, `/\`) {
		return fmt.Errorf("%q is no name of a file", name)
	}
	s.load()
	if err := os.MkdirAll(s.folder(), 0o700); err != nil {
		return err
	}
	path := filepath.Join(s.folder(), name)
	if err := os.WriteFile(path+".tmp", b, 0o600); err != nil {
		os.Remove(path + ".tmp") // a full disk leaves a part of it
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		os.Remove(path + ".tmp")
		return err
	}
	s.files, s.bytes = append(s.files, file{name, int64(len(b)), s.Now()}), s.bytes+int64(len(b))
	s.sweep()
	return nil
}

func (s *Store) folder() string { return filepath.Join(s.Dir, Folder) }

// load looks at what there is. mu is held.
func (s *Store) load() {
	if s.loaded {
		return
	}
	s.loaded = true
	entries, err := os.ReadDir(s.folder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.Log.Warn("what was captured cannot be listed", "error", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue
		}
		if !strings.HasSuffix(e.Name(), ".json") { // what a kill has left
			os.Remove(filepath.Join(s.folder(), e.Name()))
			continue
		}
		s.files, s.bytes = append(s.files, file{e.Name(), info.Size(), info.ModTime()}), s.bytes+info.Size()
	}
	slices.SortStableFunc(s.files, func(a, b file) int { return a.time.Compare(b.time) })
}

// sweep deletes what is too old, or too much. mu is held.
func (s *Store) sweep() {
	s.load()
	oldest := s.Now().Add(-time.Duration(s.set.Days) * 24 * time.Hour)
	limit := int64(s.set.Megabytes) << 20
	for len(s.files) > 0 && (!s.files[0].time.After(oldest) || s.bytes > limit) {
		if err := os.Remove(filepath.Join(s.folder(), s.files[0].name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.Log.Warn("what was captured cannot be deleted", "error", err)
			return
		}
		s.bytes -= s.files[0].size
		s.files = s.files[1:]
	}
}

// Get is what was said in a request, where that is kept.
func (s *Store) Get(id string) (c Captured, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if !slices.ContainsFunc(s.files, func(f file) bool { return f.name == id+".json" }) {
		return c, false, nil
	}
	b, err := os.ReadFile(filepath.Join(s.folder(), id+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	return c, true, json.NewDecoder(bytes.NewReader(b)).Decode(&c)
}

// Holding is how much is kept.
func (s *Store) Holding() (h Holding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	h = Holding{Requests: len(s.files), Bytes: s.bytes, Missed: s.missed.Load()}
	if len(s.files) > 0 {
		h.Oldest = s.files[0].time.UTC()
	}
	return h
}

// Empty deletes all that is kept, and what waits to be.
func (s *Store) Empty() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emptied++
	err := os.RemoveAll(s.folder())
	s.files, s.bytes, s.loaded = nil, 0, false // what could not be removed is looked at again
	s.load()
	return err
}
