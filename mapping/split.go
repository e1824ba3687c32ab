package mapping

import (
	"strings"

	"billferry/internal/bill"
	"billferry/internal/decimal"
)

// part is a document line before its amount is rounded.
type part struct {
	choice
	src      *bill.Line // the first of its sources
	sources  []string
	types    []string
	bands    []string
	text     string    // description, without what only rounding knows
	amount   decimal.D // exact, in the Bill's currency
	quantity decimal.D // as rated; 0: unknown
	rate     decimal.D // of one, in the Bill's currency
	listed   bool      // rate is a price of the price list: it must not be rounded
	mixed    bool      // joined of lines with other rates: none is true of all
	money    string    // where amount comes from
}

// splitter turns the lines of a Bill into parts.
type splitter struct {
	cfg      Config
	currency string
	unit     decimal.D // the smallest amount of the currency
	items    *resolver
	warn     func(format string, args ...any)
	parts    []part
	groups   map[group]int              // PerAggregation: the part of a group
	chosen   map[aggregatePeriod]string // and the item its first line got
}

// aggregatePeriod is what lines share that PerAggregation joins, when they
// also go to the same item: joining must not move money to another item.
type aggregatePeriod struct{ aggregation, start, end string }

type group struct {
	aggregatePeriod
	item string
}

func (s *splitter) add(l *bill.Line) error {
	c, err := s.items.choose(l)
	if err != nil {
		return err
	}
	s.checkConversion(l)
	if classOf(l.Type) == usageClass {
		switch s.cfg.Split {
		case PerBand:
			if s.addBands(l, c) {
				return nil
			}
		case PerAggregation:
			if s.join(l, c) {
				return nil
			}
		}
	}
	s.parts = append(s.parts, s.whole(l, c))
	return nil
}

// whole makes one part of a line.
func (s *splitter) whole(l *bill.Line, c choice) part {
	return part{
		choice: c, src: l, sources: []string{l.ID}, types: []string{l.Type}, text: lineText(l, ""),
		amount: l.ConvertedSubtotal, quantity: l.Units, rate: l.AverageUnitPrice.Mul(l.ConversionRate),
		money: s.converted(l.Subtotal, l.ConvertedSubtotal, l),
	}
}

// addBands makes a part of each pricing band used, or none: without bands the
// line stays whole, and so does one whose bands do not add up to it.
func (s *splitter) addBands(l *bill.Line, c choice) bool {
	var used []int
	var sum decimal.D
	for i := range l.Bands {
		b := &l.Bands[i]
		if amount := bandAmount(l, b); !b.Units.IsZero() || !amount.IsZero() {
			used = append(used, i)
			sum = sum.Add(amount)
		}
	}
	if len(used) == 0 {
		return false
	}
	rest := l.ConvertedSubtotal.Sub(sum)
	if rest.Abs().Cmp(s.unit.Mul(decimal.New(int64(len(used)), 0))) >= 0 {
		s.warn("%s: its bands add up to %s and the line says %s, so it is sent as one line", describe(l), sum, l.ConvertedSubtotal)
		return false
	}
	for _, i := range used {
		s.addBand(l, c, i)
	}
	if !rest.IsZero() {
		last := &s.parts[len(s.parts)-1]
		last.amount = last.amount.Add(rest)
		last.money += "; " + signed(rest) + " so that the bands add up to the line's " + l.ConvertedSubtotal.String()
	}
	return true
}

func bandAmount(l *bill.Line, b *bill.Band) decimal.D {
	if b.HasConverted {
		return b.ConvertedSubtotal
	}
	return b.Subtotal.Mul(l.ConversionRate)
}

