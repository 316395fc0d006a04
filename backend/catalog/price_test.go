package catalog

import (
	"testing"
	"time"

	"metapi/backend/protocol"
)

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

// TestCost checks what costs money when it is wrong, against the vendors' published prices. The sums were made by hand.
func TestCost(t *testing.T) {
	usage := func(in, read, write, hour, out, reasoning int64) protocol.Usage {
		return protocol.Usage{Input: in, CacheRead: read, CacheWrite: write, CacheWrite1h: hour, Output: out, Reasoning: reasoning}
	}
	now := day("2026-11-23 12:00:00")
	for _, c := range []struct {
		what, provider, baseURL, model string
		usage                          protocol.Usage
		at                             time.Time
		want                           float64
	}{
		// openai.com/api/pricing: gpt-4o 2.50 in, 1.25 cached, 10 out. Its first snapshot stays at 5 and 15.
		{"gpt-4o", "openai", "", "gpt-4o", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 2.50 + 10},
		{"gpt-4o cached", "openai", "", "gpt-4o", usage(10_000, 90_000, 0, 0, 500, 0), now,
			0.1425}, // .01 M*2.50 = .025; .09 M*1.25 = .1125; .0005 M*10 = .005
		{"gpt-4o of May 2024", "openai", "", "gpt-4o-2024-05-13", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 5 + 15},
		{"gpt-4o of August 2024", "openai", "", "gpt-4o-2024-08-06", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 2.50 + 10},
		{"gpt-4o of November 2024", "openai", "", "gpt-4o-2024-11-20", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 2.50 + 10},
		{"gpt-4o-mini", "openai", "", "gpt-4o-mini", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 0.75},
		{"gpt-4.1", "openai", "", "gpt-4.1-2025-04-14", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 2 + 8},
		// Reasoning is within output: 2,000 of the 3,000 tokens at 8 a million, and not 5,000.
		{"o3, reasoning not billed twice", "openai", "", "o3", usage(1_000, 0, 0, 0, 3_000, 2_000), now,
			0.026}, // .001 M*2 = .002; .003 M*8 = .024
		// o3 cost 10 and 40 until the price fell to 2 and 8 on 2025-06-10.
		{"o3 on the day before", "openai", "", "o3", usage(1_000_000, 0, 0, 0, 1_000_000, 0), day("2025-06-09 23:59:59"), 50},
		{"o3 from the day on", "openai", "", "o3", usage(1_000_000, 0, 0, 0, 1_000_000, 0), day("2025-06-10 00:00:00"), 10},
		{"an embedding has no output", "openai", "", "text-embedding-3-small", usage(1_000_000, 0, 0, 0, 0, 0), now, 0.02},

		// claude.com/pricing: sonnet 4.5: 3 in, 15 out, cache read .30, write 3.75, for an hour 6.
		{"sonnet 4.5, every class", "anthropic", "", "claude-sonnet-4-5-20250929", usage(1_000, 100_000, 10_000, 5_000, 2_000, 0), now,
			0.1305}, // .003 + .03 + .0375 + .03 + .03
		// Above 200,000 tokens of prompt the whole request costs 6 and 22.50: at exactly 200,000 it does not.
		{"sonnet 4.5 at the edge", "anthropic", "", "claude-sonnet-4-5", usage(200_000, 0, 0, 0, 1_000, 0), now,
			0.615}, // .2 M*3 = .6; .001 M*15 = .015
		{"sonnet 4.5 above the edge", "anthropic", "", "claude-sonnet-4-5", usage(200_001, 0, 0, 0, 1_000, 0), now,
			1.222506}, // .200001 M*6 = 1.200006; .001 M*22.50 = .0225
		// Cached tokens count towards the edge: 1 + 200,000 tokens, at 6 and 0.60.
		{"sonnet 4.5, over the edge by its cache", "anthropic", "", "claude-sonnet-4-5", usage(1, 200_000, 0, 0, 0, 0), now,
			0.120006}, // .000001 M*6 = .000006; .2 M*.60 = .12
		{"opus 4.1", "anthropic", "", "claude-opus-4-1-20250805", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 15 + 75},
		{"opus 4.5", "anthropic", "", "claude-opus-4-5-20251101", usage(100_000, 0, 0, 0, 100_000, 0), now, 0.5 + 2.5},
		{"haiku 4.5", "anthropic", "", "claude-haiku-4-5", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 1 + 5},
		{"as Claude Code asks for the long context", "anthropic", "", "claude-sonnet-4-5[1m]", usage(1_000, 0, 0, 0, 0, 0), now, 0.003},

		// ai.google.dev/pricing: gemini-2.5-pro 1.25 and 10, above 200,000 tokens 2.50 and 15; thinking is output.
		{"2.5 pro", "gemini", "", "gemini-2.5-pro", usage(200_000, 0, 0, 0, 10_000, 8_000), now, 0.35},               // .25 + .1
		{"2.5 pro, long", "gemini", "", "models/gemini-2.5-pro", usage(200_001, 0, 0, 0, 10_000, 0), now, 0.6500025}, // .5000025 + .15
		{"2.5 flash", "gemini", "", "gemini-2.5-flash", usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 0.30 + 2.50},

		// api-docs.deepseek.com: v4-flash .22 and .66 since 2026-08-17, twice that from 01 to 04 and 06 to 10 UTC.
		{"deepseek by day", "openai-compatible", "https://api.deepseek.com/v1", "deepseek-v4-flash",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 0.88},
		{"deepseek at its peak", "openai-compatible", "https://api.deepseek.com/v1", "deepseek-v4-flash",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), day("2026-11-23 01:00:00"), 1.76},
		{"deepseek between its peaks", "openai-compatible", "https://api.deepseek.com", "deepseek-v4-flash",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), day("2026-11-23 04:00:00"), 0.88},
		{"deepseek at its peak, seen from Paris", "anthropic-compatible", "https://api.deepseek.com/anthropic", "deepseek-v4-flash",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), time.Date(2026, 11, 23, 7, 30, 0, 0, time.FixedZone("CET", 3600)), 1.76},
		{"deepseek at its peak, on the evening before in California", "openai-compatible", "https://api.deepseek.com", "deepseek-v4-flash",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), time.Date(2026, 11, 22, 17, 30, 0, 0, time.FixedZone("PST", -8*3600)), 1.76},
		{"deepseek, cache", "openai-compatible", "https://api.deepseek.com", "deepseek-v4-flash",
			usage(0, 1_000_000, 0, 0, 0, 0), now, 0.007},
		// Hours over midnight: deepseek-chat's dear hours were 00:30 to 16:30.
		{"deepseek-chat, night", "openai-compatible", "https://api.deepseek.com", "deepseek-chat",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), day("2025-06-01 00:29:59"), 0.685},
		{"deepseek-chat, day", "openai-compatible", "https://api.deepseek.com", "deepseek-chat",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), day("2025-06-01 00:30:00"), 1.37},

		// Azure serves other makers' models at their prices.
		{"at Azure", "openai-compatible", "https://mine.services.ai.azure.com/openai/v1", "claude-opus-4-5",
			usage(100_000, 0, 0, 0, 100_000, 0), now, 0.5 + 2.5},
		// A price per call: 12 dollars a thousand requests.
		{"perplexity sonar", "openai-compatible", "https://api.perplexity.ai", "sonar", usage(1_000, 0, 0, 0, 1_000, 0), now, 0.014},
		// The one vendor that bills reasoning apart: 1,000 at 8 and 9,000 at 3.
		{"perplexity deep research", "openai-compatible", "https://openrouter.ai/api/v1", "perplexity/sonar-deep-research",
			usage(0, 0, 0, 0, 10_000, 9_000), now, 0.035},
		{"free of charge, and says so", "openai-compatible", "https://openrouter.ai/api/v1", "deepseek/deepseek-r1:free",
			usage(1_000_000, 0, 0, 0, 1_000_000, 0), now, 0},
	} {
		_, price := Embedded().Model(c.provider, c.baseURL, c.model)
		got, known := price.Cost(c.usage, c.at)
		if !known || got != c.want {
			t.Errorf("%s: %s costs %v (known: %v), want %v", c.what, c.model, got, known, c.want)
		}
	}
}

