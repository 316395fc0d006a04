package openairesponses

import (
	"fmt"
	"maps"
	"slices"

	"metapi/backend/protocol"
	"metapi/backend/protocol/conversation"
	"metapi/backend/protocol/internal/toolnames"
	"metapi/backend/protocol/internal/unsaid"
	"metapi/backend/protocol/quote"
)

// EncodeRequest writes a request (CreateResponse). A request whose client did not say so is not stored: a reply that is
// read in another protocol cannot be come back to.
func (Codec) EncodeRequest(r *conversation.Request, to conversation.Target) ([]byte, []conversation.Lost, error) {
	lost, fault := unsaid.Judge(r, unsayable...)
	if fault != nil {
		return nil, nil, fault
	}
	w := requestWriter{r: r, to: &to, names: names(r), lost: lost}
	w.dst = make([]byte, 0, size(r))
	w.dst = memberString(append(w.dst, '{'), "model", to.Model)
	if to.Model == "" {
		w.dst = memberString(append(w.dst[:0], '{'), "model", r.Model)
	}
	w.messages()
	w.toolset()
	w.limits()
	w.reasoning()
	w.form()
	w.rest()
	if w.fault != nil {
		return nil, nil, w.fault
	}
	return append(w.dst, '}'), w.lost, nil
}

// size is about how long r is, so that the buffer need not grow.
func size(r *conversation.Request) int {
	n := 4096
	var count func([]conversation.Part)
	count = func(parts []conversation.Part) {
		for _, p := range parts {
			n += 128
			switch p := p.(type) {
			case *conversation.Text:
				n += len(p.Text) + len(p.Text)/16
			case *conversation.Media:
				n += len(p.Data) + len(p.URL)
			case *conversation.ToolCall:
				n += len(p.Arguments) + len(p.Arguments)/8
			case *conversation.ToolResult:
				count(p.Parts)
			case *conversation.Thinking:
				n += len(p.Sealed) + len(p.Text)
			}
		}
	}
	for i := range r.Messages {
		count(r.Messages[i].Parts)
	}
	for i := range r.Tools {
		n += len(r.Tools[i].Schema) + len(r.Tools[i].Description) + 128
	}
	return n
}

type requestWriter struct {
	r     *conversation.Request
	to    *conversation.Target
	names *toolnames.Names
	dst   []byte
	lost  []conversation.Lost
	fault *protocol.Error
}

func (w *requestWriter) lose(param, why string) {
	w.lost = conversation.Lose(w.lost, param, why)
}

func (w *requestWriter) refuse(param, why string) {
	if w.fault == nil {
		w.fault = unsaid.Refusal(param, why)
	}
}

// take takes in what one of the shared tables has decided.
func (w *requestWriter) take(lost []conversation.Lost, fault *protocol.Error) {
	for _, l := range lost {
		w.lose(l.Param, l.Why)
	}
	if w.fault == nil {
		w.fault = fault
	}
}

// word appends a parameter whose values are enumerated, or loses it.
func (w *requestWriter) word(name, value string, known words) {
	if value == "" {
		return
	}
	if is, ok := known[value]; ok {
		w.dst = memberString(w.dst, name, is)
		return
	}
	w.lose(name, "the vendor knows no such value")
}

func (w *requestWriter) limits() {
	r := w.r
	if n := r.MaxOutput; n != nil {
		if *n < leastOutput {
			w.lose("max_tokens", fmt.Sprintf("raised to %d, the least that the vendor takes", leastOutput))
		}
		w.dst = memberInt(w.dst, "max_output_tokens", max(*n, leastOutput))
	}
	// Models that reason take the default alone.
	thinking, _ := reasons(w.to)
	sampling := func(name string, f *float64, most float64) {
		switch {
		case f == nil:
		case thinking && *f != 1:
			w.lose(name, "models that reason do not take it")
		default:
			w.dst = memberFloat(w.dst, name, min(max(*f, 0), most))
		}
	}
	sampling("temperature", r.Temperature, 2)
	sampling("top_p", r.TopP, 1)
}

