package dialects

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	"metapi/backend/protocol/sse"
)

func TestEveryProtocolHasItsDialect(t *testing.T) {
	for _, p := range protocol.All {
		if d := Of(p); d == nil || d.Protocol() != p {
			t.Errorf("%s: %v", p, d)
		}
	}
	if Of(protocol.None) != nil {
		t.Error("none has a dialect")
	}
}

var (
	inPath    = protocol.SetOf(protocol.Gemini, protocol.GeminiEmbeddings) // the model
	modelless = protocol.SetOf(protocol.OpenAIModerations, protocol.OpenAIFiles, protocol.OpenAIBatches)
)

// What routing judged must be what the upstream reads: any other spelling of model and stream is refused.
func TestPeekRefusesWhatCouldBeReadOtherwise(t *testing.T) {
	faults := []struct{ body, param, says string }{
		{``, "", "at byte 0"},
		{`{"model":"m"`, "", "at byte 12"},
		{`{"model":"m"} x`, "", "at byte 14"},
		{`{"model":"m","a":{"b":[1,]}}`, "", "at byte 25"},
		{`[]`, "", "must be a JSON object"},
		{`"model"`, "", "must be a JSON object"},
		{`null`, "", "must be a JSON object"},
		{strings.Repeat(`{"a":`, 600) + `1` + strings.Repeat(`}`, 600), "", "nested too deep"},
	}
	model := []struct{ body, param, says string }{
		{`{}`, "model", "missing"},
		{`{"model":null}`, "model", "must be a string"},
		{`{"model":""}`, "model", "missing"},
		{`{"model":7}`, "model", "must be a string"},
		{`{"model":["m"]}`, "model", "must be a string"},
		{`{"model":"a","model":"b"}`, "model", "twice"},
		{`{"model":"a","x":{},"model":"a"}`, "model", "twice"},
		{`{"model":"a","Model":"b"}`, "model", "another spelling"},
		{`{"model":"` + strings.Repeat("m", 257) + `"}`, "model", "longer than 256 bytes"},
		{`{"model":"` + strings.Repeat(`\u00e9`, 129) + `"}`, "model", "longer than 256 bytes"},
		{`{"MODEL":"b"}`, "model", "another spelling"},
		{`{"model":"a","mod\u0065l":"b"}`, "model", "another spelling"},
		{`{"\u006dodel":"b"}`, "model", "another spelling"},
		{`{"model":"a","\u004dodel":"b"}`, "model", "another spelling"},
		{`{"model":"a","stream":"true"}`, "stream", "true or false"},
		{`{"model":"a","stream":1}`, "stream", "true or false"},
		{`{"model":"a","stream":{}}`, "stream", "true or false"},
		{`{"model":"a","stream":true,"stream":false}`, "stream", "twice"},
		{`{"model":"a","Stream":true}`, "stream", "another spelling"},
		{"{\"model\":\"a\",\"\u017ftream\":true}", "stream", "another spelling"},
		{`{"model":"a","\u017Ftream":true}`, "stream", "another spelling"},
		{`{"model":"a","st\u0072eam":true}`, "stream", "another spelling"},
	}
	for _, p := range protocol.All {
		all := faults
		if !inPath.Has(p) {
			all = append(all[:len(all):len(all)], model...)
		}
		for _, f := range all {
			if f.says == "missing" && modelless.Has(p) {
				continue
			}
			_, err := Of(p).Peek([]byte(f.body))
			var e *protocol.Error
			if !errors.As(err, &e) || e.Kind != protocol.BadRequest || e.Status != 400 || e.Param != f.param || !strings.Contains(e.Message, f.says) {
				t.Errorf("%s, %.60s: %v (param %q), want %q at %q", p, f.body, err, e.Param, f.says, f.param)
			} else if len(e.Message) > 200 {
				t.Errorf("%s: the request is echoed: %s", p, e.Message)
			}
		}
		for _, body := range []string{`{"model":"m"}`, ` {"model" : "m" , "modell":1,"mode":2,"streams":[], "x":{"model":"y","Model":"z","stream":7}} `, `{"model":"m","stream":false,"": "","\u0000":1}`,
			`{"model":"` + strings.Repeat(`\u006d`, 256) + `"}`} {
			if _, err := Of(p).Peek([]byte(body)); err != nil {
				t.Errorf("%s, %s: %v", p, body, err)
			}
		}
	}
}

