package gateway_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/build/imitation"
)

// picture is a PNG of 1,024 by 1,024 pixels, by what its head says.
const picture = "iVBORw0KGgoAAAANSUhEUgAABAAAAAQACAIAAADwf7zUAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"

const instruction = "You measure whatever is shown to you."

// countAsks ask in each protocol for a count: of a plain question, and of one with a system prompt, a picture and a tool that was called.
func countAsks(rich bool) []ask {
	schema := map[string]any{"type": "object", "properties": map[string]any{"unit": map[string]any{"type": "string", "description": "meters or miles"}}, "required": []any{"unit"}}
	args := map[string]any{"unit": "meters"}
	raw := `{"unit":"meters"}`
	responses := map[string]any{"model": "gpt-4o", "input": question}
	messages := map[string]any{"model": "claude-sonnet-4-5", "messages": []any{map[string]any{"role": "user", "content": question}}}
	contents := map[string]any{"contents": []any{map[string]any{"role": "user", "parts": []any{map[string]any{"text": question}}}}}
	if rich {
		responses["instructions"] = instruction
		responses["input"] = []any{
			map[string]any{"role": "user", "content": []any{map[string]any{"type": "input_text", "text": question},
				map[string]any{"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64," + picture}}},
			map[string]any{"type": "function_call", "call_id": "call_1", "name": "measure", "arguments": raw},
			map[string]any{"type": "function_call_output", "call_id": "call_1", "output": "12"}}
		responses["tools"] = []any{map[string]any{"type": "function", "name": "measure", "description": "Measures it", "parameters": schema, "strict": false}}

		messages["system"] = instruction
		messages["messages"] = []any{
			map[string]any{"role": "user", "content": []any{map[string]any{"type": "text", "text": question},
				map[string]any{"type": "image", "source": map[string]any{"type": "base64", "media_type": "image/png", "data": picture}}}},
			map[string]any{"role": "assistant", "content": []any{map[string]any{"type": "tool_use", "id": "toolu_1", "name": "measure", "input": args}}},
			map[string]any{"role": "user", "content": []any{map[string]any{"type": "tool_result", "tool_use_id": "toolu_1", "content": "12"}}}}
		messages["tools"] = []any{map[string]any{"name": "measure", "description": "Measures it", "input_schema": schema}}

		contents = map[string]any{"generateContentRequest": map[string]any{"model": "models/gemini-2.5-flash",
			"systemInstruction": map[string]any{"parts": []any{map[string]any{"text": instruction}}},
			"contents": []any{
				map[string]any{"role": "user", "parts": []any{map[string]any{"text": question}, map[string]any{"inlineData": map[string]any{"mimeType": "image/png", "data": picture}}}},
				map[string]any{"role": "model", "parts": []any{map[string]any{"functionCall": map[string]any{"name": "measure", "args": args}}}},
				map[string]any{"role": "user", "parts": []any{map[string]any{"functionResponse": map[string]any{"name": "measure", "response": map[string]any{"output": "12"}}}}}},
			"tools": []any{map[string]any{"functionDeclarations": []any{map[string]any{"name": "measure", "description": "Measures it", "parameters": schema}}}}}}
	}
	return []ask{
		{imitation.OpenAI, protocol.OpenAIResponses, "/v1/responses/input_tokens", false, responses},
		{imitation.Anthropic, protocol.Anthropic, "/v1/messages/count_tokens", false, messages},
		{imitation.Gemini, protocol.Gemini, "/v1beta/models/gemini-2.5-flash:countTokens", false, contents},
	}
}

// figure reads an answer as the vendor of a's protocol documents it.
func figure(a ask, got answer) (n int64, estimated bool, err error) {
	var count struct {
		Object string `json:"object"`
		Input  int64  `json:"input_tokens"`
		Total  int64  `json:"totalTokens"`
	}
	if err := json.Unmarshal([]byte(got.body), &count); err != nil || got.status != http.StatusOK || got.header.Get("Content-Type") == "" {
		return 0, false, fmt.Errorf("%d %s (%v)", got.status, got.body, err)
	}
	n = count.Input
	if a.proto == protocol.Gemini {
		n = count.Total
	}
	if n < 1 || (a.proto == protocol.OpenAIResponses) != (count.Object == "response.input_tokens") {
		err = fmt.Errorf("not that vendor's answer: %s", got.body)
	}
	return n, got.header.Get("X-Metapi-Estimated") == "tokens", err
}

// onlyCounts checks that v was asked for counts alone, which are free.
func onlyCounts(t *testing.T, v *imitation.Vendor) {
	t.Helper()
	for _, c := range v.Calls() {
		if c.Op != imitation.OpCount {
			t.Errorf("%s was asked for %s, which costs money", v.Kind, c.Op)
		}
	}
}

