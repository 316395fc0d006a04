package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"

	"metapi/build/imitation"
)

const question = "Was heißt 你好? 🙂"

var (
	thinkers = map[string]string{"chat": "gpt-5", "responses": "gpt-5"}
	fails    = []struct {
		name   string
		stream bool
		fault  imitation.FaultKind
	}{
		{"500", false, imitation.Status500},
		{"500-stream", true, imitation.Status500},
		{"error-first", true, imitation.ErrorFirst},
		{"stall", true, imitation.StallStart},
		{"half-body", false, imitation.TruncatedJSON},
	}
	cuts = []imitation.FaultKind{imitation.CutMid, imitation.ResetMid}
)

func probe(a api, trouble string) string { return "probe-" + a.name + "-" + trouble }

func models() []string {
	list := []string{"gpt-4o", "gpt-5", "text-embedding-3-small"}
	for _, a := range apis {
		list = append(list, probe(a, "limit"))
		for _, f := range fails {
			list = append(list, probe(a, f.name))
		}
		for _, k := range cuts {
			list = append(list, probe(a, string(k)))
		}
	}
	return list
}

func TestOpenAIGo(t *testing.T) {
	w := newWorld(t, models())
	s := &suite{world: w, wire: &wire{}}
	s.client = w.client(s.wire, w.key)
	for _, a := range apis {
		t.Run(a.name, func(t *testing.T) { s.matrix(t, a) })
	}
	s.run(t, "models", s.lists)
	s.run(t, "embeddings", s.embeddings)
	s.run(t, "previous response", s.previous)
	s.run(t, "background response", s.background)
	s.run(t, "encrypted reasoning", s.encrypted)
	t.Run("ledger", s.ledger)
	t.Run("secrets while it runs", s.noSecrets)
	t.Run("end", func(t *testing.T) {
		w.cli(nil, nil, "stop")
		if err := w.serving.Wait(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
		if said := w.said.String(); strings.Contains(said, "DATA RACE") {
			t.Error(said)
		}
	})
	t.Run("secrets after its end", s.noSecrets)
}

type suite struct {
	*world
	wire   *wire
	client client
}

func (s *suite) run(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) {
		s.reset(t)
		test(t)
		s.reset(t)
	})
}

