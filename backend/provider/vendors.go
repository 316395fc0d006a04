package provider

import "strings"

// vendorProvider is the provider of every vendor in the table.
const vendorProvider = "openai-compatible"

// vendor is a known host that speaks OpenAI's formats: what its keys look like, and where it is. It serves to
// propose an account from a pasted key, and to complete a base URL that names only the host.
type vendor struct {
	name     string
	baseURL  string // in the form of NormalizeBaseURL
	prefix   string // what its keys begin with; empty where nothing tells them apart
	env      string // the environment variable its examples put the key into
	chatOnly bool   // it does not serve POST /responses
}

// vendors are taken from the vendors' own documentation. A prefix stands here only if no one else is known to
// use it.
var vendors = []vendor{
	{name: "OpenRouter", baseURL: "https://openrouter.ai/api/v1", prefix: "sk-or-", env: "OPENROUTER_API_KEY"},
	{name: "Groq", baseURL: "https://api.groq.com/openai/v1", prefix: "gsk_", env: "GROQ_API_KEY"},
	{name: "xAI", baseURL: "https://api.x.ai/v1", prefix: "xai-", env: "XAI_API_KEY"},
	{name: "Hugging Face", baseURL: "https://router.huggingface.co/v1", prefix: "hf_", env: "HF_TOKEN"},
	{name: "NVIDIA", baseURL: "https://integrate.api.nvidia.com/v1", prefix: "nvapi-", env: "NVIDIA_API_KEY", chatOnly: true},
	{name: "Perplexity", baseURL: "https://api.perplexity.ai", prefix: "pplx-", env: "PERPLEXITY_API_KEY", chatOnly: true},
	{name: "Cerebras", baseURL: "https://api.cerebras.ai/v1", prefix: "csk-", env: "CEREBRAS_API_KEY", chatOnly: true},
	{name: "Together", baseURL: "https://api.together.xyz/v1", prefix: "tgp_", env: "TOGETHER_API_KEY", chatOnly: true},
	{name: "Fireworks", baseURL: "https://api.fireworks.ai/inference/v1", prefix: "fw_", env: "FIREWORKS_API_KEY"},
	{name: "Vercel AI Gateway", baseURL: "https://ai-gateway.vercel.sh/v1", prefix: "vck_", env: "AI_GATEWAY_API_KEY"},
	{name: "GitHub Models", baseURL: "https://models.github.ai/inference", prefix: "github_pat_", chatOnly: true},
	{name: "DeepSeek", baseURL: "https://api.deepseek.com/v1", env: "DEEPSEEK_API_KEY", chatOnly: true},
	{name: "Aliyun DashScope", baseURL: "https://dashscope.aliyuncs.com/compatible-mode/v1", env: "DASHSCOPE_API_KEY", chatOnly: true},
	{name: "Moonshot", baseURL: "https://api.moonshot.ai/v1", env: "MOONSHOT_API_KEY", chatOnly: true},
	{name: "SiliconFlow", baseURL: "https://api.siliconflow.cn/v1", env: "SILICONFLOW_API_KEY", chatOnly: true},
	{name: "Zhipu", baseURL: "https://open.bigmodel.cn/api/paas/v4", env: "ZHIPUAI_API_KEY", chatOnly: true},
	{name: "Z.ai", baseURL: "https://api.z.ai/api/paas/v4", env: "ZAI_API_KEY", chatOnly: true},
	{name: "Mistral", baseURL: "https://api.mistral.ai/v1", env: "MISTRAL_API_KEY", chatOnly: true},
	{name: "DeepInfra", baseURL: "https://api.deepinfra.com/v1/openai", env: "DEEPINFRA_API_KEY", chatOnly: true},
	{name: "Google Gemini", baseURL: "https://generativelanguage.googleapis.com/v1beta/openai", chatOnly: true},
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
