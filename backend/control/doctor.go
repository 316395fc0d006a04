package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"metapi/backend/account"
	"metapi/backend/gateway"
	"metapi/backend/keychain"
	"metapi/backend/machine"
	"metapi/backend/provider"
)

// What the doctor finds, in the order of its report: see [Check].
const (
	checkOK      = string(machine.OK)
	checkWarn    = string(machine.Warn)
	checkFail    = string(machine.Fail)
	checkRunning = "running"
	checkStopped = "stopped"
)

// The groups of the report.
const (
	groupMetapi   = "Metapi"
	groupMachine  = "This machine"
	groupAccounts = "Accounts"
	groupTools    = "Tools"
)

// Disk space, in bytes, below which the doctor speaks up.
const (
	littleSpace = 1 << 30
	noSpace     = 64 << 20
)

const (
	quick        = 5 * time.Second   // a look that reads something of this machine
	thorough     = 60 * time.Second  // reading the whole database
	personThere  = 130 * time.Second // the keychain, which may be waiting for a person
	testTimeout  = 30 * time.Second  // one account
	slowKeychain = 2 * time.Second   // from which on it is told
)

// probe is one thing that the doctor looks at. What it finds may be several checks, or none where it does not apply.
type probe struct {
	name, group string
	limit       time.Duration
	after       *sync.WaitGroup // what must have ended before; nil for nothing
	before      *sync.WaitGroup // whose end it is a part of
	look        func(context.Context) []Check
}

// probes is the table of what the doctor looks at. All of them run at once, but for those that wait for others.
func (s *Service) probes() ([]probe, error) {
	accounts, err := s.Accounts.List()
	if err != nil {
		return nil, err
	}
	here := s.machine()
	var unlocked, answered sync.WaitGroup
	clock := clocks{}
	found := func(look func() []machine.Finding) func(context.Context) []Check {
		return func(context.Context) []Check { return checks(look()) }
	}
	one := func(look func() Check) func(context.Context) []Check {
		return func(context.Context) []Check { return []Check{look()} }
	}
	list := []probe{
		{name: "serving", group: groupMetapi, limit: quick, look: func(context.Context) []Check { return s.checkPort(here) }},
		{name: "data folder", group: groupMetapi, limit: quick, look: one(s.checkFolder)},
		{name: "database", group: groupMetapi, limit: thorough, look: one(s.checkDatabase)},
		{name: "keychain", group: groupMetapi, limit: personThere, before: &unlocked, look: s.checkKeychain},
		{name: "trouble", group: groupMetapi, limit: quick, look: func(context.Context) []Check { return s.checkTrouble() }},
		{name: "disk space", group: groupMachine, limit: quick, look: one(s.checkSpace)},
		{name: "clock", group: groupMachine, limit: quick, after: &answered, look: found(func() []machine.Finding { return here.Clock(clock.all()) })},
		{name: "proxy", group: groupMachine, limit: testTimeout, after: &unlocked, look: func(ctx context.Context) []Check { return s.checkProxy(ctx, accounts) }},
		{name: "open files", group: groupMachine, limit: quick, look: found(here.Files)},
		{name: "display", group: groupMachine, limit: quick, look: found(here.Display)},
		{name: "tray", group: groupMachine, limit: quick, look: func(ctx context.Context) []Check { return checks(here.Tray(ctx)) }},
		{name: "container", group: groupMachine, limit: quick, look: found(here.Container)},
		{name: "other gateways", group: groupMachine, limit: quick, look: func(ctx context.Context) []Check { return checks(here.Gateways(ctx)) }},
		{name: "WSL", group: groupMachine, limit: quick, look: found(here.WSL)},
	}
	for _, a := range accounts {
		list = append(list, probe{name: a.Slug, group: groupAccounts, limit: testTimeout, after: &unlocked, before: &answered,
			look: func(ctx context.Context) []Check { return []Check{s.checkAccount(ctx, a, &clock)} }})
	}
	if len(accounts) == 0 {
		list = append(list, probe{name: "accounts", group: groupAccounts, limit: quick, look: one(func() Check {
			return Check{State: checkWarn, Detail: "There is none yet.", Next: "Add one: paste its key.", Command: "metapi accounts add", Page: "/accounts/add"}
		})})
	}
	return append(list,
		probe{name: "local keys", group: groupTools, limit: quick, look: one(s.checkKeys)},
		probe{name: "environment", group: groupTools, limit: quick, look: found(func() []machine.Finding { return here.Environment(s.addresses()) })},
		probe{name: "refused", group: groupTools, limit: quick, look: func(context.Context) []Check { return s.checkRefused(time.Now()) }},
	), nil
}

// checks are findings as the report has them.
func checks(found []machine.Finding) []Check {
	list := make([]Check, len(found))
	for i, f := range found {
		list[i] = Check{Name: f.Name, State: string(f.State), Detail: f.Detail, Next: f.Next, Command: f.Command}
	}
	return list
}

