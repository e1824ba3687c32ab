package suitetalk

import (
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/suiteql"
	"billferry/internal/sandbox/tree"
)

// rows goes through the records of a type; a row reads a field as text, a
// reference as its id.
func (d *db) rows(kind *recordType) iter.Seq2[string, func(string) string] {
	return func(yield func(string, func(string) string) bool) {
		if t := d.tables[kind]; t != nil {
			for _, e := range t.rows {
				if !yield(e.id, func(f string) string { return d.entryField(e, f).Text }) {
					return
				}
			}
			return
		}
		for _, t := range d.order {
			if t.kind == kind && !yield(t.id, func(f string) string { return d.field(t, f).Text }) {
				return
			}
		}
	}
}

// Scan implements suiteql.Source: ids and external ids have an index.
func (v visible) Scan(table string, only map[string][]string, yield func(suiteql.Row) bool) {
	switch table {
	case "transaction":
		of, more := only["entity"], true // a join asks for those of one customer
		v.transactions(only["id"], only["externalid"], func(t *transaction) bool {
			more = len(of) == 1 && t.entity.id != of[0] || yield(func(c string) suiteql.Value { return v.field(t, c) })
			return more
		})
		if more {
			v.scanJournals(only["id"], yield)
		}
	case "nexttransactionlinelink":
		v.scanApplied(only["previousdoc"], yield)
	case "message", "systemnote":
		v.scanIssued(table, yield)
	case "transactionline":
		v.transactions(only["transaction"], nil, func(t *transaction) bool { return v.scanLines(t, only["mainline"], yield) })
	case "customfield":
		v.scanFields(yield)
	case "rolepermissions":
		v.scanPermissions(yield)
	case "customersubsidiaryrelationship":
		v.scanShared(yield)
	case "itemsubsidiarymap":
		v.scanSold(yield)
	default:
		if t := v.tables[queryTables[table]]; t != nil {
			rows := t.rows
			if ids := only["id"]; len(ids) == 1 && t.byID[ids[0]] != nil {
				rows = []*entry{t.byID[ids[0]]} // a join asks for one of them
			}
			for _, e := range rows {
				if !yield(func(c string) suiteql.Value { return v.entryField(e, c) }) {
					return
				}
			}
		}
	}
}

// transactions goes through those with one of the ids, or of the external ids,
// when either is given; else through all.
func (v visible) transactions(ids, exts []string, yield func(*transaction) bool) {
	list := v.order
	switch {
	case ids != nil:
		list = nil
		for _, id := range ids {
			list = append(list, v.tx[id])
		}
	case exts != nil:
		list = nil
		for _, ext := range exts {
			list = append(list, v.byExt[lower(ext)])
		}
	}
	for _, t := range list {
		for t != nil && t.modified.After(v.asOf) {
			t = t.before
		}
		if t != nil && !v.hidden[t.entity.id] && !yield(t) {
			return
		}
	}
}

// scanLines goes through the lines of a transaction as the ledger has them: the
// main line, the charges, the tax. Charges of an invoice are negative, net of
// tax; of a credit memo positive; all lines add up to nothing.
//
// main is what the query says of mainline, nil where it says nothing.
func (d *db) scanLines(t *transaction, main []string, yield func(suiteql.Row) bool) bool {
	if !slices.Equal(main, []string{"F"}) && !yield(func(c string) suiteql.Value { return d.mainLine(t, c) }) {
		return false
	}
	if slices.Equal(main, []string{"T"}) {
		return true
	}
	for i := range t.lines {
		if !yield(func(c string) suiteql.Value { return d.chargeLine(t, i, c) }) {
			return false
		}
	}
	return t.tax.Sign() == 0 || yield(func(c string) suiteql.Value { return d.taxLine(t, c) })
}

// sign is that of a transaction's total in SuiteQL.
func (t *transaction) sign(n decimal.D) suiteql.Value {
	if t.kind != typeInvoice {
		n = n.Neg()
	}
	return numberValue(n)
}

// numberValue writes a number as queries do, without zeros at its end.
func numberValue(n decimal.D) suiteql.Value {
	return suiteql.Value{Kind: suiteql.Number, Text: n.Trim()}
}

func wholeValue(n int) suiteql.Value {
	return suiteql.Value{Kind: suiteql.Number, Text: strconv.Itoa(n)}
}

