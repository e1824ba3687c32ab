package plan_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/plan"
	"billferry/internal/spec"
)

func sample() plan.Plan {
	return plan.Plan{
		ID: "p-1", IntegrationID: "in1", Integration: "US", Author: plan.Who{ID: "key:1", Name: "clerk"}, Created: time.Unix(1, 5).UTC(),
		Expires: time.Unix(900, 0).UTC(), State: plan.Proposed, Settings: spec.Values{"a": "<b>", "n": 5},
		Bills: []plan.Bill{
			{Run: "r1", Ref: "INVOICE-1", Account: "a", Currency: "USD", Action: plan.Create, Kind: "invoice", Total: decimal.MustParse("12.50"),
				Body: json.RawMessage(`{"memo": "<x>"}`), Hash: "h1"},
			{Run: "r2", Ref: "INVOICE-2", Account: "a", Currency: "USD", Action: plan.Update, Kind: "creditMemo", Total: decimal.MustParse("-3"),
				Before: decimal.MustParse("-1"), Hash: "h2"},
			{Run: "r3", Ref: "INVOICE-3", Account: "b", Currency: "EUR", Action: plan.Stops, Total: decimal.MustParse("7"), Why: "no item"},
		},
	}
}

// The digest is that of the content, as it is kept, sent and written to a file, and
// of nothing that becomes of the plan.
func TestContentOutlivesTheWay(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Sum()
	digest, err := p.Content()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var q plan.Plan
	if err := json.Unmarshal(raw, &q); err != nil {
		t.Fatal(err)
	}
	q.State, q.Done, q.Bills[0].Status, q.Bills[1].Refused = plan.Applied, 2, "created", "changed"
	q.Bills[1].Stand(integration.Run{Status: integration.Errored, Cause: "item_missing"})
	if told := q.Bills[1].Told(); told != "not sent: changed" {
		t.Error(told)
	}
	if q.Bills[1].Refused = ""; q.Bills[1].Told() != "ERROR: item_missing" || !q.Bills[1].Failed() {
		t.Error(q.Bills[1].Told())
	}
	if again, err := q.Content(); err != nil || again != digest {
		t.Errorf("%s, was %s: %v", again, digest, err)
	}
	for name, change := range map[string]func(*plan.Plan){
		"amount":  func(p *plan.Plan) { p.Bills[0].Total = decimal.MustParse("12.51") },
		"version": func(p *plan.Plan) { p.Bills[0].Version++ },
		"body":    func(p *plan.Plan) { p.Bills[0].Body = json.RawMessage(`{"memo":"y"}`) },
		"author":  func(p *plan.Plan) { p.Author.ID = "key:2" },
		"expiry":  func(p *plan.Plan) { p.Expires = p.Expires.Add(time.Hour) },
		"setting": func(p *plan.Plan) { p.Settings = spec.Values{"a": "c"} },
		"Bill":    func(p *plan.Plan) { p.Bills = p.Bills[1:] },
	} {
		p := sample()
		change(&p)
		if other, err := p.Content(); err != nil || other == digest {
			t.Errorf("another %s has the same digest: %v", name, err)
		}
	}
}

func TestSums(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Sum()
	if len(p.Totals) != 1 || len(p.Customers) != 1 {
		t.Fatalf("%+v %+v", p.Totals, p.Customers)
	}
	got := p.Totals[0]
	if got.Documents != 2 || got.Invoices.String() != "12.50" || got.Credits.String() != "-3" || got.Before.String() != "-1" ||
		got.Change.String() != "10.50" || p.Counts[plan.Stops] != 1 {
		t.Errorf("%+v %v", got, p.Counts)
	}
}

// The months of a plan are in their order; what takes most money comes first elsewhere.
func TestPeriodsAreInOrder(t *testing.T) {
	t.Parallel()
	p := plan.Plan{}
	for i, month := range []string{"2026-10", "2026-08", "2026-09"} {
		p.Bills = append(p.Bills, plan.Bill{Account: "a", Currency: "USD", Action: plan.Create, Kind: "invoice", Date: month + "-01",
			Subsidiary: month, Total: decimal.New(int64(1+i), 0)})
	}
	p.Sum()
	var got []string
	for _, x := range p.Parts {
		if x.By != plan.ByItem {
			got = append(got, x.By+" "+x.Name)
		}
	}
	want := "subsidiary 2026-09, subsidiary 2026-08, subsidiary 2026-10, period 2026-08, period 2026-09, period 2026-10"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("%s, want %s", all, want)
	}
}

// What was changed where it is kept is told, and by its name.
func TestIntact(t *testing.T) {
	t.Parallel()
	key := []byte("key")
	p := sample()
	p.Digest, _ = p.Content()
	p.Signature = p.Signed(key)
	act := plan.Act{By: plan.Who{ID: "key:2", Name: "controller"}, At: time.Unix(7, 0).UTC(), Reason: "read"}
	act.Seal = p.SealOf(key, plan.Approved, act)
	p.State, p.Decision = plan.Approved, &act
	if what := p.Intact(key); what != "" {
		t.Fatal(what)
	}
	for want, change := range map[string]func(*plan.Plan){
		"its content":   func(p *plan.Plan) { p.Bills[0].Total = decimal.MustParse("1") },
		"its signature": func(p *plan.Plan) { p.Signature = strings.Repeat("0", 64) },
		"its approval":  func(p *plan.Plan) { p.State = plan.Rejected },
	} {
		q := p
		q.Bills = append([]plan.Bill(nil), p.Bills...)
		change(&q)
		if what := q.Intact(key); what != want {
			t.Errorf("%q, want %q", what, want)
		}
	}
	if what := p.Intact([]byte("another")); what != "its signature" {
		t.Error(what)
	}
}
