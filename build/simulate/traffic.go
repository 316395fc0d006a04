package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"metapi/backend/catalog/scores"
)

// request is one of a client's.
type request struct {
	at      time.Time
	client  string
	session string // "": it is none's
	prompt  int64  // tokens, of which the session's earlier prompts are the beginning
	output  int64  // tokens
	domain  scores.Domain
}

// begin is the first moment of the week: a Monday.
var begin = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

const days = 7

// kind is a habit of use.
type kind struct {
	client  string
	aDay    float64 // sessions
	turns   float64 // mean of a session
	pause   time.Duration
	first   [2]float64 // tokens of the first prompt, from and to
	grows   float64    // tokens that a turn adds, besides the answer
	output  float64    // tokens, median
	session bool
	domain  scores.Domain
}

var kinds = []kind{
	{"agent", 14, 18, 25 * time.Second, [2]float64{12_000, 30_000}, 2500, 350, true, scores.Agentic},
	{"chat", 30, 3, 90 * time.Second, [2]float64{300, 2500}, 150, 450, true, scores.Other},
	{"reports", 25, 1, 0, [2]float64{15_000, 60_000}, 0, 900, false, scores.Summary},
}

// week draws a week of traffic, in the order of time. Most of it is between eight and twenty o'clock.
func week(rng *rand.Rand) []request {
	var all []request
	for day := range days {
		for _, k := range kinds {
			for s := range int(math.Round(k.aDay * (0.7 + 0.6*rng.Float64()))) {
				hour := 8 + 12*rng.Float64()
				if rng.Float64() < 0.15 {
					hour = 24 * rng.Float64()
				}
				at := begin.AddDate(0, 0, day).Add(time.Duration(hour * float64(time.Hour)))
				session := ""
				if k.session {
					session = fmt.Sprintf("%s-%d-%d", k.client, day, s)
				}
				prompt := k.first[0] + (k.first[1]-k.first[0])*rng.Float64()
				for {
					output := k.output * math.Exp(0.6*rng.NormFloat64())
					all = append(all, request{at, k.client, session, int64(prompt), int64(output) + 1, k.domain})
					if rng.Float64() < 1/k.turns {
						break
					}
					prompt += output + k.grows*(0.5+rng.Float64())
					at = at.Add(time.Duration(float64(k.pause) * math.Exp(0.8*rng.NormFloat64())))
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b request) int { return a.at.Compare(b.at) })
	return all
}