// TestUnknownPrices lists what must not get a price: a wrong one is worse than none.
func TestUnknownPrices(t *testing.T) {
	used := protocol.Usage{Input: 1000, Output: 1000}
	for _, c := range []struct{ why, provider, baseURL, model string }{
		{"a relay's price is not the vendor's", "openai-compatible", "https://relay.example/v1", "gpt-4o"},
		{"a relay's price is not the vendor's", "anthropic-compatible", "https://relay.example", "claude-sonnet-4-5"},
		{"a local server's neither", "openai-compatible", "http://127.0.0.1:11434/v1", "gpt-4o"},
		{"a host that only begins like a vendor's", "openai-compatible", "https://api.openai.com.relay.example/v1", "gpt-4o"},
		{"a vendor's host in the path", "openai-compatible", "https://relay.example/x.googleapis.com", "gemini-2.5-pro"},
		{"a vendor's host in the user part", "openai-compatible", "https://api.openai.com@relay.example/v1", "gpt-4o"},
		{"a later model than the list knows", "anthropic", "", "claude-sonnet-5-5"},
		{"a later model than the list knows", "anthropic", "", "claude-opus-4-9"},
		{"a smaller model whose name begins alike", "gemini", "", "gemini-1.5-flash-8b"},
		{"a faster one", "anthropic", "", "claude-opus-4-8-fast"},
		{"pictures and text cannot be told apart in its output", "gemini", "", "gemini-2.5-flash-image"},
		{"billed by the minute", "openai", "", "whisper-1"},
		{"nobody knows it", "openai", "", "gpt-999"},
		{"no name", "openai", "", ""},
		{"another vendor's model", "openai", "", "claude-sonnet-4-5"},
	} {
		_, price := Embedded().Model(c.provider, c.baseURL, c.model)
		if usd, known := price.Cost(used, time.Now()); known {
			t.Errorf("%s: %s at %s%s costs %v", c.why, c.model, c.provider, c.baseURL, usd)
		}
	}
}

