//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// account adds an account at an imitated vendor.
func (w *world) account(v *imitation.Vendor, name string) {
	w.Helper()
	w.with(w.secret(v.Key), "accounts", "add", "--provider", string(v.Kind), "--base-url", v.BaseURL, "--name", name, "--key-stdin").ends(0)
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, args := range [][]string{
		{}, {"bogus"}, {"accounts", "bogus"}, {"keys", "bogus"}, {"status", "extra"}, {"status", "--bogus"},
		{"serve", "--port", "x"}, {"serve", "--port", "70000"}, {"serve", "--port", "-1"}, {"serve", "--grace", "soon"}, {"serve", "--grace", "-1s"},
		{"serve", "--first-event-timeout", "0s"}, {"serve", "--allow-origin", "example.com"}, {"serve", "--allow-origin", "https://a.b/c"},
		{"accounts", "add"}, {"accounts", "add", "--provider", "openai"}, {"accounts", "test"}, {"accounts", "remove", "a", "b"},
		{"keys", "add"}, {"keys", "add", ""}, {"mode", "fastest"}, {"mode", "a", "b"}, {"usage", "--since", "yesterday"}, {"usage", "--by", "colour"},
		{"usage", "--limit", "-1"}, {"logs", "-n", "-1"}, {"models", "--account"},
		{"ui", "x"}, {"serve", "--ui=maybe"},
	} {
		w.run(args...).ends(2)
	}
	for _, c := range []struct{ stdin, provider, base, says string }{
		{"", "openai", "", "key"},
		{"two words", "openai", "", "key"},
		{"sk-abc-1234567890", "nobody", "", "accounts providers"},
		{"sk-abc-1234567890", "openai-compatible", "", "base URL"},
		{"sk-abc-1234567890", "openai", "http://example.com/v1", "https"},
		{"sk-abc-1234567890", "openai", "https://user:pass@example.com/v1", "base URL"},
		{"nothing-known-1234567890", "", "", "--provider"},
	} {
		r := w.with(c.stdin, "accounts", "add", "--provider", c.provider, "--base-url", c.base, "--key-stdin").ends(2).says(c.says)
		if c.stdin != "" && strings.Contains(r.err, c.stdin) {
			t.Errorf("the message repeats the key: %s", r.err)
		}
	}
}

func TestWordsWithoutData(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("version").ends(0).says("v0.0.0-test")
	var v struct{ Version, Go string }
	w.run("version", "--json").ends(0).json(&v)
	if v.Version != "v0.0.0-test" || v.Go == "" {
		t.Errorf("version --json says %+v", v)
	}
	r := w.run("help", "exit-codes").ends(0)
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for code := range 9 {
		_, rest, ok := strings.Cut(r.out, fmt.Sprintf("\n  %d  ", code))
		means, _, _ := strings.Cut(rest, "\n")
		if !ok || !strings.Contains(string(doc), fmt.Sprintf("//\t%d  %s\n", code, means)) {
			t.Errorf("exit code %d is not told the same in help and in doc.go: %q", code, means)
		}
	}
	w.run("--help").ends(0).says("accounts", "serve", "doctor")
	w.run("completion", "bash").ends(0).says("metapi")
	if _, err := os.Stat(w.dir); err == nil {
		t.Error("commands that need no data made a data folder")
	}
	w.run("status").ends(0).says(w.dir, "not running", "accounts add", "keys add")
	if info, err := os.Stat(w.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data folder must be closed to others: %v %v", info, err)
	}
}