// Tokens are counted for models of any protocol: by their vendor where it can, else by an estimate that says it is one, and never by a call
// that costs money.
func TestCounts(t *testing.T) {
	for _, u := range upstreams {
		for _, rich := range []bool{false, true} {
			for _, a := range countAsks(rich) {
				t.Run(fmt.Sprintf("%s at %s, rich %v", a, u.proto, rich), func(t *testing.T) {
					t.Parallel()
					v := vendor(t, u.kind, "A")
					w := newWorld(t, []*imitation.Vendor{v}, only(u.proto))
					a := a.of(u.model)
					got := w.send(a)
					n, estimated, err := figure(a, got)
					if err != nil {
						t.Fatal(err)
					}
					calls := v.Calls()
					if u.proto == protocol.OpenAIChat {
						if !estimated || len(calls) != 0 {
							t.Errorf("estimated: %v, after %d calls", estimated, len(calls))
						}
						// A question takes some ten tokens; with an instruction, a tool, and a picture of 765 at GPT-4o, about 850.
						if least, most := int64(8), int64(16); !rich && (n < least || n > most) {
							t.Errorf("%d tokens", n)
						}
						if least, most := int64(800), int64(900); rich && (n < least || n > most) {
							t.Errorf("%d tokens", n)
						}
					} else {
						if estimated || len(calls) != 1 || calls[0].Status != http.StatusOK {
							t.Fatalf("estimated: %v, after %+v", estimated, calls)
						}
						// The imitation counts what it was sent: nothing may be missing from it.
						if size := int64(len(calls[0].Body)); n < size/4-60 || n > size/4+1 {
							t.Errorf("%d tokens of %d bytes", n, size)
						}
						if sent := string(calls[0].Body); rich && (!strings.Contains(sent, instruction) || !strings.Contains(sent, "Measures it") || !strings.Contains(sent, picture)) {
							t.Errorf("sent without instruction, tool or picture: %s", sent)
						}
					}
					onlyCounts(t, v)
					if r := w.records(1)[0]; !r.Usage.Zero() || r.Cost.USD != 0 || r.State != "ok" || r.Operation != protocol.CountTokens {
						t.Errorf("booked %+v, %+v as %s %s", r.Usage, r.Cost, r.State, r.Operation)
					}
				})
			}
		}
	}
}

// Whatever goes wrong with a count, the client has an estimate within a moment, the vendor is not asked again at once, and its health for
// replies is what it was.
func TestCountsFail(t *testing.T) {
	for _, kind := range []imitation.FaultKind{imitation.Custom, imitation.Status404, imitation.Status401, imitation.Status429, imitation.Status500, imitation.HTMLWall,
		imitation.ErrorIn200, imitation.EmptyBody, imitation.StallHeaders, imitation.StallBody, imitation.TruncatedJSON, imitation.ResetHeaders, imitation.Redirect307} {
		for _, c := range []struct {
			a  ask
			to upstream
		}{{countAsks(false)[1], upstreams[2]}, {countAsks(false)[0], upstreams[3]}} { // lane A, lane B
			t.Run(fmt.Sprintf("%s, %s at %s", kind, c.a, c.to.proto), func(t *testing.T) {
				t.Parallel()
				v := vendor(t, c.to.kind, "A")
				w := newWorld(t, []*imitation.Vendor{v}, only(c.to.proto))
				gateway.SetCount(w.gateway, 300*time.Millisecond)
				v.Fault(imitation.Fault{Kind: kind, On: imitation.OpCount, Times: 9, Status: map[bool]int{true: http.StatusMethodNotAllowed}[kind == imitation.Custom], Body: map[bool]string{true: "method not allowed"}[kind == imitation.Custom]})
				a := c.a.of(c.to.model)
				for range 2 {
					began := time.Now()
					if n, estimated, err := figure(a, w.send(a)); err != nil || !estimated || n < 5 || n > 20 {
						t.Errorf("%d, estimated %v: %v", n, estimated, err)
					}
					if took := time.Since(began); took > 5*time.Second {
						t.Errorf("took %v", took)
					}
				}
				if n := len(v.Calls()); n != 1 {
					t.Errorf("asked %d times", n)
				}
				onlyCounts(t, v)
				for _, r := range w.records(2) {
					if r.State != "ok" || !r.Usage.Zero() {
						t.Errorf("booked as %s, %+v", r.State, r.Usage)
					}
				}
				for _, b := range asks() {
					if b.proto == c.to.proto && !b.stream {
						w.wantAnswer(b, w.send(b.of(c.to.model)))
					}
				}
			})
		}
	}
}