// ask wants an answer.
func (s *suite) ask(t *testing.T, a api, q query) answer {
	t.Helper()
	if q.model == "" {
		q.model = "gpt-4o"
	}
	if q.turns == nil {
		q.turns = []turn{{user: question}}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got, err := a.ask(ctx, s.client, q)
	if err != nil {
		t.Fatalf("%s: %s", q.model, words(err))
	}
	return got
}

// words are all of an error: the SDK shows the status alone.
func words(err error) string {
	var e *openai.Error
	if errors.As(err, &e) {
		return err.Error() + " " + e.RawJSON()
	}
	return err.Error()
}

// refused wants an error of the SDK with this status, and with this in its words.
func (s *suite) refused(t *testing.T, err error, status int, with string) *openai.Error {
	t.Helper()
	var e *openai.Error
	if !errors.As(err, &e) || e.StatusCode != status || !strings.Contains(e.Message, with) {
		t.Fatalf("want an openai.Error %d that says %q, got %T %v", status, with, err, err)
	}
	for _, secret := range append([]string{s.key, s.revoked}, s.world.secrets...) {
		if strings.Contains(words(err), secret) {
			t.Error("the error holds a secret")
		}
	}
	return e
}

func (s *suite) matrix(t *testing.T, a api) {
	echo := imitation.Echo(question)
	s.run(t, "plain call", func(t *testing.T) {
		if r := s.ask(t, a, query{}); r.text != echo {
			t.Errorf("got %q", r.text)
		}
	})
	for name, pace := range map[string]imitation.Pace{"events": {}, "bytes": {Cut: imitation.CutBytes}, "inside characters": {Cut: imitation.CutUTF8},
		"every 7": {Cut: imitation.CutEvery, N: 7, CRLF: true}, "joined": {Cut: imitation.CutJoined}} {
		s.run(t, "stream by "+name, func(t *testing.T) {
			s.both(func(v *imitation.Vendor) { v.Pace(pace); v.Script(imitation.Reply{Piece: 1}) })
			heard := ""
			r := s.ask(t, a, query{stream: true, onText: func(d string) { heard += d }})
			if r.text != echo || heard != echo {
				t.Errorf("got %q, heard %q", r.text, heard)
			}
		})
	}
	for _, stream := range []bool{false, true} {
		how := map[bool]string{false: "plain", true: "streamed"}[stream]
		s.run(t, "usage, "+how, func(t *testing.T) { s.usageOf(t, a, stream) })
		s.run(t, "tool, "+how, func(t *testing.T) { s.tool(t, a, stream) })
		s.run(t, "refusals, "+how, func(t *testing.T) { s.refusals(t, a, stream) })
		if a.name == "responses" {
			s.run(t, "thinking, "+how, func(t *testing.T) { s.thinking(t, a, stream) })
		}
	}
	s.run(t, "cancel", func(t *testing.T) { s.cancel(t, a) })
	for _, f := range fails {
		s.run(t, "fails over "+f.name, func(t *testing.T) {
			model, heard := probe(a, f.name), ""
			s.pair[0].Fault(imitation.Fault{Kind: f.fault, Model: model})
			r := s.ask(t, a, query{model: model, stream: f.stream, onText: func(d string) { heard += d }})
			if r.text != echo || f.stream && heard != echo {
				t.Errorf("got %q, heard %q", r.text, heard)
			}
			s.asked(t, 1, 1)
			if row := s.row(t, s.wire.last().id); row.State != "ok" || row.Attempts != 2 || row.Account != "account-2" {
				t.Errorf("recorded as %+v", row)
			}
		})
	}
	for _, kind := range cuts {
		s.run(t, string(kind), func(t *testing.T) { s.cut(t, a, kind) })
	}
	s.run(t, "limit", func(t *testing.T) { s.limit(t, a) })
}

func (s *suite) usageOf(t *testing.T, a api, stream bool) {
	s.both(func(v *imitation.Vendor) {
		v.Script(imitation.Reply{Text: "counted", Usage: &imitation.Usage{Input: 1000, Cached: 300, Output: 400, Reasoning: 100}})
	})
	s.ask(t, a, query{stream: stream})
	want := tokens{Input: 700, CacheRead: 300, Output: 400, Reasoning: 100}
	if got := *s.wire.last().told; got != want {
		t.Errorf("the client was told %+v", got)
	}
	if row := s.row(t, s.wire.last().id); row.tokens != want || row.Estimated {
		t.Errorf("recorded as %+v", row)
	}
}

func (s *suite) tool(t *testing.T, a api, stream bool) {
	args := `{"city":"Zürich \"Süd\" 👩🏽‍💻","days":[1,2,3],"nested":{"backslash":"\\","empty":{}}}`
	s.both(func(v *imitation.Vendor) {
		v.Script(imitation.Reply{Calls: []imitation.Call{{Name: "get_weather", Arguments: args}}, Piece: 1})
	})
	turns := []turn{{user: question}}
	first := s.ask(t, a, query{model: thinkers[a.name], turns: turns, tool: true, stream: stream})
	if first.name != "get_weather" || first.args != args || !json.Valid([]byte(first.args)) {
		t.Fatalf("called %s with %s", first.name, first.args)
	}
	s.reset(t)
	turns = append(turns, turn{raw: first.raw}, turn{callID: first.callID, result: `{"celsius":21}`})
	if r := s.ask(t, a, query{model: thinkers[a.name], turns: turns, tool: true, stream: stream}); !strings.Contains(r.text, "celsius") || r.name != "" {
		t.Errorf("after the tool's result: %+v", r)
	}
}

func (s *suite) thinking(t *testing.T, a api, stream bool) {
	thought := "Erst denken, 再回答 🤔."
	s.both(func(v *imitation.Vendor) { v.Script(imitation.Reply{Thinking: thought, Text: "Done."}) })
	if r := s.ask(t, a, query{model: "gpt-5", think: true, stream: stream}); r.thinking != thought || r.text != "Done." {
		t.Errorf("got %+v", r)
	}
}

func (s *suite) refusals(t *testing.T, a api, stream bool) {
	q := query{model: "gpt-4o", turns: []turn{{user: question}}, stream: stream}
	for _, key := range []string{"mp-" + strings.Repeat("x", 43), s.revoked} {
		_, err := a.ask(t.Context(), s.world.client(s.wire, key), q)
		s.refused(t, err, http.StatusUnauthorized, "")
	}
	unknown := q
	unknown.model = "no-such-model"
	_, err := a.ask(t.Context(), s.client, unknown)
	s.refused(t, err, http.StatusNotFound, "no-such-model")
	s.asked(t, 0, 0)

	bad := q
	bad.bogus = true
	_, err = a.ask(t.Context(), s.client, bad)
	s.refused(t, err, http.StatusBadRequest, map[string]string{"chat": "Unrecognized request argument supplied: bogus",
		"responses": "Unknown parameter: 'bogus'."}[a.name])
	s.asked(t, 1, 0)
}

func (s *suite) limit(t *testing.T, a api) {
	model := probe(a, "limit")
	s.both(func(v *imitation.Vendor) {
		v.Fault(imitation.Fault{Kind: imitation.Status429, RetryAfter: imitation.RetrySeconds, Wait: 30 * time.Second, Model: model, Times: imitation.Always})
	})
	for i := range 2 { // the second time both are cooling, and nobody is asked
		_, err := a.ask(t.Context(), s.client, query{model: model, turns: []turn{{user: question}}})
		e := s.refused(t, err, http.StatusTooManyRequests, "")
		if n, err := strconv.Atoi(e.Response.Header.Get("Retry-After")); err != nil || n < 1 || n > 30 {
			t.Errorf("call %d: Retry-After is %q", i, e.Response.Header.Get("Retry-After"))
		}
		s.asked(t, 1, 1)
	}
}

func (s *suite) cancel(t *testing.T, a api) {
	s.both(func(v *imitation.Vendor) {
		v.Pace(imitation.Pace{Delay: 40 * time.Millisecond})
		v.Script(imitation.Text(strings.Repeat("a long story ", 200)))
	})
	ctx, off := context.WithTimeout(t.Context(), patience)
	defer off()
	var at time.Time
	_, err := a.ask(ctx, s.client, query{model: "gpt-4o", turns: []turn{{user: question}}, stream: true, onText: func(string) {
		if at.IsZero() {
			at = time.Now()
		}
		off()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("ended with %v", err)
	}
	var left imitation.Seen
	if !s.pair[0].Await(patience, func(seen []imitation.Seen) bool {
		i := slices.IndexFunc(seen, func(r imitation.Seen) bool { return r.RemoteClosed })
		if i >= 0 {
			left = seen[i]
		}
		return i >= 0
	}) {
		t.Fatal("the upstream never saw the client go")
	}
	if after := left.ClosedAt.Sub(at); after > time.Second {
		t.Errorf("the upstream saw the client go after %v", after)
	}
	if row := s.row(t, s.wire.last().id); row.State != "cancelled" || !row.Estimated {
		t.Errorf("recorded as %+v", row)
	}
	s.reset(t)
	s.ask(t, a, query{})
	s.asked(t, 1, 0) // it was not the account's fault
}

func (s *suite) cut(t *testing.T, a api, kind imitation.FaultKind) {
	defer eventually(t, "the host still cools", func() bool { // a reset is booked at the host, for a second
		var st struct {
			Accounts []struct{ State string } `json:"accounts"`
		}
		s.cli(&st, nil, "status", "--json")
		return !slices.ContainsFunc(st.Accounts, func(a struct{ State string }) bool { return a.State == "cooling" })
	})
	model, heard := probe(a, string(kind)), ""
	s.pair[0].Fault(imitation.Fault{Kind: kind, Model: model, After: 3})
	_, err := a.ask(t.Context(), s.client, query{model: model, turns: []turn{{user: question}}, stream: true, onText: func(d string) { heard += d }})
	if err == nil || heard == "" || !strings.HasPrefix(imitation.Echo(question), heard) {
		t.Errorf("heard %q, then %v", heard, err)
	}
	if err != nil && (strings.Contains(err.Error(), "no finished choice") || strings.Contains(err.Error(), "ended as")) {
		t.Errorf("the SDK took the stream for whole: %v", err)
	}
	s.asked(t, 1, 0)
	if row := s.row(t, s.wire.last().id); row.State != "failed" {
		t.Errorf("recorded as %+v", row)
	}
}

func (s *suite) lists(t *testing.T) {
	var ids []string
	page := s.client.Models.ListAutoPaging(t.Context())
	for page.Next() {
		ids = append(ids, page.Current().ID)
	}
	if page.Err() != nil {
		t.Fatal(page.Err())
	}
	for _, m := range models() {
		if n := len(slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id != m })); n != 1 {
			t.Errorf("%s is listed %d times", m, n)
		}
	}
	_, err := s.client.Models.Get(t.Context(), "no-such-model")
	s.refused(t, err, http.StatusNotFound, "no-such-model")
}

func (s *suite) embeddings(t *testing.T) {
	s.pair[0].Fault(imitation.Fault{Kind: imitation.Status500})
	r, err := s.client.Embeddings.New(t.Context(), openai.EmbeddingNewParams{Model: "text-embedding-3-small", Dimensions: openai.Int(16),
		Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"eins", "二 👍"}}})
	if err != nil {
		t.Fatal(words(err))
	}
	s.wire.last().told = &tokens{Input: r.Usage.PromptTokens}
	if len(r.Data) != 2 || len(r.Data[0].Embedding) != 16 || r.Usage.PromptTokens == 0 {
		t.Errorf("got %d vectors, usage %+v", len(r.Data), r.Usage)
	}
	s.asked(t, 1, 1)
}

