//go:build desktop && !windows

package main

// title writes a title as the system takes it.
func title(s string) string { return s }
