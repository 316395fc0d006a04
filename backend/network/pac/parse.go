package pac

import (
	"math"
	"slices"
)

// A script is turned into functions of Go as it is read: one for each expression, one for each statement.

// frame is a function at work.
type frame struct {
	vm    *machine
	scope *scope
	this  any
	ret   any
}

// ctl is how a statement ended.
type ctl uint8

const (
	goOn ctl = iota
	breaks
	continues
	returns
)

type stmt func(*frame) ctl

// expr is an expression. place is nil where nothing can be assigned to it; it finds out where it is, once.
type expr struct {
	eval  func(*frame) any
	place func(*frame) place
	name  string // a plain name
	arrow []string
}

// place is a variable, or a member of an object.
type place struct {
	vm    *machine
	scope *scope
	name  string
	of    any // nil: a variable
}

func (p place) get() any {
	if p.of != nil {
		return p.vm.get(p.of, p.name)
	}
	if b := p.scope.find(p.name); b != nil {
		return b.value
	}
	p.vm.throw("%s is not defined", p.name)
	return nil
}

func (p place) set(v any) {
	if p.of != nil {
		p.vm.set(p.of, p.name, v)
		return
	}
	if b := p.scope.find(p.name); b != nil {
		b.value = v
		return
	}
	s := p.scope
	for s.outer != nil {
		s = s.outer
	}
	s.declare(p.name, v)
}

// hoist is what a function declares, wherever in it.
type hoist struct {
	vars  []string
	funcs []funcDecl
}

type funcDecl struct {
	name string
	make func(*frame) any
}

func (h *hoist) enter(f *frame) {
	for _, v := range h.vars {
		if f.scope.vars[v] == nil {
			f.scope.declare(v, undefined)
		}
	}
	for _, fn := range h.funcs {
		f.scope.declare(fn.name, fn.make(f))
	}
}

const maxNesting = 3000

type parser struct {
	*lexer
	tok   token
	hoist *hoist
	depth int
}

func parse(source string) stmt {
	p := &parser{lexer: &lexer{src: source, line: 1}, hoist: &hoist{}}
	p.advance()
	var list []stmt
	for p.tok.kind != end {
		list = append(list, p.statement())
	}
	h := p.hoist
	body := block(list)
	return func(f *frame) ctl {
		h.enter(f)
		return body(f)
	}
}

func block(list []stmt) stmt {
	if len(list) == 1 {
		return list[0]
	}
	return func(f *frame) ctl {
		for _, s := range list {
			if c := s(f); c != goOn {
				return c
			}
		}
		return goOn
	}
}

func (p *parser) advance() token {
	t := p.tok
	p.tok = p.lexer.next()
	return t
}

func (p *parser) is(text string) bool {
	return (p.tok.kind == sign || p.tok.kind == word) && p.tok.text == text
}

func (p *parser) eat(text string) bool {
	if p.is(text) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) want(text string) {
	if !p.eat(text) {
		p.unexpected("where %q should be", text)
	}
}

func (p *parser) unexpected(what string, args ...any) {
	p.lexer.line = p.tok.line
	if p.tok.kind == end {
		p.fail("the script ends "+what, args...)
	}
	p.fail("%.40q stands "+what, append([]any{p.tok.text}, args...)...)
}

func (p *parser) identifier() string {
	if p.tok.kind != name {
		p.unexpected("where a name should be")
	}
	return p.advance().text
}

// semicolon ends a statement: it may be left out at the end of a line or block.
func (p *parser) semicolon() {
	if !p.eat(";") && !p.is("}") && p.tok.kind != end && !p.tok.newline {
		p.unexpected("where a statement should end")
	}
}

func (p *parser) deeper() func() {
	if p.depth++; p.depth > maxNesting {
		p.fail("it is nested too deep")
	}
	return func() { p.depth-- }
}

