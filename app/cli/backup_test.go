//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"testing"

	"metapi/build/imitation"
)

// What is backed up on one machine is there on another after a restore; a tool goes on with the key that it has.
func TestBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.env = append(w.env, "METAPI_BACKUP_PASSPHRASE=open sesame")
	w.account(imitation.New(t, imitation.OpenAI), "Work")
	key := w.key("script")
	file := filepath.Join(t.TempDir(), "metapi.zip")
	w.run("backup", file, "--keys").ends(0).says("Saved")
	w.run("backup", file).ends(2).says("is there already")
	w.run("restore", file).ends(2).says("--yes") // nobody to ask

	cut := filepath.Join(t.TempDir(), "cut.zip")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	w.run("restore", cut, "--yes").ends(2).says("cut off", "Nothing was changed")
	w.run("restore", filepath.Join(t.TempDir(), "none.zip"), "--yes").ends(1).says("cannot be read")

	other := newWorld(t)
	other.env = append(other.env, "METAPI_BACKUP_PASSPHRASE=open sesame")
	other.run("restore", file, "--check").ends(0).says("Work", "script")
	other.run("accounts", "list").ends(0).says("no account")
	other.run("restore", file, "--yes").ends(0).says("Restored")
	i := other.serve()
	other.until(func() bool { return i.chat(key, "gpt-4o", "").status == 200 }) // its models are asked for when it starts
}
