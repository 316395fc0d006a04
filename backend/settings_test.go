package backend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/freeport"
	"metapi/build/imitation"
)

// takePort takes a port until the test ends, or it is given back.
func takePort(t *testing.T) (port int, giveBack func()) {
	t.Helper()
	port = freeport.New(t)
	l, err := net.Listen("tcp4", at(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return port, func() { l.Close() }
}

func portOf(addr string) int {
	var port int
	_, p, _ := net.SplitHostPort(addr)
	fmt.Sscan(p, &port)
	return port
}

func at(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func choosePort(t *testing.T, c *client.Client, port int) {
	t.Helper()
	if s := must(c.EditSettings(t.Context(), client.EditSettings{Port: &port}))(t); s.Port != port {
		t.Fatalf("port %d was chosen, and the settings are %+v", port, s)
	}
}

// await polls for what nobody tells.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what)
		}
	}
}

// answers reports whether somebody takes connections at an address.
func answers(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err == nil {
		c.Close()
	}
	return err == nil
}

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	c := client.InProcess(b.Handler())
	want := client.Settings{Port: backend.DefaultPort, Theme: "system", Language: "system", CloseToTray: true, Proxy: "system", KeepResponses: true,
		Probe: true, ProbesPerDay: 200, ProbeUSDPerDay: 0.05,
		AnswerUSD: 0.2, SecondUSD: 2.0 / 3600, Tolerance: 0.97, Baseline: "vendor", Runaway: "tell",
		NotifyBudget: true, NotifyKey: true, NotifyFailover: true, NotifyGateway: true, NotifyQuiet: 30}
	if s := must(c.Settings(t.Context()))(t); s != want {
		t.Errorf("to begin with: %+v", s)
	}
	patch := func(body string) (status int, p control.Problem, s client.Settings) {
		t.Helper()
		r := httptest.NewRequest("PATCH", "/api/settings", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, r)
		if w.Code == 200 {
			json.Unmarshal(w.Body.Bytes(), &s)
		} else if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Errorf("%s: %s", body, w.Body)
		}
		return w.Code, p, s
	}
	for _, c := range []struct{ body, names string }{
		{`{"port":0}`, "port"}, {`{"port":-1}`, "port"}, {`{"port":65536}`, "port"}, {`{"port":"4747"}`, "port"}, {`{"port":1.5}`, "port"},
		{`{"theme":"pink"}`, "theme"}, {`{"theme":""}`, "theme"}, {`{"theme":1}`, "theme"}, {`{"language":"fr"}`, "language"}, {`{"close_to_tray":"yes"}`, "close_to_tray"},
		{`{"start_hidden":1}`, "start_hidden"}, {`{"colour":"red"}`, "colour"}, {`{"theme":"dark","colour":"red"}`, "colour"},
		{`{"start_hidden":true,"port":70000}`, "port"}, {`{"probes_per_day":-1}`, "probes_per_day"}, {`{"probe_usd_per_day":-0.5}`, "probe_usd_per_day"},
		{`{"answer_usd":-1}`, "answer_usd"}, {`{"tolerance":1.1}`, "tolerance"}, {`{"second_usd":"much"}`, "second_usd"},
	} {
		status, p, _ := patch(c.body)
		if status != 422 || p.Code != control.Invalid || !strings.Contains(p.Detail, c.names) {
			t.Errorf("%s: %d %+v", c.body, status, p)
		}
	}
	for _, body := range []string{`[]`, `{`, ``} {
		if status, _, _ := patch(body); status != 400 && status != 422 && status != 415 {
			t.Errorf("%q: %d", body, status)
		}
	}
	if s := must(c.Settings(t.Context()))(t); s != want {
		t.Errorf("a refused change changed something: %+v", s)
	}
	for _, step := range []struct {
		body string
		then func(*client.Settings)
	}{
		{`{}`, func(*client.Settings) {}},
		{`{"theme":"dark"}`, func(s *client.Settings) { s.Theme = "dark" }},
		{`{"language":"zh-Hans"}`, func(s *client.Settings) { s.Language = "zh-Hans" }},
		{`{"close_to_tray":false,"start_hidden":true}`, func(s *client.Settings) { s.CloseToTray, s.StartHidden = false, true }},
		{`{"port":1234}`, func(s *client.Settings) { s.Port = 1234 }},
		{`{"keep_responses":false}`, func(s *client.Settings) { s.KeepResponses = false }},
		{`{"probe":false,"probe_models":true}`, func(s *client.Settings) { s.Probe, s.ProbeModels = false, true }},
		{`{"probes_per_day":0,"probe_usd_per_day":1.5}`, func(s *client.Settings) { s.ProbesPerDay, s.ProbeUSDPerDay = 0, 1.5 }},
		{`{"answer_usd":1.5,"tolerance":0}`, func(s *client.Settings) { s.AnswerUSD, s.Tolerance = 1.5, 0 }},
		{`{"second_usd":0}`, func(s *client.Settings) { s.SecondUSD = 0 }},
	} {
		step.then(&want)
		if status, p, s := patch(step.body); status != 200 || s != want {
			t.Errorf("%s: %d %+v %+v", step.body, status, p, s)
		}
	}
	b.Close()
	b = open(t, dir)
	if s := must(client.InProcess(b.Handler()).Settings(t.Context()))(t); s != want {
		t.Errorf("after a restart: %+v", s)
	}
	if port, err := b.Port(); port != 1234 || err != nil {
		t.Errorf("Port: %d %v", port, err)
	}
}

