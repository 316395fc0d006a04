package control

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"metapi/backend/account"
	"metapi/backend/gateway"
	"metapi/backend/protocol"
	"metapi/backend/routing"
)

const decidePath = "/api/decide"

type decideInput struct {
	Body struct {
		Client string            `json:"client,omitempty" doc:"Name or id of the client that asks; rules may look at it"`
		Path   string            `json:"path,omitempty" doc:"As a tool would call it; default: /v1/chat/completions"`
		Model  string            `json:"model,omitempty" doc:"What is asked for, where there is no body"`
		Mode   string            `json:"mode,omitempty" doc:"As the header X-Metapi-Mode would ask for it"`
		Header map[string]string `json:"header,omitempty" doc:"What rules may look at"`
		Body   json.RawMessage   `json:"body,omitempty" doc:"The request, as the tool would send it"`

		Text     string `json:"text,omitempty" doc:"The request's body as a person has pasted it, in place of path and body: a fault in it is told with its line"`
		Protocol string `json:"protocol,omitempty" enum:"openai-chat,openai-responses,anthropic,gemini" doc:"Of the text; default: whichever it looks like"`

		Request string `json:"request,omitempty" doc:"The id of a request that has been decided, in place of all of these: it is decided again, as far as its record tells"`
	}
}

// Decided is how a request would be decided: as the record of one that has been, without attempts.
type Decided struct {
	Record  routing.Record `json:"record"`
	Why     string         `json:"why,omitempty" doc:"Why the first candidate comes first, in a sentence"`
	Refused string         `json:"refused,omitempty" doc:"What the tool would be told, where nobody could serve it"`

	Accounts map[string]string `json:"accounts" doc:"The accounts' names, by id"`
}

// Name is what an account is called.
func (d *Decided) Name(account string) string { return cmp.Or(d.Accounts[account], account) }

// decide says how a request would go.
func (s *Service) decide(ctx context.Context, in *decideInput) (Decided, error) {
	server := s.serving()
	if server == nil {
		return Decided{}, NewProblem(Unavailable, "No instance is serving, so that nothing is known of how the accounts do.", "Start one: metapi serve")
	}
	q := gateway.Question{Path: in.Body.Path, Model: in.Body.Model, Body: in.Body.Body, Header: http.Header{}}
	text := pasted{in.Body.Text, in.Body.Protocol, in.Body.Model}
	switch {
	case in.Body.Request != "":
		if err := s.askAgain(in.Body.Request, &q); err != nil {
			return Decided{}, err
		}
	case text.text != "":
		var err error
		if q.Path, q.Body, err = text.read(); err != nil {
			return Decided{}, err
		}
	case len(q.Body) == 0 && q.Model == "":
		return Decided{}, NewProblem(Invalid, "Nothing is asked for.", "Give a model's name, or a request.")
	}
	for name, value := range in.Body.Header {
		q.Header.Set(name, value)
	}
	if in.Body.Mode != "" {
		q.Header.Set("X-Metapi-Mode", in.Body.Mode)
	}
	if in.Body.Client != "" {
		c, err := s.clientNamed(in.Body.Client)
		if err != nil {
			return Decided{}, err
		}
		q.Client = c
	}
	names, err := s.names()
	if err != nil {
		return Decided{}, err
	}
	rec, err := server.Decide(ctx, q)
	d := Decided{Record: rec, Accounts: names.accounts}
	d.Why = rec.Why(names.call)
	var refused *protocol.Error
	switch {
	case errors.As(err, &refused) && (refused.Kind == protocol.BadRequest || refused.Kind == protocol.NotFound) && rec.Mode == "":
		return d, NewProblem(Invalid, text.judged(refused), "")
	case errors.As(err, &refused):
		d.Refused = refused.Message
	case err != nil:
		return d, err
	}
	return d, nil
}

func (s *Service) clientNamed(word string) (account.Client, error) {
	list, err := s.Accounts.Clients()
	if err != nil {
		return account.Client{}, err
	}
	for _, c := range list {
		if c.ID == word || c.Name == word {
			return c, nil
		}
	}
	return account.Client{}, NewProblem(NotFound, "There is no local key of the name \""+word+"\".", "`metapi keys list` shows them.")
}

// askAgain asks about a request of the ledger's.
func (s *Service) askAgain(id string, q *gateway.Question) error {
	r, err := s.record(id)
	if err != nil {
		return err
	}
	if r.Asked == "" {
		return NewProblem(Invalid, "This request asked for no model, so that there is nothing to decide again.", "")
	}
	q.Of = &r
	q.Client = account.Client{ID: r.Client}
	list, err := s.Accounts.Clients()
	for _, c := range list {
		if c.ID == r.Client {
			q.Client = c
		}
	}
	return err
}
