package openai

import (
	"strconv"

	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/quote"
	"metapi/backend/protocol/scan"
)

// LogProbs reads a list of tokens and of how likely they were: ChatCompletionTokenLogprob, LogProb and ResponseLogProb are of one form.
func LogProbs(c *scan.Cursor) (list []conversation.LogProb) {
	if c.Kind() != '[' {
		c.Value()
		return nil
	}
	c.Array(func() {
		var l conversation.LogProb
		c.Object(func(key []byte, _ bool) {
			switch string(key) {
			case "token":
				raw, escaped, _ := c.String()
				l.Token = scan.Unquote(raw, escaped)
			case "logprob":
				if f, err := strconv.ParseFloat(string(c.Raw()), 64); err == nil { // else it is one that JSON cannot write again
					l.Value = f
				}
			case "bytes":
				if c.Kind() == '[' {
					l.Bytes = []byte{}
					c.Array(func() {
						n, _ := c.Int()
						l.Bytes = append(l.Bytes, byte(n))
					})
				}
			case "top_logprobs":
				l.Top = LogProbs(c)
			}
		})
		list = append(list, l)
	})
	return list
}

// AppendLogProbs is the way back; the events of a Responses stream have no bytes.
func AppendLogProbs(dst []byte, list []conversation.LogProb, bytes bool) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendToken(dst, &list[i], bytes)
		dst = append(appendTop(append(dst, `,"top_logprobs":`...), list[i].Top, bytes), '}')
	}
	return append(dst, ']')
}

func appendTop(dst []byte, list []conversation.LogProb, bytes bool) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendToken(dst, &list[i], bytes), '}')
	}
	return append(dst, ']')
}

// appendToken appends all but the closing brace.
func appendToken(dst []byte, l *conversation.LogProb, bytes bool) []byte {
	dst = quote.Append(append(dst, `{"token":`...), l.Token)
	dst = strconv.AppendFloat(append(dst, `,"logprob":`...), l.Value, 'g', -1, 64)
	if !bytes {
		return dst
	}
	dst = append(dst, `,"bytes":[`...)
	for i, b := range l.UTF8() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(b), 10)
	}
	return append(dst, ']')
}
