package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

func lineOf(t testing.TB, r *routing.Record) []byte {
	t.Helper()
	text, err := appendRecord(nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return signed(text)
}

// signed is the line of a text, whatever that is.
func signed(text []byte) []byte { return appendLine(nil, text) }

func TestLineRoundTrip(t *testing.T) {
	r := settled(3)
	r.Error = "a\nb <&> \u2028 \x00"
	line := lineOf(t, r)
	if bytes.IndexByte(line, '\n') != len(line)-1 {
		t.Fatalf("%q", line)
	}
	back, text, err := decodeLine(line)
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Fatalf("%v\n got %+v\nwant %+v", err, back, r)
	}
	if again := signed(text); !bytes.Equal(again, line) || int64(len(line)) != lineLen(text) {
		t.Fatalf("%q\n%q", again, line)
	}
	for i := range line[:len(line)-1] {
		bad := bytes.Clone(line)
		bad[i] ^= 1
		if _, _, err := decodeLine(bad); err == nil && !(i < 8 && bytes.EqualFold(bad, line)) {
			t.Fatalf("a flipped bit at %d is not noticed", i)
		}
	}
}

func FuzzDecodeLine(f *testing.F) {
	f.Add(lineOf(f, settled(1)))
	f.Add(lineOf(f, &routing.Record{ID: "x"}))
	f.Add([]byte("00000000 {}\n"))
	f.Add([]byte("\n"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, line := range [][]byte{data, signed(data)} { // as it is, and under a right checksum
			r, text, err := decodeLine(line)
			if err != nil {
				continue
			}
			if !bytes.Contains(line, text) || r.ID == "" {
				t.Fatalf("%q", text)
			}
			if _, err := json.Marshal(r); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			e := entry{fact: factOf(r)}
			_ = e.account()
		}
	})
}

// A segment cut off at any byte loses the record that was cut, and nothing else.
func TestTornTail(t *testing.T) {
	var whole []byte
	var ends []int
	for n := range 3 {
		r := settled(n)
		r.Candidates, r.Excluded = nil, nil
		whole = append(whole, lineOf(t, r)...)
		ends = append(ends, len(whole))
	}
	for cut := range len(whole) + 1 {
		want := 0
		for _, end := range ends {
			if cut >= end-1 { // only the newline is missing: the record is whole
				want++
			}
		}
		got := 0
		read := &segment{data: whole[:cut]}
		for e, ok := read.next(); ok; e, ok = read.next() {
			if e.id != settled(got).ID {
				t.Errorf("cut at %d: record %d is %s", cut, got, e.id)
			}
			got++
		}
		torn := 1
		for _, end := range append(ends, 0) {
			if cut == end || cut == end-1 {
				torn = 0
			}
		}
		if got != want || read.damage != (damage{torn: torn}) {
			t.Fatalf("cut at %d: %d records of %d, %+v", cut, got, want, read.damage)
		}
	}

	// The whole way, for some of the cuts: what is lost is said nowhere, since a torn tail is what a kill leaves.
	for _, cut := range []int{0, 1, 9, ends[0], ends[0] + 100, ends[1] - 2, len(whole) - 20} {
		dir := t.TempDir()
		os.Mkdir(dir+"/journal", 0o700)
		os.WriteFile(dir+"/journal/0000000000000007.log", whole[:cut], 0o600)
		l := openLedger(t, dir)
		want := 0
		for want < len(ends) && ends[want] <= cut {
			want++
		}
		if rows := all(t, l, Query{}); len(rows) != want || l.Trouble() != "" {
			t.Errorf("cut at %d: %d rows of %d, trouble %q", cut, len(rows), want, l.Trouble())
		}
	}
}

func TestGarbageIsSkippedAndTold(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(dir+"/journal", 0o700)
	var data []byte
	for n := range 4 {
		data = append(data, lineOf(t, settled(n))...)
		data = append(data, "\x00\xffgarbage\n\n"...)
	}
	os.WriteFile(dir+"/journal/0000000000000003.log", data, 0o600)
	os.WriteFile(dir+"/journal/notes.txt", []byte("not ours"), 0o600)
	l := openLedger(t, dir)
	if rows := all(t, l, Query{}); len(rows) != 4 {
		t.Errorf("%d rows", len(rows))
	}
	if want := "8 damaged lines in " + dir + "/journal were left out."; l.Trouble() != want {
		t.Errorf("trouble %q", l.Trouble())
	}
	l.Close()
	if files := segments(t, dir); len(files) != 1 || files[0].Name() != "notes.txt" {
		t.Errorf("left: %v", files)
	}
}

