package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// plan is how much is measured.
type plan struct {
	rounds     int           // of each row
	calls      int           // closed-loop calls to a target in a round
	streams    int           // streams from a target in a round
	flat       time.Duration // flat out at a target in a round
	loadRounds int           // rounds of the rows that load the machine
	steady     time.Duration // at the steady rate at a target in a round
	starts     int
	open       int // streams held open for the row of memory
}

var (
	fullPlan  = plan{rounds: 15, calls: 400, streams: 10, flat: 2 * time.Second, loadRounds: 5, steady: 4 * time.Second, starts: 9, open: 500}
	shortPlan = plan{rounds: 7, calls: 200, streams: 5, flat: 700 * time.Millisecond, loadRounds: 3, steady: 1500 * time.Millisecond,
		starts: 3, open: 500}
)

const (
	flatConnections   = 16
	steadyConnections = 64
	steadyRate        = 500 // requests a second
	small, large      = 1 << 10, 100 << 10
)

// bench measures the targets.
type bench struct {
	plan
	ctx     context.Context
	targets []*target
	mock    *process
	// Streams made and broken, by target.
	streamed, broken map[string]int
	gateway          *gateway // nil without Metapi
}

// relay is the goals of a row of added time; rates those of a row of requests a second.
func relay(then, stretch float64) []goal {
	return []goal{
		{Text: "below ReverseProxy", Of: reverse, Factor: 1},
		{Text: fmt.Sprintf("%v x nginx", then), Of: nginx, Factor: then},
		{Text: fmt.Sprintf("%v x nginx", stretch), Of: nginx, Factor: stretch},
	}
}

func rates() []goal {
	return []goal{
		{Text: "above ReverseProxy", Of: reverse, Factor: 1},
		{Text: "half of nginx", Of: nginx, Factor: 0.5},
		{Text: "three quarters of nginx", Of: nginx, Factor: 0.75},
	}
}

func figures(unit string, bounds ...float64) []goal {
	var list []goal
	for _, bound := range bounds {
		list = append(list, goal{Text: fmt.Sprintf("below %v %s", bound, unit), Factor: bound})
	}
	return list
}

