package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"metapi/backend"
)

// app is one run of the program: where it reads and writes, and the flags that every command has.
type app struct {
	in      *os.File
	out     io.Writer
	err     io.Writer
	version string
	window  Window          // nil in a build without
	ctx     context.Context // of the whole run: ends with Ctrl-C or SIGTERM

	data string // --data
	json bool   // --json

	started bool // a command's own code was reached: errors from now on are not wrong usage
}

// Main runs the command that args name (without the program's name) and returns its exit code. Without a command it opens
// the window, in builds that have one.
func Main(args []string, version string, window Window) int {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, version: version, window: window}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	a.ctx = ctx
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	f := faultOf(err)
	if !a.started { // cobra's own: unknown commands, bad flags, the number of arguments
		f = &fault{exitUsage, sentence(err.Error()), "`metapi help` lists the commands, `metapi COMMAND --help` their flags."}
	}
	f.print(a.err)
	return f.code
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "metapi",
		Short: "One local AI endpoint in front of all your accounts",
		Long: `Metapi runs one local AI endpoint in front of all the accounts you have. It finds
their models, and when one account cannot serve, the next one does.

  metapi accounts add     add an account: paste its key
  metapi keys add NAME    make a local key for a tool
  metapi serve            run the gateway

Exit codes: metapi help exit-codes`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		PersistentPreRun: func(*cobra.Command, []string) {
			a.started = true
		},
		RunE: func(*cobra.Command, []string) error {
			return wrongUsage("`metapi serve` runs the gateway; `metapi help` lists the commands.", "This build of Metapi has no window.")
		},
	}
	if a.window != nil {
		a.opensWindow(root)
	}
	root.PersistentFlags().StringVar(&a.data, "data", "", "the data `folder` (default: $METAPI_HOME, else "+defaultDirWords()+")")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print data as JSON")
	root.MarkPersistentFlagDirname("data")
	root.AddCommand(a.serve(), a.status(), a.accounts(), a.models(), a.prices(), a.keys(), a.mode(), a.notices(), a.rules(), a.explain(), a.replay(), a.worth(), a.thumb(), a.budgets(), a.network(), a.usage(), a.metrics(), a.capture(), a.receipt(), a.storage(), a.backup(), a.restore(), a.logs(),
		a.pause(), a.resume(), a.stop(), a.ui(), a.doctor(), a.versionCommand(), exitCodesTopic())
	plainUsage(root)
	return root
}

// plainUsage keeps cobra from adding "[flags]" to usage lines that name the flags already.
func plainUsage(c *cobra.Command) {
	c.DisableFlagsInUseLine = true
	for _, below := range c.Commands() {
		plainUsage(below)
	}
}

// group is a command that only has others below it.
func group(use, short string, below ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, RunE: func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return c.Help()
		}
		return wrongUsage("`metapi "+use+" --help` lists what there is.", "There is no command %q in `metapi %s`.", args[0], use)
	}}
	c.AddCommand(below...)
	return c
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{Use: "exit-codes", Short: "The codes that metapi ends with", Long: exitCodes}
}

func defaultDirWords() string {
	if dir, err := backend.DefaultDir(); err == nil {
		return dir
	}
	return "the user's configuration folder"
}

// dir is the data folder in force, absolute.
func (a *app) dir() (string, error) {
	dir := a.data
	if dir == "" {
		dir = os.Getenv("METAPI_HOME")
	}
	if dir == "" {
		return backend.DefaultDir()
	}
	return filepath.Abs(dir)
}
