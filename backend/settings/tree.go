package settings

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// tree is where in a text something stands. What is in braces and brackets is found in the text itself; else the parser tells where keys begin, and
// the lines where they end.
type tree struct {
	kind     shape
	flow     bool // it is in braces or brackets
	lines    bool // it stands, or goes on, on lines below that of its key
	from, to int
	column   int // of its entries, where they stand on lines of their own
	entries  []entry
}

type shape int

const (
	scalar shape = iota
	mapping
	sequence
)

// entry is one of a mapping or a list.
type entry struct {
	key      string
	from, to int // from the key or dash to the end of its last line, or, in braces and brackets, of its value
	colon    int // behind the colon or dash
	value    *tree
}

func (t *tree) find(step any) int {
	switch step := step.(type) {
	case string:
		return slices.IndexFunc(t.entries, func(e entry) bool { return t.kind == mapping && e.key == step })
	case int:
		if t.kind == sequence {
			return min(step, len(t.entries))
		}
	}
	return -1
}

// builder builds trees of a text.
type builder struct{ text string }

// offset is where a place of the parser's is: lines and characters from 1.
func (b *builder) offset(line, column int) int {
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(b.text[at:], '\n')
		if i < 0 {
			return len(b.text)
		}
		at += i + 1
	}
	for ; column > 1 && at < len(b.text); column-- {
		_, size := utf8.DecodeRuneInString(b.text[at:])
		at += size
	}
	return at
}

// tree is where a node stands that ends before end; from is where it may begin.
func (b *builder) tree(n ast.Node, end, from int) *tree {
	t := &tree{from: from, to: end}
	var starts []int
	var values []ast.Node
	switch n := n.(type) {
	case *ast.MappingNode:
		if n.IsFlowStyle {
			at := n.Start.Position
			return b.flow(b.offset(at.Line, at.Column))
		}
		t.kind = mapping
		for _, v := range n.Values {
			at := v.Key.GetToken().Position
			starts, values = append(starts, b.offset(at.Line, at.Column)), append(values, v)
		}
	case *ast.MappingValueNode:
		t.kind = mapping
		at := n.Key.GetToken().Position
		starts, values = append(starts, b.offset(at.Line, at.Column)), append(values, n)
	case *ast.SequenceNode:
		if n.IsFlowStyle {
			at := n.Start.Position
			return b.flow(b.offset(at.Line, at.Column))
		}
		t.kind = sequence
		for _, e := range n.Entries {
			at := e.Start.Position
			starts, values = append(starts, b.offset(at.Line, at.Column)), append(values, e.Value)
		}
	default:
		return b.scalar(from, end)
	}
	for i, at := range starts {
		if i == 0 {
			t.column = at - lineStart(b.text, at)
		}
		limit := end
		if i+1 < len(starts) {
			limit = lineStart(b.text, starts[i+1])
		}
		e := entry{from: at, to: b.last(at, limit, t.column)}
		value := values[i]
		if v, keyed := value.(*ast.MappingValueNode); keyed && t.kind == mapping {
			e.key, value = v.Key.GetToken().Value, v.Value
			e.colon = b.afterKey(at)
		} else {
			e.colon = at + 1
		}
		e.value = b.tree(value, e.to, e.colon)
		if !e.value.flow && e.value.kind != scalar {
			e.value.lines = true
			e.value.from = e.colon
		}
		t.entries = append(t.entries, e)
	}
	return t
}

// last is the end of the last line that belongs to what begins at from: below come empty lines, and comments that are no deeper than it.
func (b *builder) last(from, limit, column int) int {
	end := limit
	for end > from {
		start := lineStart(b.text, end-1)
		line := b.text[start:end]
		if start > from && (strings.TrimSpace(line) == "" || isComment(line) && indent(line) <= column) {
			end = start
			continue
		}
		break
	}
	return max(from, end-len(b.text[:end])+len(strings.TrimSuffix(b.text[:end], "\n")))
}

