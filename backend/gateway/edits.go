package gateway

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"metapi/backend/protocol"
	"metapi/backend/protocol/anthropic"
	"metapi/backend/protocol/dialects"
	"metapi/backend/protocol/gemini"
	"metapi/backend/protocol/openairesponses"
	"metapi/backend/protocol/repair"
	"metapi/backend/protocol/scan"
)

// The permitted edits of a lane A body, and the whole list of them:
//
//  1. the model's name becomes the one that the deployment goes by, in JSON and in forms, and wherever the body repeats it; where the client leaves
//     it to the vendor which model it is, and the deployment has another name for that, it is added;
//  2. openai-chat and openai-completions streams ask for usage (stream_options.include_usage), and the chunk that this adds is hidden again from
//     a client that did not ask;
//  3. encrypted reasoning that only another account can read is taken out, once, when that account cannot serve;
//  4. what lane B has written into a conversation in place of another vendor's thinking is taken out before the vendor whose protocol
//     the client speaks sees it, which would refuse it; a compaction that Metapi has made becomes the summary that is in it;
//  5. what an upstream has refused for a reason that can be mended is mended: see mends.go;
//  6. what a request of openai-responses continues, where Metapi itself keeps that, is put into its input, and the reply's id and what it
//     continues are told as the client knows them: see kept.go;
//  7. what the user's rules set, or take away for it, is put where the protocol has it: see set.go.
//
// Every other byte passes as the client sent it.

// stripForeign is the fourth. It follows the others: what is taken out would move the places where they are made.
var stripForeign = map[protocol.Protocol]func(body []byte) []byte{
	protocol.Anthropic:       anthropic.StripForeign,
	protocol.OpenAIResponses: openairesponses.StripForeign,
	protocol.Gemini:          gemini.StripForeign,
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
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Or(a.at.From-b.at.From, a.at.To-b.at.To) }) // what is added stands before what is taken out there
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

// edits lists what the deployment needs changed in the body.
func (a *attempt) edits() []edit {
	var es []edit
	switch at := a.peek.ModelAt; {
	case a.d.Upstream == a.peek.Model, filed.Has(a.in):
	case a.peek.Form && at.Empty() && a.peek.Model != "":
		es = append(es, addField(a.body, "model", a.d.Upstream))
	case a.peek.Form && !at.Empty():
		es = append(es, edit{at, a.d.Upstream})
	case at.Empty() && a.peek.Model != "":
		es = append(es, addMember(a.body, "model", a.d.Upstream))
	case !at.Empty():
		es = append(es, edit{at, quoted(a.d.Upstream)})
	}
	for _, at := range a.peek.Named {
		if a.d.Upstream != a.ep.model {
			es = append(es, edit{at, quoted("models/" + a.d.Upstream)})
		}
	}
	if a.hide {
		es = append(es, includeUsage(a.body, a.peek.StreamOptions))
	}
	return append(es, a.setEdits()...)
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // a string always marshals
	return string(b)
}

// addMember adds a member to an object.
func addMember(body []byte, name, value string) edit {
	at := bytes.IndexByte(body, '{') + 1
	member := quoted(name) + ":" + quoted(value)
	if rest := bytes.TrimLeft(body[at:], " \t\r\n"); rest[0] != '}' {
		member += ","
	}
	return edit{protocol.Span{From: at, To: at}, member}
}

// addField adds a field to a form, before all others: between its first boundary, which ends the first line, and itself again.
func addField(body []byte, name, value string) edit {
	line, _, _ := bytes.Cut(body, []byte("\r\n"))
	return edit{protocol.Span{}, fmt.Sprintf("%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", line, name, value)}
}

// addsUsage reports whether a stream is asked for a usage chunk that the client does not expect.
func (a *attempt) addsUsage() bool {
	if a.via != protocol.OpenAIChat && a.via != protocol.OpenAICompletions || !a.stream || a.peek.IncludeUsage || a.d.Quirks["no:stream_options"] || a.mends.has(repair.StreamOptions) {
		return false
	}
	at := a.peek.StreamOptions // if it is neither an object nor null, the upstream will say so
	return at.Empty() || a.body[at.From] == '{' || a.body[at.From] == 'n'
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

// stripReasoning takes encrypted reasoning out of the body, and reports whether there was any.
func (x *exchange) stripReasoning() bool {
	if x.in != protocol.OpenAIResponses {
		return false
	}
	stripped, ok := openairesponses.StripReasoning(x.body)
	if !ok {
		return false
	}
	peek, err := dialects.Of(x.in).Peek(stripped)
	if err != nil {
		return false
	}
	x.body, x.peek, x.conv = stripped, peek, nil
	return true
}
