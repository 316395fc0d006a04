package routing

import (
	"time"

	"metapi/backend/protocol"
)

// Said is what a client and whoever served it said to each other in one request, secrets and all: it goes from the gateway to whoever masks and
// keeps it, and nowhere else.
type Said struct {
	ID, Client string
	Start      time.Time
	Protocol   protocol.Protocol // the client's
	Stream     bool              // Reply is one, unless the request was refused before it began
	Request    []byte
	Reply      []byte // the beginning of it
	ReplySize  int64
}
