package delivery

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"billferry/internal/integration"
	"billferry/mapping"
)

// fetch is how many due runs are read at once for one integration.
const fetch = 64

// defaultConcurrency is the setting Max Concurrency when it is absent.
const defaultConcurrency = 5

// queue is one integration as of this round, with all that its Bills need.
type queue struct {
	in   integration.Integration
	conf config
	dest Destination
	pace *governor
	hold Hold  // nil: the account is not this process's
	err  error // why it has no conf or no dest
	done bool  // nothing more to start in this round
}

// config is a parsed configuration with the version it was parsed from.
type config struct {
	version int64
	sys     System
	cfg     mapping.Config
	err     error
}

// round starts all that can start now and tells when the next run falls due.
// The queues take turns Bill by Bill, so that a small integration does not
// stand behind a large one.
func (e *Engine) round(ctx context.Context, start func(*queue, integration.Run)) (next time.Time, err error) {
	queues, err := e.openQueues(ctx)
	if err != nil || len(queues) == 0 {
		return time.Time{}, err
	}
	for left := len(queues); left > 0; {
		e.turn++
		l := queues[e.turn%len(queues)]
		if l.done {
			continue
		}
		r, at, ok, err := e.pick(ctx, l)
		if err != nil {
			return next, err
		}
		if ok {
			l.pace.enter()
			start(l, r)
			continue
		}
		l.done = true
		left--
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, nil
}

// pick takes the next run of a queue whose Bill is not on its way already and
// marks that Bill busy. Without one, at is when to look again.
func (e *Engine) pick(ctx context.Context, l *queue) (r integration.Run, at time.Time, ok bool, err error) {
	switch {
	case !l.hold.May():
		return r, e.o.Now().Add(holdAgain), false, nil
	case !l.pace.capacity():
		return r, at, false, nil // governor.leave tells when there is
	}
	for limit := 0; ; limit *= 2 {
		r, ok := e.claimNext(l)
		if ok {
			return r, at, true, nil
		}
		// Runs of Bills that are on their way are due as well, the oldest of all: read
		// past those of this integration, and past those that were in flight. Nobody
		// waits for the read: what changes meanwhile, the task sees when it reads its run.
		e.mu.Lock()
		limit = max(limit, fetch+e.going[l.in.ID]+e.recovered[l.in.ID])
		e.mu.Unlock()
		due, next, err := e.due(ctx, l.in.ID, limit)
		if err != nil {
			return r, at, false, err
		}
		// When all that were read are of Bills that others have, there may be more behind.
		if read := len(due); e.list(l, due) == 0 && read < limit {
			return r, next, false, nil
		}
	}
}

// claimNext takes the next run that was read whose Bill is free.
func (e *Engine) claimNext(l *queue) (r integration.Run, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	q := e.listed[l.in.ID]
	for len(q) > 0 && e.underWay(l, q[0].EntityID) {
		q = q[1:] // it is read again once the other one has ended
	}
	if len(q) == 0 {
		delete(e.listed, l.in.ID)
		return r, false
	}
	e.listed[l.in.ID] = q[1:]
	e.busy[q[0].EntityID] = claim{pace: l.pace, in: l.in.ID}
	e.going[l.in.ID]++
	return q[0], true
}

// inTurns has what was in flight and what was not take turns. All of the first are
// older: else no new Bill would go out in an account that was taken over until each
// of them was looked up, though none has to wait for another Bill. flying counts them.
func inTurns(due []integration.Run) (out []integration.Run, flying int) {
	var is, not []integration.Run
	for _, r := range due {
		if r.InFlight {
			is = append(is, r)
		} else {
			not = append(not, r)
		}
	}
	if len(is) == 0 || len(not) == 0 {
		return due, len(is)
	}
	out = make([]integration.Run, 0, len(due))
	for i := range max(len(is), len(not)) {
		out = append(out, is[min(i, len(is)):min(i+1, len(is))]...)
		out = append(out, not[min(i, len(not)):min(i+1, len(not))]...)
	}
	return out, len(is)
}

// list keeps the runs that were read whose Bills are free, and tells how many.
func (e *Engine) list(l *queue, due []integration.Run) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	q := slices.DeleteFunc(due, func(r integration.Run) bool { return e.underWay(l, r.EntityID) })
	q, flying := inTurns(q)
	if flying == 0 {
		delete(e.recovered, l.in.ID)
	}
	e.listed[l.in.ID] = q
	return len(q)
}

