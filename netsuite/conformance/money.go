package conformance

import (
	"fmt"
	"net/http"
	"strings"
)

// fidelity: what the sender compares after a write is what it sent. The amount
// of a line stands even when quantity times rate rounds to another.
func (s *suite) fidelity() {
	const memo, description = "Müller & Söhne <Köln> \"42\"", "API calls\ntier 2: 1,000 €"
	body := s.body(newID(), "1.00")
	body["memo"], body["otherRefNum"], body["dueDate"] = memo, "PO 7", s.Date
	line := body["item"].(map[string]any)["items"].([]map[string]any)[0]
	line["quantity"], line["rate"], line["amount"], line["description"] = 3, 0.12345678, 0.38, description
	a := s.read("invoice", s.send("invoice", body))
	for _, c := range []struct {
		want string
		keys []any
	}{
		{memo, []any{"memo"}}, {"PO 7", []any{"otherRefNum"}}, {s.Date, []any{"dueDate"}},
		{description, []any{"item", "items", 0, "description"}},
	} {
		if got := fmt.Sprint(a.value(c.keys...)); got != c.want {
			s.Errorf("%v is %q, want %q", c.keys, got, c.want)
		}
	}
	s.number(a, "3", "item", "items", 0, "quantity")
	s.number(a, "0.12345678", "item", "items", 0, "rate")
	s.number(a, "0.38", "item", "items", 0, "amount")
}

func (s *suite) header() {
	eid := newID()
	id := s.make("invoice", eid, "10.00")
	body := map[string]any{"memo": "changed", "item": map[string]any{"items": []any{s.line("7.00"), s.line("8.00")}}}
	if a := s.call(http.MethodPatch, records+"/invoice/"+id+"?replace=item", body, "X-NetSuite-PropertyNameValidation",
		"Error"); a.status != http.StatusNoContent {
		s.Fatalf("patch: %d %s", a.status, a.body)
	}
	a := s.read("invoice", "eid:"+eid)
	if fmt.Sprint(a.value("id")) != id || a.value("memo") != "changed" || fmt.Sprint(a.value("item", "totalResults")) != "2" ||
		a.value("tranDate") != s.Date {
		s.Errorf("%s", a.body)
	}
	s.number(a, "15", "subtotal")
}

// payment needs the permission Customer Payment, which sending does not.
func (s *suite) payment() {
	id := s.make("invoice", newID(), "10.00")
	a := s.call(http.MethodPost, records+"/invoice/"+id+"/!transform/customerPayment", map[string]any{})
	if a.status == http.StatusForbidden || strings.Contains(a.text(), "permission") {
		s.Skipf("the role may not record payments, so that a paid invoice cannot be looked at: %d %s", a.status, a.body)
	}
	s.remove("customerPayment", s.location(a))
	paid := s.read("invoice", id)
	if rational(paid.value("amountPaid")).Sign() <= 0 || fmt.Sprint(paid.value("status", "id")) != "B" {
		s.Errorf("amountPaid %v, status %v", paid.value("amountPaid"), paid.value("status"))
	}
	s.number(paid, "0", "amountRemaining")
	s.refused(s.call(http.MethodDelete, records+"/invoice/"+id, nil), "cannot be deleted", "linked to", "has been paid")
}

func (s *suite) credit() {
	id := s.make("invoice", newID(), "10.00")
	body := map[string]any{"apply": map[string]any{
		"items": []any{map[string]any{"apply": true, "amount": 4, "doc": map[string]string{"id": id}}}}}
	a := s.call(http.MethodPost, records+"/invoice/"+id+"/!transform/creditMemo", body)
	memo := s.location(a)
	s.remove("creditMemo", memo)
	s.number(s.read("creditMemo", memo), "4", "applied")
	if got := s.read("invoice", id); rational(got.value("amountPaid")).Sign() <= 0 {
		s.Errorf("an applied credit does not show on the invoice: %s", got.body)
	}
}
