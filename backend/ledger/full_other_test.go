//go:build !unix

package ledger

// fullDir and fillUp belong to a test that only Unix can run: a limit on the size of files.
const fullDir = "METAPI_LEDGER_FULL_DIR"

func fillUp(string) {}
