package gateway

import (
	"net/http"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// Capture keeps what clients and models say to each other, for clients that the user has named.
type Capture interface {
	// On reports whether what a client says is kept. It takes no lock and allocates nothing.
	On(client string) bool
	// Keep takes over what was said in a request that has ended. It does not wait.
	Keep(*routing.Said)
}

type noCapture struct{}

func (noCapture) On(string) bool     { return false }
func (noCapture) Keep(*routing.Said) {}

// mostHeard bounds what is held of a reply until it is kept: a stream is ten times as large as what it says.
const mostHeard = 4 << 20

// listenIn has what is said kept, where the user wants that. What is not text is never kept.
func (x *exchange) listenIn() {
	if !x.g.Capture.On(x.rec.Client) {
		return
	}
	switch x.ep.operation {
	case protocol.Generate, protocol.Complete, protocol.Compact:
		x.said = &routing.Said{ID: x.rec.ID, Client: x.rec.Client, Start: x.rec.Start, Protocol: x.ep.protocol, Request: x.body}
		x.w = &overhearing{x.w, x.said}
	}
}

// overhearing notes what is written to a client.
type overhearing struct {
	http.ResponseWriter
	said *routing.Said
}

func (o *overhearing) Write(p []byte) (int, error) {
	n, err := o.ResponseWriter.Write(p)
	o.said.ReplySize += int64(n)
	if room := mostHeard - len(o.said.Reply); room > 0 {
		o.said.Reply = append(o.said.Reply, p[:min(n, room)]...)
	}
	return n, err
}

// Unwrap is for http.ResponseController.
func (o *overhearing) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// heardAll hands over what was said.
func (x *exchange) heardAll() {
	if x.said != nil {
		x.streamOpen() // no keep-alive adds to it any more
		x.said.Stream = x.stream
		x.g.Capture.Keep(x.said)
	}
}
