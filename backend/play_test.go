package backend_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/imitation"
)

func prompt(model string, texts ...string) control.Prompt {
	p := control.Prompt{Model: model}
	for i, text := range texts {
		p.Turns = append(p.Turns, control.Turn{Role: []string{"user", "assistant"}[i%2], Text: text})
	}
	return p
}

// plays asks, and puts together what events tell until the run has ended.
func plays(t *testing.T, h *house, l *listener, p control.Prompt) (run control.Run, heard, thought string) {
	t.Helper()
	begun := must(h.Play(t.Context(), p))(t)
	pieces := 0
	l.until("the end of the run", func(e client.Event) bool {
		d := e.Played
		if d == nil || d.Run != begun.ID {
			return false
		}
		if d.From != pieces {
			t.Errorf("%d pieces came before, but %d are told to have", pieces, d.From)
		}
		pieces, heard, thought = d.To, heard+d.Text, thought+d.Thinking
		return d.Ended
	})
	run = must(h.Played(t.Context(), begun.ID))(t)
	if run.Pieces != pieces {
		t.Errorf("%d pieces were told of %d", pieces, run.Pieces)
	}
	return run, heard, thought
}

func TestPlayground(t *testing.T) {
	h := newHouse(t)
	l := listen(t, h.Client)
	h.va.Script(imitation.Reply{Text: "The answer, in some words.", Thinking: "First I think."})
	run, heard, thought := plays(t, h, l, prompt("gpt-4o", "What is it?"))
	if run.State != "ok" || heard != "The answer, in some words." || run.Text != heard || run.Thinking != thought {
		t.Errorf("heard %q and %q: %+v", heard, thought, run)
	}
	row := run.Row
	if row == nil || row.Client != "Playground" || row.Account != "first" || row.Output == 0 || row.CostUSD == nil || *row.CostUSD <= 0 || row.ID != run.Request {
		t.Fatalf("its row: %+v", row)
	}
	if got := must(h.Usage(t.Context(), client.UsageQuery{Limit: 5}))(t); len(got.Rows) != 1 || got.Rows[0].ID != run.Request {
		t.Errorf("the log: %+v", got.Rows)
	}
	must(h.SetThumb(t.Context(), run.Request, control.Up))(t)

	run, _, _ = plays(t, h, l, prompt("second/gpt-4o", "One", "Two", "Three"))
	if run.Row == nil || run.Row.Account != "second" {
		t.Errorf("a fixed account: %+v", run)
	}
	var sent struct {
		Messages []struct{ Role, Content string }
	}
	if calls := h.vb.Calls(); len(calls) != 1 || json.Unmarshal(calls[0].Body, &sent) != nil || len(sent.Messages) != 3 || sent.Messages[1].Content != "Two" {
		t.Errorf("the conversation was not sent: %+v", sent)
	}
}

func TestPlaygroundOptions(t *testing.T) {
	h := newHouse(t)
	l := listen(t, h.Client)
	p := prompt("gpt-4o", "What is on it?")
	most, temperature := int64(77), 0.25
	p.System, p.MaxOutput, p.Temperature = "Be brief.", &most, &temperature
	p.Turns[0].Images = []string{"data:image/png;base64,iVBORw0KGgo="}
	if run, _, _ := plays(t, h, l, p); run.State != "ok" {
		t.Fatalf("%+v", run)
	}
	v := imitation.New(t, imitation.Anthropic, imitation.WithModels("claude-sonnet-4-5"))
	add(t, h.Client, v, "Claude")
	v.Script(imitation.Reply{Text: "Four.", Thinking: "Two and two."})
	hard := prompt("claude-sonnet-4-5", "2 + 2?")
	hard.Effort = "high"
	if run, heard, thought := plays(t, h, l, hard); run.State != "ok" || heard != "Four." || thought != "Two and two." {
		t.Errorf("%q after thinking %q: %+v", heard, thought, run)
	}
	body := string(h.va.Calls()[0].Body)
	for _, want := range []string{`"Be brief."`, `77`, `0.25`, `data:image/png;base64,iVBORw0KGgo=`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in what was sent: %s", want, body)
		}
	}
}