func flagValue(b bool) suiteql.Value {
	return suiteql.Value{Kind: suiteql.Text, Text: map[bool]string{true: "T", false: "F"}[b]}
}

func (d *db) mainLine(t *transaction, column string) suiteql.Value {
	switch column {
	case "mainline":
		return flagValue(true)
	case "id", "linesequencenumber":
		return wholeValue(0)
	case "uniquekey":
		return wholeValue(t.mainKey)
	case "foreignamount":
		return t.sign(t.total)
	case "memo", "subsidiary", "department", "class", "location":
		return sqlValue(column, t.head.Get(column))
	}
	if strings.HasPrefix(column, "cseg") { // a guess
		return sqlValue(column, t.head.Get(column))
	}
	return d.anyLine(t, column)
}

func (d *db) chargeLine(t *transaction, i int, column string) suiteql.Value {
	l := &t.lines[i]
	switch column {
	case "id":
		return sqlValue(column, l.Get("line"))
	case "uniquekey":
		return suiteql.Value{Kind: suiteql.Number, Text: l.TextOf(uniqueKey)}
	case "linesequencenumber":
		return wholeValue(i + 1)
	case "foreignamount", "quantity":
		n, err := l.Get(map[string]string{"foreignamount": "amount", "quantity": "quantity"}[column]).Decimal()
		if err != nil {
			return suiteql.Value{} // no quantity
		}
		return t.sign(n.Neg())
	case "memo":
		return sqlValue(column, l.Get("description"))
	case "subsidiary":
		return sqlValue(column, t.head.Get(column))
	}
	if v := sqlValue(column, l.Get(column)); v.Kind != suiteql.Null {
		return v
	}
	return d.anyLine(t, column)
}

func (d *db) taxLine(t *transaction, column string) suiteql.Value {
	switch column {
	case "taxline":
		return flagValue(true)
	case "id", "linesequencenumber":
		return wholeValue(len(t.lines) + 1)
	case "uniquekey":
		return wholeValue(t.taxKey)
	case "foreignamount":
		return t.sign(t.tax.Neg())
	case "subsidiary":
		return sqlValue(column, t.head.Get(column))
	}
	return d.anyLine(t, column)
}

// anyLine is what a line has that is not its own.
func (d *db) anyLine(t *transaction, column string) suiteql.Value {
	switch column {
	case "transaction":
		return suiteql.Value{Kind: suiteql.Number, Text: t.id}
	case "mainline", "taxline", "iscogs":
		return flagValue(false)
	}
	return suiteql.Value{}
}

// entryField reads a column of a record.
func (d *db) entryField(e *entry, column string) suiteql.Value {
	switch column {
	case "id":
		return suiteql.Value{Kind: suiteql.Number, Text: e.id}
	case "externalid":
		return textValue(e.ext)
	}
	return sqlValue(column, e.fields.Get(column))
}

// field reads a column of a transaction.
func (d *db) field(t *transaction, column string) suiteql.Value {
	switch column {
	case "id":
		return suiteql.Value{Kind: suiteql.Number, Text: t.id}
	case "externalid":
		return textValue(t.ext)
	case "type":
		return textValue(t.kind.tranType)
	case "recordtype":
		return textValue(lower(t.kind.name))
	case "foreigntotal":
		return t.sign(t.total)
	case "foreignamountpaid", "foreignamountunpaid", "foreignpaymentamountused", "foreignpaymentamountunused":
		return t.settled(column)
	case "posting":
		return flagValue(!t.pending())
	case "voided":
		return flagValue(t.voided)
	case "createddate":
		return suiteql.Value{Kind: suiteql.Date, Text: t.created.UTC().Format(time.DateOnly)}
	case "lastmodifieddate":
		return suiteql.Value{Kind: suiteql.Date, Text: t.modified.UTC().Format(time.DateTime)}
	case "status":
		id, _ := status(t)
		return textValue(id)
	case "postingperiod":
		if t.period != nil {
			return suiteql.Value{Kind: suiteql.Number, Text: t.period.id}
		}
	}
	return sqlValue(column, t.head.Get(column))
}

func textValue(s string) suiteql.Value {
	if s == "" {
		return suiteql.Value{}
	}
	return suiteql.Value{Kind: suiteql.Text, Text: s}
}

