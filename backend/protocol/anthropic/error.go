package anthropic

import (
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
)

// shapes is how Anthropic says each kind: the status, which the SDK chooses its class by, and the type, which it
// gives in APIError.type (ErrorType in the types of @anthropic-ai/sdk).
var shapes = map[protocol.Kind]struct {
	status int
	kind   string
	says   string
}{
	protocol.BadRequest:     {400, "invalid_request_error", "The request is not valid."},
	protocol.ContextTooLong: {400, "invalid_request_error", "prompt is too long"},
	protocol.ContentPolicy:  {400, "invalid_request_error", "The request was refused for its content."},
	protocol.TooLarge:       {413, "request_too_large", "The request is too large."},
	protocol.KeyRefused:     {401, "authentication_error", "The provider refused the account's key."},
	protocol.Unauthorized:   {401, "authentication_error", "The local key is missing or wrong."},
	protocol.Forbidden:      {403, "permission_error", "The provider does not allow this."},
	protocol.OutOfMoney:     {402, "billing_error", "The account has no money or quota left."},
	protocol.ModelNotFound:  {404, "not_found_error", "The model does not exist."},
	protocol.NotFound:       {404, "not_found_error", "There is nothing here."},
	protocol.RateLimited:    {429, "rate_limit_error", "Too many requests; try again later."},
	protocol.Overloaded:     {529, "overloaded_error", "The provider is overloaded; try again later."},
	protocol.ServerError:    {500, "api_error", "The provider failed."},
	protocol.Timeout:        {504, "timeout_error", "The provider did not answer in time."},
	protocol.Network:        {502, "api_error", "The provider could not be reached."},
	protocol.Wall:           {502, "api_error", "A web page answered in place of the provider."},
	protocol.BadReply:       {502, "api_error", "The provider's answer could not be read."},
	protocol.Unsupported:    {400, "invalid_request_error", "Nothing here can serve this request."},
	protocol.Unavailable:    {503, "api_error", "Metapi cannot serve this now."},
}

type envelope struct {
	Type  string `json:"type"`
	Error fault  `json:"error"`
}

type fault struct {
	Type    string   `json:"type"`
	Message string   `json:"message"`
	Details *details `json:"details,omitempty"`
}

// details say what the SDK can mend by itself.
type details struct {
	ErrorCode string `json:"error_code"`
}

// Codes of details, from the error classes of @anthropic-ai/sdk.
const (
	threadUnsupported = "thread_unsupported_request"
	threadNotFound    = "thread_not_found"
)

// Error writes e as {"type": "error", "error": {type, message}}.
func (Dialect) Error(e *protocol.Error) (int, []byte) {
	s, ok := shapes[e.Kind]
	if !ok {
		s = shapes[protocol.ServerError]
	}
	switch {
	case e.Kind == protocol.BadRequest && (e.Status == 409 || e.Status == 422):
		s.status = e.Status
	case e.Kind == protocol.Unsupported && e.Status == 404:
		s.status, s.kind = 404, "not_found_error"
	}
	switch {
	case e.Message == "":
	case e.Kind == protocol.ContextTooLong && !strings.Contains(strings.ToLower(e.Message), s.says):
		s.says += ": " + e.Message // there is no type for it: clients know it by these words, and make the conversation shorter
	default:
		s.says = e.Message
	}
	f := fault{Type: s.kind, Message: s.says}
	if e.Code == threadUnsupported || e.Code == threadNotFound {
		f.Details = &details{e.Code}
	}
	body, _ := json.Marshal(envelope{"error", f}) // strings only: cannot fail
	return s.status, body
}

// StreamError writes e as the event "error".
func (d Dialect) StreamError(e *protocol.Error) []byte {
	_, body := d.Error(e)
	return append(append([]byte("event: error\ndata: "), body...), "\n\n"...)
}

// KeepAlive is a ping, which Anthropic sends itself and every client reads over, also before message_start.
func (Dialect) KeepAlive() []byte { return []byte("event: ping\ndata: {\"type\": \"ping\"}\n\n") }
