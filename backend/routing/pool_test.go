package routing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// pooled is a world of failover in which b and c are a pool.
func pooledWorld() *Snapshot {
	s := world(Failover, []string{"m"}, []string{"m"}, []string{"m"}, []string{"m"})
	s.Accounts[1].Pool, s.Accounts[2].Pool = "pool", "pool"
	return s
}

func TestAPoolSharesItsPlaceInFailover(t *testing.T) {
	s := pooledWorld()
	seen := map[string]int{}
	for i := range 200 {
		r := ask("m")
		r.ID = fmt.Sprint(i)
		d, err := Decide(s, r)
		if err != nil {
			t.Fatal(err)
		}
		order := ids(d.Candidates)
		seen[order]++
		var figures []Figure
		for _, c := range d.Candidates {
			figures = append(figures, Figure{Deployment: c.ID, Order: c.Turn, Place: c.Place, Pool: c.Account.Pool, InFlight: c.Running})
		}
		slices.Reverse(figures)
		Rerank(Failover, s.Worths(), r.ID, figures)
		var again []string
		for _, f := range figures {
			again = append(again, f.Deployment)
		}
		if got := strings.Join(again, " "); got != order {
			t.Fatalf("replayed, the order is %q and not %q", got, order)
		}
	}
	one, other := seen["a/m b/m c/m d/m"], seen["a/m c/m b/m d/m"]
	if one+other != 200 || min(one, other) < 60 {
		t.Errorf("the pool of b and c is not used evenly at its own place: %v", seen)
	}
}

func TestASessionStaysInItsPlaceOfAPool(t *testing.T) {
	s := pooledWorld()
	for i := range 50 {
		r := ask("m")
		r.ID, r.Session = fmt.Sprint(i), "s"
		r.Warm = func(d *Deployment) int64 {
			if d.ID == "c/m" || d.ID == "d/m" {
				return 10_000
			}
			return 0
		}
		if d, err := Decide(s, r); err != nil || ids(d.Candidates) != "a/m c/m b/m d/m" {
			t.Fatalf("got %q, %v", ids(d.Candidates), err)
		}
	}
}

func TestFilesOfAPoolAreAskedForInOrder(t *testing.T) {
	s := pooledWorld()
	for i := range 50 {
		r := ask("")
		r.ID = fmt.Sprint(i)
		if d, err := Decide(s, r); err != nil || ids(d.Candidates) != "a/m b/m c/m d/m" {
			t.Fatalf("got %q, %v", ids(d.Candidates), err)
		}
	}
}
