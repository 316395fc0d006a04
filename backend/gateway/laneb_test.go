package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"metapi/backend/catalog"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// upstream is one way to be served in lane B: an imitation that is only reached over one protocol.
type upstream struct {
	proto protocol.Protocol
	kind  imitation.Kind
	model string
}

var upstreams = []upstream{
	{protocol.OpenAIChat, imitation.OpenAI, "gpt-4o"},
	{protocol.OpenAIResponses, imitation.OpenAI, "gpt-4o"},
	{protocol.Anthropic, imitation.Anthropic, "claude-sonnet-4-5"},
	{protocol.Gemini, imitation.Gemini, "gemini-2.5-flash"},
}

// only has every deployment reached over one protocol.
func only(p protocol.Protocol) setting {
	return func(_ *gateway.Options, s *snapshot.Snapshot) {
		for i := range s.Deployments {
			s.Deployments[i].Protocols = protocol.SetOf(p)
		}
	}
}

// of is the same question, for a model of the upstream's.
func (a ask) of(model string) ask {
	body := make(map[string]any, len(a.body))
	for k, v := range a.body {
		body[k] = v
	}
	if _, ok := body["model"]; ok {
		body["model"] = model
	}
	a.path = strings.Replace(a.path, "gemini-2.5-flash", model, 1)
	a.body = body
	return a
}

// crossed runs test for each client protocol, whole and streamed as wanted, in front of each other upstream protocol.
func crossed(t *testing.T, wanted func(ask) bool, test func(t *testing.T, w *world, v *imitation.Vendor, a ask, u upstream)) {
	for _, u := range upstreams {
		for _, a := range asks() {
			if a.proto == u.proto || !wanted(a) {
				continue
			}
			t.Run(fmt.Sprintf("%s at %s", a, u.proto), func(t *testing.T) {
				t.Parallel()
				v := vendor(t, u.kind, "A")
				w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
				test(t, w, v, a.of(u.model), u)
			})
		}
	}
}

func each(ask) bool       { return true }
func streamed(a ask) bool { return a.stream }

// Every client protocol is answered by every upstream protocol, and the books have what the upstream told.
func TestLaneB(t *testing.T) {
	crossed(t, each, func(t *testing.T, w *world, v *imitation.Vendor, a ask, u upstream) {
		v.Script(imitation.Reply{Text: imitation.Echo(question), Usage: &imitation.Usage{Input: 100, Cached: 40, Output: 17}})
		v.Pace(imitation.Pace{Cut: imitation.CutUTF8})
		w.wantAnswer(a, w.send(a))
		r := w.records(1)[0]
		if got := (protocol.Usage{Input: r.Usage.Input, CacheRead: r.Usage.CacheRead, Output: r.Usage.Output}); got != (protocol.Usage{Input: 60, CacheRead: 40, Output: 17}) || r.Usage.Estimated {
			t.Errorf("booked %+v", r.Usage)
		}
		if via := r.Attempts[0].Via; via != u.proto || r.Protocol != a.proto {
			t.Errorf("the record says %v over %v", r.Protocol, via)
		}
	})
}

// tools is the question with a tool, in a client's protocol.
func (a ask) tools() ask {
	schema := map[string]any{"type": "object", "properties": map[string]any{"city": map[string]any{"type": "string"}}, "required": []any{"city"}}
	const name, about = "get_weather", "The weather in a city"
	body := map[string]any{}
	for k, v := range a.body {
		body[k] = v
	}
	switch a.proto {
	case protocol.OpenAIChat:
		body["tools"] = []any{map[string]any{"type": "function", "function": map[string]any{"name": name, "description": about, "parameters": schema}}}
	case protocol.OpenAIResponses:
		body["tools"] = []any{map[string]any{"type": "function", "name": name, "description": about, "parameters": schema, "strict": false}}
	case protocol.Anthropic:
		body["tools"] = []any{map[string]any{"name": name, "description": about, "input_schema": schema}}
	case protocol.Gemini:
		body["tools"] = []any{map[string]any{"functionDeclarations": []any{map[string]any{"name": name, "description": about, "parameters": schema}}}}
	}
	a.body = body
	return a
}

