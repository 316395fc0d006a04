package provider

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"metapi/backend/protocol"
)

// AnthropicVersion is the version of the Messages API that Metapi asks for where the client named none.
const AnthropicVersion = "2023-06-01"

// Call is one request to an upstream.
type Call struct {
	Protocol  protocol.Protocol
	Operation protocol.Operation
	Model     string     // the upstream's name; needed only where the protocol carries it in the path
	Stream    bool       // likewise
	ID        string     // the stored response, file or batch that is meant
	Query     url.Values // the client's own query, from which its credentials have been removed
}

// Target is an account's base URL and secret, prepared so that a call costs no parsing. It is immutable and
// safe for concurrent use.
type Target struct {
	provider     *Provider
	scheme, host string
	base         string // the path of the base URL, without the names of deployments
	version      string // of the API, for the query of each call; "" where the path has it
	deployments  []string
	speaks       protocol.Set
	calls        [protocol.Count]calls
	auth         [protocol.Count][]field
	quirks       map[string]bool
	biller       string // whose replies tell what they cost; "" where that is not known of anybody there
}

// calls are where the operations of one protocol go.
type calls [protocol.Operations]path

// path is where a call goes: fixed, or with one name between head and tail.
type path struct {
	head, tail string
	named      bool // a model or an id stands between head and tail
	model      bool // it is a model, in a protocol that has it in the body as well
}

type field struct{ name, value string }

// anthropicDefaults is what [Target.Defaults] gives out; nobody may change it.
var anthropicDefaults = http.Header{"Anthropic-Version": {AnthropicVersion}}

// Target prepares an account for calls. The error names the field at fault, base_url or key.
func (p *Provider) Target(c Credential) (*Target, error) {
	base, err := NormalizeBaseURL(p, c.BaseURL)
	if err != nil {
		return nil, err
	}
	if c.Secret == NoKey && p.KeyOptional {
		c.Secret = ""
	}
	if c.Secret == "" && !p.KeyOptional {
		return nil, &FieldError{"key", fmt.Sprintf("%s needs a key; get one from %s", p.Name, p.KeyURL)}
	}
	if err := checkSecret(c.Secret); err != nil {
		return nil, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, &FieldError{"base_url", "this is not an address that can be called; write it like https://api.example.com/v1"}
	}
	t := &Target{provider: p, scheme: u.Scheme, host: u.Host, base: u.Path}
	if p.family.versioned {
		t.base, t.deployments = azureBase(u.Path)
		t.version = u.Query().Get("api-version")
	}
	if t.calls, t.speaks = p.paths(u.Path); t.version != "" {
		t.calls, t.speaks = azurePaths(t.base)
	}
	t.quirks = p.quirks
	if v := vendorAt(u.Host); v != nil && t.quirks == nil {
		t.quirks = v.quirks
	}
	if v := p.speaksFor(u.Host); v != nil && v.tellsCost {
		t.biller = v.Name
	}
	for _, proto := range t.speaks.List() {
		t.auth[proto] = p.authFields(proto, c.Secret)
	}
	return t, nil
}

// paths lays out every call under a base path, and says which protocols can be spoken there.
func (p *Provider) paths(base string) (to [protocol.Count]calls, speaks protocol.Set) {
	r := p.family.roots(base)
	speaks = p.Protocols
	if r.shared {
		speaks |= p.Hinted
	} else {
		speaks |= p.Hinted & openaiSet
	}
	root := func(proto protocol.Protocol, usual string) string {
		if path, ok := p.elsewhere[proto]; ok {
			return path
		}
		return usual
	}
	for _, proto := range speaks.List() {
		switch {
		case proto == protocol.Anthropic:
			to[proto] = calls{
				protocol.Generate:    {head: root(proto, r.anthropic) + "/v1/messages"},
				protocol.CountTokens: {head: root(proto, r.anthropic) + "/v1/messages/count_tokens"},
			}
		case geminiSet.Has(proto):
			for operation, method := range geminiMethods[proto] {
				to[proto][operation] = path{head: root(proto, r.gemini) + "/v1beta/models/", tail: ":" + method, named: true}
			}
		default:
			for operation, at := range openaiPaths[proto] {
				head, tail, named := strings.Cut(at, "*")
				to[proto][operation] = path{head: root(proto, r.openai) + head, tail: tail, named: named}
			}
		}
	}
	if p.ID != "openai" { // an imitation that takes whatever is below /responses for a request would make a reply, and bill it
		to[protocol.OpenAIResponses][protocol.CountTokens] = path{}
	}
	return to, speaks
}

