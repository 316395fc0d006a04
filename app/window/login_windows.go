package window

import (
	"errors"

	"golang.org/x/sys/windows/registry"
)

// Windows starts what has a value under runKey. Its settings and the Task Manager keep beside that whether the user has
// switched it off: the first byte is odd then.
const (
	runKey      = `Software\Microsoft\Windows\CurrentVersion\Run`
	approvedKey = `Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run`
	runValue    = "Metapi"
)

// runItem is a value under runKey.
type runItem struct{ command string }

func newLoginItem(args []string) (loginItem, error) { return runItem{windowsCommand(args)}, nil }

func (runItem) enabled() (bool, error) {
	run, err := registry.OpenKey(registry.CURRENT_USER, runKey, registry.QUERY_VALUE)
	if err != nil {
		return false, absent(err)
	}
	defer run.Close()
	if _, _, err := run.GetStringValue(runValue); err != nil {
		return false, absent(err)
	}
	approved, err := registry.OpenKey(registry.CURRENT_USER, approvedKey, registry.QUERY_VALUE)
	if err != nil {
		return true, absent(err)
	}
	defer approved.Close()
	state, _, err := approved.GetBinaryValue(runValue)
	if err != nil {
		return true, absent(err)
	}
	return len(state) == 0 || state[0]&1 == 0, nil
}

func (i runItem) enable() error {
	run, _, err := registry.CreateKey(registry.CURRENT_USER, runKey, registry.SET_VALUE)
	if err != nil {
		return err
	}
	defer run.Close()
	if err := run.SetStringValue(runValue, i.command); err != nil {
		return err
	}
	return remove(approvedKey)
}

func (runItem) disable() error { return errors.Join(remove(runKey), remove(approvedKey)) }

// remove removes our value under a key.
func remove(key string) error {
	k, err := registry.OpenKey(registry.CURRENT_USER, key, registry.SET_VALUE)
	if err != nil {
		return absent(err)
	}
	defer k.Close()
	return absent(k.DeleteValue(runValue))
}

// absent is err, but for what is not there: that is an answer.
func absent(err error) error {
	if errors.Is(err, registry.ErrNotExist) {
		return nil
	}
	return err
}
