// Package scan reads JSON where it lies: it finds members and their places, and copies nothing.
//
// A gateway that passes a body on needs four or five facts of it, and decoding 100 KB to learn them costs more
// than everything else that it does. A [Cursor] goes over the text once, from left to right. Where the caller
// wants to look inside an object or array it descends ([Cursor.Object], [Cursor.Array]); whatever the caller
// leaves alone is skipped, and checked on the way, eight bytes at a time in strings:
//
//	c := scan.At(body)
//	c.Object(func(key []byte, escaped bool) {
//		switch string(key) {
//		case "model":
//			at = c.Value() // the place of the value
//		case "messages":
//			c.Array(func() { ... }) // look inside
//		} // anything else is skipped
//	})
//	err := c.End() // everything was JSON, and nothing follows
//
// What passes is what [encoding/json.Valid] passes: both are fuzzed against each other. There is one difference
// on purpose: nesting stops at [MaxDepth]. Strings may hold invalid UTF-8, as there.
//
// Nothing here allocates but an [Error], and [Unquote] for strings with escapes. Keys are handed out as they are
// written, without their quotes; escaped tells that a key is written with a backslash, so that a caller who cares
// (two spellings of one name are a way around a gateway's checks) can look at what it means with [Unquote].
package scan
