package catalog

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"metapi/backend/protocol"
)

// generated runs build/catalog/generate once, into a folder of its own, and returns that folder. It skips the test where a
// tool is not there, or where the pinned packages cannot be fetched.
var generated = sync.OnceValues(func() (dir, skip string) {
	// Read them, so that go test knows that its result depends on them.
	for _, file := range []string{"generate", "main.go", "facts/main.go", "facts/go.mod", "facts/go.sum", "prices.mjs", "check.mjs", "package.json", "package-lock.json"} {
		if _, err := os.ReadFile("../../build/catalog/" + file); err != nil {
			return "", "FAIL " + err.Error()
		}
	}
	for _, tool := range []string{"node", "npm", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", "catalog sources: " + tool + " is not installed"
		}
	}
	dir, err := os.MkdirTemp("", "metapi-catalog-")
	if err != nil {
		return "", "catalog sources: " + err.Error()
	}
	generatedDir = dir
	cmd := exec.Command("../../build/catalog/generate", filepath.Join(dir, "new.json"))
	cmd.Env = append(os.Environ(), "METAPI_CATALOG_WORK="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		if _, err := os.Stat(filepath.Join(dir, "installed-lock.json")); err != nil {
			return dir, "catalog sources: npm cannot fetch the pinned genai-prices: " + lastLine(out)
		}
		for _, offline := range []string{"dial tcp", "no such host", "GOPROXY", "module lookup disabled"} {
			if strings.Contains(string(out), offline) {
				return dir, "catalog sources: go cannot fetch the pinned catwalk: " + lastLine(out)
			}
		}
		return dir, "FAIL " + string(out)
	}
	return dir, ""
})

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

var generatedDir string // to be removed in the end

func TestMain(m *testing.M) {
	code := m.Run()
	if generatedDir != "" {
		os.RemoveAll(generatedDir)
	}
	os.Exit(code)
}

func sources(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("catalog sources: left out of short runs")
	}
	dir, skip := generated()
	if out, failed := strings.CutPrefix(skip, "FAIL "); failed {
		t.Fatalf("build/catalog/generate failed:\n%s", out)
	}
	if skip != "" {
		t.Skip(skip)
	}
	return dir
}

