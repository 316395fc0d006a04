package openairesponses

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"metapi/backend/protocol"
)

// Resource is an item in the form in which the API lists it: with an id, a status and a list of contents, whatever short form it came in.
func Resource(it Item) json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(it.Raw, &m) != nil || m == nil {
		return it.Raw
	}
	kind := it.Kind()
	m["id"], m["type"] = jsonText(it.ID), jsonText(kind)
	if unset(m["status"]) && !stateless[kind] {
		m["status"] = jsonText("completed")
	}
	switch kind {
	case "message":
		m["content"] = contentList(m["content"], string(m["role"]) == `"assistant"`)
	case "reasoning":
		if unset(m["summary"]) {
			m["summary"] = json.RawMessage("[]")
		}
	}
	return must(m)
}

// stateless are the items without a status.
var stateless = map[string]bool{"compaction": true, "reasoning": true, "mcp_list_tools": true, "mcp_approval_request": true, "mcp_approval_response": true}

func unset(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

func jsonText(s string) json.RawMessage { return json.RawMessage(quoted(s)) }

func must(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // it was JSON before
		return json.RawMessage("null")
	}
	return b
}

// contentList makes a list of a content, with what the parts of one must have.
func contentList(raw json.RawMessage, model bool) json.RawMessage {
	kind := "input_text"
	if model {
		kind = "output_text"
	}
	var parts []map[string]json.RawMessage
	if len(raw) > 0 && raw[0] == '"' {
		parts = append(parts, map[string]json.RawMessage{"type": jsonText(kind), "text": raw})
	} else if json.Unmarshal(raw, &parts) != nil {
		return raw
	}
	usual := func(p map[string]json.RawMessage, name, value string) {
		if unset(p[name]) {
			p[name] = json.RawMessage(value)
		}
	}
	for _, p := range parts {
		switch string(p["type"]) {
		case `"output_text"`:
			usual(p, "annotations", "[]")
			usual(p, "logprobs", "[]")
		case `"input_image"`:
			usual(p, "detail", `"auto"`)
		}
	}
	if parts == nil {
		return json.RawMessage("[]")
	}
	return must(parts)
}

// Page is a part of a list, as a client asks for it.
type Page struct {
	Limit int
	Asc   bool
	After string
}

// ReadPage reads limit, order and after. The error is a *[protocol.Error].
func ReadPage(q url.Values) (Page, error) {
	p := Page{Limit: 20, After: q.Get("after")}
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > 100 {
			return p, bad("limit", `"limit" must be a number from 1 to 100`)
		}
		p.Limit = n
	}
	switch q.Get("order") {
	case "", "desc":
	case "asc":
		p.Asc = true
	default:
		return p, bad("order", `"order" must be asc or desc`)
	}
	return p, nil
}

// List writes a page of items, which are given in the order in which they were said. The error is a *[protocol.Error].
func (p Page) List(items []Item) ([]byte, error) {
	if !p.Asc {
		items = slices.Clone(items)
		slices.Reverse(items)
	}
	if p.After != "" {
		i := slices.IndexFunc(items, func(it Item) bool { return it.ID == p.After })
		if i < 0 {
			return nil, &protocol.Error{Kind: protocol.BadRequest, Param: "after", Message: "\"after\" names an item that is not in this list"}
		}
		items = items[i+1:]
	}
	more := len(items) > p.Limit
	return AppendList(nil, items[:min(len(items), p.Limit)], more), nil
}

// AppendList writes items as a list of the API's.
func AppendList(dst []byte, items []Item, more bool) []byte {
	dst = append(member(memberString(append(dst, '{'), "object", "list"), "data"), '[')
	first, last := "", ""
	for i := range items {
		dst = append(comma(dst), Resource(items[i])...)
		if last = items[i].ID; i == 0 {
			first = last
		}
	}
	dst = memberBool(append(dst, ']'), "has_more", more)
	return append(memberString(memberString(dst, "first_id", first), "last_id", last), '}')
}

// CheckMetadata judges metadata as the API does. The error is a *[protocol.Error].
func CheckMetadata(raw json.RawMessage) error {
	if unset(raw) {
		return nil
	}
	var m map[string]string
	if json.Unmarshal(raw, &m) != nil {
		return bad("metadata", `"metadata" must be an object whose values are strings`)
	}
	if len(m) > mostMetadata {
		return bad("metadata", `"metadata" may hold 16 pairs at most`)
	}
	for k, v := range m {
		if len([]rune(k)) > longestMetaKey || len([]rune(v)) > longestMetaValue {
			return bad("metadata."+strings.ToValidUTF8(k[:min(len(k), 64)], ""), "a key of metadata may have 64 characters, and a value 512")
		}
	}
	return nil
}
