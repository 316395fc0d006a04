package anthropic

import (
	"strconv"

	"metapi/backend/protocol/quote"
)

// appendNullable appends s, or null where it is empty.
func appendNullable(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return quote.Append(dst, s)
}

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }
