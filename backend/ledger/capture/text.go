package capture

import (
	"bytes"
	"encoding/json"
	"regexp"

	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/sse"
	"metapi/backend/routing"
)

// readable is a reply as it can be read: a stream is put together, as far as it came.
func readable(said *routing.Said) []byte {
	codec := codecs.Of(said.Protocol)
	if !said.Stream || codec == nil {
		return said.Reply
	}
	if len(said.Reply) > 0 && (said.Reply[0] == '{' || said.Reply[0] == '[') { // an error before the stream began, or Gemini's array
		if said.Reply[0] == '{' {
			return said.Reply
		}
		said.Reply = asEvents(said.Reply)
	}
	var whole conversation.Gathering
	rd, events := codec.NewReader(), sse.NewReader(bytes.NewReader(said.Reply), len(said.Reply)+1)
	var fault []byte
	for {
		e, err := events.Next()
		if err != nil {
			break
		}
		told, err := rd.Read(e.Name, e.Data)
		if err != nil {
			fault = bytes.Clone(e.Data)
			break
		}
		whole.Add(told...)
	}
	if rest, err := rd.End(); err == nil {
		whole.Add(rest...)
	}
	text, err := codec.EncodeReply(whole.Reply(), &conversation.Request{})
	if err != nil {
		return []byte("(a stream that cannot be put together)")
	}
	if fault != nil {
		text = append(append(text, '\n'), fault...)
	}
	return text
}

// asEvents makes events of the elements of a JSON array.
func asEvents(array []byte) (out []byte) {
	d := json.NewDecoder(bytes.NewReader(array))
	d.Token()
	for d.More() {
		var one json.RawMessage
		if d.Decode(&one) != nil {
			break
		}
		var line bytes.Buffer
		if json.Compact(&line, one) != nil {
			break
		}
		out = append(append(append(out, "data: "...), line.Bytes()...), "\n\n"...)
	}
	return out
}

var stringForm = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// masked is text without secrets. In JSON they are looked for in what its strings say, however that is escaped.
func masked(text []byte, mask func(string) string) string {
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		text = stringForm.ReplaceAllFunc(text, func(quoted []byte) []byte {
			var said string
			if json.Unmarshal(quoted, &said) != nil {
				return quoted
			}
			clean := mask(said)
			if clean == said {
				return quoted
			}
			var out bytes.Buffer
			e := json.NewEncoder(&out)
			e.SetEscapeHTML(false)
			e.Encode(clean)
			return bytes.TrimSpace(out.Bytes())
		})
	}
	return mask(string(bytes.ToValidUTF8(text, []byte("\uFFFD")))) // once more: what is no JSON, or has been cut
}
