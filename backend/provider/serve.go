package provider

import (
	"regexp"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
)

// rule says what models of some names can be reached by, at any host.
type rule struct {
	names  *regexp.Regexp
	serves protocol.Set
	why    string // why it is left out, where serves is empty
}

var (
	chatSet        = protocol.SetOf(protocol.OpenAIChat)
	responsesSet   = protocol.SetOf(protocol.OpenAIResponses)
	completionsSet = protocol.SetOf(protocol.OpenAICompletions)
	embedSet       = protocol.SetOf(protocol.OpenAIEmbeddings, protocol.GeminiEmbeddings)
	imagesSet      = protocol.SetOf(protocol.OpenAIImages)
	audioSet       = protocol.SetOf(protocol.OpenAIAudio)
	moderationsSet = protocol.SetOf(protocol.OpenAIModerations)
	rankSet        = protocol.SetOf(protocol.Rerank)

	// textSet is what a model that writes text can be reached by.
	textSet = codecs.Spoken | completionsSet
)

// byName are the kinds of models that hosts list among their chat models without a word. The first that fits
// counts. What fits none is a chat model: a name that nobody has heard of yet must not be lost.
var byName = []rule{
	{regexp.MustCompile(`(^|[/_.-])(rerank|reranker)([/_.:-]|$)`), rankSet, "re-ranking is not served in this protocol"},
	{regexp.MustCompile(`embed|(^|[/_-])(bge|gte|e5|m3e|voyage|uae|minilm)([-_:]|$)`), embedSet, "embeddings are not served in this protocol"},
	{regexp.MustCompile(`(^|[/-])realtime(-|$)`), 0, "realtime sessions are not served"},
	{regexp.MustCompile(`(^|/)(sora|veo|lyria|midjourney|mj_|suno|kling|cogvideo)`), 0, "video and music are not served"},
	{regexp.MustCompile(`(^|/)(dall-e|gpt-image|chatgpt-image|imagen|flux|stable-diffusion|sdxl|cogview|qwen-image|seedream|kolors|grok-2-image|grok-imagine-image)`), imagesSet,
		"making images is not served in this protocol"},
	{regexp.MustCompile(`(^|/)(whisper|tts|cosyvoice|sensevoice|kokoro)|(^|[/-])(transcribe|tts|speech|asr)(-|$)`), audioSet, "sound is not served in this protocol"},
	{regexp.MustCompile(`moderation`), moderationsSet, "moderation is not served in this protocol"},
	{regexp.MustCompile(`llama-guard|(^|/)shieldgemma`), 0, "it judges texts, and answers nothing"},
}

// atOpenAI are OpenAI's own exceptions, from the endpoints its model pages list (platform.openai.com/docs/models).
var atOpenAI = []rule{
	{regexp.MustCompile(`^(babbage|davinci)-002$|^gpt-3\.5-turbo-instruct`), completionsSet, ""},
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
			return r.serves & p.Protocols, r.why
		}
	}
	return p.Protocols & textSet, "it writes text, which is not served in this protocol"
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
	set, why := serveByName(p, base)
	return set &^ completionsSet, why
}

// endpointTypes are the words of New API's supported_endpoint_types.
var endpointTypes = map[string]protocol.Set{
	"openai":          chatSet,
	"openai-response": responsesSet,
	"anthropic":       protocol.SetOf(protocol.Anthropic),
	"gemini":          protocol.SetOf(protocol.Gemini),
	"embeddings":      embedSet,

	"image-generation": imagesSet,
	"jina-rerank":      rankSet,
}

// types are the words of Together's type.
var types = map[string]protocol.Set{"embedding": embedSet, "embeddings": embedSet, "image": imagesSet, "audio": audioSet, "transcribe": audioSet,
	"moderation": moderationsSet, "rerank": rankSet, "video": 0}

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
		var set protocol.Set
		if contains(methods, "generateContent") {
			set = protocol.SetOf(protocol.Gemini)
		}
		if contains(methods, "embedContent") {
			set |= embedSet & t.provider.Protocols
		}
		if set == 0 {
			return 0, "it neither writes text nor embeds (no generateContent)"
		}
		return set & t.speaks, "it is listed for Gemini's protocol, which this account does not speak"
	}
	if byRule&codecs.Spoken == 0 {
		return byRule, why
	}
	if set, known := types[strings.ToLower(it.Type)]; known { // Together's listing
		return set & t.speaks, strings.ToLower(it.Type) + " models are not served in this protocol"
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