// The second account is asked where the first cannot count: over its own protocol, and for nothing.
func TestCountsFailOver(t *testing.T) {
	for _, a := range countAsks(true) {
		first, second := vendor(t, imitation.OpenAI, "A"), vendor(t, imitation.Anthropic, "B")
		w := newWorld(t, []*imitation.Vendor{first, second})
		w.snap.Names = bothOffer(w.snap, "gpt-4o", "claude-sonnet-4-5")
		first.Fault(imitation.Fault{Kind: imitation.Status503, On: imitation.OpCount})
		_, estimated, err := figure(a, w.send(a.of("gpt-4o")))
		if err != nil || estimated || len(second.Calls()) != 1 {
			t.Errorf("%s: estimated %v: %v, with %d calls at the second", a, estimated, err, len(second.Calls()))
		}
		onlyCounts(t, first)
		onlyCounts(t, second)
	}
}

// What is wrong with the client's own words is said, not estimated; so is that nobody knows a model, and that a part of the prompt is at an
// upstream that cannot be asked.
func TestCountsThatNobodyCanGuess(t *testing.T) {
	v := vendor(t, imitation.Anthropic, "A")
	w := newWorld(t, []*imitation.Vendor{v})
	a := countAsks(false)[1]
	a.body["max_tokens"] = 100 // not a member of a count
	if got := w.send(a); got.status != 400 || !strings.Contains(got.body, "max_tokens") {
		t.Errorf("a member that the vendor refuses: %d %s", got.status, got.body)
	}
	for _, a := range countAsks(false) {
		if got := w.send(a.of("nobody-has-this")); got.status != 404 {
			t.Errorf("%s, unknown model: %d %s", a, got.status, got.body)
		}
	}
	a = countAsks(false)[0].of("claude-sonnet-4-5")
	a.body["previous_response_id"] = "resp_elsewhere"
	if got := w.send(a); got.status/100 != 4 && got.status/100 != 5 {
		t.Errorf("a prompt that lies elsewhere: %d %s", got.status, got.body)
	}
	onlyCounts(t, v)
}

// A vendor's figures for earlier prompts correct the estimates for its models.
func TestCountsLearn(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "A")
	w := newWorld(t, []*imitation.Vendor{v}, only(protocol.OpenAIChat))
	a := asks()[0]
	long := strings.Repeat("The quick brown fox measures how large the lazy dog is. ", 20)
	a.body["messages"] = []any{map[string]any{"role": "user", "content": long}}
	count := countAsks(false)[1].of("gpt-4o")
	count.body["messages"] = a.body["messages"]
	before, _, err := figure(count, w.send(count))
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		v.Script(imitation.Reply{Text: "Large.", Usage: &imitation.Usage{Input: int(before) * 3 / 2, Output: 3}})
		if got := w.send(a); got.status != 200 {
			t.Fatal(got.body)
		}
	}
	w.records(11)
	after, estimated, err := figure(count, w.send(count))
	if err != nil || !estimated || math.Abs(float64(after)/float64(before)-1.4) > .11 {
		t.Errorf("estimated %d before, %d after ten figures half as large again: %v", before, after, err)
	}
}

// Where an upstream tells no usage, it is estimated in the language of the prompt, and the books say that it is.
func TestEstimatedUsage(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		prompt, output [2]int64
	}{
		{"English", strings.Repeat("How large is it, and how much larger than the other? ", 40), [2]int64{450, 650}, [2]int64{150, 260}},
		{"Chinese", strings.Repeat("它有多大，比另一个大多少？", 40), [2]int64{280, 520}, [2]int64{150, 300}},
	} {
		v := vendor(t, imitation.OpenAI, "A")
		w := newWorld(t, []*imitation.Vendor{v}, only(protocol.OpenAIChat))
		a := asks()[0]
		a.body["messages"] = []any{map[string]any{"role": "user", "content": c.text}}
		reply, _ := json.Marshal(c.text[:len(c.text)/2/39*39])
		v.Fault(imitation.Fault{Kind: imitation.Custom, Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
			Body: `{"id":"c","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":` + string(reply) + `}}]}`})
		if got := w.send(a); got.status != 200 {
			t.Fatal(got.body)
		}
		u := w.records(1)[0].Usage
		if !u.Estimated || u.Input < c.prompt[0] || u.Input > c.prompt[1] || u.Output < c.output[0] || u.Output > c.output[1] {
			t.Errorf("%s: booked %+v", c.name, u)
		}
	}
}
