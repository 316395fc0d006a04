package openaichat

import (
	"regexp"
	"testing"

	conv "metapi/backend/protocol/conversation"
)

// Case 19: Mistral takes calls' ids of nine letters and digits only. Calls and results still find each other, ids without one get one, and
// what is right already stays.
func TestIDsOfNine(t *testing.T) {
	ask := &conv.Request{Messages: []conv.Message{{Role: conv.User, Parts: []conv.Part{&conv.Text{Text: "go"}}}, {Role: conv.Assistant, Parts: []conv.Part{
		&conv.ToolCall{ID: "toolu_01ABCDEF", Name: "a", Arguments: "{}"}, &conv.ToolCall{Name: "b", Arguments: "{}"}, &conv.ToolCall{ID: "abcDEF123", Name: "c", Arguments: "{}"}}},
		{Role: conv.ToolRole, Parts: []conv.Part{&conv.ToolResult{ID: "toolu_01ABCDEF"}, &conv.ToolResult{Name: "b"}, &conv.ToolResult{ID: "abcDEF123"}}}}}
	_, body, _ := encode(t, ask, conv.Target{Model: "mistral-large", Quirks: map[string]bool{quirkIDsOfNine: true}})
	messages := body["messages"].([]any)
	calls := messages[1].(map[string]any)["tool_calls"].([]any)
	seen := map[string]bool{}
	for i, c := range calls {
		id := c.(map[string]any)["id"].(string)
		if !regexp.MustCompile(`^[a-zA-Z0-9]{9}$`).MatchString(id) || seen[id] || i == 2 && id != "abcDEF123" {
			t.Errorf("call %d has the id %q", i, id)
		}
		seen[id] = true
		if got := messages[2+i].(map[string]any)["tool_call_id"]; got != id {
			t.Errorf("the result of call %d is of %q, not of %q", i, got, id)
		}
	}
}
