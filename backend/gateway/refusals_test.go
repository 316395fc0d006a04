package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"metapi/backend/gateway"
	"metapi/build/imitation"
)

// Who was refused at the door is remembered: how often and what it calls itself, but never the key that it sent.
func TestRefusalsAreRemembered(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "only")})
	const sent = "sk-proj-sent-by-mistake-0123456789"
	knock := func(path, agent string, change func(*http.Request)) {
		r, err := http.NewRequest("POST", w.url+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("User-Agent", agent)
		change(r)
		w.do(r)
	}
	none := func(*http.Request) {}
	for range 3 {
		knock("/v1/messages", "claude-cli/2.1 (external, cli)", none)
	}
	knock("/v1beta/models/gemini-2.5-pro:generateContent?key="+sent, sent+"/1.0", none)
	long := sent + strings.Repeat("-and-so-on", 10)
	knock("/v1/chat/completions", long, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+long) })
	knock("/v1/chat/completions", "curl/8.5\u202e", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+sent) })
	knock("/v1/messages", "tool", func(r *http.Request) { r.Host = "host.docker.internal:4747" })
	knock("/v1/messages", "Mozilla/5.0 (X11)", func(r *http.Request) { r.Header.Set("Origin", "https://page.example") })
	w.do(w.request(asks()[0])) // with the right key: nothing to remember

	var got []string
	for _, r := range w.gateway.Refusals() {
		if r.Last.IsZero() {
			t.Errorf("nobody knows when %+v was", r)
		}
		got = append(got, fmt.Sprintf("%s %d %s %s %s", r.Why, r.Count, r.Agent, r.Path, r.Named))
	}
	want := []string{"web-page 1 Mozilla/5.0  https://page.example", "foreign-host 1 tool  host.docker.internal:4747",
		"wrong-key 1 curl/8.5 /v1/chat/completions ", "wrong-key 1  /v1/chat/completions ", "wrong-key 1  /v1beta ", "no-key 3 claude-cli/2.1 /v1/messages "}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("remembered:\n%s\nwanted:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	for i := range 100 {
		knock("/v1/messages", fmt.Sprintf("%s-%d/1", strings.Repeat("ü", 200), i), none)
	}
	list := w.gateway.Refusals()
	if len(list) != len(want)+1 || len(list[0].Agent) > 82 || list[0].Count != 100 {
		t.Errorf("names that are too long: %d are remembered, the last %+v", len(list), list[0])
	}
	for i := range 100 {
		knock("/v1/messages", fmt.Sprintf("tool-%d/1", i), none)
	}
	list = w.gateway.Refusals()
	if len(list) != 32 || list[0].Agent != "tool-99/1" || list[0].Why != gateway.NoKey {
		t.Errorf("%d are remembered, the last %+v", len(list), list[0])
	}
}
