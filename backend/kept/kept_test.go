package kept

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/protocol/openairesponses"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func open(t *testing.T, o Options) *Kept {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	k := New(o)
	t.Cleanup(func() { k.Close() })
	return k
}

func items(texts ...string) (list []openairesponses.Item) {
	for _, s := range texts {
		raw, _ := json.Marshal(map[string]any{"role": "user", "content": s})
		list = append(list, openairesponses.Item{Raw: raw})
	}
	return list
}

// texts are what items say.
func texts(t *testing.T, list []openairesponses.Item, ok bool) string {
	t.Helper()
	if !ok {
		return "(nothing)"
	}
	var said []string
	for _, it := range list {
		var m struct{ Content string }
		if err := json.Unmarshal(it.Raw, &m); err != nil || it.ID == "" {
			t.Fatalf("%v, id %q: %s", err, it.ID, it.Raw)
		}
		said = append(said, m.Content)
	}
	return strings.Join(said, " ")
}

// turn keeps a response that says what it was asked.
func (k *Kept) turn(client, before, asked string) string {
	id := openairesponses.NewResponseID()
	k.Keep(&openairesponses.Kept{ID: id, Client: client, Before: before, Object: json.RawMessage(`{"id":"` + id + `"}`), Input: items(asked), Output: items("re:" + asked)})
	return id
}

// What is kept is there at once, and after a restart; to delete a response breaks none that goes on from it.
func TestThread(t *testing.T) {
	dir := t.TempDir()
	k := open(t, Options{Dir: dir})
	a := k.turn("c", "", "one")
	b := k.turn("c", a, "two")
	c := k.turn("c", b, "three")
	fork := k.turn("c", a, "other")
	check := func(when string) {
		t.Helper()
		for id, want := range map[string]string{a: "one re:one", b: "one re:one two re:two", c: "one re:one two re:two three re:three", fork: "one re:one other re:other"} {
			got, ok := k.Context("c", id)
			if said := texts(t, got, ok); said != want {
				t.Errorf("%s: %q, want %q", when, said, want)
			}
			in, ok := k.Input("c", id)
			if said := texts(t, in, ok); said != want[:strings.LastIndex(want, " re:")] {
				t.Errorf("%s: input %q of %q", when, said, want)
			}
			if object, ok := k.Response("c", id); !ok || string(object) != `{"id":"`+id+`"}` {
				t.Errorf("%s: %s %v", when, object, ok)
			}
			if _, ok := k.Context("another", id); ok {
				t.Errorf("%s: another client has it", when)
			}
		}
	}
	check("at once")
	k.Flush()
	check("from the disk")
	k.Close()
	k = open(t, Options{Dir: dir})
	check("after a restart")
	if info, err := os.Stat(filepath.Join(dir, File)); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}

	if k.Forget("another", b) || !k.Forget("c", b) || k.Forget("c", b) {
		t.Error("who may delete what")
	}
	if _, ok := k.Response("c", b); ok {
		t.Error("deleted, and still there")
	}
	if _, ok := k.Context("c", b); ok {
		t.Error("deleted, and still to be continued")
	}
	got, ok := k.Context("c", c)
	if said := texts(t, got, ok); said != "one re:one two re:two three re:three" {
		t.Errorf("after the one before it was deleted: %q", said)
	}
	for _, id := range []string{a, c, fork} {
		k.Forget("c", id)
	}
	k.mu.Lock()
	left, bytes := len(k.entries), k.bytes
	k.mu.Unlock()
	if left != 0 || bytes != 0 {
		t.Errorf("%d entries of %d bytes are left", left, bytes)
	}
}

