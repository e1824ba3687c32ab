package integration

import "billferry/internal/decimal"

// Totals counts runs by status and sums money by currency. Runs are counted one
// by one, the money of a Bill once: see Run.Figures.
type Totals struct {
	ByStatus map[Status]int `json:"byStatus"`
	// Held are those of each status that nothing is about to send; see Run.HeldByHand.
	Held map[Status]int `json:"held,omitempty"`
	// Superseded are those among the complete whose place a retry or a newer version took.
	Superseded int           `json:"superseded,omitempty"`
	ByProof    map[Proof]int `json:"byProof"` // of what was delivered
	// ByPayment counts the documents that are looked at again, by how far they are paid.
	ByPayment map[Payment]int  `json:"byPayment,omitempty"`
	Money     map[string]Money `json:"money"` // by ISO currency
	// Blocked is the part of the money that is open which waits for a person, by
	// currency.
	Blocked map[string]decimal.D `json:"blocked,omitempty"`
}

// NewTotals is no run at all.
func NewTotals() Totals {
	return Totals{ByStatus: map[Status]int{}, Held: map[Status]int{}, ByProof: map[Proof]int{}, ByPayment: map[Payment]int{},
		Money: map[string]Money{}, Blocked: map[string]decimal.D{}}
}

// Waiting counts the runs that are not settled.
func (t Totals) Waiting() (n int) {
	for s, runs := range t.ByStatus {
		if !s.Settled() {
			n += runs
		}
	}
	return n
}

// Done counts the runs that are complete and whose place no other took.
func (t Totals) Done() int { return t.ByStatus[Complete] - t.Superseded }

// Standings counts the runs by how they stand, as lists say it: each status less those
// that are told apart from it, then what is held, then what is superseded.
func (t Totals) Standings() (out []Standing) {
	held := 0
	for _, st := range Statuses {
		n := t.ByStatus[st] - t.Held[st]
		if st == Complete {
			n = t.Done()
		}
		held += t.Held[st]
		if n > 0 {
			out = append(out, Standing{string(st), st, n})
		}
	}
	if held > 0 {
		out = append(out, Standing{Word: StandsHeld, Runs: held})
	}
	if t.Superseded > 0 {
		out = append(out, Standing{Word: string(Superseded), Runs: t.Superseded})
	}
	return out
}

// Standing is how many runs stand in one way.
type Standing struct {
	Word   string
	Status Status // "" where the word is none
	Runs   int
}

// Add counts runs that have status, outcome, proof and currency of r, with their figures.
func (t *Totals) Add(r Run, runs int, m Money) {
	t.ByStatus[r.Status] += runs
	if r.HeldByHand() {
		t.Held[r.Status] += runs
	}
	if r.Outcome == Superseded {
		t.Superseded += runs
	}
	if r.Proof != "" {
		t.ByProof[r.Proof] += runs
	}
	if r.Watch.Payment != "" {
		t.ByPayment[r.Watch.Payment] += runs
	}
	if !m.IsZero() {
		t.Money[r.Currency] = t.Money[r.Currency].Plus(m)
	}
	if (Run{Status: r.Status, Proof: r.Proof}).NeedsPerson() && !m.Open.IsZero() {
		t.Blocked[r.Currency] = t.Blocked[r.Currency].Add(m.Open)
	}
}

// Money is where the money of Bills is: In = Out + Open + Excluded + Rounding.
type Money struct {
	In       decimal.D `json:"in"`       // what the Bills come to, each in its newest version
	Out      decimal.D `json:"out"`      // what the destination holds of them
	Open     decimal.D `json:"open"`     // what is still to be sent, or differs there
	Excluded decimal.D `json:"excluded"` // what a setting or a person leaves out
	Rounding decimal.D `json:"rounding"` // parts of a cent that no document can hold
	Unproven decimal.D `json:"unproven"` // the part of Out that was not read back
	Unposted decimal.D `json:"unposted"` // the part of Out that waits to be approved there
	Tax      decimal.D `json:"tax"`      // what the destination added to Out, and is no part of it
}

