package client

import (
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

// IsHeld reports whether err says that another process has the data folder open.
func IsHeld(err error) bool {
	var p *control.Problem
	return errors.As(err, &p) && p.Code == control.Held
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

// inProcess hands a request to a handler. The answer can be read while the handler still writes it; its context ends when
// whoever asked has closed the answer, as it would over a connection.
type inProcess struct{ h http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	read, write := io.Pipe()
	a := &answer{header: http.Header{}, body: write, head: make(chan int, 1)}
	failed := make(chan error, 1)
	go func() {
		defer cancel()
		defer in.Body.Close()
		defer func() {
			if p := recover(); p != nil { // as a server would: one call that fails is not the end of the program
				err := fmt.Errorf("the call of %s failed: %v", r.URL.Path, p)
				failed <- err
				write.CloseWithError(err)
			}
		}()
		t.h.ServeHTTP(a, in)
		a.WriteHeader(http.StatusOK)
		write.Close()
	}()
	select {
	case status := <-a.head:
		return &http.Response{
			Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.sent, Body: &answerBody{read, cancel}, ContentLength: -1, Request: r,
		}, nil
	case err := <-failed:
		return nil, err
	}
}

// answerBody is the body of an answer on its way through memory.
type answerBody struct {
	*io.PipeReader
	cancel context.CancelFunc
}

func (b *answerBody) Close() error {
	b.cancel()
	return b.PipeReader.Close()
}

// answer is a response on its way through memory.
type answer struct {
	written bool
	header  http.Header
	sent    http.Header // header as it was when the first of the answer was written; read once head has told
	body    *io.PipeWriter
	head    chan int // gets the status
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.written {
		a.written, a.sent = true, a.header.Clone()
		a.head <- status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// Flush implements [http.Flusher]: nothing is held back but the head.
func (a *answer) Flush() { a.WriteHeader(http.StatusOK) }
