package openairesponses

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/peek"
	"metapi/backend/protocol/scan"
)

// The ids of what Metapi itself keeps tell so: one that has expired is not looked for at an account.
const (
	keptResponse     = "resp_metapi_"
	keptConversation = "conv_metapi_"
	idBytes          = 24 // random ones, within an id
)

func newID(prefix string) string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefix + hex.EncodeToString(b[:])
}

// NewResponseID names a response that Metapi keeps.
func NewResponseID() string { return newID(keptResponse) }

// NewConversationID names a conversation that Metapi keeps.
func NewConversationID() string { return newID(keptConversation) }

// OursResponse reports whether an id is one of [NewResponseID].
func OursResponse(id string) bool { return strings.HasPrefix(id, keptResponse) }

// OursConversation reports whether an id is one of [NewConversationID].
func OursConversation(id string) bool { return strings.HasPrefix(id, keptConversation) }

// ResponseOf is the response that the codec put an item of this id into; "" where that was none that is kept.
func ResponseOf(itemID string) string {
	rest := itemID[strings.LastIndexByte(itemID, '_')+1:]
	if len(rest) <= 2*idBytes || strings.Trim(rest[:2*idBytes], "0123456789abcdef") != "" {
		return ""
	}
	return keptResponse + rest[:2*idBytes]
}

// Item is an element of an input or output, as it came.
type Item struct {
	ID   string          `json:"id"`
	Made bool            `json:"made,omitempty"` // by the model
	Raw  json.RawMessage `json:"raw"`

	kind  string // once it was looked at
	bare  bool   // it has nothing but an id, and perhaps a type
	known bool   // it was looked at
}

// look reads the item before the cursor.
func (it *Item) look(c *scan.Cursor) {
	role, others := false, 0
	c.Object(func(key []byte, escaped bool) {
		switch keyName(key, escaped) {
		case "type":
			it.kind = peek.Text(c)
		case "id":
			it.ID = peek.Text(c)
		case "role":
			role = true
			others++
		default:
			others++
		}
	})
	if it.kind == "" && role {
		it.kind = "message"
	}
	it.bare, it.known = others == 0, true
}

// Kind is the item's type; a message may leave it out.
func (it *Item) Kind() string {
	if !it.known {
		id := it.ID
		c := scan.At(it.Raw)
		it.look(&c)
		it.ID = id
	}
	return it.kind
}

// Reference is the id of the item that this one stands for; "" where it stands for itself.
func (it *Item) Reference() string {
	if kind := it.Kind(); it.bare && (kind == "item_reference" || kind == "") {
		return it.ID
	}
	return ""
}

// Kept is a response that is kept for its client.
type Kept struct {
	ID, Client   string
	Before       string          // the response that it continues; "" where it begins
	Conversation string          // the one that it was made in; "" where none
	Context      []Item          // what was said before
	Object       json.RawMessage // the Response, as it was sent
	Input        []Item          // what was new in its request
	Output       []Item
}

// Conversation is one that is kept for its client, without its items.
type Conversation struct {
	ID       string
	Metadata json.RawMessage
	Created  int64 // Unix seconds
}

// Append writes it as a ConversationResource.
func (c *Conversation) Append(dst []byte) []byte {
	dst = memberString(append(dst, '{'), "id", c.ID)
	dst = memberInt(memberString(dst, "object", "conversation"), "created_at", c.Created)
	return append(appendRaw(member(dst, "metadata"), orEmpty(c.Metadata)), '}')
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	return raw
}

// State is what a request says of what was before it, and what is to become of it.
type State struct {
	Previous     string // previous_response_id
	Conversation string
	Store        bool // the client wants the reply to be kept; it does where it says nothing
	Background   bool
	Input        []Item // without ids; a bare string is a message
}

// ReadState reads them off a body that [Dialect.Peek] has taken. The error is a *[protocol.Error].
func ReadState(body []byte) (State, error) {
	s := State{Store: true}
	var fault error
	c := scan.At(body)
	c.Object(func(key []byte, escaped bool) {
		switch keyName(key, escaped) {
		case "previous_response_id":
			s.Previous = peek.Text(&c)
		case "conversation":
			if s.Conversation = ""; c.Kind() == '"' {
				s.Conversation = peek.Text(&c)
				return
			}
			c.Object(func(key []byte, escaped bool) {
				if keyName(key, escaped) == "id" {
					s.Conversation = peek.Text(&c)
				}
			})
		case "store":
			s.Store = string(c.Raw()) != "false"
		case "background":
			s.Background = c.True()
		case "input":
			s.Input, fault = readInput(&c, body)
		}
	})
	return s, fault
}

