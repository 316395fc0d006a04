package kept

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"metapi/backend/protocol/openairesponses"
)

// Begin makes a conversation for a client.
func (k *Kept) Begin(client string, metadata json.RawMessage, items []openairesponses.Item) openairesponses.Conversation {
	id, now := openairesponses.NewConversationID(), k.now()
	openairesponses.Name(items)
	k.lock()
	defer k.mu.Unlock()
	h := head{Client: client, Time: now, Created: now / int64(time.Second), Metadata: metadata}
	if k.off || k.closed {
		return told(id, &entry{head: h})
	}
	e := k.put(threadKey+id, h, nil)
	k.threads[id] = &conversation{}
	k.say(id, items)
	k.makeRoom()
	return told(id, e)
}

func told(id string, e *entry) openairesponses.Conversation {
	return openairesponses.Conversation{ID: id, Metadata: e.Metadata, Created: e.Created}
}

// Conversation finds one of a client's.
func (k *Kept) Conversation(client, id string) (openairesponses.Conversation, bool) {
	k.lock()
	defer k.mu.Unlock()
	e := k.find(client, threadKey+id)
	if e == nil {
		return openairesponses.Conversation{}, false
	}
	return told(id, e), true
}

// Describe replaces the metadata of a client's conversation.
func (k *Kept) Describe(client, id string, metadata json.RawMessage) (openairesponses.Conversation, bool) {
	k.lock()
	defer k.mu.Unlock()
	e := k.find(client, threadKey+id)
	if e == nil {
		return openairesponses.Conversation{}, false
	}
	h := e.head
	h.Metadata, h.Time = metadata, k.now()
	return told(id, k.put(threadKey+id, h, nil)), true
}

// End deletes a client's conversation with all its items, and reports whether there was one.
func (k *Kept) End(client, id string) bool {
	k.lock()
	defer k.mu.Unlock()
	if k.find(client, threadKey+id) == nil {
		return false
	}
	k.forgetThread(id)
	return true
}

func (k *Kept) forgetThread(id string) {
	for _, it := range k.threads[id].items {
		k.drop(placeOf(id, it.Number))
	}
	delete(k.threads, id)
	k.drop(threadKey + id)
}

func placeOf(thread string, number uint64) string {
	return fmt.Sprintf("%s%s/%016x", itemKey, thread, number)
}

// Say adds items to a client's conversation, with names for those that have none, and reports whether there is one.
func (k *Kept) Say(client, id string, items []openairesponses.Item) bool {
	openairesponses.Name(items)
	k.lock()
	defer k.mu.Unlock()
	if k.find(client, threadKey+id) == nil {
		return false
	}
	k.say(id, items)
	k.makeRoom()
	return true
}

// say adds items to a conversation that is there. mu is held.
func (k *Kept) say(id string, items []openairesponses.Item) {
	thread := k.threads[id]
	for i := range items {
		thread.last++
		thread.items = append(thread.items, k.put(placeOf(id, thread.last), head{Thread: id, Number: thread.last, ID: items[i].ID}, items[i].Append(nil)))
	}
	k.entries[threadKey+id].Time = k.now()
	k.touch(threadKey + id)
}

// Said is all items of a client's conversation, in order.
func (k *Kept) Said(client, id string) ([]openairesponses.Item, bool) {
	k.lock()
	return k.said(client, id, 1<<63)
}

// said reads items up to a number. mu is held, and let go.
func (k *Kept) said(client, id string, upto uint64) (items []openairesponses.Item, ok bool) {
	if k.find(client, threadKey+id) == nil {
		k.mu.Unlock()
		return nil, false
	}
	var keys []string
	for _, it := range k.threads[id].items {
		if it.Number <= upto {
			keys = append(keys, placeOf(id, it.Number))
		}
	}
	bodies, ok := k.bodies(keys)
	for _, body := range bodies {
		var it openairesponses.Item
		if json.Unmarshal(body, &it) != nil {
			return nil, false
		}
		items = append(items, it)
	}
	return items, ok
}

// Unsay deletes an item of a client's conversation, and reports whether there was one.
func (k *Kept) Unsay(client, id, item string) (c openairesponses.Conversation, ok bool) {
	k.lock()
	defer k.mu.Unlock()
	e := k.find(client, threadKey+id)
	if e == nil {
		return c, false
	}
	thread := k.threads[id]
	i := slices.IndexFunc(thread.items, func(it *entry) bool { return it.ID == item })
	if i < 0 {
		return c, false
	}
	k.drop(placeOf(id, thread.items[i].Number))
	thread.items = slices.Delete(thread.items, i, i+1)
	return told(id, e), true
}
