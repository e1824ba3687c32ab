package netsuite

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/mapping"
)

// full is doc() with all that can be compared.
func full(kind mapping.Kind) mapping.Document {
	d := doc()
	d.Kind, d.DueDate, d.Number, d.PeriodID = kind, "2026-09-30", "INV1", "7"
	d.Lines = slices.Clone(d.Lines)
	d.Lines[0].Fields = append(slices.Clone(d.Lines[0].Fields), mapping.Field{Name: "revRecStartDate", As: mapping.AsDate,
		Value: "2026-08-03"})
	return d
}

// recordJSON is a document as the record service shows it, with tax on top.
func recordJSON(d mapping.Document) map[string]string {
	m := map[string]string{
		"id": `"101"`, "externalId": strconv.Quote(d.ExternalID), "tranId": strconv.Quote(d.Number), "tranDate": strconv.Quote(d.TranDate),
		"dueDate": strconv.Quote(d.DueDate), "memo": strconv.Quote(d.Memo), "otherRefNum": strconv.Quote(d.OtherRefNum), "entity": `{"id":"614"}`,
		"currency": `{"id":"1","refName":"USD"}`, "postingPeriod": `{"id":"7"}`, "status": `{"id":"A"}`, "total": "79.75", "taxTotal": "7.25",
	}
	for i, l := range d.Lines {
		m["line "+strconv.Itoa(i)] = `{"item":{"id":"` + l.ItemID + `"},"quantity":` + l.Quantity.Trim() + `,"amount":` + l.Amount.Trim() +
			`,"description":` + strconv.Quote(l.Description) + custom(l, func(c mapping.Field) string {
			return `,"` + c.Name + `":"` + c.Value + `"`
		}) + `}`
	}
	return m
}

func custom(l mapping.Line, f func(mapping.Field) string) (s string) {
	for _, c := range l.Fields {
		s += f(c)
	}
	return s
}

// ledgerRows is the same as a query shows it.
func ledgerRows(d mapping.Document) []row {
	sign := func(x string) scalar {
		n := decimal.MustParse(x)
		if d.Kind == mapping.CreditMemo {
			n = n.Neg()
		}
		return scalar(n.Trim())
	}
	head := row{"transaction": "101", "externalid": scalar(d.ExternalID), "tranid": scalar(d.Number), "type": scalar(tranTypes[d.Kind]),
		"entity": "614",
		"d":      scalar(d.TranDate), "due": scalar(d.DueDate), "postingperiod": "7", "posting": "T", "voided": "F", "currency": "1",
		"foreigntotal": sign("79.75"), "otherrefnum": scalar(d.OtherRefNum), "header_memo": scalar(d.Memo), "iscogs": "F",
		"taxline": "F", "mainline": "F"}
	of := func(more row) row {
		r := maps.Clone(head)
		maps.Copy(r, more)
		return r
	}
	rows := []row{of(row{"uniquekey": "1", "linesequencenumber": "0", "mainline": "T", "foreignamount": sign("79.75"),
		"memo": scalar(d.Memo)})}
	for i, l := range d.Lines {
		r := of(row{"uniquekey": scalar(strconv.Itoa(i + 2)), "linesequencenumber": scalar(strconv.Itoa(i + 1)), "item": scalar(l.ItemID),
			"foreignamount": sign(l.Amount.Neg().Trim()), "quantity": sign(l.Quantity.Neg().Trim()), "memo": scalar(l.Description)})
		for _, f := range lineFields(&d, &l) {
			_, name := lineColumn(f)
			r[name] = scalar(f.value)
		}
		rows = append(rows, r)
	}
	return append(rows, of(row{"uniquekey": "9", "linesequencenumber": "3", "taxline": "T", "foreignamount": sign("-7.25")}))
}

func parsed(t *testing.T, d mapping.Document, m map[string]string) record {
	t.Helper()
	var head, list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if strings.HasPrefix(k, "line ") {
			list = append(list, m[k])
			continue
		}
		head = append(head, strconv.Quote(k)+":"+m[k])
	}
	fields, columns := asksFor(&d)
	text := "{" + strings.Join(head, ",") + `,"item":{"items":[` + strings.Join(list, ",") + `],"totalResults":` +
		strconv.Itoa(len(list)) + `}}`
	r, err := parseRecordOf([]byte(text), fields, columns)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Whatever differs from what was sent is found both ways: a query proves nothing
