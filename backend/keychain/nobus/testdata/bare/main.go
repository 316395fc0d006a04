// Program bare links the keyring library alone: it starts a bus.
package main

import _ "github.com/99designs/keyring"

func main() {}
