package catalog

import (
	"fmt"
	"regexp"
	"strings"
)

// matcher says which names belong to a model, as genai-prices writes it down: exactly one field is set.
// Names are compared in lower case.
type matcher struct {
	Equals     string    `json:"equals,omitempty"`
	StartsWith string    `json:"starts_with,omitempty"`
	EndsWith   string    `json:"ends_with,omitempty"`
	Contains   string    `json:"contains,omitempty"`
	Regex      string    `json:"regex,omitempty"`
	Or         []matcher `json:"or,omitempty"`
	And        []matcher `json:"and,omitempty"`
	Not        *matcher  `json:"not,omitempty"`

	re *regexp.Regexp
}

func (m *matcher) compile() error {
	if m.Regex != "" {
		re, err := regexp.Compile(m.Regex)
		if err != nil {
			return fmt.Errorf("catalog matcher: %w", err)
		}
		m.re = re
	}
	if m.Not != nil {
		if err := m.Not.compile(); err != nil {
			return err
		}
	}
	for _, list := range [][]matcher{m.Or, m.And} {
		for i := range list {
			if err := list[i].compile(); err != nil {
				return err
			}
		}
	}
	return nil
}

// match reports whether a name, already in lower case, belongs to the model.
//
// It is stricter than genai-prices in one way. A prefix like claude-sonnet-5 also begins the names of models that
// come later and cost something else (claude-sonnet-5-5), or that are another model (gemini-1.5-flash-8b): where what
// follows the prefix names another model, there is no match. No price is better than the wrong one.
func (m *matcher) match(name string) bool {
	switch {
	case m.Equals != "":
		return name == m.Equals
	case m.StartsWith != "":
		rest, ok := strings.CutPrefix(name, m.StartsWith)
		return ok && !otherModel(m.StartsWith, rest)
	case m.EndsWith != "":
		return strings.HasSuffix(name, m.EndsWith)
	case m.Contains != "":
		_, rest, ok := strings.Cut(name, m.Contains)
		return ok && !otherModel(m.Contains, rest)
	case m.re != nil:
		return m.re.MatchString(name)
	case m.Not != nil:
		return !m.Not.match(name)
	}
	for i := range m.Or {
		if m.Or[i].match(name) {
			return true
		}
	}
	for i := range m.And {
		if !m.And[i].match(name) {
			return false
		}
	}
	return len(m.And) > 0
}

// names calls yield with each name that the matcher spells out whole.
func (m *matcher) names(yield func(string)) {
	if m.Equals != "" {
		yield(m.Equals)
	}
	for i := range m.Or {
		m.Or[i].names(yield)
	}
}

// loose reports whether the matcher takes in names that it does not spell out.
func (m *matcher) loose() bool {
	for i := range m.Or {
		if m.Or[i].loose() {
			return true
		}
	}
	return m.Equals == "" && m.Or == nil
}

// otherWords are the words that make another, differently priced model of the name they are added to.
var otherWords = map[string]bool{"mini": true, "nano": true, "lite": true, "micro": true, "small": true, "medium": true,
	"large": true, "pro": true, "max": true, "ultra": true, "flash": true, "turbo": true, "fast": true, "image": true,
	"audio": true, "tts": true, "live": true, "realtime": true, "search": true, "codex": true, "transcribe": true,
	"embedding": true, "vision": true, "deep": true, "distill": true, "opus": true, "sonnet": true, "haiku": true}

// versionPart matches a further part of a version, or a size in parameters: -5, .5, -8b; and no date, and no
// revision like -001.
var versionPart = regexp.MustCompile(`^[-.]\d{1,2}b?(?:$|[-.:@])`)

// otherModel reports whether rest, which follows a prefix in a name, makes it the name of another model. A prefix that
// ends with a dash, or inside a word, is meant to be continued.
func otherModel(prefix, rest string) bool {
	if rest == "" || strings.HasSuffix(prefix, "-") {
		return false
	}
	if versionPart.MatchString(rest) && !monthAndDay.MatchString(rest) {
		return true
	}
	word := strings.TrimLeft(rest, "-._")
	if word == rest {
		return false // the prefix ends inside a word, as claude-sonnet-4-2025 does
	}
	if i := strings.IndexAny(word, "-._:@/["); i >= 0 {
		word = word[:i]
	}
	return otherWords[word]
}

// monthAndDay matches the dates in Google's previews: gemini-2.5-flash-preview-05-20.
var monthAndDay = regexp.MustCompile(`^-\d{2}-(?:\d{2}|\d{4})(?:$|[-:])`)
