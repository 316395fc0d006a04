package openai

import (
	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// Usage reads a usage object of chat completions, responses or embeddings into disjoint classes, and reports
// whether it told anything. The input figure includes cached tokens, which are taken out; names differ by
// vendor: prompt_tokens_details.cached_tokens (OpenAI), prompt_cache_hit_tokens (DeepSeek), cached_tokens at the top
// (Kimi), cache_write_tokens (OpenRouter), input_tokens_details (Responses).
func Usage(c *scan.Cursor) (u protocol.Usage, told bool) {
	var input, output, total, cached, written, reasoning int64
	number := func(into *int64) {
		if n, ok := c.Int(); ok {
			*into, told = max(*into, n), true
		}
	}
	c.Object(func(key []byte, _ bool) {
		switch string(key) {
		case "prompt_tokens", "input_tokens":
			number(&input)
		case "completion_tokens", "output_tokens":
			number(&output)
		case "total_tokens":
			number(&total)
		case "cached_tokens", "prompt_cache_hit_tokens":
			number(&cached)
		case "prompt_tokens_details", "input_tokens_details":
			c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "cached_tokens":
					number(&cached)
				case "cache_write_tokens", "cached_creation_tokens", "cache_creation_tokens":
					number(&written)
				}
			})
		case "completion_tokens_details", "output_tokens_details":
			c.Object(func(key []byte, _ bool) {
				if string(key) == "reasoning_tokens" {
					number(&reasoning)
				}
			})
		}
	})
	if input == 0 && output == 0 {
		input = total // which is all that those tell who embed or re-rank
	}
	if reasoning > 0 && total == input+output+reasoning {
		output += reasoning // xAI counts reasoning beside the output
	}
	u.CacheRead = min(cached, input)
	u.CacheWrite = min(written, input-u.CacheRead)
	u.Input = input - u.CacheRead - u.CacheWrite
	u.Output = output
	u.Reasoning = min(reasoning, output)
	return u, told
}

// TakeUsage reads a usage object into r, if it is one that tells something.
func TakeUsage(c *scan.Cursor, r *protocol.Reply) bool {
	u, told := Usage(c)
	if told {
		r.Usage, r.HasUsage = u, true
	}
	return told
}
