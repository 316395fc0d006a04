package kept

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"metapi/backend/protocol/openairesponses"
	"metapi/backend/store"
)

// Age is how long something is kept, and Limit how many bytes there may be of it in all.
const (
	Age   = 30 * 24 * time.Hour
	Limit = 256 << 20
)

// sweepEvery is how often what has expired is looked for.
const sweepEvery = time.Hour

// Options is what a [Kept] is made of. Zero values of all but Dir mean the default told with each.
type Options struct {
	Dir   string           // the data folder
	Age   time.Duration    // default: [Age]
	Limit int64            // bytes; default: [Limit]
	Off   bool             // nothing is kept until [Kept.Switch]; default: on
	Now   func() time.Time // default: time.Now
	Log   *slog.Logger     // default: slog.Default()
}

// Kept is what is kept. All methods are safe for concurrent use; none waits for the disk but those that read.
type Kept struct {
	Options

	disk sync.Mutex // held by whoever opens, writes or deletes the file; taken before mu

	mu       sync.Mutex // guards what follows
	off      bool
	loaded   bool
	closed   bool
	entries  map[string]*entry
	refs     map[string]int           // turn -> how many lean on it: its response, and the turns after it
	threads  map[string]*conversation // by id
	bytes    int64                    // of all bodies
	dirty    map[string]bool          // keys whose entry the file does not have as it is, or should no longer have
	st       *store.Store             // nil until it is needed
	flushing chan struct{}            // closed when the writer has ended; nil: there is none
	retry    *time.Timer
	trouble  error
}

// head is what is known of an entry without reading it. Which members count depends on its kind.
type head struct {
	Client   string          `json:"client,omitempty"`
	Time     int64           `json:"time,omitempty"` // Unix nanoseconds: when a response was made, or a conversation last used
	Size     int64           `json:"size,omitempty"`
	Before   string          `json:"before,omitempty"`   // turn: the one before it
	Inputs   int             `json:"inputs,omitempty"`   // turn: how many of its items are of the request
	Thread   string          `json:"thread,omitempty"`   // response, item: the conversation
	From     uint64          `json:"from,omitempty"`     // response: the number of its first output in the conversation
	Upto     uint64          `json:"upto,omitempty"`     // response: the number of its last
	Number   uint64          `json:"number,omitempty"`   // item
	ID       string          `json:"id,omitempty"`       // item
	Created  int64           `json:"created,omitempty"`  // conversation, in Unix seconds
	Metadata json.RawMessage `json:"metadata,omitempty"` // conversation
}

// entry is one record of the file. Its body is in memory until it is written.
type entry struct {
	head
	body []byte
}

// conversation is the order of a conversation's items.
type conversation struct {
	items []*entry
	last  uint64 // number given
}

// The kinds of entries, by what their keys begin with.
const (
	responseKey = "r/"
	turnKey     = "t/"
	threadKey   = "c/"
	itemKey     = "i/"
)

// New returns a store that reads what there is when it is first asked.
func New(o Options) *Kept {
	if o.Age == 0 {
		o.Age = Age
	}
	if o.Limit == 0 {
		o.Limit = Limit
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	k := &Kept{Options: o, off: o.Off}
	k.reset()
	return k
}

func (k *Kept) reset() {
	k.entries, k.refs, k.threads, k.dirty, k.bytes = map[string]*entry{}, map[string]int{}, map[string]*conversation{}, map[string]bool{}, 0
}

// On reports whether the user wants anything kept.
func (k *Kept) On() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.off
}

