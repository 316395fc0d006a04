package gemini

import (
	"encoding/json"
	"strconv"
	"strings"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
)

// DecodeRequest reads a GenerateContentRequest. What has no place in the canonical form and asks for nothing that an answer would lack
// (safety settings, media resolution, labels) is told as lost.
func (Codec) DecodeRequest(body []byte, asked conv.Asked) (*conv.Request, error) {
	d := decoder{input: newInput(body, protocol.BadRequest), r: &conv.Request{Stream: asked.Stream}}
	if d.c.Kind() != '{' {
		d.fail("the body must be a JSON object")
	}
	d.object(d.request)
	if err := d.end(); err != nil {
		return nil, err
	}
	if asked.Model != "" {
		d.r.Model = asked.Model
	}
	d.r.Model = strings.TrimPrefix(d.r.Model, "models/")
	if len(d.messages) == 0 {
		return nil, bad("contents", "contents is missing; say something to the model")
	}
	d.r.Messages = append(d.system, d.messages...)
	return d.r, nil
}

// decoder is a request in the making.
type decoder struct {
	input
	r        *conv.Request
	system   []conv.Message
	messages []conv.Message
	open     []openCall // calls of the last turn of the model
}

// openCall is a call that a result may answer.
type openCall struct {
	id, name string
	made     bool // the id is ours: the client's protocol had none
	done     bool
}

func (d *decoder) request(key string) {
	switch key {
	case "model":
		d.r.Model = d.text()
	case "generateContentRequest": // countTokens wraps the request
		d.object(func(key string) {
			if key != "generateContentRequest" {
				d.request(key)
			}
		})
	case "systemInstruction":
		if d.c.Kind() == '"' {
			d.instruction(piece{text: d.text()})
			return
		}
		d.object(func(key string) {
			if key == "parts" {
				d.array(func(int) { d.instruction(d.piece()) })
			}
		})
	case "contents":
		d.array(d.content)
	case "tools":
		d.array(func(int) { d.object(d.tool) })
	case "toolConfig":
		d.object(func(key string) {
			if key == "functionCallingConfig" {
				d.object(d.calling)
			} else {
				d.lose()
			}
		})
	case "generationConfig":
		d.object(d.config)
	case "cachedContent":
		if name := d.text(); name != "" {
			d.fail("cachedContent %q is kept at one account of Google's; it cannot be used with a model that answers by another protocol", name)
		}
	default:
		d.lose()
	}
}

// lose notes that the value at hand has no place in the canonical form. An element's number is left out of its place.
func (d *decoder) lose() {
	switch d.c.Kind() {
	case 'n', 'f', 0:
		return
	}
	var place []byte
	within := false
	for _, b := range d.path {
		switch {
		case b == '[':
			within = true
		case b == ']':
			within = false
		case !within:
			place = append(place, b)
		}
	}
	d.r.Lost = conv.Lose(d.r.Lost, string(place), "no other protocol is known to have it")
}

func (d *decoder) instruction(p piece) {
	if p.text == "" {
		return
	}
	if len(d.system) == 0 {
		d.system = []conv.Message{{Role: conv.System}}
	}
	d.system[0].Parts = append(d.system[0].Parts, &conv.Text{Text: p.text})
}

// content reads one Content. Its role may come after its parts, so these are read first and placed then.
func (d *decoder) content(i int) {
	role := ""
	var parts []piece
	d.object(func(key string) {
		switch key {
		case "role":
			switch role = d.text(); role {
			case "", "user", "model", "function":
			default:
				d.fail("%s must be user or model", d.path)
			}
		case "parts":
			d.array(func(int) {
				if p := d.piece(); !p.empty() {
					parts = append(parts, p)
				}
			})
		}
	})
	if d.err != nil {
		return
	}
	if role == "model" {
		d.model(i, parts)
		return
	}
	d.user(parts)
}

