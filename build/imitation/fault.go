package imitation

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FaultKind names one way of going wrong.
type FaultKind string

// Faults before an answer: the call is not looked at.
const (
	Refused        FaultKind = "refused"         // the listener is closed, until Clear or Accept
	ResetHeaders   FaultKind = "reset-headers"   // RST once the request is read
	HTMLWall       FaultKind = "html-wall"       // a page that wants a browser, as 200
	HTMLWall403    FaultKind = "html-wall-403"   // the same as 403
	ErrorIn200     FaultKind = "error-in-200"    // the vendor's own error body, as 200
	RelayErrorIn   FaultKind = "relay-error-200" // {"success":false,"message":...} as 200
	CodeErrorIn    FaultKind = "code-error-200"  // {"code":...,"msg":...} as 200
	StallHeaders   FaultKind = "stall-headers"   // nothing, for ever
	TrickleHeaders FaultKind = "trickle-headers" // a byte of header every 50 ms, for ever
	EmptyBody      FaultKind = "empty"           // 200 and nothing
	Status401      FaultKind = "401"
	Status402      FaultKind = "402"
	Status403      FaultKind = "403"
	Status404      FaultKind = "404" // model not found
	Status413      FaultKind = "413"
	Status429      FaultKind = "429" // see Fault.RetryAfter
	Quota429       FaultKind = "429-quota"
	Status500      FaultKind = "500"
	HTML502        FaultKind = "502-html"
	Status503      FaultKind = "503"
	Status529      FaultKind = "529"
	Redirect302    FaultKind = "302" // to another host, which looks for credentials: see Vendor.Trapped
	Redirect307    FaultKind = "307"
	Custom         FaultKind = "custom" // Fault.Status, Header and Body as given
)

// Faults within an answer: the call must be right, or it is refused as ever. Without a stream, each has the form that
// makes sense for one JSON body: an error becomes an error in a 200, a cut leaves half of the body.
const (
	StallBody     FaultKind = "stall-body"     // headers, then nothing
	StallStart    FaultKind = "stall-start"    // the role chunk or message_start, then nothing
	StallMid      FaultKind = "stall-mid"      // Fault.After meaningful events, then nothing
	TrickleEvents FaultKind = "trickle-events" // comments and pings every 50 ms, for ever
	ErrorFirst    FaultKind = "error-first"    // an error as the first event
	ErrorMid      FaultKind = "error-mid"      // Fault.After meaningful events, then an error
	ResetMid      FaultKind = "reset-mid"      // Fault.After meaningful events, then RST
	CutMid        FaultKind = "cut-mid"        // Fault.After meaningful events, then a clean end
	CutEnd        FaultKind = "cut-end"        // all text, no finish, a clean end
	TruncatedJSON FaultKind = "truncated-json" // the last event, or the body, stops in the middle
	NoDone        FaultKind = "no-done"        // finish, but no [DONE] or message_stop
	DupFinish     FaultKind = "dup-finish"     // finish twice
	Gzip          FaultKind = "gzip"           // compressed, whatever was asked for
)

var earlyFaults = []FaultKind{Refused, ResetHeaders, HTMLWall, HTMLWall403, ErrorIn200, RelayErrorIn, CodeErrorIn,
	StallHeaders, TrickleHeaders, EmptyBody, Status401, Status402, Status403, Status404, Status413, Status429, Quota429,
	Status500, HTML502, Status503, Status529, Redirect302, Redirect307, Custom}

var lateFaults = []FaultKind{StallBody, StallStart, StallMid, TrickleEvents, ErrorFirst, ErrorMid, ResetMid, CutMid,
	CutEnd, TruncatedJSON, NoDone, DupFinish, Gzip}

// FaultKinds lists every fault, in the order of the documentation.
func FaultKinds() []FaultKind { return append(slices.Clone(earlyFaults), lateFaults...) }

// RetryForm is how a 429 or 503 says when to come back.
type RetryForm string

// The forms.
const (
	RetryNone      RetryForm = ""
	RetrySeconds   RetryForm = "seconds"   // Retry-After: 20
	RetryDate      RetryForm = "date"      // Retry-After: an HTTP date
	RetryMS        RetryForm = "ms"        // retry-after-ms: 20000
	RetryReset     RetryForm = "reset"     // x-ratelimit-reset-requests: 20s, beside token limits that are not used up
	RetryAnthropic RetryForm = "anthropic" // anthropic-ratelimit-requests-reset: RFC 3339, beside token limits not used up
	RetryInfo      RetryForm = "info"      // google.rpc.RetryInfo in the body
	RetryText      RetryForm = "text"      // "Please try again in 20s." in the message
)

