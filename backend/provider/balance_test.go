package provider

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// told makes a provider of a definition that is about a test server.
func told(t *testing.T, base string, ways ...BalanceRules) *Provider {
	t.Helper()
	t.Cleanup(func() { inForce.Store(nil) })
	if err := Use([]Definition{{ID: "teller", Name: "Teller", Format: "openai", BaseURL: base, Balance: ways}}); err != nil {
		t.Fatal(err)
	}
	return mustGet(t, "teller")
}

// What vendors answer, as their references show it, comes to what is left in their currency.
func TestBalanceOfVendors(t *testing.T) {
	for id, c := range map[string]struct {
		path, body string
		want       []Amount
	}{
		"openrouter": {"/api/v1/credits", `{"data":{"total_credits":100.5,"total_usage":25.75}}`, []Amount{{"USD", 74.75}}},
		"vercel":     {"/v1/credits", `{"balance":"95.50","total_used":"4.50"}`, []Amount{{"USD", 95.5}}},
		"siliconflow": {"/v1/user/info", `{"code":20000,"message":"OK","status":true,"data":{"id":"u","balance":"0.88","chargeBalance":"88.00","totalBalance":"88.88"}}`,
			[]Amount{{"CNY", 88.88}}},
		"novita": {"/openapi/v1/billing/balance/detail", `{"availableBalance":"1000000","cashBalance":"800000","creditLimit":"200000","pendingCharges":"0","outstandingInvoices":"0"}`,
			[]Amount{{"USD", 100}}},
		"deepseek": {"/user/balance", `{"is_available":true,"balance_infos":[{"currency":"CNY","total_balance":"110.00","granted_balance":"10.00","topped_up_balance":"100.00"},
			{"currency":"USD","total_balance":"0.5","granted_balance":"0","topped_up_balance":"0.5"}]}`, []Amount{{"CNY", 110}, {"USD", 0.5}}},
		"moonshot": {"/v1/users/me/balance", `{"code":0,"data":{"available_balance":49.58894,"voucher_balance":46.58893,"cash_balance":3.00001},"scode":"0x0","status":true}`,
			[]Amount{{"USD", 49.58894}}},
		"moonshot-cn": {"/v1/users/me/balance", `{"code":0,"data":{"available_balance":-0.2},"status":true}`, []Amount{{"CNY", -0.2}}},
	} {
		asked := []string{}
		doer := doerFunc(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.Path)
			if r.Header.Get("Authorization") != "Bearer "+secret || r.Method != http.MethodGet {
				t.Errorf("%s: %s %v", id, r.Method, r.Header)
			}
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(c.body)), Request: r}, nil
		})
		p := mustGet(t, id)
		b := p.Balance(context.Background(), doer, Credential{Secret: secret})
		if b.Outcome != OutcomeOK || b.Err != nil || !slices.Equal(b.Amounts, c.want) || b.At.IsZero() {
			t.Errorf("%s: %+v", id, b)
		}
		if strings.Join(asked, " ") != c.path {
			t.Errorf("%s: asked %v", id, asked)
		}
		if !p.TellsBalance("") {
			t.Errorf("%s is said not to tell", id)
		}
	}
	for _, id := range []string{"openai", "anthropic", "gemini", "groq", "ollama", "openai-compatible"} {
		if p := mustGet(t, id); p.TellsBalance("") || p.TellsBalance("https://relay.example/v1") {
			t.Errorf("%s is said to tell", id)
		}
	}
}

