package storetest

import (
	"testing"
	"time"

	"billferry/internal/integration"
)

func purgeKeeps(t *testing.T, b *testbed) {
	in := b.integration("x").ID
	r := b.add(newRun(in, "b1", 1))[0]
	if err := b.AddEvent(t.Context(), integration.Event{Name: "e", IntegrationID: in}); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(1000 * time.Hour)
	if n, err := b.Purge(t.Context(), b.clock.now(), 0); err != nil || n != 0 {
		t.Errorf("purged %d, %v", n, err)
	}
	if _, err := b.Run(t.Context(), r.ID); err != nil {
		t.Error(err)
	}
	if e, err := b.Events(t.Context(), "", "", true, 10); err != nil || len(e) != 1 {
		t.Errorf("%d events left, %v", len(e), err)
	}
}
