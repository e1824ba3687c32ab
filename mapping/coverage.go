package mapping

import (
	"cmp"
	"maps"
	"slices"

	"billferry/internal/decimal"
)

// CoverageReport is where the money of a document goes, and why.
type CoverageReport struct {
	Items []Share // by item id
	Rules []Share // by the rule that chose the item
}

// Share is a part of a document's lines and money.
type Share struct {
	Name   string
	Lines  int
	Amount decimal.D
}

// Coverage adds up a document's money per item and per rule, the largest first.
func Coverage(d Document) CoverageReport {
	items, rules := map[string]Share{}, map[string]Share{}
	for i := range d.Lines {
		l := &d.Lines[i]
		count(items, l.ItemID, l.Amount)
		count(rules, l.Why.Rule, l.Amount)
	}
	return CoverageReport{Items: ranked(items), Rules: ranked(rules)}
}

func count(shares map[string]Share, name string, amount decimal.D) {
	s := shares[name]
	shares[name] = Share{name, s.Lines + 1, s.Amount.Add(amount)}
}

func ranked(shares map[string]Share) []Share {
	return slices.SortedFunc(maps.Values(shares), func(a, b Share) int {
		return cmp.Or(b.Amount.Abs().Cmp(a.Amount.Abs()), cmp.Compare(a.Name, b.Name))
	})
}