// Run deletes what has expired, now and again, until ctx ends.
func (k *Kept) Run(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		k.lock()
		k.sweep()
		k.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// now is in Unix nanoseconds.
func (k *Kept) now() int64 { return k.Now().UnixNano() }

// find returns a client's entry that has not expired. mu is held.
func (k *Kept) find(client, key string) *entry {
	e := k.entries[key]
	if e == nil || e.Client != client || k.expired(e) {
		return nil
	}
	return e
}

func (k *Kept) expired(e *entry) bool { return e.Time+int64(k.Age) <= k.now() }

// put adds an entry, or one in place of another. mu is held.
func (k *Kept) put(key string, h head, body []byte) *entry {
	if old := k.entries[key]; old != nil {
		k.bytes -= old.Size
	}
	h.Size = int64(len(body))
	e := &entry{head: h, body: body}
	k.entries[key] = e
	k.bytes += h.Size
	k.touch(key)
	return e
}

// touch marks an entry whose head is another now. mu is held.
func (k *Kept) touch(key string) {
	k.dirty[key] = true
	k.write()
}

// drop removes an entry. mu is held.
func (k *Kept) drop(key string) {
	if e := k.entries[key]; e != nil {
		k.bytes -= e.Size
		delete(k.entries, key)
		k.touch(key)
	}
}

// Keep keeps a response, and what was said in it in its conversation. Without an ID only the latter.
func (k *Kept) Keep(r *openairesponses.Kept) {
	openairesponses.Name(r.Input)
	openairesponses.Name(r.Output)
	k.lock()
	defer k.mu.Unlock()
	if k.off || k.closed {
		return
	}
	now := k.now()
	h := head{Client: r.Client, Time: now}
	items := slices.Concat(r.Input, r.Output)
	if size := sizeOf(items) + int64(len(r.Object)); size > k.Limit/8 {
		k.Log.Warn("a response is too large to be kept", "bytes", size)
		return
	}
	switch {
	case r.Conversation != "":
		thread := k.find(r.Client, threadKey+r.Conversation)
		if thread == nil {
			return // deleted meanwhile
		}
		k.say(r.Conversation, r.Input)
		h.Thread, h.From = r.Conversation, k.threads[r.Conversation].last+1
		k.say(r.Conversation, r.Output)
		h.Upto = k.threads[r.Conversation].last
	case r.ID != "":
		before, inputs := r.Before, len(r.Input)
		if k.entries[turnKey+before] == nil { // made in a conversation, or deleted meanwhile: what was said stays said
			before, inputs, items = "", inputs+len(r.Context), slices.Concat(r.Context, items)
		}
		k.put(turnKey+r.ID, head{Before: before, Inputs: inputs}, openairesponses.AppendItems(nil, items))
		k.refs[r.ID]++
		if before != "" {
			k.refs[before]++
		}
	}
	if r.ID != "" {
		k.put(responseKey+r.ID, h, r.Object)
	}
	k.makeRoom()
}

func sizeOf(items []openairesponses.Item) (n int64) {
	for i := range items {
		n += int64(len(items[i].Raw))
	}
	return n
}

// Response is the object of a client's response, as it was sent.
func (k *Kept) Response(client, id string) (object json.RawMessage, ok bool) {
	k.lock()
	e := k.find(client, responseKey+id)
	if e == nil {
		k.mu.Unlock()
		return nil, false
	}
	bodies, ok := k.bodies([]string{responseKey + id})
	if !ok {
		return nil, false
	}
	return bodies[0], true
}

// Context is all that was said up to a client's response, and in it.
func (k *Kept) Context(client, id string) ([]openairesponses.Item, bool) {
	return k.until(client, id, true)
}

// Input is all that was said before a client's response.
func (k *Kept) Input(client, id string) ([]openairesponses.Item, bool) {
	return k.until(client, id, false)
}

func (k *Kept) until(client, id string, whole bool) (items []openairesponses.Item, ok bool) {
	k.lock()
	e := k.find(client, responseKey+id)
	if e == nil {
		k.mu.Unlock()
		return nil, false
	}
	if e.Thread != "" {
		upto := e.Upto
		if !whole {
			upto = e.From - 1
		}
		return k.said(client, e.Thread, upto)
	}
	var keys []string
	inputs := 0
	for at := id; at != ""; {
		turn := k.entries[turnKey+at]
		if turn == nil {
			k.mu.Unlock()
			return nil, false
		}
		if at == id {
			inputs = turn.Inputs
		}
		keys = append(keys, turnKey+at)
		at = turn.Before
	}
	slices.Reverse(keys)
	bodies, ok := k.bodies(keys)
	for i, body := range bodies {
		var of []openairesponses.Item
		if json.Unmarshal(body, &of) != nil {
			return nil, false
		}
		if i+1 == len(bodies) && !whole {
			of = of[:min(inputs, len(of))]
		}
		items = append(items, of...)
	}
	return items, ok
}

// Item is one that a client's response has answered with.
func (k *Kept) Item(client, id string) (openairesponses.Item, bool) {
	items, _ := k.Context(client, openairesponses.ResponseOf(id))
	for i := range items {
		if items[i].ID == id {
			return items[i], true
		}
	}
	return openairesponses.Item{}, false
}

// Forget deletes a client's response, and reports whether there was one.
func (k *Kept) Forget(client, id string) bool {
	k.lock()
	defer k.mu.Unlock()
	if k.find(client, responseKey+id) == nil {
		return false
	}
	k.forget(id)
	return true
}

// forget drops a response, and the turns that nothing leans on any more. mu is held.
func (k *Kept) forget(id string) {
	e := k.entries[responseKey+id]
	k.drop(responseKey + id)
	if e.Thread != "" {
		return
	}
	for at := id; at != ""; {
		if k.refs[at]--; k.refs[at] > 0 {
			return
		}
		delete(k.refs, at)
		turn := k.entries[turnKey+at]
		k.drop(turnKey + at)
		if turn == nil {
			return
		}
		at = turn.Before
	}
}

// makeRoom keeps all that is kept within its bound. mu is held.
func (k *Kept) makeRoom() {
	if k.bytes > k.most() {
		k.sweep()
	}
}

// most is how many bytes may be kept: less while they are all in memory.
func (k *Kept) most() int64 {
	if k.trouble != nil {
		return k.Limit / 8
	}
	return k.Limit
}

// sweep drops what has expired, and what is oldest where there is too much. mu is held.
func (k *Kept) sweep() {
	type aged struct {
		key  string
		time int64
	}
	var list []aged
	most := k.most()
	full := k.bytes > most
	enough := most // what is left, so that not every new response has to look for room
	if full {
		enough -= most / 10
	}
	for key, e := range k.entries {
		if (key[:2] == responseKey || key[:2] == threadKey) && (full || k.expired(e)) {
			list = append(list, aged{key, e.Time})
		}
	}
	slices.SortFunc(list, func(a, b aged) int { return cmp.Compare(a.time, b.time) })
	for _, a := range list {
		e := k.entries[a.key]
		if e == nil || !k.expired(e) && k.bytes <= enough {
			continue
		}
		if id := a.key[2:]; a.key[:2] == responseKey {
			k.forget(id)
		} else {
			k.forgetThread(id)
		}
	}
}

// Switch turns keeping on or off. Off deletes what was kept.
func (k *Kept) Switch(on bool) {
	k.disk.Lock()
	defer k.disk.Unlock()
	k.mu.Lock()
	k.off = !on
	if !on {
		k.reset()
		k.loaded = true
	}
	k.mu.Unlock()
	if !on {
		k.remove()
	}
}

// Trouble says in words why what is kept would not survive the end of this process; "" where it would.
func (k *Kept) Trouble() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trouble == nil {
		return ""
	}
	return "responses that clients may continue are kept in memory only: " + k.trouble.Error()
}
