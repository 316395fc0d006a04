package backend_test

import (
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// checkOf is the one check of a report with this name.
func checkOf(t *testing.T, r client.Report, name string) client.Check {
	t.Helper()
	i := slices.IndexFunc(r.Checks, func(c client.Check) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("the report has no %q: %+v", name, r.Checks)
	}
	return r.Checks[i]
}

func says(t *testing.T, c client.Check, state string, words ...string) {
	t.Helper()
	if c.State != state {
		t.Errorf("%s is not %q: %+v", c.Name, state, c)
	}
	for _, w := range words {
		if !strings.Contains(c.Detail+" "+c.Next+" "+c.Command+" "+c.Page, w) {
			t.Errorf("%s does not say %q: %+v", c.Name, w, c)
		}
	}
}

func TestDoctor(t *testing.T) {
	h := newHouse(t)
	if r, err := h.StopDoctor(t.Context()); err != nil || r.Running || r.OK || !r.Started.IsZero() {
		t.Errorf("before it was asked: %+v %v", r, err)
	}
	var told []client.Check
	r := must(h.Doctor(t.Context(), func(c client.Check) { told = append(told, c) }))(t)
	if !r.OK || r.Running || r.Ended.Before(r.Started) || len(told) != len(r.Checks) {
		t.Errorf("%d were told: %+v", len(told), r)
	}
	for _, c := range r.Checks {
		if !slices.Contains(told, c) || c.Group == "" || c.State == "running" {
			t.Errorf("%+v", c)
		}
		if c.State == "warn" && c.Next == "" {
			t.Errorf("it does not say what to do: %+v", c)
		}
	}
	says(t, checkOf(t, r, "serving"), "ok", h.addr)
	says(t, checkOf(t, r, "keychain"), "ok", "Encrypted file")
	says(t, checkOf(t, r, "first"), "ok", "Its key works: 1 model", "connection", "/accounts/"+h.a.ID)
	says(t, checkOf(t, r, "local keys"), "ok", "1 in use")
	says(t, checkOf(t, r, "refused"), "ok", "Nobody")

	// One account is away, another refuses its key, and a tool comes without one.
	h.va.Fault(imitation.Fault{Kind: imitation.Refused})
	h.vb.Fault(imitation.Fault{Kind: imitation.Status401, On: imitation.OpAny, Times: imitation.Always})
	for range 2 {
		req, _ := http.NewRequest("POST", "http://"+h.addr+"/v1/messages", strings.NewReader("{}"))
		req.Header.Set("User-Agent", "claude-cli/2.1 (external)")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	r = must(h.Doctor(t.Context(), nil))(t)
	if r.OK {
		t.Error("it is content")
	}
	says(t, checkOf(t, r, "first"), "fail", "No connection to 127.0.0.1", "must be started")
	says(t, checkOf(t, r, "second"), "fail", "key")
	says(t, checkOf(t, r, "refused"), "warn", "Claude Code (claude-cli/2.1) asked /v1/messages without a key, 2 times", "metapi keys add claude-code", "/tools/connect")
}

// A look that hangs holds nothing else up, can be ended, and does not keep the instance from ending.
func TestDoctorIsStopped(t *testing.T) {
	h := newHouse(t)
	h.va.Fault(imitation.Fault{Kind: imitation.StallHeaders, On: imitation.OpAny, Times: imitation.Always})
	changes := make(chan struct{}, 100)
	go h.Events(t.Context(), client.EventsOptions{}, func(e client.Event) {
		if slices.Contains(e.Topics, client.TopicDoctor) {
			changes <- struct{}{}
		}
	})
	ended := make(chan client.Report, 1)
	hanging := make(chan struct{})
	go func() {
		r, err := h.Doctor(t.Context(), func(c client.Check) {
			if c.Name == "second" { // asked at the same time as the first, and told all the same
				close(hanging)
			}
		})
		if err != nil {
			t.Error(err)
		}
		ended <- r
	}()
	<-hanging
	<-changes
	if r := must(h.StopDoctor(t.Context()))(t); !r.Running && checkOf(t, r, "first").State != "stopped" {
		t.Errorf("%+v", r)
	}
	r := <-ended
	says(t, checkOf(t, r, "first"), "stopped")
	if r.Running {
		t.Errorf("%+v", r)
	}
	h.va.Clear()
	says(t, checkOf(t, must(h.Doctor(t.Context(), nil))(t), "first"), "ok")

	h.va.Fault(imitation.Fault{Kind: imitation.StallHeaders, On: imitation.OpAny, Times: imitation.Always})
	go h.Doctor(t.Context(), nil)
	<-changes
	began := time.Now()
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.b0.Close(); err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

// Where nothing is served it says who has the port, as far as the system tells.
func TestDoctorTellsWhoHasThePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := client.InProcess(open(t, t.TempDir()).Handler())
	port := l.Addr().(*net.TCPAddr).Port
	must(c.EditSettings(t.Context(), client.EditSettings{Port: &port}))(t)
	r := must(c.Doctor(t.Context(), nil))(t)
	says(t, checkOf(t, r, "serving"), "warn", strconv.Itoa(port), strconv.Itoa(os.Getpid()), "/settings")
	says(t, checkOf(t, r, "accounts"), "warn", "none yet", "metapi accounts add")
	l.Close()
	says(t, checkOf(t, must(c.Doctor(t.Context(), nil))(t), "serving"), "ok", "is free", "metapi serve")
}
