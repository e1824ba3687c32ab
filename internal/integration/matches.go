package integration

import "strings"

// Matches checks a run against the whole filter.
func (f *RunFilter) Matches(r *Run) bool {
	in := func(want, have string) bool { return want == "" || want == have }
	switch {
	case !in(f.IntegrationID, r.IntegrationID), !in(f.BillID, r.EntityID), !f.MatchesState(r):
	case f.Account != "" && f.Account != r.AccountID && f.Account != r.AccountCode:
	case !f.Since.IsZero() && r.Created.Before(f.Since):
	case !f.Until.IsZero() && !r.Created.Before(f.Until):
	case f.Period != "" && f.Period != r.Month():
	case f.DatedBefore != "" && (r.DocumentDate == "" || r.DocumentDate >= f.DatedBefore):
	case f.HasMin && r.AmountIn.Cmp(f.MinAmount) < 0:
	default:
		return f.Text == "" || r.hasText(strings.ToLower(f.Text))
	}
	return false
}

func (r *Run) hasText(lower string) bool {
	for _, s := range []string{r.BillRef, r.AccountCode, r.AccountID, r.EntityID, r.ID, r.ExternalID, r.ExternalRef, r.DocumentNumber} {
		if strings.Contains(strings.ToLower(s), lower) {
			return true
		}
	}
	return false
}
