package ledger

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"sync"

	"metapi/backend/routing"
)

// A line of the journal is the CRC-32C of its JSON in eight hexadecimal digits, a space, the JSON of one
// [routing.Record], and a newline. JSON never contains a raw newline, so a damaged line cannot swallow its neighbour.
const prefixLen = 9 // "xxxxxxxx "

// maxID bounds a request id read back from a journal: ids are 20 characters, and a key of bbolt has its limits.
const maxID = 64

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errLine    = errors.New("damaged journal line")
)

// buffer is reused from request to request: encoding a record allocates next to nothing.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// appendLine appends the line of a record's JSON, which is lineLen(text) long.
func appendLine(b, text []byte) []byte {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.Checksum(text, castagnoli))
	b = append(hex.AppendEncode(b, sum[:]), ' ')
	return append(append(b, text...), '\n')
}

func lineLen(text []byte) int64 { return int64(prefixLen + len(text) + 1) }

// decodeLine reads a line, with or without its newline. The JSON it returns is a part of line.
func decodeLine(line []byte) (*routing.Record, []byte, error) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	if len(line) <= prefixLen || line[prefixLen-1] != ' ' {
		return nil, nil, errLine
	}
	var sum [4]byte
	if _, err := hex.Decode(sum[:], line[:prefixLen-1]); err != nil {
		return nil, nil, errLine
	}
	text := line[prefixLen:]
	if crc32.Checksum(text, castagnoli) != binary.BigEndian.Uint32(sum[:]) {
		return nil, nil, errLine
	}
	r, err := decodeRecord(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errLine, err)
	}
	return r, text, nil
}

func decodeRecord(text []byte) (*routing.Record, error) {
	r := new(routing.Record)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	if r.ID == "" || len(r.ID) > maxID {
		return nil, fmt.Errorf("a request id of %d characters", len(r.ID))
	}
	return r, nil
}

// presentable returns r with every figure that JSON cannot hold replaced: a price that came out as not-a-number
// must cost the user that figure, not the whole record.
func presentable(r routing.Record) routing.Record {
	r.Cost = finite(r.Cost)
	r.Attempts = append([]routing.Attempt(nil), r.Attempts...)
	for i := range r.Attempts {
		r.Attempts[i].Cost = finite(r.Attempts[i].Cost)
	}
	r.Parts, r.Against = routing.Parts{}, nil
	r.Candidates = append([]routing.Figure(nil), r.Candidates...)
	for i, c := range r.Candidates {
		if math.IsNaN(c.Price) || math.IsInf(c.Price, 0) {
			r.Candidates[i].Price = 0
		}
	}
	return r
}

func finite(c routing.Cost) routing.Cost {
	if math.IsNaN(c.USD) || math.IsInf(c.USD, 0) {
		return routing.Cost{Estimated: c.Estimated, Unknown: true}
	}
	return c
}
