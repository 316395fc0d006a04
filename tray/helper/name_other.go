//go:build desktop && !linux

package main

// name is for Linux: elsewhere the tooltip says it.
func name() {}

// connect is for Linux, too.
func connect() {}
