package provider

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// priceOf lists one model at a vendor, as its list has it.
func priceOf(t *testing.T, id string, c Credential, model string) *Price {
	t.Helper()
	c.Secret = secret
	l := mustGet(t, id).List(context.Background(), doerFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"object":"list","data":[` + model + `]}`)), Request: r}, nil
	}), c)
	if l.Outcome != OutcomeOK || len(l.Models) != 1 {
		t.Fatalf("%s: %+v %v", id, l, l.Err)
	}
	return l.Models[0].Price
}

// What vendors list comes to dollars for a million tokens; what they leave open stays open.
func TestListedPrices(t *testing.T) {
	for _, c := range []struct{ what, id, model, want string }{
		{"OpenRouter", "openrouter", `{"id":"openai/gpt-6","pricing":{"prompt":"0.00001","completion":"0.00005","request":"0","image":"0.001","internal_reasoning":"0","input_cache_read":"0.000001","input_cache_write":"0.0000125",
			"overrides":[{"min_prompt_tokens":272000,"prompt":"0.00002","completion":"0.000075","input_cache_read":"0.000002","input_cache_write":"0.000025"}]}}`,
			`{"in":10,"out":50,"cr":1,"cw":12.5,"tiers":[{"above":272000,"in":20,"out":75,"cr":2,"cw":25}]}`},
		{"free", "openrouter", `{"id":"deepseek/deepseek-r1:free","pricing":{"prompt":"0","completion":"0","request":"0","internal_reasoning":"0","input_cache_read":"0"}}`, `{"in":0,"out":0,"think":0,"cr":0}`},
		{"a price for each request", "openrouter", `{"id":"perplexity/sonar","pricing":{"prompt":"0.000001","completion":"0.000001","request":"0.005"}}`, `{"in":1,"out":1,"request":0.005}`},
		{"reasoning apart", "openrouter", `{"id":"perplexity/deep","pricing":{"prompt":"0.000002","completion":"0.000008","internal_reasoning":"0.000003"}}`, `{"in":2,"out":8,"think":3}`},
		{"caches that are not billed apart", "openrouter", `{"id":"x/y","pricing":{"prompt":"0.000002","completion":"0.000008","input_cache_read":"0","input_cache_write":"0"}}`, `{"in":2,"out":8}`},
		{"a price that varies", "openrouter", `{"id":"openrouter/auto","pricing":{"prompt":"-1","completion":"-1"}}`, `null`},
		{"a tier that is not told", "openrouter", `{"id":"x/y","pricing":{"prompt":"0.000002","completion":"0.000008","overrides":[{"min_prompt_tokens":1000}]}}`, `null`},
		{"none", "openrouter", `{"id":"x/y"}`, `null`},
		{"nonsense", "openrouter", `{"id":"x/y","pricing":{"prompt":"cheap","completion":[1]}}`, `null`},
		{"Vercel", "vercel", `{"id":"anthropic/claude-opus-5","type":"language","pricing":{"input":"0.000005","output":"0.000025","input_cache_read":"0.0000005","input_cache_write":"0.00000625","input_tiers":[{"cost":"0.000005","min":0}]}}`,
			`{"in":5,"out":25,"cr":0.5,"cw":6.25}`},
		{"Vercel, by size", "vercel", `{"id":"x/y","pricing":{"input":"0.000005","output":"0.000025","input_tiers":[{"cost":"0.000005","min":0,"max":200000},{"cost":"0.00001","min":200000}]}}`, `null`},
		{"Together", "together", `{"id":"Austism/chronos-hermes-13b","type":"chat","pricing":{"hourly":0,"input":0.3,"output":0.3,"base":0,"finetune":0}}`, `{"in":0.3,"out":0.3}`},
		{"DeepInfra", "deepinfra", `{"id":"meta/l","metadata":{"context_length":1,"pricing":{"input_tokens":0.08,"output_tokens":0.3,"cache_read_tokens":0.02}}}`, `{"in":0.08,"out":0.3,"cr":0.02}`},
		{"Novita", "novita", `{"id":"deepseek/v3","input_token_price_per_m":5700,"output_token_price_per_m":13000}`, `{"in":0.57,"out":1.3}`},
		{"Hugging Face, one", "huggingface", `{"id":"Qwen/Q","providers":[{"provider":"a","status":"live","pricing":{"input":0.5,"output":2}}]}`, `{"in":0.5,"out":2}`},
		{"Hugging Face, alike", "huggingface", `{"id":"Qwen/Q","providers":[{"provider":"a","pricing":{"input":0.5,"output":2}},{"provider":"b","pricing":{"input":0.5,"output":2}}]}`, `{"in":0.5,"out":2}`},
		{"Hugging Face, unlike", "huggingface", `{"id":"Qwen/Q","providers":[{"provider":"a","pricing":{"input":0.5,"output":2}},{"provider":"b","pricing":{"input":0.6,"output":2}}]}`, `null`},
		{"Hugging Face, one untold", "huggingface", `{"id":"Qwen/Q","providers":[{"provider":"a","pricing":{"input":0.5,"output":2}},{"provider":"b"}]}`, `null`},
		{"nobody's", "groq", `{"id":"llama","pricing":{"input":1,"output":1,"prompt":"1","completion":"1"}}`, `null`},
	} {
		if got, _ := json.Marshal(priceOf(t, c.id, Credential{}, c.model)); string(got) != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

// A list is read as the host's own vendor writes it, whatever kind of account asks; a vendor's kind of account elsewhere tells no price.
func TestListedPricesAreTheHosts(t *testing.T) {
	const model = `{"id":"x","pricing":{"prompt":"0.000002","completion":"0.000008","input":7,"output":7}}`
	if p := priceOf(t, "openai-compatible", Credential{BaseURL: "https://openrouter.ai/api/v1"}, model); p == nil || *p.Input != 2 {
		t.Errorf("%+v", p)
	}
	if p := priceOf(t, "together", Credential{BaseURL: "https://relay.example/v1"}, model); p != nil {
		t.Errorf("%+v", p)
	}
	if p := priceOf(t, "openai-compatible", Credential{BaseURL: "https://relay.example/v1"}, model); p != nil {
		t.Errorf("%+v", p)
	}
}

// What a person writes is refused by the member that is wrong.
func TestPriceRulesThatAreWrong(t *testing.T) {
	for text, word := range map[string]string{
		`{input: a}`: "output", `{input: a, output: b.}`: "b.", `{input: a, output: b, tiers: c}`: "above", `{input: a, output: b, tokens: -1}`: "tokens",
	} {
		list, err := Parse([]byte("- {id: mine, name: Mine, format: openai, base_url: https://mine.example/v1, models: {prices: " + text + "}}"))
		if err != nil {
			t.Fatal(err)
		}
		if err := Definitions(list).Check(); err == nil || !strings.Contains(err.Error(), "models: prices: ") || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Whatever is listed, a price is of figures that a bill can have.
func FuzzListedPrices(f *testing.F) {
	rules := &PriceRules{Tokens: 1, Input: "pricing.prompt", Output: "pricing.completion", CacheRead: "pricing.cr", Request: "pricing.request", Tiers: "pricing.overrides", Above: "min"}
	f.Add([]byte(`{"pricing":{"prompt":"1e-6","completion":2,"request":1,"overrides":[{"min":1,"prompt":1,"completion":1}]}}`))
	f.Add([]byte(`{"pricing":{"prompt":1e14,"completion":1e-400}}`))
	f.Fuzz(func(t *testing.T, listed []byte) {
		p := rules.read(listed)
		if p == nil {
			return
		}
		if _, err := json.Marshal(p); err != nil || *p.Input < 0 || *p.Output < 0 || p.Request < 0 {
			t.Fatalf("%+v: %v", p, err)
		}
	})
}
