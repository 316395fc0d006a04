package network

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var quiet = log.New(io.Discard, "", 0)

func TestChoices(t *testing.T) {
	for entered, want := range map[string]struct{ choice, password, masked, fault string }{
		"":                            {},
		" Direct ":                    {choice: "direct", masked: "direct"},
		"SYSTEM":                      {choice: "system", masked: "system"},
		"proxy.corp:8080":             {choice: "http://proxy.corp:8080", masked: "http://proxy.corp:8080"},
		"http://proxy.corp/":          {choice: "http://proxy.corp:80", masked: "http://proxy.corp:80"},
		"https://proxy.corp":          {choice: "https://proxy.corp:443", masked: "https://proxy.corp:443"},
		"socks://10.0.0.1":            {choice: "socks5://10.0.0.1:1080", masked: "socks5://10.0.0.1:1080"},
		"SOCKS5H://[::1]:9050":        {choice: "socks5h://[::1]:9050", masked: "socks5h://[::1]:9050"},
		"http://me:hunter2@p.corp:80": {choice: "http://me@p.corp:80", password: "hunter2", masked: "http://me:***@p.corp:80"},
		"me:hunter2@p.corp:80":        {choice: "http://me@p.corp:80", password: "hunter2", masked: "http://me:***@p.corp:80"},
		"http://a%40b:hunter2%2F@p":   {choice: "http://a%40b@p:80", password: "hunter2/", masked: "http://a%40b:***@p:80"},
		"socks4://hunter2.corp":       {fault: "http://, https://, socks5://"},
		"ftp://hunter2.corp":          {fault: "http://, https://, socks5://"},
		"http://":                     {fault: "no host"},
		"http://p.corp/hunter2":       {fault: "nothing behind"},
		"http://p.corp?k=hunter2":     {fault: "nothing behind"},
		"http://:hunter2@p.corp":      {fault: "no user name"},
		"http://me:hunter2/@p.corp":   {fault: "%40"},
		"http://p q:80":               {fault: "form"},
		"http://" + strings.Repeat("hunter2", 400): {fault: "is the most"},
	} {
		choice, password, keep, err := Split(entered)
		if want.fault != "" {
			if err == nil || !strings.Contains(err.Error(), want.fault) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: got %v, want %q", entered, err, want.fault)
			}
			continue
		}
		if err != nil || choice != want.choice || password != want.password || keep {
			t.Errorf("%q: got %q, %q, %v, %v", entered, choice, password, keep, err)
		}
		if masked := Mask(choice, password != ""); masked != want.masked {
			t.Errorf("%q: it is shown as %q", entered, masked)
		}
		if password != "" {
			if again, second, _, _ := Split(Join(choice, password)); again != choice || second != password {
				t.Errorf("%q: joined it is %q, %q", entered, again, second)
			}
			if again, _, keep, err := Split(want.masked); again != choice || !keep || err != nil {
				t.Errorf("%q: as shown it is read as %q, %v, %v", entered, again, keep, err)
			}
		}
	}
}

func TestExceptions(t *testing.T) {
	for _, tt := range []struct {
		list  string
		exact bool
		host  string
		want  bool
	}{
		{"example.com", false, "example.com", true},
		{"example.com", false, "API.example.com.", true},
		{"example.com", false, "badexample.com", false},
		{"example.com", true, "api.example.com", false},
		{".example.com", false, "api.example.com", true},
		{"*.example.com", true, "api.example.com", true},
		{"*.example.com", true, "example.com", false},
		{"192.168.*", true, "192.168.1.7", true},
		{"api-*.corp", true, "api-eu.corp", true},
		{"10.0.0.0/8", false, "10.9.8.7", true},
		{"10.0.0.0/8", false, "11.9.8.7", false},
		{"::1,fd00::/8", false, "fd00::5", true},
		{"<local>", true, "printer", true},
		{"<local>", true, "10.0.0.1", false},
		{"*", false, "anything.example", true},
		{"example.com:8443", false, "example.com", false},
		{"example.com:443", false, "example.com", true},
		{"http://example.com/", false, "example.com", true},
		{" , '', ", false, "example.com", false},
	} {
		b := newBypass(strings.Split(tt.list, ","), tt.exact)
		if got := b.has(tt.host, "443"); got != tt.want {
			t.Errorf("%q, exact %v: %s is %v", tt.list, tt.exact, tt.host, got)
		}
	}
}

