package world

import (
	"slices"
	"testing"
	"time"
)

// shrink leaves out of a world what its breach does not need: kinds of trouble,
// Bills, crashes and acts, as long as the same rule is broken. It gives up when
// the time is over; what it has by then is smaller already.
func shrink(t *testing.T, o options, r report, most time.Duration) (options, report) {
	t.Helper()
	began, rule := processor(), r.Broken[0].rule // the clock of a world is not ours
	try := func(s script, crashes int) bool {
		if processor()-began > most {
			return false
		}
		next := o
		next.Script, next.Crashes, next.Most = s, crashes, 0
		got := live(t, next)
		if len(got.Broken) == 0 || got.Broken[0].rule != rule {
			return false
		}
		o, r = next, got
		return true
	}
	alone := o.Script
	for i := range o.Bills {
		if billName(i) == r.Broken[0].bill {
			alone.bills = []int{i}
			try(alone, o.Crashes)
		}
	}
	if o.Script.bills == nil {
		o.Script.bills = upTo(o.Bills)
		fewer(o.Script.bills, func(l []int) bool { s := o.Script; s.bills = l; return try(s, o.Crashes) })
	}
	o.Script.acts = upTo(r.Steps + 1)
	for again := true; again; {
		again = false
		again = fewer(o.Script.bills, func(l []int) bool { s := o.Script; s.bills = l; return try(s, o.Crashes) }) || again
		again = fewer(o.Script.acts, func(l []int) bool { s := o.Script; s.acts = l; return try(s, o.Crashes) }) || again
		for o.Crashes > 0 && (try(o.Script, o.Crashes/2) || try(o.Script, o.Crashes-1)) {
			again = true
		}
		for _, k := range append(slices.Clone(kinds), faultNames()...) {
			if o.Script.on(k) && (o.Script.on("faults") || slices.Contains(kinds, k)) {
				s := o.Script
				s.off = append(slices.Clip(s.off), k)
				again = try(s, o.Crashes) || again
			}
		}
	}
	return o, r
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// fewer leaves out ever smaller parts of a list, as long as the rest will do.
func fewer(list []int, will func([]int) bool) (some bool) {
	for size := len(list); size > 0; size /= 2 {
		for at := 0; at < len(list); {
			rest := append(slices.Clone(list[:at:at]), list[min(len(list), at+size):]...)
			if rest == nil {
				rest = []int{} // nil is all
			}
			if will(rest) {
				list, some = rest, true
			} else {
				at += size
			}
		}
	}
	return some
}
