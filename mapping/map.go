package mapping

import (
	"fmt"
	"slices"
	"time"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// NetSuite's own advice for lines of an invoice: 200 at most, and time-outs
// past 1,000.
const (
	manyLines = 200
	maxLines  = 1000
)

// Map turns a Bill that qualifies into the document NetSuite shall hold. The
// error is an *integration.Failure, or a *NothingError when there is nothing
// to send. Map is pure: the same input gives the same Document.
func Map(cfg Config, b bill.Bill, l Lookups) (Document, error) {
	m := &mapper{cfg: cfg, bill: &b.Head, lookups: l}
	lines, err := m.include(b.Lines)
	if err != nil {
		return Document{}, err
	}
	if err := m.header(); err != nil {
		return Document{}, err
	}
	if err := m.reconcile(b.Lines); err != nil {
		return Document{}, err
	}
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
	bill    *bill.Head
	lookups Lookups
	places  int            // of the currency
	unit    decimal.D      // its smallest amount
	zone    *time.Location // of the Bill
	doc     Document
}

func (m *mapper) warn(format string, args ...any) {
	m.doc.Warnings = append(m.doc.Warnings, fmt.Sprintf(format, args...))
}

func (cfg Config) excludes(lineType string) bool { return slices.Contains(cfg.ExcludedTypes, lineType) }

// include drops excluded lines and adds up both sorts.
func (m *mapper) include(lines []bill.Line) ([]*bill.Line, error) {
	if len(lines) == 0 {
		return nil, &NothingError{"no_lines", "the Bill has no line items"}
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
	if len(out) == 0 {
		return nil, &NothingError{"all_excluded", fmt.Sprintf("all %d line items are of Excluded Line Item Types", len(lines))}
	}
	return out, nil
}

func (m *mapper) split(lines []*bill.Line) ([]part, error) {
	s := &splitter{
		cfg: m.cfg, currency: m.doc.Currency, unit: m.unit, items: newResolver(m.cfg, m.lookups), warn: m.warn,
		parts: make([]part, 0, len(lines)), groups: map[group]int{}, chosen: map[aggregatePeriod]string{},
	}
	for _, l := range lines {
		if err := s.add(l); err != nil {
			return nil, err
		}
	}
	return s.parts, nil
}

// sign decides what a negative Bill becomes. A credit memo holds positive
// amounts, so everything is turned over.
func (m *mapper) sign(parts []part) ([]part, error) {
	d := &m.doc
	d.Kind = Invoice
	d.Total = d.Included.Round(m.places)
	// What is sent is whole units: the parts of a unit are rounding, so that
	// the three figures still add up and Included is what NetSuite shall hold.
	d.Rounding = d.Rounding.Add(d.Included.Sub(d.Total))
	d.Included = d.Total
	if d.Total.Sign() >= 0 {
		return parts, nil
	}
	if !m.cfg.CreditMemos {
		return nil, fail(integration.ClassHeld, "negative_total",
			fmt.Sprintf("the Bill's total is %s %s, and NetSuite refuses an invoice below zero", d.Total, d.Currency),
			"set Negative Bills to CREDIT_MEMO to send such Bills as credit memos, or correct the Bill in m3ter, then retry")
	}
	d.Kind = CreditMemo
	d.ExternalID = m.externalID()
	for _, x := range []*decimal.D{&d.Total, &d.Included, &d.Excluded, &d.Rounding, &d.BillTotal} {
		*x = x.Neg()
	}
	for i := range parts {
		parts[i].amount = parts[i].amount.Neg()
		parts[i].rate = parts[i].rate.Neg()
		parts[i].money = "sign turned: " + parts[i].money
	}
	m.warn("the Bill's total is %s %s: it becomes a credit memo, every amount with its sign turned", d.Total.Neg(), d.Currency)
	return parts, nil
}

// write rounds the parts and makes document lines of them.
func (m *mapper) write(parts []part) error {
	d := &m.doc
	amounts := round(parts, d.Total, m.places)
	d.Lines = make([]Line, len(parts))
	var noPeriod, noRate, zero int
	for i := range parts {
		p := &parts[i]
		custom, missing, err := m.customFields(p.src)
		if err != nil {
			return err
		}
		if missing {
			noPeriod++
		}
		line, inWords := m.line(p, amounts[i])
		if inWords {
			noRate++
		}
		if amounts[i].IsZero() {
			zero++
		}
		line.Custom = custom
		d.Lines[i] = line
		if p.byDefault {
			d.DefaultLines++
			d.DefaultAmount = d.DefaultAmount.Add(amounts[i])
		}
	}
	m.remark(noPeriod, noRate, zero)
	return m.prove()
}

// line makes one document line; inWords tells that its true quantity stands in
// the description alone.
func (m *mapper) line(p *part, amount decimal.D) (line Line, inWords bool) {
	quantity, rate, why := quantityRate(p, amount, m.places)
	line = Line{
		ItemID: p.item, Quantity: quantity, Rate: rate, Amount: amount,
		Why: Provenance{Sources: p.sources, Types: p.types, Bands: p.bands, Rule: p.rule, Match: p.match, Fallback: p.fallback, Money: p.money},
	}
	if share := amount.Sub(p.amount); !share.IsZero() {
		line.Why.Money += ", rounding share " + signed(share)
	}
	note := ""
	if why != "" {
		note = between + quantityText(p.quantity, p.src.Unit)
		line.Why.Money += ", sent as quantity 1: " + why
	}
	text := clean(p.text)
	if text != p.text {
		line.Why.Cut = append(line.Why.Cut, "control characters of the description")
	}
	text, shortened := cut(text, maxDescription-units(note))
	if shortened {
		line.Why.Cut = append(line.Why.Cut, fmt.Sprintf("description to %d of %d characters", maxDescription, units(p.text)+units(note)))
	}
	line.Description = text + clean(note)
	return line, why != ""
}

// remark tells what was decided or lost for lines, once for all of them.
func (m *mapper) remark(noPeriod, noRate, zero int) {
	cuts := 0
	for i := range m.doc.Lines {
		if len(m.doc.Lines[i].Why.Cut) > 0 {
			cuts++
		}
	}
	if noPeriod > 0 {
		m.warn("%s without a service period to write into custom fields (NetSuite's revenue management wants one on every credit and debit)", counted(noPeriod, "line"))
	}
	if noRate > 0 {
		m.warn("%s sent as quantity 1, with the true quantity in the description", counted(noRate, "line"))
	}
	if cuts > 0 {
		m.warn("%s shortened or cleaned", counted(cuts, "description"))
	}
	if zero == len(m.doc.Lines) {
		m.warn("every line is zero")
	}
	if n := len(m.doc.Lines); n > manyLines {
		m.warn("%d lines: NetSuite advises at most %d", n, manyLines)
	}
}

// prove checks what must hold of every document, whatever came in: it is the
// last gate before money leaves.
func (m *mapper) prove() error {
	d := &m.doc
	var sum decimal.D
	for i := range d.Lines {
		sum = sum.Add(d.Lines[i].Amount)
	}
	if sum.Equal(d.Total) && d.Included.Add(d.Excluded).Add(d.Rounding).Equal(d.BillTotal) {
		return nil
	}
	return fail(integration.ClassData, "sum_mismatch",
		fmt.Sprintf("the document's lines add up to %s and its total is %s (included %s, excluded %s, rounding %s, Bill %s)",
			sum, d.Total, d.Included, d.Excluded, d.Rounding, d.BillTotal),
		"this is a fault of billferry: report it with the Bill; nothing was sent")
}
