package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billferry/internal/app"
	"billferry/store"
)

func storeCopyCommand(e *env) *cobra.Command {
	var to, from string
	c := &cobra.Command{
		Use: "copy", Short: "Copy the store to PostgreSQL, or back into a file",
		Example: "  billferry store copy --to postgres://billferry@db.example.com/billferry",
		Long: `Copy copies every record of the store of the data folder into an empty PostgreSQL
database, or with --from those of a database into a data folder that has no store.
Nobody may have either of them open. Afterwards both are read again and compared,
record by record, and the audit trail is verified. Secrets stay sealed: they need the
same sealing key there. A password is best left out of the URL: PostgreSQL reads
PGPASSWORD and ~/.pgpass.`,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := e.localFolder("store copy")
			if err != nil {
				return err
			}
			if (to == "") == (from == "") {
				return usagef("store copy wants --to or --from, with the URL of a database; not both")
			}
			var done store.Copied
			b := newBar(e.err)
			tell := func(what string, n int) { b.say(fmt.Sprintf("copy: %s %d", what, n)) }
			if to != "" {
				done, err = app.CopyToDatabase(c.Context(), dir, to, tell)
			} else {
				done, err = app.CopyFromDatabase(c.Context(), from, dir, tell)
			}
			b.clear()
			if err != nil {
				return err
			}
			return e.print(done, func(w io.Writer) {
				for _, k := range store.Kinds {
					if n := done.Records[k]; n > 0 {
						_, _ = fmt.Fprintf(w, "%8d %s\n", n, k)
					}
				}
				_, _ = fmt.Fprintln(w, "copied, and read again: the same")
			})
		},
	}
	c.Flags().StringVar(&to, "to", "", "URL of an empty PostgreSQL database to copy to")
	c.Flags().StringVar(&from, "from", "", "URL of a PostgreSQL database to copy from")
	return c
}
