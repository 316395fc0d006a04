// Package freeport gives tests a port to listen on later.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
	"testing"
)

// Systems give ports from 32768 up to whoever asks for none: a port from there that a test has let go may be a stranger's
// by the time it is wanted again. Nobody gets one of these by chance.
const first, last = 20000, 32000

// New is a port that nobody listens on at either loopback address, and that the system gives to nobody.
func New(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := first + rand.IntN(last-first)
		if free(t, "127.0.0.1", port) && free(t, "::1", port) {
			return port
		}
	}
	t.Fatal("100 ports between 20000 and 32000 are taken")
	return 0
}

// free tells whether an address can be listened on. One that this machine does not have is nobody's.
func free(t testing.TB, host string, port int) bool {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return !errors.Is(err, syscall.EADDRINUSE)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return true
}
