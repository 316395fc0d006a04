package protocol

import (
	"regexp"
	"strings"
)

// strongCodes are vendors' codes, types and reasons that mean one thing whatever the status; in lower case.
// Sources: the error pages of OpenAI, Anthropic, Google AI, Moonshot, DashScope, Volcengine Ark and Azure, and the
// sources of One API and New API. A status_code is MiniMax's, in base_resp.
var strongCodes = codes(map[Kind]string{
	OutOfMoney: `insufficient_quota insufficient_user_quota billing_error insufficient_balance billing_hard_limit_reached
		arrearage accountoverdueerror billing_not_active exceeded_current_quota_error pre_consume_token_quota_failed
		token_quota_exhausted status_code:1008`,
	KeyRefused: `invalid_api_key api_key_invalid invalidapikey invalid_authentication_error account_deactivated token_expired
		api_key_expired key_disabled status_code:1004 status_code:2049`,
	ContextTooLong: `context_length_exceeded context_window_exceeded tokens_limit_reached model_context_window_exceeded`,
	ModelNotFound: `model_not_found modelnotfound model_not_available unsupported_model deploymentnotfound
		invalidendpointormodel.notfound modelnotopen model_price_error model_not_supported get_channel_failed`,
	ContentPolicy: `content_policy_violation content_filter datainspectionfailed sensitivecontentdetected
		inputtextsensitivecontentdetected responsibleaipolicyviolation data_inspection_failed sensitive_words_detected
		invalid_prompt status_code:1026 status_code:1027`,
	TooLarge:   `request_too_large payload_too_large`,
	Overloaded: `overloaded_error engine_overloaded_error server_is_overloaded slow_down serveroverloaded engine_overloaded`,
	RateLimited: `usage_limit_reached rate_limit_reached_error concurrency_limit_exceeded status_code:1002 status_code:1039
		status_code:1041 status_code:2056`,
	Forbidden:  `unsupported_country_region_territory`,
	BadRequest: `status_code:2013`,
	Timeout:    `status_code:1001`,
})

// weakCodes are broad: they count where neither a strong code nor the text has said more.
var weakCodes = codes(map[Kind]string{
	KeyRefused:  `authentication_error unauthenticated authenticationerror unauthorized`,
	Forbidden:   `permission_error permission_denied access_denied`,
	RateLimited: `rate_limit_exceeded rate_limit_error too_many_requests resource_exhausted`,
	Overloaded:  `unavailable service_unavailable`,
	Timeout:     `timeout_error deadline_exceeded`,
	ServerError: `server_error api_error internal internal_server_error`,
})

// codes turns lists of words into a table by word.
func codes(lists map[Kind]string) map[string]Kind {
	table := map[string]Kind{}
	for kind, words := range lists {
		for _, w := range strings.Fields(words) {
			table[w] = kind
		}
	}
	return table
}

// textRule is one thing that upstreams say, in lower case. The first that matches decides.
type textRule struct {
	kind  Kind
	when  func(status int) bool // nil: under any status
	words []string
	expr  *regexp.Regexp
}

