package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"billferry/internal/app"
)

func storeCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "store", Short: "Look after the store"}
	c.AddCommand(storeCheckCommand(e), storeBackupCommand(e))
	return c
}

func storeCheckCommand(e *env) *cobra.Command {
	var repair bool
	c := &cobra.Command{
		Use: "check", Short: "Check the store's file, indexes and counters", Args: cobra.NoArgs, Example: "  billferry store check --repair",
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := e.folder()
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

func storeBackupCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write a whole copy of the store", Args: cobra.ExactArgs(1), Example: "  billferry store backup billferry-2026-11.db",
		RunE: func(c *cobra.Command, args []string) error {
			dir, err := e.folder()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return fmt.Errorf("write the backup: %w", err)
			}
			n, err := app.BackupStore(dir, e.noKeyring, f)
			if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
				return errors.Join(err, os.Remove(args[0]))
			}
			return e.print(map[string]any{"file": args[0], "bytes": n}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s: %d bytes\n", args[0], n)
			})
		},
	}
}

func auditCommand(e *env) *cobra.Command {
	c := &cobra.Command{Use: "audit", Short: "The trail of what people did"}
	c.AddCommand(&cobra.Command{
		Use: "verify", Short: "Check that no entry of the audit trail was changed or removed", Args: cobra.NoArgs, Example: "  billferry audit verify",
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := e.folder()
			if err != nil {
				return err
			}
			n, head, err := app.VerifyAudit(c.Context(), dir, e.noKeyring)
			if err != nil {
				return err
			}
			return e.print(map[string]any{"entries": n, "head": head}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d entries, unbroken; head %s\n", n, head)
			})
		},
	})
	return c
}
