package provider

import "strings"

// vendor is a known host behind one of the compatible providers: what its keys look like, and where it is. It
// serves to propose an account from a pasted key, and to complete a base URL that names only the host.
type vendor struct {
	name     string
	provider string // provider id
	baseURL  string // in the form of NormalizeBaseURL
	prefix   string // what its keys begin with; empty where nothing tells them apart
	env      string // the environment variable its examples put the key into
	chatOnly bool   // it does not serve POST /responses
}

// vendors are taken from the vendors' own documentation. A prefix stands here only if no one else is known to
// use it.
var vendors = []vendor{
	{name: "OpenRouter", provider: "openai-compatible", baseURL: "https://openrouter.ai/api/v1", prefix: "sk-or-", env: "OPENROUTER_API_KEY"},
	{name: "Groq", provider: "openai-compatible", baseURL: "https://api.groq.com/openai/v1", prefix: "gsk_", env: "GROQ_API_KEY"},
	{name: "xAI", provider: "openai-compatible", baseURL: "https://api.x.ai/v1", prefix: "xai-", env: "XAI_API_KEY"},
	{name: "Hugging Face", provider: "openai-compatible", baseURL: "https://router.huggingface.co/v1", prefix: "hf_", env: "HF_TOKEN"},
	{name: "NVIDIA", provider: "openai-compatible", baseURL: "https://integrate.api.nvidia.com/v1", prefix: "nvapi-", env: "NVIDIA_API_KEY", chatOnly: true},
	{name: "Perplexity", provider: "openai-compatible", baseURL: "https://api.perplexity.ai", prefix: "pplx-", env: "PERPLEXITY_API_KEY", chatOnly: true},
	{name: "Cerebras", provider: "openai-compatible", baseURL: "https://api.cerebras.ai/v1", prefix: "csk-", env: "CEREBRAS_API_KEY", chatOnly: true},
	{name: "Together", provider: "openai-compatible", baseURL: "https://api.together.xyz/v1", prefix: "tgp_", env: "TOGETHER_API_KEY", chatOnly: true},
	{name: "Fireworks", provider: "openai-compatible", baseURL: "https://api.fireworks.ai/inference/v1", prefix: "fw_", env: "FIREWORKS_API_KEY"},
	{name: "Vercel AI Gateway", provider: "openai-compatible", baseURL: "https://ai-gateway.vercel.sh/v1", prefix: "vck_", env: "AI_GATEWAY_API_KEY"},
	{name: "GitHub Models", provider: "openai-compatible", baseURL: "https://models.github.ai/inference", prefix: "github_pat_", chatOnly: true},
	{name: "DeepSeek", provider: "openai-compatible", baseURL: "https://api.deepseek.com/v1", env: "DEEPSEEK_API_KEY", chatOnly: true},
	{name: "Aliyun DashScope", provider: "openai-compatible", baseURL: "https://dashscope.aliyuncs.com/compatible-mode/v1", env: "DASHSCOPE_API_KEY", chatOnly: true},
	{name: "Moonshot", provider: "openai-compatible", baseURL: "https://api.moonshot.ai/v1", env: "MOONSHOT_API_KEY", chatOnly: true},
	{name: "SiliconFlow", provider: "openai-compatible", baseURL: "https://api.siliconflow.cn/v1", env: "SILICONFLOW_API_KEY", chatOnly: true},
	{name: "Zhipu", provider: "openai-compatible", baseURL: "https://open.bigmodel.cn/api/paas/v4", env: "ZHIPUAI_API_KEY", chatOnly: true},
	{name: "Z.ai", provider: "openai-compatible", baseURL: "https://api.z.ai/api/paas/v4", env: "ZAI_API_KEY", chatOnly: true},
	{name: "Mistral", provider: "openai-compatible", baseURL: "https://api.mistral.ai/v1", env: "MISTRAL_API_KEY", chatOnly: true},
	{name: "DeepInfra", provider: "openai-compatible", baseURL: "https://api.deepinfra.com/v1/openai", env: "DEEPINFRA_API_KEY", chatOnly: true},
	{name: "Google Gemini", provider: "openai-compatible", baseURL: "https://generativelanguage.googleapis.com/v1beta/openai", chatOnly: true},
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
