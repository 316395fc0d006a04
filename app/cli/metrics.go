package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) metrics() *cobra.Command {
	return &cobra.Command{Use: "metrics", Short: "Print the figures that Prometheus reads", Args: cobra.NoArgs,
		Long: `Print the figures that the running instance gives to Prometheus at /metrics, in its text format.

Prometheus itself reads the token from admin.token in the data folder, which is new at each start:

  scrape_configs:
    - job_name: metapi
      authorization: {credentials_file: DATA/admin.token}
      static_configs: [{targets: ["127.0.0.1:4747"]}]`,
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := a.connect(c.Context())
			if err != nil {
				return err
			}
			defer l.close()
			text, err := l.Metrics(c.Context())
			if err != nil {
				return err
			}
			if !l.running {
				a.note("No Metapi is running on this data folder: nothing has been counted.")
			}
			if a.json {
				return a.printJSON(map[string]string{"text": text})
			}
			_, err = fmt.Fprint(a.out, text)
			return err
		}}
}
