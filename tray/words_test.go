package tray

import (
	"testing"

	"metapi/backend/control/client"
)

func TestToday(t *testing.T) {
	for _, c := range []struct {
		figures *client.Figures
		want    string
	}{
		{nil, "Today's use is not known"},
		{&client.Figures{}, "No requests today"},
		{&client.Figures{Requests: 1, Input: 1}, "Today $0.00 · 1 token"},
		{&client.Figures{Requests: 3, Input: 1, CacheRead: 900, CacheWrite: 30, Output: 9, Reasoning: 5, CostUSD: 0.0042}, "Today $0.0042 · 940 tokens"},
		{&client.Figures{Requests: 3, Input: 2_100_000, CostUSD: 1.84, CostEstimated: 1}, "Today about $1.84 · 2.1 M tokens"},
		{&client.Figures{Requests: 3, Input: 2_100_000, CostUSD: 1.84, CostEstimated: 1, TokensEstimated: 1}, "Today about $1.84 · about 2.1 M tokens"},
		{&client.Figures{Requests: 3, Input: 2_100_000, CostUSD: 1.84, CostUnknown: 1}, "Today at least $1.84 · 2.1 M tokens"},
		{&client.Figures{Requests: 3, Input: 2_100_000, CostUSD: 1.84, CostUnknown: 1, CostEstimated: 1}, "Today about $1.84 or more · 2.1 M tokens"},
		{&client.Figures{Requests: 3, Input: 12_345, CostUnknown: 3}, "Today 12 K tokens, cost unknown"},
		{&client.Figures{Requests: 3, Input: 2_100_000, CostUSD: 1.84, SavedUSD: 0.91, Compared: 3}, "Today $1.84 (saved $0.91) · 2.1 M tokens"},
		{&client.Figures{Requests: 3, Input: 2_100_000, CostUSD: 1.84, SavedUSD: -0.91, Compared: 3}, "Today $1.84 · 2.1 M tokens"},
	} {
		if got := today(c.figures, nil); got != c.want {
			t.Errorf("today(%+v) = %q, want %q", c.figures, got, c.want)
		}
	}
}

// Money in the user's own currency says by which rate.
func TestTodayInAnotherCurrency(t *testing.T) {
	f := &client.Figures{Requests: 3, Input: 2_100_000, CostUSD: 2, SavedUSD: 1, Compared: 3}
	if got, want := today(f, &client.Money{Currency: "EUR", Rate: 0.9}), "Today EUR 1.80 (saved EUR 0.90) · at 0.9 for $1 · 2.1 M tokens"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestDollars(t *testing.T) {
	for usd, want := range map[float64]string{
		0: "$0.00", -1: "$0.00", 0.0000001: "$0.000000", 0.0000042: "$0.000004", 0.000042: "$0.000042", 0.00042: "$0.00042", 0.0042: "$0.0042",
		0.042: "$0.042", 0.0996: "$0.10", 0.42: "$0.42", 1.845: "$1.84", 1234.5: "$1234.50",
	} {
		if got := dollars(usd); got != want {
			t.Errorf("dollars(%v) = %q, want %q", usd, got, want)
		}
	}
}

func TestBrief(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1.0 K", 9_940: "9.9 K", 9_950: "10 K", 12_345: "12 K", 999_499: "999 K", 999_500: "1.0 M", 2_100_000: "2.1 M",
		1_500_000_000: "1.5 G",
	} {
		if got := brief(n); got != want {
			t.Errorf("brief(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	for s, want := range map[string]string{
		"":                    "",
		" two\r\nlines\t. ":   "two lines",
		"a\x00b\u202ec":       "abc",
		"0123456789":          "0123456789",
		"0123456789a":         "012345678…",
		"ééééé, ééééééééééé":  "ééééé, éé…",
		"12345678, and so on": "12345678…",
	} {
		if got := line(s, 10); got != want {
			t.Errorf("line(%q) = %q, want %q", s, got, want)
		}
	}
	if got := sentence("écoute"); got != "Écoute" {
		t.Error(got)
	}
}
