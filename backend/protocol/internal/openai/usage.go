package openai

import (
	"strconv"

	"metapi/backend/protocol"
	"metapi/backend/protocol/scan"
)

// Usage reads a usage object of chat completions, responses or embeddings into disjoint classes, and reports
// whether it told anything. The input figure includes cached tokens, which are taken out; names differ by
// vendor: prompt_tokens_details.cached_tokens (OpenAI), prompt_cache_hit_tokens (DeepSeek), cached_tokens at the top
// (Kimi), cache_write_tokens (OpenRouter), input_tokens_details (Responses).
func Usage(c *scan.Cursor) (u protocol.Usage, told bool) {
	u, _, told = read(c)
	return u, told
}

func read(c *scan.Cursor) (u protocol.Usage, bills protocol.Bill, told bool) {
	var b bill
	var input, output, total, cached, written, reasoning int64
	var sound, pictures parts
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
		case "prompt_tokens_details", "input_tokens_details", "input_token_details": // the last of transcriptions
			c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "cached_tokens":
					number(&cached)
				case "cache_write_tokens", "cached_creation_tokens", "cache_creation_tokens":
					number(&written)
				case "audio_tokens":
					number(&sound.input)
				case "image_tokens":
					number(&pictures.input)
				case "cached_tokens_details":
					c.Object(func(key []byte, _ bool) {
						switch string(key) {
						case "audio_tokens":
							number(&sound.cached)
						case "image_tokens":
							number(&pictures.cached)
						}
					})
				}
			})
		case "completion_tokens_details", "output_tokens_details":
			c.Object(func(key []byte, _ bool) {
				switch string(key) {
				case "reasoning_tokens":
					number(&reasoning)
				case "audio_tokens":
					number(&sound.output)
					u.Split = true
				case "image_tokens":
					number(&pictures.output)
					u.Split = true
				}
			})
		default:
			b.member(key, c)
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
	u.Audio = sound.part(u.Input, u.CacheRead, u.Output-u.Reasoning)
	u.Image = pictures.part(u.Input-u.Audio.Input, u.CacheRead-u.Audio.Cached, u.Output-u.Reasoning-u.Audio.Output)
	return u, b.sum(), told
}

// parts are the tokens of one kind, as they are told: the input with what of it was cached.
type parts struct{ input, cached, output int64 }

// part is p in our classes, of which it can be no more than there are. What of the input was cached is told by few: where it is not, all that
// can be fresh is.
func (p parts) part(fresh, cached, output int64) protocol.Part {
	if p == (parts{}) {
		return protocol.Part{}
	}
	c := min(max(p.cached, p.input-fresh), p.input, cached)
	return protocol.Part{Input: min(p.input-c, fresh), Cached: c, Output: min(p.output, output)}
}

// TakeUsage reads a usage object into r, if it is one that tells something.
func TakeUsage(c *scan.Cursor, r *protocol.Reply) bool {
	u, bill, told := read(c)
	if told {
		r.Usage, r.HasUsage = u, true
		if bill.Told {
			r.Bill = bill
		}
	}
	return told
}

// bill is what vendors write of the cost into a usage object, in the one pass that reads the tokens.
type bill struct {
	protocol.Bill
	upstream float64 // OpenRouter: what the maker of the model bills, where own keys of the user's were used
	byok     bool
}

// ticks of xAI make a dollar: docs.x.ai, Cost Tracking.
const ticks = 1e10

// member reads one member of a usage object.
func (b *bill) member(key []byte, c *scan.Cursor) {
	switch string(key) {
	case "cost": // OpenRouter, Usage Accounting; Perplexity has an object
		if c.Kind() == '{' {
			c.Object(func(key []byte, _ bool) {
				if string(key) == "total_cost" {
					b.take(c, 1, true)
				}
			})
			return
		}
		b.take(c, 1, true)
	case "estimated_cost": // DeepInfra
		b.take(c, 1, true)
	case "cost_in_usd_ticks":
		b.take(c, ticks, false)
	case "cost_details":
		c.Object(func(key []byte, _ bool) {
			if string(key) == "upstream_inference_cost" {
				b.upstream, _ = money(c)
			}
		})
	case "is_byok":
		b.byok = c.True()
	}
}

func (b *bill) take(c *scan.Cursor, per float64, vague bool) {
	if usd, ok := money(c); ok {
		b.Bill = protocol.Bill{USD: usd / per, Told: true, Vague: vague}
	}
}

// sum is what the user pays in all: with keys of their own, the model's maker and OpenRouter's share.
func (b *bill) sum() protocol.Bill {
	if b.byok && b.Told {
		b.USD += b.upstream
	}
	return b.Bill
}

// money reads an amount that a reply can cost; false for anything else.
func money(c *scan.Cursor) (float64, bool) {
	raw := c.Raw()
	if len(raw) == 0 || len(raw) > 32 || raw[0] < '0' || raw[0] > '9' {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	return f, err == nil && f < 1e15
}
