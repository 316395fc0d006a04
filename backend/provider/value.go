package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Definitions say where in an answer a figure stands by its path: the names of members and the places in arrays that lead to it, with dots
// between them, such as data.total_credits or balances.0.amount.

// tree reads JSON such that figures keep their digits. False where it is none.
func tree(body []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, err == io.EOF
}

// at is what stands at a path; nil where nothing does.
func at(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// figureAt reads a number, which hosts also write as a text. False where there is none, or one that no bill has.
func figureAt(v any, path string) (float64, bool) {
	var text string
	switch v := at(v, path).(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	if text == "" || strings.Trim(text, "+-.0123456789eE") != "" { // ParseFloat knows hexadecimal, infinity and more
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && math.Abs(f) < 1e15
}

// checkPath refuses what is no path.
func checkPath(member, path string) error {
	if path != "" && strings.Contains("."+path+".", "..") {
		return fmt.Errorf("%s: %q is no path: names with dots between them", member, path)
	}
	return nil
}