// addBand makes one part of the units of a band and one of its fixed price.
func (s *splitter) addBand(l *bill.Line, c choice, i int) {
	b := &l.Bands[i]
	amount := bandAmount(l, b)
	p := s.whole(l, c)
	p.bands = []string{b.ID}
	p.listed = true
	span := bandRange(l.Bands, i)
	fixed := b.FixedPrice.Mul(l.ConversionRate)
	perUnit := amount.Sub(fixed)
	if fixed.IsZero() || !perUnit.IsZero() {
		u := p
		u.text = lineText(l, span)
		u.amount, u.quantity, u.rate = perUnit, b.Units, b.UnitPrice.Mul(l.ConversionRate)
		u.money = s.converted(b.Subtotal.Sub(b.FixedPrice), perUnit, l) + ", " + b.Units.Trim() + " x " + b.UnitPrice.Trim()
		s.parts = append(s.parts, u)
	}
	if fixed.IsZero() {
		return
	}
	what := "fixed price of " + span
	if perUnit.IsZero() && !b.Units.IsZero() {
		what += ", " + quantityText(b.Units, l.Unit)
	}
	p.text = lineText(l, what)
	p.amount, p.quantity, p.rate = fixed, decimal.New(1, 0), fixed
	p.money = s.converted(b.FixedPrice, fixed, l) + ", fixed price"
	s.parts = append(s.parts, p)
}

// join adds a line to the part of its aggregation, service period and item, or
// opens that part; false when the line has no aggregation.
func (s *splitter) join(l *bill.Line, c choice) bool {
	span := aggregatePeriod{aggregationOf(l), l.ServicePeriodStart, l.ServicePeriodEnd}
	if span.aggregation == "" {
		return false
	}
	if first, ok := s.chosen[span]; !ok {
		s.chosen[span] = c.item
	} else if first != c.item {
		s.warn("%s has item %s, other lines of its aggregation %s have item %s: they are not joined", describe(l), c.item, span.aggregation, first)
	}
	g := group{span, c.item}
	i, ok := s.groups[g]
	if !ok {
		s.groups[g] = len(s.parts)
		s.parts = append(s.parts, s.whole(l, c))
		return true
	}
	p, next := &s.parts[i], s.whole(l, c)
	p.text = joinedText(p, next)
	p.mixed = p.mixed || !p.rate.Equal(next.rate)
	if p.src.Unit == l.Unit {
		p.quantity = p.quantity.Add(next.quantity)
	} else {
		p.quantity = decimal.D{} // apples and pears
	}
	p.absorb(next)
	return true
}

// absorb takes over the money of another part and where it came from.
func (p *part) absorb(next part) {
	p.amount = p.amount.Add(next.amount)
	p.sources = append(p.sources, next.sources...)
	p.types = append(p.types, next.types...)
	p.bands = append(p.bands, next.bands...)
	p.money += " + " + next.money
}

// checkConversion tells when m3ter's converted amount is not the amount times
// the rate; the converted one is what the customer owes, so it is sent.
func (s *splitter) checkConversion(l *bill.Line) {
	own := l.Subtotal.Mul(l.ConversionRate)
	if own.Sub(l.ConvertedSubtotal).Abs().Cmp(s.unit) >= 0 {
		s.warn("%s: subtotal x conversionRate is %s, convertedSubtotal is %s; the latter is sent", describe(l), own.Trim(), l.ConvertedSubtotal)
	}
}

// converted tells how an amount became one in the Bill's currency.
func (s *splitter) converted(amount, converted decimal.D, l *bill.Line) string {
	b := make([]byte, 0, 64)
	if l.Currency == s.currency || l.Currency == "" {
		b = append(converted.Append(b), ' ')
		return string(append(b, s.currency...))
	}
	b = append(amount.Append(b), ' ')
	b = append(append(b, l.Currency...), " x "...)
	b = append(l.ConversionRate.Append(b), " = "...)
	b = append(converted.Append(b), ' ')
	return string(append(b, s.currency...))
}

func signed(d decimal.D) string {
	if d.Sign() < 0 {
		return d.String()
	}
	return "+" + d.String()
}

// bandRange names a band by its limits; the next band that was used tells
// where it ends.
func bandRange(bands []bill.Band, i int) string {
	low := bands[i].LowerLimit
	high := low
	for _, b := range bands {
		if b.LowerLimit.Cmp(low) > 0 && (high.Equal(low) || b.LowerLimit.Cmp(high) < 0) {
			high = b.LowerLimit
		}
	}
	if high.Equal(low) {
		return "band from " + low.Trim()
	}
	return "band " + low.Trim() + " to " + high.Trim()
}

func quantityText(q decimal.D, unit string) string {
	return strings.TrimSpace("quantity " + q.Trim() + " " + unit)
}
