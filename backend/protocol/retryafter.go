package protocol

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// LongestRetry bounds what an upstream may ask us to wait. Quotas return daily at the latest where they return
// at all; an account is tried again after a day whatever it said.
const LongestRetry = 24 * time.Hour

// RetryAfter finds how long an upstream wants to be left alone, in the order of how plainly it says so:
// retry-after-ms, Retry-After (seconds, fractions of them, or a date), delays in the body (Google's RetryInfo,
// retry_after and the like), the reset times of those buckets whose remaining count is 0, "try again in 2h 13m"
// in the text, and lastly the soonest reset time of any bucket. 0: nothing was said. It is at most
// [LongestRetry]. now may be zero where there is no header; moments in the body are then not used.
func RetryAfter(header http.Header, body []byte, now time.Time) time.Duration {
	d, ok := fromHeader(header, now)
	if !ok {
		d, ok = fromJSON(body, now)
	}
	if !ok {
		d, ok = fromBuckets(header, now, true)
	}
	if !ok {
		d, ok = fromText(string(body[:min(len(body), 2*maxText)]))
	}
	if !ok {
		d, _ = fromBuckets(header, now, false)
	}
	return min(max(d, 0), LongestRetry)
}

func fromHeader(h http.Header, now time.Time) (time.Duration, bool) {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil {
		return seconds(ms / 1000), true
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		return seconds(s), true
	}
	if at, err := http.ParseTime(v); err == nil {
		return at.Sub(now), true
	}
	return reset(v, now)
}

// seconds converts with bounds, since a float may hold anything.
func seconds(s float64) time.Duration {
	switch {
	case !(s > 0):
		return 0
	case s > LongestRetry.Seconds():
		return LongestRetry
	}
	return time.Duration(s * float64(time.Second))
}

// reset reads a reset time: "1m2s", "6ms", seconds, seconds or milliseconds since 1970, RFC 3339.
func reset(v string, now time.Time) (time.Duration, bool) {
	v = strings.TrimSpace(v)
	if d, err := time.ParseDuration(v); err == nil {
		return max(d, 0), true
	}
	if n, err := strconv.ParseFloat(v, 64); err == nil {
		switch {
		case n > 1e11: // milliseconds since 1970
			return moment(time.UnixMilli(int64(min(n, 1e15))), now)
		case n > 1e9:
			return moment(time.Unix(int64(n), 0), now)
		}
		return seconds(n), true
	}
	if at, err := time.Parse(time.RFC3339, v); err == nil {
		return moment(at, now)
	}
	return 0, false
}

func moment(at, now time.Time) (time.Duration, bool) {
	if now.IsZero() {
		return 0, false
	}
	return max(at.Sub(now), 0), true
}

// buckets are the vendors' rate limit headers: where the count that remains stands, and when it is full again.
var buckets = []struct{ remaining, reset string }{
	{"X-Ratelimit-Remaining-Requests", "X-Ratelimit-Reset-Requests"},
	{"X-Ratelimit-Remaining-Tokens", "X-Ratelimit-Reset-Tokens"},
	{"X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
	{"Anthropic-Ratelimit-Requests-Remaining", "Anthropic-Ratelimit-Requests-Reset"},
	{"Anthropic-Ratelimit-Tokens-Remaining", "Anthropic-Ratelimit-Tokens-Reset"},
	{"Anthropic-Ratelimit-Input-Tokens-Remaining", "Anthropic-Ratelimit-Input-Tokens-Reset"},
	{"Anthropic-Ratelimit-Output-Tokens-Remaining", "Anthropic-Ratelimit-Output-Tokens-Reset"},
	{"Anthropic-Ratelimit-Unified-Remaining", "Anthropic-Ratelimit-Unified-Reset"},
}

// fromBuckets: with empty, the latest reset of the buckets that are empty, all of which must fill up; else the soonest
// reset of any, since it is not known which one was meant, and trying too early costs little.
func fromBuckets(h http.Header, now time.Time, empty bool) (best time.Duration, ok bool) {
	for _, b := range buckets {
		d, told := reset(h.Get(b.reset), now)
		if !told || empty && strings.TrimSpace(h.Get(b.remaining)) != "0" {
			continue
		}
		if !ok || empty && d > best || !empty && d < best {
			best, ok = d, true
		}
	}
	return best, ok
}

// fromJSON looks for delays in members of a JSON body, wherever they stand.
func fromJSON(body []byte, now time.Time) (time.Duration, bool) {
	var v any
	if len(body) > maxBody || json.Unmarshal(body, &v) != nil {
		return 0, false
	}
	return inValue(v, now, 0)
}

func inValue(v any, now time.Time, level int) (time.Duration, bool) {
	if level > 12 {
		return 0, false
	}
	switch v := v.(type) {
	case []any:
		for _, el := range v {
			if d, ok := inValue(el, now, level+1); ok {
				return d, true
			}
		}
	case map[string]any:
		for _, name := range []string{"retryDelay", "retry_after", "retry_after_seconds", "resets_in_seconds", "retry_after_ms", "resets_at"} {
			var told time.Duration
			ok := false
			switch x := v[name].(type) {
			case string:
				told, ok = reset(x, now)
			case float64:
				if name == "retry_after_ms" {
					x /= 1000
				}
				told, ok = reset(strconv.FormatFloat(x, 'f', -1, 64), now)
			}
			if ok {
				return told, true
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) { // in order, so that one body has one answer
			if d, ok := inValue(v[name], now, level+1); ok {
				return d, true
			}
		}
	case string: // an envelope within a message
		if i := strings.IndexByte(v, '{'); i >= 0 {
			return fromJSON([]byte(v[i:]), now)
		}
	}
	return 0, false
}

const timeUnit = `(?:ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)`

var (
	again = regexp.MustCompile(`(?i)\b(?:try again|retry|resets?|wait|available)\b[^.\n]{0,40}?\b(?:in|after|for|wait)\s+` +
		`((?:\d+(?:\.\d+)?\s*` + timeUnit + `\b[\s,]*(?:and\s+)?|\d+(?:\.\d+)?\s*` + timeUnit + `)+)`)
	chinese = regexp.MustCompile(`(\d+(?:\.\d+)?)\s*(毫秒|秒|分钟|小时|天)(?:之?后|再)`)
	pair    = regexp.MustCompile(`(?i)(\d+(?:\.\d+)?)\s*(` + timeUnit + `)`)
)

func fromText(s string) (time.Duration, bool) {
	if m := again.FindStringSubmatch(s); m != nil {
		total := 0.0
		for _, p := range pair.FindAllStringSubmatch(m[1], -1) {
			n, _ := strconv.ParseFloat(p[1], 64)
			total += n * unitSeconds(strings.ToLower(p[2]))
		}
		return seconds(total), true
	}
	if m := chinese.FindStringSubmatch(s); m != nil {
		n, _ := strconv.ParseFloat(m[1], 64)
		return seconds(n * map[string]float64{"毫秒": 0.001, "秒": 1, "分钟": 60, "小时": 3600, "天": 86400}[m[2]]), true
	}
	return 0, false
}

func unitSeconds(u string) float64 {
	switch {
	case strings.HasPrefix(u, "ms"), strings.HasPrefix(u, "milli"):
		return 0.001
	case u[0] == 's':
		return 1
	case u[0] == 'm':
		return 60
	case u[0] == 'h':
		return 3600
	}
	return 86400
}
