package openaichat

import (
	"strings"
	"testing"

	"metapi/backend/protocol/internal/definition"
)

// tb is what testing.TB and rapid.T have in common.
type tb interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

var definitions = definition.In("testdata/definition.json")

// valid checks a body against OpenAI's own definition, closed: what is not in it is refused.
func valid(t tb, name string, body []byte) {
	t.Helper()
	definitions.Check(t, name, body)
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
		if definitions.Fault(t, name, []byte(body)) == nil {
			t.Errorf("%s takes %s", name, body)
		}
	}
}
