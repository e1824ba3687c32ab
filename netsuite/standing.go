package netsuite

import (
	"context"
	"fmt"
	"slices"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/mapping"
)

var _ delivery.Watcher = (*Client)(nil)

// stampColumn is when a document was changed last. A datetime comes back as a bare date
// unless it is cast.
const stampColumn = "TO_CHAR(t.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS stamp"

// Standing implements delivery.Watcher; what is open of a credit memo is what is left to apply.
func (c *Client) Standing(ctx context.Context, ids []string) (map[string]delivery.Standing, error) {
	list := inList(ids)
	if list == "" {
		return nil, nil
	}
	rows, _, err := c.population(ctx, "how documents stand", nil, func() (string, []string) {
		return "SELECT t.id, t.type, t.entity, t.postingperiod, t.posting, t.foreigntotal, t.foreignamountunpaid, " +
			"TO_CHAR(t.duedate, 'YYYY-MM-DD') AS due, " + stampColumn +
			c.lacks.columns("t", "voided", "foreignpaymentamountunused") + " FROM transaction t WHERE t.id IN (" + list + ") ORDER BY t.id", nil
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]delivery.Standing, len(rows))
	for _, r := range rows {
		s, err := standing(r)
		if err != nil {
			return nil, badAnswer(fmt.Errorf("document %s: %w", r["id"], err))
		}
		out[string(r["id"])] = s
	}
	return out, nil
}

func standing(r row) (s delivery.Standing, err error) {
	s = delivery.Standing{Customer: string(r["entity"]), Stamp: string(r["stamp"]), Period: string(r["postingperiod"]),
		Posting: string(r["posting"]) != "F", Voided: isTrue(r["voided"]), DueDate: string(r["due"])}
	if s.Total, err = money(r["foreigntotal"]); err != nil {
		return s, err
	}
	due := r["foreignamountunpaid"]
	if kindsOf[typeOf(r["type"])] == mapping.CreditMemo {
		due, s.DueDate = r["foreignpaymentamountunused"], ""
	}
	s.DueKnown = due != ""
	s.Due, err = money(due)
	if s.Total.Sign() < 0 {
		s.Due = s.Due.Abs().Neg()
	}
	return s, err
}

// Credited implements delivery.Watcher. Only the kind of what is linked tells paid
// from credited.
func (c *Client) Credited(ctx context.Context, ids []string) (map[string]decimal.D, error) {
	list := inList(ids)
	if list == "" {
		return nil, nil
	}
	rows, _, err := c.population(ctx, "what credit memos have settled", nil, func() (string, []string) {
		return "SELECT k.previousdoc, SUM(k.foreignamount) AS amount FROM nexttransactionlinelink k " +
			"INNER JOIN transaction n ON n.id = k.nextdoc WHERE k.previousdoc IN (" + list + ") AND n.type = 'CustCred' " +
			"GROUP BY k.previousdoc ORDER BY k.previousdoc", nil
	})
	out := make(map[string]decimal.D, len(rows))
	for _, r := range rows {
		if out[string(r["previousdoc"])], err = money(r["amount"]); err != nil {
			return nil, badAnswer(err)
		}
	}
	return out, err
}

// Twins implements delivery.Watcher.
func (c *Client) Twins(ctx context.Context, ids, prefixes []string) (map[string][]delivery.Twin, error) {
	list := inList(ids)
	if list == "" {
		return nil, nil
	}
	after, beside, out := "0", "0", map[string][]delivery.Twin{} // a document may be beside several
	for more := true; more; {
		var rows []row
		var err error
		rows, more, err = c.population(ctx, "documents made beside others", nil, func() (string, []string) {
			ours, params := ours(prefixes)
			currency := ""
			if c.lacks.has("currency") {
				currency = " AND t.currency = o.currency"
			}
			return "SELECT o.id AS ours, t.id, t.tranid, t.externalid, t.type FROM transaction o INNER JOIN transaction t ON t.entity = o.entity " +
					"WHERE o.id IN (" + list + ") AND t.type = o.type AND t.trandate = o.trandate AND t.foreigntotal = o.foreigntotal" + currency +
					" AND o.foreigntotal <> 0 AND t.id <> o.id AND (t.id > ? OR t.id = ? AND o.id > ?)" + c.notVoided() +
					" AND (t.externalid IS NULL OR NOT " + ours + ") ORDER BY t.id, o.id",
				slices.Concat([]string{after, after, beside}, params)
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			after, beside = string(r["id"]), string(r["ours"])
			out[beside] = append(out[beside], delivery.Twin{ID: after, Number: string(r["tranid"]), ExternalID: string(r["externalid"]),
				URL: pageURL(c.origin, kindsOf[typeOf(r["type"])], after)})
		}
		more = more && len(rows) > 0
	}
	return out, nil
}

func (c *Client) notVoided() string {
	if !c.lacks.has("voided") {
		return ""
	}
	return " AND t.voided = 'F'"
}

// Touched implements delivery.Watcher.
func (c *Client) Touched(ctx context.Context, prefixes []string, since string) (map[string]bool, error) {
	after, out := "0", map[string]bool{}
	for more := true; more; {
		var rows []row
		var err error
		rows, more, err = c.population(ctx, "customers with documents of others", nil, func() (string, []string) {
			ours, params := ours(prefixes)
			return "SELECT t.entity FROM transaction t WHERE t.entity > ? AND " + theTypes + " AND t.lastmodifieddate >= " +
					"TO_DATE(?, 'YYYY-MM-DD') AND (t.externalid IS NULL OR NOT " + ours + ") GROUP BY t.entity ORDER BY t.entity",
				slices.Concat([]string{after, since}, params)
		})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			after = string(r["entity"])
			out[after] = true
		}
		more = more && len(rows) > 0
	}
	return out, nil
}

// OpenPeriods implements delivery.Watcher.
func (c *Client) OpenPeriods(ctx context.Context) (map[string]bool, error) {
	rows, _, err := c.population(ctx, "open periods", nil, func() (string, []string) {
		return "SELECT id FROM accountingperiod WHERE isyear = 'F' AND isquarter = 'F' AND closed = 'F' ORDER BY id", nil
	})
	out := map[string]bool{}
	for _, r := range rows {
		out[string(r["id"])] = true
	}
	return out, err
}
