package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// Map turns a Bill that qualifies into the document that the destination is to hold. The
// error is an *integration.Failure, or a *NothingError when there is nothing
// to send. Map is pure: the same input gives the same Document.
func Map(cfg Config, b bill.Bill, l Lookups) (Document, error) {
	m := &mapper{cfg: cfg, terms: cfg.terms(), bill: &b.Head, lookups: l}
	lines, err := m.include(b.Lines)
	if err != nil {
		return Document{}, err
	}
	if err := m.header(); err != nil {
		return Document{}, err
	}
	m.companies(lines)
	parts, err := m.split(lines)
	if err != nil {
		return Document{}, err
	}
	if parts, err = m.sign(parts); err != nil {
		return Document{}, err
	}
	if parts, err = m.limit(parts); err != nil {
		return Document{}, err
	}
	if err := m.write(parts); err != nil {
		return Document{}, err
	}
	return m.doc, nil
}

// mapper is one Bill on its way to a Document.
type mapper struct {
	cfg     Config
	terms   *Terms
	bill    *bill.Head
	lookups Lookups
	places  int            // of the currency
	unit    decimal.D      // its smallest amount
	zone    *time.Location // of the Bill
	tally   tally
	period  period // of the line before
	doc     Document
}

func (m *mapper) warn(format string, args ...any) {
	m.doc.Warnings = append(m.doc.Warnings, fmt.Sprintf(format, args...))
}

func (cfg Config) excludes(lineType string) bool { return slices.Contains(cfg.ExcludedTypes, lineType) }

// include drops excluded lines, adds up both sorts, and holds the sums to the
// Bill's total: before "nothing to send" is said, too, for a Bill that lost its
// lines on the way here must not pass for one that never had any.
func (m *mapper) include(lines []bill.Line) ([]*bill.Line, error) {
	if len(lines) == 0 && m.bill.BillTotal.IsZero() {
		return nil, &NothingError{Cause: "no_lines", Reason: "the Bill has no line items"}
	}
	if err := m.currency(); err != nil {
		return nil, err
	}
	out := make([]*bill.Line, 0, len(lines))
	for i := range lines {
		l := &lines[i]
		if !l.HasConverted {
			return nil, fail(integration.ClassData, "amount_missing", describe(l)+" has no convertedSubtotal",
				"check the currency conversion rates of the organization in m3ter, recalculate the Bill, then retry")
		}
		if m.cfg.excludes(l.Type) {
			m.doc.Excluded = m.doc.Excluded.Add(l.ConvertedSubtotal)
			continue
		}
		if classOf(l.Type) == unknownClass {
			return nil, fail(integration.ClassData, "line_type_unknown",
				fmt.Sprintf("line item %s has the type %q, which billferry does not know", l.ID, l.Type),
				"update billferry; until then invoice this Bill by hand")
		}
		m.doc.Included = m.doc.Included.Add(l.ConvertedSubtotal)
		out = append(out, l)
	}
	if err := m.reconcile(lines); err != nil {
		return nil, err
	}
	if m.cfg.SkipZero && !slices.ContainsFunc(out, func(l *bill.Line) bool { return !l.ConvertedSubtotal.IsZero() }) && len(out) > 0 {
		return nil, &NothingError{Cause: "zero_bill", Reason: "every line of the Bill is zero, and Zero Bills is set to skip such Bills"}
	}
	if len(out) == 0 {
		return nil, &NothingError{Cause: "all_excluded", Reason: fmt.Sprintf("all %d line items are of Excluded Line Item Types", len(lines))}
	}
	return out, nil
}

func (m *mapper) split(lines []*bill.Line) ([]part, error) {
	s := &splitter{
		cfg: m.cfg, currency: m.doc.Currency, unit: m.unit, items: newResolver(m.cfg, m.lookups), warn: m.warn, tally: &m.tally, fill: m.fill,
		numbers: m.lookups.Numbers,
		parts:   make([]part, 0, len(lines)), groups: map[group]int{}, chosen: map[aggregatePeriod]string{},
	}
	for _, l := range lines {
		if err := s.add(l); err != nil {
			return nil, err
		}
	}
	s.describeJoined()
	return s.parts, m.prepayments(s.parts)
}