// Whatever passes the peek says the same to encoding/json: same model, same stream.
func agrees(t interface{ Fatalf(string, ...any) }, body []byte) {
	for _, p := range protocol.All {
		peek, err := Of(p).Peek(body)
		if err != nil {
			var e *protocol.Error
			if !errors.As(err, &e) || e.Message == "" {
				t.Fatalf("%s: not an error of ours: %v", p, err)
			}
			continue
		}
		if !json.Valid(body) {
			t.Fatalf("%s: %q passed", p, body)
		}
		if inPath.Has(p) {
			continue
		}
		var v struct {
			Model  string `json:"model"`
			Stream *bool  `json:"stream"`
		}
		if err := json.Unmarshal(body, &v); err != nil || v.Model != peek.Model || (v.Stream != nil && *v.Stream) != peek.Stream {
			t.Fatalf("%s reads %q as %q, %v; encoding/json as %q, %v: %v", p, body, peek.Model, peek.Stream, v.Model, v.Stream, err)
		}
		if modelless.Has(p) && peek.ModelAt.Empty() {
			continue
		}
		var at string
		if json.Unmarshal(body[peek.ModelAt.From:peek.ModelAt.To], &at) != nil || at != peek.Model {
			t.Fatalf("%s: the model's place holds %q", p, body[peek.ModelAt.From:peek.ModelAt.To])
		}
	}
}

func TestPeekAgreesWithEncodingJSON(t *testing.T) {
	part := rapid.SampledFrom([]string{`"model"`, `"Model"`, `"mod\u0065l"`, `"stream"`, `"ſtream"`, `"STREAM"`, `"x"`, `"messages"`, `"input"`, `"modeK"`})
	value := rapid.SampledFrom([]string{`"m"`, `"a\u0062"`, `true`, `false`, `null`, `1`, `{}`, `[{"role":"user","content":"hi"}]`, `{"model":"x"}`, `"\ud800"`})
	rapid.Check(t, func(t *rapid.T) {
		var ms []string
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			ms = append(ms, part.Draw(t, "key")+":"+value.Draw(t, "value"))
		}
		agrees(t, []byte("{"+strings.Join(ms, ",")+"}"))
	})
}

var bodies = []string{
	`{"model":"m","stream":true,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}},{"type":"file","file":{"file_id":"f"}}]}]}`,
	`{"model":"m","input":[{"type":"reasoning","encrypted_content":"x"},{"role":"user","content":"hi"}],"conversation":{"id":"c"}}`,
	`{"model":"m","system":"s","messages":[{"role":"user","content":"hi"}],"metadata":{"user_id":"{\"session_id\":\"s\"}"}}`,
	`{"contents":[{"parts":[{"text":"x"},{"fileData":{"fileUri":"files/a"}}]}],"cachedContent":"c"}`,
	"{\"model\":\"m\",\"\u017ftream\":true}",
}

func FuzzPeek(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, body []byte) { agrees(t, body) })
}

var events = []string{
	`{"id":"c","choices":[{"index":0,"delta":{"content":"x","tool_calls":[{"function":{"name":"f"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}`,
	`{"type":"response.completed","response":{"id":"r","output":[{"type":"reasoning","encrypted_content":"x"}],"usage":{"input_tokens":1}}}`,
	`{"type":"message_start","message":{"id":"m","usage":{"input_tokens":1,"cache_creation":{"ephemeral_1h_input_tokens":2}}}}`,
	`{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1}}`,
	`{"error":{"message":"boom"}}`, `[DONE]`, `[{"error":{"code":429}}]`, `{"base_resp":{"status_code":1}}`, `{"cut":`, `words`, `null`,
	`{"type":"response.output_item.done","item":{"encrypted_content":"\ud800"}}`, `{"data":[{}],"usage":{"prompt_tokens":9e99}}`,
}

// Nothing that an upstream sends makes a dialect fail in any way but by saying so.
func FuzzReply(f *testing.F) {
	for _, e := range events {
		f.Add("", []byte(e))
		f.Add("error", []byte(e))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		for _, p := range protocol.All {
			var r protocol.Reply
			class := Of(p).Event([]byte(name), data, &r)
			if (class == protocol.Failed) != (r.Err != nil) {
				t.Fatalf("%s: %q is class %d with error %v", p, data, class, r.Err)
			}
			check(t, p, data, &r)
			var whole protocol.Reply
			Of(p).Body(data, &whole)
			if whole.Done == (whole.Err != nil) {
				t.Fatalf("%s: body %q is both or neither: done %v, %v", p, data, whole.Done, whole.Err)
			}
			check(t, p, data, &whole)
		}
	})
}

