package openaichat

import "metapi/backend/protocol/scan"

// fragment takes one element of tool_calls in.
func (l *lane) fragment(c *scan.Cursor) {
	var f fragment
	f.index = -1
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "index":
			if n, ok := c.Int(); ok {
				f.index = n
			}
		case "id":
			f.id = take(c)
		case "function":
			f.read(c)
		case "custom":
			f.custom = true
			f.read(c)
		case "extra_content":
			f.signature = jsonOf[extraContent](c.Raw()).Google.ThoughtSignature
		}
	})
	l.put(&f)
}

// functionCall takes a function_call in: one call, without an index and without an id.
func (l *lane) functionCall(c *scan.Cursor) {
	f := fragment{index: -1, legacy: true}
	f.read(c)
	l.put(&f)
}

// fragment is a piece of a call.
type fragment struct {
	index          int64
	id, name       literal
	arguments      literal
	custom, legacy bool
	signature      string
}

func (f *fragment) read(c *scan.Cursor) {
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "name":
			f.name = take(c)
		case "arguments", "input":
			f.arguments = take(c)
		}
	})
}

func (l *lane) put(f *fragment) {
	if l.r.err != nil {
		return
	}
	id, name := f.id.text(), trim(f.name.text())
	s := l.call(f.index, id, name)
	if s == nil {
		if len(l.calls) == mostCalls {
			l.r.err = unreadable("the provider's answer calls more tools than can be run")
			return
		}
		s = l.tail(sortCall, nil)
		s.index, s.custom, s.legacy = f.index, f.custom, f.legacy
		l.calls = append(l.calls, s)
	}
	if s.id == "" {
		s.id = id
	}
	if s.name == "" { // some repeat it in each chunk: the first counts (case 17)
		s.name = name
	}
	if f.signature != "" {
		s.signature = f.signature
	}
	text := f.arguments.text()
	if len(f.arguments.other) > 0 { // the object itself (case 18)
		text = string(f.arguments.other)
	}
	l.add(s, text)
}

// call finds the call that a fragment belongs to: by its index, unless that names another call than its id does, else by its id; a fragment
// with neither goes on with the last (case 16). nil: it begins one.
func (l *lane) call(index int64, id, name string) *segment {
	for i := len(l.calls) - 1; i >= 0; i-- {
		s := l.calls[i]
		switch {
		case index >= 0 && s.index == index:
			if id != "" && s.id != "" && s.id != id && name != "" {
				if other := l.byID(id); other != nil {
					return other
				}
				return nil // a relay that gives each call the index 0
			}
			return s
		case index < 0 && id == "" && (name == "" || name == s.name && !s.json.whole()):
			return s
		case index < 0 && id != "" && s.id == id:
			return s
		}
	}
	return l.byID(id)
}

func (l *lane) byID(id string) *segment {
	for _, s := range l.calls {
		if id != "" && s.id == id {
			return s
		}
	}
	return nil
}
