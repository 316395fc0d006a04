package pac

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

type builtin = func(m *machine, this any, args []any) any

// newGlobal is what a script finds there.
func newGlobal(m *machine) *scope {
	g := &scope{}
	base := &object{}
	m.protos.object, m.protos.function = base, &object{proto: base}
	proto := func(fns map[string]builtin) *object {
		o := &object{proto: base, props: map[string]any{}}
		for name, fn := range fns {
			o.props[name] = m.native(name, fn)
		}
		return o
	}
	base.props = proto(objects).props
	m.protos.function.props = proto(functions).props
	m.protos.array, m.protos.text, m.protos.regex = proto(arrays), proto(texts), proto(regexes)
	m.protos.number, m.protos.date = proto(numbers), proto(dates)
	class := func(name string, p *object, fn builtin, own map[string]builtin) {
		o := m.native(name, fn)
		o.props = map[string]any{"prototype": p}
		for name, fn := range own {
			o.props[name] = m.native(name, fn)
		}
		g.declare(name, o)
	}
	class("Object", base, func(m *machine, _ any, args []any) any {
		if o, ok := arg(args, 0).(*object); ok {
			return o
		}
		return m.newObject()
	}, map[string]builtin{
		"keys": func(m *machine, _ any, args []any) any {
			var list []any
			for _, k := range enumerate(arg(args, 0)) {
				list = append(list, k)
			}
			return m.newArray(list)
		},
		"create": func(m *machine, _ any, args []any) any {
			o := m.newObject()
			o.proto, _ = arg(args, 0).(*object)
			return o
		},
	})
	class("Array", m.protos.array, func(m *machine, _ any, args []any) any {
		if n, ok := arg(args, 0).(float64); ok && len(args) == 1 {
			size := max(0, min(whole(n), maxText))
			m.use(16 * size)
			return m.newArray(slices.Repeat([]any{undefined}, size))
		}
		return m.newArray(slices.Clone(args))
	}, map[string]builtin{"isArray": func(_ *machine, _ any, args []any) any {
		o, ok := arg(args, 0).(*object)
		return ok && o.list != nil
	}})
	class("String", m.protos.text, func(_ *machine, _ any, args []any) any {
		if len(args) == 0 {
			return ""
		}
		return text(args[0])
	}, map[string]builtin{"fromCharCode": func(_ *machine, _ any, args []any) any {
		var b strings.Builder
		for _, a := range args {
			b.WriteRune(rune(uint16(int32Of(a))))
		}
		return b.String()
	}})
	class("Number", m.protos.number, func(_ *machine, _ any, args []any) any { return num(arg(args, 0)) }, nil)
	class("Boolean", base, func(_ *machine, _ any, args []any) any { return truth(arg(args, 0)) }, nil)
	class("RegExp", m.protos.regex, func(m *machine, _ any, args []any) any {
		if o, ok := arg(args, 0).(*object); ok && o.re != nil {
			return o
		}
		flags := ""
		if len(args) > 1 {
			flags = text(args[1])
		}
		return m.newRegex(text(arg(args, 0)), flags)
	}, nil)
	class("Error", base, func(m *machine, _ any, args []any) any {
		o := m.newObject()
		m.set(o, "message", text(arg(args, 0)))
		return o
	}, nil)
	class("Date", m.protos.date, func(m *machine, _ any, args []any) any {
		now := m.env.Now()
		switch {
		case len(args) == 1:
			now = time.UnixMilli(int64(whole(args[0])))
		case len(args) > 1:
			part := func(i, otherwise int) int {
				if i < len(args) {
					return whole(args[i])
				}
				return otherwise
			}
			now = time.Date(part(0, 0), time.Month(part(1, 0)+1), part(2, 1), part(3, 0), part(4, 0), part(5, 0), 0, time.Local)
		}
		return &object{proto: m.protos.date, prim: float64(now.UnixMilli())}
	}, map[string]builtin{"now": func(m *machine, _ any, _ []any) any { return float64(m.env.Now().UnixMilli()) }})

	maths := m.newObject()
	for name, fn := range mathFunctions {
		m.set(maths, name, m.native(name, fn))
	}
	g.declare("Math", maths)
	g.declare("undefined", undefined)
	g.declare("NaN", math.NaN())
	g.declare("Infinity", math.Inf(1))
	for _, table := range []map[string]builtin{globals, helpers} {
		for name, fn := range table {
			g.declare(name, m.native(name, fn))
		}
	}
	return g
}

