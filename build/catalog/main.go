// Command catalog makes backend/catalog/snapshot.json: it reads the prices that prices.mjs writes from standard input,
// adds the capabilities that charm.land/catwalk knows, and writes the snapshot to standard output, one model a line.
//
// It is a module of its own, so that the product does not depend on catwalk. Of catwalk only context, usual output,
// reasoning and images are taken. Its prices are not: cost_per_1m_out_cached is a read price in some rows, the output
// price in others, and cost_per_1m_in_cached is now a read and now a write price.
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

type prices struct {
	Package          string `json:"package"`
	Version          string `json:"version"`
	AsOf             string `json:"asOf"`
	CapabilitiesAsOf string `json:"capabilitiesAsOf"`
	Providers        []struct {
		ID       string            `json:"id"`
		Name     string            `json:"name"`
		API      string            `json:"api"`
		Page     string            `json:"page"`
		Fallback []string          `json:"fallback"`
		Models   []json.RawMessage `json:"models"`
	} `json:"providers"`
}

type fact struct {
	ID      string   `json:"id"`
	From    string   `json:"from"`
	Name    string   `json:"name,omitempty"`
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
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "catalog:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var p prices
	if err := json.NewDecoder(in).Decode(&p); err != nil {
		return fmt.Errorf("read the prices from standard input (run ./generate): %w", err)
	}
	version, err := catwalkVersion()
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "{\n\"prices\":{\"source\":%q,\"version\":%q,\"as_of\":%q},\n", p.Package, p.Version, p.AsOf)
	fmt.Fprintf(w, "\"capabilities\":{\"source\":\"charm.land/catwalk\",\"version\":%q,\"as_of\":%q},\n", version, p.CapabilitiesAsOf)
	fmt.Fprint(w, "\"providers\":[\n")
	for i, v := range p.Providers {
		head := line(struct {
			ID       string   `json:"id"`
			Name     string   `json:"name"`
			API      string   `json:"api"`
			Page     string   `json:"page,omitempty"`
			Fallback []string `json:"fallback,omitempty"`
		}{v.ID, v.Name, v.API, v.Page, v.Fallback})
		fmt.Fprintf(w, "%s,\"models\":[\n", strings.TrimSuffix(head, "}"))
		for j, m := range v.Models {
			fmt.Fprintf(w, "%s%s\n", m, comma(j, len(v.Models)))
		}
		fmt.Fprintf(w, "]}%s\n", comma(i, len(p.Providers)))
	}
	fmt.Fprint(w, "],\n\"facts\":[\n")
	fs := facts(embedded.GetAll())
	for i, f := range fs {
		fmt.Fprintf(w, "%s%s\n", line(f), comma(i, len(fs)))
	}
	fmt.Fprint(w, "]\n}\n")
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
				fs = append(fs, fact{name, string(p.ID), m.Name, m.ContextWindow, m.DefaultMaxTokens, m.CanReason, m.SupportsImages, m.ReasoningLevels})
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
