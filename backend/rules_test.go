package backend_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metapi/backend"
	"metapi/backend/control/client"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

// ruleHouse is a serving backend with an account of each of two vendors.
func ruleHouse(t *testing.T) (c *client.Client, dir string, who func(model string) string) {
	dir = t.TempDir()
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c = client.InProcess(b.Handler())
	for provider, kind := range map[string]imitation.Kind{"openai": imitation.OpenAI, "gemini": imitation.Gemini} {
		models := map[string][]string{"openai": {"gpt-4o", "gpt-5-mini"}, "gemini": {"gemini-2.5-pro", "gemini-2.5-flash"}}[provider]
		v := imitation.New(t, kind, imitation.WithModels(models...))
		if _, err := c.AddAccount(t.Context(), client.AddAccount{Provider: provider, BaseURL: v.BaseURL, Key: v.Key}); err != nil {
			t.Fatal(err)
		}
	}
	key, err := c.AddClient(t.Context(), "script")
	if err != nil {
		t.Fatal(err)
	}
	return c, dir, func(model string) string {
		t.Helper()
		if got := call(t, st.Addresses[0], key.Key, model); got != 200 {
			t.Errorf("%s: %d", model, got)
		}
		list, err := c.Usage(t.Context(), client.UsageQuery{Limit: 1})
		if err != nil || len(list.Rows) == 0 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list.Rows[0].Account
	}
}