func TestQuote(t *testing.T) {
	now := time.Now()
	p := &Price{Terms: Terms{Rates: Rates{Input: USD(2), Output: USD(8)}}}

	q := p.Quote(protocol.Usage{Input: 10, Output: 10}, now)
	if !q.Known || q.Assumed || q.USD != 0.0001 {
		t.Errorf("nothing to assume: %+v", q)
	}
	// Cached tokens without a price are billed as input, and it is said.
	q = p.Quote(protocol.Usage{CacheRead: 1_000_000, CacheWrite: 1_000_000, CacheWrite1h: 1_000_000}, now)
	if !q.Known || !q.Assumed || q.CacheRead != 2 || q.CacheWrite != 2+4 || q.USD != 8 {
		t.Errorf("assumed cache prices: %+v", q)
	}
	// What has no price is left out of the sum, and it is said.
	in := &Price{Terms: Terms{Rates: Rates{Input: USD(2)}}}
	q = in.Quote(protocol.Usage{Input: 1_000_000, Output: 5}, now)
	if q.Known || q.USD != 2 {
		t.Errorf("unknown output price: %+v", q)
	}
	if usd, known := in.Cost(protocol.Usage{Input: 1_000_000}, now); !known || usd != 2 {
		t.Errorf("no output, no doubt: %v %v", usd, known)
	}
	var none *Price
	if usd, known := none.Cost(protocol.Usage{Input: 1}, now); known || usd != 0 {
		t.Errorf("no price: %v %v", usd, known)
	}
	// An upstream can say anything.
	for _, u := range []protocol.Usage{{Input: -5, Output: -5, Reasoning: 10}, {Output: 10, Reasoning: 1 << 62}} {
		if usd, _ := p.Cost(u, now); usd < 0 || usd > 0.00008 {
			t.Errorf("%+v costs %v", u, usd)
		}
	}
	if usd, known := p.Cost(protocol.Usage{Input: 1 << 62, Output: 1 << 62}, now); !known || usd < 0 {
		t.Errorf("senseless usage costs %v %v", usd, known)
	}
}

// TestHours goes over midnight.
func TestHours(t *testing.T) {
	night := Terms{Start: 22 * time.Hour, End: 6 * time.Hour}
	for clock, want := range map[string]bool{"21:59:59": false, "22:00:00": true, "23:59:59": true, "00:00:00": true,
		"05:59:59": true, "06:00:00": false, "12:00:00": false} {
		if got := night.hold(day("2026-01-01 " + clock)); got != want {
			t.Errorf("22 to 6 at %s: %v", clock, got)
		}
	}
}

func BenchmarkCost(b *testing.B) {
	_, p := Embedded().Model("anthropic", "", "claude-sonnet-4-5")
	u, at := protocol.Usage{Input: 1000, CacheRead: 100_000, Output: 500}, time.Now()
	b.ReportAllocs()
	for b.Loop() {
		p.Cost(u, at)
	}
}
