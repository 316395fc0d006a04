// Package pac runs proxy auto-configuration scripts: JavaScript whose function FindProxyForURL names the proxies for a URL.
//
// The engines for JavaScript that are written in Go would make Metapi larger by a quarter or by half (measured: otto 4.1 MB, goja 8.9 MB, of 16.3), for
// a thing that few machines have. So here is the part of the language that such scripts are written in: all statements but labels and with,
// functions and closures, prototypes, objects, arrays, regular expressions (Go's, which have no look-around and no back-references), and the
// methods of strings and arrays. Classes, generators, destructuring and the like are not known; a script that has them is refused, with the line.
//
// A script comes from outside, so it is held in bounds: of steps, of memory, of depth, and of time ([Script.Find]'s context). It can reach
// nothing but its arguments, the clock, and the addresses of names.
//
// Text is bytes here, not UTF-16: what scripts look at, hosts and URLs, is ASCII.
package pac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
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

// What a run may cost at most.
const (
	maxSteps  = 5_000_000
	maxMemory = 64 << 20
	maxDepth  = 200
	maxText   = 1 << 20 // of one string
)

// Script is a script that was read. It is safe for concurrent use.
type Script struct{ program stmt }

// Parse reads a script.
func Parse(source string) (s *Script, err error) {
	defer func() {
		if r := recover(); r != nil {
			fault, ok := r.(syntaxError)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("line %d: %s", fault.line, fault.what)
		}
	}()
	program := parse(source)
	if !strings.Contains(source, "FindProxyForURL") {
		return nil, errors.New("it has no function FindProxyForURL")
	}
	return &Script{program}, nil
}

// Find runs the script for one URL.
func (s *Script) Find(ctx context.Context, url, host string, e Env) (list []Proxy, err error) {
	vm := &machine{ctx: ctx, env: e}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case limit:
			err = r.error
		case thrown:
			err = fmt.Errorf("it threw %.200q", text(r.value))
		default:
			panic(r)
		}
	}()
	global := newGlobal(vm)
	s.program(&frame{vm: vm, scope: global})
	b := global.find("FindProxyForURL")
	fn, ok := (any)(nil), false
	if b != nil {
		fn = b.value
		_, ok = fn.(*object)
	}
	if !ok {
		return nil, errors.New("it has no function FindProxyForURL")
	}
	answer, ok := vm.call(fn, undefined, []any{url, host}).(string)
	if !ok {
		return nil, errors.New("it answered with something that is no text")
	}
	return proxies(answer)
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
