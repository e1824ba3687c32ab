package netsuite_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/destination"
	"billferry/internal/integration"
	"billferry/internal/sandbox"
	"billferry/internal/sandbox/suitetalk"
	"billferry/mapping"
	"billferry/netsuite"
)

// These tests drive the sender against the simulator of internal/sandbox,
// which keeps NetSuite's rules better than a handler of a test can.

func start(t *testing.T, so sandbox.Options, o netsuite.Options) (*sandbox.Sandbox, *netsuite.Client) {
	t.Helper()
	box, err := sandbox.Start(t.Context(), so)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(box.Close)
	creds, err := box.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	c, err := netsuite.New(netsuite.Credentials(creds), o)
	if err != nil {
		t.Fatal(err)
	}
	return box, c
}

var today = time.Now().UTC().Format(time.DateOnly)

// document has two lines that add up to cents plus 12.50.
func document(n, cents int) mapping.Document {
	amount := decimal.New(int64(cents), -2)
	return mapping.Document{
		Kind: mapping.Invoice, ExternalID: fmt.Sprintf("m3b-%032d", n), Entity: mapping.Ref{ID: "601"},
		CurrencyID: "1", Currency: "USD", TranDate: today, Memo: fmt.Sprintf("INVOICE-%d  Müller & Söhne", n),
		Lines: []mapping.Line{
			{ItemID: "101", Quantity: decimal.New(1, 0), Rate: amount, Amount: amount, Description: "API calls\n1 to 1,000"},
			{ItemID: "199", Quantity: decimal.New(5, 0), Rate: decimal.MustParse("2.5"), Amount: decimal.MustParse("12.50"),
				Description: "Platform"},
		},
		Total: amount.Add(decimal.MustParse("12.50")),
	}
}

