package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/provider"
	"metapi/backend/routing"
	"metapi/backend/routing/live"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// plainModels are what the imitations offer beside text, and over what.
var plainModels = map[imitation.Kind]map[string]protocol.Protocol{
	imitation.OpenAI: {"gpt-3.5-turbo-instruct": protocol.OpenAICompletions, "gpt-image-1": protocol.OpenAIImages, "dall-e-2": protocol.OpenAIImages,
		"gpt-4o-mini-tts": protocol.OpenAIAudio, "whisper-1": protocol.OpenAIAudio, "gpt-4o-transcribe": protocol.OpenAIAudio,
		"omni-moderation-latest": protocol.OpenAIModerations, "bge-reranker": protocol.Rerank},
	imitation.Gemini: {"gemini-embedding-001": protocol.GeminiEmbeddings},
}

// shops puts a provider in force that serves everything that is called as OpenAI's is: OpenAI itself does not re-rank.
func shops(t *testing.T) {
	t.Helper()
	all := []string{}
	for _, p := range protocol.All {
		if p != protocol.Anthropic && p != protocol.Gemini && p != protocol.GeminiEmbeddings {
			all = append(all, p.String())
		}
	}
	if err := provider.Use([]provider.Definition{{ID: "shop", Name: "Shop", Format: "openai", Protocols: all}}); err != nil {
		t.Fatal(err)
	}
}

// plainWorld is a world whose accounts offer all that, too, and keep files.
func plainWorld(t *testing.T, vendors []*imitation.Vendor, settings ...setting) *world {
	t.Helper()
	shops(t)
	add := func(_ *gateway.Options, s *snapshot.Snapshot) {
		registry := live.NewRegistry()
		offer := func(i int, name string, ps protocol.Set) {
			a := &s.Accounts[i]
			id := fmt.Sprintf("dep_%d_%s", i, name)
			s.Deployments = append(s.Deployments, routing.Deployment{ID: id, Account: a, Order: i, Upstream: name, Model: name, Display: name, Protocols: ps,
				Live: registry.Deployment(id, a.ID, a.Host)})
		}
		for i, v := range vendors {
			for name, p := range plainModels[v.Kind] {
				ps := protocol.SetOf(p)
				if p == protocol.GeminiEmbeddings {
					ps |= protocol.SetOf(protocol.OpenAIEmbeddings)
				}
				offer(i, name, ps)
			}
			if v.Kind == imitation.OpenAI {
				offer(i, "", routing.Filed)
				p, _ := provider.Get("shop")
				s.Targets[i], _ = p.Target(provider.Credential{BaseURL: v.BaseURL, Secret: v.Key})
			}
		}
		var entries []catalog.Entry
		for i, d := range s.Deployments {
			if d.Upstream != "" {
				entries = append(entries, catalog.Entry{Ref: int32(i), Account: d.Account.Slug, Name: d.Upstream})
			}
		}
		s.Names = catalog.NewIndex(entries, map[string]string{"ears": "whisper-1", "painter": "gpt-image-1", "vectors": "gemini-embedding-001"})
	}
	return newWorld(t, vendors, append([]setting{add}, settings...)...)
}

// shop is an OpenAI imitation that serves all of it.
func shop(t *testing.T, name string) *imitation.Vendor {
	return vendor(t, imitation.OpenAI, name, imitation.WithRerank(), imitation.WithModels("gpt-4o", "gpt-4o-mini", "gpt-5", "text-embedding-3-small", "gpt-3.5-turbo-instruct",
		"gpt-image-1", "dall-e-2", "gpt-4o-mini-tts", "whisper-1", "gpt-4o-transcribe", "omni-moderation-latest", "bge-reranker"))
}

// plainCall is one request of a client.
type plainCall struct {
	path string
	json map[string]any
	form []string // names and values in turn; the name of a file begins with @
}

func (c plainCall) String() string { return c.path }

