package ledger

import (
	"encoding/binary"
	"errors"
	"math"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

// Totals is what a number of requests came to. Requests is the sum of the five states.
type Totals struct {
	Requests    int64 `json:"requests"`
	OK          int64 `json:"ok"`
	Failed      int64 `json:"failed"`
	Cancelled   int64 `json:"cancelled"`
	Interrupted int64 `json:"interrupted"`
	Running     int64 `json:"running"`

	Usage   protocol.Usage `json:"usage"`    // Estimated where any request's is
	CostUSD float64        `json:"cost_usd"` // what is known of the cost, in US dollars

	UsageEstimated int64 `json:"usage_estimated"` // requests some of whose tokens we counted ourselves
	CostEstimated  int64 `json:"cost_estimated"`  // requests some of whose cost stands on such a count
	CostUnknown    int64 `json:"cost_unknown"`    // requests some of whose tokens have no known price: CostUSD leaves them out

	AgainstVendor  Saving `json:"against_vendor"`
	AgainstDearest Saving `json:"against_dearest"`
	AgainstFirst   Saving `json:"against_first"`
}

// Saving is what requests cost less than a baseline. It is kept for all baselines, so that the user may choose another for what is past, too.
type Saving struct {
	Nano     int64 `json:"nano"`     // billionths of a dollar, so that sums are exact; below zero where the baseline would have cost less
	Compared int64 `json:"compared"` // requests of which both costs are known, or that used nothing
}

// USD is what was saved, in dollars.
func (s Saving) USD() float64 { return float64(s.Nano) / 1e9 }

// Against is what was saved against a baseline.
func (t *Totals) Against(b routing.Baseline) *Saving {
	switch b {
	case routing.Dearest:
		return &t.AgainstDearest
	case routing.First:
		return &t.AgainstFirst
	}
	return &t.AgainstVendor
}

// Add adds u to t.
func (t *Totals) Add(u Totals) { t.add(&u, 1) }

func (t *Totals) add(u *Totals, sign int64) {
	to, from := t.counts(), u.counts()
	for i := range to {
		*to[i] += sign * *from[i]
	}
	t.CostUSD += float64(sign) * u.CostUSD
	t.Usage.Estimated = t.UsageEstimated > 0
}

// counts are the whole numbers of t, in the order in which they are stored: new ones go to the end.
func (t *Totals) counts() [21]*int64 {
	return [...]*int64{&t.Requests, &t.OK, &t.Failed, &t.Cancelled, &t.Interrupted, &t.Running,
		&t.Usage.Input, &t.Usage.CacheRead, &t.Usage.CacheWrite, &t.Usage.CacheWrite1h, &t.Usage.Output, &t.Usage.Reasoning,
		&t.UsageEstimated, &t.CostEstimated, &t.CostUnknown,
		&t.AgainstVendor.Nano, &t.AgainstVendor.Compared, &t.AgainstDearest.Nano, &t.AgainstDearest.Compared, &t.AgainstFirst.Nano, &t.AgainstFirst.Compared}
}

var errTotals = errors.New("a damaged rollup in the database")

// append writes t as a rollup stores it: the cost, then the counts as varints.
func (t *Totals) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(t.CostUSD))
	for _, n := range t.counts() {
		b = binary.AppendVarint(b, *n)
	}
	return b
}

// parse reads what append wrote. Counts that an older Metapi did not know are zero.
func (t *Totals) parse(b []byte) error { return t.parseFirst(b, len(t.counts())) }

// states is how many of the counts are of requests by state: the first ones.
const states = 6

// parseFirst reads the cost and the first counts of what append wrote.
func (t *Totals) parseFirst(b []byte, most int) error {
	*t = Totals{}
	if len(b) < 8 {
		return errTotals
	}
	t.CostUSD = math.Float64frombits(binary.LittleEndian.Uint64(b))
	b = b[8:]
	counts := t.counts()
	for _, n := range counts[:most] {
		if len(b) == 0 {
			break
		}
		v, size := binary.Varint(b)
		if size <= 0 {
			return errTotals
		}
		*n, b = v, b[size:]
	}
	t.Usage.Estimated = t.UsageEstimated > 0
	return nil
}
