package gateway

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// timing says how long anyone is waited for.
type timing struct {
	// firstEvent is how long an attempt at a stream may take to its first meaningful event while another deployment
	// could take over: headers, pings and empty chunks do not stop this clock, so that a trickle does not pass for an
	// answer.
	firstEvent time.Duration
	// last is the limit where nobody could take over: there, waiting is the only thing left to do.
	last time.Duration
	// idle is how long a stream may be silent once it has begun.
	idle time.Duration
	// keepAlive is how long a client hears nothing before it is sent a comment or ping.
	keepAlive time.Duration
	// count is how long a count of tokens may take, whoever is asked: clients count before each turn, and an estimate is at hand.
	count time.Duration
}

func newTiming(firstEvent time.Duration) timing {
	if firstEvent == 0 {
		firstEvent = 30 * time.Second
	}
	return timing{firstEvent: firstEvent, last: 10 * time.Minute, idle: 5 * time.Minute, keepAlive: 15 * time.Second, count: 2 * time.Second}
}

// perToken is how long a token of a whole reply may take: twenty a second, slower than any vendor's slowest model.
const perToken = 50 * time.Millisecond

// limit for one attempt. Models that reason may take four times as long to begin. A whole reply comes all at once, so
// that it may take as long as the tokens which the client allows, or twice as long as a stream where it sets no limit.
func (t timing) limit(d *routing.Deployment, stream, more bool, maxOutput int64) time.Duration {
	limit := t.firstEvent
	if d.Reasons {
		limit *= 4
	}
	switch {
	case stream:
	case maxOutput > 0:
		limit += time.Duration(min(maxOutput, 1e6)) * perToken
	default:
		limit *= 2
	}
	if most := max(t.last, t.firstEvent); limit > most || !more {
		return most
	}
	return limit
}

// watchdog ends an attempt that makes its reader wait too long, by cancelling its context with a *[protocol.Error].
type watchdog struct {
	context.Context
	cancel context.CancelCauseFunc
	alarm  *alarm
	blame  atomic.Pointer[protocol.Error]
}

var (
	errSlow    = &protocol.Error{Kind: protocol.Timeout, Message: "the upstream did not answer in time"}
	errStalled = &protocol.Error{Kind: protocol.Timeout, Message: "the upstream's stream fell silent"}
)

func (g *Gateway) watch(parent context.Context, limit time.Duration) *watchdog {
	w := &watchdog{}
	w.Context, w.cancel = context.WithCancelCause(parent)
	w.blame.Store(errSlow)
	w.alarm = g.alarms.add(func() { w.cancel(w.blame.Load()) })
	w.alarm.set(limit)
	return w
}

// idleAfter replaces the limit on the whole attempt by one on silence; each call starts it afresh.
func (w *watchdog) idleAfter(limit time.Duration) {
	if w.blame.Load() != errStalled {
		w.blame.Store(errStalled)
	}
	w.alarm.set(limit)
}

// rest stops the clock while the client, not the upstream, is waited for.
func (w *watchdog) rest() { w.alarm.off() }

// stop frees what the attempt holds.
func (w *watchdog) stop() {
	w.alarm.remove()
	w.cancel(context.Canceled)
}

// verdict turns an error of transport or body into the one that is meant: our own time-out or shutdown, else a fault of
// the network. The second result reports that the client went away.
func (w *watchdog) verdict(err error) (*protocol.Error, bool) {
	var mine *protocol.Error
	if cause := context.Cause(w.Context); errors.As(cause, &mine) {
		return mine, false
	} else if cause != nil {
		return nil, true
	}
	return networkError(err), false
}
