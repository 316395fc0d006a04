package protocol

import "testing"

// A sum is of a service, or told apart, only where all that counts of it is.
func TestUsageAdd(t *testing.T) {
	flex := Usage{Input: 10, Output: 4, Service: Flex, Split: true, Audio: Part{Input: 2, Cached: 3, Output: 1}, Searches: 1}
	if sum := (Usage{}).Add(flex); sum != flex {
		t.Errorf("with nothing before it: %+v", sum)
	}
	if sum := flex.Add(Usage{}); sum != flex {
		t.Errorf("with nothing behind it: %+v", sum)
	}
	want := Usage{Input: 20, Output: 8, Service: Flex, Split: true, Audio: Part{4, 6, 2}, Searches: 2}
	if sum := flex.Add(flex); sum != want {
		t.Errorf("twice the same: %+v", sum)
	}
	want = Usage{Input: 11, Output: 5, Audio: Part{2, 3, 1}, Searches: 1, Estimated: true}
	if sum := flex.Add(Usage{Input: 1, Output: 1, Estimated: true}); sum != want {
		t.Errorf("two of different kinds: %+v", sum)
	}
}
