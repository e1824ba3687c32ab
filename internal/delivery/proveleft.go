package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"

	"billferry/internal/integration"
	"billferry/mapping"
)

// mostLeft bounds the documents that are in memory to be read back after a start.
const mostLeft = 500

// lookApproved is how often documents are looked at that wait to be approved:
// the destination tells nobody when they are. One call shows some forty of them.
const lookApproved = 30 * time.Minute

// gatherLeft is how long requests to list the runs without a proof are gathered: each of
// the proofs of one moment may ask for it.
const gatherLeft = 20 * time.Millisecond

// mostSingle bounds those that are read one by one for that at a time. The next
// time goes on where it ended, so that n of them are all looked at in
// 1 + n/mostSingle times.
const mostSingle = 50

// singles is where reading one by one what waits to be approved stands: from the
// newest run to the oldest, and over again.
type singles struct {
	left int   // that may be read this time
	Last int64 `json:"last"` // run that was read, by its Seq; 0: begin with the newest
}

// pass tells whether it is the turn of a run.
func (s *singles) pass(r integration.Run) bool {
	if s.left == 0 || s.Last != 0 && r.Seq >= s.Last {
		return false
	}
	s.left--
	s.Last = r.Seq
	return true
}

// singlesKey is where the ledger keeps that: a program that runs for a moment only
// must not begin with the newest each time.
const singlesKey = "unposted/singles"

func (e *Engine) singles(ctx context.Context) *singles {
	s := &singles{}
	raw, err := e.o.Ledger.Meta(ctx, singlesKey)
	if err == nil && raw != nil {
		err = json.Unmarshal(raw, s)
	}
	if err != nil && ctx.Err() == nil {
		e.log.Warn("what waits to be approved is looked at from the newest on", "error", err)
	}
	s.left = mostSingle
	return s
}

// ended says that all were listed: each has had its turn unless there were too many.
func (s *singles) ended() {
	if s.left > 0 {
		s.Last = 0
	}
}

// keepSingles keeps where the next time goes on.
func (e *Engine) keepSingles(ctx context.Context, s *singles) {
	raw, err := json.Marshal(s)
	if err == nil {
		err = e.o.Ledger.SetMeta(ctx, singlesKey, raw)
	}
	if err != nil && ctx.Err() == nil {
		e.log.Warn("where looking at what waits to be approved stands could not be kept", "error", err)
	}
}

// proveWhatIsLeft reads back what was delivered and not proven when the program
// ended, or while an integration had no authorisation; and from time to time
// what waited to be approved.
func (e *Engine) proveWhatIsLeft(ctx context.Context, h *workers) {
	approved := time.NewTicker(lookApproved)
	defer approved.Stop()
	for unposted := true; ; {
		var again <-chan time.Time
		if e.proveLeft(ctx, h, integration.Pending) {
			again = time.After(min(lookAgain, e.o.Late))
		}
		if unposted {
			e.proveLeft(ctx, h, integration.NotPosted)
		}
		unposted = false
		select {
		case <-ctx.Done():
			return
		case <-e.unproven:
		case <-again:
		case <-approved.C:
			unposted = true
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(gatherLeft):
		}
		select { // asked for meanwhile: the listing that comes knows of it
		case <-e.unproven:
		default:
		}
	}
}

// proveLeft goes through the runs with such a proof once and tells whether some
// have to be looked at again.
func (e *Engine) proveLeft(ctx context.Context, h *workers, which integration.Proof) (again bool) {
	f := integration.RunFilter{Proofs: []integration.Proof{which}, Oldest: which == integration.Pending}
	var single *singles
	if which == integration.NotPosted {
		single = e.singles(ctx)
		defer func() { e.keepSingles(h.saves, single) }()
	}
	for token := ""; ctx.Err() == nil; {
		page, err := e.o.Ledger.Runs(ctx, f, token, page)
		if err != nil {
			e.log.Error("the runs without a proof could not be listed", "error", err)
			return true
		}
		for _, r := range page.Runs {
			e.proofs.room(ctx, mostLeft)
			done, err := e.proveLater(ctx, h, r, single)
			if err != nil && ctx.Err() == nil {
				e.log.Error("a run goes without its proof for now", "run", r.ID, "error", err)
			}
			again = again || !done
		}
		if token = page.Next; token == "" {
			if single != nil && ctx.Err() == nil {
				single.ended()
			}
			break
		}
	}
	return again
}

