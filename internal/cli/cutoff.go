package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
)

// showCutOff prints the cut-off, and prepayments.
func showCutOff(w io.Writer, r reconcile.Report) {
	showOff(w, r)
	showPrepayments(w, r)
}

// showOff prints the items with services that ended before the period, or end after
// it: what finance accrues and defers.
func showOff(w io.Writer, r reconcile.Report) {
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

// showPrepayments rolls prepayments forward, or prints what their liability moves by
// where no balance is known.
func showPrepayments(w io.Writer, r reconcile.Report) {
	if len(r.Prepayments) > 0 {
		showBalances(w, r)
		return
	}
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
	if r.NoPrepayments != "" {
		_, _ = fmt.Fprintf(w, "Opening and closing balances of prepayments are not known: %s\n", clean(r.NoPrepayments))
	}
}

func showBalances(w io.Writer, r reconcile.Report) {
	head := []string{"PREPAYMENTS: ITEM", "CURRENCY", "SUBSIDIARY", ">OPENING", ">FEES", ">CONSUMED", ">OTHER LINES", ">NOT POSTING",
		">ELSEWHERE", ">CLOSING"}
	used, rows := make([]bool, len(head)), make([][]string, len(r.Prepayments))
	for i, p := range r.Prepayments {
		rows[i] = []string{p.Item, p.Currency, p.Subsidiary}
		used[2] = used[2] || p.Subsidiary != ""
		for k, sum := range []decimal.D{p.Opening, p.Fees, p.Consumed, p.Other, p.NotPosting, p.Elsewhere, p.Closing} {
			rows[i] = append(rows[i], money(sum))
			used[3+k] = used[3+k] || !sum.IsZero()
		}
	}
	for k := len(head) - 2; k > 1; k-- { // what no row has anything in is left out, but for the balances
		if used[k] || k == 3 {
			continue
		}
		head = slices.Delete(head, k, k+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], k, k+1)
		}
	}
	_, _ = fmt.Fprintln(w)
	table(w, strings.Join(head, "|"), rows)
}
