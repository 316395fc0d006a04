package tray

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/tray/menu"
)

// rig is a runner with a fake helper.
type rig struct {
	*runner
	t        *testing.T
	clicks   chan string
	standing chan error
	stop     func() // and waits

	mu     sync.Mutex
	delays []time.Duration // that it would have waited before starting again
}

func newRig(t *testing.T, how string) *rig {
	t.Helper()
	t.Setenv(fakeVariable, how)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // else each helper takes a second to end
	g := &rig{runner: newRunner(), t: t, clicks: make(chan string, 1000), standing: make(chan error, 1000)}
	g.find = os.Executable
	g.temp = filepath.Join(t.TempDir(), "tray")
	g.patience = 20 * time.Second
	g.click = func(id string) { g.clicks <- id }
	g.runner.standing = func(h helper) { g.standing <- h.err }
	g.log = slog.New(slog.DiscardHandler)
	g.backoff.sleep = func(ctx context.Context, d time.Duration) error {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.delays = append(g.delays, d)
		return ctx.Err()
	}
	return g
}

func (g *rig) start() {
	ctx, cancel := context.WithCancel(g.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.run(ctx)
	}()
	g.stop = func() {
		cancel()
		next(g.t, "the runner ends", done)
	}
	g.t.Cleanup(g.stop)
}

// hears waits for a report that begins so, and returns the rest of it.
func (g *rig) hears(want string) string {
	g.t.Helper()
	for {
		if rest, ok := strings.CutPrefix(next(g.t, "the helper reports "+want, g.clicks), want); ok {
			return rest
		}
	}
}

func (g *rig) born() *os.Process {
	g.t.Helper()
	pid, err := strconv.Atoi(g.hears("born "))
	if err != nil {
		g.t.Fatal(err)
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		g.t.Fatal(err)
	}
	return p
}

func titled(title string) menu.Menu { return menu.Menu{Items: []menu.Item{{Title: title}}} }

func TestMenusGoOutAndClicksComeIn(t *testing.T) {
	g := newRig(t, "good")
	g.show(titled("early"))
	g.start()
	g.hears("saw early")
	if err := next(t, "a standing", g.standing); err != nil {
		t.Errorf("the helper is ready, and yet: %v", err)
	}
	g.show(titled("click mode:balance"))
	g.hears("mode:balance")
	g.show(titled("same"))
	g.hears("saw same")
	g.show(titled("same"))
	g.hears("saw same")
	g.stop()
	g.hears("bye")
	if _, err := os.Stat(g.temp); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the helper's folder is still there: %v", err)
	}
}

func TestNewestMenuWins(t *testing.T) {
	g := newRig(t, "good")
	for range 1000 {
		g.show(titled("old"))
	}
	g.show(titled("new"))
	g.start()
	if first := g.hears("saw "); first != "new" {
		t.Errorf("the helper first saw %q", first)
	}
}

func TestHelperIsStartedAgain(t *testing.T) {
	g := newRig(t, "good")
	g.show(titled("leave icon.png"))
	g.start()
	for range 3 {
		p := g.born()
		g.hears("saw leave icon.png")
		within(t, "its file is there", func() bool { _, err := os.Stat(g.temp + "/icon.png"); return err == nil })
		if err := next(t, "a standing", g.standing); err != nil {
			t.Fatalf("not ready: %v", err)
		}
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := next(t, "a standing", g.standing); err == nil || !strings.Contains(err.Error(), "ended") {
			t.Fatalf("after it was killed: %v", err)
		}
	}
	g.born()
	g.hears("saw ")
	g.mu.Lock()
	defer g.mu.Unlock()
	if want := []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}; !slices.Equal(g.delays, want) {
		t.Errorf("waited %v before starting it again, want %v", g.delays, want)
	}
}

