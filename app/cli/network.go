package cli

import (
	"cmp"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"metapi/backend/control/client"
)

func (a *app) network() *cobra.Command {
	var (
		proxy, file string
		stdin       bool
	)
	c := &cobra.Command{
		Use: "network [URL] [--proxy system|direct|PROXY] [--ca-file FILE]", Short: "Show or choose how upstreams are reached: proxy and certificates", Args: cobra.MaximumNArgs(1),
		Long: `Show how each account, or a URL, is reached, or choose it for all accounts that have no
word of their own (metapi accounts edit --proxy).

A proxy is http://, https:// or socks5://, a host and a port. The password of one that
wants a name is asked for, or read from standard input with --password-stdin: other
programs can read flags.`,
		Example: `  metapi network
  metapi network --proxy http://me@proxy.example:8080
  metapi network --ca-file /etc/ssl/company.pem`,
		RunE: func(c *cobra.Command, args []string) (err error) {
			var in client.EditSettings
			if c.Flags().Changed("proxy") {
				if proxy, err = a.withPassword(proxy, stdin); err != nil {
					return err
				}
				in.Proxy = &proxy
			}
			if c.Flags().Changed("ca-file") {
				if file != "" {
					if file, err = filepath.Abs(file); err != nil {
						return err
					}
				}
				in.CAFile = &file
			}
			to := ""
			if len(args) > 0 {
				to = args[0]
			}
			return ask(c.Context(), a, func(l *link) (r client.NetworkReport, err error) {
				if in != (client.EditSettings{}) {
					if _, err = l.EditSettings(c.Context(), in); err != nil {
						return r, err
					}
				}
				return l.Network(c.Context(), to)
			}, a.printNetwork)
		},
	}
	a.proxyFlags(c, &proxy, &stdin)
	c.Flags().StringVar(&file, "ca-file", "", "a `file` of certificates in PEM to believe beside the system's; empty for none")
	return c
}

func (a *app) printNetwork(r client.NetworkReport) {
	if len(r.Ways) == 0 {
		a.note("There is no account yet. `metapi network https://api.example.com` tells how a URL is reached.")
	} else {
		t := newTable("ACCOUNT", "REACHES", "BY")
		for _, w := range r.Ways {
			t.add(w.Account, w.URL, w.Way)
		}
		t.print(a.out)
	}
	for _, trouble := range r.Trouble {
		a.note("%s", trouble)
	}
}

func (a *app) proxyFlags(c *cobra.Command, proxy *string, stdin *bool) {
	c.Flags().StringVar(proxy, "proxy", "", "how to connect: system, direct or a proxy's `URL`")
	c.Flags().BoolVar(stdin, "password-stdin", false, "read the proxy's password from standard input")
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if *stdin && !c.Flags().Changed("proxy") {
			return wrongUsage("Write it like --proxy http://name@host:port --password-stdin.", "--password-stdin gives the password of --proxy, which is not there.")
		}
		return nil
	}
	c.RegisterFlagCompletionFunc("proxy", cobra.FixedCompletions([]string{"system", "direct", "http://", "socks5://"}, cobra.ShellCompDirectiveNoFileComp))
}

// withPassword puts a proxy's password into its URL: from standard input, or typed where it has a name and somebody sits there.
func (a *app) withPassword(proxy string, stdin bool) (string, error) {
	address := proxy
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User == nil {
		if stdin {
			return "", wrongUsage("Write it like --proxy http://name@host:port.", "A password needs the name that it belongs to.")
		}
		return proxy, nil // what is wrong with it is told by who keeps it
	}
	_, has := u.User.Password()
	var password string
	switch {
	case stdin:
		password, err = a.readKey(true)
	case !has && a.terminal():
		password, err = a.hidden(fmt.Sprintf("Password of %s at the proxy: ", u.User.Username()))
	default:
		return proxy, nil
	}
	if err != nil {
		return "", err
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

func (a *app) accountsEdit() *cobra.Command {
	var (
		name, proxy string
		stdin       bool
	)
	c := &cobra.Command{
		Use: "edit ACCOUNT [--name N] [--proxy system|direct|PROXY]", Short: "Change an account's name, or how it is reached; its key stays", Args: cobra.ExactArgs(1),
		Example: `  metapi accounts edit work --proxy socks5://127.0.0.1:1080
  metapi accounts edit work --proxy ""     # as all others`,
		RunE: func(c *cobra.Command, args []string) (err error) {
			var in client.EditAccount
			if c.Flags().Changed("name") {
				in.Name = &name
			}
			if c.Flags().Changed("proxy") {
				if proxy, err = a.withPassword(proxy, stdin); err != nil {
					return err
				}
				in.Proxy = &proxy
			}
			if in == (client.EditAccount{}) {
				return wrongUsage("Give --name or --proxy.", "There is nothing to change.")
			}
			return ask(c.Context(), a, func(l *link) (client.Account, error) { return l.EditAccount(c.Context(), args[0], in) },
				func(acc client.Account) {
					a.say("The account %s is called %q, and reached so: %s.", acc.Slug, acc.Name, cmp.Or(acc.Proxy, "as the settings say"))
				})
		},
	}
	c.Flags().StringVar(&name, "name", "", "a `name` for people")
	a.proxyFlags(c, &proxy, &stdin)
	return c
}
