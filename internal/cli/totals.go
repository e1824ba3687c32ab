package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"billferry/internal/integration"
)

func runsTotalsCommand(e *env) *cobra.Command {
	var chosen runFilters
	c := &cobra.Command{
		Use: "totals", Short: "Add up runs: how many by status, and the money of their Bills",
		Long: `Adds up the runs of a filter, or all. Runs are counted one by one, the money of
a Bill once, in its newest version: IN = OUT (in the destination) + OPEN (still to
be sent, or other there) + EXCLUDED + ROUNDING (parts of a cent).`,
		Example: "  billferry runs totals --integration 'Acme US' --filter 'since:30d'",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := e.open(c.Context(), idle)
			if err != nil {
				return err
			}
			f, err := chosen.resolve(c.Context(), s)
			if err != nil {
				return err
			}
			t, err := s.Sum(c.Context(), f)
			if err != nil {
				return fmt.Errorf("add up runs: %w", err)
			}
			return e.print(t, func(w io.Writer) { writeTotals(w, t) })
		},
	}
	chosen.flags(e, c)
	return c
}

func writeTotals(w io.Writer, t integration.Totals) {
	var rows [][]string
	for _, x := range t.Standings() {
		rows = append(rows, []string{x.Word, strconv.Itoa(x.Runs)})
	}
	table(w, "STATUS|>RUNS", rows)
	if len(t.ByPayment) > 0 {
		rows = nil
		for _, p := range integration.Payments {
			if n := t.ByPayment[p]; n > 0 {
				rows = append(rows, []string{p.Word(), strconv.Itoa(n)})
			}
		}
		_, _ = fmt.Fprintln(w)
		table(w, "PAYMENT|>DOCUMENTS", rows)
	}
	if len(t.Money) > 0 {
		_, _ = fmt.Fprintln(w)
		moneyTable(w, t.Money)
	}
}

// moneyTable shows figures that add up: what came in is there, open,
// excluded, or a part of a cent.
func moneyTable(w io.Writer, by map[string]integration.Money) {
	var rows [][]string
	unproven := slices.ContainsFunc(slices.Collect(maps.Values(by)), func(m integration.Money) bool { return !m.Unproven.IsZero() })
	head := "CURRENCY|>IN|>OUT|>OPEN|>EXCLUDED|>ROUNDING"
	unposted := slices.ContainsFunc(slices.Collect(maps.Values(by)), func(m integration.Money) bool { return !m.Unposted.IsZero() })
	tax := slices.ContainsFunc(slices.Collect(maps.Values(by)), func(m integration.Money) bool { return !m.Tax.IsZero() })
	if unproven {
		head += "|>OF OUT NOT PROVEN"
	}
	if unposted {
		head += "|>OF OUT NOT POSTED"
	}
	if tax {
		head += "|>TAX ADDED|>OUT WITH TAX"
	}
	for _, c := range slices.Sorted(maps.Keys(by)) {
		m := by[c]
		row := []string{c, money(m.In), money(m.Out), money(m.Open), money(m.Excluded), money(m.Rounding)}
		if unproven {
			row = append(row, money(m.Unproven))
		}
		if unposted {
			row = append(row, money(m.Unposted))
		}
		if tax {
			row = append(row, money(m.Tax), money(m.Out.Add(m.Tax)))
		}
		rows = append(rows, row)
	}
	table(w, head, rows)
}
