package pac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// Direct is the kind of a [Proxy] that is none.
const Direct = "DIRECT"

// Proxy is one of a script's proposals, the best first.
type Proxy struct {
	Kind string // DIRECT, PROXY, HTTP, HTTPS, SOCKS, SOCKS4, SOCKS5, or what else the script wrote, in capitals
	Host string // host:port
}

// Env is what a script can ask of the world.
type Env struct {
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	MyIP   func() netip.Addr
	Now    func() time.Time
}

// Script is a script that was read. It is safe for concurrent use.
type Script struct{ program *goja.Program }

var errNoFunction = errors.New("it has no function FindProxyForURL")

// Parse reads a script.
func Parse(source string) (*Script, error) {
	if err := readable(source); err != nil {
		return nil, err
	}
	// A source map would be read from wherever the script says.
	tree, err := parser.ParseFile(nil, "", source, 0, parser.WithDisableSourceMaps)
	if list := (parser.ErrorList)(nil); errors.As(err, &list) {
		return nil, fmt.Errorf("line %d: %s", list[0].Position.Line, list[0].Message)
	}
	if err != nil {
		return nil, err
	}
	program, err := goja.CompileAST(tree, false)
	if fault := new(goja.CompilerSyntaxError); errors.As(err, &fault) && fault.File != nil {
		return nil, fmt.Errorf("line %d: %s", fault.File.Position(fault.Offset).Line, fault.Message)
	}
	if err != nil {
		return nil, err
	}
	if !strings.Contains(source, "FindProxyForURL") {
		return nil, errNoFunction
	}
	return &Script{program}, nil
}

// Find runs the script for one URL.
func (s *Script) Find(ctx context.Context, url, host string, e Env) (list []Proxy, err error) {
	r := newRun(ctx, e)
	defer r.watch()()
	defer func() {
		// Not only the limits come as panics: a fault of the engine must not be one of the program.
		if fault := recover(); fault != nil {
			list, err = nil, fmt.Errorf("it cannot be run: %.200v", fault)
		}
	}()
	answer, err := r.answer(s.program, url, host)
	if err != nil {
		return nil, r.why(err)
	}
	return proxies(answer)
}

// entry looks the function up as a script would: a const is no property of the global object.
var entry = sync.OnceValue(func() *goja.Program {
	return goja.MustCompile("", "typeof FindProxyForURL == 'function' && FindProxyForURL", false)
})

func (r *run) answer(program *goja.Program, url, host string) (string, error) {
	var last goja.Value
	for _, p := range []*goja.Program{noFunctions(), program, entry()} {
		var err error
		if last, err = r.vm.RunProgram(p); err != nil {
			return "", err
		}
	}
	find, ok := goja.AssertFunction(last)
	if !ok {
		return "", errNoFunction
	}
	v, err := find(goja.Undefined(), r.vm.ToValue(url), r.vm.ToValue(host))
	if err != nil {
		return "", err
	}
	text, ok := v.(goja.String)
	switch {
	case !ok:
		return "", errors.New("it answered with something that is no text")
	case text.Length() > maxText:
		return "", errTooLong
	}
	return text.String(), nil
}

// proxies reads an answer such as "PROXY a:1; SOCKS5 b:2; DIRECT". An empty one means straight.
func proxies(answer string) ([]Proxy, error) {
	var list []Proxy
	for part := range strings.SplitSeq(answer, ";") {
		words := strings.Fields(part)
		switch {
		case len(words) == 1 && strings.EqualFold(words[0], Direct):
			list = append(list, Proxy{Kind: Direct})
		case len(words) == 2:
			list = append(list, Proxy{strings.ToUpper(words[0]), words[1]})
		case len(words) != 0:
			return nil, fmt.Errorf("it answered %.100q", answer)
		}
	}
	if list == nil {
		list = []Proxy{{Kind: Direct}}
	}
	return list, nil
}
