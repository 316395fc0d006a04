package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// closedLoop makes n requests one after another on one connection, and returns how long each took.
func closedLoop(c *caller, request []byte, n, wantSize int) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		if err := callFor(c, request, wantSize); err != nil {
			return nil, err
		}
		took[i] = time.Since(start)
	}
	return took, nil
}

// callFor is call, for a reply that must have wantSize bytes.
func callFor(c *caller, request []byte, wantSize int) error {
	size, err := c.call(request)
	if err == nil && size != wantSize {
		err = fmt.Errorf("a reply of %d bytes, not %d", size, wantSize)
	}
	return err
}

// flatOut keeps every connection busy for the given time and returns the requests answered each second.
func flatOut(callers []*caller, request []byte, wantSize int, span time.Duration) (float64, error) {
	var answered atomic.Int64
	start := time.Now()
	err := each(callers, func(_ int, c *caller) error {
		for time.Since(start) < span {
			if err := callFor(c, request, wantSize); err != nil {
				return err
			}
			answered.Add(1)
		}
		return nil
	})
	return float64(answered.Load()) / time.Since(start).Seconds(), err
}

// openLoop starts n requests at a steady rate (requests a second), whatever becomes of those before, and returns how long each took from the
// time at which it ought to have started. A request that finds every connection busy waits for one, and that wait counts: in this way a
// stall of the target is felt by all the requests that ought to have come during it, and not by those alone that were under way.
func openLoop(callers []*caller, n int, rate float64, call func(*caller) error) ([]time.Duration, error) {
	took := make([]time.Duration, n)
	due := make(chan int, n)
	start := time.Now().Add(10 * time.Millisecond)
	dueAt := func(i int) time.Time { return start.Add(time.Duration(float64(i) / rate * float64(time.Second))) }
	go func() {
		defer close(due)
		for i := range n {
			sleepUntil(dueAt(i))
			due <- i
		}
	}()
	err := each(callers, func(_ int, c *caller) error {
		for i := range due {
			if err := call(c); err != nil {
				return err
			}
			took[i] = time.Since(dueAt(i))
		}
		return nil
	})
	return took, err
}

// each runs do for every caller at once, and returns the first error when all are done.
func each(callers []*caller, do func(int, *caller) error) error {
	errs := make([]error, len(callers))
	var all sync.WaitGroup
	for i, c := range callers {
		all.Go(func() { errs[i] = do(i, c) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// dialAll opens n connections, or none.
func dialAll(addr string, n int) ([]*caller, error) {
	var callers []*caller
	for range n {
		c, err := dial(addr)
		if err != nil {
			closeAll(callers)
			return nil, err
		}
		callers = append(callers, c)
	}
	return callers, nil
}

func closeAll(callers []*caller) {
	for _, c := range callers {
		c.Close()
	}
}
