package imitation

// Those who sell many makers' models.
var sellers = []Compatible{
	{
		ID: "openrouter",
		Sources: []string{
			"https://openrouter.ai/docs/api-reference/streaming",              // comments, errors in a stream, usage in the last chunk
			"https://openrouter.ai/docs/api/reference/errors-and-debugging",   // {error: {code, message, metadata}}, Retry-After
			"https://openrouter.ai/docs/use-cases/reasoning-tokens",           // reasoning and reasoning_details
			"https://openrouter.ai/docs/api-reference/list-available-models",  // the list, open to all
			"https://github.com/Alishahryar1/free-claude-code/issues/772",     // 402
			"https://github.com/maxnowack/anthropic-proxy/issues/4",           // a model that is not there
			"https://github.com/OpenRouterTeam/openrouter-examples/issues/10", // too long
			"https://github.com/anomalyco/opencode/issues/24462",              // metadata.raw
		},
		Base: "/api/v1", Model: "z-ai/glm-4.6", More: []string{"openai/gpt-5"}, Answers: true, ListOpen: true,
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "canonical_slug": m, "name": "A name", "created": 1759235576, "context_length": 202752,
					"pricing":      obj{"prompt": "0.0000006", "completion": "0.0000022", "request": "0", "image": "0"},
					"architecture": obj{"modality": "text->text", "input_modalities": []any{"text", "image"}, "output_modalities": []any{"text"}, "tokenizer": "Other", "instruct_type": nil},
					"top_provider": obj{"context_length": 202752, "max_completion_tokens": 65536, "is_moderated": false}, "per_request_limits": nil,
					"supported_parameters": []any{"tools", "reasoning", "temperature"}})
			}
			return obj{"data": data}
		},
		Takes:  []string{"reasoning", "include_reasoning", "provider", "transforms", "models", "top_k", "verbosity", "usage"},
		Thinks: ThinksInDetails, Comment: "OPENROUTER PROCESSING", UsageIn: UsageAlways, Beside: obj{"provider": "Z.AI"},
		Usage: func(u Usage) obj {
			o := chatUsage(u)
			o["cost"], o["is_byok"], o["cost_details"] = 0.000123, false, obj{"upstream_inference_cost": nil}
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"error":{"message":"User not found.","code":401}}`},
			NoMoney: {Status: 402, Body: `{"error":{"message":"Insufficient credits. This account never purchased credits. Make sure your key is on the correct account or org, and if so, purchase more at https://openrouter.ai/settings/credits","code":402}}`},
			TooFast: Answer{Status: 429, Body: `{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{model} is temporarily rate-limited upstream. Please retry shortly.","provider_name":"Z.AI"}},"user_id":"user_1"}`}.waiting(7),
			NoModel: {Status: 400, Body: `{"error":{"message":"{model} is not a valid model ID","code":400},"user_id":"user_1"}`},
			TooLong: {Status: 400, Body: `{"error":{"message":"This endpoint's maximum context length is 202752 tokens. However, you requested about 300000 tokens (300000 of text input). Please reduce the length of either one, or use the \"middle-out\" transform to compress your prompt automatically.","code":400}}`},
			Busy:    {Status: 503, Body: `{"error":{"message":"There is no available model provider that meets your routing requirements","code":503}}`},
			BreaksOff: {Body: `{"id":"gen-1","object":"chat.completion.chunk","created":1764000000,"model":"{model}","provider":"Z.AI",` +
				`"error":{"code":"server_error","message":"Provider disconnected unexpectedly","metadata":{"raw":"upstream closed","provider_name":"Z.AI"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}`},
		},
	},
	{
		ID: "vercel",
		Sources: []string{
			"https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions", // reasoning, usage
			"https://vercel.com/docs/ai-gateway/rate-limits.md",                        // 429
			"https://vercel.com/docs/ai-gateway/faq.md",                                // errors of a request
		},
		Base: "/v1", Model: "zai/glm-4.6", Answers: true, ListOpen: true,
		Takes:  []string{"reasoning", "providerOptions", "models"},
		Thinks: ThinksInDetails, UsageIn: UsageIfAsked,
	},
	{
		ID: "huggingface",
		Sources: []string{
			"https://huggingface.co/docs/inference-providers/tasks/chat-completion",
			"https://huggingface.co/docs/inference-providers/pricing",
			"https://github.com/huggingface/agents-course/issues/386",  // out of credits
			"https://github.com/huggingface/transformers/issues/28523", // {error: text}
		},
		Base: "/v1", Model: "zai-org/GLM-4.6", Answers: true, ListOpen: true,
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "object": "model", "created": 1759235576, "owned_by": "zai-org",
					"architecture": obj{"input_modalities": []any{"text"}, "output_modalities": []any{"text"}},
					"providers":    []any{obj{"provider": "novita", "status": "live", "context_length": 204800, "pricing": obj{"input": 0.6, "output": 2.2}, "supports_tools": true}}})
			}
			return obj{"object": "list", "data": data}
		},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"error":"Invalid username or password."}`},
			NoMoney: {Status: 402, Body: `{"error":"You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits."}`},
			NoModel: {Status: 400, Body: `{"error":{"message":"The requested model '{model}' does not exist","type":"invalid_request_error","param":"model","code":"model_not_found"}}`},
			TooLong: {Status: 422, Body: "{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8192. Given: 9204 `inputs` tokens and 2047 `max_new_tokens`\",\"error_type\":\"validation\"}"},
		},
	},
	{
		ID: "github-models",
		Sources: []string{
			"https://docs.github.com/en/rest/models/catalog",
			"https://docs.github.com/en/rest/models/inference",
			"https://docs.github.com/en/github-models/prototyping-with-ai-models#rate-limits",
			"https://github.com/tashfeenahmed/freellmapi/issues/426", // 413
			"https://github.com/actions/ai-inference/issues/116",     // max_tokens at models that reason
		},
		Base: "/inference", Model: "meta/llama-3.3-70b-instruct", ListAt: "/catalog/models",
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "name": "A name", "registry": "azureml-meta", "publisher": "Meta", "summary": "s", "rate_limit_tier": "high",
					"html_url": "https://github.com/marketplace/models", "version": "1", "capabilities": []any{"streaming", "tool-calling"},
					"limits": obj{"max_input_tokens": 128000, "max_output_tokens": 4096}, "tags": []any{},
					"supported_input_modalities": []any{"text"}, "supported_output_modalities": []any{"text"}})
			}
			return data
		},
		UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"error":{"code":"unauthorized","message":"Bad credentials","details":"Bad credentials"}}`},
			TooFast: Answer{Status: 429, Body: `{"error":{"code":"RateLimitReached","message":"Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 23 seconds before retrying.","details":"Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 23 seconds before retrying."}}`}.waiting(23),
			NoModel: {Status: 400, Body: `{"error":{"code":"unknown_model","message":"Unknown model: {model}","details":"Unknown model: {model}"}}`},
			TooLong: {Status: 413, Body: `{"error":{"code":"tokens_limit_reached","message":"Request body too large for {model} model. Max size: 8000 tokens.","details":"Request body too large for {model} model. Max size: 8000 tokens."}}`},
		},
	},
	{
		ID: "nvidia",
		Sources: []string{
			"https://docs.api.nvidia.com/nim/reference/llm-apis",
			"https://github.com/Alishahryar1/free-claude-code/issues/1242", // a bad key
			"https://github.com/Alishahryar1/free-claude-code/issues/1021", // a model that is not there
			"https://github.com/sipeed/picoclaw/issues/1019",               // parameters that are refused
			"https://github.com/decolua/9router/issues/2527",               // a function that is down
		},
		Base: "/v1", Model: "nvidia/nemotron-3-super-120b-a12b", ListOpen: true,
		Refuses: []Refusal{{Name: "prompt_cache_key", Finds: params("prompt_cache_key"), Example: `{"prompt_cache_key":"main"}`,
			Says: Answer{Status: 400, Body: `{"error":"[{'type': 'extra_forbidden', 'loc': ('body', '{what}'), 'msg': 'Extra inputs are not permitted', 'input': 'main'}]"}`}}},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 403, Body: `{"status":403,"title":"Forbidden","detail":"Authorization failed"}`},
			NoModel: {Status: 404, Body: `{"status":404,"title":"Not Found","detail":"Function '23d4f03a-b8a6-4adb-a183-7daa083a09cc': Not found for account 'Qawmu2vUw3rd'"}`},
			Busy:    {Status: 400, Body: `{"status":400,"title":"Bad Request","detail":"Function id '87ea0ddc-cff1-4bca-bf8b-3bd98a35ddd0': DEGRADED function cannot be invoked"}`},
		},
	},
	{
		ID: "together",
		Sources: []string{
			"https://docs.together.ai/reference/models-1", // the list is a bare array
			"https://docs.together.ai/docs/error-codes",   // 402, 403, 503
			"https://docs.together.ai/reference/chat-completions-1",
			"https://github.com/HeyPuter/puter/issues/3168",  // a model that is not there
			"https://github.com/harshitv804/LawGPT/issues/4", // a bad key
		},
		Base: "/v1", Model: "deepseek-ai/DeepSeek-V3.1", Takes: []string{"top_k", "repetition_penalty", "min_p"},
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "object": "model", "created": 1755000000, "type": "chat", "running": false, "display_name": "A name", "organization": "DeepSeek",
					"context_length": 131072, "config": obj{"chat_template": nil}, "pricing": obj{"input": 0.6, "output": 1.7, "hourly": 0, "base": 0, "finetune": 0}})
			}
			return append(data, obj{"id": "black-forest-labs/FLUX.1-schnell", "object": "model", "created": 0, "type": "image", "pricing": obj{"input": 0, "output": 0}})
		},
		Thinks: ThinksInReasoning, Stop: "eos", UsageIn: UsageLast, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["cached_tokens"] = u.Cached
			return o
		}, Unreasoned: true,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"id":"o1","error":{"message":"Invalid API key provided. You can find your API key at https://api.together.xyz/settings/api-keys.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`},
			NoMoney: {Status: 402, Body: `{"id":"o1","error":{"message":"Credit limit exceeded, please add a payment method at https://api.together.ai/settings/billing","type":"credit_limit","param":null,"code":null}}`},
			TooFast: {Status: 429, Body: `{"id":"o1","error":{"message":"You have reached the rate limit specific to this model {model}. The maximum rate limit for this model is 9.0 queries per minute.","type":"model_rate_limit","param":null,"code":null}}`},
			NoModel: {Status: 400, Body: `{"id":"o1","error":{"message":"Unable to access non-serverless model {model}. Please visit https://api.together.ai/models/{model} to create and start a new dedicated endpoint for the model.","type":"invalid_request_error","param":null,"code":"model_not_available"}}`},
			TooLong: {Status: 422, Body: "{\"id\":\"o1\",\"error\":{\"message\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 131073. Given: 140000 `inputs` tokens and 512 `max_new_tokens`\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}"},
			Busy:    {Status: 503, Body: `{"id":"o1","error":{"message":"The server is overloaded or not ready yet.","type":"service_unavailable","param":null,"code":null}}`},
		},
	},
	{
		ID: "fireworks",
		Sources: []string{
			"https://docs.fireworks.ai/api-reference/post-chatcompletions", // usage with the finish reason, reasoning_content
			"https://docs.fireworks.ai/guides/inference-error-codes",       // 412
			"https://github.com/pollinations/pollinations/issues/12136",    // suspended
			"https://github.com/amd/gaia/issues/3766",                      // the same
		},
		Base: "/inference/v1", Model: "accounts/fireworks/models/kimi-k2-instruct", Takes: []string{"top_k", "min_p", "context_length_exceeded_behavior"}, Answers: true,
		Thinks: ThinksInContent, UsageIn: UsageLast, Unreasoned: true, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["prompt_tokens_details"] = obj{"cached_tokens": u.Cached}
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"error":{"message":"The API key you provided is invalid.","param":null,"code":"UNAUTHORIZED","type":"error"}}`},
			NoMoney: {Status: 412, Body: `{"error":{"message":"Account someone is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices. Please go to https://fireworks.ai/account/billing for more information.","param":null,"code":"PRECONDITION_FAILED","type":"error"},"request_id":"1"}`},
			NoModel: {Status: 404, Body: `{"error":{"message":"Model not found, inaccessible, and/or not deployed","param":null,"code":"NOT_FOUND","type":"error"}}`},
			TooLong: {Status: 400, Body: `{"error":{"object":"error","type":"invalid_request_error","code":"invalid_request_error","message":"The prompt is too long: 140000, model maximum context length: 131071"}}`},
		},
	},
	{
		ID: "deepinfra",
		Sources: []string{
			"https://deepinfra.com/docs/openai_api",
			"https://deepinfra.com/docs/advanced/rate-limits",
			"https://github.com/zebbern/no-cost-ai/issues/24", // out of money
		},
		Base: "/v1/openai", Model: "deepseek-ai/DeepSeek-V3.1", Takes: []string{"top_k", "min_p", "repetition_penalty"}, ListOpen: true,
		Thinks: ThinksInContent, UsageIn: UsageLast, Unreasoned: true, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["prompt_tokens_details"], o["estimated_cost"] = obj{"cached_tokens": u.Cached}, 0.00001234
			return o
		},
		Says: map[Trouble]Answer{
			NoMoney: {Status: 402, Body: `{"detail":{"error":"You need positive balance to do inference. Please add balance manually or setup top-up"}}`},
		},
	},
	siliconflow("siliconflow"), siliconflow("siliconflow-intl"),
	{
		ID: "novita",
		Sources: []string{
			"https://novita.ai/docs/guides/error",
			"https://novita.ai/docs/api-reference/model-apis-llm-create-chat-completion",
		},
		Base: "/openai/v1", Model: "deepseek/deepseek-v3.1", Takes: []string{"top_k", "min_p", "repetition_penalty", "separate_reasoning"}, ListOpen: true,
		Thinks: ThinksInContent, UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"code":401,"reason":"INVALID_API_KEY","message":"invalid api key","metadata":{}}`},
			NoMoney: {Status: 403, Body: `{"code":403,"reason":"NOT_ENOUGH_BALANCE","message":"not enough balance","metadata":{}}`},
			TooFast: {Status: 429, Body: `{"code":429,"reason":"RATE_LIMIT_EXCEEDED","message":"rate limit exceeded, please try again later","metadata":{}}`},
			NoModel: {Status: 404, Body: `{"code":404,"reason":"MODEL_NOT_FOUND","message":"model not found","metadata":{"reason":"model: {model} not found"}}`},
		},
	},
	{
		ID: "nebius",
		Sources: []string{
			"https://docs.tokenfactory.nebius.com/api-reference/inference/create-chat-completion", // an HTTPValidationError as FastAPI's
			"https://docs.tokenfactory.nebius.com/ai-models-inference/rate-limits",
		},
		Base: "/v1", Model: "deepseek-ai/DeepSeek-V3.2", Takes: []string{"top_k", "repetition_penalty"},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
	},
}