// requeueLate makes due what is put off farther than any wait is long: it was written
// while the clock was ahead, which has been set back since. It is called at the
// start and when the clock goes back; due sees to what is left while a queue is
// idle. The time budget of such a run begins anew, as it was counted from then.
func (e *Engine) requeueLate(ctx context.Context) error {
	e.mu.Lock()
	busy := maps.Clone(e.busy) // their tasks write them; no other begins meanwhile
	e.mu.Unlock()
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		return err
	}
	for _, in := range ins {
		now := e.o.Now()
		if _, next, err := e.o.Ledger.DueFor(ctx, in.ID, now.Add(farthest), 1); err != nil || next.IsZero() {
			if err != nil {
				return err
			}
			continue // nothing lies beyond: most often there is nothing to read
		}
		f := integration.RunFilter{IntegrationID: in.ID, Statuses: []integration.Status{integration.AwaitingRetry, integration.RateLimitRetry}}
		late := func(_ context.Context, r integration.Run) (bool, error) {
			_, ok := busy[r.EntityID]
			return r.Next.Sub(now) > farthest && !ok, nil
		}
		n, err := e.each(ctx, f, nil, late, func(r *integration.Run) {
			r.Next = time.Time{}
			if r.Started.After(now) {
				r.Started = now
			}
		})
		if err != nil {
			return err
		}
		e.log.Warn("runs were put off while the clock was ahead; they go on now", "integration", in.ID, "runs", n)
	}
	return nil
}

// farthest is more than a run is ever put off: 15 minutes of backoff, or the
// hour that a Retry-After may name.
const farthest = 2 * time.Hour

// due reads what is due in a queue, and when the next run is. A moment beyond
// farthest was written while the clock was ahead and has been set back since:
// such a run is due now, or it would wait for the clock to catch up.
func (e *Engine) due(ctx context.Context, integrationID string, limit int) ([]integration.Run, time.Time, error) {
	now := e.o.Now()
	runs, next, err := e.o.Ledger.DueFor(ctx, integrationID, now, limit)
	if err == nil && len(runs) == 0 && next.Sub(now) > farthest {
		e.log.Warn("runs are due later than any wait is long: the clock was set back; they go on now", "integration", integrationID, "due", next)
		return e.o.Ledger.DueFor(ctx, integrationID, next, limit)
	}
	return runs, next, err
}

