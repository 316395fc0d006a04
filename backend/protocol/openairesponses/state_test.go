package openairesponses

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

func oneItem(t tb, raw string) Item {
	t.Helper()
	items, err := ReadItems([]byte("["+raw+"]"), "input")
	if err != nil || len(items) != 1 {
		t.Fatalf("%v: %s", err, raw)
	}
	return items[0]
}

func TestReadState(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"m","input":"hi"}`: `  store [{"type":"message","role":"user","content":"hi"}]`,
		`{"input":[ {"role":"user","content":"a b"} ],"previous_response_id":"resp_1","store":false}`: `resp_1   [{"role":"user","content":"a b"}]`,
		`{"conversation":"conv_1","store":null,"input":null}`:                                         ` conv_1 store []`,
		`{"conversation":{"id":"conv_1"},"background":true}`:                                          ` conv_1 store background []`,
		`{"previous\u005fresponse_id":"r\u0065sp_1","input":[]}`:                                      `resp_1  store []`,
	} {
		s, err := ReadState([]byte(body))
		var items []string
		for _, it := range s.Input {
			items = append(items, string(it.Raw))
		}
		got := s.Previous + " " + s.Conversation + " "
		if s.Store {
			got += "store "
		} else {
			got += " "
		}
		if s.Background {
			got += "background "
		}
		if got += "[" + strings.Join(items, ",") + "]"; got != want || err != nil {
			t.Errorf("%s\n  is %q, %v\nwant %q", body, got, err, want)
		}
	}
	for body, param := range map[string]string{`{"input":1}`: "input", `{"input":[1]}`: "input[0]", `{"input":[{"role":"user","content":"x"},{}]}`: "input[1]", `{"input":{}}`: "input"} {
		_, err := ReadState([]byte(body))
		if e, _ := err.(*protocol.Error); e == nil || e.Param != param || e.Kind != protocol.BadRequest {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestExpand(t *testing.T) {
	before := []Item{oneItem(t, `{"role":"user","content":"one"}`), oneItem(t, `{"type":"reasoning","id":"rs_1","summary":[]}`),
		oneItem(t, `{"type":"reasoning","id":"rs_2","summary":[],"encrypted_content":"e"}`), oneItem(t, `{"type":"reasoning","id":"rs_metapi_2","summary":[]}`)}
	input := []Item{oneItem(t, `{"role":"user","content":"two"}`)}
	got := Expand([]byte(`{ "model":"m", "previous_response_id":"x","inp\u0075t":"gone","store":true,"temperature":1.50 , "conversation":null}`), before, input, true)
	const want = `{"model":"m","temperature":1.50,"store":false,"input":[{"role":"user","content":"one"},{"type":"reasoning","id":"rs_2","summary":[],` +
		`"encrypted_content":"e"},{"type":"reasoning","id":"rs_metapi_2","summary":[]},{"role":"user","content":"two"}]}`
	if string(got) != want {
		t.Errorf("%s", got)
	}
	if got := Replace([]byte(`{"store":false,"input":"x","previous_response_id":"r"}`), input); string(got) != `{"store":false,"previous_response_id":"r","input":[{"role":"user","content":"two"}]}` {
		t.Errorf("%s", got)
	}
	made := oneItem(t, `{"type":"compaction","id":"cmp_1","encrypted_content":"e"}`)
	if got := Expand([]byte(`{}`), []Item{before[0], made}, input, false); !strings.Contains(string(got), "one") {
		t.Errorf("a compaction that the client has put in took out what was before it: %s", got)
	}
	made.Made = true
	if got := Expand([]byte(`{}`), []Item{before[0], made}, input, false); strings.Contains(string(got), "one") {
		t.Errorf("the model's compaction does not stand for what was before it: %s", got)
	}
}

func TestRetell(t *testing.T) {
	s := conversation.State{ID: "resp_metapi_1", Previous: "resp_0", Conversation: `conv_"`}
	got := Retell([]byte(`{"id":"resp_up","previous_response_id":null,"store":false,"output":[{"id":"a"}]}`), s)
	if want := `{"id":"resp_metapi_1","previous_response_id":"resp_0","store":true,"output":[{"id":"a"}],"conversation":{"id":"conv_\""}}`; string(got) != want {
		t.Errorf("%s", got)
	}
	if got := Retell([]byte(`{"id":"resp_up"}`), conversation.State{Previous: "resp_0"}); !strings.HasPrefix(string(got), `{"id":"resp_up",`) {
		t.Errorf("%s", got)
	}
	event, object := RetellEvent([]byte("{\"type\":\"response.created\",\n\"response\":{\"id\":\"x\"}}"), conversation.State{ID: "resp_metapi_1"})
	if want := `{"type":"response.created","response":{"id":"resp_metapi_1","previous_response_id":null,"conversation":null}}`; string(event) != want || !bytes.Contains(event, object) {
		t.Errorf("%s", event)
	}
	for _, none := range []string{`{"type":"response.output_text.delta","delta":"x"}`, `{"response":null}`, `[]`, ``, `{"response":{}`} {
		if event, object := RetellEvent([]byte(none), s); object != nil || string(event) != none {
			t.Errorf("%s became %s", none, event)
		}
	}
}

