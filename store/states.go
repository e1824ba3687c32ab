package store

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/store/kv"
)

// state is everything runs are counted by. Runs in one state are one list in
// run.state, in the order of time, and one record in states says how many they
// are and what they come to. There are some dozens of states, however many
// runs: a filter over any of the fields is a choice of states, its answer
// their union, and counting it reads no run at all.
type state struct {
	in       [8]byte // hash8 of the integration id
	timed    bool    // due at a time of its own: listed in run.due
	status   integration.Status
	outcome  integration.Outcome
	proof    integration.Proof
	cause    string
	currency string
	watch    string // integration.Watch.Index
}

func stateOf(r *integration.Run) state {
	return state{
		in: hash8(r.IntegrationID), timed: r.Due() && !r.Next.IsZero(),
		status: r.Status, outcome: r.Outcome, proof: r.Proof, cause: r.Cause, currency: r.Currency, watch: r.Watch.Index(),
	}
}

// dueNow tells whether runs in the state may be sent at once.
func (s state) dueNow() bool {
	return !s.timed && integration.Run{Status: s.status, Outcome: s.outcome}.Due()
}

// key is how a state is named in the bucket states; its hash8 begins the keys
// of run.state.
func (s state) key() []byte {
	b := append(make([]byte, 0, 64), s.in[:]...)
	if s.timed {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	for _, part := range [...]string{string(s.status), string(s.outcome), s.cause, s.currency, string(s.proof)} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	if s.watch != "" { // an older file knows none
		b = binary.AppendUvarint(b, uint64(len(s.watch)))
		b = append(b, s.watch...)
	}
	return b
}

func parseState(k []byte) (s state, err error) {
	if len(k) < 9 {
		return s, errDamaged
	}
	s.in, s.timed = [8]byte(k), k[8] == 1
	parts, rest := [6]string{}, k[9:]
	for i := range parts {
		if i == 5 && len(rest) == 0 {
			break
		}
		var part []byte
		if part, rest, err = kv.CutPart(rest); err != nil {
			return s, err
		}
		parts[i] = string(part)
	}
	s.status, s.outcome = integration.Status(parts[0]), integration.Outcome(parts[1])
	s.cause, s.currency, s.proof = parts[2], parts[3], integration.Proof(parts[4])
	s.watch = parts[5]
	return s, nil
}

// tally is what the runs in a state add up to.
type tally struct {
	runs  int64
	money integration.Money
}

func (a tally) plus(b tally) tally { return tally{a.runs + b.runs, a.money.Plus(b.money)} }

func (a tally) isZero() bool { return a.runs == 0 && a.money.IsZero() }

// write is the number of runs and their money in, out, excluded, rounded,
// unproven, unposted and tax, with spaces between. What is open follows from these.
func (a tally) write() []byte {
	b := strconv.AppendInt(nil, a.runs, 10)
	m := a.money
	for _, d := range []decimal.D{m.In, m.Out, m.Excluded, m.Rounding, m.Unproven, m.Unposted, m.Tax} {
		b = append(append(b, ' '), d.Trim()...)
	}
	return b
}

func readTally(b []byte) (a tally, err error) {
	if b == nil {
		return a, nil
	}
	parts := strings.Split(string(b), " ")
	if len(parts) != 8 {
		return a, fmt.Errorf("tally %q is damaged; run store check --repair", b)
	}
	a.runs, err = strconv.ParseInt(parts[0], 10, 64)
	m := &a.money
	for i, d := range []*decimal.D{&m.In, &m.Out, &m.Excluded, &m.Rounding, &m.Unproven, &m.Unposted, &m.Tax} {
		if err == nil {
			*d, err = decimal.Parse(parts[i+1])
		}
	}
	if err != nil {
		return a, fmt.Errorf("tally is damaged; run store check --repair: %w", err)
	}
	m.Open = m.In.Sub(m.Out).Sub(m.Excluded).Sub(m.Rounding)
	return a, nil
}

// countRun adds a run to the counters, or takes it out.
func (t *tx) countRun(k key, r *integration.Run, sign int64) {
	if r == nil {
		return
	}
	one := tally{sign, r.Figures()}
	if sign < 0 {
		one.money = one.money.Neg()
	}
	if t.states == nil {
		t.states = map[string]tally{}
	}
	name := string(stateOf(r).key())
	t.states[name] = t.states[name].plus(one)
	t.countMonth(k, r, name, one)
	if r.StandsForBill() {
		t.countHour(r.IntegrationID, k, sign)
	}
}

// flushStates writes the tallies that changed.
func (t *tx) flushStates() error {
	err := t.addTallies(bStates, t.states)
	if err == nil {
		err = t.addTallies(bMonths, t.months)
	}
	t.states, t.months = nil, nil
	return err
}

func (t *tx) addTallies(b *kv.Bucket, changed map[string]tally) error {
	for name, d := range changed {
		if d.isZero() {
			continue
		}
		old, err := readTally(t.Get(b, []byte(name)))
		if err != nil {
			return err
		}
		sum := old.plus(d)
		if err := t.putOrDrop(b, []byte(name), sum.isZero(), sum.write()); err != nil {
			return err
		}
	}
	return nil
}

// eachState calls f for every state that has runs, with its tally as readTally reads
// it: most ask for the lists alone. It is for transactions that read: what a change
// adds is only there once it is flushed.
func (t *tx) eachState(f func(s state, sum []byte) error) error {
	return t.All(bStates, func(k, v []byte) error {
		s, err := parseState(k)
		if err != nil {
			return fmt.Errorf("state %x: %w; run store check --repair", k, err)
		}
		return f(s, v)
	})
}

// eachTally calls f for every state that has runs and matches, with its tally.
func (t *tx) eachTally(match func(state) bool, f func(state, tally) error) error {
	return t.eachState(func(s state, sum []byte) error {
		if !match(s) {
			return nil
		}
		a, err := readTally(sum)
		if err != nil {
			return err
		}
		return f(s, a)
	})
}

// stateLists opens the lists of the states that match. all tells whether every
// state did.
func (t *tx) stateLists(match func(state) bool, back bool) (u union, all bool, err error) {
	u, all = union{back: back}, true
	err = t.eachState(func(s state, _ []byte) error {
		if !match(s) {
			all = false
			return nil
		}
		u.lists = append(u.lists, newPostings(t, bRunState, string(s.key()), back))
		return nil
	})
	return u, all, err
}

// matchesState checks the fields of a filter that a state knows.
func matchesState(f *integration.RunFilter) func(state) bool {
	in := hash8(f.IntegrationID)
	return func(s state) bool {
		r := s.run()
		return (f.IntegrationID == "" || s.in == in) && f.MatchesState(&r)
	}
}

// run is what a state knows of each of its runs.
func (s state) run() integration.Run {
	return integration.Run{Status: s.status, Outcome: s.outcome, Proof: s.proof, Cause: s.cause, Currency: s.currency,
		Watch: integration.WatchAt(s.watch)}
}