// reasoning appends how much the model is to think: in words, or by the words that a budget stands for.
func (w *requestWriter) reasoning() {
	q := &w.r.Reasoning
	thinking, known := reasons(w.to)
	asked := q.Effort != "" || q.Budget != nil || q.Off || q.Adaptive || q.Summary != "" || said(q.Show)
	if !asked {
		return
	}
	if known && !thinking {
		if !q.Off {
			w.lose("reasoning_effort", "the model does not reason")
		}
		return
	}
	effort := q.Effort
	if effort == "" && q.Budget != nil && *q.Budget >= 0 {
		for _, b := range budgets {
			if *q.Budget <= b.upTo {
				effort = b.effort
				break
			}
		}
	}
	if effort == "" && q.Adaptive && knowsNone.MatchString(w.to.Model) { // such do not think unless they are told to
		effort = "medium"
	}
	if off := q.Off || effort == "none"; off {
		effort = least(w.to)
		if q.Effort == "none" && effort == "" {
			effort = "none" // said in OpenAI's own word, of a model that nothing is known of
		}
	}
	summary := q.Summary
	if summary == "" && !q.Off && (said(q.Show) || q.Show == nil && (q.Adaptive || q.Budget != nil && *q.Budget != 0)) {
		summary = "auto" // vendors that think by budget show it
	}
	if w.to.Quirks[quirkNoSummary] {
		summary = ""
	}
	if effort == "" && summary == "" {
		return
	}
	w.dst = append(member(w.dst, "reasoning"), '{')
	w.word("effort", effort, efforts)
	w.word("summary", summary, summaries)
	w.dst = append(w.dst, '}')
}

func (w *requestWriter) form() {
	f, verbosity := &w.r.Format, w.r.Verbosity
	if _, ok := verbosities[verbosity]; !ok && verbosity != "" {
		w.lose("verbosity", "the vendor knows no such value")
		verbosity = ""
	}
	if f.Kind == conversation.FormatText && verbosity == "" {
		return
	}
	w.dst = append(member(w.dst, "text"), '{')
	if f.Kind != conversation.FormatText {
		w.dst = appendFormat(member(w.dst, "format"), f)
	}
	if verbosity != "" {
		w.dst = memberString(w.dst, "verbosity", verbosity)
	}
	w.dst = append(w.dst, '}')
}

// appendFormat appends a TextResponseFormatConfiguration.
func appendFormat(dst []byte, f *conversation.Format) []byte {
	switch f.Kind {
	case conversation.FormatJSON:
		return append(dst, `{"type":"json_object"}`...)
	case conversation.FormatSchema:
		name := "answer"
		if f.Name != "" {
			name = legal(f.Name, longestName)
		}
		dst = memberString(append(dst, `{"type":"json_schema"`...), "name", name)
		if f.Description != "" {
			dst = memberString(dst, "description", f.Description)
		}
		schema := f.Schema
		if schema == nil {
			schema = []byte("{}")
		}
		dst = appendRaw(member(dst, "schema"), schema)
		if f.Strict != nil {
			dst = memberBool(dst, "strict", *f.Strict)
		}
		return append(dst, '}')
	}
	return append(dst, `{"type":"text"}`...)
}

func (w *requestWriter) rest() {
	r := w.r
	w.dst = memberBool(w.dst, "store", said(r.Store))
	if r.Stream {
		w.dst = memberBool(w.dst, "stream", true)
	}
	w.include()
	if r.User != "" {
		w.dst = memberString(w.dst, "safety_identifier", identifier(r.User))
	}
	w.metadata()
	w.word("service_tier", r.ServiceTier, tiers)
	if r.CacheKey != "" {
		w.dst = memberString(w.dst, "prompt_cache_key", r.CacheKey)
	}
}

// identifier is the name of an end user, or its digest where it is too long.
func identifier(user string) string {
	if len(user) <= longestIdentifier {
		return user
	}
	return legal(user, longestIdentifier)
}

// include appends what else the reply shall have. Likelihoods are asked for here, and how many of them by a parameter of its own.
func (w *requestWriter) include() {
	var known []string
	for _, s := range w.r.Include {
		if !includes[s] {
			w.lose("include", "the vendor knows no such value")
			continue
		}
		known = append(known, s)
	}
	if w.r.LogProbs {
		known = append(known, logProbs)
		if n := w.r.TopLogProbs; n != nil {
			w.dst = memberInt(w.dst, "top_logprobs", min(max(*n, 0), mostTopLogProbs))
		}
	}
	if len(known) == 0 {
		return
	}
	w.dst = append(member(w.dst, "include"), '[')
	for _, s := range known {
		w.dst = quote.Append(comma(w.dst), s)
	}
	w.dst = append(w.dst, ']')
}

// metadata appends what fits the service's limits.
func (w *requestWriter) metadata() {
	if len(w.r.Metadata) == 0 {
		return
	}
	w.dst = append(member(w.dst, "metadata"), '{')
	n := 0
	for _, k := range slices.Sorted(maps.Keys(w.r.Metadata)) {
		value := w.r.Metadata[k]
		if n == mostMetadata || len(k) > longestMetaKey || len(value) > longestMetaValue {
			w.lose("metadata", "too many entries, or one that is too long")
			continue
		}
		if n++; n > 1 {
			w.dst = append(w.dst, ',')
		}
		w.dst = append(quote.Append(w.dst, k), ':')
		w.dst = quote.Append(w.dst, value)
	}
	w.dst = append(w.dst, '}')
}
