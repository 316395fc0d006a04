package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"syscall"
	"time"

	"metapi/backend/network"
	"metapi/backend/protocol"
)

// fault is why a listing failed.
type fault struct {
	outcome  Outcome
	err      *protocol.Error
	notFound bool // nothing lives under this path; another one may do
}

func (l *asker) fault(o Outcome, k protocol.Kind, format string, args ...any) *fault {
	return &fault{outcome: o, err: &protocol.Error{Kind: k, Message: fmt.Sprintf(format, args...)}}
}

// who names the upstream for a person: the vendor where it is known, else the host. Never a whole URL.
func (l *asker) who() string {
	if hostOf(l.provider.DefaultBaseURL) == l.host {
		return l.provider.Name
	}
	if v := vendorAt(l.host); v != nil {
		return v.Name
	}
	return l.host
}

// where says where to get the key again.
func (l *asker) where() string {
	if hostOf(l.provider.DefaultBaseURL) == l.host {
		return "Copy it again from " + l.provider.KeyURL
	}
	return "Copy it again from where you got it, and check that it belongs to this host"
}

// baseHint says what a base URL of the family looks like.
func (l *asker) baseHint() string {
	if l.provider.family == &openaiFamily {
		return "Check the base URL: it usually ends in /v1"
	}
	return "Check the base URL: it is usually just https:// and the host"
}

func (l *lister) emptyWords() *protocol.Error {
	e := &protocol.Error{Kind: protocol.ModelNotFound}
	if n := len(l.out.Skipped); n > 0 {
		e.Message = fmt.Sprintf("%s accepted this key, but of its %d models Metapi can serve none (%s: %s). Try another provider for this account.",
			l.who(), n, l.clean(l.out.Skipped[0].Name), l.clean(l.out.Skipped[0].Why))
	} else {
		e.Message = fmt.Sprintf("%s accepted this key, but offers it no models. Check there which models or groups the key may use.", l.who())
	}
	return e
}

// wall is a web page where an answer should be.
func (l *asker) wall(status int) *fault {
	f := l.fault(OutcomeBlocked, protocol.Wall, "%s answered with a web page instead of a %s (%d). %s. If it is right, open the host in a browser: "+
		"a sign-in or a check for robots may stand in the way.", l.who(), l.noun, status, l.baseHint())
	f.err.Status = status
	return f
}

// redirected is an answer that points elsewhere. The key does not go there.
func (l *asker) redirected(resp *http.Response) *fault {
	to, err := url.Parse(resp.Header.Get("Location"))
	f := l.fault(OutcomeBlocked, protocol.Wall, "%s sends callers elsewhere (%d) without saying where. %s.", l.who(), resp.StatusCode, l.baseHint())
	switch {
	case err != nil || resp.Header.Get("Location") == "":
	case to.Host == "" || strings.EqualFold(to.Host, l.host) && to.Scheme == l.scheme:
		f.err.Message = fmt.Sprintf("%s sends callers to another page of its own (%d), perhaps to sign in. %s.", l.who(), resp.StatusCode, l.baseHint())
	case strings.EqualFold(to.Hostname(), hostName(l.host)) && to.Scheme == "https":
		f.err.Message = fmt.Sprintf("%s wants to be called with https:// (%d). Write the base URL that way.", l.who(), resp.StatusCode)
	default:
		f.err.Message = fmt.Sprintf("%s sends callers on to %s (%d). The key was not sent there; if that host is the right one, make it the base URL.",
			l.who(), l.clean(to.Host), resp.StatusCode)
	}
	f.err.Status = resp.StatusCode
	return f
}

// unparsable is an answer with status 200 that is not a list: an error all the same, if it says no.
func (l *asker) unparsable(body []byte, no bool) *fault {
	if len(body) == 0 {
		return l.fault(OutcomeUnparsable, protocol.BadReply, "%s answered with nothing at all. %s.", l.who(), l.baseHint())
	}
	if no {
		return l.refused(http.StatusOK, nil, body)
	}
	return l.fault(OutcomeUnparsable, protocol.BadReply, "%s answered with something that is not a %s. %s.", l.who(), l.noun, l.baseHint())
}

