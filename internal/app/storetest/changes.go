package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

func hooksHear(t *testing.T, b *testbed) {
	var mu sync.Mutex
	var heard []string
	b.OnChange(func(kind, id string) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, kind+" "+id)
		if kind == "run" { // the hook may use the store, and sees the change
			if _, err := b.Run(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
	})
	in := b.integration("x")
	old := b.add(newRun(in.ID, "b1", 1))[0]
	now := b.add(newRun(in.ID, "b1", 2))[0]
	if _, err := b.UpdateIntegration(t.Context(), integration.Integration{ID: in.ID, Version: 7, Name: "y"}); !errors.Is(err,
		integration.ErrConflict) {
		t.Fatal(err)
	}
	want := []string{"integration " + in.ID, "run " + old.ID, "run " + old.ID, "run " + now.ID}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
}

func manyWriters(t *testing.T, b *testbed) {
	in := b.integration("x")
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 10 {
				r := b.add(newRun(in.ID, fmt.Sprintf("b%d-%d", w, i), 1))[0]
				r.Status = integration.Complete
				b.save(r, &integration.Attempt{N: 1, Status: r.Status})
			}
		})
	}
	wg.Wait()
	b.reopen()
	totals, err := b.Totals(t.Context(), in.ID)
	if err != nil || totals.ByStatus[integration.Complete] != 80 || !totals.Money["USD"].In.Equal(decimal.MustParse("840")) {
		t.Errorf("totals are %+v, %v", totals, err)
	}
	b.checkClean()
}
