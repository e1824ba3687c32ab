package netsuite

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// batchColumns are read of every line of a document, and of the document with it.
const batchColumns = "l.transaction, l.uniquekey, l.linesequencenumber, l.mainline, l.taxline, l.iscogs, l.item, l.quantity, " +
	"l.foreignamount, l.memo, " +
	"t.externalid, t.tranid, t.type, t.entity, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS d, TO_CHAR(t.duedate, 'YYYY-MM-DD') AS due, " +
	"t.postingperiod, t.posting, " +
	"t.voided, t.currency, t.foreigntotal, t.otherrefnum, t.memo AS header_memo"

// batchQuery reads the lines of some documents in the order of their keys: line
// numbers begin anew in each document, and pages by offset may shift.
func batchQuery(docs []delivery.Written) string {
	columns, ids := map[string]bool{}, make([]string, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
		for j := range d.Doc.Lines {
			for _, c := range d.Doc.Lines[j].Custom {
				columns[c.Field] = true
			}
		}
	}
	var custom strings.Builder
	for _, c := range slices.Sorted(maps.Keys(columns)) {
		fmt.Fprintf(&custom, ", TO_CHAR(l.%s, 'YYYY-MM-DD') AS %s", c, c)
	}
	return "SELECT " + batchColumns + custom.String() + " FROM transactionline l INNER JOIN transaction t ON t.id = l.transaction " +
		"WHERE l.transaction IN (" + strings.Join(ids, ", ") + ") AND l.uniquekey > ? ORDER BY l.uniquekey"
}

// Rows implements delivery.Destination: a main line, a line for each of the
// document's, and one for tax. A document with what a query may not show is read
// by itself, and so is the first of its kind: see calibrate.
func (c *Client) Rows(d mapping.Document) int {
	if d.CurrencyID == "" || !c.batch.may(d, c.now()) {
		return 0
	}
	for i := range d.Lines {
		for _, x := range d.Lines[i].Custom {
			if !customShape.MatchString(x.Field) {
				return 0
			}
		}
	}
	return len(d.Lines) + 2
}

// ProveAll implements delivery.Destination. Only an exact and balanced match
// proves: a row or a column that is missing, a line too many, any difference
// decides nothing, and the document is read by itself.
func (c *Client) ProveAll(ctx context.Context, docs []delivery.Written, rec func(integration.Exchange)) ([]*delivery.Proof, error) {
	docs = slices.Clone(docs)
	rows, err := c.linesOf(ctx, docs, rec)
	if err != nil {
		if notPermitted(err) {
			c.batch.denied(c.now())
			c.log.Warn("documents are read back one by one: the role may not query them", "account", c.account, "error", err)
		}
		return nil, err
	}
	out := make([]*delivery.Proof, len(docs))
	for i, d := range docs {
		customer, err := c.customerOf(ctx, d.Doc, rec)
		if err != nil {
			continue
		}
		same, whole := matches(d.Doc, customer, rows[d.ID])
		if same && c.batch.good(d.Doc) {
			out[i] = &delivery.Proof{Total: d.Doc.Total.String(), Currency: d.Doc.CurrencyID, Lines: len(d.Doc.Lines)}
		}
		c.batch.told(d, same, whole, c.now())
	}
	return out, nil
}

// linesOf queries the lines of documents, by internal id.
func (c *Client) linesOf(ctx context.Context, docs []delivery.Written, rec Recorder) (map[string][]row, error) {
	docs = slices.DeleteFunc(docs, func(d delivery.Written) bool { return !isID(d.ID) })
	out := map[string][]row{}
	if len(docs) == 0 {
		return out, nil
	}
	query := batchQuery(docs)
	for last := "0"; ; {
		rows, err := c.suiteql(ctx, "read back by query", query, pageSize, rec, last)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			id := string(r["transaction"])
			out[id] = append(out[id], r)
		}
		if len(rows) < pageSize || string(rows[len(rows)-1]["uniquekey"]) == last {
			return out, nil
		}
		last = string(rows[len(rows)-1]["uniquekey"])
	}
}

