package anthropic

import (
	"crypto/rand"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/carry"
	"metapi/backend/protocol/quote"
)

const idLetters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// newID makes an id in the vendor's form: 24 letters and digits behind a prefix.
func newID(prefix string) string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	for i, c := range b {
		b[i] = idLetters[int(c)%len(idLetters)]
	}
	return prefix + string(b[:])
}

// showsThinking reports whether a client sees thinking: without having asked for it, it would not know the blocks. A client of Messages
// asks by the member thinking; display: omitted leaves the blocks, without their text.
func showsThinking(r *conversation.Request) (blocks, words bool) {
	q := r.Reasoning
	blocks = !q.Off && (q.Budget != nil || q.Adaptive)
	return blocks, blocks && (q.Show == nil || *q.Show)
}

// EncodeReply writes a Message. Several choices are one message: the client of this protocol has asked for one, and some vendors put
// text and calls of one answer into two.
func (Codec) EncodeReply(reply *conversation.Reply, r *conversation.Request) ([]byte, error) {
	if r == nil {
		r = &conversation.Request{}
	}
	blocks, words := showsThinking(r)
	m := composing{request: r, blocks: blocks, words: words}
	model := reply.Model
	if model == "" {
		model = r.Model
	}
	id := reply.ID
	if id == "" {
		id = newID("msg_")
	}
	var last conversation.Finish
	for i, choice := range reply.Choices {
		for _, p := range choice.Parts {
			if err := m.part(p); err != nil {
				return nil, err
			}
		}
		if i == 0 || choice.Finish.Reason == conversation.CallsTools {
			last = choice.Finish
		}
	}
	reason, word := m.stopReason(last)
	dst := appendHead(nil, id, model)
	dst = append(append(append(dst, `,"content":[`...), m.content...), `],`...)
	dst = appendStop(dst, reason, word)
	dst = appendUsage(append(dst, `,"usage":`...), reply.Usage, reply.ServiceTier)
	return append(dst, '}'), nil
}

// composing gathers the content of a reply.
type composing struct {
	request *conversation.Request
	blocks  bool // thinking is shown
	words   bool // with its text
	content []byte
	calls   bool
	refused bool
}

func (m *composing) block(b []byte) {
	if len(m.content) > 0 {
		m.content = append(m.content, ',')
	}
	m.content = append(m.content, b...)
}

func (m *composing) part(p conversation.Part) *protocol.Error {
	switch p := p.(type) {
	case *conversation.Text:
		if p.Text != "" {
			m.block(appendText(nil, p.Text, p.Citations))
		}
	case *conversation.Refusal:
		m.refused = true
		if p.Text != "" {
			m.block(appendText(nil, p.Text, nil))
		}
	case *conversation.Thinking:
		if b := m.thinking(p); b != nil {
			m.block(b)
		}
	case *conversation.ToolCall:
		return m.call(p)
	}
	return nil
}

// thinking is the block of a thinking part, nil where there is none to show.
func (m *composing) thinking(t *conversation.Thinking) []byte {
	if !m.blocks || t.Text == "" && t.Signature == "" && t.Sealed == "" {
		return nil
	}
	signature, sealed := outgoing(t)
	if sealed == "" && t.Text == "" && t.Sealed != "" && m.words {
		sealed = signature // nothing to show: what is carried goes as redacted thinking
	}
	if sealed != "" {
		return appendRedacted(nil, sealed)
	}
	words := t.Text
	if !m.words {
		words = ""
	}
	b := quote.Append([]byte(`{"type":"thinking","thinking":`), words)
	return append(quote.Append(append(b, `,"signature":`...), signature), '}')
}

func appendRedacted(dst []byte, data string) []byte {
	return append(quote.Append(append(dst, `{"type":"redacted_thinking","data":`...), data), '}')
}

func (m *composing) call(t *conversation.ToolCall) *protocol.Error {
	switch {
	case t.Kind == conversation.Hosted:
		return nil
	case t.Kind == conversation.WebSearch:
		id := searchID()
		m.block(append(append(appendSearch(nil, id, argumentsObject(t.Arguments)), ','), appendFound(nil, id)...))
		return nil
	case strings.TrimSpace(t.Name) == "":
		return badReply("the provider's answer calls a tool without a name")
	}
	m.calls = true
	if sealed := callSeal(t.Signature, t.Origin); sealed != "" && m.blocks {
		m.block(appendRedacted(nil, sealed))
	}
	m.block(appendCall(nil, clientID(t.ID), t.Name, callInput(t)))
	return nil
}

// callSeal carries the signature of a call to the client and back; "" where there is none.
func callSeal(signature string, origin protocol.Protocol) string {
	if signature == "" || origin == protocol.None || origin == protocol.Anthropic {
		return ""
	}
	return carry.Carried{Origin: origin, Signature: signature, Call: true}.Seal()
}

// searchID is the id of a search of another vendor's, marked so that it never reaches Anthropic.
func searchID() string { return newID("srvtoolu_" + Mark) }

