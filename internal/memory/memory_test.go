package memory

import (
	"math"
	"runtime/debug"
	"testing"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

func TestEaseLeavesGOGCAlone(t *testing.T) { // not parallel: it sets what the process has
	before := debug.SetGCPercent(70)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, c := range []struct {
		gogc string
		want int
	}{{"70", 70}, {"", percent}} {
		t.Setenv("GOGC", c.gogc)
		TuneGC()
		if got := debug.SetGCPercent(70); got != c.want {
			t.Errorf("GOGC=%q: %d", c.gogc, got)
		}
	}
}

// The limit of a cgroup becomes that of the heap; GOMEMLIMIT wins over it, and
// without either there is none.
func TestTheHeapKeepsToItsCgroup(t *testing.T) { // not parallel: it sets what the process has
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	limit(memlimit.Limit(512 << 20))
	if got, want := debug.SetMemoryLimit(-1), int64(512<<20)*8/10; got != want {
		t.Errorf("%d for a cgroup of 512 MiB, not %d", got, want)
	}
	limit(func() (uint64, error) { return 0, memlimit.ErrNoLimit })
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
		t.Errorf("%d without a limit", got)
	}
	debug.SetMemoryLimit(300 << 20)
	t.Setenv("GOMEMLIMIT", "300MiB")
	limit(memlimit.Limit(512 << 20))
	if got := debug.SetMemoryLimit(-1); got != 300<<20 {
		t.Errorf("%d with GOMEMLIMIT", got)
	}
}
