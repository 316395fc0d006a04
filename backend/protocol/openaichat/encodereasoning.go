package openaichat

import "metapi/backend/protocol/conversation"

// encodeReasoning says how much to think, in the way that the vendor has for it (case 41).
func (e *encoder) encodeReasoning() {
	why := e.r.Reasoning
	if e.quirk(quirkThinksStreaming) && !e.r.Stream {
		if why != (conversation.Reasoning{}) && !why.Off {
			e.lose("reasoning", "the model thinks in streams only")
		}
		no := false
		e.out.EnableThinking = &no
		return
	}
	off := why.Off || why.Effort == "none" || why.Budget != nil && *why.Budget == 0
	if !off && !why.Adaptive && why.Effort == "" && why.Budget == nil {
		return
	}
	level := levelOf(why.Effort)
	if level < 0 && why.Budget != nil && *why.Budget > 0 {
		for level = 1; level < len(levels)-1 && levels[level].budget < *why.Budget; level++ {
		}
	}
	if level < 0 && why.Adaptive && e.family.sampling { // models that do not think unless they are told to
		level = levelOf("medium")
	}
	if off {
		level = 0
	}
	switch {
	case e.quirk(quirkReasoningObject):
		o := map[string]any{}
		switch {
		case off:
			o["enabled"] = false
		case why.Effort == "" && why.Budget != nil && *why.Budget > 0:
			o["max_tokens"] = *why.Budget
		case level > 0:
			o["effort"] = nearest([]string{"minimal", "low", "medium", "high", "xhigh"}, level)
		default:
			o["enabled"] = true
		}
		e.out.Reasoning = o
	case e.quirk(quirkThinkingType):
		state := "enabled"
		if off {
			state = "disabled"
		}
		e.out.Thinking = map[string]any{"type": state}
	case e.quirk(quirkEnableThinking):
		on := !off
		e.out.EnableThinking = &on
		if on && why.Budget != nil && *why.Budget > 0 {
			e.out.ThinkingBudget = why.Budget
		} else if on && level > 0 {
			e.out.ThinkingBudget = &levels[level].budget
		}
	case e.family.reasons || e.to.Described && e.to.Reasons:
		if level >= 0 && !(off && !e.openAIs) {
			e.out.Effort = nearest(e.family.efforts, level)
		}
	default:
		if !off {
			e.lose("reasoning_effort", "the model is not known to reason")
		}
	}
}

// nearest is the lowest of the efforts that reaches a level, or the highest there is.
func nearest(efforts []string, level int) string {
	for _, effort := range efforts {
		if levelOf(effort) >= level {
			return effort
		}
	}
	return efforts[len(efforts)-1]
}