const direct = `"caller":{"type":"direct"}`

func appendCall(dst []byte, id, name string, input []byte) []byte {
	dst = quote.Append(append(dst, `{"type":"tool_use","id":`...), id)
	dst = quote.Append(append(dst, `,"name":`...), name)
	dst = append(append(dst, `,"input":`...), input...)
	return append(append(append(dst, ','), direct...), '}')
}

func appendSearch(dst []byte, id string, input []byte) []byte {
	dst = quote.Append(append(dst, `{"type":"server_tool_use","id":`...), id)
	dst = append(append(dst, `,"name":"web_search","input":`...), input...)
	return append(append(append(dst, ','), direct...), '}')
}

// appendFound is the result of a search of another vendor's, who does not tell it: what was found is in the text and its citations.
func appendFound(dst []byte, id string) []byte {
	dst = quote.Append(append(dst, `{"type":"web_search_tool_result","tool_use_id":`...), id)
	return append(append(append(dst, `,"content":[],`...), direct...), '}')
}

// appendText is a text block. Without citations the member is left out: null makes some clients refuse the whole reply.
func appendText(dst []byte, s string, list []conversation.Citation) []byte {
	dst = quote.Append(append(dst, `{"type":"text","text":`...), s)
	first := true
	for i := range list {
		if list[i].URL == "" {
			continue
		}
		if first {
			dst = append(dst, `,"citations":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst, first = appendCitation(dst, &list[i]), false
	}
	if !first {
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

// appendCitation is a CitationsWebSearchResultLocation, the one kind that needs no document.
func appendCitation(dst []byte, c *conversation.Citation) []byte {
	dst = quote.Append(append(dst, `{"type":"web_search_result_location","url":`...), c.URL)
	dst = appendNullable(append(dst, `,"title":`...), c.Title)
	dst = quote.Append(append(dst, `,"cited_text":`...), c.Quote)
	return append(quote.Append(append(dst, `,"encrypted_index":`...), Mark), '}')
}

// appendHead is a Message up to its content.
func appendHead(dst []byte, id, model string) []byte {
	dst = quote.Append(append(dst, `{"id":`...), id)
	dst = append(dst, `,"type":"message","role":"assistant","model":`...)
	return append(quote.Append(dst, model), `,"container":null,"diagnostics":null`...)
}

// appendStop is how a reply ended, as the members of a Message or of a delta.
func appendStop(dst []byte, reason, word string) []byte {
	dst = appendNullable(append(dst, `"stop_reason":`...), reason)
	dst = appendNullable(append(dst, `,"stop_sequence":`...), word)
	if reason == "refusal" {
		return append(dst, `,"stop_details":{"type":"refusal","category":null,"explanation":null}`...)
	}
	return append(dst, `,"stop_details":null`...)
}

// stopReason is the vendor's word, and the stop sequence where it is known.
func (m *composing) stopReason(f conversation.Finish) (reason, word string) {
	switch {
	case m.calls && (f.Reason == conversation.Stopped || f.Reason == ""):
		return "tool_use", ""
	case !m.calls && f.Reason == conversation.CallsTools:
		f.Reason = conversation.Stopped
	case m.refused && f.Reason == conversation.Stopped:
		f.Reason = conversation.Refused
	case f.Reason == conversation.StopWord:
		word = f.Word
		if word == "" && len(m.request.Stop) == 1 {
			word = m.request.Stop[0]
		}
	}
	if reason = stopReasons[f.Reason]; reason == "" {
		reason = "end_turn"
	}
	return reason, word
}

// appendUsage is Usage. Anthropic's input_tokens leaves out what was read from the cache or written to it, as ours do.
func appendUsage(dst []byte, u protocol.Usage, tier string) []byte {
	dst = appendCounts(append(dst, '{'), u)
	dst = appendInt(append(dst, `,"cache_creation":{"ephemeral_5m_input_tokens":`...), u.CacheWrite)
	dst = appendInt(append(dst, `,"ephemeral_1h_input_tokens":`...), u.CacheWrite1h)
	dst = append(dst, `},"inference_geo":null,"service_tier":`...)
	if tier != "standard" && tier != "priority" && tier != "batch" {
		tier = ""
	}
	return append(appendNullable(dst, tier), `,"speed":null}`...)
}

// appendCounts is what Usage and MessageDeltaUsage have in common.
func appendCounts(dst []byte, u protocol.Usage) []byte {
	dst = appendInt(append(dst, `"input_tokens":`...), u.Input)
	dst = appendInt(append(dst, `,"cache_creation_input_tokens":`...), u.CacheWrite+u.CacheWrite1h)
	dst = appendInt(append(dst, `,"cache_read_input_tokens":`...), u.CacheRead)
	dst = appendInt(append(dst, `,"output_tokens":`...), u.Output)
	dst = appendInt(append(dst, `,"output_tokens_details":{"thinking_tokens":`...), u.Reasoning)
	return append(dst, `},"server_tool_use":null`...)
}
