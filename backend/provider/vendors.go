package provider

import "strings"

// vendorProvider is the provider of every vendor in the table.
const vendorProvider = "openai-compatible"

// vendor is a known host that speaks OpenAI's formats: what its keys look like, where it is, and how it differs. It serves to
// propose an account from a pasted key, to complete a base URL that names only the host, and to translate for it.
type vendor struct {
	name     string
	baseURL  string // in the form of NormalizeBaseURL
	prefix   string // what its keys begin with; empty where nothing tells them apart
	env      string // the environment variable its examples put the key into
	chatOnly bool   // it does not serve POST /responses
	quirks   string // of its Chat Completions, by the words of package openaichat, with blanks between
}

// vendors are taken from the vendors' own documentation. A prefix stands here only if no one else is known to
// use it; a quirk only where the vendor's reference, or the words with which it refuses a request, tell of it. What else it refuses is
// found out as it does: see package repair.
var vendors = []vendor{
	{name: "OpenRouter", baseURL: "https://openrouter.ai/api/v1", prefix: "sk-or-", env: "OPENROUTER_API_KEY",
		quirks: "reasoning reasoning_details cache_control top_k verbosity"},
	{name: "Groq", baseURL: "https://api.groq.com/openai/v1", prefix: "gsk_", env: "GROQ_API_KEY",
		quirks: "no:logprobs no:logit_bias no:name no:n"},
	{name: "xAI", baseURL: "https://api.x.ai/v1", prefix: "xai-", env: "XAI_API_KEY", quirks: "no:logit_bias"},
	{name: "Hugging Face", baseURL: "https://router.huggingface.co/v1", prefix: "hf_", env: "HF_TOKEN"},
	{name: "NVIDIA", baseURL: "https://integrate.api.nvidia.com/v1", prefix: "nvapi-", env: "NVIDIA_API_KEY", chatOnly: true},
	{name: "Perplexity", baseURL: "https://api.perplexity.ai", prefix: "pplx-", env: "PERPLEXITY_API_KEY", chatOnly: true,
		quirks: "web_search_options merge_turns system_first top_k"},
	{name: "Cerebras", baseURL: "https://api.cerebras.ai/v1", prefix: "csk-", env: "CEREBRAS_API_KEY", chatOnly: true,
		quirks: "no:frequency_penalty no:presence_penalty no:logit_bias"},
	{name: "Together", baseURL: "https://api.together.xyz/v1", prefix: "tgp_", env: "TOGETHER_API_KEY", chatOnly: true, quirks: "top_k"},
	{name: "Fireworks", baseURL: "https://api.fireworks.ai/inference/v1", prefix: "fw_", env: "FIREWORKS_API_KEY", quirks: "top_k reasoning_content"},
	{name: "Vercel AI Gateway", baseURL: "https://ai-gateway.vercel.sh/v1", prefix: "vck_", env: "AI_GATEWAY_API_KEY",
		quirks: "reasoning reasoning_details"},
	{name: "GitHub Models", baseURL: "https://models.github.ai/inference", prefix: "github_pat_", chatOnly: true},
	{name: "DeepSeek", baseURL: "https://api.deepseek.com/v1", env: "DEEPSEEK_API_KEY", chatOnly: true,
		quirks: "max_tokens thinking reasoning_content reasoning_content_required json_object_only"},
	{name: "Aliyun DashScope", baseURL: "https://dashscope.aliyuncs.com/compatible-mode/v1", env: "DASHSCOPE_API_KEY", chatOnly: true,
		quirks: "enable_thinking top_k video_url"},
	{name: "Moonshot", baseURL: "https://api.moonshot.ai/v1", env: "MOONSHOT_API_KEY", chatOnly: true,
		quirks: "thinking reasoning_content reasoning_content_required prompt_cache_key"},
	{name: "SiliconFlow", baseURL: "https://api.siliconflow.cn/v1", env: "SILICONFLOW_API_KEY", chatOnly: true, quirks: "enable_thinking top_k"},
	{name: "Zhipu", baseURL: "https://open.bigmodel.cn/api/paas/v4", env: "ZHIPUAI_API_KEY", chatOnly: true,
		quirks: "max_tokens thinking reasoning_content json_object_only video_url"},
	{name: "Z.ai", baseURL: "https://api.z.ai/api/paas/v4", env: "ZAI_API_KEY", chatOnly: true,
		quirks: "max_tokens thinking reasoning_content json_object_only video_url"},
	{name: "Mistral", baseURL: "https://api.mistral.ai/v1", env: "MISTRAL_API_KEY", chatOnly: true,
		quirks: "max_tokens ids_of_nine prefix no:stream_options no:seed no:logprobs no:logit_bias no:user no:service_tier no:name"},
	{name: "DeepInfra", baseURL: "https://api.deepinfra.com/v1/openai", env: "DEEPINFRA_API_KEY", chatOnly: true, quirks: "top_k"},
	{name: "Google Gemini", baseURL: "https://generativelanguage.googleapis.com/v1beta/openai", chatOnly: true, quirks: "extra_content"},
}

// vendorAt returns the vendor that answers at a host.
func vendorAt(host string) *vendor {
	for i := range vendors {
		if v := &vendors[i]; hostOf(v.baseURL) == host {
			return v
		}
	}
	return nil
}

// hostOf returns the host of a base URL in this package's own tables.
func hostOf(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
