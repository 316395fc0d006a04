package routing

import (
	"time"

	"metapi/backend/protocol"
)

// State says how a request ended.
type State string

const (
	Running     State = "running"     // begun, not settled
	OK          State = "ok"          // the client has its whole answer
	Failed      State = "failed"      // the client got an error, or a stream that ended with one
	Cancelled   State = "cancelled"   // the client went away
	Interrupted State = "interrupted" // Metapi itself ended before the request did
)

// Record is what the ledger keeps of one request: its features, the decision, each attempt, and what it came
// to. It is written when the request begins (Attempts empty) and again when it settles.
type Record struct {
	ID        string             `json:"id"` // time-ordered: see [NewID]
	Start     time.Time          `json:"start"`
	End       time.Time          `json:"end,omitzero"`
	State     State              `json:"state"`
	Client    string             `json:"client"` // client id
	Protocol  protocol.Protocol  `json:"protocol"`
	Operation protocol.Operation `json:"operation"`
	Stream    bool               `json:"stream,omitempty"`
	Asked     string             `json:"asked"`           // the model as the client named it
	Model     string             `json:"model,omitempty"` // the canonical model that it resolved to
	Session   string             `json:"session,omitempty"`
	Pinned    string             `json:"pinned,omitempty"` // the id of the account that the user had pinned the client to
	Bytes     int64              `json:"bytes"`            // size of the request body
	Features  Features           `json:"features,omitzero"`

	Domain     string     `json:"domain,omitempty"` // the kind of answer; "" where nobody had to know
	Mode       Mode       `json:"mode,omitempty"`
	Nearer     bool       `json:"nearer,omitempty"`     // the mode is not the one that was in force: the request, a rule or the model asked for it
	Ranked     int        `json:"ranked,omitempty"`     // how many candidates there were, where more than are kept
	Rules      []string   `json:"rules,omitempty"`      // of the user's that held, by name
	Set        Set        `json:"set,omitzero"`         // of the request's parameters, by them
	Candidates []Figure   `json:"candidates,omitempty"` // the ranked top of the decision
	Excluded   []Excluded `json:"excluded,omitempty"`
	Attempts   []Attempt  `json:"attempts,omitempty"` // in order; the last one served the client if State is ok
	Asking     string     `json:"-"`                  // the account that is being asked, while it runs

	Status    int            `json:"status,omitempty"`     // HTTP status the client got
	Error     string         `json:"error,omitempty"`      // what the client was told, where it was an error
	FirstByte time.Duration  `json:"first_byte,omitempty"` // start to first meaningful event (streams)
	Usage     protocol.Usage `json:"usage,omitzero"`       // of all attempts
	Cost      Cost           `json:"cost,omitzero"`        // of all attempts
	Parts     Parts          `json:"parts,omitzero"`       // what the price lists make of the usage of all attempts
	Against   []Against      `json:"against,omitempty"`    // what the baselines would have cost that are known; nothing is compared where nothing was used
	Issued    []protocol.Ref `json:"issued,omitempty"`     // state that the serving account issued: later requests are pinned by it
}

// Account is the id of the account that made the last attempt, or "".
func (r *Record) Account() string {
	if n := len(r.Attempts); n > 0 {
		return r.Attempts[n-1].Account
	}
	return ""
}

// Features is what the peek saw, kept so that a decision can be replayed.
type Features struct {
	Tools     bool  `json:"tools,omitempty"`
	Images    bool  `json:"images,omitempty"`
	Schema    bool  `json:"schema,omitempty"`
	Think     bool  `json:"think,omitempty"`
	MaxOutput int64 `json:"max_output,omitempty"`
}

// Hedged is the kind of an attempt that was not needed any more: another one, made at the same time, answered sooner.
const Hedged protocol.Kind = "hedged"

