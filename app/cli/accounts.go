package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) accounts() *cobra.Command {
	return group("accounts", "Add, list, show, change, test and remove accounts", a.accountsAdd(), a.accountsList(), a.accountsShow(), a.accountsEdit(), a.accountsTest(), a.accountsPool(), a.accountsUnpool(), a.accountsRemove(), a.accountsProviders(), a.accountsFind(), a.accountsHealth(), a.accountsClearCooldown(), a.accountsProbes())
}

func (a *app) accountsAdd() *cobra.Command {
	var (
		in       client.AddAccount
		keyStdin bool
	)
	c := &cobra.Command{
		Use:   "add [--provider P] [--base-url U] [--name N] [--proxy P] [--key-stdin] [--force]",
		Short: "Add an account: its key is tried, its models are listed",
		Long: `Add an account. Its key is tried by listing its models, and kept in the keychain.
The key is asked for, or read from standard input with --key-stdin; it is never a flag,
since other programs can read those.

Without --provider the key decides, where it has the form of one vendor's keys.`,
		Example: `  metapi accounts add
  metapi accounts add --provider anthropic --name Work --key-stdin < key.txt
  metapi accounts add --provider openai-compatible --base-url https://relay.example/v1`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if !keyless(in.Provider) || keyStdin {
				if in.Key, err = a.readKey(keyStdin); err != nil {
					return err
				}
			}
			if in.Provider == "" && a.terminal() { // before the data is opened: a person takes their time
				if err := a.chooseProvider(&in); err != nil {
					return err
				}
			}
			if in.Proxy, err = a.withPassword(in.Proxy, false); err != nil {
				return err
			}
			err = ask(c.Context(), a, func(l *link) (client.Discovered, error) { return l.AddAccount(c.Context(), in) },
				func(d client.Discovered) {
					a.say("%s", d.Message)
					if d.Hint != "" {
						a.note("%s", d.Hint)
					}
				})
			var p *client.Problem
			if errors.As(err, &p) && p.Code == client.Unproven {
				p.Hint += " To keep the account all the same, add --force."
			}
			return err
		},
	}
	c.Flags().StringVar(&in.Provider, "provider", "", "`id` of the provider, such as openai, anthropic, gemini, openrouter, ollama or openai-compatible")
	c.Flags().StringVar(&in.BaseURL, "base-url", "", "the `address`, for compatible providers or instead of the vendor's own")
	c.Flags().StringVar(&in.Name, "name", "", "a `name` for people (default: the provider's)")
	c.Flags().StringVar(&in.Proxy, "proxy", "", "how to connect: system, direct or a proxy's `URL` (default: as for all accounts)")
	c.Flags().BoolVar(&keyStdin, "key-stdin", false, "read the key from standard input")
	c.Flags().BoolVar(&in.Force, "force", false, "keep the account even if it cannot be reached now")
	c.RegisterFlagCompletionFunc("provider", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var ids []string
		for _, p := range client.Providers() {
			ids = append(ids, p.ID+"\t"+p.Name)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

// chooseProvider asks for what the key does not tell for certain.
func (a *app) chooseProvider(in *client.AddAccount) error {
	r, err := client.Recognise(in.Key)
	if err != nil || r.Certain {
		return err
	}
	proposal := client.Proposal{Provider: "openai-compatible"}
	if len(r.Proposals) > 0 {
		proposal = r.Proposals[0]
		a.note("%s", sentence(proposal.Why))
	}
	if in.Provider, err = a.choose("Provider (`metapi accounts providers` lists them)", proposal.Provider); err != nil {
		return err
	}
	if in.BaseURL == "" && in.Provider == proposal.Provider {
		in.BaseURL = proposal.BaseURL
	}
	for _, p := range client.Providers() {
		if p.ID == in.Provider && p.BaseURL == "" && in.BaseURL == "" {
			in.BaseURL, err = a.choose("Base URL"+like(p.Example), "")
		}
	}
	return err
}

func like(example string) string {
	if example == "" {
		return ""
	}
	return " (like " + example + ")"
}

// keyless reports whether a provider is a server on this machine that wants no key, so that none is asked for.
func keyless(id string) bool {
	return slices.ContainsFunc(client.Providers(), func(p client.ProviderInfo) bool { return p.ID == id && p.Local })
}

func (a *app) accountsProviders() *cobra.Command {
	return &cobra.Command{Use: "providers", Short: "List the providers that accounts can be at, those of providers.d among them", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) ([]client.ProviderInfo, error) { return l.Providers(c.Context()) },
				func(list []client.ProviderInfo) {
					t := newTable("PROVIDER", "NAME", "BASE URL", "GET A KEY AT")
					for _, p := range list {
						base, page := cmp.Or(p.BaseURL, p.Example, "yours"), p.KeyURL
						if p.Local {
							page = "none is needed"
						}
						t.add(p.ID, p.Name, base, page)
					}
					t.print(a.out)
				})
		}}
}

