package pac

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// world is a network that never changes: a Wednesday, 25 November 2026, 14:30 UTC.
func world() Env {
	now := time.Date(2026, 11, 25, 14, 30, 0, 0, time.UTC)
	return Env{
		Now:  func() time.Time { return now },
		MyIP: func() netip.Addr { return netip.MustParseAddr("10.1.2.3") },
		Lookup: func(_ context.Context, host string) ([]netip.Addr, error) {
			switch host {
			case "inside.corp.example":
				return []netip.Addr{netip.MustParseAddr("10.9.8.7")}, nil
			case "api.vendor.example":
				return []netip.Addr{netip.MustParseAddr("2001:db8::5"), netip.MustParseAddr("192.0.2.5")}, nil
			}
			return nil, errors.New("no such host")
		},
	}
}

func find(t *testing.T, source, host string) ([]Proxy, error) {
	t.Helper()
	s, err := Parse(source)
	if err != nil {
		t.Fatalf("%s\n%v", source, err)
	}
	return s.Find(t.Context(), "https://"+host+"/", host, world())
}

// value has the script answer with what an expression says.
func value(t *testing.T, expression string) string {
	t.Helper()
	list, err := find(t, `function FindProxyForURL(url, host) { `+before(expression)+` return "PROXY " + String(`+last(expression)+`).split(" ").join("_") + "|:1"; }`, "api.vendor.example")
	if err != nil {
		return "error: " + err.Error()
	}
	return strings.TrimSuffix(list[0].Host, "|:1")
}

func before(e string) string { return e[:strings.LastIndex(e, ";")+1] }
func last(e string) string   { return e[strings.LastIndex(e, ";")+1:] }

// The scripts that companies have.
const corporate = `
// Proxy script of a company
var proxy = "PROXY proxy.corp.example:8080; PROXY spare.corp.example:8080; DIRECT"
var direct = ["corp.example", "intranet"], i;
function FindProxyForURL(url, host) {
	host = host.toLowerCase();
	if (isPlainHostName(host) || shExpMatch(host, "*.local")) return "DIRECT";
	for (i = 0; i < direct.length; i++)
		if (dnsDomainIs(host, "." + direct[i]) || host == direct[i]) { return "DIRECT" }
	/* what is at home in the network */
	if (isInNet(dnsResolve(host), "10.0.0.0", "255.0.0.0"))
		return "DIRECT"
	if (url.substring(0, 6) === "https:" && /^api\d?\./.test(host))
		return "HTTPS secure.corp.example:443";
	switch (true) {
	case weekdayRange("SAT", "SUN"): return "SOCKS5 weekend.corp.example:1080";
	default:
		return proxy;
	}
}`

// A script as lists of blocked hosts make them, with prototypes and nested objects.
const listed = `
var rules = { "example": { "vendor": 1, "other": { "www": 1 } } };
function Matcher(table) { this.table = table; this.seen = 0; }
Matcher.prototype = {
	matches: function (host) {
		var parts = host.split('.'), at = this.table;
		while (parts.length) {
			var part = parts.pop();
			if (!at.hasOwnProperty(part)) return false;
			at = at[part];
			if (at === 1) { this.seen += 1; return true; }
		}
		return false;
	}
};
var matcher = new Matcher(rules);
var FindProxyForURL = function (url, host) {
	return matcher.matches(host) && matcher.seen == 1 ? "SOCKS5 127.0.0.1:1080; SOCKS 127.0.0.1:1080" : "DIRECT";
};`

func TestScripts(t *testing.T) {
	for _, tt := range []struct{ source, host, want string }{
		{corporate, "intranet", "DIRECT "},
		{corporate, "printer.LOCAL", "DIRECT "},
		{corporate, "wiki.corp.example", "DIRECT "},
		{corporate, "inside.corp.example", "DIRECT "},
		{corporate, "api2.vendor.example", "HTTPS secure.corp.example:443"},
		{corporate, "www.vendor.example", "PROXY proxy.corp.example:8080"},
		{listed, "api.vendor.example", "SOCKS5 127.0.0.1:1080"},
		{listed, "www.other.example", "SOCKS5 127.0.0.1:1080"},
		{listed, "ftp.other.example", "DIRECT "},
		{`function FindProxyForURL(u, h) { return ""; }`, "a.example", "DIRECT "},
		{`const f = (u, h) => { let p = 'proxy b:1'; return p }; const FindProxyForURL = f`, "a.example", "PROXY b:1"},
		{"function FindProxyForURL(u, h) { try { nothing() } catch (e) { return 'PROXY caught:1' } finally { h = 1 } }", "a.example", "PROXY caught:1"},
	} {
		list, err := find(t, tt.source, tt.host)
		if err != nil {
			t.Errorf("%s: %v", tt.host, err)
			continue
		}
		if got := list[0].Kind + " " + list[0].Host; got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.host, got, tt.want)
		}
	}
	if list, _ := find(t, corporate, "www.vendor.example"); len(list) != 3 || list[1].Host != "spare.corp.example:8080" || list[2].Kind != Direct {
		t.Errorf("got %v", list)
	}
}

