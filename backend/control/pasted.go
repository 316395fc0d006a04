package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"metapi/backend/protocol"
)

// pasted is a request's body as a person has pasted it.
type pasted struct {
	text     string
	protocol string // "": whichever it looks like
	model    string // of a Gemini request, which names none
}

// paths are where a body of each protocol is sent.
var paths = map[string]string{
	protocol.OpenAIChat.String(): "/v1/chat/completions", protocol.OpenAIResponses.String(): "/v1/responses", protocol.Anthropic.String(): "/v1/messages",
	protocol.Gemini.String(): "/v1beta/models/%s:generateContent",
}

// read gives the path and the body of what was pasted. The error says on which line the fault is.
func (p *pasted) read() (path string, body json.RawMessage, err error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(p.text), &fields); err != nil {
		return "", nil, p.fault(err)
	}
	if p.protocol == "" {
		p.protocol = recogniseBody(fields)
	}
	path, ok := paths[p.protocol]
	if !ok {
		return "", nil, NewProblem(Invalid, fmt.Sprintf("There is no protocol %q to paste a request of.", p.protocol), "Choose openai-chat, openai-responses, anthropic or gemini.")
	}
	if p.protocol == protocol.Gemini.String() {
		if p.model == "" {
			return "", nil, NewProblem(Invalid, "A Gemini request does not name its model.", "Say which model it asks for.")
		}
		path = fmt.Sprintf(path, url.PathEscape(strings.TrimPrefix(p.model, "models/")))
	}
	return path, json.RawMessage(p.text), nil
}

// fault says where in the text JSON goes wrong.
func (p *pasted) fault(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case strings.TrimSpace(p.text) == "":
		return NewProblem(Invalid, "Nothing is asked for.", "Give a model's name, or a request.")
	case errors.As(err, &kind):
		return NewProblem(Invalid, "This is no request: it is not a JSON object.", "Paste the body as a tool would send it, from { to }.")
	case !errors.As(err, &syntax):
		return NewProblem(Invalid, Sentence(err.Error()), "")
	}
	at := min(max(int(syntax.Offset)-1, 0), len(p.text))
	if strings.Contains(err.Error(), "unexpected end") {
		at = len(strings.TrimRight(p.text, " \t\r\n"))
		err = errors.New("it ends before it is complete")
	}
	line, column := lineOf(p.text, at)
	return NewProblem(Invalid, fmt.Sprintf("Line %d, column %d: %s", line, column, ending(err.Error())), "Paste the whole body, from { to }, as a tool would send it.")
}

// judged adds to what the gateway says of a field the line that it stands on.
func (p *pasted) judged(e *protocol.Error) string {
	name, _, _ := strings.Cut(e.Param, ".")
	if at := fieldAt(p.text, name); at >= 0 {
		line, _ := lineOf(p.text, at)
		return fmt.Sprintf("Line %d: %s", line, ending(e.Message))
	}
	return Sentence(e.Message)
}

// lineOf is where a byte stands, from 1 on; columns count letters.
func lineOf(text string, at int) (line, column int) {
	before := text[:at]
	begin := strings.LastIndexByte(before, '\n') + 1
	return 1 + strings.Count(before, "\n"), 1 + len([]rune(before[begin:]))
}

// fieldAt is where a member of the outermost object has its name; -1: it has none of that name.
func fieldAt(text, name string) int {
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil || name == "" {
		return -1
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return -1
		}
		if key == name {
			return int(d.InputOffset()) - 1
		}
		var skip json.RawMessage
		if d.Decode(&skip) != nil {
			return -1
		}
	}
	return -1
}

// recogniseBody says in which protocol a body is written. What only one of them has decides; what says nothing is OpenAI's chat, which most tools
// speak.
func recogniseBody(fields map[string]json.RawMessage) string {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { _, ok := fields[n]; return ok })
	}
	within := func(name string, marks ...string) bool {
		return slices.ContainsFunc(marks, func(m string) bool { return bytes.Contains(fields[name], []byte(m)) })
	}
	switch {
	case has("contents", "systemInstruction", "system_instruction", "generationConfig"):
		return protocol.Gemini.String()
	case has("input", "instructions", "previous_response_id"):
		return protocol.OpenAIResponses.String()
	case has("system", "stop_sequences", "thinking", "anthropic_version"), within("tools", `"input_schema"`), within("messages", `"tool_use_id"`, `"cache_control"`),
		has("max_tokens") && within("model", `"claude`):
		return protocol.Anthropic.String()
	}
	return protocol.OpenAIChat.String()
}
