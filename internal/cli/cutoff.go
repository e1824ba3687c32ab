package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"billferry/internal/reconcile"
)

// showCutOff prints the items with services that ended before the period, or end
// after it: what finance accrues and defers.
func showCutOff(w io.Writer, r reconcile.Report) {
	var rows [][]string
	for _, c := range r.CutOff {
		if c.Off() {
			rows = append(rows, []string{cmp.Or(c.Item, "(no line tells)"), c.Currency, c.Subsidiary, money(c.Before), money(c.Within),
				money(c.After), money(c.Undated)})
		}
	}
	if len(rows) == 0 {
		return
	}
	head := "CUT-OFF: ITEM|CURRENCY|SUBSIDIARY|>ENDED BEFORE|>ENDED IN IT|>ENDS AFTER|>NO SERVICE PERIOD"
	if !slices.ContainsFunc(rows, func(row []string) bool { return row[2] != "" }) {
		head = "CUT-OFF: ITEM|CURRENCY|>ENDED BEFORE|>ENDED IN IT|>ENDS AFTER|>NO SERVICE PERIOD"
		for i := range rows {
			rows[i] = slices.Delete(rows[i], 2, 3)
		}
	}
	_, _ = fmt.Fprintln(w)
	table(w, head, rows)
}
