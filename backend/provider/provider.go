package provider

import "metapi/backend/protocol"

// Credential is what an account brings: where to call, and the secret that opens it.
type Credential struct {
	BaseURL string // as [NormalizeBaseURL] returns it; empty means the provider's default
	Secret  string // as [CleanKey] returns it; empty only where the provider is a compatible one (a local server may want none)
}

// Provider is a kind of upstream, as data. What its wire format shares with others is in its family.
type Provider struct {
	ID             string // the word used in settings, the store and the CLI
	Name           string // for people
	DefaultBaseURL string // empty where only the user can know it
	KeyURL         string // where a person gets a key; empty where only the user can know it

	// Protocols are spoken for every model unless its listing or its name says otherwise.
	Protocols protocol.Set
	// Hinted are protocols used only for models whose listing names them (relays of the New API family do).
	Hinted protocol.Set

	family *family
	// alsoBearer sends the key as a Bearer token beside the vendor's own header: relays differ in which of the
	// two they read. It is the same secret to the same host, so nothing is given away.
	alsoBearer bool
	// serve decides what a model of this name can be reached by, where its listing says nothing.
	serve func(p *Provider, host, name string) (protocol.Set, string)
}

// Compatible reports whether this is an imitation of a vendor, whose base URL the user must give.
func (p *Provider) Compatible() bool { return p.DefaultBaseURL == "" }

var (
	openaiSet = protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIResponses, protocol.OpenAIEmbeddings)
	everySet  = protocol.SetOf(protocol.All...)
)

// providers is every kind of upstream, in the order in which they are shown.
var providers = []*Provider{
	{
		ID: "openai", Name: "OpenAI",
		DefaultBaseURL: "https://api.openai.com/v1",
		KeyURL:         "https://platform.openai.com/api-keys",
		Protocols:      openaiSet,
		family:         &openaiFamily,
		serve:          serveOpenAI,
	}, {
		ID: "anthropic", Name: "Anthropic",
		DefaultBaseURL: "https://api.anthropic.com",
		KeyURL:         "https://platform.claude.com/settings/keys",
		Protocols:      protocol.SetOf(protocol.Anthropic),
		family:         &anthropicFamily,
		serve:          serveAll,
	}, {
		ID: "gemini", Name: "Google Gemini",
		DefaultBaseURL: "https://generativelanguage.googleapis.com",
		KeyURL:         "https://aistudio.google.com/apikey",
		Protocols:      protocol.SetOf(protocol.Gemini),
		family:         &geminiFamily,
		serve:          serveByName,
	}, {
		ID: "openai-compatible", Name: "OpenAI-compatible",
		Protocols: openaiSet,
		Hinted:    everySet,
		family:    &openaiFamily,
		serve:     serveByName,
	}, {
		ID: "anthropic-compatible", Name: "Anthropic-compatible",
		Protocols:  protocol.SetOf(protocol.Anthropic),
		Hinted:     everySet,
		family:     &anthropicFamily,
		alsoBearer: true,
		serve:      serveByName,
	}, {
		ID: "gemini-compatible", Name: "Gemini-compatible",
		Protocols:  protocol.SetOf(protocol.Gemini),
		Hinted:     everySet,
		family:     &geminiFamily,
		alsoBearer: true,
		serve:      serveByName,
	},
}

// Get returns the provider with this id.
func Get(id string) (*Provider, bool) {
	for _, p := range providers {
		if p.ID == id {
			return p, true
		}
	}
	return nil, false
}

// All returns every provider, in the order in which they are shown. The slice is the caller's; the providers are not.
func All() []*Provider { return append([]*Provider(nil), providers...) }
