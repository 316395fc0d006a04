package anthropic

import (
	"bytes"

	"metapi/backend/protocol/scan"
)

// fields are the members of any object of this protocol that the codec looks at, as they stand in the text; nil where a member
// is not there or null. The last of two equal names counts.
type fields struct {
	kind string // the member type

	text, thinking, signature, data, citations []byte
	id, name, input, toolUseID                 []byte
	content, isError, source, title, context   []byte
	cache, mediaType, url, fileID, role        []byte
	description, schema, strict                []byte
	citedText, documentTitle, encryptedIndex   []byte
	toolName, tool, definition                 []byte
	ttl, budget, display, format, effort       []byte
	disableParallel, value                     []byte
}

// read gathers the members of raw. It reports false where raw is no object.
func (f *fields) read(raw []byte) bool {
	c := scan.At(raw)
	return f.take(&c) && c.End() == nil
}

// take gathers the members of the object before c. It reports false, and stays, where there is none.
func (f *fields) take(c *scan.Cursor) bool {
	return c.Object(func(key []byte, escaped bool) {
		if escaped {
			key = scan.AppendUnquoted(nil, key)
		}
		if c.Kind() == 'n' {
			return
		}
		if into := f.place(key); into != nil {
			*into = c.Raw()
		} else if string(key) == "type" {
			f.kind = text(c.Raw())
		}
	})
}

// place is where the member key goes, nil for one that nobody looks at.
func (f *fields) place(key []byte) *[]byte {
	switch string(key) {
	case "text":
		return &f.text
	case "thinking":
		return &f.thinking
	case "signature":
		return &f.signature
	case "data":
		return &f.data
	case "citations":
		return &f.citations
	case "id":
		return &f.id
	case "name":
		return &f.name
	case "input":
		return &f.input
	case "tool_use_id":
		return &f.toolUseID
	case "content":
		return &f.content
	case "is_error":
		return &f.isError
	case "source":
		return &f.source
	case "title":
		return &f.title
	case "context":
		return &f.context
	case "cache_control":
		return &f.cache
	case "media_type":
		return &f.mediaType
	case "url":
		return &f.url
	case "file_id":
		return &f.fileID
	case "role":
		return &f.role
	case "description":
		return &f.description
	case "input_schema", "schema":
		return &f.schema
	case "strict":
		return &f.strict
	case "cited_text":
		return &f.citedText
	case "document_title":
		return &f.documentTitle
	case "encrypted_index":
		return &f.encryptedIndex
	case "tool_name":
		return &f.toolName
	case "tool":
		return &f.tool
	case "definition":
		return &f.definition
	case "ttl":
		return &f.ttl
	case "budget_tokens":
		return &f.budget
	case "display":
		return &f.display
	case "format":
		return &f.format
	case "effort":
		return &f.effort
	case "value":
		return &f.value
	case "disable_parallel_tool_use":
		return &f.disableParallel
	}
	return nil
}

// text is what a string token says, which a cursor has passed over; "" where it is none.
func text(token []byte) string {
	s, _ := stringOf(token)
	return s
}

// stringOf is text, and whether the token is a string.
func stringOf(token []byte) (string, bool) {
	n := len(token)
	if n < 2 || token[0] != '"' {
		return "", false
	}
	raw := token[1 : n-1]
	return scan.Unquote(raw, bytes.IndexByte(raw, '\\') >= 0), true
}
