package store

import (
	"context"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// group is a group under way: its oldest and newest run.
type group struct {
	integration.Group
	first, last key
}

// add counts runs of a state, whose first and last are known.
func (g *group) add(st state, a tally, first, last key) {
	if g.Count == 0 || before(first, g.first, false) {
		g.first = first
	}
	if g.Count == 0 || before(last, g.last, true) {
		g.last = last
	}
	g.Count += int(a.runs)
	g.Money[st.currency] = g.Money[st.currency].Add(a.money.In)
}

// groups are failed runs by what they failed of.
type groups map[groupName]*group

type groupName struct {
	cause  string
	status integration.Status
}

func (gs groups) of(st state) *group {
	name := groupName{st.cause, st.status}
	if gs[name] == nil {
		gs[name] = &group{Group: integration.Group{Cause: st.cause, Status: st.status, Money: map[string]decimal.D{}}}
	}
	return gs[name]
}

// Groups sorts the failed runs that match by cause and status, the largest
// group first. First and Last are when the oldest and newest run were made, to
// the millisecond; the newest is the sample and gives the advice.
func (s *Store) Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error) {
	out := []integration.Group{}
	if !f.OnlyFailed() {
		return out, nil
	}
	gs := groups{}
	if err := s.collect(ctx, f, gs); err != nil {
		return nil, err
	}
	err := s.view(ctx, func(t *tx) error {
		for _, g := range gs {
			newest, _, err := t.run(g.last) // a purge may just have taken it
			if err != nil {
				return err
			}
			g.First, g.Last = g.first.time(), g.last.time()
			g.Sample, g.Advice = g.last.String(), newest.Advice
			out = append(out, g.Group)
		}
		return nil
	})
	integration.SortGroups(out)
	return out, err
}

// collect takes the groups from the states when those know all that f asks
// for, else from each run.
func (s *Store) collect(ctx context.Context, f integration.RunFilter, gs groups) error {
	if !f.ByState() {
		return s.scan(ctx, f, func(k key, r *integration.Run) {
			st := stateOf(r)
			gs.of(st).add(st, tally{1, r.Figures()}, k, k)
		})
	}
	return s.view(ctx, func(t *tx) error {
		return t.eachTally(matchesState(&f), func(st state, a tally) error {
			first, _ := newPostings(t, bRunState, string(st.key()), false).seek(firstKey)
			last, ok := newPostings(t, bRunState, string(st.key()), true).seek(lastKey)
			if ok {
				gs.of(st).add(st, a, first, last)
			}
			return nil
		})
	})
}

// Sum is Totals of the runs that match. What states know is summed by them;
// otherwise each run is read.
func (s *Store) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	out := integration.NewTotals()
	if done, err := s.sumMonth(ctx, f, out); done || err != nil {
		return out, err
	}
	if !f.ByState() {
		err := s.scan(ctx, f, func(_ key, r *integration.Run) {
			out.Add(*r, 1, r.Figures())
		})
		return out, err
	}
	err := s.view(ctx, func(t *tx) error {
		return t.eachTally(matchesState(&f), func(st state, a tally) error {
			out.Add(st.run(), int(a.runs), a.money)
			return nil
		})
	})
	return out, err
}

// Totals counts the runs of an integration, or of all when the id is empty.
func (s *Store) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	return s.Sum(ctx, integration.RunFilter{IntegrationID: integrationID})
}
