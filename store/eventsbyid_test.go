package store

import (
	"errors"
	"testing"

	"billferry/internal/integration"
)

// One event by its id, and the ones before one, which need not be there any more.
func TestEventByID(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
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
	for _, id := range []string{newUUID(), "none", ""} {
		if _, err := b.EventByID(t.Context(), id); !errors.Is(err, integration.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := b.ActionEvent(t.Context(), all[1].ID, true); err != nil { // so it is none of the open ones
		t.Fatal(err)
	}
	later := b.newKey(b.clock.now().Add(1e9)).String()
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
func TestEventsFollowEachOther(t *testing.T) {
	t.Parallel()
	b := newTestbed(t)
	add := func(text string) {
		t.Helper()
		e := integration.Event{ID: b.newKey(b.clock.now()).String(), Name: integration.EventDisabled, Message: text}
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
