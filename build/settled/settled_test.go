package settled_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"metapi/build/settled"
)

func TestBodyEndsWithTheHandler(t *testing.T) {
	var done atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "2")
		fmt.Fprint(w, "hi")
		w.(http.Flusher).Flush()
		time.Sleep(50 * time.Millisecond) // what a server does after the last byte
		done.Store(true)
	}))
	defer s.Close()
	for range 20 {
		done.Store(false)
		res, err := settled.Client().Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(res.Body); err != nil || string(text) != "hi" {
			t.Fatalf("%q %v", text, err)
		}
		if !done.Load() {
			t.Fatal("the body has ended before the handler")
		}
		res.Body.Close()
	}
}

// One that is not read to its end is cut, so that the server hears of it.
func TestBodyMayBeClosedEarly(t *testing.T) {
	gone := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	}))
	defer s.Close()
	res, err := settled.Client().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	<-gone
}
