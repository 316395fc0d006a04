package backend_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

// shop is an instance that serves, with one account and a client.
type shop struct {
	t    *testing.T
	c    *client.Client
	addr string
	key  client.KeyText
}

func newShop(t *testing.T) *shop {
	b := open(t, t.TempDir())
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	add(t, c, imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o", "gpt-4o-mini")), "Work")
	return &shop{t, c, st.Addresses[0], must(c.AddClient(t.Context(), "=cmd|' /C calc'!A0"))(t)}
}

func (s *shop) asks(model string) int { return call(s.t, s.addr, s.key.Key, model) }

func (s *shop) export(e client.Export) string {
	s.t.Helper()
	var out bytes.Buffer
	if err := s.c.Export(s.t.Context(), e, &out); err != nil {
		s.t.Fatal(err)
	}
	return out.String()
}

// What is exported is what was asked for, oldest first, and no cell is a formula, whatever a client is called.
func TestExport(t *testing.T) {
	s := newShop(t)
	for _, model := range []string{"gpt-4o", "gpt-4o-mini", "gpt-4o", "=1+1"} {
		s.asks(model)
	}
	sheet, err := csv.NewReader(strings.NewReader(s.export(client.Export{Format: "csv"}))).ReadAll()
	if err != nil || len(sheet) != 5 {
		t.Fatalf("%v, %v", sheet, err)
	}
	at := func(row int, column string) string {
		for i, name := range sheet[0] {
			if name == column {
				return sheet[row][i]
			}
		}
		t.Fatalf("there is no column %s in %v", column, sheet[0])
		return ""
	}
	if at(1, "model") != "gpt-4o" || at(2, "model") != "gpt-4o-mini" || at(1, "cost") != "computed" || at(1, "cost_usd") == "" || at(1, "cost_usd") != at(1, "vendor_usd") {
		t.Errorf("%v", sheet)
	}
	for _, row := range sheet {
		for _, c := range row {
			if c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
				t.Errorf("%q is a formula", c)
			}
		}
	}
	for what, e := range map[string]client.Export{"2 gpt-4o": {Model: "gpt-4o"}, "1 failed": {State: "failed"}, "3 ok": {State: "ok"}, "3 of the account": {Account: "work"},
		"4 of the client": {Client: s.key.Client.ID}, "0 of tomorrow": {Since: time.Now().AddDate(0, 0, 1)}, "0 of yesterday": {Until: time.Now().AddDate(0, 0, -1)}} {
		e.Format = "jsonl"
		n := 0
		for line := range strings.Lines(s.export(e)) {
			var r control.Exported
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Errorf("%s: %v in %s", what, err, line)
			}
			n++
		}
		if fmt.Sprint(n) != what[:1] {
			t.Errorf("%d lines, want %s", n, what)
		}
	}
	if all := s.export(client.Export{Format: "jsonl"}); strings.Contains(all, s.key.Key) {
		t.Error("a key is in it")
	}
	for _, e := range []client.Export{{Format: "xls"}, {Format: "csv", State: "sleepy"}, {Format: "csv", Client: "nobody"}} {
		var p *control.Problem
		if err := s.c.Export(t.Context(), e, io.Discard); !errors.As(err, &p) {
			t.Errorf("%+v: %v", e, err)
		}
	}
}