func keyName(key []byte, escaped bool) string { return scan.Unquote(key, escaped) }

// readInput reads the input before the cursor. Items are parts of the body.
func readInput(c *scan.Cursor, body []byte) ([]Item, error) {
	switch c.Kind() {
	case '"':
		raw := slices.Concat([]byte(`{"type":"message","role":"user","content":`), c.Raw(), []byte{'}'})
		return []Item{{Raw: raw, kind: "message", known: true}}, nil
	case '[':
		return readItems(c, body, "input")
	case 'n':
		return nil, nil
	}
	return nil, bad("input", `"input" must be a string or a list of items`)
}

// ReadItems reads a list of items, that the request calls param. They are parts of raw. The error is a *[protocol.Error].
func ReadItems(raw []byte, param string) ([]Item, error) {
	c := scan.At(raw)
	items, err := readItems(&c, raw, param)
	if err == nil && c.End() != nil {
		return nil, bad(param, fmt.Sprintf("%q is not valid JSON", param))
	}
	return items, err
}

func readItems(c *scan.Cursor, body []byte, param string) (items []Item, err error) {
	if !c.Array(func() {
		it, from := Item{}, c.Offset()
		if it.look(c); c.Offset() == from {
			c.Value()
		}
		it.Raw = body[from:c.Offset()]
		if err == nil && it.kind == "" && (!it.bare || it.ID == "") {
			at := fmt.Sprintf("%s[%d]", param, len(items))
			err = bad(at, fmt.Sprintf("%q is no item: it has neither a type nor a role", at))
		}
		items = append(items, it)
	}) {
		return nil, bad(param, fmt.Sprintf("%q must be a list of items", param))
	}
	return items, err
}

// compact takes the white space out, so that an event can stand in a line of a stream.
func compact(raw []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(raw))
	if json.Compact(&b, raw) != nil {
		return bytes.Clone(raw)
	}
	return b.Bytes()
}

// AppendItems writes items as [encoding/json] would, without going through them again.
func AppendItems(dst []byte, items []Item) []byte {
	dst = append(slices.Grow(dst, sizeOf(items)+100*len(items)+2), '[')
	for i := range items {
		dst = items[i].Append(comma(dst))
	}
	return append(dst, ']')
}

// Append is [AppendItems] for one.
func (it *Item) Append(dst []byte) []byte {
	dst = memberString(append(dst, '{'), "id", it.ID)
	if it.Made {
		dst = memberBool(dst, "made", true)
	}
	return append(append(member(dst, "raw"), it.Raw...), '}')
}

// Outputs reads the items of a Response.
func Outputs(object []byte) (items []Item) {
	c := scan.At(object)
	c.Object(func(key []byte, _ bool) {
		if string(key) == "output" {
			items, _ = readItems(&c, object, "output")
		}
	})
	for i := range items {
		items[i].Made = true
	}
	return items
}

// Name gives an id to each item that has none.
func Name(items []Item) {
	random := ""
	for i := range items {
		if items[i].ID != "" {
			continue
		}
		if random == "" {
			random = newID("")
		}
		items[i].ID = itemIDs.of(items[i].Kind()) + random[:len(random)-4] + fmt.Sprintf("%04x", i)
	}
}

// idPrefixes are how the vendor begins the ids of items, by their types.
type idPrefixes map[string]string

var itemIDs = idPrefixes{"message": "msg_", "function_call": "fc_", "function_call_output": "fco_", "custom_tool_call": "ctc_",
	"custom_tool_call_output": "ctco_", "reasoning": "rs_", "compaction": "cmp_", "image_generation_call": "ig_", "web_search_call": "ws_"}

func (p idPrefixes) of(kind string) string {
	if prefix := p[kind]; prefix != "" {
		return prefix
	}
	return "item_"
}

// Expand puts what was before a request in front of its input, and takes out what has named it: what is left leans on nothing
// that somebody keeps. unstored also says that nobody is to keep the reply.
func Expand(body []byte, before, input []Item, unstored bool) []byte {
	return withInput(body, seen(before), input, func(name string) bool {
		return name == "previous_response_id" || name == "conversation" || unstored && name == "store"
	}, unstored)
}

