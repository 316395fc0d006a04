package codecs_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
)

var update = flag.Bool("update", false, "write PARAMETERS.md anew")

// parameter is one thing that a client may ask, with an example of it.
type parameter struct {
	name    string
	members string // of the body, as JSON; with "tools", those of the example are not what is asked about
	reasons bool   // asked of a model that reasons
	silent  string // why it may make no difference anywhere, and is not told as lost either
}

// reasoning are models that reason, where models do not.
var reasoning = map[protocol.Protocol]string{chat: "gpt-5.2", responses: "gpt-5.2", anthropic: "claude-sonnet-4-5", gemini: "gemini-2.5-pro"}

const (
	noMatter  = "said by every protocol, or by its path"
	isDefault = "what is asked for is what comes anyway"
)

const (
	chatTool   = `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]`
	openAITool = `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}}}]`
	claudeTool = `"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]`
	googleTool = `"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"}}]}]`
	answerIn   = `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`
)

// parameters are those of each protocol's definition, and those that compatible vendors and agents add.
var parameters = map[protocol.Protocol][]parameter{
	chat: {
		{name: "model", silent: noMatter}, {name: "messages", silent: noMatter}, {name: "stream", members: `"stream":true`, silent: noMatter},
		{name: "stream_options.include_usage", members: `"stream":true,"stream_options":{"include_usage":true}`, silent: "the usage is asked for always, and shown where it was asked for"},
		{name: "max_completion_tokens", members: `"max_completion_tokens":99`}, {name: "max_tokens", members: `"max_tokens":99`},
		{name: "temperature", members: `"temperature":0.5`}, {name: "top_p", members: `"top_p":0.5`}, {name: "top_k", members: `"top_k":5`},
		{name: "frequency_penalty", members: `"frequency_penalty":1`}, {name: "presence_penalty", members: `"presence_penalty":1`},
		{name: "stop", members: `"stop":["END"]`}, {name: "seed", members: `"seed":7`}, {name: "n", members: `"n":2`},
		{name: "logprobs", members: `"logprobs":true`}, {name: "top_logprobs", members: `"logprobs":true,"top_logprobs":2`},
		{name: "logit_bias", members: `"logit_bias":{"50256":-100}`},
		{name: "reasoning_effort", members: `"reasoning_effort":"high"`, reasons: true},
		{name: "reasoning_effort: none", members: `"reasoning_effort":"none"`, reasons: true},
		{name: "reasoning (OpenRouter)", members: `"reasoning":{"max_tokens":2000}`, reasons: true},
		{name: "thinking (DeepSeek, GLM, Kimi)", members: `"thinking":{"type":"disabled"}`, reasons: true},
		{name: "enable_thinking (Qwen)", members: `"enable_thinking":false`, reasons: true}, {name: "thinking_budget (Qwen)", members: `"thinking_budget":2000`, reasons: true},
		{name: "verbosity", members: `"verbosity":"low"`, reasons: true},
		{name: "response_format: json_object", members: `"response_format":{"type":"json_object"}`},
		{name: "response_format: json_schema", members: `"response_format":{"type":"json_schema","json_schema":{"name":"a","strict":true,"schema":` + answerIn + `}}`},
		{name: "tools: function", members: chatTool},
		{name: "tools: strict", members: `"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":` + answerIn + `}}]`},
		{name: "tools: custom", members: `"tools":[{"type":"custom","custom":{"name":"c"}}]`},
		{name: "functions", members: `"functions":[{"name":"f","parameters":{"type":"object","properties":{}}}]`},
		{name: "function_call", members: chatTool + `,"function_call":{"name":"f"}`},
		{name: "tool_choice", members: chatTool + `,"tool_choice":"required"`},
		{name: "parallel_tool_calls: false", members: chatTool + `,"parallel_tool_calls":false`},
		{name: "web_search_options", members: `"web_search_options":{}`},
		{name: "user", members: `"user":"u"`}, {name: "safety_identifier", members: `"safety_identifier":"u"`},
		{name: "metadata", members: `"metadata":{"a":"b"}`}, {name: "service_tier", members: `"service_tier":"flex"`},
		{name: "store", members: `"store":true`}, {name: "prompt_cache_key", members: `"prompt_cache_key":"k"`},
		{name: "prompt_cache_retention", members: `"prompt_cache_retention":"24h"`}, {name: "prompt_cache_options", members: `"prompt_cache_options":{"ttl":"30m"}`},
		{name: "moderation", members: `"moderation":{"model":"omni-moderation-latest"}`}, {name: "prediction", members: `"prediction":{"type":"content","content":"x"}`},
		{name: "modalities: audio", members: `"modalities":["text","audio"]`}, {name: "audio", members: `"audio":{"voice":"alloy","format":"mp3"}`},
		{name: "anything else", members: `"of_tomorrow":1`},
	},
	responses: {
		{name: "model", silent: noMatter}, {name: "input", silent: noMatter}, {name: "stream", members: `"stream":true`, silent: noMatter},
		{name: "stream_options", members: `"stream":true,"stream_options":{"include_obfuscation":false}`, silent: isDefault},
		{name: "instructions", members: `"instructions":"Be brief."`}, {name: "max_output_tokens", members: `"max_output_tokens":99`},
		{name: "temperature", members: `"temperature":0.5`}, {name: "top_p", members: `"top_p":0.5`},
		{name: "include: message.output_text.logprobs", members: `"include":["message.output_text.logprobs"]`},
		{name: "top_logprobs", members: `"include":["message.output_text.logprobs"],"top_logprobs":2`},
		{name: "include: reasoning.encrypted_content", members: `"include":["reasoning.encrypted_content"]`},
		{name: "reasoning.effort", members: `"reasoning":{"effort":"high"}`, reasons: true},
		{name: "reasoning.summary", members: `"reasoning":{"effort":"high","summary":"auto"}`, reasons: true},
		{name: "text.verbosity", members: `"text":{"verbosity":"low"}`, reasons: true},
		{name: "text.format: json_object", members: `"text":{"format":{"type":"json_object"}}`},
		{name: "text.format: json_schema", members: `"text":{"format":{"type":"json_schema","name":"a","strict":true,"schema":` + answerIn + `}}`},
		{name: "tools: function", members: openAITool},
		{name: "tools: strict", members: `"tools":[{"type":"function","name":"f","strict":true,"parameters":` + answerIn + `}]`},
		{name: "tools: custom", members: `"tools":[{"type":"custom","name":"c"}]`},
		{name: "tools: namespace", members: `"tools":[{"type":"namespace","name":"n","description":"d","tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}}}]}]`},
		{name: "tool_choice", members: openAITool + `,"tool_choice":"required"`},
		{name: "parallel_tool_calls: false", members: openAITool + `,"parallel_tool_calls":false`},
		{name: "max_tool_calls", members: `"max_tool_calls":2`},
		{name: "user", members: `"user":"u"`}, {name: "safety_identifier", members: `"safety_identifier":"u"`},
		{name: "metadata", members: `"metadata":{"a":"b"}`}, {name: "service_tier", members: `"service_tier":"flex"`},
		{name: "store", members: `"store":true`}, {name: "prompt_cache_key", members: `"prompt_cache_key":"k"`},
		{name: "prompt_cache_retention", members: `"prompt_cache_retention":"24h"`}, {name: "prompt_cache_options", members: `"prompt_cache_options":{"ttl":"30m"}`},
		{name: "truncation: auto", members: `"truncation":"auto"`}, {name: "context_management", members: `"context_management":[{"type":"compaction"}]`},
		{name: "moderation", members: `"moderation":{"model":"omni-moderation-latest"}`}, {name: "client_metadata (Codex)", members: `"client_metadata":{"a":"b"}`},
		{name: "background", members: `"background":true`}, {name: "previous_response_id", members: `"previous_response_id":"resp_1"`},
		{name: "conversation", members: `"conversation":"conv_1"`}, {name: "prompt", members: `"prompt":{"id":"p"}`},
		{name: "anything else", members: `"of_tomorrow":1`},
	},
	anthropic: {
		{name: "model", silent: noMatter}, {name: "messages", silent: noMatter}, {name: "stream", members: `"stream":true`, silent: noMatter},
		{name: "max_tokens", members: `"max_tokens":99`}, {name: "system", members: `"system":"Be brief."`},
		{name: "temperature", members: `"temperature":0.5`}, {name: "top_p", members: `"top_p":0.5`}, {name: "top_k", members: `"top_k":5`},
		{name: "stop_sequences", members: `"stop_sequences":["END"]`},
		{name: "thinking: enabled", members: `"thinking":{"type":"enabled","budget_tokens":2000}`, reasons: true},
		{name: "thinking: adaptive", members: `"thinking":{"type":"adaptive"}`, reasons: true},
		{name: "thinking: disabled", members: `"thinking":{"type":"disabled"}`, reasons: true},
		{name: "output_config.effort", members: `"thinking":{"type":"adaptive"},"output_config":{"effort":"high"}`, reasons: true},
		{name: "output_config.format", members: `"output_config":{"format":{"type":"json_schema","schema":` + answerIn + `}}`},
		{name: "output_format", members: `"output_format":{"type":"json_schema","schema":` + answerIn + `}`},
		{name: "tools", members: claudeTool},
		{name: "tools: strict", members: `"tools":[{"name":"f","strict":true,"input_schema":` + answerIn + `}]`},
		{name: "tools: defer_loading and the like", members: `"tools":[{"name":"f","defer_loading":true,"input_schema":{"type":"object","properties":{}}}]`},
		{name: "tool_choice", members: claudeTool + `,"tool_choice":{"type":"any"}`},
		{name: "tool_choice.disable_parallel_tool_use", members: claudeTool + `,"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`},
		{name: "cache_control", members: `"cache_control":{"type":"ephemeral"}`},
		{name: "metadata.user_id", members: `"metadata":{"user_id":"u"}`}, {name: "service_tier", members: `"service_tier":"standard_only"`},
		{name: "speed", members: `"speed":"fast"`}, {name: "diagnostics", members: `"diagnostics":{"a":1}`},
		{name: "context_management", members: `"context_management":{"edits":[{"type":"x"}]}`},
		{name: "container", members: `"container":"c"`}, {name: "mcp_servers", members: `"mcp_servers":[{"type":"url","url":"https://x.test","name":"x"}]`},
		{name: "inference_geo", members: `"inference_geo":"eu"`}, {name: "anything else", members: `"of_tomorrow":1`},
	},
	gemini: {
		{name: "model", silent: noMatter}, {name: "contents", silent: noMatter},
		{name: "systemInstruction", members: `"systemInstruction":{"parts":[{"text":"Be brief."}]}`},
		{name: "tools", members: googleTool},
		{name: "tools: response and the like", members: `"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT"},"response":{"type":"STRING"}}]}]`},
		{name: "toolConfig.functionCallingConfig", members: googleTool + `,"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}`},
		{name: "toolConfig.retrievalConfig", members: `"toolConfig":{"retrievalConfig":{"languageCode":"de"}}`},
		{name: "safetySettings", members: `"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}]`},
		{name: "cachedContent", members: `"cachedContent":"cachedContents/c"`}, {name: "labels (Vertex)", members: `"labels":{"a":"b"}`},
		{name: "generationConfig.candidateCount", members: `"generationConfig":{"candidateCount":2}`},
		{name: "generationConfig.stopSequences", members: `"generationConfig":{"stopSequences":["END"]}`},
		{name: "generationConfig.maxOutputTokens", members: `"generationConfig":{"maxOutputTokens":99}`},
		{name: "generationConfig.temperature", members: `"generationConfig":{"temperature":0.5}`},
		{name: "generationConfig.topP", members: `"generationConfig":{"topP":0.5}`}, {name: "generationConfig.topK", members: `"generationConfig":{"topK":5}`},
		{name: "generationConfig.seed", members: `"generationConfig":{"seed":7}`},
		{name: "generationConfig.presencePenalty", members: `"generationConfig":{"presencePenalty":1}`},
		{name: "generationConfig.frequencyPenalty", members: `"generationConfig":{"frequencyPenalty":1}`},
		{name: "generationConfig.responseLogprobs", members: `"generationConfig":{"responseLogprobs":true}`},
		{name: "generationConfig.logprobs", members: `"generationConfig":{"responseLogprobs":true,"logprobs":2}`},
		{name: "generationConfig.responseMimeType", members: `"generationConfig":{"responseMimeType":"application/json"}`},
		{name: "generationConfig.responseSchema", members: `"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}}`},
		{name: "generationConfig.responseJsonSchema", members: `"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":` + answerIn + `}`},
		{name: "generationConfig._responseJsonSchema", members: `"generationConfig":{"responseMimeType":"application/json","_responseJsonSchema":` + answerIn + `}`},
		{name: "generationConfig.responseJsonSchemaOrdered", members: `"generationConfig":{"responseMimeType":"application/json","responseJsonSchemaOrdered":` + answerIn + `}`},
		{name: "generationConfig.responseFormat", members: `"generationConfig":{"responseFormat":[{"a":1}]}`},
		{name: "generationConfig.thinkingConfig.thinkingBudget", members: `"generationConfig":{"thinkingConfig":{"thinkingBudget":2000}}`, reasons: true},
		{name: "generationConfig.thinkingConfig.thinkingBudget: 0", members: `"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}`, reasons: true},
		{name: "generationConfig.thinkingConfig.thinkingLevel", members: `"generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH"}}`, reasons: true},
		{name: "generationConfig.thinkingConfig.includeThoughts", members: `"generationConfig":{"thinkingConfig":{"thinkingBudget":2000,"includeThoughts":true}}`, reasons: true},
		{name: "generationConfig.responseModalities: IMAGE", members: `"generationConfig":{"responseModalities":["IMAGE"]}`},
		{name: "generationConfig.mediaResolution", members: `"generationConfig":{"mediaResolution":"MEDIA_RESOLUTION_LOW"}`},
		{name: "generationConfig.speechConfig", members: `"generationConfig":{"speechConfig":{"a":1}}`}, {name: "generationConfig.imageConfig", members: `"generationConfig":{"imageConfig":{"a":1}}`},
		{name: "generationConfig.enableEnhancedCivicAnswers", members: `"generationConfig":{"enableEnhancedCivicAnswers":true}`},
		{name: "anything else", members: `"of_tomorrow":1`},
	},
}