// A receipt adds up, names who could have served, and says what was saved against the baseline that is chosen; choosing another holds for what is past.
func TestReceiptAndBaselines(t *testing.T) {
	s := newShop(t)
	dear := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	must(s.c.AddAccount(t.Context(), client.AddAccount{Provider: "openai-compatible", BaseURL: dear.BaseURL, Name: "Relay", Key: dear.Key}))(t)
	if got := s.asks("gpt-4o"); got != 200 {
		t.Fatal(got)
	}
	r := must(s.c.Receipt(t.Context(), "last"))(t)
	sum := 0.0
	for _, l := range r.Lines {
		sum += l.USD
	}
	if r.CostUSD == nil || *r.CostUSD <= 0 || math.Abs(sum-*r.CostUSD) > 1e-12 || !strings.HasPrefix(r.Basis, "Measured") || r.Account != "work" {
		t.Errorf("%+v comes to %v", r, sum)
	}
	if len(r.Alternatives) != 2 || !r.Alternatives[0].Served || r.Alternatives[0].USD == nil || r.Alternatives[1].USD != nil {
		t.Errorf("alternatives %+v: the relay's price is not known", r.Alternatives)
	}
	if r.SavedUSD == nil || *r.SavedUSD != 0 || !strings.Contains(r.Method, "vendor") {
		t.Errorf("saved %v: %s", r.SavedUSD, r.Method)
	}
	first := routing.First
	must(s.c.EditSettings(t.Context(), client.EditSettings{Baseline: &first}))(t)
	if r = must(s.c.Receipt(t.Context(), r.ID))(t); r.SavedUSD == nil || *r.SavedUSD != 0 || !strings.Contains(r.Method, "first account") {
		t.Errorf("saved %v: %s", r.SavedUSD, r.Method)
	}
	u := must(s.c.Usage(t.Context(), client.UsageQuery{By: "session"}))(t)
	if u.Totals.Compared != 1 || !strings.Contains(u.Method, "first account") || u.Money != nil || len(u.Groups) != 1 || u.Groups[0].Client == "" {
		t.Errorf("%+v", u)
	}
	euro, rate := "EUR", 0.9
	if _, err := s.c.EditSettings(t.Context(), client.EditSettings{Currency: &euro}); err == nil {
		t.Error("a currency without a rate is taken")
	}
	must(s.c.EditSettings(t.Context(), client.EditSettings{Currency: &euro, Rate: &rate}))(t)
	after := must(s.c.Usage(t.Context(), client.UsageQuery{}))(t)
	if after.Money == nil || *after.Money != (client.Money{Currency: "EUR", Rate: 0.9}) || after.Totals.CostUSD != u.Totals.CostUSD {
		t.Errorf("%+v: the API stays in dollars", after)
	}
}

// That a budget is nearly spent, and that it is, is told to whoever listens, each once.
func TestBudgetIsTold(t *testing.T) {
	s := newShop(t)
	l := listen(t, s.c)
	s.asks("gpt-4o")
	cost := must(s.c.Usage(t.Context(), client.UsageQuery{}))(t).Totals.CostUSD
	must(s.c.SetBudget(t.Context(), "x", client.SetBudget{Scope: "total", Period: "month", USD: 2.1 * cost, Hard: true}))(t)
	for range 3 {
		s.asks("gpt-4o")
	}
	for _, words := range []string{"80 %", `"x" is spent`} {
		e := l.until(words, func(e client.Event) bool { return e.Type == client.EventNotice })
		if e.Notice.Kind != "budget" || !strings.Contains(e.Notice.Title, words) || e.Notice.Page != "/costs" {
			t.Errorf("%+v, want %s", e.Notice, words)
		}
	}
	if got := s.asks("gpt-4o"); got != 429 && got != 402 {
		t.Errorf("the spent budget answers %d", got)
	}
}

