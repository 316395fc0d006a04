package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

// passphraseVariable holds the passphrase of a backup's keys, for who is not at a terminal.
const passphraseVariable = "METAPI_BACKUP_PASSPHRASE"

func (a *app) backup() *cobra.Command {
	var in client.MakeBackup
	c := &cobra.Command{Use: "backup FILE [--keys] [--ledger]", Short: "Put everything that is Metapi's into one file",
		Long: `Put accounts, local keys, budgets, settings, routing.yaml and providers.d into one file.
No key of an account is in it, and of local keys only what tells that they are right:
after a restore, tools go on with the keys that they have.

With --keys the keys are in it, too, encrypted under a passphrase that you are asked
for (or ` + passphraseVariable + `). Nobody can open them without it. With --ledger
it also has what requests were made and what they cost.`,
		Example: "  metapi backup metapi.zip\n  metapi backup --keys --ledger everything.zip",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if _, there := os.Lstat(args[0]); there == nil {
				return wrongUsage("Give a file that is not there yet.", "%s is there already.", args[0])
			}
			if in.Keys {
				if in.Passphrase, err = a.backupPassphrase(true); err != nil {
					return err
				}
			}
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			b, err := l.Backup(c.Context(), in)
			if err != nil {
				return err
			}
			_, err = client.WriteNew(args[0], func(to io.Writer) error { _, err := to.Write(b.File); return err })
			if err != nil {
				return &fault{exitFailure, sentence("the backup cannot be saved: " + err.Error()), "Give a file in a folder that you can write to."}
			}
			a.note("Saved %s (%s bytes).", args[0], count(int64(len(b.File))))
			return nil
		}}
	c.Flags().BoolVar(&in.Keys, "keys", false, "with the keys, encrypted under a passphrase")
	c.Flags().BoolVar(&in.Ledger, "ledger", false, "with the records of requests")
	return c
}

func (a *app) restore() *cobra.Command {
	var check, yes bool
	c := &cobra.Command{Use: "restore FILE [--check] [--yes]", Short: "Bring back what a backup has",
		Long: `Bring back what a backup has, beside what is here: nothing that is here is removed, and
keys that are here stay. What will change is told first, and what was is kept in a
backup of its own.`,
		Example: "  metapi restore --check metapi.zip\n  metapi restore metapi.zip",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			file, err := readBackup(args[0])
			if err != nil {
				return err
			}
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			in := client.Restore{File: file, Check: true, Passphrase: os.Getenv(passphraseVariable)}
			plan, err := l.Restore(c.Context(), in)
			if err == nil && plan.Locked && a.terminal() {
				if in.Passphrase, err = a.backupPassphrase(false); err == nil && in.Passphrase != "" {
					plan, err = l.Restore(c.Context(), in)
				}
			}
			if err != nil {
				return err
			}
			if check && a.json {
				return a.printJSON(plan)
			}
			a.showRestore(plan)
			if check {
				return nil
			}
			if !yes {
				if !a.terminal() {
					return wrongUsage("Look at it with --check, and then restore it with --yes.", "There is no terminal to ask for your word at.")
				}
				if sure, err := a.confirm("Restore it?"); err != nil || !sure {
					a.note("Nothing was changed.")
					return err
				}
			}
			in.Check = false
			done, err := l.Restore(c.Context(), in)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(done)
			}
			a.say("Restored. What was before is in %s.", done.Kept)
			return nil
		}}
	c.Flags().BoolVar(&check, "check", false, "only say what would change")
	c.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return c
}

// maxBackup bounds a file that is read to be restored, in bytes.
const maxBackup = 90 << 20

func readBackup(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &fault{exitFailure, sentence("the backup cannot be read: " + err.Error()), ""}
	}
	defer f.Close()
	file, err := io.ReadAll(io.LimitReader(f, maxBackup+1))
	if err != nil || len(file) > maxBackup {
		return nil, &fault{exitFailure, "The backup cannot be read, or is larger than one of Metapi can be.", "Choose a file that Metapi has made as a backup."}
	}
	return file, nil
}

// backupPassphrase is from the environment, or from somebody at a terminal, who types a new one twice.
func (a *app) backupPassphrase(fresh bool) (string, error) {
	if p := os.Getenv(passphraseVariable); p != "" {
		return p, nil
	}
	if !a.terminal() {
		return "", wrongUsage("Set "+passphraseVariable+".", "There is no terminal to ask for the passphrase at.")
	}
	if !fresh {
		return a.hidden("Passphrase of the keys in the backup (empty: leave them out): ")
	}
	first, err := a.hidden("Passphrase for the keys in the backup: ")
	if err != nil {
		return "", err
	}
	again, err := a.hidden("The same again: ")
	if err == nil && again != first {
		err = errors.New("the two were not the same")
	}
	return first, err
}

func (a *app) showRestore(r client.Restored) {
	a.say("A backup of %s, by Metapi %s.", when(r.Made), clean(r.Metapi))
	if len(r.Changes)+len(r.Settings) == 0 {
		a.say("All that is in it is here already.")
	}
	for _, c := range r.Changes {
		does := "changes"
		if c.New {
			does = "adds"
		}
		a.say("  %-8s %s %s", does, c.What, clean(c.Name))
	}
	if len(r.Settings) > 0 {
		a.say("  %-8s settings: %s", "changes", strings.Join(r.Settings, ", "))
	}
	for _, name := range r.Keyless {
		a.note("%s will have no key: give it one in the window, under Accounts.", clean(name))
	}
	if r.Locked {
		a.note("The keys in it are left out: no passphrase was given.")
	}
	for _, s := range r.LeftOut {
		a.note("%s", clean(s))
	}
	fmt.Fprintln(a.out)
}