func expect(t *testing.T, c *netsuite.Client, d mapping.Document, lookFirst bool, want integration.Outcome) string {
	t.Helper()
	got, err := c.Deliver(t.Context(), netsuite.Adapter{}.Encode(d), delivery.Before{Look: lookFirst}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Outcome != want {
		t.Fatalf("outcome %s %+v, want %s", got.Outcome, got.Proof, want)
	}
	if p, err := proofOf(t.Context(), c, d, got); err != nil || len(p.Differs) > 0 {
		t.Fatalf("%+v %v", p, err)
	}
	return got.ID
}

// proofOf is the proof that came with a delivery, or that a read-back gives.
func proofOf(ctx context.Context, c *netsuite.Client, d mapping.Document, got delivery.Delivered) (delivery.Proof, error) {
	if got.Proof != nil {
		return *got.Proof, nil
	}
	return c.Prove(ctx, d, got.ID, nil)
}

func refusedAs(t *testing.T, c *netsuite.Client, d mapping.Document, class integration.Class, cause string) {
	t.Helper()
	_, err := c.Deliver(t.Context(), netsuite.Adapter{}.Encode(d), delivery.Before{}, nil)
	var f *integration.Failure
	if !errors.As(err, &f) || f.Class != class || f.Cause != cause {
		t.Fatalf("%#v, want %s/%s", err, class, cause)
	}
}

func TestLifeOfAnInvoice(t *testing.T) {
	t.Parallel()
	box, c := start(t, sandbox.Options{}, netsuite.Options{})
	id := expect(t, c, document(1, 6000), false, integration.Created)
	expect(t, c, document(1, 6000), false, integration.Unchanged)
	expect(t, c, document(1, 6000), true, integration.Adopted)
	if again := expect(t, c, document(1, 7000), false, integration.Updated); again != id {
		t.Fatal("another record:", id, again)
	}
	if err := box.NetSuite().SetPeriod(today, suitetalk.Closed); err != nil {
		t.Fatal(err)
	}
	refusedAs(t, c, document(1, 8000), integration.ClassPeriod, "period_closed")
	if err := box.NetSuite().SetPeriod(today, suitetalk.Open); err != nil {
		t.Fatal(err)
	}
	if _, err := box.NetSuite().Pay(id, decimal.MustParse("1.00")); err != nil {
		t.Fatal(err)
	}
	refusedAs(t, c, document(1, 8000), integration.ClassPaid, "invoice_paid")

	negative := document(2, -5000)
	refusedAs(t, c, negative, integration.ClassData, "negative_total")
	unknown := document(3, 100)
	unknown.Entity = mapping.Ref{ExternalID: "nobody"}
	refusedAs(t, c, unknown, integration.ClassData, "reference_unknown")
	known := document(4, 100)
	known.Entity = mapping.Ref{ExternalID: box.World().Accounts[0].ID}
	expect(t, c, known, false, integration.Created)
	memo := document(5, 100)
	memo.Kind, memo.ExternalID = mapping.CreditMemo, "m3c-5"
	expect(t, c, memo, false, integration.Created)
	if s := box.Stats(); s.DuplicateCreates != 0 || s.Updates != 1 {
		t.Fatalf("%+v", s)
	}
}

// Whether a role may post into a period only NetSuite knows: it is asked, and its
// refusal parks the Bill. An update leaves a period that is locked or closed alone,
// whatever the role may override.
func TestALockedPeriodIsForNetSuiteToRefuse(t *testing.T) {
	t.Parallel()
	box, c := start(t, sandbox.Options{}, netsuite.Options{})
	set := func(to suitetalk.PeriodState, granted ...string) {
		t.Helper()
		if err := errors.Join(box.NetSuite().SetPeriod(today, to), box.NetSuite().Grant(granted...)); err != nil {
			t.Fatal(err)
		}
	}
	set(suitetalk.Locked)
	refusedAs(t, c, document(1, 6000), integration.ClassPeriod, "period_closed")
	set(suitetalk.Locked, suitetalk.PermitOverride)
	expect(t, c, document(1, 6000), false, integration.Created)
	refusedAs(t, c, document(1, 7000), integration.ClassPeriod, "period_closed")
	set(suitetalk.Open)
	c.Forget() // a shut period is believed for some seconds
	expect(t, c, document(1, 7000), true, integration.Updated)
	set(suitetalk.Closed, suitetalk.PermitOverride)
	refusedAs(t, c, document(2, 6000), integration.ClassPeriod, "period_closed")
	if s := box.Stats(); s.Updates != 1 {
		t.Errorf("%+v", s)
	}
}

// What a person has voided is left so, also when the same Bill comes again; and
// it is not in the way of a document of the other kind.
func TestAVoidedInvoiceStaysVoided(t *testing.T) {
	t.Parallel()
	box, c := start(t, sandbox.Options{}, netsuite.Options{})
	expect(t, c, document(1, 6000), false, integration.Created)
	if err := box.NetSuite().Void(document(1, 6000).ExternalID); err != nil {
		t.Fatal(err)
	}
	refusedAs(t, c, document(1, 6000), integration.ClassRefused, "record_voided")
	refusedAs(t, c, document(1, 7000), integration.ClassRefused, "record_voided")
	memo := document(1, 100)
	memo.Kind, memo.ExternalID, memo.OtherID = mapping.CreditMemo, "m3c-1", memo.ExternalID
	expect(t, c, memo, false, integration.Created)
	if s := box.Stats(); s.Updates != 0 {
		t.Errorf("%d updates", s.Updates)
	}
}

func TestCheckAgainstTheSimulator(t *testing.T) {
	t.Parallel()
	box, c := start(t, sandbox.Options{}, netsuite.Options{})
	v := netsuite.Form().Defaults()
	v.Set("netsuiteDefaultItemId", sandbox.ItemDefault)
	states := func() (out []string) {
		err := c.Check(t.Context(), destination.Needs{Values: v}, func(s destination.Step) {
			if s.State != destination.Running {
				out = append(out, s.State)
			}
		})
		if err != nil {
			t.Error(err)
		}
		return out
	}
	if got := fmt.Sprint(states()); strings.Contains(got, destination.ToDo) || strings.Contains(got, destination.Failed) {
		t.Error(got)
	}
	items, err := c.Search(t.Context(), delivery.ItemRecord, "usa", 10)
	if err != nil || len(items) != 1 || items[0].ID != sandbox.ItemUsage {
		t.Error(items, err)
	}
	customers, err := c.Search(t.Context(), delivery.CustomerRecord, "globex", 10)
	if err != nil || len(customers) != 1 || customers[0].Name != "Globex Logistics" {
		t.Error(customers, err)
	}
	if err := box.NetSuite().Deny("suiteanalytics"); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(states()); strings.Contains(got, destination.ToDo) || strings.Count(got, destination.Skipped) < 4 {
		t.Error(got)
	}
}

// Tax that the account adds is no difference: not in the proof of a write, nor
// when the same document comes again.
func TestTaxOfTheAccountIsNoDifference(t *testing.T) {
	t.Parallel()
	box, c := start(t, sandbox.Options{}, netsuite.Options{})
	if err := box.NetSuite().SetTax(decimal.MustParse("7.7")); err != nil {
		t.Fatal(err)
	}
	expect(t, c, document(1, 6000), false, integration.Created)
	expect(t, c, document(1, 6000), false, integration.Unchanged)
	expect(t, c, document(1, 6100), true, integration.Updated)
	if inv := box.NetSuite().Invoices()[0]; inv.TextOf("taxTotal") != "5.66" || inv.TextOf("total") != "79.16" {
		t.Errorf("%s", inv.JSON())
	}
}

// Items and customers are found without SuiteQL: through the filters of the
// record service; and by their ids when those are refused as well.
func TestSearchWithoutSuiteQL(t *testing.T) {
	t.Parallel()
	box, _ := start(t, sandbox.Options{}, netsuite.Options{})
	account := box.World().Accounts[1]
	creds, err := box.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	for _, denied := range []string{"suiteql", "suiteanalytics"} {
		if err := box.NetSuite().Deny(denied); err != nil {
			t.Fatal(err)
		}
		c, err := netsuite.New(netsuite.Credentials(creds), netsuite.Options{}) // nothing in its cache
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range []struct {
			kind  delivery.RecordKind
			query string
			byID  bool // found without any search
			want  string
		}{
			{delivery.ItemRecord, "101", true, "[{101 Usage}]"},
			{delivery.ItemRecord, "obj", false, "[{108 Object storage}]"},
			{delivery.CustomerRecord, "602", true, "[{602 " + account.Name + "}]"},
			{delivery.CustomerRecord, account.ID, true, "[{602 " + account.Name + "}]"},
			{delivery.CustomerRecord, strings.ToUpper(account.Name[1:5]), false, "[{602 " + account.Name + "}]"},
			{delivery.CustomerRecord, `no " such \`, false, "[]"},
		} {
			got, err := c.Search(t.Context(), one.kind, one.query, 5)
			if denied == "suiteanalytics" && !one.byID {
				var f *integration.Failure
				if !errors.As(err, &f) || f.Class != integration.ClassRefused || !strings.Contains(f.Advice, "internal id") {
					t.Errorf("%s without %s: %v, %#v", one.query, denied, got, err)
				}
				continue
			}
			if err != nil || fmt.Sprint(got) != one.want {
				t.Errorf("%s without %s: %v, %v; want %s", one.query, denied, got, err, one.want)
			}
		}
		if all, err := c.Search(t.Context(), delivery.CustomerRecord, "", 3); denied == "suiteql" && (err != nil || len(all) != 3) {
			t.Error(all, err)
		}
	}
}

// settle does what the engine does: it comes again while a failure passes by
// itself, and looks first when the effect is unknown.
func settle(t *testing.T, c *netsuite.Client, d mapping.Document) {
	lookFirst := false
	for range 200 {
		got, err := c.Deliver(context.Background(), netsuite.Adapter{}.Encode(d), delivery.Before{Look: lookFirst}, nil)
		if err == nil {
			p, err := proofOf(context.Background(), c, d, got)
			for err != nil {
				p, err = proofOf(context.Background(), c, d, got)
			}
			if len(p.Differs) > 0 {
				t.Errorf("%s: %v", d.ExternalID, p.Differs)
			}
			return
		}
		var f *integration.Failure
		if !errors.As(err, &f) || (f.Class != integration.ClassLoad && f.Class != integration.ClassTransient) {
			t.Errorf("%s: %#v", d.ExternalID, err)
			return
		}
		lookFirst = lookFirst || f.Unknown
	}
	t.Errorf("%s did not settle in 200 attempts", d.ExternalID)
}
