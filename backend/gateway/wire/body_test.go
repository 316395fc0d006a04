package wire

import (
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A Read returns as soon as there is something, in every framing, though buffers could take more.
func TestReadDoesNotWaitForMore(t *testing.T) {
	for name, framing := range map[string]struct {
		head  string
		frame func(string) string
	}{
		"chunked":     {"Transfer-Encoding: chunked\r\n", func(s string) string { return "5\r\n" + s + "\r\n" }},
		"length":      {"Content-Length: 15\r\n", func(s string) string { return s }},
		"until close": {"", func(s string) string { return s }},
	} {
		t.Run(name, func(t *testing.T) {
			next := make(chan bool)
			url := serve(t, func(p *peer) {
				p.request()
				p.say("HTTP/1.1 200 OK\r\n" + framing.head + "\r\n")
				for _, s := range []string{"one..", "two..", "three"} {
					<-next
					p.say(framing.frame(s))
				}
				if name == "chunked" {
					p.say("0\r\n\r\n")
				}
			})
			c := newClient(t, Options{})
			res, err := c.RoundTrip(request(t, t.Context(), "GET", url, ""))
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			buf := make([]byte, 64<<10)
			for _, want := range []string{"one..", "two..", "three"} {
				next <- true // the upstream sends no more before this one was read
				n, err := io.ReadAtLeast(res.Body, buf, 5)
				if string(buf[:n]) != want || err != nil {
					t.Fatalf("read %q, error %v, want %q", buf[:n], err, want)
				}
			}
			if n, err := res.Body.Read(buf); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d bytes, error %v", n, err)
			}
		})
	}
}

// Open streams cost no goroutine at our end.
func TestNoGoroutinePerConnection(t *testing.T) {
	const streams = 100
	url := serve(t, func(p *peer) {
		p.request()
		p.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
		p.drain()
	})
	c := newClient(t, Options{})
	before := runtime.NumGoroutine()
	for range streams {
		res, err := c.RoundTrip(request(t, t.Context(), "GET", url, ""))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.ReadFull(res.Body, make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if n := runtime.NumGoroutine() - before; n > streams+5 { // the server in this process has one for each
		t.Errorf("%d goroutines more for %d streams", n, streams)
	}
}

func TestTrailers(t *testing.T) {
	url := serve(t, answering("HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n"))
	res := mustCall(t, newClient(t, Options{}), "GET", url, "", "ok")
	if got := res.Trailer.Get("X-Sum"); got != "42" {
		t.Errorf("trailer %q", got)
	}
}

func TestHeadTooLarge(t *testing.T) {
	line := "X-Pad: " + strings.Repeat("x", 1000) + "\r\n"
	for name, tc := range map[string]struct {
		reply string
		err   error
	}{
		"many lines":    {"HTTP/1.1 200 OK\r\n" + strings.Repeat(line, 300) + "Content-Length: 2\r\n\r\nok", ErrHeadTooLarge},
		"one line":      {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 300<<10) + "\r\n\r\n", ErrHeadTooLarge},
		"status":        {"HTTP/1.1 200 " + strings.Repeat("x", 300<<10) + "\r\n\r\n", ErrHeadTooLarge},
		"interim heads": {strings.Repeat("HTTP/1.1 103 Early Hints\r\n"+line+"\r\n", 300) + okReply, ErrHeadTooLarge},
		"just fits":     {"HTTP/1.1 200 OK\r\n" + strings.Repeat(line, 250) + "Content-Length: 2\r\n\r\nok", nil},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, func(p *peer) {
				p.request()
				p.say(tc.reply)
				p.drain()
			})
			c := newClient(t, Options{})
			_, body, err := call(t, c, "GET", url, "")
			if !errors.Is(err, tc.err) || err == nil && body != "ok" {
				t.Errorf("body %.20q, error %v, want %v", body, err, tc.err)
			}
		})
	}
	// The bound is on the head alone: a body may be longer.
	long := strings.Repeat("x", 2*maxHead)
	url := serve(t, answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n"+long+"\r\n0\r\n\r\n"))
	mustCall(t, newClient(t, Options{}), "GET", url, "", long)
}

// outcome is what a caller can tell of a call.
type outcome struct {
	status  int
	length  int64
	body    string
	trailer string
	err     string // "", "truncated" or "error"
}

func outcomeOf(t testing.TB, rt http.RoundTripper, method, url string) outcome {
	res, body, err := call(t, rt, method, url, "")
	o := outcome{body: body}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		o.err = "truncated"
	case err != nil:
		o.err = "error"
	}
	if res != nil {
		o.status, o.length, o.trailer = res.StatusCode, res.ContentLength, res.Trailer.Get("T")
	}
	return o
}

