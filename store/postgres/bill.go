package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"billferry/internal/integration"
	"billferry/store"
)

// bill is a Bill of an integration, locked, with all its runs: the last that was
// added first.
type bill struct {
	name  billName
	needs bool // a person, as the row says
	runs  []integration.Run
	was   map[string]integration.Run // runs as they are stored, by id; those that are not are new
	body  map[string][]byte          // packed Bills of new runs
}

type billName struct{ in, id string }

func nameOf(r *integration.Run) billName { return billName{r.IntegrationID, r.EntityID} }

// selectRuns is what collect reads. The text has another name than the column:
// ORDER BY id would mean the text, and sort all runs instead of walking an index.
const selectRuns = `SELECT id::text AS key, record FROM run `

// collect reads ids and records of runs.
func collect(rows pgx.Rows) (out []integration.Run, err error) {
	defer rows.Close()
	for rows.Next() {
		var id string
		var record []byte
		if err := rows.Scan(&id, &record); err != nil {
			return nil, err
		}
		r, err := store.UnpackRun(id, record)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// at is where a run is; -1 when it is not of the Bill.
func (b *bill) at(id string) int {
	return slices.IndexFunc(b.runs, func(r integration.Run) bool { return r.ID == id })
}

// set changes a run, and how the others count then.
func (b *bill) set(i int, now integration.Run) {
	b.runs[i] = now
	integration.Reckon(b.runs, i)
}

// add puts a new run before the others.
func (b *bill) add(r integration.Run, packed []byte) {
	b.runs = slices.Insert(b.runs, 0, r)
	b.body[r.ID] = packed
	integration.Reckon(b.runs, 0)
}

// drop takes a run away.
func (b *bill) drop(i int) {
	b.runs = slices.Delete(b.runs, i, i+1)
	integration.Reckon(b.runs, -1)
}

func (b *bill) needsPerson() bool {
	i := integration.Current(b.runs)
	return i >= 0 && b.runs[i].NeedsPerson()
}

// save queues what became of a Bill.
func (t *tx) save(b *bill) error {
	gone := b.was
	for i := range slices.Backward(b.runs) {
		r := &b.runs[i]
		made, _ := store.IDTime(r.ID)
		old, had := b.was[r.ID]
		record := store.PackRun(*r)
		if !had {
			t.added, t.dirty = append(t.added, newRow{r, record, b.body[r.ID]}), true
			t.countRun(r, made, 1)
			t.tell("run", r.ID)
			continue
		}
		delete(gone, r.ID)
		if string(store.PackRun(old)) == string(record) {
			continue
		}
		t.countRun(&old, made, -1)
		t.countRun(r, made, 1)
		t.tell("run", r.ID)
		at, timed := dueAt(r)
		t.put(`UPDATE run SET status = $2, outcome = $3, proof = $4, cause = $5, currency = $6, state = $7, period = $8, account_id = $9,
			account_code = $10, due_at = $11, timed = $12, record = $13, payment = $14 WHERE id = $1::uuid`,
			r.ID, clean(string(r.Status)), clean(string(r.Outcome)), clean(string(r.Proof)), clean(r.Cause), clean(r.Currency), stateOf(r).hash(),
			clean(r.Month()), clean(r.AccountID), clean(r.AccountCode), at, timed, record,
			clean(r.Watch.Index()))
	}
	for id, old := range gone {
		made, _ := store.IDTime(id)
		t.countRun(&old, made, -1)
		t.tell("run", id)
		t.put(`DELETE FROM run WHERE id = $1::uuid`, id)
		t.put(`DELETE FROM run_bill_body WHERE id = $1::uuid`, id)
		t.put(`DELETE FROM attempt WHERE id = $1::uuid`, id)
	}
	if need := b.needsPerson(); need != b.needs {
		t.put(`UPDATE bill SET needs = $3 WHERE integration_id = $1 AND bill_id = $2`, clean(b.name.in), clean(b.name.id), need)
		if need {
			t.count(b.name.in, countNeeds, 1)
		} else {
			t.count(b.name.in, countNeeds, -1)
		}
	}
	if len(b.runs) == 0 {
		t.put(`DELETE FROM bill b WHERE integration_id = $1 AND bill_id = $2 AND NOT EXISTS (SELECT FROM run r
			WHERE r.integration_id = b.integration_id AND r.bill_id = b.bill_id)`, clean(b.name.in), clean(b.name.id))
	}
	return nil
}

// newRow is a run to insert.
type newRow struct {
	run          *integration.Run
	record, bill []byte
}

var runColumns = []string{"id", "integration_id", "bill_id", "version", "status", "outcome", "proof", "cause", "currency", "state",
	"period", "account_id", "account_code", "due_at", "timed", "record", "payment"}

var insertRun = `INSERT INTO run (` + strings.Join(runColumns, ", ") + `)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`

func (n newRow) values() []any {
	r := n.run
	at, timed := dueAt(r)
	return []any{r.ID, clean(r.IntegrationID), clean(r.EntityID), versionOf(r.Key()), clean(string(r.Status)), clean(string(r.Outcome)),
		clean(string(r.Proof)), clean(r.Cause), clean(r.Currency), stateOf(r).hash(), clean(r.Month()), clean(r.AccountID), clean(r.AccountCode),
		at, timed, n.record, clean(r.Watch.Index())}
}

// addFew is up to how many new runs go with the batch. To copy costs two round trips
// more for each table, and PostgreSQL reads its statements anew each time.
const addFew = 8

// addRows copies new runs in, or queues them.
func (t *tx) addRows() error {
	if len(t.added) == 0 {
		return nil
	}
	if len(t.added) <= addFew {
		for _, n := range t.added {
			t.batch.Queue(insertRun, n.values()...)
			if n.bill != nil { // else of a damaged file
				t.batch.Queue(`INSERT INTO run_bill_body (id, body) VALUES ($1, $2)`, n.run.ID, n.bill)
			}
		}
		t.added = nil
		return nil
	}
	_, err := t.CopyFrom(t.ctx, pgx.Identifier{"run"}, runColumns, pgx.CopyFromSlice(len(t.added), func(i int) ([]any, error) {
		return t.added[i].values(), nil
	}))
	if err != nil {
		return err
	}
	t.added = slices.DeleteFunc(t.added, func(n newRow) bool { return n.bill == nil }) // of a damaged file
	bodies := pgx.CopyFromSlice(len(t.added), func(i int) ([]any, error) { return []any{t.added[i].run.ID, t.added[i].bill}, nil })
	_, err = t.CopyFrom(t.ctx, pgx.Identifier{"run_bill_body"}, []string{"id", "body"}, bodies)
	t.added = nil
	return err
}

// dueAt is when a run may be sent, nil when it may not, and whether that is a
// time of its own.
func dueAt(r *integration.Run) (at *int64, timed bool) {
	if !r.Due() {
		return nil, false
	}
	n := int64(0)
	if r.Next.IsZero() {
		made, _ := store.IDTime(r.ID)
		n = made.UnixNano()
	} else {
		n, timed = max(r.Next.UnixNano(), 0), true
	}
	return &n, timed
}

// versionOf stands for Run.Key in an index.
func versionOf(key string) int64 {
	sum := sha256.Sum256([]byte(key))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// endIfGone settles a run that is about to wait for an integration that was
// deleted. The lock on the integration keeps it there until this commits.
func (t *tx) endIfGone(r *integration.Run) (bool, error) {
	if !r.Status.Queued() {
		return false, nil
	}
	gone, asked := t.gone[r.IntegrationID]
	if !asked {
		var err error
		if gone, err = t.isGone(r.IntegrationID); err != nil {
			return false, err
		}
		t.gone[r.IntegrationID] = gone
	}
	if gone == nil {
		return false, nil
	}
	*r = r.Orphaned(*gone, t.now.UTC())
	return true, nil
}

// isGone answers the name of an integration that was deleted, nil for any other.
func (t *tx) isGone(id string) (name *string, err error) {
	var there int
	err = t.QueryRow(t.ctx, `SELECT count(*) FROM (SELECT FROM integration WHERE id = $1 FOR KEY SHARE) x`, clean(id)).Scan(&there)
	if err != nil || there > 0 {
		return nil, err
	}
	b, ok, err := one(t.ctx, t, `SELECT value FROM note WHERE key = $1`, []byte(goneNotes+id))
	if err != nil || !ok {
		return nil, err
	}
	text := string(b)
	return &text, nil
}

// ids takes so many numbers for new runs, in order. The lock of a Bill is held
// then, so that they follow each other as its runs do.
func (t *tx) ids(n int) ([]uint32, error) {
	sql, args := `SELECT nextval('run_seq') FROM generate_series(1, $1)`, []any{n}
	if n == 1 { // for this no plan is made each time
		sql, args = `SELECT nextval('run_seq')`, nil
	}
	rows, err := t.Query(t.ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, err
	}
	slices.Sort(all)
	out := make([]uint32, n)
	for i, x := range all {
		out[i] = uint32(x)
	}
	return out, nil
}

// Run reads one run.
func (s *Store) Run(ctx context.Context, id string) (r integration.Run, err error) {
	if _, ok := store.IDTime(id); !ok {
		return r, notFound("run", id)
	}
	b, ok, err := one(ctx, s.pool, `SELECT record FROM run WHERE id = $1::uuid`, id)
	switch {
	case err != nil:
		return r, s.told(err)
	case !ok:
		return r, notFound("run", id)
	}
	return store.UnpackRun(id, b)
}
