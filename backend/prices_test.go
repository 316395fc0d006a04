package backend_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"metapi/backend/control"
	"metapi/backend/control/client"
)

// published is the snapshot's list of prices as genai-prices publishes it, with input and output multiplied.
func published(t *testing.T, by float64) []byte {
	t.Helper()
	text, err := os.ReadFile("catalog/snapshot.json")
	if err != nil {
		t.Fatal(err)
	}
	var snapshot struct {
		Providers []struct {
			ID, Name, API string
			Models        []struct {
				ID     string
				Match  json.RawMessage
				Prices []map[string]any
			}
		}
	}
	if err := json.Unmarshal(text, &snapshot); err != nil {
		t.Fatal(err)
	}
	var all []any
	for _, p := range snapshot.Providers {
		var models []any
		for _, m := range p.Models {
			if strings.Contains(string(m.Match), `"not"`) || len(m.Prices) == 0 { // genai-prices has a look-ahead there
				continue
			}
			prices := map[string]any{}
			for key, word := range map[string]string{"in": "input_mtok", "out": "output_mtok"} {
				if v, ok := m.Prices[0][key].(float64); ok {
					prices[word] = v * by
				}
			}
			models = append(models, map[string]any{"id": m.ID, "match": m.Match, "prices": prices})
		}
		all = append(all, map[string]any{"id": p.ID, "name": p.Name, "api_pattern": p.API, "models": models})
	}
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Prices are fetched when the user wants it, and hold for the next request; the user's own stay above them, and what came with this version is a
// call away. One that cannot be right is told, and changes nothing.
func TestRefreshPrices(t *testing.T) {
	h := newHouse(t)
	text := published(t, 2)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(text) }))
	defer srv.Close()
	model := func() client.Model { return must(h.Models(t.Context(), ""))(t)[0] }
	cost := func() float64 {
		if h.serves() != "a" {
			t.Fatal("nobody serves")
		}
		var usd float64
		await(t, "the request is in the ledger", func() bool {
			rows := must(h.Usage(t.Context(), client.UsageQuery{}))(t).Rows
			if len(rows) == 0 || rows[0].CostUSD == nil || rows[0].State == "running" {
				return false
			}
			usd = *rows[0].CostUSD
			return true
		})
		return usd
	}
	list := must(h.Prices(t.Context()))(t)
	if list.Fetched || list.Auto || list.AsOf == "" || list.Outcome != "" || !strings.HasPrefix(list.From, "https://") {
		t.Errorf("before: %+v", list)
	}
	before, once := *model().Input, cost()

	bad := "http://prices.example/list.json"
	if _, err := h.EditSettings(t.Context(), client.EditSettings{PricesURL: &bad}); code(err) != control.Invalid || !strings.Contains(err.Error(), "https") {
		t.Errorf("an address that anybody can answer for: %v", err)
	}
	must(h.EditSettings(t.Context(), client.EditSettings{PricesURL: &srv.URL}))(t)
	l := listen(t, h.Client)
	list = must(h.RefreshPrices(t.Context()))(t)
	if !list.Fetched || list.Days != 0 || list.Old || list.Outcome != "ok" || list.From != srv.URL {
		t.Errorf("fetched: %+v", list)
	}
	l.topics("that prices have changed", client.TopicModels)
	if m := model(); *m.Input != 2*before || !strings.Contains(m.PriceSource, "refreshed") || m.PriceOld {
		t.Errorf("fetched, and a model is %+v", m)
	}
	if usd := cost(); usd != 2*once {
		t.Errorf("a request costs %v, cost %v before", usd, once)
	}
	detail := must(h.Price(t.Context(), "gpt-4o", "first"))(t)
	if len(detail) != 1 || !detail[0].Known || detail[0].Terms[0].Lines[0] != (control.PriceLine{What: "Input", Amount: 2 * before, Unit: "1M tokens"}) || len(detail[0].Services) == 0 {
		t.Errorf("in detail: %+v", detail)
	}
	if _, err := h.Price(t.Context(), "gpt-99", ""); code(err) != control.NotFound {
		t.Errorf("of a model that nobody offers: %v", err)
	}

	text = []byte("[]")
	if list = must(h.RefreshPrices(t.Context()))(t); list.Outcome != "implausible" || !list.Fetched || *model().Input != 2*before || !strings.Contains(list.Message, "stay in force") {
		t.Errorf("an empty list: %+v", list)
	}
	if err := os.WriteFile(h.dir+"/routing.yaml", []byte("prices: {first/gpt-4o: {input: 100, output: 100}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "the user's own price holds", func() bool { return *model().Input == 100 && !model().PriceOld })
	if list = must(h.ForgetPrices(t.Context()))(t); list.Fetched || list.Outcome != "" {
		t.Errorf("forgotten: %+v", list)
	}
	if err := os.WriteFile(h.dir+"/routing.yaml", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "the built-in price is back", func() bool { return *model().Input == before })

	// Switched on, it happens by itself.
	text = published(t, 3)
	on := true
	must(h.EditSettings(t.Context(), client.EditSettings{RefreshPrices: &on}))(t)
	await(t, "prices are refreshed", func() bool { return *model().Input == 3*before })
}

// A list that is sent for to where anybody could answer is not fetched there, and one that goes on to an address as good as its own is.
func TestPricesStayOnTheWay(t *testing.T) {
	h := newHouse(t)
	text := published(t, 1)
	list := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(text) }))
	defer list.Close()
	for to, outcome := range map[string]string{list.URL: "ok", strings.Replace(list.URL, "127.0.0.1", "localhost", 1): "unreachable"} {
		from := httptest.NewServer(http.RedirectHandler(to, http.StatusFound))
		defer from.Close()
		must(h.EditSettings(t.Context(), client.EditSettings{PricesURL: &from.URL}))(t)
		if got := must(h.RefreshPrices(t.Context()))(t); string(got.Outcome) != outcome {
			t.Errorf("by way of %s: %+v", to, got)
		}
	}
}
