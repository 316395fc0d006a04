package sdk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/build/imitation"
)

// patience bounds whatever is waited for.
const patience = 20 * time.Second

// world is a running metapi with two accounts at one vendor.
type world struct {
	t       *testing.T
	bin     string
	data    string
	env     []string
	url     string // http://127.0.0.1:port
	key     string // a local key
	revoked string // one that is no longer good
	pair    [2]*imitation.Vendor
	secrets []string // the upstreams' keys and the passphrase
	said    *said
	serving *exec.Cmd
}

// said gathers what serve and the commands print.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func newWorld(t *testing.T, models []string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, bin: filepath.Join(dir, "metapi"), data: filepath.Join(dir, "data"), said: &said{},
		secrets: []string{"sk-proj-first-account-0123456789abcdef", "sk-proj-second-account-fedcba9876543210", "a passphrase of the tests"}}
	if runtime.GOOS == "windows" {
		w.bin += ".exe"
	}
	build := exec.Command("go", append(append([]string{"build", "-buildvcs=false"}, buildFlags...), "-o", w.bin, "metapi")...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("metapi does not build: %v\n%s", err, out)
	}
	w.env = []string{"PATH=" + os.Getenv("PATH"), "SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "HOME=" + dir, "METAPI_HOME=" + w.data,
		"METAPI_PASSPHRASE=" + w.secrets[2], "DBUS_SESSION_BUS_ADDRESS=disabled:"}
	for i := range w.pair {
		w.pair[i] = imitation.New(t, imitation.OpenAI, imitation.WithKey(w.secrets[i]), imitation.WithModels(models...))
	}
	w.serve()
	for i, v := range w.pair {
		w.cli(nil, strings.NewReader(v.Key), "accounts", "add", "--provider", "openai", "--base-url", v.BaseURL, "--name",
			fmt.Sprintf("Account %d", i+1), "--key-stdin", "--json")
	}
	w.key, w.revoked = w.localKey("go"), w.localKey("revoked")
	w.cli(nil, nil, "keys", "revoke", "revoked", "--json")
	return w
}

// serve starts the gateway, and waits until it says that it serves.
func (w *world) serve() {
	c := exec.Command(w.bin, "serve", "--json", "--port", "0", "--first-event-timeout", "2s", "--grace", "1s")
	c.Env, c.Stderr = w.env, w.said
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.serving = c
	w.t.Cleanup(func() {
		_ = c.Process.Kill() // again, where it has been stopped
		_ = c.Wait()
	})
	watchdog := time.AfterFunc(patience, func() { _ = c.Process.Kill() })
	defer watchdog.Stop()
	var st struct {
		Addresses []string `json:"addresses"`
	}
	if err := json.NewDecoder(io.TeeReader(out, w.said)).Decode(&st); err != nil || len(st.Addresses) == 0 {
		w.t.Fatalf("metapi serve: %v\n%s", err, w.said)
	}
	go func() { _, _ = io.Copy(w.said, out) }()
	w.url = "http://" + st.Addresses[0]
}

// cli runs a command that must end well, and decodes what it prints into v.
func (w *world) cli(v any, in io.Reader, args ...string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, w.bin, args...)
	var out bytes.Buffer
	c.Env, c.Stdin, c.Stderr, c.Stdout = w.env, in, w.said, &out
	if err := c.Run(); err != nil {
		w.t.Fatalf("metapi %s: %v\n%s", strings.Join(args, " "), err, w.said)
	}
	if args[0] != "keys" { // which prints a local key because it is asked to
		_, _ = w.said.Write(out.Bytes())
	}
	if v != nil {
		if err := json.Unmarshal(out.Bytes(), v); err != nil {
			w.t.Fatalf("metapi %s printed no JSON: %v\n%s", strings.Join(args, " "), err, out.String())
		}
	}
}

func (w *world) localKey(name string) string {
	var k struct {
		Key string `json:"key"`
	}
	w.cli(&k, nil, "keys", "add", name, "--json")
	return k.Key
}

// tokens are the ledger's classes.
type tokens struct {
	Input      int64 `json:"input_tokens"`
	CacheRead  int64 `json:"cache_read_tokens"`
	CacheWrite int64 `json:"cache_write_tokens"`
	Output     int64 `json:"output_tokens"`
	Reasoning  int64 `json:"reasoning_tokens"`
}

func (a tokens) add(b tokens) tokens {
	return tokens{a.Input + b.Input, a.CacheRead + b.CacheRead, a.CacheWrite + b.CacheWrite, a.Output + b.Output, a.Reasoning + b.Reasoning}
}

func (a tokens) less(b tokens) tokens {
	return tokens{a.Input - b.Input, a.CacheRead - b.CacheRead, a.CacheWrite - b.CacheWrite, a.Output - b.Output, a.Reasoning - b.Reasoning}
}

type row struct {
	ID        string `json:"id"`
	Account   string `json:"account"`
	Model     string `json:"model"`
	State     string `json:"state"`
	Status    int    `json:"status"`
	Attempts  int    `json:"attempts"`
	Estimated bool   `json:"tokens_estimated"`
	tokens
}

type usage struct {
	Totals struct {
		Requests int `json:"requests"`
		tokens
	} `json:"totals"`
	Rows []row `json:"rows"`
}

func (w *world) usage() usage {
	w.t.Helper()
	var u usage
	w.cli(&u, nil, "usage", "--json", "--limit", "100000")
	return u
}

// row is the ledger's row of a request, once it is settled: a client has its last byte a moment before.
func (w *world) row(t *testing.T, id string) row {
	t.Helper()
	var found row
	eventually(t, "row "+id+" is not settled", func() bool {
		for _, r := range w.usage().Rows {
			if r.ID == id {
				found = r
			}
		}
		return found.State != "" && found.State != "running"
	})
	return found
}

// reset lets the imitations forget all but what they must not have seen.
func (w *world) reset(t *testing.T) {
	t.Helper()
	for _, v := range w.pair {
		for _, s := range v.Violations() {
			t.Errorf("violation: %s", s)
		}
		v.Reset()
	}
}

func (w *world) both(do func(*imitation.Vendor)) {
	for _, v := range w.pair {
		do(v)
	}
}

// asked wants so many calls at each account since the last reset.
func (w *world) asked(t *testing.T, first, second int) {
	t.Helper()
	if a, b := len(w.pair[0].Calls()), len(w.pair[1].Calls()); a != first || b != second {
		t.Errorf("the accounts were asked %d and %d times, not %d and %d", a, b, first, second)
	}
}

// eventually asks again and again until ok says yes.
func eventually(t *testing.T, otherwise string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}

// secretsOnDisk names each file of the data folder, and whatever was said, that holds a secret.
func (w *world) secretsOnDisk(t *testing.T) (found []string) {
	t.Helper()
	texts := map[string]string{"what was printed": w.said.String()}
	err := filepath.WalkDir(w.data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		texts[path] = string(b)
		return err
	})
	if err != nil || len(texts) < 4 {
		t.Fatalf("the data folder: %d files, %v", len(texts)-1, err)
	}
	for name, text := range texts {
		for _, secret := range append([]string{w.key, w.revoked}, w.secrets...) {
			if strings.Contains(text, secret) {
				found = append(found, fmt.Sprintf("%.8s... in %s", secret, name))
			}
		}
	}
	return found
}
