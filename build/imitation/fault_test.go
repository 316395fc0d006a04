package imitation_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"metapi/build/imitation"
)

// errGaveUp is the end of a call whose answer stalled.
var errGaveUp = errors.New("the answer stalled, and the client gave up")

// impatient sends a call and gives up as soon as the vendor says that it stalls and enough of the answer is there. How
// slow the machine is makes no difference to that.
func impatient(t *testing.T, v *imitation.Vendor, path, body string, enough func(answer) bool) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", v.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = auth(v, v.Key)
	var mu sync.Mutex
	var got answer
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		resp, err := client(t).Do(req)
		mu.Lock()
		if got.err = err; err != nil {
			mu.Unlock()
			return
		}
		got.status, got.header = resp.StatusCode, resp.Header
		mu.Unlock()
		defer resp.Body.Close()
		for b := make([]byte, 4096); ; {
			n, err := resp.Body.Read(b)
			mu.Lock()
			got.body += string(b[:n])
			if err != nil && err != io.EOF {
				got.err = err
			}
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return got
		case <-look.C:
			mu.Lock()
			now := got
			mu.Unlock()
			if seen := v.Requests(); len(seen) > 0 && seen[0].Stalled && enough(now) {
				cancel()
				<-ended
				now.err = errGaveUp
				return now
			}
		}
	}
}

func anything(answer) bool  { return true }
func headers(a answer) bool { return a.status != 0 }

// deltas counts the meaningful events in what came of a stream.
func deltas(k imitation.Kind, body string) int {
	switch k {
	case imitation.OpenAI:
		return strings.Count(body, `"delta":{"content":"`) - strings.Count(body, `"delta":{"content":"",`)
	case imitation.Anthropic:
		return strings.Count(body, "text_delta")
	}
	return strings.Count(body, `"parts":[{"text":"`) - strings.Count(body, `"parts":[{"text":""}]`)
}

func terminal(k imitation.Kind, body string) bool {
	return strings.Contains(body, map[imitation.Kind]string{imitation.OpenAI: "[DONE]", imitation.Anthropic: "message_stop",
		imitation.Gemini: `"finishReason"`}[k])
}

func TestFaultsBeforeAnAnswer(t *testing.T) {
	isReset := func(t *testing.T, a answer) {
		if !errors.Is(a.err, syscall.ECONNRESET) {
			t.Errorf("want a reset, got %v %d", a.err, a.status)
		}
	}
	silent := func(t *testing.T, a answer) {
		if !errors.Is(a.err, errGaveUp) || a.status != 0 {
			t.Errorf("want silence before the headers, got %v %d", a.err, a.status)
		}
	}
	page := func(status int) func(*testing.T, answer) {
		return func(t *testing.T, a answer) {
			if a.status != status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !strings.HasPrefix(strings.ToLower(a.body), "<") {
				t.Errorf("%d %s", a.status, a.body)
			}
		}
	}
	body := func(part string) func(*testing.T, answer) {
		return func(t *testing.T, a answer) {
			if a.status != 200 || !strings.Contains(a.body, part) || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("%d %s", a.status, a.body)
			}
			a.json(t)
		}
	}
	checks := map[imitation.FaultKind]func(*testing.T, answer){
		imitation.ResetHeaders: isReset, imitation.StallHeaders: silent, imitation.TrickleHeaders: silent,
		imitation.HTMLWall: page(200), imitation.HTMLWall403: page(403), imitation.HTML502: page(502),
		imitation.ErrorIn200: body(`"error":`), imitation.RelayErrorIn: body(`"success":false`), imitation.CodeErrorIn: body(`"msg":`),
		imitation.EmptyBody: func(t *testing.T, a answer) {
			if a.status != 200 || a.body != "" {
				t.Errorf("%d %q", a.status, a.body)
			}
		},
	}
	for _, k := range kinds {
		for kind, check := range checks {
			for _, stream := range []bool{false, true} {
				t.Run(string(k)+" "+string(kind)+" stream "+strconv.FormatBool(stream), func(t *testing.T) {
					t.Parallel()
					v := imitation.New(t, k)
					v.Fault(imitation.Fault{Kind: kind})
					p := plain[k]
					path, text := p.path, p.body
					if stream {
						path, text = p.streamPath, p.streamBody
					}
					check(t, impatient(t, v, path, text, anything))
					if kind == imitation.StallHeaders || kind == imitation.TrickleHeaders {
						if !v.Await(5*time.Second, func(s []imitation.Seen) bool { return s[0].RemoteClosed }) {
							t.Error("that the caller left was not noticed")
						}
					}
					if a := post(t, v, path, text); a.status != 200 || !strings.Contains(a.body, "hello") {
						t.Errorf("the fault outlasts its one call: %v %s", a.err, a.body)
					}
				})
			}
		}
	}
}

