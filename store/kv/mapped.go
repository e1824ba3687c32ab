package kv

import (
	"math"
	"sync/atomic"
)

// What is read of the file stays in the memory of the process, as pages that the system
// has anyway and may take back; whoever weighs the process counts them, though, and a
// limit of memory may. So they are let go when they are many: the next reader finds them
// in the system's cache.
const (
	mostMapped = 64 << 20 // bytes of files, the program's own among them
	lookAfter  = 512      // records read
)

// mapped is how much was read since it was looked what stays.
type mapped struct {
	most  int
	reads atomic.Int64
}

// begin is told at the start how long a file says that it is, and is. One that was cut
// is not mapped as far as it says: what lies behind in the memory is somebody else's.
func (m *mapped) begin(says, is int64) {
	const anew = 32 << 10 // the least that is mapped, also of a file that is just made
	if says > max(is, anew) {
		m.most = math.MaxInt
	}
}

// hasRead notes that a record was read, and lets go what is too much. The file is not
// mapped anew as long as a transaction is open.
func (t *Tx) hasRead() {
	if t.mapped == nil {
		return
	}
	if t.reads++; t.reads+t.mapped.reads.Load() < lookAfter {
		return
	}
	t.reads = 0
	t.mapped.reads.Store(0)
	if filesMapped() > t.mapped.most {
		letGo(t.b.DB().Info().Data, t.b.Size())
	}
}
