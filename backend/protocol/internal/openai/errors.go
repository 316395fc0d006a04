// Package openai is the ground that OpenAI's three protocols share: the shape of errors, of usage figures, and the
// envelopes in which relays hide errors under status 200.
package openai

import (
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
)

// shape is how OpenAI says a kind of error.
type shape struct {
	status int
	kind   string // "type"
	code   string // "code"; empty: the upstream's own where the client is at fault, else null
	says   string // the message where there is none
}

// shapes follows https://platform.openai.com/docs/guides/error-codes and what the official SDK's classes are chosen
// by, which is the status alone (openai-node, core/error). 5xx and 429 make it try again, twice, on its own.
var shapes = map[protocol.Kind]shape{
	protocol.BadRequest:     {400, "invalid_request_error", "", "The request is not valid."},
	protocol.ContextTooLong: {400, "invalid_request_error", "context_length_exceeded", "The prompt does not fit this model's context."},
	protocol.ContentPolicy:  {400, "invalid_request_error", "content_policy_violation", "The request was refused for its content."},
	protocol.TooLarge:       {413, "invalid_request_error", "request_too_large", "The request is too large."},
	protocol.KeyRefused:     {401, "authentication_error", "invalid_api_key", "The provider refused the account's key."},
	protocol.Unauthorized:   {401, "authentication_error", "invalid_api_key", "The local key is missing or wrong."},
	protocol.Forbidden:      {403, "permission_error", "", "The provider does not allow this."},
	protocol.OutOfMoney:     {429, "insufficient_quota", "insufficient_quota", "The account has no money or quota left."},
	protocol.ModelNotFound:  {404, "invalid_request_error", "model_not_found", "The model does not exist."},
	protocol.NotFound:       {404, "invalid_request_error", "", "There is nothing here."},
	protocol.RateLimited:    {429, "rate_limit_error", "rate_limit_exceeded", "Too many requests; try again later."},
	protocol.Overloaded:     {503, "server_error", "overloaded", "The provider is overloaded; try again later."},
	protocol.ServerError:    {500, "server_error", "server_error", "The provider failed."},
	protocol.Timeout:        {504, "server_error", "timeout", "The provider did not answer in time."},
	protocol.Network:        {502, "server_error", "bad_gateway", "The provider could not be reached."},
	protocol.Wall:           {502, "server_error", "bad_gateway", "A web page answered in place of the provider."},
	protocol.BadReply:       {502, "server_error", "bad_gateway", "The provider's answer could not be read."},
	protocol.Unsupported:    {400, "invalid_request_error", "unsupported", "Nothing here can serve this request."},
	protocol.Unavailable:    {503, "server_error", "unavailable", "Metapi cannot serve this now."},
}

// Fault is the inner object of OpenAI's errors. Param and Code are null where there is none.
type Fault struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

// Describe says e as OpenAI would: the status and the inner object.
func Describe(e *protocol.Error) (int, Fault) {
	s, ok := shapes[e.Kind]
	if !ok {
		s = shapes[protocol.ServerError]
	}
	status, code := s.status, s.code
	if code == "" && e.ClientFault() && !strings.HasSuffix(e.Code, "_error") { // that would be a type
		code = e.Code // the SDKs' users test for it
	}
	switch {
	case e.Kind == protocol.BadRequest && (e.Status == 409 || e.Status == 422):
		status = e.Status // classes of their own in the SDKs
	case e.Kind == protocol.Unsupported && e.Status == 404:
		status = 404
	}
	f := Fault{Message: e.Message, Type: s.kind}
	if f.Message == "" {
		f.Message = s.says
	}
	if code != "" {
		f.Code = &code
	}
	if param := e.Param; param != "" {
		f.Param = &param
	} else if e.Kind == protocol.ModelNotFound {
		param = "model"
		f.Param = &param
	}
	return status, f
}

// Error writes e as {"error": {message, type, param, code}}.
func Error(e *protocol.Error) (int, []byte) {
	status, f := Describe(e)
	return status, Marshal(map[string]any{"error": f})
}

// StreamError writes e as a data line of its own: the SDKs raise an APIError for any data with a truthy error.
// No [DONE] follows, so a client that ignores it misses the end.
func StreamError(e *protocol.Error) []byte {
	_, body := Error(e)
	return Line("", body)
}

// Line writes one event; name may be empty.
func Line(name string, data []byte) []byte {
	var b []byte
	if name != "" {
		b = append(append(append(b, "event: "...), name...), '\n')
	}
	return append(append(append(b, "data: "...), data...), "\n\n"...)
}

// KeepAlive is a comment, which the standard and every SDK read over.
func KeepAlive() []byte { return []byte(": keep-alive\n\n") }

// Marshal writes v, which is made of strings and numbers only, and so cannot fail.
func Marshal(v any) []byte {
	b, _ := json.Marshal(v)
	return b
}
