package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// guardKey begins where the ledger keeps when the last round over the documents of
// an integration began, and openKey which accounting periods were open then, as JSON.
const (
	guardKey = "guard/last/"
	openKey  = "guard/open/"
)

// touchedBefore is how far before the last round a document of others counts as
// changed since: the destination's days are those of its own time zone.
const touchedBefore = 48 * time.Hour

// guard looks at the documents again after they were proven, round after round: the
// destination tells nobody that a person has changed, voided, deleted, paid or
// doubled one. It asks in slots that nobody else wants.
func (e *Engine) guard(ctx context.Context, h *workers) {
	if e.o.Guard <= 0 {
		return
	}
	for {
		next := e.guardDue(ctx, h)
		wait := max(next.Sub(e.o.Now()), min(e.o.Guard, e.o.Backoff)) // a round that lasts longer than its hour gives way, too
		if !sleep(ctx, min(wait, lookAgain)) {
			return
		}
	}
}

// guardDue makes the rounds that are due, of accounts that are this process's, and
// tells when the next is. An integration that cannot be asked holds up no other.
func (e *Engine) guardDue(ctx context.Context, h *workers) (next time.Time) {
	next = e.o.Now().Add(e.o.Guard)
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		if ctx.Err() == nil {
			e.log.Error("the documents could not be looked at again", "error", err)
		}
		return next
	}
	queues := make([]*queue, 0, len(ins))
	for _, in := range ins {
		if !in.Enabled || !in.Authorized {
			continue
		}
		if q := e.openQueue(ctx, in); q.err == nil && q.hold != nil {
			queues = append(queues, q)
		}
	}
	for _, q := range queues {
		w, ok := q.dest.(Watcher)
		if !ok || ctx.Err() != nil {
			continue
		}
		last, now := e.LookedAgain(ctx, q.in.ID), e.o.Now()
		if due := last.Add(e.o.Guard); due.After(now) && !last.After(now) { // else the clock was set back
			if due.Before(next) {
				next = due
			}
			continue
		}
		g := &guarding{e: e, h: h, q: q, w: w, last: last, ask: Asker{e: e, pace: q.pace, slots: 1}}
		for _, o := range queues {
			if o.pace == q.pace { // into the same account
				g.prefixes = append(g.prefixes, mapping.ExternalIDPrefixes(o.conf.cfg)...)
			}
		}
		slices.Sort(g.prefixes)
		g.prefixes = slices.Compact(g.prefixes) // mostly all have the same
		e.guardRound(ctx, g)
	}
	return next
}

// LookedAgain is when the last round over the documents of an integration began;
// zero: none has.
func (e *Engine) LookedAgain(ctx context.Context, integrationID string) (at time.Time) {
	raw, err := e.o.Ledger.Meta(ctx, guardKey+integrationID)
	if err == nil && raw != nil {
		at, err = time.Parse(time.RFC3339Nano, string(raw))
	}
	if err != nil && ctx.Err() == nil {
		e.log.Warn("when the documents were looked at last is not known", "integration", integrationID, "error", err)
	}
	return at
}

func (e *Engine) guardRound(ctx context.Context, g *guarding) {
	err := g.round(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		e.log.Warn("documents could not be looked at again; the next round asks anew", "integration", g.q.in.Name, "error", err)
	}
	if g.looked > 0 {
		e.log.Info("documents were looked at again", "integration", g.q.in.Name, "documents", g.looked, "read whole", g.whole,
			"told", g.told.Load(), "hidden", g.hidden, "took", e.o.Now().Sub(g.began).Round(time.Millisecond).String())
	}
	at := []byte(g.began.UTC().Format(time.RFC3339Nano))
	if err := e.o.Ledger.SetMeta(ctx, guardKey+g.q.in.ID, at); err != nil && ctx.Err() == nil {
		e.log.Warn("when the documents were looked at could not be kept", "integration", g.q.in.Name, "error", err)
	}
}

// delivered are the outcomes of runs that have a document.
var delivered = []integration.Outcome{integration.Created, integration.Updated, integration.Unchanged, integration.Adopted}

// round looks at the documents of one integration that do not rest, and once more at
// those that do when a period is open that was not in the last round. Nothing is asked
// while there is no document to look at.
func (g *guarding) round(ctx context.Context) error {
	g.began = g.e.o.Now()
	err := g.walk(ctx, false)
	if err != nil {
		return err
	}
	reopened, err := g.reopened(ctx)
	if err == nil && reopened {
		err = g.walk(ctx, true)
	}
	if err != nil || g.open == nil {
		return err
	}
	return g.keepOpen(ctx)
}

func (g *guarding) walk(ctx context.Context, rests bool) error {
	f := integration.RunFilter{IntegrationID: g.q.in.ID, Statuses: []integration.Status{integration.Complete}, Outcomes: delivered,
		Rests: &rests}
	var list []integration.Run
	for token := ""; ; {
		page, err := g.e.o.Ledger.Runs(ctx, f, token, RowsAtOnce)
		if err != nil {
			return err
		}
		for _, r := range page.Runs {
			worth, err := g.worth(ctx, r)
			if err != nil {
				return err
			}
			if !worth {
				continue
			}
			if list = append(list, r); len(list) == RowsAtOnce {
				if err := g.look(ctx, list); err != nil {
					return err
				}
				list = list[:0]
			}
		}
		if token = page.Next; token == "" {
			return g.look(ctx, list)
		}
	}
}

