package openaichat

import (
	"encoding/json"

	"metapi/backend/protocol/internal/openai"
)

// strictly reports whether a schema may be enforced (case 33), which wants an object at its root.
func strictly(schema json.RawMessage) bool {
	var root struct {
		Type any `json:"type"`
	}
	return json.Unmarshal(schema, &root) == nil && root.Type == "object" && openai.StrictLegal(schema)
}
