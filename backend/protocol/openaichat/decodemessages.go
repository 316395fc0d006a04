package openaichat

import (
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
)

// askedMessage is any of the six messages of ChatCompletionRequestMessage.
type askedMessage struct {
	role, name, refusal, callID string
	content, calls, call        []byte
	audio                       bool
	cache                       *conversation.Cache

	reasoningContent, reasoning string // of compatible vendors, as are the details
	details                     []byte
}

func (m *askedMessage) read(raw []byte, at string) error {
	return members(raw, at, func(name string, value []byte) (err error) {
		switch name {
		case "role":
			m.role, err = textOf(value, at+".role")
		case "name":
			m.name, err = textOf(value, at+".name")
		case "content":
			m.content = value
		case "refusal":
			m.refusal, err = textOf(value, at+".refusal")
		case "tool_calls":
			m.calls = value
		case "tool_call_id":
			m.callID, err = textOf(value, at+".tool_call_id")
		case "function_call":
			m.call = value
		case "reasoning_content":
			m.reasoningContent, err = textOf(value, at+".reasoning_content")
		case "reasoning":
			m.reasoning = argumentsOf(value)
		case "reasoning_details":
			m.details = value
		case "audio": // an answer that was spoken, by its id
			m.audio = given(value) != nil
		case "cache_control": // as on a part; OpenCode's place for it
			m.cache, err = cacheOf(value, at)
		}
		return err
	})
}

// roles are the roles of the definition. A function message is a tool message from before there were tools.
var roles = map[string]conversation.Role{
	"system": conversation.System, "developer": conversation.Developer, "user": conversation.User,
	"assistant": conversation.Assistant, "tool": conversation.ToolRole, "function": conversation.ToolRole,
}

func decodeMessages(raw []byte, r *conversation.Request) error {
	if err := elements(raw, "messages", func(i int, raw []byte) error {
		return decodeMessage(raw, fmt.Sprintf("messages[%d]", i), r)
	}); err != nil {
		return err
	}
	if len(r.Messages) == 0 {
		return bad("messages", "there are no messages")
	}
	return nil
}

func decodeMessage(raw []byte, at string, r *conversation.Request) error {
	var in askedMessage
	if err := in.read(raw, at); err != nil {
		return err
	}
	role, ok := roles[in.role]
	if !ok {
		return bad(at+".role", fmt.Sprintf("role %q is none of assistant, developer, function, system, tool, user", in.role))
	}
	parts, err := decodeContent(in.content, at+".content")
	if err != nil {
		return err
	}
	if in.audio {
		r.Lost = conversation.Lose(r.Lost, "messages.audio", "what was spoken is kept by the vendor that said it")
	}
	switch role {
	case conversation.ToolRole:
		decodeResult(&in, parts, r)
		return nil
	case conversation.Assistant:
		if parts, err = decodeAssistant(&in, parts, at); err != nil {
			return err
		}
	}
	if n := len(parts); n > 0 && in.cache != nil {
		if at := conversation.CacheOf(parts[n-1]); at != nil && *at == nil {
			*at = in.cache
		}
	}
	r.Messages = append(r.Messages, conversation.Message{Role: role, Name: in.name, Parts: parts})
	return nil
}

// decodeResult reads a tool's result. The results of one batch are one message.
func decodeResult(in *askedMessage, parts []conversation.Part, r *conversation.Request) {
	result := &conversation.ToolResult{ID: in.callID, Name: in.name, Kind: conversation.Function, Parts: parts, Cache: in.cache}
	if n := len(r.Messages); n > 0 && r.Messages[n-1].Role == conversation.ToolRole {
		r.Messages[n-1].Parts = append(r.Messages[n-1].Parts, result)
		return
	}
	r.Messages = append(r.Messages, conversation.Message{Role: conversation.ToolRole, Parts: []conversation.Part{result}})
}