func (p *parser) statement() stmt {
	defer p.deeper()()
	step := func(s stmt) stmt {
		return func(f *frame) ctl {
			f.vm.step()
			return s(f)
		}
	}
	if p.tok.kind == word {
		if read := statements[p.tok.text]; read != nil {
			p.advance()
			return step(read(p))
		}
	}
	switch {
	case p.is("{"):
		return p.block()
	case p.eat(";"):
		return func(*frame) ctl { return goOn }
	}
	e := p.expression()
	p.semicolon()
	return step(func(f *frame) ctl {
		e.eval(f)
		return goOn
	})
}

// statements by the word that they begin with, which has been read.
var statements map[string]func(*parser) stmt

func init() {
	statements = map[string]func(*parser) stmt{
		"var": (*parser).declaration, "let": (*parser).declaration, "const": (*parser).declaration,
		"function": (*parser).functionStatement, "return": (*parser).returnStatement, "if": (*parser).ifStatement,
		"for": (*parser).forStatement, "while": (*parser).whileStatement, "do": (*parser).doStatement,
		"break":    func(p *parser) stmt { p.semicolon(); return func(*frame) ctl { return breaks } },
		"continue": func(p *parser) stmt { p.semicolon(); return func(*frame) ctl { return continues } },
		"debugger": func(p *parser) stmt { p.semicolon(); return func(*frame) ctl { return goOn } },
		"switch":   (*parser).switchStatement, "throw": (*parser).throwStatement, "try": (*parser).tryStatement,
	}
}

func (p *parser) block() stmt {
	p.want("{")
	var list []stmt
	for !p.is("}") {
		if p.tok.kind == end {
			p.unexpected("within a block")
		}
		list = append(list, p.statement())
	}
	p.advance()
	return block(list)
}

// declaration reads what follows var, let or const. All three declare for the whole function: scripts that lean on more than that are not known.
func (p *parser) declaration() stmt {
	s := p.declarations()
	p.semicolon()
	return s
}

func (p *parser) declarations() stmt {
	var list []stmt
	for {
		v := p.identifier()
		if !slices.Contains(p.hoist.vars, v) {
			p.hoist.vars = append(p.hoist.vars, v)
		}
		if p.eat("=") {
			e := p.assignment()
			list = append(list, func(f *frame) ctl {
				place{vm: f.vm, scope: f.scope, name: v}.set(e.eval(f))
				return goOn
			})
		}
		if !p.eat(",") {
			return block(list)
		}
	}
}

func (p *parser) functionStatement() stmt {
	n := p.identifier()
	p.hoist.funcs = append(p.hoist.funcs, funcDecl{n, p.function(n)})
	return func(*frame) ctl { return goOn }
}

// function reads parameters and body.
func (p *parser) function(name string) func(*frame) any {
	p.want("(")
	var params []string
	for !p.eat(")") {
		params = append(params, p.identifier())
		if !p.is(")") {
			p.want(",")
		}
	}
	return p.body(name, params, false)
}

// body reads the body of a function, or of an arrow function.
func (p *parser) body(name string, params []string, arrow bool) func(*frame) any {
	outer := p.hoist
	h := &hoist{}
	p.hoist = h
	var inner stmt
	if arrow && !p.is("{") {
		e := p.assignment()
		inner = func(f *frame) ctl {
			f.ret = e.eval(f)
			return returns
		}
	} else {
		inner = p.block()
	}
	p.hoist = outer
	body := func(f *frame) ctl {
		h.enter(f)
		return inner(f)
	}
	return func(f *frame) any {
		fn := &object{proto: f.vm.protos.function, fn: &function{params: params, body: body, scope: f.scope, arrow: arrow, this: f.this, name: name}}
		f.vm.use(256)
		if !arrow {
			f.vm.set(fn, "prototype", f.vm.newObject())
		}
		return fn
	}
}

func (p *parser) returnStatement() stmt {
	if p.is(";") || p.is("}") || p.tok.newline || p.tok.kind == end {
		p.semicolon()
		return func(f *frame) ctl { f.ret = undefined; return returns }
	}
	e := p.expression()
	p.semicolon()
	return func(f *frame) ctl {
		f.ret = e.eval(f)
		return returns
	}
}

