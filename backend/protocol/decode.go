package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// DecodeError reads an upstream's refusal, in whatever shape it came: OpenAI's, Anthropic's and Google's
// envelopes (also in arrays, and as JSON within a message), FastAPI's detail, MiniMax's base_resp, the relays'
// {code, msg} and success:false, an HTML page, plain text. Use it for replies with an error status, and for error
// envelopes met under status 200 or within a stream (header nil).
//
// What the text says beats the status where it is decisive, since relays answer an empty purse with any of 400,
// 402, 403 and 429. Message is the upstream's own, cleaned by [Clean]; now is what dates are measured from.
//
// Secrets are what the upstream may quote of the call, whatever it looks like: they are taken out with [Redact]
// before anything is cut, since half a key is no longer known for one. Code and Param are told only where they hold
// nothing that would have to be taken out.
func DecodeError(status int, header http.Header, body []byte, now time.Time, secrets ...string) *Error {
	body = Redact(body, long(secrets)...)
	e := &Error{Status: status, RetryAfter: RetryAfter(header, body, now)}
	if IsHTML(header, body) {
		e.Kind, e.Message = htmlKind(status, body), htmlMessage(Redact(body, secrets...))
		return e
	}
	var f findings
	f.text(string(bytes.TrimSpace(body[:min(len(body), maxBody)])), 0)
	if (status == 0 || status < 300) && f.status != 0 {
		e.Status = f.status
	}
	e.Kind = f.kind(e.Status)
	e.Code, e.Param = bound(harmless(f.bestCode(), secrets), 64), bound(harmless(f.param, secrets), 128)
	if e.Message = Clean(string(Redact([]byte(f.message), secrets...))); e.Message == "" {
		e.Message = "the upstream gave no reason"
		if t := http.StatusText(e.Status); t != "" {
			e.Message = fmt.Sprintf("the upstream answered %d %s and gave no reason", e.Status, t)
		}
	}
	return e
}

// harmless returns s if nothing would have to be taken out of it, else "".
func harmless(s string, secrets []string) string {
	if strings.Contains(s, redacted) || Clean(s) != s || string(Redact([]byte(s), secrets...)) != s {
		return ""
	}
	return s
}

// maxBody bounds what is read of an error body; the longest that vendors send (Google's details) are about 4 KB.
const maxBody = 64 << 10

// maxText bounds what the tables and expressions look at: error bodies come from outside, and may be anything.
const maxText = 4 << 10

func head(s string) string { return s[:min(len(s), maxText)] }

// findings is what an error body says, wherever in it that was said.
type findings struct {
	message string
	codes   []string // codes, types, status words and reasons: the innermost last
	hints   []string // further text to judge by, not to show
	param   string
	status  int  // an HTTP status named in the body
	google  bool // Google's envelope
	json    bool
}

// text takes in a text that may be JSON, or hold JSON after some words ("429 Too Many Requests: {...}").
func (f *findings) text(s string, level int) {
	if level > 4 || s == "" {
		return
	}
	if at := opening(s); at >= 0 {
		var v any
		d := json.NewDecoder(strings.NewReader(s[at:]))
		d.UseNumber()
		if d.Decode(&v) == nil {
			inner := findings{}
			inner.value(v, level+1)
			if inner.message != "" || len(inner.codes) > 0 {
				f.json = true
				f.codes = append(f.codes, inner.codes...)
				f.hints = append(append(f.hints, inner.hints...), s[:at])
				f.status, f.google = max(f.status, inner.status), f.google || inner.google
				f.param = first(f.param, inner.param)
				f.message = first(inner.message, f.message)
				return
			}
			if at == 0 {
				f.json = true
				return
			}
		}
	}
	f.message = s
}

// opening is where JSON may begin in s, or -1. What [Redact] put there looks like an array, and is none.
func opening(s string) int {
	for from := 0; ; from += len(redacted) {
		at := strings.IndexAny(s[from:], "{[")
		if at < 0 {
			return -1
		}
		if from += at; !strings.HasPrefix(s[from:], redacted) {
			return from
		}
	}
}

