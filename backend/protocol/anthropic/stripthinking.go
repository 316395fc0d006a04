package anthropic

import (
	"bytes"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// StripThinking takes all thinking out of the history in the body of a request, where Anthropic has found that it is none of its own or not as
// it was: thinking of an account behind another vendor's cloud, say. ok tells whether there was any. Where a turn that called tools is then
// to be gone on from, thinking with a budget is turned off as well: such a turn would have to begin with its thinking.
func StripThinking(body []byte) (stripped []byte, ok bool) {
	stripped = filterBlocks(body, func(dst, block []byte) ([]byte, bool) {
		var f fields
		f.read(block)
		if f.kind == "thinking" || f.kind == "redacted_thinking" {
			ok = true
			return dst, false
		}
		return append(dst, block...), true
	})
	if !ok {
		return body, false
	}
	var last, thinking []byte
	_ = scan.Object(stripped, func(key []byte, _ bool, value protocol.Span) bool {
		switch raw := stripped[value.From:value.To]; string(key) {
		case "thinking":
			thinking = raw
		case "messages":
			_ = scan.Array(raw, func(m protocol.Span) bool { last = raw[m.From:m.To]; return true })
		}
		return true
	})
	var f fields
	if f.read(thinking); f.kind == "enabled" && bytes.Contains(last, []byte(`"tool_result"`)) {
		silent, err := scan.AppendKept(nil, stripped, func(key []byte) bool {
			return string(key) != "thinking" && string(key) != "context_management" // which may speak of thinking
		})
		if err == nil {
			stripped = silent
		}
	}
	return stripped, true
}
