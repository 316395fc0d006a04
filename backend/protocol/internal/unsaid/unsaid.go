// Package unsaid is the one table of what a request may ask beside its messages, and of what becomes of it where an upstream's protocol
// has no word for it. Each encoder names what it cannot say ([Judge]); what then happens is the same for all of them.
//
// What only tunes an answer is dropped, and told as lost: the client gets the kind of answer that it asked for. What decides on what the
// client gets back is refused: a program that asks for three answers, or for the likelihood of each token, reads them from the reply, and
// would take their absence for a fault of its own or, worse, not notice it. A refusal also lets the gateway ask an upstream that can.
package unsaid

import (
	"fmt"
	"slices"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// Fate is what becomes of something that cannot be said.
type Fate uint8

const (
	Drop   Fate = iota + 1 // harmless: left out, and told as lost
	Refuse                 // the answer would be another one than was asked for: the request is refused by its name
)

// Rule is what becomes of one thing, and why, in half a sentence.
type Rule struct {
	Fate Fate
	Why  string
}

// Dropped is the rule of what is left out, and Refused of what is not.
func Dropped(why string) Rule { return Rule{Drop, why} }
func Refused(why string) Rule { return Rule{Refuse, why} }

// param is one thing that a request may ask.
type param struct {
	Rule
	asked func(*conversation.Request) bool
}

// params by their names in openai-chat, or in the protocol that has them.
var params = map[string]param{
	"n":        {Refused("it gives one answer to a request"), func(r *conversation.Request) bool { return r.N > 1 }},
	"logprobs": {Refused("it does not tell how likely its tokens were"), func(r *conversation.Request) bool { return r.LogProbs }},
	"top_logprobs": {Dropped("nothing without logprobs"),
		func(r *conversation.Request) bool { return r.TopLogProbs != nil && *r.TopLogProbs != 0 && !r.LogProbs }},
	"logit_bias": {Refused("its tokens cannot be weighted: they are others at each vendor"), biased},

	"temperature":       {Dropped("it does not take it"), func(r *conversation.Request) bool { return r.Temperature != nil && *r.Temperature != 1 }},
	"top_p":             {Dropped("it does not take it"), func(r *conversation.Request) bool { return r.TopP != nil && *r.TopP != 1 }},
	"top_k":             {Dropped("it has none"), func(r *conversation.Request) bool { return r.TopK != nil }},
	"frequency_penalty": {Dropped("it does not take it"), func(r *conversation.Request) bool { return nonzero(r.FrequencyPenalty) }},
	"presence_penalty":  {Dropped("it does not take it"), func(r *conversation.Request) bool { return nonzero(r.PresencePenalty) }},
	"seed":              {Dropped("sampling cannot be repeated there"), func(r *conversation.Request) bool { return r.Seed != nil }},
	"verbosity":         {Dropped("a hint that it does not take"), func(r *conversation.Request) bool { return r.Verbosity != "" }},

	"user":             {Dropped("end users are not told apart there"), func(r *conversation.Request) bool { return r.User != "" }},
	"metadata":         {Dropped("nothing is kept under it"), func(r *conversation.Request) bool { return len(r.Metadata) > 0 }},
	"service_tier":     {Dropped("tiers are the account's there"), func(r *conversation.Request) bool { return r.ServiceTier != "" }},
	"store":            {Dropped("nothing is kept there"), func(r *conversation.Request) bool { return r.Store != nil && *r.Store }},
	"include":          {Dropped("what there is comes unasked"), func(r *conversation.Request) bool { return len(r.Include) > 0 }},
	"prompt_cache_key": {Dropped("the cache goes by the prompt alone"), func(r *conversation.Request) bool { return r.CacheKey != "" }},
	"cache_control":    {Dropped("prefixes are cached without being told"), marked},

	"parallel_tool_calls": {Dropped("there is no switch for it"),
		func(r *conversation.Request) bool { return r.Choice.Parallel != nil && !*r.Choice.Parallel }},
	"strict": {Dropped("schemas are not enforced there"), func(r *conversation.Request) bool {
		return slices.ContainsFunc(r.Tools, func(t conversation.Tool) bool { return t.Strict != nil && *t.Strict })
	}},
	"messages.name": {Dropped("speakers have no names there"), func(r *conversation.Request) bool {
		return slices.ContainsFunc(r.Messages, func(m conversation.Message) bool { return m.Name != "" })
	}},
}

// Judge is what becomes of those things in r that an upstream cannot be told, by their names in order: a refusal of the first that must
// not be left out, or a list of what is.
func Judge(r *conversation.Request, names ...string) (lost []conversation.Lost, err *protocol.Error) {
	for _, name := range names {
		p := params[name]
		switch {
		case !p.asked(r):
		case p.Fate == Refuse:
			return nil, Refusal(name, p.Why)
		default:
			lost = append(lost, conversation.Lost{Param: name, Why: p.Why})
		}
	}
	return lost, nil
}

// Choice is what becomes of tool_choice where no tool is declared to an upstream. Where the client declared some, one of them was to be
// called, and none of them can be; else there was nothing to choose from (case 22).
func Choice(r *conversation.Request) ([]conversation.Lost, *protocol.Error) {
	switch {
	case r.Choice.Mode != conversation.ChoiceAny && r.Choice.Mode != conversation.ChoiceTool:
		return nil, nil
	case len(r.Tools) > 0:
		return nil, Refusal("tool_choice", "a tool is to be called, and it has none of those that are declared")
	}
	return []conversation.Lost{{Param: "tool_choice", Why: "there are no tools to choose from"}}, nil
}

// Refusal is the refusal of a request for what it asks by param.
func Refusal(param, why string) *protocol.Error {
	return &protocol.Error{Kind: protocol.BadRequest, Status: 400, Param: param,
		Message: fmt.Sprintf("%q cannot be sent to this model: %s", param, why)}
}

func nonzero(f *float64) bool { return f != nil && *f != 0 }

func biased(r *conversation.Request) bool {
	s := string(r.LogitBias)
	return s != "" && s != "null" && s != "{}"
}

// marked reports whether anything in a request is marked as the end of a cached prefix.
func marked(r *conversation.Request) bool {
	for i := range r.Tools {
		if r.Tools[i].Cache != nil {
			return true
		}
	}
	for i := range r.Messages {
		for _, p := range r.Messages[i].Parts {
			if at := conversation.CacheOf(p); at != nil && *at != nil {
				return true
			}
		}
	}
	return false
}
