package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/app"
	"billferry/internal/service"
)

func storeCommand(e *env) *cobra.Command {
	return group("store", "Look after the store", storeCheckCommand(e), storeBackupCommand(e), storeCopyCommand(e), storeNewKeyCommand(e))
}

func storeCheckCommand(e *env) *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use: "check", Short: "Check the store's file, indexes and counters", Example: "  billferry store check --repair",
		Long: `Check reads the whole store: its pages, the checksum of every record, indexes and
counters. While 'billferry serve' or a terminal UI has the store open, that process
checks a copy, beside the file, and goes on. With --repair it checks the file itself:
it shows what there is meanwhile, and records and sends nothing.`,
		RunE: func(c *cobra.Command, _ []string) error {
			var r service.StoreReport
			err := e.keep(c.Context(), "store check", func(k service.Keeper) (err error) {
				b := newBar(e.err)
				defer b.clear()
				r, err = k.CheckStore(c.Context(), repair, func(s service.Step) { b.say(strings.TrimSpace("check " + s.Name + " " + s.Detail)) })
				return err
			})
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

func storeNewKeyCommand(e *env) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "new-key", Short: "Make a new sealing key in place of one that is lost",
		Example: "  billferry store new-key --yes",
		Long: `New-key makes a key that seals secrets, when the one of this data folder is lost.
Runs, configuration and mappings stay. The credentials of integrations and of m3ter
were sealed with the old key: connect each integration and m3ter again. A key that is
not lost is left alone, and what is left of a damaged one is kept beside it.`,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := e.localFolder("store new-key")
			if err != nil {
				return err
			}
			if err := e.confirm(yes, "make a new sealing key, and enter all credentials again"); err != nil {
				return err
			}
			where, err := app.RenewSeal(c.Context(), dir, e.noKeyring)
			if err != nil {
				return err
			}
			return e.print(map[string]any{"key": where}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "a new key lies in the %s; connect integrations and m3ter again\n", where)
			})
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do it without being asked")
	return c
}