// refused puts an error answer into words.
func (l *asker) refused(status int, header http.Header, body []byte) *fault {
	e := protocol.DecodeError(status, header, body, time.Now())
	e.Kind, e.Status, e.Code, e.Param = kind(e), status, l.clean(e.Code), ""
	if e.Kind == protocol.Wall {
		return l.wall(status)
	}
	f := &fault{err: e}
	said := l.clean(e.Message)
	if said != "" {
		said = fmt.Sprintf(" It says: %q.", said)
	}
	switch e.Kind {
	case protocol.KeyRefused:
		f.outcome = OutcomeUnauthorised
		e.Message = fmt.Sprintf("%s refused this key (%d). %s.", l.who(), status, l.where())
		if strings.HasPrefix(l.secret, "AIza") {
			e.Message += " Google is replacing keys that begin with AIza: a new one begins with AQ."
		}
	case protocol.Forbidden:
		f.outcome = OutcomeBlocked
		e.Message = fmt.Sprintf("%s knows this key but does not let it %s (%d).%s Check the key's permissions, and whether the service is offered where you are.",
			l.who(), l.verb, status, said)
	case protocol.OutOfMoney:
		f.outcome = OutcomeBlocked
		e.Message = fmt.Sprintf("%s says that the account behind this key has no money or quota left (%d). Top it up, then test the account again.", l.who(), status)
	case protocol.RateLimited:
		f.outcome = OutcomeUnreachable
		e.Message = fmt.Sprintf("%s has been asked too often (%d). Try again %s.", l.who(), status, soon(e.RetryAfter))
	case protocol.Overloaded, protocol.ServerError, protocol.Timeout, protocol.Network:
		f.outcome = OutcomeUnreachable
		e.Message = fmt.Sprintf("%s has trouble of its own (%d). Try again %s.", l.who(), status, soon(e.RetryAfter))
	case protocol.NotFound, protocol.ModelNotFound:
		f.outcome, f.notFound = OutcomeUnparsable, true
		e.Message = fmt.Sprintf("%s has no %s at this address (%d). %s.", l.who(), l.noun, status, l.baseHint())
	default:
		f.outcome = OutcomeUnparsable
		e.Message = fmt.Sprintf("%s did not answer with a %s (%d).%s %s.", l.who(), l.noun, status, said, l.baseHint())
	}
	return f
}

// kind corrects what an error means in answer to a listing or a question for the balance, where there is no request that could be at fault.
func kind(e *protocol.Error) protocol.Kind {
	switch {
	case e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed:
		return protocol.NotFound
	case e.Status < http.StatusTooManyRequests && e.Kind != protocol.OutOfMoney && badKey.MatchString(e.Message):
		return protocol.KeyRefused
	case e.Status < 300 && e.Kind == protocol.ServerError: // an envelope that says no more than no
		return protocol.BadReply
	}
	return e.Kind
}

// badKey are words that mean the key here, but could mean something else in answer to a prompt.
var badKey = regexp.MustCompile(`(?i)(invalid|incorrect|wrong|expired|revoked) (api key|(access )?token)|(key|token) was reported as leaked`)

var (
	anyURL   = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://\S+`)
	anyToken = regexp.MustCompile(`[A-Za-z0-9_.+/=*~-]{6,}`)
)

// clean takes out of an upstream's words whatever must not be shown: addresses, the key, pieces of it, and keys
// that the upstream has half hidden itself.
func (l *asker) clean(text string) string {
	text = anyURL.ReplaceAllString(text, "…")
	text = anyToken.ReplaceAllStringFunc(text, func(token string) string {
		if strings.Contains(token, "**") || l.shows(token) || strings.Contains(l.secret, strings.Trim(token, ".")) {
			return "…"
		}
		return token
	})
	if l.shows(text) { // a key with signs in it that no key is known to have
		text = strings.ReplaceAll(text, l.secret, "…")
	}
	return strings.TrimSpace(clip(strings.Join(strings.Fields(text), " "), 200))
}

// shows reports whether a text holds the key. A key too short to be one (local servers take any) is no secret.
func (l *asker) shows(text string) bool {
	return len(l.secret) >= 6 && strings.Contains(text, l.secret)
}

