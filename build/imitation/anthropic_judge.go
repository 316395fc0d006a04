package imitation

import (
	"slices"
	"strings"
)

// judgeMessages refuses what the schema of /v1/messages cannot see.
func (v *Vendor) judgeMessages(body map[string]any) (vendorError, bool) {
	messages := list(body, "messages")
	if len(messages) == 0 {
		return invalid("messages: at least one message is required"), true
	}
	if has(body, "thread") { // an organization that may not have its conversations kept
		e := invalid("thread: not supported for this organization.")
		e.details = []any{obj{"error_code": "thread_unsupported_request", "unsupported": []any{"hipaa"}}}
		return e, true
	}
	rules := []func(map[string]any, []any) (vendorError, bool){judgeThinking, judgeTools, judgeTurns, v.judgeBlocks, judgeCache}
	for _, rule := range rules {
		if e, refused := rule(body, messages); refused {
			return e, true
		}
	}
	return vendorError{}, false
}

// judgeThinking: docs, "extended thinking": the budget, and what does not go with it.
func judgeThinking(body map[string]any, messages []any) (vendorError, bool) {
	mode := str(body, "thinking", "type")
	if mode != "enabled" && mode != "adaptive" {
		return vendorError{}, false
	}
	if mode == "enabled" {
		budget, _ := number(body, "thinking", "budget_tokens")
		limit, _ := number(body, "max_tokens")
		if budget < 1024 {
			return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"), true
		}
		if limit <= budget {
			return invalid("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at " +
				"https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size"), true
		}
	}
	if t, given := number(body, "temperature"); given && t != 1 {
		return invalid("`temperature` may only be set to 1 when thinking is enabled or in adaptive mode."), true
	}
	if has(body, "top_k") {
		return invalid("`top_k` must be unset when thinking is enabled."), true
	}
	if choice := str(body, "tool_choice", "type"); choice == "any" || choice == "tool" {
		return invalid("Thinking may not be enabled when tool_choice forces tool use."), true
	}
	// With a budget, a turn that called tools must still have its thinking.
	final := messages[len(messages)-1]
	if mode == "enabled" && len(messages) > 1 && firstType(final) == "tool_result" {
		if t := firstType(messages[len(messages)-2]); t != "thinking" && t != "redacted_thinking" {
			return invalid("messages.%d.content.0.type: Expected `thinking` or `redacted_thinking`, but found `%s`. When `thinking` "+
				"is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` "+
				"and `tool_result` blocks).", len(messages)-2, t), true
		}
	}
	return vendorError{}, false
}

func firstType(message any) string {
	if l := list(message, "content"); len(l) > 0 {
		return str(l[0], "type")
	}
	return "text"
}

func judgeTools(body map[string]any, _ []any) (vendorError, bool) {
	seen := map[string]bool{}
	for i, t := range list(body, "tools") {
		name, typ := str(t, "name"), str(t, "type")
		if typ == "" || typ == "custom" {
			if len(name) > 128 || name == "" || strings.Trim(name, nameRunes) != "" {
				return invalid("tools.%d.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", i), true
			}
			for _, union := range []string{"oneOf", "anyOf", "allOf"} {
				if at(t, []string{"input_schema", union}) != nil {
					return invalid("tools.%d.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
						i), true
				}
			}
		}
		if name != "" && seen[name] {
			return invalid("tools: Tool names must be unique."), true
		}
		seen[name] = true
	}
	if has(body, "tool_choice") && len(list(body, "tools")) == 0 && str(body, "tool_choice", "type") != "none" {
		return invalid("tool_choice: tools must be provided when tool_choice is set"), true
	}
	if name := str(body, "tool_choice", "name"); name != "" && !seen[name] {
		return invalid("Tool '%s' not found in provided tools", name), true
	}
	return vendorError{}, false
}

