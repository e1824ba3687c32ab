package delivery_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/mapping"
)

// Which statuses can be held, in docs/STATES.md and in the code.
func TestWhatCanBeHeld(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range integration.Statuses {
		mark := "no"
		if delivery.CanHold(s) {
			mark = "yes"
		}
		if row := "| " + string(s) + " | " + mark + " |"; !strings.Contains(string(doc), row) {
			t.Errorf("docs/STATES.md has not the row %s", row)
		}
		if r := (integration.Run{Status: s}); r.Due() != delivery.CanHold(s) {
			t.Errorf("%s: what waits for its turn is what can be held", s)
		}
	}
}

func TestHeldUntilReleased(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "503", After: time.Minute}
		}
		id := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(10 * time.Second)
		b.want(id, integration.AwaitingRetry, "")
		if _, err := b.engine.Hold(t.Context(), id, ""); !errors.Is(err, delivery.ErrReason) {
			t.Errorf("held without a reason: %v", err)
		}
		if _, err := b.engine.Release(t.Context(), id); !errors.Is(err, integration.ErrConflict) {
			t.Errorf("released what is not held: %v", err)
		}
		if _, err := b.engine.Hold(t.Context(), id, "credit check"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.engine.Hold(t.Context(), id, "again"); !errors.Is(err, integration.ErrConflict) {
			t.Errorf("held twice: %v", err)
		}
		b.ns.lately(func(n *netsuite) { n.before = nil })
		time.Sleep(48 * time.Hour)
		r := b.want(id, integration.AwaitingRetry, integration.Held)
		if r.Error != "credit check" || r.Tries != 1 {
			t.Errorf("held as %+v", r)
		}
		if why, err := b.engine.Retryability().Of(t.Context(), r); why == "" || err != nil {
			t.Errorf("a held run can be retried beside itself: %q, %v", why, err)
		}
		if _, err := b.engine.Release(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		b.want(id, integration.Complete, integration.Created)
		if _, err := b.engine.Hold(t.Context(), id, "late"); !errors.Is(err, integration.ErrConflict) {
			t.Errorf("a complete run was held: %v", err)
		}
	})
}

// The time budget does not run while a person thinks: a run that is released
// after days and fails once more is not given up at once.
func TestReleaseGivesANewBudget(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
			return &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "503", After: time.Minute}
		}
		id := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(10 * time.Second)
		if _, err := b.engine.Hold(t.Context(), id, "credit check"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(72 * time.Hour)
		if _, err := b.engine.Release(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		b.want(id, integration.AwaitingRetry, "")
	})
}

// A newer version of a held Bill is held as well, and a person may settle it.
func TestHoldGoesOnToTheNextVersion(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		b.ns.lately(func(n *netsuite) { n.latency = func() time.Duration { return time.Hour } })
		first := b.submit("us", billOf("b0", "acc", 1, "APPROVED"))[0].ID
		time.Sleep(time.Second)
		if _, err := b.engine.Hold(t.Context(), first, "too late"); !errors.Is(err, integration.ErrConflict) {
			t.Errorf("what is on its way was held: %v", err)
		}
		b.ledgerHold(t, "b1")
		two := b.submit("us", billOf("b1", "acc", 2, "APPROVED"))[0].ID
		time.Sleep(24 * time.Hour)
		r := b.want(two, integration.Waiting, integration.Held)
		if r.Error != "credit check" {
			t.Errorf("the next version says %q", r.Error)
		}
		if _, err := b.engine.Skip(t.Context(), two, "written off", "anna"); err != nil {
			t.Fatal(err)
		}
		b.want(two, integration.Complete, integration.Skipped)
	})
}

// A version that failed while a newer one came is superseded and not held: nothing tries
// what is held, so it would wait for ever. A plan that is stopped holds as a person does.
func TestAnOlderVersionIsNotHeld(t *testing.T) {
	for name, hold := range map[string]func(context.Context, *delivery.Engine, string) error{
		"person": func(ctx context.Context, e *delivery.Engine, id string) error {
			_, err := e.Hold(ctx, id, "credit check")
			if errors.Is(err, integration.ErrConflict) && strings.Contains(err.Error(), "superseded by version 2 of the Bill") {
				return nil
			}
			return fmt.Errorf("it says %w", err)
		},
		"plan": func(ctx context.Context, e *delivery.Engine, id string) error {
			runs := []delivery.LetGo{{RunID: id}}
			return cmp.Or(e.LetGoByPlan(ctx, "plan", runs, func(_ string, err error) { t.Error(err) }), e.TakeBackPlan(ctx, "plan", runs))
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, b *bench) {
				b.ns.before = func(int, mapping.Document, bool) *integration.Failure {
					time.Sleep(10 * time.Second)
					return &integration.Failure{Class: integration.ClassTransient, Cause: "down", Message: "503", After: time.Hour}
				}
				one := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))[0].ID
				time.Sleep(time.Second)
				two := b.submit("us", billOf("b1", "acc", 2, "APPROVED"))[0].ID
				time.Sleep(time.Minute)
				b.want(one, integration.AwaitingRetry, "")
				if err := hold(t.Context(), b.engine, one); err != nil {
					t.Error(err)
				}
				b.want(one, integration.Complete, integration.Superseded)
				b.want(two, integration.AwaitingRetry, "")
			})
		})
	}
}

// ledgerHold puts a held run of a Bill into the ledger, as one that was held
// before the engine came to it.
func (b *bench) ledgerHold(t *testing.T, billID string) {
	t.Helper()
	b.ns.lately(func(n *netsuite) {
		n.resolved = &integration.Failure{Class: integration.ClassTransient, Message: "no route", After: time.Hour}
	})
	id := b.submit("us", billOf(billID, "acc", 1, "APPROVED"))[0].ID
	time.Sleep(time.Minute)
	if _, err := b.engine.Hold(t.Context(), id, "credit check"); err != nil {
		t.Fatal(err)
	}
	b.ns.lately(func(n *netsuite) { n.resolved = nil })
}
