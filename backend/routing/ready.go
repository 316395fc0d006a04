package routing

import (
	"cmp"
	_ "embed"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

// Ready is a set of rules that the user can switch on. They are data: see ready.yaml.
type Ready struct {
	Name  string          `yaml:"name"`
	Says  string          `yaml:"says"` // what it does, in a sentence
	Needs []Need          `yaml:"needs"`
	Rules []yaml.MapSlice `yaml:"rules"` // as routing.yaml will have them, with the words of Needs in place of models
}

// Need is a model that a [Ready] wants.
type Need struct {
	Word string   `yaml:"word"`
	What string   `yaml:"what"` // in words
	Of   []string `yaml:"of"`   // patterns of names, the most wanted first
}

//go:embed ready.yaml
var readyText []byte

// Readies lists them.
var Readies = sync.OnceValue(func() []Ready {
	var all []Ready
	if err := yaml.UnmarshalWithOptions(readyText, &all, yaml.Strict(), yaml.UseOrderedMap()); err != nil {
		panic("ready.yaml: " + err.Error()) // it is a part of the program: any test shows it
	}
	return all
})

// Find picks the model that is wanted most, of those there are; "": none of them is wanted. A plain name counts before one with a date or a
// variant behind it, and of those the newest.
func (n *Need) Find(models []string) string {
	for _, pattern := range n.Of {
		var found []string
		for _, m := range models {
			if ok, _ := path.Match(pattern, m); ok {
				found = append(found, m)
			}
		}
		if len(found) > 0 {
			return slices.MinFunc(found, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(b, a)) })
		}
	}
	return ""
}

// Fill is the rules with models in place of the words.
func (r *Ready) Fill(models map[string]string) []yaml.MapSlice {
	out := make([]yaml.MapSlice, len(r.Rules))
	for i, rule := range r.Rules {
		for _, m := range rule {
			if list, ok := m.Value.([]any); ok {
				list = slices.Clone(list)
				for j, word := range list {
					if s, ok := word.(string); ok && strings.HasPrefix(s, "<") {
						list[j] = models[strings.Trim(s, "<>")]
					}
				}
				m.Value = list
			}
			out[i] = append(out[i], m)
		}
	}
	return out
}
