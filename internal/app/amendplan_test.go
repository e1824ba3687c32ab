package app

import (
	"context"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// finalByPlan is final, and sends by plan from now on.
func finalByPlan(t *testing.T) (w *world, in integration.Integration, account string, people []service.Service) {
	t.Helper()
	w, in, account = final(t, sandbox.Options{})
	in.ConfigData.Set(integration.KeyApproval, integration.ApprovalPlan)
	in, err := w.app.Update(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	people, _ = w.people(t, "clerk", "controller")
	return w, in, account, people
}

// TestAnAmendmentGoesByPlan: what a preview, a dry run and a plan show of a Bill whose
// document is final is the amendment, and an applied plan sends just that.
func TestAnAmendmentGoesByPlan(t *testing.T) {
	t.Parallel()
	w, in, account, people := finalByPlan(t)
	bill := changing(account, 2, "APPROVED", "130", "20")
	w.handOver(t, in.ID, [][]byte{bill})

	shown, err := w.app.Preview(t.Context(), service.PreviewRequest{EntityType: in.EntityType, Destination: in.Destination,
		IntegrationID: in.ID, ConfigData: in.ConfigData, Bill: bill})
	if err != nil || !strings.Contains(shown.Verdict, "as an amendment") || !strings.HasPrefix(shown.Encoded.ExternalID, "m3d-") {
		t.Fatalf("the preview says %s: %s, %v", shown.Verdict, shown.Encoded.ExternalID, err)
	}
	p := w.planOf(t, people[0], in.ID)
	if len(p.Bills) != 1 {
		t.Fatalf("%d Bills", len(p.Bills))
	}
	b := p.Bills[0]
	thirty := decimal.MustParse("30")
	if b.Action != plan.Create || b.External != shown.Encoded.ExternalID || !b.Total.Equal(thirty) || !p.Totals[0].Change.Equal(thirty) {
		t.Fatalf("the plan has %s %s over %s, and changes %s", b.Action, b.External, b.Total, p.Totals[0].Change)
	}
	dry, err := w.app.dryRun(t.Context(), []string{b.Run}, 1)
	if err != nil || len(dry) != 1 || dry[0].Verdict != service.WouldSend {
		t.Fatalf("the dry run says %+v, %v", dry, err)
	}
	if got := w.agreed(t, people, p); got.State != plan.Applied || got.Done != 1 || got.Failed != 0 {
		t.Fatalf("%s, %d done, %d failed", got.State, got.Done, got.Failed)
	}
	if got := w.documents(); got != "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:30.00" {
		t.Errorf("NetSuite holds %s", got)
	}
	if r := w.runOf(t, b.Run); r.PayloadHash != b.Hash || !r.AmountOut.Equal(decimal.MustParse("150")) {
		t.Errorf("the run has sent %s of %s, and comes to %s", r.PayloadHash, b.Hash, r.AmountOut)
	}
	dry, err = w.app.dryRun(t.Context(), []string{b.Run}, 1)
	if err != nil || len(dry) != 1 || dry[0].Verdict != service.WouldSkip {
		t.Errorf("the dry run of what was sent says %+v, %v", dry, err)
	}
}

// TestAPlannedAmendmentFollowsWhatStands: what has changed since the plan was made is
// refused, and what a person has to look at first is told them.
func TestAPlannedAmendmentFollowsWhatStands(t *testing.T) {
	t.Parallel()
	w, in, account, people := finalByPlan(t)
	w.handOver(t, in.ID, [][]byte{changing(account, 2, "APPROVED", "130", "20")})
	p := w.planOf(t, people[0], in.ID)
	q := service.PlanAct{PlanID: p.ID, Digest: p.Digest}
	if _, err := people[1].ApprovePlan(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if err := w.sb.NetSuite().Void("m3b-b-amend"); err != nil {
		t.Fatal(err)
	}
	got, err := people[0].ApplyPlan(t.Context(), q, nil)
	if err != nil || got.Refused != 1 || !strings.Contains(got.Bills[0].Refused, "was voided") {
		t.Fatalf("%d refused, %v: %+v", got.Refused, err, got.Bills)
	}
	w.over(t, p.ID)
	if len(w.sb.NetSuite().Invoices()) != 1 {
		t.Errorf("NetSuite holds %s", w.documents())
	}
	w.until(t, func(context.Context) any {
		if r := w.runOf(t, p.Bills[0].Run); !r.Status.Failed() || r.Cause != "amendment_held" || !strings.Contains(r.Error, "was voided") {
			return r
		}
		return nil
	})
}