// call is a tool call as a client sees it.
type call struct {
	ID, Name, Args string
	signature      string // Gemini's
}

// calls reads the tool calls of an answer by the vendor's documentation, and reports whether the stop reason says so.
func calls(t *testing.T, a ask, body string) (found []call, stopped bool) {
	t.Helper()
	var events []map[string]any
	if a.stream {
		for line := range strings.SplitSeq(strings.ReplaceAll(body, "\r\n", "\n"), "\n") {
			data, ok := strings.CutPrefix(line, "data:")
			if data = strings.TrimSpace(data); !ok || data == "[DONE]" {
				continue
			}
			var e map[string]any
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				t.Fatalf("%v: %s", err, data)
			}
			events = append(events, e)
		}
	} else {
		var e map[string]any
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		events = append(events, e)
	}
	list := func(v any) []any { l, _ := v.([]any); return l }
	obj := func(v any) map[string]any { m, _ := v.(map[string]any); return m }
	str := func(v any) string { s, _ := v.(string); return s }
	text := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	for _, e := range events {
		switch a.proto {
		case protocol.OpenAIChat:
			for _, c := range list(e["choices"]) {
				stopped = stopped || obj(c)["finish_reason"] == "tool_calls"
				said := obj(obj(c)["message"])
				if a.stream {
					said = obj(obj(c)["delta"])
				}
				for i, tc := range list(said["tool_calls"]) {
					if a.stream {
						i = int(obj(tc)["index"].(float64))
					}
					for len(found) <= i {
						found = append(found, call{})
					}
					f := obj(obj(tc)["function"])
					found[i].ID += str(obj(tc)["id"])
					found[i].Name += str(f["name"])
					found[i].Args += str(f["arguments"])
				}
			}
		case protocol.OpenAIResponses:
			items := list(e["output"])
			if e["type"] == "response.completed" {
				items = list(obj(e["response"])["output"])
			}
			for _, it := range items {
				if o := obj(it); o["type"] == "function_call" {
					found = append(found, call{ID: str(o["call_id"]), Name: str(o["name"]), Args: str(o["arguments"])})
					stopped = true
				}
			}
		case protocol.Anthropic:
			for _, b := range list(e["content"]) {
				if o := obj(b); o["type"] == "tool_use" {
					found = append(found, call{ID: str(o["id"]), Name: str(o["name"]), Args: text(o["input"])})
				}
			}
			if o := obj(e["content_block"]); o["type"] == "tool_use" {
				found = append(found, call{ID: str(o["id"]), Name: str(o["name"])})
			}
			if d := obj(e["delta"]); d["type"] == "input_json_delta" {
				found[len(found)-1].Args += str(d["partial_json"])
			}
			stopped = stopped || e["stop_reason"] == "tool_use" || obj(e["delta"])["stop_reason"] == "tool_use"
		case protocol.Gemini:
			for _, c := range list(e["candidates"]) {
				for _, p := range list(obj(obj(c)["content"])["parts"]) {
					if f := obj(obj(p)["functionCall"]); f != nil {
						found = append(found, call{ID: str(f["id"]), Name: str(f["name"]), Args: text(f["args"]), signature: str(obj(p)["thoughtSignature"])})
					}
				}
				stopped = stopped || obj(c)["finishReason"] != nil
			}
		}
	}
	return found, stopped
}

