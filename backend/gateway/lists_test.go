package gateway_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

func TestModelLists(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "o"), vendor(t, imitation.Anthropic, "a"), vendor(t, imitation.Gemini, "g")})
	list := func(path string, header ...string) map[string]any {
		t.Helper()
		r, _ := http.NewRequest("GET", w.url+path, nil)
		r.Header.Set("Authorization", "Bearer "+localKey)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		got := w.do(r)
		var o map[string]any
		if err := json.Unmarshal([]byte(got.body), &o); err != nil {
			t.Fatalf("%s: %d %s", path, got.status, got.body)
		}
		return o
	}
	names := func(o map[string]any, of, field string) (ids []string) {
		for _, m := range o[of].([]any) {
			ids = append(ids, m.(map[string]any)[field].(string))
		}
		return ids
	}
	all := []string{"claude-haiku-4-5", "claude-sonnet-4-5", "gemini-2.5-flash", "gemini-2.5-pro", "gpt-4o", "gpt-4o-mini", "gpt-5", "text-embedding-3-small"}
	if got := names(list("/v1/models"), "data", "id"); !slices.Equal(got, all) {
		t.Errorf("openai: %v", got)
	}
	version := []string{"Anthropic-Version", "2023-06-01"}
	page := list("/v1/models?limit=1", version...)
	if got := names(page, "data", "id"); !slices.Equal(got, []string{"claude-haiku-4-5"}) || page["has_more"] != true || page["last_id"] != "claude-haiku-4-5" {
		t.Errorf("anthropic: %v", page)
	}
	page = list("/v1/models?after_id=claude-haiku-4-5", version...)
	if got := names(page, "data", "id"); !slices.Equal(got, all[1:]) || page["has_more"] != false {
		t.Errorf("anthropic, second page: %v", page)
	}
	page = list("/v1beta/models?pageSize=1")
	if got := names(page, "models", "name"); !slices.Equal(got, []string{"models/claude-haiku-4-5"}) || page["nextPageToken"] == nil {
		t.Errorf("gemini: %v", page)
	}
	page = list("/v1beta/models?pageSize=1&pageToken=" + page["nextPageToken"].(string))
	if got := names(page, "models", "name"); !slices.Equal(got, []string{"models/claude-sonnet-4-5"}) || page["nextPageToken"] == nil {
		t.Errorf("gemini, second page: %v", page)
	}
	if one := list("/v1/models/gpt-5"); one["id"] != "gpt-5" || one["object"] != "model" {
		t.Errorf("one: %v", one)
	}
	if one := list("/v1/models/claude-haiku-4-5"); one["id"] != "claude-haiku-4-5" || one["object"] != "model" {
		t.Errorf("one that is reached in lane B: %v", one)
	}
	if none := list("/v1/models/no-such-model"); none["error"] == nil {
		t.Errorf("one that is not there: %v", none)
	}
	if bad := list("/v1beta/models?pageSize=x"); bad["error"] == nil {
		t.Errorf("a bad page size: %v", bad)
	}
}

// A model list shows what lane B reaches, too; embeddings alone it does not.
func TestListsLeaveOutEmbeddings(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "o")}, func(_ *gateway.Options, s *snapshot.Snapshot) {
		for i := range s.Deployments {
			if d := &s.Deployments[i]; strings.Contains(d.Upstream, "embedding") {
				d.Protocols = protocol.SetOf(protocol.OpenAIEmbeddings)
			}
		}
	})
	r, _ := http.NewRequest("GET", w.url+"/v1/models", nil)
	r.Header.Set("X-Api-Key", localKey)
	r.Header.Set("Anthropic-Version", "2023-06-01")
	if got := w.do(r); !strings.Contains(got.body, "gpt-4o") || strings.Contains(got.body, "embedding") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Other operations than generating pass the same way.
func TestCountingAndEmbedding(t *testing.T) {
	o, a, g := vendor(t, imitation.OpenAI, "o"), vendor(t, imitation.Anthropic, "a"), vendor(t, imitation.Gemini, "g")
	w := newWorld(t, []*imitation.Vendor{o, a, g})
	hello := []any{map[string]any{"role": "user", "content": question}}
	for _, c := range []struct {
		ask  ask
		says string
		used bool
	}{
		{ask{imitation.Anthropic, protocol.Anthropic, "/v1/messages/count_tokens?beta=true", false, map[string]any{"model": "claude-sonnet-4-5", "messages": hello}}, "input_tokens", false},
		{ask{imitation.Gemini, protocol.Gemini, "/v1beta/models/gemini-2.5-pro:countTokens", false, map[string]any{"contents": []any{map[string]any{"parts": []any{map[string]any{"text": question}}}}}}, "totalTokens", false},
		{ask{imitation.OpenAI, protocol.OpenAIEmbeddings, "/v1/embeddings", false, map[string]any{"model": "text-embedding-3-small", "input": question}}, "embedding", true},
	} {
		got := w.send(c.ask)
		if got.status != 200 || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d %s", c.ask.path, got.status, got.body)
		}
	}
	for i, r := range w.records(3) {
		if used := !r.Usage.Zero(); used != (i == 2) {
			t.Errorf("%v booked %+v", r.Operation, r.Usage)
		}
	}
	if q := a.Calls()[0].Query.Get("beta"); q != "true" {
		t.Errorf("the client's query did not pass: %v", a.Calls()[0].Query)
	}
}

// Names: an alias, account/model, a folded spelling; the upstream gets its own name, and only that is changed in the body.
func TestModelNames(t *testing.T) {
	o, a := vendor(t, imitation.OpenAI, "o"), vendor(t, imitation.Anthropic, "a")
	w := newWorld(t, []*imitation.Vendor{o, a})
	for asked, want := range map[string]string{"my-alias": "gpt-4o", "slug-0/gpt-4o": "gpt-4o", "openai/GPT-4o": "gpt-4o", "gpt-4o:balance": "gpt-4o"} {
		before := len(o.Calls())
		c := asks()[0]
		body := `{ "messages":[{"role":"user","content":"How large is it?"}],  "model" : "` + asked + `" , "temperature":0.50 }`
		r := w.request(c)
		setBody(r, []byte(body))
		w.wantAnswer(c, w.do(r))
		if got, expect := string(o.Calls()[before].Body), strings.Replace(body, asked, want, 1); got != expect {
			t.Errorf("%s was sent as\n%s\nnot\n%s", asked, got, expect)
		}
	}
	messages := asks()[2]
	messages.body["model"] = "claude-sonnet-4.5[1m]"
	w.wantAnswer(messages, w.send(messages))
	if got := w.records(5)[4]; got.Asked != "claude-sonnet-4.5[1m]" || got.Model != "claude-sonnet-4-5" {
		t.Errorf("recorded as asked %q, model %q", got.Asked, got.Model)
	}
	messages.body["model"] = "gpt-4o"
	w.wantAnswer(messages, w.send(messages)) // in lane B
}