// RetryForms lists them all.
func RetryForms() []RetryForm {
	return []RetryForm{RetryNone, RetrySeconds, RetryDate, RetryMS, RetryReset, RetryAnthropic, RetryInfo, RetryText}
}

// Known refuses a Fault whose kind or retry form does not exist.
func (f Fault) Known() error {
	if !slices.Contains(FaultKinds(), f.Kind) {
		return fmt.Errorf("no fault is called %q; there are %v", f.Kind, FaultKinds())
	}
	if !slices.Contains(RetryForms(), f.RetryAfter) {
		return fmt.Errorf("no form of Retry-After is called %q; there are %q", f.RetryAfter, RetryForms())
	}
	return nil
}

// Always in Fault.Times keeps a fault until Clear.
const Always = -1

// Fault is one thing that goes wrong.
type Fault struct {
	Kind       FaultKind     `json:"kind"`
	On         Op            `json:"on,omitempty"`          // the operation it meets; "" is any but OpModels, OpAny is any
	Model      string        `json:"model,omitempty"`       // only calls of this model; "" is any
	Key        string        `json:"key,omitempty"`         // only calls of this account; "" is any
	Times      int           `json:"times,omitempty"`       // 0 is once
	After      int           `json:"after,omitempty"`       // meaningful events that go first; 0 is 2
	RetryAfter RetryForm     `json:"retry_after,omitempty"` // how a 429 or 503 says when
	Wait       time.Duration `json:"wait,omitempty"`        // what it says; 0 is 20 s
	Message    string        `json:"message,omitempty"`     // in place of the usual words
	Location   string        `json:"location,omitempty"`    // of a redirect; "" is the trap
	Status     int           `json:"status,omitempty"`      // of Custom; or which error it is that a 200 or a stream holds
	Header     http.Header   `json:"header,omitempty"`      // added to the answer of an early fault
	Body       string        `json:"body,omitempty"`        // of Custom
}

// Fault queues faults: each call meets the first one that fits it. Refused takes effect at once.
func (v *Vendor) Fault(faults ...Fault) {
	for _, f := range faults {
		if f.Kind == Refused {
			v.Refuse()
			continue
		}
		v.mu.Lock()
		v.faults = append(v.faults, f)
		v.mu.Unlock()
	}
}

// Clear ends all faults.
func (v *Vendor) Clear() error {
	v.mu.Lock()
	v.faults = nil
	v.mu.Unlock()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(v.URL, "http://"), time.Second)
	if err == nil {
		return conn.Close()
	}
	return v.Accept()
}

// takeFault wants v.mu.
func (v *Vendor) takeFault(s *Seen, model func() string) *Fault {
	for i := range v.faults {
		f := v.faults[i]
		if f.On == "" && s.Op == OpModels || f.On != "" && f.On != OpAny && f.On != s.Op {
			continue
		}
		if f.Key != "" && f.Key != s.Key || f.Model != "" && f.Model != model() {
			continue
		}
		if f.Times >= 0 {
			if v.faults[i].Times--; v.faults[i].Times <= 0 {
				v.faults = slices.Delete(v.faults, i, i+1)
			}
		}
		return &f
	}
	return nil
}

func (c *call) hasFault(k FaultKind) bool { return c.fault != nil && c.fault.Kind == k }

// peekModel reads the model's name for Fault.Model and for messages.
func (v *Vendor) peekModel(s *Seen) string {
	if v.Kind == Gemini {
		name, _, _ := strings.Cut(strings.TrimPrefix(s.Path, "/v1beta/models/"), ":")
		return name
	}
	var b struct {
		Model string `json:"model"`
	}
	_ = json.Unmarshal(s.Body, &b)
	return b.Model
}

const wallPage = `<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>` +
	`<meta http-equiv="refresh" content="390"></head><body><noscript>Enable JavaScript and cookies to continue</noscript>` +
	`<script>window._cf_chl_opt={cvId:'3'};</script></body></html>`

const badGatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>" +
	"</center>\r\n<hr><center>nginx/1.24.0</center>\r\n</body>\r\n</html>\r\n"