func TestHomeVariable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := filepath.Join(t.TempDir(), "elsewhere")
	w.env = append(w.env, "METAPI_HOME="+other)
	dir := w.dir
	w.dir = "" // an empty --data is none
	var st client.Status
	w.run("status", "--json").ends(0).json(&st)
	if st.Dir != other {
		t.Errorf("METAPI_HOME is %s, and the data are in %s", other, st.Dir)
	}
	w.dir = dir
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	openai := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-first-0123456789"), imitation.AllowViolations()) // a wrong key comes, and is meant to
	anthropic := imitation.New(t, imitation.Anthropic, imitation.WithKey("sk-ant-api03-second-0123456789"))

	// A refused key is never kept, not even by force, and neither is anything else that could not be tried.
	at := []string{"accounts", "add", "--provider", "openai", "--base-url", openai.BaseURL, "--key-stdin"}
	w.with(w.secret("sk-proj-wrong-0123456789"), at...).ends(6).says("refused this key", "Nothing was kept")
	w.with("sk-proj-wrong-0123456789", append(at, "--force")...).ends(6)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String() + "/v1"
	closed.Close()
	away := []string{"accounts", "add", "--provider", "openai-compatible", "--base-url", nobody, "--name", "Away", "--key-stdin"}
	w.with(w.secret("sk-away-0123456789"), away...).ends(6).says("--force")
	var list []client.Account
	w.run("accounts", "list", "--json").ends(0).json(&list)
	if len(list) != 0 {
		t.Fatalf("something was kept: %+v", list)
	}

	// The provider is proposed by the key; what is kept has its models.
	w.secret(openai.Key)
	w.with(openai.Key+"\n", "accounts", "add", "--base-url", openai.BaseURL, "--name", "My Work", "--key-stdin").ends(0).says("my-work", "5 models")
	var d client.Discovered
	r := w.with(w.secret(anthropic.Key), "accounts", "add", "--base-url", anthropic.BaseURL, "--key-stdin", "--json").ends(0)
	r.json(&d)
	if !d.OK || d.Account.Slug != "anthropic" || d.New != 3 || d.Account.Models != 3 {
		t.Errorf("accounts add --json says %+v", d)
	}
	w.with(openai.Key, "accounts", "add", "--provider", "openai", "--base-url", openai.BaseURL, "--name", "Again", "--key-stdin").ends(2).says("already")
	w.with("sk-away-0123456789", append(away, "--force")...).ends(0).says("away")

	w.run("accounts", "list").ends(0).says("my-work", "My Work", "...6789", "unreachable")
	w.run("accounts", "list", "--json").ends(0).json(&list)
	if len(list) != 3 || list[0].Slug != "my-work" || list[0].Models != 5 || list[0].Scan.Outcome != "ok" || list[2].Scan.Outcome != "unreachable" {
		t.Errorf("accounts list --json says %+v", list)
	}

	w.run("accounts", "pool", "Home", "away").ends(2).says("alone")
	w.run("accounts", "pool", "Home", "away", "My Work").ends(0).says("The pool Home: my-work, away.")
	w.run("accounts", "show", "away").ends(0).says("Pool", "Home")
	w.run("accounts", "unpool", "away").ends(0)
	w.run("accounts", "pool", "Home", "nobody", "away").ends(4)
	var moved []client.Account
	w.run("accounts", "list", "--json").ends(0).json(&moved)
	if moved[0].Pool != "" || moved[1].Pool != "" || moved[1].Slug != "away" {
		t.Errorf("a pool of one is left, or who left it does not stand where the pool stood: %+v", moved)
	}

	var models []client.Model
	w.run("models", "--json").ends(0).json(&models)
	if len(models) != 8 {
		t.Errorf("there are 8 models, and models --json lists %d", len(models))
	}
	w.run("models", "--account", "my work", "--json").ends(0).json(&models)
	price := map[string]float64{}
	for _, m := range models {
		if m.Account != "my-work" || m.Input == nil {
			t.Errorf("a model of another account, or without a price: %+v", m)
			continue
		}
		price[m.Name] = *m.Input
	}
	if len(models) != 5 || price["gpt-4o"] != 2.5 {
		t.Errorf("gpt-4o costs 2.5 dollars a million tokens; the list says %v", price)
	}
	w.run("accounts", "providers").ends(0).says("mistral", "https://api.mistral.ai/v1", "https://console.mistral.ai/api-keys", "ollama", "none is needed")
	w.run("models", "--account", "nobody").ends(4)
	w.run("models").ends(0).says("claude-sonnet-4-5", "gpt-4o")

	w.run("accounts", "test", "my-work").ends(0).says("5 models")
	w.run("accounts", "test", "away").ends(6)
	w.run("accounts", "test", "nobody").ends(4).says("accounts list")
	openai.Fault(imitation.Fault{Kind: imitation.Status401, On: imitation.OpModels})
	w.run("accounts", "test", "my-work").ends(6).says("5 models")
	w.run("models", "--account", "my-work", "--json").ends(0).json(&models)
	if len(models) != 5 {
		t.Errorf("a failed listing took models away: %d are left", len(models))
	}

	w.run("accounts", "remove", "nobody").ends(4)
	w.run("accounts", "remove", "my-work").ends(0)
	w.run("models", "--json").ends(0).json(&models)
	if len(models) != 3 {
		t.Errorf("the removed account's models are still there: %d", len(models))
	}
	w.run("accounts", "test", "my-work").ends(4)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.key("Claude Code")
	if r := w.quiet("", "keys", "print", "claude code").ends(0); strings.TrimSpace(r.out) != key {
		t.Errorf("keys print says %q, not the key", r.out)
	}
	w.run("keys", "add", "Claude Code").ends(2).says("already")
	w.run("keys", "print", "nobody").ends(4)
	w.run("keys", "list").ends(0).says("Claude Code", "..."+key[len(key)-4:])
	var list []client.Key
	w.run("keys", "list", "--json").ends(0).json(&list)
	if len(list) != 1 || !list[0].Revoked.IsZero() {
		t.Errorf("keys list --json says %+v", list)
	}
	var made client.KeyText
	r := w.quiet("", "keys", "add", "script", "--json").ends(0)
	r.json(&made)
	w.local = append(w.local, made.Key)
	w.run("keys", "revoke", "Claude Code").ends(0)
	w.run("keys", "print", "Claude Code").ends(4).says("revoked")
	w.run("keys", "revoke", "Claude Code").ends(0)
	w.run("keys", "revoke", "nobody").ends(4)
	w.run("keys", "list").ends(0).says("revoked")
}