// Plus adds figures up.
func (m Money) Plus(o Money) Money {
	return Money{
		In: m.In.Add(o.In), Out: m.Out.Add(o.Out), Open: m.Open.Add(o.Open),
		Excluded: m.Excluded.Add(o.Excluded), Rounding: m.Rounding.Add(o.Rounding),
		Unproven: m.Unproven.Add(o.Unproven), Unposted: m.Unposted.Add(o.Unposted), Tax: m.Tax.Add(o.Tax),
	}
}

// Neg turns the signs, to take figures out of a sum.
func (m Money) Neg() Money {
	return Money{In: m.In.Neg(), Out: m.Out.Neg(), Open: m.Open.Neg(), Excluded: m.Excluded.Neg(), Rounding: m.Rounding.Neg(),
		Unproven: m.Unproven.Neg(), Unposted: m.Unposted.Neg(), Tax: m.Tax.Neg()}
}

// IsZero tells whether there is nothing to show.
func (m Money) IsZero() bool {
	return m.In.IsZero() && m.Out.IsZero() && m.Open.IsZero() && m.Excluded.IsZero() && m.Rounding.IsZero() && m.Unproven.IsZero() &&
		m.Unposted.IsZero() && m.Tax.IsZero()
}

// Counted says how much of a run counts in sums of money.
type Counted string

// A Bill has a run for each version and each retry, and its money counts once.
const (
	CountedWhole Counted = ""    // the run stands for its Bill, or is superseded and does not count
	CountedNot   Counted = "no"  // another run does
	CountedOut   Counted = "out" // another does, in another currency: what the destination holds of this one is no part of that
)

// StandsForBill tells that the run is the one that its Bill is counted by: the newest
// of its versions and retries.
func (r Run) StandsForBill() bool { return r.Outcome != Superseded && r.Counted == CountedWhole }

// CauseVoided is that of a run whose document was voided: the destination holds none of
// its money any more.
const CauseVoided = "record_voided"

// The causes of runs whose document is not as it was proven any more, and of an
// event about one that a person has made beside it.
const (
	CauseChanged     = "changed_since"
	CauseVoidedSince = "voided_since"
	CauseDeleted     = "deleted_since"
	CauseTwin        = "made_beside"
)

// Delivered tells whether the run has put its Bill into the destination, or
// found it there.
func (r Run) Delivered() bool {
	switch r.Outcome {
	case Created, Updated, Unchanged, Adopted:
		return r.Status == Complete
	}
	return false
}

// Figures is what the run adds to sums of money, so that those of any choice of
// runs add up. What a Bill leaves out and rounds is known, and counted, once it
// is in the destination; before, all that is not there is open. What is not
// there of a Bill that is skipped, or whose document a person accepted as it stands,
// is excluded.
func (r Run) Figures() Money {
	m := Money{Out: r.AmountOut, Tax: r.AmountTax}
	switch {
	case r.Outcome == Superseded || r.Counted == CountedNot:
		return Money{}
	case r.Counted == CountedOut:
	case r.Outcome == Skipped:
		m.In, m.Excluded = r.AmountIn, r.AmountIn.Sub(r.AmountOut)
	case r.Delivered() && r.Proof == Accepted:
		m.In, m.Excluded, m.Rounding = r.AmountIn, r.AmountIn.Sub(r.AmountOut).Sub(r.Rounding), r.Rounding
	case r.Delivered():
		m.In, m.Excluded, m.Rounding = r.AmountIn, r.AmountExcluded, r.Rounding
	default:
		m.In = r.AmountIn
	}
	switch r.proofOfOut() {
	case Pending, Unread:
		m.Unproven = m.Out
	case NotPosted:
		m.Unposted = m.Out
	}
	m.Open = m.In.Sub(m.Out).Sub(m.Excluded).Sub(m.Rounding)
	return m
}

