package store

// Blobs keeps sealed bytes under a name: secrets too large for an OS keychain, encrypted before they come here.
type Blobs struct {
	store  *Store
	bucket Bucket[[]byte]
}

// Blobs keeps them in the bucket "sealed".
func (s *Store) Blobs() *Blobs { return &Blobs{s, NewBucket[[]byte]("sealed")} }

// Get reads one, and says whether there is one.
func (b *Blobs) Get(name string) (sealed []byte, ok bool, err error) {
	err = b.store.View(func(tx *Tx) (err error) { sealed, ok, err = b.bucket.Get(tx, name); return err })
	return sealed, ok, err
}

// Put writes one, in place of one that may be there.
func (b *Blobs) Put(name string, sealed []byte) error {
	return b.store.Update(func(tx *Tx) error { return b.bucket.Put(tx, name, sealed) })
}

// Delete removes one; one that is not there is no error.
func (b *Blobs) Delete(name string) error {
	return b.store.Update(func(tx *Tx) error { return b.bucket.Delete(tx, name) })
}
