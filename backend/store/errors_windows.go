package store

import (
	"errors"
	"syscall"
)

// isFull reports that a disk is used up: ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL (winerror.h).
func isFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