func (r *textRule) match(lower string) bool {
	for _, w := range r.words {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return r.expr != nil && r.expr.MatchString(lower)
}

func refusal(status int) bool     { return status == 401 || status == 403 }
func clientError(status int) bool { return status < 500 }
func notFound(status int) bool    { return status == 404 }

// textRules in the order of judgement: money before keys ("this token's quota is used up"), limits per minute before
// money where "quota" alone would mislead, models before keys ("this token may not use model x").
var textRules = []textRule{
	{kind: RateLimited, words: []string{"tokens per min", "requests per min", "per-minute", "perminute", "per minute",
		"requests per day", "perday"}},
	{kind: OutOfMoney, words: []string{
		"insufficient balance", "insufficient_balance", "insufficient credit", "insufficient fund", "insufficient quota",
		"insufficient_quota", "insufficient_user_quota",
		"balance is insufficient", "balance is not enough", "balance not enough", "not enough balance", "not enough credit", "positive balance",
		"credit balance is too low", "out of credits", "no credits left",
		"exceeded your current quota", "quota is not enough", "quota has been exhausted", "quota exhausted",
		"hard limit has been reached",
		"requires more credits", "credits are depleted", "credits exhausted", "payment required", "specified api usage limits",
		"spending limit",
		"account is not active, please check your billing", "overdue payment", "in arrears",
		"额度不足", "余额不足", "额度已用尽", "额度已用完", "额度耗尽", "配额不足", "额度已耗尽", "欠费", "预扣费", "请充值", "余额已用完", "资源包"}},
	{kind: OutOfMoney, words: []string{"quota exceeded", "quota_exceeded", "exceeded quota", "exceed quota"}},
	{kind: ModelNotFound, words: []string{"model_not_found", "no such model", "unknown model", "model not exist",
		"unsupported model", "invalid model name", "invalid model: ", "invalid model '", "is not a valid model id", "not found the model", "model not found",
		"do not have access to the model", "does not have access to model", "not have access to model", "no available channel",
		"no channel available",
		"is not found for api version", "模型不存在", "无可用渠道", "没有可用的渠道", "无权使用模型", "无权访问模型", "无权限使用", "模型未开通", "不支持的模型", "不支持该模型",
		"模型已下线"}},
	{kind: ModelNotFound, when: clientError, expr: regexp.MustCompile(
		"\\bmodels?[ :]+[`'\"]?[^\\s`'\"]{1,100}[`'\"]? (?:does not exist|not exist|is not found|was not found|not found|is not available|" +
			"is not supported|not supported|is not allowed|has been deprecated)|" +
			"^function '[^']{1,64}': not found for account|" + // NVIDIA: what stands for a model
			"\\bmodel is not (?:found|supported|available)|\\bmodel does not exist|模型.{0,60}(?:不存在|未找到|不可用|未配置)")},
	{kind: ModelNotFound, when: notFound, expr: regexp.MustCompile(`^model: \S`)}, // Anthropic: "model: claude-x"
	{kind: ContextTooLong, words: []string{"context_length_exceeded", "maximum context length", "prompt is too long",
		"input is too long", "exceeds the context window",
		"exceed context limit", "exceeds context limit", "exceeds the model's context", "exceeds the model's maximum context",
		"exceeds the maximum number of tokens allowed", "reduce the length of the messages",
		"context window exceeded", "exceeds the available context size", "maximum prompt length", "exceeded model token limit",
		"prompt exceeds max length", "greater than the context length", "上下文长度", "上下文超", "输入过长", "prompt 超长",
		"超出最大长度", "超过模型最大"}},
	{kind: ContextTooLong, expr: regexp.MustCompile("input token count.{0,40}exceeds|" +
		"input length and `?max_tokens`? exceed|range of input length should be|tokens? .{0,40}exceeds? .{0,30}context|" +
		"inputs`? tokens \\+ `?max_new_tokens`? must be|^too many tokens: .{0,60}prompt|too large for model with \\d+ maximum context")},
	{kind: KeyRefused, words: []string{"invalid api key", "incorrect api key", "invalid_api_key", "api key not valid",
		"api key is not valid", "api key is invalid", "api_key_invalid", "invalid x-api-key",
		"api key expired", "api key has expired", "invalid bearer token", "authentication fails", "invalid authentication",
		"no auth credentials", "api key not found",
		"account has been deactivated", "account has been disabled", "account has been suspended",
		"organization has been disabled", "account is suspended", "has been banned",
		"无效的令牌", "令牌无效", "令牌已过期", "令牌状态不可用", "令牌已被禁用", "未提供令牌", "无效的api", "无效的 api", "密钥无效", "密钥错误", "身份验证失败", "鉴权失败", "用户已被封禁",
		"账号已被封禁"}},
	{kind: KeyRefused, when: refusal, words: []string{"authorization failed", "invalid token", "invalid key", "token expired", "expired token",
		"user not found", "封禁", "已被禁用"}},
	{kind: Forbidden, words: []string{"location is not supported", "country, region, or territory not supported"}},
	{kind: Overloaded, words: []string{"overloaded", "over capacity", "at capacity", "capacity exceeded", "high demand", "high traffic", "server is busy", "server busy",
		"service is too busy", "degraded function",
		"no healthy upstream", "no available accounts", "temporarily unavailable",
		"负载已饱和", "负载过高", "服务繁忙", "系统繁忙", "服务器繁忙", "模型繁忙", "访问量过大"}},
	{kind: RateLimited, words: []string{"rate limit", "rate_limit", "ratelimit", "too many requests", "concurrency limit",
		"concurrent request", "usage limit",
		"请求过于频繁", "请求频率", "频率限制", "速率限制", "限流", "并发数", "并发限制", "请求数限制", "请求次数", "触发限制"}},
	{kind: ContentPolicy, when: clientError, words: []string{"content policy", "content_policy", "content management policy",
		"content filtering policy", "safety system", "usage policies", "usage policy",
		"content_filter", "敏感词", "敏感内容", "内容安全", "不安全或敏感", "违规内容"}},
	{kind: TooLarge, words: []string{"request entity too large", "payload too large", "request body too large",
		"request_too_large"}},
	{kind: Unsupported, when: notFound, words: []string{"invalid url", "page not found", "no route", "cannot post",
		"unknown request url", "\nnot found\n", "file not found", "no such path", "path not found", "route not found", "endpoint not found",
		"url not found", "unknown endpoint", "unexpected endpoint", "no matching route", "no static resource", "接口不存在", "路径不存在"}},
	{kind: Unsupported, when: notFound, expr: regexp.MustCompile(`^not found\n`)},
}
