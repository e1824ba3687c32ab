package store

import (
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// Sum by walking runs and Sum by counters agree, and money of superseded runs
// counts in neither.
func TestSum(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	runs := b.add(newRun(in, "b1", 1), newRun(in, "b1", 2), newRun(in, "b2", 1), newRun(in, "b3", 1))
	runs[2].Status, runs[2].Outcome, runs[2].AmountOut = integration.Complete, integration.Created, decimal.MustParse("10.50")
	b.save(runs[2], nil)
	walked, err := b.Sum(t.Context(), integration.RunFilter{IntegrationID: in, Currency: "USD"})
	if err != nil {
		t.Fatal(err)
	}
	counted, err := b.Sum(t.Context(), integration.RunFilter{IntegrationID: in})
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]integration.Totals{"walked": walked, "counted": counted} {
		if m := got.Money["USD"]; !m.In.Equal(decimal.MustParse("31.50")) || !m.Out.Equal(decimal.MustParse("10.50")) {
			t.Errorf("%s: in %s, out %s", name, m.In, m.Out)
		}
		if got.ByStatus[integration.Complete] != 2 || got.ByStatus[integration.Waiting] != 2 {
			t.Errorf("%s: %v", name, got.ByStatus)
		}
	}
	part, err := b.Sum(t.Context(), integration.RunFilter{Statuses: []integration.Status{integration.Waiting}})
	if err != nil || !part.Money["USD"].In.Equal(decimal.MustParse("21")) || len(part.ByStatus) != 1 {
		t.Errorf("part: %+v, %v", part, err)
	}
}
