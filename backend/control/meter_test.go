package control

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

func ended(client, model string) *routing.Record {
	start := time.Unix(1_700_000_000, 0)
	return &routing.Record{Client: client, Model: model, State: routing.OK, Start: start, End: start.Add(3 * time.Second), FirstByte: 300 * time.Millisecond,
		Attempts: []routing.Attempt{
			{Account: "acc_a", Kind: protocol.Timeout, Start: 2 * time.Millisecond, Usage: protocol.Usage{Input: 10, Estimated: true}, Cost: routing.Cost{USD: .5, Estimated: true}},
			{Account: "acc_b", Start: time.Second, Usage: protocol.Usage{Input: 10, CacheRead: 20, Output: 5, Reasoning: 2}, Cost: routing.Cost{USD: 1}}}}
}

func told(m *Meter) string {
	var out bytes.Buffer
	m.write(&exposition{Writer: &out, names: names{accounts: map[string]string{"acc_b": `my "own"`}, clients: map[string]string{"cli": "codex\nx"}}})
	return out.String()
}

// Tokens and money are told where they were spent, and how they are known.
func TestMeterTellsWhoSpentWhat(t *testing.T) {
	var m Meter
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { m.Count(ended("cli", "gpt-4o")) })
	}
	wg.Wait()
	text := told(&m)
	for _, line := range []string{
		`metapi_requests_total{client="codex\nx",account="my \"own\"",model="gpt-4o",state="ok"} 8`,
		`metapi_attempts_total{account="acc_a",model="gpt-4o",outcome="timeout"} 8`,
		`metapi_cost_dollars_total{client="codex\nx",account="acc_a",model="gpt-4o",source="estimated"} 4`,
		`metapi_cost_dollars_total{client="codex\nx",account="my \"own\"",model="gpt-4o",source="measured"} 8`,
		`metapi_tokens_total{client="codex\nx",account="my \"own\"",model="gpt-4o",class="cache_read"} 160`,
		`metapi_request_seconds_bucket{account="my \"own\"",model="gpt-4o",le="2.5"} 0`,
		`metapi_request_seconds_bucket{account="my \"own\"",model="gpt-4o",le="5"} 8`,
		`metapi_request_seconds_sum{account="my \"own\"",model="gpt-4o"} 24`,
		`metapi_overhead_seconds_bucket{le="0.001"} 0`,
		`metapi_overhead_seconds_bucket{le="0.0025"} 8`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %s in\n%s", line, text)
		}
	}
}

// However many models and clients come, there are only so many series, and nothing is left uncounted.
func TestMeterIsBounded(t *testing.T) {
	var m Meter
	const n = 3 * mostSeries
	for i := range n {
		m.Count(ended("cli", fmt.Sprint("model-", i)))
	}
	text := told(&m)
	series, total := 0, 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "metapi_requests_total{") {
			series++
			var v int
			fmt.Sscan(line[strings.LastIndex(line, " ")+1:], &v)
			total += v
		}
	}
	if series != mostSeries+1 || total != n {
		t.Errorf("%d series, which count %d of %d requests", series, total, n)
	}
	if !strings.Contains(text, `metapi_requests_total{client="(others)",account="(others)",model="(others)",state="(others)"}`) {
		t.Error("what is beyond the bound is not told")
	}
}

// A key that was made anew has the name of the one that was revoked: Prometheus takes no series twice, and no text that is not UTF-8.
func TestMeterTellsEachSeriesOnce(t *testing.T) {
	var m Meter
	for _, client := range []string{"cli_old", "cli_new"} {
		m.Count(ended(client, "gpt-4o"))
	}
	for _, model := range []string{"bad\xff", "bad\xfe"} {
		m.Count(ended("cli_old", model))
	}
	var out bytes.Buffer
	m.write(&exposition{Writer: &out, names: names{clients: map[string]string{"cli_old": "codex", "cli_new": "codex"}}})
	text, seen := out.String(), map[string]bool{}
	for line := range strings.Lines(text) {
		if series, _, is := strings.Cut(line, "} "); is {
			if seen[series] {
				t.Errorf("twice: %s", line)
			}
			seen[series] = true
		}
	}
	for _, line := range []string{
		`metapi_cost_dollars_total{client="codex",account="acc_b",model="gpt-4o",source="measured"} 2`,
		`metapi_requests_total{client="codex",account="acc_b",model="bad�",state="ok"} 2`,
		`metapi_request_seconds_count{account="acc_b",model="bad�"} 2`,
		`metapi_request_seconds_sum{account="acc_b",model="bad�"} 6`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line %s in\n%s", line, text)
		}
	}
	if !utf8.ValidString(text) {
		t.Error("it is no UTF-8")
	}
}

func BenchmarkMeter(b *testing.B) {
	var m Meter
	r := ended("cli", "gpt-4o")
	b.ReportAllocs()
	for b.Loop() {
		m.Count(r)
	}
}
