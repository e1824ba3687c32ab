package app

import (
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

// A plan has the amendment that is sent, and its sum is what is posted: else no plan
// ever lets it go.
func TestAPlanHasTheAmendment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "amending", amending("whenIssued", "AS_FINAL", "approval", integration.ApprovalPlan))
	w.connect(t, in)
	people, _ := w.people(t, "clerk", "controller")
	account := w.sb.World().Accounts[0].ID
	send := func(bill []byte) plan.Plan {
		t.Helper()
		w.handOver(t, in.ID, [][]byte{bill})
		p := w.planOf(t, people[0], in.ID)
		q := service.PlanAct{PlanID: p.ID}
		if _, err := people[1].ApprovePlan(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if got, err := people[0].ApplyPlan(t.Context(), q, nil); err != nil || got.Refused != 0 {
			t.Fatal(got.Refused, err)
		}
		return w.over(t, p.ID)
	}
	send(changing(account, 1, "APPROVED", "100", "20"))
	if err := w.sb.NetSuite().Issue("m3b-b-amend", "email"); err != nil {
		t.Fatal(err)
	}
	p := send(changing(account, 2, "APPROVED", "130", "20"))
	if p.Done != 1 || p.Refused+p.Failed != 0 || p.Bills[0].Action != plan.Create || !p.Bills[0].Change().Equal(decimal.MustParse("30")) {
		t.Errorf("%d done, %d refused: %+v", p.Done, p.Refused, p.Bills)
	}
	if got := w.documents(); got != "CustInvc m3b- 101:100.00 199:20.00; CustInvc m3d- 101:30.00" {
		t.Errorf("NetSuite holds %s", got)
	}
}

// Until its Bill is approved an amendment is only proposed, and no plan has it: it would
// be let go, and stay.
func TestNoPlanHasWhatIsOnlyProposed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "amending", amending())
	w.connect(t, in)
	account := w.sb.World().Accounts[0].ID
	w.send(t, in, changing(account, 1, "APPROVED", "100", "20"))
	in.ConfigData.Set(integration.KeyApproval, integration.ApprovalPlan)
	in, err := w.app.Update(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	people, _ := w.people(t, "clerk")
	w.handOver(t, in.ID, [][]byte{changing(account, 2, "PENDING", "130", "20")})
	if _, err := w.sb.NetSuite().Pay("m3b-b-amend", decimal.D{}); err != nil { // while it waits for a plan
		t.Fatal(err)
	}
	_, err = people[0].MakePlan(t.Context(), service.PlanRequest{IntegrationID: in.ID}, nil)
	if cause, text := refusal(t, err); cause != "plan_empty" || !strings.Contains(text, "waits until the Bill is approved in m3ter") {
		t.Errorf("%s: %s", cause, text)
	}
}