// failEarly answers a call by its fault, if that is one before the answer.
func (c *call) failEarly() bool {
	f := c.fault
	if f == nil || !slices.Contains(earlyFaults, f.Kind) {
		return false
	}
	for n, values := range f.Header {
		for _, value := range values {
			c.w.Header().Add(n, value)
		}
	}
	raw := func(status int, contentType, body string) {
		c.w.Header().Set("Content-Type", contentType)
		c.w.WriteHeader(status)
		c.status(status)
		_, _ = io.WriteString(c.w, body)
	}
	switch f.Kind {
	case ResetHeaders:
		c.reset()
	case HTMLWall:
		raw(200, "text/html; charset=UTF-8", wallPage)
	case HTMLWall403:
		raw(403, "text/html; charset=UTF-8", wallPage)
	case ErrorIn200:
		raw(200, "application/json", encode(c.v.errorBody(c.within(500))))
	case RelayErrorIn:
		raw(200, "application/json", encode(obj{"success": false, "message": f.words("当前分组上游负载已饱和，请稍后再试")}))
	case CodeErrorIn:
		raw(200, "application/json", encode(obj{"code": 1302, "msg": f.words("rate limited, slow down"), "success": false}))
	case StallHeaders:
		c.stall()
	case TrickleHeaders:
		c.trickleHeaders()
	case EmptyBody:
		c.w.WriteHeader(200)
		c.status(200)
	case HTML502:
		raw(502, "text/html", badGatewayPage)
	case Redirect302, Redirect307:
		c.redirect(f)
	case Custom:
		raw(f.Status, "application/json", f.Body)
	case Quota429:
		e := c.v.usual(429)
		e.message = "You exceeded your current quota, please check your plan and billing details."
		e.code, e.typ = "insufficient_quota", "insufficient_quota"
		c.v.fail(c, c.retry(e))
	default:
		status, _ := strconv.Atoi(string(f.Kind))
		e := c.v.usual(status)
		if status == http.StatusNotFound {
			e = c.v.noModel(c.v.peekModel(c.seen))
		}
		c.v.fail(c, c.retry(e))
	}
	return true
}

func (f *Fault) words(usual string) string {
	if f.Message != "" {
		return f.Message
	}
	return usual
}

// within is the error that a fault puts into a 200.
func (c *call) within(status int) vendorError {
	if c.fault.Status != 0 {
		status = c.fault.Status
	}
	e := c.v.usual(status)
	e.message = c.fault.words(e.message)
	return e
}

