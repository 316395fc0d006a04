package catalog

import (
	"math/big"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"metapi/backend/protocol"
)

// invoice is one of testdata/invoices.yaml.
type invoice struct {
	Shows    string
	Provider string
	BaseURL  string `yaml:"base_url"`
	Model    string
	At       time.Time
	Usage    protocol.Usage
	Prices   []string
	Page     string
	Seen     string
	Worked   string
	Dollars  string
}

// TestInvoices compares what the catalog reckons with invoices that were worked out by hand from the vendors' pages: to the picodollar. Every class
// of tokens, and every service that has a known price, must be on one.
func TestInvoices(t *testing.T) {
	text, err := os.ReadFile("testdata/invoices.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []invoice
	if err := yaml.UnmarshalWithOptions(text, &all, yaml.Strict(), yaml.UseJSONUnmarshaler()); err != nil {
		t.Fatal(err)
	}
	var shown protocol.Usage
	services := map[protocol.Service]bool{}
	for _, i := range all {
		if u, err := url.Parse(i.Page); err != nil || u.Scheme != "https" || len(i.Prices) == 0 || i.Worked == "" || !strings.Contains("page partly not", i.Seen) || i.Seen == "" {
			t.Errorf("%s: it does not say what it rests on", i.Shows)
		}
		provider := i.Provider
		if provider == "" {
			provider = "openai-compatible"
		}
		_, price := Embedded().Model(provider, i.BaseURL, i.Model)
		q := price.Quote(i.Usage, i.At)
		want, ok := new(big.Rat).SetString(i.Dollars)
		if !ok {
			t.Fatalf("%s: %q are no dollars", i.Shows, i.Dollars)
		}
		got := new(big.Rat).SetFloat64(q.USD)
		off := new(big.Rat).Abs(got.Sub(got, want))
		if !q.Known || q.Assumed || off.Cmp(big.NewRat(1, 1e12)) >= 0 {
			t.Errorf("%s: %s costs %v (known: %v, assumed: %v), by hand %s: %s", i.Shows, i.Model, q.USD, q.Known, q.Assumed, i.Dollars, i.Worked)
		}
		shown = shown.Add(i.Usage)
		services[i.Usage.Service] = true
	}
	for what, n := range map[string]int64{"input": shown.Input, "cache reads": shown.CacheRead, "5 m writes": shown.CacheWrite, "1 h writes": shown.CacheWrite1h,
		"output": shown.Output, "reasoning": shown.Reasoning, "sound in": shown.Audio.Input, "sound cached": shown.Audio.Cached, "sound out": shown.Audio.Output,
		"pictures in": shown.Image.Input, "pictures cached": shown.Image.Cached, "pictures out": shown.Image.Output, "searches": shown.Searches} {
		if n == 0 {
			t.Errorf("no invoice has %s", what)
		}
	}
	if len(services) != 4 {
		t.Errorf("the invoices are of the services %v", services)
	}
}