// answered is the conversation with the calls and their results, as a client of the protocol sends them back.
func (a ask) answered(found []call, results []string) ask {
	body := map[string]any{}
	for k, v := range a.body {
		body[k] = v
	}
	args := func(c call) any { var v any; _ = json.Unmarshal([]byte(c.Args), &v); return v }
	switch a.proto {
	case protocol.OpenAIChat:
		var made []any
		for _, c := range found {
			made = append(made, map[string]any{"id": c.ID, "type": "function", "function": map[string]any{"name": c.Name, "arguments": c.Args}})
		}
		messages := append(slices.Clone(body["messages"].([]any)), map[string]any{"role": "assistant", "content": nil, "tool_calls": made})
		for i, c := range found {
			messages = append(messages, map[string]any{"role": "tool", "tool_call_id": c.ID, "content": results[i]})
		}
		body["messages"] = messages
	case protocol.OpenAIResponses:
		input := []any{map[string]any{"role": "user", "content": body["input"]}}
		for _, c := range found {
			input = append(input, map[string]any{"type": "function_call", "call_id": c.ID, "name": c.Name, "arguments": c.Args})
		}
		for i, c := range found {
			input = append(input, map[string]any{"type": "function_call_output", "call_id": c.ID, "output": results[i]})
		}
		body["input"] = input
	case protocol.Anthropic:
		var used, got []any
		for i, c := range found {
			used = append(used, map[string]any{"type": "tool_use", "id": c.ID, "name": c.Name, "input": args(c)})
			got = append(got, map[string]any{"type": "tool_result", "tool_use_id": c.ID, "content": results[i]})
		}
		body["messages"] = append(slices.Clone(body["messages"].([]any)), map[string]any{"role": "assistant", "content": used}, map[string]any{"role": "user", "content": got})
	case protocol.Gemini:
		var used, got []any
		for i, c := range found {
			f := map[string]any{"name": c.Name, "args": args(c)}
			r := map[string]any{"name": c.Name, "response": map[string]any{"output": results[i]}}
			if c.ID != "" {
				f["id"], r["id"] = c.ID, c.ID
			}
			p := map[string]any{"functionCall": f}
			if c.signature != "" {
				p["thoughtSignature"] = c.signature
			}
			used, got = append(used, p), append(got, map[string]any{"functionResponse": r})
		}
		body["contents"] = append(slices.Clone(body["contents"].([]any)), map[string]any{"role": "model", "parts": used}, map[string]any{"role": "user", "parts": got})
	}
	a.body = body
	return a
}

// Two parallel tool calls reach the client, and their results the upstream, which refuses what its vendor would refuse.
func TestLaneBTools(t *testing.T) {
	crossed(t, each, func(t *testing.T, w *world, v *imitation.Vendor, a ask, u upstream) {
		v.Script(imitation.Reply{Calls: []imitation.Call{{Name: "get_weather", Arguments: `{"city":"Zürich 世界"}`}, {Name: "get_weather", Arguments: `{"city":"Bern"}`}}})
		a = a.tools()
		got := w.send(a)
		found, stopped := calls(t, a, got.body)
		if got.status != 200 || len(found) != 2 || !stopped {
			t.Fatalf("status %d, calls %+v, stopped for them %v\n%s", got.status, found, stopped, got.body)
		}
		for i, city := range []string{"Zürich 世界", "Bern"} {
			var args struct{ City string }
			if err := json.Unmarshal([]byte(found[i].Args), &args); err != nil || args.City != city || found[i].Name != "get_weather" {
				t.Errorf("call %d is %+v", i, found[i])
			}
		}
		v.Script(imitation.Text("Sunny in both."))
		again := a.answered(found, []string{"sunny in Zürich", "sunny in Bern"})
		got = w.send(again)
		if said, ok, errs := text(a, got.body); got.status != 200 || !ok || len(errs) > 0 || said != "Sunny in both." {
			t.Errorf("status %d, complete %v, errors %q, said %q\n%s", got.status, ok, errs, said, got.body)
		}
		seen := v.Calls()
		last := string(seen[len(seen)-1].Body)
		if !strings.Contains(last, "sunny in Zürich") || !strings.Contains(last, "sunny in Bern") {
			t.Errorf("the results did not reach the upstream: %s", last)
		}
	})
}

