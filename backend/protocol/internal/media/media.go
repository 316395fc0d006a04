// Package media has what all codecs must know of images, sound, films and documents: what type their bytes are of, and data URLs.
package media

import (
	"encoding/base64"
	"net/http"
	"strings"

	"metapi/backend/protocol/conversation"
)

// Sniff is the type that bytes in base64 tell by their beginning; "" where they tell none, as text does.
func Sniff(data string) string {
	begins, _ := base64.StdEncoding.DecodeString(data[:min(len(data), 512)/4*4]) // of what is no base64: what is before the fault
	if len(begins) == 0 {
		return ""
	}
	kind := Plain(http.DetectContentType(begins))
	switch {
	case kind == "application/octet-stream" || strings.HasPrefix(kind, "text/"):
		return ""
	case kind == "audio/wave":
		return "audio/wav"
	}
	return kind
}

// Plain is a media type without its parameters, in the one spelling that all vendors take.
func Plain(kind string) string {
	kind, _, _ = strings.Cut(kind, ";")
	if kind = strings.ToLower(strings.TrimSpace(kind)); kind == "image/jpg" {
		return "image/jpeg"
	}
	return kind
}

// Type is what a medium is, else usual. Of an image, and of a PDF, its bytes count more than what was said of them: vendors look, too.
func Type(m *conversation.Media, usual string) string {
	found := Sniff(m.Data)
	switch {
	case found != "" && (m.Type == "" || m.Kind == conversation.Image || found == "application/pdf"):
		return found
	case m.Type != "":
		return Plain(m.Type)
	}
	return usual
}

// Textual reports whether a document is text that can stand in a message itself.
func Textual(kind string) bool {
	kind = Plain(kind)
	switch kind {
	case "application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript", "application/toml", "application/sql":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// URL writes a medium's bytes as a data URL, or returns its address.
func URL(m *conversation.Media, usual string) string {
	if m.Data == "" {
		return m.URL
	}
	return "data:" + Type(m, usual) + ";base64," + m.Data
}

// Split takes data:TYPE;base64,DATA apart; ok is false for any other text.
func Split(url string) (kind, data string, ok bool) {
	const scheme = "data:"
	if len(url) < len(scheme) || !strings.EqualFold(url[:len(scheme)], scheme) {
		return "", "", false
	}
	head, data, found := strings.Cut(url[len(scheme):], ",")
	if !found || !strings.HasSuffix(strings.ToLower(head), ";base64") || data == "" {
		return "", "", false
	}
	return Plain(head), data, true
}

// Web reports whether a text is an address that can be fetched.
func Web(url string) bool {
	scheme, _, found := strings.Cut(url, "://")
	return found && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// Sound is the media type of OpenAI's word for a format.
func Sound(format string) string {
	switch format {
	case "":
		return ""
	case "mp3":
		return "audio/mpeg"
	}
	return "audio/" + format
}
