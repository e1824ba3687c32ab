package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"billferry/internal/integration"
	"billferry/store"
)

// A page reads so many runs at most where each has to be looked at: it may hold
// fewer than asked for, or none, and still name a next one.
const (
	pageRecords = 1000
	pageStep    = 500 // read at once then
)

// conds is what columns answer of a filter, as conditions with their values.
type conds struct {
	sql  []string
	args []any
}

// add takes a condition in which %d stands for the number of the value.
func (c *conds) add(cond string, arg any) {
	c.args = append(c.args, arg)
	c.sql = append(c.sql, strings.ReplaceAll(cond, "%d", fmt.Sprint(len(c.args))))
}

func (c conds) String() string { return strings.Join(append([]string{"true"}, c.sql...), " AND ") }

// equal asks for a text in a column, unless it is empty.
func (c *conds) equal(column, want string) {
	if want != "" {
		c.add(column+" = $%d", clean(want))
	}
}

func anyOf[T ~string](c *conds, column string, want []T) {
	if len(want) > 0 {
		c.add(column+" = ANY($%d)", cleanAll(want))
	}
}

// span bounds the ids of runs, from one on.
func (c *conds) span(f *integration.RunFilter, from string) {
	if f.Oldest {
		c.add("id >= $%d::uuid", from)
	} else {
		c.add("id <= $%d::uuid", from)
	}
	if !f.Since.IsZero() {
		c.add("id >= $%d::uuid", store.FirstID(f.Since))
	}
	if !f.Until.IsZero() {
		c.add("id < $%d::uuid", store.FirstID(f.Until.Add(time.Millisecond)))
	}
}

// states is what sums know of a filter.
func (c *conds) states(f *integration.RunFilter) {
	anyOf(c, "status", f.Statuses)
	anyOf(c, "outcome", f.Outcomes)
	anyOf(c, "proof", f.Proofs)
	anyOf(c, "payment", f.Watches())
	anyOf(c, "cause", f.Causes)
	c.equal("currency", f.Currency)
}

// statesOf lists the states that a filter selects, when going through each of them
// reads less than going through all runs of the integration and leaving some out:
// the sums tell how many runs each has.
func (s *Store) statesOf(ctx context.Context, f *integration.RunFilter, step int) (states []int64, use bool, err error) {
	var c conds
	c.states(f)
	if len(c.sql) == 0 || f.BillID != "" || f.Account != "" {
		return nil, false, nil
	}
	cond := c.String()
	c.equal("integration_id", f.IntegrationID)
	in := "true"
	if f.IntegrationID != "" {
		in = c.sql[len(c.sql)-1]
	}
	if f.Period != "" { // a month without such runs is not walked for them
		month := c
		month.equal("month", f.Period)
		var some bool
		err := s.pool.QueryRow(ctx, `SELECT coalesce(sum(runs), 0) > 0 FROM (`+monthRows+`) x WHERE `+month.String(), month.args...).Scan(&some)
		if err != nil || !some {
			return nil, true, err
		}
	}
	rows, err := s.pool.Query(ctx, `SELECT state, `+cond+`, sum(runs)::bigint FROM tally WHERE `+in+`
		GROUP BY 1, 2 HAVING sum(runs) > 0`, c.args...)
	if err != nil {
		return nil, false, err
	}
	defer rows.Close()
	var all, most, read int64 // runs, those selected, and those that going through the states reads
	for rows.Next() {
		var state, n int64
		var wanted bool
		if err := rows.Scan(&state, &wanted, &n); err != nil {
			return nil, false, err
		}
		if all += n; wanted {
			states = append(states, state)
			most += n
			read += 1 + min(n, int64(step))
		}
	}
	if f.Period != "" && most > pageRecords {
		return nil, false, rows.Err()
	}
	return states, most == 0 || read <= int64(step)*(all/most), rows.Err()
}

// page is how the runs of a filter are read.
type page struct {
	f      *integration.RunFilter
	states []int64 // go through these; nil: let PostgreSQL choose
	order  string
}

