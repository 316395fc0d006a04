package provider

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"metapi/backend/network"
	"metapi/backend/protocol"
)

// Outcome says how a listing went. Only OutcomeOK and OutcomeEmpty speak for what the account offers; after any
// other, what was known before stays true.
type Outcome string

const (
	OutcomeOK           Outcome = "ok"           // models were listed, all of them
	OutcomeEmpty        Outcome = "empty"        // the key is good, and there is truly nothing that Metapi could serve
	OutcomeUnreachable  Outcome = "unreachable"  // no answer, or none now: network, time-out, 429, 5xx
	OutcomeUnauthorised Outcome = "unauthorised" // the key was refused
	OutcomeBlocked      Outcome = "blocked"      // something stands in the way of a key that may be good: a web page, a redirect, a region, an empty purse
	OutcomeUnparsable   Outcome = "unparsable"   // an answer, but not a list of models
)

// Listing is what an account offers.
type Listing struct {
	Outcome Outcome
	Models  []Listed        // in the order listed, each name once; may hold what was read before a failure
	Skipped []Skipped       // listed, but of no use here
	Err     *protocol.Error // for a person: what went wrong and what to do; nil when OutcomeOK
	At      time.Time
}

// Listed is one model.
type Listed struct {
	Name      string // as it must be sent
	Display   string // as a person may read it; the name where nothing better is known
	Protocols protocol.Set
	Context   int64 // tokens; 0 where the listing does not say
	MaxOutput int64 // tokens; 0 where the listing does not say
	Created   time.Time
	OwnedBy   string
	Price     *Price // nil where the listing does not say
}

// Skipped is a listed model that no protocol of Metapi can reach.
type Skipped struct{ Name, Why string }

// Doer sends one request, as *http.Client does. It must not follow redirects; an *http.Client is kept from it here.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// What one listing may cost at most.
const (
	maxPages  = 50
	maxPage   = 16 << 20 // bytes of one page, unpacked
	maxModels = 50_000
	maxTime   = 60 * time.Second // where ctx has no deadline of its own
)

// List asks for every model of an account: all pages, within bounds. It never sends the secret to another host
// than the one in c, and its words never hold the secret or a whole URL.
func (p *Provider) List(ctx context.Context, client Doer, c Credential) Listing {
	t, err := p.Target(c)
	if err != nil {
		return notAsked(err)
	}
	ctx, cancel := within(ctx, maxTime)
	defer cancel()
	l := &lister{asker: t.asker(client, c, "list of models", "list models"), seen: map[string]bool{}}
	if v := p.speaksFor(t.host); v != nil {
		l.prices = v.models.Prices
	}
	l.run(ctx)
	l.out.At = time.Now()
	return l.out
}

// notAsked is the listing of an account that cannot be called at all.
func notAsked(err error) Listing {
	l := Listing{Outcome: OutcomeUnparsable, At: time.Now(), Err: &protocol.Error{Kind: protocol.BadRequest, Message: err.Error() + "."}}
	if f := new(FieldError); errors.As(err, &f) {
		l.Err.Param, l.Err.Message = f.Field, strings.ToUpper(f.Message[:1])+f.Message[1:]+"."
		if f.Field == "key" {
			l.Outcome, l.Err.Kind = OutcomeUnauthorised, protocol.KeyRefused
		}
	}
	return l
}

// asker asks an account's host something, and puts what goes wrong into words.
type asker struct {
	*Target
	client     Doer
	secret     string
	way        network.Choice // how the host is reached: for words
	noun, verb string         // what is asked for, as in "not a list of models" and "does not let it list models"
}

// asker returns one whose client follows no redirect and keeps no cookies.
func (t *Target) asker(client Doer, c Credential, noun, verb string) asker {
	if hc, ok := client.(*http.Client); ok {
		own := *hc
		own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		own.Jar = nil
		client = &own
	}
	return asker{t, client, c.Secret, c.Way, noun, verb}
}