// model adds a turn of the model's.
func (d *decoder) model(at int, parts []piece) {
	if n := len(d.messages); n == 0 || d.messages[n-1].Role != conv.Assistant {
		d.open = d.open[:0]
	}
	m := conv.Message{Role: conv.Assistant}
	calls := 0
	for i := range parts {
		p := &parts[i]
		switch {
		case p.call != nil:
			id := p.call.id
			if id == "" {
				id = "call_" + strconv.Itoa(at) + "_" + strconv.Itoa(calls)
			}
			calls++
			d.open = append(d.open, openCall{id: id, name: p.call.name, made: p.call.id == ""})
			sig := p.sig
			if thoughts, ours := unwrap(sig); ours {
				m.Parts, sig = think(m.Parts, thoughts, calls == 1), ""
			}
			if sig == skipSignature {
				sig = ""
			}
			m.Parts = append(m.Parts, &conv.ToolCall{ID: id, Name: p.call.name, Kind: conv.Function, Arguments: p.call.args, Signature: sig, Origin: signer(sig)})
		case p.result != nil: // no place for it: results are the user's to give
		default:
			m.Parts = append(m.Parts, said(p)...)
		}
	}
	if len(m.Parts) > 0 {
		d.messages = append(d.messages, m)
	}
}

// said is what a part of the model's says, but for calls. A signature on a text stands before it, as thinking without words.
func said(p *piece) (out []conv.Part) {
	switch {
	case p.thought && p.media == nil:
		return []conv.Part{&conv.Thinking{Text: p.text, Summary: p.text != "", Signature: p.sig, Origin: signer(p.sig)}}
	case p.sig != "":
		out = append(out, &conv.Thinking{Signature: p.sig, Origin: protocol.Gemini})
	}
	switch {
	case p.media != nil:
		out = append(out, p.media)
	case p.text != "":
		out = append(out, &conv.Text{Text: p.text})
	case p.trace != "":
		out = append(out, &conv.Text{Text: p.trace})
	}
	return out
}

// user adds a turn of the user's: results of tools and everything else are messages of their own, in the order in which they came.
func (d *decoder) user(parts []piece) {
	fresh := true
	add := func(role conv.Role, p conv.Part) {
		if n := len(d.messages); !fresh && d.messages[n-1].Role == role {
			d.messages[n-1].Parts = append(d.messages[n-1].Parts, p)
			return
		}
		d.messages = append(d.messages, conv.Message{Role: role, Parts: []conv.Part{p}})
		fresh = false
	}
	for i := range parts {
		switch p := &parts[i]; {
		case p.result != nil:
			add(conv.ToolRole, d.answer(p.result))
		case p.media != nil:
			add(conv.User, p.media)
		case p.text != "" || p.trace != "": // a signature is not the user's to give
			add(conv.User, &conv.Text{Text: p.text + p.trace})
		}
	}
}

// answer is a tool's result. Without an id it answers the first open call of its name.
func (d *decoder) answer(r *result) *conv.ToolResult {
	id := r.id
	match := func(fits func(openCall) bool) bool {
		for i := range d.open {
			if k := &d.open[i]; !k.done && fits(*k) {
				k.done, id = true, k.id
				if r.name == "" {
					r.name = k.name
				}
				return true
			}
		}
		return false
	}
	_ = r.id != "" && match(func(k openCall) bool { return k.id == r.id }) ||
		match(func(k openCall) bool { return k.name == r.name && (r.id == "" || k.made) })
	out := &conv.ToolResult{ID: id, Name: r.name, Kind: conv.Function}
	text, failed := outcome(r.response)
	out.Error = failed
	if text != "" {
		out.Parts = append(out.Parts, &conv.Text{Text: text})
	}
	for _, m := range r.media {
		out.Parts = append(out.Parts, m)
	}
	return out
}

// outcome is a FunctionResponse's response as text. "output" and "error" are the names that the API gives to what a function returned;
// "result" is what Google's own clients wrote before.
func outcome(response json.RawMessage) (text string, failed bool) {
	if len(response) == 0 {
		return "", false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(response, &members) != nil {
		return string(response), false
	}
	if len(members) == 0 {
		return "", false
	}
	for _, name := range []string{"output", "error", "result"} {
		raw, there := members[name]
		if !there || len(members) > 1 {
			continue
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		return s, name == "error"
	}
	return string(response), false
}