func siliconflow(id string) Compatible {
	return Compatible{
		ID: id,
		Sources: []string{
			"https://docs.siliconflow.cn/en/faqs/error-code",
			"https://docs.siliconflow.cn/en/api-reference/chat-completions/chat-completions", // enable_thinking, reasoning_content
			"https://github.com/chatboxai/chatbox/issues/2573",                               // a bad key: a bare string
			"https://github.com/ErlichLiu/DeepClaude/issues/111",                             // a model that is not there
		},
		Base: "/v1", Model: "Qwen/Qwen3-32B", Takes: []string{"enable_thinking", "thinking_budget", "top_k", "min_p"},
		Thinks: ThinksInContent, UsageIn: UsageEach, Uncached: true, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["completion_tokens_details"] = obj{"reasoning_tokens": u.Reasoning}
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `"Api key is invalid"`},
			NoMoney: {Status: 403, Body: `{"code":30001,"message":"Sorry, your account balance is insufficient","data":null}`},
			NoModel: {Status: 400, Body: `{"code":20012,"message":"Model does not exist. Please check it carefully.","data":null}`},
			TooFast: {Status: 429, Body: `{"message":"Request was rejected due to rate limiting. Details: TPM limit reached.","data":null}`},
			Busy:    {Status: 503, Body: `{"code":50505,"message":"Model service overloaded. Please try again later.","data":null}`},
		},
	}
}
