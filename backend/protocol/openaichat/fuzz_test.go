package openaichat

import (
	"bytes"
	"testing"

	"metapi/backend/protocol/conversation"
)

// What was read can be written, for any vendor, as the definition has it, or is refused.
func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range []string{
		`{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
		`{"messages":[{"role":"user","content":[{"type":"text","text":"x","cache_control":{}},{"type":"image_url","image_url":"https://x"},{"type":"file","file":{"file_data":"AAAA"}}]}],"stop":"x","n":2}`,
		`{"messages":[{"role":"assistant","tool_calls":[{"id":"","function":{"name":"a b","arguments":{}}}],"reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]},{"role":"tool","content":[]}],"tools":[{"type":"custom","custom":{"name":"x"}}]}`,
		`{"functions":[{"name":"f","parameters":{"anyOf":[{}]}}],"function_call":"auto","messages":[{"role":"function","name":"f"}],"reasoning":{"max_tokens":-1},"response_format":{"type":"json_object"}}`,
		`{"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"name":"f"}]}},"messages":[{}],"web_search_options":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.DecodeRequest(body, conversation.Asked{Model: "m"})
		if err != nil {
			refusal(t, err)
			return
		}
		for _, to := range []conversation.Target{{Model: "gpt-4o"}, {Model: "o3"}, quirks("merge_turns", "system_first", "string_content", "reasoning_details", "cache_control", "json_object_only", "web_search_options", "no:strict")} {
			out, _, err := Codec{}.EncodeRequest(r, to)
			if err != nil {
				refusal(t, err)
			} else if _, err := (Codec{}).DecodeRequest(out, conversation.Asked{}); err != nil {
				t.Fatalf("%v\n%s\n%s", err, body, out)
			}
			Codec{}.Restorer(r, to)
		}
	})
}

// A stream is told by the grammar, whatever comes, and can be written on.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		chunkOf(`"content":"a"`) + "\n" + finish("stop") + "\n[DONE]",
		callChunk(`"index":0,"id":"x","function":{"name":"f","arguments":"{"}`) + "\n" + callChunk(`"index":1,"id":"y","function":{"name":"g","arguments":{}}`) + "\n" + callChunk(`"index":0,"function":{"arguments":"}"}`) + "\n[DONE]",
		chunkOf(`"content":"<think>a</th"`) + "\n" + chunkOf(`"content":"ink>b","reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]`) + "\n" + finish("length"),
		`{"choices":[{"index":1,"delta":{"function_call":{"name":"f"},"images":[{"image_url":{"url":"data:a;base64,A"}}]},"usage":{"prompt_tokens":1}}]}`,
		`{"error":{"message":"x"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, w := Codec{}.NewReader(), Codec{}.NewWriter(&conversation.Request{IncludeUsage: true})
		var events []conversation.Event
		var wire []byte
		take := func(got []conversation.Event, err error) bool {
			for _, e := range got {
				wire = w.Write(wire, e)
			}
			events = append(events, got...)
			return err == nil
		}
		whole := true
		for _, line := range bytes.Split(data, []byte("\n")) {
			if whole = take(r.Read(nil, line)); !whole {
				break
			}
		}
		if whole {
			whole = take(r.End())
		}
		gather(events)
		if wire = w.Close(wire); whole != bytes.HasSuffix(wire, []byte("data: [DONE]\n\n")) {
			t.Fatalf("whole %v, and written as %s", whole, wire)
		}
	})
}

// A reply that was read can be written, by the definition.
func FuzzDecodeReply(f *testing.F) {
	for _, seed := range []string{
		`{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"<think>a</think>b"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`,
		`{"choices":[{"message":{"content":"a"}},{"message":{"tool_calls":[{"id":"x","function":{"name":"f","arguments":{}}}]},"finish_reason":"tool_calls"}]}`,
		`{"choices":[{"message":{"content":[{"type":"text","text":"x"}],"annotations":[{"url_citation":{"url":"u"}}],"images":[{"image_url":{"url":"https://x"}}]},"finish_reason":"length"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reply, err := Codec{}.DecodeReply(body)
		if err != nil {
			return
		}
		out, err := Codec{}.EncodeReply(reply, &conversation.Request{})
		if err != nil {
			t.Fatal(err)
		}
		valid(t, "CreateChatCompletionResponse", out)
	})
}
