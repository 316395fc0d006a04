package protocol

// Usage counts the tokens of one attempt in disjoint classes, so that a price can be put on each.
// Vendors count differently (OpenAI and Gemini include cached tokens in the input figure, Anthropic leaves
// them out); the dialects convert. Reasoning, Audio and Images are the exceptions: they are parts of the other classes, shown apart.
type Usage struct {
	Input        int64 `json:"input"`          // fresh input: neither read from a cache nor written to one
	CacheRead    int64 `json:"cache_read"`     // input read from the vendor's prompt cache
	CacheWrite   int64 `json:"cache_write"`    // input written to a cache that lives five minutes (or the vendor's default)
	CacheWrite1h int64 `json:"cache_write_1h"` // input written to a cache that lives an hour
	Output       int64 `json:"output"`         // all output, reasoning included
	Reasoning    int64 `json:"reasoning"`      // the part of Output spent on reasoning

	Audio    Part  `json:"audio,omitzero"`         // what of it was sound
	Image    Part  `json:"image,omitzero"`         // what of it was pictures
	Split    bool  `json:"split,omitempty"`        // the upstream told what its output was made of, so that the rest is text
	Made     int64 `json:"images_made,omitempty"`  // pictures that a call for images gave back
	Searches int64 `json:"web_searches,omitempty"` // searches of the web that the vendor made, where it bills them by number

	Service   Service `json:"service,omitempty"` // whose prices hold
	Estimated bool    `json:"estimated"`         // the upstream told nothing (or was cut off): counted by us from sizes
}

// Part is how many of the tokens of a usage are of one kind. Nothing is in two parts.
type Part struct {
	Input  int64 `json:"input,omitempty"`  // of [Usage.Input]
	Cached int64 `json:"cached,omitempty"` // of [Usage.CacheRead]
	Output int64 `json:"output,omitempty"` // of [Usage.Output], and no reasoning
}

// Service is how urgently a vendor served a request, where that has a price of its own. The zero Service is the usual one.
type Service string

// The services that vendors have. A reply's word for the usual one is [Standard] where it tells any.
const (
	Standard Service = "standard"
	Batch    Service = "batch"
	Flex     Service = "flex"
	Priority Service = "priority"
	Fast     Service = "fast"     // Anthropic's, which costs a multiple that is not known
	Reserved Service = "reserved" // capacity that is paid for beforehand: what a request costs is not told
)

// ServiceOf reads a vendor's word: service_tier of OpenAI and Gemini, trafficType of Vertex. It is "" for auto, and for words that say nothing.
func ServiceOf(word []byte) Service {
	switch string(word) {
	case "default", "standard", "SERVICE_TIER_STANDARD", "ON_DEMAND":
		return Standard
	case "batch":
		return Batch
	case "flex", "SERVICE_TIER_FLEX", "ON_DEMAND_FLEX":
		return Flex
	case "priority", "SERVICE_TIER_PRIORITY", "ON_DEMAND_PRIORITY":
		return Priority
	case "scale", "PROVISIONED_THROUGHPUT":
		return Reserved
	}
	return ""
}

// Bill is what a reply says that it cost.
type Bill struct {
	USD   float64
	Told  bool // it says so
	Vague bool // by a name that does not tell the unit: US dollars at vendors that are known for it, anything elsewhere
}

// Prompt is the size of the whole prompt, cached or not.
func (u Usage) Prompt() int64 { return u.Input + u.CacheRead + u.CacheWrite + u.CacheWrite1h }

// Zero reports whether nothing of any class was counted.
func (u Usage) Zero() bool { return u.Prompt() == 0 && u.Output == 0 && u.Made == 0 }

// Add sums two usages; the sum is an estimate if either is. It is of a service only where all that counts of it is.
func (u Usage) Add(v Usage) Usage {
	switch {
	case u.Zero():
		u.Service, u.Split = v.Service, v.Split
	case !v.Zero():
		u.Split = u.Split && v.Split
		if u.Service != v.Service {
			u.Service = ""
		}
	}
	u.Input += v.Input
	u.CacheRead += v.CacheRead
	u.CacheWrite += v.CacheWrite
	u.CacheWrite1h += v.CacheWrite1h
	u.Output += v.Output
	u.Reasoning += v.Reasoning
	u.Audio, u.Image = u.Audio.add(v.Audio), u.Image.add(v.Image)
	u.Made += v.Made
	u.Searches += v.Searches
	u.Estimated = u.Estimated || v.Estimated
	return u
}

func (p Part) add(q Part) Part {
	return Part{p.Input + q.Input, p.Cached + q.Cached, p.Output + q.Output}
}
