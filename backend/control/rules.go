package control

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/goccy/go-yaml"

	"metapi/backend/routing"
	"metapi/backend/settings"
)

// Routing is routing.yaml: its text, what it says, and what there is to switch on.
type Routing struct {
	Path    string        `json:"path"`
	Version string        `json:"version" doc:"Of the text: a change that names another than the file has is refused"`
	Text    string        `json:"text"`
	Fault   *RoutingFault `json:"fault,omitempty" doc:"What is wrong with the text as it is; the last good stays in force"`
	Undo    bool          `json:"undo" doc:"The last change was made here, and can be undone"`
	Before  string        `json:"before,omitempty" doc:"The text that undoing brings back"`

	Rules    []RoutingRule  `json:"rules" doc:"In their order"`
	Models   []VirtualModel `json:"models" doc:"By name"`
	Aliases  []Alias        `json:"aliases" doc:"By name"`
	Accounts []AccountUse   `json:"accounts" doc:"All that there are, in the user's order"`
	Timezone string         `json:"timezone,omitempty"`
	Lacks    []string       `json:"lacks,omitempty" doc:"What is named and no account offers, a sentence each"`
	Ready    []ReadyRule    `json:"ready" doc:"Rules to switch on"`
	Facts    []routing.Fact `json:"facts" doc:"What a condition may ask about"`
}

// RoutingFault says what is wrong with a text, and where.
type RoutingFault struct {
	Line    int    `json:"line,omitempty" doc:"From 1; absent where it is not at one place"`
	Column  int    `json:"column,omitempty"`
	Message string `json:"message"`
}

// RoutingPlan names models, and how one of them is chosen.
type RoutingPlan struct {
	Mode   string             `yaml:"mode,omitempty" json:"mode,omitempty"`
	Models []routing.Choice   `yaml:"models,omitempty" json:"models,omitempty"`
	Then   []routing.Choice   `yaml:"then,omitempty" json:"then,omitempty" doc:"Where none of models can"`
	Tiers  [][]routing.Choice `yaml:"tiers,omitempty" json:"tiers,omitempty" doc:"In place of models and then"`
	Within string             `yaml:"within,omitempty" json:"within,omitempty" doc:"Whoever is expected to take longer comes last, as 8s"`
}

// RoutingRule is one rule.
type RoutingRule struct {
	Name        string `yaml:"name" json:"name"`
	When        string `yaml:"when,omitempty" json:"when,omitempty" doc:"The condition; always, where there is none"`
	Off         bool   `yaml:"off,omitempty" json:"off,omitempty"`
	RoutingPlan `yaml:",inline"`
	Only        []string    `yaml:"only,omitempty" json:"only,omitempty"`
	Never       []string    `yaml:"never,omitempty" json:"never,omitempty"`
	Set         routing.Set `yaml:"set,omitempty" json:"set,omitzero"`
}

// VirtualModel is a name for several models.
type VirtualModel struct {
	Name string      `json:"name"`
	Plan RoutingPlan `json:"plan"`
}

// Alias is another name for a model.
type Alias struct {
	Name  string `json:"name"`
	Model string `json:"model"`
}

// AccountUse is how much of an account may be used, and when.
type AccountUse struct {
	Account  string      `json:"account" doc:"Its slug"`
	Name     string      `json:"name,omitempty" doc:"What it is called; absent where there is no such account"`
	Use      routing.Use `json:"use"`
	Standing []string    `json:"standing,omitempty" doc:"How much is used now, in words"`
}

// ReadyRule is a set of rules that can be switched on.
type ReadyRule struct {
	Name    string      `json:"name"`
	Says    string      `json:"says" doc:"What it does, in a sentence"`
	On      bool        `json:"on"`
	Uses    []ReadyUses `json:"uses" doc:"The models that it would use"`
	Missing []string    `json:"missing,omitempty" doc:"What it wants and no account offers, in words: it cannot be switched on"`
	Text    string      `json:"text" doc:"What it writes into routing.yaml"`
}

// ReadyUses is a model of the user's, and what a ready rule uses it as.
type ReadyUses struct {
	Model string `json:"model"`
	As    string `json:"as"`
}

// written is routing.yaml as it is said, for forms: strings stay as they are.
type written struct {
	Aliases  map[string]string      `yaml:"aliases"`
	Models   map[string]RoutingPlan `yaml:"models"`
	Rules    []RoutingRule          `yaml:"rules"`
	Accounts map[string]routing.Use `yaml:"accounts"`
	Timezone string                 `yaml:"timezone"`
}

