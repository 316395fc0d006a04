package ledger

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"metapi/backend/routing"
)

// eventually waits for what another goroutine will do.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never came true: " + what)
		}
	}
}

// The journal's folder goes, and a file stands in its place: nothing is refused, and everything is there when it is back.
func TestJournalCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	l := openLedger(t, dir)
	l.Settle(settled(0))
	if err := l.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(dir + "/journal")
	os.WriteFile(dir+"/journal", nil, 0o600)
	block(l, true)
	_ = l.Flush(context.Background()) // notices that its segment has gone
	for n := 1; n < 20; n++ {
		l.Settle(settled(n))
	}
	l.write()
	if s := l.Trouble(); !strings.Contains(s, "19 entries are held in memory") {
		t.Errorf("trouble: %q", s)
	}
	if rows := all(t, l, Query{}); len(rows) != 20 {
		t.Errorf("%d rows with both disks gone", len(rows))
	}
	os.Remove(dir + "/journal")
	eventually(t, "written again", func() bool { return len(segments(t, dir)) == 1 })
	eventually(t, "in the journal, not in the database", func() bool { return strings.Contains(l.Trouble(), "Meanwhile it is kept in") })

	crash(l) // the journal alone has them now
	again, err := Open(dir, l.st)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	rows := all(t, again, Query{Oldest: true})
	if len(rows) != 20 || again.Trouble() != "" {
		t.Errorf("%d rows, trouble %q", len(rows), again.Trouble())
	}
	checkSums(t, again, all(t, again, Query{}))
}

// What has been accepted is in the journal within 50 ms, long before a fold, and without anybody's asking.
func TestWrittenSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l := openLedger(t, dir)
		for n := range 3 {
			l.Begin(settled(n))
			l.Settle(settled(n))
			time.Sleep(50 * time.Millisecond) // of the bubble's clock
			synctest.Wait()
			lines := 0
			for _, f := range segments(t, dir) {
				s, err := readSegment(dir+"/journal/"+f.Name(), 0)
				if err != nil {
					t.Fatal(err)
				}
				for _, ok := s.next(); ok; _, ok = s.next() {
					lines++
				}
			}
			if want := 2 * (n + 1); lines != want {
				t.Errorf("%d lines of %d are written", lines, want)
			}
		}
	})
}

// What is in the journal leaves memory when there is too much of it, and comes back; what is nowhere is lost, and that is told.
func TestQueueIsBounded(t *testing.T) {
	for _, journal := range []bool{true, false} {
		t.Run(fmt.Sprint("journal ", journal), func(t *testing.T) {
			dir := t.TempDir()
			if !journal {
				os.WriteFile(dir+"/journal", nil, 0o600)
			}
			st := openStore(t, dir)
			if !journal { // an Open that cannot even list the folder
				if _, err := Open(dir, st); err == nil {
					t.Fatal("a journal that is a file was opened")
				}
				os.Remove(dir + "/journal")
			}
			const room = 300
			l, err := open(dir, st, limits{segmentSize, maxPins, room})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if !journal {
				os.WriteFile(dir+"/journal", nil, 0o600)
			}
			block(l, true)
			const n = room + 50
			for i := range n {
				r := settled(i)
				r.Candidates, r.Attempts, r.Issued = nil, nil, nil
				l.Settle(r)
			}
			l.mu.Lock()
			if len(l.queue) > room {
				t.Errorf("the queue is over its bound: %d", len(l.queue))
			}
			l.mu.Unlock()
			want, trouble := int64(n), ""
			if !journal {
				want, trouble = room, "50 entries of the record of requests are lost."
			}
			block(l, false)
			if err := l.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
			sum, err := l.Totals(time.Time{}, time.Time{})
			if err != nil || sum.Requests != want {
				t.Errorf("%d requests of %d: %v", sum.Requests, want, err)
			}
			if s := l.Trouble(); !strings.HasSuffix(s, trouble) || journal && s != "" {
				t.Errorf("trouble: %q", s)
			}
		})
	}
}

func TestParallel(t *testing.T) {
	dir := t.TempDir()
	st := openStore(t, dir)
	l, err := open(dir, st, limits{20_000, 100, maxQueue})
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	const writers, each = 8, 100
	for w := range writers {
		work.Go(func() {
			for n := range each {
				r := settled(w*each + n)
				l.Begin(r)
				if n%10 == 0 {
					_ = l.Flush(context.Background())
				}
				l.Settle(r)
				r.Attempts[0].Account, r.Issued[0].ID = "reused", "reused" // Settle keeps nothing of r
				r.Client = "reused"
			}
		})
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := l.Requests(Query{State: routing.OK}); err != nil {
					t.Error(err)
				}
				l.Account(settledRef("msg_1"))
				l.Trouble()
			}
		})
	}
	work.Wait()
	close(stop)
	readers.Wait()
	rows := all(t, l, Query{Client: settled(0).Client, Account: "ac_one", State: routing.OK})
	if len(rows) != writers*each {
		t.Errorf("%d rows", len(rows))
	}
	checkSums(t, l, rows)
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	l.Begin(settled(0)) // too late, and no harm
	l.Settle(settled(0))
}
