package gateway

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"metapi/backend/gateway/socket"
)

// DefaultPort is where Metapi listens unless told otherwise.
const DefaultPort = 4747

// PortTaken says that another program listens on the port.
type PortTaken struct{ Port int }

func (e *PortTaken) Error() string {
	return fmt.Sprintf("port %d is taken by another program; end it, or choose another port with `metapi serve --port N`", e.Port)
}

// Listen opens the loopback addresses, 127.0.0.1 and, where the machine has it, ::1, on one port. Port 0 takes any that
// is free on both. Nothing here can bind wider.
func Listen(port int) ([]net.Listener, error) {
	for try := 0; ; try++ {
		v4, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return nil, listenError(port, err)
		}
		v6, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(v4.Addr().(*net.TCPAddr).Port)))
		switch {
		case err == nil:
			return []net.Listener{v4, v6}, nil
		case !errors.Is(err, syscall.EADDRINUSE):
			return []net.Listener{v4}, nil // IPv6 is off
		}
		v4.Close()
		if port != 0 || try == 20 {
			return nil, listenError(port, err)
		}
	}
}

func listenError(port int, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return &PortTaken{port}
	}
	return fmt.Errorf("cannot listen on 127.0.0.1 port %d: %w", port, err)
}

// Serve answers on the listeners until ctx ends, or from a move on at those that it brings; what runs at the old ones then goes
// on. In the end it takes no new connections, lets requests that are running end within grace, and ends those truthfully
// that do not.
func (g *Gateway) Serve(ctx context.Context, listeners []net.Listener, grace time.Duration) error {
	base, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(errShutdown)
	defer g.procs.start()()
	drain, late := context.WithCancel(context.Background())
	defer late()
	end := func(srv *http.Server) {
		if srv.Shutdown(drain) == nil {
			return
		}
		cut(errShutdown) // what is still running ends with an error of its own protocol
		last, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		srv.Shutdown(last)
		srv.Close() // unblocks whoever still writes to a client that does not read
	}

	failed := make(chan error, 1)
	srv := g.answer(base, listeners, failed)
	var left sync.WaitGroup
	var err error
	for serving := true; serving; {
		select {
		case moved := <-g.Moves:
			old := srv
			srv = g.answer(base, moved, failed)
			left.Go(func() { end(old) })
		case <-ctx.Done():
			serving = false
		case err = <-failed:
			serving = false
		}
	}
	defer time.AfterFunc(grace, late).Stop()
	end(srv)
	left.Wait()
	g.running.Wait() // each is settled before the ledger closes
	return err
}

// answer starts a server on listeners. It tells failed why it ended, unless it was asked to.
func (g *Gateway) answer(base context.Context, listeners []net.Listener, failed chan<- error) *http.Server {
	srv := &http.Server{
		Handler:           g,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       5 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          log.New(slogLines{g.Log}, "", 0),
	}
	for _, l := range listeners {
		go func() {
			if err := srv.Serve(socket.Listener{Listener: l}); !errors.Is(err, http.ErrServerClosed) {
				select {
				case failed <- err:
				default: // another has
				}
			}
		}()
	}
	return srv
}

// slogLines writes net/http's own complaints to the log.
type slogLines struct{ log *slog.Logger }

func (s slogLines) Write(p []byte) (int, error) {
	s.log.Debug("http server", "message", string(p))
	return len(p), nil
}
