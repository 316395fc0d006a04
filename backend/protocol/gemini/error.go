package gemini

import (
	"encoding/json"
	"strconv"

	"metapi/backend/protocol"
)

// shapes is how Google says each kind: HTTP status and canonical code
// (https://ai.google.dev/gemini-api/docs/troubleshooting, google.rpc.Code).
var shapes = map[protocol.Kind]struct {
	status int
	word   string
	says   string
}{
	protocol.BadRequest:     {400, "INVALID_ARGUMENT", "The request is not valid."},
	protocol.ContextTooLong: {400, "INVALID_ARGUMENT", "The input token count exceeds the maximum number of tokens allowed."},
	protocol.ContentPolicy:  {400, "INVALID_ARGUMENT", "The request was refused for its content."},
	protocol.TooLarge:       {413, "INVALID_ARGUMENT", "The request is too large."},
	protocol.KeyRefused:     {401, "UNAUTHENTICATED", "The provider refused the account's key."},
	protocol.Unauthorized:   {401, "UNAUTHENTICATED", "The local key is missing or wrong."},
	protocol.Forbidden:      {403, "PERMISSION_DENIED", "The provider does not allow this."},
	protocol.OutOfMoney:     {429, "RESOURCE_EXHAUSTED", "The account has no money or quota left."},
	protocol.ModelNotFound:  {404, "NOT_FOUND", "The model does not exist."},
	protocol.NotFound:       {404, "NOT_FOUND", "There is nothing here."},
	protocol.RateLimited:    {429, "RESOURCE_EXHAUSTED", "Too many requests; try again later."},
	protocol.Overloaded:     {503, "UNAVAILABLE", "The model is overloaded; try again later."},
	protocol.ServerError:    {500, "INTERNAL", "The provider failed."},
	protocol.Timeout:        {504, "DEADLINE_EXCEEDED", "The provider did not answer in time."},
	protocol.Network:        {502, "UNAVAILABLE", "The provider could not be reached."},
	protocol.Wall:           {502, "UNAVAILABLE", "A web page answered in place of the provider."},
	protocol.BadReply:       {502, "INTERNAL", "The provider's answer could not be read."},
	// As Google: "models/x is not found …, or is not supported for generateContent".
	protocol.Unsupported: {404, "NOT_FOUND", "Nothing here can serve this request."},
	protocol.Unavailable: {503, "UNAVAILABLE", "Metapi cannot serve this now."},
}

type envelope struct {
	Error fault `json:"error"`
}

type fault struct {
	Code    int     `json:"code"`
	Message string  `json:"message"`
	Status  string  `json:"status"`
	Details []retry `json:"details,omitempty"`
}

// retry is google.rpc.RetryInfo, where Google's clients look for how long to wait.
type retry struct {
	Type  string `json:"@type"`
	Delay string `json:"retryDelay"`
}

// Error writes e as {"error": {code, message, status, details}}.
func (Dialect) Error(e *protocol.Error) (int, []byte) {
	s, ok := shapes[e.Kind]
	if !ok {
		s = shapes[protocol.ServerError]
	}
	if e.Message != "" {
		s.says = e.Message
	}
	f := fault{Code: s.status, Message: s.says, Status: s.word}
	if e.RetryAfter > 0 && !e.ClientFault() {
		delay := strconv.FormatFloat(e.RetryAfter.Seconds(), 'f', -1, 64) + "s"
		f.Details = []retry{{"type.googleapis.com/google.rpc.RetryInfo", delay}}
	}
	body, _ := json.Marshal(envelope{f}) // strings and numbers only: cannot fail
	return s.status, body
}

// StreamError writes e as a data line; the SDKs raise an ApiError for data with an error whose code is 400 to 599.
func (d Dialect) StreamError(e *protocol.Error) []byte {
	_, body := d.Error(e)
	return append(append([]byte("data: "), body...), "\n\n"...)
}

// KeepAlive is nil: Google sends nothing of the kind, and the clients that came before @google/genai refuse whatever does not begin with
// "data: ", comments and empty lines among it.
func (Dialect) KeepAlive() []byte { return nil }