// The language, as far as it is known; what is before the last semicolon are statements.
func TestLanguage(t *testing.T) {
	for expression, want := range map[string]string{
		"1 + 2 * 3":       "7",
		`"a" + 1 + 2`:     "a12",
		"(5 & 3) | 8 ^ 2": "11",
		"-1 >>> 28":       "15",
		"7 % 4 + 0x10":    "19",
		"1 == '1' && 1 !== '1' && null == undefined": "true",
		"NaN == NaN": "false",
		"typeof nobody + typeof [] + typeof alert":                                                                     "undefinedobjectfunction",
		"var a = 1; a += 4; a++; a--; ++a":                                                                             "6",
		"var o = {a: {b: [1, 2, {c: 'x'}]}}; o.a['b'][2].c":                                                            "x",
		"var o = {a: 1, b: 2}, s = ''; for (var k in o) s += k + o[k]; s":                                              "a1b2",
		"var s = 0; for (const v of [1, 2, 3]) { if (v == 2) continue; s += v }; s":                                    "4",
		"var n = 0; do { n++; if (n > 5) break } while (true); n":                                                      "6",
		"function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) }; f(15)":                                              "610",
		"var f = function () { var n = 0; return function () { return ++n } }(); f(); f(); f()":                        "3",
		"var r = ''; switch (2) { case 1: r += 'a'; case 2: r += 'b'; case 3: r += 'c'; break; default: r += 'd' }; r": "bc",
		"'Hello'.toUpperCase().charAt(1) + 'abc'.indexOf('c') + 'abc'.substr(-2, 1)":                                   "E2b",
		"'a.b.c'.split('.').reverse().join('/')":                                                                       "c/b/a",
		"'a-b-c'.replace(/-(.)/g, '[$1]') + 'x.y'.replace('.', '')":                                                    "a[b][c]xy",
		"/^(\\w+)\\.(?:com|example)$/i.exec('Vendor.EXAMPLE')[1]":                                                      "Vendor",
		"'10.20.30.40'.match(/\\d+/g).length":                                                                          "4",
		"[3, 1, 2].sort(function (a, b) { return a - b })":                                                             "1,2,3",
		"[1, 2, 3, 4].filter(n => n % 2 == 0).map((n) => n * 10)":                                                      "20,40",
		"parseInt('42px') + parseInt('ff', 16) + parseFloat('1.5e1x')":                                                 "312",
		"Math.max(1, 9, 3) + Math.floor(2.7)":                                                                          "11",
		"var o = {}; o.x = 1; delete o.x; 'x' in o":                                                                    "false",
		"new Date().getUTCFullYear() + '' + new Date().getUTCDay()":                                                    "20263",
		"var a = []; a[3] = 1; a.length":                                                                               "4",
		"undefined || null || 'last'":                                                                                  "last",
		"function F() { this.x = 1 }; F.prototype.y = 2; var f = new F; f.x + f.y + (f instanceof F)":                  "4",
		"var a = 1\nvar b = 2\n; a\n+ b":                                                                               "3",
		"(function () { return arguments.length })(1, 2, 3)":                                                           "3",
		"'\\x41\\u0042' + \"it's\"":                                                                                    "ABit's",
		"void 0":                                                                                                       "undefined",
		"0.1 + 0.2":                                                                                                    "0.30000000000000004",
		"1e21 + ''":                                                                                                    "1e+21",
		"var o = null; o.x":                                                                                            `error: it threw "TypeError: Cannot read property 'x' of undefined"`,
		"nobody":                                                                                                       `error: it threw "ReferenceError: nobody is not defined"`,
		"class A { constructor() { this.n = 1 } static of() { return new A } get two() { return this.n + 1 } }; A.of().two": "2",
		"var [a, {b = 2, ...rest}] = [1, {c: 3}]; `${a}${b}${rest.c}`":                                                      "123",
		"function* g() { yield 1; yield* [2, 3] }; [...g()].join('')":                                                       "123",
		"var n = 0; out: for (;;) { for (;;) { n++; break out } }; n":                                                       "1",
		"/(?=x)x(?!z)/.test('xy') && /(a)\\1/.test('baab')":                                                                 "true",
		"new Map([['a', 1]]).get('a') + new Set([1, 1]).size":                                                               "2",
		"JSON.parse('{\"a\": [1, 2]}').a[1] ?? 3":                                                                           "2",
		"'a.example'.endsWith('.example') && 'abc'.includes('b')":                                                           "true",
		"'ab'.repeat(2) + 'x'.padStart(3, '-')":                                                                             "abab--x",
		"throw 'no'; 1":                                                                                                     `error: it threw "no"`,
	} {
		if got := value(t, expression); got != strings.ReplaceAll(want, " ", map[bool]string{true: " ", false: "_"}[strings.HasPrefix(want, "error")]) {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
}

func TestHelpers(t *testing.T) {
	for expression, want := range map[string]string{
		`isPlainHostName("www") + "" + isPlainHostName("www.a")`:                   "truefalse",
		`dnsDomainIs("www.a.example", ".a.example")`:                               "true",
		`localHostOrDomainIs("www", "www.a.example")`:                              "true",
		`localHostOrDomainIs("home.a.example", "www.a.example")`:                   "false",
		`dnsDomainLevels("www.a.example")`:                                         "2",
		`isResolvable("api.vendor.example") + "" + isResolvable("nobody.example")`: "truefalse",
		`dnsResolve("api.vendor.example")`:                                         "192.0.2.5",
		`dnsResolve("nobody.example")`:                                             "null",
		`dnsResolveEx("api.vendor.example").replace(/[^\w.:]/, "+")`:               "2001:db8::5+192.0.2.5",
		`isInNet("api.vendor.example", "192.0.2.0", "255.255.255.0")`:              "true",
		`isInNet("10.1.1.1", "192.0.2.0", "255.255.255.0")`:                        "false",
		`isInNetEx("api.vendor.example", "2001:db8::/32")`:                         "true",
		`isInNet(myIpAddress(), "10.1.0.0", "255.255.0.0")`:                        "true",
		`convert_addr("1.2.3.4")`:                                                  "16909060",
		`shExpMatch("https://a.example/x/y", "*/x/*")`:                             "true",
		`shExpMatch("a.example", "?.example")`:                                     "true",
		`weekdayRange("MON", "FRI", "GMT")`:                                        "true",
		`weekdayRange("SAT", "TUE", "GMT")`:                                        "false",
		`weekdayRange("WED", "GMT")`:                                               "true",
		`timeRange(14, "GMT") + "" + timeRange(15, "GMT")`:                         "truefalse",
		`timeRange(9, 17, "GMT") + "" + timeRange(22, 6, "GMT")`:                   "truefalse",
		`timeRange(14, 0, 14, 29, "GMT")`:                                          "false",
		`dateRange("NOV", "GMT") + "" + dateRange(24, "GMT")`:                      "truefalse",
		`dateRange(20, "OCT", 5, "DEC", "GMT")`:                                    "true",
		`dateRange("DEC", "FEB", "GMT")`:                                           "false",
		`dateRange(1, "JAN", 2026, 1, "NOV", 2026, "GMT")`:                         "false",
		`dateRange(2025, 2027, "GMT")`:                                             "true",
	} {
		if got := value(t, expression); got != want {
			t.Errorf("%s: got %q, want %q", expression, got, want)
		}
	}
}

// Whatever a script does, it ends soon, small, and without a panic.
func TestBounds(t *testing.T) {
	for body, want := range map[string]string{
		"return f(); function f() { f() }":                                  "too deep",
		"try { f() } catch (e) { return 'DIRECT' } function f() { f() }":    "too deep",
		"var s = 'x'; while (true) s += s":                                  "64 MB",
		"var s = 'x'; for (var i = 0; i < 21; i++) s += s; return s":        "1 MB",
		"var a = []; while (true) a.push('x'.repeat(9999) + a.length)":      "64 MB",
		"return 'x'.repeat(1e9)":                                            "1 MB",
		"try { 'x'.repeat(1e9) } catch (e) {} return 'DIRECT'":              "1 MB",
		"return 'x'.padEnd(1e9)":                                            "1 MB",
		"var a = []; a[999999999] = 1; return a.join('x')":                  "million places",
		"return [].concat.apply([], new Array(1e9)).join('x'.repeat(1000))": "million places",
		"return [...new Array(1e9)]":                                        "million places",
		"return Array.from({length: 1e9})":                                  "million places",
		"return JSON.stringify(new Array(1e9))":                             "million places",
		"return String(new Array(1e9))":                                     "million places",
		"return [].indexOf.call({length: 1e15}, 1)":                         "million places",
		"return eval('1')":                                                  "not defined",
		"return new Uint8Array(1e12)":                                       "not defined",
		"return (function () {}).constructor('return 1')()":                 "threw",
		"return (async () => {}).constructor('return 1')()":                 "threw",
		"return (function* () {}).constructor('return 1')()":                "threw",
		"return /^(?=a)(a|aa)+$/.test('a'.repeat(9999) + 'b')":              "no text",
		"return 1":        "no text",
		"return 'PROXY'":  "it answered",
		"return nobody.x": "not defined",
		"for (var i = 0; ; i++) isResolvable('h' + i + '.example')": "20 names",
	} {
		if _, err := find(t, script(body), "a.example"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
	for _, body := range []string{
		"while (true) {}",
		"for (;;);",
		"try { while (true) {} } catch (e) { return 'DIRECT' }",
		"try { throw 1 } finally { while (true) {} }",
		"[1].forEach(function () { while (true) {} })",
		"throw {toString: function () { while (true) {} }}",
		"async function f() { while (true) await 1 } f(); return 'DIRECT'",
	} {
		s, err := Parse(script(body))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := s.Find(ctx, "https://a.example/", "a.example", world()); err == nil || !strings.Contains(err.Error(), "too long") {
			t.Errorf("%s: got %v", body, err)
		}
		cancel()
	}
}

func script(body string) string { return "function FindProxyForURL(url, host) { " + body + " }" }

// One run leaves nothing behind for the next, and many may run at a time.
func TestRunsAreApart(t *testing.T) {
	s, err := Parse("var n = 0; String.prototype.n = String.prototype.n; " + script("String.prototype.n = 7; return 'PROXY ' + host + ':' + ++n + ''.m"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			host := fmt.Sprintf("h%d", i)
			for range 20 {
				list, err := s.Find(t.Context(), "https://"+host+"/", host, world())
				if err != nil || list[0].Host != host+":1undefined" {
					t.Errorf("got %v, %v", list, err)
				}
			}
		})
	}
	all.Wait()
}

// What others take while a script waits for a name is not held against it.
func TestMemoryOfOthers(t *testing.T) {
	s, err := Parse(script("isResolvable(host); for (var i = 0; i < 2e5; i++); return 'PROXY a:1'"))
	if err != nil {
		t.Fatal(err)
	}
	var held []byte
	e := world()
	e.Lookup = func(context.Context, string) ([]netip.Addr, error) {
		held = make([]byte, 2*maxMemory)
		return nil, nil
	}
	if list, err := s.Find(t.Context(), "https://a.example/", "a.example", e); err != nil || list[0].Host != "a:1" {
		t.Errorf("got %v, %v", list, err)
	}
	runtime.KeepAlive(held)
}

func TestWhatCannotBeReadIsToldWithItsLine(t *testing.T) {
	for source, want := range map[string]string{
		"":                                  "no function FindProxyForURL",
		"<html><body>Sign in</body></html>": "line 1",
		"\n\nfunction FindProxyForURL(u, h) { return h h }":    "line 3",
		"\n\nlet FindProxyForURL; let FindProxyForURL":         "line 3",
		"\nfunction FindProxyForURL() { return /(/ }":          "line 2",
		"function FindProxyForURL(u, h) { return 'DIRECT' ":    "line 1: Unexpected end of input",
		"function FindProxyForURL(u, h) { return 'DIRECT\n' }": "line 1",
		"class A {}":                 "no function FindProxyForURL",
		"class A {":                  "line 1",
		"1 = 2":                      "line 1",
		"var a = /(/":                "line 1",
		strings.Repeat("(", 100_000): "too deep",
		strings.Repeat(" ", 2<<20):   "1 MB",
	} {
		if _, err := Parse(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", source, err, want)
		}
	}
}

// A script names no files to be read.
func TestSourceMapsAreNotRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.map")
	if list, err := find(t, script("return 'DIRECT'")+"\n//# sourceMappingURL="+filepath.ToSlash(file), "a.example"); err != nil || list[0].Kind != Direct {
		t.Errorf("got %v, %v", list, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{corporate, listed, "for(;;)", "a=>b", "/[/]/g", "x = {get: 1, 'b': [,]}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		s, err := Parse(source + ";function FindProxyForURL(){}")
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s.Find(ctx, "https://a.example/", "a.example", world())
	})
}

func BenchmarkFind(b *testing.B) {
	s, err := Parse(corporate)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s.Find(b.Context(), "https://www.vendor.example/", "www.vendor.example", world())
	}
}
