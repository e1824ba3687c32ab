package delivery

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync/atomic"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/mapping"
)

// guarding is one round over the documents of an integration.
type guarding struct {
	e        *Engine
	h        *workers
	q        *queue
	w        Watcher
	ask      Asker
	prefixes []string // of external ids: what is ours
	last     time.Time
	began    time.Time
	begun    bool
	open     map[string]bool // periods; nil: not known
	touched  map[string]bool // customers of whom documents of others were changed lately

	looked, whole, hidden int
	told                  atomic.Int64
}

// found is what the destination has told of some documents, by internal id.
type found struct {
	standing map[string]Standing
	credited map[string]decimal.D
	asked    map[string]bool // those whose twins are known
	twins    map[string][]Twin
}

// look looks at documents, RowsAtOnce at most, with one query. Others are asked for
// what is new: twins of those that are new or whose customer got other documents,
// and what has settled those that are settled now.
func (g *guarding) look(ctx context.Context, runs []integration.Run) error {
	if len(runs) == 0 {
		return nil
	}
	ids := make([]string, len(runs))
	for i, r := range runs {
		ids[i] = r.ExternalID
	}
	var f found
	err := g.turn(ctx, func(ctx context.Context) (err error) {
		f.standing, err = g.w.Standing(ctx, ids)
		return err
	})
	if err == nil {
		err = g.more(ctx, runs, &f)
	}
	if err != nil {
		return err
	}
	g.looked += len(runs)
	for _, r := range runs {
		s, shown := f.standing[r.ExternalID]
		if !shown {
			err = g.missing(ctx, r)
		} else {
			err = g.one(ctx, r, s, &f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *guarding) more(ctx context.Context, runs []integration.Run, f *found) error {
	f.asked = map[string]bool{}
	var alike, settled []string
	for _, r := range runs {
		s, shown := f.standing[r.ExternalID]
		if !shown {
			continue
		}
		if r.Watch.Stamp == "" || r.Watch.Twin != "" || g.touched[s.Customer] {
			alike, f.asked[r.ExternalID] = append(alike, r.ExternalID), true
		}
		if counts(s) && s.Due.IsZero() && !r.Watch.Payment.Settled() && r.DocumentKind != string(mapping.CreditMemo) {
			settled = append(settled, r.ExternalID)
		}
	}
	if len(settled) > 0 {
		err := g.turn(ctx, func(ctx context.Context) (err error) {
			f.credited, err = g.w.Credited(ctx, settled)
			return err
		})
		if err != nil && (passes(failure(err).Class) || ctx.Err() != nil) {
			return err
		}
		if err != nil {
			g.e.log.Info("it is not shown what has settled documents: all of it counts as paid", "integration", g.q.in.Name, "error", err)
		}
	}
	if len(alike) == 0 {
		return nil
	}
	return g.turn(ctx, func(ctx context.Context) (err error) {
		f.twins, err = g.w.Twins(ctx, alike, g.prefixes)
		return err
	})
}

// counts tells whether a document is one that is paid.
func counts(s Standing) bool { return s.Posting && !s.Voided && s.DueKnown }

// one takes in what is told of one document. What has changed since it was looked
// at last is read whole, which tells what it is now.
func (g *guarding) one(ctx context.Context, r integration.Run, s Standing, f *found) error {
	w := g.watch(r, s, f.credited[r.ExternalID])
	if f.asked[r.ExternalID] {
		if err := g.beside(ctx, r, &w, f.twins[r.ExternalID]); err != nil {
			return err
		}
	}
	moved := s.Stamp != r.Watch.Stamp || r.Proof == integration.Proven && !r.Amends && !s.Total.Equal(r.AmountTotal())
	first := r.Watch.Stamp == "" || r.Watch.Stamp == hidden
	if moved && !(first && !g.current(s.Period) && w.Payment.Settled()) {
		now := w
		if now.Stamp, now.Rests = r.Watch.Stamp, false; !first && !now.Same(r.Watch) { // it rests once it is read
			if err := g.keep(ctx, r, now); err != nil {
				return err
			}
		}
		return g.again(ctx, r, s, w)
	}
	if w.Same(r.Watch) {
		return nil
	}
	return g.keep(ctx, r, w)
}

// watch is what a run keeps of what was shown of its document.
func (g *guarding) watch(r integration.Run, s Standing, credited decimal.D) integration.Watch {
	w := integration.Watch{Stamp: s.Stamp, Period: s.Period, Twin: r.Watch.Twin}
	if !counts(s) {
		w.Rests = g.rests(w, s)
		return w
	}
	w.Due, w.DueDate = s.Due, s.DueDate
	owed := integration.Owed{Total: s.Total, Due: s.Due, DueDate: s.DueDate, Credited: credited}
	if r.DocumentKind == string(mapping.CreditMemo) {
		owed.Credited = s.Total
	}
	w.Payment, w.Since = owed.Payment(g.began.UTC().Format(time.DateOnly)), r.Watch.Since
	if r.Watch.Payment.Settled() && w.Payment.Settled() {
		w.Payment = r.Watch.Payment // what has settled it was asked once
	}
	if w.Payment != r.Watch.Payment {
		w.Since = g.began
	}
	w.Rests = g.rests(w, s)
	return w
}

// rests tells whether nothing is expected of a document: its period is shut, and it
// waits for no money and no approval.
func (g *guarding) rests(w integration.Watch, s Standing) bool {
	return !g.current(s.Period) && !w.Payment.Owes() && (s.Posting || s.Voided)
}

// keep puts what was seen on disk. Many share a commit.
func (g *guarding) keep(ctx context.Context, r integration.Run, w integration.Watch) error {
	err := g.e.o.Ledger.SaveWatch(g.q.hold.With(ctx), r.ID, w)
	if errors.Is(err, integration.ErrNotFound) || errors.Is(err, ErrElsewhere) {
		return nil
	}
	if err == nil && w.Payment != r.Watch.Payment {
		r.Watch = w
		g.e.o.OnRun(r)
		g.e.paid(r)
	}
	return err
}

// beside tells of a document that was made by hand beside one of ours, once, and
// closes that when it is there no more.
func (g *guarding) beside(ctx context.Context, r integration.Run, w *integration.Watch, twins []Twin) error {
	twin := Twin{}
	for _, t := range twins {
		by, err := g.e.claimedBy(ctx, r, t.ID)
		if err != nil {
			return err
		}
		if by.ID == "" {
			twin = t
			break
		}
	}
	w.Twin = twin.ID
	switch {
	case twin.ID == r.Watch.Twin:
	case twin.ID == "":
		g.e.closeEvents(ctx, r.IntegrationID, documentGroup(integration.CauseTwin, r.EntityID))
	default:
		name := twin.Number
		if name == "" {
			name = twin.ID
		}
		system := g.e.nameOf(r.EntityType, r.Destination)
		r.Cause = integration.CauseTwin
		r.Error = fmt.Sprintf("%s has %s (id %s) beside its document %s: the same customer, date and amount, and made by nobody here",
			system, name, twin.ID, documentName(r))
		r.Advice = "void the one that is too much; if they are two sales, mark this event as actioned"
		g.told.Add(1)
		g.e.raise(integration.EventDocument, r, sentence(r))
	}
	return nil
}

// documentName is what a person calls the document of a run.
func documentName(r integration.Run) string {
	if r.DocumentNumber != "" {
		return r.DocumentNumber
	}
	return r.ExternalID
}

// hidden is the stamp of a document that is there and that no query shows.
const hidden = "hidden"

// missing reads a document by itself that no query shows: what the role's
// restrictions hide is not deleted. One that is hidden is read once a day.
func (g *guarding) missing(ctx context.Context, r integration.Run) error {
	if r.Watch.Stamp == hidden {
		g.hidden++
		if !g.daily(r.ID) {
			return nil
		}
	}
	reader, ok := g.q.dest.(Reader)
	if !ok {
		return nil
	}
	if err := g.q.pace.aside(ctx, g.e.o.Backoff); err != nil {
		return err
	}
	if !g.e.take(r.EntityID) {
		return nil // another round
	}
	defer g.e.letGo(r.EntityID)
	r, ok, err := g.fresh(ctx, r)
	if err != nil || !ok {
		return err
	}
	there := false
	err = g.ask.Do(calling(ctx, g.q.hold), func(ctx context.Context) (err error) {
		_, there, err = reader.Document(ctx, r.ExternalID)
		return err
	})
	switch {
	case err != nil && !passes(failure(err).Class) && ctx.Err() == nil:
		there = true // the role may not read it
	case err != nil:
		return err
	}
	if there {
		w := r.Watch
		w.Stamp, w.Rests = hidden, !g.current(w.Period) && !w.Payment.Owes() && r.Proof != integration.NotPosted
		return g.keep(ctx, r, w)
	}
	return g.deleted(ctx, r)
}

// others is what the documents come to that the one of a run stood beside, which are
// there yet.
func (g *guarding) others(ctx context.Context, r integration.Run) (net, tax decimal.D) {
	if d, err := g.e.cameTo(ctx, r.ID); err == nil && d.Amends != nil {
		return d.Amends.Beside(r.ExternalID)
	}
	return net, tax
}

// daily tells whether the time of day that is a run's own has come since the last
// round, however often there are rounds.
func (g *guarding) daily(runID string) bool {
	const day = 24 * time.Hour
	own := time.Duration(crc32.ChecksumIEEE([]byte(runID))) * time.Second % day
	return g.began.Add(-own).Truncate(day).After(g.last.Add(-own))
}

// fresh reads a run again, and tells whether it is as it was listed.
func (g *guarding) fresh(ctx context.Context, was integration.Run) (integration.Run, bool, error) {
	r, err := g.e.o.Ledger.Run(ctx, was.ID)
	if errors.Is(err, integration.ErrNotFound) {
		return was, false, nil
	}
	if err != nil || r.Proof != was.Proof || r.ExternalID != was.ExternalID || !r.Delivered() {
		return r, false, err
	}
	ok, err := g.e.holds(ctx, r)
	return r, ok, err
}

// deleted tells that the document of a run is there no more.
func (g *guarding) deleted(ctx context.Context, r integration.Run) error {
	system := g.e.nameOf(r.EntityType, r.Destination)
	came := mapping.Money(r.AmountTotal(), r.Currency)
	r.Proof, r.ProofNote, r.ProofBy, r.Cause = integration.Drift, "", "", integration.CauseDeleted
	r.Error = fmt.Sprintf("%s has its document %s (id %s) over %s no more: it was deleted", system, documentName(r), r.ExternalID, came)
	r.Advice = "ask who deleted it and why; retry to make it again, or accept that it is gone"
	r.AmountOut, r.AmountTax = g.others(ctx, r)
	if saved, err := g.save(ctx, r, g.seen(r, integration.Attempt{})); !saved || err != nil {
		return err
	}
	return g.keep(ctx, r, integration.Watch{Stamp: r.Watch.Stamp, Period: r.Watch.Period, Rests: true})
}

// save puts on disk that a document is not as it was, with the look that tells, and
// tells of it. A run that changed meanwhile stays as it is, and is looked at anew in
// another round.
func (g *guarding) save(ctx context.Context, r integration.Run, a *integration.Attempt) (saved bool, err error) {
	r.Modified = g.e.o.Now()
	err = g.e.o.Ledger.SaveRunSoon(g.q.hold.With(ctx), r, a)
	switch {
	case errors.Is(err, integration.ErrConflict), errors.Is(err, integration.ErrNotFound), errors.Is(err, ErrElsewhere):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("save what was seen of a document: %w", err)
	}
	g.e.o.OnRun(r)
	if r.Proof == integration.Drift {
		g.told.Add(1)
		g.e.raise(integration.EventDocument, r, sentence(r))
	}
	return true, nil
}

// again reads a document whole, with others or by itself, as after it was sent.
func (g *guarding) again(ctx context.Context, was integration.Run, s Standing, w integration.Watch) error {
	g.e.proofs.room(ctx, mostLeft)
	if err := g.q.pace.aside(ctx, g.e.o.Backoff); err != nil {
		return err
	}
	p := &proving{e: g.e, h: g.h, queue: g.q, run: was, look: &secondLook{g: g, watch: w, standing: s},
		attempt: &integration.Attempt{}}
	if !g.e.proofs.addListed(p) { // from here on a run that starts takes its place
		return nil
	}
	ready := false
	defer func() {
		if !ready {
			g.e.proofs.done(p)
		}
	}()
	if g.e.isBusy(was.EntityID) {
		return nil // another round
	}
	r, ok, err := g.fresh(ctx, was)
	if err != nil || !ok {
		return err
	}
	p.run = r
	if p.doc, err = g.e.sent(ctx, r.ID); err != nil {
		if !errors.Is(err, integration.ErrNotFound) {
			return err
		}
		return p.look.unsent(ctx, r) // it stood already, or what was sent is not kept
	}
	g.whole++
	ready = true
	g.e.readBack(p, g.q.dest.Rows(p.doc))
	return nil
}

// isBusy tells whether somebody has a Bill in hand.
func (e *Engine) isBusy(billID string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.busy[billID]
	return ok
}

// since are the causes of runs whose document is not as it was proven any more.
var since = []string{integration.CauseChanged, integration.CauseVoidedSince, integration.CauseDeleted}

func guarded(cause string) bool { return slices.Contains(since, cause) }