func TestWithoutKeychain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env = append(w.env, "METAPI_PASSPHRASE=")
	v := imitation.New(t, imitation.OpenAI)
	w.with(w.secret(v.Key), "accounts", "add", "--provider", "openai", "--base-url", v.BaseURL, "--key-stdin").ends(5).says("METAPI_PASSPHRASE")
	w.run("keys", "add", "x").ends(5)
	w.run("serve", "--port", "0").ends(5).says("METAPI_PASSPHRASE")
	w.run("usage").ends(0) // needs no secret
	w.run("doctor", "--json").ends(1)
	w.run("status").ends(0).says("METAPI_PASSPHRASE")

	w.env = append(w.env, "METAPI_PASSPHRASE=right one")
	w.key("x")
	w.env = append(w.env, "METAPI_PASSPHRASE=wrong one")
	w.run("keys", "print", "x").ends(5).says("passphrase")
	w.run("serve", "--port", "0").ends(5).says("passphrase")
}

func TestServing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-aaaa-0123456789"), imitation.WithModels("gpt-4o"))
	b := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-proj-bbbb-0123456789"), imitation.WithModels("gpt-4o", "gpt-5"))

	i := w.serve() // first, so that all that follows goes to the running instance
	for _, words := range []string{"accounts add", "keys add"} {
		if !strings.Contains(i.stderr(), words) {
			t.Errorf("serve without an account and a key should name the command %q:\n%s", words, i.stderr())
		}
	}
	info, err := os.Stat(filepath.Join(w.dir, "runtime.json"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("runtime.json holds the admin token and must be closed to others: %v %v", info, err)
	}
	rt := w.runtime()
	w.secret(rt.Token)
	w.account(a, "A")
	w.account(b, "B")
	key := w.key("script")
	i.chat(key, "gpt-4o", "").is(t, 200)
	i.chat("mp-wrong", "gpt-4o", "").is(t, 401)
	if len(a.Calls()) != 1 || len(b.Calls()) != 0 {
		t.Errorf("failover asks the first account first: %d and %d calls", len(a.Calls()), len(b.Calls()))
	}

	// A second one names the first.
	w.run("serve", "--port", "0").ends(3).says(strconv.Itoa(i.cmd.Process.Pid), i.addr)
	other := newWorld(t)
	_, port, _ := net.SplitHostPort(i.addr)
	other.run("serve", "--port", port).ends(7).says(port, "--port")

	// Modes and pause are in force for the next request.
	if r := w.run("mode").ends(0); r.out != "failover\n" {
		t.Errorf("mode prints %q", r.out)
	}
	w.run("mode", "balance").ends(0)
	for range 30 {
		i.chat(key, "gpt-4o", "").is(t, 200)
	}
	if len(b.Calls()) == 0 {
		t.Error("in balance 30 requests in a row went to one of two accounts")
	}
	var mode client.ModeInfo
	w.run("mode", "failover", "--json").ends(0).json(&mode)
	if mode.Mode != "failover" || len(mode.Modes) < 2 {
		t.Errorf("mode --json says %+v", mode)
	}
	// Why a request would go where it does, without sending it; and rules that are put in force by writing them.
	w.run("explain", "gpt-4o").ends(0).says("mode failover", "gpt-4o", "$")
	w.run("explain", "gpt-9").ends(0).says("no account offers", "gpt-4o")
	w.run("explain").ends(2).says("explain gpt-5")
	w.run("explain", "gpt-4o", "--client", "nobody").ends(4).says("nobody", "keys list")
	w.run("explain", "gpt-4o", "--mode", "cheap").ends(2).says("cost")
	w.with(`{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}]}`, "explain", "--body", "-", "--mode", "cost").ends(0).says("mode cost")
	w.with(`{"model":"gpt-4o"`, "explain", "--body", "-").ends(2).says("Line 1, column 18", "ends before it is complete")
	w.with("{\n  \"model\": \"gpt-4o\",\n  \"messages\": [,]\n}", "explain", "--body", "-").ends(2).says("Line 3, column 16")
	w.with("{\n  \"model\": \"gpt-4o\",\n  \"stream\": 1\n}", "explain", "--body", "-").ends(2).says("Line 3", "stream")
	w.with(`{"contents":[{"parts":[{"text":"Hi"}]}]}`, "explain", "gpt-4o", "--body", "-").ends(0).says("gpt-4o", "the first in your order")
	w.with(`{"contents":[{"parts":[{"text":"Hi"}]}]}`, "explain", "--body", "-").ends(2).says("Gemini", "which model")

	long := strings.Repeat("A long conversation. ", 200_000)
	w.with(`{"model":"gpt-4o","messages":[{"role":"user","content":"`+long+`"}]}`, "explain", "--body", "-", "--mode", "cost").ends(0).says("mode cost")

	// A request that has been: how it was decided, how it would be now, and what all of them would have come to.
	var used client.UsageReport
	w.until(func() bool { // it settles after its last byte
		w.run("usage", "--json").ends(0).json(&used)
		return len(used.Rows) > 0 && used.Rows[0].State == "ok"
	})
	w.run("explain", used.Rows[0].ID).ends(0).says("As it was decided", "mode failover", "the first in your order", "As it would be decided now")
	w.run("explain", "0123456789abcdefghjk").ends(4).says("no request")
	w.run("replay", "--days", "1").ends(0).says("as it was", "failover", "cost", "are compared", "come out as they were")
	w.run("replay", "--days", "0").ends(2)
	w.run("replay", "--mode", "cheap").ends(2).says("no mode")
	var replayed client.Replayed
	w.run("replay", "--mode", "cost", "--json").ends(0).json(&replayed)
	if r := replayed.Report; r == nil || len(r.Modes) != 1 || r.Compared == 0 || r.Real.USD <= 0 {
		t.Errorf("replay --json says %+v", replayed)
	}
	w.write("routing.yaml", "models:\n  mine: {mode: latency, models: [gpt-4o]}\nrules:\n- {name: not b, never: [b]}\n")
	w.until(func() bool { return strings.Contains(w.run("explain", "mine").out, "a ") })
	w.run("explain", "mine").ends(0).says("mode latency", "not b", "left out: b")
	i.chat(key, "mine", "").is(t, 200)
	w.write("routing.yaml", "rules:\n- name: x\n  when: tokns > 1\n  mode: cost\n")
	w.until(func() bool { return strings.Contains(w.run("status").err+w.run("status").out, "routing.yaml:3:9") })
	i.chat(key, "mine", "").is(t, 200) // what was there before stays in force
	w.write("routing.yaml", "")
	w.until(func() bool { return !strings.Contains(w.run("explain", "gpt-4o").err, "left out") })

	// Rules are listed, switched, added and taken back; a file that is wrong says where.
	w.run("rules", "list").ends(0).says("no rule", "rules ready")
	w.run("rules", "ready").ends(0).says("long context", "lacks a model for long prompts", "images", "gpt-5")
	w.run("rules", "on", "long context").ends(2).says("cannot be switched on", "a model for long prompts")
	w.run("rules", "on", "nothing").ends(4).says("rules ready")
	w.run("rules", "on", "images").ends(0).says("images", "use gpt-5")
	w.run("rules", "add", "not b", "--never", "b", "--first").ends(0).says("not b", "never b")
	w.run("rules", "add", "not b", "--never", "b").ends(2).says("already")
	w.run("rules", "add", "odd", "--when", "tokns > 1", "--mode", "cost").ends(2).says("routing.yaml:", "tokns")
	w.run("explain", "gpt-4o").ends(0).says("not b", "left out: b")
	w.run("rules", "off", "not b").ends(0).says("off")
	if w.run("explain", "gpt-4o").says("gpt-4o"); strings.Contains(w.run("explain", "gpt-4o").err, "left out") {
		t.Error("a rule that is off keeps out")
	}
	w.run("rules", "on", "not b").ends(0)
	w.run("rules", "move", "not b", "--to", "2").ends(0).says("images")
	w.run("rules", "remove", "not b").ends(0)
	w.run("rules", "undo").ends(0).says("not b")
	w.run("rules", "check").ends(0).says("nothing is wrong")
	w.with("rules:\n- name: x\n  when: tokns > 1\n  mode: cost\n", "rules", "check", "-").ends(2).says("-:3:9: ", "tokns")
	w.env = append(w.env, "VISUAL=", "EDITOR=")
	w.run("rules", "edit").ends(2).says("EDITOR")
	w.run("rules", "off", "images").ends(0)
	w.write("routing.yaml", "")
	w.until(func() bool { return strings.Contains(w.run("rules", "list").err, "no rule") })

	// What a model costs and by whose word; the list of prices is fetched when it is asked for, and a failure changes nothing.
	w.run("prices", "list").ends(0).says("genai-prices", "prices auto on")
	w.run("prices", "show", "gpt-4o").ends(0).says("gpt-4o at a", "Input", "$2.5", "by @pydantic/genai-prices", "as batch")
	w.run("prices", "show", "gpt-9").ends(4)
	w.run("prices", "auto", "perhaps").ends(2).says("on or off")
	w.run("prices", "auto", "off", "--from", "http://prices.example/list.json").ends(2).says("https")
	w.run("prices", "auto", "off", "--from", "http://127.0.0.1:9/list.json").ends(0)
	w.run("prices", "refresh").ends(6).says("cannot be fetched", "stay in force")
	var list client.PriceList
	w.run("prices", "built-in", "--json").ends(0).json(&list)
	if list.Fetched || list.AsOf == "" || list.From != "http://127.0.0.1:9/list.json" {
		t.Errorf("prices built-in --json says %+v", list)
	}

	// A hard budget that is spent refuses, in words that say which it is; raised, it no longer does.
	w.run("budgets", "list").ends(0).says("no budget")
	w.run("budgets", "set", "mine", "0", "--client", "script", "--hard").ends(0).says("mine", "client script", "refused")
	if a := i.chat(key, "gpt-4o", ""); a.status != 429 || !strings.Contains(a.body, `budget \"mine\" is spent`) {
		t.Errorf("a spent budget answers %d %s", a.status, a.body)
	}
	w.run("budgets", "set", "mine", "5", "--client", "script", "--hard", "--per", "day").ends(0).says("day", "$5.00")
	i.chat(key, "gpt-4o", "").is(t, 200)
	var spent []client.BudgetStanding
	w.run("budgets", "list", "--json").ends(0).json(&spent)
	if len(spent) != 1 || spent[0].Spent <= 0 || spent[0].Held != 0 {
		t.Errorf("budgets --json says %+v", spent)
	}
	w.run("budgets", "set", "x", "much").ends(2).says("12.50")
	w.run("budgets", "set", "x", "inf").ends(2).says("12.50")
	w.run("budgets", "set", "x", "1", "--per", "year").ends(2).says("month")
	w.run("budgets", "set", "x", "1", "--client", "nobody").ends(4)
	w.run("budgets", "remove", "mine").ends(0)
	w.run("budgets", "remove", "mine").ends(4)

	w.run("pause").ends(0)
	i.chat(key, "gpt-4o", "").is(t, 503)
	w.run("status").ends(0).says("Paused", "failover", i.addr)
	w.run("resume").ends(0)
	i.chat(key, "gpt-4o", "").is(t, 200)

	// One account fails: the next one serves, and status says what happened.
	a.Fault(imitation.Fault{Kind: imitation.Status401, Times: imitation.Always})
	i.chat(key, "gpt-4o", "").is(t, 200)
	w.run("status").ends(0).says("cooling", "a refused key")
	var st client.Status
	w.run("status", "--json").ends(0).json(&st)
	if !st.Running || st.PID != i.cmd.Process.Pid || st.Accounts[0].State != "cooling" || st.Accounts[1].State != "ready" {
		t.Errorf("status --json says %+v", st)
	}
	a.Clear()
	w.run("accounts", "test", "a").ends(0) // by the user's word it may be chosen again
	w.run("status", "--json").ends(0).json(&st)
	if st.Accounts[0].State != "ready" {
		t.Errorf("a tested account should be ready again: %+v", st.Accounts[0])
	}

	// A removed account and a revoked key serve nothing any more.
	w.run("accounts", "remove", "b").ends(0)
	i.chat(key, "gpt-5", "").is(t, 404)
	w.run("keys", "revoke", "script").ends(0)
	i.chat(key, "gpt-4o", "").is(t, 401)

	w.usage38(t)
	w.run("logs", "-n", "3").ends(0)
	var log client.Log
	w.run("logs", "--json").ends(0).json(&log)
	if len(log.Lines) == 0 {
		t.Error("the log is empty")
	}
	w.run("doctor").ends(0).says("whole", "Encrypted file", i.addr)

	w.run("stop").ends(0).says(strconv.Itoa(i.cmd.Process.Pid))
	i.ends(0)
	if _, err := os.Stat(filepath.Join(w.dir, "runtime.json")); err == nil {
		t.Error("runtime.json is still there")
	}
	w.run("stop").ends(0).says("No Metapi is running")
	w.usage38(t) // the same without an instance
}

