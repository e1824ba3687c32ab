package reconcile

import (
	"cmp"
	"slices"

	"billferry/internal/decimal"
)

// CutOff is what the lines of one item come to in the documents of the span, by when
// their service has ended: a line counts whole, by its last day of service. Amounts
// have the sign that they have for whoever sells.
type CutOff struct {
	Item       string    `json:"item"` // the destination's id; "" for what no line tells
	Currency   string    `json:"currency"`
	Subsidiary string    `json:"subsidiary,omitempty"`
	Lines      int       `json:"lines"`
	Before     decimal.D `json:"before"`  // ended before the span: of an earlier period, to accrue there
	Within     decimal.D `json:"within"`  // ended in it
	After      decimal.D `json:"after"`   // ends after it: to defer
	Undated    decimal.D `json:"undated"` // no service period is known: of other software, or none was told

	// Of the total, what is of prepayments and balances.
	Fees  decimal.D `json:"prepaymentFees"`     // paid before they are earned
	Drawn decimal.D `json:"prepaymentConsumed"` // draw-downs, below zero
}

// Prepaid says what a line has to do with a prepayment or a balance.
type Prepaid int

// What a line may be.
const (
	NotPrepaid Prepaid = iota
	Fee
	Drawn
)

// Liability tells whether fees or draw-downs are on the item: what the liability that
// it stands for moves by in the span is Fees + Drawn.
func (c CutOff) Liability() bool { return !c.Fees.IsZero() || !c.Drawn.IsZero() }

// Earned is what the item has beside fees and draw-downs: revenue, which makes it a poor
// place for a liability.
func (c CutOff) Earned() decimal.D { return c.Total().Sub(c.Fees).Sub(c.Drawn) }

// Total is what the item comes to.
func (c CutOff) Total() decimal.D { return c.Before.Add(c.Within).Add(c.After).Add(c.Undated) }

// Off tells whether some of it belongs to another period.
func (c CutOff) Off() bool { return !c.Before.IsZero() || !c.After.IsZero() }

// CutOffAddsUp tells whether each currency and subsidiary comes to what its documents
// of the span come to, without those of other integrations and unknown ones.
func (r Report) CutOffAddsUp() bool {
	sums := map[[2]string]decimal.D{}
	for _, c := range r.CutOff {
		k := [2]string{c.Currency, c.Subsidiary}
		sums[k] = sums[k].Add(c.Total())
	}
	return !slices.ContainsFunc(r.Totals, func(t Total) bool {
		return !sums[[2]string{t.Currency, t.Subsidiary}].Equal(t.Ledger.Sub(t.Others).Sub(t.Unknown))
	})
}

// cut takes a document of the span into the cut-off: its lines as the destination
// holds them, with the service periods of those that were sent in their places. w is
// nil where what was sent is not kept.
func (s *session) cut(d *Doc, w *Want, currency string) {
	lines := d.Lines
	if lines == nil && w != nil { // they were read, and let go of
		lines = w.Lines
	}
	rest := d.Net
	for i := range lines {
		ends, of := "", NotPrepaid
		if w != nil && i < len(w.Lines) && w.Lines[i].Item == lines[i].Item {
			ends, of = w.Lines[i].Ends, w.Lines[i].Prepaid
		}
		x := lines[i].Amount
		if d.Kind == creditMemo {
			x = x.Neg()
		}
		rest = rest.Sub(x)
		c := s.cutLine(d, currency, lines[i].Item, ends, x)
		if of != NotPrepaid {
			was, is := s.stands[c.Item], w.Lines[i].Stands
			s.stands[c.Item] = Stands{was.Commitments || is.Commitments, was.Balances || is.Balances}
		}
		c.Lines++
		switch of {
		case Fee:
			c.Fees = c.Fees.Add(x)
		case Drawn:
			c.Drawn = c.Drawn.Add(x)
		}
	}
	if !rest.IsZero() {
		s.cutLine(d, currency, "", "", rest)
	}
}

func (s *session) cutLine(d *Doc, currency, item, ends string, x decimal.D) *CutOff {
	k := [3]string{item, currency, s.companyName(d.Subsidiary)}
	c := s.cuts[k]
	if c == nil {
		c = &CutOff{Item: item, Currency: currency, Subsidiary: k[2]}
		s.cuts[k] = c
	}
	sum := &c.Within
	switch {
	case ends == "":
		sum = &c.Undated
	case ends < s.o.Span.From:
		sum = &c.Before
	case ends > s.o.Span.To:
		sum = &c.After
	}
	*sum = sum.Add(x)
	if !d.Posting {
		s.unposted[k] = s.unposted[k].Add(x)
	}
	return c
}

func (s *session) cutOff() []CutOff {
	out := make([]CutOff, 0, len(s.cuts))
	for _, c := range s.cuts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b CutOff) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Subsidiary, b.Subsidiary), cmp.Compare(len(a.Item), len(b.Item)),
			cmp.Compare(a.Item, b.Item))
	})
	return out
}
