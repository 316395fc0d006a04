package wire

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// netTransport is what the gateway uses for everything else: see transport.go there.
func netTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		WriteBufferSize:        64 << 10,
		ReadBufferSize:         32 << 10,
		DisableCompression:     true,
	}
}

// benchServer, in the environment, makes this test binary the server of the benchmark. It has its own process, as upstreams
// do: in one process client and server would share a scheduler, and the figures would be about that.
const benchServer = "METAPI_WIRE_BENCH_SERVER"

// serveBench reads each request and answers 1 KB, until its standard input ends.
func serveBench() {
	answer := bytes.Repeat([]byte("x"), 1000)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Write(answer)
	}))
	fmt.Println(srv.URL)
	io.Copy(io.Discard, os.Stdin)
}

func startBench(b *testing.B) (url string) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), benchServer+"=1")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// BenchmarkRoundTrip calls a net/http server on loopback. The times include the server's own work, which is the same for
// both clients; the allocations are the client's alone.
func BenchmarkRoundTrip(b *testing.B) {
	server := startBench(b)
	fallback := netTransport()
	clients := []struct {
		name string
		rt   http.RoundTripper
	}{{"nethttp", fallback}, {"wire", New(fallback, Options{Proxy: http.ProxyFromEnvironment})}}
	for _, size := range []int{1 << 10, 100 << 10} {
		body := bytes.Repeat([]byte("b"), size)
		call := func(b *testing.B, rt http.RoundTripper) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, "POST", server+"/v1/chat/completions", io.NopCloser(bytes.NewReader(body)))
			req.ContentLength = int64(size)
			req.Header = http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer sk-0123456789"},
				"User-Agent": {"bench"}, "Accept": {"application/json"}, "Accept-Encoding": {"identity"}}
			res, err := rt.RoundTrip(req)
			if err != nil {
				b.Error(err)
				return
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		for _, cl := range clients {
			b.Run(strconv.Itoa(size>>10)+"KB/serial/"+cl.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					call(b, cl.rt)
				}
			})
		}
		for _, cl := range clients {
			b.Run(strconv.Itoa(size>>10)+"KB/parallel/"+cl.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetParallelism(8)
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						call(b, cl.rt)
					}
				})
			})
		}
	}
	for _, cl := range clients {
		cl.rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	}
}
