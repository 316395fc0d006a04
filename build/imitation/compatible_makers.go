package imitation

import "slices"

// Makers of models, and clouds.
var makers = slices.Concat([]Compatible{
	{
		ID: "deepseek",
		Sources: []string{
			"https://api-docs.deepseek.com/quick_start/error_codes", // the statuses and their words
			"https://api-docs.deepseek.com/quick_start/rate_limit",  // ": keep-alive"
			"https://api-docs.deepseek.com/guides/thinking_mode",    // reasoning_content, and that calls want it back
			"https://api-docs.deepseek.com/guides/kv_cache",         // prompt_cache_hit_tokens
			"https://api-docs.deepseek.com/guides/anthropic_api",
			"https://api-docs.deepseek.com/api/create-chat-completion", // finish_reason insufficient_system_resource
			"https://github.com/1Panel-dev/MaxKB/issues/3797",          // 402
			"https://github.com/proxysoul/Empryo/issues/62",            // reasoning_content is missing
		},
		Base: "/v1", Model: "deepseek-v4-pro", Messages: "/anthropic", Takes: []string{"thinking"},
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "object": "model", "owned_by": "deepseek"})
			}
			return obj{"object": "list", "data": data}
		},
		Refuses: []Refusal{
			{Name: "response_format json_schema", Finds: schemaAsked, Says: openAIWords(400, "This response_format type is unavailable now", "invalid_request_error", "invalid_request_error"),
				Example: `{"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object","properties":{}}}}}`},
			{Name: "role developer", Finds: roles("developer"), Example: `{"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"hi"}]}`,
				Says: openAIWords(400, "Failed to deserialize the JSON body into the target type: messages[{what}].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`, `latest_reminder` at line 1 column 42", "invalid_request_error", "invalid_request_error")},
			{Name: "calls without their reasoning_content", Finds: unthought,
				Says: openAIWords(400, "The `reasoning_content` in the thinking mode must be passed back to the API.", "invalid_request_error", "invalid_request_error")},
		},
		Thinks: ThinksInContent, Comment: "keep-alive", UsageIn: UsageLast, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["prompt_cache_hit_tokens"], o["prompt_cache_miss_tokens"] = u.Cached, u.Input-u.Cached
			o["completion_tokens_details"] = obj{"reasoning_tokens": u.Reasoning}
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:    openAIWords(401, "Authentication Fails, Your api key: ****{key} is invalid", "authentication_error", "invalid_request_error"),
			NoMoney:   openAIWords(402, "Insufficient Balance", "unknown_error", "invalid_request_error"),
			NoModel:   openAIWords(400, "Model Not Exist", "invalid_request_error", "invalid_request_error"),
			TooLong:   openAIWords(400, "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens (139000 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.", "invalid_request_error", "invalid_request_error"),
			TooFast:   openAIWords(429, "Rate limit reached", "rate_limit_error", ""),
			Busy:      openAIWords(503, "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.", "service_unavailable_error", ""),
			BreaksOff: {Body: `{"id":"1","object":"chat.completion.chunk","created":1764000000,"model":"{model}","choices":[{"index":0,"delta":{"content":""},"finish_reason":"insufficient_system_resource"}]}`},
		},
	},
	moonshot("moonshot", "/v1", "/anthropic"), moonshot("moonshot-cn", "/v1", "/anthropic"), moonshot("kimi-coding", "/coding/v1", "/coding"),
	zhipu("zhipu", "/api/paas/v4", inChinese), zhipu("zhipu-coding", "/api/coding/paas/v4", inChinese),
	zhipu("zai", "/api/paas/v4", inEnglish), zhipu("zai-coding", "/api/coding/paas/v4", inEnglish),
	minimax("minimax", "https://platform.minimax.io/docs/api-reference/errorcode"),
	minimax("minimax-cn", "https://platform.minimaxi.com/docs/api-reference/errorcode"),
	dashscope("dashscope", "https://help.aliyun.com/en/model-studio/error-code"),
	dashscope("dashscope-intl", "https://www.alibabacloud.com/help/model-studio/error-code"),
	{
		ID: "mistral",
		Sources: []string{
			"https://docs.mistral.ai/api/",                              // what it takes; capabilities in the list
			"https://docs.mistral.ai/capabilities/reasoning/",           // thinking parts
			"https://github.com/editor-code-assistant/eca/issues/231",   // max_completion_tokens is refused
			"https://github.com/charmbracelet/crush/issues/1590",        // reasoning_content is refused
			"https://github.com/nomtek/mistralai_client_dart/issues/44", // names are refused
			"https://github.com/OpenHands/OpenHands-CLI/issues/83",      // metadata is refused
			"https://github.com/raycast/extensions/issues/31107",        // 429
			"https://github.com/continuedev/continue/issues/6185",       // overloaded
			"https://github.com/coolcline/CoolCline/issues/36",          // a bad key
		},
		Base: "/v1", Model: "magistral-medium-2509",
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "object": "model", "created": 1764000000, "owned_by": "mistralai", "name": m, "description": "d", "max_context_length": 131072, "aliases": []any{}, "type": "base",
					"capabilities": obj{"completion_chat": true, "function_calling": true, "vision": true}})
			}
			return obj{"object": "list", "data": data}
		},
		Only: []string{"model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed", "response_format", "tools", "tool_choice",
			"presence_penalty", "frequency_penalty", "n", "prediction", "parallel_tool_calls", "prompt_mode", "reasoning_effort", "safe_prompt"},
		Extra: mistralExtra(`["body","{what}"]`),
		Refuses: []Refusal{
			{Name: "max_completion_tokens", Finds: params("max_completion_tokens"), Says: mistralExtra(`["body","{what}"]`), Example: `{"max_completion_tokens":200}`},
			{Name: "seed", Finds: params("seed"), Says: mistralExtra(`["body","{what}"]`), Example: `{"seed":7}`},
			{Name: "metadata", Finds: params("metadata"), Says: mistralExtra(`["body","{what}"]`), Example: `{"metadata":{"a":"b"}}`},
			{Name: "messages[].name", Finds: inMessages("user", "name"), Says: mistralExtra(`["body","messages",{what},"user","name"]`), Example: `{"messages":[{"role":"user","name":"ann","content":"hi"}]}`},
			{Name: "messages[].reasoning_content", Finds: inMessages("assistant", "reasoning_content"), Says: mistralExtra(`["body","messages",{what},"assistant","reasoning_content"]`),
				Example: `{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","reasoning_content":"hm"},{"role":"user","content":"and?"}]}`},
			{Name: "ids of calls", Finds: unlikeNine, Says: Answer{Status: 400, Body: `{"object":"error","message":"Tool call id was {what} but must be a-z, A-Z, 0-9, with a length of 9.","type":"invalid_function_call","param":null,"code":"3280"}`},
				Example: `{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_abc123","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"call_abc123","content":"ok"}]}`},
		},
		Thinks: ThinksInBlocks, NineIDs: true, WholeCalls: true, UsageIn: UsageLast, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"message":"Unauthorized","request_id":"933f233947ff6d346065bb297e4a4d56"}`},
			TooFast: {Status: 429, Body: `{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}`},
			NoModel: {Status: 400, Body: `{"object":"error","message":"Invalid model: {model}","type":"invalid_model","param":null,"code":"1500"}`},
			TooLong: {Status: 400, Body: `{"object":"error","message":"Prompt contains 140000 tokens and 0 draft tokens, too large for model with 131072 maximum context length","type":"invalid_request_prompt","param":null,"code":"3051"}`},
			Busy:    {Status: 429, Body: `{"object":"error","message":"Service tier capacity exceeded for this model.","type":"invalid_request_error","param":null,"code":null}`},
		},
	},
	{
		ID: "xai",
		Sources: []string{
			"https://docs.x.ai/docs/guides/reasoning",              // reasoning_content; which parameters its reasoning models refuse
			"https://docs.x.ai/docs/api-reference",                 // usage
			"https://github.com/continuedev/continue/issues/10778", // a bad key
			"https://github.com/continuedev/continue/issues/10373", // out of money
			"https://github.com/nocmt/LLMSearchPlus/issues/2",      // {code, error}
		},
		Base: "/v1", Model: "grok-4", Answers: true,
		Refuses: []Refusal{
			{Name: "presence_penalty", ByModel: true, Finds: params("presence_penalty"), Says: xaiWords(400, "Client specified an invalid argument", "Argument not supported on this model: presencePenalty"), Example: `{"presence_penalty":0.1}`},
			{Name: "frequency_penalty", ByModel: true, Finds: params("frequency_penalty"), Says: xaiWords(400, "Client specified an invalid argument", "Argument not supported on this model: frequencyPenalty"), Example: `{"frequency_penalty":0.1}`},
		},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked, Usage: func(u Usage) obj {
			return obj{"prompt_tokens": u.Input, "completion_tokens": u.Output - u.Reasoning, "total_tokens": u.Input + u.Output, "num_sources_used": 0,
				"prompt_tokens_details":     obj{"text_tokens": u.Input, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": u.Cached},
				"completion_tokens_details": obj{"reasoning_tokens": u.Reasoning, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}
		},
		Says: map[Trouble]Answer{
			BadKey:  xaiWords(400, "Client specified an invalid argument", "Incorrect API key provided: sk***{key}. You can obtain an API key from https://console.x.ai."),
			NoMoney: xaiWords(429, "Some resource has been exhausted", "Your team 16f2151a-40f4-4a80-8ad0-cae00c27e8dd has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit."),
			NoModel: xaiWords(404, "Some requested entity was not found", "The model {model} does not exist or your team 16f2151a-40f4-4a80-8ad0-cae00c27e8dd does not have access to it. Please ensure you're using the correct API key."),
			TooLong: xaiWords(400, "Client specified an invalid argument", "This model's maximum prompt length is 131072 but the request contains 140000 tokens."),
		},
	},
	{
		ID: "cohere",
		Sources: []string{
			"https://docs.cohere.com/docs/compatibility-api",
			"https://docs.cohere.com/reference/list-models",
			"https://docs.cohere.com/v1/reference/errors.md",
			"https://github.com/cohere-ai/cohere-toolkit/issues/857", // a bad key
			"https://github.com/MaartenGr/BERTopic/issues/1864",      // a model that is not there
		},
		Base: "/compatibility/v1", Model: "command-a-03-2025", ListAt: "/v1/models",
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"name": m, "endpoints": []any{"chat"}, "finetuned": false, "context_length": 288000, "tokenizer_url": "https://storage.example/t.json", "default_endpoints": []any{}, "features": []any{"tools"}})
			}
			return obj{"models": append(data, obj{"name": "rerank-v3.5", "endpoints": []any{"rerank"}, "finetuned": false, "context_length": 4096, "default_endpoints": []any{}}), "next_page_token": ""}
		},
		UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"id":"1","message":"invalid api token"}`},
			NoMoney: {Status: 402, Body: `{"id":"1","message":"Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue"}`},
			TooFast: {Status: 429, Body: `{"id":"1","message":"You are using a Trial key, which is limited to 20 API calls / minute. You can continue to use the Trial key for free or upgrade to a Production key with higher rate limits at 'https://dashboard.cohere.com/api-keys'."}`},
			NoModel: {Status: 404, Body: `{"id":"1","message":"model '{model}' not found, make sure the correct model ID was used and that you have access to the model."}`},
			TooLong: {Status: 400, Body: `{"id":"1","message":"too many tokens: the total number of tokens in the prompt exceeds the limit of 288000. Try using a shorter prompt or enable prompt truncating."}`},
		},
	},
	{
		ID: "perplexity",
		Sources: []string{
			"https://docs.perplexity.ai/api-reference/chat-completions-post", // usage.cost, search_results, <think> of sonar-reasoning-pro
			"https://docs.perplexity.ai/guides/chat-completions-guide",
			"https://github.com/perplexityai/api-discussion/issues/265", // turns have to alternate
			"https://github.com/iamsrikanthnani/pluely/issues/71",       // the same, in newer words
		},
		Base: "", Model: "sonar-reasoning-pro", ListAt: "none", Toolless: true, Takes: []string{"web_search_options", "top_k", "search_mode"},
		Refuses: []Refusal{
			{Name: "turns of one role in a row", Finds: turnsAlike, Says: Answer{Status: 400, Body: `{"error":{"message":"After the (optional) system message(s), user or tool message(s) should alternate with assistant message(s).","type":"invalid_message","code":400}}`},
				Example: `{"messages":[{"role":"user","content":"Hello!"},{"role":"user","content":"How are you?"}]}`},
		},
		Thinks: ThinksInText, RoleInEach: true, UsageIn: UsageEach, Uncached: true, Unreasoned: true,
		Beside: obj{"citations": []any{"https://example.com/a"}, "search_results": []any{obj{"title": "A", "url": "https://example.com/a", "date": "2026-01-01"}}},
		Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["search_context_size"], o["cost"] = "low", obj{"input_tokens_cost": 0.00002, "output_tokens_cost": 0.0003, "request_cost": 0.006, "total_cost": 0.00632}
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>openresty/1.25.3.1</center>\r\n</body>\r\n</html>\r\n"},
			NoModel: {Status: 400, Body: `{"error":{"message":"Invalid model '{model}'. Permitted models can be found in the documentation at https://docs.perplexity.ai/getting-started/models.","type":"invalid_model","code":400}}`},
		},
	},
	{
		ID: "gemini-openai",
		Sources: []string{
			"https://ai.google.dev/gemini-api/docs/openai",
			"https://ai.google.dev/gemini-api/docs/thought-signatures", // extra_content.google.thought_signature
			"https://github.com/0xsline/OpenChatCut/issues/6",          // errors come in an array
			"https://github.com/continuedev/continue/issues/10748",     // a bad key
		},
		Base: "/v1beta/openai", Model: "gemini-2.5-flash", Takes: []string{"extra_body"},
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": "models/" + m, "object": "model", "owned_by": "google", "display_name": "Gemini"})
			}
			return obj{"object": "list", "data": data}
		},
		WholeCalls: true, NoIndex: true, UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 400, Body: `[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"generativelanguage.googleapis.com"}}]}}]`},
			TooFast: {Status: 429, Body: `[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 21.5s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"21s"}]}}]`, Wait: 21},
			NoModel: {Status: 404, Body: `[{"error":{"code":404,"message":"models/{model} is not found for API version v1main, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.","status":"NOT_FOUND"}}]`},
			TooLong: {Status: 400, Body: `[{"error":{"code":400,"message":"The input token count (1181881) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]`},
			Busy:    {Status: 503, Body: `[{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}]`},
		},
	},
	{
		ID: "azure-openai",
		Sources: []string{
			"https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle",      // the v1 surface
			"https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-streaming", // the first chunk has no choices
			"https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list",
			"https://learn.microsoft.com/en-us/answers/questions/1371786/get-azure-openai-deployments-in-api", // the list of deployments
			"https://github.com/chatboxai/chatbox/issues/861",                                                 // a deployment that is not there
		},
		Base: "/openai/v1", Header: "Api-Key", Model: "my-gpt-4o", Answers: true, Classic: "/openai/deployments/",
		ListAt: "/openai/deployments", List: func(models []string) any { // as it was before Azure gave it up
			data := []any{obj{"scale_settings": obj{"scale_type": "standard"}, "model": "text-embedding-3-small", "owner": "organization-owner", "id": "vectors", "status": "succeeded", "created_at": 1690000000, "object": "deployment"}}
			for _, m := range models {
				data = append(data, obj{"scale_settings": obj{"scale_type": "standard"}, "model": "gpt-4o", "owner": "organization-owner", "id": m, "status": "succeeded", "created_at": 1690000000, "updated_at": 1690000000, "object": "deployment"})
			}
			return obj{"data": data, "object": "list"}
		},
		Prologue: `{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"}}}]}`,
		UsageIn:  UsageIfAsked,
		Says:     azureSays,
	},
})

