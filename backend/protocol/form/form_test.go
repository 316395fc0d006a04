package form

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"metapi/backend/protocol"
)

const boundary = "xYzBoundary"

// write writes a form; parts are headers and bodies in turn.
func write(parts ...string) string {
	var b strings.Builder
	for i := 0; i < len(parts); i += 2 {
		b.WriteString("--" + boundary + "\r\n" + parts[i] + "\r\n\r\n" + parts[i+1] + "\r\n")
	}
	return b.String() + "--" + boundary + "--\r\n"
}

func field(name string) string { return `Content-Disposition: form-data; name="` + name + `"` }

const file = "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\" ü.mp3\"\r\nContent-Type: audio/mpeg"

func TestPeek(t *testing.T) {
	for _, c := range []struct {
		name, body, model string
		stream, words     bool
	}{
		{"as clients write it", write(field("model"), "whisper-1", file, "\x00\xff\r\n--xYz\r\n", field("response_format"), "srt"), "whisper-1", false, true},
		{"a stream", write(field("stream"), "true", field("model"), "m"), "m", true, false},
		{"none", write(field("stream"), "false", field("model"), "m", field("stream_extra"), "x", field("models"), "y"), "m", false, false},
		{"bare names, as .NET writes them", write("Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=model", "m"), "m", false, false},
		{"with a transfer encoding, as Apache writes it", write(field("model")+"\r\nContent-Type: text/plain; charset=US-ASCII\r\nContent-Transfer-Encoding: 8bit", "m"), "m", false, false},
		{"an encoded file name", write("Content-Disposition: form-data; name=\"file\"; filename=\"x\"; filename*=utf-8''%C3%BC", "data", field("model"), "m"), "m", false, false},
		{"no line end behind the end", strings.TrimSuffix(write(field("model"), "m"), "\r\n"), "m", false, false},
		{"arrays", write(field("image[]"), "a", field("image[]"), "b", field("model"), "m"), "m", false, false},
	} {
		p, err := Peek([]byte(c.body), boundary, true)
		if err != nil || p.Model != c.model || p.Stream != c.stream || p.Words != c.words || !p.Form || c.body[p.ModelAt.From:p.ModelAt.To] != c.model {
			t.Errorf("%s: %+v, %v", c.name, p, err)
		}
	}
	if p, err := Peek([]byte(write(field("purpose"), "batch")), boundary, false); err != nil || p.Model != "" || !p.ModelAt.Empty() {
		t.Errorf("without a model: %+v, %v", p, err)
	}
}

// What some parser could read otherwise is refused.
func TestHostileForms(t *testing.T) {
	model := field("model")
	whole := write(model, "m")
	for name, c := range map[string]struct{ body, says string }{
		"empty":                     {"", "begin"},
		"another boundary":          {strings.ReplaceAll(whole, boundary, "other"), "begin"},
		"text before":               {"x\r\n" + whole, "begin"},
		"no parts":                  {"--" + boundary + "--\r\n", "no parts"},
		"cut":                       {whole[:len(whole)-len(boundary)-8], "breaks off"},
		"cut in the head":           {"--" + boundary + "\r\n" + model, "breaks off"},
		"text behind":               {whole + "--" + boundary + "\r\n" + model + "\r\n\r\nother\r\n--" + boundary + "--", "behind its end"},
		"bare line feeds":           {strings.ReplaceAll(whole, "\r\n", "\n"), "CR LF"},
		"blanks behind a boundary":  {strings.Replace(whole, boundary+"\r\n", boundary+" \r\n", 1), "CR LF"},
		"the boundary in a file":    {write(file, "x\n--"+boundary+"\nContent-Disposition: form-data; name=\"model\"\n\nevil\n", model, "m"), "within a part"},
		"the boundary in a line":    {write(file, "x--"+boundary+"y", model, "m"), "within a part"},
		"a longer boundary":         {write(file, "x\r\n--"+boundary+"y\r\n", model, "m"), "CR LF"},
		"no end of headers":         {"--" + boundary + "\r\n" + model + "\r\nm\r\n--" + boundary + "--", "no end"},
		"long headers":              {write(model+"\r\nX-A: "+strings.Repeat("a", 5000), "m"), "too long"},
		"a folded header":           {write("Content-Disposition: form-data;\r\n name=\"model\"", "m"), "cannot be read"},
		"a bare CR in a header":     {write(model+"\rX: y", "m"), "cannot be read"},
		"a blank before the colon":  {write("Content-Disposition : form-data; name=\"model\"", "m"), "cannot be read"},
		"no name":                   {write("Content-Type: text/plain", "m"), "no name"},
		"no name, but a file's":     {write("Content-Disposition: form-data; filename=\"model\"", "m"), "name"},
		"an attachment":             {write("Content-Disposition: attachment; name=\"model\"", "m"), "name"},
		"two names":                 {write(model+"\r\nContent-Disposition: form-data; name=\"x\"", "m"), "two names"},
		"two names in one":          {write("Content-Disposition: form-data; name=\"x\"; name=\"model\"", "m"), "name"},
		"an encoded name":           {write("Content-Disposition: form-data; name*=utf-8''model", "m"), "encoded"},
		"a name in pieces":          {write("Content-Disposition: form-data; name*0=mod; name*1=el", "m"), "encoded"},
		"base64":                    {write(model+"\r\nContent-Transfer-Encoding: base64", "bQ=="), "encoded"},
		"too many parts":            {write(strings.Split(strings.Repeat(field("a")+"|b|", 1001), "|")[:2002]...), "more than 1000"},
		"two models":                {write(model, "m", model, "m"), "twice"},
		"another case":              {write(field("Model"), "m"), "another spelling"},
		"as a list":                 {write(field("model[]"), "m"), "another spelling"},
		"a blank in the name":       {write(field("model "), "m"), "another spelling"},
		"a model in a file":         {write("Content-Disposition: form-data; name=\"model\"; filename=\"m\"", "m"), "plain text"},
		"a model in JSON":           {write(model+"\r\nContent-Type: application/json", `"m"`), "plain text"},
		"a model in UTF-16":         {write(model+"\r\nContent-Type: text/plain; charset=utf-16", "m"), "plain text"},
		"a model with a line end":   {write(model, "m\r\n"), "no text"},
		"a model that is no UTF-8":  {write(model, "m\xff"), "no text"},
		"a long model":              {write(model, strings.Repeat("m", 257)), "longer than 256"},
		"no model":                  {write(field("x"), "m"), "missing"},
		"an empty model":            {write(model, ""), "missing"},
		"a stream that is no truth": {write(model, "m", field("stream"), "1"), "true or false"},
		"two streams":               {write(model, "m", field("stream"), "true", field("stream"), "false"), "twice"},
		"two formats":               {write(model, "m", field("response_format"), "json", field("response_format"), "text"), "twice"},
	} {
		_, err := Peek([]byte(c.body), boundary, true)
		var e *protocol.Error
		if !errors.As(err, &e) || e.Kind != protocol.BadRequest || e.Status != 400 || !strings.Contains(e.Message, c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		} else if len(e.Message) > 200 {
			t.Errorf("%s: the request is echoed: %s", name, e.Message)
		}
	}
}