// sqlValue turns a stored field into what SuiteQL has: T and F for booleans,
// the id of a reference.
func sqlValue(column string, v *tree.Value) suiteql.Value {
	switch {
	case v == nil || v.Kind == tree.Null:
		return suiteql.Value{}
	case v.Kind == tree.Bool:
		return flagValue(v.IsTrue())
	case v.Kind == tree.Number:
		return suiteql.Value{Kind: suiteql.Number, Text: v.Text}
	case v.Kind == tree.Object && v.Get("items") != nil: // of a field that takes several
		ids := make([]string, len(sublist(v)))
		for i, x := range sublist(v) {
			ids[i] = x.TextOf("id")
		}
		return textValue(strings.Join(ids, ", "))
	case v.Kind == tree.Object:
		return suiteql.Value{Kind: suiteql.Number, Text: v.TextOf("id")}
	case strings.HasSuffix(column, "date"):
		return suiteql.Value{Kind: suiteql.Date, Text: v.Text}
	}
	return textValue(v.Text)
}

// Display implements suiteql.Source.
func (d *db) Display(_, column string, v suiteql.Value) suiteql.Value {
	for name, kind := range map[string]*recordType{
		"entity": typeCustomer, "currency": typeCurrency, "subsidiary": typeCompany, "postingperiod": typePeriod,
	} {
		if name == column {
			if e := d.tables[kind].byID[v.Text]; e != nil {
				return suiteql.Value{Kind: suiteql.Text, Text: e.name}
			}
		}
	}
	return v
}

// suiteQL serves a query.
func (s *Server) suiteQL(r request) *reply {
	if r.Method != http.MethodPost {
		return notAllowed()
	}
	if !strings.Contains(lower(strings.Join(r.Header.Values("Prefer"), ",")), "transient") {
		return envelope(http.StatusBadRequest, tree.Obj(
			tree.M("detail", tree.Str("The required request header 'Prefer' is missing. Provide the header with the value 'transient'.")),
			tree.M("o:errorHeader", tree.Str("Prefer")), tree.M("o:errorCode", tree.Str("INVALID_HEADER"))))
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.denied[PermitSuiteAnalytics] || s.denied[PermitSuiteQL] {
		return noPermission()
	}
	body, err := tree.Parse(r.body)
	if err != nil || body.TextOf("q") == "" {
		return failure(http.StatusBadRequest, "INVALID_CONTENT", "Invalid content in the request body.", "q")
	}
	limit, offset, no := window(r.URL.Query().Get("limit"), r.URL.Query().Get("offset"))
	if no != nil {
		return no
	}
	var params []string
	if p := body.Get("params"); p != nil {
		for i := range p.Items {
			params = append(params, p.Items[i].Scalar())
		}
	}
	res, total, err := suiteql.RunPage(visible{s.db, s.denied, s.hidden, s.o.Now().Add(-s.db.queryLag)}, body.TextOf("q"),
		params, offset, limit)
	if err != nil {
		return failure(http.StatusBadRequest, "INVALID_PARAMETER",
			"Invalid search query. Detailed unprocessed description follows. "+err.Error()+".", "q")
	}
	order := make([]int, len(res.Columns)) // keys are in the order of the alphabet
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(res.Columns[a], res.Columns[b]) })
	items := make([]tree.Value, 0, len(res.Rows))
	for _, row := range res.Rows {
		items = append(items, item(res.Columns, order, row))
	}
	v := s.listing(r, items, limit, offset, total)
	return &reply{status: http.StatusOK, ctype: typeCollection, body: v.JSON()}
}

// item is one row: keys in order, every value a string, nulls left out, dates
// as the account writes them.
func item(names []string, order []int, row []suiteql.Value) tree.Value {
	members := append(make([]tree.Member, 0, len(names)+1), tree.M("links", tree.List()))
	for n, i := range order {
		switch {
		case row[i].Kind == suiteql.Null, n > 0 && names[order[n-1]] == names[i]: // of two of a name there is one
		case row[i].Kind == suiteql.Date:
			day, _, _ := strings.Cut(row[i].Text, " ") // without TO_CHAR the time of day is left out
			members = append(members, tree.M(names[i], tree.Str(american(day))))
		default:
			members = append(members, tree.M(names[i], tree.Str(row[i].Text)))
		}
	}
	return tree.Obj(members...)
}
