package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// causeAmend is that of a Bill whose final documents differ from it, and of which
// no amendment can be made without a person.
const causeAmend = "amendment_held"

// lack is what the documents lack in one place, with the sign of the Bill.
type lack struct {
	item   string
	fields []Field
	amount decimal.D
	text   string
}

func (d *lack) line(amount decimal.D, limit int) Line {
	text, _ := cut("difference: "+d.text, limit)
	return Line{ItemID: d.item, Quantity: decimal.New(1, 0), Rate: amount, Amount: amount, Description: text, Fields: d.fields,
		Why: Provenance{Rule: "the difference of the newest Bill from the documents that stand", Money: "newest - held = " + amount.String()}}
}

// keys adds up both sides by place, the newest Bill's first, and keeps what is not
// equal. What no line of an item is told apart by any more does not part the money
// that is held of it: the destination may have filled it in by itself.
func (a *amending) keys() {
	var order []string
	at := map[string]*lack{}
	add := func(item string, fields []Field, amount decimal.D, text string) {
		key := placeOf(item, fields)
		d, known := at[key]
		if !known {
			d = &lack{item: item, fields: slices.DeleteFunc(slices.Clone(fields), func(f Field) bool {
				return f.Own != "" || f.As == AsText || canonical(f.As, f.Value) == ""
			}), text: text}
			at[key], order = d, append(order, key)
		}
		d.amount = d.amount.Add(amount)
	}
	tells := map[string]map[string]bool{} // by item, the fields that its lines have now
	for i := range a.target.Lines {
		l := &a.target.Lines[i]
		if tells[l.ItemID] == nil {
			tells[l.ItemID] = map[string]bool{}
		}
		for _, f := range l.Fields {
			tells[l.ItemID][f.Name] = true
		}
		amount := l.Amount
		if a.target.Kind == CreditMemo {
			amount = amount.Neg()
		}
		text := l.Plain
		add(l.ItemID, l.Fields, amount, cmp.Or(text, l.Description))
	}
	var whole []string
	for key, d := range at {
		if !d.amount.IsZero() {
			whole = append(whole, key+"\x00"+d.amount.Trim())
		}
	}
	slices.Sort(whole)
	a.whole = strings.Join(whole, "\n")
	for i := range a.held.Documents {
		h := &a.held.Documents[i]
		for j := range h.Lines {
			l := &h.Lines[j]
			fields := l.Fields
			if now := tells[l.ItemID]; now != nil {
				fields = slices.DeleteFunc(slices.Clone(fields), func(f Field) bool { return !now[f.Name] })
			}
			add(l.ItemID, fields, h.signed(l.Amount).Neg(), strings.TrimPrefix(l.Text, "difference: "))
		}
	}
	for _, key := range order {
		if d := at[key]; !d.amount.IsZero() {
			a.delta = append(a.delta, *d)
		}
	}
}

// heldBack makes the failure of a Bill that waits for a person.
func (a *amending) heldBack(format string, args ...any) error {
	advice := "settle the difference by hand and mark this run as sent or skip it; or put right what was found, then retry"
	if len(a.delta) == 0 {
		advice = "put right what was found, then retry; or mark this run as sent"
	}
	return fail(integration.ClassHeld, causeAmend, "the Bill was recalculated after its document became final, and no amendment is made: "+
		fmt.Sprintf(format, args...)+a.wanted(), advice)
}

// wanted tells what would be posted.
func (a *amending) wanted() string {
	if len(a.delta) == 0 {
		return "; what is held comes to what the newest Bill says"
	}
	var sum decimal.D
	for _, d := range a.delta {
		sum = sum.Add(d.amount)
	}
	return fmt.Sprintf("; newest Bill less what is held: %s", Money(sum, a.target.Currency))
}

