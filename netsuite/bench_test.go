package netsuite

import (
	"fmt"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/mapping"
)

// invoice20 is a document of 20 lines and the record NetSuite shows of it,
// with the links and fields that NetSuite adds to every line.
func invoice20() (mapping.Document, []byte) {
	d, one := doc(), doc().Lines[1]
	d.Lines = nil
	var items []string
	for i := range 20 {
		d.Lines = append(d.Lines, one)
		link := fmt.Sprintf(`https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/invoice/101/item/%d`, i+1)
		items = append(items, fmt.Sprintf(`{"links":[{"rel":"self","href":%q}],"amount":12.5,"costEstimate":0.0,"costEstimateRate":0.0,`+
			`"costEstimateType":{"id":"ITEMDEFINED","refName":"Item Defined"},`+
			`"description":"Platform","excludeFromRateRequest":false,"item":{"links":[{"rel":"self","href":%q}],"id":"199","refName":"Services"},`+
			`"itemType":{"id":"Service","refName":"Service"},`+
			`"line":%d,"marginal":false,"price":{"id":"-1","refName":"Custom"},"printItems":false,"quantity":1.0,"quantityOnHand":0.0,"rate":12.5}`,
			link, link, i+1))
	}
	d.Total = decimal.MustParse("250.00")
	return d, []byte(`{"links":[],"id":"101","externalId":"` + d.ExternalID +
		`","tranDate":"2026-08-31","memo":"INVOICE-101","otherRefNum":"PO 7",` +
		`"entity":{"links":[],"id":"614","refName":"Acme"},"currency":{"id":"1","refName":"USD"},"total":250.0,"amountPaid":0.0,` +
		`"status":{"id":"A"},` +
		`"item":{"links":[],"count":20,"hasMore":false,"offset":0,"totalResults":20,"items":[` + strings.Join(items, ",") + `]}}`)
}

// BenchmarkReadBack is what proving one invoice of 20 lines costs beside the
// HTTP call: the budget for a whole Bill is 1.2 ms.
func BenchmarkReadBack(b *testing.B) {
	d, body := invoice20()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := parseRecord(body)
		if err != nil {
			b.Fatal(err)
		}
		if differs := compare(d, "614", r); len(differs) > 0 {
			b.Fatal(differs)
		}
	}
}

// BenchmarkAssertion is what signing one login costs.
func BenchmarkAssertion(b *testing.B) {
	k, err := parseKey(testKeys().pem)
	if err != nil {
		b.Fatal(err)
	}
	t := &tokens{url: "https://x/token", clientID: "c", keyID: "k", key: k}
	for b.Loop() {
		if _, err := t.assertion(newClock().now()); err != nil {
			b.Fatal(err)
		}
	}
}