// value takes in a decoded JSON value.
func (f *findings) value(v any, level int) {
	switch v := v.(type) {
	case string:
		f.text(v, level)
	case []any:
		for _, el := range v {
			if f.message == "" {
				f.value(el, level)
			}
		}
	case map[string]any:
		if level <= 8 {
			f.object(v, level)
		}
	}
}

func (f *findings) object(m map[string]any, level int) {
	// Outer members first, so that what an inner envelope says comes last and wins.
	for _, name := range []string{"message", "msg", "error_msg", "error_message", "errmsg", "status_msg", "title", "error_description"} {
		if s, ok := m[name].(string); ok && s != "" && f.message == "" {
			f.text(s, level)
		}
	}
	for _, name := range []string{"type", "status", "code", "error_code", "errcode", "reason"} {
		f.code(m[name])
	}
	if code, ok := m["status_code"].(json.Number); ok { // MiniMax
		f.codes = append(f.codes, "status_code:"+code.String())
	}
	if s, ok := m["status"].(string); ok && strings.ToUpper(s) == s && m["code"] != nil {
		f.google = true
	}
	if s, ok := m["param"].(string); ok {
		f.param = s
	}
	if loc, ok := m["loc"].([]any); ok { // FastAPI: ["body", "messages", 0]: the last that is a name
		for _, el := range loc {
			if name, ok := el.(string); ok {
				f.param = name
			}
		}
	}
	for _, name := range []string{"quotaId", "quotaMetric", "retryDelay"} { // Google's details
		if s, ok := m[name].(string); ok {
			f.hints = append(f.hints, s)
		}
	}
	for _, name := range []string{"details", "violations", "metadata"} {
		inner := findings{}
		switch name {
		case "metadata": // OpenRouter: what the provider behind it said
			if meta, ok := m[name].(map[string]any); ok {
				inner.value(meta["raw"], level+1)
			}
		default:
			if list, ok := m[name].([]any); ok {
				for _, el := range list {
					inner.value(el, level+1)
					f.hints = append(f.hints, inner.message)
					inner.message = ""
				}
			}
		}
		f.codes = append(f.codes, inner.codes...)
		f.hints = append(append(f.hints, inner.hints...), inner.message)
	}
	for _, name := range []string{"response", "message", "detail", "base_resp", "errors", "error", "data"} {
		inner := findings{}
		if _, words := m[name].(string); words && name == "message" {
			continue // read above
		}
		inner.value(m[name], level+1)
		if name == "data" && len(inner.codes) == 0 {
			continue // a payload, not an envelope
		}
		f.codes = append(f.codes, inner.codes...)
		f.hints = append(f.hints, inner.hints...)
		f.status, f.google = max(f.status, inner.status), f.google || inner.google
		f.param = first(inner.param, f.param)
		f.message = first(inner.message, f.message)
	}
}

func (f *findings) code(v any) {
	switch v := v.(type) {
	case string:
		if v == "" || v == "error" {
			return
		}
		if n, err := strconv.Atoi(v); err == nil && n >= 400 && n < 600 {
			f.status = n
			return
		}
		f.codes = append(f.codes, v)
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil && n >= 400 && n < 600 {
			f.status = n
		} else if err == nil && n != 0 {
			f.codes = append(f.codes, v.String())
		}
	}
}

// bestCode is the code most worth showing: the last that [strongCodes] knows, else the last.
func (f *findings) bestCode() string {
	for i := len(f.codes) - 1; i >= 0; i-- {
		if _, ok := strongCodes[strings.ToLower(f.codes[i])]; ok {
			return f.codes[i]
		}
	}
	if n := len(f.codes); n > 0 {
		return f.codes[n-1]
	}
	return ""
}

