package openaichat

import (
	"encoding/json"
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// askedMessage is any of the six messages of ChatCompletionRequestMessage.
type askedMessage struct {
	Role         string
	Content      json.RawMessage
	Name         string
	Refusal      string
	ToolCalls    []json.RawMessage `json:"tool_calls"`
	ToolCallID   string            `json:"tool_call_id"`
	FunctionCall json.RawMessage   `json:"function_call"`

	ReasoningContent *string         `json:"reasoning_content"`
	Reasoning        json.RawMessage // OpenRouter, vLLM: a string
	ReasoningDetails json.RawMessage `json:"reasoning_details"`
}

// roles are the roles of the definition. A function message is a tool message from before there were tools.
var roles = map[string]conversation.Role{
	"system": conversation.System, "developer": conversation.Developer, "user": conversation.User,
	"assistant": conversation.Assistant, "tool": conversation.ToolRole, "function": conversation.ToolRole,
}

func decodeMessages(raws []json.RawMessage, r *conversation.Request) error {
	if len(raws) == 0 {
		return bad("messages", "there are no messages")
	}
	r.Messages = make([]conversation.Message, 0, len(raws))
	for i, raw := range raws {
		at := fmt.Sprintf("messages[%d]", i)
		var in askedMessage
		if err := into(raw, &in, at); err != nil {
			return err
		}
		role, ok := roles[in.Role]
		if !ok {
			return bad(at+".role", fmt.Sprintf("role %q is none of assistant, developer, function, system, tool, user", in.Role))
		}
		parts, err := decodeContent(in.Content, at+".content")
		if err != nil {
			return err
		}
		switch role {
		case conversation.ToolRole:
			decodeResult(&in, parts, r)
			continue
		case conversation.Assistant:
			if parts, err = decodeAssistant(&in, parts, at); err != nil {
				return err
			}
		}
		r.Messages = append(r.Messages, conversation.Message{Role: role, Name: in.Name, Parts: parts})
	}
	return nil
}

// decodeResult reads a tool's result. The results of one batch are one message.
func decodeResult(in *askedMessage, parts []conversation.Part, r *conversation.Request) {
	result := &conversation.ToolResult{ID: in.ToolCallID, Name: in.Name, Kind: conversation.Function, Parts: parts}
	if n := len(r.Messages); n > 0 && r.Messages[n-1].Role == conversation.ToolRole {
		r.Messages[n-1].Parts = append(r.Messages[n-1].Parts, result)
		return
	}
	r.Messages = append(r.Messages, conversation.Message{Role: conversation.ToolRole, Parts: []conversation.Part{result}})
}

// decodeAssistant puts an assistant's message in order: reasoning, words, calls.
func decodeAssistant(in *askedMessage, content []conversation.Part, at string) ([]conversation.Part, error) {
	parts := thinkingOf(in.ReasoningContent, in.Reasoning, in.ReasoningDetails)
	parts = append(parts, content...)
	if in.Refusal != "" {
		parts = append(parts, &conversation.Refusal{Text: in.Refusal})
	}
	for i, raw := range in.ToolCalls {
		c, err := decodeCall(raw, fmt.Sprintf("%s.tool_calls[%d]", at, i))
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	if given(in.FunctionCall) != nil && len(in.ToolCalls) == 0 {
		var f askedFunction
		if err := into(in.FunctionCall, &f, at+".function_call"); err != nil {
			return nil, err
		}
		if f.Name == "" {
			return nil, bad(at+".function_call.name", "a call has no name")
		}
		parts = append(parts, &conversation.ToolCall{Kind: conversation.Function, Name: f.Name, Arguments: argumentsOf(f.Arguments)})
	}
	return parts, nil
}

type askedFunction struct {
	Name      string
	Arguments json.RawMessage
}

func decodeCall(raw json.RawMessage, at string) (*conversation.ToolCall, error) {
	var in struct {
		ID       string
		Function *askedFunction
		Custom   *customCall
		Extra    *extraContent `json:"extra_content"`
	}
	if err := into(raw, &in, at); err != nil {
		return nil, err
	}
	c := &conversation.ToolCall{ID: in.ID, Kind: conversation.Function}
	switch {
	case in.Custom != nil:
		c.Kind, c.Name, c.Arguments = conversation.Custom, in.Custom.Name, in.Custom.Input
		at += ".custom"
	case in.Function != nil:
		c.Name, c.Arguments = in.Function.Name, argumentsOf(in.Function.Arguments)
		at += ".function"
	}
	if strings.TrimSpace(c.Name) == "" {
		return nil, bad(at+".name", "a call has no name")
	}
	if in.Extra != nil && in.Extra.Google.ThoughtSignature != "" {
		c.Signature, c.Origin = in.Extra.Google.ThoughtSignature, protocol.Gemini
	}
	return c, nil
}

// argumentsOf is what a call's arguments say, whether they came as a string, as the definition has it, or as the object itself (case 18).
func argumentsOf(raw json.RawMessage) string {
	if given(raw) == nil {
		return ""
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// thinkingOf reads the fields in which vendors show reasoning (case 40). They say the same: details tell most, then come reasoning_content
// and reasoning.
func thinkingOf(content *string, reasoning, details json.RawMessage) []conversation.Part {
	var list []detail
	var parts []conversation.Part
	if given(details) != nil && json.Unmarshal(details, &list) == nil {
		for _, d := range list {
			if t := d.thinking(); t != nil {
				parts = append(parts, t)
			}
		}
	}
	plain := ""
	if content != nil {
		plain = *content
	}
	if plain == "" {
		plain = argumentsOf(reasoning)
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
func decodeContent(raw json.RawMessage, at string) ([]conversation.Part, error) {
	if given(raw) == nil {
		return nil, nil
	}
	if raw[0] == '"' {
		var s string
		if err := into(raw, &s, at); err != nil {
			return nil, err
		}
		if s == "" {
			return nil, nil
		}
		return []conversation.Part{&conversation.Text{Text: s}}, nil
	}
	var raws []json.RawMessage
	if err := into(raw, &raws, at); err != nil {
		return nil, err
	}
	parts := make([]conversation.Part, 0, len(raws))
	for i, raw := range raws {
		p, err := decodePart(raw, fmt.Sprintf("%s[%d]", at, i))
		if err != nil {
			return nil, err
		}
		if p != nil {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

type askedPart struct {
	Type     string
	Text     *string
	Refusal  string
	ImageURL json.RawMessage `json:"image_url"`
	VideoURL json.RawMessage `json:"video_url"`
	Audio    *inputAudio     `json:"input_audio"`
	File     *file
	Thinking json.RawMessage // Mistral
	Cache    *cacheMark      `json:"cache_control"`
	Break    json.RawMessage `json:"prompt_cache_breakpoint"`
}

func decodePart(raw json.RawMessage, at string) (conversation.Part, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil && raw[0] == '"' { // a list of strings is what some clients send
		return &conversation.Text{Text: s}, nil
	}
	var in askedPart
	if err := into(raw, &in, at); err != nil {
		return nil, err
	}
	cache := mark(in.Cache)
	if cache == nil && given(in.Break) != nil {
		cache = &conversation.Cache{}
	}
	switch in.Type {
	case "text", "":
		if in.Text == nil {
			return nil, bad(at+".text", "a text part has no text")
		}
		if *in.Text == "" {
			return nil, nil
		}
		return &conversation.Text{Text: *in.Text, Cache: cache}, nil
	case "refusal":
		return &conversation.Refusal{Text: in.Refusal}, nil
	case "thinking":
		var blocks []askedPart
		if json.Unmarshal(in.Thinking, &blocks) != nil {
			return &conversation.Thinking{Text: argumentsOf(in.Thinking)}, nil
		}
		var words strings.Builder
		for _, b := range blocks {
			if b.Text != nil {
				words.WriteString(*b.Text)
			}
		}
		return &conversation.Thinking{Text: words.String()}, nil
	case "image_url":
		return decodeURL(conversation.Image, in.ImageURL, cache, at+".image_url")
	case "video_url":
		return decodeURL(conversation.Video, in.VideoURL, cache, at+".video_url")
	case "input_audio":
		if in.Audio == nil || in.Audio.Data == "" {
			return nil, bad(at+".input_audio", "an audio part has no data")
		}
		return &conversation.Media{Kind: conversation.Audio, Type: audioType(in.Audio.Format), Data: in.Audio.Data, Cache: cache}, nil
	case "file":
		return decodeFile(in.File, cache, at+".file")
	}
	return nil, bad(at+".type", fmt.Sprintf("part type %q is none of file, image_url, input_audio, text", in.Type))
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
func decodeURL(kind conversation.MediaKind, raw json.RawMessage, cache *conversation.Cache, at string) (conversation.Part, error) {
	var u wireURL
	if len(raw) > 0 && raw[0] == '"' {
		if err := into(raw, &u.URL, at); err != nil {
			return nil, err
		}
	} else if given(raw) != nil {
		if err := into(raw, &u, at); err != nil {
			return nil, err
		}
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
	if f == nil {
		return nil, bad(at, "a file part has no file")
	}
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