// atSecond names a model at the second account. Without the account's name the first would be asked, which is well.
func atSecond(model string) string { return "account-2/" + model }

// previous: what the second account made is continued and retrieved there, though the first comes first.
func (s *suite) previous(t *testing.T) {
	a := apis[1]
	first := s.ask(t, a, query{model: atSecond("gpt-4o")})
	second := s.ask(t, a, query{turns: []turn{{user: "two"}}, previous: first.id})
	third := s.ask(t, a, query{turns: []turn{{user: "three"}}, previous: second.id, stream: true})
	got, err := s.client.Responses.Get(t.Context(), third.id, responses.ResponseGetParams{})
	if err != nil || got.OutputText() != third.text || got.PreviousResponseID != second.id {
		t.Errorf("retrieved %v, %v", got, err)
	}
	s.asked(t, 0, 4)
	_, err = s.client.Responses.Get(t.Context(), "resp_nobody_made_this", responses.ResponseGetParams{})
	s.refused(t, err, http.StatusNotFound, "")
}

func (s *suite) background(t *testing.T) {
	r, err := s.client.Responses.New(t.Context(), responses.ResponseNewParams{Model: atSecond("gpt-4o"), Background: openai.Bool(true),
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("take your time")}})
	if err != nil || r.Status != responses.ResponseStatusQueued {
		t.Fatalf("made %v, %v", r, err)
	}
	if r, err = s.client.Responses.Get(t.Context(), r.ID, responses.ResponseGetParams{}); err != nil || r.Status != responses.ResponseStatusInProgress {
		t.Fatalf("retrieved %v, %v", r, err)
	}
	if r, err = s.client.Responses.Cancel(t.Context(), r.ID); err != nil || r.Status != responses.ResponseStatusCancelled {
		t.Fatalf("cancelled %v, %v", r, err)
	}
	s.asked(t, 0, 3)
}

