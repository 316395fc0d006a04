package routing

import (
	"fmt"
	"slices"
)

// Set is parameters of a request that rules put in place of the client's. What is absent stays as the client has it.
type Set struct {
	Temperature *float64 `yaml:"temperature,omitempty" json:"temperature,omitempty"` // 0 to 2
	TopP        *float64 `yaml:"top_p,omitempty" json:"top_p,omitempty"`             // 0 to 1
	MaxOutput   *int64   `yaml:"max_output,omitempty" json:"max_output,omitempty"`   // tokens, reasoning included
	Effort      string   `yaml:"effort,omitempty" json:"effort,omitempty"`           // how much to think: none, minimal, low, medium, high, xhigh or max
	Verbosity   string   `yaml:"verbosity,omitempty" json:"verbosity,omitempty"`     // low, medium or high
	Seed        *int64   `yaml:"seed,omitempty" json:"seed,omitempty"`
}

// Efforts are the words of [Set.Effort], and verbosities those of Verbosity.
var (
	Efforts     = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}
	verbosities = []string{"low", "medium", "high"}
)

// add takes from o what s does not set yet.
func (s *Set) add(o *Set) {
	if *o == (Set{}) {
		return
	}
	fill(&s.Temperature, o.Temperature)
	fill(&s.TopP, o.TopP)
	fill(&s.MaxOutput, o.MaxOutput)
	fill(&s.Effort, o.Effort)
	fill(&s.Verbosity, o.Verbosity)
	fill(&s.Seed, o.Seed)
}

func fill[T comparable](to *T, from T) {
	var nothing T
	if *to == nothing {
		*to = from
	}
}

func (s *Set) check() error {
	switch {
	case s.Temperature != nil && !(*s.Temperature >= 0 && *s.Temperature <= 2):
		return fmt.Errorf("set: temperature: must be from 0 to 2")
	case s.TopP != nil && !(*s.TopP >= 0 && *s.TopP <= 1):
		return fmt.Errorf("set: top_p: must be from 0 to 1")
	case s.MaxOutput != nil && *s.MaxOutput < 1:
		return fmt.Errorf("set: max_output: must be at least 1 token")
	case s.Effort != "" && !slices.Contains(Efforts, s.Effort):
		return fmt.Errorf("set: effort: there is no %q; choose from %v", s.Effort, Efforts)
	case s.Verbosity != "" && !slices.Contains(verbosities, s.Verbosity):
		return fmt.Errorf("set: verbosity: there is no %q; choose from %v", s.Verbosity, verbosities)
	}
	return nil
}
