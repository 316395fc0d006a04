package gemini

import (
	"encoding/json"
	"strings"

	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/schema"
)

// config reads a member of GenerationConfig.
func (d *decoder) config(key string) {
	r := d.r
	switch key {
	case "candidateCount":
		if n := d.whole(); n != nil {
			r.N = *n
		}
	case "stopSequences":
		r.Stop = d.texts()
	case "maxOutputTokens":
		r.MaxOutput = d.whole()
	case "temperature":
		r.Temperature = d.number()
	case "topP":
		r.TopP = d.number()
	case "topK":
		if f := d.number(); f != nil { // Gemini CLI and older clients write it as a float
			n := int64(*f)
			r.TopK = &n
		}
	case "seed":
		r.Seed = d.whole()
	case "presencePenalty":
		r.PresencePenalty = d.number()
	case "frequencyPenalty":
		r.FrequencyPenalty = d.number()
	case "responseLogprobs":
		r.LogProbs = d.truth()
	case "logprobs":
		r.TopLogProbs = d.whole()
	case "responseMimeType":
		switch typ := d.text(); typ {
		case "application/json":
			if r.Format.Kind == conv.FormatText {
				r.Format.Kind = conv.FormatJSON
			}
		case "", "text/plain", "text/x.enum": // an enum is told by its schema
		default:
			d.fail("responseMimeType %q is not known", typ)
		}
	case "responseSchema":
		if raw := d.raised(); raw != nil {
			r.Format.Kind, r.Format.Schema = conv.FormatSchema, raw
		}
	case "responseJsonSchema", "_responseJsonSchema", "responseJsonSchemaOrdered":
		if raw := d.raw(); raw != nil {
			r.Format.Kind, r.Format.Schema = conv.FormatSchema, raw
		}
	case "responseModalities":
		for _, m := range d.texts() {
			if m = strings.ToUpper(m); m != "TEXT" && m != "MODALITY_UNSPECIFIED" {
				d.fail("an answer in %s can be asked only of a model that is reached by this protocol", m)
			}
		}
	case "thinkingConfig":
		if d.c.Kind() == '{' {
			r.Reasoning.Show = new(bool)
		}
		d.object(d.thinking)
	default:
		d.lose()
	}
}

func (d *decoder) thinking(key string) {
	r := &d.r.Reasoning
	switch key {
	case "includeThoughts":
		*r.Show = d.truth()
	case "thinkingBudget":
		if r.Budget = d.whole(); r.Budget != nil && *r.Budget == 0 {
			r.Off = true
		}
	case "thinkingLevel":
		if level := strings.ToLower(d.text()); level != "thinking_level_unspecified" {
			r.Effort = level
		}
	default:
		d.lose()
	}
}

// raised reads a Schema as JSON Schema.
func (d *decoder) raised() json.RawMessage {
	raw := d.raw()
	if raw == nil || d.err != nil {
		return nil
	}
	if raw[0] != '{' {
		d.fail("%s must be an object", d.path)
		return nil
	}
	out, err := schema.Raise(raw)
	if err != nil {
		return nil // not JSON, which the reading of the body will tell
	}
	return out
}

// tool reads one member of a Tool: functions, or a tool that the vendor runs.
func (d *decoder) tool(key string) {
	if key == "functionDeclarations" {
		d.array(func(int) { d.function() })
		return
	}
	raw := d.raw()
	if raw == nil {
		return
	}
	t := conv.Tool{Kind: conv.Hosted, Name: key, Origin: protocol.Gemini}
	if key == "googleSearch" || key == "googleSearchRetrieval" {
		t.Kind = conv.WebSearch
	}
	name, _ := json.Marshal(key) // a string: cannot fail
	t.Raw = append(append(append(append(json.RawMessage{'{'}, name...), ':'), raw...), '}')
	d.r.Tools = append(d.r.Tools, t)
}

func (d *decoder) function() {
	t := conv.Tool{Kind: conv.Function}
	d.object(func(key string) {
		switch key {
		case "name":
			t.Name = d.text()
		case "description":
			t.Description = d.text()
		case "parameters":
			if raw := d.raised(); raw != nil {
				t.Schema = raw
			}
		case "parametersJsonSchema":
			if raw := d.raw(); raw != nil {
				t.Schema = raw
			}
		default:
			d.lose()
		}
	})
	if strings.TrimSpace(t.Name) == "" {
		d.fail("%s has no name", d.path)
	}
	d.r.Tools = append(d.r.Tools, t)
}

// calling reads a member of FunctionCallingConfig.
func (d *decoder) calling(key string) {
	c := &d.r.Choice
	switch key {
	case "mode":
		mode, ok := modes[strings.ToUpper(d.text())]
		if !ok {
			d.fail("%s must be AUTO, ANY, NONE or VALIDATED", d.path)
		}
		if c.Mode = mode; mode == conv.ChoiceAny && len(c.Names) > 0 {
			c.Mode = conv.ChoiceTool
		}
	case "allowedFunctionNames":
		if c.Names = d.texts(); len(c.Names) > 0 && c.Mode == conv.ChoiceAny {
			c.Mode = conv.ChoiceTool
		}
	}
}
