package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// Files and batches are kept by one account, and bound to no model. A new one goes to the account that the header X-Metapi-Account names, by its
// slug; else a batch to where its file is, and a file to the first in the user's order that has files. All else goes to where the thing is.
// A list is made of those of all accounts, one after the other.

var filed = routing.Filed

// refKinds say what an id in a path names.
var refKinds = map[protocol.Protocol]protocol.RefKind{
	protocol.OpenAIResponses: protocol.ResponseRef, protocol.OpenAIFiles: protocol.FileRef, protocol.OpenAIBatches: protocol.BatchRef,
}

// chooseAccount reads which account the client wants.
func (x *exchange) chooseAccount() *protocol.Error {
	slug := x.r.Header.Get("X-Metapi-Account")
	if slug == "" {
		return nil
	}
	for i := range x.snap.Accounts {
		if a := &x.snap.Accounts[i]; a.Slug == slug {
			if t := x.snap.Targets[i]; t != nil && !t.Speaks().Has(x.in) {
				return &protocol.Error{Kind: protocol.BadRequest, Message: fmt.Sprintf("the account %q, which the header X-Metapi-Account names, does not speak %s", slug, x.in)}
			}
			x.account = a.ID
			return nil
		}
	}
	return &protocol.Error{Kind: protocol.BadRequest, Message: fmt.Sprintf("there is no account %.64q, which the header X-Metapi-Account names", slug)}
}

// page is one account's part of a list.
type page struct {
	HasMore bool              `json:"has_more"`
	Data    []json.RawMessage `json:"data"`

	body []byte // as it came
}

// list asks the accounts one after the other, until the client has as many as it wants, or an account has more than it tells at a time. The id
// after which a list shall go on says at which account that is.
func (x *exchange) list() {
	after := x.r.URL.Query().Get("after")
	pin, from := routing.Pin{Account: x.account, Only: x.account != ""}, ""
	if after != "" {
		var known bool
		from, known = x.g.Pins.Account(protocol.Ref{Kind: refKinds[x.in], ID: after})
		pin.Only = pin.Only || !known
	}
	x.ask(pin)
	decision, err := routing.Decide(&x.snap.Snapshot, x.asked)
	x.noteDecision(&decision, maxFigures)
	if err != nil {
		x.fail(x.sayPinned(asError(err)))
		return
	}
	candidates := decision.Candidates
	if from != "" {
		at := slices.IndexFunc(candidates, func(c routing.Candidate) bool { return c.Account.ID == from })
		if at < 0 { // others know nothing of that id: the list would begin anew there, or end
			x.fail(&protocol.Error{Kind: protocol.Unavailable, Message: "the account at which the list goes on cannot be used now"})
			return
		}
		candidates = candidates[at:]
	}
	var worst *failure
	failed, more := 0, false
	for i, d := range candidates {
		got := len(x.lists)
		if f := x.tryOnce(d.Deployment, false, nil); f != nil {
			worst = worse(worst, f)
			failed++
			continue
		}
		if len(x.lists) == got {
			return // the client has gone
		}
		if more = x.lists[got].HasMore; more {
			break
		}
		if left, limited := x.left(); limited && left == 0 {
			more = i+1 < len(candidates)
			break
		}
	}
	switch {
	case x.lists == nil && !x.sendRaw(worst):
		x.fail(x.sayPinned(worst.err))
	case x.lists != nil:
		x.sendList(more, failed)
	}
}

// left is how many more the client wants, where it has set a limit.
func (x *exchange) left() (n int, limited bool) {
	n, err := strconv.Atoi(x.r.URL.Query().Get("limit"))
	if err != nil || n < 1 {
		return 0, false // a bad one is refused by whoever is asked
	}
	for _, l := range x.lists {
		n -= len(l.Data)
	}
	return max(n, 0), true
}

// listQuery is the query for the next account. What the list goes on after is at the first.
func (x *exchange) listQuery(q url.Values) url.Values {
	if x.lists == nil {
		return q
	}
	q.Del("after")
	if left, limited := x.left(); limited {
		q.Set("limit", strconv.Itoa(left))
	}
	return q
}

// listed takes in an account's part of a list.
func (a *attempt) listed(body []byte) *failure {
	p := page{body: body}
	if err := json.Unmarshal(body, &p); err != nil {
		return a.failed(&protocol.Error{Kind: protocol.BadReply, Message: "the upstream's list cannot be read"})
	}
	a.pin()
	a.lists = append(a.lists, p)
	a.pass.Succeed()
	a.close("", "")
	if len(a.lists) > 1 {
		a.rec.Issued = nil // one account's alone can stand in the record
	}
	return nil
}

// sendList gives the client the whole list: as it came, if it is of one account only.
func (x *exchange) sendList(more bool, failed int) {
	h := x.w.Header()
	h["Content-Type"] = acceptJSON
	nameRequest(h, x.in)
	x.attemptsHeader()
	if failed > 0 {
		h["X-Metapi-Incomplete"] = []string{fmt.Sprintf("%d accounts did not answer", failed)}
	}
	body := x.lists[0].body
	if len(x.lists) > 1 || more != x.lists[0].HasMore {
		body = merge(x.lists, more)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	x.rec.Status = http.StatusOK
	x.w.WriteHeader(http.StatusOK)
	_, _ = x.w.Write(body)
	x.settle(routing.OK, nil)
}

// merge makes one list of several.
func merge(lists []page, more bool) []byte {
	whole := struct {
		Object  string            `json:"object"`
		Data    []json.RawMessage `json:"data"`
		FirstID *string           `json:"first_id"`
		LastID  *string           `json:"last_id"`
		HasMore bool              `json:"has_more"`
	}{Object: "list", Data: []json.RawMessage{}, HasMore: more}
	for _, l := range lists {
		whole.Data = append(whole.Data, l.Data...)
	}
	if n := len(whole.Data); n > 0 {
		whole.FirstID, whole.LastID = idOf(whole.Data[0]), idOf(whole.Data[n-1])
	}
	body, _ := json.Marshal(whole) // of what was read as JSON
	return body
}

func idOf(raw json.RawMessage) *string {
	var o struct {
		ID *string `json:"id"`
	}
	_ = json.Unmarshal(raw, &o)
	return o.ID
}
