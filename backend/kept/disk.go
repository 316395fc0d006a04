package kept

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"metapi/backend/store"
)

// File is the name of the file in the data folder.
const File = "responses.db"

const damagedSuffix = ".damaged"

// retryAfter is how long the disk is left alone after it did not take something.
const retryAfter = 5 * time.Second

var (
	heads  = store.NewBucket[head]("heads")
	bodies = store.NewBucket[json.RawMessage]("bodies")
)

func (k *Kept) path() string { return filepath.Join(k.Dir, File) }

// lock takes mu, and reads the file before if nobody has.
func (k *Kept) lock() {
	k.mu.Lock()
	for !k.loaded {
		k.mu.Unlock()
		k.load()
		k.mu.Lock()
	}
}

// load reads the heads of what is in the file, if there is one. A file that cannot be read now is tried again when something is written.
func (k *Kept) load() {
	k.disk.Lock()
	defer k.disk.Unlock()
	k.mu.Lock()
	loaded, off := k.loaded, k.off
	k.mu.Unlock()
	if loaded {
		return
	}
	found := map[string]*entry{}
	if _, err := os.Stat(k.path()); !off && !errors.Is(err, fs.ErrNotExist) {
		err := k.open()
		if err == nil {
			err = k.st.View(func(tx *store.Tx) error {
				return heads.Each(tx, "", func(key string, h head) error {
					found[key] = &entry{head: h}
					return nil
				})
			})
			if err != nil {
				found = map[string]*entry{}
				k.putAside()
			}
		}
		k.note(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.entries, k.loaded = found, true
	k.index()
}

// index makes of the entries what is not written with them.
func (k *Kept) index() {
	for key, e := range k.entries {
		k.bytes += e.Size
		switch id := key[2:]; key[:2] {
		case responseKey:
			if e.Thread == "" {
				k.refs[id]++
			}
		case turnKey:
			if e.Before != "" {
				k.refs[e.Before]++
			}
		case threadKey:
			k.thread(id)
		case itemKey:
			t := k.thread(e.Thread)
			t.items = append(t.items, e)
			t.last = max(t.last, e.Number)
		}
	}
	for _, e := range k.entries { // numbers are never given twice, also where the last item was deleted
		if t := k.threads[e.Thread]; t != nil {
			t.last = max(t.last, e.Upto)
		}
	}
	for _, t := range k.threads {
		slices.SortFunc(t.items, func(a, b *entry) int { return cmp.Compare(a.Number, b.Number) })
	}
}

func (k *Kept) thread(id string) *conversation {
	if k.threads[id] == nil {
		k.threads[id] = &conversation{}
	}
	return k.threads[id]
}

// open opens the file, and puts it aside where it is no use. disk is held, and mu is not: it takes its time.
func (k *Kept) open() error {
	if k.st != nil {
		return nil
	}
	st, err := store.Open(k.Dir, store.WithFile(File))
	if errors.Is(err, store.ErrCorrupt) || errors.Is(err, store.ErrNewer) {
		k.note(err)
		k.putAside()
		st, err = store.Open(k.Dir, store.WithFile(File))
	}
	if err == nil {
		k.mu.Lock()
		k.st = st
		k.mu.Unlock()
	}
	return err
}

// putAside lets go of a file that is no use, and keeps it for whoever wants to look into it. disk is held, and mu is not.
func (k *Kept) putAside() {
	k.closeFile()
	if err := os.Rename(k.path(), k.path()+damagedSuffix); err != nil {
		k.note(err)
	}
}

// closeFile lets go of the file. disk is held, and mu is not.
func (k *Kept) closeFile() {
	k.mu.Lock()
	st := k.st
	k.st = nil
	k.mu.Unlock()
	if st != nil {
		_ = st.Close() // what was written is on the disk
	}
}

// remove deletes the file. disk is held, and mu is not.
func (k *Kept) remove() {
	k.closeFile()
	for _, path := range []string{k.path(), k.path() + damagedSuffix} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			k.note(err)
		}
	}
}

