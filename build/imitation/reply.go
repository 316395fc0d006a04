package imitation

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Reply is what a model says, in no vendor's form. The zero Reply echoes the question.
type Reply struct {
	Thinking string `json:"thinking,omitempty"` // reasoning, given out where the request asks for it
	Text     string `json:"text,omitempty"`     // the answer; "" with calls or a refusal stays empty, else Echo of the question
	Refusal  string `json:"refusal,omitempty"`  // the model declines in these words
	Calls    []Call `json:"calls,omitempty"`    // tool calls; more than one are parallel
	Usage    *Usage `json:"usage,omitempty"`    // nil: counted from the texts
	Finish   string `json:"finish,omitempty"`   // the vendor's own word; "" is the one that fits
	Piece    int    `json:"piece,omitempty"`    // runes in a delta; 0 is a word
	Weave    bool   `json:"weave,omitempty"`    // parallel calls of a chat stream take turns, fragment by fragment
}

// Call is one tool call. Arguments is JSON text and is streamed in fragments that cut through it anywhere.
type Call struct {
	ID        string `json:"id,omitempty"` // "" is given one
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Usage counts tokens so that each vendor's own way can be told from it: Input holds all input, cached and written
// included, and Output all output, reasoning included.
type Usage struct {
	Input     int `json:"input"`
	Cached    int `json:"cached,omitempty"`
	Written   int `json:"written,omitempty"`    // to the cache, all of it (Anthropic)
	Written1h int `json:"written_1h,omitempty"` // of Written, for an hour
	Output    int `json:"output"`
	Reasoning int `json:"reasoning,omitempty"`
}

// Text makes a Reply of plain text.
func Text(s string) Reply { return Reply{Text: s} }

// Echo is the answer to a question when nothing is scripted: the same words for the same question, with characters of
// two, three and four bytes and an emoji of several code points, so that a cut inside any of them shows.
func Echo(question string) string {
	r := []rune(strings.Join(strings.Fields(question), " "))
	if len(r) > 80 {
		r = r[:80]
	}
	return fmt.Sprintf("You said: “%s”. Größe 你好，世界 👩🏽‍💻 done.", string(r))
}

// answer takes the next scripted reply and fills in what it leaves open.
func (c *call) answer(question string, thinks bool) Reply {
	c.v.mu.Lock()
	var r Reply
	if len(c.v.replies) > 0 {
		r, c.v.replies = c.v.replies[0], c.v.replies[1:]
	} else if thinks {
		r.Thinking = "The user wrote something. 我来想一想… then answer."
	}
	c.v.mu.Unlock()
	if r.Text == "" && r.Refusal == "" && len(r.Calls) == 0 {
		r.Text = Echo(question)
	}
	r.Calls = append([]Call(nil), r.Calls...)
	for i := range r.Calls {
		if r.Calls[i].ID == "" {
			r.Calls[i].ID = newID(map[Kind]string{OpenAI: "call_", Anthropic: "toolu_", Gemini: "fc_"}[c.v.Kind])
		}
		if r.Calls[i].Arguments == "" {
			r.Calls[i].Arguments = "{}"
		}
	}
	if r.Usage == nil {
		u := Usage{Input: tokens(string(c.body)), Reasoning: tokens(r.Thinking)}
		u.Output = tokens(r.Text) + tokens(r.Refusal) + u.Reasoning
		for _, call := range r.Calls {
			u.Output += tokens(call.Name) + tokens(call.Arguments)
		}
		r.Usage = &u
	}
	return r
}

// tokens counts roughly four bytes to the token; nothing empty costs any.
func tokens(s string) int { return (len(s) + 3) / 4 }

// pieces cuts a text into deltas of n runes, or of a word with the space after it.
func pieces(s string, n int) []string {
	var out []string
	if n <= 0 {
		for s != "" {
			i := strings.IndexByte(s, ' ')
			if i < 0 {
				i = len(s) - 1
			}
			out, s = append(out, s[:i+1]), s[i+1:]
		}
		return out
	}
	for s != "" {
		i := 0
		for k := 0; k < n && i < len(s); k++ {
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
		}
		out, s = append(out, s[:i]), s[i:]
	}
	return out
}

// fragments cuts tool arguments every n runes (5 by default), through names, strings and escapes.
func fragments(s string, n int) []string {
	if n <= 0 {
		n = 5
	}
	return pieces(s, n)
}

// obj is a JSON object in a reply.
type obj = map[string]any

func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only maps, slices, strings and numbers are encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// arguments parses a call's arguments for the vendors that carry them as an object; text that is not one goes under "raw".
func (c Call) arguments() any {
	var v map[string]any
	if json.Unmarshal([]byte(c.Arguments), &v) != nil || v == nil {
		return obj{"raw": c.Arguments}
	}
	return v
}