// A segment that cannot be read holds up nothing, and is not deleted.
func TestUnreadableSegment(t *testing.T) {
	dir := t.TempDir()
	unreadable := dir + "/journal/0000000000000002.log"
	os.MkdirAll(unreadable, 0o700) // a folder: reading it fails even for root
	os.WriteFile(dir+"/journal/0000000000000003.log", lineOf(t, settled(0)), 0o600)
	l := openLedger(t, dir)
	if rows := all(t, l, Query{}); len(rows) != 1 {
		t.Errorf("%d rows", len(rows))
	}
	if s := l.Trouble(); !strings.Contains(s, unreadable) {
		t.Errorf("trouble: %q", s)
	}
	l.Close()
	if files := segments(t, dir); len(files) != 1 {
		t.Errorf("left: %v", files)
	}
}

func TestCursors(t *testing.T) {
	l := openLedger(t, t.TempDir())
	for n := range 5 {
		l.Settle(settled(n))
	}
	page, next, err := l.Requests(Query{Limit: 2})
	if err != nil || len(page) != 2 || next == "" {
		t.Fatal(page, next, err)
	}
	l.Settle(settled(9)) // does not shift the next page
	page, last, err := l.Requests(Query{Limit: 3, Cursor: next})
	if err != nil || len(page) != 3 || page[0].ID != settled(2).ID || last != "" {
		t.Fatal(page, last, err)
	}
	for _, q := range []Query{{Cursor: next, Oldest: true}, {Cursor: "!"}, {Cursor: "AAAA"}, {Cursor: "bg"}} {
		if _, _, err := l.Requests(q); !errors.Is(err, ErrCursor) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	r, ok, err := l.Request(settled(3).ID)
	if err != nil || !ok || r.Usage != settled(3).Usage {
		t.Error(r, ok, err)
	}
	if _, ok, err := l.Request("none"); ok || err != nil {
		t.Error(ok, err)
	}
	if _, err := l.Group("colour", time.Time{}, time.Time{}, nil); err == nil {
		t.Error("grouped by colour")
	}
}

// Tokens and money are booked where they were spent; the request at the account that had the last word.
func TestSharesOfAccounts(t *testing.T) {
	l := openLedger(t, t.TempDir())
	r := settled(0)
	failed := routing.Attempt{Account: "ac_zero", Kind: protocol.Timeout, Usage: protocol.Usage{Input: 700, Estimated: true},
		Cost: routing.Cost{USD: 0.5, Estimated: true}}
	r.Attempts = append([]routing.Attempt{failed}, r.Attempts...)
	r.Usage, r.Cost = r.Usage.Add(failed.Usage), r.Cost.Add(failed.Cost)
	l.Settle(r)
	rows, err := l.Group(ByAccount, time.Time{}, time.Time{}, nil)
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	zero, one := rows[0], rows[1]
	if zero.Key != "ac_zero" || zero.Requests != 0 || zero.CostUSD != 0.5 || zero.Usage.Input != 700 || zero.CostEstimated != 1 || zero.UsageEstimated != 1 {
		t.Errorf("%+v", zero)
	}
	if one.Key != "ac_one" || one.Requests != 1 || one.OK != 1 || math.Abs(one.CostUSD-0.0123) > 1e-12 || one.Usage != settled(0).Usage || one.CostEstimated != 0 {
		t.Errorf("%+v", one)
	}
	for _, a := range []string{"ac_zero", "ac_one"} {
		if listed := all(t, l, Query{Account: a}); len(listed) != 1 {
			t.Errorf("%d requests at %s", len(listed), a)
		}
	}
}

// Not-a-number must cost a figure, not a record.
func TestNotANumber(t *testing.T) {
	l := openLedger(t, t.TempDir())
	r := settled(0)
	r.Cost.USD, r.Attempts[0].Cost.USD, r.Candidates[0].Price = math.NaN(), math.Inf(1), math.NaN()
	l.Settle(r)
	rows := all(t, l, Query{})
	if len(rows) != 1 || !rows[0].Cost.Unknown || rows[0].Usage != r.Usage {
		t.Errorf("%+v", rows)
	}
	checkSums(t, l, rows)
}

func TestIDTime(t *testing.T) {
	now := time.Now().Truncate(time.Millisecond)
	id := routing.NewID(now)
	if at, ok := idTime(id); !ok || !at.Equal(now) {
		t.Errorf("%s: %v, %v", id, at, now)
	}
	if low, high := idFloor(now), idFloor(now.Add(time.Millisecond)); id < low || id >= high {
		t.Errorf("%s is not in [%s, %s)", id, low, high)
	}
}

func TestSegmentsRollAndGo(t *testing.T) {
	dir := t.TempDir()
	st := openStore(t, dir)
	l, err := open(dir, st, limits{5000, 100, maxQueue})
	if err != nil {
		t.Fatal(err)
	}
	block(l, true)
	for n := range 100 {
		l.Settle(settled(n))
	}
	l.write()
	if n := len(segments(t, dir)); n < 15 {
		t.Errorf("%d segments hold 100 records", n)
	}
	for _, f := range segments(t, dir) {
		if info, err := f.Info(); err != nil || info.Size() > 7000 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f.Name(), info, err)
		}
	}
	if rows := all(t, l, Query{Limit: 1000}); len(rows) != 100 {
		t.Errorf("%d rows while the database is blocked", len(rows))
	}
	if n := len(segments(t, dir)); n < 15 {
		t.Errorf("segments went before their fold was committed: %d are left", n)
	}
	block(l, false)
	if err := l.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(segments(t, dir)); n != 1 {
		t.Errorf("%d segments after the fold", n)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(segments(t, dir)); n != 0 {
		t.Errorf("%d segments after closing", n)
	}
	last := l.journal.number
	if l, err = Open(dir, st); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.Settle(settled(100))
	l.write()
	if l.journal.number <= last {
		t.Errorf("segment number %d is used again", l.journal.number)
	}
	checkSums(t, l, all(t, l, Query{}))
}

