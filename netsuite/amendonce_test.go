package netsuite_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/mapping"
)

// amendSteps is where a process dies that amends: at what it has on disk, and around
// each call.
var amendSteps = func() []string {
	steps := []string{delivery.StepRecorded, delivery.StepIntent, delivery.StepRecovered, delivery.StepSlot, delivery.StepAnswered,
		delivery.StepSaved, delivery.StepEnded, delivery.StepProved, delivery.StepProofSaved}
	for _, call := range []string{"look up amendments", "create", "read back"} {
		steps = append(steps, "before "+call, "after "+call)
	}
	return steps
}()

// amendFaults are what becomes of a create without the sender hearing of it, and of what
// it reads before.
var amendFaults = []string{
	"500-after@1,9,17,25", "reset-after@2,10,18,26", "html-after@3,11,19", "truncate@4,12,20", "no-location@5,13,21",
	"hang-after(700ms)@6", "500@7,15,23", "reset@8,16,24", "read:500=0.01", "query:reset=0.01", "query:truncate=0.01",
}

// amendable is a Bill with one charge.
func amendable(n, version int, account string, total int) string {
	day := time.Now().UTC().Format(time.DateOnly)
	return fmt.Sprintf(`{"id":"b-%d","version":%d,"accountId":%q,"accountCode":"northwind","startDate":"2026-10-01","endDate":"2026-11-01",`+
		`"billDate":%[4]q,"externalInvoiceDate":%[4]q,"timezone":"UTC","currency":"USD","status":"APPROVED",`+
		`"lastCalculatedDate":"2026-11-01T00:0%[2]d:00Z","billTotal":%[5]d,"lineItems":[{"id":"l","lineItemType":"STANDING_CHARGE",`+
		`"description":"Seats","quantity":1,"units":1,"subtotal":%[5]d,"currency":"USD","conversionRate":1,"convertedSubtotal":%[5]d,`+
		`"servicePeriodStartDate":"2026-10-01T00:00:00Z","servicePeriodEndDate":"2026-11-01T00:00:00Z"}]}`+"\n", n, version, account, day, total)
}

// TestAmendmentsAreMadeOnce kills a sender that amends at every step, against a
// NetSuite that loses answers before and after its commits. In the end all documents
// of a Bill come to its newest version, and each amendment is there once.
func TestAmendmentsAreMadeOnce(t *testing.T) {
	t.Parallel()
	const perLife = 2
	const inTheMiddle = 5 // lives that end while NetSuite works on a create
	box, err := sandbox.Start(t.Context(), sandbox.Options{Seed: 5, Concurrency: 5,
		LatencyDist: &sandbox.Lognormal{Median: 3 * time.Millisecond, Sigma: 1, Max: 200 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	l := life{Dir: t.TempDir()}
	if l.Integration, err = connect(t.Context(), l.Dir, box, 8, "billferry.whenFinal", "DELTA"); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	want := map[string]int{} // by Bill
	hand := func(n, version, total int) {
		file.WriteString(amendable(n, version, box.World().Accounts[0].ID, total))
		want[fmt.Sprint("b-", n)] = total
	}
	for n := range perLife * (len(amendSteps) + inTheMiddle) {
		hand(n, 1, 100)
	}
	l.run(t, file.Bytes())
	for bill := range want {
		if _, err := box.NetSuite().Pay("m3b-"+bill, decimal.D{}); err != nil {
			t.Fatal(err)
		}
	}
	var faults []sandbox.Fault
	for _, text := range amendFaults {
		f, err := sandbox.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, f)
	}
	if err := box.SetFaults(faults...); err != nil {
		t.Fatal(err)
	}
	twice := map[string]bool{} // amended a second time
	for i := range len(want) / perLife {
		hand(perLife*i, 2, 130)
		hand(perLife*i+1, 2, 60)
		if i%3 == 2 {
			n := perLife * (i - 1)
			hand(n, 3, 110)
			twice[fmt.Sprint("b-", n)] = true
		}
		l.Step, l.Nth, l.Calls = "", 0, 1
		if l.Linger += 15 * time.Millisecond; i < len(amendSteps) {
			l.Step, l.Nth, l.Calls, l.Linger = amendSteps[i], 1, 0, 0
		}
		if said := l.run(t, file.Bytes()); !strings.Contains(said, diedAt+l.Step) {
			t.Errorf("life %d: nobody died at %q", i, l.Step)
		}
	}
	l.Step, l.Calls = "", 0
	l.run(t, file.Bytes())

	sums, amendments := map[string]decimal.D{}, map[string]int{}
	st, err := openStore(l.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	bills := map[string]string{} // by the beginning of the external ids of their amendments
	runs, err := st.Runs(t.Context(), integration.RunFilter{}, "", 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range runs.Runs {
		if r.Status != integration.Complete || r.InFlight || r.Proof == integration.Drift {
			t.Errorf("%s version %d: %s %s %s %s", r.EntityID, r.BillVersion, r.Status, r.Outcome, r.Proof, r.Error)
		}
		if r.Outcome != integration.Superseded && !r.AmountOut.Equal(r.AmountIn) {
			t.Errorf("%s version %d: %s in, %s out", r.EntityID, r.BillVersion, r.AmountIn, r.AmountOut)
		}
	}
	for bill := range want {
		bills[mapping.AmendmentPrefix(mapping.Config{}, bill)] = bill
	}
	for _, d := range box.NetSuite().Invoices() {
		ext := d.TextOf("externalId")
		bill, first := strings.CutPrefix(ext, "m3b-")
		if !first {
			bill = bills[ext[:min(len(ext), 16)]]
			amendments[bill]++
		}
		total, err := d.Get("total").Decimal()
		if err != nil || bill == "" {
			t.Fatalf("%s: %v", ext, err)
		}
		if d.Get("type").TextOf("id") == "CustCred" {
			total = total.Neg()
		}
		sums[bill] = sums[bill].Add(total)
	}
	for bill, total := range want {
		most := 1
		if twice[bill] {
			most = 2
		}
		if !sums[bill].Equal(decimal.New(int64(total), 0)) || amendments[bill] < 1 || amendments[bill] > most {
			t.Errorf("%s: %d amendments; its documents come to %s, and it to %d", bill, amendments[bill], sums[bill], total)
		}
	}
	s := box.Stats()
	if s.DuplicateCreates != 0 || s.CreatesWithoutID != 0 {
		t.Errorf("%d duplicates, %d without an external id", s.DuplicateCreates, s.CreatesWithoutID)
	}
	for _, f := range faults {
		if len(f.Nth) > 0 && s.Faults[f.Kind] == 0 {
			t.Errorf("the fault %s never struck", f.Kind)
		}
	}
	t.Logf("%d Bills, %d creates, %d refused as second ones, faults %v", len(want), s.Creates, s.RefusedDuplicates, s.Faults)
}

// run lives one life with these Bills, and returns what it said.
func (l life) run(t *testing.T, bills []byte) string {
	t.Helper()
	if err := os.WriteFile(l.billsFile(), bills, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, said, failed, err := l.command(t.Context())
	if err == nil {
		err = cmd.Run()
	}
	if err != nil && !strings.Contains(said.String(), diedAt) {
		t.Fatalf("%+v: %v\n%s", l, err, failed)
	}
	return said.String()
}
