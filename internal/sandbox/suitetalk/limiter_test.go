package suitetalk

import (
	"math"
	"testing"
	"time"
)

// TestFillLeavesOutTheTail plays a script of admissions and ends and checks
// the sums by hand.
func TestFillLeavesOutTheTail(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	g := newLimiter(Options{Concurrency: 2})
	check := func(when string, now int, slot, capacity, span, held float64) {
		t.Helper()
		var s Snapshot
		g.report(&s, at(now))
		for name, pair := range map[string][2]float64{
			"FillSlotSeconds": {s.FillSlotSeconds, slot}, "FillCapacitySeconds": {s.FillCapacitySeconds, capacity},
			"FillSpanSeconds": {s.FillSpanSeconds, span}, "SlotSeconds": {s.SlotSeconds, held},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-9 {
				t.Errorf("%s: %s = %v, want %v", when, name, pair[0], pair[1])
			}
		}
	}
	enter := func(second int, want bool) {
		t.Helper()
		if got := g.enter(at(second), true); got != want {
			t.Fatalf("admitted at %d s: %v, want %v", second, got, want)
		}
	}

	check("before the first request", 5, 0, 0, 0, 0)
	enter(10, true) // time before the first admission does not count
	check("one admission has no span", 11, 0, 0, 0, 1)
	enter(12, true)
	check("one slot of two for 2 s", 12, 2, 4, 2, 2)
	enter(13, false) // a refusal is no admission: the span does not grow
	check("after a refusal", 13, 2, 4, 2, 4)
	g.leave(at(16))
	enter(16, true)
	check("both slots from 12 s to 16 s", 16, 10, 12, 6, 10)
	g.setLimit(4, at(17))
	enter(19, true)
	check("two of two for 1 s, two of four for 2 s", 19, 16, 22, 9, 16)
	g.leave(at(20))
	if !g.enter(at(20), false) {
		t.Fatal("a read is not admitted at 20 s")
	}
	check("a read does not lengthen the span", 20, 16, 22, 9, 19)
	g.leave(at(20))
	g.leave(at(30))
	g.leave(at(40))
	check("the tail is in SlotSeconds alone", 50, 16, 22, 9, 16+3*1+2*10+10)

	var s Snapshot
	g.report(&s, at(50))
	if got, want := s.Fill(), 16.0/22; math.Abs(got-want) > 1e-9 {
		t.Errorf("Fill() = %v, want %v", got, want)
	}
	if got := (Snapshot{}).Fill(); got != 0 {
		t.Errorf("Fill() of nothing = %v, want 0", got)
	}
}