// A run can be stopped, keeps what came, and a failure is told in words.
func TestPlaygroundEnds(t *testing.T) {
	h := newHouse(t)
	l := listen(t, h.Client)
	h.va.Fault(imitation.Fault{Kind: imitation.StallMid, After: 2, Times: imitation.Always})
	begun := must(h.Play(t.Context(), prompt("first/gpt-4o", "Go on and on.")))(t)
	l.until("the beginning", func(e client.Event) bool { return e.Played != nil && e.Played.Text != "" })
	must(h.StopPlaying(t.Context(), begun.ID))(t)
	l.until("the end", func(e client.Event) bool { return e.Played != nil && e.Played.Ended })
	run := must(h.Played(t.Context(), begun.ID))(t)
	if run.State != "stopped" || run.Text == "" || run.Row == nil || run.Row.State != "cancelled" {
		t.Errorf("stopped: %+v", run)
	}

	h.va.Clear()
	h.va.Fault(imitation.Fault{Kind: imitation.Status500, Times: imitation.Always})
	if run, _, _ := plays(t, h, l, prompt("first/gpt-4o", "Well?")); run.State != "failed" || run.Error == "" || run.Row == nil || run.Row.State != "failed" {
		t.Errorf("failed: %+v %+v", run, run.Row)
	}
	if run, _, _ := plays(t, h, l, prompt("no-such-model", "Well?")); run.State != "failed" || !strings.Contains(run.Error, "no-such-model") {
		t.Errorf("an unknown model: %+v", run)
	}
	if _, err := h.Played(t.Context(), "no-such-run"); code(err) != control.NotFound {
		t.Errorf("an unknown run: %v", err)
	}
	if _, err := h.Play(t.Context(), control.Prompt{Model: "gpt-4o", Turns: []control.Turn{{Role: "user"}}}); code(err) != control.Invalid {
		t.Errorf("nothing asked: %v", err)
	}
}

// The playground has no key, so that nobody else can be it.
func TestPlaygroundHasNoKey(t *testing.T) {
	h := newHouse(t)
	plays(t, h, listen(t, h.Client), prompt("gpt-4o", "Hello"))
	if clients := must(h.Clients(t.Context()))(t); len(clients) != 1 {
		t.Errorf("clients: %+v", clients)
	}
	for _, key := range []string{"playground", "Playground", ""} {
		if status := call(t, h.addr, key, "gpt-4o"); status != http.StatusUnauthorized {
			t.Errorf("the key %q: %d", key, status)
		}
	}
	if got := call(t, h.addr, h.key, "gpt-4o"); got != 200 {
		t.Errorf("a tool: %d", got)
	}
}

