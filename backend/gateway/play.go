package gateway

import (
	"net/http"

	"metapi/backend/account"
)

// PlaygroundClient is the id of the client that the playground's requests are booked under. It has no local key: what comes by [Gateway.Play] is asked in
// this process, and at the door there is nothing to present.
const PlaygroundClient = "playground"

// PlaygroundName is its name for people.
const PlaygroundName = "Playground"

var player = account.Client{ID: PlaygroundClient, Name: PlaygroundName}

// Play serves a request of the playground, as one of a client would be: by the same way, with the same rules and budgets, booked in the same ledger.
func (g *Gateway) Play(w http.ResponseWriter, r *http.Request) {
	ep, e := findEndpoint(r)
	if e != nil {
		refuse(w, dialectOf(r), e)
		return
	}
	g.serve(w, r, ep, g.Snapshot(), &player)
}
