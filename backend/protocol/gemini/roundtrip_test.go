package gemini

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/sse"
	"metapi/build/imitation"
)

func TestRequestsComeThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := generatedRequest(t)
		body, lost, err := Codec{}.EncodeRequest(r, conv.Target{Model: r.Model})
		if err != nil || len(lost) > 0 {
			t.Fatalf("%v %v\n%s", err, lost, show(r))
		}
		got, err := Codec{}.DecodeRequest(body, conv.Asked{Model: r.Model})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range []*conv.Request{r, got} {
			for i := range q.Tools { // the schema means the same, whatever its white space
				var v any
				if err := json.Unmarshal(q.Tools[i].Schema, &v); err != nil {
					t.Fatal(err)
				}
				q.Tools[i].Schema, _ = json.Marshal(v)
			}
		}
		if !reflect.DeepEqual(got, r) {
			t.Fatalf("got  %s\nwant %s\nbody %s", show(got), show(r), body)
		}
	})
}

func TestRepliesComeThrough(t *testing.T) {
	asked := &conv.Request{Reasoning: conv.Reasoning{Show: ptr(true)}}
	rapid.Check(t, func(t *rapid.T) {
		r := generatedReply(t)
		body, err := Codec{}.EncodeReply(r, asked)
		if err != nil {
			t.Fatal(err)
		}
		valid(t, body)
		got, err := Codec{}.DecodeReply(body)
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Fatalf("%v\ngot  %s\nwant %s\nbody %s", err, show(got), show(r), body)
		}
	})
}

func TestStreamsComeThrough(t *testing.T) {
	asked := &conv.Request{Reasoning: conv.Reasoning{Show: ptr(true)}}
	rapid.Check(t, func(t *rapid.T) {
		r := generatedReply(t)
		chunks, failed := datas(t, write(asked, eventsOf(r)...))
		if failed != nil {
			t.Fatalf("%s", failed)
		}
		reader := Codec{}.NewReader()
		var events []conv.Event
		for _, c := range chunks {
			valid(t, c)
			some, err := reader.Read(nil, c)
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, some...)
		}
		rest, err := reader.End()
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, rest...)
		if problem := ungrammatical(events); problem != "" {
			t.Fatalf("%s\n%s", problem, show(events))
		}
		if got := conv.Gather(events); !reflect.DeepEqual(got, r) {
			t.Fatalf("got  %s\nwant %s\nstream %s", show(got), show(r), chunks)
		}
	})
}

// ungrammatical says what is wrong with the order of a whole stream's events.
func ungrammatical(events []conv.Event) string {
	open := map[int]bool{}
	finished := map[int]bool{}
	for i, e := range events {
		switch e := e.(type) {
		case *conv.Start:
			if i != 0 {
				return "a start that is not first"
			}
		case *conv.PartStart:
			if open[e.Choice] || finished[e.Choice] {
				return "a part within a part, or after the end"
			}
			open[e.Choice] = true
		case *conv.Delta:
			if !open[e.Choice] {
				return "a delta of no part"
			}
		case *conv.PartEnd:
			if !open[e.Choice] {
				return "an end of no part"
			}
			open[e.Choice] = false
		case *conv.Finished:
			if open[e.Choice] || finished[e.Choice] {
				return "a part that is open at the end, or two ends"
			}
			finished[e.Choice] = true
		}
	}
	return ""
}

// post sends a body to the imitation as a client does.
func post(t tester, v *imitation.Vendor, client *http.Client, model, method string, body []byte) (int, []byte) {
	t.Helper()
	req, err := http.NewRequest("POST", v.URL+"/v1beta/models/"+model+":"+method, bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%v", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Goog-Api-Key", v.Key)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return resp.StatusCode, got
}

func newImitation(t *testing.T, models ...string) (*imitation.Vendor, *http.Client) {
	v := imitation.New(t, imitation.Gemini, imitation.WithModels(models...))
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return v, &http.Client{Transport: tr}
}

// What other protocols' clients ask is put by the vendor's strict rules for each generation of models, or refused by us.
func TestRequestsAreTakenByTheVendor(t *testing.T) {
	models := []string{"gemini-2.0-flash", "gemini-2.5-pro", "gemini-3.1-pro-preview", "gemini-3-flash-preview"}
	v, client := newImitation(t, models...)
	rapid.Check(t, func(t *rapid.T) {
		r := generatedRequest(t)
		for i := range r.Messages { // signatures here are not the imitation's own, and it knows
			for _, p := range r.Messages[i].Parts {
				switch p := p.(type) {
				case *conv.ToolCall:
					p.Origin = protocol.Anthropic
				case *conv.Thinking:
					p.Origin = protocol.Anthropic
				}
			}
		}
		wild(t, r)
		r.Model = rapid.SampledFrom(models).Draw(t, "model")
		body, _, err := Codec{}.EncodeRequest(r, conv.Target{Model: r.Model})
		if err != nil {
			t.Fatalf("%v\n%s", err, show(r))
		}
		if status, reply := post(t, v, client, r.Model, "generateContent", body); status != 200 {
			t.Fatalf("%d %s\n%s", status, reply, body)
		}
	})
}

