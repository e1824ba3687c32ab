package app

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/spec"
)

// A Bill's life in m3ter, seen by the poller, and what NetSuite holds of it:
// pending behind the approval gate it is nowhere; approved it is an invoice;
// recalculated, and so pending again, the invoice is left alone; approved again
// the same invoice has the new lines. A second integration without the gate
// follows every version.
func TestALifeOfABillOverBothLookAlikes(t *testing.T) {
	t.Parallel()
	w := bothLookAlikes(t)
	sb := w.sb
	gated := w.create(t, "gated", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "onlySendBillOnApproval": true})
	open := w.create(t, "open", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault,
		"billferry": map[string]any{"externalIdPrefix": "open-"}})
	w.connect(t, gated)
	w.connect(t, open)
	w.putBill(t, 1, w.accounts()[0])
	want := func(when string, in integration.Integration, runs int, o integration.Outcome, amount string) {
		t.Helper()
		if r, n := w.newest(t, in, "unmapped-1"); n != runs || runs > 0 && (r.Outcome != o || r.AmountOut.Trim() != amount) {
			t.Errorf("%s, %s: %d runs, the newest %s/%s over %s (%s); want %d, %s over %s", when, in.Name, n, r.Status, r.Outcome, r.AmountOut,
				r.Error, runs, o, amount)
		}
	}
	w.poll(t)
	want("pending", gated, 0, "", "")
	want("pending", open, 1, integration.Created, "5")
	if err := sb.M3ter().Approve("unmapped-1"); err != nil {
		t.Fatal(err)
	}
	w.poll(t)
	w.poll(t) // what is known is not sent again
	want("approved", gated, 1, integration.Created, "5")
	want("approved", open, 2, integration.Unchanged, "5")
	first, _ := w.newest(t, gated, "unmapped-1")
	if err := sb.M3ter().Recalculate("unmapped-1", decimal.MustParse("2.5")); err != nil {
		t.Fatal(err)
	}
	w.poll(t)
	want("recalculated", gated, 1, integration.Created, "5")
	want("recalculated", open, 3, integration.Updated, "7.5")
	if err := sb.M3ter().Approve("unmapped-1"); err != nil {
		t.Fatal(err)
	}
	w.poll(t)
	want("approved again", gated, 2, integration.Updated, "7.5")
	if r, _ := w.newest(t, gated, "unmapped-1"); r.ExternalID != first.ExternalID {
		t.Errorf("the invoice was %s and is %s", first.ExternalID, r.ExternalID)
	}
	if n := sb.Stats().DuplicateCreates; n != 0 {
		t.Errorf("%d invoices were made twice", n)
	}
}
