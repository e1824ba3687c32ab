package delivery

import (
	"context"
	"time"
)

// claim says who has a Bill in hand: two runs of one Bill never go at once.
type claim struct {
	pace    *governor // of the task that has it; nil: a person's act, or a read-back
	in      string    // the integration whose run that task sends
	awaited bool      // a queue of another account has a run of the Bill that is due
	passed  bool      // a run of the Bill that is to be read back was passed over
}

// underWay tells whether a run of a Bill must wait since another one is on its
// way. The end of that one then wakes the engine whatever governor.leave says:
// that knows when there is room in its own account alone. e.mu is held.
func (e *Engine) underWay(l *queue, billID string) bool {
	c, ok := e.busy[billID]
	if ok && c.pace != l.pace && !c.awaited {
		c.awaited = true
		e.busy[billID] = c
	}
	return ok
}

// leave ends a task's claim on a Bill, and has the engine look for more when
// that can find any.
func (e *Engine) leave(l *queue, billID string) {
	if awaited := e.free(billID); l.pace.leave() || awaited {
		e.Wake()
	}
}

// passOver tells whether a run of a Bill is on its way. Another one that is to be
// read back is looked at again as soon as that has ended.
func (e *Engine) passOver(billID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.busy[billID]
	if ok {
		c.passed = true
		e.busy[billID] = c
	}
	return ok
}

// free takes a claim back and tells whether a run waited for that.
func (e *Engine) free(billID string) (awaited bool) {
	e.mu.Lock()
	was := e.busy[billID]
	delete(e.busy, billID)
	if was.in != "" {
		if e.going[was.in]--; e.going[was.in] == 0 {
			delete(e.going, was.in)
		}
	}
	e.mu.Unlock()
	if was.passed {
		e.proveAgain()
	}
	return was.awaited
}

// take claims a Bill for something else than a task, unless it is busy. A run of
// it that is due meanwhile waits, whatever its account.
func (e *Engine) take(billID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.busy[billID]; ok {
		return false
	}
	e.busy[billID] = claim{}
	return true
}

// patience is how long a person's act waits for a Bill that something else than a task has.
const patience = time.Second

// takeSoon claims a Bill for a person's act. A look at it, or an act before, ends in
// moments; what a task sends may take minutes, and is not waited for.
func (e *Engine) takeSoon(ctx context.Context, billID string) bool {
	for until := time.Now().Add(patience); !e.take(billID); {
		if e.sends(billID) || !time.Now().Before(until) || !sleep(ctx, busyWait) {
			return false
		}
	}
	return true
}

// sends tells whether a task has a Bill in hand.
func (e *Engine) sends(billID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.busy[billID].pace != nil
}

// letGo ends the claim of a read-back, and has the engine look for a run that
// waited.
func (e *Engine) letGo(billID string) {
	if e.free(billID) {
		e.Wake()
	}
}

// giveBack ends the claim of a person's act.
func (e *Engine) giveBack(billID string) {
	e.free(billID)
	e.Wake() // its other runs were passed over meanwhile
}
