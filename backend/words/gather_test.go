package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// spoken are the packages, or files of them, whose sentences people read in the window, the tray and notifications.
var spoken = []string{
	"backend", "backend/account", "backend/catalog", "backend/control", "backend/gateway", "backend/keychain", "backend/ledger", "backend/ledger/budget",
	"backend/ledger/capture", "backend/ledger/replay", "backend/ledger/runaway", "backend/machine", "backend/network", "backend/network/pac",
	"backend/protocol/errors.go", "backend/provider", "backend/routing", "backend/settings", "backend/store", "tray", "app/window",
}

// unspoken are files of these whose words are for programs, or for those who write them.
var unspoken = map[string]string{
	"backend/control/service.go":     "the control API's description",
	"backend/control/api.go":         "for who calls the control API by hand",
	"backend/control/events.go":      "the control API's description",
	"backend/control/meter.go":       "metrics",
	"backend/control/metrics.go":     "metrics",
	"backend/network/desktop.go":     "what desktops call their settings",
	"backend/network/pac/helpers.go": "JavaScript",
	"backend/gateway/codex.go":       "a list of models, for Codex",
	"backend/catalog/normalise.go":   "for who writes lists of prices",
	"backend/catalog/snapshot.go":    "for who writes lists of prices",
	"backend/provider/definition.go": "for who writes definitions of providers",
	"backend/provider/value.go":      "for who writes definitions of providers",
	"backend/provider/price.go":      "for who writes definitions of providers",
	"backend/provider/registry.go":   "for who writes definitions of providers",
}

// programs are functions and packages that are given words for programs, or for the log; of what is called with them only functions are looked into.
var programs = map[string]bool{
	"strings": true, "slog": true, "Debug": true, "Info": true, "Warn": true, "Error": true, "Log": true, "panic": true,
	"HandleFunc": true, "Set": true, "Command": true, "CommandContext": true, "MustCompile": true, "RunString": true,
}

// codes tells what looks like prose, but is a command, a header, a file for a program, a condition, or a time of which only figures are put in.
var codes = regexp.MustCompile(`^(GET|POST|PATCH|metapi|setx|export|reg|unset|netstat|lsof|ss|timedatectl|chmod|ulimit|wsl(\.exe)?|--header) |` +
	`^(\$env:|set "|Content-Disposition:|Bearer |PAC |watch |data:|RFC |2006|\[Desktop |Comment=|<)|'none'|'self'|Software|Tray\.app|` +
	` (==|<|>|>=|in|matches|startsWith) ["\[0-9(]`)

// unsaid are the rest of what people are not told: names that stay as they are, words of others that are looked for, and notes for programmers.
var unsaid = []string{
	"Claude Code", "Gemini CLI", "Qwen Code", "Amazon Bedrock", "Google Vertex AI", "Microsoft Foundry", "Windows Credential Manager", "KWallet (kdewallet)", "1M tokens",
	"locked object", "locked collection", "is locked", `object does not exist at path "/"`, "connection closed", "specified keyring backend not",
	"no such secret collection at path", "was not provided by any .service",
	"Id or name", "csv or jsonl", "Id, slug or name", "running, ok, failed, cancelled or interrupted", "Canonical model", "A request a line",
	"Requests as CSV or JSON lines, oldest first", "Trade the code of a link for a token", "catalog matcher: {}", "half-open {}", "a path has no %T", "set {}",
}

// borrowed is what the system and packages of others say within our sentences, where people meet it.
var borrowed = []string{
	"context deadline exceeded", "i/o timeout", "connection refused", "no such file or directory", "permission denied", "no space left on device", "unexpected EOF",
	`unknown field "{}"`, "file exists", "is a directory", "read-only file system",
}

// TestTables holds the sentences of the sources against each language's table: it says all that they say, and nothing else.
func TestTables(t *testing.T) {
	sources := gather(t)
	for _, text := range borrowed {
		sources.said[text] = "others"
	}
	for _, text := range unsaid {
		if !sources.literals[text] {
			t.Errorf("%q is left out, and nothing has it", text)
		}
	}
	for language := range languages {
		table := read(language)
		for _, text := range slices.Sorted(maps.Keys(sources.said)) {
			if table[text] == "" {
				t.Errorf("%s.json lacks what %s says:\n  %q: \"\",", language, sources.said[text], text)
			}
		}
		for english, said := range table {
			_, order := places(said)
			slices.Sort(order)
			for place := range max(len(order), strings.Count(english, "{}")) {
				if place >= len(order) || order[place] != place {
					t.Errorf("%s.json: %q has other places than %q", language, english, said)
					break
				}
			}
			oneWord := sources.literals[english] && !strings.Contains(english, " ")
			if sources.said[english] == "" && !oneWord && english != "." && !slices.Contains(separators, english) {
				t.Errorf("%s.json: nothing says %q", language, english)
			}
		}
	}
}