// What is on the disk is there whether or not the process ends in peace.
func TestKilled(t *testing.T) {
	dir, after := t.TempDir(), t.TempDir()
	k := open(t, Options{Dir: dir})
	id := k.turn("c", "", "one")
	thread := k.Begin("c", nil, items("begun"))
	k.Flush()
	raw, err := os.ReadFile(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(after, File), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	k = open(t, Options{Dir: after})
	got, ok := k.Context("c", id)
	if said := texts(t, got, ok); said != "one re:one" {
		t.Errorf("%q", said)
	}
	got, ok = k.Said("c", thread.ID)
	if said := texts(t, got, ok); said != "begun" {
		t.Errorf("%q", said)
	}
}

func TestExpiryAndBound(t *testing.T) {
	dir := t.TempDir()
	at := &clock{at: time.Unix(1_800_000_000, 0)}
	k := open(t, Options{Dir: dir, Now: at.now, Limit: 20_000})
	old := k.turn("c", "", "old")
	thread := k.Begin("c", nil, items("begun"))
	at.move(Age - time.Hour)
	young := k.turn("c", old, "young")
	k.Say("c", thread.ID, items("used"))
	at.move(time.Hour)
	if _, ok := k.Response("c", old); ok {
		t.Error("has not expired")
	}
	got, ok := k.Context("c", young)
	if said := texts(t, got, ok); said != "old re:old young re:young" {
		t.Errorf("a thread lost its beginning: %q", said)
	}
	if _, ok := k.Conversation("c", thread.ID); !ok {
		t.Error("a conversation that is in use has expired")
	}
	k.lock()
	k.sweep()
	k.mu.Unlock()

	last := ""
	for i := range 40 {
		at.move(time.Second)
		last = k.turn("c", "", strings.Repeat("x", 700)+fmt.Sprint(i))
	}
	k.mu.Lock()
	bytes := k.bytes
	k.mu.Unlock()
	if _, ok := k.Context("c", last); !ok || bytes > 20_000 {
		t.Errorf("%d bytes are kept, the newest: %v", bytes, ok)
	}
	if _, ok := k.Context("c", young); ok {
		t.Error("the oldest did not make way")
	}
	if id := k.turn("c", "", strings.Repeat("x", 3000)); func() bool { _, ok := k.Context("c", id); return ok }() {
		t.Error("what is larger than it may be was kept")
	}

	at.move(2 * Age)
	k.lock()
	k.sweep()
	k.mu.Unlock()
	k.Close()
	raw, _ := os.ReadFile(filepath.Join(dir, File))
	if len(raw) == 0 {
		t.Error("no file")
	}
	again := open(t, Options{Dir: dir, Now: at.now})
	again.lock()
	defer again.mu.Unlock()
	if len(again.entries) != 0 {
		t.Errorf("%d expired entries came back", len(again.entries))
	}
}

func TestConversation(t *testing.T) {
	dir := t.TempDir()
	k := open(t, Options{Dir: dir})
	c := k.Begin("c", json.RawMessage(`{"a":"b"}`), items("one", "two"))
	id := openairesponses.NewResponseID()
	k.Keep(&openairesponses.Kept{ID: id, Client: "c", Conversation: c.ID, Object: json.RawMessage(`{}`), Input: items("three"), Output: items("four")})
	k.Say("c", c.ID, items("five"))
	k.Close()
	k = open(t, Options{Dir: dir})
	said, ok := k.Said("c", c.ID)
	if got := texts(t, said, ok); got != "one two three four five" {
		t.Errorf("said %q", got)
	}
	got, ok := k.Context("c", id)
	if got := texts(t, got, ok); got != "one two three four" {
		t.Errorf("up to the response: %q", got)
	}
	in, ok := k.Input("c", id)
	if got := texts(t, in, ok); got != "one two three" {
		t.Errorf("before the response: %q", got)
	}
	next := openairesponses.NewResponseID()
	k.Keep(&openairesponses.Kept{ID: next, Client: "c", Before: id, Context: got, Object: json.RawMessage(`{}`), Input: items("on"), Output: items("and on")})
	got, ok = k.Context("c", next)
	if got := texts(t, got, ok); got != "one two three four on and on" {
		t.Errorf("beside the conversation: %q", got)
	}
	if k.Say("another", c.ID, items("x")) || k.End("another", c.ID) {
		t.Error("another client's")
	}
	if _, ok := k.Unsay("another", c.ID, said[1].ID); ok {
		t.Error("another client's")
	}
	if d, ok := k.Describe("c", c.ID, json.RawMessage(`{"n":"m"}`)); !ok || string(d.Metadata) != `{"n":"m"}` || d.Created != c.Created {
		t.Errorf("described %+v", d)
	}
	if _, ok := k.Unsay("c", c.ID, said[1].ID); !ok {
		t.Error("an item is not to be deleted")
	}
	said, ok = k.Said("c", c.ID)
	if got := texts(t, said, ok); got != "one three four five" {
		t.Errorf("said %q", got)
	}
	if !k.End("c", c.ID) || k.End("c", c.ID) {
		t.Error("ended twice, or not at all")
	}
	if _, ok := k.Context("c", id); ok {
		t.Error("the conversation is gone, and can be gone on with")
	}
}

// Off, nothing is kept, and what was kept is gone from the disk.
func TestSwitch(t *testing.T) {
	dir := t.TempDir()
	k := open(t, Options{Dir: dir})
	id := k.turn("c", "", "secret plans")
	k.Flush()
	k.Switch(false)
	if _, ok := k.Context("c", id); ok || k.On() {
		t.Error("still there")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("left on the disk: %q", left)
	}
	if _, ok := k.Context("c", k.turn("c", "", "more")); ok {
		t.Error("kept all the same")
	}
	k.Switch(true)
	if _, ok := k.Context("c", k.turn("c", "", "more")); !ok || !k.On() {
		t.Error("not kept again")
	}
}

func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, File), bytes.Repeat([]byte("no database"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	k := open(t, Options{Dir: dir})
	id := k.turn("c", "", "one")
	k.Close()
	if _, err := os.Stat(filepath.Join(dir, File+damagedSuffix)); err != nil {
		t.Error(err)
	}
	k = open(t, Options{Dir: dir})
	if _, ok := k.Context("c", id); !ok || k.Trouble() != "" {
		t.Errorf("not kept in a new file: %s", k.Trouble())
	}
}

// A disk that does not take anything stops nobody.
func TestNoDisk(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, File), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, File+damagedSuffix), nil, 0o600); err != nil {
		t.Fatal(err) // so that it cannot be put aside
	}
	k := open(t, Options{Dir: dir})
	id := k.turn("c", "", "one")
	k.Flush()
	if _, ok := k.Context("c", id); !ok || k.Trouble() == "" {
		t.Errorf("trouble %q", k.Trouble())
	}
}

func TestParallel(t *testing.T) {
	k := open(t, Options{Dir: t.TempDir(), Limit: 60_000})
	thread := k.Begin("c", nil, nil)
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			before := ""
			for i := range 30 {
				id := k.turn(fmt.Sprint("client", w%2), before, fmt.Sprint("turn ", i))
				k.Context(fmt.Sprint("client", w%2), before)
				k.Say("c", thread.ID, items("x"))
				k.Said("c", thread.ID)
				if i%7 == 3 {
					k.Forget(fmt.Sprint("client", w%2), before)
				}
				before = id
			}
			if _, ok := k.Context(fmt.Sprint("client", w%2), before); !ok {
				t.Error("the newest is gone")
			}
		})
	}
	all.Wait()
}
