package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"billferry/internal/service"
)

func auditCommand(e *env) *cobra.Command {
	return group("audit", "The trail of what people did", auditListCommand(e), auditVerifyCommand(e))
}

func auditListCommand(e *env) *cobra.Command {
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "List what people did, newest first", Args: cobra.NoArgs, Example: "  billferry audit list --limit 20",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(e.localOnly("audit list"), atLeast(1, "limit", limit)); err != nil {
				return err
			}
			var trail []service.AuditEntry
			err := e.keep(c.Context(), "audit list", func(k service.Keeper) (err error) {
				trail, err = k.AuditTrail(c.Context(), limit)
				return err
			})
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
		Use: "verify", Short: "Check that no entry of the audit trail was changed or removed", Args: cobra.NoArgs,
		Example: "  billferry audit verify",
		RunE: func(c *cobra.Command, _ []string) error {
			var head service.AuditHead
			err := e.keep(c.Context(), "audit verify", func(k service.Keeper) (err error) {
				head, err = k.VerifyAudit(c.Context())
				return err
			})
			if err != nil {
				return err
			}
			return e.print(head, func(w io.Writer) {
				_, _ = fmt.Fprintf(w, "%d entries, unbroken; head %s\n", head.Entries, head.Head)
			})
		},
	}
}
