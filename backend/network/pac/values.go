package pac

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A value is nothing (undefined), null, a bool, a float64, a string or an *object.
type nothing struct{}

type null struct{}

var undefined any = nothing{}

// object is an object of any kind: what is nil it is not.
type object struct {
	props map[string]any
	keys  []string // in the order in which they came
	proto *object
	list  *[]any // an array
	fn    *function
	re    *regexp.Regexp
	every bool // of a regular expression: its flag g
	prim  any  // of a Date: its time
}

// function is a function of the script, or one of ours.
type function struct {
	native func(m *machine, this any, args []any) any
	params []string
	body   stmt
	scope  *scope
	arrow  bool
	this   any // of an arrow function
	name   string
}

// binding is a variable.
type binding struct{ value any }

// scope is the variables of a block or function.
type scope struct {
	vars  map[string]*binding
	outer *scope
}

func (s *scope) find(name string) *binding {
	for ; s != nil; s = s.outer {
		if b := s.vars[name]; b != nil {
			return b
		}
	}
	return nil
}

func (s *scope) declare(name string, v any) {
	if s.vars == nil {
		s.vars = map[string]*binding{}
	}
	s.vars[name] = &binding{v}
}

// machine is one run.
type machine struct {
	ctx    context.Context
	env    Env
	steps  int
	memory int
	depth  int
	protos struct{ object, array, function, text, regex, number, date *object }
}

// limit ends a run; the script cannot catch it.
type limit struct{ error }

// thrown is what the script may catch.
type thrown struct{ value any }

func (m *machine) step() {
	m.steps++
	if m.steps > maxSteps {
		panic(limit{errors.New("it did not come to an end within 5 million steps")})
	}
	if m.steps&1023 == 0 && m.ctx.Err() != nil {
		panic(limit{errors.New("it took too long")})
	}
}

// use accounts for memory, which is never given back within a run.
func (m *machine) use(n int) {
	if m.memory += n; m.memory > maxMemory {
		panic(limit{errors.New("it wants more than 64 MB")})
	}
}

// say accounts for a text that is about to be made.
func (m *machine) say(n int) {
	if n > maxText {
		panic(limit{errors.New("it makes a text of more than 1 MB")})
	}
	m.use(n)
}

func (m *machine) throw(what string, args ...any) {
	panic(thrown{fmt.Sprintf(what, args...)})
}

func (m *machine) newObject() *object {
	m.use(128)
	return &object{proto: m.protos.object}
}

func (m *machine) newArray(list []any) *object {
	m.use(128 + 16*len(list))
	return &object{proto: m.protos.array, list: &list}
}

func (m *machine) native(name string, fn func(m *machine, this any, args []any) any) *object {
	return &object{proto: m.protos.function, fn: &function{native: fn, name: name}}
}

// index reads a key of an array.
func index(key string) (int, bool) {
	if key == "" || len(key) > 9 || key[0] == '0' && len(key) > 1 {
		return 0, false
	}
	n := 0
	for i := range len(key) {
		if !digit(key[i]) {
			return 0, false
		}
		n = n*10 + int(key[i]-'0')
	}
	return n, true
}

func (o *object) own(key string) (any, bool) {
	if o.list != nil {
		if key == "length" {
			return float64(len(*o.list)), true
		}
		if n, ok := index(key); ok {
			if n < len(*o.list) {
				return (*o.list)[n], true
			}
			return nil, false
		}
	}
	if o.re != nil && key == "source" {
		return o.re.String(), true
	}
	v, ok := o.props[key]
	return v, ok
}

func (m *machine) get(v any, key string) any {
	var o *object
	switch v := v.(type) {
	case *object:
		o = v
	case string:
		if key == "length" {
			return float64(len(v))
		}
		if n, ok := index(key); ok {
			if n < len(v) {
				return v[n : n+1]
			}
			return undefined
		}
		o = m.protos.text
	case float64:
		o = m.protos.number
	case bool:
		o = m.protos.object
	default:
		m.throw("%s has no %q", text(v), key)
	}
	for ; o != nil; o = o.proto {
		if v, ok := o.own(key); ok {
			return v
		}
	}
	return undefined
}

func (m *machine) set(v any, key string, to any) {
	o, ok := v.(*object)
	if !ok {
		if v == undefined || v == any(null{}) {
			m.throw("%s cannot have %q", text(v), key)
		}
		return // as for a text
	}
	if o.list != nil {
		if key == "length" {
			n := int(num(to))
			*o.list = (*o.list)[:max(0, min(n, len(*o.list)))]
			return
		}
		if n, ok := index(key); ok {
			if n > len(*o.list)+maxText {
				panic(limit{errors.New("it makes an array with more than a million places")})
			}
			for len(*o.list) <= n {
				m.use(16)
				*o.list = append(*o.list, undefined)
			}
			(*o.list)[n] = to
			return
		}
	}
	if _, ok := o.props[key]; !ok {
		m.use(64 + len(key))
		if o.props == nil {
			o.props = map[string]any{}
		}
		o.keys = append(o.keys, key)
	}
	o.props[key] = to
}

