package wire

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// head is what a request without a body looks like on the wire.
func head(t testing.TB, req *http.Request, body string) (string, error) {
	o, err := newOutgoing(req, []byte(body))
	if err != nil {
		return "", err
	}
	defer o.free()
	return string(o.buf), nil
}

func TestHead(t *testing.T) {
	for name, tc := range map[string]struct {
		method, url, host, body string
		header                  http.Header
		close                   bool
		want                    []string // the lines, sorted but for the first
	}{
		"get": {url: "http://h/a%20b?q=c+d#frag", want: []string{"GET /a%20b?q=c+d HTTP/1.1", "Host: h"}},
		"post": {method: "POST", url: "http://h:81", host: "other", body: "hello",
			want: []string{"POST / HTTP/1.1", "Content-Length: 5", "Host: other"}},
		"empty post":   {method: "POST", url: "http://h/", want: []string{"POST / HTTP/1.1", "Content-Length: 0", "Host: h"}},
		"empty delete": {method: "DELETE", url: "http://h/", want: []string{"DELETE / HTTP/1.1", "Host: h"}},
		"headers": {url: "http://h/", header: http.Header{"A": {" b\t"}, "Many": {"1", "2"}, "None": {}, "Nil": nil, "Empty": {""}, "User-Agent": {"me", "too"}},
			want: []string{"GET / HTTP/1.1", "A: b", "Empty: ", "Host: h", "Many: 1", "Many: 2", "User-Agent: me"}},
		"no agent": {url: "http://h/", header: http.Header{"User-Agent": {""}}, want: []string{"GET / HTTP/1.1", "Host: h"}},
		"not the caller's to say": {method: "PUT", url: "http://h/", body: "x", header: http.Header{"Host": {"evil"}, "host": {"evil"},
			"Content-Length": {"9"}, "content-length": {"9"}, "Transfer-Encoding": {"chunked"}, "transfer-encoding": {"chunked"}, "Trailer": {"X"}},
			want: []string{"PUT / HTTP/1.1", "Content-Length: 1", "Host: h"}},
		"close":      {url: "http://h/", close: true, want: []string{"GET / HTTP/1.1", "Connection: close", "Host: h"}},
		"close said": {url: "http://h/", header: http.Header{"Connection": {"Close"}}, want: []string{"GET / HTTP/1.1", "Connection: Close", "Host: h"}},
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, t.Context(), tc.method, tc.url, tc.body)
			req.Close = tc.close
			if req.Host = tc.host; tc.header != nil {
				req.Header = tc.header
			}
			got, err := head(t, req, tc.body)
			if err != nil {
				t.Fatal(err)
			}
			top, body, _ := strings.Cut(got, "\r\n\r\n")
			lines := strings.Split(top, "\r\n")
			slices.Sort(lines[1:])
			if !slices.Equal(lines, tc.want) || body != tc.body {
				t.Errorf("got  %q, body %q\nwant %q, body %q", lines, body, tc.want, tc.body)
			}
		})
	}
}

func TestHeadRefused(t *testing.T) {
	for name, spoil := range map[string]func(*http.Request){
		"value with line break":  func(r *http.Request) { r.Header["A"] = []string{"b\r\nEvil: yes"} },
		"value with bare LF":     func(r *http.Request) { r.Header["A"] = []string{"b\nEvil: yes"} },
		"value with bare CR":     func(r *http.Request) { r.Header["A"] = []string{"b\rEvil: yes"} },
		"value with NUL":         func(r *http.Request) { r.Header["A"] = []string{"b\x00"} },
		"value ending in a line": func(r *http.Request) { r.Header["A"] = []string{"b\r\n"} },
		"second value":           func(r *http.Request) { r.Header["A"] = []string{"b", "c\n"} },
		"name with line break":   func(r *http.Request) { r.Header["A: b\r\nEvil"] = []string{"yes"} },
		"name with colon":        func(r *http.Request) { r.Header["A:"] = []string{"yes"} },
		"name with space":        func(r *http.Request) { r.Header["Host "] = []string{"evil"} },
		"no name":                func(r *http.Request) { r.Header[""] = []string{"yes"} },
		"method":                 func(r *http.Request) { r.Method = "GET / HTTP/1.1\r\nEvil: yes\r\n\r\nGET" },
		"query with line break":  func(r *http.Request) { r.URL.RawQuery = "a=b HTTP/1.1\r\nEvil: yes" },
		"query with space":       func(r *http.Request) { r.URL.RawQuery = "a=b c" },
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, t.Context(), "GET", "http://h/", "")
			spoil(req)
			if _, err := newClient(t, Options{}).RoundTrip(req); err == nil || strings.Contains(err.Error(), "fallback") {
				t.Errorf("error %v", err)
			} else if strings.Contains(err.Error(), "dial") {
				t.Errorf("refused too late: %v", err)
			}
		})
	}
	req := request(t, t.Context(), "GET", "http://h/", "")
	req.Host = "h\r\nEvil: yes"
	if _, err := newClient(t, Options{}).RoundTrip(req); err == nil || !strings.Contains(err.Error(), "fallback") {
		t.Errorf("an odd Host is the fallback's to refuse: %v", err)
	}
}

// Whatever a caller puts into a request, either it is refused or a server reads just that request.
func FuzzHead(f *testing.F) {
	f.Add("POST", "/v1/x", "a=b", "X-Name", "value", "body")
	f.Add("GET", "/a b\r\n", "a\nb", "Host", "x\r\ny", "")
	f.Add("PUT", "//", "\x00", "content-length", "7", "0\r\n\r\nGET / HTTP/1.1")
	f.Add("get", "", "%", "Transfer-Encoding", "chunked", "x")
	f.Fuzz(func(t *testing.T, method, path, query, name, value, body string) {
		req := &http.Request{Method: method, URL: &url.URL{Scheme: "http", Host: "h", Path: path, RawQuery: query},
			Header: http.Header{name: {value}}}
		wire, err := head(t, req, body)
		if err != nil || len(body) > firstWrite/2 || len(wire) > firstWrite/2 {
			return
		}
		br := bufio.NewReader(bytes.NewReader([]byte(wire)))
		got, err := http.ReadRequest(br)
		if err != nil {
			if strings.Contains(err.Error(), "invalid URI") || strings.Contains(err.Error(), "parse ") {
				return // a server's 400 for a path or query that is none
			}
			t.Fatalf("%q: %v", wire, err)
		}
		b, err := io.ReadAll(got.Body)
		if err != nil || string(b) != body || br.Buffered() != 0 || got.Host != "h" || method != "" && got.Method != method {
			t.Fatalf("%q: method %q, host %q, body %q, %d bytes behind, error %v", wire, got.Method, got.Host, b, br.Buffered(), err)
		}
		if len(got.Header) > 2 {
			t.Fatalf("%q: headers %q", wire, got.Header)
		}
	})
}
