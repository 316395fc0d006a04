package scan

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
)

// MaxDepth bounds how deep arrays and objects may nest. Tool schemas, the deepest thing that clients send, stay
// below thirty levels; 512 leaves room, keeps the bookkeeping of a skip in 64 bytes of stack, and stays under
// the limits of the parsers that come after us (encoding/json 10,000, Python's json about 1,000).
const MaxDepth = 512

// Error says where a text stops being JSON.
type Error struct {
	Offset int    // of the first byte that does not fit; the length of the text where it ends too early
	What   string // what is wrong there
}

func (e *Error) Error() string { return fmt.Sprintf("%s at byte %d", e.What, e.Offset) }

const (
	wantValue  = "a value was expected"
	wantKey    = "a member name in quotes was expected"
	wantColon  = "a colon was expected"
	wantComma  = "a comma or the end of the object was expected"
	wantCommaA = "a comma or the end of the array was expected"
	badLiteral = "neither true, false nor null"
	badNumber  = "not a JSON number"
	badEscape  = "unknown escape in a string"
	badControl = "unescaped control character in a string"
	tooEarly   = "the text ends too early"
	tooDeep    = "nested too deep"
	tooMuch    = "something follows the value"
)

// space returns the first index from i on that holds no white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks with its high bit each byte of x that a string cannot pass over: a quote, a backslash, a control
// character. Only the lowest mark is exact (a borrow can add others above it), and only the lowest is used.
func special(x uint64) uint64 {
	quote := x ^ ones*'"'
	slash := x ^ ones*'\\'
	return ((x - ones*' ') | (quote - ones) | (slash - ones)) &^ x & highs
}

// control returns the index of the first control character, or -1. It looks at 32 bytes at a time: a byte is one where
// taking a space from it borrows, and a byte that none borrowed from is never taken for one.
func control(b []byte) int {
	rest := b
	for len(rest) >= 32 {
		some := rest[:32:32] // the compiler sees that all of it is there
		w, x := binary.LittleEndian.Uint64(some[0:8]), binary.LittleEndian.Uint64(some[8:16])
		y, z := binary.LittleEndian.Uint64(some[16:24]), binary.LittleEndian.Uint64(some[24:32])
		if ((w-ones*' ')&^w|(x-ones*' ')&^x|(y-ones*' ')&^y|(z-ones*' ')&^z)&highs != 0 {
			break
		}
		rest = rest[32:]
	}
	for i := len(b) - len(rest); i < len(b); i++ {
		if b[i] < ' ' {
			return i
		}
	}
	return -1
}

// longRun is how many bytes without anything special make it worth to search on with [bytes.IndexByte], which is
// several times quicker than special but slow to start. So it is where the next quote is known to be that far away: between
// are only escapes, and prose has one a line.
const longRun = 64

