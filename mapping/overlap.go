package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// Overlap tells whether two configurations may select Bills of the same account,
// and which accounts in words. Filters that ask one field for different values
// select no account in common; of others nobody can tell without asking m3ter.
func Overlap(a, b Config) (accounts string, yes bool) {
	both := slices.Clone(a.AccountIDs)
	switch {
	case len(a.AccountIDs) == 0:
		both = slices.Clone(b.AccountIDs)
	case len(b.AccountIDs) > 0:
		both = slices.DeleteFunc(both, func(id string) bool { return !slices.Contains(b.AccountIDs, id) })
	}
	both = slices.DeleteFunc(both, func(id string) bool {
		return slices.Contains(a.RestrictedAccountIDs, id) || slices.Contains(b.RestrictedAccountIDs, id)
	})
	listed := len(a.AccountIDs)+len(b.AccountIDs) > 0
	if listed && len(both) == 0 || apart(a.AccountFilter, b.AccountFilter) {
		return "", false
	}
	slices.Sort(both)
	both = slices.Compact(both)
	switch n := len(both); {
	case !listed && a.AccountFilter == "" && b.AccountFilter == "":
		return "all accounts that neither restricts", true
	case !listed:
		return "the accounts that both account filters let pass", true
	case n > 3:
		return fmt.Sprintf("%s and %d more accounts", strings.Join(both[:3], ", "), n-3), true
	default:
		return "account " + strings.Join(both, ", "), true
	}
}

// apart tells whether two filters ask one field for different values.
func apart(a, b string) bool {
	x, errX := parseFilter(a)
	y, errY := parseFilter(b)
	if errX != nil || errY != nil {
		return false
	}
	asksX, asksY := map[string]string{}, map[string]string{}
	equalities(x, asksX)
	equalities(y, asksY)
	for field, value := range asksX {
		if other, ok := asksY[field]; ok && other != value {
			return true
		}
	}
	return false
}

// equalities collects what an expression asks of fields in any case.
func equalities(n node, into map[string]string) {
	switch x := n.(type) {
	case both:
		equalities(x.a, into)
		equalities(x.b, into)
	case compare:
		if x.op == "==" && !x.null {
			into[x.field] = x.value
		}
	}
}
