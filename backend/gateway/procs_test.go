package gateway

import (
	"bytes"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

func TestThreadsFollowTheLoad(t *testing.T) {
	t.Setenv("GOMAXPROCS", "")
	was := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(was)
	synctest.Test(t, func(t *testing.T) {
		var p procs
		stop := p.start()
		want := func(n int, when string) {
			t.Helper()
			if got := runtime.GOMAXPROCS(0); got != n {
				t.Errorf("%s: %d threads, not %d", when, got, n)
			}
		}
		want(1, "at first")
		p.note(fewRequests)
		want(1, "with few requests")
		p.note(fewRequests + 1)
		want(3, "with many")
		time.Sleep(calmAfter - time.Millisecond)
		p.note(50)
		time.Sleep(calmAfter - time.Millisecond)
		want(3, "soon after")
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		want(1, "when it is calm again")
		p.note(fewRequests + 1)
		want(3, "at the next rush")
		time.Sleep(2 * calmAfter)
		stop()
		want(3, "at the end")
	})
}

func TestThreadsAreLeftToTheUser(t *testing.T) {
	t.Setenv("GOMAXPROCS", "2")
	was := runtime.GOMAXPROCS(0)
	var p procs
	defer p.start()()
	if p.note(100); runtime.GOMAXPROCS(0) != was {
		t.Error("the user's setting was changed")
	}
}

var sink []byte

// What a rush has used is given back soon after it, also where the user has chosen how many threads there are.
func TestMemoryIsGivenBackAfterARush(t *testing.T) {
	kept := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapSys - m.HeapReleased
	}
	t.Setenv("GOMAXPROCS", "2")
	synctest.Test(t, func(t *testing.T) {
		var p procs
		defer p.start()()
		before := kept()
		p.note(fewRequests + 1)
		sink = bytes.Repeat([]byte("x"), 64<<20)
		sink = nil
		time.Sleep(calmAfter + time.Millisecond)
		synctest.Wait()
		if after := kept(); after > before+32<<20 {
			t.Errorf("%d MB are kept, where %d were before the rush", after>>20, before>>20)
		}
	})
}
