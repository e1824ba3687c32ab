package netsuite

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// batchColumns are read of every line of a document, and of the document with it.
const batchColumns = "l.transaction, l.uniquekey, l.linesequencenumber, l.mainline, l.taxline, l.iscogs, l.item, l.quantity, " +
	"l.foreignamount, l.memo, " +
	"t.externalid, t.tranid, t.type, t.entity, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS d, TO_CHAR(t.duedate, 'YYYY-MM-DD') AS due, " +
	"t.postingperiod, t.posting, t.voided, t.foreigntotal, t.otherrefnum, t.memo AS header_memo"

// The columns that not every document needs.
const (
	currencyColumn = "t.currency"
	customerColumn = "c.externalid AS customer_ref" // of the customer, where the document names it by that
	customerJoin   = " INNER JOIN customer c ON c.id = t.entity"
)

// mainDimensions are the fields of a header that a query shows on its main line.
var mainDimensions = []string{"subsidiary", "department", "class", "location"}

// headColumn is where a query shows a field of the header, and under which name
// it answers.
func headColumn(f field) (expr, name string) {
	name = strings.ToLower(f.name)
	if slices.Contains(mainDimensions, name) {
		return "l." + name, name
	}
	return f.expr("t." + name), "h_" + name
}

// lineColumn is the same for a field of a line.
func lineColumn(f field) (expr, name string) {
	name = strings.ToLower(f.name)
	if slices.Contains(mainDimensions, name) {
		return "l." + name, name
	}
	return f.expr("l." + name), "l_" + name
}

func (f field) expr(column string) string {
	if f.as == mapping.AsDate {
		return "TO_CHAR(" + column + ", 'YYYY-MM-DD')"
	}
	return column
}

// columnsOf lists the columns that a document needs besides batchColumns, in one
// order, joined by commas; ok is false when a field cannot be asked for.
func columnsOf(d *mapping.Document) (list []string, ok bool) {
	add := func(f field, of func(field) (string, string)) bool {
		if !fieldShape().MatchString(f.name) {
			return false
		}
		expr, name := of(f)
		if expr != "l."+name {
			expr += " AS " + name
		}
		if !slices.Contains(list, expr) {
			list = append(list, expr)
		}
		return true
	}
	for _, f := range headFields(d) {
		if !add(f, headColumn) {
			return nil, false
		}
	}
	for i := range d.Lines {
		for _, f := range lineFields(d, &d.Lines[i]) {
			if !add(f, lineColumn) {
				return nil, false
			}
		}
	}
	slices.Sort(list)
	if d.Entity.ID == "" {
		list = append(list, customerColumn)
	}
	return list, true
}

// batchQuery reads the lines of some documents in the order of their keys: line
// numbers begin anew in each document, and pages by offset may shift.
func batchQuery(ids, columns []string) string {
	var b strings.Builder
	b.WriteString("SELECT " + batchColumns)
	for _, c := range columns {
		b.WriteString(", " + c)
	}
	b.WriteString(" FROM transactionline l INNER JOIN transaction t ON t.id = l.transaction")
	if slices.Contains(columns, customerColumn) {
		b.WriteString(customerJoin)
	}
	b.WriteString(" WHERE l.transaction IN (" + strings.Join(ids, ", ") + ") AND l.uniquekey > ? ORDER BY l.uniquekey")
	return b.String()
}

// Rows implements delivery.Destination: a main line, a line for each of the
// document's, and one for tax. The first of its kind is read by itself, and so is
// what a query does not show: see calibrate.
func (c *Client) Rows(d mapping.Document) int {
	if d.Amends != nil || !c.batch.may(&d, c.now()) { // one is read with what else is known of it
		return 0
	}
	return len(d.Lines) + 2
}

// ProveAll implements delivery.Destination. Only an exact and balanced match
// proves: a row or a column that is missing, a line too many, any difference
// decides nothing, and the document is read by itself.
func (c *Client) ProveAll(ctx context.Context, docs []delivery.Written, rec func(integration.Exchange)) ([]*delivery.Proof, error) {
	out := make([]*delivery.Proof, len(docs))
	var (
		agreed  = make([]*agreement, len(docs))
		ids     []string
		columns []string
	)
	for i := range docs {
		if agreed[i] = c.batch.agreed(&docs[i].Doc); agreed[i] == nil || !isID(docs[i].ID) {
			continue // the first of its kind has not been compared yet
		}
		ids = append(ids, docs[i].ID)
		for _, column := range agreed[i].columns {
			if !slices.Contains(columns, column) {
				columns = append(columns, column)
			}
		}
	}
	rows, err := c.linesOf(ctx, byQuery, ids, columns, rec)
	if err != nil {
		if notPermitted(err) {
			c.batch.denied(c.now())
			c.log.Warn("documents are read back one by one: the role may not query them", "account", c.account, "error", err)
		}
		return nil, err
	}
	for i, d := range docs {
		if agreed[i] == nil {
			continue
		}
		m := matches(&d.Doc, agreed[i].currency, rows[d.ID])
		if m.same {
			out[i] = m.proof(&d.Doc, agreed[i].currency)
		}
		c.batch.told(d.ID, m, c.now())
	}
	return out, nil
}

