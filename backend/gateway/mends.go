package gateway

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/repair"
	"metapi/backend/routing"
)

// mending is the repairs that a request is sent with, each once. It is not changed once it is made.
type mending []*repair.Repair

// maxMends bounds how often one deployment is asked again with the request mended once more. Some upstreams name one parameter at a time.
const maxMends = 3

func (m mending) has(name string) bool {
	return slices.ContainsFunc(m, func(r *repair.Repair) bool { return r.Name == name })
}

func (m mending) names() []string {
	var names []string
	for _, r := range m {
		names = append(names, r.Name)
	}
	return names
}

// anew reports whether a body of the upstream's own protocol cannot be mended as it stands, and has to be encoded anew.
func (m mending) anew() bool {
	return slices.ContainsFunc(m, func(r *repair.Repair) bool { return r.Body == nil && r.Name != repair.StreamOptions })
}

// body mends a body as it stands.
func (m mending) body(b []byte) []byte {
	for _, r := range m {
		if r.Body != nil {
			b, _ = r.Body(b)
		}
	}
	return b
}

// request mends ask, whose messages become its own, and returns what is lost.
func (m mending) request(ask *conversation.Request) (lost []conversation.Lost) {
	if len(m) > 0 {
		ask.Messages = slices.Clone(ask.Messages)
	}
	for _, r := range m {
		if r.Mend != nil {
			lost = append(lost, r.Mend(ask)...)
		}
	}
	return lost
}

// quirks are those of the deployment, with what it has been found to have.
func (m mending) quirks(of map[string]bool) map[string]bool {
	for _, r := range m {
		for _, q := range r.Quirks {
			of = withQuirk(of, q)
		}
	}
	return of
}

// withQuirk is a set of quirks with one more.
func withQuirk(quirks map[string]bool, one string) map[string]bool {
	all := make(map[string]bool, len(quirks)+1)
	maps.Copy(all, quirks)
	all[one] = true
	return all
}

// mend finds what mends the request after its last attempt, and returns it with what has been tried before.
func (x *exchange) mend(tried mending, f *failure) (mending, bool) {
	if !f.asked || len(tried) >= maxMends || x.ep.operation != protocol.Generate || x.r.Context().Err() != nil {
		return nil, false
	}
	via := x.rec.Attempts[len(x.rec.Attempts)-1].Via
	if via == protocol.None {
		via = x.in
	}
	r := repair.Find(via, f.err)
	if r == nil || tried.has(r.Name) {
		return nil, false
	}
	return append(slices.Clip(tried), r), true
}

// memory is what upstreams have been found to want. It is read without a lock, and is nothing until the first of them has refused something.
type memory struct {
	mu   sync.Mutex // held by those who write
	kept atomic.Pointer[map[want]mending]
}

// want says for whom something was found out.
type want struct {
	deployment string
	client     string // in lane A: other clients may send what the upstream takes, and their bodies pass as they are
	session    string // where the fault is in what one conversation holds
}

// maxWants bounds the memory. Full, it begins anew: what is still needed is found out again at the cost of a refused request, which is free.
const maxWants = 4096

// known is what d wants of x's request.
func (k *memory) known(x *exchange, d *routing.Deployment) mending {
	kept := k.kept.Load()
	if kept == nil || x.ep.operation != protocol.Generate {
		return nil
	}
	at := x.want(d)
	all := (*kept)[at]
	if at.session = x.rec.Session; at.session != "" {
		all = append(slices.Clip(all), (*kept)[at]...)
	}
	return all
}

func (x *exchange) want(d *routing.Deployment) want {
	w := want{deployment: d.ID}
	if d.Protocols.Has(x.in) {
		w.client = x.rec.Client
	}
	return w
}

// learn keeps what has helped, if the last attempt says that it has.
func (x *exchange) learn(d *routing.Deployment, mends mending) {
	if x.rec.Attempts[len(x.rec.Attempts)-1].Kind != "" {
		return
	}
	x.g.mends.mu.Lock()
	defer x.g.mends.mu.Unlock()
	kept := map[want]mending{}
	if old := x.g.mends.kept.Load(); old != nil && len(*old) < maxWants {
		kept = maps.Clone(*old)
	}
	for _, r := range mends {
		at := x.want(d)
		if r.Conversation {
			if at.session = x.rec.Session; at.session == "" {
				continue
			}
		}
		if !kept[at].has(r.Name) {
			kept[at] = append(slices.Clip(kept[at]), r)
		}
	}
	x.g.mends.kept.Store(&kept)
}
