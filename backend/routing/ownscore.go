package routing

import (
	"fmt"

	"github.com/goccy/go-yaml"

	"metapi/backend/catalog/scores"
)

// OwnScore is what the user expects of a model: of 100 answers, how many are good. It is written as one figure for all answers, or as a mapping of
// domains to figures, where "all" is for the rest: {all: 70, math: 90}. What is not said stays as it is published.
type OwnScore map[string]float64

// all is the word for answers of any domain.
const all = "all"

// UnmarshalYAML reads a figure, or a mapping.
func (o *OwnScore) UnmarshalYAML(data []byte) error {
	var one float64
	if err := yaml.Unmarshal(data, &one); err == nil {
		*o = OwnScore{all: one}
		return nil
	}
	return yaml.Unmarshal(data, (*map[string]float64)(o))
}

// MarshalYAML writes what UnmarshalYAML reads, as short as it can be.
func (o OwnScore) MarshalYAML() (any, error) {
	if one, ok := o[all]; ok && len(o) == 1 {
		return one, nil
	}
	return map[string]float64(o), nil
}

func (o OwnScore) check() error {
	for word, v := range o {
		if !(v >= 0 && v <= 100) {
			return fmt.Errorf("%s: must be from 0 to 100", word)
		}
		var d scores.Domain
		if err := d.UnmarshalText([]byte(word)); err != nil && word != all {
			return err
		}
	}
	return nil
}

// Scored is what is expected of a model at an account, by the names that the account and everybody has for it: what the user says, else what is
// published. A score for one account counts before one for all.
func (s *Settings) Scored(slug, upstream, model string) *scores.Score {
	published := scores.Of(model)
	for _, name := range [...]string{slug + "/" + upstream, slug + "/" + model, upstream, model} {
		if own, ok := s.Scores[name]; ok {
			return own.over(published)
		}
	}
	return published
}

func (o OwnScore) over(published *scores.Score) *scores.Score {
	var every *float64
	by := map[scores.Domain]float64{}
	for word, v := range o {
		v /= 100
		var d scores.Domain
		if word == all {
			every = &v
		} else if d.UnmarshalText([]byte(word)) == nil {
			by[d] = v
		}
	}
	return published.With(every, by)
}
