package suitetalk

import (
	"iter"
	"net/http"
	"sort"
	"strings"

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

// queryTables are SuiteQL's names of the record types.
var queryTables = map[string]*recordType{
	"customer": typeCustomer, "item": typeItem, "currency": typeCurrency, "subsidiary": typeCompany, "accountingperiod": typePeriod,
	"department": typeDepartment, "classification": typeClass, "location": typeLocation, "term": typeTerm,
}

// columns of each SuiteQL table. Accounts exist and are empty: nothing that is
// sent names one.
var columns = map[string][]string{
	"customer":         {"id", "entityid", "companyname", "externalid", "email", "currency", "subsidiary", "isinactive"},
	"item":             {"id", "itemid", "fullname", "displayname", "externalid", "itemtype", "isinactive"},
	"currency":         {"id", "symbol", "name", "currencyprecision", "exchangerate", "isinactive"},
	"subsidiary":       {"id", "name", "externalid"},
	"accountingperiod": {"id", "periodname", "startdate", "enddate", "isyear", "isquarter", "isadjust", "closed", "arlocked", "alllocked"},
	"transaction": {"id", "tranid", "externalid", "type", "entity", "trandate", "duedate", "total", "foreigntotal", "foreignamountunpaid",
		"currency", "status", "memo", "otherrefnum", "postingperiod", "recordtype"},
	"department": {"id", "name"}, "classification": {"id", "name"}, "location": {"id", "name", "subsidiary"},
	"account": {"id", "acctnumber", "fullname"}, "term": {"id", "name", "daysuntilnetdue"},
}

// visible is the tables that the role may see: without the permission for a
// record type its table is as if it were not there.
type visible struct {
	*db
	denied map[string]bool
}

// Columns implements suiteql.Source.
func (v visible) Columns(table string) ([]string, bool) {
	if k := queryTables[table]; k != nil && v.denied[lower(k.name)] {
		return nil, false
	}
	return v.db.Columns(table)
}

// Columns implements suiteql.Source.
func (d *db) Columns(table string) ([]string, bool) {
	c, ok := columns[table]
	return c, ok
}

// Scan implements suiteql.Source: the id and the external id have an index.
func (d *db) Scan(table string, only map[string][]string, yield func(suiteql.Row) bool) {
	if table == "transaction" {
		d.scanTransactions(only, yield)
		return
	}
	t := d.tables[queryTables[table]]
	if t == nil {
		return
	}
	for _, e := range t.rows {
		if !yield(func(c string) suiteql.Value { return d.entryField(e, c) }) {
			return
		}
	}
}

func (d *db) scanTransactions(only map[string][]string, yield func(suiteql.Row) bool) {
	row := func(t *transaction) suiteql.Row {
		return func(c string) suiteql.Value { return d.field(t, c) }
	}
	for column, find := range map[string]func(string) *transaction{
		"externalid": func(v string) *transaction { return d.byExt[lower(v)] },
		"id":         func(v string) *transaction { return d.tx[v] },
	} {
		if texts, ok := only[column]; ok {
			for _, v := range texts {
				if t := find(v); t != nil && !yield(row(t)) {
					return
				}
			}
			return
		}
	}
	for _, t := range d.order {
		if !yield(row(t)) {
			return
		}
	}
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
	case "total", "foreigntotal":
		return suiteql.Value{Kind: suiteql.Number, Text: t.total.String()}
	case "foreignamountunpaid":
		return suiteql.Value{Kind: suiteql.Number, Text: t.open().String()}
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
		return suiteql.Value{Kind: suiteql.Text, Text: map[bool]string{true: "T", false: "F"}[v.IsTrue()]}
	case v.Kind == tree.Number:
		return suiteql.Value{Kind: suiteql.Number, Text: v.Text}
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
	s.mu.Lock()
	defer s.mu.Unlock()
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
	res, err := suiteql.Run(visible{s.db, s.denied}, body.TextOf("q"), params)
	if err != nil {
		return failure(http.StatusBadRequest, "INVALID_PARAMETER",
			"Invalid search query. Detailed unprocessed description follows. "+err.Error()+".", "q")
	}
	items := make([]tree.Value, 0, min(limit, len(res.Rows)))
	for _, row := range res.Rows[min(offset, len(res.Rows)):min(offset+limit, len(res.Rows))] {
		items = append(items, item(res.Columns, row))
	}
	v := s.listing(r, items, limit, offset, len(res.Rows))
	return &reply{status: http.StatusOK, ctype: typeCollection, body: v.JSON()}
}

// item is one row: keys in order, every value a string, nulls left out, dates
// as the account writes them.
func item(names []string, row []suiteql.Value) tree.Value {
	v := tree.Obj(tree.M("links", tree.List()))
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return names[order[a]] < names[order[b]] })
	for _, i := range order {
		switch row[i].Kind {
		case suiteql.Null:
		case suiteql.Date:
			v.Set(names[i], tree.Str(american(row[i].Text)))
		default:
			v.Set(names[i], tree.Str(row[i].Text))
		}
	}
	return v
}