func (w *world) plain(c plainCall) *http.Request {
	w.t.Helper()
	var body []byte
	contentType := "application/json"
	if c.form == nil {
		body, _ = json.Marshal(c.json)
	} else {
		var b bytes.Buffer
		form := multipart.NewWriter(&b)
		for i := 0; i < len(c.form); i += 2 {
			if name, is := strings.CutPrefix(c.form[i], "@"); is {
				h := textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename="a.bin"`, name)}, "Content-Type": {"application/octet-stream"}}
				part, _ := form.CreatePart(h)
				io.WriteString(part, c.form[i+1])
			} else {
				form.WriteField(c.form[i], c.form[i+1])
			}
		}
		form.Close()
		body, contentType = b.Bytes(), form.FormDataContentType()
	}
	r, err := http.NewRequest("POST", w.url+c.path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+localKey)
	return r
}

const sound = "RIFF\x00\xff\r\n--\r\nnot a boundary\x00"

// plainCalls is one call of each kind: what a client sends, what it gets, and what that came to.
var plainCalls = []struct {
	plainCall
	says        string
	contentType string
	stream      bool
	usage       protocol.Usage
	unknown     bool // the cost
}{
	{plainCall{"/v1/completions", m{"model": "gpt-3.5-turbo-instruct", "prompt": "go on"}, nil}, `"object":"text_completion"`, "application/json", false, protocol.Usage{Input: -1}, true},
	{plainCall{"/v1/completions", m{"model": "gpt-3.5-turbo-instruct", "prompt": "go on", "stream": true}, nil}, "data: [DONE]", "text/event-stream", true, protocol.Usage{Input: -1}, true},
	{plainCall{"/v1/moderations", m{"input": "evil"}, nil}, `"flagged":true`, "application/json", false, protocol.Usage{}, false},
	{plainCall{"/v1/moderations", m{"model": "omni-moderation-latest", "input": []any{"good"}}, nil}, `"flagged":false`, "application/json", false, protocol.Usage{}, false},
	{plainCall{"/v1/rerank", m{"model": "bge-reranker", "query": "q", "documents": []any{"a", "b"}}, nil}, `"relevance_score":0.5`, "application/json", false, protocol.Usage{Input: -1}, true},
	{plainCall{"/v1/images/generations", m{"model": "gpt-image-1", "prompt": "a cat"}, nil}, `"b64_json"`, "application/json", false, protocol.Usage{Input: 12, Output: 272, Made: 1}, true},
	{plainCall{"/v1/images/generations", m{"model": "dall-e-2", "prompt": "a cat", "n": 2}, nil}, `"b64_json"`, "application/json", false, protocol.Usage{Made: 2}, true},
	{plainCall{"/v1/images/generations", m{"model": "painter", "prompt": "a cat", "stream": true, "partial_images": 3}, nil}, "image_generation.completed", "text/event-stream", true, protocol.Usage{Input: 12, Output: 272, Made: 1}, true},
	{plainCall{"/v1/images/edits", nil, []string{"@image[]", "one", "@image[]", "two", "prompt", "both", "model", "painter"}}, `"b64_json"`, "application/json", false, protocol.Usage{Input: 12, Output: 272, Made: 1}, true},
	{plainCall{"/v1/images/edits", nil, []string{"@image", "one", "prompt", "x", "model", "gpt-image-1", "stream", "true"}}, "image_edit.completed", "text/event-stream", true, protocol.Usage{Input: 12, Output: 272, Made: 1}, true},
	{plainCall{"/v1/images/edits", m{"model": "painter", "prompt": "x", "images": []any{m{"image_url": "data:image/png;base64,QQ=="}}}, nil}, `"b64_json"`, "application/json", false, protocol.Usage{Input: 12, Output: 272, Made: 1}, true},
	{plainCall{"/v1/images/variations", nil, []string{"@image", "one", "n", "2"}}, `"b64_json"`, "application/json", false, protocol.Usage{Made: 2}, true},
	{plainCall{"/v1/audio/speech", m{"model": "gpt-4o-mini-tts", "input": "hello", "voice": "alloy"}, nil}, string(imitation.Sound), "audio/mpeg", false, protocol.Usage{}, true},
	{plainCall{"/v1/audio/speech", m{"model": "gpt-4o-mini-tts", "input": "hello", "voice": "alloy", "stream_format": "sse"}, nil}, "speech.audio.done", "text/event-stream", true, protocol.Usage{Input: 14, Output: 101}, true},
	{plainCall{"/v1/audio/transcriptions", nil, []string{"@file", sound, "model", "ears"}}, fmt.Sprintf("has %d bytes", len(sound)), "application/json", false, protocol.Usage{Input: 14, Output: 9}, true},
	{plainCall{"/v1/audio/transcriptions", nil, []string{"model", "whisper-1", "@file", sound, "response_format", "verbose_json"}}, `"duration":1.5`, "application/json", false, protocol.Usage{}, true},
	{plainCall{"/v1/audio/transcriptions", nil, []string{"model", "whisper-1", "@file", sound, "response_format", "text"}}, fmt.Sprintf("The file has %d bytes.\n", len(sound)), "text/plain; charset=utf-8", false, protocol.Usage{}, true},
	{plainCall{"/v1/audio/transcriptions", nil, []string{"model", "whisper-1", "@file", sound, "response_format", "srt"}}, "00:00:00,000 --> 00:00:01,000", "text/plain; charset=utf-8", false, protocol.Usage{}, true},
	{plainCall{"/v1/audio/transcriptions", nil, []string{"model", "whisper-1", "@file", sound, "response_format", "vtt"}}, "WEBVTT", "text/vtt; charset=utf-8", false, protocol.Usage{}, true},
	{plainCall{"/v1/audio/transcriptions", nil, []string{"model", "gpt-4o-transcribe", "@file", sound, "stream", "true"}}, "transcript.text.done", "text/event-stream", true, protocol.Usage{Input: 14, Output: 9, Audio: protocol.Part{Input: 14}}, true},
	{plainCall{"/v1/audio/transcriptions", nil, []string{"model", "whisper-1", "@file", sound, "stream", "true"}}, `"text":"The file`, "application/json", true, protocol.Usage{Input: 14, Output: 9}, true}, // never streams
	{plainCall{"/v1/audio/translations", nil, []string{"model", "whisper-1", "@file", sound}}, "The file has", "application/json", false, protocol.Usage{Input: 14, Output: 9}, true},
}

// Each passes as it is, but for the model's name, and is booked as what it was.
func TestPlainCalls(t *testing.T) {
	v := shop(t, "o")
	w := plainWorld(t, []*imitation.Vendor{v})
	for i, c := range plainCalls {
		r := w.plain(c.plainCall)
		sent, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(sent))
		got := w.do(r)
		if got.status != 200 || got.err != nil || !strings.Contains(got.body, c.says) || got.header.Get("Content-Type") != c.contentType && !c.stream || !strings.HasPrefix(got.header.Get("Content-Type"), strings.Split(c.contentType, ";")[0]) {
			t.Errorf("%s %v: %d %v %s %.300q", c.path, c.form, got.status, got.err, got.header.Get("Content-Type"), got.body)
			continue
		}
		arrived := string(v.Calls()[i].Body)
		want := string(sent)
		for alias, name := range map[string]string{"ears": "whisper-1", "painter": "gpt-image-1"} {
			want = strings.Replace(strings.Replace(want, "\r\n\r\n"+alias+"\r\n", "\r\n\r\n"+name+"\r\n", 1), `"model":"`+alias+`"`, `"model":"`+name+`"`, 1)
		}
		if c.path == "/v1/completions" && c.stream {
			want = strings.Replace(want, "{", `{"stream_options":{"include_usage":true},`, 1)
		}
		if arrived != want {
			t.Errorf("%s arrived as\n%q\nnot\n%q", c.path, arrived, want)
		}
		rec := w.records(i + 1)[i]
		if c.usage.Input < 0 {
			if rec.Usage.Input <= 0 || rec.Usage.Estimated {
				t.Errorf("%s: used %+v", c.path, rec.Usage)
			}
		} else if rec.Usage != c.usage {
			t.Errorf("%s: used %+v, not %+v", c.path, rec.Usage, c.usage)
		}
		if rec.State != routing.OK || rec.Stream != c.stream || rec.Cost.Unknown != c.unknown || len(rec.Attempts) != 1 {
			t.Errorf("%s: %+v", c.path, rec)
		}
	}
	if got := w.do(w.plain(plainCalls[1].plainCall)); strings.Contains(got.body, `"usage"`) {
		t.Errorf("a usage chunk that nobody asked for: %s", got.body)
	}
}

// Failures before the first byte move on, whatever is asked for.
func TestPlainFailover(t *testing.T) {
	for _, c := range plainCalls {
		for _, f := range []imitation.Fault{{Kind: imitation.Status500}, {Kind: imitation.Status401}, {Kind: imitation.Status429}, {Kind: imitation.ResetHeaders}, {Kind: imitation.HTMLWall}, {Kind: imitation.ErrorIn200},
			{Kind: imitation.RelayErrorIn}, {Kind: imitation.EmptyBody}, {Kind: imitation.HTML502}, {Kind: imitation.Redirect302}, {Kind: imitation.ErrorFirst}} {
			t.Run(fmt.Sprintf("%s %v/%s", c.path, c.stream, f.Kind), func(t *testing.T) {
				t.Parallel()
				first, second := shop(t, "A"), shop(t, "B")
				w := plainWorld(t, []*imitation.Vendor{first, second})
				first.Fault(f)
				got := w.do(w.plain(c.plainCall))
				if got.status != 200 || got.err != nil || !strings.Contains(got.body, c.says) {
					t.Fatalf("%d %v %.300q", got.status, got.err, got.body)
				}
				if r := w.records(1)[0]; r.State != routing.OK || len(r.Attempts) != 2 || r.Attempts[0].Kind == "" {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}

// A whole reply that breaks off moves on, too; a stream and sound that break off are not made to look whole.
func TestPlainCutReplies(t *testing.T) {
	for _, c := range plainCalls {
		for _, kind := range []imitation.FaultKind{imitation.ResetMid, imitation.CutMid} {
			t.Run(fmt.Sprintf("%s %v/%s", c.path, c.stream, kind), func(t *testing.T) {
				t.Parallel()
				first, second := shop(t, "A"), shop(t, "B")
				w := plainWorld(t, []*imitation.Vendor{first, second})
				first.Fault(imitation.Fault{Kind: kind})
				got := w.do(w.plain(c.plainCall))
				rec := w.records(1)[0]
				raw := c.path == "/v1/audio/speech" && !c.stream
				switch {
				case raw && kind == imitation.ResetMid:
					if got.err == nil || rec.State != routing.Failed || len(got.body) == 0 || len(second.Calls()) != 0 {
						t.Errorf("half of it came as if it were all: %v, %d bytes, %+v", got.err, len(got.body), rec)
					}
				case raw || strings.HasPrefix(c.contentType, "text/plain") && kind == imitation.CutMid || c.contentType == "text/vtt; charset=utf-8" && kind == imitation.CutMid: // it cannot be told from a whole one
				case c.stream && c.contentType == "text/event-stream":
					if rec.State != routing.Failed || !strings.Contains(got.body, `"error"`) || strings.Contains(got.body, c.says) {
						t.Errorf("%+v\n%.500s", rec, got.body)
					}
				default:
					if got.status != 200 || !strings.Contains(got.body, c.says) || len(rec.Attempts) != 2 {
						t.Errorf("%d %.300q %+v", got.status, got.body, rec)
					}
				}
			})
		}
	}
}

// What may have been made, and will be billed, is not asked for elsewhere after a time-out; other calls are.
func TestTimeOuts(t *testing.T) {
	for _, c := range plainCalls {
		t.Run(fmt.Sprint(c.path, c.stream), func(t *testing.T) {
			t.Parallel()
			first, second := shop(t, "A"), shop(t, "B")
			w := plainWorld(t, []*imitation.Vendor{first, second}, firstEvent(300*time.Millisecond))
			gateway.SetLast(w.gateway, 700*time.Millisecond)
			first.Fault(imitation.Fault{Kind: imitation.StallHeaders})
			got := w.do(w.plain(c.plainCall))
			rec := w.records(1)[0]
			if made := strings.HasPrefix(c.path, "/v1/images") || strings.HasPrefix(c.path, "/v1/audio"); !made {
				if got.status != 200 || len(rec.Attempts) != 2 {
					t.Errorf("%d, %+v", got.status, rec)
				}
				return
			}
			if got.status != 504 || len(second.Calls()) != 0 || rec.State != routing.Failed || len(rec.Attempts) != 1 || !rec.Cost.Unknown || !rec.Cost.Estimated {
				t.Errorf("%d %s, %d calls elsewhere, %+v", got.status, got.body, len(second.Calls()), rec)
			}
		})
	}
}

// Answers of a type that nobody asked for are failures: JSON for sound, sound's place taken by a page, text for JSON.
func TestWrongTypes(t *testing.T) {
	custom := func(contentType, body string) imitation.Fault {
		return imitation.Fault{Kind: imitation.Custom, Status: 200, Body: body, Header: http.Header{"Content-Type": {contentType}}}
	}
	speech := plainCall{"/v1/audio/speech", m{"model": "gpt-4o-mini-tts", "input": "hello", "voice": "alloy"}, nil}
	transcript := plainCall{"/v1/audio/transcriptions", nil, []string{"@file", sound, "model", "whisper-1"}}
	for name, c := range map[string]struct {
		plainCall
		fault imitation.Fault
	}{
		"JSON for sound":      {speech, custom("application/json", `{"audio":"QQ=="}`)},
		"a relay's error":     {speech, custom("audio/mpeg", `{"success":false,"message":"no"}`)},
		"a page for sound":    {speech, custom("audio/mpeg", "<!DOCTYPE html><html></html>")},
		"words for JSON":      {transcript, custom("text/plain", "service is busy, try later")},
		"other JSON":          {transcript, custom("application/json", `{"hello":"world"}`)},
		"no images":           {plainCall{"/v1/images/generations", m{"model": "gpt-image-1", "prompt": "x"}, nil}, custom("application/json", `{"created":1,"data":[]}`)},
		"no results":          {plainCall{"/v1/rerank", m{"model": "bge-reranker", "query": "q", "documents": []any{"a"}}, nil}, custom("application/json", `{"results":[]}`)},
		"a chat for a prompt": {plainCall{"/v1/completions", m{"model": "gpt-3.5-turbo-instruct", "prompt": "q"}, nil}, custom("application/json", `{"choices":[]}`)},
	} {
		first, second := shop(t, "A"), shop(t, "B")
		w := plainWorld(t, []*imitation.Vendor{first, second})
		first.Fault(c.fault)
		if got := w.do(w.plain(c.plainCall)); got.status != 200 || len(second.Calls()) != 1 {
			t.Errorf("%s: %d %.200q", name, got.status, got.body)
		}
	}
}

// Sound reaches the client while the rest of it is made.
func TestSoundPassesAsItComes(t *testing.T) {
	v := shop(t, "A")
	w := plainWorld(t, []*imitation.Vendor{v})
	v.Fault(imitation.Fault{Kind: imitation.StallMid})
	res, err := http.DefaultTransport.RoundTrip(w.plain(plainCalls[12].plainCall))
	if err != nil {
		t.Fatal(err)
	}
	half := make([]byte, len(imitation.Sound)/2)
	if _, err := io.ReadFull(res.Body, half); err != nil || !bytes.Equal(half, imitation.Sound[:len(half)]) {
		t.Errorf("%v", err)
	}
	res.Body.Close() // the upstream stalls; the client has enough
	if r := w.records(1)[0]; r.State != routing.Cancelled || !r.Cost.Unknown {
		t.Errorf("%+v", r)
	}
}

// An upstream that falls silent in the middle of sound ends it visibly.
func TestSoundThatStalls(t *testing.T) {
	v := shop(t, "A")
	w := plainWorld(t, []*imitation.Vendor{v})
	gateway.SetIdle(w.gateway, 200*time.Millisecond)
	v.Fault(imitation.Fault{Kind: imitation.StallMid})
	got := w.do(w.plain(plainCalls[12].plainCall))
	if r := w.records(1)[0]; got.err == nil || r.State != routing.Failed || r.Attempts[0].Kind != protocol.Timeout {
		t.Errorf("%v, %+v", got.err, r)
	}
}

// The door is the same for forms: a page may post one without asking, and no key, size or shape is let pass that JSON's is not.
func TestFormsAtTheDoor(t *testing.T) {
	v := shop(t, "only")
	w := plainWorld(t, []*imitation.Vendor{v}, func(o *gateway.Options, _ *snapshot.Snapshot) { o.MaxBody = 1 << 20 })
	good := plainCall{"/v1/audio/transcriptions", nil, []string{"@file", sound, "model", "whisper-1"}}
	form := func(parts ...string) func(*http.Request) {
		return func(r *http.Request) {
			made := w.plain(plainCall{good.path, nil, parts})
			r.Header.Set("Content-Type", made.Header.Get("Content-Type"))
			r.Body, r.ContentLength = made.Body, made.ContentLength
		}
	}
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		status int
		says   string
	}{
		{"a page's form", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example"); r.Header.Del("Authorization") }, 403, "web pages"},
		{"a page's form with a key", func(r *http.Request) {
			r.Header.Set("Origin", "null")
			r.URL.RawQuery = "key=" + localKey
			r.Header.Del("Authorization")
		}, 403, "web pages"},
		{"a page's form without Origin", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, "web pages"},
		{"no key", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "local key"},
		{"another form", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, "multipart/form-data"},
		{"no boundary", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data") }, 415, "boundary"},
		{"two boundaries", func(r *http.Request) { r.Header.Add("Content-Type", "multipart/form-data; boundary=other") }, 415, "boundary"},
		{"text", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415, "multipart/form-data"},
		{"a form for chat", func(r *http.Request) { r.URL.Path = "/v1/chat/completions" }, 415, "application/json"},
		{"too large", form("@file", strings.Repeat("x", 1<<20+1), "model", "whisper-1"), 413, "larger than 1 MiB"},
		{"two models", form("model", "whisper-1", "@file", "x", "model", "gpt-4o-transcribe"), 400, "twice"},
		{"another spelling", form("Model", "whisper-1", "@file", "x"), 400, "another spelling"},
		{"a model in a file", form("@model", "whisper-1", "@file", "x"), 400, "plain text"},
		{"no model", form("@file", "x"), 400, "missing"},
		{"an unknown model", form("@file", "x", "model", "whisper-2"), 404, "whisper-1"},
		{"a chat model", form("@file", "x", "model", "gpt-4o"), 400, "openai-audio"},
		{"cut", func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(io.LimitReader(r.Body, 100)), 100 }, 400, "breaks off"},
		{"compressed", func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, 415, "compressed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := w.plain(good)
			c.change(r)
			got := w.do(r)
			var e struct {
				Error struct{ Message, Type string }
			}
			if err := json.Unmarshal([]byte(got.body), &e); err != nil || got.status != c.status || !strings.Contains(e.Error.Message, c.says) {
				t.Errorf("%d %s; want %d and %q", got.status, got.body, c.status, c.says)
			}
		})
	}
	if n := len(v.Requests()); n != 0 {
		t.Fatalf("%d requests reached the upstream", n)
	}
	if got := w.do(w.plain(good)); got.status != 200 {
		t.Errorf("the good one: %d %s", got.status, got.body)
	}
}

// Where a request leaves the model to the vendor, it is the vendor's usual one, by whatever name the account has it.
func TestUsualModels(t *testing.T) {
	v := shop(t, "o")
	w := plainWorld(t, []*imitation.Vendor{v}, func(_ *gateway.Options, s *snapshot.Snapshot) {
		var entries []catalog.Entry
		for i := range s.Deployments {
			if d := &s.Deployments[i]; d.Upstream != "" {
				asked := d.Upstream
				d.Upstream = map[string]string{"dall-e-2": "gpt-image-1", "omni-moderation-latest": "gpt-4o"}[asked]
				entries = append(entries, catalog.Entry{Ref: int32(i), Account: d.Account.Slug, Name: asked})
			}
		}
		s.Names = catalog.NewIndex(entries, nil)
	})
	for body, want := range map[string]string{`{"input":"a"}`: `{"model":"gpt-4o","input":"a"}`, ` { } `: ` {"model":"gpt-4o" } `} {
		r := w.plain(plainCall{"/v1/moderations", nil, nil})
		setBody(r, []byte(body))
		w.do(r)
		if got := string(v.Calls()[len(v.Calls())-1].Body); got != want {
			t.Errorf("%s was sent as %s", body, got)
		}
	}
	w.do(w.plain(plainCall{"/v1/images/variations", nil, []string{"@image", "x"}}))
	last := v.Calls()[len(v.Calls())-1]
	if !strings.Contains(string(last.Body), "name=\"model\"\r\n\r\ngpt-image-1\r\n--") || last.Status != 400 { // what OpenAI says to that: it could read the form
		t.Errorf("%d %q", last.Status, last.Body)
	}
}

// A chat sent to where prompts are completed is told where to go; a prompt for a chat model, too.
func TestCompletionsOfChats(t *testing.T) {
	w := plainWorld(t, []*imitation.Vendor{shop(t, "o")})
	got := w.do(w.plain(plainCall{"/v1/completions", m{"model": "gpt-3.5-turbo-instruct", "messages": []any{}}, nil}))
	if got.status != 400 || !strings.Contains(got.body, "/v1/chat/completions") {
		t.Errorf("%d %s", got.status, got.body)
	}
	got = w.do(w.plain(plainCall{"/v1/completions", m{"model": "gpt-4o", "prompt": "x"}, nil}))
	if got.status != 400 || !strings.Contains(got.body, "openai-chat") || !strings.Contains(got.body, "/v1/chat/completions") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Gemini's embeddings, and OpenAI's at the same account.
func TestGeminiEmbeddings(t *testing.T) {
	models := imitation.WithModels("gemini-2.5-pro", "gemini-embedding-001")
	g, second := vendor(t, imitation.Gemini, "g", models), vendor(t, imitation.Gemini, "h", models)
	w := plainWorld(t, []*imitation.Vendor{g, second})
	content := func(text string) map[string]any { return m{"parts": []any{m{"text": text}}} }
	ask := func(path string, body map[string]any) answer {
		r := w.plain(plainCall{path, body, nil})
		r.Header.Del("Authorization")
		r.Header.Set("X-Goog-Api-Key", localKey)
		return w.do(r)
	}
	batch := m{"requests": []any{m{"model": "models/vectors", "content": content("a")}, m{"model": "models/vectors", "content": content("b")}}}
	for i, c := range []struct {
		path string
		body map[string]any
		says string
	}{
		{"/v1beta/models/gemini-embedding-001:embedContent", m{"content": content("a"), "taskType": "RETRIEVAL_QUERY"}, `"embedding"`},
		{"/v1beta/models/vectors:embedContent", m{"content": content("a"), "model": "models/vectors"}, `"embedding"`},
		{"/v1beta/models/vectors:batchEmbedContents", batch, `"embeddings"`},
	} {
		if got := ask(c.path, c.body); got.status != 200 || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d %s", c.path, got.status, got.body)
		}
		if r := w.records(i + 1)[i]; r.Usage.Input == 0 || !r.Usage.Estimated || r.Protocol != protocol.GeminiEmbeddings {
			t.Errorf("%+v", r)
		}
	}
	if got := ask("/v1beta/models/gemini-embedding-001:batchEmbedContents", batch); got.status != 400 || !strings.Contains(got.body, "another model") {
		t.Errorf("two models: %d %s", got.status, got.body)
	}
	if got := ask("/v1beta/models/gemini-2.5-pro:embedContent", m{"content": content("a")}); got.status != 404 || !strings.Contains(got.body, "gemini-embeddings") {
		t.Errorf("a model that does not embed: %d %s", got.status, got.body)
	}
	g.Fault(imitation.Fault{Kind: imitation.Status500})
	if got := ask("/v1beta/models/vectors:batchEmbedContents", batch); got.status != 200 || len(second.Calls()) != 1 {
		t.Errorf("failover: %d %s", got.status, got.body)
	}
	if got := w.do(w.plain(plainCall{"/v1/embeddings", m{"model": "vectors", "input": "a"}, nil})); got.status != 200 || !strings.Contains(got.body, `"embedding"`) {
		t.Errorf("OpenAI's form: %d %s", got.status, got.body)
	}
	if got := ask("/v1beta/models/gemini-embedding-001", nil); got.status != 405 {
		t.Errorf("%d %s", got.status, got.body)
	}
	got, _ := w.get("GET", "/v1beta/models/gemini-embedding-001")
	if !strings.Contains(got.body, `["embedContent","batchEmbedContents"]`) {
		t.Errorf("listed as %s", got.body)
	}
}

// OpenAI's list has all that can be asked for at any of its paths. The lists of chat protocols have no model that cannot chat.
func TestListsOfPlainModels(t *testing.T) {
	w := plainWorld(t, []*imitation.Vendor{shop(t, "o"), vendor(t, imitation.Gemini, "g")})
	names := func(path string, anthropic bool) (ids []string) {
		r, _ := http.NewRequest("GET", w.url+path, nil)
		r.Header.Set("X-Api-Key", localKey)
		if !anthropic {
			r.Header = http.Header{"Authorization": {"Bearer " + localKey}}
		}
		var list struct {
			Data   []struct{ ID string }
			Models []struct{ Name string }
		}
		if got := w.do(r); json.Unmarshal([]byte(got.body), &list) != nil {
			t.Fatal(got.body)
		}
		for _, m := range list.Data {
			ids = append(ids, m.ID)
		}
		for _, m := range list.Models {
			ids = append(ids, strings.TrimPrefix(m.Name, "models/"))
		}
		return ids
	}
	openai, anthropic, gemini := names("/v1/models", false), names("/v1/models?limit=1000", true), names("/v1beta/models?pageSize=1000", false)
	for name := range plainModels[imitation.OpenAI] {
		if !slices.Contains(openai, name) || slices.Contains(anthropic, name) || slices.Contains(gemini, name) {
			t.Errorf("%s is listed by openai %v, anthropic %v, gemini %v", name, slices.Contains(openai, name), slices.Contains(anthropic, name), slices.Contains(gemini, name))
		}
	}
	if name := "gemini-embedding-001"; !slices.Contains(openai, name) || slices.Contains(anthropic, name) || !slices.Contains(gemini, name) {
		t.Errorf("%s: %v %v %v", name, openai, anthropic, gemini)
	}
}

// A model that never streams answers as it does, however long it takes: nothing is sent before it is known to be no stream.
func TestSlowModelThatNeverStreams(t *testing.T) {
	v := shop(t, "only")
	v.Pace(imitation.Pace{First: 300 * time.Millisecond})
	w := plainWorld(t, []*imitation.Vendor{v})
	gateway.SetKeepAlive(w.gateway, 20*time.Millisecond)
	got := w.do(w.plain(plainCall{"/v1/audio/transcriptions", nil, []string{"model", "whisper-1", "@file", sound, "stream", "true"}}))
	if got.status != 200 || !strings.Contains(got.body, `"text":"The file`) || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v %s", got.status, got.header, got.body)
	}
}