func TestStatusFaultsHaveTheVendorsShape(t *testing.T) {
	types := map[imitation.Kind]map[imitation.FaultKind]string{
		imitation.OpenAI: {"401": "invalid_api_key", "402": "insufficient", "403": "unsupported_country", "404": "model_not_found", "413": "too_large",
			"429": "rate_limit_exceeded", "429-quota": "insufficient_quota", "500": "server_error", "503": "overloaded", "529": "overloaded"},
		imitation.Anthropic: {"401": "authentication_error", "402": "billing_error", "403": "permission_error", "404": "not_found_error",
			"413": "request_too_large", "429": "rate_limit_error", "500": "api_error", "503": "overloaded_error", "529": "overloaded_error"},
		imitation.Gemini: {"401": "UNAUTHENTICATED", "403": "PERMISSION_DENIED", "404": "NOT_FOUND", "413": "INVALID_ARGUMENT",
			"429": "RESOURCE_EXHAUSTED", "500": "INTERNAL", "503": "UNAVAILABLE"},
	}
	for k, faults := range types {
		v := imitation.New(t, k)
		for kind, word := range faults {
			v.Fault(imitation.Fault{Kind: kind})
			a := post(t, v, plain[k].path, plain[k].body)
			want, _ := strconv.Atoi(string(kind)[:3])
			if a.status != want || !strings.Contains(a.body, word) {
				t.Errorf("%s %s: %d %s", k, kind, a.status, a.body)
			}
			shape(t, k, a, want)
		}
	}
}

func TestEachFormOfRetryAfter(t *testing.T) {
	for _, k := range kinds {
		for _, form := range imitation.RetryForms() {
			t.Run(string(k)+" "+string(form), func(t *testing.T) {
				v := imitation.New(t, k)
				v.Fault(imitation.Fault{Kind: imitation.Status429, RetryAfter: form, Wait: 90 * time.Second})
				a := post(t, v, plain[k].path, plain[k].body)
				h := a.header
				near := func(at time.Time, err error) {
					if d := time.Until(at); err != nil || d < 85*time.Second || d > 91*time.Second {
						t.Errorf("says %v (%v)", at, err)
					}
				}
				switch form {
				case imitation.RetryNone:
					if h.Get("Retry-After") != "" || strings.Contains(a.body, "try again in") {
						t.Error("it says when")
					}
				case imitation.RetrySeconds:
					same(t, "header", h.Get("Retry-After"), "90")
				case imitation.RetryDate:
					near(http.ParseTime(h.Get("Retry-After")))
				case imitation.RetryMS:
					same(t, "header", h.Get("Retry-After-Ms"), "90000")
				case imitation.RetryReset:
					same(t, "header", h.Get("X-Ratelimit-Reset-Requests"), "1m30s")
					same(t, "tokens are not used up", h.Get("X-Ratelimit-Remaining-Tokens"), "29000")
				case imitation.RetryAnthropic:
					near(time.Parse(time.RFC3339, h.Get("Anthropic-Ratelimit-Requests-Reset")))
				case imitation.RetryInfo:
					if k != imitation.Anthropic {
						same(t, "detail", dig(t, a.json(t), "error", "details", 0, "retryDelay"), "90s")
					}
				case imitation.RetryText:
					if !strings.Contains(a.body, "Please try again in 1m30s.") {
						t.Error(a.body)
					}
				}
			})
		}
	}
}

