package app

import (
	"context"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/tree"
)

// final is a world with a Bill of 100 and 20 whose invoice is emailed, which counts.
func final(t *testing.T, o sandbox.Options) (*world, integration.Integration, string) {
	t.Helper()
	w := newWorld(t, o)
	in := w.create(t, "amending", amending("whenIssued", "AS_FINAL"))
	w.connect(t, in)
	account := w.sb.World().Accounts[0].ID
	if r := w.send(t, in, changing(account, 1, "APPROVED", "100", "20")); r.Outcome != integration.Created {
		t.Fatalf("%+v", r)
	}
	if err := w.sb.NetSuite().Issue("m3b-b-amend", "email"); err != nil {
		t.Fatal(err)
	}
	return w, in, account
}

// TestWhatAPersonDidHoldsTheAmendment: nothing is posted beside what a person has
// changed, and the run says what was found.
func TestWhatAPersonDidHoldsTheAmendment(t *testing.T) {
	t.Parallel()
	edit := func(body string) func(w *world) error {
		return func(w *world) error {
			v, err := tree.Parse([]byte(body))
			if err != nil {
				return err
			}
			return w.sb.NetSuite().Edit("m3b-b-amend", v)
		}
	}
	for name, c := range map[string]struct {
		act         func(w *world) error
		cause, says string
	}{
		"voided":  {func(w *world) error { return w.sb.NetSuite().Void("m3b-b-amend") }, "amendment_held", "was voided"},
		"deleted": {func(w *world) error { return w.sb.NetSuite().Remove("m3b-b-amend") }, "amendment_held", "is not in NetSuite any more"},
		"a journal": {func(w *world) error {
			_, err := w.sb.NetSuite().Settle("m3b-b-amend", decimal.MustParse("30"))
			return err
		},
			"amendment_held", "journal JE"},
		"a credit memo": {func(w *world) error {
			inv := w.sb.NetSuite().Invoices()[0]
			body, err := tree.Parse([]byte(`{"entity":{"id":"` + inv.Get("entity").TextOf("id") + `"},"item":{"items":[{"item":{"id":"101"},` +
				`"quantity":1,"rate":30,"amount":30}]},"apply":{"items":[{"apply":true,"doc":{"id":"` + inv.TextOf("id") + `"}}]}}`))
			if err != nil {
				return err
			}
			_, err = w.sb.NetSuite().Make("creditMemo", body)
			return err
		}, "amendment_held", "credit memo CM"},
		"another subsidiary": {func(w *world) error {
			return edit(`{"subsidiary":{"id":"` + w.sb.NetSuite().AddSubsidiary("Europe") + `"}}`)(w)
		}, "amendment_held", "subsidiary"},
		"another currency": {edit(`{"currency":{"id":"2"}}`), "amendment_held", "currency"},
		"hidden":           {func(w *world) error { return w.sb.NetSuite().Deny("suiteql") }, "amendment_unread", "cannot be read whole"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, in, account := final(t, sandbox.Options{})
			if err := c.act(w); err != nil {
				t.Fatal(err)
			}
			before := w.documents()
			r := w.send(t, in, changing(account, 2, "APPROVED", "130", "20"))
			if r.Status != integration.Errored || r.Outcome != integration.Held || r.Cause != c.cause || !strings.Contains(r.Error, c.says) {
				t.Errorf("%s %s %s: %s", r.Status, r.Outcome, r.Cause, r.Error)
			}
			if after := w.documents(); after != before {
				t.Errorf("NetSuite held %s, and now %s", before, after)
			}
		})
	}
}

// TestAProposalWaitsForTheBill: what is not approved is posted by nobody, a newer
// calculation takes its place, and the approved one goes out.
func TestAProposalWaitsForTheBill(t *testing.T) {
	t.Parallel()
	w, in, account := final(t, sandbox.Options{})
	run := w.proposed(t, in, changing(account, 2, "PENDING", "130", "20"))
	if run.Status != integration.Waiting || !run.HeldByHand() || !strings.Contains(run.Error, "an invoice over 30.00 USD") {
		t.Fatalf("%s %s: %s", run.Status, run.Outcome, run.Error)
	}
	if freed, err := w.app.ReleaseRuns(t.Context(), []string{run.ID}); err != nil || freed.Done != 0 {
		t.Errorf("a person released it: %+v, %v", freed, err)
	}
	newer := w.proposed(t, in, changing(account, 3, "PENDING", "150", "20"))
	if !strings.Contains(newer.Error, "an invoice over 50.00 USD") {
		t.Errorf("the newer one says %s", newer.Error)
	}
	if old, err := w.app.Run(t.Context(), run.ID); err != nil || old.Run.Outcome != integration.Superseded {
		t.Errorf("the older proposal is %s, %v", old.Run.Outcome, err)
	}
	if len(w.sb.NetSuite().Invoices()) != 1 {
		t.Fatal("a proposal was posted")
	}
	if r := w.send(t, in, changing(account, 4, "APPROVED", "140", "20")); !r.AmountOut.Equal(decimal.MustParse("160")) {
		t.Fatalf("%+v", r)
	}
	if got := w.documents(); got != "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:40.00" {
		t.Errorf("NetSuite holds %s", got)
	}
}

// proposed hands a Bill over and returns its run once that is a proposal.
func (w *world) proposed(t *testing.T, in integration.Integration, bill []byte) (r integration.Run) {
	t.Helper()
	runs, err := w.app.Submit(t.Context(), in.ID, bill, "file")
	if err != nil || len(runs) != 1 {
		t.Fatal(err, runs)
	}
	w.until(t, func(ctx context.Context) any {
		d, err := w.app.Run(ctx, runs[0].ID)
		if r = d.Run; err != nil || !r.Proposed() {
			return r
		}
		return nil
	})
	return r
}

// TestAnAmendmentOutlivesTheStore: with another store the same version is found, and
// a newer one nets what the lost store had posted.
func TestAnAmendmentOutlivesTheStore(t *testing.T) {
	t.Parallel()
	w, in, account := final(t, sandbox.Options{})
	posted := w.send(t, in, changing(account, 2, "APPROVED", "130", "20"))
	held := w.documents()
	w.close(t)
	w.dir = t.TempDir()
	w.open(t)
	in = w.create(t, "anew", amending("whenIssued", "AS_FINAL"))
	w.connect(t, in)
	if r := w.send(t, in, changing(account, 2, "APPROVED", "130", "20")); r.Outcome != integration.Unchanged || r.Account != posted.Account {
		t.Errorf("the same version again: %s %s %s, in the account %q, not %q", r.Status, r.Outcome, r.Error, r.Account, posted.Account)
	}
	if got := w.documents(); got != held {
		t.Fatalf("NetSuite held %s, and now %s", held, got)
	}
	w.close(t)
	w.dir = t.TempDir()
	w.open(t)
	in = w.create(t, "once more", amending("whenIssued", "AS_FINAL"))
	w.connect(t, in)
	r := w.send(t, in, changing(account, 3, "APPROVED", "90", "20"))
	if r.Status != integration.Complete || !w.sum().Equal(decimal.MustParse("110")) {
		t.Errorf("a newer version: %s %s, and all come to %s", r.Status, r.Error, w.sum())
	}
	if got := w.documents(); got != held+"; CustCred m3d- 101:40.00" {
		t.Errorf("NetSuite holds %s", got)
	}
}