func (p *parser) condition() expr {
	p.want("(")
	e := p.expression()
	p.want(")")
	return e
}

func (p *parser) ifStatement() stmt {
	cond := p.condition()
	then := p.statement()
	otherwise := func(*frame) ctl { return goOn }
	if p.eat("else") {
		otherwise = p.statement()
	}
	return func(f *frame) ctl {
		if truth(cond.eval(f)) {
			return then(f)
		}
		return otherwise(f)
	}
}

// loop runs a body while cond holds, with after behind each round.
func loop(f *frame, cond, after func(*frame) any, body stmt) ctl {
	for cond == nil || truth(cond(f)) {
		f.vm.step()
		switch body(f) {
		case breaks:
			return goOn
		case returns:
			return returns
		}
		if after != nil {
			after(f)
		}
	}
	return goOn
}

func (p *parser) whileStatement() stmt {
	cond := p.condition()
	body := p.statement()
	return func(f *frame) ctl { return loop(f, cond.eval, nil, body) }
}

func (p *parser) doStatement() stmt {
	body := p.statement()
	p.want("while")
	cond := p.condition()
	p.eat(";")
	return func(f *frame) ctl {
		first := true
		return loop(f, func(f *frame) any {
			if first {
				first = false
				return true
			}
			return cond.eval(f)
		}, nil, body)
	}
}

func (p *parser) forStatement() stmt {
	p.want("(")
	var begin stmt
	var target expr
	switch {
	case p.is("var"), p.is("let"), p.is("const"):
		p.advance()
		if p.tok.kind == name { // perhaps one that is gone over
			at, tok := *p.lexer, p.tok
			v := p.advance().text
			if p.is("in") || p.is("of") || p.tok.kind == name && p.tok.text == "of" {
				if !slices.Contains(p.hoist.vars, v) {
					p.hoist.vars = append(p.hoist.vars, v)
				}
				return p.forEach(variable(v))
			}
			*p.lexer, p.tok = at, tok
		}
		begin = p.declarations()
	case !p.is(";"):
		if p.tok.kind == name {
			at, tok := *p.lexer, p.tok
			target = p.postfix()
			if p.is("in") || p.tok.kind == name && p.tok.text == "of" {
				return p.forEach(target)
			}
			*p.lexer, p.tok = at, tok
		}
		e := p.expression()
		begin = func(f *frame) ctl { e.eval(f); return goOn }
	}
	p.want(";")
	var cond, after func(*frame) any
	if !p.is(";") {
		cond = p.expression().eval
	}
	p.want(";")
	if !p.is(")") {
		after = p.expression().eval
	}
	p.want(")")
	body := p.statement()
	return func(f *frame) ctl {
		if begin != nil {
			begin(f)
		}
		return loop(f, cond, after, body)
	}
}

// forEach reads the rest of for-in and for-of.
func (p *parser) forEach(target expr) stmt {
	if target.place == nil {
		p.unexpected("behind what nothing can be assigned to")
	}
	keys := p.advance().text == "in"
	over := p.expression()
	p.want(")")
	body := p.statement()
	return func(f *frame) ctl {
		v := over.eval(f)
		var list []any
		switch o, _ := v.(*object); {
		case keys:
			for _, k := range enumerate(v) {
				list = append(list, k)
			}
		case o != nil && o.list != nil:
			list = slices.Clone(*o.list)
		default:
			f.vm.throw("%s cannot be gone over", text(v))
		}
		f.vm.use(16 * len(list))
		i := -1
		return loop(f, func(*frame) any { i++; return i < len(list) }, nil, func(f *frame) ctl {
			target.place(f).set(list[i])
			return body(f)
		})
	}
}

