//go:build !race

package backend_test

// raced says that the race detector slows everything down.
const raced = false
