package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/kept"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// localKey is the client's key in all tests.
const localKey = "mp-local-key-of-the-client-under-test-0123456789"

// world is a gateway before imitated vendors, served on a real loopback port.
type world struct {
	t       *testing.T
	url     string
	vendors []*imitation.Vendor
	snap    *snapshot.Snapshot
	live    *live.Registry
	gateway *gateway.Gateway
	stop    context.CancelFunc // begins the shutdown
	done    chan error         // what Serve returned
	log     *bytes.Buffer      // read it after shutdown

	mu      sync.Mutex
	cond    *sync.Cond
	begun   map[string]routing.Record
	settled []routing.Record
	pins    map[protocol.Ref]string
}

// The world is its own Recorder and Pins: it keeps records as the ledger does, by value.

func (w *world) Begin(r *routing.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun[r.ID] = *r
}

func (w *world) Ask(*routing.Record) {}

func (w *world) Settle(r *routing.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled = append(w.settled, *r)
	for _, ref := range r.Issued {
		w.pins[ref] = r.Account()
	}
	w.cond.Broadcast()
}

func (w *world) Account(ref protocol.Ref) (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id, ok := w.pins[ref]
	return id, ok
}

func (w *world) Pin(issued []protocol.Ref, account string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ref := range issued {
		w.pins[ref] = account
	}
}

// records waits until n requests have settled (settling follows the last byte) and returns them all.
func (w *world) records(n int) []routing.Record {
	w.t.Helper()
	late := false
	timer := time.AfterFunc(20*time.Second, func() { w.mu.Lock(); late = true; w.cond.Broadcast(); w.mu.Unlock() })
	defer timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.settled) < n {
		if late {
			w.t.Fatalf("only %d of %d requests settled", len(w.settled), n)
		}
		w.cond.Wait()
	}
	return append([]routing.Record(nil), w.settled...)
}

type setting func(*gateway.Options, *snapshot.Snapshot)

func firstEvent(d time.Duration) setting {
	return func(o *gateway.Options, _ *snapshot.Snapshot) { o.FirstEvent = d }
}

var speaks = map[imitation.Kind]protocol.Set{
	imitation.OpenAI:    protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIResponses, protocol.OpenAIEmbeddings),
	imitation.Anthropic: protocol.SetOf(protocol.Anthropic),
	imitation.Gemini:    protocol.SetOf(protocol.Gemini),
}

// vendor starts an imitation whose key nobody else knows.
func vendor(t *testing.T, kind imitation.Kind, name string, opts ...imitation.Option) *imitation.Vendor {
	shape := map[imitation.Kind]string{imitation.OpenAI: "sk-proj-%s-0123456789abcdef0123456789abcdef",
		imitation.Anthropic: "sk-ant-api03-%s-0123456789abcdef0123456789abcdef", imitation.Gemini: "AIzaSy%s0123456789abcdef0123456789a"}[kind]
	return imitation.New(t, kind, append([]imitation.Option{imitation.WithKey(fmt.Sprintf(shape, name)), imitation.WithForbidden(localKey)}, opts...)...)
}