func (p *parser) switchStatement() stmt {
	on := p.condition()
	p.want("{")
	type part struct {
		when *expr // nil: default
		body stmt
	}
	var parts []part
	fallback := -1
	for !p.eat("}") {
		var c part
		if p.eat("default") {
			fallback = len(parts)
		} else {
			p.want("case")
			e := p.expression()
			c.when = &e
		}
		p.want(":")
		var list []stmt
		for !p.is("case") && !p.is("default") && !p.is("}") {
			list = append(list, p.statement())
		}
		c.body = block(list)
		parts = append(parts, c)
	}
	return func(f *frame) ctl {
		v, from := on.eval(f), fallback
		for i, c := range parts {
			if c.when != nil && same(v, c.when.eval(f)) {
				from = i
				break
			}
		}
		if from < 0 {
			return goOn
		}
		for _, c := range parts[from:] {
			switch end := c.body(f); end {
			case breaks:
				return goOn
			case returns, continues:
				return end
			}
		}
		return goOn
	}
}

func (p *parser) throwStatement() stmt {
	e := p.expression()
	p.semicolon()
	return func(f *frame) ctl { panic(thrown{e.eval(f)}) }
}

func (p *parser) tryStatement() stmt {
	body := p.block()
	var caught, last stmt
	var v string
	if p.eat("catch") {
		if p.eat("(") {
			v = p.identifier()
			p.want(")")
		}
		caught = p.block()
	}
	if p.eat("finally") {
		last = p.block()
	}
	if caught == nil && last == nil {
		p.unexpected("where catch or finally should be")
	}
	guarded := func(f *frame) (end ctl) {
		depth, scope := f.vm.depth, f.scope
		defer func() {
			if caught == nil {
				return
			}
			switch r := recover().(type) {
			case nil:
			case thrown:
				f.vm.depth = depth
				f.scope = scope.with(v, r.value)
				end = caught(f)
				f.scope = scope
			default:
				panic(r)
			}
		}()
		return body(f)
	}
	if last == nil {
		return guarded
	}
	return func(f *frame) (end ctl) {
		scope := f.scope
		defer func() {
			r := recover()
			if _, over := r.(limit); over {
				panic(r)
			}
			f.scope = scope
			ret := f.ret
			if c := last(f); c != goOn {
				end = c
				return
			}
			f.ret = ret
			if r != nil {
				panic(r)
			}
		}()
		return guarded(f)
	}
}

// with is a scope with one more variable in it.
func (s *scope) with(name string, v any) *scope {
	inner := &scope{outer: s}
	if name != "" {
		inner.declare(name, v)
	}
	return inner
}

// Expressions, from the loosest to the tightest.

func (p *parser) expression() expr {
	e := p.assignment()
	for p.eat(",") {
		first, second := e, p.assignment()
		e = expr{eval: func(f *frame) any { first.eval(f); return second.eval(f) }}
		if first.arrow != nil && second.arrow != nil { // (a, b) => ...
			e.arrow = slices.Concat(first.arrow, second.arrow)
		}
	}
	return e
}

func (p *parser) assignment() expr {
	defer p.deeper()()
	left := p.conditional()
	if p.is("=>") {
		if left.arrow == nil {
			p.unexpected("behind what is no list of parameters")
		}
		p.advance()
		return expr{eval: p.body("", left.arrow, true)}
	}
	if p.tok.kind != sign || !assigns[p.tok.text] {
		return left
	}
	if left.place == nil {
		p.unexpected("behind what nothing can be assigned to")
	}
	op := p.advance().text
	right := p.assignment()
	if op == "=" {
		return expr{eval: func(f *frame) any {
			at := left.place(f)
			v := right.eval(f)
			at.set(v)
			return v
		}}
	}
	apply := operators[op[:len(op)-1]].apply
	return expr{eval: func(f *frame) any {
		at := left.place(f)
		v := apply(f.vm, at.get(), right.eval(f))
		at.set(v)
		return v
	}}
}

var assigns = map[string]bool{"=": true, "+=": true, "-=": true, "*=": true, "/=": true, "%=": true, "&=": true, "|=": true, "^=": true,
	"<<=": true, ">>=": true, ">>>=": true}

