package protocol

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// Protocol case 64: every shape in which errors come, and case 66: what real upstreams say, with the kind it must be.
var refusals = []struct {
	name    string
	status  int
	body    string
	kind    Kind
	code    string // "": not checked
	message string // must be in the message
}{
	// Shapes (64).
	{"OpenAI", 401, `{"error":{"message":"Incorrect API key provided: sk-abc***xyz9. You can find your API key at https://platform.openai.com/account/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`,
		KeyRefused, "invalid_api_key", "Incorrect API key provided: [key]"},
	{"OpenAI, param", 400, `{"error":{"message":"Unknown parameter: 'foo'.","type":"invalid_request_error","param":"foo","code":"unknown_parameter"}}`, BadRequest, "unknown_parameter", "Unknown parameter"},
	{"OpenAI, quota", 429, `{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}`, OutOfMoney, "insufficient_quota", ""},
	{"OpenAI, tokens per minute", 429, `{"error":{"message":"Rate limit reached for gpt-4o in organization org-AbCdEf123456 on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000. Please try again in 2s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}`, RateLimited, "rate_limit_exceeded", "in organization [organization] on"},
	{"OpenAI, model", 404, "{\"error\":{\"message\":\"The model `gpt-9` does not exist or you do not have access to it.\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"model_not_found\"}}", ModelNotFound, "model_not_found", "gpt-9"},
	{"OpenAI, context", 400, `{"error":{"message":"This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}`, ContextTooLong, "context_length_exceeded", ""},
	{"OpenAI, stored response", 404, `{"error":{"message":"Response with id 'resp_1' not found.","type":"invalid_request_error","param":null,"code":null}}`, NotFound, "", ""},
	{"OpenAI, path", 404, `{"error":{"message":"Invalid URL (POST /v1/responses)","type":"invalid_request_error","param":null,"code":null}}`, Unsupported, "", ""},
	{"Anthropic", 429, `{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your organization's rate limit of 40,000 input tokens per minute."},"request_id":"req_1"}`, RateLimited, "rate_limit_error", "40,000"},
	{"Anthropic, overloaded", 529, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`, Overloaded, "overloaded_error", "Overloaded"},
	{"Anthropic, credit", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}}`, OutOfMoney, "", ""},
	{"Anthropic, prompt", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}`, ContextTooLong, "", ""},
	{"Anthropic, max_tokens", 400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000\"}}", ContextTooLong, "", ""},
	{"Anthropic, model", 404, `{"type":"error","error":{"type":"not_found_error","message":"model: claude-foo"}}`, ModelNotFound, "", ""},
	{"Anthropic, key", 401, `{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}`, KeyRefused, "authentication_error", ""},
	{"Anthropic, limits of use", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}`, OutOfMoney, "", ""},
	{"Anthropic, policy", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}`, ContentPolicy, "", ""},
	{"Google", 400, `{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com"}]}}`, KeyRefused, "API_KEY_INVALID", "API key not valid"},
	{"Google, array", 404, `[{"error":{"code":404,"message":"models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.","status":"NOT_FOUND"}}]`, ModelNotFound, "NOT_FOUND", "models/gemini-9"},
	{"Google, per minute", 429, `{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"17s"}]}}`, RateLimited, "", ""},
	{"Google, credits", 429, `{"error":{"code":429,"message":"Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.","status":"RESOURCE_EXHAUSTED"}}`, OutOfMoney, "RESOURCE_EXHAUSTED", ""},
	{"Google, tokens", 400, `{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}`, ContextTooLong, "", ""},
	{"Google, overloaded", 503, `{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}`, Overloaded, "", ""},
	{"Google, JSON in the message", 500, `{"error":{"code":429,"message":"{\"error\":{\"code\":429,\"message\":\"Resource has been exhausted (e.g. check quota).\",\"status\":\"RESOURCE_EXHAUSTED\"}}","status":"Too Many Requests"}}`, RateLimited, "", "Resource has been exhausted"},
	{"JSON behind words", 400, `{"error":{"message":"upstream: 400 Bad Request: {\"error\":{\"message\":\"Unsupported value: 'temperature'\",\"type\":\"invalid_request_error\"}}"}}`, BadRequest, "", "Unsupported value"},
	{"FastAPI", 422, `{"detail":[{"type":"missing","loc":["body","messages"],"msg":"Field required","input":{}}]}`, BadRequest, "", "Field required"},
	{"FastAPI, text", 401, `{"detail":"Invalid authentication credentials"}`, KeyRefused, "", "Invalid authentication"},
	{"FastAPI, path", 404, `{"detail":"Not Found"}`, Unsupported, "", "Not Found"},
	{"MiniMax, money", 200, `{"id":"x","choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`, OutOfMoney, "", "insufficient balance"},
	{"MiniMax, rate", 200, `{"base_resp":{"status_code":1002,"status_msg":"rate limit"}}`, RateLimited, "", "rate limit"},
	{"MiniMax, key", 200, `{"base_resp":{"status_code":1004,"status_msg":"login fail"}}`, KeyRefused, "", ""},
	{"code and msg", 200, `{"code":500,"msg":"系统繁忙，请稍后再试","success":false}`, Overloaded, "", "系统繁忙"},
	{"code and message", 403, `{"code":30001,"message":"Sorry, your account balance is insufficient","data":null}`, OutOfMoney, "30001", "balance"},
	{"success:false", 200, `{"success":false,"message":"无效的令牌"}`, KeyRefused, "", "无效的令牌"},
	{"plain text", 502, "error code: 502", ServerError, "", "error code: 502"},
	{"plain 404", 404, "404 page not found", Unsupported, "", ""},
	{"a path that FastAPI does not have", 404, `{"detail":"Not Found"}`, Unsupported, "", "Not Found"},
	{"a path that llama.cpp does not have", 404, `{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}`, Unsupported, "not_found_error", "File Not Found"},
	{"a path that Fastify does not have", 404, `{"message":"Route POST:/v1/responses not found","error":"Not Found","statusCode":404}`, Unsupported, "", "Not Found"},
	{"a path that LM Studio does not have", 404, `{"error":"Unexpected endpoint or method. (POST /v1/responses)"}`, Unsupported, "", "Unexpected endpoint or method. (POST /v1/responses)"},
	{"nothing", 503, "", Overloaded, "", "503 Service Unavailable"},
	{"HTML wall", 403, "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>cf-chl</body></html>", Wall, "", "Just a moment..."},
	{"HTML wall under 200", 200, "\ufeff \n<html><script>var arg1='acw_sc__v2'</script></html>", Wall, "", "web page"},
	{"HTML of a proxy", 502, "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>", ServerError, "", "502 Bad Gateway"},
	{"HTML, time-out", 504, "<html><head><title>504 Gateway Time-out</title></head></html>", Timeout, "", ""},
	{"HTML, too large", 413, "<html><head><title>413 Request Entity Too Large</title></head></html>", TooLarge, "", ""},
	{"HTML, not found", 404, "<html><body>Not here</body></html>", Wall, "", ""},
	{"redirect", 302, "", Wall, "", ""},
	{"HTML of a server that wants a key", 401, "<html>\r\n<head><title>401 Authorization Required</title></head><body></body></html>", KeyRefused, "", "401"},
	{"HTML of a portal", 401, "<html><head><title>Sign in to the network</title></head></html>", Wall, "", ""},
	{"NVIDIA, key", 403, `{"status":403,"title":"Forbidden","detail":"Authorization failed"}`, KeyRefused, "", ""},
	{"NVIDIA, model", 404, `{"status":404,"title":"Not Found","detail":"Function '23d4f03a': Not found for account 'Q'"}`, ModelNotFound, "", ""},
	{"NVIDIA, down", 400, `{"status":400,"title":"Bad Request","detail":"Function id '87ea': DEGRADED function cannot be invoked"}`, Overloaded, "", ""},
	{"Novita, balance", 403, `{"code":403,"reason":"NOT_ENOUGH_BALANCE","message":"not enough balance","metadata":{}}`, OutOfMoney, "", ""},
	{"DeepInfra, balance", 402, `{"detail":{"error":"You need positive balance to do inference."}}`, OutOfMoney, "", ""},
	{"Mistral, capacity", 429, `{"object":"error","message":"Service tier capacity exceeded for this model.","type":"invalid_request_error","param":null,"code":null}`, Overloaded, "", ""},
	{"Mistral, model", 400, `{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}`, ModelNotFound, "", ""},
	{"OpenRouter, model", 400, `{"error":{"message":"x is not a valid model ID","code":400}}`, ModelNotFound, "", ""},
	{"Moonshot, model", 404, `{"error":{"message":"Not found the model x or Permission denied","type":"resource_not_found_error"}}`, ModelNotFound, "", ""},
	{"Moonshot, length", 400, `{"error":{"message":"Invalid request: Your request exceeded model token limit: 262144","type":"invalid_request_error"}}`, ContextTooLong, "", ""},
	{"Zhipu, length", 400, `{"error":{"code":"1261","message":"Prompt 超长"}}`, ContextTooLong, "", ""},
	{"Together, length", 422, "{\"error\":{\"message\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000\"}}", ContextTooLong, "", ""},
	{"Cohere, length", 400, `{"message":"too many tokens: the total number of tokens in the prompt exceeds the limit of 4081."}`, ContextTooLong, "", ""},
	{"LM Studio, length", 400, `{"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= n_ctx: 4096)."}`, ContextTooLong, "", ""},
	{"Ollama, busy", 500, `{"error":{"message":"server busy, please try again.  maximum pending requests exceeded","type":"api_error"}}`, Overloaded, "", ""},
	{"Cerebras, busy", 429, `{"message":"We're experiencing high traffic right now! Please try again soon.","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"}`, Overloaded, "", ""},
	{"OpenRouter", 429, `{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\"error\":{\"message\":\"Rate limit reached, retry after 20 seconds\"}}","provider_name":"X"}}}`, RateLimited, "", "Provider returned error"},
	{"OpenRouter, in a 200", 200, `{"error":{"message":"Insufficient credits. Add more","code":402},"user_id":"u"}`, OutOfMoney, "", ""},
	{"response.failed", 200, `{"type":"response.failed","response":{"id":"resp_1","status":"failed","error":{"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 11.054s."}}}`, RateLimited, "rate_limit_exceeded", ""},
	{"error is a string", 400, `{"error":"model 'llama9' not found"}`, ModelNotFound, "", "llama9"},
	{"cut JSON", 500, `{"error":{"message":"oops`, ServerError, "", "oops"},
	{"deep JSON", 400, strings.Repeat(`{"error":`, 60) + `"x"` + strings.Repeat("}", 60), BadRequest, "", ""},

	// Texts (66).
	{"One API, quota", 403, `{"error":{"message":"用户额度不足, 剩余额度: ＄0.000000","type":"one_api_error","param":"","code":"insufficient_user_quota"}}`, OutOfMoney, "insufficient_user_quota", "额度不足"},
	{"New API, token quota", 401, `{"error":{"message":"该令牌额度已用尽 TokenStatusExhausted[sk-abc***def]","type":"new_api_error"}}`, OutOfMoney, "", "额度已用尽"},
	{"New API, prepaid", 403, `{"error":{"message":"预扣费额度失败, 用户剩余额度: ＄0.1, 需要预扣费额度: ＄0.2","type":"new_api_error"}}`, OutOfMoney, "", ""},
	{"New API, no channel", 503, `{"error":{"message":"当前分组 default 下对于模型 gpt-5 无可用渠道 (request id: 2026)","type":"new_api_error","code":"model_not_found"}}`, ModelNotFound, "model_not_found", "无可用渠道"},
	{"One API, no channel", 503, `{"error":{"message":"当前分组 vip 下对于模型 x 无可用渠道","type":"one_api_error"}}`, ModelNotFound, "", ""},
	{"New API, group", 403, `{"error":{"message":"该令牌无权使用模型：claude-opus-4-1","type":"new_api_error"}}`, ModelNotFound, "", ""},
	{"New API, saturated", 429, `{"error":{"message":"当前分组上游负载已饱和，请稍后再试","type":"new_api_error"}}`, Overloaded, "", ""},
	{"New API, expired", 401, `{"error":{"message":"该令牌已过期","type":"new_api_error"}}`, KeyRefused, "", ""},
	{"New API, banned", 403, `{"error":{"message":"用户已被封禁","type":"new_api_error"}}`, KeyRefused, "", ""},
	{"New API, balance", 429, `{"error":{"message":"余额不足，请充值","type":"new_api_error"}}`, OutOfMoney, "", ""},
	{"New API, rate", 429, `{"error":{"message":"您已达到请求数限制：1分钟内最多请求60次","type":"new_api_error"}}`, RateLimited, "", ""},
	{"relay, 400 balance", 400, `{"error":{"message":"insufficient balance (1008)","type":"bad_request"}}`, OutOfMoney, "", ""},
	{"DeepSeek", 402, `{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}`, OutOfMoney, "", ""},
	{"Moonshot, quota", 429, `{"error":{"message":"Your account is suspended, please check your plan","type":"exceeded_current_quota_error"}}`, OutOfMoney, "", ""},
	{"Moonshot, overloaded", 429, `{"error":{"message":"The engine is currently overloaded, please try again later","type":"engine_overloaded_error"}}`, Overloaded, "", ""},
	{"Zhipu", 429, `{"error":{"code":"1113","message":"余额不足或无可用资源包,请充值。"}}`, OutOfMoney, "", ""},
	{"Zhipu, concurrency", 429, `{"error":{"code":"1302","message":"您当前使用该API的并发数过高，请降低并发，或联系客服增加限额。"}}`, RateLimited, "1302", ""},
	{"DashScope", 400, `{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing.","request_id":"r"}`, OutOfMoney, "Arrearage", ""},
	{"DashScope, policy", 400, `{"code":"DataInspectionFailed","message":"Input data may contain inappropriate content."}`, ContentPolicy, "", ""},
	{"DashScope, rate", 429, `{"code":"Throttling.RateQuota","message":"Requests rate limit exceeded, please try again later."}`, RateLimited, "", ""},
	{"Volcengine", 404, `{"error":{"code":"InvalidEndpointOrModel.NotFound","message":"The model or endpoint x does not exist or you do not have access to it.","type":"NotFound"}}`, ModelNotFound, "", ""},
	{"Azure, filter", 400, `{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter"}}`, ContentPolicy, "", ""},
	{"xAI", 400, `{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***yz. You can obtain an API key from https://console.x.ai."}`, KeyRefused, "", "[address]"},
	{"region", 400, `{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}`, Forbidden, "", ""},
	{"Ollama", 404, `{"error":"model \"x\" not found, try pulling it first"}`, ModelNotFound, "", ""},
	{"llama.cpp", 400, `{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error"}}`, ContextTooLong, "", ""},
	{"vLLM", 400, `{"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400}`, ContextTooLong, "", ""},
	{"Codex plan", 429, `{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_in_seconds":7200}}`, RateLimited, "usage_limit_reached", ""},
	{"quota exceeded", 403, `{"error":{"message":"Quota exceeded for this key"}}`, OutOfMoney, "", ""},
	{"quota exceeded per minute", 429, `{"error":{"message":"Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'"}}`, RateLimited, "", ""},

	// Words that must not be taken for more than they say.
	{"a token of the parser", 400, `{"error":{"message":"Invalid token at position 7 in tool arguments"}}`, BadRequest, "", ""},
	{"a wrong tool", 400, `{"error":{"message":"Tool 'search' not found in tools"}}`, BadRequest, "", ""},
	{"a parameter, not the model", 400, `{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}`, BadRequest, "unsupported_parameter", ""},
	{"an unknown field", 400, `{"type":"error","error":{"type":"invalid_request_error","message":"context_management: Extra inputs are not permitted"}}`, BadRequest, "", ""},
	{"a wrong image", 400, `{"error":{"message":"Invalid image: could not process"}}`, BadRequest, "", ""},
}

