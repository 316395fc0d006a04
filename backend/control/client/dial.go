package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"time"

	"metapi/backend/control"
)

// ErrNotRunning says that no instance runs on the data folder.
var ErrNotRunning = errors.New("no Metapi is running")

// pingTimeout bounds how long an instance may take to say that it is there.
const pingTimeout = 2 * time.Second

// Dial returns a client of the instance that runs on dir. The error is ErrNotRunning where there is none, and an
// *[Unanswering] where one should be and does not answer as itself.
func Dial(ctx context.Context, dir string) (*Client, control.Runtime, error) {
	rt, err := control.ReadRuntime(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, rt, ErrNotRunning
	}
	if err != nil {
		return nil, rt, &Unanswering{Cause: err}
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	for _, addr := range rt.Addresses {
		c := &Client{base: "http://" + addr, token: rt.Token, http: &http.Client{Transport: loopback(), CheckRedirect: stay}}
		var st control.Status
		if st, err = c.Status(ctx); err == nil {
			if st.Instance == rt.Instance {
				return c, rt, nil
			}
			err = fmt.Errorf("another program answers at %s", addr)
		}
	}
	return nil, rt, &Unanswering{Runtime: rt, Cause: err}
}

// Unanswering says that an instance left its address but cannot be reached there.
type Unanswering struct {
	Runtime control.Runtime
	Cause   error
}

func (e *Unanswering) Error() string {
	if e.Runtime.PID == 0 {
		return "a running Metapi cannot be reached: " + e.Cause.Error()
	}
	return fmt.Sprintf("Metapi (process %d) at %s does not answer: %v", e.Runtime.PID, e.Runtime.Addresses[0], e.Cause)
}

func (e *Unanswering) Unwrap() error { return e.Cause }

// loopback is a transport that never leaves this machine: no proxy sees the admin token.
func loopback() *http.Transport {
	return &http.Transport{Proxy: nil, DialContext: (&net.Dialer{Timeout: pingTimeout}).DialContext, MaxIdleConns: 2}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// InProcess returns a client that calls h directly.
func InProcess(h http.Handler) *Client {
	return &Client{base: "http://metapi", http: &http.Client{Transport: inProcess{h}, CheckRedirect: stay}}
}

// inProcess hands a request to a handler, and gathers its answer.
type inProcess struct{ h http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	a := &answer{status: http.StatusOK, header: http.Header{}}
	t.h.ServeHTTP(a, in)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header,
		Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r,
	}, nil
}

// answer is a response that stays in memory.
type answer struct {
	status  int
	written bool
	header  http.Header
	body    bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.written {
		a.status, a.written = status, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.written = true
	return a.body.Write(b)
}
