package openaichat

import (
	"fmt"
	"strings"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/media"
	"metapi/backend/protocol/scan"
)

// decodeContent reads a message's content: a string, null, or parts.
func decodeContent(raw []byte, at string) ([]conversation.Part, error) {
	if given(raw) == nil {
		return nil, nil
	}
	if s, ok := scan.String(raw); ok {
		if s == "" {
			return nil, nil
		}
		return []conversation.Part{&conversation.Text{Text: s}}, nil
	}
	parts := []conversation.Part{}
	err := elements(raw, at, func(i int, raw []byte) error {
		p, err := decodePart(raw, fmt.Sprintf("%s[%d]", at, i))
		if p != nil {
			parts = append(parts, p)
		}
		return err
	})
	return parts, err
}

type askedPart struct {
	kind, text, refusal                 string
	hasText                             bool
	image, video, audio, file, thinking []byte
	cache                               *conversation.Cache
}

func (p *askedPart) read(raw []byte, at string) error {
	return members(raw, at, func(name string, value []byte) (err error) {
		switch name {
		case "type":
			p.kind, err = textOf(value, at+".type")
		case "text":
			p.hasText = given(value) != nil
			p.text, err = textOf(value, at+".text")
		case "refusal":
			p.refusal, err = textOf(value, at+".refusal")
		case "image_url":
			p.image = value
		case "video_url":
			p.video = value
		case "input_audio":
			p.audio = value
		case "file":
			p.file = value
		case "thinking": // Mistral
			p.thinking = value
		case "cache_control":
			p.cache, err = cacheOf(value, at)
		case "prompt_cache_breakpoint":
			if p.cache == nil && given(value) != nil {
				p.cache = &conversation.Cache{}
			}
		}
		return err
	})
}

func decodePart(raw []byte, at string) (conversation.Part, error) {
	if s, ok := scan.String(raw); ok { // a list of strings is what some clients send
		return &conversation.Text{Text: s}, nil
	}
	var in askedPart
	if err := in.read(raw, at); err != nil {
		return nil, err
	}
	switch in.kind {
	case "text", "":
		if !in.hasText {
			return nil, bad(at+".text", "a text part has no text")
		}
		if in.text == "" {
			return nil, nil
		}
		return &conversation.Text{Text: in.text, Cache: in.cache}, nil
	case "refusal":
		return &conversation.Refusal{Text: in.refusal}, nil
	case "thinking":
		var words strings.Builder
		if s, ok := scan.String(in.thinking); ok {
			words.WriteString(s)
		}
		for _, b := range jsonOf[[]struct{ Text string }](in.thinking) {
			words.WriteString(b.Text)
		}
		return &conversation.Thinking{Text: words.String()}, nil
	case "image_url":
		return decodeURL(conversation.Image, in.image, in.cache, at+".image_url")
	case "video_url":
		return decodeURL(conversation.Video, in.video, in.cache, at+".video_url")
	case "input_audio":
		var data, format string
		if err := texts(in.audio, at+".input_audio", "data", &data, "format", &format); err != nil {
			return nil, err
		}
		if data == "" {
			return nil, bad(at+".input_audio", "an audio part has no data")
		}
		return &conversation.Media{Kind: conversation.Audio, Type: media.Sound(format), Data: data, Cache: in.cache}, nil
	case "file":
		var f file
		if err := texts(in.file, at+".file", "file_id", &f.FileID, "file_data", &f.FileData, "filename", &f.Filename); err != nil {
			return nil, err
		}
		return decodeFile(&f, in.cache, at+".file")
	}
	return nil, bad(at+".type", fmt.Sprintf("part type %q is none of file, image_url, input_audio, text", in.kind))
}

// decodeURL reads an image's or a film's address, or the bytes in a data URL. Some clients leave the object out.
func decodeURL(kind conversation.MediaKind, raw []byte, cache *conversation.Cache, at string) (conversation.Part, error) {
	var u wireURL
	if s, ok := scan.String(raw); ok {
		u.URL = s
	} else if err := texts(raw, at, "url", &u.URL, "detail", &u.Detail); err != nil {
		return nil, err
	}
	m := &conversation.Media{Kind: kind, Detail: u.Detail, Cache: cache}
	switch mediaType, data, ok := media.Split(u.URL); {
	case u.URL == "":
		return nil, bad(at+".url", "there is no url")
	case ok:
		m.Type, m.Data = mediaType, data
	case media.Web(u.URL):
		m.URL = u.URL
	default:
		return nil, bad(at+".url", "the url is neither http, https, nor a data URL in base64")
	}
	return m, nil
}

func decodeFile(f *file, cache *conversation.Cache, at string) (conversation.Part, error) {
	m := &conversation.Media{Kind: conversation.File, Name: f.Filename, FileID: f.FileID, Cache: cache}
	switch mediaType, data, ok := media.Split(f.FileData); {
	case f.FileID != "":
	case ok:
		m.Type, m.Data = mediaType, data
	case f.FileData != "" && !strings.Contains(f.FileData, ":"): // bare base64, as the guide once had it
		m.Data = f.FileData
	default:
		return nil, bad(at, "a file part has neither file_id nor file_data in base64")
	}
	return m, nil
}