func check(t *testing.T, p protocol.Protocol, data []byte, r *protocol.Reply) {
	u := r.Usage
	if u.Input < 0 || u.CacheRead < 0 || u.CacheWrite < 0 || u.CacheWrite1h < 0 || u.Output < 0 || u.Reasoning < 0 || u.Reasoning > u.Output || r.Text < 0 {
		t.Fatalf("%s: %q counts %+v, %d bytes", p, data, u, r.Text)
	}
	if r.Err != nil && (r.Err.Kind == "" || r.Err.Message == "") {
		t.Fatalf("%s: %q gives %#v", p, data, r.Err)
	}
}

var kinds = []protocol.Kind{protocol.BadRequest, protocol.ContextTooLong, protocol.ContentPolicy, protocol.TooLarge, protocol.KeyRefused, protocol.Forbidden,
	protocol.OutOfMoney, protocol.ModelNotFound, protocol.NotFound, protocol.RateLimited, protocol.Overloaded, protocol.ServerError, protocol.Timeout,
	protocol.Network, protocol.Wall, protocol.BadReply, protocol.Unsupported, protocol.Unauthorized, protocol.Unavailable}

// statuses of each kind in the order OpenAI, Anthropic, Gemini; the word is what that vendor's clients test for.
var statuses = map[protocol.Kind]string{
	protocol.BadRequest:     "400 invalid_request_error|400 invalid_request_error|400 INVALID_ARGUMENT",
	protocol.ContextTooLong: "400 context_length_exceeded|400 invalid_request_error|400 INVALID_ARGUMENT",
	protocol.ContentPolicy:  "400 content_policy_violation|400 invalid_request_error|400 INVALID_ARGUMENT",
	protocol.TooLarge:       "413 request_too_large|413 request_too_large|413 INVALID_ARGUMENT",
	protocol.KeyRefused:     "401 invalid_api_key|401 authentication_error|401 UNAUTHENTICATED",
	protocol.Unauthorized:   "401 invalid_api_key|401 authentication_error|401 UNAUTHENTICATED",
	protocol.Forbidden:      "403 permission_error|403 permission_error|403 PERMISSION_DENIED",
	protocol.OutOfMoney:     "429 insufficient_quota|402 billing_error|429 RESOURCE_EXHAUSTED",
	protocol.ModelNotFound:  "404 model_not_found|404 not_found_error|404 NOT_FOUND",
	protocol.NotFound:       "404 invalid_request_error|404 not_found_error|404 NOT_FOUND",
	protocol.RateLimited:    "429 rate_limit_exceeded|429 rate_limit_error|429 RESOURCE_EXHAUSTED",
	protocol.Overloaded:     "503 overloaded|529 overloaded_error|503 UNAVAILABLE",
	protocol.ServerError:    "500 server_error|500 api_error|500 INTERNAL",
	protocol.Timeout:        "504 timeout|504 timeout_error|504 DEADLINE_EXCEEDED",
	protocol.Network:        "502 server_error|502 api_error|502 UNAVAILABLE",
	protocol.Wall:           "502 server_error|502 api_error|502 UNAVAILABLE",
	protocol.BadReply:       "502 server_error|502 api_error|502 INTERNAL",
	protocol.Unsupported:    "400 unsupported|400 invalid_request_error|404 NOT_FOUND",
	protocol.Unavailable:    "503 unavailable|503 api_error|503 UNAVAILABLE",
}