// proveLater reads back the document of a run that is on disk only, and tells
// whether that is done with. While another run of its Bill is on its way it is
// left: that one changes the document.
func (e *Engine) proveLater(ctx context.Context, h *workers, r integration.Run, single *singles) (done bool, err error) {
	in, err := e.o.Ledger.Integration(ctx, r.IntegrationID)
	if err != nil && !errors.Is(err, integration.ErrNotFound) {
		return false, err
	}
	p := &proving{e: e, h: h, run: r, queue: &queue{hold: e.hold(sentInto(r))}}
	switch {
	case p.queue.hold == nil:
		return true, nil // who has the account sees to it
	case err != nil:
		return true, p.save(Proof{Unread: "the integration was deleted before it was read back"})
	case !in.Enabled || !in.Authorized:
		return true, nil // unblock tells when it may
	case e.tooEarly(r):
		return false, nil
	}
	p.queue = e.openQueue(ctx, in)
	switch {
	case p.queue.err != nil:
		return false, p.queue.err
	case p.queue.hold == nil:
		return true, nil // it sends into another account by now, which is not this process's
	}
	fresh, err := e.o.Ledger.Run(ctx, r.ID)
	if err != nil || fresh.Proof != r.Proof {
		return err == nil, err // somebody else was faster
	}
	p.run = fresh
	if !e.proofs.addListed(p) { // from here on a run that starts takes its place
		return true, nil
	}
	ready := false
	defer func() {
		if !ready {
			e.proofs.done(p)
			return
		}
		rows := p.queue.dest.Rows(p.doc)
		if fresh.Proof == integration.NotPosted && rows == 0 && !single.pass(fresh) {
			e.proofs.done(p) // another time
			return
		}
		e.readBack(p, rows)
	}()
	if e.passOver(r.EntityID) {
		return true, nil
	}
	by, newer, err := e.newer(ctx, r)
	if err == nil && !newer {
		var all []integration.Run
		all, err = e.o.Ledger.Siblings(ctx, fresh)
		by, newer = sentSince(all, fresh)
	}
	switch {
	case err != nil:
		return false, err
	case newer && by.IntegrationID != r.IntegrationID && !by.Status.Settled():
		return false, nil // it is about to change the document, or has
	case newer && fresh.Proof == integration.NotPosted:
		switch reach(by) {
		case 2:
			return true, p.save(Proof{}) // it was as sent; the other run tells what is posted
		case 1:
			return true, nil // the next time
		} // the other one came to nothing: this document stands
	case newer:
		return true, p.save(Proof{Unread: overtaken(by)})
	}
	if p.doc, err = e.sent(ctx, r.ID); err != nil {
		return true, p.save(Proof{Unread: "what was sent is not kept: " + err.Error()})
	}
	ready = true
	return true, nil
}

// sent reads the document that a run has sent.
func (e *Engine) sent(ctx context.Context, runID string) (mapping.Document, error) {
	d, err := e.cameTo(ctx, runID)
	if err == nil && d.SaidAlready() {
		err = fmt.Errorf("the document of run %s: %w", runID, integration.ErrNotFound)
	}
	return d, err
}

// cameTo reads the document that a run has come to, sent or not.
func (e *Engine) cameTo(ctx context.Context, runID string) (d mapping.Document, err error) {
	raw, err := e.o.Ledger.Sent(ctx, runID)
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	return d, err
}

// replaces tells whether a run of another integration may have put its document in
// the place of a run's: it has sent it into the same account under the same name.
// An older version of the Bill has no place there, should it have come late.
func replaces(o, r integration.Run) bool {
	return o.IntegrationID != r.IntegrationID && o.Account == r.Account && o.ExternalID == r.ExternalID && o.Sent() && !r.NewerThan(o)
}

// sentSince finds a run of another integration into the same account that has
// sent the same document since, by the clock, or may have: what stands there is
// what that sent.
func sentSince(all []integration.Run, r integration.Run) (by integration.Run, ok bool) {
	for _, o := range all {
		mayYet := o.IntegrationID != r.IntegrationID && o.Account == r.Account && o.InFlight && o.Doubts(r.Doc())
		if mayYet || replaces(o, r) && o.Completed.After(r.Completed) {
			return o, true
		}
	}
	return by, false
}
