package gemini

import (
	"bytes"
	"encoding/json"
	"slices"
	"unicode/utf8"

	conv "metapi/backend/protocol/conversation"
)

// source is where a piece of an answer is from.
type source struct {
	url, title string
	from, to   int // in bytes of the answer; both 0 where it is not told
	text       string
}

// grounded reads GroundingMetadata. What cannot be read is left out: it is beside the answer.
func grounded(raw json.RawMessage) (out []source) {
	var g struct {
		GroundingChunks []struct {
			Web, RetrievedContext, Maps struct{ URI, Title string }
		}
		GroundingSupports []wireSupport
	}
	if json.Unmarshal(raw, &g) != nil {
		return nil
	}
	sources := make([]source, len(g.GroundingChunks))
	for i, c := range g.GroundingChunks {
		for _, s := range []struct{ URI, Title string }{c.Web, c.RetrievedContext, c.Maps} {
			if s.URI != "" || s.Title != "" {
				sources[i] = source{url: s.URI, title: s.Title}
				break
			}
		}
	}
	placed := make([]bool, len(sources))
	for _, s := range g.GroundingSupports {
		for _, i := range s.GroundingChunkIndices {
			if i < 0 || i >= len(sources) {
				continue
			}
			placed[i] = true
			at := sources[i]
			at.from, at.to, at.text = s.Segment.StartIndex, s.Segment.EndIndex, s.Segment.Text
			out = append(out, at)
		}
	}
	for i, s := range sources {
		if !placed[i] && s != (source{}) {
			out = append(out, s)
		}
	}
	return out
}

// recited reads CitationMetadata, whose member has one name in the API and another in Google's clients.
func recited(raw json.RawMessage) (out []source) {
	type citation struct {
		StartIndex, EndIndex int
		URI, Title           string
	}
	var m struct{ CitationSources, Citations []citation }
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	for _, c := range slices.Concat(m.CitationSources, m.Citations) {
		if c.URI != "" || c.Title != "" {
			out = append(out, source{url: c.URI, title: c.Title, from: c.StartIndex, to: c.EndIndex})
		}
	}
	return out
}

// place finds a source's words in the answer and returns it in characters of the part that begins at textFrom. Where the figures do
// not fit the words, which happens since they are of a part that may not be ours, the words are searched for.
func (s *source) place(text []byte, textFrom int) (from, to int) {
	i, j := s.from, s.to
	fits := i >= 0 && i < j && j <= len(text) && (s.text == "" || string(text[i:j]) == s.text)
	if !fits && s.text != "" {
		if i = bytes.Index(text[textFrom:], []byte(s.text)); i >= 0 {
			i += textFrom
			j, fits = i+len(s.text), true
		}
	}
	if !fits || i < textFrom {
		return 0, 0
	}
	from = utf8.RuneCount(text[textFrom:i])
	return from, from + utf8.RuneCount(text[i:j])
}

// grounding makes GroundingMetadata of an answer's citations.
type grounding struct {
	chunks   []wireChunk
	supports []wireSupport
}

// add takes in a citation of a text. The text is the part with this index, and its figures are of bytes there.
func (g *grounding) add(c *conv.Citation, text string, part int) {
	if c.URL == "" && c.Title == "" {
		return
	}
	chunk := wireChunk{Web: wireWeb{URI: c.URL, Title: c.Title}}
	at := slices.Index(g.chunks, chunk)
	if at < 0 {
		at = len(g.chunks)
		g.chunks = append(g.chunks, chunk)
	}
	if c.From < 0 || c.From >= c.To {
		return
	}
	from, to, n := -1, -1, 0
	for i := range text { // the characters' places
		if n == c.From {
			from = i
		}
		if n == c.To {
			to = i
		}
		n++
	}
	if n == c.To {
		to = len(text)
	}
	if from < 0 || to < 0 {
		return
	}
	g.supports = append(g.supports, wireSupport{Segment: wireSegment{PartIndex: part, StartIndex: from, EndIndex: to, Text: text[from:to]},
		GroundingChunkIndices: []int{at}})
}

// wire is nil where there is nothing.
func (g *grounding) wire() *wireGrounding {
	if len(g.chunks) == 0 {
		return nil
	}
	return &wireGrounding{g.chunks, g.supports}
}
