package routing

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
	yaml "github.com/goccy/go-yaml/ast"
)

// Condition says when a rule holds, in the language of expr-lang.org: `client == "codex" and tokens > 200000`. What can be asked is in [facts].
// It is compiled when it is read, so that a fault is told with its line and column.
type Condition struct {
	source  string
	program *vm.Program
	equals  []equal // each must hold, and is looked at first: comparing two words costs nothing
}

// equal is a conjunct that compares a word.
type equal struct{ fact, value string }

// facts are what a condition can ask about a request.
type facts struct {
	Model    string `expr:"model"`    // as the client named it
	Client   string `expr:"client"`   // the name of its local key
	Session  string `expr:"session"`  // of the conversation; "" where that is not known
	Protocol string `expr:"protocol"` // openai-chat, openai-responses, anthropic, gemini, ...
	Stream   bool   `expr:"stream"`
	Tools    bool   `expr:"tools"`    // tools are declared
	Images   bool   `expr:"images"`   // there are images
	Schema   bool   `expr:"schema"`   // the reply must follow a JSON schema
	Thinking bool   `expr:"thinking"` // reasoning is asked for in so many words
	Bytes    int    `expr:"bytes"`    // size of the request
	Output   int    `expr:"output"`   // the client's limit on output, in tokens; 0 where it set none
	Hour     int    `expr:"hour"`     // 0 to 23, in the user's time zone
	Time     string `expr:"time"`     // 00:00 to 23:59, likewise
	Weekday  string `expr:"weekday"`  // monday, tuesday, ...

	Tokens int    `expr:"tokens"` // of the prompt, estimated
	Text   string `expr:"text"`   // the last message of the user, and the first 2 KB of the prompt

	// What costs something is worked out where it is asked for: see lazily.
	TokensNow func() int          `expr:"tokens_now"`
	TextNow   func() string       `expr:"text_now"`
	Header    func(string) string `expr:"header"` // a header of the request, by name; "" for those that hold keys
}

// lazily calls a function in place of a fact that costs something.
type lazily struct{}

func (lazily) Visit(node *ast.Node) {
	id, ok := (*node).(*ast.IdentifierNode)
	if ok && (id.Value == "tokens" || id.Value == "text") {
		ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: id.Value + "_now"}})
	}
}

// longestCondition bounds a condition, in bytes.
const longestCondition = 4 << 10

// ParseCondition compiles a condition. The error is a *[ConditionError].
func ParseCondition(source string) (Condition, error) {
	if len(source) > longestCondition {
		return Condition{}, &ConditionError{1, 1, fmt.Sprintf("the condition is longer than %d bytes", longestCondition)}
	}
	program, err := expr.Compile(source, expr.Env(&facts{}), expr.AsBool(), expr.Patch(lazily{}), func(c *conf.Config) { c.MaxNodes = 500 })
	var at *file.Error
	switch {
	case errors.As(err, &at):
		return Condition{}, &ConditionError{at.Line, at.Column + 1, at.Message}
	case err != nil:
		return Condition{}, &ConditionError{1, 1, firstLine(err.Error())}
	}
	c := Condition{source: source, program: program}
	c.equals = equals(program.Node(), nil)
	return c, nil
}

// equals lists the conjuncts of a condition that compare a word.
func equals(n ast.Node, found []equal) []equal {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return found
	}
	switch b.Operator {
	case "and", "&&":
		return equals(b.Right, equals(b.Left, found))
	case "==":
		id, named := b.Left.(*ast.IdentifierNode)
		value, text := b.Right.(*ast.StringNode)
		if named && text {
			return append(found, equal{id.Value, value.Value})
		}
	}
	return found
}

// ConditionError says what is wrong with a condition, and where in it.
type ConditionError struct {
	Line, Column int // from 1
	Message      string
}

func (e *ConditionError) Error() string { return e.Message }

// Position is where in the file the fault is, once [Condition.UnmarshalYAML] has added where the condition stands.
func (e *ConditionError) Position() (line, column int) { return e.Line, e.Column }

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// UnmarshalYAML compiles what is read.
func (c *Condition) UnmarshalYAML(node yaml.Node) error {
	var source string
	token := node.GetToken()
	line, column := token.Position.Line, token.Position.Column // where the source begins
	indent := 0                                                // of its later lines
	switch n := node.(type) {
	case *yaml.StringNode:
		source = n.Value
		if strings.ContainsAny(strings.TrimSpace(token.Origin)[:1], `"'`) {
			column++
		}
	case *yaml.LiteralNode:
		source = n.Value.Value
		origin := n.Value.GetToken().Origin
		line, indent = line+1, len(origin)-len(strings.TrimLeft(origin, " "))
		column = indent + 1
	case *yaml.BoolNode:
		source = token.Value
	default:
		return &ConditionError{line, column, `a condition is written as text, such as: client == "codex" and tokens > 200000`}
	}
	got, err := ParseCondition(source)
	var at *ConditionError
	if errors.As(err, &at) {
		if at.Line == 1 {
			at.Column += column - 1
		} else {
			at.Column += indent
		}
		at.Line += line - 1
		return at
	}
	*c = got
	return err
}

