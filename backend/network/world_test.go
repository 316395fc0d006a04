package network

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// key is what must never be seen on the way to an upstream that speaks TLS.
const key = "sk-test-0123456789abcdef0123456789abcdef"

// vendor is an upstream by TLS that goes by the name example.com, and counts its connections.
type vendor struct {
	*httptest.Server
	made atomic.Int32
}

func newVendor(t *testing.T, plain bool) *vendor {
	v := &vendor{}
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key {
			w.WriteHeader(http.StatusUnauthorized)
		}
		io.WriteString(w, "from the vendor")
	}))
	v.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			v.made.Add(1)
		}
	}
	v.EnableHTTP2 = true
	v.Config.ErrorLog = quiet
	if plain {
		v.Start()
	} else {
		v.StartTLS()
	}
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) addr() string { return v.Listener.Addr().String() }

// roots believes the vendor.
func (v *vendor) roots() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if v.TLS != nil {
		pool.AddCert(v.Certificate())
	}
	return pool, nil
}

// clocks are set by the test.
type clocks struct {
	wall, mono atomic.Int64
}

func newClocks() *clocks {
	c := &clocks{}
	c.wall.Store(time.Now().UnixNano())
	return c
}

func (c *clocks) run(d time.Duration)   { c.wall.Add(int64(d)); c.mono.Add(int64(d)) }
func (c *clocks) sleep(d time.Duration) { c.wall.Add(int64(d)) }

// newNetwork makes a network whose environment and desktop say nothing, unless o does.
func newNetwork(t *testing.T, o Options) *Network {
	t.Helper()
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Desktop == nil {
		o.Desktop = func(context.Context) (Proxies, error) { return Proxies{}, nil }
	}
	n := New(o)
	t.Cleanup(n.Close)
	return n
}

// timed is Options with clocks of the test's own.
func (c *clocks) timed(o Options) Options {
	o.Wall = func() time.Time { return time.Unix(0, c.wall.Load()) }
	o.Mono = func() time.Duration { return time.Duration(c.mono.Load()) }
	return o
}

// ask calls a URL with the key.
func ask(t *testing.T, n *Network, choice Choice, url string) (string, error) {
	t.Helper()
	c, err := n.Caller(choice)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	res, err := c.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		return res.Status, err
	}
	return string(body), err
}

// proxy is an HTTP or SOCKS5 proxy on loopback that brings every call to one address, and notes what it could see.
type proxy struct {
	t    *testing.T
	to   string
	user string // "name:password"; empty: it lets everybody through
	code int    // answer CONNECT with status
	addr string

	mu    sync.Mutex
	seen  strings.Builder // all bytes that it read from its clients, tunnels included
	hosts []string        // what it was asked for
	wg    sync.WaitGroup
}

func newProxy(t *testing.T, to, user string, serve func(*proxy, net.Conn)) *proxy {
	p := &proxy{t: t, to: to, user: user}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	var open sync.Map
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, nil)
			p.wg.Go(func() {
				defer c.Close()
				serve(p, c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		p.wg.Wait()
	})
	return p
}

func (p *proxy) asked(host string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hosts = append(p.hosts, host)
}

func (p *proxy) list() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.hosts...)
}

func (p *proxy) saw(text string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Contains(p.seen.String(), text)
}

// Write notes what a client said.
func (p *proxy) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.Write(b)
}

// tunnel passes bytes both ways until one side ends.
func (p *proxy) tunnel(from io.Reader, c net.Conn) {
	up, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer up.Close()
	p.wg.Go(func() {
		io.Copy(up, from)
		up.Close()
	})
	io.Copy(c, up)
}

// byHTTP serves CONNECT, and plain calls.
func byHTTP(p *proxy, c net.Conn) {
	in := bufio.NewReader(io.TeeReader(c, p))
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		p.asked(r.Host)
		switch {
		case p.user != "" && r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(p.user)):
			io.WriteString(c, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"corp\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			return
		case p.code != 0:
			io.WriteString(c, "HTTP/1.1 "+http.StatusText(p.code)+"\r\n\r\n")
			return
		case r.Method == http.MethodConnect:
			io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
			p.tunnel(in, c)
			return
		}
		r.URL.Scheme, r.URL.Host, r.RequestURI = "http", p.to, ""
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return
		}
		res.Write(c)
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	}
}

// bySOCKS serves SOCKS5.
func bySOCKS(p *proxy, c net.Conn) {
	in := bufio.NewReader(io.TeeReader(c, p))
	read := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(in, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	methods := read(int(read(2)[1]))
	if p.user == "" {
		c.Write([]byte{5, 0})
	} else if strings.IndexByte(string(methods), 2) < 0 {
		c.Write([]byte{5, 0xff})
		return
	} else {
		c.Write([]byte{5, 2})
		name := read(int(read(2)[1]))
		word := read(int(read(1)[0]))
		if string(name)+":"+string(word) != p.user {
			c.Write([]byte{1, 1})
			return
		}
		c.Write([]byte{1, 0})
	}
	head := read(4)
	var host string
	switch head[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	}
	read(2)
	p.asked(host)
	c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	p.tunnel(in, c)
}

// resolver is a name server on loopback: answers by name, of A and AAAA; for a name that it does not have it is silent.
func resolver(t *testing.T, names map[string][]string) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 512)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := answerDNS(buf[:n], names); answer != nil {
				pc.WriteTo(answer, from)
			}
		}
	})
	var mu sync.Mutex
	var open []net.Conn
	over := false
	t.Cleanup(func() {
		pc.Close()
		wg.Wait()
		mu.Lock()
		defer mu.Unlock()
		over = true
		for _, c := range open { // else those who wait for an answer would wait on
			c.Close()
		}
	})
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return nil, net.ErrClosed
		}
		var d net.Dialer
		c, err := d.DialContext(ctx, "udp", pc.LocalAddr().String())
		if err == nil {
			open = append(open, c)
		}
		return c, err
	}}
}

func answerDNS(q []byte, names map[string][]string) []byte {
	var labels []string
	at := 12
	for q[at] != 0 {
		labels = append(labels, string(q[at+1:at+1+int(q[at])]))
		at += 1 + int(q[at])
	}
	at++
	kind := binary.BigEndian.Uint16(q[at:])
	end := at + 4
	ips, ok := names[strings.Join(labels, ".")]
	if !ok {
		return nil
	}
	out := append([]byte(nil), q[:end]...)
	out[2], out[3] = 0x81, 0x80
	count := 0
	for _, s := range ips {
		ip := net.ParseIP(s)
		raw, of := ip.To4(), uint16(1)
		if raw == nil {
			raw, of = ip.To16(), 28
		}
		if of != kind {
			continue
		}
		count++
		out = append(out, 0xc0, 12, 0, byte(of), 0, 1, 0, 0, 0, 60, 0, byte(len(raw)))
		out = append(out, raw...)
	}
	out[6], out[7] = 0, byte(count)
	out[8], out[9], out[10], out[11] = 0, 0, 0, 0
	return out
}

// authority makes a CA, and certificates by it.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string, until time.Time) *authority {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := x509.ParseCertificate(der)
	return &authority{c, k}
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw}))
}

// serves is a TLS configuration for a host.
func (a *authority) serves(t *testing.T, host string) *tls.Config {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{host}}
	if ip := net.ParseIP(host); ip != nil {
		tmpl.IPAddresses = []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &k.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: k}}}
}
