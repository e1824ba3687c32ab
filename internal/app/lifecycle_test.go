package app

import (
	"strings"
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
	w := &world{dir: t.TempDir()}
	sb, err := sandbox.Start(t.Context(), sandbox.Options{Bills: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sb.Close)
	a, err := Open(Config{DataDir: w.dir, NoKeyring: true, PollEvery: -1, History: -1})
	if err == nil {
		err = a.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	w.app, w.sb = a, sb
	t.Cleanup(func() { w.close(t) })
	if err := a.ConnectSource(t.Context(), sb.Source(), nil); err != nil {
		t.Fatal(err)
	}
	gated := w.create(t, "gated", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "onlySendBillOnApproval": true})
	open := w.create(t, "open", spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault, "billferry": map[string]any{"externalIdPrefix": "open-"}})
	w.connect(t, gated)
	w.connect(t, open)
	account := sb.World().Bills[0].Head.TextOf("accountId")
	unknown, raw := unmappedBill(1)
	raw = []byte(strings.NewReplacer(unknown, account, `"APPROVED"`, `"PENDING"`).Replace(string(raw)))
	if err := sb.M3ter().PutBill(raw); err != nil {
		t.Fatal(err)
	}
	poll := func() {
		t.Helper()
		a.pollOnce(t.Context())
		w.settled(t, "")
	}
	newest := func(in integration.Integration) (r integration.Run, n int) {
		t.Helper()
		p, err := a.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID, BillID: "unmapped-1"}, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Runs) > 0 {
			r = p.Runs[0]
		}
		return r, len(p.Runs)
	}
	want := func(when string, in integration.Integration, runs int, o integration.Outcome, amount string) {
		t.Helper()
		if r, n := newest(in); n != runs || runs > 0 && (r.Outcome != o || r.AmountOut.Trim() != amount) {
			t.Errorf("%s, %s: %d runs, the newest %s/%s over %s (%s); want %d, %s over %s", when, in.Name, n, r.Status, r.Outcome, r.AmountOut, r.Error, runs, o, amount)
		}
	}
	poll()
	want("pending", gated, 0, "", "")
	want("pending", open, 1, integration.Created, "5")
	if err := sb.M3ter().Approve("unmapped-1"); err != nil {
		t.Fatal(err)
	}
	poll()
	poll() // what is known is not sent again
	want("approved", gated, 1, integration.Created, "5")
	want("approved", open, 2, integration.Unchanged, "5")
	first, _ := newest(gated)
	if err := sb.M3ter().Recalculate("unmapped-1", decimal.MustParse("2.5")); err != nil {
		t.Fatal(err)
	}
	poll()
	want("recalculated", gated, 1, integration.Created, "5")
	want("recalculated", open, 3, integration.Updated, "7.5")
	if err := sb.M3ter().Approve("unmapped-1"); err != nil {
		t.Fatal(err)
	}
	poll()
	want("approved again", gated, 2, integration.Updated, "7.5")
	if r, _ := newest(gated); r.ExternalID != first.ExternalID {
		t.Errorf("the invoice was %s and is %s", first.ExternalID, r.ExternalID)
	}
	if n := sb.Stats().DuplicateCreates; n != 0 {
		t.Errorf("%d invoices were made twice", n)
	}
}
