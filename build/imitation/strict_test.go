package imitation_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"metapi/build/imitation"
)

// Shapes of a refusal: what each vendor's error must have, beside the words.
func shape(t *testing.T, k imitation.Kind, a answer, status int) (message string) {
	t.Helper()
	m := a.json(t)
	e, _ := m["error"].(map[string]any)
	message, _ = e["message"].(string)
	if message == "" {
		t.Fatalf("no message: %s", a.body)
	}
	switch k {
	case imitation.OpenAI:
		for _, f := range []string{"type", "param", "code"} {
			if _, given := e[f]; !given {
				t.Errorf("OpenAI's error lacks %q: %s", f, a.body)
			}
		}
	case imitation.Anthropic:
		if m["type"] != "error" || e["type"] == "" || m["request_id"] != a.header.Get("Request-Id") || m["request_id"] == "" {
			t.Errorf("not Anthropic's shape: %s", a.body)
		}
	case imitation.Gemini:
		if e["code"] != float64(status) || e["status"] == "" {
			t.Errorf("not Google's shape: %s", a.body)
		}
	}
	return message
}

const (
	chatPath  = "/v1/chat/completions"
	respPath  = "/v1/responses"
	msgPath   = "/v1/messages"
	genPath   = "/v1beta/models/gemini-2.5-pro:generateContent"
	gen3Path  = "/v1beta/models/gemini-3.1-pro-preview:generateContent"
	countPath = "/v1beta/models/gemini-2.5-pro:countTokens"
)

