package gemini

import (
	"strconv"
	"strings"

	conv "metapi/backend/protocol/conversation"
)

// generation is what a model's name tells of what it takes.
type generation struct {
	major, minor int
	pro, lite    bool
	thinks       bool // it can think, as far as its name tells
	known        bool // it is a Gemini model of a generation that the name tells
}

// generationOf reads a name such as gemini-2.5-flash-lite, models/gemini-3.1-pro-preview or google/gemini-flash-latest. The names
// without a number move from one generation to the next; what 2.5 takes, those after it take too.
func generationOf(model string) generation {
	model = strings.ToLower(model)
	i := strings.LastIndex(model, "gemini-")
	if i < 0 {
		return generation{}
	}
	words := strings.Split(model[i+len("gemini-"):], "-")
	var g generation
	major, minor, _ := strings.Cut(words[0], ".")
	if n, err := strconv.Atoi(major); err == nil && n > 0 && n < 100 {
		g.major, g.known = n, true
		g.minor, _ = strconv.Atoi(minor)
	} else if words[len(words)-1] == "latest" {
		g.major, g.minor, g.known = 2, 5, true
	}
	g.thinks = g.from(2, 5)
	for _, w := range words {
		switch w {
		case "pro":
			g.pro = true
		case "lite":
			g.lite = true
		case "image", "tts":
			g.thinks = g.thinks && g.major >= 3 && w == "image"
		}
	}
	return g
}

// from reports whether a model is of a generation, or a later one.
func (g generation) from(major, minor int) bool {
	return g.known && (g.major > major || g.major == major && g.minor >= minor)
}

// efforts are the words for how much to think: the level of Gemini 3, and the tokens of 2.5 (those that Google's own
// OpenAI-compatible endpoint takes for low, medium and high: https://ai.google.dev/gemini-api/docs/openai).
var efforts = map[string]struct {
	level  int
	budget int64
}{
	"none": {0, 0}, "minimal": {0, 512}, "low": {1, 1024}, "medium": {2, 8192}, "high": {3, 24576}, "xhigh": {3, 32768}, "max": {3, 32768},
}

var levels = []string{"MINIMAL", "LOW", "MEDIUM", "HIGH"}

// levelOf is the level that a model has nearest to the one wanted, upwards: Gemini 3 Pro knows low and high, 3.1 Pro medium too.
func (g generation) levelOf(want int) string {
	if g.pro && want == 0 {
		want = 1
	}
	if g.pro && want == 2 && g.minor == 0 && g.major == 3 {
		want = 3
	}
	return levels[want]
}

// budgetOf fits tokens into what a model of 2.5 takes (https://ai.google.dev/gemini-api/docs/thinking); -1 is as many as it likes.
func (g generation) budgetOf(n int64) int64 {
	switch {
	case n < 0:
		return -1
	case g.pro:
		return min(max(n, 128), 32768)
	case n == 0:
		return 0
	case g.lite:
		n = max(n, 512)
	}
	return min(n, 24576)
}

// thinking says in this protocol how much the model is to think; nil where nothing is to be said. lost is why it could not.
func thinking(r conv.Reasoning, to conv.Target) (config *wireThinking, lost string) {
	off := r.Off || r.Effort == "none" || r.Budget != nil && *r.Budget == 0
	effort, worded := efforts[r.Effort]
	wanted := !off && (worded || r.Budget != nil || r.Adaptive || r.Summary != "" && r.Summary != "none")
	if !off && !wanted && r.Show == nil && r.Effort == "" {
		return nil, ""
	}
	g := generationOf(to.Model)
	thinks := g.thinks
	if to.Described {
		thinks = to.Reasons
	}
	if !thinks {
		if off {
			return nil, ""
		}
		return nil, "this model does not think"
	}
	c := &wireThinking{IncludeThoughts: !off && (wanted && r.Show == nil || r.Show != nil && *r.Show)}
	switch {
	case off && g.pro:
		lost = "this model always thinks; it is asked to think least"
	case !off && r.Effort != "" && !worded:
		lost = "an effort of this name is not known"
	}
	if g.major >= 3 {
		switch {
		case off:
			c.ThinkingLevel = g.levelOf(0)
		case worded:
			c.ThinkingLevel = g.levelOf(effort.level)
		case r.Budget != nil && *r.Budget > 0:
			c.ThinkingLevel = g.levelOf(levelOfBudget(*r.Budget))
		}
	} else {
		var n int64
		switch {
		case off:
			n = g.budgetOf(0)
		case r.Budget != nil:
			n = g.budgetOf(*r.Budget)
		case worded:
			n = g.budgetOf(effort.budget)
		default:
			n = -1
		}
		if off || r.Budget != nil || worded || r.Adaptive {
			c.ThinkingBudget = &n
		}
	}
	if *c == (wireThinking{}) {
		return nil, lost
	}
	return c, lost
}

// levelOfBudget is the level that thinks about as much as a budget allows.
func levelOfBudget(n int64) int {
	for level, most := range []int64{512, 4096, 16384} {
		if n <= most {
			return level
		}
	}
	return 3
}
