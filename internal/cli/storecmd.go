package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billferry/internal/app"
)

func storeCommand(e *env) *cobra.Command {
	return group("store", "Look after the store", storeCheckCommand(e), storeBackupCommand(e))
}

func storeCheckCommand(e *env) *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use: "check", Short: "Check the store's file, indexes and counters", Args: cobra.NoArgs, Example: "  billferry store check --repair",
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := e.localFolder("store check")
			if err != nil {
				return err
			}
			r, err := app.CheckStore(c.Context(), dir, e.noKeyring, repair)
			if err != nil {
				return err
			}
			if err := e.print(r, func(w io.Writer) {
				for _, p := range r.Problems {
					_, _ = fmt.Fprintln(w, p)
				}
				_, _ = fmt.Fprintf(w, "%d runs, %d problems, %d repaired\n", r.Runs, r.Found, r.Repaired)
			}); err != nil {
				return err
			}
			if r.Found > r.Repaired {
				return errors.New("the store has problems; --repair builds indexes and counters anew")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&repair, "repair", false, "build wrong indexes and counters anew")
	return c
}