// openaiPaths are the paths below OpenAI's root; a star stands for an id.
var openaiPaths = map[protocol.Protocol]map[protocol.Operation]string{
	protocol.OpenAIChat:        {protocol.Generate: "/chat/completions"},
	protocol.OpenAICompletions: {protocol.Complete: "/completions"},
	protocol.OpenAIEmbeddings:  {protocol.Embed: "/embeddings"},
	protocol.OpenAIImages:      {protocol.Image: "/images/generations", protocol.EditImage: "/images/edits", protocol.VaryImage: "/images/variations"},
	protocol.OpenAIAudio:       {protocol.Speak: "/audio/speech", protocol.Transcribe: "/audio/transcriptions", protocol.Translate: "/audio/translations"},
	protocol.OpenAIModerations: {protocol.Moderate: "/moderations"},
	protocol.Rerank:            {protocol.Rank: "/rerank"},
	protocol.OpenAIResponses: {protocol.Generate: "/responses", protocol.CountTokens: "/responses/input_tokens", protocol.Compact: "/responses/compact",
		protocol.Retrieve: "/responses/*", protocol.Delete: "/responses/*", protocol.Cancel: "/responses/*/cancel", protocol.InputItems: "/responses/*/input_items"},
	protocol.OpenAIFiles: {protocol.Create: "/files", protocol.List: "/files", protocol.Retrieve: "/files/*", protocol.Delete: "/files/*",
		protocol.Content: "/files/*/content"},
	protocol.OpenAIBatches: {protocol.Create: "/batches", protocol.List: "/batches", protocol.Retrieve: "/batches/*", protocol.Cancel: "/batches/*/cancel"},
}

// geminiMethods are the words behind the model.
var geminiMethods = map[protocol.Protocol]map[protocol.Operation]string{
	protocol.Gemini:           {protocol.Generate: "generateContent", protocol.CountTokens: "countTokens"},
	protocol.GeminiEmbeddings: {protocol.Embed: "embedContent", protocol.EmbedBatch: "batchEmbedContents"},
}

// authFields is how the secret is shown to the upstream in a protocol.
func (p *Provider) authFields(proto protocol.Protocol, secret string) []field {
	if secret == "" {
		return nil
	}
	bearer := field{"Authorization", "Bearer " + secret}
	if p.keys.Header != "" {
		return []field{{p.keys.Header, secret}}
	}
	var own field
	switch proto {
	case protocol.Anthropic:
		own = field{"X-Api-Key", secret}
	case protocol.Gemini, protocol.GeminiEmbeddings:
		own = field{"X-Goog-Api-Key", secret}
	default:
		return []field{bearer}
	}
	// A protocol that is not the format's own, or only hinted, is an imitation: they differ in which of the two they read.
	if p.keys.AlsoBearer || !p.Protocols.Has(proto) || !usual[p.family.word].Has(proto) {
		return []field{own, bearer}
	}
	return []field{own}
}

// Host is the host, with its port where one was given, that the secret belongs to: the only one it may go to.
func (t *Target) Host() string { return t.host }

// Provider is whose target it is.
func (t *Target) Provider() *Provider { return t.provider }

// Counts reports in which protocols a prompt's tokens can be counted at this target, free of charge.
func (t *Target) Counts() (counts protocol.Set) {
	for _, p := range t.speaks.List() {
		if t.calls[p][protocol.CountTokens].head != "" {
			counts |= protocol.SetOf(p)
		}
	}
	return counts
}

// Biller is the name of the vendor, if its replies are known to tell what they cost in US dollars; else "".
func (t *Target) Biller() string { return t.biller }

// Quirks are how the upstream differs from the protocols that it speaks: see package conversation's Target. It is shared and must not be changed.
func (t *Target) Quirks() map[string]bool { return t.quirks }

