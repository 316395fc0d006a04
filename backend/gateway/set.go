package gateway

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/codecs"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
	"metapi/backend/routing"
)

// params are what the user's rules may set in a request, and where each protocol has it. The seventh permitted edit is to put there what the
// codec of lane B says of it, and nothing where it says nothing: so both lanes say the same, by what the model is known to take.
var params = []struct {
	name string
	put  func(*routing.Set, *conversation.Request) bool // reports whether it is set
	at   map[protocol.Protocol][]string
}{
	{"temperature", func(s *routing.Set, r *conversation.Request) bool { return put(&r.Temperature, s.Temperature) }, map[protocol.Protocol][]string{
		protocol.OpenAIChat: {"temperature"}, protocol.OpenAIResponses: {"temperature"}, protocol.Anthropic: {"temperature"},
		protocol.Gemini: {"generationConfig.temperature"}}},
	{"top_p", func(s *routing.Set, r *conversation.Request) bool { return put(&r.TopP, s.TopP) }, map[protocol.Protocol][]string{
		protocol.OpenAIChat: {"top_p"}, protocol.OpenAIResponses: {"top_p"}, protocol.Anthropic: {"top_p"}, protocol.Gemini: {"generationConfig.topP"}}},
	{"max_output", func(s *routing.Set, r *conversation.Request) bool { return put(&r.MaxOutput, s.MaxOutput) }, map[protocol.Protocol][]string{
		protocol.OpenAIChat: {"max_completion_tokens", "max_tokens"}, protocol.OpenAIResponses: {"max_output_tokens"},
		protocol.Anthropic: {"max_tokens", "thinking"}, // Anthropic wants the budget of thinking below the limit
		protocol.Gemini:    {"generationConfig.maxOutputTokens"}}},
	{"effort", func(s *routing.Set, r *conversation.Request) bool {
		if s.Effort != "" {
			r.Reasoning = conversation.Reasoning{Effort: s.Effort, Show: r.Reasoning.Show, Summary: r.Reasoning.Summary}
		}
		return s.Effort != ""
	}, map[protocol.Protocol][]string{
		protocol.OpenAIChat:      {"reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget"},
		protocol.OpenAIResponses: {"reasoning.effort"},
		protocol.Anthropic:       {"thinking", "output_config.effort", "temperature", "top_p", "top_k"}, // that do not go with thinking
		protocol.Gemini:          {"generationConfig.thinkingConfig"}}},
	{"verbosity", func(s *routing.Set, r *conversation.Request) bool {
		if s.Verbosity != "" {
			r.Verbosity = s.Verbosity
		}
		return s.Verbosity != ""
	}, map[protocol.Protocol][]string{protocol.OpenAIChat: {"verbosity"}, protocol.OpenAIResponses: {"text.verbosity"}}},
	{"seed", func(s *routing.Set, r *conversation.Request) bool { return put(&r.Seed, s.Seed) }, map[protocol.Protocol][]string{
		protocol.OpenAIChat: {"seed"}, protocol.Gemini: {"generationConfig.seed"}}},
}

func put[T any](to **T, v *T) bool {
	if v != nil {
		*to = v
	}
	return v != nil
}

// sets reports whether rules set something in this request.
func (a *attempt) sets() bool {
	return a.rec.Set != (routing.Set{}) && a.ep.operation == protocol.Generate && codecs.Of(a.via) != nil
}

// set puts what rules set into a conversation.
func (a *attempt) set(ask *conversation.Request) {
	if a.sets() {
		for _, p := range params {
			p.put(&a.rec.Set, ask)
		}
	}
}

// setEdits are the edits of a lane A body that put there what rules set.
func (a *attempt) setEdits() []edit {
	if !a.sets() {
		return nil
	}
	ask := conversation.Request{}
	if conv, err := a.decoded(); err == nil { // else it leans on what an account keeps, and what it says besides is not known
		ask = *conv
	}
	ask.Model, ask.Stream = a.d.Upstream, a.stream
	ask.Messages = []conversation.Message{{Role: conversation.User, Parts: []conversation.Part{&conversation.Text{Text: "-"}}}} // is not looked at
	var names, paths []string
	for _, p := range params {
		if p.put(&a.rec.Set, &ask) {
			names, paths = append(names, p.name), append(paths, p.at[a.via]...)
		}
	}
	said, unsaid, err := codecs.Of(a.via).EncodeRequest(&ask, a.toward())
	if err != nil {
		return nil
	}
	for _, l := range unsaid { // all else passes as it is
		name := conversation.Called(l.Param, a.via)
		at := func(path string) bool { return path == name || strings.HasPrefix(path, name+".") }
		if slices.Contains(names, l.Param) || slices.ContainsFunc(paths, at) {
			a.dropped = append(a.dropped, l)
		}
	}
	slices.Sort(paths)
	return setMembers(a.body, protocol.Span{From: 0, To: len(a.body)}, said, slices.Compact(paths), a.via == protocol.Gemini)
}

