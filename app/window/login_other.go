//go:build !linux && !darwin && !windows

package window

import "errors"

func newLoginItem([]string) (loginItem, error) {
	return nil, errors.New("there is no window for this system")
}
