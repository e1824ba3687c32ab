package netsuite

import (
	"context"
	"fmt"
	"slices"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
)

// balanceQuery adds the posted lines of items up, of all kinds of transactions: by
// the end of their accounting period where documents are chosen by it, else by date.
func (c *Client) balanceQuery(q reconcile.Query, items string, opening bool) (string, []string) {
	group := "l.item" + c.currencyColumn(q) + c.lacks.columns("m", "subsidiary")
	from, day := "", "t.trandate"
	if len(q.Periods) > 0 {
		from, day = " INNER JOIN accountingperiod p ON p.id = t.postingperiod", "p.enddate"
	}
	until, params := " <= ", []string{q.Span.To}
	if opening {
		until, params = " < ", []string{q.Span.From}
	}
	return "SELECT " + group + ", SUM(l.foreignamount) AS total FROM transaction t" + from +
		" INNER JOIN transactionline m ON m.transaction = t.id INNER JOIN transactionline l ON l.transaction = t.id " +
		"WHERE t.posting = 'T' AND " + day + until + "TO_DATE(?, 'YYYY-MM-DD') AND m.mainline = 'T' AND l.mainline = 'F' " +
		"AND l.taxline = 'F' AND l.iscogs = 'F' AND l.item IN (" + items + ") GROUP BY " + group + " ORDER BY " + group, params
}

// customerQuery is balanceQuery by customer, up to the end of the span or to now.
func (c *Client) customerQuery(q reconcile.Query, items string, now bool, after string) (string, []string) {
	group := "t.entity" + c.currencyColumn(q)
	from, until, params := "", "", []string{after}
	switch {
	case now:
	case len(q.Periods) > 0:
		from, until, params = " INNER JOIN accountingperiod p ON p.id = t.postingperiod", "p.enddate", append(params, q.Span.To)
	default:
		until, params = "t.trandate", append(params, q.Span.To)
	}
	if until != "" {
		until = " AND " + until + " <= TO_DATE(?, 'YYYY-MM-DD')"
	}
	return "SELECT " + group + ", SUM(l.foreignamount) AS total, COUNT(*) AS n FROM transaction t" + from +
		" INNER JOIN transactionline l ON l.transaction = t.id WHERE t.entity > ? AND t.posting = 'T'" + until +
		" AND l.mainline = 'F' AND l.taxline = 'F' AND l.iscogs = 'F' AND l.item IN (" + items + ") GROUP BY " + group +
		" ORDER BY " + group, params
}

// CustomerBalances implements reconcile.Books.
func (c *Client) CustomerBalances(ctx context.Context, q reconcile.Query, items []string, now bool, after string) (
	[]reconcile.CustomerBalance, bool, error) {
	list := inList(items)
	if list == "" {
		return nil, false, nil
	}
	rows, more, err := c.population(ctx, "balances of customers", nil, func() (string, []string) {
		return c.customerQuery(q, list, now, after)
	})
	if err != nil {
		return nil, false, err
	}
	if more { // the last customer may go on behind the page
		last := rows[len(rows)-1]["entity"]
		rows = slices.DeleteFunc(rows, func(r row) bool { return r["entity"] == last })
	}
	out := make([]reconcile.CustomerBalance, 0, len(rows))
	for _, r := range rows {
		sum, err := money(r["total"])
		if err != nil {
			return nil, false, badAnswer(fmt.Errorf("the balance of customer %s: %w", r["entity"], err))
		}
		n, _ := decimal.Parse(string(r["n"]))
		lines, _ := n.Int64()
		out = append(out, reconcile.CustomerBalance{Customer: string(r["entity"]), Currency: string(r["currency"]), Sum: sum.Neg(),
			Lines: int(lines)})
	}
	return out, more, nil
}

// itemsAtOnce is how many items one query for balances names: with twenty pairs of a
// currency and a subsidiary each they fill a page.
const itemsAtOnce = 50

// Balances implements reconcile.Books.
func (c *Client) Balances(ctx context.Context, q reconcile.Query, items []string, opening bool) ([]reconcile.ItemBalance, error) {
	var out []reconcile.ItemBalance
	for part := range slices.Chunk(items, itemsAtOnce) {
		list := inList(part)
		if list == "" {
			continue
		}
		rows, more, err := c.population(ctx, "balances of items", nil, func() (string, []string) { return c.balanceQuery(q, list, opening) })
		if err != nil {
			return nil, err
		}
		if more {
			return nil, badAnswer(fmt.Errorf("the balances of %d items fill more than a page", len(part)))
		}
		for _, r := range rows {
			sum, err := money(r["total"])
			if err != nil {
				return nil, badAnswer(fmt.Errorf("the balance of item %s: %w", r["item"], err))
			}
			out = append(out, reconcile.ItemBalance{Item: string(r["item"]), Currency: string(r["currency"]),
				Subsidiary: string(r["subsidiary"]), Sum: sum.Neg()})
		}
	}
	return out, nil
}