// that a read-back would call a drift.
func TestEveryDifferenceIsFoundBothWays(t *testing.T) {
	t.Parallel()
	all := func(column, value string) func([]row) {
		return func(rows []row) {
			for _, r := range rows {
				r[column] = scalar(value)
			}
		}
	}
	line := func(n int, column, value string) func([]row) {
		return func(rows []row) { rows[n+1][column] = scalar(value) }
	}
	for name, c := range map[string]struct {
		field, value string // of the record
		rows         func([]row)
	}{
		"total": {"total", "80.75", func(rows []row) {
			all("foreigntotal", "80.75")(rows)
			rows[0]["foreignamount"], rows[2]["foreignamount"] = "80.75", "-13.5" // balanced all the same
		}},
		"currency":  {"currency", `{"id":"4"}`, all("currency", "4")},
		"customer":  {"entity", `{"id":"615"}`, all("entity", "615")},
		"date":      {"tranDate", `"2026-09-01"`, all("d", "2026-09-01")},
		"due date":  {"dueDate", `"2026-10-01"`, all("due", "2026-10-01")},
		"memo":      {"memo", `"Thank you"`, func(rows []row) { all("header_memo", "Thank you")(rows); rows[0]["memo"] = "Thank you" }},
		"PO number": {"otherRefNum", `"PO 8"`, all("otherrefnum", "PO 8")},
		"number":    {"tranId", `"INV2"`, all("tranid", "INV2")},
		"period":    {"postingPeriod", `{"id":"8"}`, all("postingperiod", "8")},
		"void":      {"status", `{"id":"V"}`, all("voided", "T")},
		"item":      {"line 1", `{"item":{"id":"7"},"quantity":1,"amount":12.5,"description":"Platform"}`, line(1, "item", "7")},
		"amounts": {"line 1", `{"item":{"id":"199"},"quantity":1,"amount":13,"description":"Platform"}`, func(rows []row) {
			rows[1]["foreignamount"], rows[2]["foreignamount"] = "-59.5", "-13"
		}},
		"quantity":    {"line 1", `{"item":{"id":"199"},"quantity":2,"amount":12.5,"description":"Platform"}`, line(1, "quantity", "-2")},
		"description": {"line 1", `{"item":{"id":"199"},"quantity":1,"amount":12.5,"description":"Usage"}`, line(1, "memo", "Usage")},
		"custom": {"line 0", `{"item":{"id":"101"},"quantity":1200,"amount":60,"description":"API calls","custcol_from":"2026-08-02",
"revRecStartDate":"2026-08-03"}`,
			line(0, "l_custcol_from", "2026-08-02")},
		"revenue date": {"line 0", `{"item":{"id":"101"},"quantity":1200,"amount":60,"description":"API calls","custcol_from":"2026-08-01",
"revRecStartDate":"2026-08-04"}`, line(0, "l_revrecstartdate", "2026-08-04")},
		"a line more": {"line 2", `{"item":{"id":"7"},"amount":0}`, nil},
	} {
		d := full(mapping.Invoice)
		rec, rows := recordJSON(d), ledgerRows(d)
		rec[c.field] = c.value
		if c.rows != nil {
			c.rows(rows)
		} else {
			more := maps.Clone(rows[2])
			more["uniquekey"], more["linesequencenumber"], more["foreignamount"] = "8", "3", "0"
			rows = append(rows, more)
		}
		if got := compare(d, "614", parsed(t, d, rec)); len(got) == 0 {
			t.Errorf("%s: a read-back finds nothing", name)
		}
		if m := matches(&d, "1", rows); m.same || !m.whole {
			t.Errorf("%s: a query says %+v", name, m)
		}
	}
	for _, kind := range []mapping.Kind{mapping.Invoice, mapping.CreditMemo} {
		d := full(kind)
		rows := ledgerRows(d)
		slices.Reverse(rows)
		if got := compare(d, "614", parsed(t, d, recordJSON(d))); len(got) > 0 {
			t.Errorf("%s as sent: %v", kind, got)
		}
		if m := matches(&d, "1", rows); !m.same || !m.whole || m.unposted || !m.tax.Equal(decimal.MustParse("7.25")) {
			t.Errorf("%s as sent: %+v", kind, m)
		}
		if invoice := full(mapping.Invoice); matches(&invoice, "1", ledgerRows(full(mapping.CreditMemo))).same {
			t.Error("a credit memo passes for an invoice")
		}
	}
}

