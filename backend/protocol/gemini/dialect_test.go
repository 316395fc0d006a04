package gemini

import (
	"reflect"
	"testing"

	"metapi/backend/protocol"
)

func TestPeek(t *testing.T) {
	for _, body := range []string{
		`{"contents":[{"role":"user","parts":[{"text":"hi"},{"inlineData":{"mimeType":"image/png","data":"x"}},{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}]}],
		"systemInstruction":{"role":"user","parts":[{"text":"You"}]},"tools":[{"functionDeclarations":[]}],"cachedContent":"cachedContents/c1",
		"generationConfig":{"maxOutputTokens":5,"responseJsonSchema":{},"thinkingConfig":{"thinkingLevel":"HIGH"}}}`,
		`{"contents":{"parts":[{"text":"hi"},{"inline_data":{"mime_type":"image/png","data":"x"}},{"file_data":{"file_uri":"files/abc"}}]},
		"system_instruction":{"parts":{"text":"You"}},"tools":[{"google_search":{}}],"cached_content":"cachedContents/c1",
		"generation_config":{"max_output_tokens":5,"response_schema":{},"thinking_config":{"thinking_budget":-1}}}`,
		`{"generateContentRequest":{"model":"models/x","contents":[{"parts":[{"text":"hi"},{"inlineData":{"mimeType":"image/png"}},{"fileData":{"fileUri":"files/abc"}}]}],"tools":[{"a":1}],"cachedContent":"cachedContents/c1","generationConfig":{"maxOutputTokens":5,"responseSchema":{},"thinkingConfig":{"includeThoughts":true}}}}`,
	} {
		p, err := Dialect{}.Peek([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if p.Model != "" || p.Stream || !p.Images || !p.Tools || !p.Schema || !p.Think || p.MaxOutput != 5 || p.Session == "" || len(p.Refs) != 2 {
			t.Errorf("%s\n%+v", body, p)
		}
		for _, want := range []protocol.Ref{{Kind: protocol.FileRef, ID: "files/abc"}, {Kind: protocol.CacheRef, ID: "cachedContents/c1"}} {
			if p.Refs[0] != want && p.Refs[1] != want {
				t.Errorf("refs %v lack %v", p.Refs, want)
			}
		}
	}
	p, err := Dialect{}.Peek([]byte(`{"contents":[{"parts":[{"fileData":{"fileUri":"https://youtu.be/files/x"}}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}`))
	if err != nil || p.Refs != nil || p.Think {
		t.Errorf("%+v, %v", p, err)
	}
}

type step struct {
	data  string
	class protocol.Class
}

func run(t *testing.T, steps []step) protocol.Reply {
	t.Helper()
	var r protocol.Reply
	for _, s := range steps {
		if got := (Dialect{}).Event(nil, []byte(s.data), &r); got != s.class {
			t.Errorf("%s is %d, want %d", s.data, got, s.class)
		}
	}
	return r
}

func TestStream(t *testing.T) {
	r := run(t, []step{
		{`{"candidates":[{"content":{"role":"model","parts":[]}}],"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"totalTokenCount":10},"modelVersion":"gemini-x","responseId":"r1"}`, protocol.Quiet},
		{`{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]}`, protocol.Meaningful},
		{`{"candidates":[{"content":{"parts":[{"text":""}]}}]}`, protocol.Quiet},
		{`{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":1}}}]}}]}`, protocol.Meaningful},
		{`{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":5,"thoughtsTokenCount":3,"toolUsePromptTokenCount":2,"totalTokenCount":20}}`, protocol.Meaningful},
	})
	if want := (protocol.Usage{Input: 8, CacheRead: 4, Output: 8, Reasoning: 3}); r.Usage != want || r.Finish != "STOP" || !r.Done || r.ID != "r1" || r.Model != "gemini-x" || r.Err != nil {
		t.Errorf("%+v", r)
	}
	// Protocol case 52: a blocked prompt is a refusal, and no failure.
	r = run(t, []step{{`{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}`, protocol.Final}})
	if r.Finish != "SAFETY" || r.Err != nil || !r.Done {
		t.Errorf("%+v", r)
	}
}

// Protocol case 58, and its exceptions among relays.
func TestCase58Usage(t *testing.T) {
	for usage, want := range map[string]protocol.Usage{
		`{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":3,"totalTokenCount":18}`: {Input: 10, Output: 8, Reasoning: 3},
		`{"promptTokenCount":10,"candidatesTokenCount":5,"thoughtsTokenCount":3,"totalTokenCount":15}`: {Input: 10, Output: 5, Reasoning: 3},
		`{"promptTokenCount":10,"cachedContentTokenCount":12,"candidatesTokenCount":-5}`:               {CacheRead: 10},
		`{"promptTokenCount":110,"cachedContentTokenCount":20,"candidatesTokenCount":50,"thoughtsTokenCount":10,"totalTokenCount":170,
		  "promptTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"AUDIO","tokenCount":60},{"modality":"IMAGE","tokenCount":30},{"modality":"VIDEO","tokenCount":10}],
		  "cacheTokensDetails":[{"tokenCount":15,"modality":"AUDIO"},{"modality":"TEXT","tokenCount":5}],
		  "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":40},{"modality":"TEXT","tokenCount":10}]}`: {Input: 90, CacheRead: 20, Output: 60, Reasoning: 10, Split: true,
			Audio: protocol.Part{Input: 45, Cached: 15}, Image: protocol.Part{Input: 40, Output: 40}},
		`{"promptTokenCount":10,"candidatesTokenCount":5,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":99}],"candidatesTokensDetails":[{"modality":"AUDIO","tokenCount":99}]}`: {
			Input: 10, Output: 5, Split: true, Audio: protocol.Part{Input: 10, Output: 5}},
	} {
		if r := run(t, []step{{`{"usageMetadata":` + usage + `}`, protocol.Quiet}}); r.Usage != want {
			t.Errorf("%s: %+v", usage, r.Usage)
		}
	}
}

func TestCase5And6Errors(t *testing.T) {
	for data, kind := range map[string]protocol.Kind{
		`{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}`:    protocol.Overloaded,
		`[{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"}}]`: protocol.RateLimited,
		`{"error":{"message":"余额不足"}}`:                                                          protocol.OutOfMoney,
		`{"candidates":[{`:                                                                      protocol.BadReply,
	} {
		if r := run(t, []step{{data, protocol.Failed}}); r.Err == nil || r.Err.Kind != kind {
			t.Errorf("%s: %v, want %s", data, r.Err, kind)
		}
	}
}

func TestCase6Body(t *testing.T) {
	for body, kind := range map[string]protocol.Kind{
		`{"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}`: "",
		`{"candidates":[{"finishReason":"MAX_TOKENS"}]}`:                                                   "",
		`{"promptFeedback":{"blockReason":"OTHER"}}`:                                                       "",
		`{"totalTokens":31,"promptTokensDetails":[]}`:                                                      "",
		`[{"candidates":[{"content":{"parts":[{"text":"a"}]}}]},{"candidates":[{"finishReason":"STOP"}]}]`: "",
		`{"usageMetadata":{"promptTokenCount":1}}`:                                                         protocol.BadReply,
		`{}`: protocol.BadReply, `[]`: protocol.BadReply, ``: protocol.BadReply, `{"cand`: protocol.BadReply, `<html>`: protocol.Wall,
		`[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]`: protocol.KeyRefused,
	} {
		var r protocol.Reply
		Dialect{}.Body([]byte(body), &r)
		got := protocol.Kind("")
		if r.Err != nil {
			got = r.Err.Kind
		}
		if got != kind || r.Done != (kind == "") {
			t.Errorf("%s: %v, want %q", body, r.Err, kind)
		}
	}
	var r protocol.Reply
	Dialect{}.Body([]byte(`{"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2}}`), &r)
	if !reflect.DeepEqual(r.Usage, protocol.Usage{Input: 1, Output: 2}) || r.Finish != "STOP" {
		t.Errorf("%+v", r)
	}
}

func BenchmarkEvent(b *testing.B) {
	data := []byte(`{"candidates":[{"content":{"parts":[{"text":" hello there"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10}]},"modelVersion":"gemini-x","responseId":"r1"}`)
	var r protocol.Reply
	b.ReportAllocs()
	for b.Loop() {
		if (Dialect{}).Event(nil, data, &r) != protocol.Meaningful {
			b.Fatal("not meaningful")
		}
	}
}

// What a stream tells of its parts at first stays where later chunks leave it out, and each vendor's word for the service is understood.
func TestPartsAndServiceOfAStream(t *testing.T) {
	r := run(t, []step{
		{`{"usageMetadata":{"promptTokenCount":10,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":8}],"serviceTier":"flex"}}`, protocol.Quiet},
		{`{"usageMetadata":{"candidatesTokenCount":5,"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":5}],"trafficType":"ON_DEMAND"}}`, protocol.Quiet},
	})
	if want := (protocol.Usage{Input: 10, Output: 5, Split: true, Audio: protocol.Part{Input: 8}}); r.Usage != want || r.Service != protocol.Flex {
		t.Errorf("%+v, by %s", r.Usage, r.Service)
	}
	p, err := Dialect{}.Peek([]byte(`{"contents":[],"service_tier":"SERVICE_TIER_PRIORITY"}`))
	if err != nil || p.Service != protocol.Priority {
		t.Errorf("asked for %q, %v", p.Service, err)
	}
}
