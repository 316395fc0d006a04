package e2e

import (
	"net/http"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"metapi/build/imitation"
)

// TestFirstRun goes from an empty window to an answer: what is typed is what a person would paste.
func TestFirstRun(t *testing.T) {
	vendor := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-a"), imitation.WithModels("gpt-4o"))
	w := newWorld(t)
	p := w.start()
	p.sees("heading", "Three steps to the first answer")
	c := p.api()
	w.within("the window has the keyboard", p.front)
	p.sees("focus", "Paste a key")
	p.keys("type", "curl "+vendor.BaseURL+"/chat/completions -H 'Authorization: Bearer sk-test-a'")
	p.keys("key", "Return")
	w.within("there is an account", func() bool {
		st, err := c.Status(t.Context())
		return err == nil && len(st.Accounts) == 1 && st.Models == 1
	})
	p.sees("press", "Send a test message")
	w.within("the vendor is asked", func() bool {
		for _, call := range vendor.Calls() {
			if call.Method == http.MethodPost {
				return true
			}
		}
		return false
	})
	p.sees("press", "Models")
	p.sees("heading", "Models")
	p.sees("find", "Copy gpt-4o")
}

// TestFirstPaint says how long a person waits for the page once the backend is up. The reader's own time is in it.
func TestFirstPaint(t *testing.T) {
	w, _ := newWorldWith(t, imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o")))
	p := w.start()
	began := time.Now()
	painted := make(chan time.Duration, 1)
	go func() {
		if exec.Command("/usr/bin/python3", "atspi.py", strconv.Itoa(p.pid()), "heading", "Overview").Run() == nil {
			painted <- time.Since(began)
		}
		close(painted)
	}()
	p.api()
	up := time.Since(began)
	shown, ok := <-painted
	if !ok {
		t.Fatal("the page has no heading")
	}
	t.Logf("the backend is up after %v, the page %v later", up.Round(time.Millisecond), (shown - up).Round(time.Millisecond))
}