// decodeAssistant puts an assistant's message in order: reasoning, words, calls.
func decodeAssistant(in *askedMessage, content []conversation.Part, at string) ([]conversation.Part, error) {
	parts := thinkingOf(first(in.reasoningContent, in.reasoning), in.details)
	parts = append(parts, content...)
	if in.refusal != "" {
		parts = append(parts, &conversation.Refusal{Text: in.refusal})
	}
	called := false
	if err := elements(in.calls, at+".tool_calls", func(i int, raw []byte) error {
		called = true
		c, err := decodeCall(raw, fmt.Sprintf("%s.tool_calls[%d]", at, i))
		parts = append(parts, c)
		return err
	}); err != nil {
		return nil, err
	}
	if !called && given(in.call) != nil {
		c := &conversation.ToolCall{Kind: conversation.Function}
		if err := decodeFunction(c, in.call, at+".function_call"); err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	return parts, nil
}

func decodeCall(raw []byte, at string) (*conversation.ToolCall, error) {
	c := &conversation.ToolCall{Kind: conversation.Function}
	var called []byte
	where := at + ".function"
	if err := members(raw, at, func(name string, value []byte) (err error) {
		switch name {
		case "id":
			c.ID, err = textOf(value, at+".id")
		case "function":
			called = value
		case "custom":
			if given(value) != nil {
				c.Kind, called, where = conversation.Custom, value, at+".custom"
			}
		case "extra_content":
			if s := jsonOf[extraContent](value).Google.ThoughtSignature; s != "" {
				c.Signature, c.Origin = s, protocol.Gemini
			}
		case "cache_control":
			c.Cache, err = cacheOf(value, at)
		}
		return err
	}); err != nil {
		return nil, err
	}
	return c, decodeFunction(c, called, where)
}

// decodeFunction reads what is called, and with what: a function's arguments, or a custom tool's input.
func decodeFunction(c *conversation.ToolCall, raw []byte, at string) error {
	if given(raw) != nil {
		if err := members(raw, at, func(name string, value []byte) (err error) {
			switch name {
			case "name":
				c.Name, err = textOf(value, at+".name")
			case "arguments", "input":
				c.Arguments = argumentsOf(value)
			}
			return err
		}); err != nil {
			return err
		}
	}
	if trim(c.Name) == "" {
		return bad(at+".name", "a call has no name")
	}
	return nil
}

// argumentsOf is what a call's arguments say, whether they came as a string, as the definition has it, or as the object itself (case 18).
func argumentsOf(raw []byte) string {
	if given(raw) == nil {
		return ""
	}
	if s, ok := scan.String(raw); ok {
		return s
	}
	return string(raw)
}

// thinkingOf reads the fields in which vendors show reasoning (case 40). They say the same: details tell most, then come reasoning_content
// and reasoning.
func thinkingOf(plain string, details []byte) []conversation.Part {
	var parts []conversation.Part
	for _, d := range jsonOf[[]detail](details) {
		if t := d.thinking(); t != nil {
			parts = append(parts, t)
		}
	}
	for _, p := range parts {
		if p.(*conversation.Thinking).Text != "" {
			return parts
		}
	}
	if plain != "" {
		parts = append([]conversation.Part{&conversation.Thinking{Text: plain}}, parts...)
	}
	return parts
}

// thinking is what a detail says, or nil. Its signature and its sealed data are kept with the format that they are in, without which they
// cannot be sent back.
func (d *detail) thinking() *conversation.Thinking {
	t := &conversation.Thinking{Text: first(d.Text, d.Summary), ID: d.ID, Summary: d.Summary != ""}
	if d.Signature != "" {
		t.Signature, t.Origin = d.Format+"|"+d.Signature, protocol.OpenAIChat
	}
	if d.Data != "" {
		t.Sealed, t.Origin = d.Format+"|"+d.Data, protocol.OpenAIChat
	}
	if t.Text == "" && t.Origin == protocol.None {
		return nil
	}
	return t
}

// detailOf is the way back.
func detailOf(t *conversation.Thinking, index int) detail {
	d := detail{Type: "reasoning.text", ID: t.ID, Index: index, Text: t.Text}
	if t.Summary {
		d.Type, d.Text, d.Summary = "reasoning.summary", "", t.Text
	}
	if t.Origin != protocol.OpenAIChat {
		return d
	}
	if t.Signature != "" {
		d.Format, d.Signature, _ = strings.Cut(t.Signature, "|")
	}
	if t.Sealed != "" {
		d.Type = "reasoning.encrypted"
		d.Format, d.Data, _ = strings.Cut(t.Sealed, "|")
	}
	return d
}
