package gemini

import (
	"errors"
	"testing"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
)

// isOurs checks for an error of ours, of one of the kinds.
func isOurs(t *testing.T, err error, kinds ...protocol.Kind) {
	t.Helper()
	var e *protocol.Error
	if !errors.As(err, &e) {
		t.Fatalf("an error that is not ours: %v", err)
	}
	for _, k := range kinds {
		if e.Kind == k {
			return
		}
	}
	if len(kinds) > 0 {
		t.Fatalf("%v", err)
	}
}

// Whatever a client sends, it is read or refused; and what is read can be written for any model, and read again.
func FuzzDecodeRequest(f *testing.F) {
	for _, s := range []string{
		`{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"a"},{"inline_data":{"mime_type":"image/png","data":"aGk="}}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"c2ln"}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}]}`,
		`{"contents":{"parts":{"text":"a"}},"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"a":{"type":"STRING","enum":["a"]}}}}]},{"googleSearch":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}}}`,
		`{"contents":[{"parts":[{"fileData":{"fileUri":"https://youtu.be/x"}}]}],"generationConfig":{"seed":"12","stopSequences":["a"],"responseSchema":{"type":"ARRAY"},"thinkingConfig":{"thinkingBudget":1}},"cachedContent":null}`,
		`{"contents":[{"role":"model","parts":[{"text":"a","thought":true},{"executableCode":{"language":"PYTHON","code":"1"}},{"text":"","thoughtSignature":"YQ"}]}]}`,
		`{"tools":{"functionDeclarations":{"parameters":`,
		`{"\u0063ontents":[{"parts":[{"text":"\ud800"}]}],"generation_config":{"top_k":1e2}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.DecodeRequest(body, conv.Asked{})
		if err != nil {
			isOurs(t, err, protocol.BadRequest)
			return
		}
		for _, model := range []string{"gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-flash"} {
			out, _, err := Codec{}.EncodeRequest(r, conv.Target{Model: model})
			if err != nil {
				isOurs(t, err, protocol.BadRequest)
				continue
			}
			if _, err := (Codec{}).DecodeRequest(out, conv.Asked{}); err != nil {
				t.Fatalf("our own request is not read: %v\nin  %s\nout %s", err, body, out)
			}
		}
	})
}

// FuzzReader reads any two events, and writes what comes of them.
func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"candidates":[{"content":{"parts":[{"text":"a","thought":true}],"role":"model"}}],"responseId":"r"}`), []byte(`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1}}`))
	f.Add([]byte(`{"candidates":[{"content":{"parts":[{"text":"ab"}]},"groundingMetadata":{"groundingChunks":[{"web":{"uri":"u"}}],"groundingSupports":[{"segment":{"startIndex":1,"endIndex":2,"text":"b"},"groundingChunkIndices":[0]}]}}]}`), []byte(`[DONE]`))
	f.Add([]byte(`{"promptFeedback":{"blockReason":"SAFETY"}}`), []byte(`{"error":{"code":500}}`))
	f.Add([]byte(`[{"candidates":[{"index":1}]},{"candidates":[{"content":{"parts":[{"inlineData":{"data":"aGk"}}]}}]}]`), []byte(`data`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		r := Codec{}.NewReader()
		w := Codec{}.NewWriter(&conv.Request{Reasoning: conv.Reasoning{Show: ptr(true)}})
		var all []conv.Event
		var stream []byte
		var failed error
		for _, data := range [][]byte{a, b, nil} {
			var events []conv.Event
			if data == nil {
				events, failed = r.End()
			} else {
				events, failed = r.Read(nil, data)
			}
			all = append(all, events...)
			for _, e := range events {
				stream = w.Write(stream, e)
			}
			if failed != nil {
				isOurs(t, failed)
				break
			}
		}
		if problem := ungrammatical(all); problem != "" && failed == nil {
			t.Fatalf("%s\n%s", problem, show(all))
		}
		stream = w.Close(stream)
		chunks, ended := datas(t, stream)
		for _, c := range chunks {
			valid(t, c)
		}
		if failed != nil && ended == nil && len(all) > 0 {
			if _, whole := all[len(all)-1].(*conv.Finished); !whole {
				t.Fatalf("a broken stream passes for whole: %s", stream)
			}
		}
	})
}

func FuzzDecodeReply(f *testing.F) {
	for _, s := range []string{`{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"totalTokenCount":3}}`,
		`[{"error":{"code":400,"message":"m"}}]`, `<html>`, `{"candidates":[{"finishReason":"SAFETY","citationMetadata":{"citations":[{"uri":"u","endIndex":-3}]}}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Codec{}.DecodeReply(body)
		if err != nil {
			isOurs(t, err)
			return
		}
		out, err := Codec{}.EncodeReply(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		valid(t, out)
	})
}
