package postgres

import (
	"context"
	"fmt"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/store"
)

func start(f *integration.RunFilter) string {
	if f.Oldest {
		return firstID
	}
	return lastID
}

// Runs implements delivery.Ledger.
func (s *Store) Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error) {
	page := integration.RunPage{Runs: []integration.Run{}}
	if limit < 1 {
		limit = 50
	}
	from := start(&f)
	if token != "" {
		if _, ok := store.IDTime(token); !ok {
			return page, fmt.Errorf("page token %q: not one that this store gave; start again without it", token)
		}
		from = token
	}
	step := limit + 1 // one more exists: the next page begins with it
	if f.HasMin || f.Text != "" || f.DatedBefore != "" {
		step = max(step, pageStep)
	}
	next, more, err := s.walk(ctx, &f, from, step, func(r *integration.Run) bool {
		if len(page.Runs) == limit {
			return false
		}
		page.Runs = append(page.Runs, *r)
		return true
	})
	if more {
		page.Next = next
	}
	return page, err
}

// scan visits all runs that match.
func (s *Store) scan(ctx context.Context, f *integration.RunFilter, visit func(*integration.Run)) error {
	from, more, err := start(f), true, error(nil)
	for more && err == nil {
		from, more, err = s.walk(ctx, f, from, pageStep, func(r *integration.Run) bool {
			visit(r)
			return true
		})
	}
	return err
}

const dueRuns = selectRuns + `WHERE due_at IS NOT NULL AND (NOT timed OR due_at <= $1) `

// Due implements app.RunHistory.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]integration.Run, error) {
	rows, err := s.pool.Query(ctx, dueRuns+`ORDER BY due_at, id LIMIT $2`, now.UnixNano(), limit)
	if err != nil {
		return nil, s.told(err)
	}
	out, err := collect(rows)
	return out, s.told(err)
}

// DueFor implements delivery.Ledger.
func (s *Store) DueFor(
	ctx context.Context, integrationID string, now time.Time, limit int,
) (due []integration.Run, next time.Time, err error) {
	rows, err := s.pool.Query(ctx, dueRuns+`AND integration_id = $3 ORDER BY due_at, id LIMIT $2`,
		now.UnixNano(), limit, clean(integrationID))
	if err != nil {
		return nil, next, s.told(err)
	}
	if due, err = collect(rows); err != nil {
		return nil, next, s.told(err)
	}
	var at *int64
	err = s.pool.QueryRow(ctx, `SELECT min(due_at) FROM run WHERE integration_id = $1 AND due_at > $2 AND timed`,
		clean(integrationID), now.UnixNano()).Scan(&at)
	if err == nil && at != nil {
		next = time.Unix(0, *at).UTC()
	}
	return due, next, s.told(err)
}

// InFlight implements delivery.Ledger.
func (s *Store) InFlight(ctx context.Context) ([]integration.Run, error) {
	rows, err := s.pool.Query(ctx, selectRuns+`WHERE status = '`+string(integration.Started)+`' ORDER BY id`) // as its index says
	if err != nil {
		return nil, s.told(err)
	}
	out, err := collect(rows)
	return out, s.told(err)
}

// eachMatch calls f for every state that a filter selects, with what the state
// knows of its runs; those of its month, if it names one.
func (s *Store) eachMatch(ctx context.Context, filter integration.RunFilter, f func(integration.Run, tally)) error {
	filter.Currency = clean(filter.Currency)
	return s.told(eachState(ctx, s.pool, clean(filter.IntegrationID), clean(filter.Period), func(st state, a tally) {
		r := integration.Run{Status: integration.Status(st.status), Outcome: integration.Outcome(st.outcome),
			Proof: integration.Proof(st.proof), Cause: st.cause, Currency: st.currency,
			Watch: integration.WatchAt(st.payment)}
		if filter.MatchesState(&r) {
			f(r, a)
		}
	}))
}

