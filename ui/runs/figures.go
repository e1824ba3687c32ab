package runs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/currency"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// A sum reads every run that the filter selects. It waits until the filter
// rests, and while runs stream in for many times what the last one took.
const (
	sumAfter = 300 * time.Millisecond
	sumTimes = 10
)

// sum is what is known of all runs that match: exact, or not known yet.
type sum struct {
	totals *integration.Totals // nil: not known
	latest load.Latest
	due    bool // it is wanted
	under  bool // one is on its way
	took   time.Duration
}

// wantSum asks for the sum of a filter whose rows are not all read.
func (s *Screen) wantSum() tea.Cmd {
	if !s.sum.due || s.sum.under || s.sums != nil || s.unfiltered() {
		return nil
	}
	s.sum.due, s.sum.under = false, true
	return load.After(s, max(sumAfter, sumTimes*s.sum.took), s.loadSum)
}

func (s *Screen) loadSum() tea.Cmd {
	svc, f, start := s.env.Service, s.applied, time.Now()
	return load.Newest(&s.sum.latest, s, load.Deadline, func(ctx context.Context) (integration.Totals, error) { return svc.Sum(ctx, f) },
		func(t integration.Totals, err error) tea.Cmd {
			s.sum.under, s.sum.took = false, time.Since(start)
			if err != nil {
				return screen.Fail(fmt.Errorf("sum up the runs that match: %w", err))
			}
			s.sum.totals = &t
			return s.wantSum()
		})
}

// forget drops the sum of a filter that is no more.
func (u *sum) forget() {
	u.latest.Drop()
	u.totals, u.due, u.under = nil, true, false
}

// unfiltered tells that the filter names no more than an integration.
func (s *Screen) unfiltered() bool {
	f := s.applied
	f.IntegrationID, f.Oldest = "", false
	return f.BillID == "" && len(f.Statuses)+len(f.Outcomes)+len(f.Proofs)+len(f.Payments)+len(f.Causes) == 0 && f.Account == "" &&
		f.Currency == "" && f.Since.IsZero() && f.Until.IsZero() && !f.HasMin && f.Text == "" && f.Period == "" && f.DatedBefore == ""
}

// known is how many runs match and their money. Both are exact, or exact is
// false and n is how many rows have been read.
func (s *Screen) known() (n int, money map[string]integration.Money, exact bool) {
	of := func(t integration.Totals) (int, map[string]integration.Money, bool) {
		n := 0
		for _, c := range t.ByStatus {
			n += c
		}
		return n, t.Money, true
	}
	switch {
	case s.unfiltered():
		return of(s.totals)
	case s.sums != nil:
		return s.pages.Len(), s.sums, true
	case s.sum.totals != nil:
		return of(*s.sum.totals)
	}
	return s.pages.Len(), nil, s.pages.ended && s.coming == nil
}

// figures are the count and the money, in as many words as there is room for.
func (s *Screen) figures(room int) string {
	n, money, exact := s.known()
	if !exact && s.coming != nil {
		return "…" // those in view may be of another filter
	}
	count := widget.Count(n)
	if !exact {
		return count + "+ runs"
	}
	count = widget.Many(n, "run")
	for _, text := range moneyTexts(money) {
		if widget.Cells(count+text) <= room {
			return count + text
		}
	}
	return count
}

// readMoney sums what has been read, if all of it is still there.
func (s *Screen) readMoney() map[string]integration.Money {
	sums := map[string]integration.Money{}
	for i := range s.pages.Len() {
		r, ok := s.pages.at(i)
		if !ok {
			return nil
		}
		sums[r.Currency] = sums[r.Currency].Plus(r.Figures())
	}
	return sums
}

// moneyTexts shows the currency with the largest sum, the longest words first;
// there is no sum over currencies.
func moneyTexts(money map[string]integration.Money) []string {
	codes := slices.DeleteFunc(slices.Sorted(maps.Keys(money)), func(c string) bool {
		return c == "" || money[c].IsZero()
	})
	if len(codes) == 0 {
		return nil
	}
	c := slices.MaxFunc(codes, func(a, b string) int { return weight(money[a].In, a).Cmp(weight(money[b].In, b)) })
	m, more, short := money[c], "", ""
	if n := len(codes) - 1; n > 0 {
		more, short = fmt.Sprintf(" · +%d currencies", n), fmt.Sprintf(" · +%d", n)
	}
	if len(codes) == 2 {
		more = " · +1 currency"
	}
	in := fmt.Sprintf(" · in %s %s", widget.Money(m.In, c), widget.Clean(c))
	bare := " · out " + widget.Money(m.Out, c)
	out := bare
	if !m.Unproven.IsZero() {
		out += " (" + widget.Money(m.Unproven, c) + " not proven)"
	}
	if !m.Unposted.IsZero() {
		out += " (" + widget.Money(m.Unposted, c) + " not posted)"
	}
	open := figure("open", m.Open, widget.Money(m.Open, c))
	rest := figure("excluded", m.Excluded, widget.Money(m.Excluded, c)) + figure("rounding", m.Rounding, widget.Amount(m.Rounding, c)) +
		figure("tax added", m.Tax, widget.Money(m.Tax, c))
	var texts []string
	for _, figures := range []string{out + open + rest, bare + open + rest, bare + open, bare, ""} {
		texts = append(texts, in+figures+more, in+figures+short)
	}
	return slices.Compact(texts)
}

// figure is one more of the figures that In adds up to; most are zero.
func figure(name string, d decimal.D, text string) string {
	if d.IsZero() {
		return ""
	}
	return " · " + name + " " + text
}

// weight makes sums of two currencies roughly comparable, to choose which one
// to show: in units of which each currency has a hundred of the smallest.
func weight(d decimal.D, iso string) decimal.D {
	places, _ := currency.Exponent(iso)
	return d.Mul(decimal.New(1, int32(places-2)))
}
