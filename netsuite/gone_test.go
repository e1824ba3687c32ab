package netsuite_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/account"
	"billferry/internal/sandbox/tree"
	"billferry/internal/spec"
)

// A rule was removed, or a purchase order number, since a document was sent: the
// update takes the old value out of NetSuite, what NetSuite fills in by itself
// stays, and the run tells both. The document is proven, read by itself and by
// query; a value that is still there is a drift.
func TestWhatNoRuleFillsAnyMoreIsTakenOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := deliverTo(t, sandbox.Options{Account: account.Profile{Fields: []account.Field{
			{Key: "custbody_po", Label: "PO", Type: account.Text}, {Key: "custbody_ok", Label: "OK", Type: account.Checkbox},
			{Key: "custbody_n", Label: "N", Type: account.Number}, {Key: "custbody_d", Label: "D", Type: account.Date},
		}}}, spec.Values{"billferry.fields": fieldRules(t, `[
			{"to":"custbody_po","as":"TEXT","from":"bill.id"},{"to":"custbody_ok","as":"BOOLEAN","value":"true"},
			{"to":"custbody_n","as":"NUMBER","value":"7"},{"to":"custbody_d","as":"DATE","value":"2026-08-01"},
			{"to":"message","value":"thanks"},{"to":"email","value":"a@example.com"}]`)})
		bills := []string{"b1", "b2", "b3"}
		for _, id := range bills {
			l.submit(id, `"status"`, `"purchaseOrderNumber":"PO-9","status"`)
		}
		time.Sleep(time.Minute)
		for _, inv := range l.box.NetSuite().Invoices() {
			if inv.TextOf("custbody_po") == "" || inv.TextOf("otherRefNum") != "PO-9" || inv.TextOf("message") != "thanks" {
				t.Fatalf("it was not sent: %s", inv.JSON())
			}
		}
		l.ledger.Configure("us", "billferry.fields", fieldRules(t, `[]`))
		next := map[string]integration.Run{}
		for _, id := range bills {
			next[id] = l.submit(id, `"version":1`, `"version":2`)
		}
		time.Sleep(time.Minute)
		for _, id := range bills {
			r := l.want(next[id].ID, integration.Complete, integration.Updated)
			said := strings.Join(r.Warnings, "; ")
			if r.Proof != integration.Proven {
				t.Errorf("%s is %s: %s%s", id, r.Proof, r.Error, r.ProofNote)
			}
			if !strings.Contains(said, "custbody_po was sent before and nothing fills it any more: it is emptied") ||
				!strings.Contains(said, "email was sent before and nothing fills it any more: NetSuite keeps the value that it has") ||
				!strings.Contains(said, "reference was sent before") {
				t.Errorf("%s says %s", id, said)
			}
		}
		for _, inv := range l.box.NetSuite().Invoices() {
			for _, f := range []string{"custbody_po", "custbody_n", "custbody_d", "otherRefNum", "message"} {
				if got := inv.TextOf(f); got != "" {
					t.Errorf("%s is %q still", f, got)
				}
			}
			if got := inv.TextOf("custbody_ok"); got != "" && got != "false" || inv.TextOf("email") != "a@example.com" || inv.TextOf("memo") == "" {
				t.Errorf("box %q, %s", got, inv.JSON())
			}
		}
		// The same once more: nothing is gone that had gone before.
		again := l.submit("b1", `"version":1`, `"version":3`)
		time.Sleep(time.Minute)
		if r := l.want(again.ID, integration.Complete, integration.Unchanged); strings.Contains(strings.Join(r.Warnings, "; "), "before") {
			t.Errorf("it says %q", r.Warnings)
		}
	})
}

// A field that is still there although an update was to empty it is emptied by the
// next one, be that a retry or a newer version of the Bill.
func TestWhatIsStillThereIsEmptiedByTheNext(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(l *bubbled, id string) integration.Run{
		"a retry": func(l *bubbled, id string) integration.Run {
			again, err := l.engine.Retry(context.Background(), []string{id})
			if err != nil {
				l.t.Fatal(err)
			}
			return again[0]
		},
		"a newer version": func(l *bubbled, _ string) integration.Run { return l.submit("b1", `"version":1`, `"version":3`) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := deliverTo(t, sandbox.Options{Account: account.Profile{Fields: []account.Field{
					{Key: "custbody_po", Label: "PO", Type: account.Text}}}},
					spec.Values{"billferry.fields": fieldRules(t, `[{"to":"custbody_po","as":"TEXT","from":"bill.id"}]`)})
				l.submit("b1")
				time.Sleep(time.Minute)
				l.ledger.Configure("us", "billferry.fields", fieldRules(t, `[]`))
				second := l.submit("b1", `"version":1`, `"version":2`)
				time.Sleep(time.Minute)
				r := l.want(second.ID, integration.Complete, integration.Updated)
				if err := l.box.NetSuite().Edit(r.ExternalID, tree.Obj(tree.M("custbody_po", tree.Str("b1")))); err != nil {
					t.Fatal(err)
				}
				r.Proof, r.Error = integration.Drift, `custbody_po: nothing fills it any more, NetSuite holds "b1"`
				if err := l.ledger.SaveRun(t.Context(), r, nil); err != nil {
					t.Fatal(err)
				}
				third := next(l, r.ID)
				time.Sleep(time.Minute)
				l.want(third.ID, integration.Complete, integration.Updated)
				if got := l.box.NetSuite().Invoices()[0].TextOf("custbody_po"); got != "" {
					t.Errorf("it is %q still", got)
				}
			})
		})
	}
}

// Of a document that is made anew nothing is emptied: NetSuite may fill it in.
func TestNothingIsEmptiedOfANewDocument(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := deliverTo(t, sandbox.Options{Account: account.Profile{Fields: []account.Field{
			{Key: "custbody_po", Label: "PO", Type: account.Text}}}},
			spec.Values{"billferry.fields": fieldRules(t, `[{"to":"custbody_po","as":"TEXT","from":"bill.id"},
				{"to":"email","value":"a@example.com"}]`)})
		first := l.submit("b1")
		time.Sleep(time.Minute)
		if err := l.box.NetSuite().Remove(l.want(first.ID, integration.Complete, integration.Created).ExternalID); err != nil {
			t.Fatal(err)
		}
		l.ledger.Configure("us", "billferry.fields", fieldRules(t, `[]`))
		second := l.submit("b1", `"version":1`, `"version":2`)
		time.Sleep(time.Minute)
		r := l.want(second.ID, integration.Complete, integration.Created)
		if r.Proof != integration.Proven {
			t.Errorf("it is %s: %s%s", r.Proof, r.Error, r.ProofNote)
		}
		if said := strings.Join(r.Warnings, "; "); strings.Contains(said, "before") {
			t.Errorf("it tells of the document that is gone: %s", said)
		}
		for _, x := range l.ledger.Attempts(second.ID)[0].Exchanges {
			if x.Purpose == "create" && strings.Contains(string(x.ReqBody), "null") {
				t.Errorf("it was sent with %s", x.ReqBody)
			}
		}
	})
}

// fieldRules are the rules of a test, as configData has them.
func fieldRules(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}