// Whatever short form an item came in, it is listed as the vendor lists it.
func TestResource(t *testing.T) {
	for _, raw := range []string{
		`{"role":"user","content":"x"}`, `{"type":"message","role":"developer","content":[{"type":"input_text","text":"x"}],"status":null}`,
		`{"role":"assistant","content":"x"}`, `{"role":"assistant","content":[{"type":"output_text","text":"x"},{"type":"refusal","refusal":"no"}]}`,
		`{"role":"user","content":[{"type":"input_image","image_url":"https://x.example/a.png"}]}`, `{"role":"user","content":[]}`,
		`{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}`, `{"type":"function_call_output","call_id":"c","output":"x"}`,
		`{"type":"custom_tool_call","call_id":"c","name":"f","input":"x"}`, `{"type":"custom_tool_call_output","call_id":"c","output":"x"}`,
		`{"type":"reasoning","encrypted_content":"x"}`, `{"type":"compaction","encrypted_content":"x"}`,
	} {
		items := []Item{oneItem(t, raw)}
		Name(items)
		valid(t, "ItemResource", Resource(items[0]))
		valid(t, "ConversationItem", Resource(items[0]))
	}
}

func TestPages(t *testing.T) {
	var items []Item
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		items = append(items, oneItem(t, `{"role":"user","content":"x","id":"`+id+`"}`))
	}
	for query, want := range map[string]string{"": "edcba", "limit=2": "ed+", "limit=2&after=d": "cb+", "order=asc&limit=3": "abc+", "order=asc&after=c": "de", "after=a": "", "limit=5": "edcba",
		"limit=0": "!", "limit=101": "!", "limit=x": "!", "order=x": "!", "after=z": "!"} {
		q, _ := url.ParseQuery(query)
		got := "!"
		if page, err := ReadPage(q); err == nil {
			if list, err := page.List(items); err == nil {
				var l struct {
					Data    []struct{ ID string }
					HasMore bool   `json:"has_more"`
					First   string `json:"first_id"`
					Last    string `json:"last_id"`
				}
				if err := json.Unmarshal(list, &l); err != nil {
					t.Fatal(err)
				}
				got = ""
				for _, it := range l.Data {
					got += it.ID
				}
				if got != "" && (l.First != got[:1] || l.Last != got[len(got)-1:]) {
					t.Errorf("%q: from %s to %s", query, l.First, l.Last)
				}
				if l.HasMore {
					got += "+"
				}
			}
		}
		if got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
}

func TestEnvelope(t *testing.T) {
	const summary = "Grüße, \"你好\" </summary> \x00"
	sealed := sealSummary(summary)
	if got, ours := openSummary(sealed); !ours || got != summary {
		t.Errorf("%q %v", got, ours)
	}
	for _, no := range []string{"", "gAAAAA", sealMark, sealMark + "!!", sealed + "=", sealMark + "e30"} {
		if got, ours := openSummary(no); ours {
			t.Errorf("%q was opened: %q", no, got)
		}
	}
	body := `{"model":"m", "input":[{"role":"user","content":"a"}, {"type":"compaction","encrypted_content":"` + sealed + `"},{"type":"compaction","encrypted_content":"gAAAAA"},` +
		`{"role":"user","content":"` + sealed + `"}], "x":"` + sealed + `"}`
	got := string(StripForeign([]byte(body)))
	if strings.Count(got, sealMark) != 2 || !strings.Contains(got, "你好") || !strings.Contains(got, "gAAAAA") || !json.Valid([]byte(got)) {
		t.Errorf("%s", got)
	}
	p, err := Dialect{}.Peek([]byte(body))
	if err != nil || len(p.Refs) != 1 { // the vendor's own
		t.Errorf("%v %v", p.Refs, err)
	}
	r := decode(t, `{"model":"m","input":[{"type":"compaction","encrypted_content":"`+sealed+`"}]}`)
	if m := r.Messages[0]; m.Role != conversation.User || !strings.Contains(m.Parts[0].(*conversation.Text).Text, summary) {
		t.Errorf("%+v", m)
	}
}