// listed are the definitions that the parameters are of: each of its members must be among them, or be written off here.
var listed = []struct {
	protocol     protocol.Protocol
	file, root   string
	within       string
	writtenOff   string // for what the gateway's models have no use, as live speech
	snakeAsCamel bool
}{
	{chat, "../openaichat/testdata/definition.json", "CreateChatCompletionRequest", "", "", false},
	{responses, "../openairesponses/testdata/responses.schema.json", "CreateResponse", "", "", false},
	{anthropic, "../../../build/imitation/schema/anthropic.json", "MessageCreateParamsBase", "", "", false},
	{gemini, "../../../build/imitation/schema/gemini.json", "GenerateContentRequest", "", "generationConfig toolConfig", true},
	{gemini, "../../../build/imitation/schema/gemini.json", "GenerationConfig", "generationConfig.",
		"audioTranscriptionConfig enableAffectiveDialog modelSelectionConfig translationConfig responseModalities thinkingConfig", true},
}

// Every parameter of every vendor's definition has a line in the table.
func TestAllParametersAreListed(t *testing.T) {
	for _, l := range listed {
		raw, err := os.ReadFile(l.file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Defs map[string]map[string]any `json:"$defs"`
		}
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		var walk func(s map[string]any)
		walk = func(s map[string]any) {
			if ref, is := s["$ref"].(string); is {
				walk(doc.Defs[ref[strings.LastIndexByte(ref, '/')+1:]])
			}
			for _, word := range []string{"allOf", "anyOf"} {
				list, _ := s[word].([]any)
				for _, b := range list {
					walk(b.(map[string]any))
				}
			}
			properties, _ := s["properties"].(map[string]any)
			for name := range properties {
				names[name] = true
			}
		}
		walk(doc.Defs[l.root])
		if len(names) < 5 {
			t.Fatalf("%s has %d members", l.root, len(names))
		}
		for name := range names {
			if l.snakeAsCamel && strings.Contains(strings.TrimPrefix(name, "_"), "_") || slices.Contains(strings.Fields(l.writtenOff), name) {
				continue
			}
			if !slices.ContainsFunc(parameters[l.protocol], func(p parameter) bool {
				rest, is := strings.CutPrefix(p.name, l.within+name)
				return is && (rest == "" || strings.ContainsAny(rest[:1], ": (."))
			}) {
				t.Errorf("%v: %s%s is in the definition, and not in the table", l.protocol, l.within, name)
			}
		}
	}
}

