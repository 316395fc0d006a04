package main

import (
	"math"
	"net"
	"strings"
	"testing"
	"time"
)

// listen starts serve on a port of its own until the test is over, and returns the way to it.
func listen(t *testing.T, serve func(net.Listener) error) *target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { _ = serve(l) }()
	return &target{name: direct, addr: l.Addr().String(), key: "k"}
}

func connect(t *testing.T, to *target, n int) []*caller {
	t.Helper()
	callers, err := dialAll(to.addr, n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeAll(callers) })
	return callers
}

func TestMockAnswersDirectlyAndThroughTheProxy(t *testing.T) {
	mock := listen(t, serveMock)
	proxy := listen(t, func(l net.Listener) error { return serveProxy(l, mock.addr) })
	for _, to := range []*target{mock, proxy} {
		c := connect(t, to, 1)[0]
		for _, size := range []int{small, large} {
			body := request(to, modelJSON, size)
			if over := len(body) - size; over < 0 || over > 300 {
				t.Errorf("a request for %d bytes has %d with its head", size, len(body))
			}
			if _, err := closedLoop(c, body, 3, replySize); err != nil {
				t.Fatal(err)
			}
		}
		// httputil.ReverseProxy itself breaks a stream now and then, which is what the bench counts; not ten in a row.
		began := 0
		s, err := c.stream(request(to, modelStream, small), streamChunks, func() { began++ })
		for try := 1; err != nil && to == proxy && try < 10; try++ {
			began = 0
			s, err = connect(t, to, 1)[0].stream(request(to, modelStream, small), streamChunks, func() { began++ })
		}
		if err != nil {
			t.Fatal(err)
		}
		if began != 1 || len(s.delays) != streamChunks-1 || s.first <= 0 {
			t.Errorf("a stream of %d chunks: %+v, begun %d times", streamChunks, s, began)
		}
	}
}

func TestStreamNoticesWhatIsMissing(t *testing.T) {
	mock := listen(t, serveMock)
	c := connect(t, mock, 1)[0]
	if _, err := c.stream(request(mock, modelStream, small), streamChunks+1, nil); err == nil {
		t.Error("a chunk too few is not noticed")
	}
	cut := listen(t, func(l net.Listener) error { // answers as the mock does, without the end
		c, err := l.Accept()
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Write([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
		return err
	})
	if _, err := connect(t, cut, 1)[0].stream(request(cut, modelStream, small), 0, nil); err == nil {
		t.Error("a stream without [DONE] is not noticed")
	}
}

// TestOpenLoopFeelsAStall stalls one request, with a single connection: all that ought to have come meanwhile must be late too. A closed
// loop sees one slow request.
func TestOpenLoopFeelsAStall(t *testing.T) {
	mock := listen(t, serveMock)
	body := request(mock, modelJSON, small)
	const stall = 200 * time.Millisecond
	calls := 0
	took, err := openLoop(connect(t, mock, 1), 100, 200, func(c *caller) error {
		if calls++; calls == 20 {
			time.Sleep(stall) // stands for the target's own
		}
		return callFor(c, body, replySize)
	})
	if err != nil {
		t.Fatal(err)
	}
	late := 0
	for _, d := range took {
		if d > stall/4 {
			late++
		}
	}
	// 200 a second for 200 ms: 40 requests came due during the stall, and 30 of them more than a quarter of it before its end.
	if late < 25 {
		t.Errorf("%d requests felt a stall of %v", late, stall)
	}
}

func TestRowJudges(t *testing.T) {
	for _, c := range []struct {
		name                      string
		row                       row
		direct, nginx, rp, metapi []float64
		reached                   string
		ratio                     float64
	}{
		{"added, between", row{added: true, Goals: relay(2.5, 1.5)},
			[]float64{50, 60, 50}, []float64{110, 120, 110}, []float64{250, 300, 250}, []float64{180, 200, 182}, "then", 132.0 / 60},
		{"added, slower than all", row{added: true, Goals: relay(2.5, 1.5)},
			[]float64{50}, []float64{110}, []float64{250}, []float64{300}, "none", 250.0 / 60},
		{"nothing is added by nginx in one round", row{added: true, Goals: relay(2, 1.5)},
			[]float64{100, 100, 100}, []float64{90, 110, 110}, []float64{200, 200, 200}, []float64{112, 112, 112}, "stretch", 1.2},
		{"rates", row{more: true, Goals: rates()},
			[]float64{90}, []float64{40}, []float64{10}, []float64{25}, "then", 25.0 / 40},
		{"rates below", row{more: true, Goals: rates()},
			[]float64{90}, []float64{40}, []float64{10}, []float64{9}, "none", 9.0 / 40},
		{"a figure", row{Goals: figures("ms", 300, 100, 50)}, nil, nil, nil, []float64{70, 90, 110}, "then", math.NaN()},
	} {
		r := c.row
		for name, list := range map[string][]float64{direct: c.direct, nginx: c.nginx, reverse: c.rp, metapi: c.metapi} {
			for _, x := range list {
				r.note(name, x)
			}
		}
		r.judge()
		if got := r.reached(); got != c.reached {
			t.Errorf("%s: reached %q, want %q", c.name, got, c.reached)
		}
		if got := r.ratio(nginx); math.Abs(got-c.ratio) > 1e-9 && !(math.IsNaN(got) && math.IsNaN(c.ratio)) {
			t.Errorf("%s: %v x nginx, want %v", c.name, got, c.ratio)
		}
		if text := markdown([]*row{&r}); !strings.Contains(text, "| "+c.reached+" |") {
			t.Errorf("%s: the table says\n%s", c.name, text)
		}
	}
}

func TestRowWithoutMetapiMeetsNothing(t *testing.T) {
	r := row{added: true, Goals: relay(2.5, 1.5)}
	r.note(direct, 50)
	r.note(nginx, 100)
	r.judge()
	if met, all := firstGoals([]*row{&r}); met != 0 || all != 0 || r.reached() != "none" {
		t.Errorf("met %d of %d, reached %s", met, all, r.reached())
	}
}

func TestQuantile(t *testing.T) {
	list := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0.5: 2.5, 0.99: 4, 0.25: 1, 0: 1} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
}