// afterKey is behind the colon of a key.
func (b *builder) afterKey(at int) int {
	if c := b.text[at]; c == '"' || c == '\'' {
		at = quotedEnd(b.text, at)
	}
	for ; at < len(b.text); at++ {
		if b.text[at] == ':' && (at+1 == len(b.text) || strings.IndexByte(" \n\t", b.text[at+1]) >= 0) {
			return at + 1
		}
	}
	return at
}

// scalar is where a value stands that begins behind from: to where a comment or the line ends, if it ends there.
func (b *builder) scalar(from, end int) *tree {
	t := &tree{from: from, to: end}
	line := end
	if i := strings.IndexByte(b.text[from:end], '\n'); i >= 0 {
		line, t.lines = from+i, true
	}
	for t.from < line && b.text[t.from] == ' ' {
		t.from++
	}
	if t.lines {
		return t
	}
	switch {
	case t.from == line || b.text[t.from] == '#':
		t.from, t.to = from, from
	case b.text[t.from] == '"' || b.text[t.from] == '\'':
		t.to = quotedEnd(b.text, t.from)
	default:
		t.to = line
		if i := strings.Index(b.text[t.from:line], " #"); i >= 0 {
			t.to = t.from + i
		}
		t.to = t.from + len(strings.TrimRight(b.text[t.from:t.to], " \t"))
	}
	return t
}

// quotedEnd is behind a quoted text.
func quotedEnd(s string, at int) int {
	quote := s[at]
	for at++; at < len(s); at++ {
		switch {
		case s[at] == '\\' && quote == '"':
			at++
		case s[at] == quote && quote == '\'' && at+1 < len(s) && s[at+1] == quote:
			at++
		case s[at] == quote:
			return at + 1
		}
	}
	return len(s)
}

// flow is what stands in the braces or brackets that begin at a place.
func (b *builder) flow(at int) *tree {
	t := &tree{kind: sequence, flow: true, from: at}
	if b.text[at] == '{' {
		t.kind = mapping
	}
	at = b.space(at + 1)
	for at < len(b.text) && b.text[at] != ']' && b.text[at] != '}' {
		e := entry{from: at}
		if t.kind == mapping {
			key := b.one(at)
			e.key = unquoted(b.text[key.from:key.to])
			at = b.space(key.to)
			if at < len(b.text) && b.text[at] == ':' {
				at = b.space(at + 1)
			}
		}
		e.value = b.one(at)
		e.to = e.value.to
		t.entries = append(t.entries, e)
		if at = b.space(e.to); at < len(b.text) && b.text[at] == ',' {
			at = b.space(at + 1)
		} else if at == e.from {
			break // nothing that could be understood: what is made of it will be found to be wrong
		}
	}
	t.to = min(at+1, len(b.text))
	return t
}

// one is a value in braces or brackets.
func (b *builder) one(at int) *tree {
	if at >= len(b.text) {
		return &tree{from: at, to: at}
	}
	switch b.text[at] {
	case '{', '[':
		return b.flow(at)
	case '"', '\'':
		return &tree{from: at, to: quotedEnd(b.text, at)}
	}
	end := at
	for end < len(b.text) && strings.IndexByte(",]}\n", b.text[end]) < 0 && !strings.HasPrefix(b.text[end:], " #") &&
		!(b.text[end] == ':' && end+1 < len(b.text) && strings.IndexByte(" ,]}\n", b.text[end+1]) >= 0) {
		end++
	}
	return &tree{from: at, to: at + len(strings.TrimRight(b.text[at:end], " \t"))}
}

// space is behind what means nothing.
func (b *builder) space(at int) int {
	for at < len(b.text) {
		switch c := b.text[at]; {
		case c == ' ' || c == '\n' || c == '\t':
			at++
		case c == '#':
			for at < len(b.text) && b.text[at] != '\n' {
				at++
			}
		default:
			return at
		}
	}
	return at
}

func unquoted(word string) string {
	if v, err := ordered([]byte(word)); err == nil {
		if s, is := v.(string); is {
			return s
		}
	}
	return word
}
