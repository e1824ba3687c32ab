package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"billferry/internal/service"
)

func auditCommand(e *env) *cobra.Command {
	return group("audit", "The trail of what people did", auditListCommand(e), auditVerifyCommand(e))
}

func auditListCommand(e *env) *cobra.Command {
	var limit int
	var each bool
	c := &cobra.Command{
		Use: "list", Short: "List what people did, newest first",
		Long: `List shows the trail, newest first. Bills that one person handed over one after the
other for one integration are one line with their number; --each, and --json, show every
entry with the id and version of its Bill.`,
		Example: "  billferry audit list --limit 20\n  billferry audit list --each --limit 1000",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := errors.Join(e.localOnly("audit list"), atLeast(1, "limit", limit)); err != nil {
				return err
			}
			var trail []service.AuditEntry
			lines := func() []service.AuditEntry {
				if each || e.json {
					return trail
				}
				return submissions(trail)
			}
			err := e.keep(c.Context(), "audit list", func(k service.Keeper) (err error) {
				for read := limit; ; read *= 4 {
					trail, err = k.AuditTrail(c.Context(), read)
					if err != nil || len(trail) < read || len(lines()) > limit || each || e.json {
						return err
					}
				}
			})
			if err != nil {
				return err
			}
			trail = lines()
			trail = trail[:min(len(trail), limit)]
			return e.print(listed(trail), func(w io.Writer) {
				rows := make([][]string, len(trail))
				for i, a := range trail {
					rows[i] = []string{when(a.Time), a.Who, a.What, a.Detail}
				}
				table(w, "WHEN|WHO|WHAT|DETAIL", rows)
			})
		},
	}
	c.Flags().IntVar(&limit, "limit", 50, "lines to print, at most")
	c.Flags().BoolVar(&each, "each", false, "a line for every Bill that was handed over")
	return c
}

// submissions makes one line of entries that follow one another and differ in
// the Bill alone. The detail of one is "<id> version <n>, <from where, to where>".
func submissions(trail []service.AuditEntry) (out []service.AuditEntry) {
	counts := []int{}
	rest := func(a service.AuditEntry) string {
		_, where, _ := strings.Cut(a.Detail, ", ")
		return where
	}
	for _, a := range trail {
		last := len(out) - 1
		if last >= 0 && a.What == service.SubmitBill && out[last].What == a.What && out[last].Who == a.Who && rest(out[last]) == rest(a) {
			counts[last]++
			continue
		}
		out, counts = append(out, a), append(counts, 1)
	}
	for i, n := range counts {
		if n > 1 {
			out[i].Detail = fmt.Sprintf("%d Bills, %s", n, rest(out[i]))
		}
	}
	return out
}

func auditVerifyCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: "Check that no entry of the audit trail was changed or removed",
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
