package cli

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"metapi/backend"
	"metapi/backend/control/client"
	"metapi/frontend"
)

func (a *app) serve() *cobra.Command {
	var (
		port       int
		origins    []string
		firstEvent time.Duration
		grace      time.Duration
		ui         bool
	)
	c := &cobra.Command{
		Use:   "serve [--port N] [--ui] [--allow-origin URL]... [--first-event-timeout D] [--grace D]",
		Short: "Run the gateway until Ctrl-C, SIGTERM or `metapi stop`",
		Long: `Run the gateway on this machine's loopback addresses, 127.0.0.1 and ::1, and nowhere else.

With --ui a browser can show the pages of the window: open the link that is printed. It works once; "metapi ui" prints
another. Ctrl-C, SIGTERM and "metapi stop" let running requests end within the grace, then end them.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case port < 0 || port > 65535:
				return wrongUsage("Give a number from 1 to 65535, or 0 for any that is free.", "--port %d is not a port.", port)
			case firstEvent <= 0:
				return wrongUsage("Give a time such as 30s.", "--first-event-timeout must be more than nothing.")
			case grace < 0:
				return wrongUsage("Give a time such as 30s, or 0 for none.", "--grace must not be less than nothing.")
			}
			for _, o := range origins {
				if !isOrigin(o) {
					return wrongUsage("Write it as a browser sends it: https://example.com or http://localhost:3000.", "--allow-origin %q is not a web origin.", o)
				}
			}
			o := backend.ServeOptions{Origins: origins, FirstEvent: firstEvent, Grace: grace, Interactive: a.terminal(), Ready: a.showServing}
			if ui {
				if o.Pages = frontend.Pages(); o.Pages == nil {
					return wrongUsage("Build it with ./build/run, or leave out --ui.", "This build of Metapi has no pages.")
				}
			}
			var chosen *int
			if c.Flags().Changed("port") {
				chosen = &port
			}
			return a.runServe(c.Context(), o, chosen)
		},
	}
	c.Flags().IntVar(&port, "port", backend.DefaultPort, "the `port` to listen on, in place of the one in the settings; 0: any that is free")
	c.Flags().BoolVar(&ui, "ui", false, "show the pages of the window in a browser, too")
	c.Flags().StringArrayVar(&origins, "allow-origin", nil, "a web page's `origin` that may call with a local key; may be repeated")
	c.Flags().DurationVar(&firstEvent, "first-event-timeout", 30*time.Second, "how long an upstream may take to begin its answer before the next one is tried")
	c.Flags().DurationVar(&grace, "grace", backend.DefaultGrace, "how long running requests may go on after the end has been asked for")
	return c
}

// isOrigin reports whether s is scheme, host and port, and nothing else.
func isOrigin(s string) bool {
	u, err := url.Parse(strings.TrimRight(s, "/"))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.Path == "" && u.RawQuery == "" && u.Fragment == ""
}

// runServe serves on a port, or without one on that of the settings.
func (a *app) runServe(ctx context.Context, o backend.ServeOptions, port *int) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	b, err := a.openToServe(ctx, dir)
	if err != nil {
		return err
	}
	if port != nil {
		o.Port = *port
	} else {
		o.Port, err = b.Port()
	}
	if o.Pages != nil {
		o.Ready = a.showPages(ctx, b)
	}
	if err == nil {
		err = b.Serve(ctx, o)
	}
	closeErr := b.Close()
	if err == nil {
		err = closeErr
	}
	if err == nil {
		a.note("Metapi has ended.")
	}
	return err
}

// openToServe waits a moment for a command that has the folder open, but not for another instance.
func (a *app) openToServe(ctx context.Context, dir string) (*backend.Backend, error) {
	for deadline := time.Now().Add(patience); ; {
		b, err := backend.Open(backend.Options{Dir: dir, Passphrase: a.passphrase(), Version: a.version, Log: a.err})
		if err == nil || !client.IsHeld(err) {
			return b, err
		}
		if _, _, dialErr := client.Dial(ctx, dir); dialErr == nil || time.Now().After(deadline) {
			return nil, err
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// showPages is showServing, and the link to the pages.
func (a *app) showPages(ctx context.Context, b *backend.Backend) func(client.Status) {
	return func(st client.Status) {
		a.showServing(st)
		if a.json {
			return // one value is printed, the status; "metapi ui --json" gives the link
		}
		l, err := client.InProcess(b.Handler()).Link(ctx)
		if err != nil {
			a.note("There is no link to the pages: %v", err)
			return
		}
		a.showLink(l)
	}
}

func (a *app) showLink(l client.Link) {
	if a.json {
		a.printJSON(l)
		return
	}
	a.say("Pages, for one browser, once, within ten minutes:")
	a.say("  %s", l.URL)
}

func (a *app) ui() *cobra.Command {
	return &cobra.Command{Use: "ui", Short: "Print a link that opens the pages of the running instance in a browser", Args: cobra.NoArgs,
		Long: `Print a link that opens the pages of the running instance in a browser. It works once, within ten minutes.
The instance must have been started with "metapi serve --ui".`,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) (client.Link, error) { return l.Link(c.Context()) }, a.showLink)
		}}
}

// showServing tells what a person needs to know once clients are served.
func (a *app) showServing(st client.Status) {
	if a.json {
		a.printJSON(st)
		return
	}
	a.say("Metapi %s serves at", st.Version)
	for _, addr := range st.Addresses {
		a.say("  http://%s", addr)
	}
	a.say("OpenAI base URL: http://%s/v1 · Anthropic and Gemini base URL: http://%s", st.Addresses[0], st.Addresses[0])
	a.say("Secrets: %s", st.Keychain)
	a.say("%s, %s, %s; mode %s", plural(len(st.Accounts), "account"), plural(st.Models, "model"), plural(st.Keys, "local key"), st.Mode)
	if st.Paused {
		a.say("Paused: requests are refused until `%s resume`.", a.self())
	}
	for _, s := range st.Accounts {
		if s.State == "blocked" {
			a.note("The account %s cannot be used: %s", s.Slug, s.Reason)
		}
	}
	for _, t := range st.Trouble {
		a.note("%s", t)
	}
	a.nextSteps(st)
	a.note("Ctrl-C ends it.")
}
