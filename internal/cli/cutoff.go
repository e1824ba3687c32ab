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
	showHoldings(w, r)
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
	used[0], used[1], used[3], used[len(used)-1] = true, true, true, true
	_, _ = fmt.Fprintln(w)
	usedTable(w, head, rows, used)
}

// usedTable is table without the columns that no row has anything in.
func usedTable(w io.Writer, head []string, rows [][]string, used []bool) {
	for k := len(head) - 1; k >= 0; k-- {
		if used[k] {
			continue
		}
		head = slices.Delete(head, k, k+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], k, k+1)
		}
	}
	table(w, strings.Join(head, "|"), rows)
}

// mostPrepaid bounds the customers that are printed.
const mostPrepaid = 20

// showHoldings prints what m3ter holds beside the items of prepayments: their sums, and
// the customers that somebody has to look at.
func showHoldings(w io.Writer, r reconcile.Report) {
	if r.NoHoldings != "" {
		_, _ = fmt.Fprintf(w, "\nPrepayments are not compared with m3ter: %s\n", clean(r.NoHoldings))
	}
	if len(r.PrepaidCustomers) == 0 {
		return
	}
	head := []string{"PREPAYMENTS OF", "CURRENCY", ">CLOSING", ">SINCE", ">IN M3TER", ">NOT BILLED", ">EXPIRED", ">IN THE PERIOD",
		">DIFFERENCE"}
	used, rows := make([]bool, len(head)), [][]string{}
	used[0], used[1], used[2], used[4], used[8] = true, true, true, true, true
	add := func(name string, p reconcile.PrepaidCustomer) {
		row := []string{name, p.Currency}
		for k, sum := range []decimal.D{p.Closing, p.Since, p.Remaining, p.Unbilled, p.Expired, p.ExpiredHere, p.Difference()} {
			text := ""
			if !sum.IsZero() {
				used[2+k], text = true, money(sum)
			}
			row = append(row, text)
		}
		if p.Apart {
			row[len(row)-1] = "other currency"
		}
		rows = append(rows, row)
	}
	told, count := 0, map[string]int{}
	for _, p := range r.PrepaidCustomers {
		if !p.Apart {
			count[p.Currency]++
		}
		if !p.Tells() {
			continue
		}
		if told++; told <= mostPrepaid {
			add(cmp.Or(p.Name, p.Customer, strings.Join(p.Accounts, " ")), p)
		}
	}
	for _, t := range r.PrepaidTotals() {
		add(many(count[t.Currency], "customer"), t)
	}
	_, _ = fmt.Fprintln(w)
	usedTable(w, head, rows, used)
	if told > mostPrepaid {
		_, _ = fmt.Fprintf(w, "%s more differ; reconcile --csv writes all\n", many(told-mostPrepaid, "customer"))
	}
	if r.HoldingsWithout != "" {
		_, _ = fmt.Fprintf(w, "Not compared: m3ter's %s\n", r.HoldingsWithout)
	}
}
