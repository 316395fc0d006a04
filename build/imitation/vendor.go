package imitation

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Kind names the vendor that is imitated.
type Kind string

// The vendors.
const (
	OpenAI    Kind = "openai"
	Anthropic Kind = "anthropic"
	Gemini    Kind = "gemini"
)

// defaultModels are what a vendor offers where WithModels does not say.
var defaultModels = map[Kind][]string{
	OpenAI:    {"gpt-4o", "gpt-4o-mini", "gpt-5", "o3", "text-embedding-3-small"},
	Anthropic: {"claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-8"},
	Gemini:    {"gemini-2.5-pro", "gemini-2.5-flash", "gemini-3.1-pro-preview"},
}

// TB is the part of testing.TB that New needs.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Vendor is one running imitation on a loopback port. Its methods are safe for concurrent use.
type Vendor struct {
	Kind    Kind
	URL     string // http://127.0.0.1:port
	BaseURL string // what a person would paste: with /v1 for OpenAI, bare for Anthropic and Gemini
	Key     string // the first of its keys

	cfg     config
	secret  []byte // signs thinking; one for all imitations of a vendor in a process, see seal.go
	handler http.Handler
	front   http.HandlerFunc // what the listener serves; serve, but for a vendor of several protocols

	mu         sync.Mutex
	changed    *sync.Cond // broadcast after each change of seen
	seen       []*Seen
	violations []string
	replies    []Reply
	faults     []Fault
	pace       Pace
	stored     map[string]*stored // Responses, by account key + response id
	filed      map[string]*filed  // files and batches, by account key + id
	order      []string           // of filed
	server     *http.Server
	listener   net.Listener
	trap       *trap
	closed     bool

	stop    chan struct{} // closed by Close: ends stalls and delays
	running sync.WaitGroup
}

type config struct {
	storeless       bool
	compacts        bool
	keys            []string
	models          []string
	addr            string
	pageSize        int
	forbidden       []string
	allowViolations bool
	control         bool
	unchecked       bool
	cached          []string
	only            Op
	ranks           bool
	as              *Compatible
	bothForms       bool // the key may come in two headers at once
	keyless         bool // wants no key
}

// Option sets up a Vendor.
type Option func(*config)

// WithKey adds accounts by their keys; each key is an account of its own, with its own stored responses and its own
// encrypted reasoning. Without it the vendor has one key, "sk-imitation-<kind>".
func WithKey(keys ...string) Option { return func(c *config) { c.keys = append(c.keys, keys...) } }

// WithModels names the models on offer; any other is answered with the vendor's 404.
func WithModels(names ...string) Option {
	return func(c *config) { c.models = append(c.models, names...) }
}

// WithAddr sets the address to listen on; the default is a free port of 127.0.0.1.
func WithAddr(addr string) Option { return func(c *config) { c.addr = addr } }

// WithPageSize bounds a page of a model listing (Anthropic, Gemini), so that small lists have several pages.
func WithPageSize(n int) Option { return func(c *config) { c.pageSize = n } }

// WithForbidden names texts that must never arrive, in any header, query, path or body: local keys, other accounts' keys.
func WithForbidden(texts ...string) Option {
	return func(c *config) { c.forbidden = append(c.forbidden, texts...) }
}

// WithCachedContent names the cachedContents/... that exist (Gemini); others are refused.
func WithCachedContent(names ...string) Option {
	return func(c *config) { c.cached = append(c.cached, names...) }
}

// WithCompaction serves POST /v1/responses/compact (OpenAI); without it that path is not there, as at most servers that speak Responses.
func WithCompaction() Option { return func(c *config) { c.compacts = true } }

// WithRerank serves POST /v1/rerank (OpenAI), as compatible vendors do and OpenAI does not.
func WithRerank() Option { return func(c *config) { c.ranks = true } }

// WithoutStore keeps no response, whatever a request says (OpenAI): as many servers do that speak Responses.
func WithoutStore() Option { return func(c *config) { c.storeless = true } }

// Only has an OpenAI imitation serve OpChat or OpResponses alone of the two, as compatible vendors do: the other path is not there. One
// that serves chat alone shows what it has thought in reasoning_content, as those vendors do and OpenAI does not.
func Only(op Op) Option { return func(c *config) { c.only = op } }

// AllowViolations keeps New from failing the test over violations; the test reads Violations itself.
func AllowViolations() Option { return func(c *config) { c.allowViolations = true } }

// WithControl opens the paths below /__imitation/, see control.go. Only the executable wants it.
func WithControl() Option { return func(c *config) { c.control = true } }

