package netsuite_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/suitetalk"
	"billferry/internal/spec"
	"billferry/netsuite"
)

// A document stays in its posting period when its Bill is dated anew, into a
// period that is shut: where it stays is what is proven.
func TestAnUpdateStaysInItsPeriodAndIsProven(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := deliverTo(t, sandbox.Options{Account: account.Profile{DateOutsidePeriod: account.Allow}},
			spec.Values{"billferry.postingPeriod": "FIRST_OPEN"})
		l.submit("b1")
		time.Sleep(time.Minute)
		day, err := time.Parse(time.DateOnly, today)
		if err != nil {
			t.Fatal(err)
		}
		later := time.Date(day.Year(), day.Month()+2, 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		if err := l.box.NetSuite().SetPeriod(later, suitetalk.Locked); err != nil {
			t.Fatal(err)
		}
		r := l.submit("b1", `"version":1`, `"version":2`, `"billDate":"`+today, `"billDate":"`+later, `"dueDate":"`+today, `"dueDate":"`+later)
		time.Sleep(time.Minute)
		if r = l.want(r.ID, integration.Complete, integration.Updated); r.Proof != integration.Proven {
			t.Errorf("it is %s: %s%s", r.Proof, r.Error, r.ProofNote)
		}
		said := strings.Join(r.Warnings, "; ")
		if !strings.Contains(said, "is there already, and stays in the period that it was posted to") || strings.Contains(said, "is posted to") {
			t.Errorf("the run says %s", said)
		}
	})
}

// What a credit line calls another Bill's document is known once that went
// through here, and forgotten when its run is: neither changes a document, and so
// none that is paid is refused for it.
func TestTheNameOfAnotherDocumentIsNoChange(t *testing.T) {
	t.Parallel()
	const plain, named, other = "Credit | Data API", "Credit | Data API | for INVOICE-7", "Credit | Storage | for INVOICE-7"
	for name, c := range map[string]struct {
		before, after string
		plain         string // of the second document
		pay           bool
		want          integration.Outcome
		cause         string
	}{
		"known since, and paid":       {before: plain, after: named, plain: plain, pay: true, want: integration.Unchanged},
		"known since":                 {before: plain, after: named, plain: plain, want: integration.Unchanged},
		"forgotten since, and paid":   {before: named, after: plain, plain: plain, pay: true, want: integration.Unchanged},
		"called otherwise, and paid":  {before: named, after: plain + " | for 2026/7", plain: plain, pay: true, want: integration.Unchanged},
		"other words":                 {before: named, after: other, plain: "Credit | Storage", want: integration.Updated},
		"other words, and paid":       {before: named, after: other, plain: "Credit | Storage", pay: true, cause: "invoice_paid"},
		"about no other Bill, a name": {before: plain, after: named, pay: true, cause: "invoice_paid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, client := start(t, sandbox.Options{}, netsuite.Options{})
			d := document(1, 6000)
			d.Lines[0].Description, d.Lines[0].Plain = c.before, plain
			id := expect(t, client, d, false, integration.Created)
			if c.pay {
				if _, err := box.NetSuite().Pay(id, decimal.MustParse("72.50")); err != nil {
					t.Fatal(err)
				}
			}
			next := document(1, 6000)
			next.Lines[0].Description, next.Lines[0].Plain = c.after, c.plain
			if c.cause != "" {
				refusedAs(t, client, next, integration.ClassPaid, c.cause)
				return
			}
			got, err := client.Deliver(t.Context(), netsuite.Adapter{}.Encode(next), delivery.Before{}, nil)
			if err != nil || got.Outcome != c.want {
				t.Fatalf("%s, %v, want %s", got.Outcome, err, c.want)
			}
			if next.Lines[0].Description != c.after {
				t.Error("the document that was handed over is changed")
			}
			if c.want == integration.Unchanged && (got.Doc == nil || got.Doc.Lines[0].Description != c.before) {
				t.Errorf("what is kept as sent is not what stands there: %+v", got.Doc)
			}
		})
	}
}
