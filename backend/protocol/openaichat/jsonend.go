package openaichat

// jsonEnd follows arguments as they come, and knows when they are a whole JSON object or array. Arguments that begin otherwise are never
// whole before the call ends.
type jsonEnd struct {
	depth            int
	text, escape     bool // within a string, behind a backslash
	begun, done, odd bool
}

func (j *jsonEnd) whole() bool { return j.done }

func (j *jsonEnd) write(s string) {
	for i := 0; i < len(s) && !j.done && !j.odd; i++ {
		switch c := s[i]; {
		case j.escape:
			j.escape = false
		case j.text:
			j.escape, j.text = c == '\\', c != '"'
		case c == '{' || c == '[':
			j.begun = true
			j.depth++
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
		case !j.begun:
			j.odd = true
		case c == '"':
			j.text = true
		case c == '}' || c == ']':
			j.depth--
			j.done = j.depth == 0
		}
	}
}
