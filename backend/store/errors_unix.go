//go:build !windows

package store

import (
	"errors"
	"syscall"
)

// isFull reports that a disk, a quota or a file size limit is used up.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