// Unchecked leaves the bodies unjudged: for measurements of speed, where the upstream must cost next to nothing.
// Credentials, headers and model names are still judged.
func Unchecked() Option { return func(c *config) { c.unchecked = true } }

// New starts an imitation for a test and closes it when the test ends. Violations fail the test then.
func New(t TB, kind Kind, opts ...Option) *Vendor {
	t.Helper()
	v, err := Start(kind, opts...)
	if err != nil {
		t.Fatalf("imitation: %v", err)
		return nil
	}
	t.Cleanup(func() {
		v.Close()
		if !v.cfg.allowViolations {
			for _, s := range v.Violations() {
				t.Errorf("imitation of %s: violation: %s", kind, s)
			}
		}
	})
	return v
}

// Start starts an imitation; the caller closes it.
func Start(kind Kind, opts ...Option) (*Vendor, error) {
	v, err := build(kind, opts...)
	if err != nil {
		return nil, err
	}
	if err := v.listen(v.cfg.addr); err != nil {
		return nil, err
	}
	v.BaseURL = v.URL
	if kind == OpenAI {
		v.BaseURL += "/v1"
	}
	return v, nil
}

// build makes an imitation that does not listen yet.
func build(kind Kind, opts ...Option) (*Vendor, error) {
	v := &Vendor{Kind: kind, stop: make(chan struct{}), stored: map[string]*stored{}, filed: map[string]*filed{}, secret: thinkingSecret}
	v.changed = sync.NewCond(&v.mu)
	for _, o := range opts {
		o(&v.cfg)
	}
	if len(v.cfg.keys) == 0 {
		v.cfg.keys = []string{"sk-imitation-" + string(kind)}
	}
	if len(v.cfg.models) == 0 {
		v.cfg.models = defaultModels[kind]
	}
	if v.cfg.addr == "" {
		v.cfg.addr = "127.0.0.1:0"
	}
	v.Key = v.cfg.keys[0]
	switch kind {
	case OpenAI:
		v.handler = v.openAI()
		if v.cfg.as != nil {
			v.handler = v.compatible()
		}
	case Anthropic:
		v.handler = v.anthropic()
	case Gemini:
		v.handler = v.gemini()
	default:
		return nil, fmt.Errorf("no imitation of %q: use %s, %s or %s", kind, OpenAI, Anthropic, Gemini)
	}
	v.front = v.serve
	return v, nil
}

func (v *Vendor) listen(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	s := &http.Server{Handler: v.front, ReadHeaderTimeout: time.Minute}
	v.mu.Lock()
	v.server, v.listener, v.URL = s, l, "http://"+l.Addr().String()
	v.mu.Unlock()
	v.running.Go(func() { _ = s.Serve(l) })
	return nil
}

// Refuse closes the listener and its connections: new ones are refused until Accept.
func (v *Vendor) Refuse() {
	v.mu.Lock()
	s, l := v.server, v.listener
	v.mu.Unlock()
	_ = l.Close() // itself: a server that has not begun to serve does not know it yet
	_ = s.Close()
}

// Accept listens again on the same port after Refuse.
func (v *Vendor) Accept() error { return v.listen(strings.TrimPrefix(v.URL, "http://")) }

// Close ends the vendor with everything it runs. It may be called again.
func (v *Vendor) Close() {
	v.mu.Lock()
	if v.closed {
		v.mu.Unlock()
		return
	}
	v.closed = true
	close(v.stop)
	s, l, trap := v.server, v.listener, v.trap
	v.changed.Broadcast()
	v.mu.Unlock()
	if l != nil {
		_ = l.Close()
		_ = s.Close()
	}
	if trap != nil {
		trap.close()
	}
	v.running.Wait()
}

// Seen is one request as it arrived.
type Seen struct {
	Method, Path string
	Query        url.Values
	Header       http.Header // with Host
	Body         []byte
	At           time.Time
	Op           Op
	Key          string // the account key it carried, "" if none of this vendor's
	Status       int    // of the answer; 0 while there is none
	Stalled      bool   // a fault holds the answer up, and all that goes before has been written
	Done         bool   // the answer has ended, one way or another
	RemoteClosed bool   // the caller went away before the answer ended
	ClosedAt     time.Time
}

// Requests returns what has arrived so far, in order.
func (v *Vendor) Requests() []Seen {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.requests()
}

func (v *Vendor) requests() []Seen {
	out := make([]Seen, len(v.seen))
	for i, s := range v.seen {
		out[i] = *s
	}
	return out
}

