package control

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"metapi/backend/gateway"
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
	By string `query:"by" enum:"model,account,client,session,day,hour,day-account,day-model" doc:"Group the totals too"`
}

// Choice is the part of a query that says which requests are meant.
type Choice struct {
	Client  string `query:"client" doc:"Id or name"`
	Account string `query:"account" doc:"Id, slug or name: requests that were tried there"`
	Model   string `query:"model" doc:"Canonical model"`
	State   string `query:"state" enum:"running,ok,failed,cancelled,interrupted"`
}

type requestsInput struct {
	Page
	Choice
	After  string `query:"after" doc:"Id of a request: those behind it"`
	Oldest bool   `query:"oldest" doc:"Oldest first"`
	Skip   int    `query:"skip" minimum:"0" doc:"Rows to pass over first; within an hour that takes no time, see hours"`
}

type hoursInput struct {
	Since time.Time `query:"since" doc:"Requests begun at or after"`
	Until time.Time `query:"until" doc:"Requests begun before"`
	Choice
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
	set, err := s.Switches.Settings()
	if err != nil {
		return u, err
	}
	u.Totals, u.Method, u.Money = figures(totals, set.Baseline), method(set.Baseline), set.Money()
	if in.By != "" {
		rows, err := s.Ledger.Group(ledger.By(in.By), in.Since, in.Until, time.Local)
		if err != nil {
			return u, err
		}
		u.Groups = make([]Group, len(rows))
		for i, r := range rows {
			u.Groups[i] = Group{Key: r.Key, Name: names.of(ledger.By(in.By), r.Key), Figures: figures(r.Totals, set.Baseline)}
			u.Groups[i].Day = r.Day
			if r.Client != "" {
				u.Groups[i].Client = cmp.Or(names.clients[r.Client], r.Client)
			}
		}
	}
	if in.Cursor == "" {
		if u.Misses, err = s.misses(in.Since, in.Until); err != nil {
			return u, err
		}
	}
	p, err := s.rows(names, ledger.Query{Limit: in.Limit, Cursor: in.Cursor, Since: in.Since, Until: in.Until})
	u.Rows, u.Next = p.Rows, p.Next
	return u, err
}

// misses tells how far off estimates were.
func (s *Service) misses(since, until time.Time) ([]Miss, error) {
	rows, err := s.Ledger.Misses(since, until)
	list := make([]Miss, len(rows))
	for i := range rows {
		r, m := &rows[i], &list[i]
		m.Model = r.Model
		for _, of := range []struct {
			spread *ledger.Spread
			to     **float64
		}{{&r.Prompt, &m.Prompt}, {&r.Output, &m.Output}, {&r.Cost, &m.Cost}} {
			if n := of.spread.Count(); n > 0 {
				median := of.spread.Median()
				*of.to, m.Requests = &median, max(m.Requests, n)
			}
		}
	}
	return list, err
}

// requests pages through requests that have something in common.
func (s *Service) requests(ctx context.Context, in *requestsInput) (Requests, error) {
	names, err := s.names()
	if err != nil {
		return Requests{}, err
	}
	q, err := s.query(in.Choice)
	if err != nil {
		return Requests{}, err
	}
	q.Limit, q.Cursor, q.Since, q.Until = in.Limit, in.Cursor, in.Since, in.Until
	q.After, q.Oldest, q.Skip = in.After, in.Oldest, in.Skip
	return s.rows(names, q)
}

// hours counts requests that have something in common.
func (s *Service) hours(ctx context.Context, in *hoursInput) (Timeline, error) {
	q, err := s.query(in.Choice)
	if err != nil {
		return Timeline{}, err
	}
	q.Since, q.Until = in.Since, in.Until
	hours, err := s.Ledger.Hours(q)
	return Timeline{hours}, err
}

// query is a choice as the ledger understands it.
func (s *Service) query(c Choice) (q ledger.Query, err error) {
	if c.Account != "" {
		a, err := s.Accounts.Get(c.Account)
		if err != nil {
			return q, err
		}
		q.Account = a.ID
	}
	if c.Client != "" {
		client, err := s.client(c.Client)
		if err != nil {
			return q, err
		}
		q.Client = client.ID
	}
	q.Model, q.State = c.Model, routing.State(c.State)
	return q, nil
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
	r, err := s.record(in.ID)
	if err != nil {
		return Request{}, err
	}
	names, err := s.names()
	if err != nil {
		return Request{}, err
	}
	thumb, err := s.Thumbs.Of(r.ID)
	return Request{Row: names.row(&r), Record: r, Why: r.Why(names.call), Accounts: names.accounts, Thumb: thumb}, err
}

func figures(t ledger.Totals, b routing.Baseline) Figures {
	saved := t.Against(b)
	return Figures{
		SavedUSD: saved.USD(), Compared: saved.Compared,
		Requests: t.Requests, OK: t.OK, Failed: t.Failed, Cancelled: t.Cancelled, Interrupted: t.Interrupted, Running: t.Running,
		Input: t.Usage.Input, CacheRead: t.Usage.CacheRead, CacheWrite: t.Usage.CacheWrite + t.Usage.CacheWrite1h,
		Output: t.Usage.Output, Reasoning: t.Usage.Reasoning, TokensEstimated: t.UsageEstimated,
		CostUSD: t.CostUSD, CostEstimated: t.CostEstimated, CostUnknown: t.CostUnknown,
	}
}

// names tells ids of accounts and clients in words. What has been removed is shown by its id.
type names struct{ accounts, clients, named map[string]string } // named: accounts, as the user has named them

func (s *Service) names() (names, error) {
	n := names{map[string]string{}, map[string]string{}, map[string]string{}}
	accounts, err := s.Accounts.List()
	if err != nil {
		return n, err
	}
	for _, a := range accounts {
		n.accounts[a.ID], n.named[a.ID] = a.Slug, a.Name
	}
	clients, err := s.Accounts.Clients()
	for _, c := range clients {
		n.clients[c.ID] = c.Name
	}
	n.clients[gateway.ProbeClient] = "Metapi itself"
	n.clients[gateway.PlaygroundClient] = gateway.PlaygroundName
	return n, err
}

// call is what an account is called in a sentence.
func (n names) call(id string) string { return cmp.Or(n.named[id], "a removed account") }

func (n names) of(by ledger.By, key string) string {
	switch by {
	case ledger.ByAccount, ledger.ByDayAccount:
		return cmp.Or(n.accounts[key], key, "(no account was tried)")
	case ledger.ByClient:
		return cmp.Or(n.clients[key], key)
	case ledger.ByModel, ledger.ByDayModel:
		return cmp.Or(key, "(unknown model)")
	case ledger.BySession:
		return cmp.Or(key, "(no session)")
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
	asked := r.Attempts
	if last := cmp.Or(r.Asking, r.Account()); last != "" {
		row.Account = cmp.Or(n.accounts[last], last)
	}
	if r.State != routing.Running && len(asked) > 0 {
		asked = asked[:len(asked)-1]
	}
	for i := range asked { // one that was tried twice is struck out once
		if a := &asked[i]; a.Kind != routing.Hedged && a.Account != cmp.Or(r.Asking, r.Account()) {
			if slug := cmp.Or(n.accounts[a.Account], a.Account); !slices.Contains(row.Struck, slug) {
				row.Struck = append(row.Struck, slug)
			}
		}
	}
	if !r.End.IsZero() {
		row.TookMS = r.End.Sub(r.Start).Milliseconds()
	}
	if !r.Cost.Unknown {
		row.CostUSD = &r.Cost.USD
	}
	return row
}
