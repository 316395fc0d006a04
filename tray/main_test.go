package tray

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if how := os.Getenv(fakeVariable); how != "" {
		fakeHelper(how)
		return
	}
	// A library of the backend's may have connected to the session bus before.
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

// within fails the test unless something holds in time. It looks again and again, for what gives no sign of its own.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within 20 s: %s", what)
}

// next waits for what a channel brings.
func next[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		t.Fatalf("not within 20 s: %s", what)
		panic(fmt.Sprint("not reached: ", what))
	}
}