func single(fn func(float64) float64) builtin {
	return func(_ *machine, _ any, args []any) any { return fn(num(arg(args, 0))) }
}

var mathFunctions = map[string]builtin{
	"floor": single(math.Floor), "ceil": single(math.Ceil), "abs": single(math.Abs), "sqrt": single(math.Sqrt),
	"round":  single(func(v float64) float64 { return math.Floor(v + 0.5) }),
	"pow":    func(_ *machine, _ any, args []any) any { return math.Pow(num(arg(args, 0)), num(arg(args, 1))) },
	"random": func(*machine, any, []any) any { return rand.Float64() },
	"max":    fold(math.Inf(-1), math.Max), "min": fold(math.Inf(1), math.Min),
}

func fold(from float64, fn func(a, b float64) float64) builtin {
	return func(_ *machine, _ any, args []any) any {
		v := from
		for _, a := range args {
			v = fn(v, num(a))
		}
		return v
	}
}

var leadingNumber = regexp.MustCompile(`^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?`)

var globals = map[string]builtin{
	"alert":    func(*machine, any, []any) any { return undefined },
	"isNaN":    func(_ *machine, _ any, args []any) any { n := num(arg(args, 0)); return n != n },
	"isFinite": func(_ *machine, _ any, args []any) any { n := num(arg(args, 0)); return n == n && !math.IsInf(n, 0) },
	"parseInt": func(_ *machine, _ any, args []any) any {
		s, base := strings.TrimSpace(text(arg(args, 0))), whole(arg(args, 1))
		s, minus := strings.CutPrefix(strings.TrimPrefix(s, "+"), "-")
		if hex := strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X"); hex != s && (base == 0 || base == 16) {
			s, base = hex, 16
		}
		if base == 0 {
			base = 10
		}
		n, found := 0.0, false
		for _, c := range []byte(strings.ToLower(s)) {
			d := int(c) - '0'
			if c >= 'a' {
				d = int(c) - 'a' + 10
			}
			if d < 0 || d >= base || c > '9' && c < 'a' {
				break
			}
			n, found = n*float64(base)+float64(d), true
		}
		switch {
		case !found:
			return math.NaN()
		case minus:
			return -n
		}
		return n
	},
	"parseFloat": func(_ *machine, _ any, args []any) any {
		n, err := strconv.ParseFloat(strings.TrimSpace(leadingNumber.FindString(text(arg(args, 0)))), 64)
		if err != nil {
			return math.NaN()
		}
		return n
	},
}

var objects = map[string]builtin{
	"hasOwnProperty": func(_ *machine, this any, args []any) any {
		o, ok := this.(*object)
		if ok {
			_, ok = o.own(text(arg(args, 0)))
		}
		return ok
	},
	"toString": func(_ *machine, this any, _ []any) any { return text(this) },
	"valueOf":  func(_ *machine, this any, _ []any) any { return primitiveOrSelf(this) },
}

func primitiveOrSelf(v any) any {
	if o, ok := v.(*object); ok && o.prim != nil {
		return o.prim
	}
	return v
}

var functions = map[string]builtin{
	"call": func(m *machine, this any, args []any) any {
		return m.call(this, arg(args, 0), args[min(1, len(args)):])
	},
	"apply": func(m *machine, this any, args []any) any {
		var list []any
		if o, ok := arg(args, 1).(*object); ok && o.list != nil {
			list = *o.list
		}
		return m.call(this, arg(args, 0), list)
	},
}

var numbers = map[string]builtin{
	"toString": func(_ *machine, this any, args []any) any {
		if base := whole(arg(args, 0)); base >= 2 && base <= 36 {
			return strconv.FormatInt(int64(whole(this)), base)
		}
		return text(this)
	},
}

func date(part func(time.Time) int) builtin {
	return func(_ *machine, this any, _ []any) any {
		return float64(part(time.UnixMilli(int64(num(this)))))
	}
}

func dateUTC(part func(time.Time) int) builtin {
	return date(func(t time.Time) int { return part(t.UTC()) })
}

func month(t time.Time) int   { return int(t.Month()) - 1 }
func weekday(t time.Time) int { return int(t.Weekday()) }

