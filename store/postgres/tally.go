package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// state is everything runs are counted by.
type state struct {
	in, status, outcome, proof, cause, currency string
	payment                                     string // integration.Watch.Index
}

func stateOf(r *integration.Run) state {
	return state{clean(r.IntegrationID), clean(string(r.Status)), clean(string(r.Outcome)), clean(string(r.Proof)), clean(r.Cause),
		clean(r.Currency), clean(r.Watch.Index())}
}

// hash stands for the state in an index.
func (s state) hash() int64 {
	h := sha256.New()
	for _, x := range []string{s.in, s.status, s.outcome, s.proof, s.cause, s.currency, s.payment} {
		_, _ = h.Write([]byte(x))
		_, _ = h.Write([]byte{0}) // which no text here has
	}
	return int64(binary.BigEndian.Uint64(h.Sum(nil)))
}

// part is runs of one state, of one month of a Bill's period or of all.
type part struct {
	state
	month string
}

// tally is what runs add up to.
type tally struct {
	runs  int64
	money integration.Money
}

func (a tally) isZero() bool { return a.runs == 0 && a.money.IsZero() }

func (a tally) plus(b tally) tally { return tally{a.runs + b.runs, a.money.Plus(b.money)} }

func (a tally) neg() tally { return tally{-a.runs, a.money.Neg()} }

// counter is a number beside the states: see tally_count.
type counter struct {
	in   string
	kind string
	hour int
}

const (
	countNeeds  = "n"
	countEvents = "e"
	countHours  = "h"
)

func hourOf(at time.Time) int { return int(at.UnixMilli() / time.Hour.Milliseconds()) }

// countRun adds a run to the sums, or takes it out.
func (t *tx) countRun(r *integration.Run, made time.Time, sign int64) {
	one := tally{1, r.Figures()}
	if sign < 0 {
		one = one.neg()
	}
	p := part{stateOf(r), clean(r.Month())}
	t.tallies[p] = t.tallies[p].plus(one)
	if r.StandsForBill() {
		t.counts[counter{p.in, countHours, hourOf(made)}] += sign
	}
}

func (t *tx) count(in, kind string, n int64) { t.counts[counter{clean(in), kind, 0}] += n }

// putTallies queues what the transaction adds to the sums.
func (t *tx) putTallies() {
	for p, a := range t.tallies {
		if !a.isZero() {
			t.sums++
			t.putSum("tally", p, a)
		}
	}
	for c, n := range t.counts {
		if n == 0 {
			continue
		}
		t.sums++
		t.put(`INSERT INTO tally_count VALUES ($1, $2::text::"char", $3, $4)`, c.in, c.kind, c.hour, n)
	}
	clear(t.tallies)
	clear(t.counts)
}

func (t *tx) putSum(table string, p part, a tally) {
	m := a.money
	t.put(`INSERT INTO `+table+` VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
		$10::text::numeric, $11::text::numeric, $12::text::numeric, $13::text::numeric, $14::text::numeric, $15::text::numeric,
		$16::text::numeric, $17)`,
		p.in, p.status, p.outcome, p.proof, p.cause, p.currency, p.payment, p.hash(), a.runs, m.In.String(), m.Out.String(),
		m.Excluded.String(), m.Rounding.String(), m.Unproven.String(), m.Unposted.String(), m.Tax.String(), p.month)
}

// foldAt is after how many rows the sums are folded.
const foldAt = 2000

// fold makes one row of all for each state, in the background, when there are
// many. Two folders at once take different rows.
func (s *Store) fold(rows int) {
	if s.grown.Add(int64(rows)) < foldAt || s.busy.Swap(true) {
		return
	}
	s.grown.Store(0)
	s.folding.Go(func() {
		defer s.busy.Store(false)
		ctx, cancel := context.WithTimeout(s.life, time.Minute)
		defer cancel()
		_ = s.foldNow(ctx) // the sums are right either way; it is done again later
	})
}

