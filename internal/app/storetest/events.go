package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"billferry/internal/integration"
)

// An event that goes on happening keeps its place and its beginning, is known
// as one that grew, and is one open event also after a restart.
func eventGroups(t *testing.T, b *testbed) {
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

// One event by its id, and the ones before one, which need not be there any more.
func eventByID(t *testing.T, b *testbed) {
	for _, text := range []string{"first", "second", "third"} {
		if err := b.AddEvent(t.Context(), integration.Event{Name: integration.EventDisabled, Message: text}); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(1e9)
	}
	all, err := b.Events(t.Context(), "", "", true, 10)
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	if e, err := b.EventByID(t.Context(), all[1].ID); err != nil || e.Message != "second" {
		t.Errorf("%+v, %v", e, err)
	}
	for _, id := range []string{uuid.NewString(), "none", ""} {
		if _, err := b.EventByID(t.Context(), id); !errors.Is(err, integration.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := b.ActionEvent(t.Context(), all[1].ID, true); err != nil { // so it is none of the open ones
		t.Fatal(err)
	}
	later := idAt(b.clock.now().Add(1e9))
	for _, c := range []struct {
		before   string
		actioned bool
		want     string
	}{
		{"", true, "third second first "}, {all[0].ID, true, "second first "}, {all[1].ID, false, "first "},
		{all[2].ID, true, ""}, {later, true, "third second first "}, {later, false, "third first "},
	} {
		got, err := b.EventsBefore(t.Context(), c.before, "", "", c.actioned, 10)
		text := ""
		for _, e := range got {
			text += e.Message + " "
		}
		if err != nil || text != c.want {
			t.Errorf("before %s, actioned %t: %q, %v, want %q", c.before, c.actioned, text, err, c.want)
		}
	}
	if _, err := b.EventsBefore(t.Context(), "none", "", "", true, 10); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("before what is no id: %v", err)
	}
}

// Events stay in the order in which they were kept, though the clock was set
// back before the program began anew.
func eventsFollow(t *testing.T, b *testbed) {
	add := func(text string) {
		t.Helper()
		e := integration.Event{ID: idAt(b.clock.now()), Name: integration.EventDisabled, Message: text}
		if err := b.AddEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	add("first")
	all, err := b.EventsAfter(t.Context(), "", 10)
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	b.clock.advance(-3600e9)
	add("second")
	add("third")
	after, err := b.EventsAfter(t.Context(), all[0].ID, 10)
	if err != nil || len(after) != 2 || after[0].Message != "second" || after[1].Message != "third" {
		t.Errorf("after the first: %+v, %v", after, err)
	}
}

func events(t *testing.T, b *testbed) {
	in := b.integration("x").ID
	for i, name := range []string{integration.EventAuthentication, integration.EventMissingMapping, integration.EventDisabled} {
		e := integration.Event{Name: name, IntegrationID: in, Message: fmt.Sprint(i)}
		if name == integration.EventMissingMapping {
			e.RunID = "r"
		}
		if err := b.AddEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	all, err := b.Events(t.Context(), in, "", false, 10)
	if err != nil || len(all) != 3 || all[0].Message != "2" || all[0].Time.IsZero() {
		t.Fatalf("%+v, %v", all, err)
	}
	needs := func() int {
		_, n, err := b.Summary24h(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := needs(); n != 2 {
		t.Errorf("%d need a person, want the two that name no run", n)
	}
	done, err := b.ActionEvent(t.Context(), all[0].ID, true)
	if err != nil || done.Actioned.IsZero() {
		t.Fatalf("%+v, %v", done, err)
	}
	if open, err := b.Events(t.Context(), in, "", false, 10); err != nil || len(open) != 2 || needs() != 1 {
		t.Errorf("open are %v, %d need a person, %v", open, needs(), err)
	}
	if _, err := b.ActionEvent(t.Context(), all[0].ID, false); err != nil || needs() != 2 {
		t.Errorf("after taking the mark away %d need a person, %v", needs(), err)
	}
	if got, err := b.Events(t.Context(), "", integration.EventDisabled, true, 10); err != nil || len(got) != 1 {
		t.Errorf("by name: %v, %v", got, err)
	}
	if _, err := b.ActionEvent(t.Context(), uuid.NewString(), true); !errors.Is(err, integration.ErrNotFound) {
		t.Errorf("an unknown event gave %v", err)
	}
	b.checkClean()
}

// An open event counts as its last time says: while it names a run it shows there,
// and once it is closed it counts no more.
func eventJoined(t *testing.T, b *testbed) {
	in := b.integration("x").ID
	for _, step := range []struct {
		does string
		do   func() error
		want int
	}{
		{"begins without a run", func() error { return b.joinEvent(in, "") }, 1},
		{"happens again, to a run", func() error { return b.joinEvent(in, "r1") }, 0},
		{"is closed", func() error { return b.CloseEvents(t.Context(), in, "g") }, 0},
		{"begins with a run", func() error { return b.joinEvent(in, "r2") }, 0},
		{"happens again, to none", func() error { return b.joinEvent(in, "") }, 1},
		{"is closed again", func() error { return b.CloseEvents(t.Context(), in, "g") }, 0},
	} {
		err := step.do()
		_, got, err2 := b.Summary24h(t.Context(), in)
		if err != nil || err2 != nil || got != step.want {
			t.Errorf("it %s: %d need a person, %v, %v; want %d", step.does, got, err, err2, step.want)
		}
	}
	b.checkClean()
}

func (b *testbed) joinEvent(in, run string) error {
	return b.AddEvent(b.t.Context(), integration.Event{Name: integration.EventPerform, IntegrationID: in, Group: "g", RunID: run})
}