var dates = map[string]builtin{
	"getTime": func(_ *machine, this any, _ []any) any { return num(this) },
	"getDay":  date(weekday), "getDate": date(time.Time.Day), "getMonth": date(month), "getFullYear": date(time.Time.Year),
	"getHours": date(time.Time.Hour), "getMinutes": date(time.Time.Minute), "getSeconds": date(time.Time.Second),
	"getUTCDay": dateUTC(weekday), "getUTCDate": dateUTC(time.Time.Day), "getUTCMonth": dateUTC(month), "getUTCFullYear": dateUTC(time.Time.Year),
	"getUTCHours": dateUTC(time.Time.Hour), "getUTCMinutes": dateUTC(time.Time.Minute), "getUTCSeconds": dateUTC(time.Time.Second),
}

// span reads the arguments of slice: places counted from the end where they are negative.
func span(args []any, n int) (int, int) {
	at := func(i, otherwise int) int {
		v := arg(args, i)
		if v == undefined {
			return otherwise
		}
		k := whole(v)
		if k < 0 {
			k += n
		}
		return max(0, min(k, n))
	}
	from, to := at(0, 0), at(1, n)
	return from, max(from, to)
}

// method is a builtin of texts.
func method(fn func(m *machine, s string, args []any) any) builtin {
	return func(m *machine, this any, args []any) any { return fn(m, text(this), args) }
}

var texts = map[string]builtin{
	"toString": method(func(_ *machine, s string, _ []any) any { return s }),
	"charAt": method(func(_ *machine, s string, args []any) any {
		if n := whole(arg(args, 0)); n >= 0 && n < len(s) {
			return s[n : n+1]
		}
		return ""
	}),
	"charCodeAt": method(func(_ *machine, s string, args []any) any {
		if n := whole(arg(args, 0)); n >= 0 && n < len(s) {
			return float64(s[n])
		}
		return math.NaN()
	}),
	"indexOf": method(func(_ *machine, s string, args []any) any {
		from := max(0, min(whole(arg(args, 1)), len(s)))
		if n := strings.Index(s[from:], text(arg(args, 0))); n >= 0 {
			return float64(from + n)
		}
		return -1.0
	}),
	"lastIndexOf": method(func(_ *machine, s string, args []any) any { return float64(strings.LastIndex(s, text(arg(args, 0)))) }),
	"includes":    method(func(_ *machine, s string, args []any) any { return strings.Contains(s, text(arg(args, 0))) }),
	"startsWith": method(func(_ *machine, s string, args []any) any {
		return strings.HasPrefix(s[max(0, min(whole(arg(args, 1)), len(s))):], text(arg(args, 0)))
	}),
	"endsWith": method(func(_ *machine, s string, args []any) any { return strings.HasSuffix(s, text(arg(args, 0))) }),
	"substring": method(func(_ *machine, s string, args []any) any {
		from, to := max(0, min(whole(arg(args, 0)), len(s))), len(s)
		if arg(args, 1) != undefined {
			to = max(0, min(whole(args[1]), len(s)))
		}
		return s[min(from, to):max(from, to)]
	}),
	"substr": method(func(_ *machine, s string, args []any) any {
		from, _ := span(args[:min(1, len(args))], len(s))
		n := len(s)
		if arg(args, 1) != undefined {
			n = max(0, whole(args[1]))
		}
		return s[from:min(len(s), from+n)]
	}),
	"slice": method(func(_ *machine, s string, args []any) any {
		from, to := span(args, len(s))
		return s[from:to]
	}),
	"toLowerCase": method(func(m *machine, s string, _ []any) any { m.say(len(s)); return strings.ToLower(s) }),
	"toUpperCase": method(func(m *machine, s string, _ []any) any { m.say(len(s)); return strings.ToUpper(s) }),
	"trim":        method(func(_ *machine, s string, _ []any) any { return strings.TrimSpace(s) }),
	"concat": method(func(m *machine, s string, args []any) any {
		for _, a := range args {
			s = add(m, s, a).(string)
		}
		return s
	}),
	"repeat": method(func(m *machine, s string, args []any) any {
		n := max(0, min(whole(arg(args, 0)), maxText+1))
		m.say(len(s) * n)
		return strings.Repeat(s, n)
	}),
	"split": method(func(m *machine, s string, args []any) any {
		var parts []string
		switch by := arg(args, 0).(type) {
		case nothing:
			parts = []string{s}
		case *object:
			if by.re != nil {
				parts = by.re.Split(s, -1)
				break
			}
			parts = strings.Split(s, text(by))
		default:
			parts = strings.Split(s, text(by))
		}
		if n := whole(arg(args, 1)); arg(args, 1) != undefined && n >= 0 && n < len(parts) {
			parts = parts[:n]
		}
		return m.texts(parts)
	}),
	"match": method(func(m *machine, s string, args []any) any {
		re := m.regexOf(arg(args, 0))
		if re.every {
			if all := re.re.FindAllString(s, -1); all != nil {
				return m.texts(all)
			}
			return null{}
		}
		return m.exec(re, s)
	}),
	"search": method(func(m *machine, s string, args []any) any {
		if at := m.regexOf(arg(args, 0)).re.FindStringIndex(s); at != nil {
			return float64(at[0])
		}
		return -1.0
	}),
	"replace": method(replace),
}

