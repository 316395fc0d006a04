package routing

import (
	"cmp"
	"sort"
	"time"

	"metapi/backend/catalog"
	"metapi/backend/catalog/scores"
	"metapi/backend/protocol"
	"metapi/backend/routing/live"
)

// Snapshot is all that a decision depends on and that does not move: published behind one pointer, never changed.
type Snapshot struct {
	Mode        Mode
	Accounts    []Account      // in the user's order
	Deployments []Deployment   // by account
	Names       *catalog.Index // resolves a model's name to indices into Deployments
	Rules       *Rules         // nil: none
	Worth       *Worth         // nil: the usual
}

// Worths is what things are worth to the user.
func (s *Snapshot) Worths() *Worth { return cmp.Or(s.Worth, &Usual) }

// Of returns the deployments of the account at a place in Accounts.
func (s *Snapshot) Of(place int) []Deployment {
	from := sort.Search(len(s.Deployments), func(i int) bool { return s.Deployments[i].Order >= place })
	to := sort.Search(len(s.Deployments), func(i int) bool { return s.Deployments[i].Order > place })
	return s.Deployments[from:to]
}

// Account is what routing knows of an account.
type Account struct {
	ID       string
	Slug     string
	Provider string
	Pool     string  // those of one stand together in Accounts, and share their place in failover; "": none
	Host     string  // host:port, the only one its key goes to
	Blocked  string  // why it cannot be used now (paused, its key cannot be read), or ""
	Limits   *Limits // how much of it may be used, and when; nil: all, always
}

// Filed are the protocols of what an account keeps for no model of its own: files and batches.
var Filed = protocol.SetOf(protocol.OpenAIFiles, protocol.OpenAIBatches)

// Deployment is one model offered by one account; one without a name stands for what the account keeps: see [Filed].
type Deployment struct {
	ID        string // opaque and stable: may be shown to clients
	Account   *Account
	Order     int    // index of its account
	Upstream  string // the model name to send
	Model     string // canonical id
	Display   string // its name for people
	Created   time.Time
	Protocols protocol.Set
	Counts    protocol.Set    // those of them in which a prompt's tokens can be counted, free of charge
	Price     *catalog.Price  // nil where unknown
	AtMaker   *catalog.Price  // what the model costs at who makes it: see [AtVendor]; nil where unknown
	Reasons   bool            // it may think for long before the first token
	Described bool            // Reasons is known
	Quirks    map[string]bool // how its provider differs from the protocol it speaks: see conversation.Target
	Context   int64           // tokens; 0 where unknown
	MaxOutput int64           // tokens; 0 where unknown
	Live      *live.Deployment
	Scored    *scores.Score // what is known of the model's answers; nil: nothing
	Opinion   *live.Opinion // what the user thinks of them; nil: nothing
}

// Caching is how the deployment's cache is billed at a moment.
func (d *Deployment) Caching(at time.Time) live.Caching {
	if d.Price == nil {
		return live.NoCache
	}
	switch t := d.Price.Holding(at); {
	case t.CacheWrite.Known:
		return live.Asked
	case t.CacheRead.Known:
		return live.Automatic
	}
	return live.NoCache
}

// Request is what a decision looks at. It holds no prompt, though rules may ask for a part of it.
type Request struct {
	ID        string // seeds what is drawn at random, so that a decision can be repeated
	Model     string // as the client named it; "" where the operation has none
	Mode      Mode   // that the client asks for; "": the one in force. One after the model's name counts before it
	Usual     Mode   // that the user has set for the client, in place of the one in force; "": none
	Protocol  protocol.Protocol
	Operation protocol.Operation
	Translate protocol.Set // other protocols that the request can be put into, and its reply from; none where it leans on an account's state
	Pin       Pin
	Pinned    string // the id of the only account that the user lets the client's requests go to; "": any
	At        time.Time

	Client   string // its name
	Session  string // "" where that is not known
	Features Features
	Bytes    int64 // of the body
	Stream   bool  // a stream is asked for

	// What costs something to know, and is asked for by rules and modes that want it; nil: nothing is known.
	Tokens func() int               // of the prompt, estimated for the model that was asked for
	Text   func() string            // the last message of the user, and the first 2 KB
	Header func(name string) string // but for those that hold keys
	Weigh  func(*Deployment) Weight
	Warm   func(*Deployment) int64 // tokens of the session's prompt that its cache is likely to hold: no prompt is read for that
	Domain func() scores.Domain    // what kind of answer is asked for

	worth *Worth // of the snapshot
}

// Pin ties a request to one account, because the request leans on state that lives there.
type Pin struct {
	Account string // account id; "" with Only set: the first in the user's order
	Only    bool   // no other account may be tried
}

// Decision is the outcome: who may serve, best first, and who may not, with reasons.
type Decision struct {
	Mode       Mode
	Nearer     bool     // the mode is not the one in force: the request, a rule or the model asks for it
	Model      string   // canonical; "" where the operation has none
	Rules      []string // that held, by name
	Set        Set      // of the request's parameters, by them
	Candidates []Candidate
	Excluded   []Excluded
	Soonest    time.Time // when the first of the cooling may be tried again; zero where none is cooling
}