// member is one of a JSON object.
type member struct {
	key   string
	from  int // where its key begins
	value protocol.Span
}

// members are those of the object in a span of data.
func members(data []byte, at protocol.Span) (list []member) {
	part := data[at.From:at.To]
	scan.Object(part, func(key []byte, escaped bool, v protocol.Span) bool {
		colon := bytes.LastIndexByte(part[:v.From], ':')
		end := bytes.LastIndexByte(part[:colon], '"')
		list = append(list, member{scan.Unquote(key, escaped), at.From + end - len(key) - 1, protocol.Span{From: at.From + v.From, To: at.From + v.To}})
		return true
	})
	return list
}

// setMembers edits the object in a span of body so that it has at each path what the object said has there, and nothing where that has nothing.
// Where loose is set, max_tokens and maxTokens are one name, as for Gemini.
func setMembers(body []byte, at protocol.Span, said []byte, paths []string, loose bool) (es []edit) {
	same := func(a, b string) bool {
		fold := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
		return a == b || loose && fold(a) == fold(b)
	}
	below := map[string][]string{} // by the first step of the paths; nil: the whole member
	var keys []string
	for _, p := range paths {
		first, rest, deeper := strings.Cut(p, ".")
		if !slices.Contains(keys, first) {
			keys = append(keys, first)
			below[first] = nil
		}
		if deeper {
			below[first] = append(below[first], rest)
		}
	}
	wanted := members(said, protocol.Span{From: 0, To: len(said)})
	raw := func(key string) []byte {
		if i := slices.IndexFunc(wanted, func(m member) bool { return m.key == key }); i >= 0 {
			return said[wanted[i].value.From:wanted[i].value.To]
		}
		return nil
	}
	list := members(body, at)
	gone := make([]bool, len(list))
	kept := len(list)
	var fresh []string
	for _, key := range keys {
		want, found := raw(key), false
		for i, m := range list {
			if !same(m.key, key) {
				continue
			}
			found = true
			object := body[m.value.From] == '{'
			switch {
			case below[key] != nil && object:
				if want == nil {
					want = []byte("{}")
				}
				es = append(es, setMembers(body, m.value, want, below[key], loose)...)
			case below[key] != nil && only(want, below[key]) == nil: // null, say, and it may stay
			case want == nil:
				gone[i] = true
				kept--
			case !equalJSON(body[m.value.From:m.value.To], only(want, below[key])):
				es = append(es, edit{m.value, string(only(want, below[key]))})
			}
		}
		if some := only(want, below[key]); !found && some != nil {
			fresh = append(fresh, quoted(key)+":"+string(some))
		}
	}
	added := strings.Join(fresh, ",")
	if kept == 0 {
		if len(list) == 0 && added == "" {
			return nil
		}
		return []edit{{at, "{" + added + "}"}}
	}
	if added != "" {
		open := at.From + bytes.IndexByte(body[at.From:at.To], '{') + 1
		es = append(es, edit{protocol.Span{From: open, To: open}, added + ","})
	}
	for i := 0; i < len(list); i++ {
		if !gone[i] {
			continue
		}
		first := i
		for i+1 < len(list) && gone[i+1] {
			i++
		}
		if i+1 < len(list) {
			es = append(es, edit{protocol.Span{From: list[first].from, To: list[i+1].from}, ""})
		} else {
			es = append(es, edit{protocol.Span{From: list[first-1].value.To, To: list[i].value.To}, ""})
		}
	}
	return es
}

// only is what an object has at some paths of one step; all of it, where there are none. nil: nothing.
func only(object []byte, paths []string) []byte {
	if object == nil || paths == nil {
		return object
	}
	var some []string
	for _, m := range members(object, protocol.Span{From: 0, To: len(object)}) {
		if slices.Contains(paths, m.key) {
			some = append(some, quoted(m.key)+":"+string(object[m.value.From:m.value.To]))
		}
	}
	if some == nil {
		return nil
	}
	return []byte("{" + strings.Join(some, ",") + "}")
}

func equalJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}