// edit applies "key=json" to a body; an empty json removes the key.
func edit(t *testing.T, body string, changes ...string) string {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		k, v, _ := strings.Cut(c, "=")
		if v == "" {
			delete(m, k)
		} else {
			m[k] = json.RawMessage(v)
		}
	}
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestBodiesAreRefusedAsTheVendorRefusesThem(t *testing.T) {
	const (
		chat = `{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}`
		resp = `{"model":"gpt-4o","input":"hi"}`
		msg  = `{"model":"claude-sonnet-4-5","max_tokens":4000,"messages":[{"role":"user","content":"hi"}]}`
		gen  = `{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}`
		emb  = `{"model":"text-embedding-3-small","input":"hi"}`
	)
	toolTurn := `[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"f","input":{}}]},`
	cases := []struct {
		name   string
		kind   imitation.Kind
		path   string
		body   string
		status int
		words  string
	}{
		// OpenAI, chat
		{"unknown argument", "openai", chatPath, edit(t, chat, `foo=1`), 400, "Unrecognized request argument supplied: foo"},
		{"Anthropic's field at OpenAI", "openai", chatPath, edit(t, chat, `thinking={"type":"disabled"}`), 400, "Unrecognized request argument supplied: thinking"},
		{"wrong type", "openai", chatPath, edit(t, chat, `temperature="hot"`), 400, "Invalid type for 'temperature': expected a number, but got a string instead."},
		{"role unknown", "openai", chatPath, edit(t, chat, `messages=[{"role":"model","content":"hi"}]`), 400, "Invalid value: 'model'. Supported values are: 'assistant', 'developer', 'function', 'system', 'tool', 'user'."},
		{"messages missing", "openai", chatPath, edit(t, chat, `messages=`), 400, "Missing required parameter: 'messages'."},
		{"model missing", "openai", chatPath, edit(t, chat, `model=`), 400, "model"},
		{"model unknown", "openai", chatPath, edit(t, chat, `model="gpt-9"`), 404, "The model `gpt-9` does not exist or you do not have access to it."},
		{"the last of two keys counts", "openai", chatPath, `{"model":"gpt-4o","model":"gpt-9","messages":[{"role":"user","content":"hi"}]}`, 404, "gpt-9"},
		{"not JSON", "openai", chatPath, `{"model":`, 400, "We could not parse the JSON body of your request."},
		{"max_tokens at gpt-5", "openai", chatPath, edit(t, chat, `model="gpt-5"`, `max_tokens=10`), 400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."},
		{"max_tokens at o3", "openai", chatPath, edit(t, chat, `model="o3"`, `max_tokens=10`), 400, "max_completion_tokens"},
		{"temperature at o3", "openai", chatPath, edit(t, chat, `model="o3"`, `temperature=0`), 400, "Unsupported value: 'temperature'"},
		{"tool message without a call", "openai", chatPath, edit(t, chat, `messages=[{"role":"user","content":"hi"},{"role":"tool","tool_call_id":"c","content":"x"}]`), 400, "must be a response to a preceeding message with 'tool_calls'"},
		{"call without its message", "openai", chatPath, edit(t, chat, `messages=[{"role":"user","content":"hi"},{"role":"assistant","tool_calls":[{"id":"c9","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"x"}]`), 400, "did not have response messages: c9"},
		{"stream_options without stream", "openai", chatPath, edit(t, chat, `stream_options={"include_usage":true}`), 400, "stream_options"},
		{"tool_choice without tools", "openai", chatPath, edit(t, chat, `tool_choice="auto"`), 400, "'tool_choice' is only allowed when 'tools' are specified."},
		{"name too long", "openai", chatPath, edit(t, chat, `tools=[{"type":"function","function":{"name":"`+strings.Repeat("n", 65)+`"}}]`), 400, "maximum length 64"},
		{"Anthropic's content block at OpenAI", "openai", chatPath, edit(t, chat, `messages=[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x"}]}]`), 400, "Invalid value: 'tool_result'. Supported values are: 'file', 'image_url', 'input_audio', 'text'."},
		// OpenAI, Responses
		{"unknown parameter", "openai", respPath, edit(t, resp, `messages=[]`), 400, "Unknown parameter: 'messages'."},
		{"previous response unknown", "openai", respPath, edit(t, resp, `previous_response_id="resp_x"`), 400, "Previous response with id 'resp_x' not found."},
		{"output without call", "openai", respPath, edit(t, resp, `input=[{"type":"function_call_output","call_id":"c1","output":"x"}]`), 400, "No tool call found for function call output with call_id c1."},
		{"call without output", "openai", respPath, edit(t, resp, `input=[{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"},{"role":"user","content":"x"}]`), 400, "No tool output found for function call c1."},
		{"sealed elsewhere", "openai", respPath, edit(t, resp, `input=[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAAfoo"},{"role":"user","content":"x"}]`), 400, "could not be verified"},
		{"an item that was not stored", "openai", respPath, edit(t, resp, `input=[{"type":"reasoning","id":"rs_1","summary":[]},{"role":"user","content":"x"}]`), 404, "Item with id 'rs_1' not found."},
		{"conversation unknown", "openai", respPath, edit(t, resp, `conversation="conv_1"`), 404, "conv_1"},
		{"effort at gpt-4o", "openai", respPath, edit(t, resp, `reasoning={"effort":"high"}`), 400, "reasoning.effort"},
		{"too few tokens", "openai", respPath, edit(t, resp, `max_output_tokens=2`), 400, ">= 16"},
		{"input missing", "openai", respPath, edit(t, resp, `input=`), 400, "input"},
		// OpenAI, counts of tokens
		{"input_tokens with max_output_tokens", "openai", respPath + "/input_tokens", edit(t, resp, `max_output_tokens=100`), 400, "Unknown parameter: 'max_output_tokens'."},
		{"input_tokens with stream", "openai", respPath + "/input_tokens", edit(t, resp, `stream=false`), 400, "Unknown parameter: 'stream'."},
		{"input_tokens, model unknown", "openai", respPath + "/input_tokens", edit(t, resp, `model="gpt-9"`), 404, "The model `gpt-9` does not exist"},
		{"input_tokens, previous response unknown", "openai", respPath + "/input_tokens", edit(t, resp, `previous_response_id="resp_x"`), 400, "Previous response with id 'resp_x' not found."},
		// OpenAI, embeddings
		{"embeddings, unknown argument", "openai", "/v1/embeddings", edit(t, emb, `foo=1`), 400, "foo"},
		{"embeddings, empty", "openai", "/v1/embeddings", edit(t, emb, `input=[""]`), 400, "empty"},
		{"embeddings, too many dimensions", "openai", "/v1/embeddings", edit(t, emb, `dimensions=99999`), 400, "less than or equal to 3072"},
		// Anthropic
		{"unknown field", "anthropic", msgPath, edit(t, msg, `foo=1`), 400, "foo: Extra inputs are not permitted"},
		{"OpenAI's field at Anthropic", "anthropic", msgPath, edit(t, msg, `stream_options={}`), 400, "stream_options: Extra inputs are not permitted"},
		{"beta field without its beta", "anthropic", msgPath, edit(t, msg, `context_management={"edits":[]}`), 400, "context_management: Extra inputs are not permitted"},
		{"unknown field deep down", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"user","content":[{"type":"text","text":"x","foo":1}]}]`), 400, "messages.0.content.0.text.foo: Extra inputs are not permitted"},
		{"unknown field of a tool", "anthropic", msgPath, edit(t, msg, `tools=[{"name":"f","input_schema":{"type":"object"},"parameters":{}}]`), 400, "tools.0.custom.parameters: Extra inputs are not permitted"},
		{"a tool without its schema", "anthropic", msgPath, edit(t, msg, `tools=[{"name":"f"}]`), 400, "tools.0.custom.input_schema: Field required"},
		{"max_tokens missing", "anthropic", msgPath, edit(t, msg, `max_tokens=`), 400, "max_tokens: Field required"},
		{"wrong type", "anthropic", msgPath, edit(t, msg, `max_tokens="many"`), 400, "max_tokens: Input should be a valid integer"},
		{"model unknown", "anthropic", msgPath, edit(t, msg, `model="claude-9"`), 404, "model: claude-9"},
		{"role unknown", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"developer","content":"x"}]`), 400, "messages.0.role"},
		{"assistant first", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"assistant","content":"x"}]`), 400, "first message must use the"},
		{"tool_result without tool_use", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"x"}]}]`), 400, "unexpected `tool_use_id` found in `tool_result` blocks: t1"},
		{"tool_use without tool_result", "anthropic", msgPath, edit(t, msg, `messages=`+toolTurn+`{"role":"user","content":"x"}]`), 400, "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1"},
		{"text before the result", "anthropic", msgPath, edit(t, msg, `messages=`+toolTurn+`{"role":"user","content":[{"type":"text","text":"x"},{"type":"tool_result","tool_use_id":"toolu_1","content":"x"}]}]`), 400, "without `tool_result` blocks immediately after"},
		{"a call id that is none", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"a b","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a b","content":"x"}]}]`), 400, "String should match pattern"},
		{"signature of another vendor", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"sig"},{"type":"text","text":"y"}]},{"role":"user","content":"z"}]`), 400, "Invalid `signature` in `thinking` block"},
		{"empty text", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"user","content":[{"type":"text","text":""}]}]`), 400, "text content blocks must be non-empty"},
		{"trailing white space", "anthropic", msgPath, edit(t, msg, `messages=[{"role":"user","content":"hi"},{"role":"assistant","content":"so "}]`), 400, "trailing whitespace"},
		{"budget too small", "anthropic", msgPath, edit(t, msg, `thinking={"type":"enabled","budget_tokens":100}`), 400, "greater than or equal to 1024"},
		{"budget above max_tokens", "anthropic", msgPath, edit(t, msg, `thinking={"type":"enabled","budget_tokens":5000}`), 400, "`max_tokens` must be greater than `thinking.budget_tokens`"},
		{"thinking and a temperature", "anthropic", msgPath, edit(t, msg, `thinking={"type":"enabled","budget_tokens":2000}`, `temperature=0.5`), 400, "`temperature` may only be set to 1"},
		{"five breakpoints", "anthropic", msgPath, edit(t, msg, `system=[`+strings.TrimSuffix(strings.Repeat(`{"type":"text","text":"x","cache_control":{"type":"ephemeral"}},`, 5), ",")+`]`), 400, "A maximum of 4 blocks with cache_control may be provided. Found 5."},
		{"oneOf at the root of a schema", "anthropic", msgPath, edit(t, msg, `tools=[{"name":"f","input_schema":{"type":"object","oneOf":[]}}]`), 400, "does not support oneOf, allOf, or anyOf at the top level"},
		{"count_tokens with max_tokens", "anthropic", msgPath + "/count_tokens", msg, 400, "max_tokens: Extra inputs are not permitted"},
		// Gemini
		{"unknown name", "gemini", genPath, edit(t, gen, `model_name="x"`), 400, `Unknown name "model_name": Cannot find field.`},
		{"unknown name deep down", "gemini", genPath, edit(t, gen, `generationConfig={"topZ":1}`), 400, `Unknown name "topZ" at 'generation_config': Cannot find field.`},
		{"OpenAI's schema word", "gemini", genPath, edit(t, gen, `tools=[{"functionDeclarations":[{"name":"f","parameters":{"type":"object","additionalProperties":false}}]}]`), 400, `Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters': Cannot find field.`},
		{"wrong type", "gemini", genPath, edit(t, gen, `contents=[{"role":"user","parts":[{"text":123}]}]`), 400, "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 123"},
		{"role unknown", "gemini", genPath, edit(t, gen, `contents=[{"role":"assistant","parts":[{"text":"x"}]}]`), 400, "Please use a valid role: user, model."},
		{"no contents", "gemini", genPath, `{}`, 400, "contents is not specified"},
		{"model unknown", "gemini", "/v1beta/models/gemini-9:generateContent", gen, 404, "models/gemini-9 is not found for API version v1beta"},
		{"cache unknown", "gemini", genPath, edit(t, gen, `cachedContent="cachedContents/x"`), 403, "CachedContent not found"},
		{"response without call", "gemini", genPath, edit(t, gen, `contents=[{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}]`), 400, "comes immediately after a function call turn"},
		{"calls and responses do not match", "gemini", genPath, edit(t, gen, `contents=[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}},{"functionCall":{"name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}]`), 400, "number of function response parts"},
		{"no signature at Gemini 3", "gemini", gen3Path, edit(t, gen, `contents=[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}]`), 400, "missing a thought_signature"},
		{"a foreign signature", "gemini", genPath, edit(t, gen, `contents=[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"AAAA"}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}]`), 400, "Thought signature is not valid"},
		{"function name", "gemini", genPath, edit(t, gen, `tools=[{"functionDeclarations":[{"name":"1 f"}]}]`), 400, "Invalid function name"},
		{"countTokens, unknown name", "gemini", countPath, edit(t, gen, `tools=[]`), 400, `Unknown name "tools"`},
	}
	vendors := map[imitation.Kind]*imitation.Vendor{}
	for _, k := range kinds {
		vendors[k] = imitation.New(t, k)
	}
	for _, c := range cases {
		t.Run(string(c.kind)+", "+c.name, func(t *testing.T) {
			a := post(t, vendors[c.kind], c.path, c.body)
			if a.status != c.status {
				t.Fatalf("status %d, want %d: %s", a.status, c.status, a.body)
			}
			if m := shape(t, c.kind, a, c.status); !strings.Contains(m, c.words) {
				t.Errorf("said %q, want %q", m, c.words)
			}
		})
	}
}