func TestFaultsWithinAStream(t *testing.T) {
	stalled := func(n int) func(*testing.T, imitation.Kind, answer) {
		return func(t *testing.T, k imitation.Kind, a answer) {
			if a.status != 200 || !errors.Is(a.err, errGaveUp) || deltas(k, a.body) != n {
				t.Errorf("%d %v, %d deltas of %d: %s", a.status, a.err, deltas(k, a.body), n, a.body)
			}
		}
	}
	ended := func(n int, has func(imitation.Kind, string) bool) func(*testing.T, imitation.Kind, answer) {
		return func(t *testing.T, k imitation.Kind, a answer) {
			if a.status != 200 || a.err != nil || n >= 0 && deltas(k, a.body) != n || !has(k, a.body) {
				t.Errorf("%d %v, %d deltas of %d: %s", a.status, a.err, deltas(k, a.body), n, a.body)
			}
		}
	}
	no := func(k imitation.Kind, b string) bool { return !terminal(k, b) }
	broken := func(k imitation.Kind, b string) bool { return strings.Contains(b, `"error"`) && !terminal(k, b) }
	checks := []struct {
		fault  imitation.Fault
		deltas int // that come before a stall
		check  func(*testing.T, imitation.Kind, answer)
	}{
		{imitation.Fault{Kind: imitation.StallBody}, 0, func(t *testing.T, k imitation.Kind, a answer) {
			stalled(0)(t, k, a)
			same(t, "body", a.body, "")
		}},
		{imitation.Fault{Kind: imitation.StallStart}, 0, func(t *testing.T, k imitation.Kind, a answer) {
			stalled(0)(t, k, a)
			if k != imitation.Gemini && len(sse(t, a.body)) == 0 {
				t.Error("nothing at all came")
			}
		}},
		{imitation.Fault{Kind: imitation.StallMid, After: 3}, 3, stalled(3)},
		{imitation.Fault{Kind: imitation.TrickleEvents}, 0, func(t *testing.T, k imitation.Kind, a answer) {
			stalled(0)(t, k, a)
			if len(a.body) < 3 {
				t.Errorf("nothing trickled: %q", a.body)
			}
		}},
		{imitation.Fault{Kind: imitation.ErrorFirst}, 0, ended(0, broken)},
		{imitation.Fault{Kind: imitation.ErrorMid}, 0, ended(2, broken)},
		{imitation.Fault{Kind: imitation.ResetMid}, 0, func(t *testing.T, k imitation.Kind, a answer) {
			if !errors.Is(a.err, syscall.ECONNRESET) || deltas(k, a.body) != 2 {
				t.Errorf("%v %s", a.err, a.body)
			}
		}},
		{imitation.Fault{Kind: imitation.CutMid, After: 1}, 0, ended(1, no)},
		{imitation.Fault{Kind: imitation.CutEnd}, 0, ended(-1, func(k imitation.Kind, b string) bool {
			return no(k, b) && said(t, k, b) == imitation.Echo("hello 你好")
		})},
		{imitation.Fault{Kind: imitation.NoDone}, 0, ended(-1, func(k imitation.Kind, b string) bool {
			return k == imitation.Gemini || !terminal(k, b) && (strings.Contains(b, `"finish_reason":"stop"`) || strings.Contains(b, "message_delta"))
		})},
		{imitation.Fault{Kind: imitation.DupFinish}, 0, ended(-1, func(k imitation.Kind, b string) bool {
			n := strings.Count(b, `"finish_reason":"stop"`) + strings.Count(b, "event: message_delta") + strings.Count(b, `"finishReason":"STOP"`)
			return n == 2
		})},
		{imitation.Fault{Kind: imitation.TruncatedJSON}, 0, ended(-1, func(k imitation.Kind, b string) bool {
			es := sse(t, b)
			return !json.Valid([]byte(es[len(es)-1][1])) && no(k, b)
		})},
		{imitation.Fault{Kind: imitation.Gzip}, 0, func(t *testing.T, k imitation.Kind, a answer) {
			same(t, "encoding", a.header.Get("Content-Encoding"), "gzip")
			r, err := gzip.NewReader(strings.NewReader(a.body))
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err != nil || said(t, k, string(b)) != imitation.Echo("hello 你好") {
				t.Errorf("%v %s", err, b)
			}
		}},
	}
	for _, k := range kinds {
		for _, c := range checks {
			t.Run(string(k)+" "+string(c.fault.Kind), func(t *testing.T) {
				t.Parallel()
				v := imitation.New(t, k)
				v.Fault(c.fault)
				a := impatient(t, v, plain[k].streamPath, plain[k].streamBody, func(a answer) bool {
					return a.status != 0 && deltas(k, a.body) == c.deltas && (c.fault.Kind != imitation.TrickleEvents || len(a.body) > 2) &&
						(c.fault.Kind != imitation.StallStart || k == imitation.Gemini || a.body != "")
				})
				c.check(t, k, a)
				if errors.Is(a.err, errGaveUp) &&
					!v.Await(5*time.Second, func(s []imitation.Seen) bool { return s[0].RemoteClosed && s[0].Done }) {
					t.Error("that the caller left was not noticed")
				}
			})
		}
	}
}

