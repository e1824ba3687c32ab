package memory

import (
	"runtime/debug"
	"testing"
)

func TestEaseLeavesGOGCAlone(t *testing.T) { // not parallel: it sets what the process has
	before := debug.SetGCPercent(70)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, c := range []struct {
		gogc string
		want int
	}{{"70", 70}, {"", percent}} {
		t.Setenv("GOGC", c.gogc)
		Ease()
		if got := debug.SetGCPercent(70); got != c.want {
			t.Errorf("GOGC=%q: %d", c.gogc, got)
		}
	}
}
