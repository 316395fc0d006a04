package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// segmentSize is where a segment is closed and the next one begun, in bytes.
const segmentSize = 8 << 20

// journal is the append-only half of the ledger: files DIR/journal/<number>.log of at most segmentSize bytes and
// a line. Numbers only rise, also from run to run, and a new run never appends to an old file: what a kill tore
// off can then only be the end of a file. Not safe for concurrent use: the ledger's mutex guards it.
type journal struct {
	dir    string
	limit  int64    // bytes to a segment
	file   *os.File // the open segment, nil before the first write
	number uint64   // of the open segment, or of the last one there was
	size   int64    // of the open segment, in bytes
	closed []uint64 // whole segments that wait for their fold to be committed, ascending
}

// position is a place in the journal: everything before it has been folded.
type position struct {
	Segment uint64 `json:"segment"`
	Offset  int64  `json:"offset"`
}

// after is where in segment n the part begins that has not been folded.
func (p position) after(n uint64) int64 {
	if n == p.Segment {
		return p.Offset
	}
	return 0
}

func (j *journal) path(n uint64) string { return filepath.Join(j.dir, fmt.Sprintf("%016d.log", n)) }

// scan lists the segments on disk, ascending. A folder that does not exist has none.
func (j *journal) scan() ([]uint64, error) {
	files, err := os.ReadDir(j.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var found []uint64
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".log"); ok {
			if n, err := strconv.ParseUint(name, 10, 64); err == nil && f.Name() == filepath.Base(j.path(n)) {
				found = append(found, n)
			}
		}
	}
	slices.Sort(found)
	return found, err
}

// writeSize is about the most that is written at once, in bytes: a disk that is nearly full takes one such portion after
// the other, as far as it goes.
const writeSize = 64 << 10

// room is how many bytes are written at once; the line with which they reach it is one of them.
func (j *journal) room() int {
	if j.file == nil || j.size >= j.limit {
		return int(min(writeSize, j.limit))
	}
	return int(min(writeSize, j.limit-j.size))
}

// append writes lines with one write(2), and returns where they end. After an error none of them counts: the part that
// reached the disk is cut off again, or left behind as the tail of a closed segment.
func (j *journal) append(lines []byte) (position, error) {
	if j.file != nil && j.size >= j.limit {
		j.roll()
	}
	if j.file == nil {
		if err := j.open(); err != nil {
			return position{}, err
		}
	}
	n, err := j.file.Write(lines)
	if err != nil {
		if n > 0 && j.file.Truncate(j.size) != nil {
			j.roll()
		}
		return position{}, err
	}
	j.size += int64(n)
	return position{j.number, j.size}, nil
}

func (j *journal) open() error {
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return err
	}
	for {
		f, err := os.OpenFile(j.path(j.number+1), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
		if errors.Is(err, fs.ErrExist) {
			j.number++ // put there by hand, or a restored copy: never appended to
			continue
		}
		if err != nil {
			return err
		}
		j.number++
		j.file, j.size = f, 0
		return nil
	}
}

// roll closes the open segment; the next write begins another.
func (j *journal) roll() {
	if j.file == nil {
		return
	}
	j.file.Close() // nothing is buffered: the lines are with the kernel already
	j.file, j.size = nil, 0
	j.closed = append(j.closed, j.number)
}

// gone reports whether the open segment is no longer at its path: then writes succeed and are lost all the same.
func (j *journal) gone() bool {
	if j.file == nil {
		return false
	}
	here, err := j.file.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(j.path(j.number))
	return err != nil || !os.SameFile(here, there)
}

// forget deletes the closed segments numbered below n. One that cannot be deleted is tried again next time.
func (j *journal) forget(n uint64) {
	j.closed = slices.DeleteFunc(j.closed, func(c uint64) bool {
		if c >= n {
			return false
		}
		err := os.Remove(j.path(c))
		return err == nil || errors.Is(err, fs.ErrNotExist)
	})
}

// damage counts what could not be read in segments: a torn tail is the trace of a kill, a bad line that of a disk.
type damage struct{ torn, bad int }

func (d *damage) add(e damage) { d.torn, d.bad = d.torn+e.torn, d.bad+e.bad }

// segment reads a file of the journal, line by line.
type segment struct {
	data []byte
	at   int64 // how far it has been read
	damage
}

// readSegment reads a file from an offset on. One that does not exist is empty.
func readSegment(path string, from int64) (*segment, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return new(segment), nil
	}
	if err != nil {
		return nil, err
	}
	if from > int64(len(data)) {
		from = 0 // not the file that the position was noted for; folding is idempotent
	}
	return &segment{data: data, at: from}, nil
}

// next is the next whole line; false at the end. Damaged lines are skipped and counted.
func (s *segment) next() (entry, bool) {
	for s.at < int64(len(s.data)) {
		line := s.data[s.at:]
		end := bytes.IndexByte(line, '\n')
		if end >= 0 {
			line = line[:end+1]
		}
		s.at += int64(len(line))
		r, text, err := decodeLine(line)
		switch {
		case err == nil:
			return entry{fact: factOf(r), row: rowOf(r.State, text)}, true
		case end < 0:
			s.torn++
		default:
			s.bad++
		}
	}
	return entry{}, false
}
