package tokens

import (
	"unicode/utf8"

	"metapi/backend/protocol/scan"
)

// The estimator is a finite automaton over bytes: each byte has a class, state and class give the next state, and what is counted is how often
// each state was entered. A tokenizer's price of a text is then a sum of these counts, each with a weight that was fitted: see weights.go.

// class is what a byte is to a tokenizer's rules for splitting text.
type class uint8

const (
	blank class = iota
	line
	lower
	upper
	digit
	punct
	latin    // the lead byte of a letter with an accent, and what else is in U+0080 to U+027F
	cyrillic // of Greek and Cyrillic
	semitic  // of Armenian, Hebrew, Arabic, Syriac
	indic    // of the scripts of India and South-East Asia, three bytes a letter
	han
	kana // and the punctuation of Chinese and Japanese
	hangul
	sign  // of symbols, dashes, quotes
	emoji // and whatever else takes four bytes
	rest  // a byte within a character
	classes
)

// state is where in a text the automaton stands.
type state uint8

const (
	inBlank  state = iota // one space: most tokenizers make it a part of the word that follows
	inBlanks              // more of them, and tabs
	inLine
	inLines
	letter1 // of a word
	letter2
	letter3
	letter4
	letter5
	letter6
	letter7
	letter8 // and all that follow
	hump    // an upper case letter after a lower case one
	capital // an upper case letter after another
	mixedIn // a letter right after a digit
	mixed   // those that follow
	noise   // letters and digits in turns: base64, hashes, ids
	digit1  // of each three
	digit2
	digit3
	mixedOut // a digit right after a letter
	sign1    // the first of a run of punctuation
	sign2
	accented
	cyrillic1 // the first byte of a word
	cyrillic2
	semitic1
	semitic2
	inIndic
	inHan
	inKana
	inHangul
	inSign
	inEmoji
	states
)

var classOf = func() (t [256]class) {
	for b := range t {
		switch {
		case b == '\n' || b == '\r':
			t[b] = line
		case b <= ' ' || b == 0x7f:
			t[b] = blank
		case '0' <= b && b <= '9':
			t[b] = digit
		case 'a' <= b && b <= 'z':
			t[b] = lower
		case 'A' <= b && b <= 'Z':
			t[b] = upper
		case b < 0x80:
			t[b] = punct
		case b < 0xc0:
			t[b] = rest
		case b < 0xcd:
			t[b] = latin
		case b < 0xd4:
			t[b] = cyrillic
		case b < 0xe0:
			t[b] = semitic
		case b == 0xe0:
			t[b] = indic
		case b == 0xe3:
			t[b] = kana
		case 0xe4 <= b && b <= 0xe9:
			t[b] = han
		case 0xea <= b && b <= 0xed:
			t[b] = hangul
		case b < 0xf0:
			t[b] = sign
		default:
			t[b] = emoji
		}
	}
	return t
}()

// next is the automaton. 256 columns, so that a byte needs one look-up; what a state does with a class is told once, below.
var next = func() (t [states][256]state) {
	for s := range states {
		for b, c := range classOf {
			t[s][b] = step(s, c)
		}
	}
	return t
}()

// entered is the state that a class leads to where the one before does not matter.
var entered = [classes]state{blank: inBlank, line: inLine, lower: letter1, upper: letter1, digit: digit1, punct: sign1, latin: accented,
	cyrillic: cyrillic1, semitic: semitic1, indic: inIndic, han: inHan, kana: inKana, hangul: inHangul, sign: inSign, emoji: inEmoji}

func step(s state, c class) state {
	word := letter1 <= s && s <= capital
	number := digit1 <= s && s <= mixedOut
	letter := c == lower || c == upper
	switch {
	case c == blank && (s == inBlank || s == inBlanks || s == inLine || s == inLines):
		return inBlanks
	case c == line && (s == inLine || s == inLines):
		return inLines
	case c == upper && letter2 <= s && s <= letter8:
		return hump
	case c == upper && word:
		return capital
	case c == lower && letter1 <= s && s < letter8:
		return s + 1
	case c == lower && (s == hump || s == capital):
		return letter2
	case letter && number:
		return mixedIn
	case letter && (s == mixedIn || s == mixed):
		return mixed
	case c == digit && (s == mixedIn || s == mixed), (letter || c == digit) && s == noise:
		return noise
	case word && c == digit:
		return mixedOut
	case c == digit && (s == digit3 || s == mixedOut):
		return digit1
	case c == lower && s == letter8, c == lower && s == accented:
		return letter8
	case c == digit && digit1 <= s && s < digit3:
		return s + 1
	case c == punct && (s == sign1 || s == sign2):
		return sign2
	case c == cyrillic && (s == cyrillic1 || s == cyrillic2):
		return cyrillic2
	case c == semitic && (s == semitic1 || s == semitic2):
		return semitic2
	case c == rest && s == cyrillic1:
		return cyrillic2
	case c == rest && s == semitic1:
		return semitic2
	case c == rest && s >= accented:
		return s
	case c == rest:
		return inEmoji // no UTF-8
	}
	return entered[c]
}

// Counts is what was seen of a text.
type Counts struct {
	in    [states]uint32
	state state
}

// Add takes in a piece of text.
func (c *Counts) Add(text []byte) {
	s := c.state
	for _, b := range text {
		s = next[s][b]
		c.in[s]++
	}
	c.state = s
}

// said is what a short escape of JSON stands for.
var said = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// addEscaped takes in what a JSON string with escapes says, which has been scanned before.
func (c *Counts) addEscaped(raw []byte) {
	var one [utf8.UTFMax]byte
	s := c.state
	for i := 0; i < len(raw); i++ {
		b := raw[i]
		if b == '\\' && i+1 < len(raw) {
			if b = said[raw[i+1]]; b == 0 {
				end := min(i+len(`\u0000`), len(raw))
				if pair := end + len(`\u0000`); pair <= len(raw) && isSurrogate(raw[i:end]) && raw[end] == '\\' {
					end = pair
				}
				c.state = s
				c.Add(scan.AppendUnquoted(one[:0], raw[i:end]))
				s, i = c.state, end-1
				continue
			}
			i++
		}
		s = next[s][b]
		c.in[s]++
	}
	c.state = s
}

// isSurrogate reports whether an escape is the first of a pair.
func isSurrogate(u []byte) bool {
	return len(u) == len(`\u0000`) && u[2]|0x20 == 'd' && u[3] != '\\' && u[3]|0x20 >= '8'
}
