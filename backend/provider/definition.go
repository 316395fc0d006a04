package provider

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
)

// Definition is a provider as it is written down: in providers.yaml, which is part of the program, and in files of a person's own. What each
// member means stands in providers.schema.json, which editors show.
type Definition struct {
	ID        string            `yaml:"id"`
	Name      string            `yaml:"name"`
	Format    string            `yaml:"format"`
	BaseURL   string            `yaml:"base_url,omitempty"`
	Example   string            `yaml:"example,omitempty"`
	Protocols []string          `yaml:"protocols,omitempty"` // words: types that read themselves make the file slow to read
	Hinted    []string          `yaml:"hinted,omitempty"`
	Paths     map[string]string `yaml:"paths,omitempty"`
	Keys      KeyRules          `yaml:"keys,omitempty"`
	Models    ModelRules        `yaml:"models,omitempty"`
	Balance   []BalanceRules    `yaml:"balance,omitempty"`
	TellsCost bool              `yaml:"tells_cost,omitempty"`
	Quirks    []string          `yaml:"quirks,omitempty"`
	Local     bool              `yaml:"local,omitempty"`
}

// Definitions are those of one file.
type Definitions []Definition

// Check finds what the schema of the file cannot tell to be wrong, such as a quirk that nobody knows.
func (list Definitions) Check() error {
	for i := range list {
		if _, err := list[i].provider(); err != nil {
			return err
		}
	}
	return nil
}

// KeyRules is what a provider's keys look like, where to get one, and how it is sent.
type KeyRules struct {
	Page       string   `yaml:"page,omitempty"`
	Prefixes   []string `yaml:"prefixes,omitempty"`
	Variables  []string `yaml:"variables,omitempty"`
	Header     string   `yaml:"header,omitempty"`
	AlsoBearer bool     `yaml:"also_bearer,omitempty"`
	Optional   bool     `yaml:"optional,omitempty"`
}

// ModelRules is how a provider's models are found.
type ModelRules struct {
	Path   string      `yaml:"path,omitempty"`
	Names  []string    `yaml:"names,omitempty"`
	Prices *PriceRules `yaml:"prices,omitempty"`
}

var families = map[string]*family{"openai": &openaiFamily, "anthropic": &anthropicFamily, "gemini": &geminiFamily, "azure": &azureFamily}

// usual are the protocols of a format where the definition lists none.
var usual = map[string]protocol.Set{
	"openai":    protocol.SetOf(protocol.OpenAIChat, protocol.OpenAIEmbeddings),
	"anthropic": protocol.SetOf(protocol.Anthropic),
	"gemini":    geminiSet,
	"azure":     openaiSet,
}

// validID keeps ids fit for commands, files and addresses.
var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// provider makes a provider of a definition. The error names the member at fault.
func (d *Definition) provider() (*Provider, error) {
	f := families[d.Format]
	switch {
	case !validID.MatchString(d.ID):
		return nil, fmt.Errorf("id: %q is not of small letters, digits and dashes, 40 at most", d.ID)
	case strings.TrimSpace(d.Name) == "":
		return nil, fmt.Errorf("%s: name: is missing", d.ID)
	case f == nil:
		return nil, fmt.Errorf("%s: format: must be openai, anthropic, gemini or azure", d.ID)
	}
	p := &Provider{ID: d.ID, Name: d.Name, KeyURL: d.Keys.Page, Example: d.Example,
		Local: d.Local, KeyOptional: d.Keys.Optional || d.BaseURL == "" && d.Example == "", family: f, keys: d.Keys, models: d.Models,
		elsewhere: map[protocol.Protocol]string{}, serve: serveByName}
	var err error
	if p.Protocols, err = setOf(d.Protocols); err != nil {
		return nil, fmt.Errorf("%s: protocols: %w", d.ID, err)
	}
	if p.Hinted, err = setOf(d.Hinted); err != nil {
		return nil, fmt.Errorf("%s: hinted: %w", d.ID, err)
	}
	if d.Keys.Header != "" {
		p.keys.Header = http.CanonicalHeaderKey(d.Keys.Header)
	}
	if p.Protocols == 0 {
		p.Protocols = usual[d.Format]
	}
	for word, path := range d.Paths {
		var proto protocol.Protocol
		if err := proto.UnmarshalText([]byte(word)); err != nil || !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("%s: paths: %q must be a protocol, with a path that begins with a slash", d.ID, word)
		}
		p.elsewhere[proto] = strings.TrimRight(path, "/")
	}
	for _, q := range d.Quirks {
		if !slices.ContainsFunc(p.Protocols.List(), func(proto protocol.Protocol) bool { return codecs.KnowsQuirk(proto, q) }) {
			return nil, fmt.Errorf("%s: quirks: nothing is known of %q in the protocols of this provider", d.ID, q)
		}
		if p.quirks == nil {
			p.quirks = map[string]bool{}
		}
		p.quirks[q] = true
	}
	if err := checkBalance(d.Balance); err != nil {
		return nil, fmt.Errorf("%s: %w", d.ID, err)
	}
	if r := d.Models.Prices; r != nil {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("%s: models: prices: %w", d.ID, err)
		}
	}
	p.balance, p.tellsCost = d.Balance, d.TellsCost
	if own := special[d.ID]; own != nil {
		p.serve = own
	}
	if d.BaseURL != "" {
		base, err := normalize(strings.TrimSpace(d.BaseURL), func(_ string, segments []string) []string { return segments })
		if err != nil {
			return nil, fmt.Errorf("%s: base_url: %s", d.ID, err.(*FieldError).Message)
		}
		p.DefaultBaseURL = base
	}
	return p, nil
}

func setOf(words []string) (set protocol.Set, err error) {
	for _, word := range words {
		var p protocol.Protocol
		if err := p.UnmarshalText([]byte(word)); err != nil {
			return 0, err
		}
		set |= protocol.SetOf(p)
	}
	return set, nil
}

// special are the vendors whose lists of models hold what names alone do not tell.
var special = map[string]func(p *Provider, name string) (protocol.Set, string){"openai": serveOpenAI, "anthropic": serveAll}
