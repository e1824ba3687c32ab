//go:build !linux

package store

import (
	"os"
	"runtime"
	"testing"
)

func datasync(f *os.File) error { return f.Sync() }

func dropCache(b *testing.B, _ string) { b.Skip("the page cache can be dropped on Linux only") }

// ownMB is what the Go heap and stacks take.
func ownMB(*testing.B) float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse+m.StackInuse) / (1 << 20)
}