func (p *parser) conditional() expr {
	cond := p.binary(1)
	if !p.eat("?") {
		return cond
	}
	yes := p.assignment()
	p.want(":")
	no := p.assignment()
	return expr{eval: func(f *frame) any {
		if truth(cond.eval(f)) {
			return yes.eval(f)
		}
		return no.eval(f)
	}}
}

type operator struct {
	binds int
	apply func(m *machine, a, b any) any // nil: decides by itself whether the right side is looked at
}

var operators map[string]operator

func numeric(op func(a, b float64) float64) func(*machine, any, any) any {
	return func(_ *machine, a, b any) any { return op(num(a), num(b)) }
}

func bits(op func(a, b int32) int32) func(*machine, any, any) any {
	return func(_ *machine, a, b any) any { return float64(op(int32Of(a), int32Of(b))) }
}

func order(texts func(a, b string) bool, nums func(a, b float64) bool) func(*machine, any, any) any {
	return func(_ *machine, a, b any) any {
		x, isX := primitive(a).(string)
		y, isY := primitive(b).(string)
		if isX && isY {
			return texts(x, y)
		}
		return nums(num(a), num(b))
	}
}

func primitive(v any) any {
	if o, ok := v.(*object); ok {
		if o.prim != nil {
			return o.prim
		}
		return text(o)
	}
	return v
}

func add(m *machine, a, b any) any {
	a, b = primitive(a), primitive(b)
	_, isA := a.(string)
	_, isB := b.(string)
	if !isA && !isB {
		return num(a) + num(b)
	}
	x, y := text(a), text(b)
	m.say(len(x) + len(y))
	return x + y
}

func init() {
	operators = map[string]operator{
		"||": {1, nil}, "??": {1, nil}, "&&": {2, nil},
		"|":   {3, bits(func(a, b int32) int32 { return a | b })},
		"^":   {4, bits(func(a, b int32) int32 { return a ^ b })},
		"&":   {5, bits(func(a, b int32) int32 { return a & b })},
		"==":  {6, func(_ *machine, a, b any) any { return alike(a, b) }},
		"!=":  {6, func(_ *machine, a, b any) any { return !alike(a, b) }},
		"===": {6, func(_ *machine, a, b any) any { return same(a, b) }},
		"!==": {6, func(_ *machine, a, b any) any { return !same(a, b) }},
		"<":   {7, order(func(a, b string) bool { return a < b }, func(a, b float64) bool { return a < b })},
		">":   {7, order(func(a, b string) bool { return a > b }, func(a, b float64) bool { return a > b })},
		"<=":  {7, order(func(a, b string) bool { return a <= b }, func(a, b float64) bool { return a <= b })},
		">=":  {7, order(func(a, b string) bool { return a >= b }, func(a, b float64) bool { return a >= b })},
		"in": {7, func(m *machine, a, b any) any {
			for o, _ := b.(*object); o != nil; o = o.proto {
				if _, ok := o.own(text(a)); ok {
					return true
				}
			}
			return false
		}},
		"instanceof": {7, func(m *machine, a, b any) any {
			proto, _ := m.get(b, "prototype").(*object)
			for o, _ := a.(*object); o != nil; o = o.proto {
				if o.proto == proto && proto != nil {
					return true
				}
			}
			return false
		}},
		"<<":  {8, bits(func(a, b int32) int32 { return a << (uint32(b) & 31) })},
		">>":  {8, bits(func(a, b int32) int32 { return a >> (uint32(b) & 31) })},
		">>>": {8, func(_ *machine, a, b any) any { return float64(uint32(int32Of(a)) >> (uint32(int32Of(b)) & 31)) }},
		"+":   {9, add},
		"-":   {9, numeric(func(a, b float64) float64 { return a - b })},
		"*":   {10, numeric(func(a, b float64) float64 { return a * b })},
		"/":   {10, numeric(func(a, b float64) float64 { return a / b })},
		"%":   {10, numeric(math.Mod)},
	}
}

