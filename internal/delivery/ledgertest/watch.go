package ledgertest

import (
	"errors"
	"testing"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// watches: what was seen of a document is kept beside whatever else becomes of the
// run, changes nothing else of it, and goes once a later run of the Bill has
// delivered.
func watches(t *testing.T, l delivery.Ledger, in string) {
	read := func(id string) integration.Run {
		t.Helper()
		r, err := l.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	deliver := func(r integration.Run) integration.Run {
		t.Helper()
		r.Status, r.Outcome, r.Proof, r.ExternalID = integration.Complete, integration.Created, integration.Proven, "77"
		save(t, l, r, nil)
		return read(r.ID)
	}
	first := deliver(add(t, l, newRun(in, "b1", 1))[0].Run)
	seen := integration.Watch{Payment: integration.PartPaid, Since: epoch.Add(time.Hour), Due: decimal.MustParse("12.34"),
		DueDate: "2026-09-01", Stamp: "2026-08-01 10:00:00", Period: "140", Twin: "48002"}
	if err := l.SaveWatch(t.Context(), first.ID, seen); err != nil {
		t.Fatal(err)
	}
	got := read(first.ID)
	if !got.Watch.Same(seen) || !got.Modified.Equal(first.Modified) || got.Proof != first.Proof {
		t.Errorf("seen: %+v", got)
	}
	first.Proof = integration.Drift // of before it was seen
	first.Modified = got.Modified
	save(t, l, first, nil)
	if got = read(first.ID); !got.Watch.Same(seen) || got.Proof != integration.Drift {
		t.Errorf("saved by another: %+v", got)
	}
	next := add(t, l, newRun(in, "b1", 2))[0].Run
	if got = read(first.ID); !got.Watch.Same(seen) {
		t.Errorf("while a newer version waits: %+v", got.Watch)
	}
	deliver(next)
	if got = read(first.ID); !got.Watch.Same(integration.Watch{Rests: true}) {
		t.Errorf("once it is in: %+v", got.Watch)
	}
	if err := l.SaveWatch(t.Context(), first.ID, seen); err != nil {
		t.Error(err)
	}
	if got = read(first.ID); !got.Watch.Same(integration.Watch{Rests: true}) {
		t.Errorf("seen late: %+v", got.Watch)
	}
	if err := l.SaveWatch(t.Context(), "00000000-0000-7000-8000-000000000000", seen); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("no run: %v", err)
	}
}
