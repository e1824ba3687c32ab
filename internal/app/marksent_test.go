package app

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/spec"
)

// A credit of one customer cannot be marked as sent with the invoice of another:
// both sides are told, and nothing is done.
func TestMarkSentRefusesAnotherCustomersInvoice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "US", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault})
	w.connect(t, in)
	accounts := w.sb.World().Accounts
	invoice := w.send(t, in, versionOf(accounts[0].ID, 1, "-10"))
	if invoice.Outcome != integration.Created {
		t.Fatalf("%+v", invoice)
	}
	credit := bytes.ReplaceAll(versionOf(accounts[1].ID, 1, "-384.40"), []byte("b-memo"), []byte("b-globex"))
	held := w.send(t, in, credit)
	if held.Cause != "negative_total" {
		t.Fatalf("%+v", held)
	}
	_, err := w.app.MarkSent(t.Context(), held.ID, invoice.ExternalID, "found it", false)
	var m *integration.Mismatch
	if !errors.As(err, &m) {
		t.Fatalf("it was taken: %v", err)
	}
	if m.Bill.Amount.String() != "-334.40" || m.Document.Amount.String() != "40.00" ||
		!strings.Contains(m.Document.Customer, accounts[0].Name) ||
		!strings.Contains(m.Bill.Customer, accounts[1].Name) || len(m.Why) != 3 { // customer, amount, external id
		t.Errorf("%+v", m)
	}
	got, err := w.app.MarkSent(t.Context(), held.ID, invoice.ExternalID, "it is a joint invoice", true)
	// the task lets go of the Bill after it has saved
	for unfit := new(delivery.UnfitError); errors.As(err, &unfit) && t.Context().Err() == nil; {
		runtime.Gosched()
		got, err = w.app.MarkSent(t.Context(), held.ID, invoice.ExternalID, "it is a joint invoice", true)
	}
	if err != nil || got.AmountOut.String() != "40.00" || len(got.Warnings) != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	trail, err := w.app.store.AuditTrail(t.Context(), 3)
	if err != nil || !strings.Contains(trail[len(trail)-1].Detail+trail[0].Detail, "although the document is for customer") {
		t.Errorf("%+v, %v", trail, err)
	}
}
