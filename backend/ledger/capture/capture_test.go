package capture

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"metapi/backend/protocol"
	"metapi/backend/routing"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func plainly() func(string) string {
	return func(s string) string { return strings.ReplaceAll(s, "s3cret", "[hidden]") }
}

// said keeps a request, and waits until it is written.
func said(s *Store, n int, request, reply string) string {
	id := fmt.Sprintf("r%04d", n)
	c := s.present(&routing.Said{ID: id, Client: "cli", Start: s.Now(), Protocol: protocol.OpenAIChat, Request: []byte(request), Reply: []byte(reply), ReplySize: int64(len(reply))})
	if err := s.write(c, s.emptied); err != nil {
		panic(err)
	}
	return id
}

func newStore(t *testing.T, dir string, now *time.Time, set Settings) *Store {
	set.Clients = []string{"cli"}
	s := New(Options{Dir: dir, Mask: plainly, Now: func() time.Time { return *now }}, set)
	t.Cleanup(func() { s.Close() })
	return s
}

func names(t *testing.T, dir string) (all []string) {
	entries, err := os.ReadDir(filepath.Join(dir, Folder))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// What is older than the user allows is gone from the disk, and so is the oldest of what is too much.
func TestRetention(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	s := newStore(t, dir, &now, Settings{Days: 2, Megabytes: 1})
	old := said(s, 1, "{}", "{}")
	now = now.Add(47 * time.Hour)
	if _, ok, err := s.Get(old); !ok || err != nil {
		t.Errorf("gone too soon: %v", err)
	}
	young := said(s, 2, "{}", "{}")
	now = now.Add(2 * time.Hour)
	if _, ok, _ := s.Get(old); ok {
		t.Error("it is still given out")
	}
	if got := names(t, dir); len(got) != 1 || got[0] != young+".json" {
		t.Errorf("on the disk: %v", got)
	}
	large := strings.Repeat("x", 200<<10)
	for n := 3; n < 13; n++ {
		said(s, n, large, "{}")
	}
	if h := s.Holding(); h.Bytes > 1<<20 || h.Requests != 5 {
		t.Errorf("held: %+v", h)
	}
	if got := names(t, dir); len(got) != 5 || got[4] != "r0012.json" {
		t.Errorf("on the disk: %v", got)
	}
	now = now.Add(3 * 24 * time.Hour)
	s.Set(s.Settings())
	if got := names(t, dir); got != nil {
		t.Errorf("on the disk: %v", got)
	}
}

// Each side is bounded, and says so; a key at the edge is hidden, not halved.
func TestBounds(t *testing.T) {
	now := time.Now()
	s := newStore(t, t.TempDir(), &now, Defaults)
	for _, before := range []int{most - 3, most - 8, 2 * most} {
		c, ok, err := s.Get(said(s, before, strings.Repeat("ä", before/2)+" s3cret", `{"a":"`+strings.Repeat("b", most+10)+`"}`))
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		for _, side := range []Side{c.Request, c.Reply} {
			if len(side.Text) > most || !side.Cut || strings.Contains(side.Text, "s3") || side.Size <= most-8 {
				t.Errorf("%d: %d bytes of %d, ends with %q", before, len(side.Text), side.Size, side.Text[len(side.Text)-10:])
			}
		}
	}
}

// What was said before all was deleted is not written after it, and neither is what a client said that is not captured any more.
func TestDeletedIsDeleted(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	s := newStore(t, dir, &now, Defaults)
	said(s, 1, "{}", "{}")
	late := s.present(&routing.Said{ID: "late", Client: "cli"})
	before := s.emptied
	if err := s.Empty(); err != nil {
		t.Fatal(err)
	}
	if err := s.write(late, before); err != nil || names(t, dir) != nil {
		t.Errorf("%v %v", err, names(t, dir))
	}
	s.Set(Defaults)
	said(s, 2, "{}", "{}")
	if s.On("cli") || names(t, dir) != nil {
		t.Errorf("on the disk: %v", names(t, dir))
	}
}

// Keep never waits, and Close writes what was kept.
func TestKeepThenClose(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	s := newStore(t, dir, &now, Defaults)
	for n := range 500 {
		s.Keep(&routing.Said{ID: fmt.Sprintf("k%03d", n), Client: "cli", Protocol: protocol.OpenAIChat, Request: []byte("{}")})
	}
	s.Close()
	if got, missed := len(names(t, dir)), s.Holding().Missed; int64(got)+missed != 500 || got < waiting {
		t.Errorf("%d written, %d missed", got, missed)
	}
	s.Keep(&routing.Said{ID: "after", Client: "cli"})
}

// Off costs a request nothing.
func TestOffAllocatesNothing(t *testing.T) {
	now := time.Now()
	s := newStore(t, t.TempDir(), &now, Defaults)
	s.Set(Defaults)
	if n := testing.AllocsPerRun(100, func() { s.On("cli") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