// newWorld serves a gateway with one account at each vendor, in that order.
func newWorld(t *testing.T, vendors []*imitation.Vendor, settings ...setting) *world {
	t.Helper()
	w := &world{t: t, vendors: vendors, live: live.NewRegistry(), begun: map[string]routing.Record{}, pins: map[protocol.Ref]string{}, log: new(bytes.Buffer)}
	w.cond = sync.NewCond(&w.mu)
	w.snap = &snapshot.Snapshot{Clients: []account.Client{{ID: "cli_other", Hash: sha256.Sum256([]byte("another"))},
		{ID: "cli_test", Hash: sha256.Sum256([]byte(localKey))}}}
	w.snap.Mode = routing.Failover
	w.snap.Accounts = make([]routing.Account, len(vendors))
	var entries []catalog.Entry
	for i, v := range vendors {
		p, _ := provider.Get(string(v.Kind))
		target, err := p.Target(provider.Credential{BaseURL: v.BaseURL, Secret: v.Key})
		if err != nil {
			t.Fatal(err)
		}
		a := &w.snap.Accounts[i]
		*a = routing.Account{ID: fmt.Sprint("acc_", i), Slug: fmt.Sprint("slug-", i), Host: target.Host()}
		w.snap.Targets = append(w.snap.Targets, target)
		for _, m := range modelsOf(v) {
			ps := speaks[v.Kind]
			id := fmt.Sprintf("dep_%d_%s", i, m)
			model, price := catalog.Embedded().Model(p.ID, "", m)
			d := routing.Deployment{ID: id, Account: a, Order: i, Upstream: m, Model: m, Display: m, Protocols: ps, Counts: target.Counts(), Price: price, Live: w.live.Deployment(id, a.ID, a.Host)}
			if model != nil {
				d.Model, d.Context = model.ID, model.Context
			}
			entries = append(entries, catalog.Entry{Ref: int32(len(w.snap.Deployments)), Account: a.Slug, Name: m})
			w.snap.Deployments = append(w.snap.Deployments, d)
		}
	}
	w.snap.Names = catalog.NewIndex(entries, map[string]string{"my-alias": "gpt-4o"})
	store := kept.New(kept.Options{Dir: t.TempDir()})
	t.Cleanup(func() { store.Close() }) // after the gateway has ended
	o := gateway.Options{Kept: store, Snapshot: func() *snapshot.Snapshot { return w.snap }, Recorder: w, Pins: w, Log: slog.New(slog.NewTextHandler(&lockedWriter{w: w.log}, nil))}
	for _, s := range settings {
		s(&o, w.snap)
	}
	w.gateway = gateway.New(o)
	ls, err := gateway.Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + ls[0].Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	w.stop, w.done = stop, make(chan error, 1)
	go func() { w.done <- w.gateway.Serve(ctx, ls, time.Second); close(w.done) }()
	t.Cleanup(func() {
		stop()
		<-w.done
		for _, v := range vendors {
			if bad := v.Violations(); len(bad) > 0 {
				t.Errorf("%s received what it never should: %q", v.Kind, bad)
			}
		}
		for _, v := range vendors {
			if strings.Contains(w.log.String(), v.Key) {
				t.Errorf("the log holds the key of %s", v.Kind)
			}
		}
		if strings.Contains(w.log.String(), localKey) {
			t.Error("the log holds the local key")
		}
	})
	return w
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// ask is a question in one protocol, as that vendor's documentation writes it.
type ask struct {
	kind   imitation.Kind
	proto  protocol.Protocol
	path   string
	stream bool
	body   map[string]any
}

func (a ask) String() string {
	if a.stream {
		return a.proto.String() + " stream"
	}
	return a.proto.String()
}

const question = "How large is it?"

// asks is the same question in all protocols, streamed and not.
func asks() []ask {
	var all []ask
	for _, stream := range []bool{false, true} {
		chat := map[string]any{"model": "gpt-4o", "messages": []any{map[string]any{"role": "user", "content": question}}}
		responses := map[string]any{"model": "gpt-4o", "input": question}
		messages := map[string]any{"model": "claude-sonnet-4-5", "max_tokens": 200, "messages": []any{map[string]any{"role": "user", "content": question}}}
		contents := map[string]any{"contents": []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": question}}}}}
		path := "/v1beta/models/gemini-2.5-flash:generateContent"
		if stream {
			chat["stream"], responses["stream"], messages["stream"] = true, true, true
			path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
		}
		all = append(all,
			ask{imitation.OpenAI, protocol.OpenAIChat, "/v1/chat/completions", stream, chat},
			ask{imitation.OpenAI, protocol.OpenAIResponses, "/v1/responses", stream, responses},
			ask{imitation.Anthropic, protocol.Anthropic, "/v1/messages", stream, messages},
			ask{imitation.Gemini, protocol.Gemini, path, stream, contents})
	}
	return all
}

// request builds the HTTP request, with the local key where this protocol's SDK puts it.
func (w *world) request(a ask) *http.Request {
	body, _ := json.Marshal(a.body)
	r, err := http.NewRequest("POST", w.url+a.path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	switch a.kind {
	case imitation.OpenAI:
		r.Header.Set("Authorization", "Bearer "+localKey)
	case imitation.Anthropic:
		r.Header.Set("X-Api-Key", localKey)
		r.Header.Set("Anthropic-Version", "2023-06-01")
	case imitation.Gemini:
		r.Header.Set("X-Goog-Api-Key", localKey)
	}
	return r
}

// answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   string
	err    error // while reading
}

func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatalf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, string(body), err}
}