// What a tool asked can be asked again, whatever protocol it speaks.
func TestPromptOfCaptured(t *testing.T) {
	h := newHouse(t)
	if _, err := h.CaptureClient(t.Context(), "script", true); err != nil {
		t.Fatal(err)
	}
	for path, body := range map[string]map[string]any{
		"/v1/chat/completions": {"model": "gpt-4o", "temperature": 0.5, "messages": []any{
			map[string]any{"role": "system", "content": "Be kind."}, map[string]any{"role": "user", "content": "Hello"}}},
		"/v1/messages":  {"model": "gpt-4o", "temperature": 0.5, "max_tokens": 99, "system": "Be kind.", "messages": []any{map[string]any{"role": "user", "content": "Hello"}}},
		"/v1/responses": {"model": "gpt-4o", "temperature": 0.5, "instructions": "Be kind.", "input": "Hello"},
		"/v1beta/models/gpt-4o:generateContent": {"generationConfig": map[string]any{"temperature": 0.5},
			"systemInstruction": map[string]any{"parts": []any{map[string]any{"text": "Be kind."}}},
			"contents":          []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": "Hello"}}}}},
	} {
		id := say(t, h, path, body)
		captured(t, h, id)
		p := must(h.Prompt(t.Context(), id))(t)
		if p.Model != "gpt-4o" || p.System != "Be kind." || len(p.Turns) != 1 || p.Turns[0].Text != "Hello" || p.Temperature == nil || *p.Temperature != 0.5 || p.LeftOut {
			t.Errorf("%s: %+v", path, p)
		}
	}
	id := say(t, h, "/v1/chat/completions", map[string]any{"model": "gpt-4o", "messages": []any{map[string]any{"role": "user", "content": "Hello"}},
		"tools": []any{map[string]any{"type": "function", "function": map[string]any{"name": "look", "parameters": map[string]any{"type": "object"}}}}})
	captured(t, h, id)
	if p := must(h.Prompt(t.Context(), id))(t); !p.LeftOut {
		t.Errorf("its tools are not told of: %+v", p)
	}
	if _, err := h.Prompt(t.Context(), "nothing"); code(err) != control.NotFound {
		t.Errorf("what was not captured: %v", err)
	}
}

// Keys of the environment are offered by name, and go nowhere but where they belong.
func TestEnvironmentKeys(t *testing.T) {
	h := newHouse(t)
	v := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-cccc-0123456789"))
	for name, value := range map[string]string{"OPENAI_API_KEY": v.Key, "OPENAI_BASE_URL": v.BaseURL, "GROQ_API_KEY": "gsk_0123456789abcdef", "ANTHROPIC_API_KEY": h.key,
		"ANTHROPIC_BASE_URL": "http://" + h.addr, "GEMINI_API_KEY": h.key, "GOOGLE_GEMINI_BASE_URL": "http://metapi.test", "GOOGLE_API_KEY": "", "XAI_API_KEY": "two words"} {
		t.Setenv(name, value)
	}
	list := must(h.Environment(t.Context()))(t)
	if raw, _ := json.Marshal(list); bytes.Contains(raw, []byte(v.Key)) || bytes.Contains(raw, []byte("gsk_")) {
		t.Errorf("a key is told: %s", raw)
	}
	of := func(name string) bool {
		return slices.ContainsFunc(list, func(e control.EnvironmentKey) bool { return e.Variable == name })
	}
	if !of("OPENAI_API_KEY") || !of("GROQ_API_KEY") || of("ANTHROPIC_API_KEY") || of("GEMINI_API_KEY") || of("XAI_API_KEY") {
		t.Errorf("offered: %+v", list)
	}
	d := must(h.AddAccount(t.Context(), client.AddAccount{Variable: "OPENAI_API_KEY", BaseURL: "http://127.0.0.1:1/elsewhere"}))(t)
	if d.Account.BaseURL != v.BaseURL || d.Account.Provider != "openai" {
		t.Errorf("added: %+v", d.Account)
	}
	if _, err := h.AddAccount(t.Context(), client.AddAccount{Variable: "PATH", Provider: "openai"}); code(err) != control.Invalid {
		t.Errorf("a variable that was not offered: %v", err)
	}
}

func TestScores(t *testing.T) {
	h := newHouse(t)
	s := must(h.Scores(t.Context(), "gpt-4o"))(t)
	if s.Evidence != "published" || len(s.Domains) < 5 || s.Domains[0].Domain != "other" {
		t.Errorf("%+v", s)
	}
	if s := must(h.Scores(t.Context(), "nobody-knows"))(t); len(s.Domains) != 0 {
		t.Errorf("%+v", s)
	}
	for _, m := range must(h.Models(t.Context(), ""))(t) {
		if m.Quality == nil || *m.Quality != s.Domains[0].Quality {
			t.Errorf("%s: %v", m.Name, m.Quality)
		}
	}
}
