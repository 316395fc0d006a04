package imitation

// Servers on one's own machine.
var locals = []Compatible{
	{
		ID: "ollama",
		Sources: []string{
			"https://docs.ollama.com/api/openai-compatibility", // what it takes; reasoning
			"https://docs.ollama.com/api/anthropic-compatibility",
			"https://github.com/ollama/ollama/blob/main/openai/openai.go", // the role in each chunk, calls in one piece, the shape of errors
		},
		Base: "/v1", Keyless: true, Model: "qwen3:8b", Answers: true, Messages: "/",
		Thinks: ThinksInReasoning, WholeCalls: true, RoleInEach: true, UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			NoModel: openAIWords(404, `model "{model}" not found, try pulling it first`, "not_found_error", ""),
			Busy:    openAIWords(503, "server busy, please try again.  maximum pending requests exceeded", "api_error", ""),
		},
	},
	{
		ID: "lmstudio",
		Sources: []string{
			"https://lmstudio.ai/docs/developer/openai-compat",
			"https://lmstudio.ai/docs/developer/anthropic-compat",
			"https://github.com/Gitlawb/openclaude/issues/353", // too long; {error: text}
		},
		Base: "/v1", Keyless: true, Model: "google/gemma-4-26b-a4b", Answers: true, Messages: "/", Takes: []string{"top_k", "repeat_penalty", "ttl"},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Says: map[Trouble]Answer{
			TooLong: {Status: 400, Body: `{"error":"The number of tokens to keep from the initial prompt is greater than the context length (n_keep: 13055>= n_ctx: 4096). Try to load the model with a larger context length, or provide a shorter input."}`},
		},
	},
	{
		ID: "llamacpp",
		Sources: []string{
			"https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md", // errors, timings, reasoning_content, two lists in one
			"https://github.com/ggml-org/llama.cpp/pull/15780",                         // too long
			"https://github.com/ggml-org/llama.cpp/issues/19774",                       // the same, newer
		},
		Base: "/v1", Keyless: true, Model: "Qwen3-8B-Q4_K_M.gguf", Messages: "/", Takes: []string{"top_k", "cache_prompt", "reasoning_format"},
		List: func(models []string) any {
			data, short := []any{}, []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "object": "model", "created": 1764000000, "owned_by": "llamacpp", "meta": obj{"vocab_type": 2, "n_vocab": 151936, "n_ctx_train": 40960, "n_embd": 4096, "n_params": 8190735360, "size": 5020000000}})
				short = append(short, obj{"name": m, "model": m, "modified_at": "", "size": "", "digest": "", "type": "model", "description": "", "tags": []any{""}, "capabilities": []any{"completion"}, "parameters": "", "details": obj{"format": "gguf"}})
			}
			return obj{"models": short, "object": "list", "data": data}
		},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked, Usage: plainUsage, Uncached: true, Unreasoned: true,
		Beside: obj{"timings": obj{"prompt_n": 1, "prompt_ms": 30.958, "predicted_n": 35, "predicted_ms": 661.064, "cache_n": 236}},
		Says: map[Trouble]Answer{
			TooLong: {Status: 400, Body: `{"error":{"code":400,"message":"request (4390 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":4390,"n_ctx":4096}}`},
			Busy:    {Status: 503, Body: `{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}`},
		},
	},
	{
		ID: "vllm",
		Sources: []string{
			"https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
			"https://docs.vllm.ai/en/latest/features/reasoning_outputs.html", // reasoning_content
			"https://github.com/vllm-project/vllm/issues/3485",               // a model that is not there; the flat shape
			"https://github.com/vllm-project/vllm/issues/19464",              // too long
		},
		Base: "/v1", Keyless: true, Model: "Qwen/Qwen3-32B", Answers: true, Takes: []string{"top_k", "min_p", "repetition_penalty", "chat_template_kwargs"},
		List: func(models []string) any {
			data := []any{}
			for _, m := range models {
				data = append(data, obj{"id": m, "object": "model", "created": 1764000000, "owned_by": "vllm", "root": m, "parent": nil, "max_model_len": 40960, "permission": []any{}})
			}
			return obj{"object": "list", "data": data}
		},
		Thinks: ThinksInContent, UsageIn: UsageIfAsked, Uncached: true, Unreasoned: true, Usage: func(u Usage) obj {
			o := plainUsage(u)
			o["prompt_tokens_details"] = nil
			return o
		},
		Says: map[Trouble]Answer{
			NoModel: {Status: 404, Body: "{\"object\":\"error\",\"message\":\"The model `{model}` does not exist.\",\"type\":\"NotFoundError\",\"param\":null,\"code\":404}"},
			TooLong: {Status: 400, Body: `{"object":"error","message":"This model's maximum context length is 40960 tokens. However, you requested 45000 tokens (44000 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.","type":"BadRequestError","param":null,"code":400}`},
		},
	},
}
