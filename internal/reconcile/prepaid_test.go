package reconcile_test

import (
	"context"
	"errors"
	"testing"

	"billferry/internal/reconcile"
	"billferry/internal/sandbox"
	"billferry/netsuite"
)

// slowBooks answer everything but sums over all that was ever posted.
type slowBooks struct{ *netsuite.Client }

func (slowBooks) Balances(context.Context, reconcile.Query, []string, bool) ([]reconcile.ItemBalance, error) {
	return nil, errors.New("it took too long")
}

// A month is reconciled where balances cannot be told, and the report says why.
func TestBalancesThatAreNotToldLeaveTheRestAsItIs(t *testing.T) {
	t.Parallel()
	b := newBooks(t, sandbox.Options{})
	span, err := reconcile.ParseSpan(october, reconcile.ByPeriod)
	if err != nil {
		t.Fatal(err)
	}
	r, err := reconcile.Run(t.Context(), reconcile.Options{Span: span, IntegrationID: "in", System: "NetSuite", Prefixes: []string{"m3b-"},
		Prepaid: map[string]reconcile.Stands{"102": {}}}, newDesk(), slowBooks{b.conn})
	if err != nil || r.Verdict != reconcile.Equal || r.NoPrepayments != "it took too long" || len(r.Prepayments) != 0 {
		t.Fatalf("%v: %+v", err, r)
	}
}