func TestOnlyTheVendorsOwnCredentialIsTaken(t *testing.T) {
	type req struct {
		name   string
		change func(http.Header)
		status int
		words  string
		reason string // a violation that must be recorded; "" is none
	}
	cases := map[imitation.Kind][]req{
		imitation.OpenAI: {
			{"none", func(h http.Header) { h.Del("Authorization") }, 401, "You didn't provide an API key", ""},
			{"wrong", func(h http.Header) { h.Set("Authorization", "Bearer sk-wrong-0123456789") }, 401, "Incorrect API key provided: sk-w***6789", "not this vendor's"},
			{"Anthropic's", func(h http.Header) { h.Del("Authorization"); h.Set("X-Api-Key", "sk-imitation-openai") }, 401, "didn't provide", "another vendor's form"},
			{"content type", func(h http.Header) { h.Set("Content-Type", "text/plain") }, 400, "Unsupported content type: 'text/plain'", ""},
		},
		imitation.Anthropic: {
			{"none", func(h http.Header) { h.Del("X-Api-Key") }, 401, "x-api-key header is required", ""},
			{"wrong", func(h http.Header) { h.Set("X-Api-Key", "sk-ant-wrong-0123456") }, 401, "invalid x-api-key", "not this vendor's"},
			{"wrong, as a bearer", func(h http.Header) {
				h.Del("X-Api-Key")
				h.Set("Authorization", "Bearer sk-ant-wrong-0123456")
			}, 401, "Invalid bearer token", "not this vendor's"},
			{"Gemini's", func(h http.Header) {
				h.Del("X-Api-Key")
				h.Set("X-Goog-Api-Key", "sk-imitation-anthropic")
			}, 401, "x-api-key header is required", "another vendor's form"},
			{"no version", func(h http.Header) { h.Del("Anthropic-Version") }, 400, "anthropic-version: header is required", ""},
			{"odd version", func(h http.Header) { h.Set("Anthropic-Version", "2020-01-01") }, 400, "is not a valid version", ""},
			{"content type", func(h http.Header) { h.Set("Content-Type", "text/plain") }, 400, "content type", ""},
		},
		imitation.Gemini: {
			{"none", func(h http.Header) { h.Del("X-Goog-Api-Key") }, 403, "unregistered callers", ""},
			{"wrong", func(h http.Header) { h.Set("X-Goog-Api-Key", "AIzaWrong0123456") }, 400, "API key not valid", "not this vendor's"},
			{"OpenAI's", func(h http.Header) {
				h.Del("X-Goog-Api-Key")
				h.Set("Authorization", "Bearer sk-imitation-gemini")
			}, 401, "invalid authentication credentials", ""},
			{"content type", func(h http.Header) { h.Set("Content-Type", "text/plain") }, 400, "content type", ""},
		},
	}
	for k, list := range cases {
		for _, c := range list {
			t.Run(string(k)+", "+c.name, func(t *testing.T) {
				v := imitation.New(t, k, imitation.AllowViolations())
				h := auth(v, v.Key)
				c.change(h)
				a := send(t, v, "POST", plain[k].path, plain[k].body, h)
				if a.status != c.status {
					t.Fatalf("status %d: %s", a.status, a.body)
				}
				if m := shape(t, k, a, c.status); !strings.Contains(m, c.words) {
					t.Errorf("said %q, want %q", m, c.words)
				}
				got := strings.Join(v.Violations(), "\n")
				if c.reason == "" && got != "" || !strings.Contains(got, c.reason) {
					t.Errorf("violations %q, want %q", got, c.reason)
				}
			})
		}
	}
	t.Run("Anthropic takes the key as a bearer too", func(t *testing.T) {
		v := imitation.New(t, imitation.Anthropic)
		h := auth(v, v.Key)
		h.Del("X-Api-Key")
		h.Set("Authorization", "Bearer "+v.Key)
		if a := send(t, v, "POST", msgPath, plain[v.Kind].body, h); a.status != 200 {
			t.Fatal(a.body)
		}
	})
	t.Run("Gemini takes the key in the query", func(t *testing.T) {
		v := imitation.New(t, imitation.Gemini)
		a := send(t, v, "POST", plain[v.Kind].path+"?key="+v.Key, plain[v.Kind].body, http.Header{"Content-Type": {"application/json"}})
		if a.status != 200 {
			t.Fatal(a.body)
		}
	})
}