// Each of many changes at once is kept, since each changes its own.
func TestSettingsAtOnce(t *testing.T) {
	b := open(t, t.TempDir())
	serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	theme, yes, no, port := "dark", true, false, freeport.New(t)
	want := must(c.Settings(t.Context()))(t)
	var all sync.WaitGroup
	for _, e := range []client.EditSettings{{Theme: &theme}, {CloseToTray: &no}, {StartHidden: &yes}, {Port: &port}, {Port: &port}, {Theme: &theme}} {
		all.Go(func() {
			if _, err := c.EditSettings(t.Context(), e); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	want.Port, want.Theme, want.CloseToTray, want.StartHidden = port, "dark", false, true
	if s := must(c.Settings(t.Context()))(t); s != want {
		t.Errorf("one change undid another: %+v", s)
	}
	if st := must(c.Status(t.Context()))(t); !slices.Contains(st.Addresses, at(port)) {
		t.Errorf("it is at %v", st.Addresses)
	}
}

// Another port is served at once. What runs at the old one ends well, though no grace is given, and nobody new gets in there.
func TestMove(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last of all
	dir := t.TempDir()
	b := open(t, dir)
	st, stop := serve(t, b, backend.ServeOptions{})
	old, port := st.Addresses[0], freeport.New(t)
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	c := client.InProcess(b.Handler())
	add(t, c, v, "A")
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	far := dial(t, dir)
	choosePort(t, c, portOf(old)) // it is there already, by --port: no conflict with oneself
	near := listen(t, c)
	browser := listen(t, far)

	// A stream that is half told when the port changes, and goes on for as long as this test wants.
	v.Script(imitation.Text(strings.Repeat("word ", 400)))
	v.Pace(imitation.Pace{Delay: 5 * time.Millisecond})
	stream := must(http.DefaultClient.Do(chat(t, t.Context(), old, key, "gpt-4o", true)))(t)
	defer stream.Body.Close()
	begun := make([]byte, 100)
	if _, err := io.ReadFull(stream.Body, begun); err != nil {
		t.Fatal(err)
	}
	choosePort(t, far, port) // asked at the old port, and answered
	if got := call(t, at(port), key, "gpt-4o"); got != 200 {
		t.Errorf("at the new port: %d", got)
	}
	await(t, "the old port is still open", func() bool { return !answers(old) })
	near.end()
	browser.end()
	now := must(c.Status(t.Context()))(t)
	if !now.Running || !slices.Contains(now.Addresses, at(port)) || now.Instance != st.Instance || !now.Started.Equal(st.Started) {
		t.Errorf("then status says %+v", now)
	}
	if rt := must(control.ReadRuntime(dir))(t); !slices.Equal(rt.Addresses, now.Addresses) {
		t.Errorf("runtime.json says %v", rt.Addresses)
	}
	listen(t, dial(t, dir))
	rest, err := io.ReadAll(stream.Body)
	if err != nil || !bytes.Contains(rest, []byte("[DONE]")) {
		t.Errorf("the stream that ran at the old port was cut: %v %.200s", err, rest)
	}
	http.DefaultClient.CloseIdleConnections()

	// A shutdown ends the instance wherever it is.
	must(dial(t, dir).Shutdown(t.Context()))(t)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if answers(at(port)) {
		t.Error("the new port is still open")
	}
	if _, err := os.Stat(filepath.Join(dir, "runtime.json")); err == nil {
		t.Error("runtime.json is still there")
	}
	b.Close()
}

// chat is a request for one completion.
func chat(t *testing.T, ctx context.Context, addr, key, model string, stream bool) *http.Request {
	t.Helper()
	r := must(http.NewRequestWithContext(ctx, "POST", "http://"+addr+"/v1/chat/completions",
		strings.NewReader(fmt.Sprintf(`{"model":%q,"stream":%v,"messages":[{"role":"user","content":"hi"}]}`, model, stream))))(t)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	return r
}

// The grace of a shutdown holds for what runs at an old port, too.
func TestMoveThenShutdown(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	st, stop := serve(t, b, backend.ServeOptions{Grace: 100 * time.Millisecond})
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	c := client.InProcess(b.Handler())
	add(t, c, v, "A")
	key := must(c.AddClient(t.Context(), "script"))(t).Key
	v.Fault(imitation.Fault{Kind: imitation.StallMid, After: 2})
	stream := must(http.DefaultClient.Do(chat(t, t.Context(), st.Addresses[0], key, "gpt-4o", true)))(t)
	defer stream.Body.Close()
	choosePort(t, c, freeport.New(t))
	if st := must(c.Status(t.Context()))(t); st.InFlight != 1 {
		t.Errorf("%d requests run, and the one at the old port is one", st.InFlight)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if rest, _ := io.ReadAll(stream.Body); bytes.Contains(rest, []byte("[DONE]")) || !bytes.Contains(rest, []byte("shutting down")) {
		t.Errorf("the stream that was cut says %s", rest)
	}
}

// A port that another program has changes nothing.
func TestMoveToTakenPort(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	st, _ := serve(t, b, backend.ServeOptions{})
	c := client.InProcess(b.Handler())
	l := listen(t, c)
	before, was := must(c.Settings(t.Context()))(t), must(control.ReadRuntime(dir))(t)
	port, _ := takePort(t)
	theme, proxy := "dark", "direct"
	if _, err := c.EditSettings(t.Context(), client.EditSettings{Port: &port, Theme: &theme, Proxy: &proxy}); code(err) != control.PortTaken || !strings.Contains(err.Error(), fmt.Sprint(port)) {
		t.Errorf("a taken port: %v", err)
	}
	if s := must(c.Settings(t.Context()))(t); s != before {
		t.Errorf("it changed the settings: %+v", s)
	}
	if rt := must(control.ReadRuntime(dir))(t); !slices.Equal(rt.Addresses, was.Addresses) || !answers(st.Addresses[0]) {
		t.Errorf("it moved the instance: %v", rt.Addresses)
	}
	must(c.Pause(t.Context()))(t) // the listener is still there
	l.topics("a pause", client.TopicStatus)
}

// A patient instance whose port is taken can be reached at another one, says what is wrong, and moves to its own as soon as
// that can be had.
func TestPatientPort(t *testing.T) {
	for _, how := range []string{"freed", "another chosen"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			b := open(t, dir)
			c := client.InProcess(b.Handler())
			port, giveBack := takePort(t)
			choosePort(t, c, port)
			l := listen(t, c)
			ctx, cancel := context.WithCancel(t.Context())
			ready, ended := make(chan client.Status, 4), make(chan error, 1)
			go func() {
				ended <- b.Serve(ctx, backend.ServeOptions{Port: 1, Patient: true, Ready: func(st control.Status) { ready <- st }})
			}()
			next := func() client.Status {
				t.Helper()
				select {
				case st := <-ready:
					return st
				case err := <-ended:
					t.Fatalf("it gave up: %v", err)
				case <-time.After(patience):
					t.Fatal("it does not serve")
				}
				return client.Status{}
			}
			if st := next(); slices.Contains(st.Addresses, at(port)) || !answers(st.Addresses[0]) {
				t.Errorf("meanwhile it serves at %v", st.Addresses)
			}
			for told := false; !told; { // it is told once it has been tried again
				l.topics("that it is elsewhere", client.TopicStatus)
				st := must(c.Status(t.Context()))(t)
				told = len(st.Trouble) == 1 && strings.Contains(st.Trouble[0], fmt.Sprint(port)) && strings.HasPrefix(st.Trouble[0], "Tools are served at another port")
			}
			if _, _, err := client.Dial(t.Context(), dir); err != nil {
				t.Errorf("a command does not find it: %v", err)
			}
			if how == "freed" {
				giveBack()
			} else {
				port = freeport.New(t)
				choosePort(t, c, port)
			}
			if st := next(); !slices.Contains(st.Addresses, at(port)) || !answers(at(port)) {
				t.Errorf("then it serves at %v", st.Addresses)
			}
			for len(must(c.Status(t.Context()))(t).Trouble) != 0 {
				l.topics("that all is well", client.TopicStatus)
			}
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// While its port is taken, it can be ended.
func TestPatientEnds(t *testing.T) {
	b := open(t, t.TempDir())
	c := client.InProcess(b.Handler())
	port, _ := takePort(t)
	choosePort(t, c, port)
	_, stop := serve(t, b, backend.ServeOptions{Patient: true})
	if err := stop(); err != nil {
		t.Error(err)
	}
	if st := must(c.Status(t.Context()))(t); len(st.Trouble) != 0 {
		t.Errorf("trouble of nobody: %v", st.Trouble)
	}
}

// Secrets under a passphrase that nobody has given yet: the user is told, and asked, and then all works at once.
func TestUnlock(t *testing.T) {
	h := newHouse(t)
	h.stop()
	h.b0.Close()
	o := options(h.dir)
	o.Passphrase = nil
	b, err := backend.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	h.Client = client.InProcess(b.Handler())
	choosePort(t, h.Client, freeport.New(t))
	st, _ := serve(t, b, backend.ServeOptions{Patient: true})
	h.addr = st.Addresses[0]
	if st.Locked != "passphrase" || !strings.Contains(st.Keychain, "encrypted file") || st.Accounts[0].State != "blocked" {
		t.Errorf("locked, and status says %+v", st)
	}
	if got := h.serves(); got != "" {
		t.Errorf("without its key %q serves", got)
	}
	l := listen(t, h.Client)
	const wrong = "incorrect horse"
	_, err = h.Unlock(t.Context(), wrong)
	if code(err) != control.Keychain || !strings.Contains(err.Error(), "passphrase is wrong") || strings.Contains(err.Error(), wrong) {
		t.Errorf("a wrong passphrase: %v", err)
	}
	if _, err := h.Unlock(t.Context(), ""); code(err) != control.Invalid {
		t.Errorf("no passphrase: %v", err)
	}
	if st := must(h.Status(t.Context()))(t); st.Locked != "passphrase" {
		t.Errorf("a wrong one opened: %q", st.Locked)
	}
	st = must(h.Unlock(t.Context(), "correct horse"))(t)
	if st.Locked != "" || st.Accounts[0].State != "ready" {
		t.Errorf("opened, and status says %+v", st)
	}
	l.topics("that they are open", client.TopicStatus, client.TopicAccounts)
	if got := h.serves(); got != "a" {
		t.Errorf("opened, and %q serves", got)
	}
	for _, secret := range []string{wrong, "correct horse", h.va.Key} {
		if f := holds(t, h.dir, secret); f != "" {
			t.Errorf("%q is in %s", secret, f)
		}
	}
}

// A machine without a keychain: the passphrase is chosen in the window, and the file made with it.
func TestNewPassphrase(t *testing.T) {
	dir := t.TempDir()
	o := options(dir)
	o.Passphrase = nil
	b, err := backend.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	c := client.InProcess(b.Handler())
	choosePort(t, c, freeport.New(t))
	st, stop := serve(t, b, backend.ServeOptions{Patient: true})
	if st.Locked != "new-passphrase" {
		t.Errorf("without a keychain status says %+v", st)
	}
	v := imitation.New(t, imitation.OpenAI, imitation.WithModels("gpt-4o"))
	in := client.AddAccount{Provider: "openai", BaseURL: v.BaseURL, Name: "A", Key: v.Key}
	if _, err := c.AddAccount(t.Context(), in); code(err) != control.Keychain {
		t.Errorf("an account with its key nowhere: %v", err)
	}
	if st := must(c.Unlock(t.Context(), "battery staple"))(t); st.Locked != "" || !strings.Contains(st.Keychain, "encrypted file") {
		t.Errorf("chosen, and status says %+v", st)
	}
	a := must(c.AddAccount(t.Context(), in))(t).Account
	stop()
	b.Close()
	o.Passphrase = func(bool) (string, error) { return "battery staple", nil }
	again, err := backend.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if d := must(client.InProcess(again.Handler()).TestAccount(t.Context(), a.ID))(t); !d.OK {
		t.Errorf("with the chosen passphrase: %+v", d)
	}
}

// Who looks at the status is not kept by who types a passphrase.
func TestStatusDoesNotWaitForAPerson(t *testing.T) {
	dir := t.TempDir()
	asked, typed := make(chan struct{}), make(chan struct{})
	b, err := backend.Open(backend.Options{Dir: dir, Version: "test", Passphrase: func(bool) (string, error) {
		close(asked)
		<-typed
		return "correct horse", nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c := client.InProcess(b.Handler())
	made := make(chan error, 1)
	go func() {
		_, err := c.AddClient(t.Context(), "script")
		made <- err
	}()
	<-asked
	if st := must(c.Status(t.Context()))(t); st.Locked != "new-passphrase" { // would not end
		t.Errorf("status says %+v", st)
	}
	close(typed)
	if err := <-made; err != nil {
		t.Error(err)
	}
	if st := must(c.Status(t.Context()))(t); st.Locked != "" {
		t.Errorf("status says %+v", st)
	}
}

var pages = fstest.MapFS{"index.html": {Data: []byte("<title>Metapi</title>")}}

// A browser that comes with a link gets the pages, a token, and the API; its own pages may call, and no other's.
func TestBrowser(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	st, stop := serve(t, b, backend.ServeOptions{Pages: pages})
	c := dial(t, dir)
	if !st.UI {
		t.Error("status does not say that there are pages")
	}
	link := must(c.Link(t.Context()))(t).URL
	base, code, ok := strings.Cut(link, "#code=")
	if !ok || base != "http://"+st.Addresses[0]+"/ui/" {
		t.Fatalf("the link is %s", link)
	}
	do := func(method, path, body string, header ...string) (int, string) {
		t.Helper()
		r := must(http.NewRequestWithContext(t.Context(), method, "http://"+st.Addresses[0]+path, strings.NewReader(body)))(t)
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		for i := 0; i+1 < len(header); i += 2 {
			if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
				r.Host = header[i+1]
			}
		}
		resp := must(http.DefaultClient.Do(r))(t)
		defer resp.Body.Close()
		text := must(io.ReadAll(resp.Body))(t)
		return resp.StatusCode, string(text)
	}
	own := "http://" + st.Addresses[0]
	if status, text := do("GET", "/ui/", ""); status != 200 || !strings.Contains(text, "Metapi") {
		t.Errorf("the pages: %d %s", status, text)
	}
	for _, origin := range []string{"https://evil.example", "http://127.0.0.1:1", "null"} {
		if status, _ := do("POST", "/api/session", `{"code":"`+code+`"}`, "Origin", origin); status != 403 {
			t.Errorf("a page of %s trades the code: %d", origin, status)
		}
	}
	status, text := do("POST", "/api/session", `{"code":"`+code+`"}`, "Origin", own)
	var s control.Session
	if json.Unmarshal([]byte(text), &s); status != 200 || s.Token == "" {
		t.Fatalf("the link is not good: %d %s", status, text)
	}
	bearer := "Bearer " + s.Token
	if status, _ := do("GET", "/api/status", "", "Origin", own, "Authorization", bearer); status != 200 {
		t.Errorf("the page calls the API: %d", status)
	}
	if status, _ := do("GET", "/api/status", "", "Origin", "http://127.0.0.1:1", "Authorization", bearer); status != 403 {
		t.Errorf("another page calls the API: %d", status)
	}
	if status, _ := do("POST", "/api/session", `{"code":"`+code+`"}`); status != 401 {
		t.Errorf("the link is good twice: %d", status)
	}
	rt := must(control.ReadRuntime(dir))(t)
	stop()
	for what, secret := range map[string]string{"the code": code, "the token of the session": s.Token, "the admin token": rt.Token} {
		if f := holds(t, dir, secret); f != "" {
			t.Errorf("%s is in %s", what, f)
		}
	}
	st, _ = serve(t, b, backend.ServeOptions{Pages: pages})
	if status, _ := do("GET", "/api/status", "", "Authorization", bearer); status != 401 {
		t.Errorf("a session outlived its instance: %d", status)
	}
}

func TestNoPages(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	if _, err := client.InProcess(b.Handler()).Link(t.Context()); code(err) != control.Unavailable || !strings.Contains(err.Error(), "--ui") {
		t.Errorf("a link to nobody: %v", err)
	}
	st, _ := serve(t, b, backend.ServeOptions{})
	if _, err := dial(t, dir).Link(t.Context()); code(err) != control.Unavailable || !strings.Contains(err.Error(), "--ui") {
		t.Errorf("a link to pages that are not there: %v", err)
	}
	resp := must(http.Get("http://" + st.Addresses[0] + "/ui/"))(t)
	defer resp.Body.Close()
	var p control.Problem
	if err := json.NewDecoder(resp.Body).Decode(&p); err != nil || resp.StatusCode != 404 || p.Code != control.NotFound {
		t.Errorf("the pages are %d %+v %v", resp.StatusCode, p, err)
	}
}