// wild shakes a conversation as clients and their compactions do: messages go missing, come twice, or change places.
func wild(t *rapid.T, r *conv.Request) {
	for range rapid.IntRange(0, 3).Draw(t, "wild") {
		i, j := rapid.IntRange(0, len(r.Messages)-1).Draw(t, "i"), rapid.IntRange(0, len(r.Messages)-1).Draw(t, "j")
		switch rapid.SampledFrom([]string{"swap", "drop", "twice", "names", "system"}).Draw(t, "how") {
		case "swap":
			r.Messages[i], r.Messages[j] = r.Messages[j], r.Messages[i]
		case "drop":
			r.Messages = append(r.Messages[:i:i], r.Messages[i+1:]...)
			r.Messages = append(r.Messages, user("and then"))
		case "twice":
			r.Messages = append(r.Messages, r.Messages[i])
		case "names":
			for k := range r.Tools {
				r.Tools[k].Name = strings.Repeat("mcp/", 20) + r.Tools[k].Name
			}
			r.Choice = conv.ToolChoice{}
		case "system":
			r.Messages[i].Role = conv.System
		}
	}
}

func TestRepliesOfTheVendor(t *testing.T) {
	const name = "gemini-3.1-pro-preview"
	v, client := newImitation(t, name)
	tools := []conv.Tool{{Kind: conv.Function, Name: "read", Schema: json.RawMessage(`{"type":"object","properties":{"path":{"type":"string"}}}`)}}
	r := &conv.Request{Messages: []conv.Message{user("go")}, Tools: tools, Reasoning: conv.Reasoning{Effort: "low"}}
	script := imitation.Reply{Thinking: "let me see", Text: "Größe 你好 👩🏽‍💻", Calls: []imitation.Call{{Name: "read", Arguments: `{"path":"/a"}`}, {ID: "own", Name: "read", Arguments: ``}},
		Usage: &imitation.Usage{Input: 100, Cached: 40, Output: 30, Reasoning: 10}, Piece: 1}
	check := func(t *testing.T, got *conv.Reply) {
		t.Helper()
		k := got.Choices[0]
		first, second := k.Parts[2].(*conv.ToolCall), k.Parts[3].(*conv.ToolCall)
		if k.Parts[0].(*conv.Thinking).Text != script.Thinking || k.Parts[1].(*conv.Text).Text != script.Text || first.Arguments != `{"path":"/a"}` || first.Signature == "" || first.Origin != protocol.Gemini || second.ID != "own" || second.Signature != "" {
			t.Error(show(got))
		}
		if got.Usage != (protocol.Usage{Input: 60, CacheRead: 40, Output: 30, Reasoning: 10}) || k.Finish.Reason != conv.CallsTools || got.Model != name || got.ID == "" {
			t.Error(show(got))
		}
		// The next turn is taken: its signature is the vendor's own, and was kept.
		next := *r
		next.Messages = append(next.Messages[:1:1], model(k.Parts...), answers(toolResult(second.ID, "", "b"), toolResult(first.ID, "", "a")))
		body, _, err := Codec{}.EncodeRequest(&next, conv.Target{Model: name})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(body, []byte(first.Signature)) {
			t.Error("the signature is lost")
		}
		if status, reply := post(t, v, client, name, "generateContent", body); status != 200 {
			t.Errorf("%d %s\n%s", status, reply, body)
		}
	}
	body, _, err := Codec{}.EncodeRequest(r, conv.Target{Model: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("whole", func(t *testing.T) {
		v.Script(script)
		_, reply := post(t, v, client, name, "generateContent", body)
		valid(t, reply)
		check(t, decodeReply(t, string(reply)))
	})
	for _, method := range []string{"streamGenerateContent?alt=sse", "streamGenerateContent"} {
		t.Run("case 7: "+method, func(t *testing.T) {
			v.Script(script)
			_, stream := post(t, v, client, name, method, body)
			if !strings.Contains(method, "sse") {
				check(t, decodeReply(t, string(stream)))
				return
			}
			events, err := readStream(stream)
			if err != nil {
				t.Fatal(err)
			}
			if problem := ungrammatical(events); problem != "" {
				t.Error(problem)
			}
			check(t, conv.Gather(events))
		})
	}
	t.Run("case 52: blocked", func(t *testing.T) {
		v.Script(imitation.Reply{Refusal: "not that"})
		_, reply := post(t, v, client, name, "generateContent", body)
		if k := decodeReply(t, string(reply)).Choices[0]; k.Finish.Reason != conv.Refused || k.Parts[0].(*conv.Refusal).Text != "not that" {
			t.Error(show(k))
		}
	})
}

// readStream reads the bytes of an event stream.
func readStream(stream []byte) (all []conv.Event, err error) {
	r := Codec{}.NewReader()
	events := sse.NewReader(bytes.NewReader(stream), 1<<20)
	for {
		e, err := events.Next()
		if err != nil {
			break
		}
		some, err := r.Read(e.Name, e.Data)
		if err != nil {
			return all, err
		}
		all = append(all, some...)
	}
	some, err := r.End()
	return append(all, some...), err
}