// edits are the changes of routing.yaml that can be undone: what was there before, by the version that came of it.
type edits struct {
	mu     sync.Mutex // one change at a time
	before map[string]string
	order  []string
}

// mostUndone is how many changes in a row can be undone.
const mostUndone = 50

func (s *Service) routingPath() string { return filepath.Join(s.Dir, routing.SettingsFile) }

// routingText is the file, and its version.
func (s *Service) routingText() (text, version string, err error) {
	data, err := os.ReadFile(s.routingPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	return string(data), versionOf(string(data)), nil
}

func versionOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func faultIn(text string) *RoutingFault {
	var set routing.Settings
	if f := settings.Parse(routing.SettingsFile, []byte(text), &set); f != nil {
		return &RoutingFault{f.Line, f.Column, f.Message}
	}
	return nil
}

// routing tells what routing.yaml says.
func (s *Service) routing(context.Context, *nothing) (Routing, error) {
	s.edits.mu.Lock()
	defer s.edits.mu.Unlock()
	return s.showRouting()
}

func (s *Service) showRouting() (Routing, error) {
	text, version, err := s.routingText()
	if err != nil {
		return Routing{}, err
	}
	r := Routing{Path: s.routingPath(), Version: version, Text: text, Fault: faultIn(text), Facts: routing.Facts(),
		Rules: []RoutingRule{}, Models: []VirtualModel{}, Aliases: []Alias{}, Accounts: []AccountUse{}}
	r.Before, r.Undo = s.edits.before[version]
	good := []byte(text)
	if r.Fault != nil { // what is in force
		if good, err = yaml.Marshal(s.Routing()); err != nil {
			return r, err
		}
	}
	var w written
	_ = yaml.Unmarshal(good, &w) // it has been found to be good
	r.Rules, r.Timezone = append(r.Rules, w.Rules...), w.Timezone
	for _, name := range slices.Sorted(maps.Keys(w.Models)) {
		r.Models = append(r.Models, VirtualModel{name, w.Models[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(w.Aliases)) {
		r.Aliases = append(r.Aliases, Alias{name, w.Aliases[name]})
	}
	if snap := s.Snapshot(); snap != nil {
		for _, missing := range snap.Rules.Lacks() {
			r.Lacks = append(r.Lacks, Sentence(missing))
		}
	}
	if err := s.showUses(&r, w.Accounts); err != nil {
		return r, err
	}
	r.Ready, err = s.ready(w.Rules)
	return r, err
}

// showUses adds how much of each account may be used, and is.
func (s *Service) showUses(r *Routing, uses map[string]routing.Use) error {
	list, err := s.Accounts.List()
	if err != nil {
		return err
	}
	standing := map[string][]string{}
	if snap := s.Snapshot(); snap != nil {
		for i := range snap.Accounts {
			standing[snap.Accounts[i].Slug] = snap.Accounts[i].Limits.Standing(time.Now())
		}
	}
	for _, a := range list {
		r.Accounts = append(r.Accounts, AccountUse{a.Slug, a.Name, uses[a.Slug], standing[a.Slug]})
	}
	for _, slug := range slices.Sorted(maps.Keys(uses)) {
		if !slices.ContainsFunc(r.Accounts, func(a AccountUse) bool { return a.Account == slug }) {
			r.Accounts = append(r.Accounts, AccountUse{Account: slug, Use: uses[slug]})
		}
	}
	return nil
}

// ready lists the rules to switch on, with the user's own models in them.
func (s *Service) ready(rules []RoutingRule) ([]ReadyRule, error) {
	models, err := s.offered()
	if err != nil {
		return nil, err
	}
	var list []ReadyRule
	for _, r := range routing.Readies() {
		one := ReadyRule{Name: r.Name, Says: r.Says, Uses: []ReadyUses{}}
		found := map[string]string{}
		for _, n := range r.Needs {
			if found[n.Word] = n.Find(models); found[n.Word] == "" {
				one.Missing = append(one.Missing, n.What)
				found[n.Word] = "?"
				continue
			}
			one.Uses = append(one.Uses, ReadyUses{found[n.Word], n.What})
		}
		writes := r.Fill(found)
		one.On = !slices.ContainsFunc(writes, func(m yaml.MapSlice) bool {
			i := ruleNamed(rules, m[0].Value)
			return i < 0 || rules[i].Off
		})
		text, err := settings.Apply(nil, insertions(0, writes)...)
		if err != nil {
			return nil, err
		}
		one.Text = string(text)
		list = append(list, one)
	}
	return list, nil
}

func ruleNamed(rules []RoutingRule, name any) int {
	return slices.IndexFunc(rules, func(r RoutingRule) bool { return r.Name == name })
}

func insertions(at int, rules []yaml.MapSlice) (list []settings.Edit) {
	for i, r := range rules {
		list = append(list, settings.Edit{Path: []any{"rules", at + i}, Do: settings.Insert, Value: r})
	}
	return list
}

// offered are the names of the models on offer, as everybody has them.
func (s *Service) offered() ([]string, error) {
	accounts, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, a := range accounts {
		offers, err := s.Offers.Get(a.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range offers {
			if o.Offered() {
				name := cmp.Or(o.Model, o.Name)
				if known, _ := s.Lists.Catalog().Offered(a.Provider, a.BaseURL, o); known != nil {
					name = known.ID
				}
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// change puts another text in the place of the one of a version ("": whichever there is), if it is good, and in force. It can be undone.
func (s *Service) change(version string, to func(text string) (string, error)) (Routing, error) {
	return s.rewrite(version, true, to)
}

func (s *Service) rewrite(version string, undoable bool, to func(text string) (string, error)) (Routing, error) {
	s.edits.mu.Lock()
	defer s.edits.mu.Unlock()
	was, is, err := s.routingText()
	if err != nil {
		return Routing{}, err
	}
	if version != "" && version != is {
		return Routing{}, NewProblem(Conflict, "routing.yaml has changed since it was read, so that nothing was written.", "Look at what it says now, and make the change again.")
	}
	text, err := to(was)
	if err != nil {
		return Routing{}, err
	}
	if f := faultIn(text); f != nil {
		return Routing{}, f.problem()
	}
	if text == was {
		return s.showRouting()
	}
	if err := settings.Write(s.routingPath(), []byte(text)); err != nil {
		return Routing{}, NewProblem(Storage, Sentence(err.Error()), "See that the data folder can be written.")
	}
	if undoable {
		s.edits.keep(versionOf(text), was)
	}
	s.Log.Info("routing.yaml changed")
	s.Reread()
	s.Events.Changed(TopicRouting)
	return s.showRouting()
}

func (e *edits) keep(version, before string) {
	if e.before == nil {
		e.before = map[string]string{}
	}
	e.order = slices.DeleteFunc(e.order, func(v string) bool { return v == version })
	e.before[version], e.order = before, append(e.order, version)
	if len(e.order) > mostUndone {
		delete(e.before, e.order[0])
		e.order = e.order[1:]
	}
}

func (f *RoutingFault) problem() *Problem {
	at := routing.SettingsFile
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d", at, f.Line, f.Column)
	}
	return NewProblem(Invalid, ending(at+": "+f.Message), "What was there before stays in force.")
}

// undoRouting brings back what was there before the last change that was made here.
func (s *Service) undoRouting(_ context.Context, in *struct {
	Body struct {
		Version string `json:"version,omitempty" doc:"What the change came to; absent: whatever there is"`
	}
}) (Routing, error) {
	return s.rewrite(in.Body.Version, false, func(text string) (string, error) {
		before, ok := s.edits.before[versionOf(text)]
		if !ok {
			return "", NewProblem(NotFound, "There is nothing to undo: the last change of routing.yaml was not made here.", "Change it in the text.")
		}
		return before, nil
	})
}

// saveRouting saves a whole text.
func (s *Service) saveRouting(_ context.Context, in *struct {
	Body struct {
		Version string `json:"version,omitempty" doc:"Of the text that it takes the place of; absent: whatever there is"`
		Text    string `json:"text"`
	}
}) (Routing, error) {
	return s.change(in.Body.Version, func(string) (string, error) { return in.Body.Text, nil })
}

// Checked says whether a text or a condition is good.
type Checked struct {
	Fault *RoutingFault `json:"fault,omitempty"`
}

// checkRouting looks for what is wrong with a text, or with a condition.
func (s *Service) checkRouting(_ context.Context, in *struct {
	Body struct {
		Text *string `json:"text,omitempty" doc:"A whole routing.yaml"`
		When *string `json:"when,omitempty" doc:"The condition of a rule"`
	}
}) (c Checked, err error) {
	if in.Body.Text != nil {
		c.Fault = faultIn(*in.Body.Text)
	}
	var wrong *routing.ConditionError
	if in.Body.When != nil && *in.Body.When != "" {
		if _, err := routing.ParseCondition(*in.Body.When); errors.As(err, &wrong) {
			c.Fault = &RoutingFault{wrong.Line, wrong.Column, wrong.Message}
		}
	}
	return c, nil
}

// RoutingEdit is one change of routing.yaml. What is given is put in the place of what is there under the name; what is not there is added.
type RoutingEdit struct {
	Version string `json:"version,omitempty" doc:"Of the text that was looked at; absent: whatever there is"`
	Name    string `json:"name" doc:"Of the rule, virtual model or alias, or the slug of the account"`

	Rule  *RoutingRule `json:"rule,omitempty"`
	Model *RoutingPlan `json:"model,omitempty"`
	Alias *string      `json:"alias,omitempty" doc:"The model that the name stands for"`
	Use   *routing.Use `json:"use,omitempty" doc:"Empty: all of the account, always"`

	Remove string `json:"remove,omitempty" enum:"rule,model,alias" doc:"What of the name is removed"`
	To     *int   `json:"to,omitempty" minimum:"0" doc:"The place from 0 that the rule moves to, or that a new one has"`
}

type routingEditInput struct{ Body RoutingEdit }

// editRouting makes one change.
func (s *Service) editRouting(_ context.Context, in *routingEditInput) (Routing, error) {
	e := &in.Body
	return s.change(e.Version, func(text string) (string, error) {
		if f := faultIn(text); f != nil {
			p := f.problem()
			p.Hint = "Mend the text first."
			return "", p
		}
		var w written
		if err := yaml.Unmarshal([]byte(text), &w); err != nil && text != "" {
			w = written{}
		}
		list, err := e.edits(&w)
		if err != nil {
			return "", err
		}
		out, err := settings.Apply([]byte(text), list...)
		if err != nil {
			return "", NewProblem(Invalid, Sentence(err.Error()), "")
		}
		return string(out), nil
	})
}

// edits are the changes of the file.
func (e *RoutingEdit) edits(w *written) ([]settings.Edit, error) {
	i := ruleNamed(w.Rules, e.Name)
	missing := NewProblem(NotFound, fmt.Sprintf("There is no %q in routing.yaml.", e.Name), "It may have been renamed or removed in the meantime.")
	switch {
	case e.Remove == "rule":
		if i < 0 {
			return nil, missing
		}
		return []settings.Edit{{Path: []any{"rules", i}, Do: settings.Remove}}, nil
	case e.Remove != "":
		in := map[string]string{"model": "models", "alias": "aliases"}[e.Remove]
		if _, model := w.Models[e.Name]; e.Remove == "model" && !model || e.Remove == "alias" && w.Aliases[e.Name] == "" {
			return nil, missing
		}
		return []settings.Edit{{Path: []any{in, e.Name}, Do: settings.Remove}}, nil
	case e.Rule != nil && i < 0:
		at := len(w.Rules)
		if e.To != nil {
			at = min(*e.To, at)
		}
		return []settings.Edit{{Path: []any{"rules", at}, Do: settings.Insert, Value: e.Rule}}, nil
	case e.Rule != nil:
		return changes([]any{"rules", i}, &w.Rules[i], e.Rule)
	case e.Model != nil:
		was, there := w.Models[e.Name]
		if !there {
			return []settings.Edit{{Path: []any{"models", e.Name}, Value: e.Model}}, nil
		}
		return changes([]any{"models", e.Name}, &was, e.Model)
	case e.Alias != nil:
		return []settings.Edit{{Path: []any{"aliases", e.Name}, Value: *e.Alias}}, nil
	case e.Use != nil:
		was, there := w.Accounts[e.Name]
		switch {
		case reflect.DeepEqual(*e.Use, routing.Use{}) && there:
			return []settings.Edit{{Path: []any{"accounts", e.Name}, Do: settings.Remove}}, nil
		case !there:
			return []settings.Edit{{Path: []any{"accounts", e.Name}, Value: e.Use}}, nil
		}
		return changes([]any{"accounts", e.Name}, &was, e.Use)
	case e.To != nil:
		if i < 0 {
			return nil, missing
		}
		return []settings.Edit{{Path: []any{"rules", i}, Do: settings.Move, To: min(*e.To, len(w.Rules)-1)}}, nil
	}
	return nil, NewProblem(Invalid, "Nothing is to be changed.", "Give a rule, a model, an alias, a use, a place, or what is to be removed.")
}

// changes are what makes one mapping of another, key by key, so that what stays is not touched.
func changes(at []any, was, is any) (list []settings.Edit, err error) {
	old, err := mapping(was)
	if err != nil {
		return nil, err
	}
	fresh, err := mapping(is)
	if err != nil {
		return nil, err
	}
	value := func(m yaml.MapSlice, key any) (any, bool) {
		i := slices.IndexFunc(m, func(o yaml.MapItem) bool { return o.Key == key })
		if i < 0 {
			return nil, false
		}
		return m[i].Value, true
	}
	for _, m := range fresh {
		if v, there := value(old, m.Key); !there || !reflect.DeepEqual(v, m.Value) {
			list = append(list, settings.Edit{Path: append(slices.Clone(at), m.Key), Value: m.Value})
		}
	}
	for _, m := range old {
		if _, stays := value(fresh, m.Key); !stays {
			list = append(list, settings.Edit{Path: append(slices.Clone(at), m.Key), Do: settings.Remove})
		}
	}
	return list, nil
}

func mapping(v any) (m yaml.MapSlice, err error) {
	data, err := yaml.Marshal(v)
	if err != nil {
		return nil, err
	}
	return m, yaml.UnmarshalWithOptions(data, &m, yaml.UseOrderedMap())
}

type readyInput struct {
	Name string `path:"name"`
}

// switchOn switches a ready rule on: it is written behind the user's own, where it was not before.
func (s *Service) switchOn(_ context.Context, in *readyInput) (Routing, error) {
	return s.switchReady(in.Name, true)
}

// switchOff takes a ready rule out again; one that the user has changed is kept, but does nothing.
func (s *Service) switchOff(_ context.Context, in *readyInput) (Routing, error) {
	return s.switchReady(in.Name, false)
}

func (s *Service) switchReady(name string, on bool) (Routing, error) {
	i := slices.IndexFunc(routing.Readies(), func(r routing.Ready) bool { return r.Name == name })
	if i < 0 {
		return Routing{}, NewProblem(NotFound, fmt.Sprintf("There is no ready rule %q.", name), "`metapi rules ready` lists them.")
	}
	ready := routing.Readies()[i]
	return s.change("", func(text string) (string, error) {
		if f := faultIn(text); f != nil {
			p := f.problem()
			p.Hint = "Mend the text first."
			return "", p
		}
		var w written
		_ = yaml.Unmarshal([]byte(text), &w) // it has just been found to be good
		have, err := s.ready(w.Rules)
		if err != nil {
			return "", err
		}
		if on && len(have[i].Missing) > 0 {
			return "", NewProblem(Invalid, fmt.Sprintf("%q cannot be switched on: no account offers %s.", name, spoken(have[i].Missing)), "Add an account that does.")
		}
		models := map[string]string{}
		for j, n := range ready.Needs {
			if j < len(have[i].Uses) {
				models[n.Word] = have[i].Uses[j].Model
			}
		}
		var list []settings.Edit
		at := len(w.Rules)
		for _, rule := range ready.Fill(models) {
			j := ruleNamed(w.Rules, rule[0].Value)
			switch {
			case on && j < 0:
				list = append(list, insertions(at, []yaml.MapSlice{rule})...)
				at++
			case on && w.Rules[j].Off:
				list = append(list, settings.Edit{Path: []any{"rules", j, "off"}, Do: settings.Remove})
			case !on && j >= 0:
				is, err := mapping(&w.Rules[j])
				if err != nil {
					return "", err
				}
				if fresh, err := mapping(rule); err == nil && reflect.DeepEqual(is, fresh) {
					list = append(list, settings.Edit{Path: []any{"rules", j}, Do: settings.Remove})
					w.Rules = slices.Delete(w.Rules, j, j+1)
				} else if !w.Rules[j].Off {
					list = append(list, settings.Edit{Path: []any{"rules", j, "off"}, Value: true})
				}
			}
		}
		out, err := settings.Apply([]byte(text), list...)
		if err != nil {
			return "", NewProblem(Invalid, Sentence(err.Error()), "")
		}
		return string(out), nil
	})
}

// spoken lists things for people.
func spoken(list []string) string {
	out := ""
	for i, s := range list {
		switch {
		case i > 0 && i == len(list)-1:
			out += " and "
		case i > 0:
			out += ", "
		}
		out += s
	}
	return out
}