// within gives ctx a deadline if it has none of its own.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, d)
}

// lister is one listing under way.
type lister struct {
	asker
	prices *PriceRules // nil where the host lists none
	seen   map[string]bool
	out    Listing
}

func (l *lister) run(ctx context.Context) {
	paths := l.provider.family.list.paths
	if !l.provider.Compatible() {
		paths = paths[:1]
	}
	if own := l.provider.models.Path; own != "" {
		paths = []string{own}
	}
	if l.deployments != nil {
		l.named(ctx)
		return
	}
	var first *fault
	for _, path := range paths {
		f := l.pages(ctx, path)
		if f == nil {
			first = nil
			break
		}
		if first == nil {
			first = f
		}
		if !f.notFound {
			break
		}
	}
	if names := l.provider.models.Names; first != nil && first.notFound && names != nil {
		l.take(&page{items: named(names)})
		first = nil
	}
	switch {
	case first != nil && first.notFound && l.provider.family.versioned:
		f := l.fault(OutcomeUnparsable, protocol.NotFound, "%s does not tell which deployments there are. Name them at the end of the base URL, "+
			"with commas between: …/deployments/NAME,NAME", l.who())
		l.out.Outcome, l.out.Err = f.outcome, f.err
	case first != nil:
		l.out.Outcome, l.out.Err = first.outcome, first.err
	case len(l.out.Models) > 0:
		l.out.Outcome = OutcomeOK
	default:
		l.out.Outcome, l.out.Err = OutcomeEmpty, l.emptyWords()
	}
}

// named takes the deployments that the base URL names, once what else can be listed has shown that the key is good.
func (l *lister) named(ctx context.Context) {
	if _, f := l.get(ctx, "/models", l.versioned()); f != nil && !f.notFound {
		l.out.Outcome, l.out.Err = f.outcome, f.err
		return
	}
	l.take(&page{items: named(l.deployments)})
	l.out.Outcome = OutcomeOK
}

// versioned is the query that each call wants.
func (t *Target) versioned() url.Values {
	if t.version == "" {
		return nil
	}
	return url.Values{"api-version": {t.version}}
}

// named are models of which the name alone is known.
func named(names []string) []item {
	items := make([]item, len(names))
	for i, name := range names {
		items[i].ID = name
	}
	return items
}

// pages reads the pages under one path. Nil means that all were read.
func (l *lister) pages(ctx context.Context, path string) *fault {
	query := l.provider.family.list.first
	cursors := map[string]bool{}
	for range maxPages {
		body, f := l.get(ctx, path, query)
		if f != nil {
			return f
		}
		pg, ok := parsePage(body)
		if !ok {
			return l.unparsable(body, pg != nil && pg.no)
		}
		news := l.take(pg)
		if len(l.seen) > maxModels {
			return l.fault(OutcomeUnparsable, protocol.BadReply, "%s lists more models than any vendor has; check the base URL.", l.who())
		}
		next, cursor := l.provider.family.list.next(pg)
		if next == nil || !news { // a page without anything new comes from a host that does not know pages
			return nil
		}
		if cursors[cursor] {
			return l.fault(OutcomeUnparsable, protocol.BadReply, "%s lists its models in a circle; the list was left as it was.", l.who())
		}
		cursors[cursor] = true
		query = next
	}
	return l.fault(OutcomeUnparsable, protocol.BadReply, "%s lists its models on more than %d pages; the list was left as it was.", l.who(), maxPages)
}

// Where Google answers, and the path under which it speaks OpenAI's dialect there, or behind a relay.
const (
	googleHost = "generativelanguage.googleapis.com"
	googleBase = "/v1beta/openai"
)

