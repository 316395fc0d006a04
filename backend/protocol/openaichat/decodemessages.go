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
	switch role {
	case conversation.ToolRole:
		decodeResult(&in, parts, r)
		return nil
	case conversation.Assistant:
		if parts, err = decodeAssistant(&in, parts, at); err != nil {
			return err
		}
	}
	r.Messages = append(r.Messages, conversation.Message{Role: role, Name: in.name, Parts: parts})
	return nil
}

// decodeResult reads a tool's result. The results of one batch are one message.
func decodeResult(in *askedMessage, parts []conversation.Part, r *conversation.Request) {
	result := &conversation.ToolResult{ID: in.callID, Name: in.name, Kind: conversation.Function, Parts: parts}
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

// decodeContent reads a message's content: a string, null, or parts.
func decodeContent(raw []byte, at string) ([]conversation.Part, error) {
	if given(raw) == nil {
		return nil, nil
	}
	if s, ok := scan.String(raw); ok {
		if s == "" {
			return nil, nil
		}
		return []conversation.Part{&conversation.Text{Text: s}}, nil
	}
	parts := []conversation.Part{}
	err := elements(raw, at, func(i int, raw []byte) error {
		p, err := decodePart(raw, fmt.Sprintf("%s[%d]", at, i))
		if p != nil {
			parts = append(parts, p)
		}
		return err
	})
	return parts, err
}

type askedPart struct {
	kind, text, refusal                 string
	hasText                             bool
	image, video, audio, file, thinking []byte
	cache                               *conversation.Cache
}

func (p *askedPart) read(raw []byte, at string) error {
	return members(raw, at, func(name string, value []byte) (err error) {
		switch name {
		case "type":
			p.kind, err = textOf(value, at+".type")
		case "text":
			p.hasText = given(value) != nil
			p.text, err = textOf(value, at+".text")
		case "refusal":
			p.refusal, err = textOf(value, at+".refusal")
		case "image_url":
			p.image = value
		case "video_url":
			p.video = value
		case "input_audio":
			p.audio = value
		case "file":
			p.file = value
		case "thinking": // Mistral
			p.thinking = value
		case "cache_control":
			var c *cacheMark
			if err = into(value, &c, at+".cache_control"); c != nil {
				p.cache = mark(c)
			}
		case "prompt_cache_breakpoint":
			if p.cache == nil && given(value) != nil {
				p.cache = &conversation.Cache{}
			}
		}
		return err
	})
}

func decodePart(raw []byte, at string) (conversation.Part, error) {
	if s, ok := scan.String(raw); ok { // a list of strings is what some clients send
		return &conversation.Text{Text: s}, nil
	}
	var in askedPart
	if err := in.read(raw, at); err != nil {
		return nil, err
	}
	switch in.kind {
	case "text", "":
		if !in.hasText {
			return nil, bad(at+".text", "a text part has no text")
		}
		if in.text == "" {
			return nil, nil
		}
		return &conversation.Text{Text: in.text, Cache: in.cache}, nil
	case "refusal":
		return &conversation.Refusal{Text: in.refusal}, nil
	case "thinking":
		var words strings.Builder
		if s, ok := scan.String(in.thinking); ok {
			words.WriteString(s)
		}
		for _, b := range jsonOf[[]struct{ Text string }](in.thinking) {
			words.WriteString(b.Text)
		}
		return &conversation.Thinking{Text: words.String()}, nil
	case "image_url":
		return decodeURL(conversation.Image, in.image, in.cache, at+".image_url")
	case "video_url":
		return decodeURL(conversation.Video, in.video, in.cache, at+".video_url")
	case "input_audio":
		var data, format string
		if err := texts(in.audio, at+".input_audio", "data", &data, "format", &format); err != nil {
			return nil, err
		}
		if data == "" {
			return nil, bad(at+".input_audio", "an audio part has no data")
		}
		return &conversation.Media{Kind: conversation.Audio, Type: audioType(format), Data: data, Cache: in.cache}, nil
	case "file":
		var f file
		if err := texts(in.file, at+".file", "file_id", &f.FileID, "file_data", &f.FileData, "filename", &f.Filename); err != nil {
			return nil, err
		}
		return decodeFile(&f, in.cache, at+".file")
	}
	return nil, bad(at+".type", fmt.Sprintf("part type %q is none of file, image_url, input_audio, text", in.kind))
}

func audioType(format string) string {
	switch format {
	case "":
		return ""
	case "mp3":
		return "audio/mpeg"
	}
	return "audio/" + format
}

// decodeURL reads an image's or a film's address, or the bytes in a data URL. Some clients leave the object out.
func decodeURL(kind conversation.MediaKind, raw []byte, cache *conversation.Cache, at string) (conversation.Part, error) {
	var u wireURL
	if s, ok := scan.String(raw); ok {
		u.URL = s
	} else if err := texts(raw, at, "url", &u.URL, "detail", &u.Detail); err != nil {
		return nil, err
	}
	m := &conversation.Media{Kind: kind, Detail: u.Detail, Cache: cache}
	switch mediaType, data, ok := dataURL(u.URL); {
	case u.URL == "":
		return nil, bad(at+".url", "there is no url")
	case ok:
		m.Type, m.Data = mediaType, data
	case hasPrefixFold(u.URL, "http://"), hasPrefixFold(u.URL, "https://"):
		m.URL = u.URL
	default:
		return nil, bad(at+".url", "the url is neither http, https, nor a data URL in base64")
	}
	return m, nil
}

func decodeFile(f *file, cache *conversation.Cache, at string) (conversation.Part, error) {
	m := &conversation.Media{Kind: conversation.File, Name: f.Filename, FileID: f.FileID, Cache: cache}
	switch mediaType, data, ok := dataURL(f.FileData); {
	case f.FileID != "":
	case ok:
		m.Type, m.Data = mediaType, data
	case f.FileData != "" && !hasPrefixFold(f.FileData, "data:"): // bare base64, as the guide once had it
		m.Data = f.FileData
	default:
		return nil, bad(at, "a file part has neither file_id nor file_data in base64")
	}
	return m, nil
}

// dataURL takes "data:image/png;base64,AAAA" apart.
func dataURL(u string) (mediaType, data string, ok bool) {
	if !hasPrefixFold(u, "data:") {
		return "", "", false
	}
	head, data, found := strings.Cut(u[len("data:"):], ",")
	if !found || !strings.HasSuffix(strings.ToLower(head), ";base64") || data == "" {
		return "", "", false
	}
	mediaType, _, _ = strings.Cut(head, ";")
	return strings.ToLower(mediaType), data, true
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
