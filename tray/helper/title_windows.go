//go:build desktop

package main

import "strings"

// title writes a title as the system takes it: Windows would underline the letter after an ampersand.
func title(s string) string { return strings.ReplaceAll(s, "&", "&&") }