func TestFaultsWithinASingleBody(t *testing.T) {
	for _, k := range kinds {
		for kind, check := range map[imitation.FaultKind]func(answer) bool{
			imitation.StallBody: func(a answer) bool {
				return errors.Is(a.err, errGaveUp) && a.body == "" && a.status == 200
			},
			imitation.StallMid: func(a answer) bool { return errors.Is(a.err, errGaveUp) && len(a.body) > 10 },
			imitation.TrickleEvents: func(a answer) bool {
				return errors.Is(a.err, errGaveUp) && strings.TrimSpace(a.body) == "" && a.body != ""
			},
			imitation.ResetMid:      func(a answer) bool { return errors.Is(a.err, syscall.ECONNRESET) && len(a.body) > 10 },
			imitation.TruncatedJSON: func(a answer) bool { return a.err == nil && a.status == 200 && !json.Valid([]byte(a.body)) },
			imitation.CutMid:        func(a answer) bool { return a.err == nil && !json.Valid([]byte(a.body)) },
			imitation.ErrorFirst:    func(a answer) bool { return a.status == 200 && strings.Contains(a.body, `"error"`) },
			imitation.ErrorMid:      func(a answer) bool { return a.status == 200 && strings.Contains(a.body, `"error"`) },
			imitation.Gzip: func(a answer) bool {
				r, err := gzip.NewReader(strings.NewReader(a.body))
				if err != nil {
					return false
				}
				b, err := io.ReadAll(r)
				return err == nil && bytes.Contains(b, []byte("hello"))
			},
		} {
			t.Run(string(k)+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				v := imitation.New(t, k)
				v.Fault(imitation.Fault{Kind: kind})
				enough := map[imitation.FaultKind]func(answer) bool{
					imitation.StallMid:      func(a answer) bool { return len(a.body) > 10 },
					imitation.TrickleEvents: func(a answer) bool { return a.body != "" },
				}[kind]
				if enough == nil {
					enough = headers
				}
				if a := impatient(t, v, plain[k].path, plain[k].body, enough); !check(a) {
					t.Errorf("%d %v %q", a.status, a.err, a.body)
				}
			})
		}
	}
}

func TestErrorsInResponsesStreamsAreErrorEvents(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI)
	v.Fault(imitation.Fault{Kind: imitation.ErrorFirst, Status: 429}, imitation.Fault{Kind: imitation.ErrorMid})
	first := events(t, post(t, v, respPath, `{"model":"gpt-4o","stream":true,"input":"x"}`).body)
	mid := events(t, post(t, v, respPath, `{"model":"gpt-4o","stream":true,"input":"x"}`).body)
	same(t, "first", first[0]["type"], "error")
	same(t, "which", first[0]["code"], "rate_limit_exceeded")
	same(t, "mid", mid[len(mid)-1]["type"], "error")
	same(t, "sequence goes on", mid[len(mid)-1]["sequence_number"], len(mid)-1)
}

func TestARefusedConnectionComesBack(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI)
	v.Fault(imitation.Fault{Kind: imitation.Refused})
	if a := post(t, v, chatPath, plain[v.Kind].body); !errors.Is(a.err, syscall.ECONNREFUSED) {
		t.Fatalf("%v %d", a.err, a.status)
	}
	if err := v.Clear(); err != nil {
		t.Fatal(err)
	}
	if a := post(t, v, chatPath, plain[v.Kind].body); a.status != 200 {
		t.Fatalf("%v %d", a.err, a.status)
	}
	if err := v.Clear(); err != nil { // nothing to clear is no fault
		t.Fatal(err)
	}
}

