package scores

import "fmt"

// Domain is a kind of answer.
type Domain uint8

const (
	Other Domain = iota // a chat, or anything that no rule knows
	CodeEdit
	CodeQuestion
	Agentic
	Math
	Reasoning
	Writing
	Extraction
	Translation
	Summary
	Foreign
	domains
)

// Domains is how many there are.
const Domains = int(domains)

// words name the domains in settings and records.
var words = [domains]string{Other: "other", CodeEdit: "code-edit", CodeQuestion: "code-question", Agentic: "agentic", Math: "math", Reasoning: "reasoning",
	Writing: "writing", Extraction: "extraction", Translation: "translation", Summary: "summary", Foreign: "foreign"}

func (d Domain) String() string { return words[d] }

// MarshalText writes its word.
func (d Domain) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a word.
func (d *Domain) UnmarshalText(text []byte) error {
	for i, w := range words {
		if w == string(text) {
			*d = Domain(i)
			return nil
		}
	}
	return fmt.Errorf("there is no domain %q: choose one of %v", text, words)
}