// Speaks reports which protocols can be called at this target at all.
func (t *Target) Speaks() protocol.Set { return t.speaks }

// Defaults are the headers a call needs even where the client sent none of that name; a header of the client's
// wins over them. It is shared and must not be changed:
//
//	for name, values := range target.Defaults(proto) {
//		if header[name] == nil {
//			header[name] = slices.Clone(values)
//		}
//	}
func (t *Target) Defaults(proto protocol.Protocol) http.Header {
	if proto == protocol.Anthropic {
		return anthropicDefaults
	}
	return nil
}

// Errors of [Target.Request]. They mean that the caller chose a deployment for a call it cannot take.
var (
	ErrNotSpoken = errors.New("this account cannot be called that way")
	ErrName      = errors.New("this name cannot be part of a path")
)

// Request says where a call goes, and the headers that open it: credentials only, canonical names. Both are
// fresh and the caller's own. What else to send is up to the caller, see [Target.Defaults].
func (t *Target) Request(c Call) (*url.URL, http.Header, error) {
	if int(c.Protocol) >= protocol.Count || int(c.Operation) >= protocol.Operations || !t.speaks.Has(c.Protocol) {
		return nil, nil, fmt.Errorf("%v: %w", c.Protocol, ErrNotSpoken)
	}
	to := t.calls[c.Protocol][c.Operation]
	if to.head == "" {
		return nil, nil, fmt.Errorf("%v, %v: %w", c.Protocol, c.Operation, ErrNotSpoken)
	}
	u := &url.URL{Scheme: t.scheme, Host: t.host, Path: to.head}
	if to.named {
		name := c.ID
		if to.model {
			name = c.Model
		}
		if geminiSet.Has(c.Protocol) {
			name = c.Model
			if c.Stream && c.Operation == protocol.Generate {
				to.tail = ":streamGenerateContent"
			}
		}
		escaped, err := escapeSegment(name)
		if err != nil {
			return nil, nil, err
		}
		u.Path = to.head + name + to.tail
		if escaped != name {
			u.RawPath = to.head + escaped + to.tail
		}
	}
	u.RawQuery = query(c)
	if t.version != "" {
		u.RawQuery = strings.Trim(u.RawQuery+"&api-version="+t.version, "&")
	}
	return u, t.header(c.Protocol), nil
}

// header writes the credentials of a protocol.
func (t *Target) header(proto protocol.Protocol) http.Header {
	fields := t.auth[proto]
	h := make(http.Header, len(fields))
	values := make([]string, len(fields))
	for i, f := range fields {
		values[i] = f.value
		h[f.name] = values[i : i+1 : i+1]
	}
	return h
}

// query is the client's, but for how a stream is framed: Gemini streams always come as server-sent events,
// since that is the one framing Metapi reads.
func query(c Call) string {
	stream := c.Protocol == protocol.Gemini && c.Stream && c.Operation == protocol.Generate
	if len(c.Query) == 0 {
		if stream {
			return "alt=sse"
		}
		return ""
	}
	if !geminiSet.Has(c.Protocol) {
		return c.Query.Encode()
	}
	q := make(url.Values, len(c.Query)+1)
	for k, v := range c.Query {
		q[k] = v
	}
	delete(q, "alt")
	delete(q, "$alt")
	if stream {
		q["alt"] = []string{"sse"}
	}
	return q.Encode()
}

// maxName bounds a model name or an id, in bytes. The longest known names are a tenth of it.
const maxName = 512

// escapeSegment writes a name such that it stays within its path segment and cannot choose the method that
// follows it: everything but RFC 3986's unreserved characters is percent-encoded, slashes and colons too.
func escapeSegment(name string) (string, error) {
	if name == "" || name == "." || name == ".." || len(name) > maxName {
		return "", ErrName
	}
	bad := 0
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c < 0x20 || c == 0x7f {
			return "", ErrName
		}
		if !unreserved(c) {
			bad++
		}
	}
	if bad == 0 {
		return name, nil
	}
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(name) + 2*bad)
	for i := 0; i < len(name); i++ {
		if c := name[i]; unreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String(), nil
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