func TestWhatMustNeverReachAVendorIsRecorded(t *testing.T) {
	local := "mp-" + strings.Repeat("a", 43)
	for name, value := range map[string]string{
		"Cookie": "a=b", "Origin": "https://evil.example", "Referer": "https://x.example", "X-Forwarded-For": "10.0.0.1",
		"X-Forwarded-Host": "h", "Forwarded": "for=1", "Via": "1.1 x", "Proxy-Authorization": "Basic x", "Te": "trailers",
		"Connection": "X-Secret", "Keep-Alive": "timeout=5", "X-Goog-Api-Key": "AIzaX", "Api-Key": "x", "Sec-Fetch-Site": "cross-site",
		"X-Custom": local, "User-Agent": "has canary-word in it",
	} {
		t.Run(name, func(t *testing.T) {
			v := imitation.New(t, imitation.OpenAI, imitation.AllowViolations(), imitation.WithForbidden("canary-word"))
			h := auth(v, v.Key)
			h.Set(name, value)
			if a := send(t, v, "POST", chatPath, plain[v.Kind].body, h); a.status != 200 {
				t.Fatalf("%d %s: a real vendor would not say", a.status, a.body)
			}
			if len(v.Violations()) == 0 {
				t.Error("nothing was recorded")
			}
		})
	}
	t.Run("in the body", func(t *testing.T) {
		v := imitation.New(t, imitation.OpenAI, imitation.AllowViolations())
		post(t, v, chatPath, `{"model":"gpt-4o","messages":[{"role":"user","content":"`+local+`"}]}`)
		if got := strings.Join(v.Violations(), " "); !strings.Contains(got, "local key arrived in the body") {
			t.Error(got)
		}
	})
	t.Run("in the query", func(t *testing.T) {
		v := imitation.New(t, imitation.OpenAI, imitation.AllowViolations())
		post(t, v, chatPath+"?key=x", plain[v.Kind].body)
		if got := strings.Join(v.Violations(), " "); !strings.Contains(got, "query carries a credential") {
			t.Error(got)
		}
	})
	t.Run("two credentials at Anthropic", func(t *testing.T) {
		v := imitation.New(t, imitation.Anthropic, imitation.AllowViolations())
		h := auth(v, v.Key)
		h.Set("Authorization", "Bearer "+v.Key)
		send(t, v, "POST", msgPath, plain[v.Kind].body, h)
		if got := strings.Join(v.Violations(), " "); !strings.Contains(got, "2 credentials in one request") {
			t.Error(got)
		}
	})
}

// failing is a test that notes what it is told, so that New can be seen to fail one.
type failing struct {
	testing.TB
	said    []string
	cleanup []func()
}

func (f *failing) Helper()                   {}
func (f *failing) Cleanup(c func())          { f.cleanup = append(f.cleanup, c) }
func (f *failing) Errorf(s string, _ ...any) { f.said = append(f.said, s) }
func (f *failing) Fatalf(s string, _ ...any) { f.said = append(f.said, s) }

func TestViolationsFailTheTest(t *testing.T) {
	f := &failing{TB: t}
	v := imitation.New(f, imitation.OpenAI)
	h := auth(v, v.Key)
	h.Set("Cookie", "a=b")
	send(t, v, "POST", chatPath, plain[v.Kind].body, h)
	for _, c := range f.cleanup {
		c()
	}
	if len(f.said) != 1 {
		t.Errorf("the test was told %d things, want 1", len(f.said))
	}
}