// The purposes of queries that read documents back.
const (
	byQuery  = "read back by query"
	nextPage = "read back by query, next page"
	bothWays = "read back both ways"
)

// linesOf queries the lines of documents, by internal id.
func (c *Client) linesOf(ctx context.Context, purpose string, ids, columns []string, rec Recorder) (map[string][]row, error) {
	out := map[string][]row{}
	if len(ids) == 0 {
		return out, nil
	}
	query := batchQuery(ids, columns)
	for last := "0"; ; {
		rows, err := c.suiteql(ctx, purpose, query, c.pageRows, rec, last)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			id := string(r["transaction"])
			out[id] = append(out[id], r)
		}
		if len(rows) < c.pageRows || string(rows[len(rows)-1]["uniquekey"]) == last {
			return out, nil
		}
		last, purpose = string(rows[len(rows)-1]["uniquekey"]), nextPage
	}
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

// match is what the rows of a document tell.
type match struct {
	same     bool // they are exactly what was sent
	whole    bool // none is missing; else nothing is known
	unposted bool
	number   string
	tax      decimal.D // that NetSuite added, with the sign of the document's amounts
}

func (m match) proof(d *mapping.Document, currency string) *delivery.Proof {
	return &delivery.Proof{Total: d.Total.String(), Currency: currency, Tax: m.tax, Lines: len(d.Lines), Unposted: m.unposted,
		Number: m.number}
}

// matches compares the rows of a document with what was sent. currency is the id
// that it shall have, "" where the account has but one and shows none.
func matches(d *mapping.Document, currency string, rows []row) (m match) {
	l := ledgerOf(rows)
	if len(l.main) != 1 || l.broken || !l.sum.IsZero() {
		return m
	}
	head := l.main[0]
	total, err := decimal.Parse(string(head["foreigntotal"]))
	if err != nil {
		return m
	}
	m.whole, m.unposted, m.tax = true, head["posting"] == "F", l.sign(d, l.tax).Neg()
	m.number = string(head["tranid"])
	m.same = sameHead(d, currency, head) && l.sign(d, total).Sub(m.tax).Equal(d.Total) && equals(head["foreignamount"], total) &&
		len(l.lines) == len(d.Lines) && (!d.NoTax || l.tax.IsZero())
	for _, f := range headFields(d) {
		_, name := headColumn(f)
		m.same = m.same && f.same(string(head[name]))
	}
	for i := 0; m.same && i < len(d.Lines); i++ {
		m.same = l.sameLine(d, i)
	}
	return m
}

func sameHead(d *mapping.Document, currency string, head row) bool {
	for _, c := range [...]struct{ sent, column string }{
		{d.ExternalID, "externalid"}, {d.TranDate, "d"}, {"F", "voided"}, {d.Entity.ID, "entity"}, {currency, "currency"},
		{d.PeriodID, "postingperiod"}, {d.DueDate, "due"},
	} {
		if c.sent != "" && string(head[c.column]) != c.sent {
			return false
		}
	}
	for _, c := range [...]struct{ sent, column, name string }{
		{d.Number, "tranid", "tranId"}, {d.OtherRefNum, "otherrefnum", "otherRefNum"}, {d.Memo, "header_memo", "memo"},
	} {
		if c.sent != "" && !ignores(d, c.name) && !reconcile.SameText(c.sent, string(head[c.column])) {
			return false
		}
	}
	return (d.Entity.ID != "" || string(head["customer_ref"]) == d.Entity.ExternalID) && typeOf(head["type"]) == tranTypes[d.Kind] &&
		head["postingperiod"] != "" && (head["posting"] == "T" || head["posting"] == "F")
}

// sign turns an amount of the ledger into the document's: a credit memo's total
// is below zero there, and its charges above.
func (ledger) sign(d *mapping.Document, x decimal.D) decimal.D {
	if d.Kind == mapping.CreditMemo {
		return x.Neg()
	}
	return x
}

func (l ledger) sameLine(d *mapping.Document, i int) bool {
	sent, held := &d.Lines[i], l.lines[i]
	if string(held["item"]) != sent.ItemID || !equals(held["foreignamount"], l.sign(d, sent.Amount.Neg())) ||
		!sent.Quantity.IsZero() && !equals(held["quantity"], l.sign(d, sent.Quantity.Neg())) ||
		!ignores(d, "line.description") && !reconcile.SameText(sent.Description, string(held["memo"])) {
		return false
	}
	for _, f := range lineFields(d, sent) {
		if _, name := lineColumn(f); !f.same(string(held[name])) {
			return false
		}
	}
	return true
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
