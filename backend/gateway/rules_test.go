package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"metapi/backend/gateway"
	"metapi/backend/routing"
	"metapi/backend/settings"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// rules puts a routing.yaml in force.
func rules(t *testing.T, text string) setting {
	return func(_ *gateway.Options, s *snapshot.Snapshot) {
		t.Helper()
		var set routing.Settings
		if fault := settings.Parse("routing.yaml", []byte(text), &set); fault != nil {
			t.Fatal(fault)
		}
		s.Rules = routing.NewRules(&set, s.Names)
	}
}

// A virtual model stands for models of several vendors: when the first cannot serve, the next does, in the client's own protocol.
func TestVirtualModel(t *testing.T) {
	claude, gpt := vendor(t, imitation.Anthropic, "A"), vendor(t, imitation.OpenAI, "B")
	w := newWorld(t, []*imitation.Vendor{claude, gpt}, rules(t, "models: {coder: {models: [claude-sonnet-4-5, gpt-4o]}}"))
	for i, a := range asks() {
		if a.kind == imitation.Gemini {
			a.path = strings.Replace(a.path, "gemini-2.5-flash", "coder", 1)
		} else {
			a.body["model"] = "coder"
		}
		for _, broken := range []bool{false, true} {
			if broken {
				claude.Fault(imitation.Fault{Kind: imitation.Status401})
			}
			got := w.send(a)
			said, whole, errs := text(a, got.body)
			if got.status != 200 || !whole || len(errs) > 0 || !strings.Contains(said, question) {
				t.Errorf("%v, broken %v: %d %s", a, broken, got.status, got.body)
			}
			want := "dep_0_claude-sonnet-4-5"
			if broken {
				want = "dep_1_gpt-4o"
			}
			if by := got.header.Get("X-Metapi-Deployment"); by != want {
				t.Errorf("%v, broken %v: served by %s", a, broken, by)
			}
			w.live.ClearAccount("acc_0")
			if rec := w.records(2*i + 1)[2*i]; rec.Model != "claude-sonnet-4-5" && !broken {
				t.Errorf("the record says %s", rec.Model)
			}
		}
	}
	list := w.do(get(w, "/v1/models"))
	if !strings.Contains(list.body, `"coder"`) {
		t.Errorf("it is not listed: %s", list.body)
	}
}

func get(w *world, path string) *http.Request {
	r, err := http.NewRequest("GET", w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+localKey)
	return r
}

func TestRulesLookAtTheRequest(t *testing.T) {
	const none = "dep_0_gpt-4o"
	for _, c := range []struct {
		name, when string
		change     func(ask, *http.Request)
		holds      bool
	}{
		{"the text of the question", `text contains "How large"`, nil, true},
		{"other words", `text contains "How small"`, nil, false},
		{"tokens", `tokens > 0 and tokens < 100`, nil, true},
		{"a header", `header("x-team") == "red"`, func(_ ask, r *http.Request) { r.Header.Set("X-Team", "red") }, true},
		{"no key", `header("authorization") + header("x-api-key") == ""`, nil, true},
		{"the protocol", `protocol == "openai-chat"`, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.OpenAI, "B")},
				rules(t, "rules:\n- name: there\n  when: '"+c.when+"'\n  only: [slug-1]"))
			a := asks()[0]
			r := w.request(a)
			if c.change != nil {
				c.change(a, r)
			}
			got := w.do(r)
			if there := got.header.Get("X-Metapi-Deployment") != none; got.status != 200 || there != c.holds {
				t.Errorf("%d, served by %s", got.status, got.header.Get("X-Metapi-Deployment"))
			}
			if rec := w.records(1)[0]; (len(rec.Rules) == 1) != c.holds {
				t.Errorf("the record names rules %v", rec.Rules)
			}
		})
	}
}

// What is asked about is decided like the request itself, and neither sent nor booked. What Metapi answers by itself is decided by nobody.
func TestExplainSendsNothing(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "A")
	w := newWorld(t, []*imitation.Vendor{v}, rules(t, "models: {coder: {models: [gpt-4o]}}"))
	rec, err := w.gateway.Explain(t.Context(), gateway.Question{Model: "coder"})
	if err != nil || rec.Model != "gpt-4o" || len(rec.Candidates) != 1 || rec.Candidates[0].Wait == 0 {
		t.Errorf("%+v, %v", rec, err)
	}
	for _, path := range []string{"/v1/conversations", "/v1/models", "/nowhere"} {
		if rec, err := w.gateway.Explain(t.Context(), gateway.Question{Path: path, Model: "coder"}); err == nil {
			t.Errorf("%s: %+v", path, rec)
		}
	}
	if n := len(v.Requests()); n != 0 {
		t.Errorf("the upstream was asked %d times", n)
	}
}
