package delivery_test

import (
	"strings"
	"testing"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// shut refuses Bills by their id, with a cause each; mend takes a refusal away.
func (b *bench) shut(causes map[string]string) (mend func(bill string)) {
	b.ns.lately(func(n *netsuite) {
		n.before = func(_ int, d mapping.Document, _ bool) *integration.Failure {
			if cause := causes[strings.TrimPrefix(d.ExternalID, "m3b-")]; cause != "" {
				return &integration.Failure{Class: integration.ClassPeriod, Cause: cause, Message: "no", Advice: "mend it"}
			}
			return nil
		}
	})
	return func(bill string) { b.ns.lately(func(*netsuite) { delete(causes, bill) }) }
}

// opened lists the causes of the open events, and fails when one was closed that
// is not said to be resolved.
func (b *bench) opened() string {
	b.t.Helper()
	var out []string
	for _, e := range b.ledger.Events() {
		if e.Actioned.IsZero() != !e.Resolved {
			b.t.Errorf("closed by nobody: %+v", e)
		}
		if e.Actioned.IsZero() {
			out = append(out, e.Cause)
		}
	}
	return strings.Join(out, " ")
}

func (b *bench) retry(ids ...string) integration.Run {
	b.t.Helper()
	got, err := b.engine.Retry(b.t.Context(), ids)
	if err != nil || len(got) != len(ids) {
		b.t.Fatal(got, err)
	}
	time.Sleep(time.Minute)
	return got[0]
}

// An event stays open until the last of its runs is through, not just retried;
// what fails again is counted on it and not told as one more.
func TestAnEventClosesWhenItsRunsAreThrough(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		mend := b.shut(map[string]string{"b1": "period_closed", "b2": "period_closed", "b3": "period_closed"})
		runs := b.submit("us", billOf("b1", "acc", 1, "APPROVED"), billOf("b2", "acc", 1, "APPROVED"), billOf("b3", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		if got := b.opened(); got != "period_closed" {
			t.Fatalf("open are %q", got)
		}
		mend("b1")
		b.retry(runs[0].ID)
		b.submit("us", billOf("other", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		if got := b.opened(); got != "period_closed" {
			t.Fatalf("two of three are still refused, and open are %q", got)
		}
		again := b.retry(runs[1].ID, runs[2].ID) // refused again
		if all := b.ledger.Events(); len(all) != 1 || all[0].Times() != 5 || b.opened() != "period_closed" {
			t.Fatalf("after a retry that failed: %+v", all)
		}
		mend("b2")
		mend("b3")
		third := b.run(again.ID)
		b.retry(third.ID)
		if got := b.opened(); got != "period_closed" {
			t.Fatalf("one is still refused, and open are %q", got)
		}
		for _, r := range b.ledger.All() {
			if r.Status == integration.PeriodClosed {
				b.retry(r.ID)
			}
		}
		if got := b.opened(); got != "" || len(b.ledger.Events()) != 1 {
			t.Errorf("all is delivered, and open are %q: %+v", got, b.ledger.Events())
		}
	})
}

// While the run that carries one on is under way its event stays open, even when
// others are delivered meanwhile.
func TestAnEventWaitsForTheRetry(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		mend := b.shut(map[string]string{"b1": "period_closed"})
		runs := b.submit("us", billOf("b1", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		b.ns.lately(func(n *netsuite) {
			was := n.before
			n.before = func(i int, d mapping.Document, look bool) *integration.Failure {
				if d.ExternalID == "m3b-b1" {
					return &integration.Failure{Class: integration.ClassTransient, Cause: "server_error", Message: "later", After: time.Hour}
				}
				return was(i, d, look)
			}
		})
		b.retry(runs[0].ID)
		b.submit("us", billOf("other", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		if got := b.opened(); got != "period_closed" {
			t.Fatalf("the retry is not through, and open are %q", got)
		}
		mend("b1")
		b.ns.lately(func(n *netsuite) { n.before = nil })
		time.Sleep(3 * time.Hour)
		if got := b.opened(); got != "" {
			t.Errorf("open are %q", got)
		}
	})
}

// A person who settles the last run, a run that fails for another reason, and a
// newer version of the Bill end an event too; so does a process that finds it.
func TestWhatElseEndsAnEvent(t *testing.T) {
	story(t, func(t *testing.T, b *bench) {
		causes := map[string]string{"hand": "by_hand", "other": "one", "newer": "older"}
		mend := b.shut(causes)
		runs := b.submit("us", billOf("hand", "acc", 1, "APPROVED"), billOf("other", "acc", 1, "APPROVED"), billOf("newer", "acc", 1, "APPROVED"))
		time.Sleep(time.Minute)
		if _, err := b.engine.Skip(t.Context(), runs[0].ID, "not ours", "anna"); err != nil {
			t.Fatal(err)
		}
		if got := b.opened(); strings.Contains(got, "by_hand") || !strings.Contains(got, "one") || !strings.Contains(got, "older") {
			t.Errorf("after one was skipped open are %q", got)
		}
		b.ns.lately(func(*netsuite) { causes["other"] = "another" })
		b.retry(runs[1].ID)
		if got := b.opened(); !strings.Contains(got, "another") || strings.Contains(got, "one ") || strings.HasSuffix(got, "one") {
			t.Errorf("after it failed for another reason open are %q", got)
		}
		mend("newer")
		b.submit("us", billOf("newer", "acc", 2, "APPROVED"))
		time.Sleep(time.Minute)
		if got := b.opened(); got != "another" {
			t.Errorf("after the newer version open are %q", got)
		}
		if err := b.end(); err != nil {
			t.Fatal(err)
		}
		b.start()
		mend("other")
		for _, r := range b.ledger.All() {
			if r.Status == integration.PeriodClosed {
				b.retry(r.ID)
			}
		}
		if got := b.opened(); got != "" {
			t.Errorf("another process leaves %q open", got)
		}
	})
}