// usage38 checks the ledger after the 36 requests of TestServing that reached an account's model, and the one that did not.
func (w *world) usage38(t *testing.T) {
	t.Helper()
	var u client.UsageReport
	w.run("usage", "--json", "--by", "account").ends(0).json(&u)
	if u.Totals.OK != 36 || u.Totals.Requests != u.Totals.OK+u.Totals.Failed || len(u.Rows) != int(u.Totals.Requests) || u.Totals.CostUSD <= 0 {
		t.Errorf("36 requests were answered; usage says %+v with %d rows", u.Totals, len(u.Rows))
	}
	var sum client.Figures
	for _, g := range u.Groups {
		sum.Requests += g.Requests
		sum.Input += g.Input
	}
	if sum.Requests != u.Totals.Requests || sum.Input != u.Totals.Input || sum.Input == 0 {
		t.Errorf("the groups do not add up to the totals: %+v and %+v", sum, u.Totals)
	}
	for i, r := range u.Rows {
		if i > 0 && r.Start.After(u.Rows[i-1].Start) {
			t.Error("rows must be newest first")
		}
		if r.Client != "script" || r.State == "ok" && (r.CostUSD == nil || r.Input == 0 || r.Attempts == 0 || r.Status != 200) {
			t.Errorf("a row with something missing: %+v", r)
		}
	}
	all := len(u.Rows)
	w.run("usage", "--json", "--limit", "3").ends(0).json(&u)
	if len(u.Rows) != 3 || u.Next == "" {
		t.Errorf("--limit 3 gives %d rows of %d, next %q", len(u.Rows), all, u.Next)
	}
	var raw struct {
		Totals map[string]any
		Rows   []map[string]any
	}
	w.run("usage", "--json", "--since", "1h").ends(0).json(&raw)
	for _, name := range []string{"requests", "ok", "failed", "cancelled", "interrupted", "input_tokens", "cache_read_tokens", "cache_write_tokens",
		"output_tokens", "reasoning_tokens", "cost_usd", "cost_estimated", "cost_unknown"} {
		if _, ok := raw.Totals[name]; !ok {
			t.Errorf("usage --json: totals have no %s", name)
		}
	}
	w.run("capture", "status").ends(0).says("Nothing is captured")
	w.run("capture", "on", "no-such-tool").ends(4)
	w.run("capture", "keep", "--days", "3").ends(0).says("3 days")
	w.run("capture", "keep").ends(2)
	w.run("capture", "show", "no-such-request").ends(4).says("not captured")
	w.run("capture", "delete").ends(0)
	w.run("metrics").ends(0).says("metapi_build_info{")
	for _, by := range []string{"model", "account", "client", "day", "hour"} {
		w.run("usage", "--by", by).ends(0).says("total", "gpt-4o", "$", "ESTIMATES OFF BY", " %")
	}
	w.run("usage", "--json", "--until", "2000-01-01").ends(0).json(&u)
	if u.Totals.Requests != 0 || len(u.Rows) != 0 {
		t.Errorf("nothing was used before 2000: %+v", u.Totals)
	}
}

