package app

import (
	"encoding/json"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/mapping"
)

// The cut-off of a month is what the lines of its documents come to by item, and
// service that ended elsewhere is told as that: worked out here from the Bills and the
// documents themselves, to the last unit.
func TestTheCutOffOfAMonth(t *testing.T) {
	t.Parallel()
	w, in := delivered(t)
	r := w.reconcile(t, in, month())
	type place struct{ item, currency, when string }
	want, got := map[place]decimal.D{}, map[place]decimal.D{}
	for _, x := range r.Rows {
		runs, err := w.app.store.Runs(t.Context(), integration.RunFilter{IntegrationID: in.ID, BillID: x.Bill}, "", 1)
		if err != nil || len(runs.Runs) != 1 {
			t.Fatal(runs, err)
		}
		raw, err := w.app.store.Bill(t.Context(), runs.Runs[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		var b struct {
			Timezone  string
			LineItems []struct{ ID, LineItemType, ServicePeriodEndDate string }
		}
		if err := json.Unmarshal(raw, &b); err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(b.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		when, types := map[string]string{}, map[string]string{}
		for _, l := range b.LineItems {
			types[l.ID] = l.LineItemType
			end, err := time.Parse(time.RFC3339, l.ServicePeriodEndDate)
			if err != nil {
				t.Fatal(err)
			}
			switch last := end.Add(-1).In(zone).Format(time.DateOnly); {
			case last < r.Span.From:
				when[l.ID] = "before"
			case last > r.Span.To:
				when[l.ID] = "after"
			default:
				when[l.ID] = "within"
			}
		}
		sent, err := w.app.store.Sent(t.Context(), runs.Runs[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		var d mapping.Document
		if err := json.Unmarshal(sent, &d); err != nil {
			t.Fatal(err)
		}
		for _, l := range d.Lines {
			k := place{l.ItemID, x.Currency, when[l.Why.Sources[0]]}
			if d.Kind == mapping.CreditMemo {
				l.Amount = l.Amount.Neg()
			}
			want[k] = want[k].Add(l.Amount)
			switch k.when = types[l.Why.Sources[0]]; k.when {
			case "COMMITMENT_FEE", "BALANCE_FEE":
				k.when = "fees"
				want[k] = want[k].Add(l.Amount)
			case "COMMITMENT_CONSUMED", "BALANCE_CONSUMED":
				k.when = "drawn"
				want[k] = want[k].Add(l.Amount)
			}
		}
	}
	for _, c := range r.CutOff {
		for when, sum := range map[string]decimal.D{"before": c.Before, "within": c.Within, "after": c.After, "": c.Undated,
			"fees": c.Fees, "drawn": c.Drawn} {
			k := place{c.Item, c.Currency, when}
			got[k] = got[k].Add(sum)
		}
	}
	kinds := map[string]int{}
	for k, sum := range want {
		kinds[k.when]++
		if !got[k].Equal(sum) {
			t.Errorf("%v comes to %s, want %s", k, got[k], sum)
		}
		delete(got, k)
	}
	for k, sum := range got {
		if !sum.IsZero() {
			t.Errorf("%v comes to %s, and nothing is there", k, sum)
		}
	}
	if kinds["before"]+kinds["after"] == 0 || kinds["fees"] == 0 || kinds["drawn"] == 0 {
		t.Error("all services ended within the month, or nothing was prepaid: this shows nothing:", kinds)
	}
	changed := r
	changed.CutOff = append([]reconcile.CutOff{}, r.CutOff...)
	changed.CutOff[0].After = changed.CutOff[0].After.Add(decimal.New(1, -2))
	if changed.CutOffAddsUp() {
		t.Error("a unit too much goes unnoticed")
	}
}