// sql reads up to step runs from an id on.
func (p page) sql(from string, step int) (string, []any) {
	var c conds
	c.span(p.f, from)
	if p.states == nil {
		c.states(p.f)
	}
	bases, want := []string{""}, ""
	switch f := p.f; {
	case p.states != nil:
		c.equal("period", f.Period)
	case f.BillID != "":
		c.equal("bill_id", f.BillID)
		c.equal("integration_id", f.IntegrationID)
		c.equal("period", f.Period)
	case f.Account != "":
		bases, want = []string{"account_id", "account_code"}, f.Account
		c.equal("integration_id", f.IntegrationID)
		c.equal("period", f.Period)
	case f.Period != "":
		bases, want = []string{"period"}, f.Period
		c.equal("integration_id", f.IntegrationID)
	case f.IntegrationID != "":
		bases, want = []string{"integration_id"}, f.IntegrationID
	}
	// As a list, for which only the index of the column has the order: PostgreSQL
	// would walk all runs where it takes one value for a frequent one.
	base, value := "", any(cleanAll([]string{want}))
	if p.states != nil {
		value = p.states
	}
	if p.states != nil || want != "" {
		c.args = append(c.args, value)
		base = fmt.Sprintf("$%d", len(c.args))
	}
	one := func(what, column string) string {
		cond, order := "", ""
		switch {
		case p.states != nil:
			cond = "state = s.state AND "
		case len(bases) > 1: // an account has few
			cond = fmt.Sprintf("%s = (%s::text[])[1] AND ", column, base)
		case want != "":
			cond, order = fmt.Sprintf("%s = ANY(%s::text[]) AND ", column, base), column+" "+p.order+", "
		}
		return fmt.Sprintf("SELECT %s FROM run WHERE %s%s ORDER BY %sid %s LIMIT %d", what, cond, c, order, p.order, step)
	}
	if p.states == nil && len(bases) == 1 {
		return one("id::text AS key, record", bases[0]), c.args
	}
	parts := make([]string, len(bases))
	for i, b := range bases {
		parts[i] = "(" + one("id", b) + ")"
	}
	ids := strings.Join(parts, " UNION ")
	if p.states != nil {
		ids = fmt.Sprintf("(SELECT x.id FROM unnest(%s::bigint[]) s (state) CROSS JOIN LATERAL %s x)", base, ids)
	}
	// Each record by its key: of a join PostgreSQL makes a scan of all runs where it
	// takes them for few.
	return fmt.Sprintf(`SELECT id::text AS key, (SELECT record FROM run r WHERE r.id = ids.id)
		FROM (SELECT id FROM (%s) x ORDER BY id %s LIMIT %d) ids ORDER BY id %[2]s`, ids, p.order, step), c.args
}

// walk visits the runs that match from an id on, as many as a page may read, and
// answers where to go on, or more = false at the end. visit ends it with false.
func (s *Store) walk(
	ctx context.Context, f *integration.RunFilter, from string, step int, visit func(*integration.Run) bool,
) (next string, more bool, err error) {
	p, beyond := page{f: f, order: "DESC"}, store.PrevID
	if f.Oldest {
		p.order, beyond = "ASC", store.NextID
	}
	states, use, err := s.statesOf(ctx, f, step)
	if err != nil {
		return from, false, s.told(err)
	}
	if use {
		if p.states = states; len(states) == 0 {
			return from, false, nil
		}
	}
	for decoded := 0; decoded < pageRecords; {
		sql, args := p.sql(from, step)
		rows, err := s.pool.Query(ctx, sql, args...)
		if err != nil {
			return from, false, s.told(err)
		}
		runs, read, last, err := collectMatches(rows, f)
		if err != nil {
			return from, false, s.told(err)
		}
		for i := range runs {
			if !visit(&runs[i]) {
				return runs[i].ID, true, nil
			}
		}
		if read < step {
			return from, false, nil
		}
		decoded += read
		from, _ = beyond(last)
	}
	return from, true, nil
}

// collectMatches keeps the runs that match, and tells how many were read and which was the last.
func collectMatches(rows pgx.Rows, f *integration.RunFilter) (out []integration.Run, read int, last string, err error) {
	defer rows.Close()
	var record pgtype.DriverBytes // not copied: most runs are left again
	for rows.Next() {
		if err := rows.Scan(&last, &record); err != nil {
			return nil, read, last, err
		}
		read++
		if !store.MayHaveText(last, record, f) {
			continue
		}
		r, err := store.UnpackRun(last, record)
		if err != nil {
			return nil, read, last, err
		}
		if f.Matches(&r) {
			out = append(out, r)
		}
	}
	return out, read, last, rows.Err()
}