var azureSays = map[Trouble]Answer{
	BadKey:  {Status: 401, Body: `{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource."}}`},
	TooFast: Answer{Status: 429, Body: `{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 24 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."}}`}.waiting(24),
	NoModel: {Status: 404, Body: `{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again."}}`},
	TooLong: openAIWords(400, "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens. Please reduce the length of the messages.", "invalid_request_error", "context_length_exceeded"),
}

func moonshot(id, base, messages string) Compatible {
	return Compatible{
		ID: id,
		Sources: []string{
			"https://platform.moonshot.ai/docs/api/chat", // errors; usage in the choice that ends a stream
			"https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model",
			"https://github.com/caudena/beam_weaver/releases/tag/v0.1.12", // choices[0].usage
			"https://github.com/BerriAI/litellm/pull/29687",               // temperature
			"https://github.com/MoonshotAI/Kimi-K2/issues/5",              // out of money, 403
			"https://github.com/anomalyco/opencode/issues/24462",          // out of money, 429
			"https://github.com/MoonshotAI/kimi-cli/issues/901",           // rate limit
			"https://github.com/MoonshotAI/kimi-code/issues/2152",         // overloaded
			"https://www.kimi.com/code/docs/en/kimi-code/models.html",     // the coding plan's address, with both protocols
			"https://github.com/kaichen/kimicc/issues/20",                 // a bad key
		},
		Base: base, Model: "kimi-k2.6", Messages: messages, Takes: []string{"thinking"},
		Refuses: []Refusal{
			{Name: "temperature", ByModel: true, Finds: value("temperature", 1), Says: openAIWords(400, "invalid temperature: only 1 is allowed for this model", "invalid_request_error", ""), Example: `{"temperature":0.2}`},
			{Name: "calls without their reasoning_content", Finds: unthought,
				Says: openAIWords(400, "thinking is enabled but reasoning_content is missing in assistant tool call message at index {what}", "invalid_request_error", "")},
		},
		Thinks: ThinksInContent, UsageIn: UsageInChoice, Unreasoned: true, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["cached_tokens"] = u.Cached
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"error":{"message":"Invalid Authentication","type":"invalid_authentication_error"}}`},
			NoMoney: {Status: 429, Body: `{"error":{"message":"Your account org-446a70bb <ak-f817m9q3> is suspended due to insufficient balance, please recharge your account or check your plan and billing details","type":"exceeded_current_quota_error"}}`},
			TooFast: {Status: 429, Body: `{"error":{"message":"Your account org-446a70bb<ak-f817m9q3> request reached organization max RPM: 3, please try again after 1 seconds","type":"rate_limit_reached_error"}}`, Wait: 1},
			NoModel: {Status: 404, Body: `{"error":{"message":"Not found the model {model} or Permission denied","type":"resource_not_found_error"}}`},
			TooLong: {Status: 400, Body: `{"error":{"message":"Invalid request: Your request exceeded model token limit: 262144","type":"invalid_request_error"}}`},
			Busy:    {Status: 429, Body: `{"error":{"message":"The engine is currently overloaded, please try again later","type":"engine_overloaded_error"}}`},
		},
	}
}

// What Zhipu says, at home and abroad.
var inChinese = map[Trouble]Answer{
	BadKey:    {Status: 401, Body: `{"error":{"code":"1002","message":"Authentication Token非法,请确认Authentication Token正确传递"}}`},
	NoMoney:   {Status: 429, Body: `{"error":{"code":"1113","message":"您的账户已欠费，请充值后重试。"}}`},
	TooFast:   {Status: 429, Body: `{"error":{"code":"1302","message":"您当前使用该API的并发数过高，请降低并发，或联系客服增加限额。"}}`},
	NoModel:   {Status: 400, Body: `{"error":{"code":"1211","message":"模型不存在，请检查模型代码。"}}`},
	TooLong:   {Status: 400, Body: `{"error":{"code":"1261","message":"Prompt 超长"}}`},
	Busy:      {Status: 429, Body: `{"error":{"code":"1312","message":"该模型当前访问量过大，请您稍后再试，或切换其他模型"}}`},
	BreaksOff: {Body: `{"id":"1","created":1764000000,"object":"chat.completion.chunk","model":"{model}","choices":[{"index":0,"finish_reason":"network_error","delta":{"role":"assistant","content":""}}]}`},
}

var inEnglish = map[Trouble]Answer{
	BadKey:    {Status: 401, Body: `{"error":{"code":"1002","message":"Authentication Token is invalid. Please confirm that the Authentication Token is correctly provided"}}`},
	NoMoney:   {Status: 429, Body: `{"error":{"code":"1113","message":"Your account is in arrears. Please recharge and try again"}}`},
	TooFast:   {Status: 429, Body: `{"error":{"code":"1302","message":"High concurrency usage of this API, please reduce concurrency or contact customer service to increase limits"}}`},
	NoModel:   {Status: 400, Body: `{"error":{"code":"1211","message":"Model does not exist. Please check the model code"}}`},
	TooLong:   {Status: 400, Body: `{"error":{"code":"1261","message":"Prompt exceeds max length"}}`},
	BreaksOff: {Body: `{"id":"1","created":1764000000,"object":"chat.completion.chunk","model":"{model}","choices":[{"index":0,"finish_reason":"network_error","delta":{"role":"assistant","content":""}}]}`},
}

func zhipu(id, base string, says map[Trouble]Answer) Compatible {
	return Compatible{
		ID: id,
		Sources: []string{
			"https://docs.bigmodel.cn/cn/api/api-code",
			"https://docs.z.ai/api-reference/api-code",
			"https://docs.z.ai/api-reference/llm/chat-completion", // thinking, reasoning_content, finish_reason network_error, cached_tokens
			"https://docs.z.ai/guides/capabilities/stream-tool",   // without tool_stream, calls come whole
			"https://github.com/langgenius/dify/issues/5850",      // 1113
			"https://github.com/kaitranntt/ccs/issues/402",        // 1302
		},
		Base: base, Model: "glm-4.7", Messages: "/api/anthropic", Takes: []string{"thinking", "do_sample", "request_id", "tool_stream"},
		Thinks: ThinksInContent, WholeCalls: true, RoleInEach: true, UsageIn: UsageLast, Unreasoned: true, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["prompt_tokens_details"] = obj{"cached_tokens": u.Cached}
			return o
		},
		Says: says,
	}
}

func minimax(id, page string) Compatible {
	return Compatible{
		ID: id,
		Sources: []string{
			page, // base_resp
			"https://platform.minimax.io/docs/api-reference/text-openai-api", // <think> in the text, reasoning_split
			"https://platform.minimax.io/docs/api-reference/text-anthropic-api",
			"https://github.com/nearai/ironclaw/issues/1742",     // a bad key under 401
			"https://github.com/MiniMax-AI/MiniMax-M2/issues/62", // out of money
		},
		Base: "/v1", Model: "MiniMax-M2.5", ListAt: "none", Messages: "/anthropic", Takes: []string{"reasoning_split"},
		Thinks: ThinksInText, UsageIn: UsageLast, Usage: plainUsage, Uncached: true, Unreasoned: true, TextOnly: true,
		Beside: obj{"base_resp": obj{"status_code": 0, "status_msg": ""}},
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"type":"error","error":{"type":"authorized_error","message":"login fail: Please carry the API secret key in the 'Authorization' field of the request header (1004)","http_code":"401"},"request_id":"1"}`},
			NoMoney: {Status: 200, Body: `{"id":"1","choices":null,"created":0,"model":"{model}","object":"chat.completion","usage":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`},
			TooFast: {Status: 200, Body: `{"id":"1","choices":null,"created":0,"model":"{model}","object":"chat.completion","usage":null,"base_resp":{"status_code":1002,"status_msg":"rate limit"}}`},
		},
	}
}

