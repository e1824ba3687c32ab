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
// the head has; fields of the header are shown beside each line, so that they take no
// request of their own.
func (c *Client) lineQuery(q reconcile.Query, ids []string) string {
	var columns, joins strings.Builder
	for _, f := range c.readable(q.Line) {
		expr, name := lineColumn(f)
		columns.WriteString(", " + expr + " AS " + name)
	}
	header, main := false, false
	for _, f := range c.readable(q.Head) {
		expr, name := headColumn(f)
		if name, dimension := strings.CutPrefix(expr, "l."); dimension {
			main = true
			columns.WriteString(", m." + name + " AS h_" + name)
			continue
		}
		header = true
		columns.WriteString(", " + expr + " AS " + name)
	}
	if header {
		joins.WriteString(" INNER JOIN transaction t ON t.id = l.transaction")
	}
	where := ""
	if main {
		joins.WriteString(" INNER JOIN transactionline m ON m.transaction = l.transaction")
		where = " AND m.mainline = 'T'"
	}
	return "SELECT l.transaction, l.uniquekey, l.linesequencenumber, l.taxline, l.item, l.quantity, l.foreignamount, l.memo" +
		columns.String() + " FROM transactionline l" + joins.String() + " WHERE l.transaction IN (" + strings.Join(ids, ", ") +
		") AND l.mainline = 'F' AND l.iscogs = 'F' AND l.uniquekey > ?" + where + " ORDER BY l.uniquekey"
}

// readable are the fields that a query may be asked for.
func (c *Client) readable(list []reconcile.Field) (out []field) {
	for _, f := range list {
		if fieldShape().MatchString(f.Name) && c.lacks.has(strings.ToLower(f.Name)) {
			out = append(out, field{name: f.Name, as: mapping.Shape(f.As)})
		}
	}
	return out
}

// heldIn is what a row shows of fields.
func heldIn(r row, list []field, column func(field) string) reconcile.Values {
	out := make(reconcile.Values, len(list))
	for _, f := range list {
		out[strings.ToLower(f.name)] = string(r[column(f)])
	}
	return out
}

// namesOf are the columns that a query may find missing.
func namesOf(q reconcile.Query) (out []string) {
	for _, f := range slices.Concat(q.Head, q.Line) {
		out = append(out, strings.ToLower(f.Name))
	}
	return out
}

// linePage is a page of the lines of documents. Where a query is refused without a
// word on which field it is, none of them is asked for from then on.
func (c *Client) linePage(ctx context.Context, q reconcile.Query, ids []string, last string) ([]row, bool, error) {
	names := namesOf(q)
	ask := func() ([]row, bool, error) {
		return c.population(ctx, "lines of documents", names, func() (string, []string) { return c.lineQuery(q, ids), []string{last} })
	}
	rows, more, err := ask()
	if err != nil && len(names) > 0 && asFailure(err).Cause == causePopulation && c.lacks.all(names) {
		c.log.Info("fields are not compared: a query of them is refused", "account", c.account, "fields", strings.Join(names, ", "), "error", err)
		return ask()
	}
	return rows, more, err
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
			rows, more, err = c.linePage(ctx, q, ids, last)
			return err
		})
		if err != nil {
			return err
		}
		heads, fields := c.readable(q.Head), c.readable(q.Line)
		for _, r := range rows {
			last = string(r["uniquekey"])
			i, asked := of[string(r["transaction"])]
			if !asked {
				continue
			}
			if docs[i].Held == nil {
				docs[i].Held = heldIn(r, heads, func(f field) string { return "h_" + strings.ToLower(f.name) })
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
			d.Broken = fmt.Sprintf("its lines add up to %s and its total is %s: the role may not see all of them", sum[i].Neg().Grouped(),
				d.Total.Grouped())
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
func heldLine(kind string, r row, amount decimal.D, fields []field) reconcile.Line {
	quantity, _ := money(r["quantity"]) // one that is no number is none
	if kind != string(mapping.CreditMemo) {
		amount, quantity = amount.Neg(), quantity.Neg()
	}
	l := reconcile.Line{Item: string(r["item"]), Amount: amount, Quantity: quantity, Text: string(r["memo"])}
	l.Held = heldIn(r, fields, func(f field) string { _, name := lineColumn(f); return name })
	return l
}