func (w *world) runtime() client.Runtime {
	w.Helper()
	var rt client.Runtime
	b, err := os.ReadFile(filepath.Join(w.dir, "runtime.json"))
	if err != nil {
		w.Fatal(err)
	}
	if err := json.Unmarshal(b, &rt); err != nil {
		w.Fatal(err)
	}
	return rt
}

func TestLogsFollow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if r := w.run("logs", "-f").ends(0); !strings.Contains(r.err, "No Metapi is running") {
		t.Errorf("logs -f without an instance says %q", r.err)
	}
	i := w.serve()
	c := w.command("logs", "-f", "-n", "0")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Process.Kill()
	// -n 0 shows nothing of before, so each pause until the first line is seen may be the one.
	seen := make(chan string, 100)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			seen <- lines.Text()
		}
		close(seen)
	}()
	line := ""
	for deadline := time.Now().Add(patience); line == "" && time.Now().Before(deadline); {
		w.run("pause").ends(0)
		select {
		case line = <-seen:
		case <-time.After(time.Second):
		}
	}
	if !strings.Contains(line, "paused") {
		t.Errorf("logs -f does not show what is added: %q", line)
	}
	w.run("stop").ends(0)
	i.ends(0)
	for range seen {
	}
	if err := c.Wait(); err != nil {
		t.Errorf("logs -f must end well with the instance: %v", err)
	}
}

