package store

import (
	"encoding/json"
	"errors"
	"fmt"

	bolterrors "go.etcd.io/bbolt/errors"
)

// ErrStop, returned by its function, ends [Bucket.Each] and its like early, without an error.
var ErrStop = errors.New("stop")

// Bucket is a named set of records of one type, kept as JSON, in the order of their keys' bytes. A key is any bytes
// but none at all; a Go string holds them, and numbers that should sort are written big-endian. A bucket that nobody
// has written to is empty.
type Bucket[T any] struct{ name []byte }

// NewBucket names a bucket. Two buckets of one name are the same bucket.
func NewBucket[T any](name string) Bucket[T] { return Bucket[T]{[]byte(name)} }

// Name is the bucket's name.
func (b Bucket[T]) Name() string { return string(b.name) }

// Get reads a record, and says whether there is one.
func (b Bucket[T]) Get(tx *Tx, key string) (T, bool, error) {
	var v T
	bucket := tx.tx.Bucket(b.name)
	if bucket == nil {
		return v, false, nil
	}
	raw := bucket.Get([]byte(key))
	if raw == nil {
		return v, false, nil
	}
	v, err := b.decode(tx, []byte(key), raw)
	return v, err == nil, err
}

// Put writes a record, in place of one that may be there.
func (b Bucket[T]) Put(tx *Tx, key string, v T) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s %q: %w", b.name, key, err)
	}
	bucket, err := tx.tx.CreateBucketIfNotExists(b.name)
	if err != nil {
		return err
	}
	return bucket.Put([]byte(key), raw)
}

// Delete removes a record; one that is not there is no error.
func (b Bucket[T]) Delete(tx *Tx, key string) error {
	bucket := tx.tx.Bucket(b.name)
	if bucket == nil {
		return nil
	}
	return bucket.Delete([]byte(key))
}

// Clear removes all records.
func (b Bucket[T]) Clear(tx *Tx) error {
	if err := tx.tx.DeleteBucket(b.name); !errors.Is(err, bolterrors.ErrBucketNotFound) {
		return err
	}
	return nil
}

// Each calls fn for each record from a key on ("" for all), in order. fn ends it with [ErrStop] or an error of its own,
// and must not change the bucket.
func (b Bucket[T]) Each(tx *Tx, from string, fn func(key string, v T) error) error {
	bucket := tx.tx.Bucket(b.name)
	if bucket == nil {
		return nil
	}
	c := bucket.Cursor()
	k, raw := c.First()
	if from != "" {
		k, raw = c.Seek([]byte(from))
	}
	for ; k != nil; k, raw = c.Next() {
		if done, err := b.call(tx, k, raw, fn); done {
			return err
		}
	}
	return nil
}

// EachBack calls fn for each record before a key ("" for all), last first.
func (b Bucket[T]) EachBack(tx *Tx, before string, fn func(key string, v T) error) error {
	bucket := tx.tx.Bucket(b.name)
	if bucket == nil {
		return nil
	}
	c := bucket.Cursor()
	k, raw := c.Last()
	if before != "" {
		if at, _ := c.Seek([]byte(before)); at != nil {
			k, raw = c.Prev()
		} else {
			k, raw = c.Last()
		}
	}
	for ; k != nil; k, raw = c.Prev() {
		if done, err := b.call(tx, k, raw, fn); done {
			return err
		}
	}
	return nil
}

// Last is the record with the highest key, and whether there is one.
func (b Bucket[T]) Last(tx *Tx) (key string, v T, ok bool, err error) {
	err = b.EachBack(tx, "", func(k string, last T) error {
		key, v, ok = k, last, true
		return ErrStop
	})
	return key, v, ok, err
}

// All reads all records, in order.
func (b Bucket[T]) All(tx *Tx) ([]T, error) {
	var list []T
	err := b.Each(tx, "", func(_ string, v T) error { list = append(list, v); return nil })
	return list, err
}

// Len counts the records, by walking them.
func (b Bucket[T]) Len(tx *Tx) int {
	bucket := tx.tx.Bucket(b.name)
	if bucket == nil {
		return 0
	}
	return bucket.Stats().KeyN
}

// call decodes one record and hands it to fn; done says that the walk is over.
func (b Bucket[T]) call(tx *Tx, key, raw []byte, fn func(string, T) error) (done bool, err error) {
	v, err := b.decode(tx, key, raw)
	if err == nil {
		err = fn(string(key), v)
	}
	if errors.Is(err, ErrStop) {
		return true, nil
	}
	return err != nil, err
}

func (b Bucket[T]) decode(tx *Tx, key, raw []byte) (T, error) {
	var v T
	err := json.Unmarshal(raw, &v)
	if err != nil {
		path := tx.tx.DB().Path()
		err = &Error{Op: fmt.Sprintf("read %s %q", b.name, key), Path: path, Kind: ErrCorrupt, Cause: err, Hint: restoreHint(path)}
	}
	return v, err
}
