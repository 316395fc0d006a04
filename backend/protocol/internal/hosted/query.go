package hosted

import (
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
)

// query is what a declaration of a web search says of where to search, and from where.
type query struct {
	Allowed []string `json:"allowed_domains"`
	Blocked []string `json:"blocked_domains"`
	MaxUses *int64   `json:"max_uses"`
	Filters *query   `json:"filters"` // openai-responses has the domains there
	Place   *struct {
		place
		Approximate *place `json:"approximate"` // openai-chat's web_search_options
	} `json:"user_location"`
}

type place struct {
	City     string `json:"city,omitempty"`
	Region   string `json:"region,omitempty"`
	Country  string `json:"country,omitempty"`
	Timezone string `json:"timezone,omitempty"`
}

// queryOf reads any vendor's declaration. Of one that cannot be read, the search itself is left.
func queryOf(raw json.RawMessage) query {
	var q query
	if json.Unmarshal(raw, &q) != nil {
		return query{}
	}
	if f := q.Filters; f != nil {
		q.Allowed, q.Blocked = append(q.Allowed, f.Allowed...), append(q.Blocked, f.Blocked...)
	}
	return q
}

func (q *query) place() place {
	switch {
	case q.Place == nil:
		return place{}
	case q.Place.Approximate != nil:
		return *q.Place.Approximate
	}
	return q.Place.place
}

// located is a place as OpenAI and Anthropic have it.
type located struct {
	Type string `json:"type"`
	place
}

// sayQuery puts what a search says into another vendor's declaration of one.
func sayQuery(q query, to protocol.Protocol, declaration string) (raw json.RawMessage, lost []conversation.Lost) {
	lose := func(said bool, name string) { lost = lose(lost, said, name) }
	var more []string
	add := func(name string, v any) {
		b, _ := json.Marshal(v) // of texts and numbers: cannot fail
		more = append(more, `"`+name+`":`+string(b))
	}
	at := q.place()
	switch to {
	case protocol.Anthropic:
		if len(q.Allowed) > 0 {
			add("allowed_domains", q.Allowed)
		}
		if len(q.Blocked) > 0 && len(q.Allowed) == 0 { // both are refused
			add("blocked_domains", q.Blocked)
		}
		if q.MaxUses != nil {
			add("max_uses", *q.MaxUses)
		}
		if at != (place{}) {
			add("user_location", located{"approximate", at})
		}
	case protocol.OpenAIResponses:
		if len(q.Allowed) > 0 {
			add("filters", map[string]any{"allowed_domains": q.Allowed})
		}
		if at != (place{}) {
			add("user_location", located{"approximate", at})
		}
		lose(len(q.Blocked) > 0, "blocked_domains")
		lose(q.MaxUses != nil, "max_uses")
	default:
		lose(len(q.Allowed) > 0, "allowed_domains")
		lose(len(q.Blocked) > 0, "blocked_domains")
		lose(q.MaxUses != nil, "max_uses")
		lose(at != (place{}), "user_location")
	}
	if len(more) == 0 {
		return json.RawMessage(declaration), lost
	}
	return json.RawMessage(strings.TrimSuffix(declaration, "}") + "," + strings.Join(more, ",") + "}"), lost
}

func lose(lost []conversation.Lost, said bool, name string) []conversation.Lost {
	if !said {
		return lost
	}
	return append(lost, conversation.Lost{Param: "tools.web_search." + name, Why: "its search has none"})
}

// SearchOptions is a search as web_search_options of openai-chat, which is no tool there.
func SearchOptions(t *conversation.Tool) (options json.RawMessage, lost []conversation.Lost) {
	if t.Origin == protocol.OpenAIChat && typeIn(t.Raw) == "" && json.Valid(t.Raw) { // the options themselves
		return t.Raw, nil
	}
	q := queryOf(t.Raw)
	lost = lose(lost, len(q.Allowed) > 0, "allowed_domains")
	lost = lose(lost, len(q.Blocked) > 0, "blocked_domains")
	lost = lose(lost, q.MaxUses != nil, "max_uses")
	at := q.place()
	if at == (place{}) {
		return json.RawMessage("{}"), lost
	}
	options, _ = json.Marshal(map[string]any{"user_location": map[string]any{"type": "approximate", "approximate": at}})
	return options, lost
}
