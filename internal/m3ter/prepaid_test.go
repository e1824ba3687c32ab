package m3ter_test

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/m3ter"
	"billferry/internal/sandbox/seed"
)

// What customers have paid ahead is read with all pages, and a Commitment's fees are
// those that Bills have asked for.
func TestPrepaymentsAreRead(t *testing.T) {
	t.Parallel()
	_, c := newSimulator(t, seed.Options{Seed: 1, Bills: 900, Accounts: 260, Clean: true})
	n, token := 0, ""
	var one m3ter.Commitment
	for {
		page, next, err := c.Commitments(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range page {
			if n++; x.ID == "" || x.AccountID == "" || x.Currency == "" || x.Ends().IsZero() {
				t.Fatalf("%+v", x)
			}
			if x.Amount.Cmp(decimal.New(600, 0)) > 0 && x.Ends().Year() > 2027 {
				one = x
			}
		}
		if token = next; token == "" {
			break
		}
	}
	if n <= 100 || one.ID == "" {
		t.Fatalf("%d commitments, %+v: this shows nothing", n, one)
	}
	billed, err := c.BilledFees(t.Context(), one.ID)
	if err != nil || !billed.Equal(one.Amount.Sub(decimal.New(600, 0))) { // one fee is to come
		t.Errorf("%s of %s is billed: %v", billed, one.Amount, err)
	}
	balances, _, err := c.Balances(t.Context(), "")
	if err != nil || len(balances) != 100 {
		t.Fatalf("%d, %v", len(balances), err)
	}
	sum, err := c.BalanceSummary(t.Context(), balances[0].ID)
	if err != nil || !sum.Credits.Sub(sum.Debits).Equal(balances[0].Amount) {
		t.Errorf("%+v, %+v, %v", sum, balances[0], err)
	}
	if _, err := c.BalanceSummary(t.Context(), "nobody's"); err == nil {
		t.Error("a Balance that there is not has a sum")
	}
}
