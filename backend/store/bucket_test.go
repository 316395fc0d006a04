package store

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A bucket is a sorted map: whatever is put and deleted, walking it from anywhere in either direction gives what a map
// with its keys sorted gives.
func TestBucketIsASortedMap(t *testing.T) {
	s := open(t, t.TempDir())
	numbers := NewBucket[int]("numbers")
	rapid.Check(t, func(rt *rapid.T) {
		key := rapid.StringN(1, 4, 8)
		want := map[string]int{}
		err := s.Update(func(tx *Tx) error {
			if err := numbers.Clear(tx); err != nil {
				return err
			}
			for range rapid.IntRange(0, 30).Draw(rt, "steps") {
				k, v := key.Draw(rt, "key"), rapid.Int().Draw(rt, "value")
				if rapid.IntRange(0, 3).Draw(rt, "delete") == 0 {
					delete(want, k)
					if err := numbers.Delete(tx, k); err != nil {
						return err
					}
					continue
				}
				want[k] = v
				if err := numbers.Put(tx, k, v); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		at := rapid.OneOf(rapid.Just(""), key).Draw(rt, "at")
		var forward, back, wantForward, wantBack []string
		for k := range want {
			if k >= at {
				wantForward = append(wantForward, k)
			}
			if at == "" || k < at {
				wantBack = append(wantBack, k)
			}
		}
		slices.Sort(wantForward)
		slices.Sort(wantBack)
		slices.Reverse(wantBack)
		err = s.View(func(tx *Tx) error {
			collect := func(into *[]string) func(string, int) error {
				return func(k string, v int) error {
					if v != want[k] {
						return fmt.Errorf("%q is %d, want %d", k, v, want[k])
					}
					*into = append(*into, k)
					return nil
				}
			}
			if err := numbers.Each(tx, at, collect(&forward)); err != nil {
				return err
			}
			if n := numbers.Len(tx); n != len(want) {
				return fmt.Errorf("len %d, want %d", n, len(want))
			}
			if k, v, ok, err := numbers.Last(tx); err != nil || ok != (len(want) > 0) || v != want[k] {
				return fmt.Errorf("last %q %d %v %v", k, v, ok, err)
			}
			return numbers.EachBack(tx, at, collect(&back))
		})
		if err != nil {
			rt.Fatal(err)
		}
		if !slices.Equal(forward, wantForward) || !slices.Equal(back, wantBack) {
			rt.Fatalf("from %q: %q and %q, want %q and %q", at, forward, back, wantForward, wantBack)
		}
	})
}

func TestErrStopEndsAWalk(t *testing.T) {
	s := open(t, t.TempDir())
	put(t, s, "a", "1")
	put(t, s, "b", "2")
	n := 0
	err := s.View(func(tx *Tx) error {
		return notes.Each(tx, "", func(string, note) error { n++; return ErrStop })
	})
	if err != nil || n != 1 {
		t.Fatalf("%d calls, %v", n, err)
	}
}

func TestBatchGathersTheWritesOfMany(t *testing.T) {
	s := open(t, t.TempDir())
	done := make(chan error)
	for i := range 50 {
		go func() {
			done <- s.Batch(func(tx *Tx) error { return notes.Put(tx, fmt.Sprint(i), note{"x"}) })
		}()
	}
	for range 50 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	err := s.View(func(tx *Tx) error {
		if n := notes.Len(tx); n != 50 {
			t.Errorf("%d were kept", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBlobs(t *testing.T) {
	b := open(t, t.TempDir()).Blobs()
	if _, ok, err := b.Get("a"); ok || err != nil {
		t.Fatal(ok, err)
	}
	want := []byte{0, 1, 0xff}
	if err := b.Put("a", want); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := b.Get("a"); !ok || err != nil || !bytes.Equal(got, want) {
		t.Fatal(got, ok, err)
	}
	if err := b.Delete("a"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := b.Get("a"); ok || err != nil {
		t.Fatal(ok, err)
	}
}
