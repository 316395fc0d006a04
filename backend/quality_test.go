package backend_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/backend/routing"
	"metapi/build/imitation"
)

// desk is an instance in front of one vendor with three models.
type desk struct {
	*testing.T
	*client.Client
	dir, url, key string
	written       int
	stop          func() error
}

func newDesk(t *testing.T, dir string) *desk {
	t.Helper()
	b := open(t, dir)
	st, stop := serve(t, b, backend.ServeOptions{})
	return &desk{T: t, Client: client.InProcess(b.Handler()), dir: dir, url: "http://" + st.Addresses[0], stop: func() error {
		err := stop()
		b.Close()
		return err
	}}
}

// ask asks for a reply, and returns the record of it.
func (d *desk) ask(model, mode, question string) client.Request {
	d.Helper()
	body, _ := json.Marshal(map[string]any{"model": model, "messages": []any{map[string]string{"role": "user", "content": question}}})
	r, err := http.NewRequest("POST", d.url+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.key)
	r.Header.Set("Content-Type", "application/json")
	if mode != "" {
		r.Header.Set("X-Metapi-Mode", mode)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer resp.Body.Close()
	if said, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
		d.Fatalf("%d %s", resp.StatusCode, said)
	}
	id := resp.Header.Get("X-Metapi-Request-Id")
	var got client.Request
	await(d.T, "the request is not settled", func() bool {
		got, err = d.Request(d.Context(), id)
		return err == nil && got.Record.State == routing.OK
	})
	return got
}

func (d *desk) served(r client.Request) string {
	return r.Record.Attempts[len(r.Record.Attempts)-1].Upstream
}

// add gives the desk its account and a local key, and writes its routing.yaml.
func (d *desk) add(rules string) {
	d.Helper()
	v := imitation.New(d.T, imitation.OpenAI, imitation.WithModels("gpt-4o-mini", "gpt-4o", "gpt-5"))
	must(d.AddAccount(d.Context(), client.AddAccount{Provider: "openai", BaseURL: v.BaseURL, Key: v.Key}))(d.T)
	d.key = must(d.AddClient(d.Context(), "tool"))(d.T).Key
	d.write(rules)
}

