package pac

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type kind uint8

const (
	end kind = iota
	name
	word // reserved
	number
	str
	regex
	sign
)

type token struct {
	kind    kind
	text    string // of a string: what it says; of a regex: its source
	flags   string // of a regex
	num     float64
	line    int
	newline bool // one is before it
}

type syntaxError struct {
	line int
	what string
}

var reserved = map[string]bool{}

func init() {
	for w := range strings.FieldsSeq("var let const function return if else for while do break continue switch case default throw try catch finally new delete typeof void in instanceof this null true false class with import export yield async await debugger super extends") {
		reserved[w] = true
	}
	delete(reserved, "async")
	delete(reserved, "await")
}

// signs, the longest first.
var signs = strings.Fields(">>>= === !== >>> <<= >>= ** && || ?? => == != <= >= << >> ++ -- += -= *= /= %= &= |= ^= ?. { } ( ) [ ] ; , < > + - * / % & | ^ ! ~ ? : = .")

type lexer struct {
	src  string
	at   int
	line int
	last token
}

func (l *lexer) fail(what string, args ...any) {
	panic(syntaxError{l.line, fmt.Sprintf(what, args...)})
}

// next reads a token. Whether a slash divides or begins a regular expression follows from what was before it.
func (l *lexer) next() token {
	t := token{newline: l.space(), line: l.line}
	rest := l.src[l.at:]
	switch {
	case rest == "":
	case letter(rest[0]):
		n := 1
		for n < len(rest) && (letter(rest[n]) || digit(rest[n])) {
			n++
		}
		t.kind, t.text = name, rest[:n]
		if reserved[t.text] {
			t.kind = word
		}
		l.at += n
	case digit(rest[0]), rest[0] == '.' && len(rest) > 1 && digit(rest[1]):
		l.number(&t)
	case rest[0] == '"', rest[0] == '\'', rest[0] == '`':
		t.kind, t.text = str, l.string(rest[0])
	case rest[0] == '/' && !l.dividing():
		l.regex(&t)
	default:
		for _, s := range signs {
			if strings.HasPrefix(rest, s) {
				t.kind, t.text = sign, s
				break
			}
		}
		if t.kind != sign {
			r, _ := utf8.DecodeRuneInString(rest)
			l.fail("%q is not understood", r)
		}
		l.at += len(t.text)
	}
	l.last = t
	return t
}

func letter(c byte) bool {
	return c == '_' || c == '$' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// space passes over blanks and comments, and reports whether there was an end of line.
func (l *lexer) space() (newline bool) {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case rest[0] == '\n':
			newline = true
			l.line++
			l.at++
		case strings.IndexByte(" \t\r\v\f", rest[0]) >= 0:
			l.at++
		case strings.HasPrefix(rest, "\u00a0"), strings.HasPrefix(rest, "\ufeff"):
			_, n := utf8.DecodeRuneInString(rest)
			l.at += n
		case strings.HasPrefix(rest, "//"), strings.HasPrefix(rest, "<!--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			l.at += n
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest, "*/")
			if n < 0 {
				l.fail("a comment does not end")
			}
			if lines := strings.Count(rest[:n], "\n"); lines > 0 {
				newline = true
				l.line += lines
			}
			l.at += n + 2
		default:
			return newline
		}
	}
	return true
}

func (l *lexer) dividing() bool {
	switch l.last.kind {
	case name, number, str, regex:
		return true
	case word:
		switch l.last.text {
		case "this", "null", "true", "false":
			return true
		}
	case sign:
		return l.last.text == ")" || l.last.text == "]" || l.last.text == "}"
	}
	return false
}

func (l *lexer) number(t *token) {
	rest := l.src[l.at:]
	n := 0
	if len(rest) > 1 && rest[0] == '0' && (rest[1]|0x20 == 'x' || rest[1]|0x20 == 'b' || rest[1]|0x20 == 'o') {
		n = 2
		for n < len(rest) && (digit(rest[n]) || letter(rest[n])) {
			n++
		}
		v, err := strconv.ParseUint(rest[:n], 0, 64)
		if err != nil {
			l.fail("%.20q is no number", rest[:n])
		}
		t.num = float64(v)
	} else {
		for n < len(rest) && (digit(rest[n]) || rest[n] == '.' || rest[n]|0x20 == 'e' || (rest[n] == '-' || rest[n] == '+') && rest[n-1]|0x20 == 'e') {
			n++
		}
		v, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			l.fail("%.20q is no number", rest[:n])
		}
		t.num = v
	}
	t.kind, t.text = number, rest[:n]
	l.at += n
}

func (l *lexer) string(quote byte) string {
	var b strings.Builder
	for l.at++; ; {
		if l.at >= len(l.src) {
			l.fail("a text does not end")
		}
		c := l.src[l.at]
		l.at++
		switch {
		case c == quote:
			return b.String()
		case quote == '`' && c == '$' && strings.HasPrefix(l.src[l.at:], "{"):
			l.fail("a text with ${} is not known here")
		case c == '\n' && quote != '`':
			l.fail("a text does not end on its line")
		case c == '\n':
			l.line++
			b.WriteByte(c)
		case c == '\\':
			l.escape(&b)
		default:
			b.WriteByte(c)
		}
	}
}

var escapes = map[byte]string{'n': "\n", 't': "\t", 'r': "\r", 'b': "\b", 'f': "\f", 'v': "\v", '0': "\x00", '\n': ""}

func (l *lexer) escape(b *strings.Builder) {
	if l.at >= len(l.src) {
		l.fail("a text does not end")
	}
	c := l.src[l.at]
	l.at++
	digits := map[byte]int{'x': 2, 'u': 4}[c]
	switch s, ok := escapes[c]; {
	case ok:
		if c == '\n' {
			l.line++
		}
		b.WriteString(s)
	case digits > 0 && l.at+digits <= len(l.src):
		v, err := strconv.ParseUint(l.src[l.at:l.at+digits], 16, 32)
		if err != nil {
			l.fail("a text has an escape that is none")
		}
		l.at += digits
		b.WriteRune(rune(v))
	default:
		b.WriteByte(c)
	}
}

func (l *lexer) regex(t *token) {
	class := false
	for n := l.at + 1; n < len(l.src) && l.src[n] != '\n'; n++ {
		switch c := l.src[n]; {
		case c == '\\':
			n++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			t.kind, t.text = regex, l.src[l.at+1:n]
			from := n + 1
			for n = from; n < len(l.src) && letter(l.src[n]); n++ {
			}
			t.flags = l.src[from:n]
			l.at = n
			return
		}
	}
	l.fail("a regular expression does not end on its line")
}