func TestSignalDrains(t *testing.T) {
	t.Parallel()
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			w := newWorld(t)
			v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
			w.account(v, "A")
			key := w.key("script")
			i := w.serve()
			v.Script(imitation.Text(strings.Repeat("word ", 20)))
			v.Pace(imitation.Pace{Delay: 50 * time.Millisecond})
			got := make(chan answer, 1)
			go func() { got <- i.chat(key, "gpt-4o", `,"stream":true`) }()
			if !v.Await(patience, func(s []imitation.Seen) bool { return len(s) > 1 }) {
				t.Fatal("the request does not arrive")
			}
			i.cmd.Process.Signal(sig)
			if a := (<-got).is(t, 200); !strings.Contains(a.body, "[DONE]") {
				t.Errorf("the running stream was cut:\n%s", a.body)
			}
			i.ends(0)
		})
	}
}

func TestGraceIsALimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	w.account(v, "A")
	key := w.key("script")
	i := w.serve("--grace", "200ms")
	v.Fault(imitation.Fault{Kind: imitation.StallMid, After: 2})
	got := make(chan answer, 1)
	go func() { got <- i.chat(key, "gpt-4o", `,"stream":true`) }()
	if !v.Await(patience, func(s []imitation.Seen) bool { return len(s) > 1 }) {
		t.Fatal("the request does not arrive")
	}
	w.run("stop").ends(0)
	i.ends(0)
	if a := <-got; strings.Contains(a.body, "[DONE]") {
		t.Errorf("a stream that was cut looks whole:\n%s", a.body)
	}
	w.run("usage").ends(0)
}

