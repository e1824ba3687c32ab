package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/service"
	"billferry/internal/spec"
)

// withMemos are settings under which a Bill below zero becomes a credit memo.
func withMemos() spec.Values {
	v := spec.Values{"netsuiteDefaultItemId": sandbox.ItemDefault}
	v.Set("billferry.negativeBills", "CREDIT_MEMO")
	return v
}

// versionOf is a Bill in some version: a standing charge of 50 and a credit.
func versionOf(account string, version int, credit string) []byte {
	day := time.Now().UTC().Format(time.DateOnly)
	total := decimal.MustParse("50").Add(decimal.MustParse(credit))
	line := `{"id":"l%d","lineItemType":%q,"productName":"Platform","description":%q,"quantity":1,"units":1,"subtotal":%s,"currency":"USD",` +
		`"conversionRate":1,"convertedSubtotal":%[4]s,"servicePeriodStartDate":"2026-10-01T00:00:00Z",` +
		`"servicePeriodEndDate":"2026-11-01T00:00:00Z"}`
	return fmt.Appendf(nil, `{"id":"b-memo","version":%d,"accountId":%q,"accountCode":"northwind","startDate":"2026-10-01",`+
		`"endDate":"2026-11-01",`+
		`"billDate":%[3]q,"externalInvoiceDate":%[3]q,"timezone":"UTC","currency":"USD","status":"APPROVED",`+
		`"lastCalculatedDate":"2026-11-01T00:0%[1]d:00Z",`+
		`"billTotal":%[4]s,"sequentialInvoiceNumber":"INVOICE-9","lineItems":[%s,%s]}`, version, account, day, total,
		fmt.Sprintf(line, 1, "STANDING_CHARGE", "Standing Charge", "50"), fmt.Sprintf(line, 2, "CREDIT_MEMO", "Credit for the outage", credit))
}

// send hands a version over and returns its run when it is settled.
func (w *world) send(t *testing.T, in integration.Integration, bill []byte) integration.Run {
	t.Helper()
	runs, err := w.app.Submit(t.Context(), in.ID, bill, "file")
	if err != nil || len(runs) != 1 {
		t.Fatal(err, runs)
	}
	w.settled(t, in.ID)
	r, err := w.app.Run(t.Context(), runs[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return r.Run
}

// A Bill below zero becomes a credit memo: made once, read back, changed with
// the Bill, found and left alone when nothing in it changed.
func TestCreditMemoStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "memos", withMemos())
	w.connect(t, in)
	account := w.sb.World().Accounts[0].ID

	first := w.send(t, in, versionOf(account, 1, "-80.25"))
	if first.Status != integration.Complete || first.Outcome != integration.Created || first.DocumentKind != "creditMemo" ||
		first.ExternalRef != "m3c-b-memo" || !strings.Contains(first.URL, "custcred.nl?id="+first.ExternalID) {
		t.Fatalf("%+v", first)
	}
	if first.AmountIn.String() != "-30.25" || first.AmountOut.String() != "-30.25" {
		t.Errorf("the run says %s in and %s out", first.AmountIn, first.AmountOut)
	}
	w.holds(t, "creditMemo", "m3c-b-memo", "30.25", "80.25")

	second := w.send(t, in, versionOf(account, 2, "-90"))
	if second.Outcome != integration.Updated || second.ExternalID != first.ExternalID {
		t.Fatalf("%+v", second)
	}
	w.holds(t, "creditMemo", "m3c-b-memo", "40.00", "90.00")

	third := w.send(t, in, versionOf(account, 3, "-90"))
	if third.Outcome != integration.Unchanged || third.ExternalID != first.ExternalID {
		t.Fatalf("%+v", third)
	}
	if s := w.sb.Stats(); s.Creates != 1 || s.Updates != 1 || s.DuplicateCreates != 0 {
		t.Errorf("%d creates and %d updates, want one of each", s.Creates, s.Updates)
	}
}

// A Bill whose total changes its sign is held: the invoice of the version
// before and the credit memo of this one would both count. When a person has
// removed the one the retry makes the other, and back.
func TestABillThatChangesItsSignIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.Options{})
	in := w.create(t, "both", withMemos())
	w.connect(t, in)
	account := w.sb.World().Accounts[0].ID
	for i, step := range []struct {
		credit, stands, made string
	}{{"-10", "", "m3b-b-memo"}, {"-70", "m3b-b-memo", "m3c-b-memo"}, {"-20", "m3c-b-memo", "m3b-b-memo"}} {
		r := w.send(t, in, versionOf(account, i+1, step.credit))
		if step.stands != "" {
			if r.Status != integration.Errored || r.Outcome != integration.Held || r.Cause != "other_kind_exists" ||
				!strings.Contains(r.Advice, "delete or void") {
				t.Fatalf("version %d: %+v", i+1, r)
			}
			w.holds(t, "", step.stands, "", "")
			w.remove(t, step.stands)
			if _, err := w.app.Retry(t.Context(), service.RetryRequest{RunIDs: []string{r.ID}}); err != nil {
				t.Fatal(err)
			}
			w.settled(t, in.ID)
		}
		w.holds(t, "", step.made, "", "")
	}
}

// holds wants this one document in NetSuite and no other, with its total and
// its lines' amounts; "" is any.
func (w *world) holds(t *testing.T, kind, eid, total, credited string) {
	t.Helper()
	all := w.sb.NetSuite().Invoices()
	if len(all) != 1 || all[0].TextOf("externalId") != eid {
		t.Fatalf("NetSuite holds %d documents, want %s alone: %s", len(all), eid, all[0].JSON())
	}
	doc := &all[0]
	lines := doc.Get("item").Get("items").Items
	if total != "" && (doc.TextOf("total") != total || len(lines) != 2 || lines[0].TextOf("amount") != "-50.00" ||
		lines[1].TextOf("amount") != credited) {
		t.Errorf("%s", doc.JSON())
	}
	if want := map[string]string{"creditMemo": "CustCred", "": doc.Get("type").TextOf("id")}[kind]; doc.Get("type").TextOf("id") != want {
		t.Errorf("type %s", doc.Get("type").JSON())
	}
}

// remove deletes a document as a person does in NetSuite.
func (w *world) remove(t *testing.T, eid string) {
	t.Helper()
	if err := w.sb.NetSuite().Remove(eid); err != nil {
		t.Fatal(err)
	}
}
