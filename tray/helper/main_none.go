//go:build !desktop

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "This build of metapi-tray has no tray: build it with -tags desktop,production,webkit2_41.")
	os.Exit(2)
}