// note keeps what is wrong, and tells the log once. mu is not held.
func (k *Kept) note(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil && (k.trouble == nil || k.trouble.Error() != err.Error()) {
		k.Log.Warn("what tools may continue cannot be kept on the disk", "error", err)
	}
	k.trouble = err
}

// bodies reads the bodies of entries that are there. mu is held, and let go.
func (k *Kept) bodies(keys []string) ([]json.RawMessage, bool) {
	found := make([]json.RawMessage, len(keys))
	missing := false
	for i, key := range keys {
		e := k.entries[key]
		if e == nil {
			k.mu.Unlock()
			return nil, false
		}
		found[i] = e.body
		missing = missing || e.body == nil
	}
	st := k.st
	k.mu.Unlock()
	if !missing {
		return found, true
	}
	if st == nil {
		return nil, false
	}
	err := st.View(func(tx *store.Tx) error {
		for i, key := range keys {
			if found[i] != nil {
				continue
			}
			body, ok, err := bodies.Get(tx, key)
			if err != nil {
				return err
			}
			if !ok {
				return fs.ErrNotExist
			}
			found[i] = body
		}
		return nil
	})
	return found, err == nil
}

// write sees to it that what is dirty is written. mu is held.
func (k *Kept) write() {
	if k.flushing == nil && k.retry == nil && !k.closed {
		k.flushing = make(chan struct{})
		go k.flush()
	}
}

// flush writes until there is nothing left to write.
func (k *Kept) flush() {
	for k.flushOnce() {
	}
}

func (k *Kept) flushOnce() (more bool) {
	k.disk.Lock()
	defer k.disk.Unlock()
	k.mu.Lock()
	if len(k.dirty) == 0 || k.off {
		defer k.mu.Unlock()
		k.endFlush()
		return false
	}
	taken := k.dirty
	k.dirty = map[string]bool{}
	now := make(map[string]entry, len(taken))
	for key := range taken {
		if e := k.entries[key]; e != nil {
			now[key] = *e
		}
	}
	k.mu.Unlock()

	err := k.open()
	if err == nil {
		err = k.st.Update(func(tx *store.Tx) error {
			for key := range taken {
				if err := save(tx, key, now); err != nil {
					return err
				}
			}
			return nil
		})
	}
	k.note(err)

	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		for key := range taken {
			k.dirty[key] = true
		}
		k.endFlush()
		if !k.closed {
			k.retry = time.AfterFunc(retryAfter, func() {
				k.mu.Lock()
				defer k.mu.Unlock()
				k.retry = nil
				k.write()
			})
		}
		return false
	}
	for key := range now {
		if e := k.entries[key]; e != nil && !k.dirty[key] {
			e.body = nil
		}
	}
	return true
}

// endFlush says that nobody writes any more. mu is held.
func (k *Kept) endFlush() {
	close(k.flushing)
	k.flushing = nil
}

// save brings the file's record of a key to what it is now.
func save(tx *store.Tx, key string, now map[string]entry) error {
	e, there := now[key]
	if !there {
		if err := heads.Delete(tx, key); err != nil {
			return err
		}
		return bodies.Delete(tx, key)
	}
	if e.body != nil {
		if err := bodies.Put(tx, key, e.body); err != nil {
			return err
		}
	}
	return heads.Put(tx, key, e.head)
}

// Flush waits until what was kept so far is on the disk, or could not be put there.
func (k *Kept) Flush() {
	k.mu.Lock()
	writing := k.flushing
	k.mu.Unlock()
	if writing != nil {
		<-writing
	}
}

// Close writes what is left, and lets go of the file.
func (k *Kept) Close() error {
	k.mu.Lock()
	k.closed = true
	if k.retry != nil && k.retry.Stop() {
		k.retry = nil
		if k.flushing == nil { // once more
			k.flushing = make(chan struct{})
			go k.flush()
		}
	}
	k.mu.Unlock()
	k.Flush()
	k.disk.Lock()
	defer k.disk.Unlock()
	k.closeFile()
	return nil
}
