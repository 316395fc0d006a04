package provider

import (
	"regexp"
	"strings"

	"metapi/backend/protocol"
)

// rule says what models of some names can be reached by, at any host.
type rule struct {
	names  *regexp.Regexp
	serves protocol.Set
	why    string // why it is left out, where serves is empty
}

var (
	chatSet      = protocol.SetOf(protocol.OpenAIChat)
	responsesSet = protocol.SetOf(protocol.OpenAIResponses)
	embedSet     = protocol.SetOf(protocol.OpenAIEmbeddings)
)

const notText = "images, sound and video are not served"

// byName are the kinds of models that hosts list among their chat models without a word. The first that fits
// counts. What fits none is a chat model: a name that nobody has heard of yet must not be lost.
var byName = []rule{
	{regexp.MustCompile(`(^|[/_.-])(rerank|reranker)([/_.:-]|$)`), 0, "re-ranking is not served"},
	{regexp.MustCompile(`embed|(^|[/_-])(bge|gte|e5|m3e|voyage|uae|minilm)([-_:]|$)`), embedSet, ""},
	{regexp.MustCompile(`(^|/)(whisper|tts|sora|dall-e|gpt-image|chatgpt-image|imagen|veo|lyria|flux|stable-diffusion|sdxl)`), 0, notText},
	{regexp.MustCompile(`(^|/)(midjourney|mj_|suno|kling|cogview|cogvideo)|(^|[/-])(transcribe|tts|realtime|speech)(-|$)`), 0, notText},
	{regexp.MustCompile(`moderation|llama-guard|(^|/)shieldgemma`), 0, "moderation is not served"},
}

// atOpenAI are OpenAI's own exceptions, from the endpoints its model pages list (platform.openai.com/docs/models).
var atOpenAI = []rule{
	{regexp.MustCompile(`^(babbage|davinci)-002$|^gpt-3\.5-turbo-instruct`), 0, "the old completions interface is not served"},
	{regexp.MustCompile(`codex|deep-research|computer-use|^(o1|o3|gpt-5(\.\d+)?)-pro(-|$)`), responsesSet, ""},
	{regexp.MustCompile(`-search-(preview|api)(-|$)|-audio(-|$)`), chatSet, ""},
}

// serveAll is for vendors who list only what their one protocol serves.
func serveAll(p *Provider, _ string) (protocol.Set, string) { return p.Protocols, "" }

// serveByName goes by the name alone.
func serveByName(p *Provider, name string) (protocol.Set, string) {
	name = strings.ToLower(name)
	for _, r := range byName {
		if r.names.MatchString(name) {
			if r.serves&p.Protocols == 0 && r.why == "" {
				return 0, "embeddings are not served in this protocol"
			}
			return r.serves & p.Protocols, r.why
		}
	}
	return p.Protocols &^ embedSet, ""
}

// serveOpenAI adds OpenAI's own exceptions. A fine-tuned model (ft:gpt-4o-mini:org::id) is served like its base.
func serveOpenAI(p *Provider, name string) (protocol.Set, string) {
	base := strings.ToLower(name)
	if rest, ok := strings.CutPrefix(base, "ft:"); ok {
		base, _, _ = strings.Cut(rest, ":")
	}
	for _, r := range atOpenAI {
		if r.names.MatchString(base) {
			return r.serves, r.why
		}
	}
	return serveByName(p, base)
}

// endpointTypes are the words of New API's supported_endpoint_types.
var endpointTypes = map[string]protocol.Set{
	"openai":          chatSet,
	"openai-response": responsesSet,
	"anthropic":       protocol.SetOf(protocol.Anthropic),
	"gemini":          protocol.SetOf(protocol.Gemini),
	"embeddings":      embedSet,
}

// openaiName holds for models that are OpenAI's own: relays of the New API family mark them openai, and serve
// them at /responses too.
var openaiName = regexp.MustCompile(`^(gpt-|chatgpt-|o\d)`)

// serves decides what one listed model can be reached by: by what its listing says, else by its name. The reason
// counts where the set is empty.
func (t *Target) serves(it *item, name string) (protocol.Set, string) {
	kind := name
	if t.provider.family.versioned && it.Model != "" { // of a deployment, whose name is the person's own
		kind = it.Model
	}
	byRule, why := t.provider.serve(t.provider, kind)
	byRule &= t.speaks
	if v := vendorAt(t.host); v != nil && v != t.provider && byRule&v.Protocols != 0 {
		byRule &= v.Protocols // an account at a known host, by its format
	}
	if methods := it.SupportedGenerationMethods; methods != nil { // Gemini's own listing
		if !contains(methods, "generateContent") {
			return 0, "it does not generate text (no generateContent)"
		}
		return protocol.SetOf(protocol.Gemini) & t.speaks, "it is listed for Gemini's protocol, which this account does not speak"
	}
	if byRule == 0 || byRule == embedSet {
		return byRule, why
	}
	switch strings.ToLower(it.Type) { // Together's listing
	case "embedding", "embeddings":
		return embedSet & t.speaks, "embeddings are not served in this protocol"
	case "image", "audio", "video", "moderation", "rerank", "transcribe":
		return 0, strings.ToLower(it.Type) + " models are not served"
	}
	if out := it.Architecture.OutputModalities; len(out) > 0 && !contains(out, "text") { // OpenRouter's listing
		return 0, "it answers with " + strings.Join(out, " and ") + ", not with text"
	}
	if len(it.SupportedEndpointTypes) == 0 {
		return byRule, why
	}
	var hinted protocol.Set
	for _, w := range it.SupportedEndpointTypes {
		hinted |= endpointTypes[w]
	}
	if hinted.Has(protocol.OpenAIChat) && openaiName.MatchString(strings.ToLower(name)) {
		hinted |= responsesSet
	}
	if hinted &= t.speaks; hinted == 0 {
		return 0, "it is offered only for kinds of calls that are not served (" + strings.Join(it.SupportedEndpointTypes, ", ") + ")"
	}
	return hinted, ""
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if strings.EqualFold(w, word) {
			return true
		}
	}
	return false
}

// hostName is a host without its port.
func hostName(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host[:i]
	}
	return host
}