// replace puts in a text, in which $1 and $& stand for what was found, or what a function makes of it.
func replace(m *machine, s string, args []any) any {
	fn, isFn := arg(args, 1).(*object)
	isFn = isFn && fn.fn != nil
	with := func(found []string) string {
		if isFn {
			return text(m.call(fn, undefined, *m.texts(found).list))
		}
		to := text(arg(args, 1))
		if !strings.Contains(to, "$") {
			return to
		}
		pairs := []string{"$$", "$", "$&", found[0]}
		for i, f := range found[1:] {
			pairs = append(pairs, "$"+strconv.Itoa(i+1), f)
		}
		return strings.NewReplacer(pairs...).Replace(to)
	}
	var b strings.Builder
	put := func(t string) {
		m.say(b.Len() + len(t))
		b.WriteString(t)
	}
	at := 0
	for _, found := range m.occurrences(arg(args, 0), s) {
		m.step()
		put(s[at:found[0]])
		var groups []string
		for i := 0; i < len(found); i += 2 {
			group := ""
			if found[i] >= 0 {
				group = s[found[i]:found[i+1]]
			}
			groups = append(groups, group)
		}
		put(with(groups))
		at = found[1]
	}
	put(s[at:])
	return b.String()
}

// occurrences is where a text or an expression is found.
func (m *machine) occurrences(of any, s string) [][]int {
	if re, ok := of.(*object); ok && re.re != nil {
		n := 1
		if re.every {
			n = -1
		}
		return re.re.FindAllStringSubmatchIndex(s, n)
	}
	what := text(of)
	if n := strings.Index(s, what); n >= 0 {
		return [][]int{{n, n + len(what)}}
	}
	return nil
}

func (m *machine) texts(parts []string) *object {
	list := make([]any, len(parts))
	for i, p := range parts {
		list[i] = p
	}
	return m.newArray(list)
}

// exec is the first occurrence with its groups, or null.
func (m *machine) exec(re *object, s string) any {
	at := re.re.FindStringSubmatchIndex(s)
	if at == nil {
		return null{}
	}
	list := make([]any, 0, len(at)/2)
	for i := 0; i < len(at); i += 2 {
		if at[i] < 0 {
			list = append(list, undefined)
			continue
		}
		list = append(list, s[at[i]:at[i+1]])
	}
	found := m.newArray(list)
	m.set(found, "index", float64(at[0]))
	return found
}

func (m *machine) regexOf(v any) *object {
	if o, ok := v.(*object); ok && o.re != nil {
		return o
	}
	return m.newRegex(text(v), "")
}

func (m *machine) newRegex(source, flags string) *object {
	re, err := compile(source, flags)
	if err != nil {
		m.throw("%v", err)
	}
	m.use(1024 + 32*len(source))
	return &object{proto: m.protos.regex, re: re, every: strings.Contains(flags, "g")}
}

var regexes = map[string]builtin{
	"test": func(m *machine, this any, args []any) any { return m.regexOf(this).re.MatchString(text(arg(args, 0))) },
	"exec": func(m *machine, this any, args []any) any { return m.exec(m.regexOf(this), text(arg(args, 0))) },
}

func list(this any) *[]any {
	if o, ok := this.(*object); ok && o.list != nil {
		return o.list
	}
	return &[]any{}
}

// each calls a function for each member until done says so.
func each(m *machine, this any, args []any, done func(i int, v, said any) bool) {
	for i, v := range slices.Clone(*list(this)) {
		if done(i, v, m.call(arg(args, 0), arg(args, 1), []any{v, float64(i), this})) {
			return
		}
	}
}

