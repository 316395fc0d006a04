package control

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/sse"
	"metapi/backend/routing"
)

const playPath = "/api/playground"

// Bounds of the playground.
const (
	maxRuns     = 64      // that are kept: the oldest that has ended makes room
	maxRunning  = 16      // at once
	maxAnswered = 4 << 20 // bytes of an answer: a model that does not end is ended
	maxChunk    = 8 << 20 // bytes of one event of a stream
)

// Prompt is what is asked of a model in the playground.
type Prompt struct {
	Model       string   `json:"model" minLength:"1" maxLength:"400" doc:"As a tool would ask for it; account/model has it from that account"`
	System      string   `json:"system,omitempty"`
	Turns       []Turn   `json:"turns" minItems:"1" doc:"The conversation, the last of them what is asked"`
	MaxOutput   *int64   `json:"max_output,omitempty" minimum:"1" doc:"Tokens; absent: as the model will"`
	Temperature *float64 `json:"temperature,omitempty" minimum:"0" maximum:"2" doc:"Absent: the model's own"`
	Effort      string   `json:"effort,omitempty" enum:"none,minimal,low,medium,high" doc:"How hard it shall think; absent: as the model will"`
	LeftOut     bool     `json:"left_out,omitempty" doc:"There was more, tools or files, that the playground cannot ask again"`
}

// Turn is what one of the two has said.
type Turn struct {
	Role   string   `json:"role" enum:"user,assistant"`
	Text   string   `json:"text,omitempty"`
	Images []string `json:"images,omitempty" maxItems:"20" doc:"As data: URLs, or http: and https:"`
}

// Run is what came of a prompt. It is kept for a while, and not on disk.
type Run struct {
	ID       string    `json:"id"`
	State    string    `json:"state" enum:"running,ok,failed,stopped"`
	Started  time.Time `json:"started"`
	Pieces   int       `json:"pieces" doc:"How many have come: see the events"`
	Text     string    `json:"text,omitempty"`
	Thinking string    `json:"thinking,omitempty"`
	Error    string    `json:"error,omitempty" doc:"Why it failed, in a sentence"`
	Request  string    `json:"request,omitempty" doc:"The id of its request, once it is known"`
	Row      *Row      `json:"row,omitempty" doc:"What it took and cost, and who answered; once it has ended"`
}

// playground is the runs that are kept.
type playground struct {
	mu   sync.Mutex // guards what follows
	runs []*run     // oldest first
	work sync.WaitGroup
}

// run is one of them; the playground's mutex guards it.
type run struct {
	Run
	text, thinking strings.Builder
	cancel         context.CancelFunc
	stopped        bool // by the person
}

func (r *run) show() Run {
	out := r.Run
	out.Text, out.Thinking = r.text.String(), r.thinking.String()
	return out
}

type playInput struct{ Body Prompt }

// play asks a model, and returns as soon as it is asked.
func (s *Service) play(_ context.Context, in *playInput) (Run, error) {
	server := s.serving()
	if server == nil || server.Play == nil {
		return Run{}, NewProblem(Unavailable, "No instance is serving, so that nothing can be asked.", "Start one: metapi serve")
	}
	body, err := in.Body.encode()
	if err != nil {
		return Run{}, err
	}
	now := time.Now()
	ctx, cancel := context.WithCancel(context.Background())
	r := &run{Run: Run{ID: routing.NewID(now), State: "running", Started: now}, cancel: cancel}
	if !s.playground.add(r) {
		cancel()
		return Run{}, NewProblem(Unavailable, "Too many models are answering in the playground.", "Stop one, or wait until one has ended.")
	}
	shown := r.Run
	s.playground.work.Go(func() {
		defer cancel()
		go func() {
			select {
			case <-server.Ended: // the shutdown waits for requests
				cancel()
			case <-ctx.Done():
			}
		}()
		s.answer(ctx, r, server.Play, body)
	})
	return shown, nil
}