// Columns of tally and tally_month: a state, and what its rows come to.
const (
	stateColumns = `integration_id, status, outcome, proof, cause, currency, payment, state`
	sumColumns   = `sum(runs), sum(amount_in), sum(amount_out), sum(excluded), sum(rounding), sum(unproven), sum(unposted), sum(tax)`
	anySum       = `sum(runs) <> 0 OR sum(amount_in) <> 0 OR sum(amount_out) <> 0 OR sum(excluded) <> 0
		OR sum(rounding) <> 0 OR sum(unproven) <> 0 OR sum(unposted) <> 0 OR sum(tax) <> 0`
	monthRows = `SELECT * FROM tally_month UNION ALL SELECT * FROM tally WHERE month <> ''` // folded, and not yet
)

// foldNow makes the sums of the months anew that have changed, and those of all
// months.
func (s *Store) foldNow(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `WITH gone AS (DELETE FROM tally RETURNING *),
		was AS (DELETE FROM tally_month m USING (SELECT DISTINCT integration_id, month FROM gone WHERE month <> '') g
			WHERE m.integration_id = g.integration_id AND m.month = g.month RETURNING m.*),
		months AS (INSERT INTO tally_month SELECT `+stateColumns+`, `+sumColumns+`, month
			FROM (SELECT * FROM gone WHERE month <> '' UNION ALL SELECT * FROM was) x GROUP BY `+stateColumns+`, month HAVING `+anySum+`)
		INSERT INTO tally SELECT `+stateColumns+`, `+sumColumns+`, NULL FROM gone GROUP BY `+stateColumns+` HAVING `+anySum)
	if err == nil {
		_, err = s.pool.Exec(ctx, `WITH gone AS (DELETE FROM tally_count RETURNING *)
			INSERT INTO tally_count SELECT integration_id, kind, hour, sum(n) FROM gone GROUP BY integration_id, kind, hour HAVING sum(n) <> 0`)
	}
	return err
}

// eachState calls f for every state that has runs, in one month unless that is empty.
func eachState(ctx context.Context, q querier, in, month string, f func(state, tally)) error {
	from, args := `tally WHERE ($1 = '' OR integration_id = $1)`, []any{in}
	if month != "" {
		from = `(` + monthRows + `) x WHERE ($1 = '' OR integration_id = $1) AND month = $2`
		args = append(args, month)
	}
	return eachPart(ctx, q, `''::text`, from, args, func(p part, a tally) { f(p.state, a) })
}

// eachPart calls f for every state and month of some rows of sums that have runs.
func eachPart(ctx context.Context, q querier, month, from string, args []any, f func(part, tally)) error {
	rows, err := q.Query(ctx, `SELECT integration_id, status, outcome, proof, cause, currency, payment, `+month+`, sum(runs)::bigint,
		sum(amount_in)::text, sum(amount_out)::text, sum(excluded)::text, sum(rounding)::text, sum(unproven)::text,
		sum(unposted)::text, sum(tax)::text
		FROM `+from+` GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var p part
		var a tally
		var sums [7]string
		if err := rows.Scan(&p.in, &p.status, &p.outcome, &p.proof, &p.cause, &p.currency, &p.payment, &p.month, &a.runs,
			&sums[0], &sums[1], &sums[2], &sums[3], &sums[4], &sums[5], &sums[6]); err != nil {
			return err
		}
		m := &a.money
		for i, d := range []*decimal.D{&m.In, &m.Out, &m.Excluded, &m.Rounding, &m.Unproven, &m.Unposted, &m.Tax} {
			if *d, err = decimal.Parse(sums[i]); err != nil {
				return err
			}
		}
		m.Open = m.In.Sub(m.Out).Sub(m.Excluded).Sub(m.Rounding)
		if !a.isZero() {
			f(p, a)
		}
	}
	return rows.Err()
}