// A stream that breaks is never taken for a whole one, in no pair of protocols; nor is an error lost.
func TestLaneBBroken(t *testing.T) {
	for _, kind := range []imitation.FaultKind{imitation.CutMid, imitation.ErrorMid} {
		crossed(t, streamed, func(t *testing.T, w *world, v *imitation.Vendor, a ask, u upstream) {
			v.Fault(imitation.Fault{Kind: kind, After: 3})
			got := w.send(a)
			said, ok, errs := text(a, got.body)
			if ok || len(errs) == 0 && got.err == nil {
				t.Errorf("%s: complete %v, errors %q, read error %v, said %q\n%s", kind, ok, errs, got.err, said, got.body)
			}
			if r := w.records(1)[0]; r.State == "ok" {
				t.Errorf("%s: booked as %s", kind, r.State)
			}
		})
	}
}

// silent are replies of each upstream protocol that tell no usage.
var silent = map[protocol.Protocol]string{
	protocol.OpenAIChat:      `{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Eight words, and then a few more."},"finish_reason":"stop"}]}`,
	protocol.OpenAIResponses: `{"id":"r","object":"response","status":"completed","model":"m","output":[{"type":"message","id":"i","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Eight words, and then a few more.","annotations":[]}]}]}`,
	protocol.Anthropic:       `{"id":"a","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"Eight words, and then a few more."}],"stop_reason":"end_turn","stop_sequence":null}`,
	protocol.Gemini:          `{"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"Eight words, and then a few more."}]},"finishReason":"STOP"}],"modelVersion":"m"}`,
}

// A whole reply whose upstream told no usage has the figures that the books have, and says that they are a guess.
func TestLaneBEstimatesUsage(t *testing.T) {
	whole := func(a ask) bool { return !a.stream }
	crossed(t, whole, func(t *testing.T, w *world, v *imitation.Vendor, a ask, u upstream) {
		v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: silent[u.proto]})
		got := w.send(a)
		var told struct {
			Usage struct {
				Prompt     int `json:"prompt_tokens"`
				Completion int `json:"completion_tokens"`
				Input      int `json:"input_tokens"`
				Output     int `json:"output_tokens"`
			}
			UsageMetadata struct{ PromptTokenCount, CandidatesTokenCount int }
		}
		if err := json.Unmarshal([]byte(got.body), &told); err != nil || got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
		r := w.records(1)[0]
		input := told.Usage.Prompt + told.Usage.Input + told.UsageMetadata.PromptTokenCount
		output := told.Usage.Completion + told.Usage.Output + told.UsageMetadata.CandidatesTokenCount
		if output == 0 || int64(input) != r.Usage.Input || int64(output) != r.Usage.Output || !r.Usage.Estimated {
			t.Errorf("told %d and %d, booked %+v", input, output, r.Usage)
		}
		if got.header.Get("X-Metapi-Estimated") != "usage" {
			t.Errorf("header %v", got.header)
		}
	})
}

// When an account of one protocol fails, one of another takes over.
func TestLaneBFailover(t *testing.T) {
	for _, a := range asks() {
		for _, u := range upstreams {
			if a.proto == u.proto {
				continue
			}
			t.Run(fmt.Sprintf("%s to %s", a, u.proto), func(t *testing.T) {
				t.Parallel()
				first, second := vendor(t, a.kind, "A"), vendor(t, u.kind, "B")
				w := newWorld(t, []*imitation.Vendor{first, second}, func(_ *gateway.Options, s *snapshot.Snapshot) {
					name := upstreamModel(a.kind)
					for i := range s.Deployments { // both offer one model, by their own names
						d := &s.Deployments[i]
						switch {
						case d.Order == 0:
							d.Protocols = protocol.SetOf(a.proto)
						default:
							d.Protocols = protocol.SetOf(u.proto)
						}
					}
					s.Names = bothOffer(s, name, u.model)
				})
				first.Fault(imitation.Fault{Kind: imitation.Status500, Times: imitation.Always})
				w.wantAnswer(a, w.send(a))
				if r := w.records(1)[0]; len(r.Attempts) != 2 || r.Attempts[0].Via != protocol.None || r.Attempts[1].Via != u.proto {
					t.Errorf("attempts: %+v", r.Attempts)
				}
			})
		}
	}
}