// What a query does not show whole decides nothing.
func TestAPartOfADocumentDecidesNothing(t *testing.T) {
	t.Parallel()
	d := full(mapping.Invoice)
	for name, cut := range map[string]func([]row) []row{
		"nothing":          func([]row) []row { return nil },
		"no main line":     func(r []row) []row { return r[1:] },
		"a line is hidden": func(r []row) []row { return slices.Delete(r, 1, 2) },
		"no tax line":      func(r []row) []row { return r[:3] },
		"two main lines":   func(r []row) []row { return append(r, r[0]) },
		"no amount":        func(r []row) []row { delete(r[1], "foreignamount"); return r },
		"no total":         func(r []row) []row { delete(r[0], "foreigntotal"); return r },
	} {
		if m := matches(&d, "1", cut(ledgerRows(d))); m.same || m.whole {
			t.Errorf("%s: %+v", name, m)
		}
	}
	for _, column := range []string{"externalid", "type", "entity", "d", "due", "postingperiod", "posting", "voided", "currency",
		"otherrefnum", "header_memo", "tranid",
		"item", "quantity", "memo", "l_custcol_from", "l_revrecstartdate"} {
		rows := ledgerRows(d)
		for _, r := range rows {
			delete(r, column)
		}
		if matches(&d, "1", rows).same {
			t.Errorf("without %s it is proven", column)
		}
	}
	cogs := append(ledgerRows(d), row{"transaction": "101", "uniquekey": "10", "iscogs": "T", "foreignamount": "5"})
	if m := matches(&d, "1", cogs); !m.same || !m.whole {
		t.Error("cost of goods sold is compared")
	}
	other := ledgerRows(d)
	for _, r := range other {
		r["externalid"] = "m3b-other" // a record of a time when a setting was another is proven by itself
	}
	if matches(&d, "1", other).same {
		t.Error("the external id is not compared")
	}
	pending := ledgerRows(d)
	for _, r := range pending {
		r["posting"] = "F"
	}
	if m := matches(&d, "1", pending); !m.same || !m.unposted {
		t.Errorf("one that waits to be approved: %+v", m)
	}
}

// A document that names its customer by external id, or was sent without a
// currency, is compared by what the query shows of those.
func TestACustomerByNameAndOneCurrency(t *testing.T) {
	t.Parallel()
	d := full(mapping.Invoice)
	d.Entity = mapping.Ref{ExternalID: "acc-1"}
	rows := func(customer, currency string) []row {
		out := ledgerRows(d)
		for _, r := range out {
			r["customer_ref"], r["currency"] = scalar(customer), scalar(currency)
		}
		return out
	}
	if !matches(&d, "1", rows("acc-1", "1")).same || matches(&d, "1", rows("acc-2", "1")).same || matches(&d, "1", rows("", "1")).same {
		t.Error("the customer is not compared")
	}
	d.CurrencyID = ""
	if !matches(&d, "1", rows("acc-1", "1")).same || matches(&d, "1", rows("acc-1", "4")).same || !matches(&d, "", rows("acc-1", "")).same {
		t.Error("the currency is not compared")
	}
}

// The forms in which the two ways show one value.
func TestAFieldIsComparedByItsForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		as         mapping.Shape
		sent, held string
		want       bool
	}{
		{mapping.AsDate, "2026-08-01", "2026-08-01", true}, {mapping.AsDate, "2026-08-01", "8/1/2026", false},
		{mapping.AsDate, "2026-08-01", "", false},
		{mapping.AsReference, "5", "5", true}, {mapping.AsReference, "5", "6", false}, {mapping.AsReference, "5", "", false},
		{mapping.AsBoolean, "true", "T", true}, {mapping.AsBoolean, "true", "true", true}, {mapping.AsBoolean, "true", "F", false},
		{mapping.AsBoolean, "true", "", false},
		{mapping.AsBoolean, "false", "F", true}, {mapping.AsBoolean, "false", "", true}, {mapping.AsBoolean, "false", "T", false},
		{mapping.AsNumber, "1.50", "1.5", true}, {mapping.AsNumber, "1.50", "1.51", false}, {mapping.AsNumber, "1.50", "", false},
		{mapping.AsMulti, "2,10", "10, 2", true}, {mapping.AsMulti, "2,10", "2", false}, {mapping.AsMulti, "2,10", "", false},
		{mapping.AsText, "R&D  7", "R&amp;D 7", true}, {mapping.AsText, "R&D", "R", false},
	} {
		if got := (field{"f", c.as, c.sent}).same(c.held); got != c.want {
			t.Errorf("%s %q beside %q: %v", c.as, c.sent, c.held, got)
		}
	}
}

// A record's fields are read in whatever form they come.
func TestARecordShowsTheFieldsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	r, err := parseRecordOf([]byte(`{"id":"1","department":{"id":"5","refName":"EMEA"},"custbody_flag":true,"custbody_n":1.5,`+
		`"custbody_many":{"links":[],
"items":[{"id":"2"},{"id":10}]},"custbody_none":null,"approvalStatus":{"id":"1"},"item":{"items":[{"class":{"id":"7"}}]}}`),
		[]string{"Department", "custbody_flag", "custbody_n", "custbody_many", "custbody_none"}, []string{"class"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"department": "5", "custbody_flag": "true", "custbody_n": "1.5", "custbody_many": "2,10",
		"custbody_none": "", "memo": ""} {
		if got := valueOf(r.Head, name).ID; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := r.Item.Items[0].custom("class").ID; got != "7" || proof(r, nil).Unposted != true {
		t.Errorf("class %q, unposted %v", got, proof(r, nil).Unposted)
	}
}
