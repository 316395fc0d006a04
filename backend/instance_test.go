package backend

import (
	"context"
	"net"
	"testing"
	"time"
)

// A port that comes free while the instance ends does not keep it from ending.
func TestNoMoveInTheEnd(t *testing.T) {
	b, err := Open(Options{Dir: t.TempDir(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	wanted := defaults
	wanted.Port = l.Addr().(*net.TCPAddr).Port
	l.Close() // it can be had
	if err := b.switches().SetSettings(wanted); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	i := newInstance(ctx, cancel, b)
	ended := make(chan struct{})
	go func() {
		i.toPort()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it still moves")
	}
}
