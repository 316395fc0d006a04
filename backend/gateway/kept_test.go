package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"metapi/backend/gateway"
	"metapi/backend/kept"
	"metapi/backend/protocol"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

type obj = map[string]any

func at(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(obj)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p < 0 {
				p += len(l)
			}
			if p < 0 || p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func str(v any, path ...any) string { s, _ := at(v, path...).(string); return s }

// definitions are the vendor's own of what a client is answered.
var definitions = sync.OnceValue(func() *jsonschema.Compiler {
	raw, err := os.ReadFile("../protocol/openairesponses/testdata/responses.schema.json")
	if err != nil {
		panic(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("vendor:responses", doc); err != nil {
		panic(err)
	}
	return c
})

var compiling sync.Mutex

// wantValid checks a body against one of the vendor's definitions.
func wantValid(t *testing.T, name, body string) {
	t.Helper()
	compiling.Lock()
	schema := definitions().MustCompile("vendor:responses#/$defs/" + name)
	compiling.Unlock()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err == nil {
		err = schema.Validate(v)
	}
	if err != nil {
		t.Errorf("no valid %s: %v\n%s", name, err, body)
	}
}

// call makes a call as the client, or as another one.
func (w *world) as(key, method, path string, body any) (answer, obj) {
	w.t.Helper()
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
	}
	r, err := http.NewRequest(method, w.url+path, bytes.NewReader(raw))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	got := w.do(r)
	var o obj
	json.Unmarshal([]byte(got.body), &o)
	return got, o
}

func (w *world) call(method, path string, body any) (answer, obj) {
	w.t.Helper()
	return w.as(localKey, method, path, body)
}

// respond asks for a response that Metapi writes, and returns it as it is at the end.
func (w *world) respond(stream bool, body obj) obj {
	w.t.Helper()
	return w.reply(stream, body, wantValid)
}

// relayed is respond for one that an upstream writes, which takes its own liberties.
func (w *world) relayed(stream bool, body obj) obj {
	w.t.Helper()
	return w.reply(stream, body, func(*testing.T, string, string) {})
}

func (w *world) reply(stream bool, body obj, valid func(t *testing.T, name, body string)) obj {
	w.t.Helper()
	if stream {
		body["stream"] = true
	}
	got, o := w.call("POST", "/v1/responses", body)
	if got.status != 200 {
		w.t.Fatalf("%d %s", got.status, got.body)
	}
	if stream {
		var id string
		o, id = nil, ""
		for line := range strings.SplitSeq(got.body, "\n") {
			data, ok := strings.CutPrefix(line, "data: ")
			if !ok {
				continue
			}
			valid(w.t, "ResponseStreamEvent", data)
			var e obj
			json.Unmarshal([]byte(data), &e)
			if r, is := e["response"].(obj); is {
				if o = r; id != "" && id != str(r, "id") {
					w.t.Errorf("the id changed from %s to %s", id, str(r, "id"))
				}
				id = str(r, "id")
			}
		}
	}
	raw, _ := json.Marshal(o)
	valid(w.t, "Response", string(raw))
	if s := str(o, "status"); s != "completed" {
		w.t.Errorf("ended as %q", s)
	}
	return o
}

func outputText(o obj) string { return str(o, "output", -1, "content", 0, "text") }

var weather = []any{obj{"type": "function", "name": "get_weather", "description": "The weather in a city", "strict": false,
	"parameters": obj{"type": "object", "properties": obj{"city": obj{"type": "string"}}, "required": []any{"city"}}}}

func keepingIn(dir string, at **kept.Kept) setting {
	return func(o *gateway.Options, _ *snapshot.Snapshot) {
		*at = kept.New(kept.Options{Dir: dir})
		o.Kept = *at
	}
}

// each lane B upstream, whole and streamed.
func translated(t *testing.T, test func(t *testing.T, u upstream, stream bool)) {
	for _, u := range upstreams {
		for _, stream := range []bool{false, true} {
			if u.proto != protocol.OpenAIResponses {
				t.Run(fmt.Sprintf("%s, stream %v", u.proto, stream), func(t *testing.T) { t.Parallel(); test(t, u, stream) })
			}
		}
	}
}

// A conversation goes on by previous_response_id with any model, over its tools and over a restart.
func TestPreviousResponse(t *testing.T) {
	translated(t, func(t *testing.T, u upstream, stream bool) {
		dir := t.TempDir()
		v := vendor(t, u.kind, "A")
		var store *kept.Kept
		w := newWorld(t, []*imitation.Vendor{v}, only(u.proto), keepingIn(dir, &store))
		v.Script(imitation.Reply{Calls: []imitation.Call{{Name: "get_weather", Arguments: `{"city":"Bern"}`}}})
		v.Script(imitation.Text("It rains in Bern."))
		v.Script(imitation.Text("Take a coat."))
		first := w.respond(stream, obj{"model": u.model, "input": "How is Bern?", "tools": weather, "instructions": "Speak in rhymes."})
		callID := str(first, "output", -1, "call_id")
		second := w.respond(stream, obj{"model": u.model, "previous_response_id": first["id"], "tools": weather, "metadata": obj{"k": "v"},
			"input": []any{obj{"type": "function_call_output", "call_id": callID, "output": "rain, 7 degrees"}}})
		if outputText(second) != "It rains in Bern." || second["previous_response_id"] != first["id"] || second["instructions"] != nil {
			t.Errorf("second: %v", second)
		}
		w.stop()
		<-w.done
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}

		w = newWorld(t, []*imitation.Vendor{v}, only(u.proto), keepingIn(dir, &store))
		defer store.Close()
		third := w.respond(stream, obj{"model": u.model, "previous_response_id": second["id"], "input": "And what do I wear?"})
		if outputText(third) != "Take a coat." || third["previous_response_id"] != second["id"] {
			t.Errorf("third: %v", third)
		}
		sent := v.Calls()
		last := string(sent[len(sent)-1].Body)
		for _, said := range []string{"How is Bern?", "get_weather", "rain, 7 degrees", "It rains in Bern.", "And what do I wear?"} {
			if n := strings.Count(last, said); n == 0 || n > 1 && said != "get_weather" {
				t.Errorf("%q went to the model %d times: %s", said, strings.Count(last, said), last)
			}
		}
		if strings.Contains(last, "rhymes") || !strings.Contains(string(sent[0].Body), "rhymes") {
			t.Errorf("instructions of an earlier response went on: %s", last)
		}

		path := "/v1/responses/" + str(third, "id")
		got, o := w.call("GET", path, nil)
		wantValid(t, "Response", got.body)
		if got.status != 200 || outputText(o) != "Take a coat." {
			t.Errorf("retrieved %d %s", got.status, got.body)
		}
		got, o = w.call("GET", path+"/input_items?order=asc&limit=3", nil)
		wantValid(t, "ResponseItemList", got.body)
		if str(o, "data", 0, "content", 0, "text") != "How is Bern?" || str(o, "data", 2, "type") != "function_call_output" || o["has_more"] != true {
			t.Errorf("input items %d %s", got.status, got.body)
		}
		got, o = w.call("GET", path+"/input_items?order=asc&after="+str(o, "last_id"), nil)
		wantValid(t, "ResponseItemList", got.body)
		if str(o, "data", -1, "content", 0, "text") != "And what do I wear?" || o["has_more"] != false {
			t.Errorf("input items %d %s", got.status, got.body)
		}
		if got, _ := w.call("POST", path+"/cancel", nil); got.status != 400 || !strings.Contains(got.body, "synchronous") {
			t.Errorf("cancelled %d %s", got.status, got.body)
		}
		if got, _ := w.call("GET", path+"?stream=true", nil); got.status != 400 {
			t.Errorf("told again %d %s", got.status, got.body)
		}

		n := len(v.Calls())
		for _, stolen := range []answer{
			first2(w.as("another", "GET", path, nil)), first2(w.as("another", "DELETE", path, nil)), first2(w.as("another", "GET", path+"/input_items", nil)),
			first2(w.as("another", "POST", "/v1/responses", obj{"model": u.model, "previous_response_id": third["id"], "input": "x"})),
		} {
			wantValid(t, "ErrorResponse", stolen.body)
			if stolen.status != 404 && stolen.status != 400 || strings.Contains(stolen.body, "coat") {
				t.Errorf("another client got %d %s", stolen.status, stolen.body)
			}
		}
		got, o = w.call("DELETE", path, nil)
		if got.status != 200 || o["deleted"] != true || o["id"] != third["id"] {
			t.Errorf("deleted %d %s", got.status, got.body)
		}
		if got, _ := w.call("GET", path, nil); got.status != 404 {
			t.Errorf("after its end: %d %s", got.status, got.body)
		}
		got, o = w.call("POST", "/v1/responses", obj{"model": u.model, "previous_response_id": third["id"], "input": "x"})
		wantValid(t, "ErrorResponse", got.body)
		if got.status != 400 || str(o, "error", "code") != "previous_response_not_found" || str(o, "error", "param") != "previous_response_id" {
			t.Errorf("continued after its end: %d %s", got.status, got.body)
		}
		if len(v.Calls()) != n {
			t.Error("an upstream was asked for what is not there")
		}
	})
}

func first2(a answer, _ obj) answer { return a }

func TestStoreFalseIsNotKept(t *testing.T) {
	translated(t, func(t *testing.T, u upstream, stream bool) {
		w := newWorld(t, []*imitation.Vendor{vendor(t, u.kind, "A")}, only(u.proto))
		made := w.respond(stream, obj{"model": u.model, "input": "hush", "store": false})
		if got, _ := w.call("GET", "/v1/responses/"+str(made, "id"), nil); got.status/100 != 4 && got.status/100 != 5 {
			t.Errorf("%d %s", got.status, got.body)
		}
		kept := w.respond(stream, obj{"model": u.model, "input": "keep"})
		next := w.respond(stream, obj{"model": u.model, "input": "hush", "previous_response_id": kept["id"], "store": false})
		if next["previous_response_id"] != kept["id"] {
			t.Errorf("%v", next)
		}
		if got, _ := w.call("GET", "/v1/responses/"+str(next, "id"), nil); got.status == 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}

// What was begun with one vendor's model goes on at a vendor that speaks Responses, and on from there.
func TestThreadMovesIntoLaneA(t *testing.T) {
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprint("stream ", stream), func(t *testing.T) {
			claude, gpt := vendor(t, imitation.Anthropic, "a"), vendor(t, imitation.OpenAI, "o")
			w := newWorld(t, []*imitation.Vendor{claude, gpt})
			claude.Script(imitation.Reply{Thinking: "Hm.", Text: "One."})
			gpt.Script(imitation.Reply{Thinking: "Hm.", Text: "Two."})
			first := w.respond(stream, obj{"model": "claude-sonnet-4-5", "input": "count", "reasoning": obj{"effort": "low", "summary": "auto"}, "max_output_tokens": 9000})
			second := w.relayed(stream, obj{"model": "gpt-5", "input": "on", "previous_response_id": first["id"]})
			if outputText(second) != "Two." || second["previous_response_id"] != first["id"] || second["id"] == first["id"] {
				t.Fatalf("second: %v", second)
			}
			sent := gpt.Calls()[0]
			var body obj
			json.Unmarshal(sent.Body, &body)
			if body["store"] != false || body["previous_response_id"] != nil || strings.Contains(string(sent.Body), "_metapi_") {
				t.Errorf("sent %s", sent.Body)
			}
			third := w.relayed(stream, obj{"model": "gpt-5", "input": "on", "previous_response_id": second["id"]})
			if !strings.Contains(string(gpt.Calls()[1].Body), "encrypted_content") {
				t.Errorf("the model's reasoning did not come back to it: %s", gpt.Calls()[1].Body)
			}
			if third["previous_response_id"] != second["id"] {
				t.Errorf("third: %v", third)
			}
			w.respond(stream, obj{"model": "claude-sonnet-4-5", "input": "on", "previous_response_id": third["id"]})
			if got, _ := w.call("POST", "/v1/responses", obj{"model": "gpt-5", "input": "on", "previous_response_id": third["id"], "background": true}); got.status != 400 || !strings.Contains(got.body, "background") {
				t.Errorf("in the background: %d %s", got.status, got.body)
			}
			got, o := w.call("GET", "/v1/responses/"+str(third, "id"), nil)
			if got.status != 200 || o["id"] != third["id"] {
				t.Errorf("retrieved %d %s", got.status, got.body)
			}
		})
	}
}

// Items that the client names by their ids, as some SDKs do with what is stored, are put in their places.
func TestItemReferences(t *testing.T) {
	v := vendor(t, imitation.Anthropic, "a")
	w := newWorld(t, []*imitation.Vendor{v})
	v.Script(imitation.Text("A long answer."))
	made := w.respond(false, obj{"model": "claude-sonnet-4-5", "input": "one"})
	next := w.respond(false, obj{"model": "claude-sonnet-4-5", "input": []any{obj{"role": "user", "content": "one"},
		obj{"type": "item_reference", "id": str(made, "output", 0, "id")}, obj{"role": "user", "content": "two"}}})
	if sent := string(v.Calls()[1].Body); !strings.Contains(sent, "A long answer.") || next["previous_response_id"] != nil {
		t.Errorf("sent %s", sent)
	}
	gpt := vendor(t, imitation.OpenAI, "o")
	both := newWorld(t, []*imitation.Vendor{v, gpt})
	made = both.respond(false, obj{"model": "claude-sonnet-4-5", "input": "one"})
	both.relayed(false, obj{"model": "gpt-4o", "store": false, "input": []any{obj{"type": "item_reference", "id": str(made, "output", 0, "id")}, obj{"role": "user", "content": "two"}}})
	if sent := string(gpt.Calls()[0].Body); !strings.Contains(sent, `"store":false`) || strings.Contains(sent, "item_reference") {
		t.Errorf("sent %s", sent)
	}
	w = both
	if got, _ := w.as("another", "POST", "/v1/responses", obj{"model": "claude-sonnet-4-5", "input": []any{obj{"type": "item_reference", "id": str(made, "output", 0, "id")}}}); got.status < 400 || strings.Contains(got.body, "A long answer.") {
		t.Errorf("another client's item: %d %s", got.status, got.body)
	}
}

func TestConversations(t *testing.T) {
	claude, gemini, gpt := vendor(t, imitation.Anthropic, "a"), vendor(t, imitation.Gemini, "g"), vendor(t, imitation.OpenAI, "o")
	w := newWorld(t, []*imitation.Vendor{claude, gemini, gpt})
	got, made := w.call("POST", "/v1/conversations", obj{"metadata": obj{"topic": "birds"}, "items": []any{obj{"role": "user", "content": "I like owls."}}})
	wantValid(t, "ConversationResource", got.body)
	path := "/v1/conversations/" + str(made, "id")
	if got, _ := w.call("POST", "/v1/conversations", nil); got.status != 200 {
		t.Errorf("an empty one: %d %s", got.status, got.body)
	}

	claude.Script(imitation.Text("Owls are nice."))
	gemini.Script(imitation.Text("They eat mice."))
	gpt.Script(imitation.Text("At night."))
	for i, ask := range []struct{ model, input string }{{"claude-sonnet-4-5", "What do you say?"}, {"gemini-2.5-flash", "What do they eat?"}, {"gpt-4o", "When?"}} {
		var conversation any = made["id"]
		if i > 0 {
			conversation = obj{"id": made["id"]}
		}
		r := w.relayed(i == 1, obj{"model": ask.model, "input": ask.input, "conversation": conversation})
		if str(r, "conversation", "id") != made["id"] {
			t.Errorf("%s answers for conversation %v", ask.model, r["conversation"])
		}
	}
	for _, said := range []string{"I like owls.", "What do you say?", "Owls are nice.", "What do they eat?", "They eat mice.", "When?"} {
		if last := string(gpt.Calls()[0].Body); strings.Count(last, said) != 1 {
			t.Errorf("%q went to the last model %d times: %s", said, strings.Count(last, said), last)
		}
	}

	got, list := w.call("GET", path+"/items?order=asc&limit=100", nil)
	wantValid(t, "ConversationItemList", got.body)
	var said []string
	for _, it := range at(list, "data").([]any) {
		said = append(said, str(it, "content", 0, "text"))
	}
	if want := []string{"I like owls.", "What do you say?", "Owls are nice.", "What do they eat?", "They eat mice.", "When?", "At night."}; !slices.Equal(said, want) {
		t.Errorf("said %q", said)
	}
	got, list = w.call("GET", path+"/items?limit=2", nil)
	wantValid(t, "ConversationItemList", got.body)
	if str(list, "data", 0, "content", 0, "text") != "At night." || list["has_more"] != true {
		t.Errorf("the newest two: %s", got.body)
	}
	got, added := w.call("POST", path+"/items", obj{"items": []any{obj{"type": "message", "role": "assistant", "content": "So I heard."},
		obj{"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}, obj{"type": "function_call_output", "call_id": "c1", "output": "done"},
		obj{"role": "user", "content": []any{obj{"type": "input_image", "image_url": "https://images.example/owl.png"}}}}})
	wantValid(t, "ConversationItemList", got.body)
	item := path + "/items/" + str(added, "data", 0, "id")
	got, one := w.call("GET", item, nil)
	wantValid(t, "ConversationItem", got.body)
	if str(one, "content", 0, "text") != "So I heard." {
		t.Errorf("one item: %s", got.body)
	}
	got, _ = w.call("DELETE", item, nil)
	wantValid(t, "ConversationResource", got.body)
	if got, _ := w.call("GET", item, nil); got.status != 404 {
		t.Errorf("a deleted item: %d", got.status)
	}
	got, o := w.call("POST", path, obj{"metadata": obj{"topic": "mice"}})
	wantValid(t, "ConversationResource", got.body)
	if str(o, "metadata", "topic") != "mice" || o["created_at"] != made["created_at"] {
		t.Errorf("described: %s", got.body)
	}

	for _, no := range []struct {
		key, method, path string
		body              any
		status            int
	}{
		{"another", "GET", path, nil, 404}, {"another", "DELETE", path, nil, 404}, {"another", "GET", path + "/items", nil, 404},
		{"another", "POST", path + "/items", obj{"items": []any{}}, 404}, {"another", "GET", item, nil, 404}, {"another", "DELETE", item, nil, 404},
		{"another", "POST", path, obj{"metadata": obj{}}, 404},
		{"another", "POST", "/v1/responses", obj{"model": "gpt-4o", "input": "x", "conversation": made["id"]}, 404},
		{localKey, "POST", "/v1/responses", obj{"model": "gpt-4o", "input": "x", "conversation": made["id"], "previous_response_id": "resp_metapi_x"}, 400},
		{localKey, "POST", "/v1/conversations", obj{"metadata": obj{"a": 1}}, 400},
		{localKey, "POST", "/v1/conversations", obj{"items": []any{1}}, 400},
		{localKey, "POST", "/v1/conversations", obj{"items": "x"}, 400},
		{localKey, "POST", "/v1/conversations", []any{}, 400},
		{localKey, "POST", "/v1/conversations", obj{"items": slices.Repeat([]any{obj{"role": "user", "content": "x"}}, 21)}, 400},
		{localKey, "POST", path + "/items", obj{}, 400},
		{localKey, "GET", path + "/items?limit=0", nil, 400}, {localKey, "GET", path + "/items?order=up", nil, 400}, {localKey, "GET", path + "/items?after=x", nil, 400},
		{localKey, "GET", "/v1/conversations/conv_%2e%2e", nil, 404}, {localKey, "GET", "/v1/conversations/a/b/c/d", nil, 404}, {localKey, "GET", "/v1/conversations", nil, 405},
		{localKey, "PUT", path, nil, 405},
	} {
		got, _ := w.as(no.key, no.method, no.path, no.body)
		wantValid(t, "ErrorResponse", got.body)
		if got.status != no.status || strings.Contains(got.body, "owl") {
			t.Errorf("%s %s: %d %s", no.method, no.path, got.status, got.body)
		}
	}
	got, _ = w.call("DELETE", path, nil)
	wantValid(t, "DeletedConversationResource", got.body)
	if got, _ := w.call("GET", path, nil); got.status != 404 {
		t.Errorf("after its end: %d", got.status)
	}
}

// A conversation is compacted by whichever model serves it, and any other goes on from there.
func TestCompact(t *testing.T) {
	const summary = "Goal: a bird house. Next: paint it."
	compacted := func(t *testing.T, w *world, model string) []any {
		t.Helper()
		got, o := w.call("POST", "/v1/responses/compact", obj{"model": model, "instructions": "You are a carpenter.", "input": []any{
			obj{"role": "user", "content": "Build a bird house."}, obj{"type": "function_call", "call_id": "c", "name": "saw", "arguments": `{"wood":"oak"}`},
			obj{"type": "function_call_output", "call_id": "c", "output": "sawn " + strings.Repeat("dust ", 10_000) + "the end"},
			obj{"role": "assistant", "content": "It stands."}, obj{"role": "user", "content": "Now paint it."}}})
		wantValid(t, "CompactResource", got.body)
		output, _ := o["output"].([]any)
		if got.status != 200 || len(output) != 3 || str(output, 2, "type") != "compaction" || str(output, 0, "content", 0, "text") != "Build a bird house." {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return output
	}
	for _, u := range upstreams {
		t.Run(u.proto.String(), func(t *testing.T) {
			t.Parallel()
			v := vendor(t, u.kind, "A")
			w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
			v.Script(imitation.Reply{Text: summary, Usage: &imitation.Usage{Input: 100, Output: 17}})
			output := compacted(t, w, u.model)
			calls := v.Calls()
			asked := string(calls[len(calls)-1].Body)
			for _, part := range []string{"Build a bird house.", "saw", "oak", "sawn", "the end", "It stands."} {
				if !strings.Contains(asked, part) {
					t.Errorf("%q was not told to who writes the summary: %s", part, asked)
				}
			}
			if len(asked) > 30_000 || strings.Contains(asked, "carpenter") {
				t.Errorf("asked with %d bytes: %s", len(asked), asked)
			}
			r := w.records(1)[0]
			if r.State != routing.OK || r.Usage.Input != 100 || r.Usage.Output != 17 || r.Operation != protocol.Compact {
				t.Errorf("recorded as %+v", r)
			}
			w.relayed(false, obj{"model": u.model, "input": append(output, obj{"role": "user", "content": "Which colour?"})})
			calls = v.Calls()
			sent := string(calls[len(calls)-1].Body)
			if !strings.Contains(sent, summary) || strings.Contains(sent, "_metapi_") || !strings.Contains(sent, "Build a bird house.") {
				t.Errorf("sent on: %s", sent)
			}
			if got, _ := w.call("POST", "/v1/responses/compact", obj{"model": u.model, "input": append(output, obj{"role": "user", "content": "again"})}); got.status != 200 {
				t.Errorf("compacted again: %d %s", got.status, got.body)
			}
			if calls = v.Calls(); !strings.Contains(string(calls[len(calls)-1].Body), summary) {
				t.Error("a second summary does not know the first")
			}
			v.Script(imitation.Reply{Refusal: "I will not."})
			if u.kind == imitation.OpenAI {
				if got, _ := w.call("POST", "/v1/responses/compact", obj{"model": u.model, "input": "x"}); got.status < 500 {
					t.Errorf("without a summary: %d %s", got.status, got.body)
				}
			}
		})
	}
	t.Run("by the vendor itself", func(t *testing.T) {
		first, second := vendor(t, imitation.OpenAI, "1", imitation.WithCompaction()), vendor(t, imitation.OpenAI, "2", imitation.WithCompaction())
		w := newWorld(t, []*imitation.Vendor{first, second})
		first.Fault(imitation.Fault{Kind: imitation.Status500})
		output := compacted(t, w, "gpt-4o")
		if calls := second.Calls(); len(calls) != 1 || calls[0].Path != "/v1/responses/compact" || strings.Contains(str(output, 2, "encrypted_content"), "metapi") {
			t.Errorf("%v", calls)
		}
		if r := w.records(1)[0]; r.Usage.Input != 90 || r.Usage.Output != 30 {
			t.Errorf("recorded as %+v", r.Usage)
		}
		w.live.ClearAccount("acc_0")
		w.relayed(false, obj{"model": "gpt-4o", "input": append(output, obj{"role": "user", "content": "go on"})})
		if len(second.Calls()) != 2 {
			t.Error("the account that can read it was not asked")
		}
	})
	t.Run("of what is kept", func(t *testing.T) {
		v := vendor(t, imitation.Anthropic, "A")
		w := newWorld(t, []*imitation.Vendor{v})
		made := w.respond(false, obj{"model": "claude-sonnet-4-5", "input": "Remember the owl."})
		v.Script(imitation.Text(summary))
		if got, _ := w.call("POST", "/v1/responses/compact", obj{"model": "claude-sonnet-4-5", "previous_response_id": made["id"]}); got.status != 200 {
			t.Errorf("%d %s", got.status, got.body)
		}
		if sent := string(v.Calls()[1].Body); !strings.Contains(sent, "Remember the owl.") {
			t.Errorf("%s", sent)
		}
		if got, o := w.call("POST", "/v1/responses/input_tokens", obj{"model": "claude-sonnet-4-5", "input": "x", "previous_response_id": made["id"]}); got.status != 200 || o["input_tokens"] == nil {
			t.Errorf("counted: %d %s", got.status, got.body)
		}
	})
}

// Codex asks for a compaction within a response, by an item at its end.
func TestCompactionTrigger(t *testing.T) {
	translated(t, func(t *testing.T, u upstream, stream bool) {
		v := vendor(t, u.kind, "A")
		w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
		v.Script(imitation.Text("They want an owl."))
		made := w.respond(stream, obj{"model": u.model, "tools": weather, "input": []any{obj{"role": "user", "content": "An owl!"}, obj{"type": "compaction_trigger"}}})
		output := at(made, "output").([]any)
		if len(output) != 1 || str(output, 0, "type") != "compaction" || str(output, 0, "encrypted_content") == "" {
			t.Fatalf("%v", made)
		}
		for _, next := range []obj{{"model": u.model, "input": append(output, obj{"role": "user", "content": "Where?"})},
			{"model": u.model, "previous_response_id": made["id"], "input": "Where?"}} {
			w.respond(stream, next)
			calls := v.Calls()
			if sent := string(calls[len(calls)-1].Body); !strings.Contains(sent, "They want an owl.") || strings.Contains(sent, "An owl!") || strings.Contains(sent, "_metapi_") {
				t.Errorf("sent on: %s", sent)
			}
		}
		if got, _ := w.call("POST", "/v1/responses", obj{"model": u.model, "input": []any{obj{"type": "compaction_trigger"}, obj{"role": "user", "content": "x"}}}); got.status != 400 {
			t.Errorf("not at the end: %d %s", got.status, got.body)
		}
	})
}

// Calls about what an account keeps go to that account.
func TestForeignResponses(t *testing.T) {
	first, second := vendor(t, imitation.OpenAI, "first"), vendor(t, imitation.OpenAI, "second")
	w := newWorld(t, []*imitation.Vendor{first, second})
	first.Fault(imitation.Fault{Kind: imitation.Status500})
	made := w.relayed(false, obj{"model": "gpt-4o", "input": []any{obj{"role": "user", "content": "mine"}}})
	w.records(1)
	w.live.ClearAccount("acc_0")
	path := "/v1/responses/" + str(made, "id")
	if got, o := w.call("GET", path+"/input_items", nil); got.status != 200 || str(o, "data", 0, "content") != "mine" {
		t.Errorf("input items: %d %s", got.status, got.body)
	}
	if got, o := w.call("DELETE", path, nil); got.status != 200 || o["deleted"] != true {
		t.Errorf("deleted: %d %s", got.status, got.body)
	}
	if got, _ := w.call("GET", path, nil); got.status != 404 {
		t.Errorf("after its end: %d %s", got.status, got.body)
	}
	if n := len(first.Calls()); n != 1 {
		t.Errorf("the account that does not have it was asked %d times", n-1)
	}
	n := len(second.Calls())
	w.call("POST", "/v1/responses", obj{"model": "gpt-4o", "previous_response_id": made["id"], "input": []any{obj{"of_a_later_year": true}}})
	if len(second.Calls()) != n+1 {
		t.Error("what only its account can judge was not sent there")
	}
}

// Off, no reply is kept, and what was kept is not there.
func TestKeepingNothing(t *testing.T) {
	v := vendor(t, imitation.Anthropic, "A")
	var store *kept.Kept
	w := newWorld(t, []*imitation.Vendor{v}, keepingIn(t.TempDir(), &store))
	defer store.Close()
	before := w.respond(false, obj{"model": "claude-sonnet-4-5", "input": "x"})
	store.Switch(false)
	after := w.respond(false, obj{"model": "claude-sonnet-4-5", "input": "x"})
	for _, made := range []obj{before, after} {
		if got, _ := w.call("GET", "/v1/responses/"+str(made, "id"), nil); got.status == 200 {
			t.Errorf("%s", got.body)
		}
	}
	if got, _ := w.call("POST", "/v1/conversations", obj{}); got.status != 404 {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestHostileIDs(t *testing.T) {
	v := vendor(t, imitation.Anthropic, "A")
	w := newWorld(t, []*imitation.Vendor{v})
	for _, id := range []string{"resp_metapi_", "resp_metapi_../../x", "resp_metapi_\x00", "resp_metapi_" + strings.Repeat("a", 100_000), "resp_metapi_\u2028\"}", "conv_metapi_r/"} {
		for _, body := range []obj{{"previous_response_id": id}, {"conversation": id}, {"conversation": obj{"id": id}}, {"input": []any{obj{"type": "item_reference", "id": id}}}} {
			body["model"] = "claude-sonnet-4-5"
			if body["input"] == nil {
				body["input"] = "x"
			}
			got, _ := w.call("POST", "/v1/responses", body)
			if got.status < 400 || len(got.body) > 2000 {
				t.Errorf("%.40q: %d, %d bytes", id, got.status, len(got.body))
			}
		}
	}
	if len(v.Calls()) != 0 {
		t.Error("an upstream was asked")
	}
}

// Many turns at once, each found by the next at once.
func TestKeptInParallel(t *testing.T) {
	v := vendor(t, imitation.Anthropic, "A")
	w := newWorld(t, []*imitation.Vendor{v})
	_, thread := w.call("POST", "/v1/conversations", obj{})
	var all sync.WaitGroup
	for n := range 6 {
		all.Go(func() {
			var before any
			for i := range 5 {
				body := obj{"model": "claude-sonnet-4-5", "input": fmt.Sprintf("turn %d of %d", i, n)}
				if before != nil {
					body["previous_response_id"] = before
				}
				made := w.respond(i%2 == 0, body)
				before = made["id"]
			}
			w.respond(true, obj{"model": "claude-sonnet-4-5", "input": fmt.Sprint("all ", n), "conversation": thread["id"]})
			if _, list := w.call("GET", fmt.Sprintf("/v1/responses/%s/input_items?limit=100", before), nil); len(at(list, "data").([]any)) != 9 {
				t.Errorf("%v", list)
			}
		})
	}
	all.Wait()
	if _, list := w.call("GET", fmt.Sprintf("/v1/conversations/%s/items?limit=100", thread["id"]), nil); len(at(list, "data").([]any)) != 12 {
		t.Errorf("%v", list)
	}
}

// A server that speaks Responses and keeps nothing is found out by the first request that goes on from one of its own. From then on
// what it answers is kept here.
func TestForgetfulUpstream(t *testing.T) {
	for _, stream := range []bool{false, true} {
		t.Run(fmt.Sprint("stream ", stream), func(t *testing.T) {
			v := vendor(t, imitation.OpenAI, "A", imitation.WithoutStore())
			w := newWorld(t, []*imitation.Vendor{v})
			first := w.relayed(stream, obj{"model": "gpt-4o", "input": "one"})
			if got, _ := w.call("POST", "/v1/responses", obj{"model": "gpt-4o", "input": "two", "previous_response_id": first["id"]}); got.status != 400 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			first = w.relayed(stream, obj{"model": "gpt-4o", "input": "one"})
			second := w.relayed(stream, obj{"model": "gpt-4o", "input": "two", "previous_response_id": first["id"]})
			calls := v.Calls()
			if sent := string(calls[len(calls)-1].Body); !strings.Contains(sent, "one") || second["previous_response_id"] != first["id"] {
				t.Errorf("sent %s", sent)
			}
			hushed := w.relayed(stream, obj{"model": "gpt-4o", "input": "one", "store": false})
			if got, _ := w.call("GET", "/v1/responses/"+str(hushed, "id"), nil); got.status == 200 {
				t.Errorf("kept all the same: %s", got.body)
			}
		})
	}
}
