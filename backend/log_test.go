package backend

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLogHidesSecrets(t *testing.T) {
	for _, secret := range []string{
		"sk-proj-Abc_def-0123456789", "sk-ant-api03-abcdefghij", "AIzaSyA0123456789abcdefghijklmnopqrstuv", "AQ.Ab8RN6abcdefghijk",
		"mp-0123456789abcdefghijklmnopqrstuvwxyz0123456", "gsk_0123456789abcdef", "xai-0123456789abcdef",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_123",
	} {
		for _, say := range []func(log *bytes.Buffer){
			func(b *bytes.Buffer) { newLog(b).Info("upstream said: wrong key " + secret) },
			func(b *bytes.Buffer) { newLog(b).Info("x", "error", errors.New("key "+secret+" is wrong")) },
			func(b *bytes.Buffer) { newLog(b).With("k", secret).WithGroup("g").Warn("x", "list", []string{secret}) },
			func(b *bytes.Buffer) {
				newLog(b).Info("x", "header", map[string]string{"Authorization": "Bearer " + secret})
			},
			func(b *bytes.Buffer) { newLog(b).Info("x", "url", "https://host/path?key="+secret+"&a=b") },
		} {
			var b bytes.Buffer
			say(&b)
			if strings.Contains(b.String(), secret) || !strings.Contains(b.String(), "[hidden]") {
				t.Errorf("the log holds a secret: %s", b.String())
			}
		}
	}
	var b bytes.Buffer
	newLog(&b).Info("account added", "account", "my-task-force", "models", 12, "deployment", "dep_0123456789abcdef", "id", "038g9b69060003vgn390")
	if strings.Contains(b.String(), "hidden") {
		t.Errorf("the log hides what is no secret: %s", b.String())
	}
}

func TestLogTurnsOver(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, logFile)
	w := openLog(dir)
	line := bytes.Repeat([]byte("x"), 1<<20)
	for range 12 {
		w.Write(line)
	}
	w.Close()
	w = openLog(dir) // goes on where it was
	w.Write([]byte("last"))
	defer w.Close()
	now, err := os.Stat(path)
	if err != nil || now.Size() > maxLog || now.Mode().Perm() != 0o600 {
		t.Errorf("the log: %v %v", now, err)
	}
	old, err := os.Stat(path + ".1")
	if err != nil || old.Size() > maxLog || old.Mode().Perm() != 0o600 {
		t.Errorf("the log before it: %v %v", old, err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !bytes.HasSuffix(b, []byte("xlast")) {
		t.Errorf("lines are lost: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("more than two files of log: %v %v", entries, err)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("Bearer abcdefgh", "x=")
	f.Add("sk-abcdefghijk", "?key=")
	f.Fuzz(func(t *testing.T, s, before string) {
		once := string(redact([]byte(before + s)))
		if again := string(redact([]byte(once))); strings.Count(again, "[hidden]") < strings.Count(once, "[hidden]") {
			t.Errorf("redacting again uncovers something: %q became %q", once, again)
		}
	})
}
