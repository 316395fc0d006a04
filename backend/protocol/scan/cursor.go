package scan

import "metapi/backend/protocol"

// Cursor goes over one JSON text from left to right, once. Make one with [At]. After the first error every
// method does nothing; [Cursor.Err] and [Cursor.End] tell it. Not safe for concurrent use.
type Cursor struct {
	b       []byte
	i       int
	depth   int
	err     *Error
	stopped bool
}

// At returns a cursor before the first value in b.
func At(b []byte) Cursor { return Cursor{b: b, i: space(b, 0)} }

// Err is the first error met, an *[Error], or nil.
func (c *Cursor) Err() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// End reports the first error met, or that something other than white space follows the value. A cursor that was
// stopped has no error: the rest was not looked at.
func (c *Cursor) End() error {
	if c.err == nil && !c.stopped {
		if c.i = space(c.b, c.i); c.i < len(c.b) {
			c.err = &Error{c.i, tooMuch}
		}
	}
	return c.Err()
}

// Stop ends the walk: every Object and Array returns as soon as its function does.
func (c *Cursor) Stop() { c.stopped = true }

func (c *Cursor) idle() bool { return c.err != nil || c.stopped }

// Kind is the first byte of the value before the cursor, which tells its type: '{', '[', '"', 't', 'f', 'n', '-'
// or a digit; 0 where the text ends. It does not move.
func (c *Cursor) Kind() byte {
	if c.idle() || c.i >= len(c.b) {
		return 0
	}
	return c.b[c.i]
}

// Value passes over the value before the cursor and returns its place, quotes and brackets included.
func (c *Cursor) Value() protocol.Span {
	from := c.i
	c.pass()
	return protocol.Span{From: from, To: c.i}
}

// Raw passes over the value before the cursor and returns its text as it stands.
func (c *Cursor) Raw() []byte {
	s := c.Value()
	return c.b[s.From:s.To]
}

func (c *Cursor) pass() {
	if !c.idle() {
		c.i, c.err = skip(c.b, c.i, c.depth)
	}
}

// String passes over the value if it is a string, and returns what stands between its quotes. Where it is
// anything else, ok is false and the cursor stays.
func (c *Cursor) String() (raw []byte, escaped, ok bool) {
	if c.Kind() != '"' {
		return nil, false, false
	}
	from := c.i
	if c.i, escaped, c.err = str(c.b, c.i); c.err != nil {
		return nil, false, false
	}
	return c.b[from+1 : c.i-1], escaped, true
}

// Int passes over the value, and returns it if it is a whole number that fits.
func (c *Cursor) Int() (n int64, ok bool) { return Int(c.Raw()) }

// True passes over the value, and reports whether it is true.
func (c *Cursor) True() bool { return string(c.Raw()) == "true" }

// Null passes over the value if it is null.
func (c *Cursor) Null() bool {
	if c.Kind() != 'n' {
		return false
	}
	c.pass()
	return true
}

// enter passes over the opening bracket of a container.
func (c *Cursor) enter(bracket byte) bool {
	if c.Kind() != bracket {
		return false
	}
	if c.depth++; c.depth > MaxDepth {
		c.err = &Error{c.i, tooDeep}
		return true
	}
	c.i = space(c.b, c.i+1)
	return true
}

// Object visits the members of the object before the cursor, in their order. f may take the value with any
// method of the cursor, or leave it to be skipped. It returns false, and stays, where the value is no object.
func (c *Cursor) Object(f func(key []byte, escaped bool)) bool {
	if !c.enter('{') {
		return false
	}
	if c.Kind() == '}' {
		c.leave()
		return true
	}
	for !c.idle() {
		if c.i >= len(c.b) || c.b[c.i] != '"' {
			c.err = misfit(c.b, c.i, wantKey)
			break
		}
		key, escaped, ok := c.String()
		if !ok {
			break
		}
		if c.i = space(c.b, c.i); c.i >= len(c.b) || c.b[c.i] != ':' {
			c.err = misfit(c.b, c.i, wantColon)
			break
		}
		c.i = space(c.b, c.i+1)
		at := c.i
		f(key, escaped)
		if c.i == at {
			c.pass()
		}
		if !c.next('}', wantComma) {
			break
		}
	}
	return true
}

// Array visits the elements of the array before the cursor, with the rules of [Cursor.Object].
func (c *Cursor) Array(f func()) bool {
	if !c.enter('[') {
		return false
	}
	if c.Kind() == ']' {
		c.leave()
		return true
	}
	for !c.idle() {
		at := c.i
		f()
		if c.i == at {
			c.pass()
		}
		if !c.next(']', wantCommaA) {
			break
		}
	}
	return true
}

// next passes over the comma after a member, or over the closing bracket; false: there is no further member.
func (c *Cursor) next(bracket byte, what string) bool {
	if c.idle() {
		return false
	}
	c.i = space(c.b, c.i)
	switch {
	case c.i < len(c.b) && c.b[c.i] == ',':
		c.i = space(c.b, c.i+1)
		return true
	case c.i < len(c.b) && c.b[c.i] == bracket:
		c.leave()
		return false
	}
	c.err = misfit(c.b, c.i, what)
	return false
}

func (c *Cursor) leave() {
	c.i++
	c.depth--
}

// Offset is the place of the cursor in the text: before the next value, or behind the last.
func (c *Cursor) Offset() int { return c.i }
