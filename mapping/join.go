package mapping

import (
	"slices"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/decimal"
)

// join adds a line to the part of its aggregation, service period and item, or
// opens that part; false when the line has no aggregation.
func (s *splitter) join(l *bill.Line, c choice, fields []Field) bool {
	span := aggregatePeriod{aggregationOf(l), l.ServicePeriodStart, l.ServicePeriodEnd}
	if span.aggregation == "" {
		s.tally.noAggregation++
		return false
	}
	if first, ok := s.chosen[span]; !ok {
		s.chosen[span] = c.item
	} else if first != c.item {
		s.warn("%s has item %s, other lines of its aggregation %s have item %s: they are not joined", describe(l), c.item,
			span.aggregation, first)
	}
	g := group{span, c.item, fieldsKey(fields)}
	i, ok := s.groups[g]
	if !ok {
		s.groups[g] = len(s.parts)
		s.parts = append(s.parts, s.whole(l, c, fields))
		return true
	}
	p := &s.parts[i]
	if p.joined == nil {
		p.joined = []*bill.Line{p.src}
	}
	p.joined = append(p.joined, l)
	p.absorb(s.whole(l, c, fields))
	return true
}

// absorb takes over the money of another part and where it came from, and its
// quantity if both count the same thing. Usage that is credited counts the
// other way round than usage that is charged.
func (p *part) absorb(next part) {
	switch {
	case p.mixed == differentThings || p.mixed == someUncounted: // no quantity any more
	case p.unit != next.unit || (p.types[0] == usageCredit) != (next.types[0] == usageCredit):
		p.mixed, p.quantity = differentThings, decimal.D{}
	case p.uncounted() != next.uncounted():
		p.mixed, p.quantity = someUncounted, decimal.D{}
	default:
		if !p.rate.Equal(next.rate) || next.mixed != "" {
			p.mixed = differentPrices
		}
		p.quantity = p.quantity.Add(next.quantity)
	}
	p.amount = p.amount.Add(next.amount)
	p.sources = append(p.sources, next.sources...)
	p.types = append(p.types, next.types...)
	p.bands = append(p.bands, next.bands...)
	p.absorbed = append(append(p.absorbed, absorbed{next.money, next.fields}), next.absorbed...)
}

// together writes what was absorbed into the part, once for all of it. cut tells
// what did not fit.
func (p *part) together(limits *Limits) (cut []string) {
	if len(p.absorbed) == 0 {
		return nil
	}
	money, fields := make([]string, 0, 1+len(p.absorbed)), make([][]Field, 0, 1+len(p.absorbed))
	for _, a := range append([]absorbed{{p.money, p.fields}}, p.absorbed...) {
		money, fields = append(money, a.money), append(fields, a.fields)
	}
	p.money, p.absorbed = strings.Join(money, " + "), nil
	p.fields, cut = joinFields(fields, limits)
	return cut
}

// uncounted tells that there is money for no quantity.
func (p *part) uncounted() bool { return p.quantity.IsZero() && !p.amount.IsZero() }

// describeJoined gives joined lines the words that are true of all of them.
func (s *splitter) describeJoined() {
	for i := range s.parts {
		if p := &s.parts[i]; p.joined != nil {
			p.text = joinedText(p.joined)
		}
	}
}

// joinedText describes several lines as one: each thing that tells them apart
// is listed, "none" for the lines that lack a segment which others have.
func joinedText(lines []*bill.Line) string {
	first := lineText(lines[0], "")
	if !slices.ContainsFunc(lines[1:], func(l *bill.Line) bool { return lineText(l, "") != first }) {
		return first
	}
	var words, products, accounts, names []string
	values := map[string][]string{}
	for _, l := range lines {
		words, products, accounts = append(words, l.Description), append(products, l.ProductName), append(accounts, l.ChildAccountCode)
		for _, p := range slices.Concat(l.Segment, l.Group) {
			names = append(names, p.Name)
			values[p.Name] = append(values[p.Name], p.Value)
		}
	}
	out := []string{listed(unique(words))}
	if p := unique(products); len(p) != 1 || !strings.Contains(out[0], p[0]) {
		out = append(out, listed(p))
	}
	for _, n := range unique(names) {
		v := unique(values[n])
		if len(values[n]) < len(lines) {
			v = append(v, "none")
		}
		out = append(out, n+": "+listed(v))
	}
	if a := unique(accounts); len(a) > 0 {
		out = append(out, "account: "+listed(a))
	}
	out = append(out, counted(len(lines), "line")+" of one aggregation")
	return strings.Join(slices.DeleteFunc(out, func(s string) bool { return s == "" }), between)
}
