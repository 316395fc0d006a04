package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"metapi/backend/account"
	"metapi/backend/catalog"
	"metapi/backend/provider"
)

func (s *Service) showAccount(a account.Account) (Account, error) {
	out := Account{ID: a.ID, Slug: a.Slug, Name: a.Name, Provider: a.Provider, BaseURL: a.BaseURL, KeyHint: a.KeyHint,
		Created: a.Created, Order: a.Order, Pool: a.Pool, Paused: a.Paused, Verified: a.Verified, Proxy: a.Proxy.String()}
	if p, ok := provider.Get(a.Provider); ok {
		out.BaseURL = cmp.Or(out.BaseURL, p.DefaultBaseURL)
	}
	offers, err := s.Offers.Get(a.ID)
	if err != nil {
		return out, err
	}
	for _, o := range offers {
		if o.Offered() {
			out.Models++
		}
	}
	scan, err := s.Offers.Scan(a.ID)
	if err != nil {
		return out, err
	}
	out.Scan = Scan{Outcome: scan.Outcome, Message: scan.Message, At: scan.At, LastGood: scan.LastGood}
	told, err := s.Balances.Get(a.ID)
	out.Balance = showBalance(told)
	return out, err
}

func (s *Service) accounts(context.Context, *nothing) ([]Account, error) {
	list, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	out := make([]Account, len(list))
	for i, a := range list {
		if out[i], err = s.showAccount(a); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) account(_ context.Context, in *idInput) (Account, error) {
	a, err := s.Accounts.Get(in.ID)
	if err != nil {
		return Account{}, err
	}
	return s.showAccount(a)
}

type recogniseInput struct {
	Body struct {
		Key string `json:"key" doc:"As pasted"`
	}
}

func (s *Service) recognise(_ context.Context, in *recogniseInput) (Recognised, error) {
	return Recognise(in.Body.Key)
}

// Recognise says whose key this may be. It asks nobody.
func Recognise(key string) (Recognised, error) {
	found, err := provider.Recognise(key)
	if err != nil {
		return Recognised{}, Explain(err)
	}
	out := Recognised{Certain: len(found) == 1, Proposals: []Proposal{}}
	for _, p := range found {
		out.Proposals = append(out.Proposals, Proposal{p.Provider, p.BaseURL, p.Name, p.Why})
	}
	return out, nil
}

type addAccountInput struct{ Body AddAccount }

// addAccount proves a key by listing what it opens, and keeps the account with what was listed. A refused key is never
// kept; one that could not be proved is kept only by force.
func (s *Service) addAccount(ctx context.Context, in *addAccountInput) (Discovered, error) {
	if err := s.fromEnvironment(&in.Body); err != nil {
		return Discovered{}, err
	}
	p, base, name, key, err := plan(in.Body)
	if err != nil {
		return Discovered{}, err
	}
	way, err := s.Accounts.Entered(ctx, in.Body.Proxy, account.Account{})
	if err != nil {
		return Discovered{}, err
	}
	began := time.Now()
	listing := s.Lister.List(ctx, p.ID, provider.Credential{BaseURL: base, Secret: key, Way: way})
	took := time.Since(began)
	good := listing.Outcome == provider.OutcomeOK || listing.Outcome == provider.OutcomeEmpty
	if !good && (listing.Outcome == provider.OutcomeUnauthorised || !in.Body.Force) {
		s.Log.Warn("account not added", "provider", p.ID, "outcome", listing.Outcome)
		return Discovered{}, refusal(listing, "Nothing was kept.")
	}

	kept := account.Account{Name: name, Provider: p.ID, BaseURL: base, Proxy: account.Proxy{To: in.Body.Proxy}}
	if good {
		kept.Verified = listing.At
	}
	a, err := s.Accounts.Add(ctx, kept, key)
	if err != nil {
		return Discovered{}, err
	}
	if _, err := s.Offers.Record(a.ID, listing, listing.At); err != nil {
		return Discovered{}, err
	}
	s.askBalance(ctx, a.ID)
	s.Live.ClearAccount(a.ID)
	s.offersChanged()
	s.Log.Info("account added", "account", a.Slug, "provider", p.ID, "outcome", listing.Outcome, "models", len(listing.Models))

	out := Discovered{OK: good, New: len(listing.Models), Millis: took.Milliseconds()}
	if out.Account, err = s.showAccount(a); err != nil {
		return Discovered{}, err
	}
	switch {
	case !good:
		out.Message = fmt.Sprintf("Kept the %s account %s, though it could not be tried.", p.Name, a.Slug)
		out.Hint = said(listing) + " `metapi accounts test " + a.Slug + "` tries it again."
	case listing.Outcome == provider.OutcomeEmpty:
		out.Message = fmt.Sprintf("Added the %s account %s, which offers no models yet.", p.Name, a.Slug)
		out.Hint = said(listing)
	default:
		out.Message = fmt.Sprintf("Added the %s account %s with %s.", p.Name, a.Slug, models(len(listing.Models)))
		out.Hint = s.nextStep()
	}
	return out, nil
}

// nextStep says what is missing until a tool can be served.
func (s *Service) nextStep() string {
	if list, err := s.Accounts.Clients(); err == nil && len(list) == 0 {
		return "Next: `metapi keys add NAME` makes a local key for a tool."
	}
	if s.serving() == nil {
		return "Next: `metapi serve` runs the gateway."
	}
	return ""
}

// plan makes what a person has entered whole: the provider from the key where it is not given, the base URL and the name.
func plan(in AddAccount) (p *provider.Provider, base, name, key string, err error) {
	if p, ok := provider.Get(in.Provider); ok && p.KeyOptional && strings.TrimSpace(in.Key) == "" {
		key = provider.NoKey
	} else if key, err = provider.CleanKey(in.Key); err != nil {
		return nil, "", "", "", err
	}
	var proposal provider.Proposal
	if in.Provider == "" {
		found, err := provider.Recognise(in.Key)
		if err != nil {
			return nil, "", "", "", err
		}
		if len(found) != 1 {
			return nil, "", "", "", NewProblem(Invalid, "The key does not tell which provider it belongs to.",
				"Say it with --provider: "+ids(found)+".")
		}
		proposal = found[0]
		in.Provider = proposal.Provider
	}
	p, ok := provider.Get(in.Provider)
	if !ok {
		return nil, "", "", "", NewProblem(Invalid, fmt.Sprintf("There is no provider %q.", in.Provider), "`metapi accounts providers` lists those there are.")
	}
	if base, err = provider.NormalizeBaseURL(p, cmp.Or(in.BaseURL, proposal.BaseURL)); err != nil {
		return nil, "", "", "", err
	}
	name = cmp.Or(strings.TrimSpace(in.Name), proposal.Name)
	if name == "" {
		name = p.Name
		if host := hostName(base); base != p.DefaultBaseURL && net.ParseIP(host) == nil && host != "localhost" {
			name = host
		}
	}
	return p, base, name, key, nil
}

func hostName(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func ids(found []provider.Proposal) string {
	var list []string
	for _, p := range found {
		if len(list) == 0 || list[len(list)-1] != p.Provider {
			list = append(list, p.Provider)
		}
	}
	return strings.Join(list, ", ")
}

// refusal is why a key was not taken, and what to do.
func refusal(l provider.Listing, kept string) *Problem {
	code := Unproven
	if l.Outcome == provider.OutcomeUnauthorised {
		code = Refused
	}
	detail, hint, _ := strings.Cut(said(l), ". ")
	return NewProblem(code, Sentence(detail), strings.TrimSpace(kept+" "+Sentence(hint)))
}

// said is a listing's own words for a person.
func said(l provider.Listing) string {
	if l.Err == nil {
		return "It answered."
	}
	return Sentence(l.Err.Message)
}

func models(n int) string {
	if n == 1 {
		return "1 model"
	}
	return fmt.Sprintf("%d models", n)
}

type editAccountInput struct {
	ID   string `path:"id"` // not embedded: Huma passes over what is not exported
	Body EditAccount
}

// editAccount changes what the user calls an account, whether it is used, and how it is reached.
func (s *Service) editAccount(ctx context.Context, in *editAccountInput) (Account, error) {
	a, err := s.Accounts.Get(in.ID)
	if err != nil {
		return Account{}, err
	}
	if base := in.Body.BaseURL; base != nil {
		p, ok := provider.Get(a.Provider)
		if !ok {
			return Account{}, NewProblem(Invalid, fmt.Sprintf("There is no provider %q.", a.Provider), "`metapi accounts providers` lists those there are.")
		}
		clean, err := provider.NormalizeBaseURL(p, *base)
		if err != nil {
			return Account{}, err
		}
		in.Body.BaseURL = &clean
	}
	if p := in.Body.Proxy; p != nil && *p != a.Proxy.String() {
		if a, err = s.Accounts.SetProxy(ctx, a.ID, *p); err != nil {
			return Account{}, err
		}
		s.Live.ClearAccount(a.ID) // what was met on the old way says nothing of the new one
		s.Log.Info("account changed", "account", a.Slug, "proxy", a.Proxy.String())
	}
	a, err = s.Accounts.Edit(a.ID, func(a *account.Account) {
		set(&a.Name, in.Body.Name)
		set(&a.BaseURL, in.Body.BaseURL)
		set(&a.Paused, in.Body.Paused)
	})
	if err != nil {
		return Account{}, err
	}
	s.Log.Info("account changed", "account", a.Slug, "paused", a.Paused)
	return s.showAccount(a)
}

type orderInput struct {
	Body struct {
		IDs []string `json:"ids" doc:"The id of each account, once"`
	}
}

// orderAccounts puts the accounts into the order that failover follows.
func (s *Service) orderAccounts(ctx context.Context, in *orderInput) ([]Account, error) {
	if err := s.Accounts.Reorder(in.Body.IDs); err != nil {
		return nil, err
	}
	return s.accounts(ctx, nil)
}

type poolInput struct {
	Body struct {
		Name string   `json:"name" doc:"Of the pool; empty: the accounts are taken out of theirs"`
		IDs  []string `json:"ids" doc:"The ids, slugs or names of the accounts"`
	}
}

// poolAccounts has accounts share their place in the order, or not any more.
func (s *Service) poolAccounts(ctx context.Context, in *poolInput) ([]Account, error) {
	ids := make([]string, len(in.Body.IDs))
	for i, name := range in.Body.IDs {
		a, err := s.Accounts.Get(name)
		if err != nil {
			return nil, err
		}
		ids[i] = a.ID
	}
	if err := s.Accounts.Pool(in.Body.Name, ids); err != nil {
		return nil, err
	}
	s.Log.Info("accounts pooled", "pool", in.Body.Name, "accounts", len(ids))
	return s.accounts(ctx, nil)
}

type replaceKeyInput struct {
	ID   string `path:"id"`
	Body struct {
		Key string `json:"key" doc:"The secret; goes to the keychain"`
	}
}

// replaceKey proves a key as addAccount does, and gives it to an account that is there. A key that is refused changes
// nothing.
func (s *Service) replaceKey(ctx context.Context, in *replaceKeyInput) (Discovered, error) {
	a, err := s.Accounts.Get(in.ID)
	if err != nil {
		return Discovered{}, err
	}
	key, err := provider.CleanKey(in.Body.Key)
	if err != nil {
		return Discovered{}, err
	}
	way, err := s.Accounts.Choice(ctx, a)
	if err != nil {
		return Discovered{}, err
	}
	began := time.Now()
	listing := s.Lister.List(ctx, a.Provider, provider.Credential{BaseURL: a.BaseURL, Secret: key, Way: way})
	if listing.Outcome != provider.OutcomeOK && listing.Outcome != provider.OutcomeEmpty {
		return Discovered{}, refusal(listing, "The account keeps the key that it has.")
	}
	if err := s.Accounts.SetSecret(ctx, a.ID, key); err != nil {
		return Discovered{}, err
	}
	s.Refresh.Forget(a.ID) // what is asked with the old key says nothing any more
	if err := s.Balances.Forget(a.ID); err != nil {
		return Discovered{}, err
	}
	before, err := s.Offers.Get(a.ID)
	if err != nil {
		return Discovered{}, err
	}
	scan, err := s.Offers.Record(a.ID, listing, listing.At)
	if err != nil {
		return Discovered{}, err
	}
	s.askBalance(ctx, a.ID)
	s.Log.Info("key replaced", "account", a.Slug)
	return s.scanned(a, before, scan, time.Since(began))
}

func (s *Service) removeAccount(ctx context.Context, in *idInput) (Removed, error) {
	a, err := s.Accounts.Get(in.ID)
	if err != nil {
		return Removed{}, err
	}
	undo, undoable := s.remember(ctx, a)
	pinned, err := s.pinnedTo(a.ID)
	if err != nil {
		return Removed{}, err
	}
	undo.pinned = pinned
	s.Refresh.Forget(a.ID)
	gone, err := s.Accounts.Remove(ctx, a.ID)
	if gone.ID == "" {
		return Removed{}, err
	}
	message := fmt.Sprintf("Removed the account %s and its key.", a.Slug)
	if err != nil { // it is removed all the same
		message = Sentence(err.Error())
	}
	for _, c := range pinned {
		message += fmt.Sprintf(" %s was pinned to it, and goes to any account again.", c.Name)
	}
	if err := errors.Join(s.Offers.Remove(a.ID), s.Balances.Forget(a.ID)); err != nil {
		return Removed{}, err
	}
	if undoable {
		s.undo.hold(undo)
	}
	s.offersChanged()
	s.Log.Info("account removed", "account", a.Slug)
	return Removed{message, undoable}, nil
}

// remember gathers what bringing an account back takes; false where its key cannot be read.
func (s *Service) remember(ctx context.Context, a account.Account) (r *removed, ok bool) {
	var errs [5]error
	r = &removed{account: a}
	r.secret, errs[0] = s.Accounts.Secret(ctx, a.ID)
	r.offers, errs[1] = s.Offers.Get(a.ID)
	r.scan, errs[2] = s.Offers.Scan(a.ID)
	r.balance, errs[3] = s.Balances.Get(a.ID)
	r.proxy, errs[4] = s.Accounts.ProxyPassword(ctx, a.Proxy)
	return r, errors.Join(errs[:]...) == nil
}

// testAccount asks the upstream for its models, and so tries the key. An account that answers may be chosen again at once.
func (s *Service) testAccount(ctx context.Context, in *idInput) (Discovered, error) {
	a, err := s.Accounts.Get(in.ID)
	if err != nil {
		return Discovered{}, err
	}
	return s.discover(ctx, a)
}

// refreshAccount is testAccount under the name by which the window asks for models.
func (s *Service) refreshAccount(ctx context.Context, in *idInput) (Discovered, error) {
	return s.testAccount(ctx, in)
}

func (s *Service) discover(ctx context.Context, a account.Account) (Discovered, error) {
	if _, err := s.Accounts.Secret(ctx, a.ID); err != nil {
		return Discovered{}, err
	}
	before, err := s.Offers.Get(a.ID)
	if err != nil {
		return Discovered{}, err
	}
	began := time.Now()
	scan, err := s.Refresh.Scan(ctx, a.ID)
	if err != nil {
		return Discovered{}, err
	}
	took := time.Since(began)
	if scan.Good() {
		s.askBalance(ctx, a.ID)
	}
	return s.scanned(a, before, scan, took)
}

// offersChanged puts what accounts offer in force, and tells who listens. A change of the accounts themselves is told by
// [account.Accounts.OnChange], which is before their offers are there or gone.
func (s *Service) offersChanged() {
	s.Changed()
	s.Events.Changed(TopicStatus, TopicAccounts, TopicModels)
}

// scanned puts in force, and tells, what an account offered before and offers after a scan.
func (s *Service) scanned(a account.Account, before []catalog.Offer, scan catalog.Scan, took time.Duration) (Discovered, error) {
	out := Discovered{OK: scan.Good(), Millis: took.Milliseconds()}
	after, err := s.Offers.Get(a.ID)
	if err != nil {
		return Discovered{}, err
	}
	out.New, out.Gone = difference(before, after)
	if scan.Changed {
		s.Changed()
	}
	s.Events.Changed(TopicStatus, TopicAccounts, TopicModels)
	if scan.Good() {
		s.Live.ClearAccount(a.ID)
		if a, err = s.Accounts.Verified(a.ID, scan.At); err != nil {
			return Discovered{}, err
		}
	}
	if out.Account, err = s.showAccount(a); err != nil {
		return Discovered{}, err
	}
	switch scan.Outcome {
	case provider.OutcomeOK:
		out.Message = fmt.Sprintf("The account %s works: %s.", a.Slug, models(scan.Models))
	case provider.OutcomeEmpty:
		out.Message = fmt.Sprintf("The account %s answers, but offers no models.", a.Slug)
		out.Hint = Sentence(scan.Message)
	default:
		out.Message, out.Hint, _ = strings.Cut(scan.Message, ". ")
		out.Message, out.Hint = Sentence(out.Message), Sentence(out.Hint)
		if scan.Models > 0 {
			out.Hint = strings.TrimSpace(out.Hint + " The " + models(scan.Models) + " known from before stay on offer.")
		}
		if scan.Outcome != provider.OutcomeUnauthorised {
			out.Hint = strings.TrimSpace(out.Hint + s.via(a))
		}
	}
	return out, nil
}

// difference counts the models that came on offer, and those that went.
func difference(before, after []catalog.Offer) (came, went int) {
	was := map[string]bool{}
	for _, o := range before {
		was[o.Name] = o.Offered()
	}
	for _, o := range after {
		switch {
		case o.Offered() && !was[o.Name]:
			came++
		case !o.Offered() && was[o.Name]:
			went++
		}
	}
	return came, went
}
