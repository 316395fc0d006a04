package provider

import (
	"metapi/backend/network"
	"metapi/backend/protocol"
)

// NoKey stands for the key of an account that has none, at a provider that wants none: it is kept as a key would be, and never sent.
const NoKey = "no-key"

// Credential is what an account brings: where to call, and the secret that opens it.
type Credential struct {
	BaseURL string         // as [NormalizeBaseURL] returns it; empty means the provider's default
	Secret  string         // as [CleanKey] returns it; empty only where the provider is a compatible one (a local server may want none)
	Way     network.Choice // how it is reached; who calls heeds it
}

// Provider is a kind of upstream, as data: see [Definition]. What its wire format shares with others is in its family.
type Provider struct {
	ID             string // the word used in settings, the store and the CLI
	Name           string // for people
	DefaultBaseURL string // empty where only the user can know it
	Example        string // what a base URL looks like, where there is no default
	KeyURL         string // where a person gets a key; empty where only the user can know it
	KeyOptional    bool   // it can be called without a key
	Local          bool   // a server on a machine of the user's: see [Provider.Free]

	// Protocols are spoken for every model unless its listing or its name says otherwise.
	Protocols protocol.Set
	// Hinted are protocols used only for models whose listing names them (relays of the New API family do).
	Hinted protocol.Set

	family    *family
	keys      KeyRules
	models    ModelRules
	balance   []BalanceRules               // ways to ask for it, tried in turn
	tellsCost bool                         // its replies say what they cost, in US dollars
	elsewhere map[protocol.Protocol]string // where on the host another protocol lives than the format's own rules tell
	quirks    map[string]bool
	// serve decides what a model of this name can be reached by, where its listing says nothing.
	serve func(p *Provider, name string) (protocol.Set, string)
}

// Variables are the names of environment variables that people keep a key of this provider in.
func (p *Provider) Variables() []string { return p.keys.Variables }

// Compatible reports whether only the user can know the base URL.
func (p *Provider) Compatible() bool { return p.DefaultBaseURL == "" }

// openaiSet are the protocols that are called below the root of OpenAI's form.
var openaiSet = protocol.SetOf(protocol.All...) &^ protocol.SetOf(protocol.Anthropic, protocol.Gemini, protocol.GeminiEmbeddings)

// geminiSet are those with the model in the path.
var geminiSet = protocol.SetOf(protocol.Gemini, protocol.GeminiEmbeddings)