// A tool that sends the same for ever is told of, and where the user wants that, paused, in its own protocol, until it is resumed.
func TestRunaway(t *testing.T) {
	s := newShop(t)
	pause := "pause"
	must(s.c.EditSettings(t.Context(), client.EditSettings{Runaway: &pause}))(t)
	l := listen(t, s.c)
	for range 40 {
		s.asks("gpt-4o")
	}
	if e := l.until("the alarm", func(e client.Event) bool { return e.Type == client.EventNotice }); e.Notice.Kind != "runaway" || !strings.Contains(e.Notice.Title, "paused") || e.Notice.Client != s.key.Client.ID {
		t.Errorf("%+v", e.Notice)
	}
	for path, shape := range map[string]string{"/v1/chat/completions": `"error":{"message":"Metapi has paused`, "/v1/messages": `"type":"permission_error"`, "/v1beta/models/gpt-4o:generateContent": `"PERMISSION_DENIED"`} {
		r, _ := http.NewRequestWithContext(t.Context(), "POST", "http://"+s.addr+path, strings.NewReader(`{"model":"gpt-4o","max_tokens":9,"messages":[]}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+s.key.Key)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 403 || !strings.Contains(strings.ReplaceAll(string(text), " ", ""), strings.ReplaceAll(shape, " ", "")) || !strings.Contains(string(text), "keys resume") {
			t.Errorf("%s: %d %s", path, resp.StatusCode, text)
		}
	}
	if c := must(s.c.EditClient(t.Context(), s.key.Client.ID, client.EditKey{Paused: new(false)}))(t); c.Paused != "" {
		t.Errorf("%+v", c)
	}
	if got := s.asks("gpt-4o"); got != 200 {
		t.Errorf("resumed, it answers %d", got)
	}
}

// Records that are too old are forgotten at once when the user says so, and what is free then is given back, while requests go on.
func TestRecordsAreBounded(t *testing.T) {
	s := newShop(t)
	s.asks("gpt-4o")
	before := must(s.c.Records(t.Context()))(t)
	if before.Bytes == 0 || before.Oldest.IsZero() || before.KeepDays != 0 {
		t.Errorf("%+v", before)
	}
	days := 30
	must(s.c.EditSettings(t.Context(), client.EditSettings{KeepDays: &days}))(t)
	after := must(s.c.Compact(t.Context()))(t)
	if after.KeepDays != 30 || after.Oldest.IsZero() {
		t.Errorf("%+v, before %+v: what is young stays", after, before)
	}
	if got := s.asks("gpt-4o"); got != 200 {
		t.Errorf("after the compaction it answers %d", got)
	}
	if u := must(s.c.Usage(t.Context(), client.UsageQuery{}))(t); u.Totals.Requests != 2 {
		t.Errorf("%+v", u.Totals)
	}
}

// What stands in a page, in the counts by hour and in a saved file is the same choice; a page begins wherever it is wanted.
func TestChosenRequests(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	b := open(t, t.TempDir())
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	add(t, c, imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o", "gpt-4o-mini")), "Work")
	s := &shop{t, c, st.Addresses[0], must(c.AddClient(t.Context(), "Codex"))(t)}
	for _, model := range []string{"gpt-4o", "gpt-4o-mini", "gpt-4o", "none"} {
		s.asks(model)
	}
	ask := func(method, path, body string, to any) {
		t.Helper()
		answer := httptest.NewRecorder()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		b.Handler().ServeHTTP(answer, r)
		if err := json.Unmarshal(answer.Body.Bytes(), to); err != nil || answer.Code >= 300 {
			t.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	for choice, want := range map[string]int{"": 4, "model=gpt-4o": 2, "account=work": 3, "client=Codex&state=failed": 1, "since=2100-01-01T00:00:00Z": 0} {
		var hours control.Timeline
		ask("GET", "/api/requests/hours?"+choice, "", &hours)
		n := 0
		for _, h := range hours.Hours {
			n += int(h.Requests)
		}
		if n != want {
			t.Errorf("%q: %d by the hour, want %d", choice, n, want)
		}
	}
	var whole, part, behind control.Requests
	ask("GET", "/api/requests?oldest=true", "", &whole)
	ask("GET", "/api/requests?oldest=true&skip=1&limit=2", "", &part)
	ask("GET", "/api/requests?limit=1&after="+whole.Rows[2].ID, "", &behind)
	if len(part.Rows) != 2 || part.Rows[0].ID != whole.Rows[1].ID || behind.Rows[0].ID != whole.Rows[1].ID {
		t.Errorf("%v\n%v\n%v", whole, part, behind)
	}
	var saved control.Saved
	ask("POST", "/api/usage/export/save", `{"format":"jsonl","model":"gpt-4o"}`, &saved)
	text, err := os.ReadFile(saved.Path)
	if err != nil || strings.Count(string(text), `"model":"gpt-4o"`) != 2 || strings.Count(string(text), "\n") != 2 {
		t.Errorf("%v: %s", err, text)
	}
}