func TestCase64And66EveryRefusal(t *testing.T) {
	for _, c := range refusals {
		e := DecodeError(c.status, nil, []byte(c.body), time.Time{})
		if e.Kind != c.kind || c.code != "" && e.Code != c.code || !strings.Contains(e.Message, c.message) || e.Message == "" {
			t.Errorf("%s:\ngot  %s %q %q\nwant %s %q %q", c.name, e.Kind, e.Code, e.Message, c.kind, c.code, c.message)
		}
	}
	if e := DecodeError(422, nil, []byte(refusals[1].body), time.Time{}); e.Param != "foo" {
		t.Errorf("param: %q", e.Param)
	}
}

// Protocol case 65.
func TestCase65RetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	h := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	for _, c := range []struct {
		name   string
		header http.Header
		body   string
		want   time.Duration
	}{
		{"seconds", h("Retry-After", "20"), "", 20 * time.Second},
		{"fractions", h("Retry-After", "0.5"), "", 500 * time.Millisecond},
		{"date", h("Retry-After", "Mon, 23 Nov 2026 12:01:00 GMT"), "", time.Minute},
		{"date that is past", h("Retry-After", "Mon, 23 Nov 2026 11:01:00 GMT"), "", 0},
		{"milliseconds first", h("retry-after-ms", "250", "Retry-After", "1"), "", 250 * time.Millisecond},
		{"negative", h("Retry-After", "-5"), "", 0},
		{"absurd", h("Retry-After", "1e300"), "", LongestRetry},
		{"not a number", h("Retry-After", "NaN"), "", 0},
		{"garbage", h("Retry-After", "soon"), "", 0},
		{"OpenAI, requests used up", h("x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "1m2s", "x-ratelimit-remaining-tokens", "9000", "x-ratelimit-reset-tokens", "6ms"), "", 62 * time.Second},
		{"OpenAI, both used up", h("x-ratelimit-remaining-requests", "0", "x-ratelimit-reset-requests", "10s", "x-ratelimit-remaining-tokens", "0", "x-ratelimit-reset-tokens", "20s"), "", 20 * time.Second},
		{"OpenAI, none used up", h("x-ratelimit-remaining-requests", "5", "x-ratelimit-reset-requests", "1m2s", "x-ratelimit-remaining-tokens", "9", "x-ratelimit-reset-tokens", "6ms"), "", 6 * time.Millisecond},
		{"a full bucket says less than the text", h("x-ratelimit-remaining-requests", "5", "x-ratelimit-reset-requests", "1m2s"), "Please try again in 20s.", 20 * time.Second},
		{"OpenRouter, epoch", h("X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "1795435230000"), "", 30 * time.Second},
		{"Anthropic", h("anthropic-ratelimit-input-tokens-remaining", "0", "anthropic-ratelimit-input-tokens-reset", "2026-11-23T12:00:45Z"), "", 45 * time.Second},
		{"Google", nil, `{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"17s"}]}}`, 17 * time.Second},
		{"Google, in an array", nil, `[{"error":{"details":[{"retryDelay":"17.5s"}]}}]`, 17500 * time.Millisecond},
		{"Google, in a message", nil, `{"error":{"message":"{\"error\":{\"details\":[{\"retryDelay\":\"3s\"}]}}"}}`, 3 * time.Second},
		{"a member", nil, `{"error":{"retry_after":12}}`, 12 * time.Second},
		{"Codex", nil, `{"error":{"resets_in_seconds":7200}}`, 2 * time.Hour},
		{"Codex, moment", nil, `{"error":{"resets_at":1795435260}}`, time.Minute},
		{"text, long", nil, `{"error":{"message":"Rate limit. Please try again in 2h 13m 5s. Visit"}}`, 2*time.Hour + 13*time.Minute + 5*time.Second},
		{"text, together", nil, "try again in 1m2.5s", 62500 * time.Millisecond},
		{"text, ms", nil, "Please try again in 350ms.", 350 * time.Millisecond},
		{"text, words", nil, "Please retry after 20 seconds.", 20 * time.Second},
		{"text, and", nil, "Try again in 1 hour and 5 minutes", 65 * time.Minute},
		{"Google, text", nil, "Please retry in 17.31s.", 17310 * time.Millisecond},
		{"Chinese", nil, "请求过于频繁，请在 30 秒后重试", 30 * time.Second},
		{"days", nil, "resets in 3 days", LongestRetry},
		{"nothing", nil, "try again later", 0},
		{"a number that is no delay", nil, "retry 3 times; the model has 20 s of audio", 0},
	} {
		if got := RetryAfter(c.header, []byte(c.body), now); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := RetryAfter(nil, []byte(`{"resets_at":1795435260}`), time.Time{}); got != 0 {
		t.Errorf("a moment without a clock: %v", got)
	}
}

// Protocol case 68: what must not reach a client is taken out, what helps a person stays.
func TestCase68Clean(t *testing.T) {
	for in, want := range map[string]string{
		"key sk-proj-AbCdEf0123456789 is wrong":                                            "key [key] is wrong",
		"Incorrect API key provided: sk-a***********************************wxyz.":         "Incorrect API key provided: [key].",
		"key=AIzaSyA-1234567890abcdef":                                                     "key=[key]",
		"Authorization: Bearer abcdef123456":                                               "Authorization: [key]",
		"dial https://user:pw@relay.example.com:8443/v1?key=1 failed":                      "dial [address] failed",
		"see https://platform.openai.com/account/api-keys.":                                "see [address].",
		"connect 10.1.2.3:443 refused":                                                     "connect [address] refused",
		"organization org-AbCdEf123456, project proj_abcdef12345":                          "organization [organization], project [project]",
		"user jane.doe@example.com":                                                        "user [email]",
		"a\n\tb\x00c":                                                                      "a b c",
		"0123456789abcdef0123456789abcdef0123456789abcdef":                                 "[removed]",
		"The model `claude-sonnet-4-5-20250929` does not exist (request id: 20261123abcd)": "The model `claude-sonnet-4-5-20250929` does not exist (request id: 20261123abcd)",
		"额度不足":                "额度不足",
		"max_tokens: 5 > 4.5": "max_tokens: 5 > 4.5",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	long := Clean(strings.Repeat("额度 ", 5000))
	if len(long) > LongestMessage || !utf8.ValidString(long) || !strings.HasSuffix(long, "…") {
		t.Errorf("%d bytes: …%q", len(long), long[max(0, len(long)-20):])
	}
}

func FuzzDecodeError(f *testing.F) {
	for _, c := range refusals {
		f.Add(c.status, []byte(c.body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := DecodeError(status, http.Header{"Retry-After": {string(body)}}, body, time.Unix(1e9, 0))
		if e.Kind == "" || e.Message == "" || len(e.Message) > LongestMessage+len("a web page came where an API answer should be: ") ||
			!utf8.ValidString(e.Message) || e.RetryAfter < 0 || e.RetryAfter > LongestRetry || len(e.Code) > 64 {
			t.Fatalf("%d %q: %#v", status, body, e)
		}
		again := DecodeError(status, http.Header{"Retry-After": {string(body)}}, body, time.Unix(1e9, 0))
		if *again != *e {
			t.Fatalf("%q is read in two ways: %v, %v", body, e, again)
		}
	})
}