func shown(p Proxies) string {
	list := []string{p.PAC}
	for _, u := range []*url.URL{p.HTTP, p.HTTPS, p.SOCKS} {
		if u == nil {
			list = append(list, "-")
		} else {
			list = append(list, u.String())
		}
	}
	return strings.Join(append(list, strings.Join(p.Ignore, ",")), " ")
}

const gnome = `org.gnome.system.proxy autoconfig-url 'http://wpad.corp/p.pac'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1', '*.corp']
org.gnome.system.proxy mode 'MODE'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.http authentication-password 'hunter2'
org.gnome.system.proxy.http authentication-user 'me'
org.gnome.system.proxy.http host 'proxy.corp'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.http use-authentication true
org.gnome.system.proxy.https host ''
org.gnome.system.proxy.https port 0
org.gnome.system.proxy.socks host 'socks.corp'
org.gnome.system.proxy.socks port 1080
`

const kde = "[Other]\nProxyType=9\n[Proxy Settings][$i]\nProxyType=TYPE\nProxy Config Script=http://wpad.corp/p.pac\nhttpProxy=http://proxy.corp 8080\nhttpsProxy[$e]=http://proxy.corp:8443\nsocksProxy=socks://socks.corp 1080\nNoProxyFor=localhost,.corp\n"

const macOS = `<dictionary> {
  ExceptionsList : <array> {
    0 : *.local
    1 : 169.254/16
  }
  ExcludeSimpleHostnames : 1
  HTTPEnable : 1
  HTTPPort : 8080
  HTTPProxy : proxy.corp
  HTTPSEnable : 0
  HTTPSPort : 8443
  HTTPSProxy : proxy.corp
  ProxyAutoConfigEnable : PAC
  ProxyAutoConfigURLString : http://wpad.corp/p.pac
  SOCKSEnable : 1
  SOCKSPort : 1080
  SOCKSProxy : socks.corp
}
`

func TestDesktops(t *testing.T) {
	for name, tt := range map[string]struct {
		got  Proxies
		want string
	}{
		"GNOME, none":    {fromGNOME(strings.Replace(gnome, "MODE", "none", 1)), " - - - "},
		"GNOME, manual":  {fromGNOME(strings.Replace(gnome, "MODE", "manual", 1)), " http://me:hunter2@proxy.corp:8080 http://me:hunter2@proxy.corp:8080 socks5://socks.corp:1080 'localhost','127.0.0.0/8','::1','*.corp'"},
		"GNOME, auto":    {fromGNOME(strings.Replace(gnome, "MODE", "auto", 1)), "http://wpad.corp/p.pac - - - "},
		"GNOME, nothing": {fromGNOME(""), " - - - "},
		"KDE, none":      {fromKDE(strings.Replace(kde, "TYPE", "0", 1)), " - - - "},
		"KDE, manual":    {fromKDE(strings.Replace(kde, "TYPE", "1", 1)), " http://proxy.corp:8080 http://proxy.corp:8443 socks5://socks.corp:1080 localhost,.corp"},
		"KDE, script":    {fromKDE(strings.Replace(kde, "TYPE", "2", 1)), "http://wpad.corp/p.pac - - - "},
		"KDE, reversed":  {fromKDE(strings.Replace(kde, "TYPE", "1", 1) + "ReversedException=true\n"), " - - - "},
		"Windows, off":   {fromWindows(false, "proxy.corp:8080", "", ""), " - - - "},
		"Windows, one":   {fromWindows(true, "proxy.corp:8080", "*.corp;<local>", ""), " http://proxy.corp:8080 http://proxy.corp:8080 - *.corp,<local>"},
		"Windows, each":  {fromWindows(true, "http=a.corp:80;https=http://b.corp:8443/;socks=c.corp:1080", "", ""), " http://a.corp:80 http://b.corp:8443 socks5://c.corp:1080 "},
		"Windows, PAC":   {fromWindows(true, "proxy.corp:8080", "", "http://wpad.corp/p.pac"), "http://wpad.corp/p.pac - - - "},
		"macOS":          {fromMacOS(strings.Replace(macOS, "PAC", "0", 1)), " http://proxy.corp:8080 - socks5://socks.corp:1080 *.local,169.254/16,<local>"},
		"macOS, PAC":     {fromMacOS(strings.Replace(macOS, "PAC\n", "1\n", 1)), "http://wpad.corp/p.pac - - - *.local,169.254/16"},
	} {
		if got := shown(tt.got); got != tt.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, tt.want)
		}
	}
}

