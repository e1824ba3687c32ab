package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billferry/internal/app"
)

func auditCommand(e *env) *cobra.Command {
	return group("audit", "The trail of what people did", auditListCommand(e), auditVerifyCommand(e))
}

func auditListCommand(e *env) *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List what people did, newest first", Args: cobra.NoArgs, Example: "  billferry audit list --limit 20",
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := e.localFolder("audit list")
			if err != nil {
				return err
			}
			if err := atLeast(1, "limit", limit); err != nil {
				return err
			}
			trail, err := app.AuditTrail(c.Context(), dir, e.noKeyring, limit)
			if err != nil {
				return err
			}
			return e.print(listed(trail), func(w io.Writer) {
				rows := make([][]string, len(trail))
				for i, a := range trail {
					rows[i] = []string{when(a.Time), a.Who, a.What, a.Detail}
				}
				table(w, "WHEN|WHO|WHAT|DETAIL", rows)
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 50, "entries to print, at most")
	return c
}

func auditVerifyCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check that no entry of the audit trail was changed or removed", Args: cobra.NoArgs, Example: "  billferry audit verify",
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := e.localFolder("audit verify")
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
	}
}
