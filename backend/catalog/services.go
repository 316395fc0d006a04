package catalog

import "metapi/backend/protocol"

// Services are what the usual price of tokens is multiplied by where a request is served as a batch, or with more or less urgency; 0 where that
// is not known. What is not billed by tokens (calls, searches, pictures) costs the same.
type Services struct {
	Batch    float64 `json:"batch,omitempty"`
	Flex     float64 `json:"flex,omitempty"`
	Priority float64 `json:"priority,omitempty"`
}

// factor is the one of a service: known, or 0 for a discount of which nobody knows; then the usual price is the most that it can cost.
func (s Services) factor(of protocol.Service) (factor float64, known bool) {
	switch of {
	case "", protocol.Standard:
		return 1, true
	case protocol.Batch:
		return s.Batch, true
	case protocol.Flex:
		return s.Flex, true
	case protocol.Priority:
		return s.Priority, s.Priority > 0
	}
	return 0, false
}

// served is what the vendors publish, by the price list that names them: genai-prices has none of it.
//
// Batches: https://platform.claude.com/docs/en/about-claude/pricing, https://developers.openai.com/api/docs/pricing,
// https://ai.google.dev/gemini-api/docs/optimization. Flex: the latter two. What Google asks for priority is 1.75 to 2 times the usual price, and what
// Anthropic does is not public: both are left unknown.
var served = map[string]Services{
	"anthropic": {Batch: 0.5},
	"google":    {Batch: 0.5, Flex: 0.5},
	"openai":    {Batch: 0.5, Flex: 0.5},
}

// urgent is the price that OpenAI lists for priority over the usual one, the same for each class of tokens:
// https://openai.com/api-priority-processing
var urgent = map[string]float64{
	"gpt-5.5":      12.5 / 5,
	"gpt-5.4":      5 / 2.5,
	"gpt-5.4-mini": 1.5 / 0.75,
	"gpt-5.2":      3.5 / 1.75,
	"gpt-5.1":      2.5 / 1.25,
	"gpt-5":        2.5 / 1.25,
	"gpt-5-mini":   0.45 / 0.25,
	"gpt-4.1":      3.5 / 2,
}

func servicesOf(list, model string) Services {
	s := served[list]
	if list == "openai" {
		s.Priority = urgent[model]
	}
	return s
}