// str passes over the string whose opening quote is at i, and returns the index after its closing quote.
func str(b []byte, i int) (end int, escaped bool, err *Error) {
	i++
	quote := -1 // the first quote from i on, once it has been searched for; searched again only when passed
	for {
		for from := i; i+16 <= len(b); {
			if i-from >= longRun || quote-i >= longRun {
				if quote < i {
					quote = len(b)
					if n := bytes.IndexByte(b[i:], '"'); n >= 0 {
						quote = i + n
					}
				}
				run := b[i:quote]
				if n := bytes.IndexByte(run, '\\'); n >= 0 {
					run = run[:n]
				}
				if n := control(run); n >= 0 {
					return i + n, escaped, &Error{i + n, badControl}
				}
				i += len(run)
				break
			}
			if m := special(binary.LittleEndian.Uint64(b[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				goto found
			}
			if m := special(binary.LittleEndian.Uint64(b[i+8:])); m != 0 {
				i += 8 + bits.TrailingZeros64(m)>>3
				goto found
			}
			i += 16
		}
		for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
			i++
		}
		if i >= len(b) {
			return i, escaped, &Error{len(b), tooEarly}
		}
	found:
		switch b[i] {
		case '"':
			return i + 1, escaped, nil
		case '\\':
			escaped = true
			if i+1 >= len(b) {
				return i, escaped, &Error{len(b), tooEarly}
			}
			switch b[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				for j := i + 2; j < i+6; j++ {
					if j >= len(b) {
						return j, escaped, &Error{len(b), tooEarly}
					}
					if !isHex(b[j]) {
						return j, escaped, &Error{j, badEscape}
					}
				}
				i += 6
			default:
				return i, escaped, &Error{i + 1, badEscape}
			}
		default:
			return i, escaped, &Error{i, badControl}
		}
	}
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isDigit(b []byte, i int) bool { return i < len(b) && '0' <= b[i] && b[i] <= '9' }

// number passes over the number at i.
func number(b []byte, i int) (int, *Error) {
	if b[i] == '-' {
		i++
	}
	switch {
	case !isDigit(b, i):
		return i, misfit(b, i, badNumber)
	case b[i] == '0':
		i++
	default:
		for isDigit(b, i) {
			i++
		}
	}
	if i < len(b) && b[i] == '.' {
		i++
		if !isDigit(b, i) {
			return i, misfit(b, i, badNumber)
		}
		for isDigit(b, i) {
			i++
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !isDigit(b, i) {
			return i, misfit(b, i, badNumber)
		}
		for isDigit(b, i) {
			i++
		}
	}
	return i, nil
}

// literal passes over the word at i.
func literal(b []byte, i int, word string) (int, *Error) {
	for j := range len(word) {
		if i+j >= len(b) || b[i+j] != word[j] {
			return i, misfit(b, i+j, badLiteral)
		}
	}
	return i + len(word), nil
}

// misfit is the error of a byte that does not fit, or of a byte that is not there.
func misfit(b []byte, i int, what string) *Error {
	if i >= len(b) {
		return &Error{len(b), tooEarly}
	}
	return &Error{i, what}
}

// scalar passes over the value at i if it is neither an object nor an array.
func scalar(b []byte, i int) (int, *Error) {
	if i >= len(b) {
		return i, &Error{len(b), tooEarly}
	}
	switch c := b[i]; {
	case c == '"':
		end, _, err := str(b, i)
		return end, err
	case c == '-' || '0' <= c && c <= '9':
		return number(b, i)
	case c == 't':
		return literal(b, i, "true")
	case c == 'f':
		return literal(b, i, "false")
	case c == 'n':
		return literal(b, i, "null")
	}
	return i, &Error{i, wantValue}
}

// skip passes over the value at i, which has depth containers around it, and checks it on the way. The stack is
// one bit a level: set where the container is an object.
func skip(b []byte, i, depth int) (int, *Error) {
	if i < len(b) && b[i] != '{' && b[i] != '[' {
		return scalar(b, i)
	}
	var stack [MaxDepth / 64]uint64
	level := depth
	var err *Error
value:
	if i < len(b) && (b[i] == '{' || b[i] == '[') {
		object := b[i] == '{'
		if level++; level > MaxDepth {
			return i, &Error{i, tooDeep}
		}
		bit := uint64(1) << ((level - 1) & 63)
		i = space(b, i+1)
		if object {
			stack[(level-1)>>6] |= bit
			if i < len(b) && b[i] == '}' {
				i++
				level--
				goto after
			}
			goto key
		}
		stack[(level-1)>>6] &^= bit
		if i < len(b) && b[i] == ']' {
			i++
			level--
			goto after
		}
		goto value
	}
	if i, err = scalar(b, i); err != nil {
		return i, err
	}
after:
	if level == depth {
		return i, nil
	}
	i = space(b, i)
	if stack[(level-1)>>6]&(1<<((level-1)&63)) != 0 {
		switch {
		case i < len(b) && b[i] == ',':
			i = space(b, i+1)
			goto key
		case i < len(b) && b[i] == '}':
			i++
			level--
			goto after
		}
		return i, misfit(b, i, wantComma)
	}
	switch {
	case i < len(b) && b[i] == ',':
		i = space(b, i+1)
		goto value
	case i < len(b) && b[i] == ']':
		i++
		level--
		goto after
	}
	return i, misfit(b, i, wantCommaA)
key:
	if i >= len(b) || b[i] != '"' {
		return i, misfit(b, i, wantKey)
	}
	if i, _, err = str(b, i); err != nil {
		return i, err
	}
	i = space(b, i)
	if i >= len(b) || b[i] != ':' {
		return i, misfit(b, i, wantColon)
	}
	i = space(b, i+1)
	goto value
}