// obstacle finds what a person has to look at first.
func (a *amending) obstacle() error {
	t, system := &a.target, a.cfg.terms().System
	if len(a.held.Missing) > 0 {
		return a.heldBack("%s was sent and is not in %s any more", strings.Join(a.held.Missing, ", "), system)
	}
	for i := range a.held.Documents {
		h := &a.held.Documents[i]
		var lines decimal.D
		for j := range h.Lines {
			lines = lines.Add(h.Lines[j].Amount)
		}
		switch {
		case h.Voided:
			return a.heldBack("%s was voided", h.name())
		case !h.Posts:
			return a.heldBack("%s does not post: it waits for its approval in %s, or was rejected", h.name(), system)
		case len(h.ByHand) > 0:
			return a.heldBack("people have settled part of %s: %s", h.name(), strings.Join(h.ByHand, ", "))
		case a.held.CustomerID != "" && h.CustomerID != a.held.CustomerID:
			return a.heldBack("%s is for customer %s, and the Bill for %s", h.name(), h.CustomerID, a.held.CustomerID)
		case t.CurrencyID != "" && h.CurrencyID != t.CurrencyID:
			return a.heldBack("%s is in currency %s, and the Bill in %s (%s)", h.name(), h.CurrencyID, t.CurrencyID, t.Currency)
		case a.held.Company != "" && h.Company != "" && h.Company != a.held.Company:
			return a.heldBack("%s is in %s %s, and its customer in %s", h.name(), a.cfg.terms().Company, h.Company, a.held.Company)
		case h.Broken != "":
			return a.heldBack("%s could not be read whole: %s", h.name(), h.Broken)
		case !lines.Equal(h.Total.Sub(h.Tax)):
			return a.heldBack("the lines of %s add up to %s, and it comes to %s without tax", h.name(), lines, h.Total.Sub(h.Tax))
		}
		if f, is, differs := a.posted(h); differs {
			return a.heldBack("%s is posted to %s %s, and the Bill to %s: no document moves that", h.name(), f.Name, is, f.Value)
		}
	}
	return nil
}

// posted finds a field of the header that decides where the money of all lines
// counts, and that a document has otherwise.
func (a *amending) posted(h *Held) (f Field, is string, differs bool) {
	for _, f := range a.target.Fields {
		if f.Own != "" || f.As != AsReference && f.As != AsEnum || h.Amends {
			continue
		}
		i := slices.IndexFunc(h.Fields, func(o Field) bool { return strings.EqualFold(o.Name, f.Name) })
		if i >= 0 && canonical(f.As, h.Fields[i].Value) != canonical(f.As, f.Value) {
			return f, h.Fields[i].Value, true
		}
	}
	return f, "", false
}

// stays tells what of the newest Bill the documents that stand do not say, and that
// moves no money.
func (a *amending) stays() []string {
	h, t := a.original(), &a.target
	var out []string
	if h.Date != t.TranDate {
		out = append(out, fmt.Sprintf("%s keeps its date %s; the newest Bill has %s", h.name(), h.Date, t.TranDate))
	}
	return out
}

// mayNot is the failure of a Bill whose difference no setting lets out.
func (a *amending) mayNot(why string) error {
	advice := "set When Final to DELTA to have the difference posted as a document of its own; or settle it by hand and mark this run as sent"
	class, cause := integration.ClassHeld, causeAmend
	for i := range a.held.Documents {
		switch h := &a.held.Documents[i]; {
		case h.Paid:
			class, cause = integration.ClassPaid, "invoice_paid"
		case h.Shut != "":
			class, cause = integration.ClassPeriod, "period_closed"
		}
	}
	return fail(class, cause, why+a.wanted(), advice)
}

// merge is the failure of a Bill whose document revenue arrangements were made of:
// new lines would be new revenue elements beside the old ones.
func (a *amending) merge() error {
	h := a.original()
	return fail(integration.ClassHeld, causeAmend, fmt.Sprintf("Revenue Management is on, and new lines of %s would be new revenue "+
		"elements beside the old ones%s", h.name(), a.wanted()),
		fmt.Sprintf("change %s by hand, merge its revenue arrangements (source %s), and mark this run as sent", h.name(),
			cmp.Or(h.Number, h.ID)))
}
