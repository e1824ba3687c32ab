package reconcile

import "slices"

// acceptable are the kinds of break that are about a document by itself, which whoever
// accepts it has seen.
var acceptable = []Code{Deleted, Voided, CurrencyOff, CompanyOff, CustomerOff, Amount, LineDiffers, DateOff, PeriodOff, Changed}

// resolve resolves the breaks of a document, nil when there is none, that was accepted
// as it is. One that was changed since is another thing, until somebody has looked.
func (a *Acceptance) resolve(d *Doc, breaks []Break) {
	if a == nil || a.Gone != (d == nil) || d != nil && (a.Stamp == "" || a.Stamp != d.Stamp) {
		return
	}
	for i := range breaks {
		if b := &breaks[i]; slices.Contains(acceptable, b.Code) {
			x := b.Resolve(AsAccepted, a.Reason, "", a.By, a.At)
			b.Accepted = &x
		}
	}
}
