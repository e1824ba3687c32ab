package netsuite

import (
	"slices"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/mapping"
)

// held is doc() as NetSuite returns it, with changes from text to text.
func held(t *testing.T, edits ...string) record {
	t.Helper()
	s := `{"id":"101","externalId":"m3b-2f6f2c1e-0000-4000-8000-000000000001","tranId":"INV1","tranDate":"2026-08-31","memo":"INVOICE-101",
"otherRefNum":"PO 7","entity":{"id":"614","refName":"Acme"},"currency":{"id":"1","refName":"USD"},"postingPeriod":{"id":"7"},
"status":{"id":"A"},"subtotal":72.5,"total":72.5,"item":{"items":[
{"line":1,"item":{"id":"101"},"itemType":{"id":"Service"},"quantity":1200,"rate":0.05,"amount":60,"description":"API calls",` +
		`"custcol_from":"2026-08-01"},
{"line":2,"item":{"id":"199"},"quantity":1,"rate":12.5,"amount":12.5,"description":"Platform"}],"totalResults":2,"hasMore":false}}`
	for i := 0; i+1 < len(edits); i += 2 {
		if !strings.Contains(s, edits[i]) {
			t.Fatalf("no %q in the record", edits[i])
		}
		s = strings.Replace(s, edits[i], edits[i+1], 1)
	}
	r, err := parseRecordOf([]byte(s), nil, revenueDates)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What a read-back may hold otherwise without being another document, and what
// it may not.
func TestCompare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		doc   func(*mapping.Document)
		edits []string
		want  string // "" is the same
	}{
		"as sent":           {},
		"tax on top":        {edits: []string{`"total":72.5`, `"total":87,"taxTotal":14.5`}},
		"tax in two fields": {edits: []string{`"total":72.5`, `"total":83.38,"taxTotal":3.63,"tax2Total":7.25`}},
		"tax as a line": {edits: []string{`"total":72.5`, `"total":80`, `"totalResults":2`, `"totalResults":3`, `"Platform"}]`,
			`"Platform"},{"line":3,"item":{"id":"-7"},"itemType":{"id":"TaxItem"},"amount":7.5}]`}},
		"a fee and no tax": {edits: []string{`"total":72.5`, `"total":77.5,"shippingCost":5`},
			want: "total: sent 72.50 USD, NetSuite holds 77.50 USD"},
		"a line more": {edits: []string{`"total":72.5`, `"total":80`, `"totalResults":2`, `"totalResults":3`, `"Platform"}]`,
			`"Platform"},{"line":3,"item":{"id":"7"},"amount":7.5}]`}, want: "total: sent 72.50 USD, NetSuite holds 80.00 USD; lines: sent 2, " +
			"NetSuite holds 3"},
		"text as HTML": {doc: func(d *mapping.Document) { d.Memo, d.Lines[1].Description = `R&D <7> "x"`, "a\u00a0b" },
			edits: []string{`"INVOICE-101"`, `"R&amp;D &lt;7&gt;  &quot;x&quot;"`, `"Platform"`, `"a&nbsp;b "`}},
		"another text": {edits: []string{`"INVOICE-101"`, `"Thank you"`}, want: `memo: sent "INVOICE-101", NetSuite holds "Thank you"`},
		"another currency": {edits: []string{`{"id":"1","refName":"USD"}`, `{"id":"4","refName":"EUR"}`},
			want: "currency: sent USD (id 1), NetSuite holds EUR (id 4)"},
		"no currency was sent": {doc: func(d *mapping.Document) { d.CurrencyID = "" },
			edits: []string{`"currency":{"id":"1","refName":"USD"},`, ``}},
		"its base currency": {doc: func(d *mapping.Document) { d.CurrencyID = "" }},
		"another base": {doc: func(d *mapping.Document) { d.CurrencyID = "" }, edits: []string{`"refName":"USD"`, `"refName":"CAD"`},
			want: "currency: sent USD, NetSuite holds CAD (id 1)"},
		"our number":     {doc: func(d *mapping.Document) { d.Number = "INV1" }},
		"another number": {doc: func(d *mapping.Document) { d.Number = "B-7" }, want: `number: sent "B-7", NetSuite holds "INV1"`},
		"our period":     {doc: func(d *mapping.Document) { d.PeriodID = "7" }},
		"another period": {doc: func(d *mapping.Document) { d.PeriodID = "8" }, want: `posting period: sent "8", NetSuite holds "7"`},
		"revenue dates": {doc: func(d *mapping.Document) {
			d.Lines[0].Fields = []mapping.Field{{Name: "revRecStartDate", As: mapping.AsDate, Value: "2026-08-01"},
				{Name: "revRecEndDate", As: mapping.AsDate, Value: "2026-08-31"}}
		}, edits: []string{`"custcol_from":"2026-08-01"`, `"revRecStartDate":"2026-08-01","revRecEndDate":"2026-09-01"`},
			want: `line 1 revRecEndDate: sent "2026-08-31", NetSuite holds "2026-09-01"`},
	} {
		d := doc()
		if c.doc != nil {
			c.doc(&d)
		}
		if got := strings.Join(compare(d, "614", held(t, c.edits...)), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if r := held(t, `"total":72.5`, `"total":87,"taxTotal":14.5`); !r.net().Equal(decimal.MustParse("72.5")) || !slices.Equal(compare(doc(),
		"614", r), nil) {
		t.Error(r.net())
	}
}

// What a run says NetSuite holds is without the tax that NetSuite adds, which is a
// figure of its own: a Bill has none, and its figures would not add up.
func TestProofIsWithoutTax(t *testing.T) {
	t.Parallel()
	for _, edit := range []string{`"total":87,"taxTotal":14.5`, `"total":87,"taxTotal":4.5,"tax2Total":10`} {
		if p := proof(held(t, `"total":72.5`, edit), nil); !decimal.MustParse(p.Total).Equal(decimal.MustParse("72.5")) ||
			!p.Tax.Equal(decimal.MustParse("14.5")) {
			t.Errorf("%s: it says %s and %s tax", edit, p.Total, p.Tax)
		}
	}
}

// A field that is to be empty is one whatever its type reads as then.
func TestCompareWhatIsToBeEmpty(t *testing.T) {
	t.Parallel()
	for as, held := range map[mapping.Shape][2][]string{ // what is empty, and what is not
		mapping.AsText: {{`null`, `""`}, {`"PO 7"`}}, mapping.AsBoolean: {{`false`, `null`}, {`true`}}, mapping.AsNumber: {{`null`, `0`}, {`7`}},
		mapping.AsDate: {{`null`}, {`"2026-08-31"`}}, mapping.AsReference: {{`null`}, {`{"id":"5"}`}},
		mapping.AsMulti: {{`null`, `{"items":[]}`}, {`{"items":[{"id":"5"}]}`}},
	} {
		for i, values := range held {
			for _, v := range values {
				d := doc()
				d.Gone = []mapping.Field{{Name: "custbody_x", As: as}}
				head, line := asksFor(&d)
				r, err := parseRecordOf([]byte(`{"id":"101","custbody_x":`+v+`}`), head, line)
				if err != nil {
					t.Fatal(err)
				}
				told := strings.Contains(strings.Join(compare(d, "", r), "; "), "custbody_x: nothing fills it any more, NetSuite holds")
				if told != (i == 1) {
					t.Errorf("%s %s: told %v", as, v, told)
				}
			}
		}
	}
}