// Protocol case 64, outwards: the client's native shape, and a right status.
func TestCase64ErrorsInTheClientsShape(t *testing.T) {
	for _, kind := range kinds {
		want := strings.Split(statuses[kind], "|")
		for _, p := range protocol.All {
			e := &protocol.Error{Kind: kind, Message: `quote " and <tag> & 额度`, RetryAfter: 1500 * time.Millisecond}
			status, body := Of(p).Error(e)
			var v struct {
				Type  string
				Error struct {
					Message, Type, Status string
					Code                  any
					Param                 *string
					Details               []struct{ RetryDelay string }
				}
			}
			said := e.Message
			if kind == protocol.ContextTooLong && p == protocol.Anthropic {
				said = "prompt is too long: " + said // its clients know it by these words
			}
			if err := json.Unmarshal(body, &v); err != nil || v.Error.Message != said {
				t.Fatalf("%s, %s: %s: %v", p, kind, body, err)
			}
			got, i := "", 0
			switch p {
			case protocol.Anthropic:
				got, i = fmt.Sprint(status, " ", v.Error.Type), 1
				if v.Type != "error" {
					t.Errorf("%s: %s", p, body)
				}
			case protocol.Gemini, protocol.GeminiEmbeddings:
				got, i = fmt.Sprint(v.Error.Code, " ", v.Error.Status), 2
				if fmt.Sprint(v.Error.Code) != fmt.Sprint(status) {
					t.Errorf("%s: %d, %s", p, status, body)
				}
				if delay := len(v.Error.Details) == 1 && v.Error.Details[0].RetryDelay == "1.5s"; delay == e.ClientFault() {
					t.Errorf("%s: %s", p, body)
				}
			default:
				got = fmt.Sprint(status, " ", v.Error.Code)
				if v.Error.Code == nil || !strings.HasSuffix(want[0], fmt.Sprint(v.Error.Code)) {
					got = fmt.Sprint(status, " ", v.Error.Type)
				}
				if !bytes.Contains(body, []byte(`"param":`)) || !bytes.Contains(body, []byte(`"code":`)) {
					t.Errorf("%s: param and code must be there, if null: %s", p, body)
				}
			}
			if got != want[i] {
				t.Errorf("%s, %s: %s, want %s", p, kind, got, want[i])
			}
			if _, silent := Of(p).Error(&protocol.Error{Kind: kind}); bytes.Contains(silent, []byte(`"message":""`)) {
				t.Errorf("%s, %s: an error without words", p, kind)
			}
		}
	}
	if status, body := Of(protocol.OpenAIChat).Error(&protocol.Error{Kind: protocol.BadRequest, Status: 422, Code: "unknown_parameter", Param: "foo", Message: "x"}); status != 422 ||
		!bytes.Contains(body, []byte(`"param":"foo","code":"unknown_parameter"`)) {
		t.Errorf("%d %s", status, body)
	}
	if _, body := Of(protocol.OpenAIChat).Error(&protocol.Error{Kind: protocol.ContextTooLong, Code: "invalid_request_error"}); !bytes.Contains(body, []byte(`"code":"context_length_exceeded"`)) {
		t.Errorf("a type for a code: %s", body)
	}
}

// Protocol case 5: what ends a stream is one event, which reads as an error and never as an end.
func TestCase5StreamErrorIsNoEnd(t *testing.T) {
	for _, p := range protocol.All {
		for _, kind := range kinds {
			raw := Of(p).StreamError(&protocol.Error{Kind: kind, Message: "it broke\noff"})
			r := sse.NewReader(bytes.NewReader(raw), 1<<20)
			ev, err := r.Next()
			if err != nil || ev.Unended || len(ev.Raw) != len(raw) {
				t.Fatalf("%s: %q: %v", p, raw, err)
			}
			var reply protocol.Reply
			if class := Of(p).Event(ev.Name, ev.Data, &reply); class != protocol.Failed || reply.Done || reply.Err == nil || !strings.Contains(reply.Err.Message, "it broke off") {
				t.Errorf("%s, %s: %q reads as %d, %v", p, kind, raw, class, reply.Err)
			}
		}
	}
}

// Protocol case 11: what is sent while waiting says nothing.
func TestCase11KeepAliveSaysNothing(t *testing.T) {
	for _, p := range protocol.All {
		r := sse.NewReader(bytes.NewReader(Of(p).KeepAlive()), 1000)
		for {
			ev, err := r.Next()
			if err == io.EOF {
				break
			}
			var reply protocol.Reply
			if class := Of(p).Event(ev.Name, ev.Data, &reply); err != nil || ev.Unended || class != protocol.Quiet {
				t.Errorf("%s: %q, %v: %d", p, ev.Raw, err, class)
			}
		}
	}
}

// The events that a stream is made of cost no allocation, nor more than a few microseconds.
func TestNoAllocationForADelta(t *testing.T) {
	for p, data := range deltas {
		d, event, r := Of(p), []byte(data), protocol.Reply{}
		if class := d.Event(nil, event, &r); class != protocol.Meaningful {
			t.Fatalf("%s: %d", p, class)
		}
		if n := testing.AllocsPerRun(100, func() { d.Event(nil, event, &r) }); n != 0 {
			t.Errorf("%s: %v allocations a delta", p, n)
		}
	}
}

