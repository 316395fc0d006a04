package imitation

// Those who serve models on machines of their own kind.
var hosts = []Compatible{
	{
		ID: "groq",
		Sources: []string{
			"https://console.groq.com/docs/openai",                       // what is not supported
			"https://console.groq.com/docs/reasoning",                    // message.reasoning
			"https://console.groq.com/docs/rate-limits",                  // retry-after
			"https://console.groq.com/docs/errors",                       // the statuses
			"https://github.com/mindcraft-bots/mindcraft/pull/188",       // "try again in"
			"https://github.com/HunorLaczko/ha-groq-cloud-api/issues/27", // 413
			"https://github.com/continuedev/continue/issues/9890",        // a model that is not there
		},
		Base: "/openai/v1", Model: "qwen/qwen3-32b", Answers: true,
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "object": "model", "created": 1748396646, "owned_by": "Alibaba Cloud", "active": true, "context_window": 131072, "public_apps": nil, "max_completion_tokens": 40960})
			}
			return obj{"object": "list", "data": append(data, obj{"id": "whisper-large-v3", "object": "model", "created": 1693721698, "owned_by": "OpenAI", "active": true, "context_window": 448, "public_apps": nil, "max_completion_tokens": 448})}
		},
		Refuses: []Refusal{
			{Name: "logprobs", Finds: params("logprobs"), Says: groqProperty, Example: `{"logprobs":true}`},
			{Name: "logit_bias", Finds: params("logit_bias"), Says: groqProperty, Example: `{"logit_bias":{"50256":-100}}`},
			{Name: "top_logprobs", Finds: params("top_logprobs"), Says: groqProperty},
			{Name: "messages[].name", Finds: inMessages("", "name"), Example: `{"messages":[{"role":"user","name":"ann","content":"hi"}]}`,
				Says: openAIWords(400, "'messages.{what}' : for 'role:user' the following must be satisfied[('messages.{what}' : property 'name' is unsupported)]", "invalid_request_error", "")},
			{Name: "n", Finds: value("n", 1), Says: openAIWords(400, "'n' : number must be at most 1", "invalid_request_error", ""), Example: `{"n":2}`},
			{Name: "messages[].reasoning_content", Finds: inMessages("", "reasoning_content"),
				Says:    openAIWords(400, "'messages.{what}' : for 'role:assistant' the following must be satisfied[('messages.{what}' : property 'reasoning_content' is unsupported)]", "invalid_request_error", ""),
				Example: `{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","reasoning_content":"hm"},{"role":"user","content":"and?"}]}`},
		},
		Takes:  []string{"reasoning_format", "include_reasoning"},
		Thinks: ThinksInReasoning, UsageIn: UsageXGroq, Unreasoned: true, Uncached: true, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["queue_time"], o["prompt_time"], o["completion_time"], o["total_time"] = 0.05, 0.002, 0.3, 0.302
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:  openAIWords(401, "Invalid API Key", "invalid_request_error", "invalid_api_key"),
			TooFast: openAIWords(429, "Rate limit reached for model `{model}` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Used 5914, Requested 1822. Please try again in 17.359s. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing", "tokens", "rate_limit_exceeded").waiting(18),
			NoModel: openAIWords(404, "The model `{model}` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found"),
			TooLong: openAIWords(400, "Please reduce the length of the messages or completion.", "invalid_request_error", "context_length_exceeded"),
			Busy:    openAIWords(503, "{model} is currently over capacity. Please try again and back off exponentially. Visit https://groqstatus.com to see if there is an active incident.", "internal_server_error", ""),
		},
	},
	{
		ID: "cerebras",
		Sources: []string{
			"https://inference-docs.cerebras.ai/resources/openai",          // what is not supported
			"https://inference-docs.cerebras.ai/capabilities/reasoning",    // delta.reasoning
			"https://inference-docs.cerebras.ai/support/error",             // the statuses
			"https://github.com/Alishahryar1/free-claude-code/issues/1136", // reasoning_content is refused; the flat shape
			"https://github.com/anomalyco/opencode/issues/6648",            // unknown parameters are refused
			"https://github.com/cline/cline/issues/5140",                   // too long
		},
		Base: "/v1", Model: "qwen-3-235b-a22b-instruct-2507", ListOpen: false,
		Refuses: []Refusal{
			{Name: "messages[].reasoning_content", Finds: inMessages("", "reasoning_content"),
				Says: cerebrasProperty("messages.{what}.assistant.reasoning_content"), Example: `{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x","reasoning_content":"hm"},{"role":"user","content":"and?"}]}`},
			{Name: "thinking", Finds: params("thinking"), Says: cerebrasProperty("body.thinking"), Example: `{"thinking":{"type":"disabled"}}`},
			{Name: "frequency_penalty", Finds: params("frequency_penalty", "presence_penalty"), Says: cerebrasProperty("body.{what}"), Example: `{"frequency_penalty":0.1}`},
			{Name: "logit_bias", Finds: params("logit_bias"), Says: cerebrasProperty("body.{what}"), Example: `{"logit_bias":{"1":1}}`},
		},
		Thinks: ThinksInReasoning, UsageIn: UsageLast, Unreasoned: true, Beside: obj{"time_info": obj{"queue_time": 0.0001, "prompt_time": 0.002, "completion_time": 0.01, "total_time": 0.02, "created": 1764000000}},
		Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["prompt_tokens_details"] = obj{"cached_tokens": u.Cached}
			return o
		},
		Says: map[Trouble]Answer{
			BadKey:  {Status: 401, Body: `{"message":"Wrong API Key","type":"invalid_request_error","param":"api_key","code":"wrong_api_key"}`},
			TooFast: {Status: 429, Body: `{"message":"Requests per minute limit exceeded - too many requests sent.","type":"too_many_requests_error","param":"quota","code":"request_quota_exceeded"}`},
			NoModel: {Status: 404, Body: `{"message":"Model {model} does not exist or you do not have access to it.","type":"not_found_error","param":"model","code":"model_not_found"}`},
			TooLong: {Status: 400, Body: `{"message":"Please reduce the length of the messages or completion. Current length is 42328 while limit is 40000","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}`},
			Busy:    {Status: 429, Body: `{"message":"We're experiencing high traffic right now! Please try again soon.","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"}`},
		},
	},
}

var groqProperty = openAIWords(400, "property '{what}' is unsupported", "invalid_request_error", "")

func cerebrasProperty(path string) Answer {
	return Answer{Status: 400, Body: `{"message":"` + path + `: property '` + path + `' is unsupported","type":"invalid_request_error","param":"validation_error","code":"wrong_api_format"}`}
}
