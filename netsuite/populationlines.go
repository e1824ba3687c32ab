package netsuite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// RowsAtOnce implements reconcile.Books.
func (c *Client) RowsAtOnce() int { return pageSize }

// lineQuery reads the lines of documents, without the main line, whose figures
// the head has.
func (c *Client) lineQuery(q reconcile.Query, ids []string) string {
	var custom strings.Builder
	for _, f := range c.readable(q.Fields) {
		name := strings.ToLower(f)
		fmt.Fprintf(&custom, ", TO_CHAR(l.%s, 'YYYY-MM-DD') AS %s", name, name)
	}
	return "SELECT l.transaction, l.uniquekey, l.linesequencenumber, l.taxline, l.item, l.quantity, l.foreignamount, l.memo" +
		custom.String() +
		" FROM transactionline l WHERE l.transaction IN (" + strings.Join(ids, ", ") +
		") AND l.mainline = 'F' AND l.iscogs = 'F' AND l.uniquekey > ? " +
		"ORDER BY l.uniquekey"
}

// readable are the custom fields that a query shows.
func (c *Client) readable(fields []string) []string {
	return slices.DeleteFunc(slices.Clone(fields), func(f string) bool {
		name := strings.ToLower(f)
		return !customShape.MatchString(name) || !c.lacks.has(name)
	})
}

// placed is a line with its place in the document.
type placed struct {
	at   int
	line reconcile.Line
}

// ReadLines implements reconcile.Books.
func (c *Client) ReadLines(ctx context.Context, q reconcile.Query, docs []*reconcile.Doc, turn reconcile.Turn) error {
	ids, of := make([]string, len(docs)), map[string]int{}
	lines, tax, sum := make([][]placed, len(docs)), make([]decimal.D, len(docs)), make([]decimal.D, len(docs))
	for i, d := range docs {
		ids[i], of[d.ID] = d.ID, i
	}
	for last, more := "0", true; more; {
		var rows []row
		err := turn(ctx, func(ctx context.Context) (err error) {
			rows, more, err = c.population(ctx, "lines of documents", q.Fields, func() (string, []string) {
				return c.lineQuery(q, ids), []string{last}
			})
			return err
		})
		if err != nil {
			return err
		}
		fields := c.readable(q.Fields)
		for _, r := range rows {
			last = string(r["uniquekey"])
			i, asked := of[string(r["transaction"])]
			if !asked {
				continue
			}
			amount, err := money(r["foreignamount"])
			if err != nil {
				return badAnswer(fmt.Errorf("a line of document %s: %w", r["transaction"], err))
			}
			sum[i] = sum[i].Add(amount)
			if isTrue(r["taxline"]) {
				tax[i] = tax[i].Add(amount)
				continue
			}
			lines[i] = append(lines[i], placed{place(r), heldLine(docs[i].Kind, r, amount, fields)})
		}
		more = more && len(rows) > 0
	}
	for i, d := range docs {
		d.Net = sum[i].Sub(tax[i]).Neg()
		if !sum[i].Add(d.Total).IsZero() {
			d.Broken = fmt.Sprintf("its lines add up to %s and its total is %s: the role may not see all of them", sum[i].Neg(), d.Total)
		}
		slices.SortStableFunc(lines[i], func(a, b placed) int { return cmp.Compare(a.at, b.at) })
		d.Lines = make([]reconcile.Line, len(lines[i]))
		for k := range lines[i] {
			d.Lines[k] = lines[i][k].line
		}
	}
	return nil
}

// heldLine is a line with the sign of the document's own amounts: in the ledger an
// invoice's charges are below zero.
func heldLine(kind string, r row, amount decimal.D, fields []string) reconcile.Line {
	quantity, _ := money(r["quantity"]) // one that is no number is none
	if kind != string(mapping.CreditMemo) {
		amount, quantity = amount.Neg(), quantity.Neg()
	}
	l := reconcile.Line{Item: string(r["item"]), Amount: amount, Quantity: quantity, Text: string(r["memo"])}
	for _, f := range fields {
		if l.Fields == nil {
			l.Fields = map[string]string{}
		}
		l.Fields[f] = string(r[strings.ToLower(f)])
	}
	return l
}