func (w *world) send(a ask) answer { w.t.Helper(); return w.do(w.request(a)) }

// text joins what the model said, read by the vendor's documentation, not by our dialects. ok reports whether the reply
// is complete by the protocol's own sign; errs lists errors in it.
func text(a ask, body string) (said string, ok bool, errs []string) {
	type object = map[string]any
	events := []object{}
	if !a.stream {
		var o object
		if json.Unmarshal([]byte(body), &o) != nil {
			return "", false, []string{"not JSON: " + body}
		}
		events = append(events, o)
	} else {
		body = strings.ReplaceAll(body, "\r\n", "\n")
		for block := range strings.SplitSeq(body, "\n\n") {
			for line := range strings.SplitSeq(block, "\n") {
				data, isData := strings.CutPrefix(line, "data:")
				if data = strings.TrimSpace(data); !isData {
					continue
				}
				if data == "[DONE]" {
					ok = true
					continue
				}
				var o object
				if json.Unmarshal([]byte(data), &o) != nil {
					return said, ok, append(errs, "not JSON: "+data)
				}
				events = append(events, o)
			}
		}
	}
	at := func(v any, path ...any) any {
		for _, p := range path {
			switch p := p.(type) {
			case string:
				m, _ := v.(object)
				v = m[p]
			case int:
				l, _ := v.([]any)
				if p >= len(l) {
					return nil
				}
				v = l[p]
			}
		}
		return v
	}
	str := func(v any) string { s, _ := v.(string); return s }
	trouble := func(message any) { // one error may be told at two places of an event, for two generations of clients
		if m := str(message); !slices.Contains(errs, m) {
			errs = append(errs, m)
		}
	}
	for _, e := range events {
		if x := e["error"]; x != nil {
			trouble(at(x, "message"))
		}
		switch a.proto {
		case protocol.OpenAIChat:
			said += str(at(e, "choices", 0, "delta", "content")) + str(at(e, "choices", 0, "message", "content"))
			ok = ok || !a.stream && at(e, "choices", 0, "finish_reason") != nil
		case protocol.OpenAIResponses:
			switch e["type"] {
			case "response.output_text.delta":
				said += str(e["delta"])
			case "response.completed":
				ok = true
			case "response.failed":
				trouble(at(e, "response", "error", "message"))
			case "error":
				trouble(e["message"])
			}
			if !a.stream {
				ok = e["status"] == "completed"
				list, _ := e["output"].([]any)
				for _, item := range list {
					if str(at(item, "type")) == "message" {
						said += str(at(item, "content", 0, "text"))
					}
				}
			}
		case protocol.Anthropic:
			switch e["type"] {
			case "content_block_delta":
				said += str(at(e, "delta", "text"))
			case "message_stop":
				ok = true
			case "message":
				said += str(at(e, "content", 0, "text"))
				ok = true
			}
		case protocol.Gemini:
			list, _ := at(e, "candidates", 0, "content", "parts").([]any)
			for _, part := range list {
				if at(part, "thought") != true {
					said += str(at(part, "text"))
				}
			}
			ok = ok || at(e, "candidates", 0, "finishReason") != nil
		}
	}
	return said, ok, errs
}

// wantAnswer checks that a client got the whole answer and no sign of trouble.
func (w *world) wantAnswer(a ask, got answer) {
	w.t.Helper()
	said, ok, errs := text(a, got.body)
	if got.status != 200 || got.err != nil || !ok || len(errs) > 0 || said != imitation.Echo(question) {
		w.t.Errorf("status %d, complete %v, errors %q, read error %v, said %q\n%s", got.status, ok, errs, got.err, said, got.body)
	}
}

func modelsOf(v *imitation.Vendor) []string {
	return map[imitation.Kind][]string{imitation.OpenAI: {"gpt-4o", "gpt-4o-mini", "gpt-5", "text-embedding-3-small"},
		imitation.Anthropic: {"claude-sonnet-4-5", "claude-haiku-4-5"}, imitation.Gemini: {"gemini-2.5-pro", "gemini-2.5-flash"}}[v.Kind]
}
