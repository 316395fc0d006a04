package catalog

import (
	"strconv"
	"strings"
)

// Name is a model's name taken apart: the family, and the date where the name is of one snapshot of it.
// Two names are of one model exactly where their Names are equal.
type Name struct {
	Family string // in lower case, dots between figures as dashes: claude-sonnet-4-5, gpt-4-1
	Date   string // 20060102, or empty
}

// Dated reports whether the name is that of one snapshot.
func (n Name) Dated() bool { return n.Date != "" }

// String joins the two again; it is the name's folded form, the same for every spelling.
func (n Name) String() string {
	if n.Date == "" {
		return n.Family
	}
	return n.Family + "@" + n.Date
}

// Fold returns the folded form of a model name. It is a key to compare by, not a name to send.
func Fold(name string) string { return Canonical(name).String() }

// Canonical takes a model name apart, however it is spelt. These are one model:
//
//	claude-sonnet-4-5   claude-sonnet-4.5   Claude-Sonnet-4.5   anthropic/claude-sonnet-4.5   claude-sonnet-4-5[1m]
//	gemini-2.5-pro      models/gemini-2.5-pro   google/gemini-2.5-pro
//
// and these one snapshot of it:
//
//	claude-sonnet-4-5-20250929   claude-sonnet-4-5@20250929   anthropic/claude-sonnet-4.5-20250929
//
// Whatever else is added to a name makes another model: -latest, -thinking, -mini, -0613, -preview-05-20, :free.
// The [1m] is Claude Code's way to ask for the long context of the same model.
func Canonical(name string) Name {
	s := strings.ToLower(name)
	if i := strings.LastIndexByte(s, '/'); i >= 0 && i+1 < len(s) {
		s = s[i+1:]
	}
	for {
		trimmed := strings.TrimSuffix(strings.TrimSpace(s), "[1m]")
		if trimmed == s || trimmed == "" {
			break
		}
		s = trimmed
	}
	s = dashes(s)
	if strings.HasSuffix(s, "/") {
		return Name{Family: s} // no model: with its date at the end, what stands before the slash would be taken for a prefix
	}
	family, date := cutDate(s)
	return Name{family, date}
}

// cutDate takes the last date out of a name: -20250929, @20250929 or -2024-05-13, at the end or before a further -, : or @.
func cutDate(s string) (rest, date string) {
	for i := len(s) - 9; i > 0; i-- {
		if s[i] != '-' && s[i] != '@' {
			continue
		}
		for _, form := range [...]struct{ length, month, day int }{{11, 6, 9}, {9, 5, 7}} {
			if i+form.length > len(s) {
				continue
			}
			t := s[i : i+form.length]
			if form.length == 11 && (t[5] != '-' || t[8] != '-') {
				continue
			}
			if i+form.length < len(s) && !strings.ContainsRune("-:@", rune(s[i+form.length])) {
				continue
			}
			y, m, d := t[1:5], t[form.month:form.month+2], t[form.day:form.day+2]
			if !figures(y+m+d) || y[:2] != "20" || m < "01" || m > "12" || d < "01" || d > "31" {
				continue
			}
			return s[:i] + s[i+form.length:], y + m + d
		}
	}
	return s, ""
}

func figures(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}

// dashes writes each dot between two figures as a dash.
func dashes(s string) string {
	for i := 1; i+1 < len(s); i++ {
		if s[i] == '.' && figure(s[i-1]) && figure(s[i+1]) {
			b := []byte(s)
			for ; i+1 < len(b); i++ {
				if b[i] == '.' && figure(b[i-1]) && figure(b[i+1]) {
					b[i] = '-'
				}
			}
			return string(b)
		}
	}
	return s
}

func figure(c byte) bool { return c >= '0' && c <= '9' }
