package control

import (
	"context"
	"fmt"
	"slices"

	"metapi/backend/ledger/capture"
)

// CaptureInfo is what is captured, and how much is kept of it.
type CaptureInfo struct {
	Clients   []string        `json:"clients" doc:"Those whose prompts and replies are captured, by name"`
	Days      int             `json:"days" doc:"After so many what was captured is deleted"`
	Megabytes int             `json:"megabytes" doc:"Beyond them the oldest is deleted"`
	Holding   capture.Holding `json:"holding"`
}

func (s *Service) capture(context.Context, *nothing) (CaptureInfo, error) {
	set := s.Capture.Settings()
	info := CaptureInfo{Clients: []string{}, Days: set.Days, Megabytes: set.Megabytes, Holding: s.Capture.Holding()}
	clients, err := s.Accounts.Clients()
	for _, c := range clients {
		if c.Live() && slices.Contains(set.Clients, c.ID) {
			info.Clients = append(info.Clients, c.Name)
		}
	}
	return info, err
}

type captureClientInput struct {
	ID   string `path:"id"`
	Body struct {
		On bool `json:"on"`
	}
}

// captureClient has a client captured, or ends that; what was captured before stays until it is deleted.
func (s *Service) captureClient(ctx context.Context, in *captureClientInput) (CaptureInfo, error) {
	c, err := s.client(in.ID)
	if err != nil {
		return CaptureInfo{}, err
	}
	if in.Body.On && !c.Live() {
		return CaptureInfo{}, NewProblem(Invalid, fmt.Sprintf("The local key %q is revoked: no request comes with it.", c.Name), "")
	}
	s.editing.Lock()
	defer s.editing.Unlock()
	set := s.Capture.Settings()
	set.Clients = slices.DeleteFunc(set.Clients, func(id string) bool { return id == c.ID })
	if in.Body.On {
		set.Clients = append(set.Clients, c.ID)
	}
	return s.putCapture(ctx, set)
}

type limitCaptureInput struct {
	Body struct {
		Days      *int `json:"days,omitempty" minimum:"1" maximum:"365"`
		Megabytes *int `json:"megabytes,omitempty" minimum:"1" maximum:"10000"`
	}
}

// limitCapture changes how much is kept: what is beyond is deleted at once.
func (s *Service) limitCapture(ctx context.Context, in *limitCaptureInput) (CaptureInfo, error) {
	s.editing.Lock()
	defer s.editing.Unlock()
	next := s.Capture.Settings()
	set(&next.Days, in.Body.Days)
	set(&next.Megabytes, in.Body.Megabytes)
	return s.putCapture(ctx, next)
}

func (s *Service) putCapture(ctx context.Context, set capture.Settings) (CaptureInfo, error) {
	if err := s.SetCapture(set); err != nil {
		return CaptureInfo{}, err
	}
	s.Log.Info("capture set", "clients", len(set.Clients), "days", set.Days, "megabytes", set.Megabytes)
	s.Events.Changed(TopicStatus, TopicClients)
	return s.capture(ctx, nil)
}

func (s *Service) emptyCapture(context.Context, *nothing) (Done, error) {
	n := s.Capture.Holding().Requests
	if err := s.Capture.Empty(); err != nil {
		return Done{}, err
	}
	s.Log.Info("captured prompts and replies deleted", "requests", n)
	s.Events.Changed(TopicStatus, TopicClients)
	return Done{fmt.Sprintf("Deleted what was captured; requests: %d.", n)}, nil
}

func (s *Service) captured(_ context.Context, in *idInput) (capture.Captured, error) {
	c, ok, err := s.Capture.Get(in.ID)
	if err == nil && !ok {
		err = NewProblem(NotFound, fmt.Sprintf("What was said in the request %q is not captured.", in.ID), "`metapi capture on CLIENT` captures what a client says from then on.")
	}
	return c, err
}
