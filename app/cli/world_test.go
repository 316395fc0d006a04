//go:build unix

package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"metapi/build/settled"
)

// binary is the program under test, built once, without the pages; withPages has some, and is built when it is wanted.
var (
	binary    string
	withPages func() (string, error)
)

// build builds the program with what stands in for the pages, built or not: "" for none.
func build(dir, name, page string) (string, error) {
	index, err := filepath.Abs("../../frontend/dist/index.html")
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {index: page}})
	if err != nil {
		return "", err
	}
	file, program := filepath.Join(dir, name+".json"), filepath.Join(dir, name)
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		return "", err
	}
	c := exec.Command("go", "build", "-overlay", file, "-ldflags", "-X main.version=v0.0.0-test", "-o", program, "metapi")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the program does not build: %v\n%s", err, out)
	}
	return program, nil
}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "metapi-cli-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		http.DefaultClient = settled.Client()
		if binary, err = build(dir, "metapi", ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		withPages = sync.OnceValues(func() (string, error) {
			page := filepath.Join(dir, "index.html")
			if err := os.WriteFile(page, []byte("<title>Metapi of the test</title>"), 0o600); err != nil {
				return "", err
			}
			return build(dir, "metapi-with-pages", page)
		})
		return m.Run()
	}())
}

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// world is one data folder, and all that was ever printed about it.
type world struct {
	*testing.T
	program string
	dir     string
	env     []string

	mu      sync.Mutex // guards what follows
	printed strings.Builder
	secrets []string // must be in no output and no file
	local   []string // local keys: in no file, and in no output but that of keys add and print
}

// newWorld returns a world without a keychain but with a passphrase. At the end no secret may have been printed, nor be
// in the data folder.
func newWorld(t *testing.T) *world {
	t.Helper()
	home := t.TempDir()
	w := &world{T: t, program: binary, dir: filepath.Join(home, "data"), env: []string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "DBUS_SESSION_BUS_ADDRESS=disabled:", "METAPI_PASSPHRASE=correct horse"}}
	w.secrets = []string{"correct horse"}
	t.Cleanup(w.searchSecrets)
	return w
}

func (w *world) searchSecrets() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range append(w.secrets, w.local...) {
		if strings.Contains(w.printed.String(), s) {
			w.Errorf("the secret %q was printed", s)
		}
	}
	filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(path)
		for _, s := range append(w.secrets, w.local...) {
			if err == nil && bytes.Contains(b, []byte(s)) {
				w.Errorf("the secret %q is in %s", s, path)
			}
		}
		return nil
	})
}

// secret notes a word that must never come out.
func (w *world) secret(s string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, s)
	return s
}

func (w *world) note(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.printed.WriteString(s)
}

// result is what a command has come to.
type result struct {
	w        *world
	args     []string
	code     int
	out, err string
}

func (w *world) command(args ...string) *exec.Cmd {
	c := exec.Command(w.program, append([]string{"--data", w.dir}, args...)...)
	c.Env = w.env
	return c
}

