package backend_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"metapi/backend/control/client"
	"metapi/build/imitation"
)

// scrape asks for /metrics as Prometheus would.
func scrape(t *testing.T, addr string, change func(*http.Request)) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	change(r)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

var seriesForm = regexp.MustCompile(`^([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? ([0-9.e+-]+|\+Inf)$`)

// figures reads Prometheus' text format, and holds it to its rules: a type before the series, each series once.
func figures(t *testing.T, text string) map[string]float64 {
	t.Helper()
	all, types := map[string]float64{}, map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, _, _ := strings.Cut(rest, " ")
			types[name] = true
			continue
		} else if strings.HasPrefix(line, "# HELP ") {
			continue
		}
		m := seriesForm.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("not a series: %q", line)
		}
		name := m[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(name, suffix); types[base] {
				name = base
			}
		}
		if _, twice := all[m[1]+m[2]]; twice || !types[name] {
			t.Errorf("%s: twice, or without a type", m[1]+m[2])
		}
		all[m[1]+m[2]], _ = strconv.ParseFloat(m[3], 64)
	}
	return all
}

// What requests came to is told to Prometheus, in names; no key is.
func TestMetrics(t *testing.T) {
	h := newHouse(t)
	if _, err := h.SetBudget(t.Context(), "all", client.SetBudget{Scope: "total", Period: "month", USD: 5}); err != nil {
		t.Fatal(err)
	}
	token, err := os.ReadFile(filepath.Join(h.dir, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(h.dir, "admin.token")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("admin.token must be closed to others: %v %v", info, err)
	}
	h.va.Fault(imitation.Fault{Kind: imitation.Status429})
	if by := h.serves(); by != "b" {
		t.Fatalf("served by %s", by)
	}
	h.serves()
	var text string
	var all map[string]float64
	await(t, "both requests to be counted", func() bool {
		var status int
		if status, text = scrape(t, h.addr, bearer(string(token))); status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		all = figures(t, text)
		return all[`metapi_requests_total{client="script",account="second",model="gpt-4o",state="ok"}`] == 2
	})
	for series, want := range map[string]float64{
		`metapi_attempts_total{account="first",model="gpt-4o",outcome="rate-limited"}`: 1,
		`metapi_attempts_total{account="second",model="gpt-4o",outcome="ok"}`:          2,
		`metapi_request_seconds_count{account="second",model="gpt-4o"}`:                2,
		`metapi_request_seconds_bucket{account="second",model="gpt-4o",le="+Inf"}`:     2,
		`metapi_overhead_seconds_count`:                                                2,
		`metapi_requests_in_flight`:                                                    0,
		`metapi_budget_dollars{budget="all"}`:                                          5,
		`metapi_ledger_trouble`:                                                        0,
		`metapi_build_info{version="test",go="` + runtime.Version() + `"}`:             1,
	} {
		if got, ok := all[series]; !ok || got != want {
			t.Errorf("%s: %v %v, want %v", series, got, ok, want)
		}
	}
	for _, series := range []string{`metapi_cost_dollars_total{client="script",account="second",model="gpt-4o",source="measured"}`, `metapi_budget_spent_dollars{budget="all"}`,
		`metapi_tokens_total{client="script",account="second",model="gpt-4o",class="output"}`, `metapi_cooldown_seconds{account="first",model="gpt-4o",reason="rate-limited"}`} {
		if all[series] <= 0 {
			t.Errorf("%s: %v", series, all[series])
		}
	}
	for _, secret := range []string{h.va.Key, h.vb.Key, h.key, string(token)} {
		if strings.Contains(text, secret) {
			t.Error("a key is told")
		}
	}
	if said, err := dial(t, h.dir).Metrics(t.Context()); err != nil || !strings.Contains(said, "metapi_requests_total{") {
		t.Errorf("the client: %v %s", err, said)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "admin.token")); err == nil {
		t.Error("admin.token is still there")
	}
}

// Nobody without the admin token reads the figures, and no web page does.
func TestMetricsDoor(t *testing.T) {
	h := newHouse(t)
	token, err := os.ReadFile(filepath.Join(h.dir, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	good := bearer(string(token))
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   int
	}{
		"no token":           {func(*http.Request) {}, 401},
		"a local key":        {bearer(h.key), 401},
		"half of it":         {bearer(string(token[:10])), 401},
		"another scheme":     {func(r *http.Request) { r.Header.Set("Authorization", "Basic "+string(token)) }, 401},
		"in the query":       {func(r *http.Request) { r.URL.RawQuery = "token=" + string(token) }, 401},
		"another host":       {func(r *http.Request) { good(r); r.Host = "example.com" }, 403},
		"a web page":         {func(r *http.Request) { good(r); r.Header.Set("Origin", "https://example.com") }, 403},
		"a page's image":     {func(r *http.Request) { good(r); r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"as Prometheus does": {good, 200},
	} {
		if status, text := scrape(t, h.addr, c.change); status != c.want || (status != 200 && strings.Contains(text, "metapi_")) {
			t.Errorf("%s: %d %.200s, want %d", name, status, text, c.want)
		}
	}
}