// Through each kind of proxy a call to TLS arrives, with the proxy's password, and the proxy sees nothing of the key.
func TestThroughProxies(t *testing.T) {
	for name, tt := range map[string]struct {
		scheme string
		serve  func(*proxy, net.Conn)
		user   string
	}{
		"http": {"http", byHTTP, ""}, "http with a password": {"http", byHTTP, "me:hunter2"},
		"socks5": {"socks5", bySOCKS, ""}, "socks5h with a password": {"socks5h", bySOCKS, "me:hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t, false)
			p := newProxy(t, v.addr(), tt.user, tt.serve)
			n := newNetwork(t, Options{Roots: v.roots})
			choice := Choice{To: tt.scheme + "://" + p.addr}
			if tt.user != "" {
				choice.To = tt.scheme + "://" + tt.user + "@" + p.addr
			}
			for range 2 {
				if got, err := ask(t, n, choice, "https://example.com/v1"); got != "from the vendor" || err != nil {
					t.Fatalf("got %q, %v", got, err)
				}
			}
			if hosts := p.list(); len(hosts) != 1 || !strings.HasPrefix(hosts[0], "example.com") {
				t.Errorf("the proxy was asked for %q", hosts)
			}
			if p.saw(key) || p.saw("Authorization: Bearer") {
				t.Error("the proxy saw the key")
			}
		})
	}
}

func TestWhatProxiesRefuseIsTold(t *testing.T) {
	v, plain := newVendor(t, false), newVendor(t, true)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	httpProxy, socksProxy := newProxy(t, v.addr(), "me:hunter2", byHTTP), newProxy(t, v.addr(), "me:hunter2", bySOCKS)
	for name, tt := range map[string]struct {
		proxy, url, want string
		auth             bool
	}{
		"no password":           {"http://" + httpProxy.addr, "https://example.com/", "asks for a user name and password", true},
		"no password, plain":    {"http://" + httpProxy.addr, "http://lan.example/", "asks for a user name and password", true},
		"wrong password":        {"http://me:wrong@" + httpProxy.addr, "https://example.com/", "did not take its user name and password", true},
		"socks, no password":    {"socks5://" + socksProxy.addr, "https://example.com/", "asks for a user name and password", true},
		"socks, wrong password": {"socks5://me:wrong@" + socksProxy.addr, "https://example.com/", "did not take its user name and password", true},
		"nobody there":          {"http://me:hunter2@" + closed.Addr().String(), "https://example.com/", "could not be reached", false},
		"socks, nobody there":   {"socks5://" + closed.Addr().String(), "https://example.com/", "could not be reached", false},
		"no proxy":              {"http://" + plain.addr(), "https://example.com/", "could not reach the host (Unauthorized)", false},
	} {
		n := newNetwork(t, Options{Roots: v.roots})
		_, err := ask(t, n, Choice{To: tt.proxy}, tt.url)
		var fault *ProxyError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), tt.want) || fault.Auth != tt.auth {
			t.Errorf("%s: got %v", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "wrong") || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "me@")) {
			t.Errorf("%s: the error has what is secret: %v", name, err)
		}
	}
	if v.made.Load() != 0 {
		t.Errorf("%d connections came to the vendor", v.made.Load())
	}
}