// journalled counts the lines of the ledger's journal.
func (w *world) journalled() (lines int) {
	files, _ := filepath.Glob(filepath.Join(w.dir, "journal", "*.log"))
	for _, f := range files {
		b, _ := os.ReadFile(f)
		lines += bytes.Count(b, []byte("\n"))
	}
	return lines
}

func TestKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	w.account(v, "A")
	key := w.key("script")
	i := w.serve()
	for range 20 {
		i.chat(key, "gpt-4o", "").is(t, 200)
	}
	v.Fault(imitation.Fault{Kind: imitation.StallHeaders})
	go i.chat(key, "gpt-4o", "")
	if !v.Await(patience, func(s []imitation.Seen) bool { return len(s) > 21 }) {
		t.Fatal("the request does not arrive")
	}
	for end := time.Now().Add(patience); w.journalled() < 41; time.Sleep(5 * time.Millisecond) { // 21 were begun, 20 settled
		if time.Now().After(end) {
			t.Fatalf("the journal has %d lines", w.journalled())
		}
	}
	i.kill()
	if _, err := os.Stat(filepath.Join(w.dir, "runtime.json")); err != nil {
		t.Fatal("this test wants a runtime.json that a kill has left")
	}

	// What it left behind is in nobody's way, and nothing that was answered is lost.
	var u client.UsageReport
	w.run("usage", "--json").ends(0).json(&u)
	if u.Totals.OK != 20 || u.Totals.Interrupted != 1 || u.Totals.Requests != 21 || len(u.Rows) != 21 {
		t.Errorf("20 requests were answered and one was running; usage says %+v", u.Totals)
	}
	i = w.serve()
	v.Clear()
	i.chat(key, "gpt-4o", "").is(t, 200)
	w.run("usage", "--json").ends(0).json(&u)
	if u.Totals.OK != 21 || u.Totals.Interrupted != 1 {
		t.Errorf("after another start usage says %+v", u.Totals)
	}
	w.run("status").ends(0).says("is running")
}