// Calls returns the requests that asked for something other than a list of models.
func (v *Vendor) Calls() []Seen {
	var out []Seen
	for _, s := range v.Requests() {
		if s.Op != OpModels {
			out = append(out, s)
		}
	}
	return out
}

// Await waits until ok is true of the requests so far, at most for the given time; it reports whether that came true.
func (v *Vendor) Await(within time.Duration, ok func([]Seen) bool) bool {
	over := false
	timer := time.AfterFunc(within, func() {
		v.mu.Lock()
		over = true
		v.changed.Broadcast()
		v.mu.Unlock()
	})
	defer timer.Stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	for !ok(v.requests()) {
		if over || v.closed {
			return false
		}
		v.changed.Wait()
	}
	return true
}

// Violations returns what should never have arrived: see headers.go.
func (v *Vendor) Violations() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.violations...)
}

func (v *Vendor) violate(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.violations = append(v.violations, fmt.Sprintf(format, args...))
}

// Script queues replies: each call that gets as far as an answer takes one. Without any, answers echo the question.
func (v *Vendor) Script(replies ...Reply) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.replies = append(v.replies, replies...)
}

// Pace sets how streams are written from now on.
func (v *Vendor) Pace(p Pace) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pace = p
}

// Reset forgets requests, violations, queued replies and faults, and the pace; stored responses stay.
func (v *Vendor) Reset() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen, v.violations, v.replies, v.faults, v.pace = nil, nil, nil, nil, Pace{}
}

// call is one request on its way through the vendor.
type call struct {
	v     *Vendor
	w     http.ResponseWriter
	r     *http.Request
	seen  *Seen
	body  []byte
	key   string // the account; "" when the credential is missing or wrong
	fault *Fault
	pace  Pace
}

type callKey struct{}

// maxBody is what a vendor reads before it answers 413, in bytes.
const maxBody = 64 << 20

func (v *Vendor) serve(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	if v.closed { // Close may be waiting already
		v.mu.Unlock()
		return
	}
	v.running.Add(1)
	v.mu.Unlock()
	defer v.running.Done()
	if v.cfg.control && strings.HasPrefix(r.URL.Path, controlPath) {
		v.control(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	header := r.Header.Clone()
	header.Set("Host", r.Host)
	s := &Seen{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: header, Body: body, At: time.Now(),
		Op: v.operation(r)}
	v.judgeHeaders(s)
	s.Key = v.credential(r).own
	v.mu.Lock()
	v.seen = append(v.seen, s)
	if v.cfg.unchecked && len(v.seen) > 2000 { // a measurement sends millions
		v.seen = append(v.seen[:0:0], v.seen[1000:]...)
	}
	c := &call{v: v, w: w, r: r, seen: s, body: body, key: s.Key, pace: v.pace}
	c.fault = v.takeFault(s, func() string { return v.peekModel(s) })
	v.changed.Broadcast()
	v.mu.Unlock()
	defer c.finish()
	if err != nil {
		return
	}
	if c.failEarly() {
		return
	}
	if len(body) > maxBody {
		v.fail(c, v.tooLarge())
		return
	}
	rw := *c.r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	rw.Body = io.NopCloser(bytes.NewReader(body))
	c.r = &rw
	v.handler.ServeHTTP(w, &rw)
}

func callOf(r *http.Request) *call { return r.Context().Value(callKey{}).(*call) }

func (c *call) finish() {
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	c.seen.Done = true
	c.noteClosed()
	c.v.changed.Broadcast()
}

// noteClosed wants v.mu.
func (c *call) noteClosed() {
	select {
	case <-c.v.stop:
	default:
		if c.r.Context().Err() != nil && !c.seen.RemoteClosed {
			c.seen.RemoteClosed, c.seen.ClosedAt = true, time.Now()
			c.v.changed.Broadcast()
		}
	}
}

func (c *call) status(code int) {
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	c.seen.Status = code
}

// stalled notes that a fault holds the answer up.
func (c *call) stalled() {
	c.v.mu.Lock()
	defer c.v.mu.Unlock()
	c.seen.Stalled = true
	c.v.changed.Broadcast()
}

// stall holds the answer until the caller goes away or the vendor closes.
func (c *call) stall() {
	c.stalled()
	select {
	case <-c.r.Context().Done():
	case <-c.v.stop:
	}
}

// wait sleeps for d; false when the caller has gone or the vendor closes first.
func (c *call) wait(d time.Duration) bool {
	if d <= 0 {
		return c.r.Context().Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.r.Context().Done():
	case <-c.v.stop:
	}
	return false
}

// newID makes an id that no other imitation gives out.
func newID(prefix string) string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return prefix + hex.EncodeToString(b[:])
}
