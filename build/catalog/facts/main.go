// Command facts writes what charm.land/catwalk knows of models, as JSON: {version, facts}, one model a line.
//
// It is a module of its own, so that the product does not depend on catwalk. Of its prices only those of input and output are taken, as a second
// opinion: cost_per_1m_out_cached is a read price in some rows, the output price in others, and cost_per_1m_in_cached is now a read and now a
// write price.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"charm.land/catwalk/pkg/catwalk"
	"charm.land/catwalk/pkg/embedded"
)

type fact struct {
	ID      string   `json:"id"`
	From    string   `json:"from"`
	Name    string   `json:"name,omitempty"`
	In      float64  `json:"in,omitempty"` // dollars per million tokens, at that provider
	Out     float64  `json:"out,omitempty"`
	Context int64    `json:"context,omitempty"`
	Output  int64    `json:"output,omitempty"`
	Reasons bool     `json:"reasons,omitempty"`
	Images  bool     `json:"images,omitempty"`
	Levels  []string `json:"levels,omitempty"`
}

// trusted lists catwalk's providers in the order in which they are believed: the makers of models first, then those
// who serve others' models. Subscriptions with limits of their own (Copilot, coding plans) are left out.
var trusted = []catwalk.InferenceProvider{
	"anthropic", "openai", "gemini", "deepseek", "xai", "moonshot", "zai", "zhipu", "minimax", "alibaba-singapore",
	"vertexai", "azure", "groq", "cerebras", "fireworks", "nebius", "scaleway", "openrouter", "vercel", "huggingface",
	"chutes", "synthetic", "baseten", "venice", "cortecs", "aihubmix",
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "facts:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	version, err := catwalkVersion()
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "{\"version\":%q,\"facts\":[\n", version)
	fs := facts(embedded.GetAll())
	for i, f := range fs {
		fmt.Fprintf(w, "%s%s\n", line(f), comma(i, len(fs)))
	}
	fmt.Fprint(w, "]}\n")
	return w.Flush()
}

// facts gives each model name once, as the most trusted provider describes it.
func facts(all []catwalk.Provider) []fact {
	var fs []fact
	seen := map[string]bool{}
	for _, id := range trusted {
		for _, p := range all {
			if p.ID != id {
				continue
			}
			for _, m := range p.Models {
				name := strings.ToLower(m.ID)
				name = name[strings.LastIndexByte(name, '/')+1:]
				if seen[name] {
					continue
				}
				seen[name] = true
				fs = append(fs, fact{name, string(p.ID), m.Name, m.CostPer1MIn, m.CostPer1MOut, m.ContextWindow, m.DefaultMaxTokens, m.CanReason, m.SupportsImages, m.ReasoningLevels})
			}
		}
	}
	slices.SortFunc(fs, func(a, b fact) int { return strings.Compare(a.ID, b.ID) })
	return fs
}

func catwalkVersion() (string, error) {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "charm.land/catwalk" {
				return d.Version, nil
			}
		}
	}
	return "", fmt.Errorf("the build does not say which catwalk it holds: build with modules")
}

func line(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // plain structs of strings and numbers always encode
	}
	return strings.TrimSpace(b.String())
}

func comma(i, n int) string {
	if i+1 < n {
		return ","
	}
	return ""
}
