package control

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestPastedBodiesAreRecognised(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"gpt-5","messages":[{"role":"user","content":"Hi"}]}`:                                                         "/v1/chat/completions",
		`{"model":"gpt-5","messages":[{"role":"system","content":"Hi"}],"tools":[{"type":"function","function":{"name":"f"}}]}`: "/v1/chat/completions",
		`{"model":"gpt-5","input":"Hi"}`:                                                           "/v1/responses",
		`{"model":"gpt-5","previous_response_id":"resp_1"}`:                                        "/v1/responses",
		`{"model":"claude-sonnet-4-5","max_tokens":10,"messages":[]}`:                              "/v1/messages",
		`{"model":"coder","system":"Be brief.","max_tokens":10,"messages":[]}`:                     "/v1/messages",
		`{"model":"coder","max_tokens":10,"messages":[],"tools":[{"name":"f","input_schema":{}}]}`: "/v1/messages",
		`{"contents":[{"parts":[{"text":"Hi"}]}]}`:                                                 "/v1beta/models/m:generateContent",
	} {
		p := pasted{text: body, model: "m"}
		path, sent, err := p.read()
		if err != nil || path != want || !json.Valid(sent) || string(sent) != body {
			t.Errorf("%s goes to %s as %s: %v", body, path, sent, err)
		}
	}
	p := pasted{text: `{"messages":[]}`, protocol: "anthropic"}
	if path, _, err := p.read(); err != nil || path != "/v1/messages" {
		t.Errorf("what was chosen does not count: %s %v", path, err)
	}
}

func TestFaultsInPastedBodiesAreToldByTheirLine(t *testing.T) {
	for body, want := range map[string]string{
		"":                                       "Nothing is asked for.",
		"  \n ":                                  "Nothing is asked for.",
		"[1, 2]":                                 "not a JSON object",
		"curl http://x":                          "Line 1, column 1: ",
		"{\n  \"model\": \"m\",\n  \"a\": tru }": "Line 3, column 11: ",
		"{\n  \"model\": \"m\"\n  \"a\": 1\n}":   "Line 3, column 3: ",
		"{\n  \"é\": \"é\", x}":                  "Line 2, column 13: ",
		"{\n  \"model\": \"m\"\n\n":              "Line 2, column 15: it ends before it is complete",
		`{"contents":[]}`:                        "does not name its model",
	} {
		p := pasted{text: body}
		if _, _, err := p.read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
	if at := fieldAt("{\"a\": {\"stream\": 1},\n\"stream\": 1}", "stream"); at < 20 {
		t.Errorf("the field is taken to stand at %d", at)
	}
}
