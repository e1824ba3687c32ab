package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"billferry/internal/delivery"
	"billferry/internal/integration"
)

const (
	// mappingsEvery is how often m3ter's external mappings are read at most,
	// whatever number of Bills misses one, and how often while runs wait for one.
	mappingsEvery = 5 * time.Minute
	// mappingsTime bounds one reading: m3ter's pace is 2,000 mappings a second,
	// and the Bills that wait hold no slot.
	mappingsTime = 2 * time.Minute
)

// mappings keeps the external mappings here up with m3ter's.
type mappings struct {
	a     *App
	reads atomic.Int64 // readings that ended
	// reading is taken while they are read: who misses one meanwhile waits for that,
	// or gives up. It guards what follows.
	reading *semaphore.Weighted
	ended   time.Time // the last reading
	more    bool      // whether it brought any
	down    bool      // it failed: follow asks again, and no Bill waits for that
}

// Refresh implements delivery.Mappings. It only adds: what is mapped here
// otherwise than in m3ter was set here, and 'mappings pull' changes it.
func (m *mappings) Refresh(ctx context.Context) bool {
	before := m.reads.Load()
	if m.reading.Acquire(ctx, 1) != nil {
		return false
	}
	defer m.reading.Release(1)
	switch {
	case m.reads.Load() != before:
		return m.more // somebody else read them meanwhile
	case m.down:
		return false
	}
	return m.read(ctx)
}

// read asks m3ter, unless that was done lately. m.reading is taken.
func (m *mappings) read(ctx context.Context) bool {
	if since := m.a.now().Sub(m.ended); since >= 0 && since < mappingsEvery { // else, or the clock was set back
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, mappingsTime)
	defer cancel()
	n, err := m.a.pull(ctx, "m3ter", false)
	if errors.Is(err, integration.ErrNotFound) {
		return false // no m3ter is connected: what is here is all there is
	}
	if err != nil {
		m.a.log.Warn("the external mappings in m3ter could not be read; it is tried again while a run waits for one", "error", err)
	}
	if n > 0 {
		m.a.log.Info("external mappings were read from m3ter", "new", n)
	}
	m.ended, m.more, m.down = m.a.now(), n > 0, err != nil
	m.reads.Add(1)
	return m.more
}

// forget makes the next one that is missing ask m3ter, however lately it was
// asked; while it is being asked there is nothing to forget.
func (m *mappings) forget() {
	if !m.reading.TryAcquire(1) {
		return
	}
	defer m.reading.Release(1)
	m.ended, m.down = time.Time{}, false
}

// follow reads them now and then while runs wait for one, until ctx ends.
func (m *mappings) follow(ctx context.Context) {
	tick := time.NewTicker(mappingsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		m.wanted(ctx)
	}
}

// wanted reads them if a run waits for one, or if the last reading failed.
func (m *mappings) wanted(ctx context.Context) {
	parked, err := m.a.store.Runs(ctx, integration.RunFilter{
		Statuses: []integration.Status{integration.Errored}, Causes: delivery.MappingCauses,
	}, "", 1)
	if err != nil && ctx.Err() == nil {
		m.a.log.Error("the runs that wait for a mapping could not be read", "error", err)
	}
	if m.reading.Acquire(ctx, 1) != nil {
		return
	}
	defer m.reading.Release(1)
	if m.down || err == nil && len(parked.Runs) > 0 {
		m.read(ctx)
	}
}
