package machine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// imagined is a machine of files and variables.
func imagined(system string, env, files map[string]string, links ...string) Machine {
	return Machine{OS: system, UID: 1000, Program: "/usr/lib/metapi/metapi-app", Env: func(n string) string { return env[n] },
		Read: func(path string) ([]byte, error) {
			if text, ok := files[path]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
		Exists: func(path string) bool { _, ok := files[path]; return ok },
		Links:  func(string) ([]string, error) { return links, nil }}
}

func TestLooks(t *testing.T) {
	type vars = map[string]string
	display := vars{"DISPLAY": ":0", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
	for _, c := range []struct {
		name string
		look func() []Finding
		want string // states, and words that the one finding says; "" for nothing
	}{
		{"no other gateway", func() []Finding { return otherGateways(nil) }, ""},
		{"other gateways", func() []Finding { return otherGateways([]string{"4000", "8317"}) }, "ok|port 4000 (usually LiteLLM)|port 8317 (usually CLIProxyAPI)"},
		{"no WSL", imagined("linux", nil, vars{"/proc/version": "Linux version 6.1 (debian)"}).WSL, ""},
		{"WSL", imagined("linux", nil, vars{"/proc/version": "Linux version 5.15.90.1-microsoft-standard-WSL2"}).WSL, "ok|inside WSL|mirrored|wsl.exe --shutdown"},
		{"Windows with WSL", imagined("windows", vars{"LOCALAPPDATA": `C:\L`}, vars{`C:\L\Microsoft\WindowsApps\wsl.exe`: ""}).WSL, "ok|do not reach|networkingMode=mirrored"},
		{"Windows with WSL mirrored", imagined("windows", vars{"USERPROFILE": `C:\U`}, vars{`C:\U\.wslconfig`: "[wsl2]\nnetworkingMode = Mirrored"}).WSL, "ok|reach Metapi"},
		{"Windows alone", imagined("windows", nil, nil).WSL, ""},
		{"no container", imagined("linux", nil, vars{"/proc/1/cgroup": "0::/init.scope"}).Container, ""},
		{"container", imagined("linux", nil, vars{"/.dockerenv": ""}, "lo", "eth0").Container, "warn|published ports|--network host"},
		{"Podman", imagined("linux", nil, vars{"/run/.containerenv": ""}, "lo", "tap0").Container, "warn|published ports"},
		{"Kubernetes", imagined("linux", nil, vars{"/proc/1/cgroup": "11:memory:/kubepods/besteffort"}, "lo").Container, "warn|published ports"},
		{"container in the host's network", imagined("linux", nil, vars{"/.dockerenv": ""}, "lo", "eth0", "docker0").Container, "ok|shares the host's network"},
		{"container on a Mac", imagined("darwin", nil, vars{"/.dockerenv": ""}).Container, ""},
		{"many files", func() []Finding { return files(1 << 20) }, "ok|Enough"},
		{"few files", func() []Finding { return files(256) }, "warn|Few|ulimit -n 4096"},
		{"no display", imagined("linux", nil, nil).Display, "ok|none|metapi serve --ui"},
		{"X", imagined("linux", display, nil).Display, "ok|X display"},
		{"Wayland", imagined("linux", vars{"WAYLAND_DISPLAY": "wayland-0"}, nil).Display, "ok|Wayland"},
		{"Windows' display", imagined("windows", nil, nil).Display, ""},
		{"tray without a display", func() []Finding { return imagined("linux", nil, nil).Tray(t.Context()) }, ""},
		{"tray without its program", func() []Finding { return imagined("linux", display, nil).Tray(t.Context()) }, "warn|/usr/lib/metapi/metapi-tray|Install"},
		{"tray without a bus", func() []Finding {
			return imagined("linux", display, vars{"/usr/lib/metapi/metapi-tray": ""}).Tray(t.Context())
		}, "warn|no session bus"},
		{"tray icons are shown", func() []Finding { return imagined("linux", display, nil).tray(true) }, "ok|shows tray icons"},
		{"tray icons are not shown", func() []Finding { return imagined("linux", display, nil).tray(false) }, "warn|no tray icons|StatusNotifier"},
		{"tray icons of GNOME", func() []Finding {
			return imagined("linux", vars{"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, nil).tray(false)
		}, "warn|no tray icons|AppIndicator"},
		{"clock, nobody to compare with", func() []Finding { return imagined("linux", nil, nil).Clock(nil) }, ""},
		{"clock, right", func() []Finding {
			return imagined("linux", nil, nil).Clock([]time.Duration{time.Hour, -90 * time.Second})
		}, "ok|agrees"},
		{"clock, ahead", func() []Finding {
			return imagined("linux", nil, nil).Clock([]time.Duration{time.Hour, 3 * time.Minute})
		}, "warn|3m0s ahead|timedatectl"},
		{"clock, behind", func() []Finding { return imagined("windows", nil, nil).Clock([]time.Duration{-time.Hour}) }, "warn|1h0m0s behind|w32tm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.look()
			if c.want == "" {
				if got != nil {
					t.Errorf("found %+v", got)
				}
				return
			}
			state, words, _ := strings.Cut(c.want, "|")
			if len(got) != 1 || string(got[0].State) != state {
				t.Fatalf("found %+v", got)
			}
			for word := range strings.SplitSeq(words, "|") {
				if !strings.Contains(got[0].Detail+got[0].Next+got[0].Command, word) {
					t.Errorf("%+v does not say %q", got[0], word)
				}
			}
			if state == "warn" && got[0].Next == "" {
				t.Errorf("%+v does not say what to do", got[0])
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	const key = "sk-ant-a-key-that-nobody-may-see"
	at := []string{"127.0.0.1:4747", "[::1]:4747"}
	for _, c := range []struct {
		name string
		env  map[string]string
		at   []string
		want []string // name and words of each finding
	}{
		{"nothing", nil, at, nil},
		{"all at Metapi", map[string]string{"ANTHROPIC_BASE_URL": "http://127.0.0.1:4747", "OPENAI_BASE_URL": "http://localhost:4747/v1", "ANTHROPIC_AUTH_TOKEN": key}, at, nil},
		{"elsewhere", map[string]string{"ANTHROPIC_BASE_URL": "https://user:" + key + "@relay.example/v1?key=" + key}, at,
			[]string{"ANTHROPIC_BASE_URL|to relay.example, past Metapi|export ANTHROPIC_BASE_URL=http://127.0.0.1:4747"}},
		{"another gateway", map[string]string{"OPENAI_API_BASE": "http://localhost:8317/v1"}, at,
			[]string{"OPENAI_API_BASE|port 8317 (usually CLIProxyAPI) of this machine|export OPENAI_API_BASE=http://127.0.0.1:4747/v1"}},
		{"no address", map[string]string{"GOOGLE_GEMINI_BASE_URL": key}, at, []string{"GOOGLE_GEMINI_BASE_URL|no address"}},
		{"Metapi does not run", map[string]string{"ANTHROPIC_BASE_URL": "https://relay.example"}, nil, nil},
		{"two credentials", map[string]string{"ANTHROPIC_API_KEY": key, "ANTHROPIC_AUTH_TOKEN": key}, at, []string{"ANTHROPIC_API_KEY|both set|unset ANTHROPIC_API_KEY"}},
		{"past the base URL", map[string]string{"CLAUDE_CODE_USE_BEDROCK": "1", "CLAUDE_CODE_USE_VERTEX": "0"}, at, []string{"CLAUDE_CODE_USE_BEDROCK|Amazon Bedrock|unset"}},
		{"proxy", map[string]string{"HTTP_PROXY": "http://u:" + key + "@proxy.example:3128", "NO_PROXY": "intern.example"}, at,
			[]string{"NO_PROXY|HTTP_PROXY is set|export NO_PROXY=intern.example,127.0.0.1,localhost,::1"}},
		{"proxy that spares this machine", map[string]string{"http_proxy": "http://proxy.example", "no_proxy": "a.example, localhost"}, at, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := imagined("linux", c.env, nil).Environment(c.at)
			if strings.Contains(fmt.Sprint(found), key) {
				t.Errorf("a key is shown: %+v", found)
			}
			if c.want == nil {
				if len(found) != 1 || found[0].State != OK {
					t.Errorf("found %+v", found)
				}
				return
			}
			if len(found) != len(c.want) {
				t.Fatalf("found %+v", found)
			}
			for i, want := range c.want {
				name, words, _ := strings.Cut(want, "|")
				if found[i].Name != name || found[i].State != Warn || found[i].Next == "" {
					t.Errorf("found %+v", found[i])
				}
				for word := range strings.SplitSeq(words, "|") {
					if !strings.Contains(found[i].Detail+" "+found[i].Command, word) {
						t.Errorf("%+v does not say %q", found[i], word)
					}
				}
			}
		})
	}
}

func TestPortOwner(t *testing.T) {
	m := Here()
	if m.OS != "linux" {
		if _, ok := m.PortOwner(1); ok {
			t.Error("an owner where none can be told")
		}
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if o, ok := m.PortOwner(port); !ok || o.PID != os.Getpid() || o.Name == "" {
		t.Errorf("the owner is %+v %v, and not this test (%d)", o, ok, os.Getpid())
	}
	l.Close()
	if o, ok := m.PortOwner(port); ok {
		t.Errorf("nobody listens, and the owner is %+v", o)
	}
}

// Each step of the way can fail, and is told from the others.
func TestReach(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("a key was sent")
		}
		w.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusNotFound)
	})
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer secure.Close()
	secure.Config.ErrorLog = nil
	deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes connections, and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	away := "http://" + closed(t)
	direct := Route{By: func(*http.Request) (*url.URL, error) { return nil, nil }}
	by := func(proxy string) Route {
		u, _ := url.Parse(proxy)
		return Route{By: func(*http.Request) (*url.URL, error) { return u, nil }}
	}
	refusing := func(status int) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(s.Close)
		return s
	}
	unnamed, choosy := refusing(http.StatusProxyAuthRequired).URL, refusing(http.StatusForbidden).URL
	lost := Route{By: func(*http.Request) (*url.URL, error) { return nil, errors.New("its password is gone") }}
	for _, c := range []struct {
		name, to string
		route    Route
		failed   string
		steps    string
		says     string
	}{
		{"answer", plain.URL, direct, "", "connection answer", ""},
		{"nobody there", away, direct, "connection", "", "No connection"},
		{"a name that there cannot be", "http://" + strings.Repeat("x", 64) + ".invalid", direct, "name", "", "x.invalid is not known"},
		{"a certificate of nobody's", secure.URL, direct, "TLS", "connection", "signed by nobody"},
		{"a certificate that is believed", secure.URL, Route{By: direct.By, Roots: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}, "", "connection TLS answer", ""},
		{"no TLS there", "https://" + strings.TrimPrefix(plain.URL, "http://"), direct, "TLS", "connection", "No secure connection"},
		{"deaf", "http://" + deaf.Addr().String(), direct, "answer", "connection", "in time"},
		{"by a proxy that is away", "http://api.example", by(away), "connection", "", "by the proxy " + strings.TrimPrefix(away, "http://")},
		{"by a proxy", "http://api.example", by(plain.URL), "", "connection answer", ""},
		{"by a proxy that wants a name", "https://api.example", by(unnamed), "proxy", "connection", "wants a user name"},
		{"by a proxy that wants a name, without TLS", "http://api.example", by(unnamed), "proxy", "connection", "wants a user name"},
		{"by a proxy that forbids it", "https://api.example", by(choosy), "proxy", "connection", "made no connection to api.example (Forbidden)"},
		{"by a proxy whose password is gone", "https://api.example", lost, "way", "", "its password is gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			w := Reach(ctx, c.to, c.route)
			var steps []string
			for _, s := range w.Steps {
				steps = append(steps, s.Name)
			}
			if w.Failed != c.failed || (w.Err == nil) != (c.failed == "") || strings.Join(steps, " ") != c.steps {
				t.Fatalf("%+v", w)
			}
			if c.failed == "" {
				if w.Status != 404 || !w.Dated || (w.Ahead-time.Hour).Abs() > 5*time.Second {
					t.Errorf("%+v", w)
				}
				return
			}
			if detail, next := w.Why(); !strings.Contains(detail, c.says) || next == "" {
				t.Errorf("why: %q %q", detail, next)
			}
		})
	}
}

// closed is an address where nobody listens.
func closed(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A program that listens elsewhere, or only calls, has no port.
func TestListeners(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:128B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1
   1: 0100007F:128B 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 222 1
   2: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 333 1
`
	if got := listeners(table, 4747); len(got) != 1 || got[0] != "111" {
		t.Errorf("%v", got)
	}
}
