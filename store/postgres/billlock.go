package postgres

import (
	"cmp"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"billferry/internal/integration"
	"billferry/store"
)

// order is how rows of Bills are locked.
func (n billName) order(o billName) int {
	return cmp.Or(cmp.Compare(n.id, o.id), cmp.Compare(n.in, o.in))
}

// lock locks some Bills, makes those that are missing, and reads their runs. mostNew
// says that they are likely to be missing.
func (t *tx) lock(names []billName, mostNew bool) (map[billName]*bill, error) {
	names = slices.Clone(names)
	slices.SortFunc(names, billName.order)
	names = slices.Compact(names)
	if len(names) == 1 {
		return t.lockOne(names[0], mostNew)
	}
	ins, ids := make([]string, len(names)), make([]string, len(names))
	out := make(map[billName]*bill, len(names))
	keys := make(map[billName]bool, len(names))
	for i, n := range names {
		ins[i], ids[i] = clean(n.in), clean(n.id)
		keys[billName{ins[i], ids[i]}] = true
	}
	needs := map[billName]bool{}
	keep := func(rows pgx.Rows, err error) error {
		if err != nil {
			return err
		}
		var n billName
		var need bool
		_, err = pgx.ForEachRow(rows, []any{&n.in, &n.id, &need}, func() error { needs[n] = need; return nil })
		return err
	}
	for ; len(needs) < len(keys); mostNew = true { // a purge may take a row between the two
		if err := t.ctx.Err(); err != nil {
			return nil, err
		}
		clear(needs)
		var err error
		if mostNew {
			// A row that is made here is nobody else's, and has no runs.
			err = keep(t.Query(t.ctx, `INSERT INTO bill (integration_id, bill_id)
				SELECT DISTINCT i, b FROM unnest($1::text[], $2::text[]) AS u (i, b) ORDER BY b, i
				ON CONFLICT DO NOTHING RETURNING integration_id, bill_id, needs`, ins, ids))
		}
		if err != nil {
			return nil, err
		}
		if len(needs) == len(keys) {
			ins, ids = nil, nil
			break
		}
		err = keep(t.Query(t.ctx, `SELECT integration_id, bill_id, needs FROM bill
			WHERE (bill_id, integration_id) IN (SELECT b, i FROM unnest($1::text[], $2::text[]) AS u (i, b))
			ORDER BY bill_id, integration_id FOR UPDATE`, ins, ids))
		if err != nil {
			return nil, err
		}
	}
	var runs []integration.Run
	if len(ids) > 0 {
		rows, err := t.Query(t.ctx, selectRuns+`
			WHERE (bill_id, integration_id) IN (SELECT b, i FROM unnest($1::text[], $2::text[]) AS u (i, b))`, ins, ids)
		if err == nil {
			runs, err = collect(rows)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, n := range names {
		out[n] = newBill(n, needs[billName{clean(n.in), clean(n.id)}])
	}
	for _, r := range runs {
		if b := out[nameOf(&r)]; b != nil { // else it is another with the same text here
			b.have(r)
		}
	}
	for _, b := range out {
		b.sort()
	}
	return out, nil
}

// lockOne is lock for one Bill, as nearly each change asks for it. PostgreSQL plans
// these statements once, where those of lists cost it more to plan than to run.
func (t *tx) lockOne(n billName, mostNew bool) (map[billName]*bill, error) {
	in, id := clean(n.in), clean(n.id)
	for ; ; mostNew = true { // a purge may take the row between the two
		if err := t.ctx.Err(); err != nil {
			return nil, err
		}
		if mostNew {
			made, err := t.Exec(t.ctx, `INSERT INTO bill (integration_id, bill_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, in, id)
			if err != nil {
				return nil, err
			}
			if made.RowsAffected() > 0 { // nobody else's, and has no runs
				return map[billName]*bill{n: newBill(n, false)}, nil
			}
		}
		b, err := t.lockThere(n, in, id)
		if err != nil {
			return nil, err
		}
		if b != nil {
			return map[billName]*bill{n: b}, nil
		}
	}
}

// lockThere locks a Bill that is there, and reads its runs in the same round trip: the
// second statement begins when the first has the lock. nil: it is not there.
func (t *tx) lockThere(n billName, in, id string) (b *bill, err error) {
	var q pgx.Batch
	q.Queue(`SELECT needs FROM bill WHERE bill_id = $2 AND integration_id = $1 FOR UPDATE`, in, id)
	q.Queue(selectRuns+`WHERE bill_id = $2 AND integration_id = $1`, in, id)
	got := t.SendBatch(t.ctx, &q)
	defer func() {
		if closed := got.Close(); err == nil {
			err = closed
		}
	}()
	var needs bool
	switch err := got.QueryRow().Scan(&needs); {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	}
	rows, err := got.Query()
	if err != nil {
		return nil, err
	}
	runs, err := collect(rows)
	if err != nil {
		return nil, err
	}
	b = newBill(n, needs)
	for _, r := range runs {
		if nameOf(&r) == n { // else it is another with the same text here
			b.have(r)
		}
	}
	b.sort()
	return b, nil
}

func newBill(n billName, needs bool) *bill {
	return &bill{name: n, needs: needs, was: map[string]integration.Run{}, body: map[string][]byte{}}
}

// have takes a run as it is stored.
func (b *bill) have(r integration.Run) {
	b.runs = append(b.runs, r)
	b.was[r.ID] = r
}

func (b *bill) sort() {
	slices.SortFunc(b.runs, func(x, y integration.Run) int { return store.Later(y, x) })
}

// lockOf locks the Bills that runs belong to.
func (t *tx) lockOf(runIDs []string) (map[billName]*bill, error) {
	rows, err := t.Query(t.ctx, selectRuns+`WHERE id = ANY($1::uuid[])`, runIDs)
	if err != nil {
		return nil, err
	}
	runs, err := collect(rows)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	names := make([]billName, len(runs))
	for i := range runs {
		names[i] = nameOf(&runs[i])
	}
	return t.lock(names, false)
}

// lockEverywhere locks a Bill in all integrations that have it, and in one.
func (t *tx) lockEverywhere(n billName) (map[billName]*bill, error) {
	rows, err := t.Query(t.ctx, selectRuns+`WHERE bill_id = $1`, clean(n.id))
	if err != nil {
		return nil, err
	}
	runs, err := collect(rows)
	if err != nil {
		return nil, err
	}
	names := []billName{n}
	for i := range runs {
		if runs[i].EntityID == n.id {
			names = append(names, nameOf(&runs[i]))
		}
	}
	return t.lock(names, false)
}