// This machine goes through a proxy only where an account itself wants it.
func TestLoopbackIsNotProxied(t *testing.T) {
	v := newVendor(t, true)
	p := newProxy(t, v.addr(), "", byHTTP)
	env := func(name string) string { return map[string]string{"HTTP_PROXY": "http://" + p.addr}[name] }
	for name, tt := range map[string]struct {
		choice Choice
		want   int
	}{
		"environment": {Choice{To: System}, 0}, "settings": {Choice{To: "http://" + p.addr}, 0},
		"direct": {Choice{To: Direct}, 0}, "account": {Choice{To: "http://" + p.addr, Own: true}, 1},
	} {
		n := newNetwork(t, Options{Getenv: env})
		before := len(p.list())
		if got, err := ask(t, n, tt.choice, v.URL); got != "from the vendor" || err != nil {
			t.Fatalf("%s: got %q, %v", name, got, err)
		}
		if got := len(p.list()) - before; got != tt.want {
			t.Errorf("%s: %d calls through the proxy, want %d", name, got, tt.want)
		}
	}
}

func TestEnvironmentGoesBeforeTheDesktop(t *testing.T) {
	desktop := func(context.Context) (Proxies, error) {
		return Proxies{Source: "GNOME", HTTPS: must(url.Parse("http://desktop.corp:1"))}, nil
	}
	for name, tt := range map[string]struct {
		env  map[string]string
		url  string
		want string
	}{
		"https":        {map[string]string{"https_proxy": "http://me:hunter2@env.corp:8080"}, "https://a.example", "system (the environment): http://env.corp:8080"},
		"capitals":     {map[string]string{"HTTPS_PROXY": "env.corp:8080"}, "https://a.example", "system (the environment): http://env.corp:8080"},
		"other":        {map[string]string{"HTTPS_PROXY": "env.corp:8080"}, "http://a.example", "system (the environment): direct"},
		"all":          {map[string]string{"ALL_PROXY": "socks5://env.corp"}, "http://a.example", "system (the environment): socks5://env.corp:1080"},
		"exception":    {map[string]string{"HTTPS_PROXY": "env.corp:8080", "NO_PROXY": "b.example,.example"}, "https://a.example", "system (the environment): direct, since the host is on its list of exceptions"},
		"none":         {nil, "https://a.example", "system (GNOME): http://desktop.corp:1"},
		"no_proxy":     {map[string]string{"no_proxy": "a.example"}, "https://a.example", "system (GNOME): direct, since the host is on its list of exceptions"},
		"this machine": {map[string]string{"HTTP_PROXY": "env.corp:8080"}, "http://127.0.0.1:1", "direct, " + thisMachineWhy},
	} {
		n := newNetwork(t, Options{Getenv: func(v string) string { return tt.env[v] }, Desktop: desktop})
		w, err := explain(n, Choice{}, must(url.Parse(tt.url)))
		if w.String() != tt.want || err != nil {
			t.Errorf("%s:\n got %q, %v\nwant %q", name, w, err, tt.want)
		}
	}
}

