package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"metapi/backend/control/client"
)

// printJSON writes v for programs.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// note writes words for a person, where they are in no program's way.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.err, clean(fmt.Sprintf(format, args...)))
}

// say writes a line of the answer itself.
func (a *app) say(format string, args ...any) {
	fmt.Fprintln(a.out, clean(fmt.Sprintf(format, args...)))
}

// Colours, used for states only, and never the only sign of one.
const (
	green  = "32"
	yellow = "33"
	red    = "31"
	dim    = "2"
)

// colourful reports whether w is a terminal of somebody who wants colours (https://no-color.org).
func colourful(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))
}

// table is rows of aligned columns. Columns whose heading begins with '>' are aligned to the right.
type table struct {
	head []string
	rows [][]cell
}

type cell struct{ text, colour string }

func newTable(head ...string) *table { return &table{head: head} }

// add takes strings and cells.
func (t *table) add(cells ...any) {
	row := make([]cell, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case cell:
			row[i] = cell{clean(c.text), c.colour}
		case string:
			row[i] = cell{text: clean(c)}
		default:
			row[i] = cell{text: clean(fmt.Sprint(c))}
		}
	}
	t.rows = append(t.rows, row)
}

func (t *table) print(w io.Writer) {
	width := make([]int, len(t.head))
	right := make([]bool, len(t.head))
	head := make([]cell, len(t.head))
	for i, h := range t.head {
		right[i] = strings.HasPrefix(h, ">")
		head[i] = cell{strings.TrimPrefix(h, ">"), dim}
		width[i] = utf8.RuneCountInString(head[i].text)
	}
	for _, r := range t.rows {
		for i, c := range r {
			width[i] = max(width[i], utf8.RuneCountInString(c.text))
		}
	}
	colours := colourful(w)
	for _, r := range append([][]cell{head}, t.rows...) {
		var b strings.Builder
		for i, c := range r {
			text := c.text
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(text))
			if colours && c.colour != "" && text != "" {
				text = "\x1b[" + c.colour + "m" + text + "\x1b[0m"
			}
			if right[i] {
				text = pad + text
			} else {
				text += pad
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(text)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

// clean takes out what a terminal would obey: names and messages come from upstreams.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || r == utf8.RuneError || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
}

// when shows a time as a person reads it, in the local zone.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// count shows n with thousands apart.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size shows a number of tokens briefly: 128K, 1M.
func size(n int64) string {
	switch {
	case n == 0:
		return "-"
	case n >= 1_000_000 && n%100_000 == 0:
		return strconv.FormatFloat(float64(n)/1e6, 'f', -1, 64) + "M"
	case n >= 1000 && n%1000 == 0:
		return strconv.FormatInt(n/1000, 10) + "K"
	case n >= 1024 && n%1024 == 0:
		return strconv.FormatInt(n/1024, 10) + "Ki"
	}
	return count(n)
}

// amount shows money: cents where they matter, more digits where there are no cents; in dollars, or in the currency that the user has chosen.
func amount(usd float64, m *client.Money) string {
	sign, v := "$", usd
	if m != nil {
		sign, v = m.Currency+" ", usd*m.Rate
	}
	if v < 0 {
		sign, v = "-"+sign, -v
	}
	if v != 0 && v < 1 {
		return fmt.Sprintf("%s%.6f", sign, v)
	}
	return fmt.Sprintf("%s%.2f", sign, v)
}

// noteRate says by which rate money was shown.
func (a *app) noteRate(m *client.Money) {
	if m != nil {
		a.note("Shown in %s at your rate of %s for a dollar.", m.Currency, strconv.FormatFloat(m.Rate, 'f', -1, 64))
	}
}

// price shows dollars per million tokens.
func price(p *float64) string {
	if p == nil {
		return "-"
	}
	return "$" + strconv.FormatFloat(*p, 'f', -1, 64)
}

// millis shows a duration in milliseconds.
func millis(ms int64) string {
	switch {
	case ms == 0:
		return "-"
	case ms < 10_000:
		return strconv.FormatInt(ms, 10) + " ms"
	}
	return strconv.FormatFloat(float64(ms)/1000, 'f', 1, 64) + " s"
}

// plural counts things in words: 1 model, 2 models.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

// quotedPath is quoted for a path.
func quotedPath(s string) string {
	if quoted(strings.ReplaceAll(s, "/", "")) == strings.ReplaceAll(s, "/", "") {
		return s
	}
	return quoted(s)
}

// quoted writes a word so that a shell takes it for one.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if s != "" && strings.TrimFunc(s, plain) == "" && !strings.HasPrefix(s, "-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