func dashscope(id, page string) Compatible {
	return Compatible{
		ID: id,
		Sources: []string{
			page,
			"https://www.alibabacloud.com/help/en/model-studio/use-qwen-by-calling-api", // enable_thinking, reasoning_content, cached_tokens
			"https://github.com/tencentmusic/supersonic/issues/1572",                    // Arrearage
			"https://github.com/Aider-AI/aider/issues/4712",                             // a bad key
		},
		Base: "/compatible-mode/v1", Model: "qwen3-32b", Takes: []string{"enable_thinking", "thinking_budget", "top_k", "enable_search"},
		Refuses: []Refusal{{Name: "enable_thinking without stream", ByModel: true, Finds: func(body map[string]any) []string {
			if truth(body, "enable_thinking") && !truth(body, "stream") {
				return []string{"enable_thinking"}
			}
			return nil
		}, Says: openAIWords(400, "parameter.enable_thinking must be set to false for non-streaming calls", "invalid_request_error", "invalid_parameter_error"), Example: `{"enable_thinking":true}`}},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked,
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"error":{"message":"Incorrect API key provided. For details, see: https://help.aliyun.com/zh/model-studio/error-code#apikey-error","type":"invalid_request_error","param":null,"code":"invalid_api_key"},"request_id":"1"}`},
			NoMoney: {Status: 400, Body: `{"error":{"message":"Access denied, please make sure your account is in good standing. For details, see: https://help.aliyun.com/zh/model-studio/error-code#overdue-payment","type":"Arrearage","param":null,"code":"Arrearage"},"request_id":"1"}`},
			TooFast: {Status: 429, Body: `{"error":{"message":"Requests rate limit exceeded, please try again later.","type":"limit_requests","param":null,"code":"limit_requests"},"request_id":"1"}`},
			NoModel: {Status: 404, Body: "{\"error\":{\"message\":\"The model `{model}` does not exist or you do not have access to it.\",\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"model_not_found\"},\"request_id\":\"1\"}"},
			TooLong: {Status: 400, Body: `{"error":{"message":"<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 129024]","type":"invalid_request_error","param":null,"code":"invalid_parameter_error"},"request_id":"1"}`},
		},
	}
}

func mistralExtra(loc string) Answer {
	return Answer{Status: 422, Body: `{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":` + loc + `,"msg":"Extra inputs are not permitted","input":null}]},"type":"invalid_request_error","param":null,"code":null}`}
}

func xaiWords(status int, code, message string) Answer {
	return Answer{Status: status, Body: `{"code":` + quote(code) + `,"error":` + quote(message) + `}`}
}