// TestSnapshotIsGenerated makes the snapshot again from its pinned sources: it must be the committed one, byte for byte.
func TestSnapshotIsGenerated(t *testing.T) {
	made, err := os.ReadFile(filepath.Join(sources(t), "new.json"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(made, snapshotJSON) {
		return
	}
	a, b := strings.Split(string(snapshotJSON), "\n"), strings.Split(string(made), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			t.Fatalf("snapshot.json is not what its sources give; run build/catalog/generate. Line %d is\n%s\nand should be\n%s", i+1, a[i], b[i])
		}
	}
	t.Fatalf("snapshot.json has %d lines and should have %d; run build/catalog/generate", len(a), len(b))
}

type question struct {
	Provider string           `json:"provider"`
	Model    string           `json:"model"`
	At       time.Time        `json:"at"`
	Usage    map[string]int64 `json:"usage"`
}

// betterKnown are the names where we disagree on purpose. The source's Azure list takes in whatever begins with o4-mini, and
// so misses that Azure sells deep research at OpenAI's price for it.
var betterKnown = map[string]bool{"azure o4-mini-deep-research": true, "azure o4-mini-deep-research-2025-06-26": true}

// TestPricesAgreeWithTheSource asks genai-prices itself for what each name in it costs, at several sizes and times, and
// compares to the last digit that matters: matchers, tiers, dates and hours must all have come through.
func TestPricesAgreeWithTheSource(t *testing.T) {
	dir := sources(t)
	c := Embedded()
	usages := []protocol.Usage{
		{Input: 1_000, Output: 500},
		{Input: 1_000, CacheRead: 127_000, CacheWrite: 7, Output: 500},
		{Input: 200_000, CacheWrite: 1, Output: 3},
		{Input: 150_000, CacheRead: 122_000, Output: 900},
		{Input: 9_000, CacheRead: 800, Output: 700, Split: true, Audio: protocol.Part{Input: 5_000, Cached: 300, Output: 200}, Image: protocol.Part{Input: 2_000, Output: 100}},
	}
	times := []time.Time{day("2025-05-01 02:00:00"), day("2026-08-16 23:59:59"), day("2026-11-23 00:29:59"), day("2026-11-23 03:59:59"),
		day("2026-11-23 12:00:00"), day("2027-06-01 08:00:00")}
	var questions []question
	var prices []*Price
	var asked []protocol.Usage
	for _, l := range c.order {
		names := map[string]bool{}
		for _, m := range l.models {
			names[strings.ToLower(m.ID)] = true
			m.Match.names(func(n string) {
				names[n] = true
				if !strings.ContainsAny(n, "@:/") && cutsNoDate(n) {
					names[n+"-20250929"] = true
					names[n+"-2025-09-29"] = true
				}
			})
			m.Match.prefixes(func(p string) { names[p] = true; names[p+"-20250929"] = true; names[p+"-2025-09-29"] = true })
		}
		for _, id := range l.fallback {
			maps.Insert(names, maps.All(spelled(c.lists[id])))
		}
		for name := range names {
			m, ok := c.find(l, name)
			for i, u := range usages {
				at := times[(len(questions)+i)%len(times)]
				questions = append(questions, question{l.id, name, at, kinds(u, map[string]int64{"input_tokens": u.Prompt(),
					"cache_read_tokens": u.CacheRead, "cache_write_tokens": u.CacheWrite, "output_tokens": u.Output})})
				asked = append(asked, u)
				if ok {
					prices = append(prices, m.price)
				} else {
					prices = append(prices, nil)
				}
			}
		}
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join(dir, "check.mjs"))
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []*float64
	if err := json.Unmarshal(out, &answers); err != nil || len(answers) != len(questions) {
		t.Fatal(len(answers), err)
	}
	same, unknown := 0, 0
	refused := map[string]bool{}
	for i, q := range questions {
		got, known := prices[i].Cost(asked[i], q.At)
		switch {
		case betterKnown[q.Provider+" "+q.Model]:
		case known && answers[i] == nil:
			t.Errorf("%s %s: we say %v, the source knows no price", q.Provider, q.Model, got)
		case known && math.Abs(got-*answers[i]) > 1e-8*got+1e-11:
			t.Errorf("%s %s on %v, %+v: we say %v, the source %v", q.Provider, q.Model, q.At, asked[i], got, *answers[i])
		case known:
			same++
		case answers[i] != nil && prices[i] == nil && *answers[i] > 0:
			refused[q.Provider+" "+q.Model] = true
		default:
			unknown++ // no price there either, or output that a usage report cannot tell apart
		}
	}
	t.Logf("%d prices agree, %d are unknown to both or cannot be told from a usage report", same, unknown)
	if same < 5000 {
		t.Errorf("only %d prices were compared", same)
	}
	// Names that the source prices by a prefix, and we do not, because they read like other models.
	var list []string
	for name := range refused {
		list = append(list, name)
	}
	slices.Sort(list)
	t.Logf("refused, though the source has a price: %q", list)
	if len(list) > 20 {
		t.Errorf("%d names that the source prices are refused", len(list))
	}
}

// kinds adds what of a usage was sound and pictures, as genai-prices calls it.
func kinds(u protocol.Usage, to map[string]int64) map[string]int64 {
	if u.Split {
		to["input_audio_tokens"], to["cache_audio_read_tokens"], to["output_audio_tokens"] = u.Audio.Input+u.Audio.Cached, u.Audio.Cached, u.Audio.Output
		to["input_image_tokens"], to["cache_image_read_tokens"], to["output_image_tokens"] = u.Image.Input+u.Image.Cached, u.Image.Cached, u.Image.Output
	}
	return to
}

func spelled(l *list) map[string]bool {
	names := map[string]bool{}
	for name := range l.exact {
		names[name] = true
	}
	return names
}

func cutsNoDate(name string) bool {
	_, date := cutDate(name)
	return date == ""
}

// prefixes calls yield with each prefix that the matcher takes in.
func (m *matcher) prefixes(yield func(string)) {
	if m.StartsWith != "" {
		yield(m.StartsWith)
	}
	if m.Contains != "" {
		yield(m.Contains)
	}
	for _, list := range [][]matcher{m.Or, m.And} {
		for i := range list {
			list[i].prefixes(yield)
		}
	}
}
