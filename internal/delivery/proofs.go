package delivery

import (
	"context"
	"sync"

	"billferry/internal/integration"
)

// proofs are the documents that wait to be read back, by Bill.
type proofs struct {
	mu      sync.Mutex
	waiting map[string]*proving
	batches map[*governor]*batch
	left    chan struct{} // holds a value after one has left
}

// room waits until fewer than that wait.
func (q *proofs) room(ctx context.Context, most int) {
	for q.count() >= most {
		select {
		case <-ctx.Done():
			return
		case <-q.left:
		}
	}
}

// later has the document of a run that was just delivered read back. Its task
// has let the Bill go: a newer version need not wait for that.
func (e *Engine) later(p *proving) {
	if e.tooEarly(p.run) {
		e.proveAgain() // it is listed until its time has come
		return
	}
	e.proofs.add(p)
	e.readBack(p, p.queue.dest.Rows(p.doc))
}

// tooEarly tells whether the document of a run is read back later.
func (e *Engine) tooEarly(r integration.Run) bool {
	wait := r.ProofAfter.Sub(e.o.Now())
	return wait > 0 && wait <= e.o.Late // longer: the clock was set back
}

// readBack reads a document of the list with others, or by itself where it takes
// no rows.
func (e *Engine) readBack(p *proving, rows int) {
	if rows > 0 {
		e.proofs.batch(p, rows)
		return
	}
	p.h.all.Go(func() { e.single(p) })
}

func (q *proofs) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

func (q *proofs) add(p *proving) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if was := q.waiting[p.run.EntityID]; was != nil && was != p {
		p.others = true
	}
	q.put(p)
}

func (q *proofs) put(p *proving) {
	if q.waiting == nil {
		q.waiting = map[string]*proving{}
	}
	q.waiting[p.run.EntityID] = p
}

// addListed is add of a run that is on disk only. What is in work already goes on,
// and what another integration has in work: that run is listed again once this is
// done. Each would else take the other's place before it was read, for ever.
func (q *proofs) addListed(p *proving) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	was := q.waiting[p.run.EntityID]
	switch {
	case was == nil:
	case was.run.ID == p.run.ID:
		return false
	case was.run.IntegrationID != p.run.IntegrationID:
		was.others = true
		return false
	default:
		p.others = true
	}
	q.put(p)
	return true
}

// again has the runs without a proof listed once more: one of two integrations
// that share a document stood back for the other.
func (p *proving) again() {
	if p.others {
		p.e.proveAgain()
	}
}

// proveAgain has the runs without a proof listed once more.
func (e *Engine) proveAgain() {
	select {
	case e.unproven <- struct{}{}:
	default:
	}
}

// single reads one document back.
func (e *Engine) single(p *proving) {
	if err := p.read(); err != nil {
		p.h.broken(p.run, err)
	}
}

// has tells whether no other run has taken the place of that one.
func (q *proofs) has(p *proving) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting[p.run.EntityID] == p
}

// done takes a document off the list.
func (q *proofs) done(p *proving) {
	q.mu.Lock()
	mine := q.waiting[p.run.EntityID] == p
	if mine {
		delete(q.waiting, p.run.EntityID)
	}
	q.mu.Unlock()
	q.tell()
	p.again()
}

func (q *proofs) tell() {
	select {
	case q.left <- struct{}{}:
	default:
	}
}

// overtake drops the proof of an earlier run of a Bill that another run is about
// to change: what is read from now on is not what that one sent.
func (e *Engine) overtake(by integration.Run) error {
	e.proofs.mu.Lock()
	p := e.proofs.waiting[by.EntityID]
	delete(e.proofs.waiting, by.EntityID)
	e.proofs.mu.Unlock()
	e.proofs.tell()
	if p == nil {
		return nil
	}
	defer p.again()
	return p.save(Proof{Unread: overtaken(by)})
}

func overtaken(by integration.Run) string {
	return "run " + by.ID + " of the Bill took its place before it was read back"
}
