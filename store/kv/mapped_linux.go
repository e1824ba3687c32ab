package kv

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// filesMapped is how many bytes of files the process has in its memory; 0 where it
// cannot be told.
func filesMapped() int {
	raw, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, resident, shared int
	if _, err := fmt.Sscan(string(raw), &size, &resident, &shared); err != nil {
		return 0
	}
	return shared * os.Getpagesize()
}

// letGo takes a file that is only read out of the memory of the process. One that
// stays is no fault.
func letGo(at uintptr, size int64) {
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, at, uintptr(size), unix.MADV_DONTNEED)
}