// encrypted: sealed reasoning goes back to the account that sealed it, as it was.
func (s *suite) encrypted(t *testing.T) {
	a := apis[1]
	turns := []turn{{user: "think"}}
	first := s.ask(t, a, query{model: atSecond("gpt-5"), turns: turns, think: true, sealed: true})
	turns = append(turns, turn{raw: first.raw}, turn{user: "think on"})
	if r := s.ask(t, a, query{model: "gpt-5", turns: turns, think: true, sealed: true, stream: true}); r.text != imitation.Echo("think on") {
		t.Errorf("got %q", r.text)
	}
	s.asked(t, 0, 2)
	if calls := s.pair[1].Calls(); first.sealed == "" || len(calls) != 2 || !strings.Contains(string(calls[1].Body), first.sealed) {
		t.Errorf("%q did not come back", first.sealed)
	}
}

// ledger: each request is in it, with the tokens that its client was told; the totals are their sum, and beyond that only
// estimates of what was cut off.
func (s *suite) ledger(t *testing.T) {
	u := s.usage()
	rows := map[string]row{}
	for _, r := range u.Rows {
		rows[r.ID] = r
	}
	var told, beyond tokens
	heard := 0
	for _, c := range s.wire.calls {
		r, ok := rows[c.id]
		if !ok || r.Status != c.status {
			t.Errorf("%s answered %d is recorded as %+v", c.path, c.status, r)
		}
		delete(rows, c.id)
		got := tokens{}
		if c.told != nil {
			heard++
			got = *c.told
			told = told.add(got)
		}
		if r.Estimated {
			beyond = beyond.add(r.tokens.less(got))
		} else if r.tokens != got {
			t.Errorf("%s of %s: told %+v, recorded %+v", c.path, r.Model, got, r)
		}
	}
	for _, r := range rows {
		if r.State != "cancelled" {
			t.Errorf("nobody sent %+v", r)
		}
		beyond = beyond.add(r.tokens)
	}
	if len(rows) != s.wire.lost || heard < 40 {
		t.Errorf("%d calls were given up, %d recorded; %d were told their usage", s.wire.lost, len(rows), heard)
	}
	if u.Totals.Requests != len(u.Rows) || u.Totals.tokens != told.add(beyond) {
		t.Errorf("totals %+v of %d rows; clients were told %+v, beyond that %+v", u.Totals, len(u.Rows), told, beyond)
	}
}

func (s *suite) noSecrets(t *testing.T) {
	if found := s.secretsOnDisk(t); len(found) > 0 {
		t.Error(fmt.Sprint(found))
	}
}