// measure runs every row. On an error it returns the rows that it has.
func (b *bench) measure(show func(string)) ([]*row, error) {
	var rows []*row
	for _, m := range []struct {
		name string
		do   func() ([]*row, error)
	}{
		{"1 KB, one at a time", func() ([]*row, error) { return b.latency("1 KB body, added p50", request, small, relay(2.5, 1.5)) }},
		{"100 KB, one at a time", func() ([]*row, error) { return b.latency("100 KB body, added p50", request, large, relay(3, 2)) }},
		{"100 KB, translated", func() ([]*row, error) {
			return b.latency("100 KB body, translated by Metapi, added p50", translated, large, figures("us", 2000, 2000, 1000))
		}},
		{"streams", func() ([]*row, error) { return b.streaming("", request, relay(2, 1.5)) }},
		{"streams, translated", func() ([]*row, error) { return b.streaming(", translated by Metapi", translated, nil) }},
		{"fast streams", b.bursts},
		{"flat out", b.flatOut},
		{"steady rate", b.steadyRate},
		{"open streams", b.memory},
		{"start", b.starting}, // last: it ends the gateway
	} {
		show(m.name)
		got, err := m.do()
		rows = append(rows, got...)
		if err == nil {
			err = b.ctx.Err()
		}
		if err != nil {
			return rows, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	for _, r := range rows {
		r.judge()
	}
	return rows, nil
}

// visit calls do for every target in every round, beginning with another target each time.
func (b *bench) visit(rounds int, do func(*target) error) error {
	for round := range rounds {
		for i := range b.targets {
			if err := b.ctx.Err(); err != nil {
				return err
			}
			t := b.targets[(round+i)%len(b.targets)]
			if err := do(t); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
	}
	return nil
}

// connected gives do n connections to the target.
func connected(t *target, n int, do func([]*caller) error) error {
	callers, err := dialAll(t.addr, n)
	if err != nil {
		return err
	}
	defer closeAll(callers)
	return do(callers)
}

// asking makes the request for a model's reply, of about a size.
type asking func(t *target, model string, size int) []byte

func (b *bench) latency(work string, ask asking, size int, goals []goal) ([]*row, error) {
	r := &row{Work: work, Unit: "us", Goals: goals, added: true}
	err := b.visit(b.rounds, func(t *target) error {
		return connected(t, 1, func(c []*caller) error {
			body := ask(t, modelJSON, size)
			want, err := c[0].call(body)
			if err != nil {
				return err
			}
			if _, err := closedLoop(c[0], body, b.calls/10, want); err != nil { // warm
				return err
			}
			took, err := closedLoop(c[0], body, b.calls, want)
			r.note(t.name, median(micros(took)))
			return err
		})
	})
	return []*row{r}, err
}

func (b *bench) streaming(how string, ask asking, goals []goal) ([]*row, error) {
	first := &row{Work: "time to first token" + how + ", added p50", Unit: "us", Goals: goals, added: true}
	chunk := &row{Work: "each further chunk" + how + ", added p50", Unit: "us", Goals: slices.Clone(goals), added: true}
	err := b.visit(b.rounds, func(t *target) error {
		whole, err := b.streamsFrom(t, ask, modelStream, b.streams, streamChunks)
		if err != nil {
			return err
		}
		var firsts, delays []time.Duration
		for _, s := range whole {
			firsts = append(firsts, s.first)
			delays = append(delays, s.delays...)
		}
		first.note(t.name, median(micros(firsts)))
		chunk.note(t.name, median(micros(delays)))
		return nil
	})
	return []*row{first, chunk}, err
}

// bursts adds streams from an upstream that makes no pause, and counts how many of all streams broke.
func (b *bench) bursts() ([]*row, error) {
	r := &row{Work: "streams that broke, of 1,000", Goals: []goal{{Text: "none", Factor: 0.001}}}
	err := b.visit(b.rounds, func(t *target) error {
		_, err := b.streamsFrom(t, request, modelBurst, 4*b.streams, burstChunks)
		return err
	})
	for _, t := range b.targets {
		r.note(t.name, 1000*float64(b.broken[t.name])/float64(max(1, b.streamed[t.name])))
	}
	return []*row{r}, err
}

// streamsFrom makes n streams one after another and returns those that were whole. One that breaks is counted, and the next has a new
// connection; a relay none of whose streams is whole is an error.
func (b *bench) streamsFrom(t *target, ask asking, model string, n, chunks int) ([]stream, error) {
	c, err := dial(t.addr)
	if err != nil {
		return nil, err
	}
	defer func() { c.Close() }()
	var whole []stream
	var broke error
	for range n {
		b.streamed[t.name]++
		s, err := c.stream(ask(t, model, small), chunks, nil)
		if err == nil {
			whole = append(whole, s)
			continue
		}
		broke = err
		b.broken[t.name]++
		c.Close()
		again, err := dial(t.addr)
		if err != nil {
			return nil, err
		}
		c = again
	}
	if len(whole) == 0 {
		return nil, fmt.Errorf("no stream is whole: %w", broke)
	}
	return whole, nil
}

func (b *bench) flatOut() ([]*row, error) {
	r := &row{Work: fmt.Sprintf("flat out, 1 KB, %d connections", flatConnections), Unit: "/s", Goals: rates(), more: true}
	err := b.visit(b.loadRounds, func(t *target) error {
		return connected(t, flatConnections, func(c []*caller) error {
			rate, err := flatOut(c, request(t, modelJSON, small), replySize, b.flat)
			r.note(t.name, rate)
			return err
		})
	})
	return []*row{r}, err
}

func (b *bench) steadyRate() ([]*row, error) {
	mid := &row{Work: fmt.Sprintf("1 KB at a steady %d/s, p50", steadyRate), Unit: "us"}
	high := &row{Work: fmt.Sprintf("1 KB at a steady %d/s, p99", steadyRate), Unit: "us"}
	err := b.visit(b.loadRounds, func(t *target) error {
		return connected(t, steadyConnections, func(c []*caller) error {
			body := request(t, modelJSON, small)
			took, err := openLoop(c, int(steadyRate*b.steady.Seconds()), steadyRate, func(c *caller) error { return callFor(c, body, replySize) })
			mid.note(t.name, median(micros(took)))
			high.note(t.name, quantile(micros(took), 0.99))
			return err
		})
	})
	return []*row{mid, high}, err
}

// memory holds many streams open at once, and looks at the resident memory of the program between.
func (b *bench) memory() ([]*row, error) {
	r := &row{Work: fmt.Sprintf("resident with %d open streams", b.open), Unit: "MB", Goals: figures("MB", 100, 100, 60)}
	r.Goals[0].Text = "(under 100 MB)"
	err := b.visit(1, func(t *target) error {
		if t.proc == nil {
			return nil
		}
		return connected(t, b.open, func(callers []*caller) error {
			var opened, ended sync.WaitGroup
			opened.Add(len(callers))
			failures := make(chan error, len(callers))
			for _, c := range callers {
				ended.Go(func() {
					started := sync.OnceFunc(opened.Done)
					defer started()
					began := false
					_, err := c.stream(request(t, modelHold, small), 0, func() { began = true; started() })
					if !began {
						failures <- err
					}
				})
			}
			opened.Wait()
			r.note(t.name, float64(resident(t.proc.Process.Pid))/1e6)
			closeAll(callers)
			ended.Wait()
			close(failures)
			if err, failed := <-failures; failed {
				return errors.Join(errors.New("a stream did not begin"), err)
			}
			return nil
		})
	})
	return []*row{r}, err
}

// starting starts the gateway again and again, on its data folder as it is by now.
func (b *bench) starting() ([]*row, error) {
	r := &row{Work: "headless start to first answered request", Unit: "ms", Goals: figures("ms", 300, 100, 50)}
	if b.gateway == nil {
		return nil, nil
	}
	for _, t := range b.targets {
		if t.name == metapi {
			t.proc.stop()
		}
	}
	for range b.starts {
		if err := b.ctx.Err(); err != nil {
			return nil, err
		}
		t, took, err := b.gateway.serve()
		if err != nil {
			return nil, err
		}
		t.proc.stop()
		r.note(metapi, took.Seconds()*1000)
	}
	return []*row{r}, nil
}
