package words

import (
	"cmp"
	"embed"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed *.json
var files embed.FS

// English is the language that everything is made in; Chinese (simplified) is the first table.
const (
	English = "en"
	Chinese = "zh-Hans"
)

// languages are those there is a table for, each compiled when it is first asked for.
var languages = map[string]func() *table{Chinese: sync.OnceValue(func() *table { return compile(read(Chinese)) })}

// Say says an English sentence, or several, in a language. What it does not know stays as it is.
func Say(language, text string) string {
	known, ok := languages[language]
	if !ok || len(text) > longest {
		return text
	}
	said, _ := known().say(text, 0, deepest)
	return said
}

// An error of an upstream may be in a sentence, and be as long and as hostile as it likes: what cannot be meant for people is not worked on.
const (
	longest = 4000 // bytes
	deepest = 12   // sentences within sentences
)

// separators part sentences, coarse before fine. What stands between in a language is in its table, but for the line's end. Where a template has
// a place, none of the first apart is within what is put there, unless nothing else fits: so a place ends with its sentence.
var separators = []string{"\n", ". ", " · ", "; ", ", ", ": "}

const apart = 4

// table is a language. A text without places is found in whole; a template by its first word, or its last; others are tried one by one.
type table struct {
	whole  map[string]string
	first  map[string][]*template
	last   map[string][]*template
	others []*template
}

// template is an English sentence with places, and the same in the language.
type template struct {
	pieces []string // what stands before, between and behind the places
	said   []string // likewise
	order  []int    // which place stands behind each of said but the last
	weight int      // how many signs of it are told: of several that fit, the one that tells most is meant
}

// read reads the table of a language.
func read(language string) map[string]string {
	data, err := files.ReadFile(language + ".json")
	if err != nil {
		panic("words: " + err.Error()) // it is embedded
	}
	var entries map[string]string
	if err := json.Unmarshal(data, &entries); err != nil {
		panic("words: " + language + ": " + err.Error())
	}
	return entries
}

func compile(entries map[string]string) *table {
	t := &table{whole: map[string]string{}, first: map[string][]*template{}, last: map[string][]*template{}}
	for english, said := range entries {
		if !strings.Contains(english, "{}") {
			t.whole[folded(english)] = said
			continue
		}
		m := &template{pieces: strings.Split(folded(english), "{}")}
		for _, piece := range m.pieces {
			m.weight += utf8.RuneCountInString(piece)
		}
		m.said, m.order = places(said)
		front, back := m.pieces[0], m.pieces[len(m.pieces)-1]
		switch {
		case strings.Contains(front, " "):
			word, _, _ := strings.Cut(front, " ")
			t.first[word] = append(t.first[word], m)
		case strings.Contains(back, " "):
			word := back[strings.LastIndexByte(back, ' ')+1:]
			t.last[word] = append(t.last[word], m)
		default:
			t.others = append(t.others, m)
		}
	}
	for _, list := range t.first {
		slices.SortFunc(list, tellsMore)
	}
	for _, list := range t.last {
		slices.SortFunc(list, tellsMore)
	}
	slices.SortFunc(t.others, tellsMore)
	return t
}

func tellsMore(a, b *template) int {
	return cmp.Or(cmp.Compare(b.weight, a.weight), slices.Compare(a.pieces, b.pieces))
}

// places parts what is said where {1}, {2}... stand.
func places(said string) (pieces []string, order []int) {
	rest := said
	for from := 0; ; {
		at := strings.IndexByte(rest[from:], '{')
		if at < 0 {
			return append(pieces, rest), order
		}
		at += from
		n, behind := 0, 0
		if end := strings.IndexByte(rest[at:], '}'); end > 0 {
			n, _ = strconv.Atoi(rest[at+1 : at+end])
			behind = at + end + 1
		}
		if n == 0 { // a brace that is meant
			from = at + 1
			continue
		}
		pieces, order, rest, from = append(pieces, rest[:at]), append(order, n-1), rest[behind:], 0
	}
}

// folded is a text with a small first letter: a sentence may begin with what elsewhere stands within one.
func folded(text string) string {
	if text != "" && 'A' <= text[0] && text[0] <= 'Z' {
		return string(text[0]+'a'-'A') + text[1:]
	}
	return text
}

// say says a text, and whether it knew any of it: in whole, else in the parts that the separators from one on make of it, else in whole with places that
// hold separators.
func (t *table) say(text string, from, depth int) (string, bool) {
	if depth == 0 || text == "" {
		return text, false
	}
	sentence, end := text, ""
	if strings.HasSuffix(text, ".") {
		sentence, end = text[:len(text)-1], t.between(".")
	}
	if said, ok := t.match(sentence, true, depth); ok {
		return said + end, true
	}
	for i := from; i < len(separators); i++ {
		if strings.Contains(text, separators[i]) {
			if said, ok := t.parts(text, i, depth); ok {
				return said, true
			}
			break
		}
	}
	if said, ok := t.match(sentence, false, depth); ok {
		return said + end, true
	}
	return text, false
}

// parts says what a separator parts.
func (t *table) parts(text string, separator, depth int) (string, bool) {
	var b strings.Builder
	known, before := false, false
	for i, part := range strings.Split(text, separators[separator]) {
		said, ok := t.say(part, separator+1, depth-1)
		switch {
		case i == 0:
		case before:
			b.WriteString(t.between(separators[separator]))
		default: // what stays English ends as such
			b.WriteString(separators[separator])
		}
		b.WriteString(said)
		known, before = known || ok, ok
	}
	return b.String(), known
}

// between is what a separator is in the language.
func (t *table) between(separator string) string {
	if said, ok := t.whole[separator]; ok {
		return said
	}
	return separator
}

// match says a text that one entry has in whole. A strict match has no separator within its places.
func (t *table) match(text string, strict bool, depth int) (string, bool) {
	key := folded(text)
	if said, ok := t.whole[key]; ok && strict {
		return said, true
	}
	var best *template
	var held []string
	first, _, _ := strings.Cut(key, " ")
	for _, list := range [][]*template{t.first[first], t.last[text[strings.LastIndexByte(text, ' ')+1:]], t.others} {
		for _, m := range list {
			if best != nil && tellsMore(best, m) < 0 {
				break
			}
			if in := m.fit(text, key, strict); in != nil {
				best, held = m, in
				break
			}
		}
	}
	if best == nil {
		return text, false
	}
	for i, value := range held {
		if strict && !best.quotes(i) { // in quotes are names; of what is not strict no part is known
			held[i], _ = t.say(value, 0, depth-1)
		}
	}
	return best.fill(held), true
}

// fit returns what stands in the template's places, or nil: each place is as short as can be.
func (m *template) fit(text, key string, strict bool) []string {
	front, back := m.pieces[0], m.pieces[len(m.pieces)-1]
	if len(key) < len(front)+len(back) || !strings.HasPrefix(key, front) || !strings.HasSuffix(key, back) {
		return nil
	}
	text = text[len(front) : len(text)-len(back)]
	var held []string
	for _, piece := range m.pieces[1 : len(m.pieces)-1] {
		at := -1
		if text != "" { // nothing is put where nothing is said
			at = strings.Index(text[1:], piece) + 1
		}
		if at <= 0 {
			return nil
		}
		held, text = append(held, text[:at]), text[at+len(piece):]
	}
	held = append(held, text)
	for _, value := range held {
		if value == "" || strings.Contains(value, "\n") {
			return nil
		}
		if strict && slices.ContainsFunc(separators[:apart], func(s string) bool { return strings.Contains(value, s) }) {
			return nil
		}
	}
	return held
}

// quotes reports whether a place stands in quotes, or in what is typed.
func (m *template) quotes(place int) bool {
	before := strings.Join(m.pieces[:place+1], "")
	return strings.Count(before, `"`)%2 == 1 || strings.Count(before, "`")%2 == 1
}

func (m *template) fill(held []string) string {
	said := ""
	for i, piece := range m.said {
		said = join(said, piece)
		if i < len(m.order) {
			said = join(said, held[m.order[i]])
		}
	}
	return said
}

// join writes b behind a. A blank stands between a Chinese letter and a Latin one or a figure, whatever the template has there, and none between two
// wide signs: a place cannot know what it will hold.
func join(a, b string) string {
	last, size := utf8.DecodeLastRuneInString(a)
	first, behind := utf8.DecodeRuneInString(b)
	if last == ' ' {
		if before, _ := utf8.DecodeLastRuneInString(a[:len(a)-size]); wide(before) && wide(first) {
			return a[:len(a)-size] + b
		}
	}
	if first == ' ' {
		if next, _ := utf8.DecodeRuneInString(b[behind:]); wide(last) && wide(next) {
			return a + b[behind:]
		}
	}
	if letter(last) && narrow(first) || narrow(last) && letter(first) {
		return a + " " + b
	}
	return a + b
}

// wide tells a sign of Chinese or Japanese; letter, one that is no punctuation; narrow, a Latin letter or a figure.
func wide(r rune) bool   { return '\u2e80' <= r && r <= '\uffef' }
func letter(r rune) bool { return wide(r) && r < '\uff00' && (r < '\u3000' || r > '\u303f') }
func narrow(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '$'
}
