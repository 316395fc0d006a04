package imitation

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// FuzzAnyBodyIsAnswered sends anything to each vendor: it is answered or refused with a status and JSON, and nothing panics.
func FuzzAnyBodyIsAnswered(f *testing.F) {
	for _, s := range []string{
		`{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":9}`,
		`{"model":"m","messages":[{"role":"assistant","tool_calls":[{}]},{"role":"tool"}],"tools":[{"type":"function"}],"stream":true}`,
		`{"model":"m","input":[{"type":"reasoning","encrypted_content":"gAAAAA"},{"type":"function_call_output"}],"reasoning":{}}`,
		`{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"},{}]}],"thinking":{"type":"enabled"}}`,
		`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"parts":[{"functionResponse":{}}]}],"tools":[{}]}`,
		`{"model":"m","model":null,"n":-1,"dimensions":-5,"input":[[1],"",3]}`, `[]`, `null`, `{"model":"m","n":1e9,"messages":[{"role":"user","content":[]}]}`,
	} {
		f.Add(s)
	}
	vendors := map[Kind]*Vendor{}
	for _, k := range []Kind{OpenAI, Anthropic, Gemini} {
		v, err := Start(k, WithModels("m"), WithKey("key-of-the-fuzz"))
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(v.Close)
		vendors[k] = v
	}
	paths := map[Kind][]string{
		OpenAI:    {"/v1/chat/completions", "/v1/responses", "/v1/responses/input_tokens", "/v1/embeddings"},
		Anthropic: {"/v1/messages", "/v1/messages/count_tokens"},
		Gemini:    {"/v1beta/models/m:generateContent", "/v1beta/models/m:streamGenerateContent", "/v1beta/models/m:countTokens"},
	}
	f.Fuzz(func(t *testing.T, body string) {
		for k, v := range vendors {
			for _, p := range paths[k] {
				r := httptest.NewRequest("POST", p, strings.NewReader(body))
				r.Header = http.Header{"Content-Type": {"application/json"}, "Anthropic-Version": {"2023-06-01"}}
				r.Header.Set(map[Kind]string{OpenAI: "Authorization", Anthropic: "X-Api-Key", Gemini: "X-Goog-Api-Key"}[k],
					map[Kind]string{OpenAI: "Bearer "}[k]+"key-of-the-fuzz")
				w := httptest.NewRecorder()
				v.serve(w, r)
				if w.Code < 200 || w.Code >= 500 || w.Body.Len() == 0 {
					t.Errorf("%s %s: %d %q", k, p, w.Code, w.Body)
				}
			}
			v.Reset()
		}
	})
}

func TestPiecesLoseNothingAndCutNoCharacter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		n := rapid.IntRange(0, 9).Draw(t, "n")
		got := pieces(s, n)
		if strings.Join(got, "") != s {
			t.Fatalf("%q became %q", s, got)
		}
		for _, p := range got {
			if p == "" || n > 0 && len([]rune(p)) > n {
				t.Fatalf("%q has the piece %q", got, p)
			}
		}
	})
}
