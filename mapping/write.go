package mapping

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"billferry/internal/currency"
	"billferry/internal/decimal"
	"billferry/internal/spec"
)

// WriteInvoice writes a document as an invoice a person can read. explain adds
// below each line where it came from and why it is as it is, and at the end
// the money per item and per rule. words are the destination's.
func WriteInvoice(w io.Writer, words spec.Words, d Document, explain bool) error {
	p := &printer{w: bufio.NewWriter(w), words: words, d: d}
	p.head(explain)
	p.lines(explain)
	p.totals()
	if explain {
		p.coverage()
	}
	for _, s := range d.Warnings {
		p.printf("note: %s\n", s)
	}
	return p.w.Flush()
}

// printer lays an invoice out in plain text. bufio keeps the first error.
type printer struct {
	w     *bufio.Writer
	words spec.Words
	d     Document
}

// printf takes control characters out of what came from outside.
func (p *printer) printf(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = clean(s)
		}
	}
	fmt.Fprintf(p.w, format, args...)
}

func (p *printer) head(explain bool) {
	d := p.d
	title := "INVOICE"
	if d.Kind == CreditMemo {
		title = "CREDIT MEMO"
	}
	p.printf("%s  %s\n", title, d.ExternalID)
	row := func(name, value string) {
		if value != "" {
			p.printf("  %-11s %s\n", name, value)
		}
	}
	customer := p.words.System + " id " + d.Entity.ID
	if d.Entity.ID == "" {
		customer = "external id " + d.Entity.ExternalID
	}
	row("customer", customer)
	row("date", d.TranDate)
	row("due", d.DueDate)
	currency := d.Currency + " (" + p.words.System + " id " + d.CurrencyID + ")"
	switch {
	case p.words.ByCode:
		currency = d.Currency
	case d.CurrencyID == d.Currency:
		currency = d.Currency + " (" + p.words.System + "'s id is looked up once the integration is connected)"
	}
	row("currency", currency)
	row("PO number", d.OtherRefNum)
	row("memo", d.Memo)
	for _, f := range d.Fields {
		p.field("  ", f, explain)
	}
	p.printf("\n")
}

func (p *printer) lines(explain bool) {
	heads, total := [4]string{"item", "quantity", "rate", "amount"}, [4]string{"total", "", "", p.d.Total.Grouped()}
	rows := make([][4]string, 0, len(p.d.Lines)+2)
	for i := range p.d.Lines {
		l := &p.d.Lines[i]
		rows = append(rows, [4]string{l.ItemID, decimal.Group(l.Quantity.Trim()), p.money(l.Rate), l.Amount.Grouped()})
	}
	width := [4]int{}
	for _, r := range append(rows, heads, total) {
		for j, s := range r {
			width[j] = max(width[j], len(s))
		}
	}
	row := func(n string, c [4]string, text string) {
		p.printf("%4s  %-*s  %*s  %*s  %*s  %s\n", n, width[0], c[0], width[1], c[1], width[2], c[2], width[3], c[3], text)
	}
	row("#", heads, "description")
	for i := range p.d.Lines {
		l := &p.d.Lines[i]
		row(fmt.Sprint(i+1), rows[i], l.Description)
		if explain {
			p.why(l)
		}
		for _, f := range l.Fields {
			p.field("      ", f, explain)
		}
	}
	p.printf("\n")
	row("", total, p.d.Currency+" in "+counted(len(p.d.Lines), "line"))
}

// field writes what a rule filled. What has a place of its own in the document
// stands there; here is only why.
func (p *printer) field(indent string, f Field, explain bool) {
	if f.Own != "" {
		if explain {
			p.printf("%s%s as %s\n", indent, f.Name, f.Why)
		}
		return
	}
	why := ""
	if explain && f.Why != "" {
		why = "  (" + f.Why + ")"
	}
	p.printf("%s%s = %s%s\n", indent, f.Name, f.Value, why)
}

func (p *printer) why(l *Line) {
	y := &l.Why
	if len(y.Sources) > 0 { // a line of an amendment is the difference of documents
		p.printf("      from    %s (%s)\n", listed(y.Sources), listed(unique(y.Types)))
	}
	if len(y.Bands) > 0 {
		p.printf("      bands   %s\n", listed(y.Bands))
	}
	rule := y.Rule
	if y.Match != "" {
		rule += " (" + y.Match + ")"
	}
	if y.Fallback != "" {
		rule += "; else " + y.Fallback
	}
	p.printf("      item    %s\n", rule)
	p.printf("      amount  %s\n", y.Money)
	if len(y.Cut) > 0 {
		p.printf("      cut     %s\n", strings.Join(y.Cut, "; "))
	}
}

// listed names a few of many.
func listed(all []string) string {
	const few = 5
	if len(all) > few {
		return strings.Join(all[:few], ", ") + fmt.Sprintf(" and %d more", len(all)-few)
	}
	return strings.Join(all, ", ")
}

// unique gives each text once, in the order of first appearance, and none that
// is empty.
func unique(all []string) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, s := range all {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

func (p *printer) totals() {
	d := p.d
	p.printf("\n  Bill %s = included %s + excluded %s + rounding %s\n", p.money(d.BillTotal), p.money(d.Included), p.money(d.Excluded),
		p.money(d.Rounding))
	if d.DefaultLines > 0 {
		p.printf("  on the default item only for want of a mapping: %s, %s %s\n", counted(d.DefaultLines, "line"),
			p.money(d.DefaultAmount), d.Currency)
	}
}

func (p *printer) money(d decimal.D) string { return currency.Digits(d, p.d.Currency) }

func (p *printer) coverage() {
	c := Coverage(p.d)
	for _, part := range []struct {
		title, prefix string
		shares        []Share
	}{{"money per item", "item ", c.Items}, {"money per rule", "", c.Rules}} {
		p.printf("\n  %s\n", part.title)
		amounts, lines := 0, 0
		for _, s := range part.shares {
			amounts, lines = max(amounts, len(s.Amount.Grouped())), max(lines, len(counted(s.Lines, "line")))
		}
		for _, s := range part.shares {
			p.printf("    %*s  %*s  %s%s\n", amounts, s.Amount.Grouped(), lines, counted(s.Lines, "line"), part.prefix, s.Name)
		}
	}
	p.printf("\n")
}