// openQueues reads the integrations. One without authorisation has no queue: its
// runs wait. One that is disabled has, so that its runs are settled as such.
func (e *Engine) openQueues(ctx context.Context) ([]*queue, error) {
	e.mu.Lock()
	before := maps.Clone(e.blocked) // a login that is refused from here on is not accepted again by what is read now
	e.mu.Unlock()
	ins, err := e.o.Ledger.Integrations(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.adopt(ctx); err != nil {
		return nil, fmt.Errorf("take over accounts: %w", err)
	}
	e.forgetDeleted(ins)
	var out []*queue
	ceilings, users := map[*governor]int{}, map[*governor][]string{}
	for _, in := range ins {
		if e.hold(e.accountOf(ctx, in)) == nil {
			e.mu.Lock()
			delete(e.listed, in.ID)
			delete(e.blocked, in.ID)
			delete(e.silent, in.ID)
			e.mu.Unlock()
			continue
		}
		if in.Enabled && (!in.Authorized || e.isRefusing(in.ID)) {
			e.mu.Lock()
			e.blocked[in.ID] = true
			delete(e.listed, in.ID)
			e.mu.Unlock()
			continue
		}
		if in.Enabled {
			if err := e.unblock(ctx, in.ID, before); err != nil {
				return nil, err
			}
		}
		l := e.openQueue(ctx, in)
		if l.hold == nil {
			continue // what it is connected with has changed since
		}
		out = append(out, l)
		if l.dest == nil {
			continue
		}
		// Integrations into one account share its slots: the most careful
		// setting counts.
		c := ceiling(in, e.o.Workers)
		if had, ok := ceilings[l.pace]; !ok || c < had {
			ceilings[l.pace] = c
		}
		users[l.pace] = append(users[l.pace], in.ID)
	}
	for g, c := range ceilings {
		g.setCeiling(c)
		g.setUsers(users[g])
	}
	return out, nil
}

func ceiling(in integration.Integration, workers int) int {
	c := in.ConfigData.Int("billferry.maxConcurrency")
	if c <= 0 {
		c = defaultConcurrency
	}
	if workers > 0 {
		c = min(c, workers)
	}
	return c
}

func (e *Engine) openQueue(ctx context.Context, in integration.Integration) *queue {
	l := &queue{in: in}
	account := ownAccount(in.ID)
	if in.Enabled {
		var unresolved error
		if l.dest, unresolved = e.o.Resolver.Destination(ctx, in); unresolved == nil {
			account = l.dest.Account() // whatever its settings are, as accountOf has it
		}
		if l.conf, l.err = e.config(in); l.err == nil {
			l.err = unresolved
		}
	}
	l.pace, l.hold = e.governor(ctx, account), e.hold(account)
	return l
}

// config parses the configuration of an integration once a version.
func (e *Engine) config(in integration.Integration) (config, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.configs[in.ID]
	if !ok || c.version != in.Version {
		c.version = in.Version
		c.sys, c.err = e.o.Resolver.System(in.EntityType, in.Destination)
		if c.err == nil {
			c.cfg, c.err = c.sys.Config(in.ID, in.ConfigData)
		}
		e.configs[in.ID] = c
	}
	return c, c.err
}

func paceKey(account string) string { return "pace/" + account }

// governor finds or makes the pace of an account, with what was learned of it
// before.
func (e *Engine) governor(ctx context.Context, account string) *governor {
	e.mu.Lock()
	g, ok := e.paces[account]
	e.mu.Unlock()
	if ok {
		return g
	}
	var known learned
	b, err := e.o.Ledger.Meta(ctx, paceKey(account))
	if err == nil && b != nil {
		err = json.Unmarshal(b, &known)
	}
	if err != nil {
		e.log.Warn("the pace of an account is learned anew", "account", account, "error", err)
		known = learned{}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if g, ok := e.paces[account]; ok { // another caller was first
		return g
	}
	g = newGovernor(e.o, known)
	e.paces[account], e.kept[account] = g, known
	return g
}

// forgetDeleted drops what is kept in memory of integrations that are no more.
func (e *Engine) forgetDeleted(ins []integration.Integration) {
	there := map[string]bool{}
	for _, in := range ins {
		there[in.ID] = true
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.configs, func(id string, _ config) bool { return !there[id] })
	maps.DeleteFunc(e.listed, func(id string, _ []integration.Run) bool { return !there[id] })
	maps.DeleteFunc(e.recovered, func(id string, _ int) bool { return !there[id] })
	maps.DeleteFunc(e.blocked, func(id string, _ bool) bool { return !there[id] })
	maps.DeleteFunc(e.silent, func(id string, _ Silence) bool { return !there[id] })
	maps.DeleteFunc(e.healths, func(id string, _ *health) bool { return !there[id] })
}

// keepPaces writes what was learned of each account, where that changed.
func (e *Engine) keepPaces(ctx context.Context) {
	changed := map[string]learned{}
	e.mu.Lock()
	for account, g := range e.paces {
		if l := g.learned(); l != e.kept[account] && (l.RefusedAt > 0 || l.Limit > startLimit) {
			changed[account] = l
			e.kept[account] = l
		}
	}
	e.mu.Unlock()
	for account, l := range changed {
		b, err := json.Marshal(l)
		if err == nil {
			err = e.o.Ledger.SetMeta(ctx, paceKey(account), b)
		}
		if err != nil && ctx.Err() == nil {
			e.log.Warn("the pace of an account could not be kept", "account", account, "error", err)
		}
	}
}
