package anthropic

import (
	"encoding/base64"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/carry"
	"metapi/backend/protocol/scan"
)

// blockReader reads the content of one message. A user's tool results become a message of their own, as the canonical form has them.
type blockReader struct {
	*decoding
	role  conversation.Role
	parts []conversation.Part
	tools bool // parts are tool results

	signature carry.Carried // what belongs to the next call
}

// finish ends the message that has been gathered.
func (b *blockReader) finish() {
	role := b.role
	if b.tools {
		role = conversation.ToolRole
	}
	if len(b.parts) > 0 {
		b.turns = append(b.turns, conversation.Message{Role: role, Parts: b.parts})
	}
	b.parts, b.tools = nil, false
}

// add adds a part of the message's own, or a tool's result.
func (b *blockReader) add(p conversation.Part) bool {
	_, result := p.(*conversation.ToolResult)
	if b.role == conversation.User && result != b.tools {
		b.finish()
		b.tools = result
	}
	b.parts = append(b.parts, p)
	return true
}

// content reads a string or a list of blocks.
func (b *blockReader) content(raw []byte, name string) bool {
	if raw == nil {
		return true
	}
	if s, ok := stringOf(raw); ok {
		return b.add(&conversation.Text{Text: s})
	}
	c := scan.At(raw)
	return b.list(&c, name)
}

// list reads the list of blocks before c.
func (b *blockReader) list(c *scan.Cursor, name string) bool {
	return b.each(c, name, func() bool {
		var f fields
		if !f.take(c) {
			return b.refuse("", "Input should be a valid dictionary")
		}
		return b.block(&f)
	})
}

// block reads one of ContentBlockParam.
func (b *blockReader) block(f *fields) bool {
	assistant := b.role == conversation.Assistant
	switch f.kind {
	case "text":
		s, ok := stringOf(f.text)
		if !ok {
			return b.refuse("text", "Input should be a valid string")
		}
		return b.add(&conversation.Text{Text: s, Cache: cache(f.cache), Citations: citations(f.citations)})
	case "tool_addition", "tool_removal": // of the beta of changing tools: what was declared stays so
		return b.addition(f)
	case "fallback":
		return true
	}
	switch {
	case b.role == conversation.System:
	case f.kind == "image":
		return b.media(f, conversation.Image)
	case f.kind == "document":
		return b.document(f)
	case f.kind == "search_result":
		return b.searchResult(f)
	case f.kind == "tool_result" && !assistant:
		return b.toolResult(f)
	case f.kind == "thinking" && assistant:
		return b.thinking(text(f.signature), "", text(f.thinking))
	case f.kind == "redacted_thinking" && assistant:
		return b.thinking("", text(f.data), "")
	case f.kind == "tool_use" && assistant:
		return b.call(f, conversation.Function)
	case (f.kind == "server_tool_use" || f.kind == "mcp_tool_use") && assistant:
		if text(f.name) == "web_search" {
			return b.call(f, conversation.WebSearch)
		}
		return b.call(f, conversation.Hosted)
	case strings.HasSuffix(f.kind, "_tool_result") && assistant:
		return b.hostedResult(f)
	case f.kind == "compaction" && assistant:
		if s := text(f.content); s != "" {
			b.add(&conversation.Text{Text: s, Cache: cache(f.cache)})
		}
		return true
	}
	return b.refuse("type", "a block of type "+quoted(f.kind)+" cannot be part of a message of this role, or cannot be passed to this model")
}

// quoted is a word of the client's for a message, cut to a bearable length.
func quoted(s string) string { return "'" + protocol.Clean(s[:min(len(s), 64)]) + "'" }

// addition takes in the definition of a tool that comes in mid-conversation.
func (b *blockReader) addition(f *fields) bool {
	var t, definition fields
	if f.kind != "tool_addition" || !t.read(f.tool) || t.definition == nil || !definition.read(t.definition) {
		return true
	}
	for _, known := range b.r.Tools {
		if known.Name == text(definition.name) {
			return true
		}
	}
	return b.tool(t.definition)
}

// thinking reads thinking or redacted_thinking. What another vendor's model thought was wrapped by this codec when it was
// written, and is unwrapped; a mark without more was thinking that nobody had signed.
func (b *blockReader) thinking(signature, data, words string) bool {
	t := &conversation.Thinking{Text: words, Signature: signature, Sealed: data}
	if signature != "" || data != "" {
		t.Origin = protocol.Anthropic
	}
	if e, ours := carry.Unseal(signature + data); ours {
		if e.Call {
			b.signature = e
			return true
		}
		t.ID, t.Summary, t.Signature, t.Sealed, t.Origin = e.ID, e.Summary, e.Signature, e.Sealed, e.Origin
	}
	if t.Text == "" && t.Signature == "" && t.Sealed == "" {
		return true
	}
	return b.add(t)
}

// call reads a tool_use. Its input stays as it came.
func (b *blockReader) call(f *fields, kind conversation.ToolKind) bool {
	t := &conversation.ToolCall{ID: text(f.id), Name: text(f.name), Kind: kind, Arguments: "{}", Cache: cache(f.cache)}
	switch {
	case t.ID == "":
		return b.refuse("id", "Field required")
	case strings.TrimSpace(t.Name) == "":
		return b.refuse("name", "Field required")
	}
	if f.input != nil {
		t.Arguments = string(f.input)
	}
	if b.signature.Call {
		t.Signature, t.Origin = b.signature.Signature, b.signature.Origin
		b.signature = carry.Carried{}
	}
	return b.add(t)
}

