// Command catalog makes backend/catalog/snapshot.json. It reads three files, and writes the snapshot to standard output, one model a line:
//
//	catalog PACKAGE.json PRICES.json FACTS.json
//
// the package.json of this folder, which pins the versions and tells their days; what genai-prices publishes, normalised by the same code that
// the product refreshes its prices with; and the capabilities that ./facts gathers.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"metapi/backend/catalog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "catalog:", err)
		os.Exit(1)
	}
}

func run(files []string) error {
	if len(files) != 3 {
		return fmt.Errorf("usage: catalog PACKAGE.json PRICES.json FACTS.json (run ./generate)")
	}
	var texts [3][]byte
	for i, name := range files {
		var err error
		if texts[i], err = os.ReadFile(name); err != nil {
			return err
		}
	}
	const source = "@pydantic/genai-prices"
	var pinned struct {
		Config struct {
			Prices       string `json:"pricesAsOf"`
			Capabilities string `json:"capabilitiesAsOf"`
		} `json:"config"`
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(texts[0], &pinned); err != nil {
		return fmt.Errorf("%s: %w", files[0], err)
	}
	var facts struct {
		Version string          `json:"version"`
		Facts   json.RawMessage `json:"facts"`
	}
	if err := json.Unmarshal(texts[2], &facts); err != nil {
		return fmt.Errorf("%s: %w", files[2], err)
	}
	providers, left, err := catalog.Normalise(texts[1])
	if err != nil {
		return fmt.Errorf("%s: %w; teach backend/catalog/normalise.go about it", files[1], err)
	}
	if len(left) > 0 { // worse than no new snapshot
		return fmt.Errorf("%s: what is not understood; teach backend/catalog/normalise.go about it:\n%s", files[1], strings.Join(left, "\n"))
	}
	fmt.Printf("{\n\"prices\":{\"source\":%q,\"version\":%q,\"as_of\":%q},\n", source, pinned.Dependencies[source], pinned.Config.Prices)
	fmt.Printf("\"capabilities\":{\"source\":\"charm.land/catwalk\",\"version\":%q,\"as_of\":%q},\n", facts.Version, pinned.Config.Capabilities)
	_, err = fmt.Printf("\"providers\":%s,\n\"facts\":%s\n}\n", providers, facts.Facts)
	return err
}
