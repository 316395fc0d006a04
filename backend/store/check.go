package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// The layout of bbolt's header, from its internal/common/meta.go and page.go: two meta pages at the start of the
// file, of which the one with a right checksum and the higher transaction id counts. All numbers are in the byte
// order of the machine.
const (
	boltMagic      = 0xED0CDAED
	boltVersion    = 2
	pageHeaderSize = 16
	metaSize       = 64

	metaPageSizeAt = 8
	metaPagesAt    = 40 // the high-water mark: how many pages the file has
	metaTxidAt     = 48
	metaChecksumAt = 56
)

// checkHeader reads the header of the file as bbolt would, without mapping it into memory, and compares its size
// with the size that the header claims. It reads only.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &Error{Op: "open the database", Path: path, Kind: ErrCorrupt, Cause: errors.New("it is a folder")}
	}
	size := info.Size()
	if size == 0 {
		return damaged(path, errors.New("the file is empty"))
	}

	var best, bestTx uint64 // the bytes that the newest valid header needs, and its transaction id
	found := false
	// Page sizes from 1 KiB to 16 MiB, as bbolt tries them: the second header is one page in.
	for shift := -1; shift <= 14; shift++ {
		var at int64
		if shift >= 0 {
			at = 1024 << shift
		}
		need, txid, ok := readMeta(f, at)
		if ok && (!found || txid > bestTx) {
			best, bestTx, found = need, txid, true
		}
	}
	switch {
	case !found:
		return damaged(path, errors.New("it has no valid header"))
	case uint64(size) < best:
		return damaged(path, fmt.Errorf("the file is cut short: %d bytes of %d are there", size, best))
	}
	return nil
}

// readMeta reads the header at an offset: how many bytes the file must have, and the header's transaction id.
func readMeta(r io.ReaderAt, at int64) (need, txid uint64, ok bool) {
	var page [pageHeaderSize + metaSize]byte
	if _, err := r.ReadAt(page[:], at); err != nil {
		return 0, 0, false
	}
	meta := page[pageHeaderSize:]
	order := binary.NativeEndian
	if order.Uint32(meta) != boltMagic || order.Uint32(meta[4:]) != boltVersion {
		return 0, 0, false
	}
	sum := fnv.New64a()
	sum.Write(meta[:metaChecksumAt])
	if sum.Sum64() != order.Uint64(meta[metaChecksumAt:]) {
		return 0, 0, false
	}
	pageSize := uint64(order.Uint32(meta[metaPageSizeAt:]))
	return order.Uint64(meta[metaPagesAt:]) * pageSize, order.Uint64(meta[metaTxidAt:]), true
}

// guard runs fn and turns what a damaged file does to bbolt (a memory fault, a failed assertion) into an error. With
// faultsOnly, panics that are not memory faults go on: they are mistakes in our own code.
func guard(faultsOnly bool, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		// The runtime's error for a fault outside of the program's own memory carries the address.
		if _, fault := r.(interface{ Addr() uintptr }); !fault && faultsOnly {
			panic(r)
		}
		err = fmt.Errorf("%w: %v", errFault, r)
	}()
	return fn()
}

// errFault marks what guard caught.
var errFault = errors.New("reading it failed")

// checkTop walks the first and the last path of each bucket: what every start needs. [Store.Check] reads everything.
func checkTop(db *bbolt.DB) error {
	return guard(false, func() error {
		return db.View(func(tx *bbolt.Tx) error {
			return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
				c := b.Cursor()
				c.First()
				c.Last()
				return nil
			})
		})
	})
}

// Check reads the whole database and says what is wrong with it: an [ErrCorrupt], or nil. It takes about a second a
// gigabyte, and is meant for `metapi doctor`.
func (s *Store) Check() error {
	var found error
	err := guard(false, func() error {
		s.swap.RLock()
		defer s.swap.RUnlock()
		return s.db.View(func(tx *bbolt.Tx) error {
			// The walk runs in a goroutine of bbolt's, which ends when the channel has been read to its end.
			for err := range tx.Check() {
				if found == nil {
					found = err
				}
			}
			return nil
		})
	})
	if err == nil {
		err = found
	}
	if err != nil {
		return damaged(s.path, err)
	}
	return nil
}

// damaged is the error for a file that cannot be used, with the way back.
func damaged(path string, cause error) error {
	return &Error{Op: "open the database", Path: path, Kind: ErrCorrupt, Cause: cause, Hint: restoreHint(path)}
}