func (b *blockReader) toolResult(f *fields) bool {
	t := &conversation.ToolResult{ID: text(f.toolUseID), Kind: conversation.Function, Error: string(f.isError) == "true", Cache: cache(f.cache)}
	if t.ID == "" {
		return b.refuse("tool_use_id", "Field required")
	}
	inner := blockReader{decoding: b.decoding, role: conversation.ToolRole}
	if f.content != nil {
		if s, ok := stringOf(f.content); ok {
			inner.add(&conversation.Text{Text: s})
		} else {
			c := scan.At(f.content)
			if !b.each(&c, "content", func() bool { return inner.resultBlock(c.Raw()) }) {
				return false
			}
		}
	}
	t.Parts = inner.parts
	return b.add(t)
}

// resultBlock reads a block within a tool's result.
func (b *blockReader) resultBlock(raw []byte) bool {
	var f fields
	if !f.read(raw) {
		return b.refuse("", "Input should be a valid dictionary")
	}
	switch f.kind {
	case "tool_reference":
		return b.add(&conversation.Text{Text: text(f.toolName)})
	case "browser_state":
		return b.add(&conversation.Text{Text: string(raw)})
	case "text", "image", "document", "search_result":
		return b.block(&f)
	}
	return b.refuse("type", "a block of type "+quoted(f.kind)+" cannot be part of a tool's result")
}

// hostedResult reads what a tool of the vendor's has found: of a search, the pages; the text itself is encrypted.
func (b *blockReader) hostedResult(f *fields) bool {
	t := &conversation.ToolResult{ID: text(f.toolUseID), Kind: conversation.Hosted, Error: string(f.isError) == "true"}
	if f.kind == "web_search_tool_result" {
		t.Kind, t.Name = conversation.WebSearch, "web_search"
	}
	c := scan.At(f.content)
	list := c.Array(func() {
		var page fields
		page.read(c.Raw())
		switch {
		case page.url != nil:
			t.Parts = append(t.Parts, &conversation.Text{Text: strings.TrimSpace(text(page.title) + "\n" + text(page.url))})
		case page.kind == "text":
			t.Parts = append(t.Parts, &conversation.Text{Text: text(page.text)})
		}
	})
	if !list && f.content != nil {
		t.Parts = []conversation.Part{&conversation.Text{Text: string(f.content)}}
	}
	return b.add(t)
}

// media reads an image, or a document that is no plain text.
func (b *blockReader) media(f *fields, kind conversation.MediaKind) bool {
	var s fields
	if !s.read(f.source) {
		return b.refuse("source", "Input should be a valid dictionary")
	}
	m := &conversation.Media{Kind: kind, Type: text(s.mediaType), Name: text(f.title), Cache: cache(f.cache)}
	field := ""
	switch s.kind {
	case "base64":
		m.Data, field = text(s.data), "data"
	case "url":
		m.URL, field = text(s.url), "url"
	case "file":
		m.FileID, field = text(s.fileID), "file_id"
	default:
		return b.refuse("source.type", "Input should be base64, url or file")
	}
	if m.Data+m.URL+m.FileID == "" {
		return b.refuse("source."+field, "Field required")
	}
	return b.add(m)
}

// document reads a document. One of plain text, or of blocks, is text to any model.
func (b *blockReader) document(f *fields) bool {
	var s fields
	if !s.read(f.source) {
		return b.refuse("source", "Input should be a valid dictionary")
	}
	heading := strings.TrimSpace(text(f.title) + "\n" + text(f.context))
	switch s.kind {
	case "text":
		words := text(s.data)
		if heading != "" {
			words = heading + "\n\n" + words
		}
		return b.add(&conversation.Text{Text: words, Cache: cache(f.cache)})
	case "content":
		if heading != "" {
			b.add(&conversation.Text{Text: heading})
		}
		if !b.content(s.content, "source.content") {
			return false
		}
		markLast(b.parts, cache(f.cache))
		return true
	}
	return b.media(f, conversation.File)
}

func (b *blockReader) searchResult(f *fields) bool {
	b.add(&conversation.Text{Text: strings.TrimSpace(text(f.title) + "\n" + text(f.source))})
	if !b.content(f.content, "content") {
		return false
	}
	markLast(b.parts, cache(f.cache))
	return true
}

// citations reads the list of a text's citations.
func citations(raw []byte) []conversation.Citation {
	var list []conversation.Citation
	c := scan.At(raw)
	c.Array(func() { list = append(list, citation(c.Raw())) })
	return list
}

// citation reads one of TextCitation. Where it stands in the document is of no use without the document; where in the text,
// the vendor does not say: it is of the whole block.
func citation(raw []byte) conversation.Citation {
	var f fields
	f.read(raw)
	c := conversation.Citation{URL: text(f.url), Title: text(f.title), Quote: text(f.citedText)}
	if c.Title == "" {
		c.Title = text(f.documentTitle)
	}
	if c.URL == "" && strings.Contains(text(f.source), "://") { // a search result of the client's own
		c.URL = text(f.source)
	}
	return c
}

// plainText decodes a file that is text.
func plainText(data string) (string, bool) {
	b, err := base64.StdEncoding.DecodeString(data)
	return string(b), err == nil
}
