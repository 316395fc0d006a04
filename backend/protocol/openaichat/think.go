package openaichat

import "strings"

const (
	openTag  = "<think>"
	closeTag = "</think>"
)

// splitter takes apart a text that begins with reasoning between <think> and </think>, as models without a field for it write it. The text
// comes in pieces that may cut through the tags (case 40). A tag anywhere but at the beginning is the model's own words.
type splitter struct {
	mode splitMode
	held string // what may yet turn out to be a tag
}

type splitMode uint8

const (
	atStart   splitMode = iota
	inside              // after <think>
	justAfter           // after </think>: line ends are passed over
	outside
)

// piece is text, or reasoning (inner).
type piece struct {
	inner bool
	text  string
}

// write takes a piece of the text and returns what is sure of it.
func (s *splitter) write(text string) []piece {
	if s.mode == outside {
		return one(false, text)
	}
	text, s.held = s.held+text, ""
	switch s.mode {
	case atStart:
		begin := strings.TrimLeft(text, " \t\r\n")
		switch {
		case strings.HasPrefix(begin, openTag):
			s.mode = inside
			return s.write(strings.TrimLeft(begin[len(openTag):], "\r\n"))
		case strings.HasPrefix(openTag, begin) && len(text) < 64: // too short to tell; nobody indents a tag that far
			s.held = text
			return nil
		}
		s.mode = outside
		return one(false, text)
	case inside:
		if before, after, found := strings.Cut(text, closeTag); found {
			s.mode = justAfter
			return append(one(true, strings.TrimRight(before, "\r\n")), s.write(after)...)
		}
		// The line ends before the tag belong to it, and of the tag any part may be there.
		keep := len(text)
		for n := min(len(closeTag)-1, len(text)); n > 0; n-- {
			if strings.HasSuffix(text, closeTag[:n]) {
				keep = len(text) - n
				break
			}
		}
		if ends := len(strings.TrimRight(text[:keep], "\r\n")); keep-ends < 64 {
			keep = ends
		}
		s.held = text[keep:]
		return one(true, text[:keep])
	}
	if text = strings.TrimLeft(text, "\r\n"); text == "" {
		return nil
	}
	s.mode = outside
	return one(false, text)
}

// end returns what was held back.
func (s *splitter) end() []piece {
	held := s.held
	s.held = ""
	return one(s.mode == inside, held)
}

func one(inner bool, text string) []piece {
	if text == "" {
		return nil
	}
	return []piece{{inner, text}}
}
