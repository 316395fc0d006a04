package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
)

// Edit is one change of a YAML file. Its path leads through keys (strings) and places in lists (ints); what is on the way and not there is made.
type Edit struct {
	Path  []any
	Do    Change
	Value any // of Put and Insert: all that YAML can say
	To    int // of Move: the place in the list that it comes to
}

// Change is what an [Edit] does.
type Change int

const (
	Put    Change = iota // the value of a key, or of a place in a list
	Insert               // a value into a list, before the one that is at the place now
	Remove               // a key or an element; a list or mapping that nothing is left of goes with it
	Move                 // an element to another place of its list
)

// ErrEntangled says that a change cannot be made without touching what stands around it.
var ErrEntangled = errors.New("this cannot be changed without touching what stands around it; change it in the text")

// Apply makes changes one after the other by putting bytes in place of others, so that comments, order, quotes and ends of lines stay as whoever
// wrote them wants them. A comment right above an element of a list belongs to it. Each result is read again, and must differ from what was
// there by the change and nothing else: else the error is [ErrEntangled].
func Apply(data []byte, edits ...Edit) ([]byte, error) {
	for _, e := range edits {
		var err error
		if data, err = apply(data, e); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func apply(data []byte, e Edit) (out []byte, err error) {
	defer func() { // what the parser tells of rare forms (keys of several lines, tags) does not always fit the text
		if recover() != nil {
			out, err = nil, ErrEntangled
		}
	}()
	was, err := ordered(data)
	if err != nil {
		return nil, err
	}
	if e.Value, err = plain(e.Value); err != nil {
		return nil, err
	}
	want, err := change(was, e.Path, e)
	if err != nil {
		return nil, err
	}
	d, err := read(data)
	if err != nil {
		return nil, err
	}
	d.edit(e)
	for _, ended := range []bool{!d.bare, true} { // of a text on several lines, its last line's end is a part
		d.bare = !ended
		out := d.bytes()
		if is, err := ordered(out); err == nil && reflect.DeepEqual(is, want) {
			return out, nil
		}
	}
	return nil, ErrEntangled
}

// ordered is what a file says, its keys in their order.
func ordered(data []byte) (v any, err error) {
	err = yaml.UnmarshalWithOptions(data, &v, yaml.UseOrderedMap())
	if err != nil && strings.TrimSpace(string(data)) != "" {
		return nil, faultOf("", err)
	}
	return v, nil
}

// plain is a value as a file would say it.
func plain(v any) (any, error) {
	data, err := yaml.Marshal(v)
	if err != nil {
		return nil, err
	}
	v, err = ordered(data)
	return whole(v), err
}

// whole makes whole numbers of fractions that are some, as people write them.
func whole(v any) any {
	switch v := v.(type) {
	case float64:
		if v >= 0 && v < 1<<53 && v == math.Trunc(v) {
			return uint64(v)
		}
	case []any:
		for i := range v {
			v[i] = whole(v[i])
		}
	case yaml.MapSlice:
		for i := range v {
			v[i].Value = whole(v[i].Value)
		}
	}
	return v
}

// change makes an edit in what a file says.
func change(v any, path []any, e Edit) (any, error) {
	if len(path) == 0 {
		return e.Value, nil
	}
	last := len(path) == 1
	switch step := path[0].(type) {
	case string:
		m, ok := v.(yaml.MapSlice)
		if v != nil && !ok {
			return nil, fmt.Errorf("%q cannot be found: there is no mapping", step)
		}
		i := slices.IndexFunc(m, func(o yaml.MapItem) bool { return o.Key == step })
		m = slices.Clone(m)
		if last && e.Do == Remove {
			if i < 0 {
				return nil, fmt.Errorf("there is no %q", step)
			}
			m = slices.Delete(m, i, i+1)
			if len(m) == 0 {
				return nil, nil
			}
			return m, nil
		}
		var below any
		if i >= 0 {
			below = m[i].Value
		}
		below, err := change(below, path[1:], e)
		switch {
		case err != nil:
			return nil, err
		case i < 0:
			m = append(m, yaml.MapItem{Key: step, Value: below})
		case below == nil && e.Do == Remove:
			if m = slices.Delete(m, i, i+1); len(m) == 0 {
				return nil, nil
			}
		default:
			m[i].Value = below
		}
		return m, nil
	case int:
		list, ok := v.([]any)
		if v != nil && !ok {
			return nil, fmt.Errorf("number %d cannot be found: there is no list", step+1)
		}
		list = slices.Clone(list)
		if last && e.Do == Insert && step >= 0 && step <= len(list) {
			return slices.Insert(list, step, e.Value), nil
		}
		if step < 0 || step >= len(list) {
			return nil, fmt.Errorf("there is no number %d", step+1)
		}
		switch {
		case last && e.Do == Move:
			if e.To < 0 || e.To >= len(list) {
				return nil, fmt.Errorf("there is no place %d", e.To+1)
			}
			moved := list[step]
			return slices.Insert(slices.Delete(list, step, step+1), e.To, moved), nil
		case last && e.Do == Remove:
			if list = slices.Delete(list, step, step+1); len(list) == 0 {
				return nil, nil
			}
			return list, nil
		}
		below, err := change(list[step], path[1:], e)
		if err != nil {
			return nil, err
		}
		if below == nil && e.Do == Remove {
			list = slices.Delete(list, step, step+1)
			if len(list) == 0 {
				return nil, nil
			}
			return list, nil
		}
		list[step] = below
		return list, nil
	}
	return nil, fmt.Errorf("a path has no %T", path[0])
}

// document is a file that is being edited: its text with plain ends of lines, the last of them included.
type document struct {
	text    string
	returns []int  // the places of line ends that have a carriage return before them
	newline string // what line ends are made of
	bare    bool   // the last line has no end
	root    *tree
	splices []splice
}

type splice struct {
	from, to int
	with     string
}

func read(data []byte) (*document, error) {
	d := &document{newline: "\n"}
	text := string(data)
	if i := strings.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		d.newline = "\r\n"
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if strings.HasPrefix(text[i:], "\r\n") {
			d.returns = append(d.returns, b.Len())
			continue
		}
		b.WriteByte(text[i])
	}
	d.text = b.String()
	if d.bare = d.text != "" && !strings.HasSuffix(d.text, "\n"); d.bare {
		d.text += "\n"
	}
	file, err := parser.ParseBytes([]byte(d.text), 0)
	if err != nil {
		return nil, faultOf("", err)
	}
	if len(file.Docs) > 0 && file.Docs[0].Body != nil {
		d.root = (&builder{text: d.text}).tree(file.Docs[0].Body, d.end(), 0)
	}
	return d, nil
}

var endOfDocument = regexp.MustCompile(`(?m)^(\.\.\.|---)(\s|$)`)

// end is where the first document of a file ends.
func (d *document) end() int {
	for _, at := range endOfDocument.FindAllStringIndex(d.text, -1) {
		if before := strings.TrimSpace(regexp.MustCompile(`(?m)#.*$`).ReplaceAllString(d.text[:at[0]], "")); before != "" && before[0] != '%' {
			return at[0]
		}
	}
	return len(d.text)
}

// bytes makes the splices, and gives the file the ends of lines that it had.
func (d *document) bytes() []byte {
	slices.SortFunc(d.splices, func(a, b splice) int { return a.from - b.from })
	var out bytes.Buffer
	copied := 0
	keep := func(to int) {
		for ; copied < to; copied++ {
			if _, had := slices.BinarySearch(d.returns, copied); had {
				out.WriteByte('\r')
			}
			out.WriteByte(d.text[copied])
		}
	}
	for _, s := range d.splices {
		keep(s.from)
		out.WriteString(strings.ReplaceAll(s.with, "\n", d.newline))
		copied = s.to
	}
	keep(len(d.text))
	if d.bare {
		return bytes.TrimSuffix(bytes.TrimSuffix(out.Bytes(), []byte("\n")), []byte("\r"))
	}
	return out.Bytes()
}

func (d *document) splice(from, to int, with string) {
	d.splices = append(d.splices, splice{from, to, with})
}

// edit finds where a change is to be made, and makes it.
func (d *document) edit(e Edit) {
	if d.root != nil && d.root.kind == scalar {
		return // a word alone
	}
	if d.root == nil { // nothing, or nothing but comments
		if e.Do == Put || e.Do == Insert {
			d.splice(d.end(), d.end(), block(under(e.Path, e.Value), 0)+"\n")
		}
		return
	}
	t := d.root
	for i, step := range e.Path {
		at := t.find(step)
		last := i+1 == len(e.Path)
		if at < 0 || at == len(t.entries) {
			if e.Do == Put || e.Do == Insert {
				d.add(t, len(t.entries), step, under(e.Path[i+1:], e.Value))
			}
			return
		}
		entry := &t.entries[at]
		switch {
		case last && e.Do == Put:
			d.replace(t, entry, e.Value)
			return
		case last && e.Do == Insert:
			d.add(t, at, step, e.Value)
			return
		case last && e.Do == Move:
			d.move(t, at, e.To)
			return
		case e.Do == Remove && entry.value.only(e.Path[i+1:]): // nothing is left of it
			d.remove(t, at)
			return
		}
		if entry.value.kind == scalar { // null, since the change has been found to be possible
			d.replace(t, entry, under(e.Path[i+1:], e.Value))
			return
		}
		t = entry.value
	}
}

// only reports whether a tree has nothing but what a path leads to.
func (t *tree) only(path []any) bool {
	if len(path) == 0 {
		return true
	}
	return t.kind != scalar && len(t.entries) == 1 && t.entries[0].value.only(path[1:])
}

// under is a value below a path.
func under(path []any, v any) any {
	for _, step := range slices.Backward(path) {
		if key, named := step.(string); named {
			v = yaml.MapSlice{{Key: key, Value: v}}
		} else {
			v = []any{v}
		}
	}
	return v
}

func (d *document) replace(in *tree, e *entry, v any) {
	switch {
	case in.flow:
		d.splice(e.value.from, e.value.to, inline(v))
	case e.value.lines: // what stood on lines of its own comes onto the line of its key
		d.splice(e.colon, e.to, " "+inline(v))
	case e.value.from == e.value.to: // nothing
		d.splice(e.colon, e.colon, " "+inline(v))
	default:
		d.splice(e.value.from, e.value.to, inline(v))
	}
}

func (d *document) add(in *tree, at int, step, v any) {
	key, named := step.(string)
	text := inline(v)
	if named {
		text = inline(key) + ": " + text
	}
	switch n := len(in.entries); {
	case in.flow && n == 0:
		d.splice(in.from+1, in.from+1, text)
	case in.flow && at < n:
		d.splice(in.entries[at].from, in.entries[at].from, text+", ")
	case in.flow:
		to := in.entries[n-1].to
		if comma := strings.TrimLeft(d.text[to:in.to], " \n"); strings.HasPrefix(comma, ",") {
			to = in.to - len(comma) + 1
			d.splice(to, to, " "+text)
			return
		}
		d.splice(to, to, ", "+text)
	default:
		if named {
			text = block(yaml.MapSlice{{Key: key, Value: v}}, in.column)
		} else {
			text = block([]any{v}, in.column)
		}
		if at < n {
			from := d.lead(in, at)
			d.splice(from, from, text+"\n")
		} else {
			d.splice(in.entries[n-1].to, in.entries[n-1].to, "\n"+text)
		}
	}
}

func (d *document) remove(in *tree, at int) {
	e := &in.entries[at]
	switch n := len(in.entries); {
	case in.flow && at+1 < n:
		d.splice(e.from, in.entries[at+1].from, "")
	case in.flow && at > 0:
		d.splice(in.entries[at-1].to, e.to, "")
	case in.flow:
		d.splice(in.from+1, in.to-1, "")
	default:
		d.splice(d.lead(in, at), e.to+1, "")
	}
}

// move permutes the elements, and leaves what stands between them where it is.
func (d *document) move(in *tree, from, to int) {
	spans := make([]splice, len(in.entries))
	for i := range in.entries {
		spans[i] = splice{d.lead(in, i), in.entries[i].to, ""}
		spans[i].with = d.text[spans[i].from:spans[i].to]
	}
	moved := slices.Clone(spans)
	one := moved[from]
	moved = slices.Insert(slices.Delete(moved, from, from+1), to, one)
	for i := range spans {
		if moved[i].with != spans[i].with {
			d.splice(spans[i].from, spans[i].to, moved[i].with)
		}
	}
}

// lead is where an entry begins: with the comments right above it, where it stands on lines of its own.
func (d *document) lead(in *tree, at int) int {
	from := in.entries[at].from
	if in.flow {
		return from
	}
	from = lineStart(d.text, from)
	if in.kind == mapping {
		return from
	}
	least := in.from
	if at > 0 {
		least = in.entries[at-1].to + 1
	}
	for from > least {
		above := lineStart(d.text, from-1)
		if line := d.text[above:from]; above < least || !isComment(line) || indent(line) != in.column {
			break
		}
		from = above
	}
	return from
}

func lineStart(s string, at int) int { return strings.LastIndexByte(s[:at], '\n') + 1 }

func isComment(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") }

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// simple are texts that stand without quotes.
var simple = regexp.MustCompile(`^[A-Za-z0-9_/][A-Za-z0-9_./()<>=-]*( [A-Za-z0-9_./()<>=-]+)*$`)

// inline is a value on one line.
func inline(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		var is any
		if simple.MatchString(v) && yaml.Unmarshal([]byte(v), &is) == nil && is == any(v) {
			return v
		}
		if strings.Contains(v, `"`) && strings.IndexFunc(v, func(r rune) bool { return r < ' ' || r == '\'' || r > '~' }) < 0 {
			return "'" + v + "'"
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.Encode(v) // a text always can be
		return strings.TrimSpace(b.String())
	case []any:
		all := make([]string, len(v))
		for i := range v {
			all[i] = inline(v[i])
		}
		return "[" + strings.Join(all, ", ") + "]"
	case yaml.MapSlice:
		all := make([]string, len(v))
		for i := range v {
			all[i] = inline(v[i].Key) + ": " + inline(v[i].Value)
		}
		return "{" + strings.Join(all, ", ") + "}"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// block is a list or mapping on lines of its own, without the last one's end: what is in it, and one level below, each on its own.
func block(v any, column int) string {
	margin := strings.Repeat(" ", column)
	var lines []string
	switch v := v.(type) {
	case yaml.MapSlice:
		for _, m := range v {
			line := margin + inline(m.Key) + ":"
			switch below := m.Value.(type) {
			case []any:
				if len(below) > 0 && slices.ContainsFunc(below, func(o any) bool { _, is := o.(yaml.MapSlice); return is }) {
					line += "\n" + block(below, column)
					break
				}
				line += " " + inline(below)
			case yaml.MapSlice:
				if column == 0 && len(below) > 0 {
					var entries []string
					for _, o := range below {
						entries = append(entries, "  "+inline(o.Key)+": "+inline(o.Value))
					}
					line += "\n" + strings.Join(entries, "\n")
					break
				}
				line += " " + inline(below)
			default:
				line += " " + inline(below)
			}
			lines = append(lines, line)
		}
	case []any:
		for _, one := range v {
			m, is := one.(yaml.MapSlice)
			if !is || len(m) == 0 {
				lines = append(lines, margin+"- "+inline(one))
				continue
			}
			for i, o := range m {
				dash := "  "
				if i == 0 {
					dash = "- "
				}
				lines = append(lines, margin+dash+inline(o.Key)+": "+inline(o.Value))
			}
		}
	}
	return strings.Join(lines, "\n")
}
