package live

import (
	"time"

	"metapi/backend/protocol"
)

// Whom a failure concerns: an index into the healths of a [Pass].
const (
	atDeployment = iota
	atAccount
	atHost
)

type cooldown struct {
	scope     int
	base, max time.Duration // doubled with each failure in a row, up to max
}

// cooldowns says for each kind of failure whom it cools and for how long. Kinds that are absent (bad requests, the
// client's doing) cool nobody. Transient failures start short, so that a client's own retry finds the door open again;
// what a person must mend starts long, and ends at once when the account changes.
var cooldowns = map[protocol.Kind]cooldown{
	protocol.KeyRefused:    {atAccount, 10 * time.Minute, time.Hour},
	protocol.OutOfMoney:    {atAccount, 10 * time.Minute, time.Hour},
	protocol.Forbidden:     {atDeployment, 5 * time.Minute, time.Hour},
	protocol.ModelNotFound: {atDeployment, 15 * time.Minute, 6 * time.Hour},
	protocol.RateLimited:   {atDeployment, 5 * time.Second, 5 * time.Minute},
	protocol.Overloaded:    {atDeployment, 2 * time.Second, 2 * time.Minute},
	protocol.ServerError:   {atDeployment, time.Second, 2 * time.Minute},
	protocol.BadReply:      {atDeployment, time.Second, 2 * time.Minute},
	protocol.Timeout:       {atDeployment, 10 * time.Second, 5 * time.Minute},
	protocol.Network:       {atDeployment, time.Second, 30 * time.Second}, // at the host where it cannot be reached: [Pass.FailHost]
	protocol.Wall:          {atAccount, 5 * time.Second, 2 * time.Minute},
}

// lack is how long a deployment that answered as if it did not have an endpoint is not asked for it.
var lack = cooldown{atDeployment, 10 * time.Second, time.Hour}

// length of the n-th cooldown in a row: the upstream's own word where it gave one.
func (c cooldown) length(n int32, retryAfter time.Duration) time.Duration {
	if retryAfter > 0 {
		return min(retryAfter, protocol.LongestRetry)
	}
	return min(c.base<<min(n-1, 16), c.max)
}
