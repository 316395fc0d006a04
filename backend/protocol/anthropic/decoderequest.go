package anthropic

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/scan"
)

// decoding is one request on its way in. Functions return false after they have set fault; the paths of the values they look
// at are made only then.
type decoding struct {
	r     *conversation.Request
	turns []conversation.Message
	fault *protocol.Error
}

func (d *decoding) refuse(param, message string) bool {
	if d.fault == nil {
		d.fault = badRequest(param, param+": "+message)
	}
	return false
}

// within puts the place of an element before the param of a fault that was found in it.
func (d *decoding) within(ok bool, name string, i int) bool {
	if !ok && d.fault != nil {
		place := fmt.Sprintf("%s.%d", name, i)
		if d.fault.Param != "" {
			d.fault.Message = strings.TrimPrefix(d.fault.Message, d.fault.Param+": ")
			place += "." + d.fault.Param
		}
		d.fault.Param = place
		d.fault.Message = place + ": " + d.fault.Message
	}
	return ok
}

// DecodeRequest reads a request by MessageCreateParams, the beta's included where they say something that others can hear. The
// messages, which are most of it, are read in the one pass that checks the JSON.
func (Codec) DecodeRequest(body []byte, _ conversation.Asked) (*conversation.Request, error) {
	d := &decoding{r: &conversation.Request{}}
	members := map[string][]byte{}
	c := scan.At(body)
	object := c.Object(func(key []byte, escaped bool) {
		name := scan.Unquote(key, escaped)
		if name == "messages" {
			if d.turns = nil; !d.messages(&c) {
				c.Stop()
			}
		} else if raw := c.Raw(); string(raw) != "null" {
			members[name] = raw
		}
	})
	if err := c.End(); err != nil {
		return nil, badRequest("", "the body is not valid JSON: "+err.Error())
	}
	if !object {
		return nil, badRequest("", "the body must be a JSON object")
	}
	for name, why := range refusedMembers {
		if raw, there := members[name]; there && !emptyValue(raw) {
			return nil, badRequest(name, name+": "+why)
		}
	}
	if err := thread(members["thread"]); err != nil {
		return nil, err
	}
	added := d.r.Tools // in mid-conversation
	d.r.Tools = nil
	ok := d.fault == nil && d.settings(members) && d.tools(members["tools"]) && d.toolChoice(members["tool_choice"]) &&
		d.reasoning(members["thinking"]) && d.output(members) && d.system(members["system"]) &&
		(len(d.turns) > 0 || d.refuse("messages", "at least one message with content is required"))
	if !ok {
		return nil, d.fault
	}
	for _, t := range added {
		if !slices.ContainsFunc(d.r.Tools, func(known conversation.Tool) bool { return known.Name == t.Name }) {
			d.r.Tools = append(d.r.Tools, t)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !knownMembers[name] && !emptyValue(members[name]) {
			d.lose(name, unknown)
		}
	}
	d.r.Messages = append(d.r.Messages, d.turns...)
	if raw := members["cache_control"]; raw != nil { // of the request: a mark at its end
		markLast(d.r.Messages[len(d.r.Messages)-1].Parts, cache(raw))
	}
	return d.r, nil
}

// thread refuses a conversation that the vendor is to keep, which it cannot where another vendor's model answers: a continued one has only its
// newest turn in the request. The codes are those at which Anthropic's SDK sends the whole conversation, and goes on without a thread.
func thread(raw []byte) error {
	var t struct{ Type string }
	if json.Unmarshal(raw, &t) != nil || t.Type == "" {
		return nil
	}
	e := &protocol.Error{Kind: protocol.Unsupported, Param: "thread", Code: threadUnsupported,
		Message: "thread: only Anthropic keeps conversations; send the whole conversation without thread"}
	if t.Type == "continue" {
		e.Status, e.Code = 404, threadNotFound
	}
	return e
}

// lose notes what has no place in the canonical form.
func (d *decoding) lose(param, why string) { d.r.Lost = conversation.Lose(d.r.Lost, param, why) }

// beyond notes the members of an object that are not known, by their place.
func (d *decoding) beyond(raw []byte, place string, known map[string]bool) {
	c := scan.At(raw)
	c.Object(func(key []byte, escaped bool) {
		if name := scan.Unquote(key, escaped); !known[name] && c.Kind() != 'n' && c.Kind() != 'f' {
			d.lose(place+name, unknown)
		}
	})
}

func emptyValue(raw []byte) bool {
	return string(raw) == `""` || string(raw) == "[]" || string(raw) == "{}"
}

// settings reads everything that is one value.
func (d *decoding) settings(members map[string][]byte) bool {
	r := d.r
	for _, s := range []struct {
		name string
		into *string
	}{{"model", &r.Model}, {"service_tier", &r.ServiceTier}} {
		if raw, there := members[s.name]; there {
			var ok bool
			if *s.into, ok = stringOf(raw); !ok {
				return d.refuse(s.name, "Input should be a valid string")
			}
		}
	}
	if r.ServiceTier == "standard_only" {
		r.ServiceTier = "default"
	}
	if raw, there := members["stream"]; there {
		if r.Stream = string(raw) == "true"; !r.Stream && string(raw) != "false" {
			return d.refuse("stream", "Input should be a valid boolean")
		}
	}
	for _, n := range []struct {
		name  string
		least int64
		into  **int64
	}{{"max_tokens", 1, &r.MaxOutput}, {"top_k", 0, &r.TopK}} {
		if raw, there := members[n.name]; there {
			v, ok := scan.Int(raw)
			if !ok || v < n.least {
				return d.refuse(n.name, "Input should be a whole number of at least "+strconv.FormatInt(n.least, 10))
			}
			*n.into = &v
		}
	}
	for _, n := range []struct {
		name string
		into **float64
	}{{"temperature", &r.Temperature}, {"top_p", &r.TopP}} {
		if raw, there := members[n.name]; there {
			v, err := strconv.ParseFloat(string(raw), 64)
			if err != nil || math.IsInf(v, 0) || math.IsNaN(v) || v < 0 || v > 1 {
				return d.refuse(n.name, "Input should be a number from 0 to 1")
			}
			*n.into = &v
		}
	}
	if raw, there := members["stop_sequences"]; there {
		if !d.eachOf(raw, "stop_sequences", func(el []byte) bool {
			s, ok := stringOf(el)
			r.Stop = append(r.Stop, s)
			return ok || d.refuse("", "Input should be a valid string")
		}) {
			return false
		}
	}
	if raw, there := members["metadata"]; there {
		var m struct {
			UserID *string `json:"user_id"`
		}
		if json.Unmarshal(raw, &m) != nil {
			return d.refuse("metadata.user_id", "Input should be a valid string")
		}
		if m.UserID != nil {
			r.User = *m.UserID
		}
	}
	return true
}

// each visits the elements of the array before c, which is the member name. f returns false after it has set a fault.
func (d *decoding) each(c *scan.Cursor, name string, f func() bool) bool {
	i, ok := 0, true
	if !c.Array(func() {
		if ok = d.within(f(), name, i); !ok {
			c.Stop()
		}
		i++
	}) {
		return d.refuse(name, "Input should be a valid list")
	}
	return ok
}

// eachOf is each of an array that stands by itself.
func (d *decoding) eachOf(raw []byte, name string, f func(el []byte) bool) bool {
	c := scan.At(raw)
	return d.each(&c, name, func() bool { return f(c.Raw()) })
}

// cache reads a cache_control.
func cache(raw []byte) *conversation.Cache {
	if raw == nil {
		return nil
	}
	var f fields
	f.read(raw)
	return &conversation.Cache{TTL: text(f.ttl)}
}

// markLast puts a mark on the last part that can hold one.
func markLast(parts []conversation.Part, mark *conversation.Cache) {
	for i := len(parts) - 1; i >= 0 && mark != nil; i-- {
		if at := conversation.CacheOf(parts[i]); at != nil {
			if *at == nil {
				*at = mark
			}
			return
		}
	}
}

// billing begins a text that Claude Code puts first in its system text, for Anthropic's eyes only.
const billing = "x-anthropic-billing-header:"

func (d *decoding) system(raw []byte) bool {
	if raw == nil {
		return true
	}
	var parts []conversation.Part
	if s, ok := stringOf(raw); ok {
		if strings.HasPrefix(s, billing) {
			_, s, _ = strings.Cut(s, "\n")
		}
		parts = []conversation.Part{&conversation.Text{Text: s}}
	} else {
		bills := true
		if !d.eachOf(raw, "system", func(el []byte) bool {
			var f fields
			if !f.read(el) || f.kind != "text" || f.text == nil {
				return d.refuse("type", "Input should be a text block")
			}
			t := text(f.text)
			if bills = bills && strings.HasPrefix(t, billing); !bills {
				parts = append(parts, &conversation.Text{Text: t, Cache: cache(f.cache)})
			}
			return true
		}) {
			return false
		}
	}
	if len(parts) > 0 {
		d.r.Messages = append(d.r.Messages, conversation.Message{Role: conversation.System, Parts: parts})
	}
	return true
}

// messages reads the list before c.
func (d *decoding) messages(c *scan.Cursor) bool {
	if c.Null() {
		return true
	}
	return d.each(c, "messages", func() bool { return d.message(c) })
}

// message reads one message. Its content is read as it comes where the role stands before it, as clients write it.
func (d *decoding) message(c *scan.Cursor) bool {
	b := blockReader{decoding: d}
	var content []byte
	ok, there := true, false
	object := c.Object(func(key []byte, _ bool) {
		switch {
		case string(key) == "role":
			b.role = conversation.Role(text(c.Raw()))
		case string(key) != "content" || c.Null():
		case roles[b.role] && c.Kind() == '[' && !there:
			there = true
			if ok = b.list(c, "content"); !ok {
				c.Stop()
			}
		default:
			content, there = c.Raw(), true
		}
	})
	switch {
	case !ok:
		return false
	case !object:
		return d.refuse("", "Input should be a valid dictionary")
	case c.Err() != nil:
		return true // told at the end
	case !roles[b.role]:
		return d.refuse("role", "Input should be user, assistant or system")
	case !there && b.role != conversation.System: // the beta lets a system turn be without
		return d.refuse("content", "Field required")
	case !b.content(content, "content"):
		return false
	}
	b.finish()
	return true
}

// roles are those of MessageParam; system stands in mid-conversation.
var roles = map[conversation.Role]bool{conversation.User: true, conversation.Assistant: true, conversation.System: true}
