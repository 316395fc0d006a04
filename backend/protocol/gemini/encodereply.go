package gemini

import (
	"metapi/backend/protocol"
	conv "metapi/backend/protocol/conversation"
)

// EncodeReply writes a GenerateContentResponse.
func (Codec) EncodeReply(reply *conv.Reply, r *conv.Request) ([]byte, error) {
	out := wireReply{ModelVersion: reply.Model, ResponseID: reply.ID}
	if out.ResponseID == "" {
		out.ResponseID = newReplyID()
	}
	for i := range reply.Choices {
		k := &reply.Choices[i]
		candidate := wireCandidate{Index: i, FinishReason: wordOf(k.Finish)}
		parts, cited := saying(k.Parts, shown(r))
		if len(parts) > 0 {
			candidate.Content = &wireContent{Role: "model", Parts: parts}
		}
		candidate.GroundingMetadata = cited.wire()
		var tokens []conv.LogProb
		for _, p := range k.Parts {
			if t, is := p.(*conv.Text); is {
				tokens = append(tokens, t.LogProbs...)
			}
		}
		var avg mean
		avg.add(tokens)
		candidate.LogprobsResult, candidate.AvgLogprobs = probsOf(tokens), avg.wire()
		out.Candidates = append(out.Candidates, candidate)
	}
	if len(out.Candidates) == 0 {
		return nil, broken("the provider's answer is empty")
	}
	if reply.HasUsage {
		out.UsageMetadata = usageOf(reply.Usage)
	}
	return marshal(out), nil
}

// shown reports whether a client is to see thoughts: this API gives them only where they are asked for.
func shown(r *conv.Request) bool { return r != nil && r.Reasoning.Show != nil && *r.Reasoning.Show }

// saying is what an answer says as Parts. Signatures of Google's go where they came from: with the part that follows them.
func saying(parts []conv.Part, thoughts bool) (out []wirePart, cited grounding) {
	sig := ""
	var alien []conv.Thinking
	flush := func() {
		if sig != "" {
			w := textPart("")
			w.ThoughtSignature, sig = sig, ""
			out = append(out, w)
		}
	}
	put := func(w wirePart) {
		if w.ThoughtSignature == "" {
			w.ThoughtSignature, sig = sig, ""
		}
		out = append(out, w)
	}
	for _, p := range parts {
		switch p := p.(type) {
		case *conv.Text:
			if p.Text != "" {
				put(textPart(p.Text))
			}
			for i := range p.Citations {
				cited.add(&p.Citations[i], p.Text, max(len(out)-1, 0))
			}
		case *conv.Refusal:
			if p.Text != "" {
				put(textPart(p.Text))
			}
		case *conv.Thinking:
			own := ""
			if p.Origin == protocol.Gemini && isBase64(p.Signature) {
				own = p.Signature
			}
			if carries(p) {
				alien = append(alien, *p)
			}
			if !thoughts || p.Text == "" {
				if own != "" {
					flush()
					sig = own
				}
				continue
			}
			w := textPart(p.Text)
			w.Thought, w.ThoughtSignature = true, own
			out = append(out, w)
		case *conv.Media:
			if w, err := mediaPart(p); err == nil {
				put(w)
			}
		case *conv.ToolCall:
			if p.Kind == conv.Hosted || p.Kind == conv.WebSearch {
				continue // run by the vendor, and done
			}
			w := wirePart{FunctionCall: &wireCall{ID: p.ID, Name: p.Name, Args: arguments(p)}}
			if p.Origin == protocol.Gemini && p.Signature != "" && isBase64(p.Signature) {
				flush()
				w.ThoughtSignature = p.Signature
			}
			if sig == "" && w.ThoughtSignature == "" {
				w.ThoughtSignature, alien = wrap(alien), nil
			}
			put(w)
		}
	}
	flush()
	return out, cited
}

// wordOf is the finishReason of an end: the vendor's own word where it was one of Google's.
func wordOf(f conv.Finish) string {
	if reason, ok := reasons[f.Raw]; ok && (reason == f.Reason || reason == conv.Stopped && f.Reason == conv.CallsTools) && f.Raw != "JAILBREAK" {
		return f.Raw
	}
	if w, ok := words[f.Reason]; ok {
		return w
	}
	return "STOP"
}

// usageOf is UsageMetadata. What was written to a cache is a part of the prompt like any other here.
func usageOf(u protocol.Usage) *wireUsage {
	thoughts := min(u.Reasoning, u.Output)
	return &wireUsage{PromptTokenCount: u.Prompt(), CachedContentTokenCount: u.CacheRead, CandidatesTokenCount: u.Output - thoughts,
		ThoughtsTokenCount: thoughts, TotalTokenCount: u.Prompt() + u.Output}
}