// ShellChecks looks at the environment of whoever calls, for a command in a shell: there tools get theirs. addresses are those at which
// Metapi serves.
func ShellChecks(addresses []string) []Check {
	list := checks(machine.Here().Environment(addresses))
	for i := range list {
		list[i].Name, list[i].Group = cmp.Or(list[i].Name, "this shell"), groupTools
	}
	return list
}

func (s *Service) machine() machine.Machine {
	if s.Machine != nil {
		return *s.Machine
	}
	return machine.Here()
}

// route is how an account is called.
func (s *Service) route(a account.Account) machine.Route {
	return machine.Route{Roots: s.Network.Believed(), By: func(r *http.Request) (*url.URL, error) {
		choice, err := s.Accounts.Choice(r.Context(), a)
		if err != nil {
			return nil, err
		}
		w, err := s.Network.Explain(choice, r.URL)
		return w.Proxy, err
	}}
}

func (s *Service) addresses() []string {
	if server := s.serving(); server != nil {
		return server.Addresses
	}
	return nil
}

// clocks gathers how far this machine's clock is ahead of others.
type clocks struct {
	mu    sync.Mutex // guards ahead
	ahead []time.Duration
}

func (c *clocks) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = append(c.ahead, d)
}

func (c *clocks) all() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.ahead)
}

func (s *Service) checkFolder() Check {
	c := Check{State: checkOK, Detail: s.Dir}
	info, err := os.Stat(s.Dir)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(s.Dir, ".doctor-*"); err == nil {
			f.Close()
			os.Remove(f.Name())
		}
	}
	switch {
	case err != nil:
		c.State, c.Detail, c.Next = checkFail, Sentence("it cannot be written: "+err.Error()), "Make it writable for your user, or choose another with --data."
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		c.State, c.Detail = checkWarn, fmt.Sprintf("%s can be read by other users of this machine (%v).", s.Dir, info.Mode().Perm())
		c.Next, c.Command = "Keep it to yourself.", "chmod 700 "+shellWord(s.Dir)
	}
	return c
}

// shellWord writes a word so that a shell takes it for one.
func shellWord(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n\"'\\$&|;<>()*?[]#~`!", r) }) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

func (s *Service) checkSpace() Check {
	free, err := freeSpace(s.Dir)
	if err != nil {
		return Check{State: checkWarn, Detail: Sentence("it cannot be told: " + err.Error())}
	}
	c := Check{State: checkOK, Detail: fmt.Sprintf("%.1f GB free.", float64(free)/(1<<30))}
	switch {
	case free < noSpace:
		c.State, c.Next = checkFail, "Free some space: requests can soon no longer be recorded."
	case free < littleSpace:
		c.State, c.Next = checkWarn, "Free some space before it runs out."
	}
	return c
}

func (s *Service) checkDatabase() Check {
	if err := s.Check(); err != nil {
		p := s.explain(err)
		return Check{State: checkFail, Detail: p.Detail, Next: p.Hint}
	}
	return Check{State: checkOK, Detail: "It is whole."}
}

// checkKeychain keeps, reads and deletes a secret of no worth.
func (s *Service) checkKeychain(ctx context.Context) []Check {
	const key, word = "metapi/doctor", "works"
	began := time.Now()
	err := s.Keychain.Set(ctx, key, word)
	if err == nil {
		var got string
		if got, err = s.Keychain.Get(ctx, key); err == nil && got != word {
			err = errors.New("it gave back something else than it was given")
		}
		err = errors.Join(err, s.Keychain.Delete(ctx, key))
	}
	c := Check{State: checkOK, Detail: Sentence(s.Keychain.Describe())}
	switch took := time.Since(began); {
	case err != nil:
		p := s.explain(err)
		c.State, c.Detail, c.Next = checkFail, p.Detail, p.Hint
	case took > slowKeychain:
		c.State, c.Detail = checkWarn, fmt.Sprintf("%s took %.1f s.", strings.TrimRight(c.Detail, "."), took.Seconds())
		c.Next = "If nobody had to type a password, log in to the desktop anew: its keychain is stuck."
	}
	return []Check{c}
}

func (s *Service) checkTrouble() []Check {
	var list []Check
	for _, t := range s.Trouble() {
		detail, next, _ := strings.Cut(t, ". ")
		c := Check{State: checkWarn, Detail: Sentence(detail), Next: next}
		if strings.Contains(t, "port") {
			c.Page = "/settings"
		}
		list = append(list, c)
	}
	return list
}

