package backend

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
)

// logFile is the log's name in the data folder.
const logFile = "metapi.log"

// maxLog is the size in bytes at which the log is turned over; one older log is kept.
const maxLog = 5 << 20

// newLog returns a logger of text lines to w, each free of what looks like a secret.
func newLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(redactor{w}, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// secrets are the forms that keys have. Nothing logs one on purpose: this is the second line of defence, for what an
// upstream repeats in its errors.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(\bbearer\s+)[A-Za-z0-9._~+/=-]{6,}`),
	regexp.MustCompile(`(?i)((?:x-api-key|x-goog-api-key|api[_-]?key|access_token|authorization)["']?\s*[:=]\s*["']?)[A-Za-z0-9._~+/-]{6,}=*`),
	regexp.MustCompile(`([?&]key=)[^&\s"]+`),
	regexp.MustCompile(`\b((?:sk|rk|pk|mp|xai|nvapi|pplx)-)[A-Za-z0-9_-]{6,}`),
	regexp.MustCompile(`\b((?:gsk|hf|r8|fw|tgp|glpat|ghp)_)[A-Za-z0-9_-]{6,}`),
	regexp.MustCompile(`\b(AIza)[A-Za-z0-9_-]{6,}`),
	regexp.MustCompile(`\b(AQ\.)[A-Za-z0-9_-]{6,}`),
	regexp.MustCompile(`\b(eyJ)[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_.-]+`), // JSON web tokens
}

// redact masks what looks like a secret.
func redact(b []byte) []byte {
	for _, form := range secrets {
		b = form.ReplaceAll(b, []byte("${1}[hidden]"))
	}
	return b
}

// redactor masks secrets in whole lines. A slog handler writes one line a call.
type redactor struct{ w io.Writer }

func (r redactor) Write(p []byte) (int, error) {
	if _, err := r.w.Write(redact(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// logWriter appends to the log, and turns it over when it has grown too large. That it cannot be written must not stop
// anything: lines are then lost.
type logWriter struct {
	path string

	mu   sync.Mutex // guards what follows
	f    *os.File
	size int64
}

func openLog(dir string) *logWriter { return &logWriter{path: filepath.Join(dir, logFile)} }

func (l *logWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f != nil && l.size+int64(len(p)) > maxLog {
		l.f.Close()
		l.f = nil
		os.Rename(l.path, l.path+".1")
	}
	if l.f == nil {
		f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return len(p), nil
		}
		l.f, l.size = f, 0
		if info, err := f.Stat(); err == nil {
			l.size = info.Size()
		}
	}
	n, _ := l.f.Write(p)
	l.size += int64(n)
	return len(p), nil
}

func (l *logWriter) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}

// lines gives whole lines to each of several writers; one that fails does not keep the others from theirs.
type lines []io.Writer

func (l lines) Write(p []byte) (int, error) {
	for _, w := range l {
		w.Write(bytes.Clone(p))
	}
	return len(p), nil
}
