package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// spoken are the packages whose sentences people read in the window, the tray and notifications, and why files of them are not.
var spoken = []string{
	"backend", "backend/account", "backend/catalog", "backend/control", "backend/gateway", "backend/keychain", "backend/ledger", "backend/ledger/budget",
	"backend/ledger/capture", "backend/ledger/replay", "backend/ledger/runaway", "backend/machine", "backend/network", "backend/network/pac", "backend/provider",
	"backend/routing", "backend/settings", "backend/store", "tray", "app/window",
}

// unspoken are files of these whose words are for programs, or for those who write them.
var unspoken = map[string]string{
	"backend/control/service.go":     "the control API's description",
	"backend/control/api.go":         "whoever calls the control API by hand",
	"backend/control/meter.go":       "metrics",
	"backend/control/metrics.go":     "metrics",
	"backend/network/desktop.go":     "what desktops call their settings",
	"backend/network/pac/helpers.go": "JavaScript",
	"backend/gateway/codex.go":       "a list of models for Codex",
	"backend/catalog/normalise.go":   "why an entry of a list of prices is left out, for those who write lists",
	"backend/catalog/snapshot.go":    "the list of prices in the binary, which tests prove",
	"backend/provider/definition.go": "definitions of providers, for those who write them",
}

// TestTable holds the sentences of the sources against each language's table.
func TestTable(t *testing.T) {
	sources := gather(t)
	for language := range languages {
		entries := entriesOf(t, language)
		var missing, unused []string
		for text := range sources.said {
			if _, ok := entries[text]; !ok {
				missing = append(missing, text)
			}
		}
		slices.Sort(missing)
		for _, text := range missing {
			t.Errorf("%s.json lacks %s (%s)", language, strconv.Quote(text), sources.said[text])
		}
		_ = unused
	}
}

func entriesOf(t *testing.T, language string) map[string]string { return map[string]string{} }

type sources struct {
	said map[string]string // template -> where
	lits map[string]bool
}

func gather(t *testing.T) sources {
	g := sources{map[string]string{}, map[string]bool{}}
	for _, dir := range spoken {
		names, err := filepath.Glob(filepath.Join("..", "..", dir, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s has no sources: %v", dir, err)
		}
		for _, name := range names {
			path := dir + "/" + filepath.Base(name)
			if _, ok := unspoken[path]; ok || strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, data, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range file.Decls {
				ast.Inspect(decl, func(n ast.Node) bool {
					return g.node(n, func() string { return path + ":" + strconv.Itoa(set.Position(n.Pos()).Line) })
				})
			}
		}
	}
	return g
}

// node takes what a node says, and reports whether to look within it.
func (g sources) node(n ast.Node, where func() string) bool {
	switch n := n.(type) {
	case *ast.ImportSpec, *ast.CaseClause:
		if c, ok := n.(*ast.CaseClause); ok {
			for _, s := range c.Body {
				ast.Inspect(s, func(n ast.Node) bool { return g.node(n, where) })
			}
		}
		return false
	case *ast.Field:
		return false
	case *ast.IndexExpr:
		return false
	case *ast.KeyValueExpr:
		if k, ok := n.Key.(*ast.Ident); ok && unsaid[k.Name] {
			return false
		}
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			return false
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok {
			if x, ok := f.X.(*ast.Ident); ok && programs[x.Name] || programs[f.Sel.Name] {
				for _, a := range n.Args {
					if c, ok := a.(*ast.FuncLit); ok {
						ast.Inspect(c, func(n ast.Node) bool { return g.node(n, where) })
					}
				}
				return false
			}
		}
		if f, ok := n.Fun.(*ast.Ident); ok && programs[f.Name] {
			return false
		}
	}
	x, ok := n.(ast.Expr)
	if !ok {
		return true
	}
	text, ok := flat(x)
	if !ok {
		return true
	}
	for _, s := range sentences(text) {
		if prose(s) && g.said[s] == "" {
			g.said[s] = where()
		}
	}
	// what is put into places may say something of its own
	within(x, func(e ast.Expr) { ast.Inspect(e, func(n ast.Node) bool { return g.node(n, where) }) })
	return false
}

var unsaid = map[string]bool{"Command": true, "command": true}

// programs are functions whose texts are for programs, or for the log.
var programs = map[string]bool{"strings": true, "bytes": true, "regexp": true, "slog": true, "Debug": true, "Info": true, "Warn": true, "Error": true, "Log": true, "panic": true,
	"Format": true, "HandleFunc": true, "Handle": true, "Getenv": true, "Set": true, "Command": true, "CommandContext": true, "MustCompile": true, "Exec": true, "Query": true, "RunString": true, "tell": false}

// flat makes a template of an expression: a literal, texts joined by +, or a format with what goes into it.
func flat(x ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return flat(x.X)
	case *ast.BasicLit:
		if x.Kind == token.STRING {
			text, err := strconv.Unquote(x.Value)
			return format(text), err == nil
		}
	case *ast.BinaryExpr:
		if x.Op == token.ADD {
			left, l := flat(x.X)
			right, r := flat(x.Y)
			if !l && !r {
				return "", false
			}
			if !l {
				left = "{}"
			}
			if !r {
				right = "{}"
			}
			return left + right, true
		}
	case *ast.CallExpr:
		if f, ok := x.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Sprintf" || f.Sel.Name == "Errorf" || f.Sel.Name == "New") && len(x.Args) > 0 {
			return flat(x.Args[0])
		}
		if f, ok := x.Fun.(*ast.Ident); ok && f.Name == "Sentence" {
			return flat(x.Args[0])
		}
	}
	return "", false
}

// within calls do for what stands in places of a template.
func within(x ast.Expr, do func(ast.Expr)) {
	switch x := x.(type) {
	case *ast.ParenExpr:
		within(x.X, do)
	case *ast.BasicLit:
	case *ast.BinaryExpr:
		for _, side := range []ast.Expr{x.X, x.Y} {
			if _, ok := flat(side); ok {
				within(side, do)
			} else {
				do(side)
			}
		}
	case *ast.CallExpr:
		within(x.Args[0], do)
		for _, a := range x.Args[1:] {
			do(a)
		}
	}
}

var verb = regexp.MustCompile(`%[-+#0]*[0-9]*(\.[0-9]+)?[sdvwfgxXUteT]`)
var quoted = regexp.MustCompile(`%(\.[0-9]+)?q`)

func format(text string) string {
	text = quoted.ReplaceAllString(text, `"{}"`)
	text = verb.ReplaceAllString(text, "{}")
	return strings.ReplaceAll(text, "%%", "%")
}

func sentences(text string) []string {
	for strings.Contains(text, "{}{}") {
		text = strings.ReplaceAll(text, "{}{}", "{}")
	}
	text = strings.ReplaceAll(text, ".{} ", ". ")
	text = strings.ReplaceAll(text, "; ", ". ")
	text = strings.ReplaceAll(text, " · ", ". ")
	var list []string
	for _, line := range strings.Split(text, "\n") {
		for _, s := range strings.Split(line, ". ") {
			list = append(list, strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(s), ".{}"), "."))
		}
	}
	return list
}

var word = regexp.MustCompile(`[A-Za-z]{2,}`)
var method = regexp.MustCompile(`^(GET|POST|PATCH|PUT|DELETE|metapi) `)

func prose(s string) bool {
	return strings.Contains(s, " ") && word.MatchString(strings.ReplaceAll(s, "{}", "")) && !method.MatchString(s)
}