// Replace puts input in the place of a request's own.
func Replace(body []byte, input []Item) []byte {
	return withInput(body, nil, input, func(string) bool { return false }, false)
}

func withInput(body []byte, before, input []Item, without func(name string) bool, unstored bool) []byte {
	out := append(make([]byte, 0, len(body)+sizeOf(before)+sizeOf(input)+32), '{')
	c := scan.At(body)
	c.Object(func(key []byte, escaped bool) {
		if name := keyName(key, escaped); name == "input" || without(name) {
			return
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), key...), '"', ':')
		out = append(out, c.Raw()...)
	})
	if unstored {
		out = memberBool(out, "store", false)
	}
	out = append(member(out, "input"), '[')
	for _, items := range [][]Item{before, input} {
		for i := range items {
			out = append(comma(out), items[i].Raw...)
		}
	}
	return append(out, ']', '}')
}

func sizeOf(items []Item) (n int) {
	for i := range items {
		n += len(items[i].Raw) + 1
	}
	return n
}

// seen is what the model is to see of what was kept: a compaction that it has made stands for all before it, and reasoning
// whose content is at an account, or nowhere any more, is left out.
func seen(before []Item) []Item {
	for i := len(before) - 1; i >= 0; i-- {
		if before[i].Made && before[i].Kind() == "compaction" {
			before = before[i:]
			break
		}
	}
	var out []Item
	for i := range before {
		if !empty(&before[i]) {
			out = append(out, before[i])
		}
	}
	return out
}

// empty reports whether an item is reasoning that says nothing to anybody who has not kept it.
func empty(it *Item) bool {
	if it.Kind() != "reasoning" || strings.HasPrefix(it.ID, foreignID) {
		return false
	}
	said := false
	c := scan.At(it.Raw)
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "encrypted_content":
			raw, _, ok := c.String()
			said = said || ok && len(raw) > 0
		case "content":
			said = peek.Filled(&c) || said
		}
	})
	return !said
}

// Retell changes a Response of an upstream's to what the client knows of it: by which name it is kept, and what it continues. Where it is not
// kept, it has the upstream's id.
func Retell(object []byte, s conversation.State) []byte {
	told := []struct{ name, raw string }{
		{"id", quoted(s.ID)}, {"previous_response_id", quoted(s.Previous)}, {"conversation", conversationOf(s.Conversation)},
		{"store", fmt.Sprint(s.ID != "")}}
	out := append(make([]byte, 0, len(object)+256), '{')
	c := scan.At(object)
	if !c.Object(func(key []byte, escaped bool) {
		raw := c.Raw()
		for i := range told {
			if t := &told[i]; t.name == keyName(key, escaped) && (t.name != "id" || s.ID != "") {
				raw, t.name = []byte(t.raw), ""
			}
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), key...), '"', ':')
		out = append(out, raw...)
	}) || c.Err() != nil {
		return object
	}
	for _, t := range told {
		if t.name == "previous_response_id" || t.name == "conversation" { // store, where nobody has told it, is not a Response's
			out = memberRaw(out, t.name, t.raw)
		}
	}
	return append(out, '}')
}

func quoted(s string) string {
	if s == "" {
		return "null"
	}
	b, _ := json.Marshal(s) // a string always marshals
	return string(b)
}

func conversationOf(id string) string {
	if id == "" {
		return "null"
	}
	return `{"id":` + quoted(id) + `}`
}

// RetellEvent is [Retell] for the Response in an event of a stream, with that Response as it then is; nil where the event has
// none.
func RetellEvent(data []byte, s conversation.State) (event, object []byte) {
	var at protocol.Span
	c := scan.At(data)
	c.Object(func(key []byte, escaped bool) {
		if keyName(key, escaped) == "response" && c.Kind() == '{' {
			at = c.Value()
		}
	})
	if c.End() != nil || at.Empty() {
		return data, nil
	}
	object = Retell(data[at.From:at.To], s)
	return compact(slices.Concat(data[:at.From], object, data[at.To:])), object
}

// EventResponse is the Response in an event; nil where it has none.
func EventResponse(data []byte) (object []byte) {
	c := scan.At(data)
	c.Object(func(key []byte, escaped bool) {
		if keyName(key, escaped) == "response" && c.Kind() == '{' {
			object = c.Raw()
		}
	})
	return object
}
