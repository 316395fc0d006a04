package control

import (
	"strings"
	"testing"
)

// A page that does not keep up with a fast model is told in one piece; where that would be too much, it is told that there is more to read.
func TestPlayedIsBounded(t *testing.T) {
	for name, test := range map[string]struct {
		piece string
		most  int
		want  func(Delta) bool
	}{
		"few":  {"word ", 100, func(d Delta) bool { return d.From == 0 && d.To == 100 && d.Text == strings.Repeat("word ", 100) }},
		"many": {strings.Repeat("word ", 1000), 100, func(d Delta) bool { return d.From > 0 && d.To == 100 && len(d.Text) <= 64<<10 }},
	} {
		t.Run(name, func(t *testing.T) {
			var hub Hub
			l := hub.listen(false)
			defer hub.leave(l)
			for i := range test.most {
				hub.Played(Delta{Run: "a", From: i, To: i + 1, Text: test.piece})
			}
			hub.Played(Delta{Run: "b", From: 0, To: 1, Thinking: "hm"})
			hub.Played(Delta{Run: "a", From: test.most, To: test.most, Ended: true})
			var got []Delta
			for _, e := range l.take(nil) {
				if e.Played != nil {
					got = append(got, *e.Played)
				}
			}
			if len(got) != 2 || !test.want(got[0]) || !got[0].Ended || got[1].Run != "b" || got[1].Ended {
				t.Errorf("told: %d, from %d to %d with %d bytes", len(got), got[0].From, got[0].To, len(got[0].Text))
			}
		})
	}
}
