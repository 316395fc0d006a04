package tokens

import "strings"

// Family is the models that share a tokenizer, and a vendor's way of putting a prompt around a text.
type Family uint8

const (
	other     Family = iota // not known
	o200k                   // OpenAI since GPT-4o
	cl100k                  // OpenAI before
	claude                  // up to Claude 4.6
	claudeNew               // from Claude Opus 4.7 on: more tokens for Latin letters, larger images
	gemini
	deepseek
	qwen
	llama // and Mistral's since Tekken
	kimi
	glm
	grok
	minimax
	families
)

// rule is what a prompt of a family costs beside its text.
type rule struct {
	weights  *weights
	base     float64 // a prompt
	message  float64 // each turn
	tools    float64 // that there are tools
	document float64 // each 1,000 bytes of a PDF's base64; a page is about 70,000
	sound    float64 // likewise of audio and video
}

// Where the figures are from:
//   - OpenAI: its cookbook "How to count tokens with tiktoken": 3 a message and 1 for its role, 3 for the reply, 12 after the tools;
//     audio by 10 tokens a second, PDF pages as an image and their text. The quotes and braces of tool definitions cost nothing, which fits its
//     example and Anthropic's: their names and texts are what counts.
//   - Anthropic: its documentation of tool use: 346 tokens with tool_choice auto on Claude 4; of PDFs: 1,500 to 3,000 a page. The
//     turns by its examples of count_tokens (14 for a short greeting with a system prompt, 403 with one tool).
//   - Gemini: its documentation "Understand and count tokens": 258 a page, 32 a second of audio, 263 of video.
//   - the others: as OpenAI, whose format they imitate.
var rules = [families]rule{
	other:     {&o200kWeights, 3, 4, 12, 20, .1},
	o200k:     {&o200kWeights, 3, 4, 12, 20, .6},
	cl100k:    {&cl100kWeights, 3, 4, 12, 20, .6},
	claude:    {&claudeWeights, 3, 4, 346, 30, .1},
	claudeNew: {&claudeNewWeights, 3, 4, 346, 30, .1},
	gemini:    {&gemmaWeights, 0, 0, 0, 4, 1.5},
	deepseek:  {&deepseekWeights, 1, 3, 12, 20, .1},
	qwen:      {&qwenWeights, 3, 4, 12, 20, .1},
	llama:     {&llamaWeights, 3, 4, 12, 20, .1},
	kimi:      {&o200kWeights, 3, 4, 12, 20, .1},
	glm:       {&qwenWeights, 3, 4, 12, 20, .1},
	grok:      {&o200kWeights, 3, 4, 12, 20, .1},
	minimax:   {&o200kWeights, 3, 4, 12, 20, .1},
}

// Model is what an estimate must know of a model.
type Model struct {
	Family Family
	images images
}

// models says which model is which by a part of its name; the first that fits counts. Names are compared in lower case, with dashes for
// dots and underscores.
var models = []struct {
	part string
	Model
}{
	{"claude-opus-4-7", Model{claudeNew, patches(28, 2576, 4784, 1)}},
	{"claude-opus-4-8", Model{claudeNew, patches(28, 2576, 4784, 1)}},
	{"claude-opus-4-9", Model{claudeNew, patches(28, 2576, 4784, 1)}},
	{"claude-opus-4", Model{claude, patches(28, 1568, 1568, 1)}},
	{"claude-sonnet-4", Model{claude, patches(28, 1568, 1568, 1)}},
	{"claude-haiku-4", Model{claude, patches(28, 1568, 1568, 1)}},
	{"claude-3", Model{claude, patches(28, 1568, 1568, 1)}},
	{"claude-2", Model{claude, patches(28, 1568, 1568, 1)}},
	{"claude-instant", Model{claude, patches(28, 1568, 1568, 1)}},
	{"claude", Model{claudeNew, patches(28, 2576, 4784, 1)}},

	{"gemini-1", Model{gemini, geminiTiles}},
	{"gemini-2", Model{gemini, geminiTiles}},
	{"gemini", Model{gemini, fixed(1100)}},
	{"gemma", Model{gemini, fixed(258)}},

	{"gpt-oss", Model{o200k, fixed(1000)}},
	{"gpt-4o-mini", Model{o200k, tiles(2833, 5667)}},
	{"gpt-4o", Model{o200k, tiles(85, 170)}},
	{"gpt-4-1-mini", Model{o200k, patches(32, 2048, 1536, 1.62)}},
	{"gpt-4-1-nano", Model{o200k, patches(32, 2048, 1536, 2.46)}},
	{"gpt-4-1", Model{o200k, tiles(85, 170)}},
	{"gpt-4-5", Model{o200k, tiles(85, 170)}},
	{"chatgpt-4o", Model{o200k, tiles(85, 170)}},
	{"gpt-4", Model{cl100k, tiles(85, 170)}},
	{"gpt-3", Model{cl100k, fixed(0)}},
	{"text-embedding", Model{cl100k, fixed(0)}},
	{"gpt-5-mini", Model{o200k, patches(32, 2048, 1536, 1.2)}},
	{"gpt-5-nano", Model{o200k, patches(32, 2048, 1536, 2.46)}},
	{"gpt-5-4", Model{o200k, patches(32, 2048, 2500, 1.2)}},
	{"gpt-5-5", Model{o200k, patches(32, 6000, 10000, 1.2)}},
	{"gpt-5", Model{o200k, tiles(70, 140)}},
	{"gpt-", Model{o200k, patches(32, 6000, 10000, 1.2)}},
	{"o4-mini", Model{o200k, patches(32, 2048, 1536, 1.72)}},
	{"o1", Model{o200k, tiles(75, 150)}},
	{"o3", Model{o200k, tiles(75, 150)}},

	{"deepseek", Model{deepseek, fixed(1000)}},
	{"qwen", Model{qwen, patches(28, 4096, 16384, 1)}},
	{"qwq", Model{qwen, fixed(1000)}},
	{"llama", Model{llama, fixed(1600)}},
	{"mistral", Model{llama, patches(28, 1540, 3025, 1)}},
	{"ministral", Model{llama, patches(28, 1540, 3025, 1)}},
	{"magistral", Model{llama, patches(28, 1540, 3025, 1)}},
	{"devstral", Model{llama, patches(28, 1540, 3025, 1)}},
	{"codestral", Model{llama, fixed(0)}},
	{"kimi", Model{kimi, patches(28, 4096, 4096, 1)}},
	{"glm", Model{glm, patches(28, 4096, 4096, 1)}},
	{"grok", Model{grok, fixed(1000)}},
	{"minimax", Model{minimax, fixed(1000)}},
}

var folded = strings.NewReplacer(".", "-", "_", "-")

// ModelOf tells what is known of a model by its name, be it a vendor's or a relay's.
func ModelOf(name string) Model {
	name = folded.Replace(strings.ToLower(name))
	for _, m := range models {
		if strings.Contains(name, m.part) {
			return m.Model
		}
	}
	return Model{other, fixed(1000)}
}
