package openaichat

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/toolnames"
	"metapi/backend/protocol/internal/unsaid"
)

// encoder writes one request.
type encoder struct {
	r       *conversation.Request
	to      conversation.Target
	family  family
	openAIs bool // the model is one of OpenAI's own
	names   *toolnames.Names
	out     request
	lost    []conversation.Lost

	instructions string              // the role of instructions
	cleared      bool                // the first system text has been looked at
	carried      []conversation.Part // media that wait for the end of the results
}

func (e *encoder) quirk(name string) bool { return e.to.Quirks[name] }

// lose notes something that was left out, once.
func (e *encoder) lose(param, why string) {
	e.lost = conversation.Lose(e.lost, param, why)
}

// take takes in what one of the shared tables has decided.
func (e *encoder) take(lost []conversation.Lost, fault *protocol.Error) error {
	for _, l := range lost {
		e.lose(l.Param, l.Why)
	}
	if fault != nil {
		return fault
	}
	return nil
}

// EncodeRequest writes a CreateChatCompletionRequest.
func (Codec) EncodeRequest(r *conversation.Request, to conversation.Target) ([]byte, []conversation.Lost, error) {
	e := &encoder{r: r, to: to, names: names(r)}
	e.to.Model = first(to.Model, r.Model)
	e.family, e.openAIs = familyOf(e.to.Model)
	e.out.Model = e.to.Model
	e.out.Stream = r.Stream
	if r.Stream {
		e.out.StreamOptions = &streamOption{IncludeUsage: true} // the ledger needs it, whoever asked
	}
	for _, step := range []func() error{e.encodeTools, e.encodeMessages, e.encodeFormat} {
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	e.encodeReasoning()
	if err := e.encodeParams(); err != nil {
		return nil, nil, err
	}
	for _, w := range withouts {
		if name := w.name; e.quirk(quirkWithout+name) && w.take(&e.out) {
			if w.Fate == unsaid.Refuse {
				return nil, nil, bad(name, w.Why)
			}
			e.lose(name, w.Why)
		}
	}
	if len(e.out.Messages) == 0 {
		return nil, nil, bad("messages", "there is nothing to answer: every message is empty")
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&e.out); err != nil { // a number that JSON has not, or a schema that is none
		return nil, nil, bad("", "the request cannot be written: "+err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), e.lost, nil
}

// mostStops is how many stop sequences there may be: StopConfiguration.
const mostStops = 4

// stopsTold are the stop sequences that the vendor takes, none by a model that reasons. At the others the answer is ended here.
func stopsTold(r *conversation.Request, f family) []string {
	if f.reasons {
		return nil
	}
	return r.Stop[:min(len(r.Stop), mostStops)]
}

func (e *encoder) encodeParams() error {
	r, out := e.r, &e.out
	if n := r.MaxOutput; n != nil && *n > 0 {
		if e.quirk(quirkMaxCompletionTokens) || e.family.reasons && !e.quirk(quirkMaxTokens) {
			out.MaxCompletion = n
		} else {
			out.MaxTokens = n
		}
	}
	if r.N > mostChoices {
		return bad("n", fmt.Sprintf("openai-chat gives at most %d choices", mostChoices))
	}
	out.Stop, out.Seed = stopsTold(r, e.family), r.Seed
	if r.N > 1 {
		out.N = r.N
	}
	cannot := []string{"include", "top_logprobs"}
	if out.TopK = r.TopK; !e.quirk(quirkTopK) {
		out.TopK = nil
		cannot = append(cannot, "top_k")
	}
	if out.Verbosity = r.Verbosity; !e.family.gpt5 && !e.quirk(quirkVerbosity) {
		out.Verbosity = ""
		cannot = append(cannot, "verbosity")
	}
	if e.family.reasons && !(e.family.sampling && out.Effort == "none") { // case 42
		cannot = append(cannot, "temperature", "top_p", "frequency_penalty", "presence_penalty", "logprobs", "logit_bias")
	} else {
		e.encodeSampling()
	}
	if err := e.take(unsaid.Judge(r, cannot...)); err != nil {
		return err
	}
	out.User = bounded(r.User)
	e.encodeKeeping()
	return nil
}

// encodeSampling writes what models that reason refuse.
func (e *encoder) encodeSampling() {
	r, out := e.r, &e.out
	out.Temperature, out.TopP = within(r.Temperature, 0, 2), within(r.TopP, 0, 1)
	out.Frequency, out.Presence = within(r.FrequencyPenalty, -2, 2), within(r.PresencePenalty, -2, 2)
	out.LogitBias = r.LogitBias
	if out.LogProbs = r.LogProbs; out.LogProbs && r.TopLogProbs != nil {
		n := min(max(*r.TopLogProbs, 0), 20)
		out.TopLogProbs = &n
	}
}

// within is f brought between the definition's bounds: another vendor's scale may reach further.
func within(f *float64, low, high float64) *float64 {
	if f == nil || *f >= low && *f <= high {
		return f
	}
	g := min(max(*f, low), high)
	return &g
}

// encodeKeeping writes what the vendor is to remember.
func (e *encoder) encodeKeeping() {
	r, out := e.r, &e.out
	if r.CacheKey != "" {
		if e.openAIs || e.quirk(quirkCacheKey) {
			out.CacheKey = bounded(r.CacheKey)
		} else {
			e.lose("prompt_cache_key", "the vendor caches by itself")
		}
	}
	if r.ServiceTier != "" {
		if out.ServiceTier = tiers[r.ServiceTier]; out.ServiceTier == "" {
			e.lose("service_tier", "openai-chat knows no such tier")
		}
	}
	if r.Store != nil {
		if e.openAIs {
			out.Store = r.Store
		} else if *r.Store {
			e.lose("store", "the vendor keeps nothing")
		}
	}
	if len(r.Metadata) > 0 {
		if is(out.Store) && fitting(r.Metadata) {
			out.Metadata = r.Metadata
		} else {
			e.lose("metadata", "it is kept with stored replies only")
		}
	}
}

// fitting: Metadata is of 16 pairs, with keys of 64 and values of 512 characters.
func fitting(m map[string]string) bool {
	for k, v := range m {
		if len(k) > 64 || len(v) > 512 {
			return false
		}
	}
	return len(m) <= 16
}

// bounded is s, or where it is longer than the 64 characters that user and prompt_cache_key may have, a hash of it: equal stays equal.
func bounded(s string) string {
	if len(s) <= 64 {
		return s
	}
	hash := sha256.Sum256([]byte(s))
	return hex.EncodeToString(hash[:])
}

// encodeFormat writes response_format (case 48).
func (e *encoder) encodeFormat() error {
	f := e.r.Format
	switch f.Kind {
	case conversation.FormatText:
		return nil
	case conversation.FormatJSON:
		e.out.ResponseFormat = &responseFormat{Type: "json_object"}
		if !e.speaksOfJSON() { // else OpenAI refuses the request
			e.instruct(askForJSON)
		}
		return nil
	}
	if e.quirk(quirkJSONObjectOnly) {
		e.out.ResponseFormat = &responseFormat{Type: "json_object"}
		e.instruct("Answer with one JSON object that fits this JSON Schema, and nothing else:\n" + string(f.Schema))
		return nil
	}
	if len(f.Schema) > 0 && f.Schema[0] != '{' { // true, which allows anything
		f.Schema = nil
	}
	s := &jsonSchema{Name: sanitise(first(f.Name, "answer"), longest), Description: f.Description, Schema: f.Schema, Strict: f.Strict}
	if is(s.Strict) && (e.quirk(quirkNoStrict) || !strictly(s.Schema)) {
		s.Strict = nil
		e.lose("strict", "the schema leaves something open, so it is not enforced")
	}
	e.out.ResponseFormat = &responseFormat{Type: "json_schema", Schema: s}
	return nil
}

func (e *encoder) speaksOfJSON() bool {
	for _, m := range e.out.Messages {
		for _, p := range partsOf(m.Content) {
			if p.Text != nil && strings.Contains(strings.ToLower(*p.Text), "json") {
				return true
			}
		}
	}
	return false
}

// instruct adds instructions behind those at the beginning.
func (e *encoder) instruct(text string) {
	i := 0
	for i < len(e.out.Messages) && e.out.Messages[i].Role == e.instructions {
		i++
	}
	m := append([]wireMessage{}, e.out.Messages[:i]...)
	m = append(m, wireMessage{Role: e.instructions, Content: text})
	e.out.Messages = append(m, e.out.Messages[i:]...)
}
