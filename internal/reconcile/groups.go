package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"billferry/internal/decimal"
)

// Group is all open breaks of one kind and cause.
type Group struct {
	Code   Code
	Cause  string
	Title  string
	Breaks int
	Money  map[string]decimal.D // at stake, by currency
	Advice string
	share  decimal.D
}

// Key names a group among those of a report.
func (g Group) Key() string { return string(g.Code) + "|" + g.Cause }

// Of tells whether a break is one of the group.
func (g Group) Of(b Break) bool { return b.Open() && b.Code == g.Code && b.cause() == g.Cause }

// cause is that of the run, where it is what a person has to mend.
func (b Break) cause() string {
	switch b.Code {
	case FailedCode, HeldCode:
		return b.Cause
	}
	return ""
}

// Stake is what the break counts for in the sum of its group: what a Bill that is not
// there comes to, with its sign, as everywhere else; and of a difference its size, so
// that two do not cancel out.
func (b Break) Stake() decimal.D {
	switch b.Code {
	case FailedCode, HeldCode, FlightCode, Unapproved:
		return b.Amount
	}
	return b.Amount.Abs()
}

// InTheWay groups the open breaks, those with most money first: money counts by
// its share of all Bills in its currency.
func (r Report) InTheWay() []Group {
	all := map[string]decimal.D{}
	for _, t := range r.Totals {
		all[t.Currency] = all[t.Currency].Add(t.Source.Abs())
	}
	var out []Group
	for _, b := range r.Breaks {
		if !b.Open() {
			continue
		}
		i := slices.IndexFunc(out, func(g Group) bool { return g.Of(b) })
		if i < 0 {
			i = len(out)
			title := b.Title
			if c := b.cause(); c != "" {
				title += ": " + strings.ReplaceAll(c, "_", " ")
			}
			out = append(out, Group{Code: b.Code, Cause: b.cause(), Title: title, Money: map[string]decimal.D{}, Advice: b.Advice})
		}
		g := &out[i]
		g.Breaks++
		g.Money[b.Currency] = g.Money[b.Currency].Add(b.Stake())
		g.share = g.share.Add(share(b.Amount.Abs(), all[b.Currency]))
	}
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Or(b.share.Cmp(a.share), cmp.Compare(rank(a.Code), rank(b.Code))) })
	return out
}

// share is a part of a whole in millionths.
func share(part, whole decimal.D) decimal.D {
	w, ok := whole.Round(0).Int64()
	p, okP := part.Mul(decimal.New(1_000_000, 0)).Round(0).Int64()
	if !ok || !okP || w == 0 {
		return decimal.New(1, 0)
	}
	return decimal.New(p/w, 0)
}

// Equation is the sum of a currency's Bills in one line, without the terms that
// are nothing.
func (r Report) Equation(currency string, write func(decimal.D) string) string {
	var sum Total
	for _, t := range r.Totals {
		if t.Currency != currency {
			continue
		}
		sum.Source = sum.Source.Add(t.Source)
		for i, term := range t.terms() {
			*sum.terms()[i].sum = sum.terms()[i].sum.Add(*term.sum)
		}
	}
	var parts []string
	for _, term := range sum.terms() {
		if term.always || !term.sum.IsZero() {
			parts = append(parts, term.name+" "+write(*term.sum))
		}
	}
	return write(sum.Source) + " " + currency + " = " + strings.Join(parts, " + ")
}

type named struct {
	name   string
	always bool
	sum    *decimal.D
}

// terms are the right side of the Bills' equation.
func (t *Total) terms() []named {
	return []named{{"posted", true, &t.Posted}, {"not posting", false, &t.NotPosting}, {"excluded types", false, &t.ExcludedTypes},
		{"excluded accounts", false, &t.ExcludedAccounts}, {"not approved", false, &t.NotApproved}, {"in another period", false, &t.OtherPeriod},
		{"rounding", false, &t.Rounding}, {"open", true, &t.Open}, {"accepted", false, &t.Accepted}}
}
