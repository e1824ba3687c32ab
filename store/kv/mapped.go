package kv

import (
	"math"
	"sync/atomic"
	"time"
)

// What is read of the file stays in the memory of the process, as pages that the system
// has anyway and may take back; whoever weighs the process counts them, though, and a
// limit of memory may. So they are let go when they are many: the next reader finds them
// in the system's cache. That costs some milliseconds, so it is done once a second at most.
const (
	mostMapped = 64 << 20 // bytes of files, the program's own among them
	lookAfter  = 512      // records read
	lookEvery  = time.Second
)

// mapped is how much was read since it was looked what stays.
type mapped struct {
	most   int
	every  time.Duration
	reads  atomic.Int64
	looked atomic.Int64 // when, in nanoseconds
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
	now, looked := time.Now().UnixNano(), t.mapped.looked.Load()
	if now-looked < int64(t.mapped.every) || !t.mapped.looked.CompareAndSwap(looked, now) {
		return
	}
	if filesMapped() > t.mapped.most {
		letGo(t.b.DB().Info().Data, t.b.Size())
	}
}
