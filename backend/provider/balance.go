package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"regexp"
	"strings"
	"time"

	"metapi/backend/protocol"
)

// OutcomeNotOffered is that of a balance which the vendor does not tell: it has no request for it, not for this key, or the key has no limit.
// It is no balance of zero.
const OutcomeNotOffered Outcome = "not-offered"

// BalanceRules is one way of asking for an account's balance with the key that calls models.
type BalanceRules struct {
	Path      string  `yaml:"path"`
	List      string  `yaml:"list,omitempty"`
	Remaining string  `yaml:"remaining,omitempty"`
	Total     string  `yaml:"total,omitempty"`
	Used      string  `yaml:"used,omitempty"`
	UsedPath  string  `yaml:"used_path,omitempty"`
	UsedPer   float64 `yaml:"used_per,omitempty"`
	Per       float64 `yaml:"per,omitempty"`
	Currency  string  `yaml:"currency"`
	Unless    string  `yaml:"unless,omitempty"`
}

// code is a currency's: anything else in Currency is a path to one.
var code = regexp.MustCompile(`^[A-Z]{3}$`)

// check names the member at fault.
func (r *BalanceRules) check() error {
	switch {
	case !strings.HasPrefix(r.Path, "/"):
		return errors.New("path: must begin with a slash")
	case r.UsedPath != "" && !strings.HasPrefix(r.UsedPath, "/"):
		return errors.New("used_path: must begin with a slash")
	case (r.Remaining == "") == (r.Total == "" || r.Used == ""):
		return errors.New("remaining: is wanted, or else total and used")
	case r.UsedPath != "" && r.List != "":
		return errors.New("used_path: cannot be had with a list")
	case r.Currency == "":
		return errors.New("currency: is missing")
	case r.Per < 0 || r.UsedPer < 0:
		return errors.New("per: must be above zero")
	}
	for member, path := range map[string]string{"list": r.List, "remaining": r.Remaining, "total": r.Total, "used": r.Used, "currency": r.Currency, "unless": r.Unless} {
		if err := checkPath(member, path); err != nil {
			return err
		}
	}
	return nil
}

// Amount is money.
type Amount struct {
	Currency string  `json:"currency"` // three capital letters
	Value    float64 `json:"value"`    // below zero where it is owed
}

// Balance is what an account has left, as the vendor tells it.
type Balance struct {
	Outcome Outcome // OutcomeOK, or why there are no amounts; never OutcomeEmpty
	Amounts []Amount
	Err     *protocol.Error // for a person; nil when OutcomeOK
	At      time.Time
}

const (
	maxBalanceTime = 20 * time.Second
	maxAmounts     = 10
	noLimit        = 1e8 // what the One API family writes where there is no limit
)

// TellsBalance reports whether an account's balance can be asked for at all.
func (p *Provider) TellsBalance(base string) bool {
	host := hostOf(cmp.Or(base, p.DefaultBaseURL))
	v := p.speaksFor(host)
	return v != nil && len(v.balance) > 0
}

// PublishedBy is the name of the vendor that speaks of money at a base URL, "" where nobody is known to.
func (p *Provider) PublishedBy(base string) string {
	if v := p.speaksFor(hostOf(cmp.Or(base, p.DefaultBaseURL))); v != nil {
		return v.Name
	}
	return ""
}

// speaksFor is the provider whose definition tells of money at a host: the one that it is written for. Another host that speaks alike may
// count in another currency.
func (p *Provider) speaksFor(host string) *Provider {
	if own := hostOf(p.DefaultBaseURL); own == hostName(host) {
		return p
	}
	if v := vendorAt(host); v != nil || !p.Compatible() {
		return v
	}
	return p
}