// retry adds to an error when to come back, in the form that the fault names.
func (c *call) retry(e vendorError) vendorError {
	f := c.fault
	e.message = f.words(e.message)
	wait := f.Wait
	if wait == 0 {
		wait = 20 * time.Second
	}
	h := c.w.Header()
	switch f.RetryAfter {
	case RetrySeconds:
		h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	case RetryDate:
		h.Set("Retry-After", time.Now().Add(wait).UTC().Format(http.TimeFormat))
	case RetryMS:
		h.Set("Retry-After-Ms", strconv.FormatInt(wait.Milliseconds(), 10))
	case RetryReset:
		h.Set("X-Ratelimit-Limit-Requests", "500")
		h.Set("X-Ratelimit-Remaining-Requests", "0")
		h.Set("X-Ratelimit-Reset-Requests", wait.String())
		h.Set("X-Ratelimit-Limit-Tokens", "30000")
		h.Set("X-Ratelimit-Remaining-Tokens", "29000")
		h.Set("X-Ratelimit-Reset-Tokens", "6ms")
	case RetryAnthropic:
		at := time.Now().Add(wait).UTC()
		h.Set("Anthropic-Ratelimit-Requests-Limit", "50")
		h.Set("Anthropic-Ratelimit-Requests-Remaining", "0")
		h.Set("Anthropic-Ratelimit-Requests-Reset", at.Format(time.RFC3339))
		h.Set("Anthropic-Ratelimit-Tokens-Limit", "40000")
		h.Set("Anthropic-Ratelimit-Tokens-Remaining", "39000")
		h.Set("Anthropic-Ratelimit-Tokens-Reset", at.Add(time.Hour).Format(time.RFC3339))
	case RetryInfo:
		e.details = append(e.details, obj{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": strconv.FormatFloat(wait.Seconds(), 'f', -1, 64) + "s"})
	case RetryText:
		e.message += fmt.Sprintf(" Please try again in %s.", wait)
	}
	return e
}

// end says how an answer ends.
type end int

const (
	endWhole   end = iota
	endCut         // cleanly, but too early
	endStall       // by silence
	endNone        // by silence right after the headers
	endReset       // by RST
	endTrickle     // never
)

// faulty applies a fault within an answer to a stream.
func (c *call) faulty(s *stream) ([]event, end) {
	f := c.fault
	if f == nil {
		return s.events, endWhole
	}
	after := f.After
	if after <= 0 {
		after = 2
	}
	mid := len(s.events) // the index after the after-th meaningful event, always before the closing ones
	for i, n := 0, 0; i < len(s.events); i++ {
		if s.events[i].weight >= closing {
			mid = i
			break
		}
		if s.events[i].weight == meaningful {
			if n++; n == after {
				mid = i + 1
				break
			}
		}
	}
	start := slices.IndexFunc(s.events, func(e event) bool { return e.weight != quiet })
	if start < 0 {
		start = len(s.events)
	}
	finish := slices.IndexFunc(s.events, func(e event) bool { return e.weight >= closing })
	if finish < 0 {
		finish = len(s.events)
	}
	switch f.Kind {
	case StallBody:
		return nil, endStall
	case StallStart:
		return s.events[:start], endStall
	case StallMid:
		return s.events[:mid], endStall
	case TrickleEvents:
		return nil, endTrickle
	case ErrorFirst:
		return []event{c.errorEvent(0)}, endWhole
	case ErrorMid:
		return append(slices.Clone(s.events[:mid]), c.errorEvent(mid)), endWhole
	case ResetMid:
		return s.events[:mid], endReset
	case CutMid:
		return s.events[:mid], endCut
	case CutEnd:
		return s.events[:finish], endCut
	case TruncatedJSON:
		cut := slices.Clone(s.events[:mid])
		d := &cut[len(cut)-1].data
		*d = (*d)[:len(*d)/2]
		return cut, endCut
	case NoDone:
		return slices.DeleteFunc(slices.Clone(s.events), func(e event) bool { return e.weight == last }), endWhole
	case DupFinish:
		out := slices.Clone(s.events)
		if finish < len(out) {
			out = slices.Insert(out, finish+1, out[finish])
		}
		return out, endWhole
	}
	return s.events, endWhole
}

// faultyBody applies a fault within an answer to a single body: whether half is left out, and how it ends.
func (c *call) faultyBody(status int) (cut bool, e end) {
	if c.fault == nil || status != http.StatusOK {
		return false, endWhole
	}
	switch c.fault.Kind {
	case StallBody, StallStart:
		return false, endNone
	case StallMid:
		return true, endStall
	case ResetMid:
		return true, endReset
	case CutMid, CutEnd, TruncatedJSON:
		return true, endWhole
	case TrickleEvents:
		return false, endTrickle
	}
	return false, endWhole
}

// reset ends the connection with RST.
func (c *call) reset() {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		return
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = conn.Close()
}

// tricklePause is between two bytes, or two quiet events, of a trickle.
const tricklePause = 50 * time.Millisecond

// trickle keeps an answer busy without saying anything, until the caller goes away.
func (c *call) trickle(w *wire, s *stream) {
	quiet := " " // white space before a JSON body
	if s != nil && !s.array {
		quiet = ": keep-alive\n\n"
		if c.v.Kind == Anthropic {
			quiet = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
		}
	}
	for i := 0; c.wait(tricklePause); i++ {
		w.send([]byte(quiet))
		if i == 2 { // by now it is a trickle
			c.stalled()
		}
	}
}

func (c *call) trickleHeaders() {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	text := "HTTP/1.1 200 OK\r\nX-Slow: "
	for i := 0; ; i++ {
		b := byte('a')
		if i < len(text) {
			b = text[i]
		}
		if _, err := conn.Write([]byte{b}); err != nil {
			c.v.mu.Lock()
			c.seen.RemoteClosed, c.seen.ClosedAt = true, time.Now()
			c.v.mu.Unlock()
			return
		}
		if i == 2 { // by now it is a trickle
			c.stalled()
		}
		t := time.NewTimer(tricklePause)
		select {
		case <-t.C:
		case <-c.v.stop:
			t.Stop()
			return
		}
	}
}
