package postgres

import (
	"context"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"billferry/internal/integration"
	"billferry/store"
)

// Check reads all runs and events, in one snapshot, and compares what follows from
// them: columns, sums, which run of a Bill counts. With repair it makes sums and
// needs anew; nothing else is written meanwhile.
func (s *Store) Check(ctx context.Context, repair bool, tell func(part string, records int)) (store.Report, error) {
	if tell == nil {
		tell = func(string, int) {}
	}
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	if repair {
		o = pgx.TxOptions{}
	}
	c := &checker{repair: repair, tell: tell}
	err := pgx.BeginTxFunc(ctx, s.pool, o, func(p pgx.Tx) error {
		t := &tx{Tx: p, ctx: ctx, now: s.now(), tallies: map[part]tally{}, counts: map[counter]int64{}}
		if repair {
			if _, err := t.Exec(ctx, `LOCK TABLE bill, run, tally, tally_month, tally_count, event IN SHARE ROW EXCLUSIVE MODE`); err != nil {
				return err
			}
			s.fence(t)
		}
		return c.all(t)
	})
	return c.rep, s.told(err)
}

func (c *checker) all(t *tx) error {
	for _, step := range []func(*tx) error{c.runs, c.events, c.sums} {
		if err := step(t); err != nil {
			return err
		}
	}
	return nil
}

type checker struct {
	rep    store.Report
	repair bool
	tell   func(string, int)
	bills  []bill // whose need is told wrongly
}

func (c *checker) add(repaired bool, format string, args ...any) {
	if c.rep.Found++; repaired {
		c.rep.Repaired++
	}
	if len(c.rep.Problems) < 100 {
		c.rep.Problems = append(c.rep.Problems, fmt.Sprintf(format, args...))
	}
}

// runs reads runs in the order of their Bills.
func (c *checker) runs(t *tx) error {
	rows, err := t.Query(t.ctx, `SELECT r.id::text, r.integration_id, r.bill_id, r.version, r.status, r.outcome, r.proof, r.cause,
		r.currency, r.period, r.payment, r.state, r.due_at, r.timed, r.record, b.needs, EXISTS (SELECT FROM run_bill_body x WHERE x.id = r.id)
		FROM run r LEFT JOIN bill b USING (bill_id, integration_id) ORDER BY r.bill_id, r.integration_id, r.id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var b bill
	settle := func() {
		c.bill(t, &b)
		b = bill{}
	}
	for rows.Next() {
		var id string
		var col [9]string
		var version, state int64
		var at *int64
		var timed, body bool
		var needs *bool
		var record []byte
		if err := rows.Scan(&id, &col[0], &col[1], &version, &col[2], &col[3], &col[4], &col[5], &col[6], &col[7], &col[8], &state, &at, &timed,
			&record, &needs, &body); err != nil {
			return err
		}
		if c.rep.Runs++; c.rep.Runs%1000 == 0 {
			c.tell("runs", c.rep.Runs)
		}
		r, err := store.UnpackRun(id, record)
		if err != nil {
			c.add(false, "%v; restore a backup", err)
			continue
		}
		if !body {
			c.add(false, "run %s: its Bill is missing; restore a backup", id)
		}
		wantAt, wantTimed := dueAt(&r)
		want := [9]string{clean(r.IntegrationID), clean(r.EntityID), clean(string(r.Status)), clean(string(r.Outcome)), clean(string(r.Proof)),
			clean(r.Cause), clean(r.Currency), clean(r.Month()),
			clean(r.Watch.Index())}
		hashes := state == stateOf(&r).hash() && version == versionOf(r.Key())
		if col != want || !hashes || timed != wantTimed || (at == nil) != (wantAt == nil) || at != nil && *at != *wantAt {
			c.add(false, "run %s: its columns are not what its record says; restore a backup", id)
		}
		if nameOf(&r) != b.name {
			settle()
			b.name = nameOf(&r)
		}
		if needs == nil {
			c.add(false, "run %s: its Bill has no row; restore a backup", id)
		}
		b.needs = needs != nil && *needs
		b.runs = append(b.runs, r)
		made, _ := store.IDTime(id)
		t.countRun(&r, made, 1)
	}
	settle()
	c.tell("runs", c.rep.Runs)
	return rows.Err()
}

// bill checks how the runs of one Bill count.
func (c *checker) bill(t *tx, b *bill) {
	if len(b.runs) == 0 {
		return
	}
	after := append([]integration.Run(nil), b.runs...)
	integration.Reckon(after, -1)
	for i := range after {
		if after[i].Counted != b.runs[i].Counted {
			c.add(false, "run %s: it counts as %q, and should as %q; restore a backup", after[i].ID, b.runs[i].Counted, after[i].Counted)
		}
	}
	need := b.needsPerson()
	if need {
		t.count(b.name.in, countNeeds, 1)
	}
	if need != b.needs {
		c.add(c.repair, "Bill %s: whether it needs a person is told wrongly", b.name.id)
		c.bills = append(c.bills, bill{name: b.name, needs: need})
	}
}

func (c *checker) events(t *tx) error {
	all, err := list[integration.Event](t.ctx, t, eventRecord+`open`)
	for _, e := range all {
		if e.NeedsPerson() {
			t.count(e.IntegrationID, countEvents, 1)
		}
	}
	c.tell("events", len(all))
	return err
}

// sums compares them with what the runs and events come to.
func (c *checker) sums(t *tx) error {
	all, months := map[part]tally{}, maps.Clone(t.tallies)
	for p, a := range t.tallies {
		if p.month == "" {
			delete(months, p)
		}
		p.month = ""
		all[p] = all[p].plus(a)
	}
	err := eachState(t.ctx, t, "", "", func(st state, a tally) { all[part{state: st}] = all[part{state: st}].plus(a.neg()) })
	if err == nil {
		err = eachPart(t.ctx, t, `month`, `(`+monthRows+`) x`, nil, func(p part, a tally) { months[p] = months[p].plus(a.neg()) })
	}
	if err != nil {
		return err
	}
	wrong := 0
	for _, left := range []map[part]tally{all, months} {
		for _, a := range left {
			if !a.isZero() {
				wrong++
			}
		}
	}
	if wrong > 0 {
		c.add(c.repair, "%d sums of runs are not what the runs come to", wrong)
	}
	rows, err := t.Query(t.ctx, `SELECT integration_id, kind::text, hour, sum(n)::bigint FROM tally_count GROUP BY 1, 2, 3 HAVING sum(n) <> 0`)
	if err != nil {
		return err
	}
	counts := maps.Clone(t.counts)
	var k counter
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&k.in, &k.kind, &k.hour, &n}, func() error { counts[k] -= n; return nil }); err != nil {
		return err
	}
	wrong = 0
	for _, n := range counts {
		if n != 0 {
			wrong++
		}
	}
	if wrong > 0 {
		c.add(c.repair, "%d counters are not what the runs and events come to", wrong)
	}
	c.tell("counters", len(counts))
	if !c.repair || c.rep.Repaired == 0 { // else the flush would add what is there
		clear(t.tallies)
		clear(t.counts)
		return nil
	}
	t.put(`DELETE FROM tally`)
	t.put(`DELETE FROM tally_month`)
	t.put(`DELETE FROM tally_count`)
	for _, b := range c.bills {
		t.put(`UPDATE bill SET needs = $3 WHERE integration_id = $1 AND bill_id = $2`, clean(b.name.in), clean(b.name.id), b.needs)
	}
	return t.flush()
}
