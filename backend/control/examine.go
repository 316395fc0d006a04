package control

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"
)

// examination is one run of the doctor, or none yet: every look that it takes, with what was found so far.
type examination struct {
	mu      sync.Mutex // guards what follows
	begun   time.Time
	ended   time.Time
	version int           // rises with every change
	changed chan struct{} // closed, and replaced, with every change
	probes  []probe
	found   [][]Check // by probe; nil while it runs
	left    int       // probes that run
	cancel  context.CancelFunc
	work    sync.WaitGroup // what still runs, though its result may be of no use any more
}

// longestWait is how long a call waits for something new to tell.
const longestWait = 20 * time.Second

// doctorInput asks for what is new.
type doctorInput struct {
	After int `query:"after" default:"-1" doc:"The version of a report: wait, for some seconds, until there is something that it does not have"`
}

// doctor tells what was found so far.
func (s *Service) doctor(ctx context.Context, in *doctorInput) (Report, error) {
	e := &s.examination
	late := time.NewTimer(longestWait)
	defer late.Stop()
	for {
		e.mu.Lock()
		r, changed := e.report(), e.news()
		e.mu.Unlock()
		if r.Version != in.After || !r.Running {
			return r, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return r, nil
		case <-ctx.Done():
			return r, ctx.Err()
		}
	}
}

// examine begins to look at everything that serving depends on. A run that is under way is not begun again.
func (s *Service) examine(context.Context, *nothing) (Report, error) {
	probes, err := s.probes()
	if err != nil {
		return Report{}, err
	}
	e := &s.examination
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.left > 0 {
		return e.report(), nil
	}
	ctx, cancel := context.WithCancel(interactive(context.Background()))
	e.begun, e.ended, e.probes, e.found, e.left, e.cancel = time.Now(), time.Time{}, probes, make([][]Check, len(probes)), len(probes), cancel
	for _, p := range probes {
		if p.before != nil {
			p.before.Add(1) // all of them, before anybody waits
		}
	}
	for i, p := range probes {
		e.work.Go(func() { s.run(ctx, p, func(found []Check) { e.end(s, i, found) }) })
	}
	e.change(s)
	return e.report(), nil
}

// run takes one look, for as long as it may take, and tells what was found once.
func (s *Service) run(ctx context.Context, p probe, tell func([]Check)) {
	if p.before != nil {
		defer p.before.Done()
	}
	if p.after != nil {
		p.after.Wait() // each of them has a limit
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	done := make(chan []Check, 1)
	s.examination.work.Go(func() { done <- p.look(ctx) })
	select {
	case found := <-done:
		if ctx.Err() == nil {
			tell(found)
			return
		}
	case <-ctx.Done():
	}
	if context.Cause(ctx) == context.DeadlineExceeded {
		tell([]Check{{State: checkFail, Detail: fmt.Sprintf("It was not done after %.0f s.", p.limit.Seconds()), Next: "Try again."}})
		return
	}
	tell([]Check{{State: checkStopped, Detail: "Stopped before it was done."}})
}

// end notes what a probe has found.
func (e *examination) end(s *Service, i int, found []Check) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for j := range found {
		found[j].Name, found[j].Group = cmp.Or(found[j].Name, e.probes[i].name), e.probes[i].group
	}
	if found == nil {
		found = []Check{} // it does not apply
	}
	e.found[i] = found
	if e.left--; e.left == 0 {
		e.ended = time.Now()
		e.cancel()
	}
	e.change(s)
}

// change tells all who wait. The mutex is held.
func (e *examination) change(s *Service) {
	e.version++
	close(e.news())
	e.changed = nil
	s.Events.Changed(TopicDoctor)
}

// news is closed with the next change. The mutex is held.
func (e *examination) news() chan struct{} {
	if e.changed == nil {
		e.changed = make(chan struct{})
	}
	return e.changed
}

// report is what was found so far, in the order of the table. The mutex is held.
func (e *examination) report() Report {
	r := Report{OK: !e.ended.IsZero(), Running: e.left > 0, Version: e.version, Started: e.begun, Ended: e.ended, Checks: []Check{}}
	for i, p := range e.probes {
		if e.found[i] == nil {
			r.Checks = append(r.Checks, Check{Name: p.name, Group: p.group, State: checkRunning})
			continue
		}
		r.Checks = append(r.Checks, e.found[i]...)
	}
	for _, c := range r.Checks {
		r.OK = r.OK && c.State != checkFail
	}
	return r
}

// stopDoctor ends a run that is under way.
func (s *Service) stopDoctor(ctx context.Context, _ *nothing) (Report, error) {
	e := &s.examination
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cancel != nil {
		e.cancel()
	}
	return e.report(), nil
}

// Close ends what the service still does by itself. It returns when that has ended.
func (s *Service) Close() {
	_, _ = s.stopDoctor(context.Background(), nil)
	_, _ = s.stopReplay(context.Background(), nil)
	s.playground.close()
	s.examination.work.Wait()
	s.replaying.work.Wait()
}
