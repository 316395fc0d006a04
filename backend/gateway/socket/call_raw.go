//go:build linux && !race

package socket

import (
	"syscall"
	"unsafe"
)

func read(fd uintptr, p []byte) (int, error) { return call(syscall.SYS_READ, fd, p, 0) }

func write(fd uintptr, p []byte) (int, error) { return call(syscall.SYS_WRITE, fd, p, 0) }

// peek returns EAGAIN where there is nothing to read.
func peek(fd uintptr) error {
	var p [1]byte
	_, err := call(syscall.SYS_RECVFROM, fd, p[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err
}

func call(trap, fd uintptr, p []byte, flags uintptr) (int, error) {
	n, _, err := syscall.RawSyscall6(trap, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
	if err != 0 {
		return 0, err
	}
	return int(n), nil
}
