package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// target is one way to the mock upstream.
type target struct {
	name string
	addr string
	key  string   // what the client sends as its key
	proc *process // nil for the direct way
}

// The names of the targets, in the order of the table.
const (
	direct  = "direct"
	nginx   = "nginx"
	reverse = "ReverseProxy"
	metapi  = "Metapi"
)

// process is a program that this one started.
type process struct {
	*exec.Cmd
	log  string // the file with its words
	gone chan struct{}
}

// start runs a program with its words in a file, and in an environment of its own additions.
func start(log string, env []string, name string, args ...string) (*process, error) {
	file, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &process{Cmd: exec.Command(name, args...), log: log, gone: make(chan struct{})}
	p.Stdout, p.Stderr = file, file
	p.Env = append(os.Environ(), env...)
	p.SysProcAttr = endWithUs()
	if err := p.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = p.Wait()
		close(p.gone)
	}()
	return p, nil
}

// stop ends the program: politely, then not.
func (p *process) stop() {
	_ = p.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(10 * time.Second):
		_ = p.Process.Kill()
		<-p.gone
	}
}

// await tries ready every 2 ms until it says nil. It gives up when the program ends, or after limit.
func (p *process) await(ready func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-p.gone:
			return fmt.Errorf("%s ended: %s", filepath.Base(p.Path), tail(p.log))
		case <-time.After(2 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready after %v: %w\n%s", filepath.Base(p.Path), limit, err, tail(p.log))
		}
	}
}

// answers reports whether a request for modelJSON is answered at the target.
func (t *target) answers() error {
	c, err := dial(t.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	return callFor(c, request(t, modelJSON, 1024), replySize)
}

func tail(path string) string {
	text, _ := os.ReadFile(path)
	return string(text[max(0, len(text)-2000):])
}

// freePort asks the system for a port that nobody uses now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// startSelf starts this program again in one of its other roles, which prints the address that it listens at.
func startSelf(dir string, args ...string) (*process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	p, err := start(filepath.Join(dir, args[0]+".log"), nil, self, args...)
	if err != nil {
		return nil, "", err
	}
	var addr string
	err = p.await(func() error {
		if addr = strings.TrimSpace(tail(p.log)); addr == "" {
			return errors.New("no address yet")
		}
		return nil
	})
	if err != nil {
		p.stop()
	}
	return p, addr, err
}

// serveProxy is the second yardstick: what Go's library offers for a reverse proxy, as it comes, but for enough idle connections.
func serveProxy(l net.Listener, upstream string) error {
	to, err := url.Parse("http://" + upstream)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 2048, 2048
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: transport,
	}
	server := http.Server{Handler: proxy, ReadHeaderTimeout: limit}
	return server.Serve(l)
}

// nginxConfig is the first yardstick: connections to the upstream kept, nothing buffered, nothing logged.
const nginxConfig = `%[4]sworker_processes auto;
worker_rlimit_nofile 16384;
pid nginx.pid;
error_log stderr;
events { worker_connections 8192; }
http {
  access_log off;
  keepalive_timeout 300s;
  keepalive_requests 100000000;
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  client_body_temp_path "%[1]s/body";
  proxy_temp_path "%[1]s/proxy";
  fastcgi_temp_path "%[1]s/fastcgi";
  uwsgi_temp_path "%[1]s/uwsgi";
  scgi_temp_path "%[1]s/scgi";
  upstream mock {
    server %[3]s;
    keepalive 2048;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:%[2]d;
    location / {
      proxy_pass http://mock;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 300s;
    }
  }
}
`

func startNginx(program, dir, upstream string) (*target, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;\n" // the folder is ours alone
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir, port, upstream, user), 0o600); err != nil {
		return nil, err
	}
	p, err := start(filepath.Join(dir, "nginx.log"), nil, program, "-p", dir, "-c", config, "-e", "stderr", "-g", "daemon off;")
	if err != nil {
		return nil, err
	}
	t := &target{name: nginx, addr: fmt.Sprintf("127.0.0.1:%d", port), proc: p}
	if err := p.await(t.answers); err != nil {
		p.stop()
		return nil, err
	}
	return t, nil
}

// gateway is a Metapi with a data folder of its own, one account at the mock, and one local key.
type gateway struct {
	program, dir string
	port         int
	key          string
}

func newGateway(ctx context.Context, program, dir, upstream string) (*gateway, error) {
	g := &gateway{program: program, dir: filepath.Join(dir, "metapi")}
	var err error
	if g.port, err = freePort(); err != nil {
		return nil, err
	}
	if _, err := g.command(ctx, "sk-bench-0123456789abcdef0123456789abcdef\n", "accounts", "add", "--provider", "openai-compatible",
		"--base-url", "http://"+upstream+"/v1", "--name", "bench", "--key-stdin"); err != nil {
		return nil, err
	}
	said, err := g.command(ctx, "", "keys", "add", "bench")
	if err != nil {
		return nil, err
	}
	for _, word := range strings.Fields(said) {
		if strings.HasPrefix(word, "mp-") {
			g.key = word
		}
	}
	if g.key == "" {
		return nil, fmt.Errorf("metapi keys add printed no key: %s", said)
	}
	return g, nil
}

// env: no keychain of whoever runs this is touched; the secrets go to the encrypted file.
func (g *gateway) env() []string {
	return []string{"METAPI_PASSPHRASE=bench", "DBUS_SESSION_BUS_ADDRESS=disabled:"}
}

// command runs a command of the CLI on the gateway's data folder, and returns what it printed to stdout.
func (g *gateway) command(ctx context.Context, stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.program, append(args, "--data", g.dir)...)
	cmd.Env = append(os.Environ(), g.env()...)
	cmd.Stdin = strings.NewReader(stdin)
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("metapi %s: %w: %s", strings.Join(args, " "), err, words.String())
	}
	return string(out), nil
}

// serve starts the gateway and returns when it has answered its first request, and how long that took from the start of the program.
func (g *gateway) serve() (*target, time.Duration, error) {
	began := time.Now()
	p, err := start(filepath.Join(filepath.Dir(g.dir), "metapi.log"), g.env(), g.program,
		"serve", "--port", fmt.Sprint(g.port), "--data", g.dir)
	if err != nil {
		return nil, 0, err
	}
	t := &target{name: metapi, addr: fmt.Sprintf("127.0.0.1:%d", g.port), key: g.key, proc: p}
	if err := p.await(t.answers); err != nil {
		p.stop()
		return nil, 0, err
	}
	return t, time.Since(began), nil
}

// role runs this program as the mock or as the proxy, until it is ended.
func role(serve func(net.Listener) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return serve(l)
}