var arrays = map[string]builtin{
	"push": func(m *machine, this any, args []any) any {
		l := list(this)
		m.use(16 * len(args))
		*l = append(*l, args...)
		return float64(len(*l))
	},
	"pop": func(_ *machine, this any, _ []any) any {
		l := list(this)
		if len(*l) == 0 {
			return undefined
		}
		v := (*l)[len(*l)-1]
		*l = (*l)[:len(*l)-1]
		return v
	},
	"shift": func(_ *machine, this any, _ []any) any {
		l := list(this)
		if len(*l) == 0 {
			return undefined
		}
		v := (*l)[0]
		*l = (*l)[1:]
		return v
	},
	"unshift": func(m *machine, this any, args []any) any {
		l := list(this)
		m.use(16 * (len(args) + len(*l)))
		*l = slices.Concat(args, *l)
		return float64(len(*l))
	},
	"join": func(m *machine, this any, args []any) any {
		by := ","
		if len(args) > 0 {
			by = text(args[0])
		}
		var b strings.Builder
		for i, v := range *list(this) {
			if i > 0 {
				b.WriteString(by)
			}
			if v != undefined && v != any(null{}) {
				b.WriteString(text(v))
			}
			m.say(b.Len())
			m.memory -= b.Len()
		}
		m.use(b.Len())
		return b.String()
	},
	"indexOf": func(_ *machine, this any, args []any) any {
		return float64(slices.IndexFunc(*list(this), func(v any) bool { return same(v, arg(args, 0)) }))
	},
	"includes": func(_ *machine, this any, args []any) any {
		return slices.ContainsFunc(*list(this), func(v any) bool { return same(v, arg(args, 0)) })
	},
	"slice": func(m *machine, this any, args []any) any {
		l := *list(this)
		from, to := span(args, len(l))
		return m.newArray(slices.Clone(l[from:to]))
	},
	"concat": func(m *machine, this any, args []any) any {
		out := slices.Clone(*list(this))
		for _, a := range args {
			if o, ok := a.(*object); ok && o.list != nil {
				out = append(out, *o.list...)
			} else {
				out = append(out, a)
			}
			m.use(16 * len(out))
		}
		return m.newArray(out)
	},
	"reverse": func(_ *machine, this any, _ []any) any { slices.Reverse(*list(this)); return this },
	"sort": func(m *machine, this any, args []any) any {
		slices.SortStableFunc(*list(this), func(a, b any) int {
			m.step()
			if arg(args, 0) == undefined {
				return strings.Compare(text(a), text(b))
			}
			return whole(m.call(args[0], undefined, []any{a, b}))
		})
		return this
	},
	"forEach": func(m *machine, this any, args []any) any {
		each(m, this, args, func(int, any, any) bool { return false })
		return undefined
	},
	"map": func(m *machine, this any, args []any) any {
		var out []any
		each(m, this, args, func(_ int, _, said any) bool { out = append(out, said); return false })
		return m.newArray(out)
	},
	"filter": func(m *machine, this any, args []any) any {
		var out []any
		each(m, this, args, func(_ int, v, said any) bool {
			if truth(said) {
				out = append(out, v)
			}
			return false
		})
		return m.newArray(out)
	},
	"some": func(m *machine, this any, args []any) any {
		found := false
		each(m, this, args, func(_ int, _, said any) bool { found = truth(said); return found })
		return found
	},
	"every": func(m *machine, this any, args []any) any {
		all := true
		each(m, this, args, func(_ int, _, said any) bool { all = truth(said); return !all })
		return all
	},
	"find": func(m *machine, this any, args []any) any {
		found := undefined
		each(m, this, args, func(_ int, v, said any) bool {
			if truth(said) {
				found = v
			}
			return truth(said)
		})
		return found
	},
}

var unicodeEscape = regexp.MustCompile(`\\u([0-9a-fA-F]{4})`)

// compile turns an expression of JavaScript into one of Go. What Go does not have is an error.
func compile(source, flags string) (*regexp.Regexp, error) {
	source = unicodeEscape.ReplaceAllString(source, `\x{$1}`)
	source = strings.ReplaceAll(source, "[^]", `[\s\S]`)
	on := ""
	for _, f := range flags {
		if f == 'i' || f == 'm' || f == 's' {
			on += string(f)
		}
	}
	if on != "" {
		source = "(?" + on + ")" + source
	}
	return regexp.Compile(source)
}
