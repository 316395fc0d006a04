package gemini

import (
	"encoding/json"
	"math"

	conv "metapi/backend/protocol/conversation"
)

// wireProbs is LogprobsResult: the tokens of an answer, and beside each the likeliest in its place.
type wireProbs struct {
	TopCandidates    []wireTop   `json:"topCandidates,omitempty"`
	ChosenCandidates []wireToken `json:"chosenCandidates"`
}

type wireTop struct {
	Candidates []wireToken `json:"candidates"`
}

type wireToken struct {
	Token          string  `json:"token"`
	LogProbability float64 `json:"logProbability"`
}

// likely reads a LogprobsResult. What cannot be read is left out: it is beside the answer.
func likely(raw json.RawMessage) (list []conv.LogProb) {
	var p wireProbs
	if len(raw) == 0 || json.Unmarshal(raw, &p) != nil {
		return nil
	}
	for i, t := range p.ChosenCandidates {
		l := conv.LogProb{Token: t.Token, Value: t.LogProbability}
		if i < len(p.TopCandidates) {
			for _, c := range p.TopCandidates[i].Candidates {
				l.Top = append(l.Top, conv.LogProb{Token: c.Token, Value: c.LogProbability})
			}
		}
		list = append(list, l)
	}
	return list
}

// probsOf is the way back; nil where there are none.
func probsOf(list []conv.LogProb) *wireProbs {
	if len(list) == 0 {
		return nil
	}
	p := &wireProbs{}
	top := false
	for i := range list {
		l := &list[i]
		p.ChosenCandidates = append(p.ChosenCandidates, wireToken{l.Token, l.Value})
		t := wireTop{Candidates: []wireToken{}}
		for _, c := range l.Top {
			t.Candidates = append(t.Candidates, wireToken{c.Token, c.Value})
			top = true
		}
		p.TopCandidates = append(p.TopCandidates, t)
	}
	if !top {
		p.TopCandidates = nil
	}
	return p
}

// mean is avgLogprobs as it comes together: the mean over all tokens of an answer.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(list []conv.LogProb) {
	for i := range list {
		m.sum += list[i].Value
		m.n++
	}
}

// wire is nil where no token was told, and where JSON has no number for the mean.
func (m *mean) wire() *float64 {
	f := m.sum / float64(m.n)
	if m.n == 0 || math.IsInf(f, 0) {
		return nil
	}
	return &f
}