func (a *app) accountsList() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the accounts in your order", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return ask(c.Context(), a, func(l *link) ([]client.Account, error) { return l.Accounts(c.Context()) },
				func(list []client.Account) {
					if len(list) == 0 {
						a.note("There is no account yet. `metapi accounts add` adds one.")
						return
					}
					t := newTable("ACCOUNT", "NAME", "PROVIDER", "KEY", ">MODELS", ">LEFT", "LAST LISTING", "BASE URL")
					for _, acc := range list {
						t.add(acc.Slug, acc.Name, acc.Provider, acc.KeyHint, strconv.Itoa(acc.Models), leftCell(acc.Balance), scanCell(acc.Scan), acc.BaseURL)
					}
					t.print(a.out)
				})
		}}
}

func (a *app) accountsShow() *cobra.Command {
	return &cobra.Command{Use: "show ACCOUNT", Short: "Show one account: its models, and what is left where its provider tells", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return ask(c.Context(), a, func(l *link) (client.Account, error) { return l.Account(c.Context(), args[0]) },
				func(acc client.Account) {
					t := newTable("ACCOUNT", acc.Slug)
					t.add("Name", acc.Name)
					if acc.Pool != "" {
						t.add("Pool", acc.Pool)
					}
					t.add("Provider", acc.Provider)
					t.add("Base URL", acc.BaseURL)
					t.add("Key", acc.KeyHint)
					t.add("Proxy", cmp.Or(acc.Proxy, "as the settings say"))
					t.add("Models", strconv.Itoa(acc.Models))
					t.add("Listed", scanCell(acc.Scan))
					t.add("Left", leftWords(acc.Balance))
					if b := acc.Balance; b != nil && b.Message != "" {
						t.add("", cell{b.Message, yellow})
					}
					t.print(a.out)
				})
		}}
}

// left is what is left in each currency; a dash where nobody told.
func left(b *client.Balance) cell {
	if b == nil {
		return cell{"-", dim}
	}
	var words []string
	for _, m := range b.Amounts {
		words = append(words, fmt.Sprintf("%.2f %s", m.Value, m.Currency))
	}
	c := cell{text: strings.Join(words, ", ")}
	if b.Low {
		c.colour = red
	}
	return c
}

// leftCell is left, with a mark where it is little.
func leftCell(b *client.Balance) cell {
	c := left(b)
	if b != nil && b.Low {
		c.text += " (low)"
	}
	return c
}

// leftWords is left, with when it was told.
func leftWords(b *client.Balance) cell {
	c := leftCell(b)
	if b == nil {
		c.text = "not told by its provider"
		return c
	}
	c.text += ", told " + when(b.At)
	return c
}

func scanCell(s client.Scan) cell {
	switch s.Outcome {
	case "":
		return cell{"never", yellow}
	case "ok":
		return cell{"ok " + when(s.At), green}
	case "empty":
		return cell{"empty " + when(s.At), yellow}
	}
	return cell{string(s.Outcome) + " " + when(s.At), red}
}

func (a *app) accountsTest() *cobra.Command {
	return &cobra.Command{Use: "test ACCOUNT", Short: "Try an account's key, and list its models anew", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			d, err := l.TestAccount(c.Context(), args[0])
			if err != nil {
				return err
			}
			if a.json {
				err = a.printJSON(d)
			} else if d.OK {
				a.say("%s", d.Message)
			}
			if !d.OK && err == nil {
				err = &fault{exitRefused, d.Message, d.Hint}
			}
			return err
		}}
}

func (a *app) accountsPool() *cobra.Command {
	return &cobra.Command{Use: "pool NAME ACCOUNT...", Short: "Have accounts share one place in your order", Args: cobra.MinimumNArgs(2),
		Long: `Have accounts share one place in your order, under a name: that of the first of them. In failover
requests are spread over a pool as in balance, to the less busy, and a session stays where its
prompt is cached; the next in the order takes over only where none of the pool can serve.
Accounts that are in the pool already stay in it.`,
		RunE: func(c *cobra.Command, args []string) error { return a.pool(c, args[0], args[1:]) }}
}

func (a *app) accountsUnpool() *cobra.Command {
	return &cobra.Command{Use: "unpool ACCOUNT...", Short: "Give accounts a place of their own in your order again", Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.pool(c, "", args) }}
}

func (a *app) pool(c *cobra.Command, name string, refs []string) error {
	return ask(c.Context(), a, func(l *link) ([]client.Account, error) { return l.PoolAccounts(c.Context(), name, refs) },
		func(list []client.Account) {
			if name == "" {
				a.say("A place of its own again: %s.", strings.Join(refs, ", "))
				return
			}
			var in []string
			for _, acc := range list {
				if acc.Pool == name {
					in = append(in, acc.Slug)
				}
			}
			a.say("The pool %s: %s.", name, strings.Join(in, ", "))
		})
}

func (a *app) accountsRemove() *cobra.Command {
	return &cobra.Command{Use: "remove ACCOUNT", Short: "Remove an account and its key; its requests stay in the ledger", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			remove := func(l *link) (client.Removed, error) {
				d, err := l.RemoveAccount(c.Context(), args[0])
				d.Undo = d.Undo && l.running // what could bring it back ends with this command
				return d, err
			}
			return ask(c.Context(), a, remove, func(d client.Removed) { a.say("%s", d.Message) })
		}}
}
