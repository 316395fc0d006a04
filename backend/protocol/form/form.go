package form

import (
	"bytes"
	"fmt"
	"mime"
	"strings"

	"metapi/backend/protocol"
)

// Bounds of a form. Clients send a dozen parts, with two short headers each.
const (
	maxParts  = 1000
	maxHeader = 4 << 10 // bytes of one part's headers
)

// Part is one field.
type Part struct {
	Name  string
	File  bool          // it has a file's name
	plain bool          // its headers say nothing of what is in it, but that it is text
	Data  protocol.Span // in the form
}

// Boundary is what a Content-Type of multipart/form-data separates parts by.
func Boundary(contentType string) (string, bool) {
	kind, params, err := mime.ParseMediaType(contentType)
	b := params["boundary"]
	ok := err == nil && kind == "multipart/form-data" && b != "" && len(b) <= 70
	return b, ok && !strings.ContainsAny(contentType, `*\`) && !strings.ContainsFunc(b, strange) && !strings.HasSuffix(b, " ")
}

// strange is what RFC 2046 allows in no boundary. That, and what is encoded or escaped, parsers read in more than one way.
func strange(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("'()+_,-./:=? ", r))
}

// Scan visits the parts of a form. Its error is an *[protocol.Error].
func Scan(body []byte, boundary string, visit func(Part)) error {
	delimiter := []byte("--" + boundary)
	if !bytes.HasPrefix(body, delimiter) {
		return bad("it does not begin with its boundary")
	}
	at := len(delimiter)
	for n := 0; ; n++ {
		rest := body[at:]
		if bytes.HasPrefix(rest, []byte("--")) {
			if n == 0 {
				return bad("it has no parts")
			}
			if tail := rest[2:]; len(tail) > 0 && string(tail) != "\r\n" {
				return bad("something stands behind its end")
			}
			return nil
		}
		if n == maxParts {
			return bad(fmt.Sprintf("it has more than %d parts", maxParts))
		}
		if !bytes.HasPrefix(rest, []byte("\r\n")) {
			return bad("a boundary is not followed by a line end (CR LF)")
		}
		from := at + 2
		end := bytes.Index(body[from:], delimiter)
		if end < 0 {
			return bad("it breaks off before its end")
		}
		part := body[from : from+end]
		if !bytes.HasSuffix(part, []byte("\r\n")) {
			return bad("its boundary stands within a part")
		}
		p, err := read(part[:len(part)-2], from)
		if err != nil {
			return err
		}
		visit(p)
		at = from + end + len(delimiter)
	}
}

// read reads the headers of a part that begins at from.
func read(part []byte, from int) (Part, error) {
	var p Part
	head, _, ok := bytes.Cut(part[:min(len(part), maxHeader)], []byte("\r\n\r\n"))
	if !ok {
		return p, bad("the headers of a part have no end, or are too long")
	}
	p.Data = protocol.Span{From: from + len(head) + 4, To: from + len(part)}
	p.plain = true
	named := false
	for line := range strings.SplitSeq(string(head), "\r\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsFunc(name, foreign) || strings.ContainsFunc(value, control) {
			return p, bad("a header of a part cannot be read")
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-disposition":
			if named {
				return p, bad("a part has two names")
			}
			named = true
			if err := p.name(value); err != nil {
				return p, err
			}
		case "content-type":
			kind, params, err := mime.ParseMediaType(value)
			charset := strings.ToLower(params["charset"])
			p.plain = p.plain && err == nil && kind == "text/plain" && (charset == "" || charset == "utf-8" || charset == "us-ascii")
		case "content-transfer-encoding":
			switch strings.ToLower(value) {
			case "7bit", "8bit", "binary":
			default:
				return p, bad("a part is encoded; send it as it is")
			}
		}
	}
	if !named {
		return p, bad("a part has no name")
	}
	return p, nil
}

// foreign is what the name of no header has that belongs into a part.
func foreign(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-')
}

func control(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }

// name reads a Content-Disposition.
func (p *Part) name(value string) error {
	kind, params, err := mime.ParseMediaType(value)
	name, ok := params["name"]
	if err != nil || kind != "form-data" || !ok {
		return bad("the name of a part cannot be read")
	}
	if plain := strings.ReplaceAll(strings.ToLower(value), "filename*", ""); strings.Contains(plain, "name*") {
		return bad("the name of a part is encoded; write it as it is")
	}
	p.Name = name
	_, p.File = params["filename"]
	return nil
}

func bad(what string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Message: "the form (multipart/form-data) cannot be taken: " + what}
}

// Peek reads what routing needs of a form: its model, whether a stream is wanted, and whether the reply may be plain text. With needModel a form
// without a model is at fault. Its error is an *[protocol.Error].
func Peek(body []byte, boundary string, needModel bool) (protocol.Peek, error) {
	p := protocol.Peek{Form: true}
	seen := map[string]bool{}
	var fault *protocol.Error
	refuse := func(field, message string) {
		if fault == nil {
			fault = &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: field, Message: message}
		}
	}
	err := Scan(body, boundary, func(part Part) {
		field := guarded(part.Name)
		value := string(body[part.Data.From:min(part.Data.To, part.Data.From+protocol.LongestModel+1)])
		switch {
		case field == "":
			return
		case part.Name != field:
			refuse(field, fmt.Sprintf("%.64q is another spelling of %q; send the field once, spelled exactly so", part.Name, field))
		case seen[field]:
			refuse(field, fmt.Sprintf("%q is there twice; send it once", field))
		case part.File || !part.plain:
			refuse(field, fmt.Sprintf("%q must be a field of plain text", field))
		case len(value) > protocol.LongestModel:
			refuse(field, fmt.Sprintf("%q is longer than %d bytes", field, protocol.LongestModel))
		case strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 || r == 0x7f || r == 0xfffd }):
			refuse(field, fmt.Sprintf("%q holds what is no text", field))
		}
		seen[field] = true
		switch field {
		case "model":
			p.Model, p.ModelAt = value, part.Data
		case "response_format":
			p.Words = value == "text" || value == "srt" || value == "vtt"
		case "stream":
			switch value {
			case "true", "True":
				p.Stream = true
			case "", "false", "False":
			default:
				refuse(field, `"stream" must be true or false`)
			}
		}
	})
	if err != nil {
		return protocol.Peek{}, err
	}
	if needModel && p.Model == "" {
		refuse("model", `"model" is missing; name the model that should answer`)
	}
	if fault != nil {
		return protocol.Peek{}, fault
	}
	return p, nil
}

// guarded is the field that a name is a spelling of, in whatever way a parser may read it; "" for all others.
func guarded(name string) string {
	bare, _, _ := strings.Cut(strings.TrimSpace(name), "[")
	for _, field := range [...]string{"model", "stream", "response_format"} {
		if strings.EqualFold(strings.TrimSpace(bare), field) {
			return field
		}
	}
	return ""
}