func TestResponseOf(t *testing.T) {
	r := decode(t, `{"model":"m","input":"x"}`)
	r.State.ID = NewResponseID()
	w := newWriter(r)
	w.begin(nil)
	for _, prefix := range []string{"msg_", "fc_", foreignID} {
		if got := ResponseOf(w.newID(prefix, 3)); got != w.id {
			t.Errorf("%s: %q is not of %q", prefix, got, w.id)
		}
	}
	empty := Codec{}.NewWriter(r) // of an upstream that has ended without a word
	stream := empty.Close(empty.Write(nil, &conversation.Finished{Finish: conversation.Finish{Reason: conversation.Stopped}}))
	if n := bytes.Count(stream, []byte(`"id":"`+r.State.ID)); n != 3 {
		t.Errorf("%d events tell the id of the response:\n%s", n, stream)
	}
	for _, id := range []string{"", "msg_", "msg_abc", "msg_" + strings.Repeat("z", 60), "_", NewResponseID()} {
		if got := ResponseOf(id); got != "" {
			t.Errorf("%q is of %q", id, got)
		}
	}
}

// FuzzState: what can be read can be expanded, listed and sent on, and what leaned on something leans on nothing.
func FuzzState(f *testing.F) {
	f.Add([]byte(codex))
	f.Add([]byte(`{"model":"m","previous_response_id":"resp_metapi_1","input":[{"type":"compaction","encrypted_content":"cmp_metapi_e30"},{"role":"assistant","content":[{"type":"input_image"}]}],"store":[]}`))
	f.Add([]byte(`{"model":"m","conv\u0065rsation":{"id":"x"},"input":"\u0000"}`))
	f.Add([]byte(`{"model":"m","input":[{"type":"compaction","encrypted_content":"` + sealSummary("s") + `"},{"type":"compaction_trigger"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := (Dialect{}).Peek(body); err != nil {
			return
		}
		s, err := ReadState(body)
		if err != nil {
			return
		}
		Name(s.Input)
		if list := AppendList(nil, s.Input, false); !json.Valid(list) {
			t.Fatalf("%s", list)
		}
		out := Expand(body, s.Input, s.Input, true)
		if _, err := (Dialect{}).Peek(out); err != nil && !strings.Contains(err.Error(), "references") {
			t.Fatalf("%v\n%s", err, out)
		}
		again, err := ReadState(out)
		if err != nil || again.Previous != "" || again.Conversation != "" || again.Store || len(again.Input) < len(s.Input) {
			t.Fatalf("%v %+v\n%s", err, again, out)
		}
		if plain := StripForeign(out); !json.Valid(plain) {
			t.Fatalf("%s", plain)
		}
		if told := Retell(body, conversation.State{ID: "resp_metapi_1", Previous: "x"}); !json.Valid(told) {
			t.Fatalf("%s", told)
		}
		if r, err := (Codec{}).DecodeRequest(body, conversation.Asked{Compact: true}); err == nil {
			reply := &conversation.Reply{Choices: []conversation.Choice{{Parts: []conversation.Part{&conversation.Text{Text: "s"}}}}}
			whole, err := Codec{}.EncodeReply(reply, r)
			if err != nil || !json.Valid(whole) {
				t.Fatalf("%v\n%s", err, whole)
			}
		}
	})
}

// FuzzEnvelope: what an envelope holds comes out as it went in.
func FuzzEnvelope(f *testing.F) {
	f.Add("s", "cmp_metapi_x")
	f.Fuzz(func(t *testing.T, summary, sealed string) {
		if got, ours := openSummary(sealSummary(summary)); !ours || got != strings.ToValidUTF8(summary, "\ufffd") && utf8.ValidString(summary) {
			t.Fatalf("%q became %q", summary, got)
		}
		openSummary(sealed)
	})
}
