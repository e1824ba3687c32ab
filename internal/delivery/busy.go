package delivery

// claim says who has a Bill in hand: two runs of one Bill never go at once.
type claim struct {
	pace    *governor // of the task that has it; nil: a person's act, or a read-back
	awaited bool      // a queue of another account has a run of the Bill that is due
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
	e.mu.Lock()
	awaited := e.busy[billID].awaited
	delete(e.busy, billID)
	e.mu.Unlock()
	if l.pace.leave() || awaited {
		e.Wake()
	}
}

// hold claims a Bill for a read-back, unless it is busy. A run of it that is due
// meanwhile waits, whatever its account.
func (e *Engine) hold(billID string) bool { return e.take(billID) }

// inWork tells whether a run of a Bill is on its way.
func (e *Engine) inWork(billID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.busy[billID]
	return ok
}

// letGo ends that, and has the engine look for a run that waited.
func (e *Engine) letGo(billID string) {
	e.mu.Lock()
	awaited := e.busy[billID].awaited
	delete(e.busy, billID)
	e.mu.Unlock()
	if awaited {
		e.Wake()
	}
}

// take marks a Bill as busy by something else than a task, unless it is.
func (e *Engine) take(billID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.busy[billID]; ok {
		return false
	}
	e.busy[billID] = claim{}
	return true
}

func (e *Engine) giveBack(billID string) {
	e.mu.Lock()
	delete(e.busy, billID)
	e.mu.Unlock()
	e.Wake() // its other runs were passed over meanwhile
}
