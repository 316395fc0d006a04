//go:build unix

package ledger

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"metapi/backend/store"
)

const fullDir = "METAPI_LEDGER_FULL_DIR"

// fillUp is a process whose files may not grow beyond a limit, which the kernel reports as it does a full disk: by
// cutting a write short and refusing the next. Then it gets room again.
func fillUp(dir string) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	signal.Ignore(syscall.SIGXFSZ)
	st, err := store.Open(dir, store.WithBackupEvery(0))
	must(err)
	l, err := Open(dir, st)
	must(err)
	info, err := os.Stat(st.Path())
	must(err)
	block(l, true) // the database cannot be written either
	var old syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	small := old
	small.Cur = uint64(info.Size()) // the journal may become as large as the database is
	must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &small))
	n := 0
	for ; l.Trouble() == "" || n < 50; n++ {
		l.Settle(settled(n))
		l.write()
	}
	fmt.Println("trouble", l.Trouble())
	for range 10 {
		l.Settle(settled(n))
		n++
	}
	_, _, err = l.Requests(Query{})
	must(err)
	must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old))
	_ = l.Flush(context.Background()) // writes the journal; the database is still blocked
	fmt.Println("settled", n)
	fmt.Println("after", l.Trouble())
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), fullDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for scan := bufio.NewScanner(out); scan.Scan(); {
		word, rest, _ := strings.Cut(scan.Text(), " ")
		told[word] = rest
	}
	child.Wait()
	if !strings.Contains(told["trouble"], "file too large") || !strings.Contains(told["trouble"], "held in memory") {
		t.Errorf("trouble while full: %q", told["trouble"])
	}
	if strings.Contains(told["after"], "held in memory") || strings.Contains(told["after"], "lost") {
		t.Errorf("trouble after: %q", told["after"])
	}
	l := openLedger(t, dir)
	rows := all(t, l, Query{Oldest: true, Limit: 500})
	if fmt.Sprint(len(rows)) != told["settled"] || len(rows) < 30 {
		t.Errorf("%d rows of %s", len(rows), told["settled"])
	}
	if s := l.Trouble(); s != "" {
		t.Errorf("trouble at the next start: %q", s)
	}
}
