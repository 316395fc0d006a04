package openairesponses

import (
	"crypto/rand"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/quote"
)

// shell is a Response object but for what changes while it is made. A Response repeats the request, and clients' types
// require that: it is written once, and copied into each event that has a Response.
type shell struct {
	id, model string
	created   int64
	tier      string
	echo      []byte // from "background" on
	random    string // what the ids of this reply's items have in common
}

// id makes an id in the vendor's form.
func (s *shell) newID(prefix string, n int) string {
	return prefix + s.random + strconv.FormatInt(int64(n)+0x1000, 16)
}

// begin fills in what nobody has told.
func (s *shell) begin(r *conversation.Request) {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	s.random = hex.EncodeToString(b[:])
	if r.State.ID != "" {
		s.id = r.State.ID
		s.random = strings.TrimPrefix(s.id, keptResponse) // so that an item's id leads to its response
	}
	if s.id == "" {
		s.id = "resp_" + s.random
	}
	if s.model == "" {
		s.model = r.Model
	}
	if s.created == 0 {
		s.created = time.Now().Unix()
	}
	s.echo = appendEcho(make([]byte, 0, 1024), r, s.tier)
}

// state is what changes.
type state struct {
	status string
	reason string // incomplete_details
	fault  *protocol.Error
	output []byte // elements
	usage  *protocol.Usage
}

func (s *shell) append(dst []byte, now *state) []byte {
	dst = memberString(append(dst, '{'), "id", s.id)
	dst = memberString(dst, "object", "response")
	dst = memberInt(dst, "created_at", s.created)
	dst = memberString(dst, "status", now.status)
	if now.status == "completed" {
		dst = memberInt(dst, "completed_at", max(time.Now().Unix(), s.created))
	}
	dst = member(dst, "error")
	if now.fault != nil {
		fault, code := describe(now.fault)
		dst = append(memberString(memberString(append(dst, '{'), "code", code), "message", fault.Message), '}')
	} else {
		dst = append(dst, "null"...)
	}
	dst = member(dst, "incomplete_details")
	if now.reason != "" {
		dst = append(memberString(append(dst, '{'), "reason", now.reason), '}')
	} else {
		dst = append(dst, "null"...)
	}
	dst = memberString(dst, "model", s.model)
	dst = append(append(append(member(dst, "output"), '['), now.output...), ']')
	if now.usage != nil {
		dst = appendUsage(member(dst, "usage"), now.usage)
	}
	return append(append(append(dst, ','), s.echo...), '}')
}

// appendUsage appends a ResponseUsage, in which the input holds what was read from a cache and written to one.
func appendUsage(dst []byte, u *protocol.Usage) []byte {
	dst = memberInt(append(dst, '{'), "input_tokens", u.Prompt())
	dst = memberInt(append(member(dst, "input_tokens_details"), '{'), "cached_tokens", u.CacheRead)
	dst = append(memberInt(dst, "cache_write_tokens", u.CacheWrite+u.CacheWrite1h), '}')
	dst = memberInt(dst, "output_tokens", u.Output)
	dst = append(memberInt(append(member(dst, "output_tokens_details"), '{'), "reasoning_tokens", u.Reasoning), '}')
	return append(memberInt(dst, "total_tokens", u.Prompt()+u.Output), '}')
}

// appendEcho appends the members of a Response that repeat the request.
func appendEcho(dst []byte, r *conversation.Request, tier string) []byte {
	null := func(name string) { dst = memberRaw(dst, name, "null") }
	text := func(name, s string) {
		if s == "" {
			null(name)
			return
		}
		dst = memberString(dst, name, s)
	}
	number := func(name string, f *float64, usual float64) {
		if f != nil {
			usual = *f
		}
		dst = memberFloat(dst, name, usual)
	}
	dst = append(dst, `"background":false`...)
	instructions := ""
	if len(r.Messages) > 0 && r.Messages[0].Role == conversation.System && len(r.Messages[0].Parts) == 1 {
		if t, is := r.Messages[0].Parts[0].(*conversation.Text); is {
			instructions = t.Text
		}
	}
	text("instructions", instructions)
	if r.MaxOutput != nil {
		dst = memberInt(dst, "max_output_tokens", *r.MaxOutput)
	} else {
		null("max_output_tokens")
	}
	null("max_tool_calls")
	dst = append(member(dst, "metadata"), '{')
	first := true
	for k, v := range r.Metadata {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = quote.Append(append(quote.Append(dst, k), ':'), v)
	}
	dst = append(dst, '}')
	dst = memberBool(dst, "parallel_tool_calls", r.Choice.Parallel == nil || *r.Choice.Parallel)
	text("previous_response_id", r.State.Previous)
	dst = memberRaw(dst, "conversation", conversationOf(r.State.Conversation))
	text("prompt_cache_key", r.CacheKey)
	dst = append(member(dst, "reasoning"), '{')
	text("effort", efforts[r.Reasoning.Effort])
	text("summary", summaries[r.Reasoning.Summary])
	dst = append(dst, '}')
	text("safety_identifier", r.User)
	if _, known := tiers[tier]; !known || tier == "auto" {
		tier = "default"
	}
	text("service_tier", tiers[tier])
	number("temperature", r.Temperature, 1)
	dst = appendFormat(member(append(member(dst, "text"), '{'), "format"), &r.Format)
	verbosity := "medium"
	if v := verbosities[r.Verbosity]; v != "" {
		verbosity = v
	}
	dst = append(memberString(dst, "verbosity", verbosity), '}')
	dst = member(dst, "tool_choice")
	if len(r.Tools) == 0 || r.Choice.Mode == conversation.ChoiceUnset {
		dst = append(dst, `"auto"`...)
	} else {
		dst = appendChoice(dst, &r.Choice, r.Tools)
	}
	dst = appendTools(member(dst, "tools"), r.Tools)
	logs := int64(0)
	if r.TopLogProbs != nil {
		logs = *r.TopLogProbs
	}
	dst = memberInt(dst, "top_logprobs", logs)
	number("top_p", r.TopP, 1)
	return memberString(dst, "truncation", "disabled")
}