func (p *parser) binary(least int) expr {
	left := p.unary()
	for p.tok.kind == sign || p.tok.kind == word {
		op, ok := operators[p.tok.text]
		if !ok || op.binds < least {
			break
		}
		sign := p.advance().text
		a, b := left, p.binary(op.binds+1)
		switch sign {
		case "||":
			left = expr{eval: func(f *frame) any {
				if v := a.eval(f); truth(v) {
					return v
				}
				return b.eval(f)
			}}
		case "&&":
			left = expr{eval: func(f *frame) any {
				if v := a.eval(f); !truth(v) {
					return v
				}
				return b.eval(f)
			}}
		case "??":
			left = expr{eval: func(f *frame) any {
				if v := a.eval(f); v != undefined && v != any(null{}) {
					return v
				}
				return b.eval(f)
			}}
		default:
			left = expr{eval: func(f *frame) any { x := a.eval(f); return op.apply(f.vm, x, b.eval(f)) }}
		}
	}
	return left
}

var unaries = map[string]func(v any) any{
	"!": func(v any) any { return !truth(v) }, "-": func(v any) any { return -num(v) }, "+": func(v any) any { return num(v) },
	"~": func(v any) any { return float64(^int32Of(v)) }, "void": func(any) any { return undefined },
}

func (p *parser) unary() expr {
	if p.tok.kind != sign && p.tok.kind != word {
		return p.postfix()
	}
	defer p.deeper()()
	if op := unaries[p.tok.text]; op != nil {
		p.advance()
		e := p.unary()
		return expr{eval: func(f *frame) any { return op(e.eval(f)) }}
	}
	switch {
	case p.eat("typeof"):
		e := p.unary()
		return expr{eval: func(f *frame) any {
			if e.name != "" && f.scope.find(e.name) == nil {
				return "undefined"
			}
			return typeOf(e.eval(f))
		}}
	case p.eat("delete"):
		e := p.unary()
		return expr{eval: func(f *frame) any {
			if e.place != nil {
				if o, ok := e.place(f).of.(*object); ok {
					o.remove(e.place(f).name)
				}
			}
			return true
		}}
	case p.is("++"), p.is("--"):
		by := step(p.advance().text)
		e := p.unary()
		return p.counts(e, func(at place) any {
			v := num(at.get()) + by
			at.set(v)
			return v
		})
	}
	return p.postfix()
}

func step(sign string) float64 {
	if sign == "++" {
		return 1
	}
	return -1
}

func (p *parser) counts(e expr, count func(place) any) expr {
	if e.place == nil {
		p.unexpected("beside what cannot be counted")
	}
	return expr{eval: func(f *frame) any { return count(e.place(f)) }}
}

func (p *parser) postfix() expr {
	e := p.member(p.primary(), true)
	if !p.tok.newline && (p.is("++") || p.is("--")) {
		by := step(p.advance().text)
		return p.counts(e, func(at place) any {
			v := num(at.get())
			at.set(v + by)
			return v
		})
	}
	return e
}

// member reads what follows a value: members and, unless it is behind new, calls.
func (p *parser) member(e expr, calls bool) expr {
	for {
		switch of := e; {
		case p.eat("."):
			if p.tok.kind != name && p.tok.kind != word {
				p.unexpected("where a member's name should be")
			}
			key := p.advance().text
			e = memberOf(of, func(*frame) string { return key })
		case p.eat("["):
			key := p.expression()
			p.want("]")
			e = memberOf(of, func(f *frame) string { return text(key.eval(f)) })
		case calls && p.is("("):
			args := p.arguments()
			e = expr{eval: func(f *frame) any {
				if of.place == nil {
					fn := of.eval(f)
					return f.vm.call(fn, undefined, args(f))
				}
				at := of.place(f)
				fn, this := at.get(), undefined
				if at.of != nil {
					this = at.of
				}
				if o, ok := fn.(*object); !ok || o.fn == nil {
					f.vm.throw("%s is no function", at.name)
				}
				return f.vm.call(fn, this, args(f))
			}}
		default:
			return e
		}
	}
}