// A vendor that does not serve one protocol is asked over the next at once: no client is told of it, and later ones are not held up by it.
func TestLaneBLackedProtocol(t *testing.T) {
	serves := map[protocol.Protocol]imitation.Op{protocol.OpenAIChat: imitation.OpChat, protocol.OpenAIResponses: imitation.OpResponses}
	for via, op := range serves {
		for _, a := range asks() {
			if a.proto == via || a.proto == protocol.Gemini && via == protocol.OpenAIChat {
				continue // these ask for it first
			}
			t.Run(fmt.Sprintf("%s at %s", a, via), func(t *testing.T) {
				t.Parallel()
				v := vendor(t, imitation.OpenAI, "A", imitation.Only(op))
				w := newWorld(t, []*imitation.Vendor{v})
				wants := 2
				if a.proto == protocol.Anthropic && via == protocol.OpenAIResponses {
					wants = 1
				}
				for i, attempts := range []int{wants, 1} {
					w.wantAnswer(a, w.send(a.of("gpt-4o")))
					if r := w.records(i + 1)[i]; len(r.Attempts) != attempts || r.Attempts[attempts-1].Via != via {
						t.Errorf("request %d: attempts %+v", i+1, r.Attempts)
					}
				}
			})
		}
	}
}

// What the nearest protocol cannot say is said over another, where the account serves it: Responses has one answer to a request, and is nearer.
func TestLaneBSaidOverAnother(t *testing.T) {
	v := vendor(t, imitation.Gemini, "A")
	w := newWorld(t, []*imitation.Vendor{v}, func(_ *gateway.Options, s *snapshot.Snapshot) {
		for i := range s.Deployments {
			s.Deployments[i].Protocols = protocol.SetOf(protocol.OpenAIResponses, protocol.Gemini)
		}
	})
	a := asks()[0].of("gemini-2.5-flash")
	a.body["n"] = 2
	if got := w.send(a); got.status != 200 || len(v.Calls()) != 1 || !strings.Contains(string(v.Calls()[0].Body), `"candidateCount":2`) {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Where no protocol of the account will do, the client is told what its request says that cannot be said, and not that a path is missing;
// but where another account could have said it, what that one answered.
func TestLaneBUnsaid(t *testing.T) {
	one, other := vendor(t, imitation.OpenAI, "A", imitation.Only(imitation.OpResponses)), vendor(t, imitation.OpenAI, "B", imitation.Only(imitation.OpChat))
	for _, c := range []struct {
		vendors []*imitation.Vendor
		status  int
		says    string
	}{{[]*imitation.Vendor{one}, 400, `\"n\"`}, {[]*imitation.Vendor{one, other}, 500, "had an error"}} {
		other.Fault(imitation.Fault{Kind: imitation.Status500, Times: imitation.Always})
		w := newWorld(t, c.vendors)
		a := asks()[0]
		a.body["n"] = 2
		if got := w.send(a); got.status != c.status || !strings.Contains(got.body, c.says) {
			t.Errorf("%d accounts: %d %s", len(c.vendors), got.status, got.body)
		}
	}
}

// SDKs show the name of a request, above all of one that failed: it is the ledger's where no vendor's own answer is passed on.
func TestLaneBNamesTheRequest(t *testing.T) {
	v := vendor(t, imitation.Gemini, "A")
	w := newWorld(t, []*imitation.Vendor{v})
	names := map[protocol.Protocol]string{protocol.OpenAIChat: "X-Request-Id", protocol.OpenAIResponses: "X-Request-Id", protocol.Anthropic: "Request-Id"}
	for _, a := range asks() {
		name := names[a.proto]
		if name == "" {
			continue
		}
		for _, model := range []string{"gemini-2.5-flash", "no-such-model"} {
			if h := w.send(a.of(model)).header; h.Get(name) == "" || h.Get(name) != h.Get("X-Metapi-Request-Id") {
				t.Errorf("%v, %s: %v", a, model, h)
			}
		}
	}
}

// Anthropic's SDK has the vendor keep the conversation, where it runs tools itself. No other vendor can, and it is told so by the codes at
// which it sends the whole conversation.
func TestLaneBThread(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "A")
	w := newWorld(t, []*imitation.Vendor{v})
	for _, a := range asks() {
		if a.proto != protocol.Anthropic {
			continue
		}
		for _, c := range []struct {
			thread map[string]any
			status int
			code   string
		}{
			{map[string]any{"type": "create"}, 400, "thread_unsupported_request"},
			{map[string]any{"type": "continue", "previous_message_id": "msg_1"}, 404, "thread_not_found"},
		} {
			a := a.of("gpt-4o")
			a.body["thread"] = c.thread
			got := w.send(a)
			if got.status != c.status || !strings.Contains(got.body, `"details":{"error_code":"`+c.code+`"}`) || len(v.Calls()) != 0 {
				t.Errorf("%v, %v: %d %s", a, c.thread, got.status, got.body)
			}
		}
	}
}

// upstreamModel is the model that [asks] ask a vendor for.
func upstreamModel(kind imitation.Kind) string {
	return map[imitation.Kind]string{imitation.OpenAI: "gpt-4o", imitation.Anthropic: "claude-sonnet-4-5", imitation.Gemini: "gemini-2.5-flash"}[kind]
}

// bothOffer has name mean the first account's model of that name, and the second's model other.
func bothOffer(s *snapshot.Snapshot, name, other string) *catalog.Index {
	var entries []catalog.Entry
	for i, d := range s.Deployments {
		if d.Order == 0 && d.Upstream == name || d.Order == 1 && d.Upstream == other {
			entries = append(entries, catalog.Entry{Ref: int32(i), Account: d.Account.Slug, Name: name})
		}
	}
	return catalog.NewIndex(entries, nil)
}

// A name of an account and a model stands in Gemini's path with "models/" before it, and as Vercel's AI SDK writes it, without.
func TestGeminiPathOfAnAccountsModel(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "A")})
	slug := w.snap.Deployments[0].Account.Slug
	for _, a := range asks() {
		if a.proto != protocol.Gemini {
			continue
		}
		for _, prefix := range []string{"models/", ""} {
			b := a.of("gpt-4o")
			b.path = strings.Replace(b.path, "models/", prefix+slug+"/", 1)
			w.wantAnswer(b, w.send(b))
		}
	}
}