// kind judges: by a code that means one thing only, by the text, by a broader code, by the status.
func (f *findings) kind(status int) Kind {
	all := strings.ToLower(head(f.message) + "\n" + head(strings.Join(f.hints, "\n")))
	if f.google && status == http.StatusTooManyRequests {
		// Google says "check your plan and billing details" for a limit per minute too; only a purse that is
		// really empty comes without a time to retry.
		if !strings.Contains(all, "perminute") && !strings.Contains(all, "perday") && !strings.Contains(all, "retry in") &&
			(strings.Contains(all, "credits are depleted") || strings.Contains(all, "prepayment")) {
			return OutOfMoney
		}
		return RateLimited
	}
	for i := len(f.codes) - 1; i >= 0; i-- {
		if k, ok := strongCodes[strings.ToLower(f.codes[i])]; ok {
			return k
		}
	}
	for _, r := range textRules {
		if r.when != nil && !r.when(status) {
			continue
		}
		if r.match(all) {
			return r.kind
		}
	}
	for i := len(f.codes) - 1; i >= 0; i-- {
		if k, ok := weakCodes[strings.ToLower(f.codes[i])]; ok {
			return k
		}
		if lower := strings.ToLower(f.codes[i]); strings.HasPrefix(lower, "throttling") || strings.HasPrefix(lower, "ratelimit") {
			return RateLimited
		}
	}
	return f.byStatus(status)
}

func (f *findings) byStatus(status int) Kind {
	if status == http.StatusNotFound && !f.json {
		return Unsupported // a bare 404 is a path that this upstream does not have
	}
	switch status {
	case 401:
		return KeyRefused
	case 402:
		return OutOfMoney
	case 403, 451:
		return Forbidden
	case 404, 410:
		return NotFound
	case 405, 501:
		return Unsupported
	case 407, 511: // of something on the way
		return Wall
	case 408, 504, 524:
		return Timeout
	case 413:
		return TooLarge
	case 429:
		return RateLimited
	case 503, 529:
		return Overloaded
	}
	switch {
	case status >= 300 && status < 400:
		return Wall // redirects are never followed with a credential
	case status >= 400 && status < 430:
		return BadRequest
	case status < 300 && contains(f.codes, "invalid_request_error", "invalid_argument", "failed_precondition"):
		return BadRequest
	}
	return ServerError
}

func contains(codes []string, words ...string) bool {
	for _, c := range codes {
		for _, w := range words {
			if strings.EqualFold(c, w) {
				return true
			}
		}
	}
	return false
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// IsHTML reports whether a reply is a web page: by its first characters, or by its Content-Type unless the body is JSON
// after all (relays mislabel).
func IsHTML(header http.Header, body []byte) bool {
	b := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	begins := bytes.ToLower(b[:min(len(b), 64)])
	for _, start := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<!--", "<center", "<title"} {
		if bytes.HasPrefix(begins, []byte(start)) {
			return true
		}
	}
	return strings.HasPrefix(strings.ToLower(header.Get("Content-Type")), "text/html") && !bytes.HasPrefix(begins, []byte("{")) &&
		!bytes.HasPrefix(begins, []byte("["))
}

var (
	title        = regexp.MustCompile(`(?is)<title[^>]*>\s*([^<]{1,200})`)
	markup       = regexp.MustCompile(`(?is)<script.*?</script>|<style.*?</style>|<[^>]*>`)
	authRequired = regexp.MustCompile(`(?i)<title>\s*401 (authorization required|unauthorized)`)
	antiBots     = regexp.MustCompile(`(?i)just a moment|cf-chl|challenge-platform|turnstile|acw_sc__v2|attention required|captcha`)
)

// htmlKind: a proxy's own error page means what its status says; any other page is a wall.
func htmlKind(status int, body []byte) Kind {
	if status == http.StatusNetworkAuthenticationRequired || antiBots.Match(body[:min(len(body), 4*maxText)]) {
		return Wall
	}
	switch status {
	case 413, 429, 503, 504, 524, 529:
		return (&findings{}).byStatus(status)
	case 401: // a server's own page, as Perplexity's; a portal that wants a sign-in has a page of its own
		if authRequired.Match(body[:min(len(body), maxText)]) {
			return KeyRefused
		}
	}
	if status >= 500 {
		return ServerError
	}
	return Wall
}

func htmlMessage(body []byte) string {
	const plain = "a web page came where an API answer should be"
	page, what := body[:min(len(body), maxText)], ""
	if m := title.FindSubmatch(page); m != nil {
		what = string(m[1])
	} else {
		what = string(markup.ReplaceAll(page, []byte(" ")))
	}
	if what = bound(Clean(what), 120); what != "" {
		return plain + `: "` + what + `"`
	}
	return plain
}
