package anthropic

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"metapi/backend/protocol/conversation"
)

// media is an image or document block; nil after a refusal. place is the param of one.
func (e *encoding) media(m *conversation.Media, place string) *wireBlock {
	if m.Kind == conversation.Audio || m.Kind == conversation.Video {
		e.refuse(place, "this model takes no "+string(m.Kind))
		return nil
	}
	if m.Detail != "" && m.Detail != "auto" {
		e.lose("detail", "images are seen in one way here")
	}
	b := &wireBlock{Type: "document", Title: m.Name, Cache: wireMark(m.Cache)}
	if m.Kind == conversation.Image {
		b.Type, b.Title = "image", ""
	}
	data, kind := m.Data, mediaType(m.Type)
	if rest, inline := strings.CutPrefix(m.URL, "data:"); inline {
		head, body, _ := strings.Cut(rest, ",")
		data, kind = body, mediaType(head)
	}
	switch {
	case data != "":
		if b.Source = e.inline(b.Type, kind, data, place); b.Source == nil {
			return nil
		}
	case strings.HasPrefix(m.URL, "https://"), strings.HasPrefix(m.URL, "http://"):
		b.Source = &wireSource{Type: "url", URL: m.URL}
	case m.FileID != "":
		b.Source = &wireSource{Type: "file", FileID: m.FileID}
	default:
		e.refuse(place, "neither data nor an address that can be fetched")
		return nil
	}
	return b
}

// mediaType is a type without its parameters.
func mediaType(s string) string {
	s, _, _ = strings.Cut(s, ";")
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "image/jpg" {
		return "image/jpeg"
	}
	return s
}

// inline is the source of a file that comes with the request. What its first bytes say of its type counts more than what was said of it.
func (e *encoding) inline(block, kind, data, place string) *wireSource {
	if is := sniff(data); is != "" {
		kind = is
	}
	if block == "image" {
		if !images[kind] {
			e.refuse(place, "images must be JPEG, PNG, GIF or WebP, not "+quoted(kind))
			return nil
		}
		return &wireSource{Type: "base64", MediaType: kind, Data: data}
	}
	if kind == "application/pdf" {
		return &wireSource{Type: "base64", MediaType: kind, Data: data}
	}
	if words, ok := plainText(data); ok && utf8.ValidString(words) && (kind == "" || textTypes[kind] || strings.HasPrefix(kind, "text/")) {
		if strings.TrimSpace(words) == "" {
			words = "(empty)"
		}
		return &wireSource{Type: "text", MediaType: "text/plain", Data: words}
	}
	e.refuse(place, "documents must be PDF or text, not "+quoted(kind))
	return nil
}

// textTypes are media types of text beside text/*.
var textTypes = map[string]bool{"application/json": true, "application/xml": true, "application/javascript": true, "application/x-yaml": true,
	"application/yaml": true, "application/toml": true, "application/sql": true}

// sniff is the type that the first bytes tell; "" where they tell none.
func sniff(data string) string {
	head, _ := base64.StdEncoding.DecodeString(data[:min(len(data), 24)])
	for _, s := range sniffed {
		if strings.HasPrefix(string(head), s.begins) {
			return s.is
		}
	}
	if len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP" {
		return "image/webp"
	}
	return ""
}