// explain tells how a URL is reached by what the system says now.
func explain(n *Network, choice Choice, u *url.URL) (Way, error) {
	n.Look()
	return n.Explain(choice, u)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What the desktop is set to is noticed without a restart, and read by no call but the first.
func TestAChangeOfTheDesktopIsNoticed(t *testing.T) {
	v := newVendor(t, false)
	first, second := newProxy(t, v.addr(), "", byHTTP), newProxy(t, v.addr(), "", bySOCKS)
	var now atomic.Pointer[Proxies]
	now.Store(&Proxies{Source: "test", HTTPS: must(url.Parse("http://" + first.addr))})
	reads := make(chan bool, 100)
	c := newClocks()
	n := newNetwork(t, c.timed(Options{Roots: v.roots, Desktop: func(context.Context) (Proxies, error) {
		reads <- true
		return *now.Load(), nil
	}}))
	call := func() {
		t.Helper()
		if got, err := ask(t, n, Choice{}, "https://example.com/"); got != "from the vendor" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	call()
	call()
	if len(reads) != 1 {
		t.Fatalf("the desktop was asked %d times", len(reads))
	}
	now.Store(&Proxies{Source: "test", SOCKS: must(url.Parse("socks5://" + second.addr))})
	c.run(lookEvery + time.Second)
	call() // as before, but it makes us look
	n.wg.Wait()
	call()
	if len(reads) != 2 || len(first.list()) != 1 || len(second.list()) != 1 {
		t.Errorf("%d reads, %d calls to the first and %d to the second", len(reads), len(first.list()), len(second.list()))
	}
	c.run(restLimit + time.Second)
	now.Store(&Proxies{Source: "test", HTTPS: must(url.Parse("http://" + first.addr))})
	call() // after a rest it is read before it is used
	n.wg.Wait()
	if len(second.list()) != 1 {
		t.Error("what was read long ago was used")
	}
}

// pacServer serves a script, and counts.
func pacServer(t *testing.T, script *atomic.Value) (address string, asked *atomic.Int32) {
	asked = new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		body := script.Load().(string)
		if body == "" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/p.pac?token=hunter2", asked
}

func TestScripts(t *testing.T) {
	v := newVendor(t, false)
	p := newProxy(t, v.addr(), "", byHTTP)
	var script atomic.Value
	good := `function FindProxyForURL(url, host) {
		if (url.indexOf("secret") >= 0) throw "the script sees a path";
		return shExpMatch(host, "*.com") ? "PROXY ` + p.addr + `" : "DIRECT" }`
	script.Store(good)
	address, asked := pacServer(t, &script)
	c := newClocks()
	n := newNetwork(t, c.timed(Options{Roots: v.roots, Resolver: resolver(t, map[string][]string{"example.com": {"127.0.0.1"}}),
		Desktop: func(context.Context) (Proxies, error) { return Proxies{Source: "GNOME", PAC: address}, nil }}))
	direct := "https://example.com:" + must(url.Parse(v.URL)).Port()
	call := func(want int) {
		t.Helper()
		if got, err := ask(t, n, Choice{}, direct+"/v1/secret/path"); got != "from the vendor" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
		if got := len(p.list()); got != want {
			t.Fatalf("%d connections through the proxy, want %d", got, want)
		}
		n.wg.Wait()
	}
	trouble := func(want string) {
		t.Helper()
		if got := strings.Join(n.Trouble(), " "); !strings.Contains(got, want) || want == "" && got != "" || strings.Contains(got, "hunter2") {
			t.Fatalf("trouble is %q, want %q", got, want)
		}
	}
	explain := func(host, want string) {
		t.Helper()
		if w, err := explain(n, Choice{}, must(url.Parse(host))); w.String() != want || err != nil {
			t.Fatalf("got %q, %v, want %q", w, err, want)
		}
	}
	shownAs := strings.TrimSuffix(address, "?token=hunter2")

	call(1)
	call(1)
	trouble("")
	explain("https://a.com", "system (GNOME): PAC "+shownAs+" -> http://"+p.addr)
	explain("https://a.example", "system (GNOME): PAC "+shownAs+" -> direct")
	if asked.Load() != 1 {
		t.Errorf("the script was fetched %d times", asked.Load())
	}

	// Its server is down, or a sign-in page answers: the last good script stays.
	for _, broken := range []string{"", "<html>Sign in</html>"} {
		script.Store(broken)
		c.run(scriptFresh + time.Minute)
		call(1)
		trouble("The one from before stays in force.")
		explain("https://a.com", "system (GNOME): PAC "+shownAs+" -> http://"+p.addr)
	}
	// It is mended.
	script.Store(strings.Replace(good, "*.com", "*.org", 1))
	c.run(lookEvery + time.Second)
	call(1) // with what was there before, but it makes us look
	trouble("")
	explain("https://a.com", "system (GNOME): PAC "+shownAs+" -> direct")
	// It fails at work: straight, and told.
	script.Store("function FindProxyForURL() { while (true) {} }")
	c.run(scriptFresh + time.Minute)
	n.read()
	call(1)
	trouble("it took too long. What it cannot decide goes straight.")
	explain("https://b.com", "system (GNOME): PAC "+shownAs+" -> direct, since the script failed")
}

func TestAScriptThatCannotBeHad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.pac")
	if err := os.WriteFile(file, []byte(`function FindProxyForURL() { return "SOCKS4 old:1; SOCKS5 new.corp:1080" }`), 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]struct{ way, trouble string }{
		"file://" + file:           {"system (test): PAC file://" + file + " -> socks5://new.corp:1080", ""},
		"file://" + file + ".gone": {"system (test): PAC file://" + file + ".gone -> direct, since the script cannot be had", "no such file"},
		"ftp://wpad.corp/p.pac":    {"system (test): PAC ftp://wpad.corp/p.pac -> direct, since the script cannot be had", "not with http, https or file"},
		"http://127.0.0.1:1/p.pac": {"system (test): PAC http://127.0.0.1:1/p.pac -> direct, since the script cannot be had", "connection refused"},
	} {
		n := newNetwork(t, Options{Desktop: func(context.Context) (Proxies, error) { return Proxies{Source: "test", PAC: address}, nil }})
		w, err := explain(n, Choice{To: System}, must(url.Parse("https://a.example")))
		if err != nil || w.String() != want.way {
			t.Errorf("%s:\n got %q, %v\nwant %q", address, w, err, want.way)
		}
		if got := strings.Join(n.Trouble(), " "); !strings.Contains(got, want.trouble) || (want.trouble == "") != (got == "") {
			t.Errorf("%s: trouble is %q", address, got)
		}
	}
}

// To explain a hundred accounts asks the desktop no oftener than to explain one.
func TestExplainingDoesNotReadAnew(t *testing.T) {
	var reads atomic.Int32
	n := newNetwork(t, Options{Desktop: func(context.Context) (Proxies, error) {
		reads.Add(1)
		return Proxies{}, nil
	}})
	for range 3 {
		if _, err := n.Explain(Choice{}, must(url.Parse("https://a.example"))); err != nil {
			t.Error(err)
		}
	}
	if got := reads.Load(); got != 1 {
		t.Errorf("the desktop was asked %d times", got)
	}
	if n.Look(); reads.Load() != 2 {
		t.Error("the desktop was not asked when it should be")
	}
}

// A desktop that does not answer in time delays one call by no more than that, and is told.
func TestADesktopThatDoesNotAnswer(t *testing.T) {
	n := newNetwork(t, Options{Desktop: func(ctx context.Context) (Proxies, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("it is waited for without end")
		}
		return Proxies{}, errors.New("gsettings did not answer")
	}})
	w, err := explain(n, Choice{}, must(url.Parse("https://a.example")))
	if err != nil || w.Proxy != nil || !slices.ContainsFunc(n.Trouble(), func(s string) bool { return strings.Contains(s, "gsettings did not answer") }) {
		t.Errorf("got %v, %v; trouble %q", w, err, n.Trouble())
	}
}