// What a user does with modes and thumbs, from end to end: a virtual model of three is served by another model in each mode, by each way of asking
// for one; thumbs move it, outlive a restart, and are taken back.
func TestModesAndThumbsEndToEnd(t *testing.T) {
	dir := t.TempDir()
	d := newDesk(t, dir)
	d.add("models: {any: {models: [gpt-4o-mini, gpt-4o, gpt-5]}}\n")
	wants := map[string]string{"failover": "gpt-4o-mini", "quality": "gpt-5", "cost": "gpt-5"}
	for mode, want := range wants {
		if got := d.ask("any", mode, "hello"); d.served(got) != want || string(got.Record.Mode) != mode {
			t.Errorf("header %s: %s in mode %s", mode, d.served(got), got.Record.Mode)
		}
		if got := d.ask("any:"+mode, "", "hello"); d.served(got) != want || string(got.Record.Mode) != mode {
			t.Errorf("suffix %s: %s in mode %s", mode, d.served(got), got.Record.Mode)
		}
		must(d.SetMode(t.Context(), mode))(t)
		if got := d.ask("any", "", "hello"); d.served(got) != want || string(got.Record.Mode) != mode {
			t.Errorf("%s for all: %s in mode %s", mode, d.served(got), got.Record.Mode)
		}
		must(d.SetMode(t.Context(), "failover"))(t)
		if c := must(d.EditClient(t.Context(), "tool", client.EditKey{Mode: &mode}))(t); c.Mode != mode {
			t.Errorf("%+v", c)
		}
		if got := d.ask("any", "", "hello"); d.served(got) != want || string(got.Record.Mode) != mode {
			t.Errorf("%s for the client: %s in mode %s", mode, d.served(got), got.Record.Mode)
		}
		none := ""
		must(d.EditClient(t.Context(), "tool", client.EditKey{Mode: &none}))(t)
		d.write(fmt.Sprintf("models: {any: {mode: %s, models: [gpt-4o-mini, gpt-4o, gpt-5]}}\n", mode))
		if got := d.ask("any", "", "hello"); d.served(got) != want || string(got.Record.Mode) != mode {
			t.Errorf("%s of the virtual model: %s in mode %s", mode, d.served(got), got.Record.Mode)
		}
		d.write("models: {any: {models: [gpt-4o-mini, gpt-4o, gpt-5]}}\n")
	}
	wrong := "psychic"
	if _, err := d.EditClient(t.Context(), "tool", client.EditKey{Mode: &wrong}); code(err) != control.Invalid || !strings.Contains(err.Error(), `"quality" or "auto"`) {
		t.Errorf("a mode that there is not: %v", err)
	}

	// Cost mode takes a lesser model where the user says that it is good enough, and auto mode where the better answer is not worth its price.
	d.write("models: {any: {models: [gpt-5, gpt-4o, gpt-4o-mini]}}\n")
	zero, little := 0.0, 0.000001
	must(d.EditSettings(t.Context(), client.EditSettings{Tolerance: &zero, AnswerUSD: &little, SecondUSD: &zero}))(t)
	for _, mode := range []string{"cost", "auto"} {
		if got := d.ask("any", mode, "hello"); d.served(got) != "gpt-4o-mini" {
			t.Errorf("%s, of a user who does not mind: %s, by %+v", mode, d.served(got), got.Record.Candidates)
		}
	}
	much := 100.0
	must(d.EditSettings(t.Context(), client.EditSettings{AnswerUSD: &much}))(t)
	last := d.ask("any", "auto", "hello")
	if d.served(last) != "gpt-5" {
		t.Errorf("auto, of a user who does mind: %s, by %+v", d.served(last), last.Record.Candidates)
	}
	if f := last.Record.Candidates[0]; last.Record.Domain != "other" || f.Utility == 0 || f.Judged == nil || f.Judged.Evidence != "published" || f.Judged.Worth == 0 {
		t.Errorf("the record does not show why: %q, %+v", last.Record.Domain, f)
	}

	// Thumbs down on gpt-5 move quality mode to another model; they outlive a restart; taken back, they count no more.
	var ids []string
	for range 40 {
		r := d.ask("any", "quality", "hello")
		if d.served(r) != "gpt-5" {
			break
		}
		if r.Thumb != "none" {
			t.Errorf("before it is judged: %q", r.Thumb)
		}
		ids = append(ids, r.Row.ID)
		must(d.SetThumb(t.Context(), r.Row.ID, "down"))(t)
	}
	if got := d.ask("any", "quality", "hello"); d.served(got) != "gpt-4o" || len(ids) < 5 {
		t.Fatalf("after %d thumbs down: %s", len(ids), d.served(got))
	}
	if r := must(d.Request(t.Context(), ids[0]))(t); r.Thumb != "down" {
		t.Errorf("the request says %q", r.Thumb)
	}
	key := d.key
	d.stop()
	d = newDesk(t, dir)
	d.key = key
	if got := d.ask("any", "quality", "hello"); d.served(got) != "gpt-4o" {
		t.Errorf("after a restart: %s", d.served(got))
	}
	for _, id := range ids {
		must(d.SetThumb(t.Context(), id, "none"))(t)
	}
	if got := d.ask("any", "quality", "hello"); d.served(got) != "gpt-5" {
		t.Errorf("taken back: %s", d.served(got))
	}
	if _, err := d.SetThumb(t.Context(), "nothing", "up"); code(err) != control.NotFound {
		t.Errorf("of no request: %v", err)
	}
}

// write writes routing.yaml, and waits until it is in force.
func (d *desk) write(rules string) {
	d.Helper()
	d.written++
	mark := fmt.Sprint("mark-", d.written)
	if err := os.WriteFile(filepath.Join(d.dir, "routing.yaml"), []byte(fmt.Sprintf("aliases: {%s: gpt-4o}\n%s", mark, rules)), 0o600); err != nil {
		d.Fatal(err)
	}
	await(d.T, "routing.yaml is not in force", func() bool {
		got, err := d.Decide(d.Context(), client.Question{Model: mark})
		return err == nil && got.Refused == ""
	})
}
