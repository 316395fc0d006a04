// Imitation runs one imitation of a vendor for tests and measurements that are not written in Go.
//
//	imitation -vendor openai -key K -models a,b [-addr 127.0.0.1:0] [-fault kind] [-delay 20ms]
//
// It prints one line of JSON with its addresses, and ends when its standard input ends or on SIGTERM. Each line on
// its input is a command and a JSON value: `fault {"kind":"429","times":-1}`, `script {"text":"hi"}`, `pace {"n":7}`,
// `clear`, `reset`, `accept`. The same can be had over HTTP below /__imitation/.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"metapi/build/imitation"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "imitation:", err)
		os.Exit(1)
	}
}

func run() error {
	vendor := flag.String("vendor", "openai", "openai, anthropic or gemini")
	keys := flag.String("key", "", "the keys of its accounts, by commas")
	models := flag.String("models", "", "the models on offer, by commas")
	addr := flag.String("addr", "127.0.0.1:0", "where to listen")
	fault := flag.String("fault", "", "a fault that every call meets, by its kind")
	retry := flag.String("retry-after", "", "the form of Retry-After of that fault")
	delay := flag.Duration("delay", 0, "before each event of a stream")
	first := flag.Duration("first", 0, "before the first byte of an answer")
	cut := flag.String("cut", "", "where streams are cut: every, bytes, utf8, joined")
	every := flag.Int("n", 7, "bytes of a piece with -cut every")
	page := flag.Int("page", 0, "models on a page of a listing")
	only := flag.String("only", "", "chat or responses: the one of the two that an OpenAI serves")
	unchecked := flag.Bool("unchecked", false, "do not judge bodies (for measurements)")
	flag.Parse()

	opts := []imitation.Option{imitation.WithAddr(*addr), imitation.WithControl(), imitation.WithPageSize(*page)}
	if *keys != "" {
		opts = append(opts, imitation.WithKey(strings.Split(*keys, ",")...))
	}
	if *models != "" {
		opts = append(opts, imitation.WithModels(strings.Split(*models, ",")...))
	}
	if *only != "" {
		opts = append(opts, imitation.Only(imitation.Op(*only)))
	}
	if *unchecked {
		opts = append(opts, imitation.Unchecked())
	}
	f := imitation.Fault{Kind: imitation.FaultKind(*fault), Times: imitation.Always, RetryAfter: imitation.RetryForm(*retry)}
	if *fault != "" {
		if err := f.Known(); err != nil {
			return err
		}
	}
	v, err := imitation.Start(imitation.Kind(*vendor), opts...)
	if err != nil {
		return err
	}
	defer v.Close()
	v.Pace(imitation.Pace{Cut: imitation.Cut(*cut), N: *every, Delay: *delay, First: *first})
	hello, err := json.Marshal(map[string]any{"vendor": v.Kind, "url": v.URL, "base_url": v.BaseURL, "key": v.Key, "pid": os.Getpid()})
	if err != nil {
		return err
	}
	if *fault != "" { // before anyone knows the address
		v.Fault(f)
	}
	fmt.Println(string(hello))

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(os.Stdin)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			what, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), " ")
			if what == "" {
				continue
			}
			if err := v.Command(what, []byte(value)); err != nil {
				fmt.Fprintln(os.Stderr, "imitation:", err)
			}
		}
	}()
	select {
	case <-ended:
	case <-signals:
	}
	return nil
}
