package hosted

import (
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// Bridge is a tool that a vendor names and the client runs: what other vendors' models are told of it, and how its calls look to the client.
type Bridge struct {
	of          protocol.Protocol
	prefix      string // of its type
	description string
	schema      string // of its arguments

	// Of openai-responses, whose calls of it are items of their own:
	Item  string            // the type of a call
	Field string            // the member of a call that holds the arguments
	fixed map[string]string // members that the client's types require, and what they are where the model has not said them
	more  string            // what else a call has
	text  string            // the member that arguments go to which are no object
	line  []string          // where its value is a list: what stands in it before a line
}

// bridges: the docs' pages on each tool, and OpenAI's OpenAPI document.
var bridges = []Bridge{
	{of: protocol.Anthropic, prefix: "bash_", description: "Run a command in a bash shell that stays open between calls.",
		schema: `{"type":"object","properties":{"command":{"type":"string","description":"The command to run."},` +
			`"restart":{"type":"boolean","description":"Start the shell anew."}}}`},
	{of: protocol.Anthropic, prefix: "text_editor_", description: "View, create and edit files.",
		schema: `{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","undo_edit"]},` +
			`"path":{"type":"string"},` +
			`"file_text":{"type":"string","description":"For create."},"old_str":{"type":"string","description":"For str_replace."},` +
			`"new_str":{"type":"string","description":"For str_replace."},"insert_line":{"type":"integer","description":"For insert: after which line."},` +
			`"insert_text":{"type":"string","description":"For insert."},` +
			`"view_range":{"type":"array","items":{"type":"integer"},"description":"For view: first and last line."}},` +
			`"required":["command","path"]}`},
	{of: protocol.Anthropic, prefix: "memory_", description: "Keep notes in files below /memories.",
		schema: `{"type":"object","properties":{"command":{"type":"string","enum":["view","create","str_replace","insert","delete","rename"]},` +
			`"path":{"type":"string"},` +
			`"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},"insert_line":{"type":"integer"},` +
			`"insert_text":{"type":"string"},"old_path":{"type":"string"},"new_path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}}},` +
			`"required":["command"]}`},
	{of: protocol.OpenAIResponses, prefix: "local_shell", Item: "local_shell_call", Field: "action",
		description: "Run a command on the user's machine, and get its output.",
		schema: `{"type":"object","properties":{"command":{"type":"array","items":{"type":"string"},"description":"The program and its arguments, as [\"bash\",\"-lc\",\"ls\"]."},` +
			`"timeout_ms":{"type":"integer"},"working_directory":{"type":"string"},"env":{"type":"object","additionalProperties":{"type":"string"}},` +
			`"user":{"type":"string"}},"required":["command"]}`,
		fixed: map[string]string{"type": `"exec"`, "env": "{}"}, text: "command", line: []string{"bash", "-lc"}},
	{of: protocol.OpenAIResponses, prefix: "shell", Item: "shell_call", Field: "action",
		description: "Run commands in a shell, and get the output of each.",
		schema: `{"type":"object","properties":{"commands":{"type":"array","items":{"type":"string"},"description":"The commands, each a line for the shell."},` +
			`"timeout_ms":{"type":"integer"},"max_output_length":{"type":"integer","description":"How many characters of output to return at most."}},` +
			`"required":["commands"]}`,
		fixed: map[string]string{"timeout_ms": "null", "max_output_length": "null"}, text: "commands", line: []string{}, more: `,"environment":null`},
	{of: protocol.OpenAIResponses, prefix: "apply_patch", Item: "apply_patch_call", Field: "operation",
		description: "Create, change or delete one file.",
		schema: `{"type":"object","properties":{"type":{"type":"string","enum":["create_file","update_file","delete_file"]},"path":{"type":"string"},` +
			`"diff":{"type":"string","description":"For create_file and update_file: a unified diff without its file headers."}},` +
			`"required":["type","path"]}`,
		fixed: map[string]string{"type": `"update_file"`, "path": `""`}, text: "diff"},
	{of: protocol.OpenAIResponses, prefix: "tool_search", Item: "tool_search_call", Field: "arguments",
		description: "Find further tools that can be called then.",
		schema:      `{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}`, text: "query", more: `,"execution":"client"`},
}

// Bridged is a tool that its vendor names and the client runs, as a function; nil where t is none.
func Bridged(t *conversation.Tool) (*conversation.Tool, *Bridge) {
	var declared struct {
		Execution   string
		Environment *struct{ Type string }
		Parameters  json.RawMessage
	}
	_ = json.Unmarshal(t.Raw, &declared) // of what cannot be read: nothing is said
	kind := Type(t)
	for i := range bridges {
		b := &bridges[i]
		fits := strings.HasPrefix(kind, b.prefix)
		if b.of == protocol.OpenAIResponses {
			fits = kind == b.prefix
		}
		switch {
		case t.Origin != b.of || !fits || t.Name == "":
			continue
		case kind == "tool_search" && declared.Execution != "client",
			declared.Environment != nil && declared.Environment.Type != "local": // run by the vendor
			return nil, nil
		}
		f := *t
		f.Kind, f.Schema = conversation.Function, json.RawMessage(b.schema)
		if f.Description == "" {
			f.Description = b.description
		}
		if len(declared.Parameters) > 0 && declared.Parameters[0] == '{' {
			f.Schema = declared.Parameters
		}
		return &f, b
	}
	return nil, nil
}

// BridgeOf is how the calls of a function look to the client, which declared it as a tool of its vendor's; nil for any other function.
func BridgeOf(t *conversation.Tool) *Bridge {
	if t.Kind != conversation.Function || len(t.Raw) == 0 {
		return nil
	}
	_, b := Bridged(t)
	return b
}

// Arguments are what a model has called such a function with, as the client's types have it.
func (b *Bridge) Arguments(said string) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(said), &m) != nil || m == nil {
		m = map[string]json.RawMessage{b.text: encoded(said)}
	}
	var line string
	if b.line != nil && json.Unmarshal(m[b.text], &line) == nil { // one text where a list is wanted
		m[b.text] = encoded(append(slices.Clone(b.line), line))
	}
	for name, value := range b.fixed {
		if m[name] == nil {
			m[name] = json.RawMessage(value)
		}
	}
	return encoded(m)
}

// AppendCall appends the members of a call's item that are its own: all but its ids.
func (b *Bridge) AppendCall(dst []byte, status, said string) []byte {
	if status == "incomplete" && b.Item == "apply_patch_call" { // which has no such status
		status = "in_progress"
	}
	dst = append(append(append(dst, `"type":"`...), b.Item...), `","status":"`...)
	dst = append(append(append(append(dst, status...), `","`...), b.Field...), `":`...)
	return append(append(dst, b.Arguments(said)...), b.more...)
}

// Calls is the tool of openai-responses that an item calls; "" where it calls none that the client runs.
func Calls(item string) string {
	for i := range bridges {
		if bridges[i].Item == item && item != "" {
			return bridges[i].prefix
		}
	}
	return ""
}

// encoded writes what is made of texts and of JSON that was read, and so cannot fail.
func encoded(v any) json.RawMessage {
	b, _ := json.Marshal(v)
	return b
}
