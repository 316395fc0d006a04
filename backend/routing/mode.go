package routing

import (
	"fmt"
	"strconv"
)

// Mode is the routing strategy in force.
type Mode string

const (
	Failover Mode = "failover" // the user's order, healthy first
	Balance  Mode = "balance"  // power of two choices on in-flight requests
	Fastest  Mode = "latency"  // the soonest answer
	Cheapest Mode = "cost"     // the least dollars until it is answered
	Best     Mode = "quality"  // the best answer
	Auto     Mode = "auto"     // what the answer is worth, less what it costs and the time it takes
)

// Modes lists every mode that can be chosen, with what it means in a sentence.
var Modes = []struct {
	Mode  Mode
	Means string
}{
	{Failover, "Use accounts in your order; the next one takes over when one cannot serve."},
	{Balance, "Spread requests over all healthy accounts, to the less busy of two picked at random; a session stays where its prompt is cached."},
	{Fastest, "Use whoever has answered soonest of late; who was slow is tried again before long."},
	{Cheapest, "Use whoever costs least for this request, its cache and failures counted in."},
	{Best, "Use the model that is expected to answer best, by published results and your thumbs; of equals the cheapest."},
	{Auto, "Weigh how good the answer will be against its cost and the wait, by what these are worth to you."},
}

// ParseMode reads a mode's word; the error lists the words there are.
func ParseMode(s string) (Mode, error) {
	for _, m := range Modes {
		if string(m.Mode) == s {
			return m.Mode, nil
		}
	}
	return "", fmt.Errorf("there is no mode %q: choose %s", s, modeWords())
}

// modeWords lists the modes for people.
func modeWords() string {
	words := ""
	for i, m := range Modes {
		switch {
		case i > 0 && i == len(Modes)-1:
			words += " or "
		case i > 0:
			words += ", "
		}
		words += strconv.Quote(string(m.Mode))
	}
	return words
}