func TestHelperThatHangs(t *testing.T) {
	for _, how := range []string{"mute", "deaf"} {
		t.Run(how, func(t *testing.T) {
			g := newRig(t, how)
			g.patience = 50 * time.Millisecond
			g.start()
			for range 2 {
				// It reads nothing; a menu fills the pipe many times over.
				g.show(titled(strings.Repeat("x", 1<<20)))
				g.born()
				err := next(t, "a standing", g.standing)
				if how == "deaf" && err == nil {
					err = next(t, "a standing", g.standing)
				}
				if !errors.Is(err, errHangs) {
					t.Fatalf("it hangs, and the runner says: %v", err)
				}
			}
		})
	}
	t.Run("later", func(t *testing.T) {
		g := newRig(t, "good")
		g.patience = time.Second
		g.start()
		g.born()
		g.show(titled("hang"))
		g.hears("saw hang")
		g.show(titled("after"))
		g.born()
		g.hears("saw after")
	})
}

func TestHelperWhoseIconIsMissing(t *testing.T) {
	g := newRig(t, "good")
	g.start()
	p := g.born()
	if err := next(t, "a standing", g.standing); err != nil {
		t.Fatalf("not ready: %v", err)
	}
	g.restart(p.Pid - 1) // one of before
	g.show(titled("click x"))
	g.hears("x")
	// What was for the one before may be taken only now, and until then there is no place for more.
	within(t, "the helper is ended", func() bool {
		g.restart(p.Pid)
		select {
		case err := <-g.standing:
			if !errors.Is(err, errMissing) {
				t.Errorf("the runner says: %v", err)
			}
			return true
		default:
			return false
		}
	})
	g.hears("bye")
	if again := g.born(); again.Pid == p.Pid {
		t.Error("it is the same")
	}
}

func TestHelperThatWillNotEnd(t *testing.T) {
	g := newRig(t, "stubborn")
	g.patience = 500 * time.Millisecond
	g.start()
	g.born()
	g.show(titled("x"))
	g.hears("saw x")
	g.stop() // fails if it takes for ever
}

func TestWhyThereIsNoHelper(t *testing.T) {
	for how, want := range map[string]string{
		"refuses": "cannot open display",
		"old":     "install Metapi again",
	} {
		g := newRig(t, how)
		g.patience = 2 * time.Second // "old" ignores the end of its stdin for a fifth of that
		g.start()
		if err := next(t, "a standing", g.standing); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", how, err)
		}
		g.stop()
	}
	g := newRig(t, "good")
	t.Setenv(helperVariable, filepath.Join(t.TempDir(), "nowhere"))
	g.find = FindHelper
	came := make(chan struct{})
	g.backoff.sleep = func(ctx context.Context, _ time.Duration) error { // else it looks, and says so, more often than is read
		select {
		case <-came:
		case <-ctx.Done():
		}
		return ctx.Err()
	}
	g.start()
	err := next(t, "a standing", g.standing)
	if err == nil || !strings.Contains(err.Error(), "missing") || !strings.Contains(err.Error(), helperVariable) {
		t.Errorf("a helper that is missing: %v", err)
	}
	// It comes, and all is well.
	t.Setenv(helperVariable, os.Args[0])
	close(came)
	g.show(titled("here"))
	g.hears("saw here")
}

func TestLinesOfAnyLength(t *testing.T) {
	var got []string
	l := &lines{each: func(b []byte) { got = append(got, string(b)) }}
	for _, part := range []string{"a", "b\n", "\nc", "d\ne\nf", "g"} {
		l.Write([]byte(part))
	}
	if want := []string{"ab", "", "cd", "e"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range 100 {
		l.Write(make([]byte, maxLine))
	}
	if len(l.part) > maxLine {
		t.Errorf("a line without end takes %d bytes", len(l.part))
	}
}

func TestBackoff(t *testing.T) {
	var got []time.Duration
	b := newBackoff(time.Second, time.Minute)
	b.sleep = func(_ context.Context, d time.Duration) error { got = append(got, d/time.Second); return nil }
	for _, lasted := range []time.Duration{0, 0, 0, 0, 0, 0, 59 * time.Second, 0, time.Minute, 0} {
		b.wait(t.Context(), lasted)
	}
	if want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("waits of %d s, want %d", got, want)
	}
}
