//go:build !windows

package store

import (
	"os"
	"syscall"
)

// fullErrnos are what the system says when a disk, a quota or a file size limit is used up.
var fullErrnos = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}

// letGo releases a file that bbolt has locked and mapped. The mapping, which only bbolt could undo, keeps the lock
// alive beyond the closing of the file, so it is unlocked first.
func letGo(f *os.File) {
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	f.Close()
}
