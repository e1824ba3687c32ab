package app

import (
	"encoding/json"
	"fmt"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Each attempt of a run has its document, but one that is the same as that of
// the last is not kept twice.
func TestDocumentsOfAttempts(t *testing.T) {
	t.Parallel()
	kept := func(memo string) []byte {
		b, err := json.Marshal(mapping.Encoded{Document: mapping.Document{ExternalID: "m3b-1", Currency: "USD", Memo: memo},
			Body: fmt.Appendf(nil, `{"memo":%q}`, memo)})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	d := service.RunDetail{Run: integration.Run{BillRef: "INVOICE-1"}, Attempts: []integration.Attempt{
		{N: 1, Document: kept("before the mapping was mended")}, {N: 2}, {N: 3, Document: kept("now")}, {N: 4, Document: kept("now")}, {N: 5},
	}}
	if err := readDocuments(spec.Words{System: "NetSuite"}, &d); err != nil {
		t.Fatal(err)
	}
	if d.Document == nil || len(d.Documents) != 1 || d.Documents[1] == nil {
		t.Fatalf("the last %v, earlier %v", d.Document, d.Documents)
	}
	memo := func(p *service.Preview) (body struct{ Memo string }) {
		if err := json.Unmarshal(p.Body, &body); err != nil {
			t.Fatal(err)
		}
		return body
	}
	if got := memo(d.Document).Memo; got != "now" {
		t.Errorf("the document is %q", got)
	}
	if got := memo(d.Documents[1]).Memo; got != "before the mapping was mended" {
		t.Errorf("that of the first attempt is %q", got)
	}
	d.Attempts[0].Document = []byte("{")
	if err := readDocuments(spec.Words{System: "NetSuite"}, &d); err == nil {
		t.Error("a document that cannot be read is passed over")
	}
}
