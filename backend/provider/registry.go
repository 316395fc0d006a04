package provider

import (
	_ "embed" // for providers.yaml
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/goccy/go-yaml"
)

//go:embed providers.yaml
var providersYAML []byte

// Schema describes a file of definitions, as JSON Schema: for editors, and for those who check such a file.
//
//go:embed providers.schema.json
var Schema []byte

// registry is a list of providers, in the order in which they are shown. It does not change once it is made.
type registry struct {
	list   []*Provider
	byID   map[string]*Provider
	byHost map[string]*Provider // of default base URLs; of several, the first
}

func newRegistry(definitions []Definition) (*registry, error) {
	r := &registry{byID: map[string]*Provider{}, byHost: map[string]*Provider{}}
	var errs []error
	for i := range definitions {
		p, err := definitions[i].provider()
		if err == nil && r.byID[p.ID] != nil {
			err = fmt.Errorf("%s: id: is there twice", p.ID)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.list, r.byID[p.ID] = append(r.list, p), p
		if host := hostOf(p.DefaultBaseURL); host != "" && r.byHost[host] == nil {
			r.byHost[host] = p
		}
	}
	return r, errors.Join(errs...)
}

// Parse reads a file of definitions. It is strict; the error tells the line.
func Parse(data []byte) ([]Definition, error) {
	var all []Definition
	if err := yaml.UnmarshalWithOptions(data, &all, yaml.Strict()); err != nil {
		return nil, err
	}
	return all, nil
}

// own are the definitions that are part of the program.
var own = sync.OnceValue(func() []Definition {
	all, err := Parse(providersYAML)
	if err != nil {
		panic(err) // a test reads the file, too
	}
	return all
})

// inForce is what [Get], [All] and [Recognise] know. A process has one list of providers, as it has one set of protocols.
var inForce atomic.Pointer[registry]

func current() *registry {
	for {
		if r := inForce.Load(); r != nil {
			return r
		}
		r, err := newRegistry(own())
		if err != nil {
			panic(err) // a test makes them, too
		}
		inForce.CompareAndSwap(nil, r)
	}
}

// Use puts definitions in force beside those of the program; one with the id of another takes its place. After an error, which names what is
// wrong with each that cannot be used, the others are in force. Without any, the program's are read when they are first wanted.
func Use(definitions []Definition) error {
	if len(definitions) == 0 {
		inForce.Store(nil)
		return nil
	}
	all := append([]Definition(nil), own()...)
	place := map[string]int{}
	for i, d := range all {
		place[d.ID] = i
	}
	var errs []error
	for _, d := range definitions {
		if _, err := d.provider(); err != nil {
			errs = append(errs, err)
			continue
		}
		if i, there := place[d.ID]; there {
			all[i] = d
			continue
		}
		place[d.ID], all = len(all), append(all, d)
	}
	r, err := newRegistry(all)
	inForce.Store(r)
	return errors.Join(append(errs, err)...)
}

// Get returns the provider with this id.
func Get(id string) (*Provider, bool) {
	p, ok := current().byID[id]
	return p, ok
}

// All returns every provider, in the order in which they are shown. The slice is the caller's; the providers are not.
func All() []*Provider { return append([]*Provider(nil), current().list...) }

// vendorAt returns the provider that is known to answer at a host, or nil.
func vendorAt(host string) *Provider { return current().byHost[hostName(host)] }

// hostOf returns the host of a base URL in this package's own tables, without its port.
func hostOf(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return hostName(host)
}
