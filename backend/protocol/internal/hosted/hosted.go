// Package hosted is the one table of the tools that vendors have names of their own for, and of what becomes of each where another vendor
// is to answer. There are two sorts.
//
// What a vendor runs itself ([Say]) is said as the other vendor's tool that does the same, where it has one. Else it depends on what the
// tool is for. One that adds to what a model can find out or make is dropped, and told as lost: the model answers without it, and an agent
// that always declares it goes on working. One that the request leans on, because it is to run code or a computer, or because what it
// reads is kept at one account, is refused by its name: the answer would be about nothing.
//
// What a vendor names and the client runs ([Bridged]) is a function like any other once the model is told its parameters, and is declared as
// one; the client gets its calls in the vendor's form.
package hosted

import (
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/unsaid"
)

// ability is what a tool can do, whoever runs it.
type ability uint8

const (
	other ability = iota
	search
	fetch
	code
	find
	draw
	maps
	program
	files
	computer
	servers
	shell
)

// abilities by how a tool's type begins, at whichever vendor. The first that fits counts.
var abilities = []struct {
	prefix string
	ability
}{
	{"web_search", search}, {"google_search", search}, {"googleSearch", search}, {"enterpriseWebSearch", search},
	{"web_fetch", fetch}, {"urlContext", fetch}, {"url_context", fetch},
	{"code_interpreter", code}, {"code_execution", code}, {"codeExecution", code},
	{"tool_search", find}, {"image_generation", draw}, {"googleMaps", maps}, {"programmatic_tool_calling", program},
	{"file_search", files}, {"fileSearch", files}, {"retrieval", files},
	{"computer", computer}, {"browser", computer}, {"mcp", servers}, {"shell", shell}, {"local_shell", shell},
}

// table says what becomes of each ability: how those vendors that have it declare it, and the rule where they do not.
var table = map[ability]struct {
	unsaid.Rule
	said map[protocol.Protocol]string
}{
	search: {unsaid.Dropped("it has no web search of its own"), map[protocol.Protocol]string{protocol.OpenAIResponses: `{"type":"web_search"}`,
		protocol.Anthropic: `{"type":"web_search_20250305","name":"web_search"}`, protocol.Gemini: `{"googleSearch":{}}`}},
	fetch: {unsaid.Dropped("it cannot fetch pages by itself"), map[protocol.Protocol]string{
		protocol.Anthropic: `{"type":"web_fetch_20250910","name":"web_fetch"}`, protocol.Gemini: `{"urlContext":{}}`}},
	code: {unsaid.Refused("it cannot run code"), map[protocol.Protocol]string{
		protocol.OpenAIResponses: `{"type":"code_interpreter","container":{"type":"auto"}}`,
		protocol.Anthropic:       `{"type":"code_execution_20250825","name":"code_execution"}`, protocol.Gemini: `{"codeExecution":{}}`}},
	find:     {Rule: unsaid.Dropped("all tools are declared from the start")},
	draw:     {Rule: unsaid.Dropped("it makes no pictures beside an answer")},
	maps:     {Rule: unsaid.Dropped("it has no maps of its own")},
	program:  {Rule: unsaid.Dropped("tools are called one by one")},
	files:    {Rule: unsaid.Refused("the files are kept at another account")},
	computer: {Rule: unsaid.Refused("its calls are of a form that only its own vendor's models are trained for")},
	servers:  {Rule: unsaid.Refused("the servers are called by its own vendor; connect the client to them")},
	shell:    {Rule: unsaid.Refused("it runs in a container of its own vendor's")},
	other:    {Rule: unsaid.Refused("it exists at its own vendor only")},
}

// Type is what a tool's declaration calls it; its name where it has no type, as Google's have none.
func Type(t *conversation.Tool) string {
	if kind := typeIn(t.Raw); kind != "" {
		return kind
	}
	return t.Name
}

func typeIn(raw json.RawMessage) string {
	var declared struct{ Type string }
	_ = json.Unmarshal(raw, &declared) // of what cannot be read: none
	return declared.Type
}

func abilityOf(t *conversation.Tool) ability {
	if t.Kind == conversation.WebSearch {
		return search
	}
	kind := Type(t)
	for _, a := range abilities {
		if strings.HasPrefix(kind, a.prefix) {
			return a.ability
		}
	}
	return other
}

// Say is a tool that a vendor runs, as another vendor declares its like: raw, or nothing where it is dropped. lost is what went with it.
// A tool of the vendor's own stays as it was declared.
func Say(t *conversation.Tool, to protocol.Protocol) (raw json.RawMessage, lost []conversation.Lost, err *protocol.Error) {
	if t.Origin == to && json.Valid(t.Raw) {
		return t.Raw, nil, nil
	}
	a := abilityOf(t)
	declaration := table[a].said[to]
	switch {
	case declaration == "":
		lost, err = Unsaid(t)
		return nil, lost, err
	case a == search:
		raw, lost = sayQuery(queryOf(t.Raw), to, declaration)
		return raw, lost, nil
	case a == code && leansOnFiles(t.Raw):
		return nil, nil, refusal(t, "the files of its container are kept at another account")
	}
	return json.RawMessage(declaration), nil, nil
}

// Unsaid is what becomes of a tool that an upstream has no like of, or cannot take in this request.
func Unsaid(t *conversation.Tool) ([]conversation.Lost, *protocol.Error) {
	rule := table[abilityOf(t)].Rule
	if rule.Fate == unsaid.Refuse {
		return nil, refusal(t, rule.Why)
	}
	return []conversation.Lost{{Param: "tools." + Type(t), Why: rule.Why}}, nil
}

func refusal(t *conversation.Tool, why string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: "tools",
		Message: "the tool \"" + protocol.Clean(Type(t)) + "\" cannot be offered by this model: " + why}
}

// leansOnFiles reports whether a code interpreter is to run where files are.
func leansOnFiles(raw json.RawMessage) bool {
	var t struct{ Container json.RawMessage }
	var c struct {
		Files []string `json:"file_ids"`
	}
	if json.Unmarshal(raw, &t) != nil || len(t.Container) == 0 {
		return false
	}
	return t.Container[0] == '"' || json.Unmarshal(t.Container, &c) == nil && len(c.Files) > 0
}
