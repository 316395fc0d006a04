package imitation

import (
	"fmt"
	"net/http"
)

// vendorError is a refusal before it takes its vendor's shape.
type vendorError struct {
	status  int
	typ     string // OpenAI and Anthropic "type"; Gemini "status"
	message string
	param   string // OpenAI
	code    string // OpenAI
	details []any  // Gemini; Anthropic has one, with an error_code
}

// usual is the error that a vendor sends with a status when nothing more is known.
func (v *Vendor) usual(status int) vendorError { return usualErrors[v.Kind](status) }

var usualErrors = map[Kind]func(int) vendorError{
	// platform.openai.com/docs/guides/error-codes
	OpenAI: func(status int) vendorError {
		switch status {
		case 401:
			return vendorError{401, "invalid_request_error", "Incorrect API key provided. You can find your API key at " +
				"https://platform.openai.com/account/api-keys.", "", "invalid_api_key", nil}
		case 402:
			return vendorError{402, "insufficient_quota", "Insufficient Balance", "", "insufficient_balance", nil}
		case 403:
			return vendorError{403, "request_forbidden", "Country, region, or territory not supported", "",
				"unsupported_country_region_territory", nil}
		case 404:
			return vendorError{404, "invalid_request_error",
				"The model does not exist or you do not have access to it.", "", "model_not_found", nil}
		case 413:
			return vendorError{413, "invalid_request_error", "Request body too large.", "", "request_too_large", nil}
		case 429:
			return vendorError{429, "requests", "Rate limit reached for requests per min (RPM): Limit 500, Used 500, " +
				"Requested 1.", "", "rate_limit_exceeded", nil}
		case 503:
			return vendorError{503, "service_unavailable_error", "The engine is currently overloaded, please try again later",
				"", "", nil}
		case 529:
			return vendorError{529, "server_error", "The service is overloaded", "", "overloaded", nil}
		}
		return vendorError{status, "server_error", "The server had an error while processing your request. Sorry about that!",
			"", "", nil}
	},
	// the error types are in @anthropic-ai/sdk, resources/shared.d.ts; the words are the service's
	Anthropic: func(status int) vendorError {
		e := vendorError{status: status}
		switch status {
		case 401:
			e.typ, e.message = "authentication_error", "invalid x-api-key"
		case 402:
			e.typ, e.message = "billing_error", "Your credit balance is too low to access the Anthropic API. "+
				"Please go to Plans & Billing to upgrade or purchase credits."
		case 403:
			e.typ, e.message = "permission_error", "Your API key does not have permission to use the specified resource."
		case 404:
			e.typ, e.message = "not_found_error", "model: unknown"
		case 413:
			e.typ, e.message = "request_too_large", "Request exceeds the maximum size"
		case 429:
			e.typ, e.message = "rate_limit_error", "This request would exceed your organization's rate limit of 50 requests "+
				"per minute."
		case 503, 529:
			e.typ, e.message = "overloaded_error", "Overloaded"
		default:
			e.typ, e.message = "api_error", "Internal server error"
		}
		return e
	},
	// google.rpc.Code names, and the words of ai.google.dev/gemini-api/docs/troubleshooting
	Gemini: func(status int) vendorError {
		e := vendorError{status: status}
		switch status {
		case 401:
			e.typ, e.message = "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access "+
				"token, login cookie or other valid authentication credential."
		case 402:
			e.typ, e.message = "FAILED_PRECONDITION", "Your prepayment credits are depleted."
		case 403:
			e.typ, e.message = "PERMISSION_DENIED", "Your API key doesn't have the required permissions."
		case 404:
			e.typ, e.message = "NOT_FOUND", "models/unknown is not found for API version v1beta, or is not supported for "+
				"generateContent. Call ListModels to see the list of available models and their supported methods."
		case 413:
			e.typ, e.message = "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."
		case 429:
			e.typ, e.message = "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."
		case 503, 529:
			e.typ, e.message = "UNAVAILABLE", "The model is overloaded. Please try again later."
		default:
			e.typ, e.message = "INTERNAL", "An internal error has occurred. Please retry or report in "+
				"https://developers.generativeai.google/guide/troubleshooting"
		}
		return e
	},
}

// noModel is each vendor's 404 of a model that it does not have.
func (v *Vendor) noModel(name string) vendorError {
	switch v.Kind {
	case Anthropic:
		return anthropicNoModel(name)
	case Gemini:
		return geminiNoModel(name, "generateContent")
	}
	return v.openAINoModel(name)
}

func (v *Vendor) tooLarge() vendorError { return v.usual(http.StatusRequestEntityTooLarge) }

// errorBody gives an error its vendor's shape.
func (v *Vendor) errorBody(e vendorError) obj {
	switch v.Kind {
	case Anthropic:
		inner := obj{"type": e.typ, "message": e.message}
		for _, d := range e.details {
			if has(d.(obj), "error_code") { // those of a fault may be Google's
				inner["details"] = d
			}
		}
		return obj{"type": "error", "error": inner, "request_id": newID("req_")}
	case Gemini:
		inner := obj{"code": e.status, "message": e.message, "status": e.typ}
		if len(e.details) > 0 {
			inner["details"] = e.details
		}
		return obj{"error": inner}
	}
	inner := obj{"message": e.message, "type": e.typ, "param": nilIfEmpty(e.param), "code": nilIfEmpty(e.code)}
	if len(e.details) > 0 {
		inner["details"] = e.details // as relays in front of Google pass it on
	}
	return obj{"error": inner}
}

func nilIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// fail answers with an error.
func (v *Vendor) fail(c *call, e vendorError) {
	if v.cfg.as != nil {
		v.answerAs(c, e)
		return
	}
	h := c.w.Header()
	h.Set("Content-Type", "application/json")
	body := v.errorBody(e)
	if id, given := body["request_id"].(string); given {
		h.Set("Request-Id", id)
	}
	text := encode(body)
	c.w.WriteHeader(e.status)
	c.status(e.status)
	_, _ = fmt.Fprintln(c.w, text)
}

// errorEvent is an error in a stream, in the shape of the call's operation; seq is its place.
func (c *call) errorEvent(seq int) event {
	if as := c.v.cfg.as; as != nil && as.Says[BreaksOff].Body != "" && c.seen.Op == OpChat {
		return event{data: as.fill(as.Says[BreaksOff].Body, c.v.peekModel(c.seen), "", "")}
	}
	e := c.within(http.StatusServiceUnavailable)
	switch c.seen.Op {
	case OpMessages:
		return event{name: "error", data: encode(obj{"type": "error", "error": obj{"type": e.typ, "message": e.message}})}
	case OpResponses, OpRetrieve:
		return event{name: "error", data: encode(obj{"type": "error", "code": nilIfEmpty(e.code), "message": e.message,
			"param": nil, "sequence_number": seq})}
	}
	return event{data: encode(c.v.errorBody(e))}
}
