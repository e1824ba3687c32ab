package accessible_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/reconcile"
	"billferry/internal/service"
	"billferry/internal/service/servicetest"
	"billferry/ui/accessible"
)

func planned() (*servicetest.Fake, integration.Integration) {
	f := servicetest.New()
	in := f.AddIntegration(integration.Integration{ID: "us", Name: "NetSuite US", EntityType: "Bill", Destination: "Netsuite", Enabled: true})
	for _, id := range []string{"p-1", "p-2"} {
		p := plan.Plan{ID: id, IntegrationID: in.ID, Integration: in.Name, System: "NetSuite", Author: plan.Who{ID: "key:1", Name: "clerk"},
			Period: "2026-07", State: plan.Proposed, Created: servicetest.Start, Expires: servicetest.Start, Digest: "0f3a52c1d9e7",
			Need: "the approval of another person than clerk", Warnings: []string{"2 Bills are held, and left out"},
			Bills: []plan.Bill{{Run: "r", ID: "b", Ref: "INVOICE-118", Code: "globex", Action: plan.Update, Kind: "invoice", Currency: "USD",
				Before: decimal.MustParse("8010.00"), Total: decimal.MustParse("7990.50"), Warnings: []string{"the description was cut"}}}}
		p.Sum()
		f.SetPlan(p)
	}
	return f, in
}

// Plans are read out Bill by Bill; one is approved and one rejected, for a reason.
func TestPlansAreDecidedWithoutAScreen(t *testing.T) {
	t.Parallel()
	f, in := planned()
	got := say(t, f, "plans", "1", "p-1", "approve", "looked through", "p-2", "reject", "too early", "none", "quit")
	contains(t, got, "p-1, PROPOSED, waits for the approval of another person than clerk, made by clerk", "Digest 0f3a52c1d9e7",
		"INVOICE-118 of globex: UPDATE invoice, 7,990.50 USD, before 8,010.00; the description was cut.", "a change of -19.50",
		"subsidiary (not known): 7,990.50 USD on 1 document.",
		"Note: 2 Bills are held, and left out.", "Plan p-1 is APPROVED", "Plan p-2 is REJECTED")
	states := map[plan.State]bool{}
	all, err := f.Plans(t.Context(), in.ID)
	for _, p := range all {
		states[p.State] = true
	}
	if err != nil || !states[plan.Approved] || !states[plan.Rejected] {
		t.Errorf("%v, %v", states, err)
	}
}

// auditor makes a pack, or fails half way.
type auditor struct {
	*servicetest.Fake
	fails error
}

func (a auditor) Evidence(_ context.Context, _ service.ReconcileRequest, w io.Writer, _ func(reconcile.Progress)) (
	service.EvidencePack, error,
) {
	_, _ = io.WriteString(w, "a pack")
	return service.EvidencePack{Bills: 40, Documents: 37, Open: 1, Verdict: reconcile.Breaks}, a.fails
}

// The evidence of a month goes to a new file; nothing stays of one that failed.
func TestEvidenceWithoutAScreen(t *testing.T) {
	t.Parallel()
	f, _ := planned()
	path := filepath.Join(t.TempDir(), "pack.zip")
	talk := func(svc service.Service) string {
		var out bytes.Buffer
		lines := strings.Join([]string{"evidence", "1", "2026-07", path, "quit"}, "\n") + "\n"
		if err := accessible.Run(t.Context(), svc, strings.NewReader(lines), &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	contains(t, talk(auditor{f, errors.New("the disk is full")}), "Error: the disk is full")
	if _, err := os.Stat(path); err == nil {
		t.Error("a part of the evidence is left")
	}
	contains(t, talk(auditor{f, nil}), path+" has 40 Bills and 37 documents, 1 break open, verdict breaks", "It is signed with the key ")
	contains(t, talk(auditor{f, nil}), "Error: write the evidence: ")
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "a pack" {
		t.Errorf("%q, %v", raw, err)
	}
	contains(t, say(t, f, "evidence", "quit"), "evidence is made on the machine whose store it is")
}