func memberOf(of expr, key func(*frame) string) expr {
	return expr{
		eval: func(f *frame) any { v := of.eval(f); return f.vm.get(v, key(f)) },
		place: func(f *frame) place {
			v := of.eval(f)
			return place{vm: f.vm, of: v, name: key(f)}
		},
	}
}

func (p *parser) arguments() func(*frame) []any {
	p.want("(")
	list := p.list(")")
	return func(f *frame) []any {
		args := make([]any, len(list))
		for i, e := range list {
			args[i] = e.eval(f)
		}
		return args
	}
}

// list reads expressions up to a closing sign.
func (p *parser) list(closing string) []expr {
	var list []expr
	for !p.eat(closing) {
		list = append(list, p.assignment())
		if !p.is(closing) {
			p.want(",")
		}
	}
	return list
}

func variable(v string) expr {
	return expr{
		eval:  func(f *frame) any { return place{vm: f.vm, scope: f.scope, name: v}.get() },
		place: func(f *frame) place { return place{vm: f.vm, scope: f.scope, name: v} },
		name:  v, arrow: []string{v},
	}
}

func constant(v any) expr { return expr{eval: func(*frame) any { return v }} }

func (p *parser) primary() expr {
	t := p.tok
	switch t.kind {
	case name:
		return variable(p.advance().text)
	case number:
		p.advance()
		return constant(t.num)
	case str:
		p.advance()
		return constant(t.text)
	case regex:
		p.advance()
		if _, err := compile(t.text, t.flags); err != nil {
			p.fail("%v", err)
		}
		return expr{eval: func(f *frame) any { return f.vm.newRegex(t.text, t.flags) }}
	}
	switch {
	case p.eat("true"):
		return constant(true)
	case p.eat("false"):
		return constant(false)
	case p.eat("null"):
		return constant(null{})
	case p.eat("this"):
		return expr{eval: func(f *frame) any { return f.this }}
	case p.eat("function"):
		n := ""
		if p.tok.kind == name {
			n = p.advance().text
		}
		fn := p.function(n)
		return expr{eval: func(f *frame) any {
			if n == "" {
				return fn(f)
			}
			inner := *f
			inner.scope = f.scope.with(n, undefined)
			v := fn(&inner)
			inner.scope.vars[n].value = v
			return v
		}}
	case p.eat("new"):
		defer p.deeper()()
		fn := p.member(p.primary(), false)
		args := func(*frame) []any { return nil }
		if p.is("(") {
			args = p.arguments()
		}
		return expr{eval: func(f *frame) any { v := fn.eval(f); return f.vm.construct(v, args(f)) }}
	case p.eat("("):
		if p.eat(")") { // of an arrow function
			if !p.is("=>") {
				p.unexpected("behind ()")
			}
			return expr{arrow: []string{}}
		}
		e := p.expression()
		p.want(")")
		return e
	case p.eat("["):
		list := p.list("]")
		return expr{eval: func(f *frame) any {
			made := make([]any, len(list))
			for i, e := range list {
				made[i] = e.eval(f)
			}
			return f.vm.newArray(made)
		}}
	case p.eat("{"):
		return p.objectLiteral()
	}
	p.unexpected("where a value should be")
	return expr{}
}

func (p *parser) objectLiteral() expr {
	type member struct {
		key   string
		value expr
	}
	var list []member
	for !p.eat("}") {
		var m member
		switch t := p.advance(); t.kind {
		case name, word, str:
			m.key = t.text
		case number:
			m.key = text(t.num)
		default:
			p.unexpected("behind what is no member's name")
		}
		switch {
		case p.is("("):
			m.value = expr{eval: p.function(m.key)}
		case p.is(",") || p.is("}"):
			m.value = variable(m.key)
		default:
			p.want(":")
			m.value = p.assignment()
		}
		list = append(list, m)
		if !p.is("}") {
			p.want(",")
		}
	}
	return expr{eval: func(f *frame) any {
		o := f.vm.newObject()
		for _, m := range list {
			f.vm.set(o, m.key, m.value.eval(f))
		}
		return o
	}}
}
