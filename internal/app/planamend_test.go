package app

import (
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
)

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