// A tool that takes free text, as Codex's apply_patch does, is a function to upstreams that have no such tools, and text again to
// the client.
func TestLaneBCustomTools(t *testing.T) {
	const patch = "*** Begin Patch\n*** Update File: größe.go\n-\"a\"\n+\"b\"\n*** End Patch"
	arguments, _ := json.Marshal(map[string]string{"input": patch})
	for _, a := range asks() {
		if a.proto != protocol.OpenAIResponses {
			continue
		}
		a.body["tools"] = []any{map[string]any{"type": "custom", "name": "apply_patch", "description": "Edits files"}}
		for _, u := range upstreams[2:] {
			t.Run(fmt.Sprintf("%s at %s", a, u.proto), func(t *testing.T) {
				v := vendor(t, u.kind, "A")
				w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
				v.Script(imitation.Reply{Calls: []imitation.Call{{Name: "apply_patch", Arguments: string(arguments)}}})
				got := w.send(a.of(u.model))
				last := got.body
				if a.stream { // the whole response is in the last event
					last = last[strings.LastIndex(last, "data: ")+len("data: "):]
				}
				var r struct {
					Response struct {
						Output []struct{ Type, Name, Input string }
					}
					Output []struct{ Type, Name, Input string }
				}
				if err := json.Unmarshal([]byte(last), &r); err != nil {
					t.Fatalf("%v: %s", err, got.body)
				}
				for _, item := range append(r.Output, r.Response.Output...) {
					if item.Type == "custom_tool_call" && item.Name == "apply_patch" && item.Input == patch {
						return
					}
				}
				t.Errorf("no such call: %s", got.body)
			})
		}
	}
}

