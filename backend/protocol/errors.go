package protocol

import (
	"fmt"
	"time"
)

// Kind says what went wrong, whatever the upstream called it. Failover, health and the error shown to the
// client all follow from it.
type Kind string

const (
	BadRequest     Kind = "bad-request"      // the request itself is at fault; goes straight back
	ContextTooLong Kind = "context-too-long" // the prompt does not fit this model; goes straight back
	ContentPolicy  Kind = "content-policy"   // refused for what it says; goes straight back
	TooLarge       Kind = "too-large"        // 413
	KeyRefused     Kind = "key-refused"      // 401: the account's key is wrong, revoked or expired
	Forbidden      Kind = "forbidden"        // 403: the key may not do this
	OutOfMoney     Kind = "out-of-money"     // 402, or a quota or balance text under another status
	ModelNotFound  Kind = "model-not-found"  // 404 for the model, or "no channel for this model" at a relay
	NotFound       Kind = "not-found"        // 404 for anything else (a stored response, a path)
	RateLimited    Kind = "rate-limited"     // 429
	Overloaded     Kind = "overloaded"       // 503, 529
	ServerError    Kind = "server-error"     // any other 5xx
	Timeout        Kind = "timeout"          // no meaningful event in time, or a stall
	Network        Kind = "network"          // refused, reset, DNS, TLS, cut off
	Wall           Kind = "wall"             // an HTML page where an API answer should be (captive portal, anti-bot wall)
	BadReply       Kind = "bad-reply"        // an answer that cannot be read: empty, truncated, of the wrong type
	Unsupported    Kind = "unsupported"      // nothing here can serve it: a protocol without lane A, an endpoint
	Unauthorized   Kind = "unauthorized"     // the client's local key is missing or wrong: ours, never an upstream's
	Unavailable    Kind = "unavailable"      // ours: paused, shutting down, every candidate cooling
)

// nouns are the kinds that an account or deployment may cool for, as a person would say them after "after".
var nouns = map[Kind]string{
	KeyRefused: "a refused key", Forbidden: "a refusal", OutOfMoney: "an empty balance", ModelNotFound: "not finding the model",
	NotFound: "not finding the address", RateLimited: "a rate limit", Overloaded: "an overload", ServerError: "a server error",
	Timeout: "a time-out", Network: "a failed connection", Wall: "a web page in place of an answer", BadReply: "an answer that could not be read",
}

// Noun is the kind in words, as in "cooling after a rate limit".
func (k Kind) Noun() string {
	if n, ok := nouns[k]; ok {
		return n
	}
	return string(k)
}

// Error is the one internal error of the data plane. A dialect writes it in the client's native shape.
// Message must already be free of keys, URLs and account names.
type Error struct {
	Kind       Kind
	Status     int           // the upstream's HTTP status; 0 where there was none
	Code       string        // the vendor's own code or type, where it gave one
	Param      string        // the request field at fault, where it is known
	Message    string        // one sentence for the person reading it
	RetryAfter time.Duration // how long to wait; 0 where nothing is known
}

func (e *Error) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("%s (%d): %s", e.Kind, e.Status, e.Message)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Message)
}

// ClientFault reports whether the request is to blame: such an error goes straight back to the client, and
// does not count against the health of who answered it.
func (e *Error) ClientFault() bool {
	switch e.Kind {
	case BadRequest, ContextTooLong, ContentPolicy, TooLarge, NotFound:
		return true
	}
	return false
}
