package control

import (
	"context"
	"time"
)

// Records is how much the records take.
type Records struct {
	Path     string    `json:"path"`
	Bytes    int64     `json:"bytes" doc:"The size of the database"`
	Free     int64     `json:"free_bytes" doc:"What compacting it would give back, about"`
	Oldest   time.Time `json:"oldest,omitzero" doc:"When the oldest request began that is kept"`
	KeepDays int       `json:"keep_days" doc:"As the settings say; 0: for ever"`
}

// Database is the file in which the records are.
type Database interface {
	Path() string
	Size() (bytes, free int64, err error) // free: what compacting it would give back, about
	Compact() error                       // requests go on meanwhile
}

func (s *Service) storage(context.Context, *nothing) (Records, error) {
	bytes, free, err := s.Store.Size()
	if err != nil {
		return Records{}, err
	}
	oldest, err := s.Ledger.Oldest()
	if err != nil {
		return Records{}, err
	}
	set, err := s.Switches.Settings()
	return Records{Path: s.Store.Path(), Bytes: bytes, Free: free, Oldest: oldest, KeepDays: set.KeepDays}, err
}

// compact writes the database anew. Requests go on meanwhile.
func (s *Service) compact(ctx context.Context, _ *nothing) (Records, error) {
	if err := s.Store.Compact(); err != nil {
		return Records{}, err
	}
	now, err := s.storage(ctx, nil)
	s.Log.Info("database compacted", "bytes", now.Bytes)
	s.Events.Changed(TopicStatus)
	return now, err
}
