package gemini

import (
	"encoding/json"
	"path"
	"strings"

	conv "metapi/backend/protocol/conversation"
)

// piece is a Part as it came: one of its kinds of data, and what stands beside it.
type piece struct {
	text    string
	hasText bool
	thought bool
	sig     string
	media   *conv.Media
	call    *call
	result  *result
	trace   string // code that the vendor has run, or what came of it, as text
}

// call is a FunctionCall.
type call struct{ id, name, args string }

// result is a FunctionResponse.
type result struct {
	id, name string
	response json.RawMessage
	media    []*conv.Media
}

// empty reports whether there is nothing in it that a conversation could keep.
func (p *piece) empty() bool {
	return p.text == "" && p.sig == "" && p.media == nil && p.call == nil && p.result == nil && p.trace == ""
}

// piece reads a Part (google.ai.generativelanguage.v1beta.Part, and its newer fields in @google/genai).
func (d *input) piece() (p piece) {
	d.object(func(key string) {
		switch key {
		case "text":
			if d.c.Kind() == '"' {
				p.hasText = true
			}
			p.text = d.text()
		case "thought":
			p.thought = d.truth()
		case "thoughtSignature":
			p.sig = d.text()
		case "inlineData":
			p.media = d.blob()
		case "fileData":
			p.media = d.file()
		case "functionCall":
			p.call = d.call()
		case "functionResponse":
			p.result = d.result()
		case "executableCode", "codeExecutionResult":
			p.trace = d.trace()
		}
	})
	return p
}

// blob reads a Blob; nil where it is null or has nothing in it.
func (d *input) blob() *conv.Media {
	var m conv.Media
	d.object(func(key string) {
		switch key {
		case "mimeType":
			m.Type = d.text()
		case "data":
			m.Data = padded(d.text())
			if !isBase64(m.Data) {
				d.fail("%s must be base64", d.path)
			}
		case "displayName":
			m.Name = d.text()
		}
	})
	if m.Data == "" {
		return nil
	}
	m.Kind = kindOf(m.Type)
	return &m
}

func (d *input) file() *conv.Media {
	var m conv.Media
	uri := ""
	d.object(func(key string) {
		switch key {
		case "mimeType":
			m.Type = d.text()
		case "fileUri":
			uri = d.text()
		case "displayName":
			m.Name = d.text()
		}
	})
	switch name := file(uri); {
	case uri == "":
		return nil
	case name != "":
		m.FileID = name
	case strings.HasPrefix(uri, "http://") || strings.HasPrefix(uri, "https://"):
		m.URL = uri
	default: // gs://bucket/name: state of an account too
		m.FileID = uri
	}
	typ := m.Type
	if typ == "" {
		typ = typeByName(uri)
	}
	if m.Kind = kindOf(typ); typ == "" && (strings.Contains(uri, "youtube.com/") || strings.Contains(uri, "youtu.be/")) {
		m.Kind = conv.Video
	}
	return &m
}

func (d *input) call() *call {
	k := call{args: "{}"}
	there := d.c.Kind() == '{'
	d.object(func(key string) {
		switch key {
		case "id":
			k.id = d.text()
		case "name":
			k.name = d.text()
		case "args":
			if d.c.Kind() != '{' {
				d.want("an object")
				return
			}
			k.args = string(d.c.Raw())
		}
	})
	if !there {
		return nil
	}
	if k.name = strings.TrimSpace(k.name); k.name == "" {
		d.fail("%s has no name", d.path)
	}
	return &k
}

func (d *input) result() *result {
	var r result
	there := d.c.Kind() == '{'
	d.object(func(key string) {
		switch key {
		case "id":
			r.id = d.text()
		case "name":
			r.name = d.text()
		case "response":
			if d.c.Kind() != '{' {
				d.want("an object")
				return
			}
			r.response = d.raw()
		case "parts":
			d.array(func(int) {
				if p := d.piece(); p.media != nil {
					r.media = append(r.media, p.media)
				}
			})
		}
	})
	if !there {
		return nil
	}
	return &r
}

// trace reads ExecutableCode or CodeExecutionResult as a text, the way Google's clients print them: no other protocol could say
// that a vendor of models ran a program.
func (d *input) trace() string {
	language, text := "", ""
	d.object(func(key string) {
		switch key {
		case "language":
			language = strings.ToLower(d.text())
		case "code", "output":
			text = d.text()
		}
	})
	if text == "" {
		return ""
	}
	return "\n```" + language + "\n" + strings.TrimSuffix(text, "\n") + "\n```\n"
}

// kindOf sorts media types.
func kindOf(typ string) conv.MediaKind {
	switch major, _, _ := strings.Cut(typ, "/"); major {
	case "image":
		return conv.Image
	case "audio":
		return conv.Audio
	case "video":
		return conv.Video
	}
	return conv.File
}

// typesByName are media types by the end of a name, of those that Google's models read.
var typesByName = map[string]string{".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif",
	".heic": "image/heic", ".heif": "image/heif", ".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv", ".html": "text/html",
	".md": "text/markdown", ".mp3": "audio/mp3", ".wav": "audio/wav", ".ogg": "audio/ogg", ".flac": "audio/flac", ".aac": "audio/aac",
	".mp4": "video/mp4", ".mov": "video/mov", ".webm": "video/webm", ".mpeg": "video/mpeg"}

// typeByName is the media type that an address or a file's name ends in; "" where it tells none.
func typeByName(name string) string {
	name, _, _ = strings.Cut(name, "?")
	name, _, _ = strings.Cut(name, "#")
	return typesByName[strings.ToLower(path.Ext(name))]
}

// isBase64 reports whether s is of either alphabet, with or without padding: what the JSON form of bytes may be.
func isBase64(s string) bool {
	n := len(strings.TrimRight(s, "="))
	if len(s)-n > 2 {
		return false
	}
	for i := range n {
		if c := s[i]; !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}

var standard = strings.NewReplacer("-", "+", "_", "/")

// padded is base64 of either alphabet in the standard one, with its padding.
func padded(s string) string {
	if strings.ContainsAny(s, "-_") {
		s = standard.Replace(s)
	}
	if n := len(s) % 4; n > 1 && !strings.HasSuffix(s, "=") {
		s += "=="[:4-n]
	}
	return s
}
