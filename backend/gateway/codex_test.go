package gateway_test

import (
	"encoding/json"
	"slices"
	"testing"

	"metapi/backend/gateway"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// Codex takes nothing of a list in which one entry lacks one of these (those of ModelInfo in codex-rs/protocol/src/openai_models.rs without a default, in
// the versions from the first with remote models to 0.169), and takes its own instructions away from a model for which a list has none.
func TestCodexList(t *testing.T) {
	w := newWorld(t, []*imitation.Vendor{vendor(t, imitation.OpenAI, "o"), vendor(t, imitation.Anthropic, "a"), vendor(t, imitation.Gemini, "g")},
		func(_ *gateway.Options, s *snapshot.Snapshot) {
			for i := range s.Deployments {
				if d := &s.Deployments[i]; d.Upstream == "claude-sonnet-4-5" {
					d.Reasons, d.Context = true, 200_000
				}
			}
		})
	got, _ := w.get("GET", "/v1/models?client_version=0.169.0")
	var list struct{ Models []map[string]any }
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var slugs []string
	for _, m := range list.Models {
		slugs = append(slugs, m["slug"].(string))
		for _, field := range []string{"slug", "display_name", "supported_reasoning_levels", "shell_type", "visibility", "supported_in_api", "priority", "base_instructions",
			"supports_reasoning_summaries", "support_verbosity", "truncation_policy", "supports_parallel_tool_calls", "experimental_supported_tools"} {
			if m[field] == nil {
				t.Errorf("%s has no %s", m["slug"], field)
			}
		}
		if m["base_instructions"] == "" || m["visibility"] != "list" || m["supported_in_api"] != true || m["shell_type"] != "shell_command" {
			t.Errorf("%v", m)
		}
	}
	if want := []string{"claude-haiku-4-5", "claude-sonnet-4-5", "gemini-2.5-flash", "gemini-2.5-pro", "text-embedding-3-small"}; !slices.Equal(slugs, want) {
		t.Errorf("lists %v, not %v", slugs, want) // the world's embedding model is said to chat
	}
	if m := list.Models[1]; m["context_window"] != 200_000.0 || m["default_reasoning_level"] != "medium" || len(m["supported_reasoning_levels"].([]any)) != 3 {
		t.Errorf("%v", m)
	}
	if _, one := w.get("GET", "/v1/models/gpt-4o?client_version=0.169.0"); one["object"] != "model" {
		t.Errorf("one model: %v", one)
	}
}
