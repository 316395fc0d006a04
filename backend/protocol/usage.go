package protocol

// Usage counts the tokens of one attempt in disjoint classes, so that a price can be put on each.
// Vendors count differently (OpenAI and Gemini include cached tokens in the input figure, Anthropic leaves
// them out); the dialects convert. Reasoning is the one exception: it is a part of Output, shown apart.
type Usage struct {
	Input        int64 `json:"input"`          // fresh input: neither read from a cache nor written to one
	CacheRead    int64 `json:"cache_read"`     // input read from the vendor's prompt cache
	CacheWrite   int64 `json:"cache_write"`    // input written to a cache that lives five minutes (or the vendor's default)
	CacheWrite1h int64 `json:"cache_write_1h"` // input written to a cache that lives an hour
	Output       int64 `json:"output"`         // all output, reasoning included
	Reasoning    int64 `json:"reasoning"`      // the part of Output spent on reasoning
	Estimated    bool  `json:"estimated"`      // the upstream told nothing (or was cut off): counted by us from sizes
}

// Bill is what a reply says that it cost.
type Bill struct {
	USD   float64
	Told  bool // it says so
	Vague bool // by a name that does not tell the unit: US dollars at vendors that are known for it, anything elsewhere
}

// Prompt is the size of the whole prompt, cached or not.
func (u Usage) Prompt() int64 { return u.Input + u.CacheRead + u.CacheWrite + u.CacheWrite1h }

// Zero reports whether no token of any class was counted.
func (u Usage) Zero() bool { return u.Prompt() == 0 && u.Output == 0 }

// Add sums two usages; the sum is an estimate if either is.
func (u Usage) Add(v Usage) Usage {
	return Usage{u.Input + v.Input, u.CacheRead + v.CacheRead, u.CacheWrite + v.CacheWrite, u.CacheWrite1h + v.CacheWrite1h,
		u.Output + v.Output, u.Reasoning + v.Reasoning, u.Estimated || v.Estimated}
}