// encode writes a prompt as a tool would.
func (p *Prompt) encode() ([]byte, error) {
	c := conversation.Request{Model: p.Model, Stream: true, IncludeUsage: true, MaxOutput: p.MaxOutput, Temperature: p.Temperature}
	c.Reasoning.Effort = p.Effort
	if strings.TrimSpace(p.System) != "" {
		c.Messages = append(c.Messages, conversation.Message{Role: conversation.System, Parts: []conversation.Part{&conversation.Text{Text: p.System}}})
	}
	for _, t := range p.Turns {
		m := conversation.Message{Role: conversation.Role(t.Role)}
		if t.Text != "" {
			m.Parts = append(m.Parts, &conversation.Text{Text: t.Text})
		}
		for _, url := range t.Images {
			image := &conversation.Media{Kind: conversation.Image, URL: url}
			if head, data, ok := strings.Cut(url, ";base64,"); ok && strings.HasPrefix(head, "data:") {
				image.Type, image.Data, image.URL = strings.TrimPrefix(head, "data:"), data, ""
			}
			m.Parts = append(m.Parts, image)
		}
		if len(m.Parts) == 0 {
			return nil, NewProblem(Invalid, "Nothing is asked.", "Write something first.")
		}
		c.Messages = append(c.Messages, m)
	}
	body, _, err := codecs.Of(protocol.OpenAIChat).EncodeRequest(&c, conversation.Target{Model: p.Model, Reasons: p.Effort != "", Described: p.Effort != ""})
	if err != nil {
		return nil, NewProblem(Invalid, Sentence(err.Error()), "")
	}
	return body, nil
}

// answer sends the request the way of all requests, and takes in what comes.
func (s *Service) answer(ctx context.Context, r *run, serve http.HandlerFunc, body []byte) {
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "/v1/chat/completions", bytes.NewReader(body)) // the method and the path are good
	req.Header.Set("Content-Type", "application/json")
	in, out := io.Pipe()
	w := &answering{PipeWriter: out, header: http.Header{}, status: http.StatusOK}
	var serving sync.WaitGroup
	serving.Go(func() { out.CloseWithError(s.guarded(func() error { serve(w, req); return nil })) })
	err := s.guarded(func() error { return s.take(r, w, in) })
	r.cancel() // the rest of it, where that was not all
	in.Close()
	serving.Wait() // its record is settled

	id := w.header.Get("X-Metapi-Request-Id")
	var row *Row
	if got, err := s.request(context.Background(), &idInput{id}); err == nil {
		row = &got.Row
	}
	p := &s.playground
	p.mu.Lock()
	r.Request, r.Row = id, row
	switch {
	case r.stopped:
		r.State = "stopped"
	case err != nil:
		r.State, r.Error = "failed", Sentence(err.Error())
	default:
		r.State = "ok"
	}
	d := Delta{Run: r.ID, From: r.Pieces, To: r.Pieces, Ended: true}
	p.mu.Unlock()
	s.Events.Played(d)
}

// guarded does what a server of net/http would: a request that panics is not the end of the program.
func (s *Service) guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("a request of the playground panicked", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errors.New("this went wrong inside Metapi")
		}
	}()
	return do()
}

// take reads the reply as it comes. The error is in words for a person.
func (s *Service) take(r *run, w *answering, from io.Reader) error {
	in := bufio.NewReader(from)
	if _, err := in.Peek(1); err != nil {
		return fmt.Errorf("the request was ended before there was an answer")
	}
	s.playground.change(func() { r.Request = w.header.Get("X-Metapi-Request-Id") }) // written before what was read
	if w.status != http.StatusOK {
		return refusedBecause(in)
	}
	events, reader := sse.NewReader(in, maxChunk), codecs.Of(protocol.OpenAIChat).NewReader()
	var part conversation.Part
	for {
		e, err := events.Next()
		var came []conversation.Event
		switch {
		case err == io.EOF:
			came, err = reader.End()
			s.hear(r, &part, came)
			return err
		case err != nil:
			return err
		case e.Data == nil:
			continue
		}
		came, err = reader.Read(e.Name, e.Data)
		if s.hear(r, &part, came); err != nil {
			return err
		}
		if r.text.Len()+r.thinking.Len() > maxAnswered {
			return fmt.Errorf("the answer was ended, since it is longer than the playground shows")
		}
	}
}

// refusedBecause is what a reply says that is an error.
func refusedBecause(in io.Reader) error {
	var told struct{ Error struct{ Message string } }
	raw, _ := io.ReadAll(io.LimitReader(in, maxBody))
	_ = json.Unmarshal(raw, &told)
	return fmt.Errorf("%s", cmp.Or(told.Error.Message, "the request was refused"))
}

// hear adds what events say to a run, and tells who listens.
func (s *Service) hear(r *run, part *conversation.Part, events []conversation.Event) {
	d := Delta{Run: r.ID}
	for _, e := range events {
		switch e := e.(type) {
		case *conversation.PartStart:
			*part = e.Part
		case *conversation.Delta:
			switch (*part).(type) {
			case *conversation.Thinking:
				d.Thinking += e.Text
			case *conversation.Text, *conversation.Refusal:
				d.Text += e.Text
			}
		}
	}
	if d.Text == "" && d.Thinking == "" {
		return
	}
	s.playground.change(func() {
		r.text.WriteString(d.Text)
		r.thinking.WriteString(d.Thinking)
		d.From = r.Pieces
		r.Pieces++
		d.To = r.Pieces
	})
	s.Events.Played(d)
}