// Attempt is one try of one deployment.
type Attempt struct {
	Deployment string            `json:"deployment"`      // opaque id
	Account    string            `json:"account"`         // account id
	Upstream   string            `json:"upstream"`        // the model name sent
	Via        protocol.Protocol `json:"via,omitempty"`   // the protocol that it was put into; None where that was the client's own
	Mends      []string          `json:"mends,omitempty"` // what was mended in the request, since the upstream would refuse it otherwise
	Start      time.Duration     `json:"start"`           // after the request's start
	Took       time.Duration     `json:"took"`
	FirstByte  time.Duration     `json:"first_byte,omitempty"` // attempt start to first meaningful event
	Status     int               `json:"status,omitempty"`     // upstream's HTTP status, 0 where none came
	Kind       protocol.Kind     `json:"kind,omitempty"`       // empty: it worked
	Error      string            `json:"error,omitempty"`      // in words, without secrets
	Finish     string            `json:"finish,omitempty"`     // the vendor's stop reason
	Usage      protocol.Usage    `json:"usage,omitzero"`
	Cost       Cost              `json:"cost,omitzero"`
	Expected   Estimate          `json:"expected,omitzero"` // of one that was answered, and whose upstream told what it took
}

// Estimate is what an attempt was expected to take, by all that was known before it.
type Estimate struct {
	Prompt int64   `json:"prompt"`           // tokens, those of a cache included
	Output int64   `json:"output"`           // likewise of reasoning
	USD    float64 `json:"usd,omitempty"`    // what it was expected to cost
	Priced bool    `json:"priced,omitempty"` // USD is known
}

// Cost is money in US dollars, and how far it can be trusted.
type Cost struct {
	USD       float64 `json:"usd"`
	Estimated bool    `json:"estimated,omitempty"` // computed from estimated tokens
	Unknown   bool    `json:"unknown,omitempty"`   // tokens were used whose price is not known; USD leaves them out
	ToldBy    string  `json:"told_by,omitempty"`   // who told it in the reply, in place of a sum of ours; of several attempts, if all were told by the same
}

// Add sums two costs; doubt about either is doubt about the sum.
func (c Cost) Add(d Cost) Cost {
	by := c.ToldBy
	if c == (Cost{}) {
		by = d.ToldBy
	} else if d != (Cost{}) && d.ToldBy != by {
		by = ""
	}
	return Cost{c.USD + d.USD, c.Estimated || d.Estimated, c.Unknown || d.Unknown, by}
}

// Figure is one candidate of a decision, with what it was ranked by.
type Figure struct {
	Deployment string  `json:"deployment"`
	Account    string  `json:"account"`
	Upstream   string  `json:"upstream"`
	Order      int     `json:"order,omitempty"`  // when it would have come in the user's order, from 0
	Tier       int     `json:"tier,omitempty"`   // it serves only where none of a lower one can
	Place      int     `json:"place,omitempty"`  // of its model in the tier's list
	Pool       string  `json:"pool,omitempty"`   // of its account
	Weight     float64 `json:"weight,omitempty"` // its share in balance mode; 0: 1
	InFlight   int64   `json:"in_flight"`
	Price      float64 `json:"price,omitempty"` // dollars per million input tokens, 0 where unknown
	Terms
	Judged *Judged `json:"judged,omitempty"` // what its quality rests on; nil where the mode did not look at it

	// What the request's tokens would have cost here, by the prices of its day. Known once the request has settled.
	Would      float64 `json:"would,omitempty"` // dollars
	WouldKnown bool    `json:"would_known,omitempty"`

	// Likewise, had its cache held nothing of the prompt, and all of it; for requests of a session that had a choice.
	Cold float64 `json:"cold,omitempty"` // dollars
	Warm float64 `json:"warm,omitempty"` // dollars
}

// Excluded is one deployment that could have served the model but was left out, and why.
type Excluded struct {
	Deployment string    `json:"deployment"`
	Account    string    `json:"account"`
	Reason     string    `json:"reason"`
	Until      time.Time `json:"until,omitzero"` // when it may be chosen again
}
