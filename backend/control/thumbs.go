package control

import (
	"context"
	"fmt"
	"time"

	"metapi/backend/catalog/scores"
	"metapi/backend/routing/live"
)

// Thumb is what the user thought of an answer.
type Thumb string

const (
	Up   Thumb = "up"
	Down Thumb = "down"
	None Thumb = "none"
)

// Thumbs keeps what the user thought of answers, and has it count for the models that gave them.
type Thumbs interface {
	Of(request string) (Thumb, error)
	Set(request, model string, t live.Thumb) error
	Remove(request string) error
}

type setThumbInput struct {
	ID   string `path:"id"`
	Body struct {
		Thumb Thumb `json:"thumb" enum:"up,down,none" doc:"none takes back what was said"`
	}
}

// setThumb takes in what the user thought of an answer: it counts for the model that gave it, from the next request on.
func (s *Service) setThumb(ctx context.Context, in *setThumbInput) (Done, error) {
	got, err := s.request(ctx, &idInput{in.ID})
	if err != nil {
		return Done{}, err
	}
	r := &got.Record
	if in.Body.Thumb == None {
		if err := s.Thumbs.Remove(r.ID); err != nil {
			return Done{}, err
		}
		s.Log.Info("thumb taken back", "request", r.ID)
		return Done{"Taken back: it counts no more."}, nil
	}
	n := len(r.Attempts)
	if n == 0 || r.Attempts[n-1].Kind != "" {
		return Done{}, NewProblem(Invalid, "No model has answered this request, so that there is nothing to judge.", "")
	}
	last := &r.Attempts[n-1]
	model := s.Lists.Catalog().ID(last.Upstream)
	for i, deployments := 0, s.Snapshot().Deployments; i < len(deployments); i++ {
		if deployments[i].ID == last.Deployment {
			model = deployments[i].Model
		}
	}
	t := live.Thumb{Up: in.Body.Thumb == Up, At: time.Now()}
	if err := t.Domain.UnmarshalText([]byte(r.Domain)); err == nil {
		t.Placed = true
	}
	if err := s.Thumbs.Set(r.ID, model, t); err != nil {
		return Done{}, err
	}
	s.Log.Info("thumb set", "request", r.ID, "model", model, "thumb", in.Body.Thumb)
	what := "answers"
	if t.Placed && t.Domain != scores.Other {
		what = t.Domain.String() + " answers"
	}
	return Done{fmt.Sprintf("Noted: it counts for the %s of %s, in quality and auto mode.", what, model)}, nil
}
