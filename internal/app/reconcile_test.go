package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/seed"
	"billferry/internal/service"
)

// month is a month of the seed Bills whose period is open: the one before last.
func month() string { return time.Now().UTC().AddDate(0, 0, -time.Now().UTC().Day()).Format("2006-01") }

// reconcile is the report of the month by period, whose sums must add up.
func (w *world) reconcile(t *testing.T, in integration.Integration, period string) reconcile.Report {
	t.Helper()
	r, err := w.app.Reconcile(t.Context(), service.ReconcileRequest{IntegrationID: in.ID, Period: period, Rows: true},
		func(reconcile.Progress) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Totals {
		if !x.Balanced() {
			t.Errorf("%s %s does not add up: %+v", x.Currency, x.Subsidiary, x)
		}
	}
	if !r.CutOffAddsUp() {
		t.Errorf("the cut-off does not come to the documents: %+v, %+v", r.CutOff, r.Totals)
	}
	return r
}

// byHand posts to the control surface of the simulators, as a person would with curl.
func (w *world) byHand(t *testing.T, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.sb.NetSuiteURL()+"/sandbox/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s", path, body, resp.Status)
	}
}

func found(r reconcile.Report) []string {
	var out []string
	for _, b := range r.Breaks {
		if b.Open() {
			out = append(out, string(b.Code))
		}
	}
	slices.Sort(out)
	return out
}

// A month from its Bills to a right one: what people did by hand is found with
// both sides, a correction closes its break, a person resolves the other and
// takes that back, and all of it stands in the audit trail.
func TestAMonthIsReconciled(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	r := w.reconcile(t, in, month())
	if r.Verdict != reconcile.Equal || r.Bills == 0 || r.Bills != r.Documents || len(r.Rows) != r.Bills {
		t.Fatalf("%s, %d Bills, %d documents: %v", r.Verdict, r.Bills, r.Documents, found(r))
	}
	docs := r.Rows
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":"goodwill"}}`, docs[0].Doc))
	w.byHand(t, "deletes", fmt.Sprintf(`{"transaction":%q}`, docs[1].Doc))
	w.byHand(t, "copies", fmt.Sprintf(`{"transaction":%q}`, docs[2].Doc))
	w.byHand(t, "voids", fmt.Sprintf(`{"transaction":%q}`, docs[3].Doc))
	w.byHand(t, "payments", fmt.Sprintf(`{"invoice":%q}`, docs[4].Doc))
	r = w.reconcile(t, in, month())
	if got := fmt.Sprint(found(r)); got != "[changed deleted duplicate voided]" || r.Verdict != reconcile.Breaks {
		t.Fatal(r.Verdict, got)
	}
	changed := r.Breaks[slices.IndexFunc(r.Breaks, func(b reconcile.Break) bool { return b.Code == reconcile.Changed })]
	if changed.Facts[0].Name != "memo" || changed.Facts[0].Theirs != "goodwill" || changed.Advice == "" || changed.Run == "" {
		t.Errorf("%+v", changed)
	}
	memo := changed.Facts[0].Ours
	w.byHand(t, "edits", fmt.Sprintf(`{"transaction":%q,"set":{"memo":%q}}`, docs[0].Doc, memo))
	r = w.reconcile(t, in, month())
	if got := fmt.Sprint(found(r)); got != "[deleted duplicate voided]" || len(r.Fixed) != 1 || r.Fixed[0].ID != changed.ID {
		t.Fatal(got, r.Fixed)
	}
	w.resolveAll(t, r)
	if r, err := w.app.Reconciliation(t.Context(), r.ID); err != nil || r.Verdict != reconcile.Equal {
		t.Fatal(r.Verdict, err)
	}
	if r = w.reconcile(t, in, month()); r.Verdict != reconcile.Equal {
		t.Fatal("what was resolved is open again:", found(r))
	}
	if _, err := w.app.UndoBreak(t.Context(), r.Breaks[0].ID); err != nil {
		t.Fatal(err)
	}
	if r = w.reconcile(t, in, month()); r.Verdict != reconcile.Breaks || len(found(r)) != 1 {
		t.Fatal(r.Verdict, found(r))
	}
	trail, err := w.app.store.AuditTrail(t.Context(), 50)
	if err != nil {
		t.Fatal(err)
	}
	acts := map[string]int{}
	for _, e := range trail {
		acts[e.What]++
	}
	if acts["resolve break"] != 3 || acts["undo the resolution of a break"] != 1 {
		t.Error(acts)
	}
}

