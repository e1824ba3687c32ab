// Package memory weighs the memory of the program against processor time.
package memory

import (
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// percent is how much the heap may grow before it is collected, in hundredths
// of what is in use. Go's 100 would collect six times a second while Bills are
// sent: a twelfth of their processor time. 150 makes that four times, and keeps
// to 33 MiB what proofs in batches need beside it; 200 took up to 49.
const percent = 150

// share is how much of the memory that a container or a unit of systemd may use
// the heap is kept to, so that it is collected more often instead of the process
// being killed; the rest is for what lies beside the heap.
const share = 0.8

// TuneGC has the heap collected less often than Go would, unless GOGC says how
// often, and keeps it within the memory limit of the cgroup, unless GOMEMLIMIT
// gives one.
func TuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	limit(memlimit.FromCgroup)
}

func limit(from memlimit.Provider) {
	// Without a cgroup, and on other systems, there is nothing to keep to.
	_, _ = memlimit.Set(memlimit.WithProvider(from), memlimit.WithRatio(share))
}
