package openairesponses

import (
	"strings"

	"metapi/backend/protocol/conversation"
)

// signatures are how files begin, in base64.
var signatures = []struct{ begins, is string }{
	{"iVBORw0KGgo", "image/png"},
	{"/9j/", "image/jpeg"},
	{"R0lGODdh", "image/gif"},
	{"R0lGODlh", "image/gif"},
	{"UklGR", "image/webp"},
	{"JVBERi", "application/pdf"},
}

// sniff tells the media type of base64 by its beginning; "" where it is not known.
func sniff(data string) string {
	for _, s := range signatures {
		if strings.HasPrefix(data, s.begins) {
			return s.is
		}
	}
	return ""
}

// dataURL splits data:TYPE;base64,DATA. ok is false for any other text.
func dataURL(s string) (kind, data string, ok bool) {
	if len(s) < 5 || !strings.EqualFold(s[:5], "data:") {
		return "", "", false
	}
	head, data, found := strings.Cut(s[5:], ",")
	kind, params, _ := strings.Cut(head, ";")
	if !found || params != "base64" && !strings.HasSuffix(params, ";base64") {
		return "", "", false
	}
	return kind, data, true
}

// locate says where a medium is: in a data URL, at an address, or at an account.
func locate(m *conversation.Media, address, fileID string) (fault string) {
	switch kind, data, inline := dataURL(address); {
	case inline:
		m.Type, m.Data = kind, data
	case strings.HasPrefix(address, "http://"), strings.HasPrefix(address, "https://"):
		m.URL = address
	case address != "":
		return "must be an http or https address, or a data URL in base64"
	default:
		m.FileID = fileID
	}
	return ""
}

// toDataURL writes a medium's bytes as a data URL. An image's own signature beats what was said of it, since the vendor
// looks too.
func toDataURL(m *conversation.Media) string {
	kind := m.Type
	if found := sniff(m.Data); found != "" && (kind == "" || m.Kind == conversation.Image) {
		kind = found
	}
	if kind == "" {
		kind = "application/octet-stream"
		if m.Kind == conversation.Image {
			kind = "image/png"
		}
	}
	return "data:" + kind + ";base64," + m.Data
}

// filename is a name for a file that has none: the vendor judges a file by its extension.
func filename(m *conversation.Media) string {
	if m.Name != "" {
		return m.Name
	}
	switch kind := m.Type; {
	case kind == "application/pdf" || sniff(m.Data) == "application/pdf":
		return "file.pdf"
	case kind == "text/markdown":
		return "file.md"
	case kind == "application/json":
		return "file.json"
	case kind == "text/html":
		return "file.html"
	case kind == "text/csv":
		return "file.csv"
	case strings.HasPrefix(kind, "text/"):
		return "file.txt"
	}
	return "file"
}