// MarshalYAML gives back what was read.
func (c Condition) MarshalYAML() (any, error) { return c.source, nil }

func (c Condition) String() string { return c.source }

var machines = sync.Pool{New: func() any { return new(vm.VM) }}

// holds evaluates the condition. One that fails (a number divided by zero, say) does not hold.
func (c *Condition) holds(f *facts) (bool, error) {
	if c.program == nil {
		return true, nil
	}
	for _, e := range c.equals {
		if v, ok := f.word(e.fact); ok && v != e.value {
			return false, nil
		}
	}
	m := machines.Get().(*vm.VM)
	defer machines.Put(m)
	got, err := m.Run(c.program, f)
	if err != nil {
		return false, err
	}
	held, _ := got.(bool)
	return held, nil
}

func (f *facts) word(name string) (string, bool) {
	switch name {
	case "model":
		return f.Model, true
	case "client":
		return f.Client, true
	case "session":
		return f.Session, true
	case "protocol":
		return f.Protocol, true
	}
	return "", false
}

// factsOf is what is known of a request.
func factsOf(r *Request, zone *time.Location) *facts {
	at := r.At.In(zone)
	f := &facts{Model: r.Model, Client: r.Client, Session: r.Session, Protocol: r.Protocol.String(), Stream: r.Stream,
		Tools: r.Features.Tools, Images: r.Features.Images, Schema: r.Features.Schema, Thinking: r.Features.Think,
		Bytes: int(r.Bytes), Output: int(r.Features.MaxOutput), Hour: at.Hour(), Time: clock[at.Hour()*60+at.Minute()], Weekday: weekdays[at.Weekday()],
		TokensNow: func() int { return 0 }, TextNow: func() string { return "" }, Header: func(string) string { return "" }}
	if r.Tokens != nil {
		f.TokensNow = r.Tokens
	}
	if r.Text != nil {
		f.TextNow = r.Text
	}
	if r.Header != nil {
		f.Header = r.Header
	}
	return f
}

// clock has every minute of the day in words: a condition that does not ask for it pays nothing.
var clock = func() (all [24 * 60]string) {
	for i := range all {
		all[i] = fmt.Sprintf("%02d:%02d", i/60, i%60)
	}
	return all
}()

var weekdays = [...]string{time.Sunday: "sunday", time.Monday: "monday", time.Tuesday: "tuesday", time.Wednesday: "wednesday",
	time.Thursday: "thursday", time.Friday: "friday", time.Saturday: "saturday"}

// Fact is one thing that a condition may ask about.
type Fact struct {
	Name    string `json:"name"`
	Means   string `json:"means"`
	Example string `json:"example"`
}

// Facts lists what a condition may ask about, for people.
func Facts() []Fact {
	return []Fact{
		{"model", "the model as the client named it", `model startsWith "gpt-5"`},
		{"client", "the name of its local key", `client == "codex"`},
		{"tokens", "of the prompt, estimated", `tokens > 150000`},
		{"tools", "tools are declared", `tools`},
		{"images", "there are images", `images`},
		{"schema", "the reply must follow a JSON schema", `schema`},
		{"thinking", "reasoning is asked for", `thinking`},
		{"stream", "a stream is asked for", `stream`},
		{"output", "the client's limit on output, in tokens; 0 where it set none", `output > 8000`},
		{"bytes", "size of the request", `bytes < 4000`},
		{"text", "the last message of the user, and the first 2 KB of the prompt", `text matches "(?i)summar"`},
		{"time", "of day, in your time zone", `time >= "22:00" or time < "07:00"`},
		{"hour", "0 to 23", `hour < 7`},
		{"weekday", "monday to sunday", `weekday in ["saturday", "sunday"]`},
		{"session", "of the conversation; empty where that is not known", `session == "nightly"`},
		{"header", "a header of the request, by its name", `header("X-Team") == "red"`},
		{"protocol", "openai-chat, openai-responses, anthropic or gemini", `protocol == "anthropic"`},
	}
}
