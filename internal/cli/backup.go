package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"billferry/internal/service"
)

func storeBackupCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write a whole copy of the store",
		Example: "  billferry store backup billferry-2026-11.db",
		Long: `Backup writes a consistent copy of the store to FILE, which must not exist yet.
It works while 'billferry serve' or a terminal UI has the store open: that
process sends the copy, and goes on delivering meanwhile. The secrets in it need
the same sealing key (docs/OPERATING.md).`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := e.localOnly("store backup"); err != nil {
				return err
			}
			f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return fmt.Errorf("write the backup: %w", err)
			}
			var n int64
			err = e.keep(c.Context(), "store backup", func(k service.Keeper) (err error) {
				n, err = k.Backup(c.Context(), f)
				return err
			})
			if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
				return errors.Join(err, os.Remove(args[0]))
			}
			return e.print(map[string]any{"file": args[0], "bytes": n}, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%s: %d bytes\n", args[0], n)
			})
		},
	}
}
