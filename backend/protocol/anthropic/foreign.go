package anthropic

import (
	"bytes"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/carry"
	"metapi/backend/protocol/scan"
)

// Mark begins every signature, sealed text, index and id that this codec made up for a client.
//
// Clients send back what they were given. What carries the mark is no signature of Anthropic's, and must not reach it: a
// decoded request has it unfolded, and [StripForeign] takes it out of a body that is passed on as it stands.
const Mark = carry.Mark

// outgoing is what a client is given for the proof of t: the vendor's own where the vendor is Anthropic, else an envelope.
func outgoing(t *conversation.Thinking) (signature, sealed string) {
	if t.Origin == protocol.Anthropic && (t.Signature != "" || t.Sealed != "") {
		return t.Signature, t.Sealed
	}
	return carry.Carried{Origin: t.Origin, ID: t.ID, Summary: t.Summary, Signature: t.Signature, Sealed: t.Sealed}.Seal(), ""
}

// StripForeign takes out of the body of a request what [Mark] shows to be none of Anthropic's: thinking, web searches and
// citations that this codec wrote for the client. It is for bodies that are passed on as they stand. Without the mark it
// returns body itself; a body that cannot be read is left alone.
func StripForeign(body []byte) []byte {
	if !bytes.Contains(body, []byte(Mark)) {
		return body
	}
	return filterBlocks(body, stripBlock)
}

// filterBlocks returns body with the blocks of its messages filtered; body itself where that cannot be read.
func filterBlocks(body []byte, keep func(dst, block []byte) ([]byte, bool)) []byte {
	var messages protocol.Span
	if scan.Object(body, func(key []byte, _ bool, value protocol.Span) bool {
		if string(key) == "messages" {
			messages = value
		}
		return true
	}) != nil || messages.Empty() {
		return body
	}
	out := append([]byte(nil), body[:messages.From]...)
	out, ok := filterArray(out, body[messages.From:messages.To], func(dst, message []byte) ([]byte, bool) {
		return filterMember(dst, message, "content", keep)
	})
	if !ok {
		return body
	}
	return append(out, body[messages.To:]...)
}

// stripBlock appends a content block without what is foreign in it; not at all where it is foreign as a whole.
func stripBlock(dst, block []byte) ([]byte, bool) {
	if !bytes.Contains(block, []byte(Mark)) {
		return append(dst, block...), true
	}
	var f fields
	f.read(block)
	switch f.kind {
	case "thinking":
		if _, ours := carry.Unseal(text(f.signature)); ours {
			return dst, false
		}
	case "redacted_thinking":
		if _, ours := carry.Unseal(text(f.data)); ours {
			return dst, false
		}
	case "server_tool_use", "web_search_tool_result":
		if strings.Contains(text(f.id), Mark) || strings.Contains(text(f.toolUseID), Mark) {
			return dst, false
		}
	case "text":
		return filterMember(dst, block, "citations", func(dst, citation []byte) ([]byte, bool) {
			var c fields
			c.read(citation)
			if strings.HasPrefix(text(c.encryptedIndex), Mark) {
				return dst, false
			}
			return append(dst, citation...), true
		})
	}
	return append(dst, block...), true
}

// filterMember appends an object with the elements of its array name filtered. A list that becomes empty is left out with
// its member; where that is the content of a message, the message is.
func filterMember(dst, object []byte, name string, keep func(dst, element []byte) ([]byte, bool)) ([]byte, bool) {
	start := len(dst)
	dst = append(dst, '{')
	first, whole := true, true
	err := scan.Object(object, func(key []byte, _ bool, value protocol.Span) bool {
		raw := object[value.From:value.To]
		before := len(dst)
		if !first {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), key...), `":`...)
		if string(key) != name || raw[0] != '[' {
			dst, first = append(dst, raw...), false
			return true
		}
		from := len(dst)
		dst, _ = filterArray(dst, raw, keep)
		if string(dst[from:]) == "[]" && len(bytes.TrimSpace(raw[1:len(raw)-1])) > 0 {
			whole = name != "content"
			dst = dst[:before]
			return whole
		}
		first = false
		return true
	})
	if err != nil || !whole {
		return dst[:start], err == nil && whole
	}
	return append(dst, '}'), true
}

// filterArray appends an array with its elements filtered.
func filterArray(dst, array []byte, keep func(dst, element []byte) ([]byte, bool)) ([]byte, bool) {
	dst = append(dst, '[')
	first := true
	err := scan.Array(array, func(value protocol.Span) bool {
		before := len(dst)
		if !first {
			dst = append(dst, ',')
		}
		var kept bool
		if dst, kept = keep(dst, array[value.From:value.To]); !kept {
			dst = dst[:before]
			return true
		}
		first = false
		return true
	})
	return append(dst, ']'), err == nil
}
