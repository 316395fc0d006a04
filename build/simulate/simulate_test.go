package main

import (
	"fmt"
	"math"
	"testing"
	"time"

	"metapi/backend/routing"
)

func TestModesKeepWhatTheyPromise(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			for _, sc := range scenarios() {
				all := map[string]result{}
				for _, r := range simulate(sc, seed) {
					all[r.name] = r
				}
				good := 0.0 // answers of the best fixed choice
				for _, u := range sc.upstreams {
					good = max(good, all["first "+u.name].quality())
				}
				best := math.Inf(1) // dollars of the best fixed choice
				for _, u := range sc.upstreams {
					best = min(best, all["first "+u.name].usd)
				}
				quality, auto := all["quality"], all["auto"]
				if quality.quality() < good-0.02 && sc.name != "overrated" {
					t.Errorf("%s, seed %d: in quality mode %.3f of the answers are good, of the best fixed choice %.3f", sc.name, seed, quality.quality(), good)
				}
				if first := all["first overrated"]; sc.name == "overrated" && quality.quality() < (first.quality()+good)/2 {
					t.Errorf("seed %d: thumbs do not tell that a model is overrated: %.3f of the answers are good, %.3f of its own", seed, quality.quality(), first.quality())
				}
				if other := max(all["cost"].worth(), quality.worth()); auto.worth() < 0.97*other {
					t.Errorf("%s, seed %d: auto mode is worth $%.2f, another mode $%.2f", sc.name, seed, auto.worth(), other)
				}
				cost, latency, failover := all["cost"], all["latency"], all["failover"]
				switch several := sc.several(); {
				case several && (cost.usd > 1.03*quality.usd || cost.quality() < routing.Usual.Tolerance*quality.quality()):
					t.Errorf("%s, seed %d: cost mode pays $%.2f for %.3f good answers, quality mode $%.2f for %.3f", sc.name, seed, cost.usd, cost.quality(), quality.usd, quality.quality())
				case !several && cost.usd > 1.03*best:
					t.Errorf("%s, seed %d: cost mode pays $%.2f, the best fixed choice $%.2f", sc.name, seed, cost.usd, best)
				}
				if got, want := latency.p95(warm), all["oracle, seconds"].p95(warm); got > want+want/10 {
					t.Errorf("%s, seed %d: latency mode has a P95 of %v, the oracle of %v", sc.name, seed, got, want)
				}
				if sc.name == "slowdown" && (latency.late == 0 || latency.late >= 20 || latency.slow >= 30) {
					t.Errorf("seed %d: in latency mode %d requests went to one that had become slow, before another got one; %d in the day that it was slow", seed, latency.late, latency.slow)
				}
				if sc.name == "slowdown" {
					t.Logf("seed %d: latency mode noticed a slowdown after %d requests; %d went there in the day that it lasted", seed, latency.late, latency.slow)
				}
				if sc.name == "turns" && failover.errors+cost.errors+latency.errors > 0 {
					t.Errorf("seed %d: clients saw errors while one was there: %d, %d, %d", seed, failover.errors, cost.errors, latency.errors)
				}
			}
		})
	}
}

// The same seed is the same week, and the same decisions.
func TestSameSeedSameFigures(t *testing.T) {
	sc := scenarios()[1]
	a, b := simulate(sc, 5), simulate(sc, 5)
	for i := range a {
		if a[i].usd != b[i].usd || a[i].p95(0) != b[i].p95(0) {
			t.Errorf("%s: $%v and $%v", a[i].name, a[i].usd, b[i].usd)
		}
	}
}

func TestTrafficIsAWeek(t *testing.T) {
	all := week(newRand(1))
	if len(all) < 1000 || all[0].at.Before(begin) {
		t.Fatalf("%d requests from %v on", len(all), all[0].at)
	}
	last := map[string]int64{}
	for i, r := range all {
		if i > 0 && r.at.Before(all[i-1].at) || r.prompt <= 0 || r.output <= 0 {
			t.Fatalf("%+v", r)
		}
		if r.session != "" && r.prompt < last[r.session] {
			t.Fatalf("a session shrinks: %+v", r)
		}
		last[r.session] = r.prompt
	}
	if end := all[len(all)-1].at; end.Sub(begin) > 8*24*time.Hour {
		t.Errorf("it ends %v", end)
	}
}

// The rule saves the short ones' bill, whatever their share, and never moves a long one.
func TestWorkedCase(t *testing.T) {
	last := 1.0
	for _, long := range shares {
		ways, err := worked(1, long)
		if err != nil {
			t.Fatal(err)
		}
		saved := 1 - ways[1].usd/ways[0].usd
		if saved <= 0 || saved >= last {
			t.Errorf("with %.0f %% long ones %.0f %% are saved, with fewer %.0f %%", 100*long, 100*saved, 100*last)
		}
		last = saved
		if n := ways[1].byModel["claude-sonnet-4-5"]; n < int(900*long) {
			t.Errorf("of %.0f %% long ones %d of 1000 stay", 100*long, n)
		}
	}
}
