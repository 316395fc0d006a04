package media

import (
	"encoding/base64"
	"strings"
	"testing"

	"metapi/backend/protocol/conversation"
)

// Case 47: the bytes tell the type, whatever was said of them.
func TestCase47Types(t *testing.T) {
	for begins, want := range map[string]string{"\x89PNG\r\n\x1a\n": "image/png", "\xff\xd8\xff\xe0": "image/jpeg", "GIF89a": "image/gif", "RIFF\x10\x00\x00\x00WEBPVP8 ": "image/webp",
		"%PDF-1.7": "application/pdf", "RIFF\x10\x00\x00\x00WAVEfmt ": "audio/wav", "ID3\x04": "audio/mpeg", "plain words": "", "{}": "", "\x00\x01\x02": "", "": ""} {
		data := base64.StdEncoding.EncodeToString([]byte(begins + strings.Repeat(" ", 3*len(begins)%7)))
		if begins == "" {
			data = ""
		}
		if got := Sniff(data); got != want {
			t.Errorf("%q: %q, want %q", begins, got, want)
		}
	}
	png := base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n...."))
	for _, c := range []struct {
		m    conversation.Media
		want string
	}{
		{conversation.Media{Kind: conversation.Image, Type: "image/jpeg", Data: png}, "image/png"},
		{conversation.Media{Kind: conversation.Image, Type: "image/JPG; x=y", Data: "AAAA"}, "image/jpeg"},
		{conversation.Media{Kind: conversation.Image, Data: "AAAA"}, "usual"},
		{conversation.Media{Kind: conversation.File, Type: "application/octet-stream", Data: "JVBERi0xLjc="}, "application/pdf"},
		{conversation.Media{Kind: conversation.File, Type: "application/x-own", Data: png}, "application/x-own"},
	} {
		if got := Type(&c.m, "usual"); got != c.want {
			t.Errorf("%+v: %q, want %q", c.m, got, c.want)
		}
	}
}

func TestSplit(t *testing.T) {
	for url, want := range map[string][2]string{"data:image/png;base64,AAAA": {"image/png", "AAAA"}, "DATA:Image/JPG;x=y;BASE64,AAAA": {"image/jpeg", "AAAA"}, "data:;base64,AAAA": {"", "AAAA"}} {
		if kind, data, ok := Split(url); !ok || kind != want[0] || data != want[1] {
			t.Errorf("%s: %q %q %v", url, kind, data, ok)
		}
	}
	for _, url := range []string{"", "data:", "data:text/plain,hello", "data:image/png;base64,", "https://x.test", "dat"} {
		if _, _, ok := Split(url); ok {
			t.Errorf("%s was taken apart", url)
		}
	}
	for url, want := range map[string]bool{"https://x.test": true, "HTTP://x": true, "file:///etc/passwd": false, "gs://b": false, "x": false} {
		if Web(url) != want {
			t.Errorf("%s: %v", url, !want)
		}
	}
}
