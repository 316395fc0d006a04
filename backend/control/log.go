package control

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxLogRead bounds what one call reads of the log, in bytes.
const maxLogRead = 1 << 20

type logInput struct {
	Lines int   `query:"lines" default:"100" minimum:"0" maximum:"10000" doc:"How many of the last lines; not used with after"`
	After int64 `query:"after" default:"-1" doc:"Read on from here: next of the answer before"`
}

// readLog reads whole lines from the end of the log, or from an offset on. A log that has been turned over since is read
// from its beginning.
func (s *Service) readLog(_ context.Context, in *logInput) (Log, error) {
	log := Log{Path: s.LogFile, Lines: []string{}}
	f, err := os.Open(s.LogFile)
	if errors.Is(err, fs.ErrNotExist) {
		return log, nil
	}
	if err != nil {
		return log, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return log, err
	}
	from := in.After
	switch {
	case from > info.Size():
		from = 0
	case from < 0:
		from = max(0, info.Size()-maxLogRead)
	}
	b := make([]byte, min(info.Size()-from, maxLogRead))
	n, err := f.ReadAt(b, from)
	if err != nil && !errors.Is(err, io.EOF) {
		return log, err
	}
	b = b[:n]
	end := bytes.LastIndexByte(b, '\n') + 1
	log.Next = from + int64(end)
	lines := strings.Split(strings.TrimSuffix(string(b[:end]), "\n"), "\n")
	if in.After < 0 {
		if from > 0 {
			lines = lines[1:] // the rest of one that began before
		}
		lines = lines[max(0, len(lines)-in.Lines):]
	}
	if end > 0 {
		log.Lines = append(log.Lines, lines...)
	}
	return log, nil
}
