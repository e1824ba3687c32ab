package delivery

import (
	"slices"
	"testing"
	"time"
)

// The rate is that of the last minute, of the time since a start when that is
// less, and nothing a minute after the last one.
func TestTheRateOfTheLastMinute(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	var r recent
	if n := r.perMinute(at); n != 0 {
		t.Errorf("%d of nothing", n)
	}
	for s := range 20 {
		for range 4 {
			r.add(at.Add(time.Duration(s) * time.Second))
		}
	}
	for after, want := range map[int]int{19: 240, 59: 80, 69: 40, 90: 0, 100_000: 0} {
		if n := r.perMinute(at.Add(time.Duration(after) * time.Second)); n != want {
			t.Errorf("after %d s it is %d, not %d", after, n, want)
		}
	}
	r.add(at.Add(time.Hour))
	if n := r.perMinute(at.Add(time.Hour)); n != 12 {
		t.Errorf("one after an hour is %d a minute", n)
	}
}

// Refusals are counted by the hour for a day, and forgotten after it.
func TestTheHoursOfADay(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	var h hourly
	h.add(at)
	h.add(at)
	h.add(at.Add(2 * time.Hour))
	now := h.list(at.Add(3 * time.Hour))
	if len(now) != 24 || now[20] != 2 || now[22] != 1 || now[23] != 0 {
		t.Errorf("%v", now)
	}
	if day := h.list(at.Add(24 * time.Hour)); day[0] != 0 || day[1] != 1 {
		t.Errorf("a day later: %v", day)
	}
	if long := h.list(at.Add(80 * time.Hour)); slices.Max(long) != 0 {
		t.Errorf("long after: %v", long)
	}
}
