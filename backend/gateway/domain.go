package gateway

import (
	"metapi/backend/catalog/scores"
	"metapi/backend/protocol/scan"
	"metapi/backend/routing"
)

// domain is what kind of answer is asked for. It is found out the first time that a mode asks.
func (x *exchange) domain() scores.Domain {
	e := &x.expected
	if !e.placed {
		var text [askedHead + askedTail]byte
		p := scores.Prompt{Tools: x.peek.Tools, Schema: x.peek.Schema}
		if !p.Tools && !p.Schema { // else that says it
			p.Text, p.Size = lastAsked(x.body, text[:0])
		}
		e.placed, e.domain = true, scores.Classify(p)
	}
	return e.domain
}

// noteJudged keeps what the expected quality of the candidates rests on, where it was looked at.
func (x *exchange) noteJudged() {
	x.rec.Domain = ""
	if !x.expected.placed {
		return
	}
	x.rec.Domain = x.expected.domain.String()
	judged := make([]routing.Judged, len(x.ranked))
	for i := range x.ranked {
		judged[i] = x.ranked[i].Judge(x.expected.domain, x.asked.At)
		x.rec.Candidates[i].Judged = &judged[i]
	}
}

// What is looked at of what is asked for: how it begins, and how it ends.
const (
	askedHead = 3000 // bytes
	askedTail = 1000
)

// lastAsked appends to text the beginning and the end of what the user has said last, in any of the protocols, and returns it with its whole size in
// the body. Nothing is decoded but what is returned.
func lastAsked(body, text []byte) (asked []byte, size int) {
	var last, now [][]byte // texts of a message, as they stand in the body
	c := scan.At(body)
	message := func() {
		user := true // who says nothing of a role is the user
		now = now[:0]
		switch c.Kind() {
		case '"':
			now = addSaid(now, &c)
		case '{':
			c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "role":
					raw, _, _ := c.String()
					user = string(raw) == "user"
				case "content", "parts":
					if c.Kind() == '"' {
						now = addSaid(now, &c)
						return
					}
					c.Array(func() {
						c.Object(func(key []byte, _ bool) {
							if string(key) == "text" {
								now = addSaid(now, &c)
							}
						})
					})
				}
			})
		}
		if user && len(now) > 0 {
			last, now = now, last
		}
	}
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "messages", "input", "contents", "prompt":
			if c.Kind() == '[' {
				c.Array(message)
			} else {
				message()
			}
		}
	})
	for _, s := range last {
		size += len(s)
	}
	from := 0
	for _, raw := range last {
		if from < askedHead {
			text = scan.AppendUnquoted(text, raw[:min(len(raw), askedHead-from)])
		}
		if tail := max(size-askedTail, askedHead) - from; tail < len(raw) {
			text = scan.AppendUnquoted(text, raw[max(tail, 0):])
		}
		from += len(raw)
	}
	return text, size
}

// addSaid adds the string before c.
func addSaid(to [][]byte, c *scan.Cursor) [][]byte {
	if raw, _, ok := c.String(); ok && len(raw) > 0 {
		to = append(to, raw)
	}
	return to
}
