// Program guarded links the keyring library as Metapi does, and says which bus address it ended up with.
package main

import (
	"os"

	_ "github.com/99designs/keyring"
	_ "metapi/backend/keychain/nobus"
)

func main() { os.Stdout.WriteString(os.Getenv("DBUS_SESSION_BUS_ADDRESS")) }
