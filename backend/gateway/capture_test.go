package gateway_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"metapi/backend/gateway"
	"metapi/backend/routing"
	"metapi/backend/snapshot"
	"metapi/build/imitation"
)

// capture keeps what is said by all, and looks for a while whether it stays as it is.
type capture struct {
	watched time.Duration
	grown   chan int64
}

func (capture) On(string) bool { return true }

func (c capture) Keep(s *routing.Said) {
	size := s.ReplySize
	time.Sleep(c.watched)
	c.grown <- s.ReplySize - size
}

// What was said in a request whose client went away is kept as it was: keep-alives have ended.
func TestCaptureIsDoneWithOnceItIsKept(t *testing.T) {
	v := vendor(t, imitation.OpenAI, "A")
	c := capture{300 * time.Millisecond, make(chan int64, 1)}
	w := newWorld(t, []*imitation.Vendor{v}, func(o *gateway.Options, _ *snapshot.Snapshot) { o.Capture = c })
	gateway.SetKeepAlive(w.gateway, time.Millisecond)
	v.Pace(imitation.Pace{First: 40 * time.Second})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	res, err := http.DefaultClient.Do(w.request(chatOf(true)).WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadFull(res.Body, make([]byte, 1)); err != nil { // a keep-alive
		t.Fatal(err)
	}
	leave()
	if n := <-c.grown; n != 0 {
		t.Errorf("%d bytes were added to what was kept", n)
	}
}
