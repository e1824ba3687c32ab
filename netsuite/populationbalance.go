package netsuite

import (
	"context"
	"fmt"
	"slices"

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