// take adds a page's models, and reports whether any was new.
func (l *lister) take(pg *page) bool {
	news := false
	for i := range pg.items {
		it := &pg.items[i]
		name := it.name()
		if l.host == googleHost || strings.HasSuffix(l.base, googleBase) {
			name = strings.TrimPrefix(name, "models/") // in its OpenAI dialect Google lists resource names too
		}
		if name == "" || l.seen[name] {
			continue
		}
		l.seen[name], news = true, true
		if len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f || r == 0xfffd }) {
			l.out.Skipped = append(l.out.Skipped, Skipped{clip(name, 80), "its name cannot be sent"})
			continue
		}
		if l.shows(name) || l.shows(it.DisplayName) || l.shows(it.DisplayNameCamel) || l.shows(it.Name) || l.shows(it.OwnedBy) {
			l.out.Skipped = append(l.out.Skipped, Skipped{"…", "its description holds the key of this account"}) // and would be stored
			continue
		}
		set, why := l.serves(it, name)
		if set == 0 {
			l.out.Skipped = append(l.out.Skipped, Skipped{name, why})
			continue
		}
		m := it.listed(name, set)
		if l.prices != nil {
			m.Price = l.prices.read(it.raw)
		}
		l.out.Models = append(l.out.Models, m)
	}
	return news
}

// get fetches what is at a path below the base URL, or from the root of the host where it begins with two slashes.
func (l *asker) get(ctx context.Context, path string, query url.Values) ([]byte, *fault) {
	full := l.base + path
	if root, ok := strings.CutPrefix(path, "//"); ok { // from the root of the host, whatever the base path
		full = "/" + root
	}
	u := &url.URL{Scheme: l.scheme, Host: l.host, Path: full, RawQuery: query.Encode()}
	proto := l.provider.family.own
	if !l.speaks.Has(proto) {
		proto = l.speaks.List()[0]
	}
	h := l.header(proto)
	for name, values := range l.Defaults(proto) {
		h[name] = append([]string(nil), values...)
	}
	h.Set("Accept", "application/json")
	h.Set("Accept-Encoding", "gzip") // lists of relays run to a megabyte; unpacked here, since some hosts pack unasked
	h.Set("User-Agent", "metapi")
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: h, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	resp, err := l.client.Do(req)
	if err != nil {
		return nil, l.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	if resp.Request != nil && resp.Request.URL.Host != l.host {
		return nil, l.fault(OutcomeBlocked, protocol.Wall, "Another host answered in place of %s; its answer was not used. %s.", l.who(), l.baseHint())
	}
	body, err := readAll(resp.Body)
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400: // the body is of no interest, and may be broken
		return nil, l.redirected(resp)
	case errors.Is(err, errTooLarge):
		return nil, l.fault(OutcomeUnparsable, protocol.BadReply, "%s answered with more than %d MB, which is not a %s; check the base URL.", l.who(), maxPage>>20, l.noun)
	case errors.Is(err, errPacking):
		return nil, l.fault(OutcomeUnparsable, protocol.BadReply, "%s answered with packed data that cannot be unpacked; try again.", l.who())
	case err != nil:
		return nil, l.unreachable(ctx, err)
	case resp.StatusCode != http.StatusOK:
		return nil, l.refused(resp.StatusCode, resp.Header, body)
	case protocol.IsHTML(resp.Header, body):
		return nil, l.wall(resp.StatusCode)
	}
	return body, nil
}

var (
	errTooLarge = errors.New("too large")
	errPacking  = errors.New("cannot be unpacked")
)

// readAll reads a body within bounds, and unpacks it where it is gzip, whatever its header says: transports take
// the header away when they unpack, and some hosts forget it.
func readAll(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxPage+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxPage {
		return nil, errTooLarge
	}
	if bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, errPacking
		}
		if raw, err = io.ReadAll(io.LimitReader(zr, maxPage+1)); err != nil {
			return nil, errPacking
		}
		if len(raw) > maxPage {
			return nil, errTooLarge
		}
	}
	return bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), nil // a byte order mark, from hosts on Windows
}