// Every change from the window is in force for the next request, keeps what the user wrote around it, and can be undone.
func TestRoutingIsEditedInPlace(t *testing.T) {
	c, dir, who := ruleHouse(t)
	const mine = "# my rules\r\naliases:\r\n  fast: 'gpt-4o' # quotes stay\r\n\r\nrules:\r\n# the first\r\n- name: one\r\n  when: client == \"nobody\"\r\n  mode: cost\r\n\r\n- {name: two, mode: failover} # short"
	path := filepath.Join(dir, "routing.yaml")
	if err := os.WriteFile(path, []byte(mine), 0o640); err != nil {
		t.Fatal(err)
	}
	text := func() string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	r, err := c.Routing(t.Context())
	if err != nil || len(r.Rules) != 2 || r.Rules[0].When != `client == "nobody"` || len(r.Accounts) != 2 || r.Undo || r.Aliases[0].Name != "fast" {
		t.Fatalf("%+v, %v", r, err)
	}
	zero := 0
	use := routing.Use{Caps: routing.Caps{Requests: 100}}
	fast := "gemini-2.5-flash"
	plan := client.RoutingPlan{Models: []client.Choice{{Model: "gpt-4o"}, {Model: "gpt-5-mini", Weight: 2}}}
	rule := r.Rules[1]
	rule.Off = true
	for _, step := range []struct {
		what string
		e    client.RoutingEdit
		want string // what is put in place of what
	}{
		{"off", client.RoutingEdit{Name: "two", Rule: &rule}, "{name: two, mode: failover}>{name: two, mode: failover, off: true}"},
		{"order", client.RoutingEdit{Name: "two", To: &zero}, "# the first\r\n- name: one\r\n  when: client == \"nobody\"\r\n  mode: cost\r\n\r\n- {name: two, mode: failover, off: true} # short>- {name: two, mode: failover, off: true} # short\r\n\r\n# the first\r\n- name: one\r\n  when: client == \"nobody\"\r\n  mode: cost"},
		{"an alias", client.RoutingEdit{Name: "fast", Alias: &fast}, "'gpt-4o' # quotes stay>gemini-2.5-flash # quotes stay"},
		{"a virtual model", client.RoutingEdit{Name: "coder", Model: &plan}, "  mode: cost>  mode: cost\r\nmodels:\r\n  coder: {models: [gpt-4o, {model: gpt-5-mini, weight: 2}]}"},
		{"a cap", client.RoutingEdit{Name: r.Accounts[0].Account, Use: &use}, "weight: 2}]}>weight: 2}]}\r\naccounts:\r\n  " + r.Accounts[0].Account + ": {caps: {requests_per_minute: 100}}"},
		{"an alias's end", client.RoutingEdit{Name: "fast", Remove: "alias"}, "aliases:\r\n  fast: gemini-2.5-flash # quotes stay\r\n\r\n>\r\n"},
	} {
		was := text()
		from, to, _ := strings.Cut(step.want, ">")
		step.e.Version = r.Version
		if r, err = c.EditRouting(t.Context(), step.e); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if want := strings.Replace(was, from, to, 1); text() != want || r.Text != want {
			t.Fatalf("%s: the file is\n%q\nwant\n%q", step.what, text(), want)
		}
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode is now %v", info.Mode())
	}
	if got := who("coder"); got != "openai" {
		t.Errorf("the virtual model was served by %s", got)
	}
	for range 6 {
		if r, err = c.UndoRouting(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if text() != mine || r.Undo {
		t.Errorf("undone, the file is\n%q", text())
	}
	if _, err := c.UndoRouting(t.Context()); err == nil {
		t.Error("there is always something to undo")
	}
}

// Who has looked at another text than there is changes nothing, nor does a text that is wrong.
func TestRoutingRefusesWhatItCannotKeep(t *testing.T) {
	c, dir, _ := ruleHouse(t)
	path := filepath.Join(dir, "routing.yaml")
	r, err := c.Routing(t.Context())
	if err != nil || r.Text != "" || len(r.Rules) != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := os.WriteFile(path, []byte("# another's\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, do := range map[string]func() (client.Routing, error){
		"a rule": func() (client.Routing, error) {
			return c.EditRouting(t.Context(), client.RoutingEdit{Version: r.Version, Name: "x", Rule: &client.RoutingRule{Name: "x", Never: []string{"a"}}})
		},
		"a text": func() (client.Routing, error) { return c.SaveRouting(t.Context(), r.Version, "aliases: {a: b}\n") },
	} {
		var p *client.Problem
		if _, err := do(); !errors.As(err, &p) || p.Status != 409 || p.Code != client.Conflict || !strings.Contains(p.Detail, "changed since") {
			t.Errorf("%s: %v", what, err)
		}
	}
	var p *client.Problem
	if _, err := c.SaveRouting(t.Context(), "", "rules:\n- name: x\n  when: tokns > 1\n  mode: cost\n"); !errors.As(err, &p) || p.Code != client.Invalid || !strings.Contains(p.Detail, "routing.yaml:3:9") {
		t.Errorf("%v", err)
	}
	if _, err := c.EditRouting(t.Context(), client.RoutingEdit{Name: "x", Rule: &client.RoutingRule{Name: "x"}}); !errors.As(err, &p) || !strings.Contains(p.Detail, "does nothing") {
		t.Errorf("%v", err)
	}
	if _, err := c.EditRouting(t.Context(), client.RoutingEdit{Name: "nobody", Remove: "rule"}); !errors.As(err, &p) || p.Code != client.NotFound {
		t.Errorf("%v", err)
	}
	checked, err := c.CheckRouting(t.Context(), "rules:\n- {name: x, mode: cheap}\n")
	if err != nil || checked.Fault == nil || checked.Fault.Message == "" {
		t.Errorf("%+v, %v", checked, err)
	}
	if data, _ := os.ReadFile(path); string(data) != "# another's\n" {
		t.Errorf("the file is %q", data)
	}
}

// A ready rule that is switched on decides the next request, with the user's own models, and can be switched off and undone.
func TestReadyRuleIsSwitchedOn(t *testing.T) {
	c, dir, who := ruleHouse(t)
	if err := os.WriteFile(filepath.Join(dir, "routing.yaml"), []byte("rules:\n- {name: always, when: model == \"gpt-4o\", mode: failover}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	state := func(r client.Routing, name string) (one client.ReadyRule) {
		for _, o := range r.Ready {
			if o.Name == name {
				one = o
			}
		}
		return one
	}
	r, err := c.Routing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if one := state(r, "summaries"); one.On || len(one.Missing) != 1 || !strings.Contains(one.Missing[0], "Claude") {
		t.Errorf("%+v", one)
	}
	var p *client.Problem
	if _, err := c.SwitchReady(t.Context(), "summaries", true); !errors.As(err, &p) || !strings.Contains(p.Detail, "Claude") {
		t.Errorf("%v", err)
	}
	if one := state(r, "long context"); one.On || len(one.Missing) != 0 || one.Uses[0].Model != "gemini-2.5-pro" || !strings.Contains(one.Text, "models: [gemini-2.5-pro]") {
		t.Errorf("%+v", one)
	}
	if got := who("gpt-4o"); got != "openai" {
		t.Errorf("served by %s", got)
	}
	if r, err = c.SwitchReady(t.Context(), "long context", true); err != nil || !state(r, "long context").On {
		t.Fatalf("%+v, %v", r, err)
	}
	rule := r.Rules[1]
	rule.When = "tokens > 0" // the user changes it: so short a prompt is long enough
	if _, err = c.EditRouting(t.Context(), client.RoutingEdit{Name: "long context", Rule: &rule}); err != nil {
		t.Fatal(err)
	}
	if got := who("gpt-4o"); got != "google-gemini" {
		t.Errorf("with the rule on, served by %s", got)
	}
	if r, err = c.SwitchReady(t.Context(), "long context", false); err != nil || !r.Rules[1].Off { // it has been changed: it is kept
		t.Fatalf("%+v, %v", r.Rules, err)
	}
	if got := who("gpt-4o"); got != "openai" {
		t.Errorf("with the rule off, served by %s", got)
	}
	if r, err = c.UndoRouting(t.Context()); err != nil || !state(r, "long context").On {
		t.Errorf("%+v, %v", r, err)
	}
	if got := who("gpt-4o"); got != "google-gemini" {
		t.Errorf("undone, served by %s", got)
	}
	if r, err = c.SwitchReady(t.Context(), "images", true); err != nil {
		t.Fatal(err)
	}
	if r, err = c.SwitchReady(t.Context(), "images", false); err != nil || len(r.Rules) != 2 { // it has not: it is gone
		t.Errorf("%+v, %v", r.Rules, err)
	}
}
