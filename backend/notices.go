package backend

import (
	"context"
	"fmt"
	"sync"
	"time"

	"metapi/backend/control"
	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// When requests are said to keep failing over from an account.
const (
	stormSize = 5
	stormTime = 5 * time.Minute
)

const (
	standEvery = 10 * time.Second // between two looks at how accounts stand, where nothing has changed
	longAway   = 30 * time.Second // nobody can serve for so long: what ends sooner is not worth a word
)

// notices tell the person what wants them at once, wherever they are: as events, which the pages and the desktop show, and in the log. What is
// of a kind that the user has switched off, or was told just now, is not told.
type notices struct {
	b *Backend

	mu    sync.Mutex             // guards what follows
	told  map[string]time.Time   // when, by the notice's id and title
	fails map[string][]time.Time // the last failovers from an account, by its id
}

// tell tells of something, unless the user does not want to hear of it now.
func (n *notices) tell(notice control.Notice) {
	set, err := n.b.switches().Settings()
	if err == nil && (!set.Tells(notice.Kind) || !n.due(notice.ID+"\n"+notice.Title, time.Duration(set.NotifyQuiet)*time.Minute)) {
		return
	}
	n.b.log.Warn("notice: "+notice.Title, "text", notice.Text)
	n.b.events.Notify(notice)
}

// due reports whether it is a while since this was told, and notes that it is told now.
func (n *notices) due(what string, quiet time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	for before, at := range n.told {
		if now.Sub(at) >= quiet {
			delete(n.told, before)
		}
	}
	if _, lately := n.told[what]; lately {
		return false
	}
	if n.told == nil {
		n.told = map[string]time.Time{}
	}
	n.told[what] = now
	return true
}

// settled looks at a request that has ended. What it tells is told apart: the request waits for nothing.
func (n *notices) settled(rec *routing.Record) {
	for i := range rec.Attempts {
		switch a := &rec.Attempts[i]; a.Kind {
		case "", routing.Hedged:
		case protocol.KeyRefused, protocol.OutOfMoney:
			go n.unusable(a.Account, a.Kind)
		default:
			if i+1 < len(rec.Attempts) && n.storm(a.Account, rec.End) {
				go n.failing(a.Account, a.Kind)
			}
		}
	}
}

// unusable tells that an account is out of use until the user does something.
func (n *notices) unusable(id string, kind protocol.Kind) {
	notice := control.Notice{ID: "key:" + id, Kind: "key", Page: "/accounts/" + id}
	name := n.b.accountName(id)
	notice.Title, notice.Text = fmt.Sprintf("%s refuses its key", name), "It is left out until it has another key."
	if kind == protocol.OutOfMoney {
		notice.Title, notice.Text = fmt.Sprintf("%s is out of money", name), "It is left out until it has been topped up."
	}
	n.tell(notice)
}

// failing tells that requests keep going on from an account to others.
func (n *notices) failing(id string, last protocol.Kind) {
	n.tell(control.Notice{ID: "failover:" + id, Kind: "failover", Page: "/accounts/" + id,
		Title: fmt.Sprintf("%s keeps failing", n.b.accountName(id)),
		Text:  fmt.Sprintf("%d requests went on to other accounts within %.0f minutes, the last after %s.", stormSize, stormTime.Minutes(), last.Noun())})
}

// storm counts a failover from an account, and reports whether that is one too many. Then it counts anew.
func (n *notices) storm(account string, at time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.fails == nil {
		n.fails = map[string][]time.Time{}
	}
	list := append(n.fails[account], at)
	if len(list) < stormSize {
		n.fails[account] = list
		return false
	}
	if at.Sub(list[0]) > stormTime {
		n.fails[account] = list[1:]
		return false
	}
	delete(n.fails, account)
	return true
}

// gateway tells that tools are not served, or not as they should be.
func (n *notices) gateway(title, text, page string) {
	n.tell(control.Notice{ID: "gateway", Kind: "gateway", Title: title, Text: text, Page: page})
}

// watch tells when the secrets are locked, an account cannot be used, or nobody can serve, until ctx ends: each as it begins.
func (n *notices) watch(ctx context.Context) {
	known := map[string]bool{}
	for {
		now := map[string]bool{}
		for title, notice := range n.wrong() {
			if now[title] = true; !known[title] {
				n.gateway(title, notice[0], notice[1])
			}
		}
		known = now
		select {
		case <-ctx.Done():
			return
		case <-n.b.stirred:
		case <-time.After(standEvery):
		}
	}
}

// wrong is what is wrong with who could serve: texts and pages, by their titles.
func (n *notices) wrong() map[string][2]string {
	st, err := n.b.service.Status()
	switch {
	case err != nil:
		return nil
	case st.Locked != "":
		return map[string][2]string{"The keys of your accounts are locked": {"No account can serve until Metapi has the passphrase. Open it to give it.", "/"}}
	}
	list := map[string][2]string{}
	able, unable, reason := 0, 0, ""
	for _, a := range st.Accounts {
		switch {
		case a.State == "paused" || a.State == "no-models":
			continue
		case a.State == "blocked":
			list[fmt.Sprintf("%s cannot be used", n.b.accountName(a.ID))] = [2]string{control.Sentence(a.Reason), "/accounts/" + a.ID}
		case a.State != "cooling" || time.Until(a.Until) < longAway:
			able++
			continue
		}
		unable++
		reason = control.Sentence(fmt.Sprintf("%s: %s", n.b.accountName(a.ID), a.Reason))
	}
	if able == 0 && unable > 0 {
		list["No account can serve"] = [2]string{reason, "/accounts"}
	}
	return list
}

// accountName is what an account is called.
func (b *Backend) accountName(id string) string {
	if a, err := b.accounts.Get(id); err == nil {
		return a.Name
	}
	return id
}

// stir has who watches how accounts stand look at once.
func (b *Backend) stir() {
	select {
	case b.stirred <- struct{}{}:
	default:
	}
}
