package routing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // Windows has no names of time zones of its own

	"github.com/goccy/go-yaml"
)

// SettingsFile is the name of the file, in the config folder, that [Settings] is read from.
const SettingsFile = "routing.yaml"

// Settings is what the user writes in routing.yaml.
type Settings struct {
	// Aliases are names of the user's own for models: name to model, as any client may ask for it. Default: none.
	Aliases map[string]string `yaml:"aliases,omitempty"`
	// Models are virtual models: a name for several, with the mode that chooses among them. Default: none.
	Models map[string]Plan `yaml:"models,omitempty"`
	// Prices are the user's own, above what anybody lists: by the name of a model, or account/model. Default: none.
	Prices map[string]OwnPrice `yaml:"prices,omitempty"`
	// Rates are how many of a currency make a dollar, for prices in others: CNY: 7.1. Default: none.
	Rates map[string]PerDollar `yaml:"rates,omitempty"`
	// Scores are the user's own, above what is published: by the name of a model, or account/model. Default: none.
	Scores map[string]OwnScore `yaml:"scores,omitempty"`
	// Rules say what is done with requests of some kind. All that hold apply, in their order; of a mode, of models to use, or of a parameter to set,
	// the first that says one counts. Default: none.
	Rules []Rule `yaml:"rules,omitempty"`
	// Accounts say how much of an account may be used, and when: by its slug. Default: all of it, always.
	Accounts map[string]Use `yaml:"accounts,omitempty"`
	// Timezone is where the user lives, as Europe/Berlin: hours, weekdays and months are counted there. Default: this machine's.
	Timezone string `yaml:"timezone,omitempty"`
}

// Location is where hours and days are counted.
func (s *Settings) Location() *time.Location {
	if at, err := time.LoadLocation(s.Timezone); err == nil && s.Timezone != "" {
		return at
	}
	return time.Local
}

// Plan names models, and how one of them is chosen.
type Plan struct {
	// Mode ranks the models together; failover takes them as they are listed. Default: the mode in force, and failover where that takes no
	// account of models.
	Mode Mode `yaml:"mode,omitempty"`
	// Models may all serve.
	Models []Choice `yaml:"models,omitempty"`
	// Then are used only where none of Models can. Default: none.
	Then []Choice `yaml:"then,omitempty"`
	// Tiers are lists of models in place of Models and Then, as many as are wanted: one is used only where none before it can. Default: none.
	Tiers [][]Choice `yaml:"tiers,omitempty"`
	// Within is how soon a reply is to begin, as 8s (to be whole, where it does not come as a stream): of whom that is not expected now, all
	// others come first. Default: no matter.
	Within Duration `yaml:"within,omitempty"`
}

// lists are the tiers, however they are written.
func (p *Plan) lists() [][]Choice {
	if len(p.Tiers) > 0 {
		return p.Tiers
	}
	if len(p.Then) > 0 {
		return [][]Choice{p.Models, p.Then}
	}
	if len(p.Models) > 0 {
		return [][]Choice{p.Models}
	}
	return nil
}

// Duration is a time that is written as 8s or 1m30s.
type Duration time.Duration

// UnmarshalYAML reads one.
func (d *Duration) UnmarshalYAML(data []byte) error {
	var word string
	if err := yaml.Unmarshal(data, &word); err != nil {
		return err
	}
	v, err := time.ParseDuration(word)
	if err != nil || v < 0 {
		return fmt.Errorf("%q is no length of time: write it as 8s or 1m30s", word)
	}
	*d = Duration(v)
	return nil
}

// MarshalYAML writes what UnmarshalYAML reads.
func (d Duration) MarshalYAML() (any, error) { return time.Duration(d).String(), nil }

// Choice is one model of a [Plan], as a client would ask for it (account/model too), with its share in balance mode.
type Choice struct {
	Model  string  `yaml:"model" json:"model"`
	Weight float64 `yaml:"weight,omitempty" json:"weight,omitempty" minimum:"0" doc:"Its share in balance mode. Default: 1"`
}

