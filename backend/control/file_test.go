package control

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A file that could not be written whole is not left behind, and one that was there is not touched.
func TestWriteNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	full := errors.New("no space left")
	half := func(to io.Writer) error { io.WriteString(to, "half"); return full }
	if made, err := WriteNew(path, half); !made || !errors.Is(err, full) {
		t.Errorf("%v %v", made, err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a file is left: %v", err)
	}
	whole := func(to io.Writer) error { _, err := io.WriteString(to, "whole"); return err }
	if _, err := WriteNew(path, whole); err != nil {
		t.Fatal(err)
	}
	if made, err := WriteNew(path, half); made || !errors.Is(err, os.ErrExist) {
		t.Errorf("%v %v", made, err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "whole" {
		t.Errorf("%q %v", text, err)
	}
}