func TestCertificateFiles(t *testing.T) {
	good, old := newAuthority(t, "Corp CA", time.Now().Add(time.Hour)), newAuthority(t, "Old CA", time.Now().Add(-time.Hour))
	dir := t.TempDir()
	for name, tt := range map[string]struct{ text, want string }{
		"good":         {"# our own\n" + good.pem(), ""},
		"good and old": {old.pem() + good.pem(), ""},
		"empty":        {"", "it is empty"},
		"text":         {"hello", "no certificate in PEM"},
		"der":          {string(good.cert.Raw), "no certificate in PEM"},
		"expired":      {old.pem(), `"Old CA" has expired on `},
		"key":          {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "a PRIVATE KEY and no certificate"},
		"damaged":      {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 is damaged"},
		"large":        {strings.Repeat(" ", maxAuthorities+1), "more than 2 MB"},
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := newNetwork(t, Options{}).Authorities(file)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for file, want := range map[string]string{dir: "not a file", filepath.Join(dir, "none"): "no such file"} {
		if _, err := newNetwork(t, Options{}).Authorities(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

// A company's proxy that looks into TLS is believed once its authority is, and no sooner; a bad edit of the file changes nothing.
func TestOwnAuthority(t *testing.T) {
	ca := newAuthority(t, "Corp CA", time.Now().Add(time.Hour))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "inspected") }))
	s.TLS, s.EnableHTTP2, s.Config.ErrorLog = ca.serves(t, "127.0.0.1"), true, quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	c := newClocks()
	n := newNetwork(t, c.timed(Options{Roots: func() (*x509.CertPool, error) { return x509.NewCertPool(), nil }}))
	call := func() error {
		got, err := ask(t, n, Choice{To: Direct}, s.URL)
		if err == nil && got != "inspected" {
			t.Fatalf("got %q", got)
		}
		return err
	}
	var unknown x509.UnknownAuthorityError
	if err := call(); !errors.As(err, &unknown) || unknown.Cert.Issuer.CommonName != "Corp CA" {
		t.Fatalf("got %v", err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(ca.pem())
	if err := n.Trust(file); err != nil {
		t.Fatal(err)
	}
	if err := call(); err != nil {
		t.Fatal(err)
	}
	write("broken")
	c.run(lookEvery + time.Second)
	call()
	n.wg.Wait()
	n.renew()
	if err := call(); err != nil {
		t.Errorf("a bad edit took what was there before: %v", err)
	}
	if got := strings.Join(n.Trouble(), " "); !strings.Contains(got, "no certificate in PEM") || !strings.Contains(got, "stays in force") {
		t.Errorf("trouble is %q", got)
	}
	write(newAuthority(t, "Other CA", time.Now().Add(time.Hour)).pem())
	c.run(lookEvery + time.Second)
	call()
	n.wg.Wait()
	if err := call(); !errors.As(err, &unknown) {
		t.Errorf("an authority that the file no longer has is still believed: %v", err)
	}
	if got := n.Trouble(); len(got) != 0 {
		t.Errorf("trouble is %q", got)
	}
	if err := n.Trust(""); err != nil {
		t.Error(err)
	}
}

// relay passes bytes to an upstream until it is told to drop them, as a network does that a laptop has left.
type relay struct {
	net.Listener
	dropping atomic.Bool
	made     atomic.Int32
}

func newRelay(t *testing.T, to string) *relay {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l}
	var wg sync.WaitGroup
	var open sync.Map
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", to)
			if err != nil {
				t.Error(err)
				return
			}
			open.Store(c, nil)
			open.Store(up, nil)
			r.made.Add(1)
			old := r.dropping.Load
			dead := new(atomic.Bool) // connections made later are sound
			if !old() {
				dead = &r.dropping
			}
			copyTo := func(to, from net.Conn) {
				buf := make([]byte, 32<<10)
				for {
					n, err := from.Read(buf)
					if err != nil {
						return
					}
					if !dead.Load() {
						to.Write(buf[:n])
					}
				}
			}
			wg.Go(func() { copyTo(up, c) })
			wg.Go(func() { copyTo(c, up) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		wg.Wait()
	})
	return r
}

// An HTTP/2 connection that has gone silent is found out by pings, and what comes next has another.
func TestSilentConnectionIsFoundByPings(t *testing.T) {
	v := newVendor(t, false)
	r := newRelay(t, v.addr())
	n := newNetwork(t, Options{Roots: v.roots, Ping: 50 * time.Millisecond, Pong: 100 * time.Millisecond})
	url := "https://" + r.Addr().String()
	if got, err := ask(t, n, Choice{To: Direct}, url); got != "from the vendor" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	r.dropping.Store(true)
	began := time.Now()
	if _, err := ask(t, n, Choice{To: Direct}, url); err == nil { // either it was on the dead connection, and was told so soon
		if r.made.Load() != 2 {
			t.Fatal("a dead connection has answered")
		}
	} else if took := time.Since(began); took > 10*time.Second {
		t.Errorf("that the connection is dead was found out after %v: %v", took, err)
	}
	if got, err := ask(t, n, Choice{To: Direct}, url); got != "from the vendor" || err != nil || r.made.Load() != 2 {
		t.Errorf("got %q, %v, over %d connections", got, err, r.made.Load())
	}
}

// After sleep no call goes over a connection from before, even where one is still at work on it.
func TestAfterSleepConnectionsAreFresh(t *testing.T) {
	v := newVendor(t, false)
	r := newRelay(t, v.addr())
	c := newClocks()
	woken := make(chan bool, 10)
	n := newNetwork(t, c.timed(Options{Roots: v.roots, OnWake: func() { woken <- true }}))
	url := "https://" + r.Addr().String()
	call := func(connections int32) {
		t.Helper()
		if got, err := ask(t, n, Choice{To: Direct}, url); got != "from the vendor" || err != nil || r.made.Load() != connections {
			t.Fatalf("got %q, %v, over %d connections, want %d", got, err, r.made.Load(), connections)
		}
	}
	call(1)
	c.run(time.Hour)
	call(1) // time alone is no sleep
	r.dropping.Store(true)
	c.sleep(8 * time.Hour)
	call(2)
	call(2)
	n.wg.Wait()
	if len(woken) != 1 {
		t.Errorf("%d times awake", len(woken))
	}
	c.sleep(-time.Hour) // the clock is set back
	call(3)
}

// A resolver that is silent is told as such, soon, and nobody else waits for it.
func TestSlowResolver(t *testing.T) {
	v := newVendor(t, false)
	n := newNetwork(t, Options{Roots: v.roots, Lookup: 100 * time.Millisecond, Resolver: resolver(t, map[string][]string{"example.com": {"127.0.0.1"}})})
	fine := "https://example.com:" + must(url.Parse(v.URL)).Port()
	slow := make(chan error, 1)
	go func() {
		_, err := ask(t, n, Choice{To: Direct}, "https://silent.example/")
		slow <- err
	}()
	if got, err := ask(t, n, Choice{To: Direct}, fine); got != "from the vendor" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	var dns *net.DNSError
	if err := <-slow; !errors.As(err, &dns) || !dns.IsTimeout || dns.Name != "silent.example" {
		t.Errorf("got %v", err)
	}
}

// A host whose IPv6 leads nowhere is reached by IPv4.
func TestBrokenIPv6(t *testing.T) {
	v := newVendor(t, false)
	port := must(url.Parse(v.URL)).Port()
	var tried sync.Map
	o := Options{Roots: v.roots, Resolver: resolver(t, map[string][]string{"example.com": {"::1", "127.0.0.1"}})}
	o.control = func(ctx context.Context, network, address string) error {
		tried.Store(network, address)
		if network == "tcp6" { // packets go nowhere
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	n := newNetwork(t, o)
	began := time.Now()
	if got, err := ask(t, n, Choice{To: Direct}, "https://example.com:"+port); got != "from the vendor" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if l, err := net.Listen("tcp6", "[::1]:0"); err == nil { // else IPv6 is off, which is as good a test
		l.Close()
		if at, ok := tried.Load("tcp6"); !ok || at != "[::1]:"+port {
			t.Errorf("IPv6 was not tried: %v", at)
		}
	}
}

func BenchmarkWay(b *testing.B) {
	n := New(Options{Getenv: func(string) string { return "" }, Desktop: func(context.Context) (Proxies, error) { return Proxies{HTTPS: must(url.Parse("http://p:1"))}, nil }})
	defer n.Close()
	for name, to := range map[string]string{"loopback": "http://127.0.0.1:1", "lan": "http://192.168.1.5:11434", "https": "https://api.example.com"} {
		b.Run(name, func(b *testing.B) {
			u := must(url.Parse(to))
			b.ReportAllocs()
			for b.Loop() {
				n.systems(u)
			}
		})
	}
}