func TestUnusableData(t *testing.T) {
	t.Parallel()
	v := imitation.New(t, imitation.OpenAI)
	for _, c := range []struct {
		name string
		harm func(w *world)
	}{
		{"damaged database", func(w *world) {
			path := filepath.Join(w.dir, "metapi.db")
			b, err := os.ReadFile(path)
			if err != nil {
				w.Fatal(err)
			}
			for i := range b {
				b[i] ^= 0xa5
			}
			if err := os.WriteFile(path, b, 0o600); err != nil {
				w.Fatal(err)
			}
		}},
		{"not a folder", func(w *world) {
			os.RemoveAll(w.dir)
			if err := os.WriteFile(w.dir, nil, 0o600); err != nil {
				w.Fatal(err)
			}
		}},
		{"no folder can be made", func(w *world) { os.RemoveAll(w.dir); w.dir = "/dev/null/metapi" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.account(v, "A")
			c.harm(w)
			w.run("serve", "--port", "0").ends(8)
			w.run("status").ends(8)
			w.run("accounts", "list").ends(8)
		})
	}
}

func TestHeldByAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("status").ends(0)
	f, err := os.Open(filepath.Join(w.dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	// Each waits a while for the other to end, so they wait together.
	results := make(chan result)
	commands := [][]string{{"serve", "--port", "0"}, {"usage"}, {"stop"}}
	for _, args := range commands {
		go func() { results <- w.run(args...) }()
	}
	for range commands {
		(<-results).ends(3).says(w.dir)
	}
}

// The bundle is told of before it is saved, and takes no other file's place.
func TestDoctorBundle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := imitation.New(t, imitation.OpenAI)
	w.with(w.secret(v.Key), "accounts", "add", "--provider", "openai", "--base-url", v.BaseURL, "--name", "a", "--key-stdin").ends(0)
	file := filepath.Join(w.dir, "bundle.zip")
	w.run("doctor", "--bundle", file).ends(0).says("Its key works", "deserve", "report.json", "log.txt", "Saved "+file)
	before, err := os.ReadFile(file)
	if err != nil || len(before) == 0 {
		t.Fatal(err)
	}
	w.run("doctor", "--bundle", file).ends(2).says("not there yet")
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed: %v", err)
	}
	var r client.Report
	w.run("doctor", "--json").ends(0).json(&r)
	if len(r.Checks) < 10 || r.Running || !r.OK {
		t.Errorf("%+v", r)
	}
	w.run("doctor").ends(0).says(w.dir + " keys add NAME")
}

// Nobody's ports are asked before somebody has agreed.
func TestAccountsFind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			io.WriteString(rw, "Ollama is running")
		case "/v1/models":
			io.WriteString(rw, `{"object":"list","data":[{"id":"qwen3","object":"model","owned_by":"library"}]}`)
		default:
			http.NotFound(rw, r)
		}
	}))
	defer srv.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	w.run("accounts", "find", "--port", port).ends(2).says("--yes")
	w.run("accounts", "find", "--port", port, "--yes").ends(0).says("Ollama", srv.URL+"/v1", "none")
	var accounts []client.Account
	w.run("accounts", "list", "--json").ends(0).json(&accounts)
	if len(accounts) != 0 {
		t.Errorf("added without being asked to: %+v", accounts)
	}
	var found client.Nearby
	w.run("accounts", "find", "--port", port, "--yes", "--add", "--json").ends(0).json(&found)
	if !slices.ContainsFunc(found.Servers, func(s client.NearbyServer) bool { return s.BaseURL == srv.URL+"/v1" && s.Account != "" }) {
		t.Errorf("%+v", found)
	}
	w.run("models").ends(0).says("qwen3")
	w.run("accounts", "find", "--port", "0", "--yes").ends(2).says("65535")
}