var deltas = map[protocol.Protocol]string{
	protocol.OpenAIChat:      `{"id":"chatcmpl-abcdefghijklmnop","object":"chat.completion.chunk","created":1795435230,"model":"gpt-5-2025-08-07","choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],"usage":null}`,
	protocol.OpenAIResponses: `{"type":"response.output_text.delta","sequence_number":17,"item_id":"msg_0123456789abcdef","output_index":1,"content_index":0,"delta":" hello","logprobs":[]}`,
	protocol.Anthropic:       `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" hello there"}}`,
	protocol.Gemini:          `{"candidates":[{"content":{"parts":[{"text":" hello there"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15},"modelVersion":"gemini-x","responseId":"r1"}`,
}

func TestEmbeddings(t *testing.T) {
	d := Of(protocol.OpenAIEmbeddings)
	p, err := d.Peek([]byte(`{"input":"text","model":"text-embedding-3-small","dimensions":8}`))
	if err != nil || p.Model != "text-embedding-3-small" || p.Session != "" || p.Stream {
		t.Errorf("%+v, %v", p, err)
	}
	var r protocol.Reply
	d.Body([]byte(`{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1]}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}`), &r)
	if r.Err != nil || !r.Done || r.Usage != (protocol.Usage{Input: 8}) || r.Model != "m" {
		t.Errorf("%+v", r)
	}
	for body, kind := range map[string]protocol.Kind{`{"data":[]}`: protocol.BadReply, ``: protocol.BadReply, `{"error":{"message":"quota exceeded"}}`: protocol.OutOfMoney} {
		var r protocol.Reply
		if d.Body([]byte(body), &r); r.Err == nil || r.Err.Kind != kind {
			t.Errorf("%s: %v", body, r.Err)
		}
	}
}

// A request of 100,000 references is read in time that grows with its length, and what it leans on is bounded.
func TestManyRefs(t *testing.T) {
	shapes := map[protocol.Protocol][3]string{ // before, one reference, behind
		protocol.OpenAIChat:      {`{"model":"m","messages":[{"role":"user","content":[{}`, `,{"type":"file","file":{"file_id":"id-%d"}}`, `]}]}`},
		protocol.OpenAIResponses: {`{"model":"m","input":[{}`, `,{"type":"item_reference","id":"id-%d"}`, `]}`},
		protocol.Anthropic:       {`{"model":"m","messages":[{"role":"user","content":[{}`, `,{"type":"document","source":{"type":"file","file_id":"id-%d"}}`, `]}]}`},
		protocol.Gemini:          {`{"contents":[{"parts":[{}`, `,{"fileData":{"fileUri":"files/%d"}}`, `]}]}`},
	}
	for p, s := range shapes {
		for _, distinct := range []int{4096, 100_000} {
			var b strings.Builder
			b.WriteString(s[0])
			for i := range 100_000 {
				fmt.Fprintf(&b, s[1], i%distinct)
			}
			b.WriteString(s[2])
			peek, err := Of(p).Peek([]byte(b.String()))
			if distinct <= 4096 {
				if err != nil || len(peek.Refs) != distinct {
					t.Errorf("%s: %d refs of %d: %v", p, len(peek.Refs), distinct, err)
				}
				continue
			}
			var e *protocol.Error
			if !errors.As(err, &e) || e.Kind != protocol.BadRequest || e.Status != 400 || !strings.Contains(e.Message, "too many") || peek.Refs != nil {
				t.Errorf("%s: %d refs of %d pass: %v", p, len(peek.Refs), distinct, err)
			}
		}
	}
}

