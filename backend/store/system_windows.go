package store

import (
	"os"
	"syscall"
)

// fullErrnos are what the system says when a disk is used up: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL (winerror.h).
var fullErrnos = []syscall.Errno{39, 112}

// letGo releases a file that bbolt has locked and mapped. Closing it ends the lock.
func letGo(f *os.File) { f.Close() }
