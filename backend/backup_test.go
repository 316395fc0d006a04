package backend_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
)

const phrase = "a long passphrase"

// entries are the files of a backup, by name.
func entries(t *testing.T, file []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(text)
	}
	return all
}

// zipped makes a backup of what may be anything.
func zipped(t *testing.T, all map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, text := range all {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// recorded makes a house as a person has it after some time.
func recorded(t *testing.T) *house {
	h := newHouse(t)
	h.serves()
	theme, worth := "dark", 1.5
	must(h.EditSettings(t.Context(), client.EditSettings{Theme: &theme, AnswerUSD: &worth}))(t)
	must(h.SetMode(t.Context(), "cost"))(t)
	must(h.SetBudget(t.Context(), "all", client.SetBudget{Scope: "client", Of: "script", Period: "day", USD: 5}))(t)
	for name, text := range map[string]string{"routing.yaml": "aliases:\n  house: gpt-4o # ours\n", "providers.d/mine.yaml": "# none yet\n"} {
		if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func TestBackupHasNoSecret(t *testing.T) {
	h := recorded(t)
	secrets := []string{"sk-proj-aaaa-0123456789", "sk-proj-bbbb-0123456789", h.key}
	for _, in := range []client.MakeBackup{{}, {Ledger: true}, {Ledger: true, Keys: true, Passphrase: phrase}} {
		for name, text := range entries(t, must(h.Backup(t.Context(), in))(t).File) {
			for _, secret := range append(secrets, phrase) {
				if strings.Contains(text, secret) {
					t.Errorf("%+v: %s has %s", in, name, secret)
				}
			}
		}
	}
	if _, err := h.Backup(t.Context(), client.MakeBackup{Keys: true, Passphrase: "short"}); code(err) != control.Invalid {
		t.Errorf("a short passphrase: %v", err)
	}
}

// What was here is on an empty machine afterwards: with the keys it serves at once, without them tools are let in and accounts wait for a key.
func TestRestoreElsewhere(t *testing.T) {
	h := recorded(t)
	for _, keys := range []bool{true, false} {
		in := client.MakeBackup{Ledger: true, Keys: keys}
		if keys {
			in.Passphrase = phrase
		}
		file := must(h.Backup(t.Context(), in))(t).File
		dir := t.TempDir()
		b := open(t, dir)
		c := client.InProcess(b.Handler())
		plan := must(c.Restore(t.Context(), client.Restore{File: file, Passphrase: in.Passphrase, Check: true}))(t)
		want := []string{"account First true", "account Second true", "client script true", "budget all true", "file providers.d/mine.yaml true", "file routing.yaml true", "mode cost false", "records 1 true"}
		var got []string
		for _, ch := range plan.Changes {
			got = append(got, strings.TrimSpace(ch.What+" "+ch.Name+" "+map[bool]string{true: "true", false: "false"}[ch.New]))
		}
		if !slices.Equal(got, want) || !slices.Equal(plan.Settings, []string{"theme", "answer_usd"}) || plan.Kept != "" {
			t.Errorf("it would change %q, settings %q, kept %q", got, plan.Settings, plan.Kept)
		}
		if (len(plan.Keyless) == 0) != keys {
			t.Errorf("with keys %v: without one are %q", keys, plan.Keyless)
		}
		if list := must(c.Accounts(t.Context()))(t); len(list) != 0 {
			t.Fatalf("a check changed something: %+v", list)
		}
		done := must(c.Restore(t.Context(), client.Restore{File: file, Passphrase: in.Passphrase}))(t)
		if _, err := os.Stat(done.Kept); err != nil {
			t.Errorf("what was before: %v", err)
		}
		if s := must(c.Settings(t.Context()))(t); s.Theme != "dark" || s.AnswerUSD != 1.5 {
			t.Errorf("settings: %+v", s)
		}
		if text, _ := os.ReadFile(filepath.Join(dir, "routing.yaml")); string(text) != "aliases:\n  house: gpt-4o # ours\n" {
			t.Errorf("routing.yaml: %s", text)
		}
		if u := must(c.Usage(t.Context(), client.UsageQuery{By: "account"}))(t); u.Totals.Requests != 1 || len(u.Rows) != 1 || u.Rows[0].Account == "" || u.Groups[0].Name != "first" {
			t.Errorf("records: %+v", u)
		}
		if l := must(c.Budgets(t.Context()))(t); len(l) != 1 || l[0].OfName != "script" || l[0].USD != 5 || l[0].Spent == 0 {
			t.Errorf("budgets: %+v", l)
		}
		st, stop := serve(t, b, backend.ServeOptions{})
		if keys {
			await(t, "no model", func() bool { return must(c.Status(t.Context()))(t).Models > 0 })
			if status := call(t, st.Addresses[0], h.key, "house"); status != 200 {
				t.Errorf("the tool's old key and the alias: %d", status)
			}
			if k := must(c.ClientKey(t.Context(), "script"))(t); k.Key != h.key {
				t.Error("the local key cannot be shown again")
			}
		} else if status := call(t, st.Addresses[0], h.key, "gpt-4o"); status == 401 || status == 200 {
			t.Errorf("without keys a tool is let in, and told that nobody can serve: %d", status)
		}
		again := must(c.Restore(t.Context(), client.Restore{File: file, Passphrase: in.Passphrase, Check: true}))(t)
		if len(again.Changes)+len(again.Settings) != 0 || len(again.LeftOut) != 1 {
			t.Errorf("once more it would change %+v", again)
		}
		stop()
		b.Close()
	}
}

// What is here and not in the backup stays; what is in both becomes as it was; a key that is here, and a local key that was revoked, stay.
func TestRestoreHere(t *testing.T) {
	h := recorded(t)
	file := must(h.Backup(t.Context(), client.MakeBackup{Keys: true, Passphrase: phrase}))(t).File
	name := "Renamed"
	must(h.EditAccount(t.Context(), h.a.ID, client.EditAccount{Name: &name}))(t)
	later := must(h.AddClient(t.Context(), "later"))(t)
	must(h.RevokeClient(t.Context(), "script"))(t)
	must(h.RemoveAccount(t.Context(), h.b.ID))(t)
	must(h.SetBudget(t.Context(), "other", client.SetBudget{Scope: "total", Period: "day", USD: 1}))(t)
	done := must(h.Restore(t.Context(), client.Restore{File: file, Passphrase: phrase}))(t)
	if a := must(h.Account(t.Context(), h.a.ID))(t); a.Name != "First" {
		t.Errorf("%+v", a)
	}
	if status := call(t, h.addr, h.key, "gpt-4o"); status != 401 {
		t.Errorf("a revoked local key came back to life: %d", status)
	}
	if status := call(t, h.addr, later.Key, "gpt-4o"); status != 200 {
		t.Errorf("what is not in the backup stays: %d", status)
	}
	if l := must(h.Budgets(t.Context()))(t); len(l) != 2 {
		t.Errorf("budgets: %+v", l)
	}
	await(t, "the removed account serves no model", func() bool { return h.standing(h.b.ID).State == "ready" })
	was, err := os.ReadFile(done.Kept)
	if err != nil {
		t.Fatal(err)
	}
	must(h.Restore(t.Context(), client.Restore{File: was, Passphrase: phrase}))(t)
	if a := must(h.Account(t.Context(), h.a.ID))(t); a.Name != "Renamed" {
		t.Errorf("what was before cannot be brought back: %+v", a)
	}
}

func TestRestoreRefuses(t *testing.T) {
	h := recorded(t)
	good := must(h.Backup(t.Context(), client.MakeBackup{Keys: true, Passphrase: phrase, Ledger: true}))(t).File
	with := func(name string, change func(string) string) []byte {
		all := entries(t, good)
		all[name] = change(all[name])
		return zipped(t, all)
	}
	text := func(s string) func(string) string { return func(string) string { return s } }
	swap := func(old, with string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("%q is not in %s", old, s)
			}
			return strings.ReplaceAll(s, old, with)
		}
	}
	bombs := map[string]string{}
	for i := range 10 {
		bombs[fmt.Sprintf("providers.d/%d.yaml", i)] = strings.Repeat("#\n", 4<<20)
	}
	before := entries(t, must(h.Backup(t.Context(), client.MakeBackup{}))(t).File)["metapi.json"]
	for name, c := range map[string]struct {
		file       []byte
		passphrase string
		says       string
	}{
		"a word":             {[]byte("x"), "", "cut off"},
		"a picture":          {[]byte("\x89PNG\r\n\x1a\n and so on"), "", "cut off, or no backup"},
		"cut off":            {good[:len(good)-40], "", "cut off"},
		"cut within":         {append(append([]byte{}, good[:200]...), good[300:]...), "", "restored"},
		"wrong passphrase":   {good, "another passphrase", "not the passphrase"},
		"newer":              {with("backup.json", swap(`"version": 1`, `"version": 2`)), "", "newer Metapi"},
		"another zip":        {zipped(t, map[string]string{"readme.txt": "hello"}), "", "readme.txt"},
		"no about":           {zipped(t, map[string]string{"metapi.json": "{}"}), "", "no backup of Metapi"},
		"path up":            {with("../../evil.yaml", text("x: 1")), "", "evil.yaml"},
		"path in providers":  {with("providers.d/../../evil.yaml", text("x: 1")), "", "evil.yaml"},
		"absolute path":      {with("/etc/evil.yaml", text("x: 1")), "", "evil.yaml"},
		"windows path":       {with(`providers.d\..\evil.yaml`, text("x: 1")), "", "evil.yaml"},
		"bomb":               {with("routing.yaml", text(strings.Repeat("#\n", 16<<20/2))), "", "too large"},
		"no state":           {with("metapi.json", text("")), "", "cannot be read"},
		"half a state":       {with("metapi.json", func(s string) string { return s[:len(s)/2] }), "", "cannot be read"},
		"port":               {with("metapi.json", swap(`"theme": "dark"`, `"theme": "pink"`)), "", "theme"},
		"mode":               {with("metapi.json", swap(`"mode": "cost"`, `"mode": "magic"`)), "", "magic"},
		"budget":             {with("metapi.json", swap(`"usd": 5`, `"usd": -5`)), "", "budget"},
		"a key's server":     {with("metapi.json", swap(h.va.URL, "https://evil.example")), phrase, "another server"},
		"a name":             {with("metapi.json", swap(`"name": "First"`, `"name": "a\u202eb"`)), "", "name"},
		"a pool":             {with("metapi.json", swap(`"name": "First"`, `"name": "First", "pool": "a\u202eb"`)), "", "name"},
		"many bombs":         {zipped(t, bombs), "", "too large"},
		"damaged keys":       {with("secrets", text("{}")), phrase, "keys are damaged"},
		"greedy keys":        {with("secrets", swap(`"memory_kib": 19456`, `"memory_kib": 1048576`)), phrase, "keys are damaged"},
		"damaged records":    {with("ledger", func(s string) string { return s[:len(s)-3] }), "", "records are damaged"},
		"records of nothing": {with("ledger", text("\x01r\xff\xff\xff\xff\xff\xff\xff\xff\x7f")), "", "records are damaged"},
	} {
		for _, check := range []bool{true, false} {
			_, err := h.Restore(t.Context(), client.Restore{File: c.file, Passphrase: c.passphrase, Check: check})
			if code(err) != control.Invalid || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if after := entries(t, must(h.Backup(t.Context(), client.MakeBackup{}))(t).File)["metapi.json"]; after != before {
		t.Errorf("something was changed:\n%s\n%s", before, after)
	}
	if left, _ := filepath.Glob(filepath.Join(h.dir, "backups", "before-restore-*")); len(left) > 0 {
		t.Errorf("%q", left)
	}
}

// A tool that was pinned to an account that is nowhere is not kept from all.
func TestRestoredPinLeadsSomewhere(t *testing.T) {
	h := recorded(t)
	all := entries(t, must(h.Backup(t.Context(), client.MakeBackup{}))(t).File)
	all["metapi.json"] = strings.Replace(all["metapi.json"], `"name": "script"`, `"name": "script", "pin": "acc_aaaaaaaaaaaaaaaa"`, 1)
	must(h.Restore(t.Context(), client.Restore{File: zipped(t, all)}))(t)
	if status := call(t, h.addr, h.key, "gpt-4o"); status != 200 {
		t.Errorf("%d", status)
	}
}

// A proxy that names an account's key as its password gets no key.
func TestRestoredProxyGetsNoKey(t *testing.T) {
	h := recorded(t)
	all := entries(t, must(h.Backup(t.Context(), client.MakeBackup{}))(t).File)
	var state map[string]any
	if err := json.Unmarshal([]byte(all["metapi.json"]), &state); err != nil {
		t.Fatal(err)
	}
	state["proxy"] = map[string]string{"to": "http://me@127.0.0.1:9", "key": "metapi/account/" + h.a.ID}
	text, _ := json.Marshal(state)
	all["metapi.json"] = string(text)
	must(h.Restore(t.Context(), client.Restore{File: zipped(t, all)}))(t)
	if s := must(h.Settings(t.Context()))(t); s.Proxy != "http://me@127.0.0.1:9" {
		t.Errorf("proxy with a password that nobody has given: %s", s.Proxy)
	}
}

// Who is believed beside the system's authorities could read the keys that are here on their way: no file from elsewhere says it.
func TestRestoredCertificatesAreNotBelieved(t *testing.T) {
	h := recorded(t)
	tls := httptest.NewTLSServer(nil)
	tls.Close()
	file := filepath.Join(t.TempDir(), "theirs.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	all := entries(t, must(h.Backup(t.Context(), client.MakeBackup{}))(t).File)
	var state map[string]any
	if err := json.Unmarshal([]byte(all["metapi.json"]), &state); err != nil {
		t.Fatal(err)
	}
	state["settings"].(map[string]any)["ca_file"] = file
	text, _ := json.Marshal(state)
	all["metapi.json"] = string(text)
	in := client.Restore{File: zipped(t, all)}
	if done := must(h.Restore(t.Context(), in))(t); len(done.LeftOut) != 1 || !strings.Contains(done.LeftOut[0], file) || len(done.Settings) != 0 {
		t.Errorf("%+v", done)
	}
	if s := must(h.Settings(t.Context()))(t); s.CAFile != "" {
		t.Errorf("believed: %s", s.CAFile)
	}
	c := client.InProcess(open(t, t.TempDir()).Handler())
	must(c.Restore(t.Context(), in))(t)
	if s := must(c.Settings(t.Context()))(t); s.CAFile != file {
		t.Errorf("where there is no account: %q", s.CAFile)
	}
}
