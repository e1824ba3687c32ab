package mapping

import (
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
	quantity decimal.D // as rated; 0: unknown, or nothing used
	unit     string    // of quantity
	rate     decimal.D // of one, in the Bill's currency
	listed   bool      // rate is a price of the price list: it must not be rounded
	mixed    string    // joined of lines of which no one quantity and rate is true: why
	money    string    // where amount comes from
	joined   []*bill.Line
	fields   []Field // that rules fill
	absorbed []absorbed
	credits  bool   // it is about another Bill
	number   string // and its document is called that; "": nobody knows here
}

// absorbed is what another part that was joined to one has of its own.
type absorbed struct {
	money  string
	fields []Field
}

// splitter turns the lines of a Bill into parts.
type splitter struct {
	cfg      Config
	currency string
	unit     decimal.D // the smallest amount of the currency
	items    *resolver
	warn     func(format string, args ...any)
	tally    *tally
	fill     func(*bill.Line) ([]Field, error)
	numbers  map[string]string // of the documents of other Bills
	parts    []part
	groups   map[group]int              // PerAggregation: the part of a group
	chosen   map[aggregatePeriod]string // and the item its first line got
}

// aggregatePeriod is what lines share that PerAggregation joins, when they
// also go to the same item: joining must not move money to another item.
type aggregatePeriod struct{ aggregation, start, end string }

// Nor must it move money to another department, or whatever rules fill.
type group struct {
	aggregatePeriod
	item, fields string
}

func (s *splitter) add(l *bill.Line) error {
	c, err := s.items.choose(l)
	if err != nil {
		return err
	}
	fields, err := s.fill(l)
	if err != nil {
		return err
	}
	s.checkConversion(l)
	if classOf(l.Type) == usageClass {
		switch s.cfg.Split {
		case PerBand:
			if s.addBands(l, c, fields) {
				return nil
			}
		case PerAggregation:
			if s.join(l, c, fields) {
				return nil
			}
		}
	}
	p := s.whole(l, c, fields)
	if p.credits = l.ReferencedBillID != ""; p.credits {
		p.number = s.numbers[l.ReferencedBillID]
	}
	s.parts = append(s.parts, p)
	return nil
}

// whole makes one part of a line.
func (s *splitter) whole(l *bill.Line, c choice, fields []Field) part {
	names := []string{l.ID, l.Type} // one allocation for both lists: there are many lines
	return part{
		choice: c, src: l, fields: fields, sources: names[:1:1], types: names[1:], text: lineText(l, ""),
		amount: l.ConvertedSubtotal, quantity: l.Units, unit: l.Unit, rate: l.AverageUnitPrice.Mul(l.ConversionRate),
		money: s.converted(l.Subtotal, l.ConvertedSubtotal, l),
	}
}

// addBands makes a part of each pricing band used, or none: without bands the
// line stays whole, and so does one whose bands do not add up to it.
func (s *splitter) addBands(l *bill.Line, c choice, fields []Field) bool {
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
		if !l.ConvertedSubtotal.IsZero() {
			s.tally.noBands++
		}
		return false
	}
	rest := l.ConvertedSubtotal.Sub(sum)
	if rest.Abs().Cmp(s.unit.Mul(decimal.New(int64(len(used)), 0))) >= 0 {
		s.warn("%s: its bands add up to %s and the line says %s, so it is sent as one line", describe(l), sum, l.ConvertedSubtotal)
		return false
	}
	for _, i := range used {
		s.addBand(l, c, i, fields)
	}
	if !rest.IsZero() {
		last := &s.parts[len(s.parts)-1]
		last.amount = last.amount.Add(rest)
		last.money += "; " + string(appendSigned(nil, rest)) + " so that the bands add up to the line's " + l.ConvertedSubtotal.String()
	}
	return true
}

func bandAmount(l *bill.Line, b *bill.Band) decimal.D {
	if b.HasConverted {
		return b.ConvertedSubtotal
	}
	return b.Subtotal.Mul(l.ConversionRate)
}

// fixedPrices is the unit of a fixed price, seen where several are merged: they
// must not add up with what the band counts.
const fixedPrices = "fixed prices"

// addBand makes a part of the units of a band and one of its fixed price. A band
// whose two prices do not add up to its amount is one part: no share of it
// could be told truly.
func (s *splitter) addBand(l *bill.Line, c choice, i int, fields []Field) {
	b := &l.Bands[i]
	p := s.whole(l, c, fields)
	p.bands, p.listed = []string{b.ID}, true
	p.amount, p.quantity, p.rate = bandAmount(l, b), b.Units, b.UnitPrice.Mul(l.ConversionRate)
	p.money = s.converted(b.Subtotal, p.amount, l) + ", " + b.Units.Trim() + " x " + b.UnitPrice.Trim()
	span := bandRange(l.Bands, i)
	fixed, perUnit := b.FixedPrice.Mul(l.ConversionRate), b.Units.Mul(p.rate)
	switch off := p.amount.Sub(fixed).Sub(perUnit).Abs(); {
	case fixed.IsZero():
		p.text = lineText(l, span)
	case off.Cmp(s.tolerance(l)) > 0:
		p.text, p.mixed = lineText(l, span), pricesDisagree
		p.money += " and fixed price " + b.FixedPrice.Trim()
	case perUnit.IsZero():
		what := "fixed price of " + span
		if !b.Units.IsZero() {
			what += ", " + quantityText(b.Units, l.Unit)
		}
		p.asFixed(l, what, s.converted(b.FixedPrice, p.amount, l))
	default:
		f := p
		f.amount = fixed
		f.asFixed(l, "fixed price of "+span, s.converted(b.FixedPrice, fixed, l))
		p.text, p.amount = lineText(l, span), p.amount.Sub(fixed)
		p.money = s.converted(b.Subtotal.Sub(b.FixedPrice), p.amount, l) + ", " + b.Units.Trim() + " x " + b.UnitPrice.Trim()
		s.parts = append(s.parts, p)
		p = f
	}
	s.parts = append(s.parts, p)
}

// asFixed makes a part one of a fixed price: quantity 1 at its amount.
func (p *part) asFixed(l *bill.Line, what, money string) {
	p.text, p.money = lineText(l, what), money+", fixed price"
	p.quantity, p.unit, p.rate = decimal.New(1, 0), fixedPrices, p.amount
}

// tolerance is how far the amount of a band may be from its prices: a unit of
// the Bill's currency and one of the pricing currency, for m3ter may have
// rounded in both.
func (s *splitter) tolerance(l *bill.Line) decimal.D {
	places, ok := Exponent(l.Currency)
	if !ok {
		return s.unit
	}
	return s.unit.Add(newUnit(places).Mul(l.ConversionRate.Abs()))
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

// appendSigned writes a number that is not 0 with its sign.
func appendSigned(b []byte, d decimal.D) []byte {
	if d.Sign() > 0 {
		b = append(b, '+')
	}
	return d.Append(b)
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