// quiet runs a command whose output may hold a local key.
func (w *world) quiet(stdin string, args ...string) result {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 2*patience)
	defer cancel()
	c := w.command(args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	if err := c.Start(); err != nil {
		w.Fatal(err)
	}
	stop := context.AfterFunc(ctx, func() { c.Process.Kill() })
	defer stop()
	c.Wait()
	w.note(errs.String())
	return result{w, args, c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// run runs a command to its end.
func (w *world) run(args ...string) result {
	w.Helper()
	r := w.quiet("", args...)
	w.note(r.out)
	return r
}

// with is run with something on standard input.
func (w *world) with(stdin string, args ...string) result {
	w.Helper()
	r := w.quiet(stdin, args...)
	w.note(r.out)
	return r
}

// ends fails the test where the code is another, or a failure is not told in one or two sentences.
func (r result) ends(code int) result {
	r.w.Helper()
	if r.code != code {
		r.w.Fatalf("metapi %s ended with %d, not %d\n%s%s", strings.Join(r.args, " "), r.code, code, r.out, r.err)
	}
	if code != 0 {
		said := strings.Split(strings.TrimSpace(r.err), "\n")
		if !strings.HasPrefix(said[0], "metapi: ") || len(said) > 2 {
			r.w.Errorf("metapi %s should say in one sentence what happened and in one what to do; it said:\n%s", strings.Join(r.args, " "), r.err)
		}
	}
	return r
}

// says fails the test where neither output holds all the words.
func (r result) says(words ...string) result {
	r.w.Helper()
	for _, s := range words {
		if !strings.Contains(r.out+r.err, s) {
			r.w.Errorf("metapi %s does not say %q; it said:\n%s%s", strings.Join(r.args, " "), s, r.out, r.err)
		}
	}
	return r
}

// json decodes standard output into v, strictly one value.
func (r result) json(v any) {
	r.w.Helper()
	d := json.NewDecoder(strings.NewReader(r.out))
	if err := d.Decode(v); err != nil {
		r.w.Fatalf("metapi %s: standard output is not JSON: %v\n%s", strings.Join(r.args, " "), err, r.out)
	}
	if _, err := d.Token(); err != io.EOF {
		r.w.Errorf("metapi %s: there is more than one JSON value on standard output", strings.Join(r.args, " "))
	}
}

// write writes a file of the user's into the data folder, as an editor does: a new one is renamed over the old.
func (w *world) write(name, text string) {
	w.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		w.Fatal(err)
	}
}

// until waits until something is so.
func (w *world) until(so func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !so(); {
		if time.Now().After(end) {
			w.Fatal("it did not come about")
		}
	}
}

// key makes a local key.
func (w *world) key(name string) string {
	w.Helper()
	r := w.quiet("", "keys", "add", name).ends(0)
	key := strings.TrimSuffix(r.out, "\n")
	if !strings.HasPrefix(key, "mp-") || strings.ContainsAny(key, " \n") {
		w.Fatalf("keys add must print the key alone; it printed %q", r.out)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.local = append(w.local, key)
	return key
}

// instance is a running serve.
type instance struct {
	w    *world
	cmd  *exec.Cmd
	addr string // host:port
	done chan struct{}
	code int

	mu  sync.Mutex
	err strings.Builder
	out strings.Builder
}

// serve starts the gateway on a free port and waits until it says that it serves.
func (w *world) serve(args ...string) *instance {
	w.Helper()
	return w.start(append([]string{"serve", "--port", "0"}, args...)...)
}

// start is serve with all its arguments.
func (w *world) start(args ...string) *instance {
	w.Helper()
	i := &instance{w: w, cmd: w.command(args...), done: make(chan struct{})}
	out, err := i.cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	errs, err := i.cmd.StderrPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := i.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	addr, ready := make(chan string, 1), make(chan struct{})
	var reading sync.WaitGroup
	var once sync.Once
	follow := func(r io.Reader, into *strings.Builder) {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			line := lines.Text()
			w.note(line + "\n")
			i.mu.Lock()
			into.WriteString(line + "\n")
			i.mu.Unlock()
			if port, ok := strings.CutPrefix(line, "  http://127.0.0.1"); ok {
				select {
				case addr <- "127.0.0.1" + port:
				default: // it has moved: who moved it knows where
				}
			}
			if line == "Ctrl-C ends it." { // the last of what serve says
				once.Do(func() { close(ready) })
			}
		}
	}
	reading.Go(func() { follow(out, &i.out) })
	reading.Go(func() { follow(errs, &i.err) })
	go func() {
		reading.Wait()
		i.cmd.Wait()
		i.code = i.cmd.ProcessState.ExitCode()
		close(i.done)
	}()
	w.Cleanup(func() {
		i.cmd.Process.Kill()
		<-i.done
	})
	select {
	case <-ready:
		i.addr = <-addr
	case <-i.done:
		w.Fatalf("serve ended with %d:\n%s", i.code, i.stderr())
	case <-time.After(patience):
		w.Fatalf("serve does not say that it serves:\n%s", i.stderr())
	}
	return i
}

func (i *instance) stdout() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.out.String()
}

func (i *instance) stderr() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.err.String()
}

// ends waits for the end of serve.
func (i *instance) ends(code int) {
	i.w.Helper()
	select {
	case <-i.done:
	case <-time.After(patience):
		i.w.Fatalf("serve has not ended:\n%s", i.stderr())
	}
	if i.code != code {
		i.w.Fatalf("serve ended with %d, not %d:\n%s", i.code, code, i.stderr())
	}
}

// kill ends serve as a power cut would.
func (i *instance) kill() {
	i.cmd.Process.Signal(syscall.SIGKILL)
	<-i.done
}

// answer is what the gateway answered.
type answer struct {
	status int
	body   string
	err    error // while the body was read
}

// chat asks for one completion.
func (i *instance) chat(key, model string, more string) answer {
	body := fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hello"}]%s}`, model, more)
	req, err := http.NewRequestWithContext(i.w.Context(), http.MethodPost, "http://"+i.addr+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(b), err}
}

// is fails the test where the status is another.
func (a answer) is(t testing.TB, status int) answer {
	t.Helper()
	if a.err != nil || a.status != status {
		t.Fatalf("the gateway answered %d, not %d (%v)\n%s", a.status, status, a.err, a.body)
	}
	return a
}