// sources is what the sources say.
type sources struct {
	said     map[string]string   // where, by the template
	literals map[string]bool     // all texts and sentences: a single word in the table must be one
	consts   map[string]ast.Expr // of the package that is read
}

func gather(t *testing.T) sources {
	g := sources{said: map[string]string{}, literals: map[string]bool{}}
	for _, place := range spoken {
		pattern := filepath.Join("..", "..", place)
		if filepath.Ext(place) == "" {
			pattern = filepath.Join(pattern, "*.go")
		}
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s has no sources: %v", place, err)
		}
		set, files := token.NewFileSet(), map[string]*ast.File{}
		g.consts = map[string]ast.Expr{}
		for _, name := range names {
			path, _ := filepath.Rel(filepath.Join("..", ".."), name)
			if path = filepath.ToSlash(path); unspoken[path] != "" || strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			files[path] = file
			g.constants(file)
		}
		for path, file := range files {
			for _, decl := range file.Decls {
				if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.IMPORT {
					continue
				}
				g.look(decl, path)
			}
		}
	}
	data, err := os.ReadFile(filepath.Join("..", "routing", "ready.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range ready.FindAllSubmatch(data, -1) {
		text := string(m[1]) + string(m[2])
		g.put(text, "backend/routing/ready.yaml")
		g.literals[text] = true
	}
	return g
}

var ready = regexp.MustCompile(`(?m)^(?:- name|  says): (.*)$|, what: ([^,]*),`) // rules to switch on

// constants keeps the texts that have a name.
func (g *sources) constants(file *ast.File) {
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			continue
		}
		for _, spec := range d.Specs {
			for i, value := range spec.(*ast.ValueSpec).Values {
				name := spec.(*ast.ValueSpec).Names[i].Name
				if _, twice := g.consts[name]; twice { // each system has its own
					value = nil
				}
				g.consts[name] = value
			}
		}
	}
}

// look takes what is said within a node.
func (g *sources) look(n ast.Node, path string) {
	ast.Inspect(n, func(n ast.Node) bool { return g.take(n, path) })
}

// take takes what a node says, and reports whether to look within it.
func (g *sources) take(n ast.Node, path string) bool {
	switch n := n.(type) {
	case *ast.Field, *ast.IndexExpr: // tags, keys
		return false
	case *ast.CaseClause:
		for _, s := range n.Body {
			g.look(s, path)
		}
		return false
	case *ast.BinaryExpr:
		if n.Op != token.ADD {
			return n.Op == token.LAND || n.Op == token.LOR
		}
	case *ast.BasicLit:
		if text, err := strconv.Unquote(n.Value); err == nil {
			g.literals[text] = true
		}
	case *ast.CallExpr:
		if g.forPrograms(n) {
			for _, a := range n.Args {
				if f, ok := a.(*ast.FuncLit); ok {
					g.look(f, path)
				}
			}
			return false
		}
	}
	x, ok := n.(ast.Expr)
	if !ok {
		return true
	}
	var puts []ast.Expr // what is put into places
	text, ok := g.flat(x, &puts)
	if !ok {
		return true
	}
	g.put(text, path)
	for _, p := range puts {
		g.look(p, path)
	}
	return false
}

// put takes the sentences of a text.
func (g *sources) put(text, path string) {
	for _, s := range sentences(text) {
		g.literals[s] = true
		if strings.Contains(s, "January") || strings.Contains(s, "Monday") {
			g.times(s, path)
		} else if prose(s) && g.said[s] == "" {
			g.said[s] = path
		}
	}
}

var figure = regexp.MustCompile(`[0-9:]+`)

// times takes what a layout of package time says, over the year and the week.
func (g *sources) times(layout, path string) {
	layout = figure.ReplaceAllString(layout, "{}")
	for m := time.January; m <= time.December; m++ {
		said := strings.Replace(layout, "January", m.String(), 1)
		g.said[strings.Replace(said, "Monday", time.Weekday(m%7).String(), 1)] = path
	}
}

