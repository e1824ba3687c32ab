package store

import (
	"testing"
	"time"

	"billferry/internal/integration"
)

// An event that goes on happening keeps its place and its beginning, is known
// as one that grew, and is one open event also after a restart.
func TestEventGroups(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	in := b.integration("x").ID
	add := func(run string) {
		t.Helper()
		e := integration.Event{Name: integration.EventPerform, IntegrationID: in, Group: "g", RunID: run, Message: run, Cause: "period_closed"}
		if err := b.AddEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(time.Minute)
	}
	open := func() []integration.Event {
		t.Helper()
		all, err := b.Events(t.Context(), in, "", false, 10)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	grown := func() int {
		t.Helper()
		all, err := b.GrownEvents(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	add("r1")
	first := open()[0]
	if grown() != 0 {
		t.Error("an event that happened once is said to have grown")
	}
	for range 8 {
		add("r2")
	}
	b.reopen()
	add("r3")
	all := open()
	if len(all) != 1 || grown() != 1 {
		t.Fatalf("%d open events, %d of them grown", len(all), grown())
	}
	e := all[0]
	if e.ID != first.ID || !e.Time.Equal(first.Time) || e.Count != 10 || e.RunID != "r3" || !e.Last.Equal(first.Time.Add(9*time.Minute)) {
		t.Errorf("%+v", e)
	}
	// One that was acted on, opened again beside a younger one: that one counts.
	if _, err := b.ActionEvent(t.Context(), e.ID, true); err != nil || grown() != 0 {
		t.Fatal(grown(), err)
	}
	add("r4")
	if _, err := b.ActionEvent(t.Context(), e.ID, false); err != nil {
		t.Fatal(err)
	}
	add("r5")
	if all := open(); len(all) != 2 || all[0].Count != 2 || all[1].Count != 10 {
		t.Errorf("%+v", all)
	}
	b.checkClean()
}