// What becomes of every parameter of every client at every other protocol stands in PARAMETERS.md, as the codecs do it; nothing is lost
// in silence.
func TestParameters(t *testing.T) {
	var b strings.Builder
	b.WriteString("# What becomes of a request's parameters\n\n" +
		"Where client and account speak one protocol, the body goes through as it is. Where they do not, this is what becomes of each\n" +
		"parameter. The table is made from what the codecs do (`go test ./backend/protocol/codecs -update`), and a test compares it.\n\n" +
		"A name in code is what the upstream is sent in its place. **dropped** is left out and listed in the reply's header\n" +
		"`X-Metapi-Dropped`; **refused** is answered by 400\n" +
		"with the parameter's name, unless another account can be asked that takes it. *Seen to in the reply* is what the upstream is not asked for\n" +
		"and Metapi does itself. `-` makes no difference: it is " + noMatter + ", or " + isDefault + ".\n\n" +
		"Asked of " + list(models) + "; where a parameter is about reasoning, of\n" + list(reasoning) + ".\n" +
		"Other models take other forms of some (limits, reasoning, sampling, structured answers): each codec's `tables.go` and `doc.go` say which.\n")
	for _, from := range codecs.Spoken.List() {
		fmt.Fprintf(&b, "\n## Clients of %s\n\n| parameter |", from)
		var targets []protocol.Protocol
		for _, to := range codecs.Spoken.List() {
			if to != from {
				targets = append(targets, to)
				fmt.Fprintf(&b, " at %s |", to)
			}
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(targets)) + "\n")
		for _, p := range parameters[from] {
			name, note, _ := strings.Cut(p.name, " (")
			if fmt.Fprintf(&b, "| `%s`", name); note != "" {
				b.WriteString(" (" + note)
			}
			b.WriteString(" |")
			for _, to := range targets {
				cell := becomes(t, from, to, p)
				if cell == "-" && p.silent == "" {
					t.Errorf("%s of %v is lost in silence at %v", p.name, from, to)
				}
				b.WriteString(" " + cell + " |")
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n## Tools that vendors have names for\n\n" +
		"A name in code is how the tool is declared there; a *function* is declared as one, and its calls come to the client in the form that it knows.\n\n" +
		"| tool | of |")
	for _, to := range codecs.Spoken.List() {
		fmt.Fprintf(&b, " at %s |", to)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(codecs.Spoken.List())) + "\n")
	for _, v := range vendorTools {
		fmt.Fprintf(&b, "| `%s` | %s |", v.tool, v.from)
		for _, to := range codecs.Spoken.List() {
			what := v.want[to]
			switch {
			case to == v.from:
				what = ""
			case what == "function":
				what = "*function*"
			case what == "dropped" || what == "refused":
				what = "**" + what + "**"
			default:
				what = "`" + what + "`"
			}
			b.WriteString(" " + what + " |")
		}
		b.WriteString("\n")
	}
	got := b.String()
	if *update {
		if err := os.WriteFile("PARAMETERS.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile("PARAMETERS.md"); err != nil || string(want) != got {
		t.Errorf("PARAMETERS.md is not what the codecs do (%v): run this test with -update, and look at the change", err)
	}
}

func list(models map[protocol.Protocol]string) string {
	names := slices.Compact(slices.Sorted(maps.Values(models)))
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// inTools takes the declared tools of an example away, where they are not what is asked about.
var inTools = regexp.MustCompile(`^("tools":\[.*?\]),"(tool|function|parallel)`)

// becomes is what a parameter comes to at an upstream.
func becomes(t *testing.T, from, to protocol.Protocol, p parameter) string {
	t.Helper()
	target := conversation.Target{Model: models[to]}
	if p.reasons {
		target.Model = reasoning[to]
	}
	without := ""
	if m := inTools.FindStringSubmatch(p.members); m != nil {
		without = m[1]
	}
	base, err := codecs.Of(from).DecodeRequest([]byte(ask(from, without)), conversation.Asked{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	before, lostBefore, err := codecs.Of(to).EncodeRequest(base, target)
	if err != nil {
		t.Fatal(err)
	}
	body := ask(from, p.members)
	if from == anthropic && strings.Contains(p.members, "max_tokens") {
		body = strings.Replace(body, `"max_tokens":4096,`, "", 1)
	}
	r, err := codecs.Of(from).DecodeRequest([]byte(body), conversation.Asked{Model: "m"})
	if err != nil {
		return "**refused**"
	}
	after, lostAfter, err := codecs.Of(to).EncodeRequest(r, target)
	if err != nil {
		return "**refused**"
	}
	changed := changes(parsed(t, before), parsed(t, after), "")
	slices.Sort(changed)
	cell := ""
	if changed = slices.Compact(changed); len(changed) > 0 {
		cell = "`" + strings.Join(changed, "`, `") + "`"
	}
	lost := append(slices.Clone(r.Lost), lostAfter...)
	lost = slices.DeleteFunc(lost, func(l conversation.Lost) bool { return slices.Contains(lostBefore, l) })
	switch {
	case len(lost) == 0 && cell == "" && codecs.Of(to).Restorer(base, target) == nil && codecs.Of(to).Restorer(r, target) != nil:
		return "*seen to in the reply*"
	case len(lost) == 0 && cell == "":
		return "-"
	case len(lost) == 0:
		return cell
	case cell == "":
		return "**dropped**"
	}
	var names []string
	for _, l := range lost {
		names = append(names, conversation.Called(l.Param, from))
	}
	return cell + "; **dropped**: " + strings.Join(names, ", ")
}

func parsed(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// containers hold parameters, and are none themselves.
var containers = map[string]bool{"generationConfig": true, "toolConfig": true, "text": true, "reasoning": true, "output_config": true}

// changes are the places at which two bodies differ, without the numbers of elements.
func changes(a, b any, at string) (out []string) {
	x, isX := a.(map[string]any)
	y, isY := b.(map[string]any)
	if isX && isY {
		for name := range y {
			place := strings.TrimPrefix(at+"."+name, ".")
			old, there := x[name]
			if _, is := y[name].(map[string]any); is && containers[name] && !there {
				old, there = map[string]any{}, true
			}
			if !there {
				out = append(out, place)
			} else {
				out = append(out, changes(old, y[name], place)...)
			}
		}
		for name := range x {
			if _, there := y[name]; !there {
				out = append(out, "no "+strings.TrimPrefix(at+"."+name, "."))
			}
		}
		return out
	}
	v, isV := a.([]any)
	w, isW := b.([]any)
	if isV && isW && len(v) == len(w) {
		for i := range v {
			out = append(out, changes(v[i], w[i], at)...)
		}
		return out
	}
	if !reflect.DeepEqual(a, b) {
		out = append(out, at)
	}
	return out
}
