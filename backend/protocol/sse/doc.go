// Package sse splits a stream of Server-Sent Events at the boundaries of its events, keeping every byte.
//
// A gateway that forwards a stream must know where each event ends (what it writes to its client may be cut only
// there, and may be followed by an error event of its own), and what it says. So an [Event] has both: Raw, the
// exact bytes with all their line ends, comments and odd spacing, and Name and Data as the standard reads them
// (https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6). All Raws in a row are the
// stream, byte for byte, however it arrived in pieces.
//
// A [Reader] reads into one buffer and hands out slices of it: an event with one data line allocates nothing. A
// read may bring several events; [Reader.More] tells whether the next one is already there, so that a
// forwarder writes all that came at once in one go:
//
//	for {
//		ev, err := r.Next()
//		...
//		batch = append(batch, ev.Raw...)
//		if !r.More() {
//			w.Write(batch) // before the next Next, which may wait
//		}
//	}
//
// A stream may stop without the blank line that ends its last event. Whether that was sloppiness or a cut cannot
// be told from the bytes, so the remainder comes out as an event with Unended set, and the caller judges by its
// data.
package sse