// Odd servers, to net/http and to us. Where we differ on purpose, want says how.
var odd = []struct {
	name, method, reply string
	want                string // "": as net/http; else the kind of error
}{
	{name: "length", reply: okReply},
	{name: "length 0", reply: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
	{name: "truncated length", reply: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"},
	{name: "no body at all of a length", reply: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"},
	{name: "until close", reply: "HTTP/1.1 200 OK\r\n\r\nuntil the end"},
	{name: "until close, nothing", reply: "HTTP/1.1 200 OK\r\n\r\n"},
	{name: "1.0", reply: "HTTP/1.0 200 OK\r\n\r\nold"},
	{name: "1.0, cut", reply: "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nold"},
	{name: "1.0, chunked", reply: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
	{name: "chunked", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;ext=1\r\nall\r\n0\r\n\r\n"},
	{name: "chunked and length", reply: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
	{name: "chunked, trailer", reply: "HTTP/1.1 200 OK\r\nTrailer: T\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: x\r\n\r\n"},
	{name: "chunked, bare LF", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n"},
	{name: "chunked, cut in a chunk", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok"},
	{name: "chunked, cut between chunks", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"},
	{name: "chunked, cut before the last line", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", want: "truncated"},
	{name: "chunked, cut in the trailer", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nT: x\r\n", want: "truncated"},
	{name: "chunked, bad size", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok\r\n0\r\n\r\n"},
	{name: "chunked, negative size", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n0\r\n\r\n"},
	{name: "chunked, huge size", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nok\r\n0\r\n\r\n"},
	{name: "chunked, longer than its size", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n"},
	{name: "other coding", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"},
	{name: "no content", reply: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"},
	{name: "not modified", reply: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"},
	{name: "head", method: "HEAD", reply: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"},
	{name: "head, chunked", method: "HEAD", reply: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
	{name: "two lengths alike", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"},
	{name: "two lengths", reply: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"},
	{name: "negative length", reply: "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"},
	{name: "length with a plus", reply: "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok"},
	{name: "length not a number", reply: "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"},
	{name: "nothing", reply: ""},
	{name: "half a status line", reply: "HTTP/1.1 2"},
	{name: "half a head", reply: "HTTP/1.1 200 OK\r\nContent-Le"},
	{name: "no reason", reply: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"},
	{name: "bare LF", reply: "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"},
	{name: "not HTTP", reply: "SSH-2.0-OpenSSH_9.6\r\n"},
	{name: "TLS alert", reply: "\x15\x03\x01\x00\x02\x02\x16"},
	{name: "HTTP/2", reply: "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok", want: "error"},
	{name: "HTTP/0.9", reply: "<html>hello</html>"},
	{name: "status 99", reply: "HTTP/1.1 099 What\r\nContent-Length: 2\r\n\r\nok", want: "error"},
	{name: "status not a number", reply: "HTTP/1.1 abc What\r\n\r\n"},
	{name: "status of four digits", reply: "HTTP/1.1 2000 OK\r\n\r\n"},
	{name: "status 999", reply: "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok"},
	{name: "header without colon", reply: "HTTP/1.1 200 OK\r\nnonsense\r\n\r\nok"},
	{name: "header with space before colon", reply: "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok"},
	{name: "folded header", reply: "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\n\r\nok"},
	{name: "header line starts with space", reply: "HTTP/1.1 200 OK\r\n A: b\r\nContent-Length: 2\r\n\r\nok"},
	{name: "100, then 200", reply: "HTTP/1.1 100 Continue\r\n\r\n" + okReply},
	{name: "three hints", reply: strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 3) + okReply},
	{name: "100, then nothing", reply: "HTTP/1.1 100 Continue\r\n\r\n"},
	{name: "two replies", reply: okReply + okReply},
	{name: "garbage behind", reply: okReply + "garbage"},
	{name: "blank line first", reply: "\r\n" + okReply},
}

func TestConformance(t *testing.T) {
	for _, tc := range odd {
		t.Run(tc.name, func(t *testing.T) {
			url := serve(t, func(p *peer) {
				p.request()
				p.say(tc.reply)
			})
			std := netTransport()
			defer std.CloseIdleConnections()
			want, got := outcomeOf(t, std, tc.method, url), outcomeOf(t, newClient(t, Options{}), tc.method, url)
			if tc.want != "" {
				if got.err != tc.want {
					t.Errorf("got %+v, want the error %q (net/http: %+v)", got, tc.want, want)
				}
				return
			}
			if want.err == "error" && got.err == "truncated" { // net/http says a bare EOF in places
				got.err = "error"
			}
			if want.err != "" { // what was read before the fault is as it happens
				want.body, got.body = "", ""
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// However a good reply is cut into packets and chunks, and however it is read, it is the same body; however it is cut short,
// it is never taken for whole.
func TestCutAnywhere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		body := rapid.StringMatching(`[a-z\r\n]{0,40}`).Draw(rt, "body")
		reply := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		for rest := body; rest != ""; {
			n := rapid.IntRange(1, min(len(rest), 15)).Draw(rt, "chunk")
			reply += string("0123456789abcdef"[n]) + "\r\n" + rest[:n] + "\r\n"
			rest = rest[n:]
		}
		reply += "0\r\n\r\n"
		upTo := rapid.IntRange(0, len(reply)).Draw(rt, "up to")
		cut := rapid.IntRange(0, upTo).Draw(rt, "cut")
		url := serve(t, func(p *peer) {
			p.request()
			p.say(reply[:cut])
			p.say(reply[cut:upTo])
		})
		c := newClient(t, Options{})
		_, got, err := call(t, c, "GET", url, "")
		if whole := upTo == len(reply); whole != (err == nil) || whole && got != body || !strings.HasPrefix(body, got) {
			rt.Fatalf("%d of %d bytes of the reply: body %q of %q, error %v", upTo, len(reply), got, body, err)
		}
	})
}
