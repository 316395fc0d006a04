package anthropic

import (
	"strings"
	"unicode/utf8"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
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
	switch {
	case m.Data != "":
		if b.Source = e.inline(m, place); b.Source == nil {
			return nil
		}
	case media.Web(m.URL):
		b.Source = &wireSource{Type: "url", URL: m.URL}
	case m.FileID != "":
		b.Source = &wireSource{Type: "file", FileID: m.FileID}
	default:
		e.refuse(place, "neither data nor an address that can be fetched")
		return nil
	}
	return b
}

// inline is the source of a file that comes with the request.
func (e *encoding) inline(m *conversation.Media, place string) *wireSource {
	kind := media.Type(m, "")
	switch {
	case m.Kind == conversation.Image && !images[kind]:
		e.refuse(place, "images must be JPEG, PNG, GIF or WebP, not "+quoted(kind))
		return nil
	case m.Kind == conversation.Image, kind == "application/pdf":
		return &wireSource{Type: "base64", MediaType: kind, Data: m.Data}
	}
	if words, ok := plainText(m.Data); ok && utf8.ValidString(words) && (kind == "" || media.Textual(kind)) {
		if strings.TrimSpace(words) == "" {
			words = "(empty)"
		}
		return &wireSource{Type: "text", MediaType: "text/plain", Data: words}
	}
	e.refuse(place, "documents must be PDF or text, not "+quoted(kind))
	return nil
}