// Sum implements app.Figures.
func (s *Store) Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error) {
	out := integration.NewTotals()
	states := f
	states.Period = "" // the sums know months, too
	if !states.ByState() {
		err := s.scan(ctx, &f, func(r *integration.Run) { out.Add(*r, 1, r.Figures()) })
		return out, err
	}
	err := s.eachMatch(ctx, f, func(r integration.Run, a tally) { out.Add(r, int(a.runs), a.money) })
	return out, err
}

// Totals implements app.Figures.
func (s *Store) Totals(ctx context.Context, integrationID string) (integration.Totals, error) {
	return s.Sum(ctx, integration.RunFilter{IntegrationID: integrationID})
}

// Groups implements app.Figures.
func (s *Store) Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error) {
	out := []integration.Group{}
	if !f.OnlyFailed() {
		return out, nil
	}
	type name struct {
		cause  string
		status integration.Status
	}
	groups := map[name]*integration.Group{}
	of := func(n name) *integration.Group {
		if groups[n] == nil {
			groups[n] = &integration.Group{Cause: n.cause, Status: n.status, Money: map[string]decimal.D{}}
		}
		return groups[n]
	}
	var err error
	if f.ByState() {
		err = s.eachMatch(ctx, f, func(r integration.Run, a tally) {
			g := of(name{r.Cause, r.Status})
			g.Count += int(a.runs)
			g.Money[r.Currency] = g.Money[r.Currency].Add(a.money.In)
		})
		for n, g := range groups {
			if err == nil {
				err = s.ends(ctx, f, n.cause, g)
			}
		}
	} else {
		f.Oldest = true
		err = s.scan(ctx, &f, func(r *integration.Run) {
			g := of(name{r.Cause, r.Status})
			made, _ := store.IDTime(r.ID)
			if g.Count++; g.Count == 1 {
				g.First = made
			}
			g.Last, g.Sample, g.Advice = made, r.ID, r.Advice
			g.Money[r.Currency] = g.Money[r.Currency].Add(r.Figures().In)
		})
	}
	for _, g := range groups {
		out = append(out, *g)
	}
	integration.SortGroups(out)
	return out, s.told(err)
}

// ends finds the oldest and the newest run of a group.
func (s *Store) ends(ctx context.Context, f integration.RunFilter, cause string, g *integration.Group) error {
	f.Statuses, f.Causes = []integration.Status{g.Status}, []string{cause}
	for _, f.Oldest = range []bool{true, false} {
		page, err := s.Runs(ctx, f, "", 1)
		if err != nil || len(page.Runs) == 0 { // a purge may just have taken it
			return err
		}
		r := page.Runs[0]
		made, _ := store.IDTime(r.ID)
		if f.Oldest {
			g.First = made
		} else {
			g.Last, g.Sample, g.Advice = made, r.ID, r.Advice
		}
	}
	return nil
}

// Summary24h implements app.Figures.
func (s *Store) Summary24h(ctx context.Context, integrationID string) (bills, needsYou int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT coalesce(sum(n) FILTER (WHERE kind = 'h' AND hour >= $2), 0),
		coalesce(sum(n) FILTER (WHERE kind IN ('n', 'e')), 0) FROM tally_count WHERE integration_id = $1`,
		clean(integrationID), hourOf(s.now().Add(-23*time.Hour))).Scan(&bills, &needsYou)
	return bills, needsYou, s.told(err)
}

// BillsByHour implements app.Figures.
func (s *Store) BillsByHour(ctx context.Context, integrationID string, since time.Time) ([]int, error) {
	from := hourOf(since)
	out := make([]int, max(0, hourOf(s.now())-from+1))
	rows, err := s.pool.Query(ctx, `SELECT hour, sum(n)::int FROM tally_count
		WHERE integration_id = $1 AND kind = 'h' AND hour >= $2 GROUP BY hour`,
		clean(integrationID), from)
	if err != nil {
		return nil, s.told(err)
	}
	defer rows.Close()
	for rows.Next() {
		var hour, n int
		if err := rows.Scan(&hour, &n); err != nil {
			return nil, err
		}
		if hour-from < len(out) {
			out[hour-from] = n
		}
	}
	return out, s.told(rows.Err())
}