// answering is the client of a run. What is in it is written before what goes through the pipe.
type answering struct {
	*io.PipeWriter
	header http.Header
	status int
}

func (w *answering) Header() http.Header    { return w.header }
func (w *answering) WriteHeader(status int) { w.status = status }
func (w *answering) Flush()                 {}

// add makes a run one of those that are kept. It returns false where too many are running.
func (p *playground) add(r *run) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	running, oldest := 0, -1
	for i, other := range p.runs {
		if other.State == "running" {
			running++
		} else if oldest < 0 {
			oldest = i
		}
	}
	if running >= maxRunning {
		return false
	}
	if len(p.runs) >= maxRuns {
		p.runs = slices.Delete(p.runs, oldest, oldest+1)
	}
	p.runs = append(p.runs, r)
	return true
}

func (p *playground) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// find shows a run, after something is done to it.
func (p *playground) find(id string, do func(*run)) (Run, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.runs, func(r *run) bool { return r.ID == id })
	if i < 0 {
		return Run{}, NewProblem(NotFound, "The playground keeps that answer no more.", "Ask again.")
	}
	if do != nil {
		do(p.runs[i])
	}
	return p.runs[i].show(), nil
}

// close ends all runs, and waits until they have.
func (p *playground) close() {
	p.change(func() {
		for _, r := range p.runs {
			r.cancel()
		}
	})
	p.work.Wait()
}

func (s *Service) played(_ context.Context, in *idInput) (Run, error) {
	return s.playground.find(in.ID, nil)
}

// stopPlaying ends a run; what has come of it stays.
func (s *Service) stopPlaying(_ context.Context, in *idInput) (Run, error) {
	return s.playground.find(in.ID, func(r *run) {
		if r.State == "running" {
			r.stopped = true
			r.cancel()
		}
	})
}

// prompt is what was asked in a captured request, whatever protocol it came in.
func (s *Service) prompt(ctx context.Context, in *idInput) (Prompt, error) {
	c, err := s.captured(ctx, in)
	if err != nil {
		return Prompt{}, err
	}
	if c.Request.Cut {
		return Prompt{}, NewProblem(Invalid, "Only the beginning of this request was captured, so that it cannot be asked again.", "")
	}
	rec, err := s.record(in.ID)
	if err != nil {
		return Prompt{}, err
	}
	codec := codecs.Of(rec.Protocol)
	if codec == nil {
		return Prompt{}, NewProblem(Invalid, "This request is no conversation, so that the playground cannot ask it.", "")
	}
	r, err := codec.DecodeRequest([]byte(c.Request.Text), conversation.Asked{Model: rec.Asked, Stream: rec.Stream})
	if err != nil {
		return Prompt{}, NewProblem(Invalid, Sentence(err.Error()), "")
	}
	return promptOf(r, cmp.Or(rec.Asked, rec.Model)), nil
}

// promptOf is what the playground can ask of a request.
func promptOf(r *conversation.Request, model string) Prompt {
	p := Prompt{Model: model, Turns: []Turn{}, MaxOutput: r.MaxOutput, Temperature: r.Temperature, LeftOut: len(r.Tools) > 0}
	if slices.Contains([]string{"none", "minimal", "low", "medium", "high"}, r.Reasoning.Effort) {
		p.Effort = r.Reasoning.Effort
	}
	for _, m := range r.Messages {
		t := Turn{Role: string(m.Role)}
		for _, part := range m.Parts {
			switch part := part.(type) {
			case *conversation.Text:
				t.Text += part.Text
			case *conversation.Media:
				switch {
				case part.Kind != conversation.Image || part.Data == "" && part.URL == "":
					p.LeftOut = true
				case part.Data != "":
					t.Images = append(t.Images, "data:"+part.Type+";base64,"+part.Data)
				default:
					t.Images = append(t.Images, part.URL)
				}
			case *conversation.Thinking:
			default:
				p.LeftOut = true
			}
		}
		switch m.Role {
		case conversation.System, conversation.Developer:
			p.System = strings.TrimPrefix(p.System+"\n\n"+t.Text, "\n\n")
		case conversation.User, conversation.Assistant:
			if t.Text != "" || len(t.Images) > 0 {
				p.Turns = append(p.Turns, t)
			}
		default:
			p.LeftOut = true
		}
	}
	return p
}
