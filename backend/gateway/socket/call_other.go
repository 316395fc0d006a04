//go:build darwin || freebsd || (linux && race)

package socket

import "syscall"

func read(fd uintptr, p []byte) (int, error) {
	n, err := syscall.Read(int(fd), p)
	return max(n, 0), err
}

func write(fd uintptr, p []byte) (int, error) {
	n, err := syscall.Write(int(fd), p)
	return max(n, 0), err
}

// peek returns EAGAIN where there is nothing to read.
func peek(fd uintptr) error {
	var p [1]byte
	_, _, err := syscall.Recvfrom(int(fd), p[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err
}
