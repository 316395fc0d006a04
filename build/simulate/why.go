package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"metapi/backend/catalog/scores"
)

// asks are what the traffic asks for, in words.
var asks = []struct {
	domain scores.Domain
	word   string
}{{scores.Agentic, "agents"}, {scores.Other, "chats"}, {scores.Summary, "reports"}}

// why says whom a mode has come to send what to, and by which expectations: as they are at the end of the week, beside the truth.
func (m *mode) why(r *result, upstreams []upstream, at time.Time) string {
	var parts []string
	for _, a := range asks {
		served := r.by[a.domain]
		most := slices.Index(served, slices.Max(served))
		total := 0
		var expects []string
		for i := range upstreams {
			total += served[i]
			expects = append(expects, fmt.Sprintf("%.0f %% of %s (in truth %.0f)", 100*m.snap.Deployments[i].Judge(a.domain, at).Quality, upstreams[i].name, 100*upstreams[i].good.in(a.domain)))
		}
		parts = append(parts, fmt.Sprintf("%.0f %% of %s to %s, expecting good answers: %s", 100*float64(served[most])/float64(max(total, 1)), a.word, upstreams[most].name, strings.Join(expects, ", ")))
	}
	return r.name + " sent " + strings.Join(parts, ";\n  ") + "."
}