func TestBoundary(t *testing.T) {
	for in, want := range map[string]string{`multipart/form-data; boundary=a`: "a", `Multipart/Form-Data; boundary="a b"`: "a b", `multipart/form-data`: "", `multipart/mixed; boundary=a`: "",
		`multipart/form-data; boundary=` + strings.Repeat("a", 71): "", `multipart/form-data; boundary=a; boundary=b`: "",
		`multipart/form-data; boundary=a; boundary*=utf-8''b`: "", `multipart/form-data; boundary*0=a; boundary*1=b`: "", `multipart/form-data; boundary="a\"b"`: "",
		`multipart/form-data; boundary="a;b"`: "", `multipart/form-data; boundary="a "`: "", `multipart/form-data; boundary="----WebKitFormBoundaryAbC0"`: "----WebKitFormBoundaryAbC0", `application/json`: "", ``: ""} {
		if got, ok := Boundary(in); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %v", in, got, ok)
		}
	}
}

// Whatever passes is read the same by the standard library: the same parts, one model, the same one.
func FuzzPeek(f *testing.F) {
	for _, seed := range []string{write(field("model"), "m", file, "data"), write("Content-Disposition: form-data; name=model", "m"), write(field("model"), "m", field("stream"), "true"),
		"--" + boundary + "\r\n" + field("model") + "\r\n\r\nm\r\n--" + boundary + "--"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Peek(body, boundary, true)
		if err != nil {
			var e *protocol.Error
			if !errors.As(err, &e) || e.Message == "" {
				t.Fatalf("not an error of ours: %v", err)
			}
			return
		}
		var ours []Part
		if Scan(body, boundary, func(part Part) { ours = append(ours, part) }) != nil {
			t.Fatal("what Peek takes Scan refuses")
		}
		rd, models := multipart.NewReader(bytes.NewReader(body), boundary), 0
		for i := 0; ; i++ {
			part, err := rd.NextRawPart()
			if err == io.EOF {
				if i != len(ours) {
					t.Fatalf("%d parts, not %d", i, len(ours))
				}
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", body, err)
			}
			data, err := io.ReadAll(part)
			if err != nil || i >= len(ours) || part.FormName() != ours[i].Name || string(data) != string(body[ours[i].Data.From:ours[i].Data.To]) {
				t.Fatalf("part %d of %q: %q, %v; ours %+v", i, body, data, err, ours)
			}
			if part.FormName() == "model" {
				models++
				if string(data) != p.Model {
					t.Fatalf("%q and %q", data, p.Model)
				}
			}
		}
		if models != 1 {
			t.Fatalf("%d models in %q", models, body)
		}
	})
}
