package backend_test

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"metapi/backend"
	"metapi/backend/control"
	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// say asks a question, and reads the answer to its end.
func say(t *testing.T, h *house, path string, body map[string]any) (id string) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+h.addr+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if answer, err := io.ReadAll(res.Body); err != nil || res.StatusCode != 200 {
		t.Fatalf("%v %d %s", err, res.StatusCode, answer)
	}
	return res.Header.Get("X-Metapi-Request-Id")
}

func chatAsk(text string, stream bool) map[string]any {
	return map[string]any{"model": "gpt-4o", "stream": stream, "messages": []any{map[string]any{"role": "user", "content": text}}}
}

// captured waits for what was said in a request.
func captured(t *testing.T, h *house, id string) (c client.Captured) {
	t.Helper()
	await(t, "what was said to be captured", func() bool {
		var err error
		c, err = h.Captured(t.Context(), id)
		if err != nil && code(err) != control.NotFound {
			t.Fatal(err)
		}
		return err == nil
	})
	return c
}

// found lists the files below a folder that hold a text.
func found(t *testing.T, dir, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(text)) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

const canary = "the canary sings at dawn"

// Nothing that is said is written anywhere unless the user wants it: with capture off no file of the data folder holds a word of it. With it on
// for a client there is one place that does, which no bundle looks into, and where it can be deleted at once.
func TestCapture(t *testing.T) {
	h := newHouse(t)
	for _, stream := range []bool{false, true} {
		say(t, h, "/v1/chat/completions", chatAsk(canary, stream))
		say(t, h, "/v1/messages", map[string]any{"model": "gpt-4o", "max_tokens": 100, "stream": stream, "messages": []any{map[string]any{"role": "user", "content": canary}}})
	}
	must(h.Usage(t.Context(), client.UsageQuery{}))(t) // all is in the ledger
	if files := found(t, h.dir, canary); files != nil {
		t.Fatalf("capture is off, and what was said is in %v", files)
	}
	if st := must(h.Status(t.Context()))(t); st.Capturing != nil {
		t.Errorf("status: %v", st.Capturing)
	}

	must(h.CaptureClient(t.Context(), "script", true))(t)
	if st := must(h.Status(t.Context()))(t); len(st.Capturing) != 1 || st.Capturing[0] != "script" {
		t.Errorf("status: %v", st.Capturing)
	}
	for name, c := range map[string]struct {
		path   string
		body   map[string]any
		stream bool
	}{
		"whole":           {"/v1/chat/completions", chatAsk(canary, false), false},
		"stream":          {"/v1/chat/completions", chatAsk(canary, true), true},
		"another's":       {"/v1/messages", map[string]any{"model": "gpt-4o", "max_tokens": 100, "messages": []any{map[string]any{"role": "user", "content": canary}}}, false},
		"another's, too":  {"/v1/messages", map[string]any{"model": "gpt-4o", "max_tokens": 100, "stream": true, "messages": []any{map[string]any{"role": "user", "content": canary}}}, true},
		"responses":       {"/v1/responses", map[string]any{"model": "gpt-4o", "stream": true, "store": false, "input": canary}, true},
		"an array":        {"/v1beta/models/gpt-4o:streamGenerateContent", map[string]any{"contents": []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": canary}}}}}, true},
		"events of array": {"/v1beta/models/gpt-4o:streamGenerateContent?alt=sse", map[string]any{"contents": []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": canary}}}}}, true},
	} {
		got := captured(t, h, say(t, h, c.path, c.body))
		if !strings.Contains(got.Request.Text, canary) || got.Request.Cut || got.Stream != c.stream {
			t.Errorf("%s: the request: %+v", name, got)
		}
		if !strings.Contains(got.Reply.Text, canary) || strings.Contains(got.Reply.Text, "data:") || got.Reply.Cut { // the imitation repeats the question
			t.Errorf("%s: the reply: %+v", name, got.Reply)
		}
	}
	must(h.Usage(t.Context(), client.UsageQuery{}))(t)
	for _, f := range found(t, h.dir, canary) {
		if filepath.Dir(f) != filepath.Join(h.dir, "captured") {
			t.Errorf("what was said is in %s", f)
		}
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others may read %s: %v", f, info)
		}
	}
	bundle := must(h.Bundle(t.Context()))(t)
	for _, f := range bundle.Files {
		if strings.Contains(f.Text, canary) {
			t.Errorf("the bundle's %s holds what was said", f.Name)
		}
	}

	must(h.CaptureClient(t.Context(), "script", false))(t)
	off := say(t, h, "/v1/chat/completions", chatAsk("said after it was off", false))
	must(h.EmptyCapture(t.Context()))(t)
	if _, err := h.Captured(t.Context(), off); code(err) != control.NotFound {
		t.Errorf("captured while it was off: %v", err)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.b0.Close(); err != nil {
		t.Fatal(err)
	}
	if files := append(found(t, h.dir, canary), found(t, h.dir, "said after")...); files != nil {
		t.Errorf("all was deleted, and something is in %v", files)
	}
}

// A key that is said is not kept: one of Metapi's own however it is written, and one that has the form of somebody's, also where a stream cuts it.
func TestCaptureHidesKeys(t *testing.T) {
	h := newHouse(t)
	must(h.CaptureClient(t.Context(), "script", true))(t)
	strangers := "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
	text := "use " + h.va.Key + " or " + h.vb.Key + " or Authorization: Bearer abcdef0123456789 or " + strangers + " please"
	for _, piece := range []int{0, 1, 3, 7} {
		h.va.Script(imitation.Reply{Text: text, Piece: piece})
		got := captured(t, h, say(t, h, "/v1/chat/completions", chatAsk(text, piece > 0)))
		if !strings.Contains(got.Request.Text, "please") || !strings.Contains(got.Reply.Text, "please") {
			t.Errorf("pieces of %d: not what was said: %+v", piece, got)
		}
		for _, secret := range []string{h.va.Key, h.vb.Key, "abcdef0123456789", strangers} {
			for n, s := range []client.Side{got.Request, got.Reply} {
				if strings.Contains(s.Text, secret) || strings.Contains(s.Text, secret[8:]) {
					t.Errorf("pieces of %d, side %d: %s is kept: %s", piece, n, secret, s.Text)
				}
			}
		}
	}
	if files := append(found(t, h.dir, h.va.Key), found(t, h.dir, strangers)...); files != nil {
		t.Errorf("keys are in %v", files)
	}
}

// What is captured, and for whom, is known after a restart.
func TestCaptureOutlivesARestart(t *testing.T) {
	h := newHouse(t)
	must(h.CaptureClient(t.Context(), "script", true))(t)
	must(h.LimitCapture(t.Context(), 3, 20))(t)
	id := say(t, h, "/v1/chat/completions", chatAsk(canary, false))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.b0.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, h.dir)
	serve(t, again, backend.ServeOptions{})
	c := client.InProcess(again.Handler())
	info := must(c.Capture(t.Context()))(t)
	if len(info.Clients) != 1 || info.Days != 3 || info.Megabytes != 20 || info.Holding.Requests != 1 {
		t.Errorf("%+v", info)
	}
	if got, err := c.Captured(t.Context(), id); err != nil || !strings.Contains(got.Request.Text, canary) || time.Since(got.Time) > time.Hour {
		t.Errorf("%v %+v", err, got)
	}
}
