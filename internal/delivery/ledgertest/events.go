package ledgertest

import (
	"context"
	"testing"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

// eventful is a Ledger that shows its events; every real one does in its way.
type eventful interface {
	Events(ctx context.Context, integrationID, name string, includeActioned bool, limit int) ([]integration.Event, error)
}

// countsEvents: an open event takes in what happens again in its group and
// integration; one that is closed does not.
func countsEvents(t *testing.T, l delivery.Ledger, in string) {
	say := func(integrationID, group, message string) {
		t.Helper()
		e := integration.Event{Name: integration.EventPerform, Time: epoch, IntegrationID: integrationID, Group: group,
			RunID: message, Message: message}
		if err := l.AddEvent(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	say(in, "g", "first")
	say(in, "g", "second")
	say(in, "h", "other group")
	say("elsewhere", "g", "other integration")
	say(in, "", "alone")
	say(in, "", "alone too")
	grouped, err := l.OpenEvents(t.Context(), in)
	if err != nil || len(grouped) != 2 || grouped[0].Group == grouped[1].Group {
		t.Errorf("with a group are open %+v, %v", grouped, err)
	}
	if err := l.CloseEvents(t.Context(), in, "h"); err != nil {
		t.Fatal(err)
	}
	if err := l.CloseEvents(t.Context(), in, "nothing of this name"); err != nil {
		t.Errorf("closing what is not there: %v", err)
	}
	say(in, "h", "after it was closed")
	got := map[string]int{}
	all := openEvents(t, l)
	for _, e := range all {
		got[e.Message] = e.Times()
	}
	want := map[string]int{"second": 2, "other integration": 1, "alone": 1, "alone too": 1, "after it was closed": 1}
	for message, times := range want {
		if got[message] != times {
			t.Errorf("%q is there %d times, not %d", message, got[message], times)
		}
	}
	if len(all) != len(want) {
		t.Errorf("open are %+v", all)
	}
}

func openEvents(t *testing.T, l delivery.Ledger) (open []integration.Event) {
	t.Helper()
	if m, ok := l.(*Memory); ok {
		for _, e := range m.Events() {
			if e.Actioned.IsZero() {
				open = append(open, e)
			}
		}
		return open
	}
	open, err := l.(eventful).Events(t.Context(), "", "", false, 100)
	if err != nil {
		t.Fatal(err)
	}
	return open
}
