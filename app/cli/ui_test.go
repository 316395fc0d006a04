//go:build unix

package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/build/freeport"
)

// opens trades the code of a link for a token, and reports the status.
func opens(t *testing.T, link string) (status int, token string) {
	t.Helper()
	base, code, ok := strings.Cut(strings.TrimSpace(link), "/ui/#code=")
	if !ok {
		t.Fatalf("this is no link: %q", link)
	}
	page, err := http.Get(base + "/ui/")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if b, _ := io.ReadAll(page.Body); page.StatusCode != 200 || !strings.Contains(string(b), "Metapi of the test") {
		t.Errorf("the pages are %d %s", page.StatusCode, b)
	}
	resp, err := http.Post(base+"/api/session", "application/json", strings.NewReader(fmt.Sprintf(`{"code":%q}`, code)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var s struct{ Token string }
	json.NewDecoder(resp.Body).Decode(&s)
	return resp.StatusCode, s.Token
}

func TestUI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	program, err := withPages()
	if err != nil {
		t.Fatal(err)
	}
	w.program = program
	w.run("ui").ends(1).says("No Metapi is running", "serve --ui")
	i := w.serve("--ui")
	var first string
	for deadline := time.Now().Add(patience); first == ""; time.Sleep(10 * time.Millisecond) {
		if _, rest, ok := strings.Cut(i.stdout(), "/ui/#code="); ok && strings.Contains(rest, "\n") {
			code, _, _ := strings.Cut(rest, "\n")
			first = "http://" + i.addr + "/ui/#code=" + code
		} else if time.Now().After(deadline) {
			t.Fatalf("serve --ui prints no link:\n%s", i.stdout())
		}
	}
	if !strings.Contains(i.stdout(), "  "+first+"\n") {
		t.Errorf("the link is not one of %s:\n%s", i.addr, i.stdout())
	}
	status, token := opens(t, first)
	if status != 200 || token == "" {
		t.Fatalf("the link that serve --ui prints is not good: %d", status)
	}
	w.secret(token)
	if status, _ := opens(t, first); status != 401 {
		t.Errorf("it is good twice: %d", status)
	}

	// Another, in words and as JSON.
	r := w.quiet("", "ui").ends(0)
	var link client.Link
	w.quiet("", "ui", "--json").ends(0).json(&link)
	_, words, ok := strings.Cut(r.out, "\n")
	if !ok || strings.TrimSpace(words) == link.URL {
		t.Errorf("`metapi ui` prints %q, then %q", r.out, link.URL)
	}
	for _, l := range []string{words, link.URL} {
		_, code, _ := strings.Cut(strings.TrimSpace(l), "#code=")
		w.secret(code) // in no log and no file
		status, token := opens(t, l)
		if status != 200 {
			t.Errorf("a link of `metapi ui` is not good: %d", status)
		}
		w.secret(token)
	}
	w.run("stop").ends(0)
	i.ends(0)
}

func TestUIIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("serve", "--port", "0", "--ui").ends(2).says("no pages", "leave out --ui")
	i := w.serve()
	w.run("ui").ends(1).says("does not serve the pages", "serve --ui")
	w.run("stop").ends(0)
	i.ends(0)
	w.run("serve", "--help").ends(0).says("--ui", "metapi ui", "in place of the one in the settings")
	w.run("ui", "--help").ends(0).says("once, within ten minutes", "metapi serve --ui")
	w.run("--help").ends(0).says("  ui ", "opens the pages")
}

// serve takes the port of the settings, unless it is told another.
func TestServeOnThePortOfTheSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.serve()
	c, _, err := client.Dial(t.Context(), w.dir)
	if err != nil {
		t.Fatal(err)
	}
	port := freeport.New(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.EditSettings(t.Context(), client.EditSettings{Port: &port}); err == nil {
		t.Error("a taken port was chosen")
	}
	l.Close()
	if _, err := c.EditSettings(t.Context(), client.EditSettings{Port: &port}); err != nil {
		t.Fatal(err)
	}
	w.run("status").ends(0).says(addr) // moved at once
	w.run("stop").ends(0)
	i.ends(0)

	i = w.start("serve")
	if i.addr != addr {
		t.Errorf("serve is at %s, and the settings say %s", i.addr, addr)
	}
	w.run("stop").ends(0)
	i.ends(0)
	i = w.serve()
	if i.addr == addr {
		t.Error("--port does not win over the settings")
	}
	w.run("stop").ends(0)
	i.ends(0)
}
