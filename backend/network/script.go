package network

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"metapi/backend/network/pac"
)

const (
	maxScript    = 1 << 20
	fetchLimit   = 5 * time.Second
	runLimit     = 2 * time.Second  // for a script to decide, looking up names included
	scriptFresh  = 10 * time.Minute // before it is fetched again
	answerFresh  = 5 * time.Minute  // scripts may go by the time of day
	maxAnswers   = 1024
	maxRedirects = 3
)

// scripts has the one script in force. The zero value is ready.
type scripts struct {
	mu      sync.Mutex
	address string
	got     *script // the last good one of that address
	source  string
	at      time.Duration // by Mono
	err     error         // of the last try
}

// script is a PAC script with what it has decided.
type script struct {
	*pac.Script
	mu      sync.Mutex
	answers map[string]answer // by origin
	failed  error             // the last time that it ran
}

type answer struct {
	proxy *url.URL
	err   error
	until time.Duration // by Mono
}

// fault is why it failed the last time.
func (s *script) fault() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failed
}

// load returns the script at an address, fetched anew where it is old or could not be had. With an error it returns the last good one, if any.
func (s *scripts) load(ctx context.Context, n *Network, address string) (*script, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := n.Mono()
	if s.address == address && s.err == nil && now-s.at < scriptFresh {
		return s.got, nil
	}
	if s.address != address {
		s.address, s.got, s.source = address, nil, ""
	}
	source, err := n.fetch(ctx, address)
	if err == nil && (s.got == nil || source != s.source) {
		var parsed *pac.Script
		if parsed, err = pac.Parse(source); err == nil {
			s.got, s.source = &script{Script: parsed, answers: map[string]answer{}}, source
		}
	}
	s.at, s.err = now, err
	return s.got, err
}

// fetch reads a script, straight.
func (n *Network) fetch(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("its address cannot be read")
	}
	switch strings.ToLower(u.Scheme) {
	case "file":
		path := u.Path
		if runtime.GOOS == "windows" {
			path = strings.TrimPrefix(path, "/")
		}
		f, err := os.Open(filepath.FromSlash(path))
		if err != nil {
			return "", errors.Unwrap(err)
		}
		defer f.Close()
		return bounded(f)
	case "http", "https":
	default:
		return "", fmt.Errorf("its address begins with %q, and not with http, https or file", u.Scheme)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchLimit)
	defer cancel()
	straight := &Client{n: n}
	n.mu.Lock()
	straight.renew(n.trust.pool)
	n.mu.Unlock()
	defer straight.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", errors.New("its address cannot be read")
	}
	client := http.Client{Transport: straight, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errors.New("it is moved on and on")
		}
		return nil
	}}
	res, err := client.Do(r)
	if err != nil {
		if ue := new(url.Error); errors.As(err, &ue) {
			err = ue.Err // the rest is the address
		}
		return "", err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("its server answers %d", res.StatusCode)
	}
	return bounded(res.Body)
}

func bounded(r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxScript+1))
	if err == nil && len(raw) > maxScript {
		err = errors.New("it has more than 1 MB")
	}
	return strings.TrimPrefix(string(raw), "\xef\xbb\xbf"), err
}

// find asks the script for a URL's proxy. It sees host and scheme, but no path: that is nobody's business, and one answer holds for a host.
func (s *script) find(ctx context.Context, n *Network, u *url.URL) (*url.URL, error) {
	origin := u.Scheme + "://" + u.Host + "/"
	now := n.Mono()
	s.mu.Lock()
	a, ok := s.answers[origin]
	s.mu.Unlock()
	if ok && now < a.until {
		return a.proxy, a.err
	}
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	list, err := s.Find(ctx, origin, u.Hostname(), pac.Env{Now: n.Wall, Lookup: n.lookup, MyIP: myIP})
	a = answer{fromPAC(list), nil, now + answerFresh}
	if err != nil {
		n.Log.Warn("proxy script failed", "error", err)
		a = answer{nil, err, now + lookEvery} // it may have been bad luck, but takes time
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) >= maxAnswers {
		clear(s.answers)
	}
	s.answers[origin], s.failed = a, err
	return a.proxy, err
}

func (n *Network) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	return n.Resolver.LookupNetIP(ctx, "ip", host)
}

// myIP is the address that this machine would call others from. No packet is sent to find out.
func myIP() netip.Addr {
	for _, to := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // addresses that are nobody's
		c, err := net.Dial("udp", to)
		if err != nil {
			continue
		}
		defer c.Close()
		return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
