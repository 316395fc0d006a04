package gateway_test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/settings"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// What a rule sets reaches the upstream in its own protocol, in both lanes; in lane A every other byte is the client's. The record tells of it.
func TestRulesSetParameters(t *testing.T) {
	const set = "rules:\n- name: careful\n  set: {temperature: 0.25, max_output: 77, top_p: 0.5}"
	const effort = "rules:\n- name: thrifty\n  set: {effort: low}"
	for _, c := range []struct {
		name, yaml, model string
		kind              imitation.Kind
		path, body, want  string
	}{
		{"chat", set, "gpt-4o", imitation.OpenAI, "/v1/chat/completions", `{"model":"gpt-4o", "temperature" : 1,  "messages":[{"role":"user","content":"Hi"}], "stop" :  [ "x" ]}`,
			`{"max_tokens":77,"top_p":0.5,"model":"gpt-4o", "temperature" : 0.25,  "messages":[{"role":"user","content":"Hi"}], "stop" :  [ "x" ]}`},
		{"chat, the older limit", set, "gpt-4o", imitation.OpenAI, "/v1/chat/completions", `{"max_tokens":5,"top_p":1,"temperature":1,"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`,
			`{"max_tokens":77,"top_p":0.5,"temperature":0.25,"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`},
		{"responses", effort, "gpt-5", imitation.OpenAI, "/v1/responses", `{"model":"gpt-5","input":"Hi","reasoning":{"summary":"auto" , "effort":"high"}}`,
			`{"model":"gpt-5","input":"Hi","reasoning":{"summary":"auto" , "effort":"low"}}`},
		{"messages", set, "claude-sonnet-4-5", imitation.Anthropic, "/v1/messages", `{"model":"claude-sonnet-4-5","max_tokens":9000,"temperature":1,"messages":[{"role":"user","content":"Hi"}]}`, ""},
		{"gemini", set, "gemini-2.5-flash", imitation.Gemini, "/v1beta/models/gemini-2.5-flash:generateContent", `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generation_config":{"top_k":3,"max_output_tokens":9}}`,
			`{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generation_config":{"temperature":0.25,"topP":0.5,"top_k":3,"max_output_tokens":77}}`},
		{"lane B", set, "gpt-4o", imitation.OpenAI, "/v1/messages", `{"model":"gpt-4o","max_tokens":9000,"temperature":1,"messages":[{"role":"user","content":"Hi"}]}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := vendor(t, c.kind, "A")
			w := newWorld(t, []*imitation.Vendor{v}, rules(t, c.yaml))
			r := w.request(ask{kind: c.kind, path: c.path, body: map[string]any{}})
			r.Body, r.ContentLength, r.GetBody = io.NopCloser(strings.NewReader(c.body)), int64(len(c.body)), nil
			if got := w.do(r); got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			sent := string(v.Requests()[0].Body)
			if c.want != "" && sent != c.want {
				t.Errorf("sent\n%s\nwant\n%s", sent, c.want)
			}
			var is map[string]any
			if err := json.Unmarshal([]byte(sent), &is); err != nil {
				t.Fatal(err)
			}
			if c.want == "" && (is["temperature"] != 0.25 || is["max_tokens"] != 77.0 && is["max_output_tokens"] != 77.0) {
				t.Errorf("sent %s", sent)
			}
			if rec := w.records(1)[0]; rec.Set == (routing.Set{}) || len(rec.Rules) != 1 {
				t.Errorf("the record says %+v", rec)
			}
		})
	}
}

// What a reply says was left out is what was: not what lane B would have left out of the same request.
func TestSetTellsWhatItLeavesOut(t *testing.T) {
	for set, want := range map[string]string{"temperature: 0.25": "", "verbosity: low": "verbosity"} {
		v := vendor(t, imitation.Anthropic, "A")
		w := newWorld(t, []*imitation.Vendor{v}, rules(t, "rules:\n- name: careful\n  set: {"+set+"}"))
		tool := map[string]any{"name": "look", "strict": true, "input_schema": map[string]any{"type": "object"}}
		got := w.send(ask{kind: imitation.Anthropic, path: "/v1/messages", body: map[string]any{"model": "claude-sonnet-4-5", "max_tokens": 100, "tools": []any{tool},
			"messages": []any{map[string]any{"role": "user", "content": "Hi"}}}})
		if dropped := got.header.Get("X-Metapi-Dropped"); got.status != 200 || dropped != want {
			t.Errorf("%s: %d, left out %q, want %q", set, got.status, dropped, want)
		}
	}
}

// A cap is kept by requests at once, the next account takes over, and who has nowhere to go is told until when.
func TestCapsHoldUnderParallelRequests(t *testing.T) {
	a, b := vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")
	w := newWorld(t, []*imitation.Vendor{a, b}, limits(t, "accounts:\n  slug-0: {caps: {requests_per_minute: 7}}\n  slug-1: {caps: {concurrent: 50, requests_per_minute: 20}}"))
	got, minute := make(chan answer, 50), time.Now().Minute()
	for range 50 {
		go func() { got <- w.do(w.request(asks()[0])) }()
	}
	served, refused := 0, 0
	for range 50 {
		switch x := <-got; x.status {
		case 200:
			served++
		case 429:
			refused++
			if !strings.Contains(x.body, "at its cap of") || x.header.Get("Retry-After") == "" {
				t.Errorf("refused by %s", x.body)
			}
		default:
			t.Errorf("%d %s", x.status, x.body)
		}
	}
	minutes := 1
	if time.Now().Minute() != minute { // one has ended meanwhile: each has a cap of its own
		minutes = 2
	}
	if n, m := len(a.Requests()), len(b.Requests()); n < 7 || n > 7*minutes || m < 20 || m > 20*minutes || served != n+m || served+refused != 50 {
		t.Errorf("A was asked %d times, B %d times, %d were served and %d refused", n, m, served, refused)
	}
}

func limits(t *testing.T, text string) setting {
	return func(o *gateway.Options, s *snapshot.Snapshot) {
		t.Helper()
		rules(t, text)(o, s)
		var set routing.Settings
		if fault := settings.Parse("routing.yaml", []byte(text), &set); fault != nil {
			t.Fatal(fault)
		}
		for i := range s.Accounts {
			var err error
			if s.Accounts[i].Limits, err = routing.NewLimits(&set, s.Accounts[i].Slug, new(live.Meter), time.Now(), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}
