//go:build unix

package mapping_test

import (
	"syscall"
	"time"
)

// cpuTime is the processor time this process has been given.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
