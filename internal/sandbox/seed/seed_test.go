package seed_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/seed"
	"billferry/internal/sandbox/tree"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func company(t *testing.T, o seed.Options) seed.World {
	t.Helper()
	o.Now = now
	return seed.New(o)
}

func parse(t *testing.T, b seed.Bill) tree.Value {
	t.Helper()
	v, err := tree.Parse(b.Append(nil, true, true))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func number(t *testing.T, v *tree.Value, name string) decimal.D {
	t.Helper()
	d, err := v.Get(name).Decimal()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

var types = strings.Fields(`STANDING_CHARGE USAGE USAGE_CREDIT MINIMUM_SPEND MINIMUM_SPEND_REFUND CREDIT_MEMO DEBIT_MEMO
	COMMITMENT_CONSUMED COMMITMENT_FEE OVERAGE_SURCHARGE OVERAGE_USAGE BALANCE_CONSUMED BALANCE_FEE AD_HOC
	COUNTER_RUNNING_TOTAL_CHARGE COUNTER_ADJUSTMENT_DEBIT COUNTER_ADJUSTMENT_CREDIT CREDIT_DEDUCTION MANUAL_ADJUSTMENT`)

func TestTheCompanyHasEverythingANewcomerShouldSee(t *testing.T) {
	t.Parallel()
	for s := range uint64(5) {
		w := company(t, seed.Options{Seed: s, Accounts: 12, Bills: 40})
		if len(w.Accounts) != 12 || len(w.Bills) != 40 {
			t.Fatalf("%d Accounts, %d Bills", len(w.Accounts), len(w.Bills))
		}
		customers := map[string]bool{}
		for _, c := range w.Customers {
			customers[c.ExternalID] = true
		}
		closed := func(date string) bool {
			for _, p := range w.Periods {
				if p.Kind == "month" && p.Start <= date && date <= p.End {
					return p.Closed
				}
			}
			t.Fatalf("no period for %s", date)
			return false
		}
		seen, status, currency, ids := map[string]int{}, map[string]int{}, map[string]int{}, map[string]bool{}
		unknown, late, negative, pending := 0, 0, 0, 0
		for _, b := range w.Bills {
			v := parse(t, b)
			ids[v.TextOf("id")] = true
			status[v.TextOf("status")]++
			currency[v.TextOf("currency")]++
			if !customers[v.TextOf("accountId")] {
				unknown++
			}
			if closed(v.TextOf("externalInvoiceDate")) {
				late++
			}
			if number(t, &v, "billTotal").Sign() < 0 {
				negative++
			}
			if v.TextOf("status") == "PENDING" {
				pending++
			}
			for _, l := range v.Get("lineItems").Items {
				seen[l.TextOf("lineItemType")]++
			}
		}
		if unknown != 1 || late != 1 || negative != 1 || pending != 3 || len(ids) != 40 {
			t.Errorf("seed %d: %d without customer, %d in a closed period, %d negative, %d pending, %d ids", s, unknown, late,
				negative, pending, len(ids))
		}
		for _, kind := range types {
			if seen[kind] == 0 {
				t.Errorf("seed %d: no line of type %s", s, kind)
			}
		}
		for _, iso := range []string{"USD", "EUR", "GBP", "JPY"} {
			if currency[iso] == 0 {
				t.Errorf("seed %d: no Bill in %s", s, iso)
			}
		}
	}
}

func TestTheSumsCheck(t *testing.T) {
	t.Parallel()
	fine := 0
	for _, b := range company(t, seed.Options{Accounts: 12, Bills: 40}).Bills {
		v := parse(t, b)
		var sum decimal.D
		for _, l := range v.Get("lineItems").Items {
			converted := number(t, &l, "convertedSubtotal")
			sum = sum.Add(converted)
			if want := number(t, &l, "subtotal").Mul(number(t, &l, "conversionRate")); !want.Equal(converted) {
				t.Errorf("line %s: %s converted, want %s", l.TextOf("id"), converted, want)
			}
			bands := l.Get("usagePerPricingBand")
			if bands == nil {
				continue
			}
			var parts decimal.D
			for _, band := range bands.Items {
				parts = parts.Add(number(t, &band, "convertedBandSubtotal"))
				unit := number(t, &band, "unitPrice").Mul(number(t, &band, "bandUnits"))
				if !unit.Add(number(t, &band, "fixedPrice")).Equal(number(t, &band, "bandSubtotal")) {
					t.Errorf("band: %s", band.JSON())
				}
			}
			if !parts.Equal(converted) {
				t.Errorf("line %s: its bands make %s, not %s", l.TextOf("id"), parts, converted)
			}
		}
		total := number(t, &v, "billTotal")
		if !sum.Equal(total) {
			t.Errorf("Bill %s: lines make %s, billTotal is %s", v.TextOf("id"), sum, total)
		}
		if total.Places() > 2 {
			fine++
		}
	}
	if fine < 20 {
		t.Errorf("only %d Bills have more digits than cents: rounding would not show", fine)
	}
}

func TestTheSameSeedMakesTheSameCompany(t *testing.T) {
	t.Parallel()
	text := func(s uint64) string {
		var b []byte
		for _, bill := range company(t, seed.Options{Seed: s, Accounts: 12, Bills: 40, Lines: 3}).Bills {
			b = bill.Append(b, true, true)
		}
		return string(b)
	}
	if first, second := text(7), text(7); first != second {
		t.Error("the same seed made two companies")
	}
	if text(7) == text(8) {
		t.Error("two seeds made the same company")
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	var a, b bytes.Buffer
	o := seed.Options{Seed: 3, Now: now, Lines: 5}
	sums, err := seed.Stream(&a, o, 60)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Stream(&b, o, 60); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Fatalf("not repeatable: %v", err)
	}
	got, n := map[string]decimal.D{}, 0
	for line := range bytes.Lines(a.Bytes()) {
		v, err := tree.Parse(bytes.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		total := number(t, &v, "billTotal")
		if total.Sign() < 0 || len(v.Get("lineItems").Items) < 9 {
			t.Errorf("Bill %s: total %s, %d lines", v.TextOf("id"), total, len(v.Get("lineItems").Items))
		}
		got[v.TextOf("currency")] = got[v.TextOf("currency")].Add(total)
		n++
	}
	if n != 60 || len(sums) != len(got) {
		t.Fatalf("%d Bills, sums %v", n, sums)
	}
	for iso, sum := range sums {
		if !sum.Equal(got[iso]) {
			t.Errorf("%s: %s, want %s", iso, sum, got[iso])
		}
	}
}

func BenchmarkStream(b *testing.B) {
	for b.Loop() {
		var out bytes.Buffer
		if _, err := seed.Stream(&out, seed.Options{Now: now, Lines: 14}, 10); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
}
