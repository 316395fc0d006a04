package backend_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control"
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
	says(t, checkOf(t, r, "first"), "ok", "Its key works: 1 model", "connection")
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
	says(t, checkOf(t, r, "first"), "fail", "No connection to 127.0.0.1", "must be started", "/accounts/"+h.a.ID)
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

// ways are a secret as it is, begun, and as errors and logs may write it.
func ways(secret string) []string {
	var escaped strings.Builder
	for _, b := range []byte(secret) {
		fmt.Fprintf(&escaped, "%%%02X", b)
	}
	list := []string{secret, secret[:12], url.QueryEscape(secret), escaped.String(), hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		plain := []byte("user:"[:before] + secret)
		list = append(list, base64.StdEncoding.EncodeToString(plain), base64.RawURLEncoding.EncodeToString(plain))
	}
	return list
}

// No secret is in the bundle, wherever and however it was written, and what helps is.
func TestBundleHasNoSecret(t *testing.T) {
	for name, value := range map[string]string{"METAPI_PASSPHRASE": "a passphrase/of the test+0815", "HTTPS_PROXY": "http://who:proxy-password-4711@127.0.0.1:9",
		"ALL_PROXY":      "who:another-password-0815@127.0.0.1:9",
		"OPENAI_API_KEY": "sk-env-variable-0123456789abcdef"} {
		t.Setenv(name, value)
	}
	h := newHouse(t)
	admin := must(control.ReadRuntime(h.dir))(t).Token
	secrets := []string{h.va.Key, h.vb.Key, h.key, admin, os.Getenv("METAPI_PASSPHRASE"), "proxy-password-4711", "another-password-0815", os.Getenv("OPENAI_API_KEY")}
	var all []string
	for _, s := range secrets {
		all = append(all, ways(s)...)
	}
	quoting := strings.Join(all, " ")
	fault := imitation.Fault{Kind: imitation.Status401, On: imitation.OpAny, Times: imitation.Always, Message: "bad key: " + quoting}
	h.va.Fault(fault)
	h.vb.Fault(fault)
	if s := call(t, h.addr, h.key, "gpt-4o"); s < 400 {
		t.Fatalf("a request that should fail has %d", s)
	}
	f, err := os.OpenFile(filepath.Join(h.dir, "metapi.log"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	quoted, _ := json.Marshal(quoting)
	for _, way := range append(all, string(quoted)) {
		fmt.Fprintf(f, "level=ERROR msg=%q\nlevel=ERROR msg=raw error=(%s)\n", way, way)
	}
	f.Close()
	must(h.Doctor(t.Context(), nil))(t)
	b := must(h.Bundle(t.Context()))(t)
	if len(b.LeftOut) != 0 {
		t.Errorf("left out: %v", b.LeftOut)
	}
	var file bytes.Buffer
	if err := b.Zip(&file); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]string{}
	for _, entry := range z.File {
		r, err := entry.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		has[entry.Name] = string(text)
		for _, s := range secrets {
			for _, way := range ways(s) {
				way = way[:min(len(way), 16)]
				if strings.Contains(strings.ToLower(string(text)), strings.ToLower(way)) {
					t.Errorf("%s holds %q of %q", entry.Name, way, s)
				}
			}
		}
		if strings.HasSuffix(entry.Name, ".json") && !json.Valid(text) {
			t.Errorf("%s is not JSON", entry.Name)
		}
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(h.va.BaseURL, "http://"), "/")
	for name, words := range map[string][]string{"about.json": {"go1.", `"version": "test"`, h.addr}, "report.json": {"keychain", "Accounts"}, "settings.json": {"port"},
		"accounts.json": {"first", "second", host}, "requests.json": {"gpt-4o", "401", "first"}, "log.txt": {"serving", "[hidden]"}} {
		for _, w := range words {
			if !strings.Contains(has[name], w) {
				t.Errorf("%s does not hold %q:\n%.2000s", name, w, has[name])
			}
		}
	}

	// What was looked at is what is saved, where only the user can read it.
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	if _, err := h.SaveBundle(t.Context(), "another"); code(err) != "not-found" {
		t.Errorf("another bundle was saved: %v", err)
	}
	saved := must(h.SaveBundle(t.Context(), b.ID))(t)
	text, err := os.ReadFile(saved.Path)
	if err != nil || !bytes.Equal(text, file.Bytes()) || !strings.HasPrefix(saved.Path, home) {
		t.Errorf("%s: %v, %d bytes and not %d", saved.Path, err, len(text), file.Len())
	}
	if info, err := os.Stat(saved.Path); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others can read it: %v %v", info.Mode(), err)
	}
}

// Where a key cannot be read it cannot be looked for: what may quote it is left out, and that is told.
func TestBundleOfLockedSecrets(t *testing.T) {
	h := newHouse(t)
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.b0.Close(); err != nil {
		t.Fatal(err)
	}
	b0, err := backend.Open(backend.Options{Dir: h.dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer b0.Close()
	b := must(client.InProcess(b0.Handler()).Bundle(t.Context()))(t)
	var names []string
	for _, f := range b.Files {
		names = append(names, f.Name)
	}
	if strings.Join(names, " ") != "settings.json requests.json" || !strings.Contains(strings.Join(b.LeftOut, "\n"), "log.txt is left out: the key of the account first") {
		t.Errorf("%v; left out: %v", names, b.LeftOut)
	}
}