func (g *sources) forPrograms(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return programs[f.Name]
	case *ast.SelectorExpr:
		x, ok := f.X.(*ast.Ident)
		return programs[f.Sel.Name] || ok && programs[x.Name]
	}
	return false
}

// flat makes a template of an expression: a literal, texts joined by +, or a format with what goes into it.
func (g *sources) flat(x ast.Expr, puts *[]ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return g.flat(x.X, puts)
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		g.literals[text] = true
		return format(text), x.Kind == token.STRING && err == nil
	case *ast.Ident:
		if value := g.consts[x.Name]; value != nil {
			return g.flat(value, puts)
		}
	case *ast.BinaryExpr:
		if x.Op != token.ADD {
			break
		}
		left, l := g.flat(x.X, puts)
		right, r := g.flat(x.Y, puts)
		if !l {
			left, *puts = "{}", append(*puts, x.X)
		}
		if !r {
			right, *puts = "{}", append(*puts, x.Y)
		}
		return left + right, l || r
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.SelectorExpr)
		if ok && slices.Contains([]string{"Sprintf", "Errorf", "New"}, f.Sel.Name) && len(x.Args) > 0 {
			text, ok := g.flat(x.Args[0], puts)
			if ok {
				*puts = append(*puts, x.Args[1:]...)
			}
			return text, ok
		}
	}
	return "", false
}

var (
	verb   = regexp.MustCompile(`%[+#0]*[0-9]*(\.[0-9]+)?[sdvwfgxXUt]`)
	quoted = regexp.MustCompile(`%(\.[0-9]+)?q`)
)

// format writes a format's verbs as places.
func format(text string) string {
	text = quoted.ReplaceAllString(text, `"{}"`)
	text = verb.ReplaceAllString(text, "{}")
	return strings.ReplaceAll(text, "%%", "%")
}

var (
	ends     = regexp.MustCompile(`\.(\{\})? |\n|; | · `)        // of sentences
	before   = regexp.MustCompile(`^(([a-z_]+|\{\}|"\{\}"): )+`) // which setting, or whose
	after    = regexp.MustCompile(`^\{\} ?([A-Z][a-z]|\x60)`)    // a sentence that stands before
	nobody   = regexp.MustCompile(`[ :(]*$`)
	together = regexp.MustCompile(`(\{\})+`)
)

// sentences are what a text is parted into when it is said.
func sentences(text string) (list []string) {
	text = together.ReplaceAllString(text, "{}")
	for _, s := range ends.Split(text, -1) {
		if strings.HasSuffix(s, " ") {
			s += "{}" // what is joined to it elsewhere
		}
		s = strings.TrimLeft(strings.TrimSuffix(strings.TrimSuffix(s, ".{}"), "."), " ")
		s = after.ReplaceAllString(before.ReplaceAllString(s, ""), "$1")
		list = append(list, nobody.ReplaceAllString(s, ""))
	}
	return list
}

var word = regexp.MustCompile(`[A-Za-z]{3,}`)

// prose tells whether a text is for people: it has several words, or one and places.
func prose(s string) bool {
	return strings.Contains(s, " ") && word.MatchString(s) && !codes.MatchString(s) && !slices.Contains(unsaid, s)
}

// TestGather proves on made-up code that what is said is found however it is made, and what is for programs is not.
func TestGather(t *testing.T) {
	const code = `package p
const what = "the key "
func f() {
	return errors.New("it is empty; enter one")
	return fmt.Errorf("the key %q was not made: %w", name, errors.New("no disk is there"))
	return what + name + " is known. " + "Choose another."
	return Check{Detail: Sentence("it took " + d.String()), Command: "metapi keys list"}
	return s + fmt.Sprintf(" and %d more", n)
	log.Warn("a log line is no sentence", "error", err)
	if strings.Contains(s, "words of others") || s == "words of others" { return at.Format("2 January") }
}`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := sources{said: map[string]string{}, literals: map[string]bool{}, consts: map[string]ast.Expr{}}
	g.constants(file)
	g.look(file, "p.go")
	want := []string{"Choose another", "enter one", "it is empty", "it took {}", "no disk is there", "the key \"{}\" was not made: {}", "the key {}", "the key {} is known", "{} and {} more"}
	for m := time.January; m <= time.December; m++ {
		want = append(want, "{} "+m.String())
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(g.said)); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
