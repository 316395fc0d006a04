package ledger

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"metapi/backend/routing"
	"metapi/backend/store"
)

const killDir = "METAPI_LEDGER_KILL_DIR"

// TestMain makes the test binary the process to be killed where it is asked to be.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(killDir) != "":
		killMe(os.Getenv(killDir))
	case os.Getenv(fullDir) != "":
		fillUp(os.Getenv(fullDir))
	default:
		flag.Set("rapid.checks", "40") // each opens databases; the command line may ask for more
		os.Exit(m.Run())
	}
}

// killMe begins and settles requests from four goroutines for ever, and says what has been written.
func killMe(dir string) {
	st, err := store.Open(dir, store.WithBackupEvery(0))
	if err != nil {
		panic(err)
	}
	l, err := Open(dir, st)
	if err != nil {
		panic(err)
	}
	for g := range 4 {
		go func() {
			var said []byte
			for n := 0; ; n++ {
				r := settledAt(n, time.Now())
				r.ID = routing.NewID(r.Start)
				r.Issued[0].ID = r.ID
				l.Begin(r)
				said = fmt.Appendf(said, "begun %s\n", r.ID)
				if n%10 != g { // the others stay in flight
					l.Settle(r)
					said = fmt.Appendf(said, "settled %s %d\n", r.ID, r.Usage.Input)
				}
				if n%7 == g {
					l.write()             // as 10 ms later; TestWrittenSoon is about those
					os.Stdout.Write(said) // one write: lines do not mix
					said = said[:0]
				}
			}
		}()
	}
	select {}
}

// What was written before a kill -9 is there after it, once, with its tokens; what was in flight is interrupted.
func TestKill(t *testing.T) {
	for _, lines := range []int{1, 37, 200, 3001} {
		t.Run(fmt.Sprint(lines), func(t *testing.T) {
			dir := t.TempDir()
			child := exec.Command(os.Args[0])
			child.Env = append(os.Environ(), killDir+"="+dir)
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			begun, settled := map[string]bool{}, map[string]int64{}
			scan := bufio.NewScanner(out)
			for n := 0; scan.Scan(); n++ {
				if n == lines {
					child.Process.Kill() // and read on: what is in the pipe was written
				}
				var id string
				var input int64
				if strings.HasPrefix(scan.Text(), "begun ") {
					fmt.Sscanf(scan.Text(), "begun %s", &id)
					begun[id] = true
				} else if k, _ := fmt.Sscanf(scan.Text(), "settled %s %d", &id, &input); k == 2 {
					settled[id] = input
				}
			}
			child.Wait()

			l := openLedger(t, dir)
			rows := all(t, l, Query{Limit: 200})
			seen := map[string]routing.Record{}
			for _, r := range rows {
				if _, twice := seen[r.ID]; twice {
					t.Errorf("%s is there twice", r.ID)
				}
				seen[r.ID] = r
				if r.State == routing.Running {
					t.Errorf("%s runs, and its process is dead", r.ID)
				}
			}
			for id, input := range settled {
				if r := seen[id]; r.State != routing.OK || r.Usage.Input != input {
					t.Errorf("settled %s: %+v", id, r)
				}
				if a, _ := l.Account(settledRef(id)); a != "ac_one" {
					t.Errorf("pin of %s: %q", id, a)
				}
			}
			interrupted := 0
			for id := range begun {
				r := seen[id]
				if _, ok := settled[id]; !ok && r.State != routing.Interrupted && r.State != routing.OK || r.Start.IsZero() {
					t.Errorf("begun %s: %+v", id, r)
				}
				if r.State == routing.Interrupted {
					interrupted++
				}
			}
			if lines > 100 && interrupted == 0 {
				t.Error("nothing was interrupted")
			}
			if trouble := l.Trouble(); trouble != "" {
				t.Error(trouble)
			}
			checkSums(t, l, rows)
			t.Logf("%d begun, %d settled, %d interrupted", len(begun), len(settled), interrupted)
		})
	}
}