// Balance asks what an account has left. Its care for the secret is that of [Provider.List].
func (p *Provider) Balance(ctx context.Context, client Doer, c Credential) Balance {
	b := Balance{At: time.Now()}
	t, err := p.Target(c)
	if err != nil {
		l := notAsked(err)
		b.Outcome, b.Err = l.Outcome, l.Err
		return b
	}
	ctx, cancel := within(ctx, maxBalanceTime)
	defer cancel()
	v := p.speaksFor(t.host)
	if v != nil && v != p { // asked in the vendor's manner, whatever format the account has; but nowhere else
		if own, err := v.Target(Credential{Secret: c.Secret}); err == nil && own.host == t.host && own.scheme == t.scheme {
			t = own
		} else {
			v = nil
		}
	}
	a := t.asker(client, c, "balance", "ask for its balance")
	f := a.fault(OutcomeNotOffered, protocol.Unsupported, "%s does not tell what is left.", a.who())
	if v != nil {
		for i := range v.balance { // one that is for other keys, or not there, leaves it to the next
			if b.Amounts, f = a.balance(ctx, &v.balance[i]); f == nil || f.outcome == OutcomeUnreachable {
				break
			}
		}
	}
	b.At = time.Now()
	if b.Outcome = OutcomeOK; f != nil {
		b.Outcome, b.Err = f.outcome, f.err
	}
	return b
}

// balance asks in one way.
func (a *asker) balance(ctx context.Context, r *BalanceRules) ([]Amount, *fault) {
	told, f := a.tell(ctx, r.Path)
	if f != nil {
		return nil, f
	}
	if unless, _ := at(told, r.Unless).(bool); r.Unless != "" && unless {
		return nil, a.notTold()
	}
	used := told
	if r.UsedPath != "" {
		if used, f = a.tell(ctx, r.UsedPath); f != nil {
			return nil, f
		}
	}
	each := []any{told}
	if r.List != "" {
		list, ok := at(told, r.List).([]any)
		if !ok || len(list) > maxAmounts {
			return nil, a.unparsable([]byte("?"), false)
		}
		each = list
	}
	var amounts []Amount
	for _, v := range each {
		if r.UsedPath == "" {
			used = v
		}
		amount, f := a.amount(r, v, used)
		if f != nil {
			return nil, f
		}
		amounts = append(amounts, amount)
	}
	if len(amounts) == 0 {
		return nil, a.notTold()
	}
	return amounts, nil
}

// tell fetches one answer.
func (a *asker) tell(ctx context.Context, path string) (any, *fault) {
	body, f := a.get(ctx, path, url.Values{})
	if f != nil {
		if f.notFound || f.err.Kind == protocol.Forbidden {
			return nil, a.notTold()
		}
		return nil, f
	}
	v, ok := tree(body)
	in, object := v.(map[string]any)
	if !ok || !object {
		return nil, a.unparsable(body, false)
	}
	if success, is := in["success"].(bool); is && !success || in["error"] != nil {
		return nil, a.refused(200, nil, body)
	}
	return v, nil
}

func (a *asker) notTold() *fault {
	return a.fault(OutcomeNotOffered, protocol.Unsupported, "%s does not tell what is left to this key.", a.who())
}

// amount reads one amount from where its members are.
func (a *asker) amount(r *BalanceRules, v, used any) (Amount, *fault) {
	first := cmp.Or(r.Remaining, r.Total)
	value, ok := figureAt(v, first)
	if !ok && at(v, first) == nil && r.List == "" {
		return Amount{}, a.notTold()
	}
	value /= cmp.Or(r.Per, 1)
	if ok && value >= noLimit {
		return Amount{}, a.notTold()
	}
	if ok && r.Used != "" {
		var spent float64
		spent, ok = figureAt(used, r.Used)
		value -= spent / cmp.Or(r.UsedPer, r.Per, 1)
	}
	currency := r.Currency
	if !code.MatchString(currency) {
		currency, _ = at(v, r.Currency).(string)
	}
	if !ok || !code.MatchString(currency) {
		return Amount{}, a.unparsable([]byte("?"), false)
	}
	return Amount{currency, math.Round(value*1e6) / 1e6}, nil // a difference of decimals has a tail
}

// checkBalance names the way and the member at fault.
func checkBalance(ways []BalanceRules) error {
	for i := range ways {
		if err := ways[i].check(); err != nil {
			return fmt.Errorf("balance: %d: %w", i+1, err)
		}
	}
	return nil
}