// UnmarshalYAML reads a name, or a mapping with a weight.
func (c *Choice) UnmarshalYAML(data []byte) error {
	if err := yaml.Unmarshal(data, &c.Model); err == nil {
		return nil
	}
	type plain Choice
	return yaml.UnmarshalWithOptions(data, (*plain)(c), yaml.Strict())
}

// MarshalYAML writes what UnmarshalYAML reads, as short as it can be.
func (c Choice) MarshalYAML() (any, error) {
	if c.Weight == 0 {
		return c.Model, nil
	}
	type plain Choice
	return plain(c), nil
}

// Rule is one of [Settings.Rules].
type Rule struct {
	Name string    `yaml:"name"`           // for people: it is shown with each request that it changed
	When Condition `yaml:"when,omitempty"` // default: always
	Off  bool      `yaml:"off,omitempty"`  // it is kept, but does nothing

	Plan `yaml:",inline"` // what serves in place of the model that was asked for, and the mode

	Only  []string `yaml:"only,omitempty"`  // accounts, providers or hosts that may serve; default: all
	Never []string `yaml:"never,omitempty"` // accounts, providers or hosts that may not; default: none
	Set   Set      `yaml:"set,omitempty"`   // parameters of the request, in place of the client's; default: none
}

// Check judges what YAML cannot.
func (s *Settings) Check() error {
	for alias, model := range s.Aliases {
		if strings.TrimSpace(alias) == "" || strings.TrimSpace(model) == "" {
			return fmt.Errorf("aliases: %q: %q: neither side may be empty", alias, model)
		}
	}
	for name, p := range s.Models {
		if strings.TrimSpace(name) == "" {
			return fmt.Errorf("models: a name may not be empty")
		}
		if _, too := s.Aliases[name]; too {
			return fmt.Errorf("models: %s: there is an alias of the same name", name)
		}
		if len(p.lists()) == 0 {
			return fmt.Errorf("models: %s: models: name at least one", name)
		}
		if err := p.check(); err != nil {
			return fmt.Errorf("models: %s: %w", name, err)
		}
	}
	for name, score := range s.Scores {
		if err := score.check(); err != nil {
			return fmt.Errorf("scores: %s: %w", name, err)
		}
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		if strings.TrimSpace(r.Name) == "" {
			return fmt.Errorf("rules: number %d: name: is missing", i+1)
		}
		if slices.ContainsFunc(s.Rules[:i], func(o Rule) bool { return o.Name == r.Name }) {
			return fmt.Errorf("rules: %s: there is another rule of this name", r.Name)
		}
		if len(r.lists()) == 0 && r.Mode == "" && len(r.Only) == 0 && len(r.Never) == 0 && r.Set == (Set{}) {
			return fmt.Errorf("rules: %s: it does nothing; give it models, a mode, only, never or set", r.Name)
		}
		if err := cmp.Or(r.Plan.check(), r.Set.check()); err != nil {
			return fmt.Errorf("rules: %s: %w", r.Name, err)
		}
	}
	for name, u := range s.Accounts {
		if err := u.check(); err != nil {
			return fmt.Errorf("accounts: %s: %w", name, err)
		}
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil {
		return fmt.Errorf("timezone: %q is not known: write it as Europe/Berlin", s.Timezone)
	}
	return nil
}

func (p *Plan) check() error {
	if p.Mode != "" {
		if _, err := ParseMode(string(p.Mode)); err != nil {
			return fmt.Errorf("mode: %w", err)
		}
	}
	if len(p.Then) > 0 && len(p.Models) == 0 {
		return fmt.Errorf("then: there are no models before it")
	}
	if len(p.Tiers) > 0 && len(p.Models) > 0 {
		return fmt.Errorf("tiers: give these, or models and then, not both")
	}
	for i, tier := range p.Tiers {
		if len(tier) == 0 {
			return fmt.Errorf("tiers: number %d is empty", i+1)
		}
	}
	for _, c := range slices.Concat(p.lists()...) {
		switch {
		case strings.TrimSpace(c.Model) == "":
			return fmt.Errorf("models: a name may not be empty")
		case c.Weight < 0:
			return fmt.Errorf("models: %s: weight: may not be less than nothing", c.Model)
		}
	}
	return nil
}
