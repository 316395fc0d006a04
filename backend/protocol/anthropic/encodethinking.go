package anthropic

import (
	"metapi/backend/protocol/conversation"
)

// thinking decides on thinking, the effort, and max_tokens, of which the budget is a part (docs, "Extended thinking").
func (e *encoding) thinking() {
	limit := e.family.output
	if e.r.MaxOutput != nil {
		if limit = *e.r.MaxOutput; limit < 1 {
			e.refuse("max_tokens", "at least one token must be allowed")
		}
	}
	e.out.MaxTokens = limit
	q := e.r.Reasoning
	if q.Off || q.Effort == "none" || q.Budget != nil && *q.Budget == 0 {
		if e.family.thinks != notAtAll {
			e.out.Thinking = &wireThinking{Type: "disabled"}
		}
		return
	}
	shown := q.Show != nil && *q.Show || q.Summary != ""
	if q.Effort == "" && q.Budget == nil && !q.Adaptive && !shown {
		return
	}
	if why := e.cannotThink(); why != "" {
		e.lose("reasoning_effort", why)
		return
	}
	if e.family.thinks == byBudget {
		e.out.Thinking = &wireThinking{Type: "enabled", BudgetTokens: e.budget(limit)}
		return
	}
	e.out.Thinking = &wireThinking{Type: "adaptive"}
	switch {
	case q.Show != nil && !*q.Show:
		e.out.Thinking.Display = "omitted"
	case shown:
		e.out.Thinking.Display = "summarized"
	}
	effort := efforts[q.Effort]
	if effort == "" && q.Budget != nil {
		effort = effortOf(*q.Budget)
	}
	if effort == "xhigh" && !e.family.xhigh {
		effort = "high"
	}
	if effort != "" {
		if e.out.OutputConfig == nil {
			e.out.OutputConfig = &wireOutput{}
		}
		e.out.OutputConfig.Effort = effort
	}
}

// cannotThink is why this request goes without thinking that was asked for; "" where it does not.
func (e *encoding) cannotThink() string {
	if e.family.thinks == notAtAll {
		return "this model does not reason"
	}
	if c := e.out.ToolChoice; c != nil && (c.Type == "any" || c.Type == "tool") {
		return "not while a tool is forced"
	}
	turns := e.out.Messages
	if len(turns) == 0 {
		return ""
	}
	final := turns[len(turns)-1]
	if final.Role == string(conversation.Assistant) {
		return "not while the answer has been begun"
	}
	// With a budget, a turn that called tools must still begin with its signed thinking; a client of another protocol has none.
	if e.family.thinks == byBudget && len(turns) > 1 && final.Content[0].Type == "tool_result" {
		if first := turns[len(turns)-2].Content[0].Type; first != "thinking" && first != "redacted_thinking" {
			return "the turn that called the tools has no thinking of this model's"
		}
	}
	return ""
}

// budget is the tokens to think with, and makes room for them within the limit. A client's own figure stands, and raises the limit;
// one that was made of an effort shrinks first.
func (e *encoding) budget(limit int64) int64 {
	q := e.r.Reasoning
	if q.Budget != nil && *q.Budget > 0 {
		budget := max(*q.Budget, leastBudget)
		if budget >= limit {
			e.out.MaxTokens = budget + limit
		}
		return budget
	}
	budget := budgets[q.Effort]
	if budget == 0 {
		budget = budgets["medium"]
	}
	if budget > limit/2 {
		if e.r.MaxOutput == nil && e.to.UsualOutput == 0 {
			e.out.MaxTokens = budget + limit
			return budget
		}
		if budget = limit / 2; budget < leastBudget {
			budget, e.out.MaxTokens = leastBudget, leastBudget+limit
		}
	}
	return budget
}

// sampling writes temperature, top_p and top_k as far as they go together with each other, with the model and with thinking.
func (e *encoding) sampling() {
	t, p, k := e.r.Temperature, e.r.TopP, e.r.TopK
	thinking := e.out.Thinking != nil && e.out.Thinking.Type != "disabled"
	switch {
	case !e.family.sampling:
		e.loseSampling("this model is not sampled by the client's figures", t, p, k)
		return
	case thinking:
		if p != nil && (*p < 0.95 || *p > 1) {
			e.loseSampling("not while thinking", nil, p, nil)
			p = nil
		}
		if t != nil && *t != 1 {
			e.loseSampling("not while thinking", t, nil, nil)
		}
		e.loseSampling("not while thinking", nil, nil, k)
		e.out.TopP = p
		return
	}
	if t != nil {
		v := min(max(*t, 0), 1)
		if v != *t {
			e.lose("temperature", "1 is the highest here")
		}
		e.out.Temperature = &v
	}
	if p != nil {
		if t != nil && *p != 1 {
			e.loseSampling("not together with temperature", nil, p, nil)
		} else if t == nil {
			v := min(max(*p, 0), 1)
			e.out.TopP = &v
		}
	}
	if k != nil && *k >= 0 {
		e.out.TopK = k
	}
}

func (e *encoding) loseSampling(why string, temperature, topP *float64, topK *int64) {
	if temperature != nil {
		e.lose("temperature", why)
	}
	if topP != nil {
		e.lose("top_p", why)
	}
	if topK != nil {
		e.lose("top_k", why)
	}
}
