// Package whatif shows what other settings change on the Bills that are kept,
// before they are saved.
package whatif

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/service"
	"billferry/ui/widget"
)

const (
	// Bills is how many of the latest are compared: a person waits for it.
	Bills = 1000
	// documents is how many that differ are listed.
	documents = 20
)

// Differs tells whether other settings change anything.
func Differs(c service.Coverage) bool { return c.Change != nil && len(c.Change.Bills) > 0 }

// Item is the money on one item, whichever rules chose it.
type Item struct {
	Name, Currency string
	Before, After  decimal.D
}

// Items adds the money up by item and currency. Items whose money stays in every
// currency are counted only.
func Items(c service.Coverage) (changed []Item, same int) {
	type key struct{ item, currency string }
	sums := map[key]*Item{}
	var order []key
	for _, m := range c.Money {
		k := key{m.Item, m.Currency}
		x := sums[k]
		if x == nil {
			x = &Item{Name: cmp.Or(strings.TrimSpace(m.Item+" "+m.Name), "no item"), Currency: m.Currency}
			sums[k], order = x, append(order, k)
		}
		x.Before, x.After = x.Before.Add(m.Amount), x.After.Add(m.After)
	}
	stays := map[string]bool{}
	for _, k := range order {
		x := sums[k]
		alike := x.Before.Cmp(x.After) == 0
		if _, seen := stays[k.item]; !seen || !alike {
			stays[k.item] = alike
		}
		if !alike {
			changed = append(changed, *x)
		}
	}
	for _, alike := range stays {
		if alike {
			same++
		}
	}
	slices.SortStableFunc(changed, func(a, b Item) int {
		return cmp.Or(strings.Compare(a.Currency, b.Currency), b.After.Sub(b.Before).Abs().Cmp(a.After.Sub(a.Before).Abs()))
	})
	return changed, same
}

// counts are the sentences above the money: how many differ, and what would stop
// that does not stop now.
func counts(c service.Coverage) []string {
	out := []string{fmt.Sprintf("%s of the latest %s kept Bills would have another document, or none.",
		widget.Count(len(c.Change.Bills)), widget.Count(c.Bills))}
	stops := func(list []service.DryRun, cause string) int {
		for _, s := range list {
			if s.Cause == cause {
				return s.Runs
			}
		}
		return 0
	}
	for _, s := range c.Change.Stops {
		if was := stops(c.Stops, s.Cause); s.Runs > was {
			out = append(out, fmt.Sprintf("%s would stop (%s), now %s: %s", widget.Count(s.Runs), s.Cause, widget.Count(was), s.Reason))
		}
	}
	for _, s := range c.Stops {
		if would := stops(c.Change.Stops, s.Cause); would < s.Runs {
			out = append(out, fmt.Sprintf("%s would stop (%s), now %s.", widget.Count(would), s.Cause, widget.Count(s.Runs)))
		}
	}
	return out
}

// unchanged says that the other items keep their money.
func unchanged(changed, same int) string {
	switch {
	case changed == 0:
		return "The money on each item stays."
	case same == 0:
		return ""
	}
	return fmt.Sprintf("The money on %s other item%s stays.", widget.Count(same), map[bool]string{false: "s"}[same == 1])
}

// listed are the first documents that differ, and how many more there are.
func listed(c service.Coverage) (first []service.ChangedBill, more string) {
	first = c.Change.Bills
	if n := len(first) - documents; n > 0 {
		first, more = first[:documents], fmt.Sprintf("and %s more; 'billferry integration coverage NAME --file FILE' lists them all",
			widget.Count(n))
	}
	return first, more
}

func document(b service.ChangedBill) string {
	return cmp.Or(b.Bill, b.RunID) + " " + b.Account + ": " + strings.Join(b.What, "; ")
}

// Words tell the change in sentences, for a reader without a screen.
func Words(c service.Coverage) []string {
	out := counts(c)
	changed, same := Items(c)
	for _, x := range changed {
		out = append(out, fmt.Sprintf("Item %s: %s %s before, %s after, a difference of %s.", x.Name,
			widget.Amount(x.Before, x.Currency), x.Currency, widget.Amount(x.After, x.Currency), widget.Amount(x.After.Sub(x.Before), x.Currency)))
	}
	if s := unchanged(len(changed), same); s != "" {
		out = append(out, s)
	}
	first, more := listed(c)
	for _, b := range first {
		out = append(out, document(b))
	}
	if more != "" {
		out = append(out, more)
	}
	return out
}