// proofOfOut is the proof of the document that AmountOut is of.
func (r Run) proofOfOut() Proof {
	if r.Delivered() {
		return r.Proof
	}
	return r.OutProof
}

// Follows tells whether r comes after o among the runs of a Bill: it is about a
// newer version, or a retry, or, if that decides nothing, was added later.
func (r Run) Follows(o Run) bool {
	switch {
	case r.NewerThan(o), r.ReplayedFrom == o.ID && o.ID != "":
		return true
	case o.NewerThan(r), o.ReplayedFrom == r.ID && r.ID != "":
		return false
	}
	return r.Seq > o.Seq
}

// last is the last run of a Bill that is taken, or -1.
func last(runs []Run, take func(*Run) bool) int {
	at := -1
	for i := range runs {
		if take(&runs[i]) && (at < 0 || runs[i].Follows(runs[at])) {
			at = i
		}
	}
	return at
}

// Current finds the run that stands for a Bill among all of its runs: the last
// whose place no other took; -1 if there is none.
func Current(runs []Run) int {
	return last(runs, func(r *Run) bool { return r.Outcome != Superseded })
}

// Reckon says of each run of a Bill how it counts, after run i has changed (-1:
// none, or one that is gone). What run i has put into the destination is passed
// on to the run that stands for the Bill, as long as that has put nothing there
// itself. What was seen of a document stays with the last run that delivered it, and
// an amendment stands beside; those before it rest.
func Reckon(runs []Run, i int) {
	whole := last(runs, func(r *Run) bool { return r.Delivered() && !r.Amends })
	for j := range runs {
		switch w := &runs[j].Watch; {
		case j != whole && !(runs[j].Delivered() && runs[j].Amends): // its document is another run's by now, or none's
			*w = Watch{Rests: runs[j].Delivered()}
		case w.Rests && w.Stamp == "": // it is its own again
			w.Rests = false
		}
	}
	stands := Current(runs)
	if stands < 0 {
		return
	}
	s := &runs[stands]
	for j := range runs {
		if runs[j].Counted = CountedNot; j == stands || runs[j].Outcome == Superseded {
			runs[j].Counted = CountedWhole
		}
	}
	if s.Delivered() {
		return
	}
	h := last(runs, func(r *Run) bool { return r.Delivered() })
	if i >= 0 && i == h && runs[i].Currency == s.Currency {
		s.AmountOut, s.AmountTax, s.OutProof = runs[i].AmountOut, runs[i].AmountTax, runs[i].Proof
	}
	if h >= 0 && runs[h].Currency != s.Currency && s.Cause != CauseVoided {
		runs[h].Counted = CountedOut
	}
}

// TakesOver gives a new run what the destination holds of its Bill, as the runs
// before it know.
func (r *Run) TakesOver(before []Run) {
	if i := Current(before); i >= 0 && !r.Delivered() {
		r.AmountOut, r.AmountTax, r.OutProof = decimal.D{}, decimal.D{}, ""
		if before[i].Currency == r.Currency {
			r.AmountOut, r.AmountTax, r.OutProof = before[i].AmountOut, before[i].AmountTax, before[i].proofOfOut()
		}
	}
}

// Keeps holds on to what the ledger knows of the run's money and document, which
// whoever changes the run may have read before it was known. It tells whether anything
// is other than it was.
func (r *Run) Keeps(stored Run) bool {
	out, tax, proof := stored.AmountOut, stored.AmountTax, stored.OutProof
	switch {
	case r.Delivered():
		out, tax, proof = r.AmountOut, r.AmountTax, ""
	case r.Cause == CauseVoided:
		out, tax, proof = decimal.D{}, decimal.D{}, ""
	}
	if r.Counted == stored.Counted && r.AmountOut.Equal(out) && r.AmountTax.Equal(tax) && r.OutProof == proof &&
		r.Watch.Same(stored.Watch) {
		return false
	}
	r.Counted, r.AmountOut, r.AmountTax, r.OutProof, r.Watch = stored.Counted, out, tax, proof, stored.Watch
	return true
}