// judgeTurns wants a user first, and each tool_use answered in the very next message.
func judgeTurns(_ map[string]any, messages []any) (vendorError, bool) {
	if role := str(messages[0], "role"); role == "assistant" {
		return invalid("messages: first message must use the \"user\" role"), true
	}
	var open []string // the ids that this message must answer
	for i, m := range messages {
		if str(m, "role") == "system" {
			continue
		}
		var used, answered []string
		other := false
		for k, b := range list(m, "content") {
			switch str(b, "type") {
			case "tool_use":
				used = append(used, str(b, "id"))
			case "tool_result":
				id := str(b, "tool_use_id")
				if !slices.Contains(open, id) {
					return invalid("messages.%d.content.%d: unexpected `tool_use_id` found in `tool_result` blocks: %s. Each "+
						"`tool_result` block must have a corresponding `tool_use` block in the previous message.", i, k, id), true
				}
				if slices.Contains(answered, id) {
					return invalid("messages.%d.content.%d: each tool_use must have a single result. Found multiple `tool_result` "+
						"blocks with id: %s", i, k, id), true
				}
				if other {
					return unanswered(i-1, open)
				}
				answered = append(answered, id)
			default:
				other = true
			}
		}
		var missing []string
		for _, id := range open {
			if !slices.Contains(answered, id) {
				missing = append(missing, id)
			}
		}
		if len(missing) > 0 {
			return unanswered(i-1, missing)
		}
		open = used
	}
	if len(open) > 0 {
		return unanswered(len(messages)-1, open)
	}
	return vendorError{}, false
}

func unanswered(i int, ids []string) (vendorError, bool) {
	return invalid("messages.%d: `tool_use` ids were found without `tool_result` blocks immediately after: %s. Each `tool_use` "+
		"block must have a corresponding `tool_result` block in the next message.", i, strings.Join(ids, ", ")), true
}

// judgeBlocks looks into each block: empty texts, ids, signatures, and how the last turn ends.
func (v *Vendor) judgeBlocks(_ map[string]any, messages []any) (vendorError, bool) {
	for i, m := range messages {
		final := i == len(messages)-1
		if s, isText := at(m, []string{"content"}).(string); isText {
			if s == "" && !(final && str(m, "role") == "assistant") {
				return invalid("messages.%d: all messages must have non-empty content except for the optional final assistant message",
					i), true
			}
			if final && str(m, "role") == "assistant" && strings.TrimRight(s, " \t\n\r") != s {
				return invalid("messages: final assistant content cannot end with trailing whitespace"), true
			}
			continue
		}
		blocks := list(m, "content")
		if len(blocks) == 0 && !(final && str(m, "role") == "assistant") {
			return invalid("messages.%d: all messages must have non-empty content except for the optional final assistant message",
				i), true
		}
		for k, b := range blocks {
			switch str(b, "type") {
			case "text":
				t := str(b, "text")
				if t == "" {
					return invalid("messages: text content blocks must be non-empty"), true
				}
				if strings.TrimSpace(t) == "" {
					return invalid("messages: text content blocks must contain non-whitespace text"), true
				}
				if final && k == len(blocks)-1 && str(m, "role") == "assistant" && strings.TrimRight(t, " \t\n\r") != t {
					return invalid("messages: final assistant content cannot end with trailing whitespace"), true
				}
			case "tool_use":
				if id := str(b, "id"); id == "" || strings.Trim(id, nameRunes) != "" {
					return invalid("messages.%d.content.%d.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", i, k), true
				}
				if _, isObject := at(b, []string{"input"}).(map[string]any); !isObject {
					return invalid("messages.%d.content.%d.tool_use.input: Input should be a valid dictionary", i, k), true
				}
			case "thinking":
				if str(b, "signature") != v.signThinking(str(b, "thinking")) {
					return invalid("messages.%d.content.%d: Invalid `signature` in `thinking` block", i, k), true
				}
			case "redacted_thinking":
				return invalid("messages.%d.content.%d: Invalid `data` in `redacted_thinking` block", i, k), true
			}
		}
	}
	return vendorError{}, false
}

// judgeCache allows four breakpoints, an hour's before those of five minutes.
func judgeCache(body map[string]any, _ []any) (vendorError, bool) {
	count, short := 0, false
	wrong := false
	var visit func(any)
	visit = func(x any) {
		switch x := x.(type) {
		case []any:
			for _, e := range x {
				visit(e)
			}
		case map[string]any:
			if c, marked := x["cache_control"].(map[string]any); marked {
				count++
				if str(c, "ttl") == "1h" {
					wrong = wrong || short
				} else {
					short = true
				}
			}
			visit(x["content"])
		}
	}
	visit(body["tools"])
	visit(body["system"])
	visit(body["messages"])
	if count > 4 {
		return invalid("A maximum of 4 blocks with cache_control may be provided. Found %d.", count), true
	}
	if wrong {
		return invalid("cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note " +
			"that blocks are processed in the following order: `tools`, `system`, `messages`."), true
	}
	return vendorError{}, false
}
