package routing

import (
	"fmt"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/settings"
)

// What is wrong with a price, or with a rate of a currency, is told with its place in the file.
func TestBadPricesAreTold(t *testing.T) {
	for text, want := range map[string]string{
		"prices:\n  relay/gpt-4o: {input: -2, output: 8}\n":               `2:25: input must be an amount from 0 to a million, not -2`,
		"prices:\n  gpt-4o:\n    input: 2\n    output: 1e12\n":            `4:13: output must be an amount from 0 to a million, not 1e12`,
		"prices:\n  gpt-4o: {input: .nan}\n":                              `2:19: input must be an amount from 0 to a million, not .nan`,
		"prices:\n  gpt-4o: {inptu: 2}\n":                                 `2:12: unknown field "inptu"`,
		"prices:\n  gpt-4o: {input: two}\n":                               `2:19: input must be an amount from 0 to a million, not two`,
		"prices:\n  gpt-4o: {input: 2, currency: yuan}\n":                 `2:32: "yuan" is no currency; three letters are, such as EUR or CNY`,
		"prices:\n  gpt-4o: {input: 2, batch: -0.5}\n":                    `2:29: batch must be what the price is multiplied by, from 0 to 100, not -0.5`,
		"prices:\n  gpt-4o: 2\n":                                          `2:11: a price is written as input: 2, output: 8`,
		"rates: {CNY: 0}\n":                                               `1:14: this must be how many of the currency make a dollar, above 0: CNY: 7.1`,
		"# fine before\naliases: {a: b}\nprices:\n  m: {per_image: -1}\n": `4:18: per_image must be an amount from 0 to a million, not -1`,
	} {
		var s Settings
		fault := settings.Parse("f", []byte(text), &s)
		if fault == nil || fmt.Sprintf("%d:%d: %s", fault.Line, fault.Column, fault.Message) != want {
			t.Errorf("%q: %v\nwant %s", text, fault, want)
		}
	}
}

// A price of the user's may have every class, and a currency: it is known where a rate is.
func TestOwnPriceInACurrency(t *testing.T) {
	var s Settings
	text := `
rates: {CNY: 8}
prices:
  m: {input: 4, output: 16, cache_read: 1, audio_input: 40, image_output: 80, per_image: 2, per_search: 1, flex: 0.5, currency: CNY}
  n: {input: 4, output: 16, currency: JPY}
  o: {input: 4, output: 16, currency: USD}
`
	if fault := settings.Parse("f", []byte(text), &s); fault != nil {
		t.Fatal(fault)
	}
	price := func(name string) (usd float64, known bool, why string) {
		p := s.Own("a", name, name).At(s.Worth)
		u := protocol.Usage{Input: 1_000_000, Output: 1_000_000, Split: true}
		usd, known = p.Cost(u, time.Now())
		return usd, known, p.Unknown()
	}
	if usd, known, _ := price("m"); usd != 2.5 || !known {
		t.Errorf("20 yuan at 8 a dollar are %v, %v", usd, known)
	}
	if _, known, why := price("n"); known || why != "its price is in JPY, and no rate for that is set" {
		t.Errorf("yen without a rate: %v, %q", known, why)
	}
	if usd, known, _ := price("o"); usd != 20 || !known {
		t.Errorf("dollars, in so many words: %v, %v", usd, known)
	}
	p := s.Own("a", "m", "m").At(s.Worth)
	u := protocol.Usage{Input: 1_000_000, CacheRead: 1_000_000, Output: 1_000_000, Split: true, Service: protocol.Flex, Made: 4, Searches: 8,
		Audio: protocol.Part{Input: 500_000}, Image: protocol.Part{Output: 500_000}}
	// Halved: (2 + 20) for input, 1 read, (8 + 40) for output; whole: 8 for pictures, 8 for searches; in yuan.
	if usd, known := p.Cost(u, time.Now()); !known || usd != (22+1+48)/2.0/8+16.0/8 {
		t.Errorf("all at once costs %v, %v", usd, known)
	}
}