func TestPins(t *testing.T) {
	dir := t.TempDir()
	st := openStore(t, dir)
	most := limits{segmentSize, 500, maxQueue}
	l, err := open(dir, st, most)
	if err != nil {
		t.Fatal(err)
	}
	long := protocol.Ref{Kind: protocol.FileRef, ID: string(bytes.Repeat([]byte("x"), 5000))}
	r := settled(0)
	r.Issued = []protocol.Ref{long, {Kind: protocol.ConvRef, ID: "conv"}}
	l.Settle(r)
	moved := settled(1)
	moved.Issued, moved.Attempts[0].Account = []protocol.Ref{{Kind: protocol.ConvRef, ID: "conv"}}, "ac_two"
	l.Settle(moved)
	check := func(ref protocol.Ref, want string) {
		t.Helper()
		if a, ok := l.Account(ref); a != want || ok != (want != "") {
			t.Errorf("%s %.20s: %q, want %q", ref.Kind, ref.ID, a, want)
		}
	}
	for range 2 {
		check(long, "ac_one")
		check(protocol.Ref{Kind: protocol.ConvRef, ID: "conv"}, "ac_two")
		check(protocol.Ref{Kind: protocol.ResponseRef, ID: "conv"}, "")
		l.Close()
		if l, err = open(dir, st, most); err != nil {
			t.Fatal(err)
		}
	}
	many := func(from, to int) *routing.Record {
		r := settled(from + 2)
		r.Issued = nil
		for n := from; n < to; n++ {
			r.Issued = append(r.Issued, protocol.Ref{Kind: protocol.ReasoningRef, ID: fmt.Sprint(n)})
		}
		return r
	}
	for n := 0; n < most.pins; n += 100 {
		l.Settle(many(n, n+100))
	}
	for range 2 {
		check(long, "") // the oldest made way
		for _, n := range []int{0, most.pins / 2, most.pins - 1} {
			check(protocol.Ref{Kind: protocol.ReasoningRef, ID: fmt.Sprint(n)}, "ac_one")
		}
		l.Close()
		if l, err = open(dir, st, most); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
}
