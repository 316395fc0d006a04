package settings

import (
	"fmt"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a folder must have been left alone before it is read: editors write in several steps.
const settle = 50 * time.Millisecond

// watch is a folder that is watched.
type watch struct {
	watcher *fsnotify.Watcher
	done    chan struct{}
}

func watchFolder(path string) (watch, error) {
	w, err := fsnotify.NewWatcher()
	if err == nil {
		if err = w.Add(path); err != nil {
			w.Close()
		}
	}
	if err != nil {
		return watch{}, fmt.Errorf("watch %s: %w", path, err)
	}
	return watch{w, make(chan struct{})}, nil
}

// Close stops watching.
func (w watch) Close() error {
	err := w.watcher.Close()
	<-w.done
	return err
}

// follow reads after each change, until Close. read tells whether it found something else; onChange may be nil.
func (w watch) follow(read func() bool, onChange func()) {
	defer close(w.done)
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	for {
		select {
		case _, ok := <-w.watcher.Events:
			if !ok {
				return
			}
			quiet.Reset(settle) // any change in the folder: links and renames name other files
		case _, ok := <-w.watcher.Errors:
			if !ok {
				return
			}
			quiet.Reset(settle) // events may have been lost
		case <-quiet.C:
			if read() && onChange != nil {
				onChange()
			}
		}
	}
}