// checkPort looks at where tools are served, or could be.
func (s *Service) checkPort(here machine.Machine) []Check {
	port := gateway.DefaultPort
	if set, err := s.Switches.Settings(); err == nil {
		port = set.Port
	}
	server := s.serving()
	if server == nil {
		listeners, err := gateway.Listen(port)
		if err != nil {
			return []Check{s.taken(here, port, err)}
		}
		for _, l := range listeners {
			l.Close()
		}
		return []Check{{State: checkOK, Detail: fmt.Sprintf("Nothing is served now; port %d is free.", port), Next: "Start it.", Command: "metapi serve"}}
	}
	c := Check{State: checkOK, Detail: "Tools reach it at " + strings.Join(server.Addresses, ", ") + "."}
	if !slices.ContainsFunc(server.Addresses, func(a string) bool { return strings.HasPrefix(a, "[::1]:") }) {
		c.Detail += " This machine has no IPv6 loopback (::1), so give tools 127.0.0.1 and not localhost."
	}
	return []Check{c}
}

// taken says who has a port that Metapi wants.
func (s *Service) taken(here machine.Machine, port int, err error) Check {
	c := Check{State: checkWarn, Detail: Sentence(err.Error())}
	var taken *gateway.PortTaken
	if !errors.As(err, &taken) {
		return c
	}
	c.Next, c.Command = "See which program it is, and end it, or choose another port in the settings.", here.WhoListens(port)
	c.Detail = fmt.Sprintf("Another program has port %d.", port)
	if owner, ok := here.PortOwner(port); ok {
		c.Detail, c.Next, c.Command = fmt.Sprintf("Port %d is taken by %v.", port, owner), "End that program, or choose another port in the settings.", ""
		if strings.HasPrefix(owner.Name, "metapi") {
			c.Detail += " That is another Metapi, with a data folder of its own."
		}
	}
	c.Page = "/settings"
	return c
}

// checkProxy says which proxy is in force on the way to accounts, and whether it takes connections.
func (s *Service) checkProxy(ctx context.Context, accounts []account.Account) []Check {
	s.Network.Look()
	var proxies []*url.URL
	for _, a := range accounts {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, baseOf(a), http.NoBody)
		if err != nil {
			continue
		}
		proxy, err := s.route(a).By(req)
		if err != nil {
			return []Check{{State: checkFail, Detail: Sentence(fmt.Sprintf("How the account %s is reached cannot be told: %v", a.Slug, err)), Next: "Set its proxy anew.", Page: "/accounts/" + a.ID}}
		}
		if proxy != nil && !slices.ContainsFunc(proxies, func(p *url.URL) bool { return p.Host == proxy.Host }) {
			proxies = append(proxies, proxy)
		}
	}
	if len(proxies) == 0 {
		return []Check{{State: checkOK, Detail: "None is on the way to your accounts."}}
	}
	list := make([]Check, len(proxies))
	var all sync.WaitGroup
	for i, p := range proxies {
		all.Go(func() { list[i] = tryProxy(ctx, p) })
	}
	all.Wait()
	return list
}

// tryProxy says whether a proxy takes connections. One that is silent is told, before there is no time left to tell it.
func tryProxy(ctx context.Context, p *url.URL) Check {
	c := Check{State: checkOK, Detail: fmt.Sprintf("Calls to accounts go by %s.", p.Host)} // without the password that may stand before it
	host := p.Host
	if p.Port() == "" {
		host = net.JoinHostPort(p.Hostname(), cmp.Or(map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[p.Scheme], "80"))
	}
	conn, err := (&net.Dialer{Timeout: quick}).DialContext(ctx, "tcp", host)
	if err != nil {
		c.State, c.Detail = checkFail, fmt.Sprintf("Calls to accounts go by the proxy %s, which takes no connection.", p.Host)
		c.Next, c.Command, c.Page = "Start that proxy, or choose another way.", "metapi network", "/settings"
	} else {
		conn.Close()
	}
	return c
}

// baseOf is where an account is called.
func baseOf(a account.Account) string {
	if p, ok := provider.Get(a.Provider); ok {
		return cmp.Or(a.BaseURL, p.DefaultBaseURL)
	}
	return a.BaseURL
}

// checkAccount goes the way to an account step by step, and then tries its key.
func (s *Service) checkAccount(ctx context.Context, a account.Account, clock *clocks) Check {
	c := Check{State: checkOK}
	way := machine.Reach(ctx, baseOf(a), s.route(a))
	if way.Dated && !local(baseOf(a)) {
		clock.add(way.Ahead)
	}
	if way.Failed != "" {
		c.State, c.Page = checkFail, "/accounts/"+a.ID
		c.Detail, c.Next = way.Why()
		return c
	}
	d, err := s.discover(ctx, a)
	switch {
	case err != nil:
		p := s.explain(err)
		c.State, c.Detail, c.Next = checkFail, p.Detail, p.Hint
		if p.Code == Keychain { // told with the keychain
			c.State, c.Next = checkWarn, ""
		}
	case !d.OK:
		c.State, c.Detail, c.Next = checkFail, d.Message, d.Hint
	case d.Account.Models == 0:
		c.State, c.Detail, c.Next = checkWarn, d.Message, d.Hint
	default:
		c.Detail = fmt.Sprintf("Its key works: %s (%v, models %d ms).", models(d.Account.Models), way, d.Millis)
		return c
	}
	c.Page = "/accounts/" + a.ID
	return c
}