// So is a reply of 30,000 items, in one body or event by event.
func TestManyIssued(t *testing.T) {
	const items = 30_000
	d := Of(protocol.OpenAIResponses)
	var b strings.Builder
	b.WriteString(`{"id":"resp_1","status":"completed","output":[{"type":"message","content":[{"text":"x"}]}`)
	var streamed protocol.Reply
	d.Event(nil, []byte(`{"type":"response.created","response":{"id":"resp_1"}}`), &streamed)
	for i := range items {
		item := fmt.Sprintf(`{"type":"function_call","id":"fc_%d","name":"f"}`, i)
		b.WriteString("," + item)
		d.Event(nil, []byte(`{"type":"response.output_item.done","item":`+item+`}`), &streamed)
	}
	b.WriteString(`]}`)
	var whole protocol.Reply
	d.Body([]byte(b.String()), &whole)
	for _, r := range []protocol.Reply{whole, streamed} {
		if n := len(r.Issued); n != 256 || r.Issued[0].ID != "resp_1" || r.Issued[n-1].ID != fmt.Sprint("fc_", items-1) {
			t.Errorf("%d issued, %v to %v", n, r.Issued[0], r.Issued[n-1])
		}
	}
}

// Inline media is counted where it stands, to the byte, and nothing else is: no text, no address, no tool's argument.
func TestMedia(t *testing.T) {
	const data = "QUJDRA==" // 8 bytes
	const dataURL = `data:image\/png;base64,QUJDRA==`
	for _, c := range []struct {
		p     protocol.Protocol
		parts string
		media int
	}{
		{protocol.OpenAIChat, `{"type":"image_url","image_url":{"url":"` + dataURL + `"}}`, len(dataURL)},
		{protocol.OpenAIChat, `{"type":"image_url","image_url":"` + dataURL + `"},{"type":"video_url","video_url":{"url":"DATA:x"}}`, len(dataURL) + 6},
		{protocol.OpenAIChat, `{"type":"image_url","image_url":{"url":"https://a.example/data:x"}}`, 0},
		{protocol.OpenAIChat, `{"type":"file","file":{"filename":"x.pdf","file_data":"` + data + `"}},{"type":"input_audio","input_audio":{"format":"wav","data":"` + data + `"}}`, 16},
		{protocol.OpenAIChat, `{"type":"text","text":"` + dataURL + `"},{"type":"image_url","image_url":{"url":7}},{"image_url":null}`, 0},
		{protocol.OpenAIResponses, `{"type":"input_image","image_url":"` + dataURL + `"},{"type":"input_file","file_data":"` + data + `"},{"type":"input_audio","input_audio":{"data":"` + data + `"}}`, len(dataURL) + 16},
		{protocol.OpenAIResponses, `{"type":"input_text","text":"` + dataURL + `"},{"type":"input_image","image_url":"https://a.example/"}`, 0},
		{protocol.Anthropic, `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + data + `"}}`, 8},
		{protocol.Anthropic, `{"type":"tool_result","content":[{"type":"document","source":{"data":"` + data + `","type":"base64"}}]}`, 8},
		{protocol.Anthropic, `{"type":"document","source":{"type":"text","data":"plain"}},{"type":"tool_use","input":{"source":{"type":"base64","data":"x"}}}`, 0},
		{protocol.Gemini, `{"inlineData":{"mimeType":"audio/wav","data":"` + data + `"}},{"inline_data":{"data":"` + data + `"}}`, 16},
		{protocol.Gemini, `{"text":"` + dataURL + `"},{"fileData":{"fileUri":"files/data"}}`, 0},
	} {
		body := map[protocol.Protocol]string{
			protocol.OpenAIResponses: `{"model":"m","input":[{"role":"user","content":[` + c.parts + `]}]}`,
			protocol.Gemini:          `{"contents":[{"parts":[` + c.parts + `]}]}`,
		}[c.p]
		if body == "" {
			body = `{"model":"m","messages":[{"role":"user","content":[` + c.parts + `]}]}`
		}
		if peek, err := Of(c.p).Peek([]byte(body)); err != nil || peek.Media != int64(c.media) {
			t.Errorf("%s, %s: %d bytes of media, %v; want %d", c.p, c.parts, peek.Media, err, c.media)
		}
	}
	// Outside of messages: what tools gave back, and images that the model itself has made.
	body := `{"model":"m","input":[{"type":"function_call_output","output":[{"type":"input_image","image_url":"` + dataURL + `"}]},
		{"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"` + dataURL + `"}},
		{"type":"image_generation_call","id":"ig_1","result":"` + data + `"},{"type":"function_call_output","output":"` + dataURL + `","result":"x"}]}`
	if peek, err := Of(protocol.OpenAIResponses).Peek([]byte(body)); err != nil || peek.Media != int64(2*len(dataURL)+8) || peek.Refs != nil {
		t.Errorf("%+v, %v", peek, err)
	}
}
