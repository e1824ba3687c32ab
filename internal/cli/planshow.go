package cli

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"billferry/internal/plan"
)

func printPlan(w io.Writer, p plan.Plan, lines bool) {
	act := func(a *plan.Act) string {
		if a == nil {
			return ""
		}
		return strings.TrimSpace(a.By.Name + " on " + a.At.Local().Format("2006-01-02 15:04") + " " + a.Reason)
	}
	decided := "Approved by"
	if p.State == plan.Rejected {
		decided = "Rejected by"
	}
	waits := ""
	if p.Need != "" {
		waits = "; it waits for " + p.Need
	}
	facts(w, "Plan", p.ID, "Integration", p.Integration, "State", string(p.State)+waits, "Period", p.Period, "Filter", p.Filter,
		"Made by", p.Author.Name+" on "+p.Created.Local().Format("2006-01-02 15:04"), decided, act(p.Decision), "Applied by", act(p.Applied),
		"Stopped by", act(p.Ended), "To be applied by", p.Expires.Local().Format("2006-01-02 15:04"), "Digest", p.Digest)
	_, _ = fmt.Fprintln(w)
	var rows, items [][]string
	for i := range p.Bills {
		b := &p.Bills[i]
		before := ""
		if !b.Before.IsZero() {
			before = money(b.Before)
		}
		rows = append(rows, []string{b.Ref, b.Code, string(b.Action), b.Kind, b.Date, before, money(b.Total), b.Currency, b.Told()})
		for _, l := range b.Lines {
			items = append(items, []string{b.Ref, l.Item, money(l.Quantity), money(l.Rate), money(l.Amount), b.Currency, oneLine(l.Description)})
		}
	}
	table(w, "BILL|ACCOUNT|ACTION|DOCUMENT|DATE|>BEFORE|>TOTAL|CURRENCY|WHAT", rows)
	if lines {
		_, _ = fmt.Fprintln(w)
		table(w, "BILL|ITEM|>QUANTITY|>RATE|>AMOUNT|CURRENCY|DESCRIPTION", items)
	}
	_, _ = fmt.Fprintln(w)
	rows = nil
	for _, t := range p.Totals {
		rows = append(rows, []string{t.Currency, strconv.Itoa(t.Documents), money(t.Invoices), money(t.Credits), money(t.Before),
			money(t.Change)})
	}
	table(w, "CURRENCY|>DOCUMENTS|>INVOICES|>CREDIT MEMOS|>BEFORE|>CHANGE", rows)
	if len(p.Customers) > 0 {
		_, _ = fmt.Fprintln(w)
		rows = nil
		for _, x := range p.Customers[:min(len(p.Customers), mostCustomers)] {
			rows = append(rows, []string{cmp.Or(x.Code, x.Account), x.Currency, strconv.Itoa(x.Documents), money(x.Total), money(x.Change)})
		}
		table(w, "CUSTOMER|CURRENCY|>DOCUMENTS|>TOTAL|>CHANGE", rows)
		if n := len(p.Customers) - mostCustomers; n > 0 {
			_, _ = fmt.Fprintf(w, "and %s (--json has them)\n", many(n, "customer"))
		}
	}
	showParts(w, p)
	for _, text := range p.Warnings {
		_, _ = fmt.Fprintf(w, "warning: %s\n", clean(text))
	}
}

// showParts says where the money of a plan goes: a table for each way of parting it.
func showParts(w io.Writer, p plan.Plan) {
	for _, by := range plan.Ways {
		var rows [][]string
		for _, x := range p.Parts {
			if x.By == by {
				rows = append(rows, []string{cmp.Or(x.Name, "(not known)"), x.Currency, strconv.Itoa(x.Documents), money(x.Total)})
			}
		}
		if len(rows) > 0 {
			_, _ = fmt.Fprintln(w)
			table(w, strings.ToUpper(by)+"|CURRENCY|>DOCUMENTS|>TOTAL", rows)
		}
	}
}

// mostCustomers is how many customers a plan is shown with, the most money first.
const mostCustomers = 20
