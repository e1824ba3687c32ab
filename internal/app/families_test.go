package app

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// A parent's Bill with charges of an account whose customer belongs to another
// subsidiary is told in preview, run and doctor; customers who are shared with the
// parent's are not, nor is anything in an account of one company.
func TestAParentsBillOverSubsidiaries(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"oneworld", "plain"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := sandbox.OpenAccount(name)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, sandbox.Options{Clean: true, Account: p})
			in := w.create(t, "NetSuite", spec.Values{"netsuiteDefaultItemId": "199", "billferry": map[string]any{"fields": []any{
				map[string]any{"to": "line.location", "value": "1"}}}})
			w.connect(t, in)
			code := map[string]string{}
			for _, a := range w.sb.World().Accounts {
				code[a.ID] = a.Code
			}
			first := w.sb.World().Bills[0].Append(nil, true, true)
			if s := w.line(t, in, "Subsidiaries"); s.State != "passed" {
				t.Errorf("before: %+v", s)
			}
			bill := withChildren(t, first, code, "pennine", "sakura", "mueller")
			const says = "1 line of customers of another subsidiary (pennine of UK Ltd): their money posts with the document to Parent Company"
			preview, err := w.app.Preview(t.Context(), service.PreviewRequest{EntityType: in.EntityType, Destination: in.Destination,
				IntegrationID: in.ID, ConfigData: in.ConfigData, Bill: bill})
			if got := strings.Join(preview.Warnings, "\n"); err != nil || strings.Contains(got, says) != (name == "oneworld") {
				t.Errorf("preview: %v\n%s", err, got)
			}
			r := w.send(t, in, bill)
			if got := strings.Join(r.Warnings, "\n"); r.Status != integration.Complete || strings.Contains(got, says) != (name == "oneworld") {
				t.Errorf("run: %s %s\n%s", r.Status, r.Error, got)
			}
			s := w.line(t, in, "Subsidiaries")
			if (s.State == "todo") != (name == "oneworld") || name == "oneworld" && (!strings.Contains(s.Detail, r.BillRef+" (pennine of UK Ltd)") ||
				!strings.Contains(s.Remedy, "childBillingMode")) {
				t.Errorf("doctor: %+v", s)
			}
		})
	}
}

// withChildren gives the first lines of a Bill to other accounts.
func withChildren(t *testing.T, raw []byte, code map[string]string, children ...string) []byte {
	t.Helper()
	var b map[string]any
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	lines := b["lineItems"].([]any)
	for i := range lines {
		for id, c := range code {
			if len(children) > i && c == children[i] || len(children) <= i && id == b["accountId"] {
				lines[i].(map[string]any)["childAccountId"], lines[i].(map[string]any)["childAccountCode"] = id, c
			}
		}
	}
	if !slices.Contains(children, "pennine") || len(lines) < len(children) {
		t.Fatalf("%d lines", len(lines))
	}
	out, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The report looks for customers as Customer By says.
func TestTheDoctorFindsCustomersAsTheyAreFound(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	for by, want := range map[string]string{"EXTERNAL_ID": "each of the", "ENTITY_ID": "as its entity id"} {
		w.set(t, in, "billferry.customerBy", by)
		if s := w.line(t, in, "Customers"); !strings.Contains(s.Detail+s.Remedy, want) {
			t.Errorf("%s: %+v", by, s)
		}
	}
}
