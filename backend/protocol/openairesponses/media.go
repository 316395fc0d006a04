package openairesponses

import (
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
)

// locate says where a medium is: in a data URL, at an address, or at an account.
func locate(m *conversation.Media, address, fileID string) (fault string) {
	switch kind, data, inline := media.Split(address); {
	case inline:
		m.Type, m.Data = kind, data
	case media.Web(address):
		m.URL = address
	case address != "":
		return "must be an http or https address, or a data URL in base64"
	default:
		m.FileID = fileID
	}
	return ""
}

// filename is a name for a file that has none: the vendor judges a file by its extension.
func filename(m *conversation.Media) string {
	if m.Name != "" {
		return m.Name
	}
	switch kind := media.Type(m, ""); {
	case kind == "application/pdf":
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
