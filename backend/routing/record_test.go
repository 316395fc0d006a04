package routing

import "testing"

// A sum is told by someone only if all of it was.
func TestSumOfCosts(t *testing.T) {
	told, ours, other := Cost{USD: 1, ToldBy: "OpenRouter"}, Cost{USD: 2, Estimated: true}, Cost{USD: 4, ToldBy: "xAI"}
	for _, c := range []struct {
		costs []Cost
		want  Cost
	}{
		{[]Cost{{}, told}, told},
		{[]Cost{told, {}}, told},
		{[]Cost{told, told}, Cost{USD: 2, ToldBy: "OpenRouter"}},
		{[]Cost{told, ours}, Cost{USD: 3, Estimated: true}},
		{[]Cost{ours, told}, Cost{USD: 3, Estimated: true}},
		{[]Cost{told, other}, Cost{USD: 5}},
		{[]Cost{{Unknown: true}, told}, Cost{USD: 1, Unknown: true}},
	} {
		var sum Cost
		for _, x := range c.costs {
			sum = sum.Add(x)
		}
		if sum != c.want {
			t.Errorf("%+v come to %+v, want %+v", c.costs, sum, c.want)
		}
	}
}
