package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"billferry/internal/reconcile"
	"billferry/internal/service"
)

func closeCommand(e *env) *cobra.Command {
	var ref, due string
	c := &cobra.Command{
		Use: "close PERIOD", Short: "Tell whether a period may be closed, and what stands in the way",
		Long: `Close reconciles a period, and tells how far its Bills have come, what stands in
the way of closing it, the most money first, and what to do. It closes nothing:
that is done in the destination. Bills belong to the period of their invoice date.

Exit code 0 means that the period may be closed, 3 that something is in the way,
1 that it cannot be told.`,
		Example: "  billferry close 2026-10 --due 2026-11-05",
		RunE: func(c *cobra.Command, args []string) error {
			days := ""
			if due != "" {
				day, err := time.Parse(time.DateOnly, due)
				if err != nil {
					return usagef("--due %q: write a date, YYYY-MM-DD", due)
				}
				days = daysTo(time.Now(), day)
			}
			return e.closing(c.Context(), args[0], ref, days)
		},
	}
	c.Flags().StringVar(&ref, "integration", "", "id or name of the integration (default: all that are connected)")
	c.Flags().StringVar(&due, "due", "", "the day on which the period is to be closed, YYYY-MM-DD")
	completeFlag(c, "integration", e.completeIntegrations)
	return c
}

// daysTo says how far a day is.
func daysTo(now, day time.Time) string {
	n := int(day.Sub(now.UTC().Truncate(24*time.Hour)).Hours() / 24)
	switch {
	case n == 0:
		return "closes today"
	case n < 0:
		return fmt.Sprintf("was to be closed %d days ago", -n)
	case n == 1:
		return "closes tomorrow"
	}
	return fmt.Sprintf("closes in %d days", n)
}

func (e *env) closing(ctx context.Context, period, ref, days string) error {
	s, reports, err := e.reconcileAll(ctx, service.ReconcileRequest{Period: period}, ref)
	if err != nil {
		return err
	}
	return e.printReports(ctx, s, reports, func(w io.Writer, r reconcile.Report) { showClose(w, r, days) })
}

const barLength = 30

func showClose(w io.Writer, r reconcile.Report, days string) {
	head := []string{r.Span.Period, r.Integration}
	for _, p := range r.Periods {
		head = append(head, p.Name+" "+p.State)
	}
	if days != "" {
		head = append(head, days)
	}
	_, _ = fmt.Fprintf(w, "%s\n\n", clean(strings.Join(head, " · ")))
	currencies := r.Currencies()
	var rows [][]string
	for _, s := range r.Steps {
		row := []string{s.Name, strconv.Itoa(s.Bills)}
		for _, c := range currencies {
			row = append(row, money(s.Money[c]))
		}
		rows = append(rows, append(row, plainBar(s.Bills, r.Bills)))
	}
	titles := ""
	for _, c := range currencies {
		titles += "|>" + c
	}
	table(w, "STEP|>BILLS"+titles+"|", rows)
	groups := r.InTheWay()
	if len(groups) > 0 {
		rows = nil
		for _, g := range groups {
			var sums []string
			for _, c := range slices.Sorted(maps.Keys(g.Money)) {
				sums = append(sums, money(g.Money[c])+" "+c)
			}
			rows = append(rows, []string{g.Title, strconv.Itoa(g.Breaks), strings.Join(sums, ", "), g.Advice})
		}
		_, _ = fmt.Fprintln(w)
		table(w, "IN THE WAY|>BILLS|>MONEY|WHAT TO DO", rows)
	}
	_, _ = fmt.Fprintln(w)
	for _, c := range currencies {
		_, _ = fmt.Fprintln(w, clean(r.Equation(c, money)))
	}
	showCutOff(w, r)
	showUntold(w, r)
	_, _ = fmt.Fprintln(w)
	switch r.Verdict {
	case reconcile.Equal:
		_, _ = fmt.Fprintf(w, "%s may be closed: every Bill is where it belongs\n", r.Span.Period)
	case reconcile.Breaks:
		_, _ = fmt.Fprintf(w, "%s may not be closed yet; 'billferry reconcile %s' lists the breaks\n", r.Span.Period, r.Span.Period)
	default:
		_, _ = fmt.Fprintf(w, "it cannot be told whether %s may be closed\n", r.Span.Period)
	}
}

func plainBar(done, all int) string {
	if all == 0 {
		return ""
	}
	return strings.Repeat("█", barLength*done/all)
}