func (o *object) remove(key string) {
	if _, ok := o.props[key]; ok {
		delete(o.props, key)
		o.keys = slices.DeleteFunc(o.keys, func(k string) bool { return k == key })
	}
}

// enumerate is what for-in goes over.
func enumerate(v any) []string {
	var out []string
	switch v := v.(type) {
	case string:
		for i := range len(v) {
			out = append(out, strconv.Itoa(i))
		}
	case *object:
		if v.list != nil {
			for i := range *v.list {
				out = append(out, strconv.Itoa(i))
			}
		}
		out = append(out, v.keys...)
	}
	return out
}

func (m *machine) call(fn, this any, args []any) any {
	o, ok := fn.(*object)
	if !ok || o.fn == nil {
		m.throw("%s is no function", text(fn))
	}
	m.step()
	if m.depth++; m.depth > maxDepth {
		panic(limit{errors.New("it calls itself too deep")})
	}
	defer func() { m.depth-- }()
	f := o.fn
	if f.native != nil {
		return f.native(m, this, args)
	}
	m.use(64 + 32*len(f.params))
	s := &scope{outer: f.scope}
	if f.arrow {
		this = f.this
	} else {
		s.declare("arguments", m.newArray(args))
	}
	for i, p := range f.params {
		s.declare(p, arg(args, i))
	}
	fr := &frame{vm: m, scope: s, this: this, ret: undefined}
	f.body(fr)
	return fr.ret
}

func (m *machine) construct(fn any, args []any) any {
	o, ok := fn.(*object)
	if !ok || o.fn == nil {
		m.throw("%s makes nothing new", text(fn))
	}
	made := m.newObject()
	if p, ok := m.get(o, "prototype").(*object); ok {
		made.proto = p
	}
	if v, ok := m.call(fn, made, args).(*object); ok {
		return v
	}
	return made
}

func arg(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return undefined
}

func truth(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0 && v == v
	case string:
		return v != ""
	case *object:
		return true
	}
	return false
}

func num(v any) float64 {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case null:
		return 0
	case string:
		s := strings.TrimSpace(v)
		if s == "" {
			return 0
		}
		if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
			if n, err := strconv.ParseUint(hex, 16, 64); err == nil {
				return float64(n)
			}
			return math.NaN()
		}
		if n, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "_pPnN") {
			return n
		}
	case *object:
		if v.prim != nil {
			return num(v.prim)
		}
		return num(text(v))
	}
	return math.NaN()
}

func whole(v any) int {
	n := num(v)
	switch {
	case n != n:
		return 0
	case n > 1<<40:
		return 1 << 40
	case n < -1<<40:
		return -1 << 40
	}
	return int(n)
}

func int32Of(v any) int32 {
	n := num(v)
	if n != n || math.IsInf(n, 0) {
		return 0
	}
	return int32(uint32(int64(math.Mod(math.Trunc(n), 1<<32))))
}

func text(v any) string { return textAt(v, 0) }

func textAt(v any, depth int) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		switch {
		case v != v:
			return "NaN"
		case math.IsInf(v, 0):
			return strings.TrimPrefix(strings.Replace(strconv.FormatFloat(v, 'g', -1, 64), "Inf", "Infinity", 1), "+")
		case v == math.Trunc(v) && math.Abs(v) < 1e21:
			return strconv.FormatFloat(v+0, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case null:
		return "null"
	case nothing:
		return "undefined"
	case *object:
		switch {
		case v.list != nil && depth < 4:
			var b strings.Builder
			for i, el := range *v.list {
				if i > 0 {
					b.WriteByte(',')
				}
				if _, no := el.(nothing); !no && b.Len() < maxText {
					b.WriteString(textAt(el, depth+1))
				}
			}
			return b.String()
		case v.fn != nil:
			return "function " + v.fn.name
		case v.re != nil:
			return "/" + v.re.String() + "/"
		case v.props["message"] != nil: // an Error
			return textAt(v.props["message"], depth+1)
		}
		return "[object Object]"
	}
	return ""
}

func typeOf(v any) string {
	switch v := v.(type) {
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case nothing:
		return "undefined"
	case *object:
		if v.fn != nil {
			return "function"
		}
	}
	return "object"
}

func same(a, b any) bool {
	x, isX := a.(*object)
	y, isY := b.(*object)
	if isX || isY {
		return isX && isY && x == y
	}
	return a == b // NaN is not itself here either
}

func alike(a, b any) bool {
	none := func(v any) bool { return v == undefined || v == any(null{}) }
	switch {
	case none(a) || none(b):
		return none(a) && none(b)
	case typeOf(a) == typeOf(b):
		return same(a, b)
	}
	x, isX := a.(*object)
	y, isY := b.(*object)
	switch {
	case isX && isY:
		return x == y
	case isX:
		a = text(x)
	case isY:
		b = text(y)
	}
	if s, ok := a.(string); ok {
		if t, ok := b.(string); ok {
			return s == t
		}
	}
	return num(a) == num(b)
}
