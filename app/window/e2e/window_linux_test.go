package e2e

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

func TestNoDisplay(t *testing.T) {
	w := newWorld(t)
	w.dir += "-none"
	p := w.startWith([]string{"DISPLAY=", "WAYLAND_DISPLAY="})
	p.ends(2)
	if said := p.words(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "`metapi serve`") {
		t.Errorf("it should say one sentence, that points to serve; it said:\n%s", said)
	}
	if _, err := os.Stat(w.dir); err == nil {
		t.Error("it has made a data folder")
	}
}

// TestWindow presses what is in the page, starts a second time, ends, and finds everything again.
func TestWindow(t *testing.T) {
	w, _ := newWorldWith(t, imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o")))
	p := w.start()
	p.sees("shown")
	p.sees("press", "Load balance")
	c := p.api()
	w.mode(c, "balance")
	p.sees("checked", "Load balance")
	if _, err := c.SetMode(t.Context(), "failover"); err != nil {
		t.Fatal(err)
	}
	p.sees("checked", "Failover") // an event has told the page
	p.sees("press", "Load balance")
	w.mode(c, "balance")

	w.start().ends(0)
	p.lives()

	p.signal(syscall.SIGTERM)
	p.ends(0)
	w.open(func(ctx context.Context, c *client.Client) {
		r, err := c.Doctor(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, check := range r.Checks {
			if check.State == "fail" {
				t.Errorf("afterwards the doctor says: %+v", check)
			}
		}
	})

	p = w.start()
	p.sees("checked", "Load balance")
	p.sees("press", "Accounts")
	p.sees("find", "Account 1")

	w.start("stop").ends(0) // as any instance
	p.ends(0)
}

// TestStartAtLogin switches it on in the page. It is nothing that the backend could do: the window itself answers.
func TestStartAtLogin(t *testing.T) {
	w := newWorld(t)
	entry := filepath.Join(w.home, ".config", "autostart", "metapi.desktop")
	p := w.start()
	p.sees("press", "Settings")
	p.sees("press", "Start at login")
	w.within("there is an autostart file", func() bool {
		b, err := os.ReadFile(entry)
		return err == nil && strings.Contains(string(b), "\nExec="+w.binary+" --hidden --data "+w.dir+"\n")
	})
	p.sees("checked", "Start at login")
	p.sees("press", "Start at login")
	w.within("the file is gone", func() bool {
		_, err := os.Stat(entry)
		return err != nil
	})
}

// TestEndWaitsForRequests ends the app while a request runs: the window goes at once, the app when the request has ended.
func TestEndWaitsForRequests(t *testing.T) {
	vendor := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	w, key := newWorldWith(t, vendor)
	vendor.Pace(imitation.Pace{First: 3 * time.Second})
	p := w.start()
	p.sees("shown")
	c := p.api()
	answered := make(chan string)
	go func() { answered <- w.chat(c, key, "gpt-4o") }()
	w.inFlight(c)
	p.signal(syscall.SIGTERM)
	p.sees("hidden")
	if text := <-answered; !strings.Contains(text, "chat.completion") {
		t.Errorf("answered %s", text)
	}
	p.ends(0)
}

// TestSecondSignal ends the app at once, whatever runs.
func TestSecondSignal(t *testing.T) {
	vendor := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	w, key := newWorldWith(t, vendor)
	vendor.Fault(imitation.Fault{Kind: imitation.StallHeaders})
	p := w.start()
	p.sees("shown")
	c := p.api()
	cut := make(chan error)
	go func() {
		_, err := w.ask(c, key, "gpt-4o")
		cut <- err
	}()
	w.inFlight(c)
	p.signal(syscall.SIGINT)
	p.sees("hidden")
	p.signal(syscall.SIGINT)
	p.ends(-1)
	if err := <-cut; err == nil {
		t.Error("the request has been answered")
	}
}

func TestOneWindow(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(), w.start()
	first, second := a, b
	select {
	case <-a.done:
		first, second = b, a
	case <-b.done:
	case <-time.After(patience):
		t.Fatal("there are two windows")
	}
	second.ends(0)
	first.sees("shown")
	first.api()
}

func TestCloseWithoutTray(t *testing.T) {
	w := newWorld(t)
	p := w.start()
	p.sees("shown")
	p.api()
	p.close()
	p.ends(0)
}

func TestCloseToTray(t *testing.T) {
	w := newWorld(t)
	tray := w.tray()
	p := w.start()
	p.sees("shown")
	icon := tray.icon(1)
	tray.checked(icon, "Failover") // the app has heard that there is a tray, and the icon from the app
	p.close()
	p.sees("hidden")
	tray.click(icon, "Open Metapi")
	p.sees("shown")

	p.close()
	p.sees("hidden")
	w.start().ends(0)
	p.sees("shown")

	p.close()
	p.sees("hidden")
	if err := tray.SetRegistered(false); err != nil { // the panel goes
		t.Fatal(err)
	}
	p.sees("shown")
	p.close()
	p.ends(0)
}

func TestQuitFromTray(t *testing.T) {
	w := newWorld(t)
	tray := w.tray()
	p := w.start("--hidden")
	icon := tray.icon(1)
	tray.checked(icon, "Failover")
	p.sees("hidden")
	p.api()
	tray.click(icon, "Quit Metapi")
	p.ends(0)
	w.within("the icon goes", func() bool {
		gone, err := icon.Gone()
		return err == nil && gone
	})
}

func TestHiddenWithoutTray(t *testing.T) {
	w := newWorld(t)
	p := w.start("--hidden")
	p.api()
	p.sees("shown")
	p.sees("press", "Settings")
	p.sees("says", "This desktop shows no tray icons now")
	p.sees("says", "closing the window ends Metapi")
}

// TestTray switches the mode in the tray, which changes who serves the next request; and kills the tray's program.
func TestTray(t *testing.T) {
	a := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-A"), imitation.WithModels("gpt-4o"))
	b := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-test-B"), imitation.WithModels("gpt-4o"))
	w, key := newWorldWith(t, a, b)
	tray := w.tray()
	p := w.start("--hidden")
	c := p.api()
	icon := tray.icon(1)
	served := func() (byA, byB int) {
		for _, v := range []struct {
			*imitation.Vendor
			n *int
		}{{a, &byA}, {b, &byB}} {
			for _, call := range v.Calls() {
				if call.Method == http.MethodPost {
					*v.n++
				}
			}
		}
		return byA, byB
	}
	for range 10 {
		w.chat(c, key, "gpt-4o")
	}
	byA, byB := served()
	if byA != 10 || byB != 0 {
		t.Fatalf("failover: A has served %d, B %d", byA, byB)
	}

	tray.click(icon, "Load balance")
	w.mode(c, "balance")
	for late := time.Now().Add(patience); byB == 0; byA, byB = served() {
		w.chat(c, key, "gpt-4o")
		if time.Now().After(late) {
			t.Fatalf("balance: A has served %d, B %d", byA, byB)
		}
	}
	tray.checked(icon, "Load balance")

	pid, err := icon.PID()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(pid), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	icon = tray.icon(2) // it is back
	tray.checked(icon, "Load balance")
	tray.click(icon, "Failover")
	w.mode(c, "failover")
	tray.click(icon, "Open Metapi")
	p.sees("shown")
	p.sees("checked", "Failover")
}

// TestHeadlessInstance has the window show an instance without one, and take its place when that ends.
func TestHeadlessInstance(t *testing.T) {
	for name, end := range map[string]syscall.Signal{"ended": syscall.SIGTERM, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			headless := w.start("serve")
			c := headless.api()
			p := w.start()
			p.sees("press", "Load balance")
			w.mode(c, "balance")
			p.sees("checked", "Load balance")
			w.start().ends(0) // to the window that is there

			headless.signal(end)
			c = p.api()
			p.sees("press", "Failover")
			w.mode(c, "failover")
			p.signal(syscall.SIGINT)
			p.ends(0)
		})
	}
}