func soon(d time.Duration) string {
	switch {
	case d <= 0:
		return "in a few minutes"
	case d < 2*time.Minute:
		return fmt.Sprintf("in %d seconds", int(d.Seconds()+0.999))
	case d < 2*time.Hour:
		return fmt.Sprintf("in %d minutes", int(d.Minutes()+0.999))
	}
	return fmt.Sprintf("in %d hours", int(d.Hours()+0.999))
}

// Errors of Windows sockets, which package syscall does not map to the names used elsewhere.
const (
	wsaNetUnreachable  = syscall.Errno(10051)
	wsaReset           = syscall.Errno(10054)
	wsaRefused         = syscall.Errno(10061)
	wsaHostUnreachable = syscall.Errno(10065)
)

// unreachable puts a failure to get any answer into words. The error's own text is not used: it holds the URL.
func (l *asker) unreachable(ctx context.Context, err error) *fault {
	var (
		dns     *net.DNSError
		timeout net.Error
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		noTLS   tls.RecordHeaderError
		proxy   *network.ProxyError
		is      = func(targets ...error) bool {
			for _, t := range targets {
				if errors.Is(err, t) {
					return true
				}
			}
			return false
		}
		kind = protocol.Network
		what string
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		what = "%s was not asked to the end: the check was stopped. Nothing has changed."
	case errors.As(err, &proxy):
		return l.fault(OutcomeUnreachable, kind, "%s was not reached: the proxy %s %s. %s", l.who(), proxy.Proxy, proxy.What(), proxyHint(proxy, l.way))
	case errors.As(err, &dns) && dns.IsTimeout:
		kind, what = protocol.Timeout, "The address of %s could not be looked up in time. Check your connection, then try again."
	case is(context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		kind, what = protocol.Timeout, "%s did not answer in time. Check your connection, then try again."
	case errors.As(err, &dns) && dns.IsNotFound:
		what = "There is no host named %s. Check the base URL for a slip of the pen, and your connection."
	case errors.As(err, &dns):
		what = "The address of %s could not be looked up. Check your connection, then try again."
	case errors.As(err, &noTLS), is(http.ErrSchemeMismatch):
		what = "%s does not speak https. If it runs on your own network, write the base URL with http://."
	case errors.As(err, &unknown):
		return l.fault(OutcomeUnreachable, kind, "%s shows a certificate from an authority that this computer does not know: %s. If that is your company's proxy, "+
			"add its certificate in Settings, Network; the key was not sent.", l.who(), l.clean(issuer(unknown.Cert)))
	case errors.As(err, &name):
		what = "%s shows a certificate made out to another name. If this network has a sign-in page, open it in a browser; else check the base URL. The key was not sent."
	case errors.As(err, &invalid), errors.As(err, &verify):
		what = "%s shows a certificate that is not valid. Check the date and time of this computer; the key was not sent."
	case is(syscall.ECONNREFUSED, wsaRefused):
		what = "Nothing answers at %s. Is the server running, and is the port right?"
	case is(syscall.ENETUNREACH, syscall.EHOSTUNREACH, wsaNetUnreachable, wsaHostUnreachable):
		what = "There is no way to %s from here. Check your connection."
	case is(syscall.ECONNRESET, syscall.EPIPE, io.EOF, io.ErrUnexpectedEOF, wsaReset):
		what = "%s broke off the connection. Try again in a few minutes."
	default:
		what = "%s could not be reached. Check your connection and the base URL."
	}
	who := l.who()
	if strings.Contains(what, "named") || strings.HasPrefix(what, "Nothing") {
		who = l.host
	}
	return l.fault(OutcomeUnreachable, kind, what, who)
}

// issuer names who made a certificate.
func issuer(c *x509.Certificate) string {
	if c == nil {
		return "nobody that it names"
	}
	if c.Issuer.CommonName != "" {
		return c.Issuer.CommonName
	}
	return c.Issuer.String()
}

// proxyHint says where a proxy is set, and so what can be done.
func proxyHint(e *network.ProxyError, way network.Choice) string {
	where := "in Settings, Network"
	switch {
	case way.Own:
		where = "in the account's network settings"
	case way.To == "" || way.To == network.System:
		where = "in the system's settings, or name the proxy in Settings, Network"
	}
	if e.Auth {
		return "Enter them " + where + "."
	}
	return "Check it " + where + "."
}