// local reports whether an address is on this machine.
func local(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}

func (s *Service) checkKeys() Check {
	list, err := s.Accounts.Clients()
	if err != nil {
		p := s.explain(err)
		return Check{State: checkFail, Detail: p.Detail, Next: p.Hint}
	}
	n := 0
	for _, c := range list {
		if c.Live() {
			n++
		}
	}
	if n == 0 {
		return Check{State: checkWarn, Detail: "There is none yet, so no tool can call.", Next: "Make one for each tool.", Command: "metapi keys add NAME", Page: "/tools/connect"}
	}
	return Check{State: checkOK, Detail: strconv.Itoa(n) + " in use."}
}

// refusalsFor is how long the doctor speaks of who was turned away.
const refusalsFor = 24 * time.Hour

// callers are tools by what they call themselves, and the name that their local key may have.
var callers = []struct{ agent, tool, key string }{
	{"claude-cli", "Claude Code", "claude-code"},
	{"codex", "Codex", "codex"},
	{"GeminiCLI", "Gemini CLI", "gemini-cli"},
	{"opencode", "OpenCode", "opencode"},
	{"QwenCode", "Qwen Code", "qwen-code"},
}

// checkRefused tells of who was turned away at the door lately.
func (s *Service) checkRefused(now time.Time) []Check {
	server := s.serving()
	if server == nil || server.Refusals == nil {
		return nil
	}
	var list []Check
	for _, r := range server.Refusals() {
		if now.Sub(r.Last) < refusalsFor {
			list = append(list, refusalCheck(r, now))
		}
	}
	if len(list) == 0 {
		return []Check{{State: checkOK, Detail: "Nobody was turned away lately."}}
	}
	return list
}

func refusalCheck(r gateway.Refusal, now time.Time) Check {
	who, key := "Something that does not say what it is", "NAME"
	if r.Agent != "" {
		who = fmt.Sprintf("Something that calls itself %q", r.Agent)
	}
	for _, c := range callers {
		if strings.HasPrefix(strings.ToLower(r.Agent), strings.ToLower(c.agent)) {
			who, key = c.tool+" ("+r.Agent+")", c.key
		}
	}
	often := times(r.Count, now.Sub(r.Last))
	c := Check{State: checkWarn}
	switch r.Why {
	case gateway.NoKey:
		c.Detail = fmt.Sprintf("%s asked %s without a key, %s.", who, r.Path, often)
		c.Next, c.Command, c.Page = "Make a local key for it, and give it that as its API key.", "metapi keys add "+key, "/tools/connect"
	case gateway.WrongKey:
		c.Detail = fmt.Sprintf("%s asked %s with a key that is not one of Metapi's, %s.", who, r.Path, often)
		c.Next, c.Command, c.Page = "Give it a local key in place of a provider's, or of one that was revoked.", "metapi keys add "+key, "/tools/connect"
	case gateway.ForeignHost:
		c.Detail = fmt.Sprintf("%s asked for Metapi by the name %s, %s.", who, r.Named, often)
		c.Next = "Have it use 127.0.0.1: no other name is answered, so that no web page can get in by one of its own."
		if strings.Contains(r.Named, "host.docker.internal") || strings.Contains(r.Named, "host.containers.internal") {
			c.Next = "Start its container with --network host, and have it use 127.0.0.1: no other name is answered."
		}
	case gateway.WebPage:
		from := "A web page"
		if r.Named != "" {
			from = "A web page of " + r.Named
		}
		c.Detail = fmt.Sprintf("%s asked, %s.", from, often)
		c.Next = "If it is yours, allow its origin; else leave it shut out."
		if u, err := url.Parse(r.Named); err == nil && u.Host != "" {
			c.Command = "metapi serve --allow-origin " + shellWord(r.Named)
		}
	}
	return c
}

// times says how often something came, and when last.
func times(n int64, ago time.Duration) string {
	last := "just now"
	if ago >= time.Hour {
		last = fmt.Sprintf("%d h ago", int(ago.Hours()))
	} else if ago >= time.Minute {
		last = fmt.Sprintf("%d min ago", int(ago.Minutes()))
	}
	if n == 1 {
		return "once, " + last
	}
	return fmt.Sprintf("%d times, the last %s", n, last)
}

// interactive lets the keychain ask for its password: whoever wants a doctor sits there.
func interactive(ctx context.Context) context.Context { return keychain.Interactive(ctx) }
