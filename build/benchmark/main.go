package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) > 1 && os.Args[1] == "mock" {
		return role(serveMock)
	}
	if len(os.Args) > 2 && os.Args[1] == "proxy" {
		return role(func(l net.Listener) error { return serveProxy(l, os.Args[2]) })
	}
	short := flag.Bool("short", false, "a quick run, for the order of things")
	check := flag.Bool("check", false, "fail where a first goal is missed")
	nginxPath := flag.String("nginx", "", "the `program` nginx; without it that yardstick is left out")
	metapiPath := flag.String("metapi", "", "the `program` metapi; without it only the yardsticks are measured")
	version := flag.String("version", "", "what the measured Metapi calls itself")
	out := flag.String("out", "", "the `file` that gets everything as JSON")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	ctx, cancelTime := context.WithTimeout(ctx, 8*time.Minute)
	defer cancelTime()

	dir, err := os.MkdirTemp("", "metapi-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{plan: fullPlan, ctx: ctx, streamed: map[string]int{}, broken: map[string]int{}}
	if *short {
		b.plan = shortPlan
	}
	defer b.stop()
	if err := b.start(dir, *nginxPath, *metapiPath); err != nil {
		return err
	}
	began := time.Now()
	rows, err := b.measure(func(name string) { fmt.Fprintf(os.Stderr, "%5.1f s  %s\n", time.Since(began).Seconds(), name) })
	fmt.Println(markdown(rows))
	fmt.Printf("%d cores, %s, Metapi %s, %.0f s\n", runtime.NumCPU(), runtime.Version(), *version, time.Since(began).Seconds())
	if err != nil {
		return err
	}
	if err := b.journalled(dir); err != nil {
		return err
	}
	met, goals := firstGoals(rows)
	if goals > 0 {
		fmt.Printf("%d of %d first goals met\n", met, goals)
	}
	if *out != "" {
		if err := write(*out, *version, rows); err != nil {
			return err
		}
	}
	if *check && met < goals {
		return errors.New("a first goal is missed")
	}
	return nil
}

// start starts the targets.
func (b *bench) start(dir, nginxPath, metapiPath string) error {
	mock, upstream, err := startSelf(dir, "mock")
	if err != nil {
		return err
	}
	// The mock is among the processes to end, and its memory is of no interest: the direct target has no process.
	b.targets = append(b.targets, &target{name: direct, addr: upstream})
	b.mock = mock
	if nginxPath != "" {
		t, err := startNginx(nginxPath, dir, upstream)
		if err != nil {
			return err
		}
		b.targets = append(b.targets, t)
	}
	proxy, addr, err := startSelf(dir, "proxy", upstream)
	if err != nil {
		return err
	}
	b.targets = append(b.targets, &target{name: reverse, addr: addr, proc: proxy})
	if metapiPath == "" {
		return nil
	}
	if b.gateway, err = newGateway(b.ctx, metapiPath, dir, upstream); err != nil {
		return err
	}
	t, _, err := b.gateway.serve()
	if err != nil {
		return err
	}
	b.targets = append(b.targets, t)
	return nil
}

// stop ends everything that start started.
func (b *bench) stop() {
	for _, t := range b.targets {
		if t.proc != nil {
			t.proc.stop()
		}
	}
	if b.mock != nil {
		b.mock.stop()
	}
}

// journalled makes sure that Metapi did its whole work: its ledger has the requests.
func (b *bench) journalled(dir string) error {
	if b.gateway == nil {
		return nil
	}
	said, err := b.gateway.command(b.ctx, "", "usage", "--json")
	if err != nil {
		return fmt.Errorf("%w\n%s", err, tail(filepath.Join(dir, "metapi.log")))
	}
	var usage struct {
		Totals struct{ Requests int64 }
	}
	if err := json.Unmarshal([]byte(said), &usage); err != nil {
		return fmt.Errorf("metapi usage --json: %w", err)
	}
	if least := int64(b.rounds * b.calls * 2); usage.Totals.Requests < least {
		return fmt.Errorf("the ledger has %d requests, and at least %d were made: metering was off, so the figures are not of the product",
			usage.Totals.Requests, least)
	}
	fmt.Println("The ledger has " + short(float64(usage.Totals.Requests)) + " requests.")
	return nil
}

func firstGoals(rows []*row) (met, all int) {
	for _, r := range rows {
		if len(r.Goals) == 0 || len(r.Rounds[metapi]) == 0 {
			continue
		}
		all++
		if r.Goals[0].Met {
			met++
		}
	}
	return met, all
}

func write(path, version string, rows []*row) error {
	text, err := json.MarshalIndent(map[string]any{
		"at": time.Now().UTC().Format(time.RFC3339), "version": version, "go": runtime.Version(),
		"system": runtime.GOOS + "/" + runtime.GOARCH, "cores": runtime.NumCPU(), "rows": rows,
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
