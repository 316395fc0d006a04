package gateway

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/anthropic"
	"metapi/backend/protocol/openairesponses"
	"metapi/backend/protocol/scan"
	"metapi/backend/routing"
)

// The permitted edits of a lane A body, and the whole list of them:
//
//  1. the model's name becomes the one that the deployment goes by;
//  2. openai-chat streams ask for usage (stream_options.include_usage), and the chunk that this adds is hidden again from
//     a client that did not ask;
//  3. encrypted reasoning that only another account can read is taken out, once, when that account cannot serve;
//  4. what lane B has written into a conversation in place of another vendor's thinking is taken out before Anthropic or OpenAI sees it,
//     which would refuse it; a compaction that Metapi has made becomes the summary that is in it;
//  5. what a request of openai-responses continues, where Metapi itself keeps that, is put into its input, and the reply's id and what it
//     continues are told as the client knows them: see kept.go.
//
// Every other byte passes as the client sent it.

// stripForeign is the fourth. It follows the others: what is taken out would move the places where they are made.
var stripForeign = map[protocol.Protocol]func(body []byte) []byte{
	protocol.Anthropic:       anthropic.StripForeign,
	protocol.OpenAIResponses: openairesponses.StripForeign,
}

// edit replaces the bytes of one span.
type edit struct {
	at   protocol.Span
	with string
}

// apply returns data with the edits made; without any, data itself.
func apply(data []byte, edits []edit) []byte {
	if len(edits) == 0 {
		return data
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.at.From - b.at.From })
	size := len(data)
	for _, e := range edits {
		size += len(e.with)
	}
	out := make([]byte, 0, size)
	from := 0
	for _, e := range edits {
		out = append(append(out, data[from:e.at.From]...), e.with...)
		from = e.at.To
	}
	return append(out, data[from:]...)
}

// edits lists what d needs changed in x's body.
func (x *exchange) edits(d *routing.Deployment) []edit {
	var es []edit
	if !x.peek.ModelAt.Empty() && d.Upstream != x.peek.Model {
		name, _ := json.Marshal(d.Upstream) // a string always marshals
		es = append(es, edit{x.peek.ModelAt, string(name)})
	}
	if x.addsUsage(d) {
		es = append(es, includeUsage(x.body, x.peek.StreamOptions))
	}
	return es
}

// addsUsage reports whether a stream is asked for a usage chunk that the client does not expect.
func (x *exchange) addsUsage(d *routing.Deployment) bool {
	if x.ep.protocol != protocol.OpenAIChat || !x.stream || x.peek.IncludeUsage {
		return false
	}
	if at := x.peek.StreamOptions; !at.Empty() && x.body[at.From] != '{' && x.body[at.From] != 'n' {
		return false // neither an object nor null: the upstream will say so
	}
	_, refused := x.g.plain.Load(d.ID)
	return !refused
}

// includeUsage sets stream_options.include_usage, leaving the client's other stream options alone. options is where
// they stand in data, or empty.
func includeUsage(data []byte, options protocol.Span) edit {
	if options.Empty() {
		at := bytes.IndexByte(data, '{') + 1 // an object with a model in it: never empty
		return edit{protocol.Span{From: at, To: at}, `"stream_options":{"include_usage":true},`}
	}
	old := data[options.From:options.To]
	if old[0] != '{' {
		return edit{options, `{"include_usage":true}`} // null
	}
	at, empty := protocol.Span{}, true
	scan.Object(old, func(key []byte, _ bool, value protocol.Span) bool {
		empty = false
		if string(key) == "include_usage" {
			at = value
		}
		return true
	})
	switch {
	case !at.Empty():
		return edit{protocol.Span{From: options.From + at.From, To: options.From + at.To}, "true"}
	case empty:
		return edit{options, `{"include_usage":true}`}
	}
	return edit{protocol.Span{From: options.From + 1, To: options.From + 1}, `"include_usage":true,`}
}

// repair changes the request after d refused it for a reason that Metapi can mend, and reports whether another try is
// worth it. Each repair is made at most once.
func (x *exchange) repair(d *routing.Deployment, e *protocol.Error) bool {
	if e.Kind != protocol.BadRequest {
		return false
	}
	if x.addsUsage(d) && (strings.Contains(e.Param+e.Message, "stream_options") || strings.Contains(e.Param+e.Message, "include_usage")) {
		x.g.plain.Store(d.ID, struct{}{})
		return true
	}
	if e.Code == "invalid_encrypted_content" || strings.Contains(e.Message, "encrypted content") {
		return x.stripReasoning()
	}
	return false
}

// stripReasoning takes encrypted reasoning out of the body, and reports whether there was any.
func (x *exchange) stripReasoning() bool {
	if x.ep.protocol != protocol.OpenAIResponses {
		return false
	}
	stripped, ok := openairesponses.StripReasoning(x.body)
	if !ok {
		return false
	}
	peek, err := x.dialect.Peek(stripped)
	if err != nil {
		return false
	}
	x.body, x.peek, x.conv = stripped, peek, nil
	return true
}