// reopened tells whether documents that rest may be of a period that is open by now.
// Where none was looked at, and so no period asked for, one that rests is enough to ask.
func (g *guarding) reopened(ctx context.Context) (bool, error) {
	if !g.begun {
		rests := true
		f := integration.RunFilter{IntegrationID: g.q.in.ID, Outcomes: delivered, Rests: &rests}
		page, err := g.e.o.Ledger.Runs(ctx, f, "", 1)
		if err != nil || len(page.Runs) == 0 {
			return false, err
		}
		if err := g.begin(ctx); err != nil {
			return false, err
		}
	}
	raw, err := g.e.o.Ledger.Meta(ctx, openKey+g.q.in.ID)
	if err != nil || g.open == nil || raw == nil {
		return g.open == nil || raw == nil, err
	}
	var was []string
	if err := json.Unmarshal(raw, &was); err != nil {
		return true, nil // it is written anew
	}
	for id := range g.open {
		if !slices.Contains(was, id) {
			return true, nil
		}
	}
	return false, nil
}

// keepOpen notes the periods that are open, once all documents were looked at.
func (g *guarding) keepOpen(ctx context.Context) error {
	raw, err := json.Marshal(slices.Sorted(maps.Keys(g.open)))
	if err != nil {
		return err
	}
	was, err := g.e.o.Ledger.Meta(ctx, openKey+g.q.in.ID)
	if err != nil || bytes.Equal(was, raw) {
		return err
	}
	return g.e.o.Ledger.SetMeta(ctx, openKey+g.q.in.ID, raw)
}

// worth tells whether the document of a run is to be looked at: one that does not rest,
// or whose period is open again. One that was not read back yet has that before it.
func (g *guarding) worth(ctx context.Context, r integration.Run) (bool, error) {
	switch {
	case !r.Delivered(), r.ExternalID == "", r.Proof == integration.Pending, r.Cause == integration.CauseDeleted,
		r.Account != "" && r.Account != g.q.dest.Account():
		return false, nil
	}
	if err := g.begin(ctx); err != nil {
		return false, err
	}
	if r.Watch.Rests && (r.Watch.Stamp == "" || !g.current(r.Watch.Period)) {
		return false, nil
	}
	return g.e.holds(ctx, r)
}

// holds tells whether the document is still the run's: no later run of the Bill has
// put its own there, or is about to.
func (e *Engine) holds(ctx context.Context, r integration.Run) (bool, error) {
	if r.Counted != integration.CountedNot {
		return true, nil
	}
	all, err := e.o.Ledger.Siblings(ctx, r)
	for _, o := range all {
		if o.IntegrationID == r.IntegrationID && o.Follows(r) && reach(o) > 0 && !o.Amends {
			return false, err
		}
	}
	return true, err
}

// begin asks what a round is asked with, once.
func (g *guarding) begin(ctx context.Context) (err error) {
	if g.begun {
		return nil
	}
	g.begun = true
	err = g.turn(ctx, func(ctx context.Context) (err error) {
		g.open, err = g.w.OpenPeriods(ctx)
		return err
	})
	if err != nil && (passes(failure(err).Class) || ctx.Err() != nil) {
		return err
	}
	if err != nil || len(g.open) == 0 { // the role may not see them: all count as open
		g.open = nil
		g.e.log.Info("accounting periods are not shown: all documents are looked at", "integration", g.q.in.Name, "error", err)
	}
	since := g.last.Add(-touchedBefore).UTC().Format(time.DateOnly)
	if g.last.IsZero() {
		since = g.began.Add(-touchedBefore).UTC().Format(time.DateOnly) // those before are asked for document by document
	}
	return g.turn(ctx, func(ctx context.Context) (err error) {
		g.touched, err = g.w.Touched(ctx, g.prefixes, since)
		return err
	})
}

// current tells whether a period is open; one that is not known may be.
func (g *guarding) current(period string) bool {
	return g.open == nil || period == "" || g.open[period]
}

// turn makes a call in a slot that nobody else wants.
func (g *guarding) turn(ctx context.Context, call func(context.Context) error) error {
	if err := g.q.pace.aside(ctx, g.e.o.Backoff); err != nil {
		return err
	}
	return g.ask.Do(calling(ctx, g.q.hold), call)
}

// aside waits for a slot that nobody else wants, and for half a minute at most: an
// account that is never idle is looked at, too.
func (g *governor) aside(ctx context.Context, step time.Duration) error {
	for since := g.now(); ; {
		if _, free := g.spare(); free || g.now().Sub(since) >= longestWait {
			return ctx.Err()
		}
		if !sleep(ctx, step) {
			return ctx.Err()
		}
	}
}