func (c *Client) customerOf(ctx context.Context, d mapping.Document, rec Recorder) (string, error) {
	if d.Entity.ID != "" {
		return d.Entity.ID, nil
	}
	id, err := c.customerID(ctx, d.Entity.ExternalID, rec)
	if err == nil && id == "" {
		err = fmt.Errorf("the customer is not known")
	}
	return id, err
}

// tranTypes are what queries call the kinds of document.
var tranTypes = map[mapping.Kind]string{mapping.Invoice: "CustInvc", mapping.CreditMemo: "CustCred"}

// ledger is a document as its lines in the ledger tell it.
type ledger struct {
	main   []row
	lines  []row
	tax    decimal.D // as it stands there
	sum    decimal.D // of all lines: nothing, when none is missing
	broken bool      // a number could not be read
}

func ledgerOf(rows []row) (l ledger) {
	for _, r := range rows {
		if isTrue(r["iscogs"]) {
			continue
		}
		amount, err := decimal.Parse(string(r["foreignamount"]))
		l.broken = l.broken || err != nil
		l.sum = l.sum.Add(amount)
		switch {
		case isTrue(r["mainline"]):
			l.main = append(l.main, r)
		case isTrue(r["taxline"]):
			l.tax = l.tax.Add(amount)
		default:
			l.lines = append(l.lines, r)
		}
	}
	slices.SortFunc(l.lines, func(a, b row) int { return cmp.Compare(place(a), place(b)) })
	return l
}

func place(r row) int {
	n, err := strconv.Atoi(string(r["linesequencenumber"]))
	if err != nil {
		return -1
	}
	return n
}

// matches tells whether the rows of a document are exactly what was sent, and
// whether they are whole: with some missing nothing is known.
func matches(d mapping.Document, customer string, rows []row) (same, whole bool) {
	l := ledgerOf(rows)
	if len(l.main) != 1 || l.broken || !l.sum.IsZero() {
		return false, false
	}
	m := l.main[0]
	total, err := decimal.Parse(string(m["foreigntotal"]))
	if err != nil {
		return false, false
	}
	sign := func(x decimal.D) decimal.D { return x }
	if d.Kind == mapping.CreditMemo {
		sign = decimal.D.Neg // a credit memo's total is below zero, and its charges above
	}
	same = string(m["externalid"]) == d.ExternalID && typeOf(m["type"]) == tranTypes[d.Kind] && string(m["entity"]) == customer &&
		string(m["currency"]) == d.CurrencyID && string(m["d"]) == d.TranDate && string(m["voided"]) == "F" && string(m["posting"]) == "T" &&
		sign(total).Add(sign(l.tax)).Equal(d.Total) && equals(m["foreignamount"], total) && m["postingperiod"] != "" &&
		(d.PeriodID == "" || string(m["postingperiod"]) == d.PeriodID) && (d.DueDate == "" || string(m["due"]) == d.DueDate) &&
		(d.Number == "" || sameText(d.Number, m["tranid"])) && (d.OtherRefNum == "" || sameText(d.OtherRefNum, m["otherrefnum"])) &&
		(d.Memo == "" || sameText(d.Memo, m["header_memo"])) && len(l.lines) == len(d.Lines)
	for i := 0; same && i < len(d.Lines); i++ {
		sent, held := &d.Lines[i], l.lines[i]
		same = string(held["item"]) == sent.ItemID && equals(held["foreignamount"], sign(sent.Amount.Neg())) &&
			(sent.Quantity.IsZero() || equals(held["quantity"], sign(sent.Quantity.Neg()))) && sameText(sent.Description, held["memo"])
		for _, x := range sent.Custom {
			same = same && string(held[strings.ToLower(x.Field)]) == x.Value
		}
	}
	return same, true
}

// typeOf takes the status off a type: some answers have CustInvc:A.
func typeOf(s scalar) string {
	kind, _, _ := strings.Cut(string(s), ":")
	return kind
}

func equals(held scalar, sent decimal.D) bool {
	d, err := decimal.Parse(string(held))
	return err == nil && d.Equal(sent)
}

func sameText(sent string, held scalar) bool {
	return sent == string(held) || slices.Equal(wordsOf(sent), wordsOf(string(held)))
}
