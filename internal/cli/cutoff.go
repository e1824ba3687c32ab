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
	defer showPrepayments(w, r)
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

// showPrepayments prints what the liability of prepayments moves by.
func showPrepayments(w io.Writer, r reconcile.Report) {
	var rows [][]string
	for _, c := range r.CutOff {
		if c.Liability() {
			rows = append(rows, []string{c.Item, c.Currency, c.Subsidiary, money(c.Fees), money(c.Drawn), money(c.Fees.Add(c.Drawn)),
				money(c.Earned())})
		}
	}
	if len(rows) > 0 {
		_, _ = fmt.Fprintln(w)
		table(w, "PREPAYMENTS: ITEM|CURRENCY|SUBSIDIARY|>FEES|>CONSUMED|>LIABILITY MOVES BY|>OTHER LINES", rows)
	}
}
