package control

import (
	"context"
	"sync"
	"time"

	"metapi/backend/ledger/replay"
	"metapi/backend/routing"
)

// replaying is one replay of the ledger, or none yet.
type replaying struct {
	mu      sync.Mutex    // guards what follows
	now     Replayed      // how far it is
	changed chan struct{} // closed, and replaced, with every change
	cancel  context.CancelFunc
	work    sync.WaitGroup
}

// Replayed is how far a replay is, and what it came to.
type Replayed struct {
	Running bool               `json:"running"`
	Version int                `json:"version" doc:"Rises with every change"`
	Days    int                `json:"days,omitempty" doc:"Absent where none has been asked for yet"`
	Since   time.Time          `json:"since,omitzero"`
	Share   float64            `json:"share" doc:"How much of the time has been gone through, from 0 to 1"`
	Stopped bool               `json:"stopped,omitempty" doc:"It was ended before it was done"`
	Trouble string             `json:"trouble,omitempty" doc:"Why it could not be done"`
	Report  *replay.Comparison `json:"report,omitempty" doc:"Once it is done"`
}

type replayInput struct {
	Body struct {
		Days  int      `json:"days" minimum:"1" maximum:"3650" doc:"How many days back, to the minute"`
		Modes []string `json:"modes,omitempty" doc:"Default: failover, balance, latency and cost"`
	}
}

// byFigures are the modes whose figures every record has. What the others look at beside is not known of all, and then a record can be compared with none.
var byFigures = []routing.Mode{routing.Failover, routing.Balance, routing.Fastest, routing.Cheapest}

// learnBefore is how much of the time before is looked at, so that the figures are not new to the first requests.
const learnBefore = 24 * time.Hour

// replay begins a replay, in place of one that is under way.
func (s *Service) replay(_ context.Context, in *replayInput) (Replayed, error) {
	var modes []routing.Mode
	for _, word := range in.Body.Modes {
		m, err := routing.ParseMode(word)
		if err != nil {
			return Replayed{}, NewProblem(Invalid, Sentence(err.Error()), "")
		}
		modes = append(modes, m)
	}
	if len(modes) == 0 {
		modes = byFigures
	}
	p := &s.replaying
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel != nil {
		p.cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	end := time.Now()
	p.now = Replayed{Running: true, Version: p.now.Version, Days: in.Body.Days, Since: end.Add(-time.Duration(in.Body.Days) * 24 * time.Hour)}
	p.change()
	since := p.now.Since
	p.work.Go(func() {
		defer cancel()
		s.walk(ctx, modes, since, end)
	})
	return p.now, nil
}

// walk goes through the ledger.
func (s *Service) walk(ctx context.Context, modes []routing.Mode, since, end time.Time) {
	r, seen := replay.New(modes, s.Snapshot().Worths(), since), 0
	err := s.Ledger.Walk(since.Add(-learnBefore), func(rec *routing.Record) error {
		if rec.Start.Before(end) {
			r.Add(rec)
		}
		if seen++; seen%1000 == 0 {
			s.replaying.tell(ctx, func(now *Replayed) {
				now.Share = min(max(rec.Start.Sub(since).Seconds()/end.Sub(since).Seconds(), 0), 1)
			})
		}
		return ctx.Err()
	})
	s.replaying.tell(ctx, func(now *Replayed) {
		if now.Running = false; err != nil {
			now.Trouble = Sentence(err.Error())
			return
		}
		report := r.Report()
		now.Share, now.Report = 1, &report
	})
}

// tell changes how far it is, unless it has been ended.
func (p *replaying) tell(ctx context.Context, change func(*Replayed)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() == nil {
		change(&p.now)
		p.change()
	}
}

// change tells all who wait. The mutex is held.
func (p *replaying) change() {
	p.now.Version++
	close(p.news())
	p.changed = nil
}

// news is closed with the next change. The mutex is held.
func (p *replaying) news() chan struct{} {
	if p.changed == nil {
		p.changed = make(chan struct{})
	}
	return p.changed
}

// replayed tells how far it is.
func (s *Service) replayed(ctx context.Context, in *doctorInput) (Replayed, error) {
	p := &s.replaying
	late := time.NewTimer(longestWait)
	defer late.Stop()
	for {
		p.mu.Lock()
		now, changed := p.now, p.news()
		p.mu.Unlock()
		if now.Version != in.After || !now.Running {
			return now, nil
		}
		select {
		case <-changed:
		case <-late.C:
			return now, nil
		case <-ctx.Done():
			return now, ctx.Err()
		}
	}
}

// stopReplay ends a replay that is under way.
func (s *Service) stopReplay(context.Context, *nothing) (Replayed, error) {
	p := &s.replaying
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now.Running {
		p.cancel()
		p.now.Running, p.now.Stopped = false, true
		p.change()
	}
	return p.now, nil
}
