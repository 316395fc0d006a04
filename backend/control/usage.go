package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"metapi/backend/ledger"
	"metapi/backend/routing"
)

// Page is the part of a query that pages through requests. It is exported because Huma passes over what is not.
type Page struct {
	Since  time.Time `query:"since" doc:"Requests begun at or after"`
	Until  time.Time `query:"until" doc:"Requests begun before"`
	Limit  int       `query:"limit" default:"1000" minimum:"1" maximum:"1000" doc:"Rows to a page"`
	Cursor string    `query:"cursor" doc:"next of the page before"`
}

type usageInput struct {
	Page
	By string `query:"by" enum:"model,account,client,day,hour" doc:"Group the totals too"`
}

type requestsInput struct {
	Page
	Client  string `query:"client" doc:"Id or name"`
	Account string `query:"account" doc:"Id, slug or name: requests that were tried there"`
	Model   string `query:"model" doc:"Canonical model"`
	State   string `query:"state" enum:"running,ok,failed,cancelled,interrupted"`
}

// usage sums up a time, and shows its requests.
func (s *Service) usage(ctx context.Context, in *usageInput) (UsageReport, error) {
	u := UsageReport{Since: in.Since, Until: in.Until}
	names, err := s.names()
	if err != nil {
		return u, err
	}
	totals, err := s.Ledger.Totals(in.Since, in.Until)
	if err != nil {
		return u, err
	}
	u.Totals = figures(totals)
	if in.By != "" {
		rows, err := s.Ledger.Group(ledger.By(in.By), in.Since, in.Until, time.Local)
		if err != nil {
			return u, err
		}
		u.Groups = make([]Group, len(rows))
		for i, r := range rows {
			u.Groups[i] = Group{Key: r.Key, Name: names.of(ledger.By(in.By), r.Key), Figures: figures(r.Totals)}
		}
	}
	p, err := s.rows(names, ledger.Query{Limit: in.Limit, Cursor: in.Cursor, Since: in.Since, Until: in.Until})
	u.Rows, u.Next = p.Rows, p.Next
	return u, err
}

// requests pages through requests that have something in common.
func (s *Service) requests(ctx context.Context, in *requestsInput) (Requests, error) {
	names, err := s.names()
	if err != nil {
		return Requests{}, err
	}
	q := ledger.Query{Limit: in.Limit, Cursor: in.Cursor, Since: in.Since, Until: in.Until, Model: in.Model, State: routing.State(in.State)}
	if in.Account != "" {
		a, err := s.Accounts.Get(in.Account)
		if err != nil {
			return Requests{}, err
		}
		q.Account = a.ID
	}
	if in.Client != "" {
		c, err := s.client(in.Client)
		if err != nil {
			return Requests{}, err
		}
		q.Client = c.ID
	}
	return s.rows(names, q)
}

func (s *Service) rows(names names, q ledger.Query) (Requests, error) {
	records, next, err := s.Ledger.Requests(q)
	if errors.Is(err, ledger.ErrCursor) {
		return Requests{}, NewProblem(Invalid, "The cursor is not one that a page has given out.", "Begin again without a cursor.")
	}
	out := Requests{Rows: make([]Row, len(records)), Next: next}
	for i := range records {
		out.Rows[i] = names.row(&records[i])
	}
	return out, err
}

type idInput struct {
	ID string `path:"id"`
}

// request shows all about one.
func (s *Service) request(ctx context.Context, in *idInput) (Request, error) {
	r, ok, err := s.Ledger.Request(in.ID)
	if err != nil {
		return Request{}, err
	}
	if !ok {
		return Request{}, NewProblem(NotFound, fmt.Sprintf("There is no request %q in the ledger.", in.ID), "`metapi usage --json` lists their ids.")
	}
	names, err := s.names()
	if err != nil {
		return Request{}, err
	}
	thumb, err := s.Thumbs.Of(r.ID)
	return Request{Row: names.row(&r), Record: r, Thumb: thumb}, err
}

func figures(t ledger.Totals) Figures {
	return Figures{
		Requests: t.Requests, OK: t.OK, Failed: t.Failed, Cancelled: t.Cancelled, Interrupted: t.Interrupted, Running: t.Running,
		Input: t.Usage.Input, CacheRead: t.Usage.CacheRead, CacheWrite: t.Usage.CacheWrite + t.Usage.CacheWrite1h,
		Output: t.Usage.Output, Reasoning: t.Usage.Reasoning, TokensEstimated: t.UsageEstimated,
		CostUSD: t.CostUSD, CostEstimated: t.CostEstimated, CostUnknown: t.CostUnknown,
	}
}

// names tells ids of accounts and clients in words. What has been removed is shown by its id.
type names struct{ accounts, clients map[string]string }

func (s *Service) names() (names, error) {
	n := names{map[string]string{}, map[string]string{}}
	accounts, err := s.Accounts.List()
	if err != nil {
		return n, err
	}
	for _, a := range accounts {
		n.accounts[a.ID] = a.Slug
	}
	clients, err := s.Accounts.Clients()
	for _, c := range clients {
		n.clients[c.ID] = c.Name
	}
	return n, err
}

func (n names) of(by ledger.By, key string) string {
	switch by {
	case ledger.ByAccount:
		return cmp.Or(n.accounts[key], key, "(no account was tried)")
	case ledger.ByClient:
		return cmp.Or(n.clients[key], key)
	case ledger.ByModel:
		return cmp.Or(key, "(unknown model)")
	}
	return key
}

func (n names) row(r *routing.Record) Row {
	row := Row{
		ID: r.ID, Start: r.Start, Client: cmp.Or(n.clients[r.Client], r.Client), Model: cmp.Or(r.Model, r.Asked),
		Protocol: r.Protocol.String(), State: r.State, Status: r.Status, Error: r.Error, Stream: r.Stream,
		Attempts: len(r.Attempts), FirstByteMS: r.FirstByte.Milliseconds(),
		Input: r.Usage.Input, CacheRead: r.Usage.CacheRead, CacheWrite: r.Usage.CacheWrite + r.Usage.CacheWrite1h,
		Output: r.Usage.Output, Reasoning: r.Usage.Reasoning, Estimated: r.Usage.Estimated, CostEstimated: r.Cost.Estimated, CostToldBy: r.Cost.ToldBy,
	}
	if id := r.Account(); id != "" {
		row.Account = cmp.Or(n.accounts[id], id)
	}
	if !r.End.IsZero() {
		row.TookMS = r.End.Sub(r.Start).Milliseconds()
	}
	if !r.Cost.Unknown {
		row.CostUSD = &r.Cost.USD
	}
	return row
}