func TestACredentialThatFollowsARedirectIsAViolation(t *testing.T) {
	for _, k := range kinds {
		for _, kind := range []imitation.FaultKind{imitation.Redirect302, imitation.Redirect307} {
			v := imitation.New(t, k, imitation.AllowViolations())
			v.Fault(imitation.Fault{Kind: kind, Times: 2})
			a := post(t, v, plain[k].path, plain[k].body)
			to := a.header.Get("Location")
			if want, _ := strconv.Atoi(string(kind)); a.status != want || strings.HasPrefix(to, v.URL) || to == "" {
				t.Fatalf("%d to %q", a.status, to)
			}
			if len(v.Violations()) != 0 || len(v.Trapped()) != 0 {
				t.Fatalf("%v", v.Violations())
			}
			for _, h := range []http.Header{{}, auth(v, v.Key)} {
				req, err := http.NewRequestWithContext(t.Context(), "POST", to, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header = h
				resp, err := client(t).Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
			}
			if len(v.Violations()) != 1 || len(v.Trapped()) != 2 {
				t.Errorf("%d violations of 1, %d trapped of 2", len(v.Violations()), len(v.Trapped()))
			}
		}
	}
}

func TestFaultsMeetOnlyWhatTheyAreFor(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI, imitation.WithKey("sk-account-A-000", "sk-account-B-000"), imitation.WithModels("gpt-4o", "gpt-4o-mini"))
	v.Fault(
		imitation.Fault{Kind: imitation.Status500, Model: "gpt-4o-mini", Times: imitation.Always},
		imitation.Fault{Kind: imitation.Status401, Key: "sk-account-B-000", Times: 2},
		imitation.Fault{Kind: imitation.Status403, On: imitation.OpModels},
	)
	b := auth(v, "sk-account-B-000")
	mini := strings.Replace(plain[v.Kind].body, "gpt-4o", "gpt-4o-mini", 1)
	same(t, "another model", post(t, v, chatPath, plain[v.Kind].body).status, 200)
	same(t, "its model", post(t, v, chatPath, mini).status, 500)
	same(t, "its account", send(t, v, "POST", chatPath, plain[v.Kind].body, b).status, 401)
	same(t, "again", send(t, v, "POST", chatPath, plain[v.Kind].body, b).status, 401)
	same(t, "and no more", send(t, v, "POST", chatPath, plain[v.Kind].body, b).status, 200)
	same(t, "lists", send(t, v, "GET", "/v1/models", "", nil).status, 403)
	same(t, "lists, no more", send(t, v, "GET", "/v1/models", "", nil).status, 200)
	same(t, "still its model", post(t, v, chatPath, mini).status, 500)
	if err := v.Clear(); err != nil {
		t.Fatal(err)
	}
	same(t, "cleared", post(t, v, chatPath, mini).status, 200)
}

func TestUTF8IsCutInsideCharacters(t *testing.T) {
	v := imitation.New(t, imitation.OpenAI)
	v.Pace(imitation.Pace{Cut: imitation.CutUTF8, Delay: 3 * time.Millisecond})
	v.Script(imitation.Text("你好 👩🏽‍💻"))
	req, err := http.NewRequestWithContext(t.Context(), "POST", v.URL+chatPath, strings.NewReader(plain[v.Kind].streamBody))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = auth(v, v.Key)
	resp, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := said(t, v.Kind, string(all)); got != "你好 👩🏽‍💻" {
		t.Errorf("%q", got)
	}
}

// The executable: its one line, a call, a fault by HTTP and by a line, and its end with its input.
func TestTheExecutable(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "imitation")
	if out, err := exec.Command("go", "build", "-o", bin, "./cmd/imitation").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	cmd := exec.Command(bin, "-vendor", "anthropic", "-key", "sk-ant-local-A", "-models", "claude-sonnet-4-5", "-fault", "529")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	var hello struct{ URL, Key string }
	if err := json.Unmarshal(line, &hello); err != nil || hello.Key != "sk-ant-local-A" {
		t.Fatalf("%v %s", err, line)
	}
	v := &imitation.Vendor{Kind: imitation.Anthropic, URL: hello.URL, Key: hello.Key}
	same(t, "-fault", post(t, v, msgPath, plain[v.Kind].body).status, 529)
	same(t, "DELETE fault", send(t, v, "DELETE", "/__imitation/fault", "", nil).status, 200)
	same(t, "cleared", post(t, v, msgPath, plain[v.Kind].body).status, 200)
	same(t, "POST script", send(t, v, "POST", "/__imitation/script", `{"text":"by hand"}`, nil).status, 200)
	if a := post(t, v, msgPath, plain[v.Kind].body); !strings.Contains(a.body, "by hand") {
		t.Error(a.body)
	}
	same(t, "an unknown fault", send(t, v, "POST", "/__imitation/fault", `{"kind":"gremlins"}`, nil).status, 400)
	var seen []imitation.Seen
	if err := json.Unmarshal([]byte(send(t, v, "GET", "/__imitation/requests", "", nil).body), &seen); err != nil || len(seen) != 3 {
		t.Errorf("%v: %d requests", err, len(seen))
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
	// Without WithControl there is no such path.
	plainVendor := imitation.New(t, imitation.OpenAI)
	same(t, "no control", send(t, plainVendor, "GET", "/__imitation/requests", "", nil).status, 404)
}