func (w *world) resolveAll(t *testing.T, r reconcile.Report) {
	t.Helper()
	for _, b := range r.Breaks {
		q := service.ResolveRequest{Break: b.ID, As: "settled", Reason: "settled by hand"}
		if _, err := w.app.ResolveBreak(t.Context(), q); err == nil {
			t.Error("settled without a reference")
		}
		q.Reference = "JE-1042"
		if got, err := w.app.ResolveBreak(t.Context(), q); err != nil || got.Open() || got.Resolution.Reference != "JE-1042" {
			t.Fatalf("%+v %v", got, err)
		}
	}
}

// The customer of a Bill without a document is looked for as Customer By says: its
// documents of other software would be overlooked else.
func TestAReconciliationFindsCustomersAsTheyAreFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{Clean: true})
	in := w.create(t, "NetSuite US", defaultItem)
	w.connect(t, in)
	b := reconcile.Bill{Account: w.sb.World().Accounts[0].ID, Code: "northwind"}
	for by, want := range map[string]string{"EXTERNAL_ID": "ext:" + b.Account, "ENTITY_ID": "name:northwind"} {
		w.set(t, in, "billferry.customerBy", by)
		now, err := w.app.Integration(t.Context(), in.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, ours, _, err := w.app.sides(t.Context(), now.Integration)
		if err != nil {
			t.Fatal(err)
		}
		if ref, err := ours.CustomerRef(t.Context(), &b); err != nil || ref != want {
			t.Errorf("%s: %q, %v", by, ref, err)
		}
	}
}

// What m3ter has and nobody here has heard of is missing; what it has in a newer
// version is told; what settings leave out is counted.
func TestM3terIsTheSourceOfTheBills(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	if err := w.app.ConnectSource(t.Context(), w.sb.Source(), nil); err != nil {
		t.Fatal(err)
	}
	r := w.reconcile(t, in, month())
	if r.Verdict != reconcile.Equal || r.Source != "m3ter" {
		t.Fatal(r.Verdict, r.Source, found(r))
	}
	row := r.Rows[0]
	w.byHand(t, "bills", fmt.Sprintf(`{"action":"recalculate","id":%q,"amount":12.5}`, row.Bill))
	second := r.Rows[1]
	i := slices.IndexFunc(w.sb.World().Bills, func(b seed.Bill) bool { return b.Head.TextOf("id") == second.Bill })
	raw := string(w.sb.World().Bills[i].Append(nil, true, true))
	raw = strings.ReplaceAll(raw, second.Bill, "00000000-1111-4222-8333-444444444444")
	w.byHand(t, "bills", fmt.Sprintf(`{"action":"put","bill":%s}`, raw))
	r = w.reconcile(t, in, month())
	if got := fmt.Sprint(found(r)); got != "[missing newer_version]" {
		t.Fatal(got)
	}
	var err error
	in.ConfigData.Set("restrictedAccountIds", []string{w.sb.World().Bills[i].Head.TextOf("accountId")})
	if in, err = w.app.Update(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	r = w.reconcile(t, in, month())
	if got := fmt.Sprint(found(r)); got != "[newer_version]" {
		t.Fatal(got)
	}
}

// A role that hides rows makes the answer worthless, and it says so.
func TestHiddenDocumentsCannotBeTold(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	w.byHand(t, "queries", `{"hideCustomers":["601","606"]}`)
	r := w.reconcile(t, in, month())
	if r.Verdict != reconcile.Cannot || len(r.Doubts) == 0 || !strings.Contains(r.Doubts[0], "the role's restrictions hide them") {
		t.Fatal(r.Verdict, r.Doubts, found(r))
	}
	w.byHand(t, "queries", `{}`)
	w.byHand(t, "permissions", `{"deny":["suiteql"]}`)
	_, err := w.app.Reconcile(t.Context(), service.ReconcileRequest{IntegrationID: in.ID, Period: month()}, nil)
	var f *integration.Failure
	if !errors.As(err, &f) || f.Cause != "population_refused" || !strings.Contains(f.Advice, "SuiteAnalytics Workbook") {
		t.Fatalf("%v", err)
	}
	w.byHand(t, "permissions", `{"deny":[]}`)
	_, err = w.app.Reconcile(t.Context(), service.ReconcileRequest{IntegrationID: in.ID, Period: "2031-05"}, nil)
	if !errors.As(err, &f) || f.Cause != "period_unknown" || f.Advice == "" {
		t.Fatalf("%v", err)
	}
}

// One that is stopped keeps nothing.
func TestAStoppedReconciliationKeepsNothing(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	ctx, stop := context.WithCancel(t.Context())
	var told atomic.Int32
	_, err := w.app.Reconcile(ctx, service.ReconcileRequest{IntegrationID: in.ID, Period: month()}, func(p reconcile.Progress) {
		if told.Add(1); p.Step == "Bills" {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) || told.Load() == 0 {
		t.Fatal(err)
	}
	if all, err := w.app.Reconciliations(t.Context(), ""); err != nil || len(all) != 0 {
		t.Fatal(all, err)
	}
}
