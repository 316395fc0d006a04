package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control/client"
	"metapi/build/freeport"
	"metapi/build/imitation"
	"metapi/tray/snitest"
)

const (
	appVariable = "METAPI_APP_BIN"
	patience    = 20 * time.Second
	passphrase  = "correct horse"
)

// world is a user with a data folder, on a display of the test's own.
type world struct {
	*testing.T
	binary string
	home   string
	dir    string
	bus    string // address of the session bus
}

// newWorld returns a world with a data folder whose port is free, and whose secrets are in the encrypted file: the
// session bus may have a keychain, which would ask for its password. setup may put more into it.
func newWorld(t *testing.T, setup ...func(context.Context, *client.Client)) *world {
	t.Helper()
	w := &world{T: t, binary: os.Getenv(appVariable), home: t.TempDir(), bus: os.Getenv("DBUS_SESSION_BUS_ADDRESS")}
	if w.binary == "" {
		t.Skip(appVariable + " does not name a built metapi-app")
	}
	if os.Getenv("DISPLAY") == "" || w.bus == "" || w.bus == "disabled:" {
		t.Fatal("there is no display and session bus of the test's own: run it by with_display of build/lib/display.sh")
	}
	w.dir = filepath.Join(w.home, "data")
	w.open(func(ctx context.Context, c *client.Client) {
		port := freeport.New(t)
		if _, err := c.EditSettings(ctx, client.EditSettings{Port: &port}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Unlock(ctx, passphrase); err != nil {
			t.Fatal(err)
		}
		for _, more := range setup {
			more(ctx, c)
		}
	})
	return w
}

// newWorldWith returns a world with an account at each vendor, "Account 1" and so on, and a local key.
func newWorldWith(t *testing.T, vendors ...*imitation.Vendor) (w *world, key string) {
	t.Helper()
	w = newWorld(t, func(ctx context.Context, c *client.Client) {
		for i, v := range vendors {
			in := client.AddAccount{Provider: "openai", BaseURL: v.BaseURL, Key: v.Key, Name: fmt.Sprint("Account ", i+1)}
			if _, err := c.AddAccount(ctx, in); err != nil {
				t.Fatal(err)
			}
		}
		k, err := c.AddClient(ctx, "script")
		if err != nil {
			t.Fatal(err)
		}
		key = k.Key
	})
	return w, key
}

// open opens the data in this process, without a keychain, while do runs.
func (w *world) open(do func(context.Context, *client.Client)) {
	w.Helper()
	os.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	defer os.Setenv("DBUS_SESSION_BUS_ADDRESS", w.bus)
	b, err := backend.Open(backend.Options{Dir: w.dir, Version: "test", Passphrase: func(bool) (string, error) { return passphrase, nil }})
	if err != nil {
		w.Fatal(err)
	}
	defer b.Close()
	do(w.Context(), client.InProcess(b.Handler()))
}

// tray puts a panel that shows icons onto the session bus.
func (w *world) tray() *panel {
	w.Helper()
	h, err := snitest.NewHost(w.bus)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(h.Close)
	return &panel{h, w.T}
}

// process is a running app.
type process struct {
	w    *world
	cmd  *exec.Cmd
	done chan struct{}

	mu   sync.Mutex
	said bytes.Buffer
}

// start starts the app.
func (w *world) start(args ...string) *process {
	w.Helper()
	return w.startWith(nil, args...)
}

// startWith starts the app with more in its environment, or less: "NAME=" takes NAME away.
func (w *world) startWith(env []string, args ...string) *process {
	w.Helper()
	p := &process{w: w, cmd: exec.Command(w.binary, append([]string{"--data", w.dir}, args...)...), done: make(chan struct{})}
	p.cmd.Env = []string{"HOME=" + w.home, "METAPI_PASSPHRASE=" + passphrase}
	for _, name := range []string{"PATH", "LANG", "DISPLAY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS"} {
		p.cmd.Env = append(p.cmd.Env, name+"="+os.Getenv(name))
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		w.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	w.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if w.Failed() {
			w.Logf("metapi-app %s said:\n%s", strings.Join(args, " "), p.words())
		}
	})
	return p
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

func (p *process) words() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// ends waits for the end of the app.
func (p *process) ends(code int) {
	p.w.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.w.Fatal("the app has not ended")
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.w.Fatalf("the app has ended with %d, not %d (%v)", got, code, p.cmd.ProcessState)
	}
}

// lives fails the test where the app has ended.
func (p *process) lives() {
	p.w.Helper()
	select {
	case <-p.done:
		p.w.Fatalf("the app has ended: %v", p.cmd.ProcessState)
	default:
	}
}

func (p *process) signal(s syscall.Signal) {
	p.w.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.w.Fatal(err)
	}
}

