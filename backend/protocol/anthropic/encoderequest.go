package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/toolnames"
	"metapi/backend/protocol/internal/unsaid"
)

// encoding is one request on its way out.
type encoding struct {
	r      *conversation.Request
	to     conversation.Target
	family family
	names  *toolnames.Names
	out    wireRequest
	lost   []conversation.Lost
	fault  *protocol.Error
}

func (e *encoding) lose(param, why string) {
	e.lost = conversation.Lose(e.lost, param, why)
}

// take takes in what one of the shared tables has decided.
func (e *encoding) take(lost []conversation.Lost, fault *protocol.Error) {
	for _, l := range lost {
		e.lose(l.Param, l.Why)
	}
	if e.fault == nil {
		e.fault = fault
	}
}

func (e *encoding) refuse(param, why string) {
	if e.fault == nil {
		e.fault = badRequest(param, param+": "+why)
	}
}

// EncodeRequest writes a request by MessageCreateParams.
func (Codec) EncodeRequest(r *conversation.Request, to conversation.Target) ([]byte, []conversation.Lost, error) {
	lost, fault := unsaid.Judge(r, unsayable...)
	e := &encoding{r: r, to: to, family: familyOf(to), names: names(r), lost: lost, fault: fault}
	e.out.Model, e.out.Stream = to.Model, r.Stream
	if e.out.Model == "" {
		e.out.Model = r.Model
	}
	e.tools()
	e.choice()
	e.conversation()
	e.earlier()
	e.format()
	e.thinking()
	e.sampling()
	e.rest()
	e.breakpoints()
	if e.fault != nil {
		return nil, nil, e.fault
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&e.out); err != nil { // a schema or a grammar that is no JSON
		return nil, nil, badRequest("tools", "tools: "+err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n"), e.lost, nil
}

const jsonOnly = "Answer with one JSON object and nothing else: no words before or after it, and no code fence."

func (e *encoding) format() {
	switch f := e.r.Format; f.Kind {
	case conversation.FormatSchema:
		if e.family.schema {
			e.out.OutputConfig = &wireOutput{Format: &wireFormat{Type: "json_schema", Schema: answerSchema(f.Schema)}}
		} else if !answersByTool(e.r, e.family) {
			e.lose("response_format", "a call of a tool was asked for in the same turn")
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(f.Schema, &m) != nil {
			e.refuse("response_format", "the schema is no JSON Schema")
		}
	case conversation.FormatJSON:
		e.out.System = append(e.out.System, &wireBlock{Type: "text", Text: jsonOnly})
	}
}

// rest is what has a place of its own in Messages.
func (e *encoding) rest() {
	for _, s := range e.r.Stop {
		if strings.TrimSpace(s) == "" {
			e.lose("stop", "a stop sequence must not be white space only")
			continue
		}
		e.out.StopSequences = append(e.out.StopSequences, s)
	}
	user := e.r.User
	if user == "" {
		user = e.r.Metadata["user_id"]
	}
	if user != "" {
		e.out.Metadata = &wireMetadata{user}
	}
	for name := range e.r.Metadata {
		if name != "user_id" {
			e.lose("metadata", "only a user id can be told")
		}
	}
	if tier := e.r.ServiceTier; tier != "" {
		if e.out.ServiceTier = tiers[tier]; e.out.ServiceTier == "" {
			e.lose("service_tier", "a tier of another vendor")
		}
	}
}

func wireMark(c *conversation.Cache) *wireCache {
	if c == nil {
		return nil
	}
	w := &wireCache{Type: "ephemeral", TTL: c.TTL}
	if w.TTL != "5m" && w.TTL != "1h" {
		w.TTL = ""
	}
	return w
}

// mark sets marks where a client of a protocol that has none would not: behind the instructions, and behind the last turn, up to which the next
// request will be the same. A single question is not marked: writing the cache costs more than not using it.
func (e *encoding) mark() {
	turns := e.out.Messages
	if len(turns) == 0 || len(turns) == 1 && len(e.out.Tools) == 0 {
		return
	}
	last := func(blocks []*wireBlock) {
		for _, b := range slices.Backward(blocks) {
			if b.Type != "thinking" && b.Type != "redacted_thinking" { // refused there
				b.Cache = &wireCache{Type: "ephemeral"}
				return
			}
		}
	}
	last(e.out.System)
	last(turns[len(turns)-1].Content)
}

// breakpoints keeps the last of the marks, as many as may be, and makes an hour that would follow five minutes five minutes too.
// Order: tools, system, messages.
func (e *encoding) breakpoints() {
	var marks []**wireCache
	see := func(at **wireCache) {
		if *at != nil {
			marks = append(marks, at)
		}
	}
	for _, t := range e.out.Tools {
		if w, ok := t.(*wireTool); ok {
			see(&w.Cache)
		}
	}
	var visit func(blocks []*wireBlock)
	visit = func(blocks []*wireBlock) {
		for _, b := range blocks {
			visit(b.Content)
			see(&b.Cache)
		}
	}
	visit(e.out.System)
	for _, t := range e.out.Messages {
		visit(t.Content)
	}
	if len(marks) == 0 && e.to.Quirks[quirkAutoCache] && !e.to.Quirks[quirkNoAutoCache] {
		e.mark()
	}
	short := false
	for i, at := range marks {
		if i < len(marks)-mostBreakpoints {
			*at = nil
			e.lose("cache_control", "at most four marks may be set")
			continue
		}
		if (*at).TTL != "1h" {
			short = true
		} else if short {
			(*at).TTL = "5m"
		}
	}
}
