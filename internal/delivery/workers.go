package delivery

import (
	"context"
	"fmt"
	"sync"

	"billferry/internal/integration"
)

// workers deliver runs, each one at a time. They stay for the next run, with the
// stack they have: it grows several times on the way of one Bill, and a Bill on
// a goroutine of its own took 3 % more of the processor.
//
// A result waits for the disk as long as it takes while the engine runs: it is
// of no use to forget what was answered because the disk was slow.
type workers struct {
	e     *Engine
	stop  context.Context // ends when the engine is told to stop
	calls context.Context // ends when the time for calls under way is up
	saves context.Context // ends when that for results on their way to disk is
	free  chan job        // taken by workers that are free
	all   sync.WaitGroup
}

// broken ends the engine: the ledger could not be written.
func (h *workers) broken(r integration.Run, err error) {
	select {
	case h.e.fatal <- fmt.Errorf("run %s: %w", r.ID, err):
	default:
	}
}

// job is a run to deliver.
type job struct {
	queue *queue
	run   integration.Run
}

// deliver gives a run to workers that are free, or to new ones. There come
// to be about as many as runs were on their way at once.
func (h *workers) deliver(l *queue, r integration.Run) {
	j := job{l, r}
	select {
	case h.free <- j:
	default:
		h.all.Go(func() { h.work(j) })
	}
}

// work delivers one run after the other until the engine is told to stop.
func (h *workers) work(j job) {
	for {
		h.e.task(h, j.queue, j.run)
		select {
		case j = <-h.free:
		case <-h.stop.Done():
			return
		}
	}
}
