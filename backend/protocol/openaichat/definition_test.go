package openaichat

import (
	"bytes"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// tb is what testing.TB and rapid.T have in common.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

var definitions = sync.OnceValue(func() map[string]*jsonschema.Schema {
	raw, err := os.ReadFile("testdata/definition.json")
	if err != nil {
		panic(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("definition.json", doc); err != nil {
		panic(err)
	}
	out := map[string]*jsonschema.Schema{}
	for _, name := range []string{"CreateChatCompletionRequest", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"} {
		out[name] = c.MustCompile("definition.json#/$defs/" + name)
	}
	return out
})

// valid checks a body against OpenAI's own definition, closed: what is not in it is refused.
func valid(t tb, name string, body []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("not JSON: %v\n%s", err, body)
	}
	if err := definitions()[name].Validate(v); err != nil {
		t.Fatalf("no %s: %v\n%s", name, err, body)
	}
}

// validStream checks every chunk of a stream, and returns the datas.
func validStream(t tb, stream []byte) (datas []string) {
	t.Helper()
	for _, block := range strings.Split(strings.TrimSuffix(string(stream), "\n\n"), "\n\n") {
		data, ok := strings.CutPrefix(block, "data: ")
		if !ok {
			t.Fatalf("not a data line: %q", block)
		}
		if datas = append(datas, data); data != "[DONE]" && !strings.HasPrefix(data, `{"error":`) {
			valid(t, "CreateChatCompletionStreamResponse", []byte(data))
		}
	}
	return datas
}

func TestDefinitionRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"CreateChatCompletionRequest":        `{"model":"m","messages":[{"role":"user","content":"x","cache_control":{}}]}`,
		"CreateChatCompletionResponse":       `{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":null,"refusal":null}}]}`,
		"CreateChatCompletionStreamResponse": `{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{}}]}`,
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if definitions()[name].Validate(v) == nil {
			t.Errorf("%s takes %s", name, body)
		}
	}
}
