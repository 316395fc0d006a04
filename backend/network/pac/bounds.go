package pac

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/metrics"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// What a script and a run of it may cost at most.
const (
	maxSource  = 1 << 20
	maxNesting = 1000 // of brackets: goja reads them by recursion, and Go ends a program whose stack is too deep
	maxMemory  = 64 << 20
	maxDepth   = 1000
	maxLookups = 20
	maxText    = 1 << 20 // of one string
	maxPlaces  = 1 << 20 // of one array
	maxMatch   = time.Second

	watchEvery = 2 * time.Millisecond
)

var (
	errMemory  = errors.New("it needs more than 64 MB")
	errTooLong = errors.New("it makes a string of more than 1 MB")
	errPlaces  = errors.New("it uses an array of more than a million places")
	errDepth   = errors.New("it calls itself too deep")
	errTime    = errors.New("it took too long")
	errLookups = errors.New("it looks up more than 20 names")
)

// Expressions that Go's own package cannot have are matched by going back and forth, some of them for ever. Nothing else here uses that library.
func init() { regexp2.DefaultMatchTimeout = maxMatch }

// readable refuses what would be too much for goja's parser.
func readable(source string) error {
	if len(source) > maxSource {
		return errors.New("it has more than 1 MB")
	}
	// Brackets in strings and comments count as well. Those are few, and mostly in pairs.
	depth := 0
	for i := range len(source) {
		switch source[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(0, depth-1)
		}
		if depth > maxNesting {
			return fmt.Errorf("line %d: too deep", 1+strings.Count(source[:i], "\n"))
		}
	}
	return nil
}

// run is a script at work.
type run struct {
	ctx     context.Context
	env     Env
	vm      *goja.Runtime
	lookups int
	stopped error      // why it had to end, whatever goja makes of that
	waiting sync.Mutex // held while the script waits for a name
	others  int64      // by how much the heap grew meanwhile: not its doing
}

func newRun(ctx context.Context, e Env) *run {
	r := &run{ctx: ctx, env: e, vm: goja.New()}
	r.vm.SetMaxCallStackSize(maxDepth)
	r.vm.SetTimeSource(e.Now)
	global := r.vm.GlobalObject()
	for name, fn := range helpers {
		global.Set(name, func(c goja.FunctionCall) goja.Value { return r.vm.ToValue(fn(r, c)) })
	}
	for class, checks := range checked {
		at := global
		for part := range strings.SplitSeq(class, ".") {
			at = at.Get(part).(*goja.Object)
		}
		for name, check := range checks {
			r.check(at, name, check)
		}
	}
	// for-of and spreading go by this one.
	arrays := global.Get("Array").(*goja.Object).Get("prototype").(*goja.Object)
	arrays.DefineDataPropertySymbol(goja.SymIterator, arrays.Get("values"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	for _, name := range unneeded {
		global.Delete(name)
	}
	return r
}

// unneeded is what a script can read further code with, past readable, or take memory by the number.
var unneeded = strings.Fields(`eval Function Proxy Reflect ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
	Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array`)

// noFunctions takes away Function where functions have it from.
var noFunctions = sync.OnceValue(func() *goja.Program {
	return goja.MustCompile("", `[() => 0, async () => 0, function* () {}].forEach(f => delete Object.getPrototypeOf(f).constructor)`, false)
})

// A checker tells before a function of the language runs why it must not.
type checker func(r *run, c goja.FunctionCall) error

// checked are the functions to which a number, or an array that is one long gap, can be given that keeps them busy for ever.
var checked = map[string]map[string]checker{
	"String.prototype":   {"repeat": textOf(repeated), "padStart": textOf(padded), "padEnd": textOf(padded)},
	"Function.prototype": {"apply": arguments},
	"Array":              {"from": arguments},
	"JSON":               {"stringify": arguments},
	"Array.prototype": func() map[string]checker {
		all := map[string]checker{"concat": arguments}
		for name := range strings.FieldsSeq(`copyWithin entries every fill filter find findIndex findLast findLastIndex flat flatMap forEach includes
			indexOf join keys lastIndexOf map pop push reduce reduceRight reverse shift slice some sort splice toLocaleString toReversed toSorted
			toSpliced toString unshift values with`) {
			all[name] = func(r *run, c goja.FunctionCall) error { return r.places(c.This) }
		}
		return all
	}(),
}

func arguments(r *run, c goja.FunctionCall) error {
	return cmp.Or(r.places(c.This), r.places(c.Arguments...))
}

func repeated(length, n float64) float64 { return length * n }
func padded(_, n float64) float64        { return n }

func textOf(size func(length, n float64) float64) checker {
	return func(_ *run, c goja.FunctionCall) error {
		if s, ok := c.This.(goja.String); ok && size(float64(s.Length()), c.Argument(0).ToFloat()) > maxText {
			return errTooLong
		}
		return nil
	}
}

// places checks the length of what is or looks like an array.
func (r *run) places(list ...goja.Value) error {
	for _, v := range list {
		if o, ok := v.(*goja.Object); ok {
			if n := o.Get("length"); n != nil && n.ToFloat() > maxPlaces {
				return errPlaces
			}
		}
	}
	return nil
}

// check puts a check before a function of the language. What it says no to ends the run; no script can catch that.
func (r *run) check(at *goja.Object, name string, check checker) {
	fn, ok := goja.AssertFunction(at.Get(name))
	if !ok {
		return
	}
	at.DefineDataProperty(name, r.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		if err := check(r, c); err != nil {
			r.stop(err)
			return goja.Undefined()
		}
		v, err := fn(c.This, c.Arguments...)
		if err != nil {
			panic(err)
		}
		return v
	}), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// stop ends the run, from within it.
func (r *run) stop(why error) {
	r.stopped = why
	r.vm.Interrupt(why)
}

// watch ends the run when its time is over, or when the heap has grown by too much since. The answer ends the watch.
func (r *run) watch() (end func()) {
	before := heap()
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-r.ctx.Done():
				r.vm.Interrupt(errTime)
				return
			case <-tick.C:
				if r.waiting.TryLock() {
					if heap()-before-r.others > maxMemory {
						r.vm.Interrupt(errMemory)
					}
					r.waiting.Unlock()
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

// heap is the size of what is in it, what nobody holds any more included.
func heap() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// why says why a run ended.
func (r *run) why(err error) error {
	var deep *goja.StackOverflowError
	var interrupted *goja.InterruptedError
	var thrown *goja.Exception
	switch {
	case r.stopped != nil:
		return r.stopped
	case errors.As(err, &interrupted):
		return interrupted.Value().(error)
	case errors.As(err, &deep):
		return errDepth
	case errors.As(err, &thrown):
		// To tell what was thrown may run some of the script again.
		said := "something"
		r.vm.Try(func() { said = thrown.Value().String() })
		return fmt.Errorf("it threw %.200q", said)
	}
	return err
}