// sign decides what a negative Bill becomes. A credit memo holds positive
// amounts, so everything is turned over.
func (m *mapper) sign(parts []part) ([]part, error) {
	d := &m.doc
	d.Kind = Invoice
	d.Total = d.Included.Round(m.places)
	// What is sent is whole units: the parts of a unit are rounding, so that
	// the three figures still add up and Included is what the destination is to hold.
	d.Rounding = d.Rounding.Add(d.Included.Sub(d.Total))
	d.Included = d.Total
	if due := d.BillTotal.Sub(d.Excluded).Round(m.places); !due.Equal(d.Total) {
		m.warn("the lines add up to %s, which is sent; by billTotal %s it would be %s", m.money(d.Total), m.money(d.BillTotal), m.money(due))
	}
	if d.Total.Sign() >= 0 {
		return parts, nil
	}
	if !m.cfg.CreditMemos {
		return nil, fail(integration.ClassHeld, "negative_total",
			fmt.Sprintf("the Bill's total is %s, and %s refuses an invoice below zero", m.money(d.Total), m.terms.System),
			"set Negative Bills to CREDIT_MEMO to send such Bills as credit memos, or correct the Bill in m3ter, then retry")
	}
	d.Kind = CreditMemo
	m.dropOthers()
	d.ExternalID, d.OtherID = d.OtherID, d.ExternalID
	for _, x := range []*decimal.D{&d.Total, &d.Included, &d.Excluded, &d.Rounding, &d.BillTotal} {
		*x = x.Neg()
	}
	for i := range parts {
		parts[i].amount = parts[i].amount.Neg()
		parts[i].rate = parts[i].rate.Neg()
		parts[i].money = "sign turned: " + parts[i].money
	}
	m.warn("the Bill's total is %s: it becomes a credit memo, every amount with its sign turned", Money(d.Total.Neg(), d.Currency))
	return parts, nil
}

// write rounds the parts and makes document lines of them.
func (m *mapper) write(parts []part) error {
	d := &m.doc
	amounts := round(parts, d.Total, m.places)
	d.Lines = make([]Line, len(parts))
	for i := range parts {
		p := &parts[i]
		custom, err := m.customFields(p.src)
		if err != nil {
			return err
		}
		cut := p.together(&m.terms.Limits)
		if len(cut) > 0 {
			m.tally.unlisted++
		}
		d.Lines[i] = m.line(p, amounts[i])
		d.Lines[i].Why.Cut = append(d.Lines[i].Why.Cut, cut...)
		if len(p.fields) > 0 {
			custom = slices.Concat(custom, p.fields)
		}
		d.Lines[i].Fields = custom
		if amounts[i].IsZero() {
			m.tally.zero++
		}
		if p.byDefault {
			d.DefaultLines++
			d.DefaultAmount = d.DefaultAmount.Add(amounts[i])
		}
	}
	m.remark()
	return m.checkSums()
}

// line makes one document line.
func (m *mapper) line(p *part, amount decimal.D) Line {
	if i := slices.IndexFunc(p.fields, func(f Field) bool { return f.Own == OwnDescription }); i >= 0 {
		p.text, p.credits = p.fields[i].Value, false
	}
	q := quantityRate(p, amount, m.places, m.terms)
	note := q.note(p)
	m.tally.quantity(q, note)
	line := Line{
		ItemID: p.item, Quantity: q.quantity, Rate: q.rate, Amount: amount,
		Why: Provenance{Sources: p.sources, Types: p.types, Bands: p.bands, Rule: p.rule, Match: p.match, Fallback: p.fallback,
			Money: q.arithmetic(p, amount)},
	}
	text := clean(p.text)
	if text != p.text {
		line.Why.Cut = append(line.Why.Cut, "control characters of the description")
	}
	limit := m.terms.Limits.Description
	text, shortened := cut(text, limit-units(note))
	if shortened {
		line.Why.Cut = append(line.Why.Cut, fmt.Sprintf("description to %d of %d characters", limit, units(p.text)+units(note)))
	}
	if len(line.Why.Cut) > 0 {
		m.tally.cut++
	}
	line.Description = text + note
	if p.credits {
		line.Plain = line.Description
		if more := before + p.number; p.number != "" && !beyond(units(line.Plain)+units(more), limit) {
			line.Description += more
		}
	}
	return line
}

// before comes before the name of another document in a description.
const before = between + "for "

// WithoutNumber is a description without what it calls another document
// (Line.Plain): that is known once it went through here, and no reason to change
// this one.
func WithoutNumber(description string) string {
	if i := strings.LastIndex(description, before); i >= 0 {
		return description[:i]
	}
	return description
}

// checkSums checks what must hold of every document, whatever came in: it is the
// last gate before money leaves.
func (m *mapper) checkSums() error {
	d := &m.doc
	var sum decimal.D
	for i := range d.Lines {
		amount := d.Lines[i].Amount
		if most := m.terms.Limits.Digits; beyond(amount.Digits(), most) {
			return fail(integration.ClassData, "amount_too_long",
				fmt.Sprintf("line %d of the document is %s, and %s keeps %d digits of a number", i+1, m.money(amount), m.terms.System, most),
				"invoice this Bill by hand, or bill it in parts")
		}
		sum = sum.Add(amount)
	}
	if sum.Equal(d.Total) && d.Included.Add(d.Excluded).Add(d.Rounding).Equal(d.BillTotal) {
		return nil
	}
	return fail(integration.ClassData, "sum_mismatch",
		fmt.Sprintf("the document's lines add up to %s and its total is %s (included %s, excluded %s, rounding %s, Bill %s)",
			m.money(sum), m.money(d.Total), m.money(d.Included), m.money(d.Excluded), m.money(d.Rounding), m.money(d.BillTotal)),
		"this is a fault of billferry: report it with the Bill; nothing was sent")
}