// What the upstream's protocol cannot say is listed where leaving it out does no harm, and refused by name where it does.
func TestLaneBLosses(t *testing.T) {
	v := vendor(t, imitation.Anthropic, "A")
	w := newWorld(t, []*imitation.Vendor{v})
	a := asks()[0].of("claude-sonnet-4-5")
	a.body["seed"], a.body["prediction"], a.body["of_a_vendor"] = 7, map[string]any{"type": "content", "content": "x"}, 1
	a.body["evil\r\nX-Evil: 1"], a.body["größe"] = 1, 1
	got := w.send(a)
	w.wantAnswer(a, got)
	if dropped := got.header.Get("X-Metapi-Dropped"); dropped != "of_a_vendor, prediction, seed" || got.header.Get("X-Evil") != "" {
		t.Errorf("dropped %q, header %v", dropped, got.header)
	}
	delete(a.body, "evil\r\nX-Evil: 1")
	a.body["n"] = 3
	if got := w.send(a); got.status != 400 || !strings.Contains(got.body, `"n"`) || len(v.Calls()) != 1 {
		t.Errorf("three choices: %d %s", got.status, got.body)
	}
}

// Another vendor's reasoning, which a Responses client sends back by an id that no account has stored, binds the conversation to nobody,
// and never reaches OpenAI.
func TestLaneBReasoningComesBack(t *testing.T) {
	first, second := vendor(t, imitation.Anthropic, "A"), vendor(t, imitation.OpenAI, "B")
	w := newWorld(t, []*imitation.Vendor{first, second})
	first.Script(imitation.Reply{Thinking: "A foreign thought.", Text: "First."})
	a := asks()[1].of("claude-sonnet-4-5")
	a.body["reasoning"] = map[string]any{"effort": "high", "summary": "auto"}
	got := w.send(a)
	var reply struct{ Output []map[string]any }
	if err := json.Unmarshal([]byte(got.body), &reply); err != nil || len(reply.Output) != 2 || reply.Output[0]["type"] != "reasoning" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	reply.Output[0]["content"] = nil // as Codex writes it
	input := []any{map[string]any{"role": "user", "content": question}, reply.Output[0], reply.Output[1], map[string]any{"role": "user", "content": question}}
	for model, v := range map[string]*imitation.Vendor{"claude-sonnet-4-5": first, "gpt-5": second} {
		again := asks()[1].of(model)
		again.body["input"] = input
		w.wantAnswer(again, w.send(again))
		seen := v.Calls()
		if last := string(seen[len(seen)-1].Body); strings.Contains(last, "rs_") {
			t.Errorf("%s was sent %s", model, last)
		}
	}
}

// A conversation that goes on is marked for Claude's cache, since clients of the other protocols cannot; a single question is not, and a
// client of Anthropic's own protocol knows what it does.
func TestLaneBMarksTheCache(t *testing.T) {
	for _, a := range asks() {
		if a.stream {
			continue
		}
		for _, further := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, further %v", a, further), func(t *testing.T) {
				t.Parallel()
				v := vendor(t, imitation.Anthropic, "A")
				w := newWorld(t, []*imitation.Vendor{v})
				a := a.of("claude-sonnet-4-5")
				if further {
					said := func(role, text string) m { return m{"role": role, "content": text} }
					switch a.proto {
					case protocol.Gemini:
						said = func(role, text string) m {
							return m{"role": strings.Replace(role, "assistant", "model", 1), "parts": []any{m{"text": text}}}
						}
						a.body["contents"] = []any{said("user", "hello"), said("assistant", "hi"), said("user", question)}
					case protocol.OpenAIResponses:
						a.body["input"] = []any{said("user", "hello"), said("assistant", "hi"), said("user", question)}
					default:
						a.body["messages"] = []any{said("user", "hello"), said("assistant", "hi"), said("user", question)}
					}
				}
				w.wantAnswer(a, w.send(a))
				sent := bodies(v)[0]
				if marked := strings.Contains(sent, "cache_control"); marked != (further && a.proto != protocol.Anthropic) {
					t.Errorf("sent %s", sent)
				}
			})
		}
	}
}