// An account that speaks another format at a vendor's host is asked in the vendor's manner; a vendor's account at another host is not.
func TestBalanceIsTheHosts(t *testing.T) {
	var asked []string
	doer := doerFunc(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.String()+" "+r.Header.Get("Authorization"))
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"data":{"available_balance":3}}`)), Request: r}, nil
	})
	p := mustGet(t, "anthropic-compatible")
	b := p.Balance(context.Background(), doer, Credential{BaseURL: "https://api.moonshot.cn/anthropic", Secret: secret})
	if !slices.Equal(b.Amounts, []Amount{{"CNY", 3}}) || !slices.Equal(asked, []string{"https://api.moonshot.cn/v1/users/me/balance Bearer " + secret}) {
		t.Errorf("%+v %v", b, asked)
	}
	asked = nil
	for _, base := range []string{"https://relay.example/v1", "https://api.moonshot.cn:8443/v1"} {
		b = mustGet(t, "siliconflow").Balance(context.Background(), doer, Credential{BaseURL: base, Secret: secret})
		if b.Outcome != OutcomeNotOffered || len(asked) > 0 {
			t.Errorf("%+v %v", b, asked)
		}
	}
}

// One API's pair of answers, a key without a limit, and all that may come in place of a balance.
func TestBalanceAnswers(t *testing.T) {
	pair := BalanceRules{Path: "//dashboard/billing/subscription", Total: "hard_limit_usd", UsedPath: "//dashboard/billing/usage", Used: "total_usage", UsedPer: 100, Currency: "USD"}
	newAPI := BalanceRules{Path: "//api/usage/token/", Remaining: "data.total_available", Per: 500000, Unless: "data.unlimited_quota", Currency: "USD"}
	credits := BalanceRules{Path: "/credits", Remaining: "left", Currency: "USD"}
	key := BalanceRules{Path: "/key", Remaining: "data.limit_remaining", Currency: "USD"}
	list := BalanceRules{Path: "/credits", List: "infos", Remaining: "left", Currency: "unit"}
	type page struct {
		status int
		body   string
	}
	for name, c := range map[string]struct {
		ways    []BalanceRules
		pages   map[string]page
		outcome Outcome
		amounts []Amount
		words   string
	}{
		"a pair": {[]BalanceRules{pair}, map[string]page{"/dashboard/billing/subscription": {200, `{"object":"billing_subscription","hard_limit_usd":20.3}`},
			"/dashboard/billing/usage": {200, `{"object":"list","total_usage":1010}`}}, OutcomeOK, []Amount{{"USD", 10.2}}, ""},
		"a pair without its half": {[]BalanceRules{pair}, map[string]page{"/dashboard/billing/subscription": {200, `{"hard_limit_usd":20}`},
			"/dashboard/billing/usage": {200, `{}`}}, OutcomeUnparsable, nil, "not a balance"},
		"no limit, One API":   {[]BalanceRules{pair}, map[string]page{"/dashboard/billing/subscription": {200, `{"hard_limit_usd":100000000}`}, "/dashboard/billing/usage": {200, `{"total_usage":1}`}}, OutcomeNotOffered, nil, "does not tell"},
		"quota":               {[]BalanceRules{newAPI}, map[string]page{"/api/usage/token/": {200, `{"code":true,"data":{"total_available":1250000,"unlimited_quota":false}}`}}, OutcomeOK, []Amount{{"USD", 2.5}}, ""},
		"no limit, New API":   {[]BalanceRules{newAPI}, map[string]page{"/api/usage/token/": {200, `{"data":{"total_available":0,"unlimited_quota":true}}`}}, OutcomeNotOffered, nil, ""},
		"refused in a 200":    {[]BalanceRules{newAPI}, map[string]page{"/api/usage/token/": {200, `{"success":false,"message":"invalid token"}`}}, OutcomeUnauthorised, nil, "refused this key"},
		"the second way":      {[]BalanceRules{credits, key}, map[string]page{"/v1/credits": {401, `{"error":{"message":"management key required","code":401}}`}, "/v1/key": {200, `{"data":{"limit_remaining":74.5}}`}}, OutcomeOK, []Amount{{"USD", 74.5}}, ""},
		"no way tells":        {[]BalanceRules{credits, key}, map[string]page{"/v1/credits": {403, `{"error":{"message":"no"}}`}, "/v1/key": {200, `{"data":{"limit_remaining":null}}`}}, OutcomeNotOffered, nil, ""},
		"wrong key":           {[]BalanceRules{credits, key}, map[string]page{"/v1/credits": {401, `{"error":{"message":"Incorrect API key provided: ` + secret + `"}}`}, "/v1/key": {401, `{"error":{"message":"Incorrect API key provided: ` + secret + `"}}`}}, OutcomeUnauthorised, nil, "refused this key"},
		"not there":           {[]BalanceRules{credits}, map[string]page{}, OutcomeNotOffered, nil, ""},
		"trouble":             {[]BalanceRules{credits}, map[string]page{"/v1/credits": {503, `busy`}}, OutcomeUnreachable, nil, "trouble"},
		"a web page":          {[]BalanceRules{credits}, map[string]page{"/v1/credits": {200, `<!doctype html><html>`}}, OutcomeBlocked, nil, "web page instead of a balance"},
		"a list":              {[]BalanceRules{credits}, map[string]page{"/v1/credits": {200, `[1]`}}, OutcomeUnparsable, nil, ""},
		"words":               {[]BalanceRules{credits}, map[string]page{"/v1/credits": {200, `{"left":"plenty"}`}}, OutcomeUnparsable, nil, ""},
		"not a number":        {[]BalanceRules{credits}, map[string]page{"/v1/credits": {200, `{"left":"NaN"}`}}, OutcomeUnparsable, nil, ""},
		"a huge number":       {[]BalanceRules{credits}, map[string]page{"/v1/credits": {200, `{"left":1e300}`}}, OutcomeUnparsable, nil, ""},
		"none of the amounts": {[]BalanceRules{list}, map[string]page{"/v1/credits": {200, `{"infos":[]}`}}, OutcomeNotOffered, nil, ""},
		"no currency":         {[]BalanceRules{list}, map[string]page{"/v1/credits": {200, `{"infos":[{"left":1,"unit":"` + secret + `"}]}`}}, OutcomeUnparsable, nil, ""},
		"no list":             {[]BalanceRules{list}, map[string]page{"/v1/credits": {200, `{"infos":{}}`}}, OutcomeUnparsable, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				p, ok := c.pages[r.URL.Path]
				if !ok {
					p = page{404, `{"error":{"message":"no such page"}}`}
				}
				answer(w, p.status, p.body)
			})
			p := told(t, srv.URL+"/v1", c.ways...)
			b := p.Balance(context.Background(), srv.Client(), Credential{Secret: secret})
			if b.Outcome != c.outcome || !slices.Equal(b.Amounts, c.amounts) || (b.Err == nil) != (b.Outcome == OutcomeOK) {
				t.Fatalf("%+v, %v", b, b.Err)
			}
			if b.Err != nil && (!strings.Contains(b.Err.Message, c.words) || strings.Contains(b.Err.Message, secret) || strings.Contains(b.Err.Message, "://")) {
				t.Errorf("it says: %s", b.Err.Message)
			}
		})
	}
}

// The key goes to no host but its own.
func TestBalanceFollowsNoRedirect(t *testing.T) {
	elsewhere := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked elsewhere: %v", r.Header) })
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	p := told(t, srv.URL+"/v1", BalanceRules{Path: "/credits", Remaining: "left", Currency: "USD"})
	if b := p.Balance(context.Background(), srv.Client(), Credential{Secret: secret}); b.Outcome != OutcomeBlocked {
		t.Errorf("%+v", b)
	}
}

// What a person writes is refused by the member that is wrong, and by the schema where that can tell.
func TestBalanceRulesThatAreWrong(t *testing.T) {
	for text, word := range map[string]string{
		`{path: credits, remaining: left, currency: USD}`:                           "path",
		`{path: /credits, currency: USD}`:                                           "remaining",
		`{path: /credits, total: a, currency: USD}`:                                 "remaining",
		`{path: /credits, remaining: a, total: a, used: b, currency: USD}`:          "remaining",
		`{path: /credits, remaining: a..b, currency: USD}`:                          "a..b",
		`{path: /credits, remaining: left}`:                                         "currency",
		`{path: /credits, remaining: left, currency: USD, per: -1}`:                 "per",
		`{path: /a, list: l, total: t, used: u, used_path: /b, currency: USD}`:      "used_path",
		`{path: /a, total: t, used: u, used_path: b, currency: USD, used_per: 100}`: "used_path",
	} {
		list, err := Parse([]byte("- {id: mine, name: Mine, format: openai, base_url: https://mine.example/v1, balance: [" + text + "]}"))
		if err != nil {
			t.Fatal(err)
		}
		if err := Definitions(list).Check(); err == nil || !strings.Contains(err.Error(), "balance: 1: ") || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever a host answers and a person writes, a path leads to a figure or to nothing.
func FuzzFigures(f *testing.F) {
	f.Add([]byte(`{"data":{"left":"1.5"},"list":[{"n":1e3}]}`), "data.left")
	f.Add([]byte(`[[1],2]`), "0.0")
	f.Add([]byte(`{"a":-0x1p-2}`), "a")
	f.Add([]byte(`0]`), "0")
	f.Add([]byte(`{"":{"":"1_0"}}`), ".")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		v, ok := tree(body)
		if ok != json.Valid(body) {
			t.Fatalf("%q is read as JSON: %v", body, ok)
		}
		if n, ok := figureAt(v, path); ok && (n != n || n > 1e15 || n < -1e15) {
			t.Fatalf("%q in %q: %v", path, body, n)
		}
	})
}

// A host that answers without end is not listened to without end.
func TestBalanceIsBounded(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"left":1,"x":"`))
		for range 20 << 10 {
			if _, err := w.Write(make([]byte, 1<<10)); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	p := told(t, srv.URL+"/v1", BalanceRules{Path: "/credits", Remaining: "left", Currency: "USD"})
	if b := p.Balance(context.Background(), srv.Client(), Credential{Secret: secret}); b.Outcome != OutcomeUnparsable {
		t.Errorf("%+v", b)
	}
}