// sees asks for something of the app's window: see atspi.py.
func (p *process) sees(what ...string) {
	p.w.Helper()
	p.lives()
	out, err := exec.Command("/usr/bin/python3", append([]string{"atspi.py", strconv.Itoa(p.pid())}, what...)...).CombinedOutput()
	if err != nil {
		p.w.Fatalf("not %s: %v\n%s", strings.Join(what, " "), err, out)
	}
}

// close closes the window from the keyboard. A busy window manager may give the keys to whoever had them before, so it looks whether
// the window has gone.
func (p *process) close() {
	p.w.Helper()
	window := []string{"search", "--onlyvisible", "--pid", strconv.Itoa(p.pid()), "--name", "^Metapi$"}
	seen := func() bool { return exec.Command("xdotool", window...).Run() == nil }
	p.w.within("the window is there", seen)
	p.w.within("the window is closed", func() bool {
		p.front()
		p.keys("key", "--clearmodifiers", "alt+F4")
		for range 50 {
			if !seen() {
				return true
			}
		}
		return false
	})
}

// front gives the window the keyboard, and reports whether it has it: it may have gone meanwhile.
func (p *process) front() bool {
	ctx, cancel := context.WithTimeout(p.w.Context(), time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "xdotool", "search", "--onlyvisible", "--pid", strconv.Itoa(p.pid()), "--name", "^Metapi$", "windowactivate", "--sync").Run() == nil
}

// keys presses keys. With a window at hand, xdotool would send them to that, past the window manager: so it is given none.
func (p *process) keys(args ...string) {
	p.w.Helper()
	if out, err := exec.Command("xdotool", args...).CombinedOutput(); err != nil {
		p.w.Fatalf("xdotool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// api waits until the instance that runs on the data can be called over loopback, and is this process.
func (p *process) api() *client.Client {
	p.w.Helper()
	var c *client.Client
	p.w.within("the app serves", func() bool {
		reached, rt, err := client.Dial(p.w.Context(), p.w.dir)
		c = reached
		return err == nil && rt.PID == p.pid()
	})
	return c
}

// within waits for what must happen.
func (w *world) within(what string, happened func() bool) {
	w.Helper()
	for late := time.Now().Add(patience); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(late) {
			w.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// mode waits until a mode is in force.
func (w *world) mode(c *client.Client, mode string) {
	w.Helper()
	w.within("the mode is "+mode, func() bool {
		m, err := c.Mode(w.Context())
		return err == nil && string(m.Mode) == mode
	})
}

// chat asks the instance for one completion, which must be answered.
func (w *world) chat(c *client.Client, key, model string) string {
	w.Helper()
	text, err := w.ask(c, key, model)
	if err != nil {
		w.Error(err)
	}
	return text
}

// ask asks the instance for one completion.
func (w *world) ask(c *client.Client, key, model string) (string, error) {
	st, err := c.Status(w.Context())
	if err != nil {
		return "", err
	}
	body := fmt.Sprintf(`{"model":%q,"messages":[{"role":"user","content":"hello"}]}`, model)
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPost, "http://"+st.Addresses[0]+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %s: %s", resp.Status, b)
	}
	return string(b), err
}

// inFlight waits until an upstream works on a request.
func (w *world) inFlight(c *client.Client) {
	w.Helper()
	w.within("a request is in flight", func() bool {
		st, err := c.Status(w.Context())
		return err == nil && st.InFlight > 0
	})
}

// panel is the desktop's tray.
type panel struct {
	*snitest.Host
	t *testing.T
}

// icon waits for the n-th icon that has come, counted from 1.
func (p *panel) icon(n int) *snitest.Icon {
	p.t.Helper()
	late := time.After(patience)
	for {
		icons, changed := p.Icons()
		if len(icons) >= n {
			return icons[n-1]
		}
		select {
		case <-changed:
		case <-late:
			p.t.Fatalf("there are %d icons in the tray, not %d", len(icons), n)
		}
	}
}

// click waits for an entry of the menu, and clicks it.
func (p *panel) click(i *snitest.Icon, label string) {
	p.t.Helper()
	var err error
	for late := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if err = i.Click(label); err == nil {
			return
		}
		if gone, lost := i.Gone(); lost == nil && gone {
			return // "Quit Metapi" may end the tray's program before it has answered
		}
		if time.Now().After(late) {
			p.t.Fatal(fmt.Errorf("%q cannot be clicked: %w", label, err))
		}
	}
}

// checked waits until an entry of the menu is the checked one.
func (p *panel) checked(i *snitest.Icon, label string) {
	p.t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		list, err := i.Menu()
		for _, e := range list {
			if e.Visible && e.Checked && e.Label == label {
				return
			}
		}
		if time.Now().After(late) {
			p.t.Fatalf("%q is not checked: %+v, %v", label, list, err)
		}
	}
}
