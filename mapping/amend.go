package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/integration"
)

// Amending are the settings about Bills whose documents are final: paid, in a
// closed or locked period, or issued where that counts too.
type Amending struct {
	Delta       bool // When Final: what has changed is posted beside the final document; else it is held
	IssuedFinal bool // When Issued: what the customer has is final
	Revenue     bool // Revenue Management: the account recognises revenue by the lines of documents
	Apply       bool // Amendment Apply: a credit memo is applied to the original's open amount
	OldRate     bool // Amendment Exchange Rate: that of the original
}

// Looks tells whether what is there has to be looked at before it is changed.
func (a Amending) Looks() bool { return a.Delta || a.IssuedFinal || a.Revenue }

// Amends says what an amendment is about.
type Amends struct {
	// Documents are those whose sum it completes, as the destination held them.
	Documents []Netted `json:"documents"`
	// Held is what they come to without tax, and HeldTax their tax, with the sign of
	// the Bill; Bill is what the newest Bill comes to.
	Held    decimal.D `json:"held"`
	HeldTax decimal.D `json:"heldTax"`
	Bill    decimal.D `json:"bill"`
	Why     string    `json:"why"` // nothing there is changed
	// Apply is how much of a credit memo is applied to an invoice; nil: nothing.
	Apply *Application `json:"apply,omitempty"`
	// More tells that it does not complete the sum yet: another one follows.
	More bool `json:"more,omitempty"`
}

// SaidAlready tells of a document that was not sent: what stands says all of it.
func (d *Document) SaidAlready() bool { return d.Amends != nil && len(d.Lines) == 0 }

// Beside is what the documents come to that stand beside one, by its internal id,
// without tax and as the tax of all.
func (a *Amends) Beside(id string) (net, tax decimal.D) {
	net, tax = a.Held, a.HeldTax
	for _, n := range a.Documents {
		if n.ID == id { // it is one of them
			net = net.Sub(n.Net)
		}
	}
	return net, tax
}

// Netted is a document that an amendment takes into account.
type Netted struct {
	Kind       Kind      `json:"kind"`
	ID         string    `json:"id"`
	ExternalID string    `json:"externalId,omitempty"`
	Number     string    `json:"number,omitempty"`
	Net        decimal.D `json:"net"` // without tax, with the sign of the Bill
}

// Application is an amount of a credit memo that pays for an invoice.
type Application struct {
	ID     string    `json:"id"` // of the invoice
	Amount decimal.D `json:"amount"`
}

// Amendment is what is to be done about a newer version of a Bill.
type Amendment struct {
	// InPlace: the one document that stands may be changed, or there is none.
	InPlace bool
	// Document is the one to be made; nil where none is needed.
	Document *Document
	// Amends is what stands, where no document is needed.
	Amends *Amends
	// Stays are differences that no money hangs on, and that stay as they are.
	Stays []string
}

// Amend works out what is to be posted so that all documents of a Bill together
// say what its newest version says: the document that it would become by itself is
// target. p is the accounting period of target's date. The error is an
// *integration.Failure that holds the Bill. Amend is pure.
func Amend(cfg Config, billID string, target Document, h Holdings, p Period) (Amendment, error) {
	a := amending{cfg: cfg, target: target, held: h, bill: billID, period: p}
	if !cfg.Amend.Delta && !slices.ContainsFunc(h.Documents, func(d Held) bool { return d.Amends }) {
		a.held.Missing = nil // what a person deleted is made anew, and what one voided does not count
		a.held.Documents = slices.DeleteFunc(slices.Clone(h.Documents), func(d Held) bool { return d.Voided })
	}
	docs := a.held.Documents
	if len(docs) == 0 && len(a.held.Missing) == 0 {
		return Amendment{InPlace: true}, nil
	}
	a.keys()
	why := a.final()
	switch {
	case why == "" && !cfg.Amend.Revenue:
		return Amendment{InPlace: true}, nil
	case why == "" && len(a.delta) == 0 && !docs[0].Voided:
		return Amendment{InPlace: true}, nil // texts alone
	}
	if err := a.obstacle(); err != nil {
		return Amendment{}, err
	}
	if len(a.delta) == 0 {
		return Amendment{Amends: a.amends("", false), Stays: a.stays()}, nil
	}
	switch {
	case why == "":
		return Amendment{}, a.merge()
	case !cfg.Amend.Delta:
		return Amendment{}, a.mayNot(why)
	}
	d, err := a.document(why)
	return Amendment{Document: d, Stays: a.stays()}, err
}

// amending is one Bill under Amend.
type amending struct {
	cfg    Config
	bill   string
	target Document
	held   Holdings
	period Period
	delta  []lack
	whole  string // what the newest Bill says of money, written in one way
}

// final says why nothing that is there is changed: it is final, or no change would
// make it what the Bill says now.
func (a *amending) final() string {
	if len(a.held.Missing) > 0 {
		return strings.Join(a.held.Missing, ", ") + " is not there any more"
	}
	for i := range a.held.Documents {
		d := &a.held.Documents[i]
		if why := d.final(a.cfg.Amend, a.target.Currency); why != "" {
			return why
		}
	}
	first := &a.held.Documents[0]
	switch {
	case len(a.held.Documents) > 1, first.Amends:
		return "the Bill was amended before"
	case a.cfg.Amend.Delta && first.Kind != a.target.Kind:
		return fmt.Sprintf("%s cannot become the other kind of document", first.name())
	}
	return ""
}

// original is the document that amendments name.
func (a *amending) original() *Held {
	docs := a.held.Documents
	for _, fits := range []func(Held) bool{
		func(h Held) bool { return !h.Amends && h.Kind == Invoice },
		func(h Held) bool { return !h.Amends },
	} {
		if i := slices.IndexFunc(docs, fits); i >= 0 {
			return &docs[i]
		}
	}
	return &docs[0]
}

// document makes the amendment. With revenue management money that is added and
// money that is taken back stand on documents of their own, since a negative line
// makes no revenue element that could be merged.
func (a *amending) document(why string) (*Document, error) {
	t, first := &a.target, a.original()
	var sum decimal.D
	more := false
	parts := a.delta
	if a.cfg.Amend.Revenue {
		up := slices.DeleteFunc(slices.Clone(parts), func(d lack) bool { return d.amount.Sign() < 0 })
		more = len(up) > 0 && len(up) < len(parts)
		if len(up) > 0 {
			parts = up
		}
	}
	for _, d := range parts {
		sum = sum.Add(d.amount)
	}
	d := &Document{Kind: Invoice, Entity: t.Entity, CurrencyID: t.CurrencyID, Currency: t.Currency, OtherRefNum: t.OtherRefNum,
		NoTax: t.NoTax, Ignore: t.Ignore}
	sign := func(x decimal.D) decimal.D { return x }
	if sum.Sign() < 0 {
		d.Kind, sign = CreditMemo, decimal.D.Neg
	}
	d.Total = sign(sum)
	d.Included, d.BillTotal = d.Total, d.Total
	limits := a.cfg.terms().Limits
	if beyond(len(parts), limits.Lines) {
		return nil, fail(integration.ClassHeld, causeAmend, fmt.Sprintf("the amendment has %d lines, and %s takes at most %d",
			len(parts), a.cfg.terms().System, limits.Lines), "settle the difference by hand, and mark this run as sent")
	}
	for _, x := range parts {
		d.Lines = append(d.Lines, x.line(sign(x.amount), limits.Description))
	}
	if err := a.date(d); err != nil {
		return nil, err
	}
	text := "amends " + first.Number
	if first.Number == "" {
		text += first.ID
	}
	d.Memo, _ = cut(joined(text+" of "+first.Date, t.Memo), limits.Memo)
	for _, f := range t.Fields {
		if f.Own != OwnMemo && f.Own != OwnNumber {
			d.Fields = append(d.Fields, f)
		}
	}
	if a.cfg.Amend.OldRate && first.Rate != "" && a.cfg.BaseCurrency == "" {
		d.Fields = append(d.Fields, Field{Name: rateField, As: AsNumber, Value: first.Rate,
			Why: "Amendment Exchange Rate: that of " + first.name()})
	}
	d.Amends = a.amends(why, more)
	if open := first.Open; a.cfg.Amend.Apply && d.Kind == CreditMemo && first.Kind == Invoice && open.Sign() > 0 && d.Total.Sign() > 0 {
		if d.Total.Cmp(open) < 0 {
			open = d.Total
		}
		d.Amends.Apply = &Application{ID: first.ID, Amount: open}
	}
	d.Warnings = []string{fmt.Sprintf("%s: %s over %s is made beside it", why, kindWords[d.Kind], Money(d.Total, d.Currency))}
	d.Warnings = append(d.Warnings, a.stays()...)
	d.ExternalID = a.externalID(d)
	return d, nil
}

// rateField is the field of a header that sets its exchange rate.
const rateField = "exchangeRate"

var kindWords = map[Kind]string{Invoice: "an invoice", CreditMemo: "a credit memo"}

func joined(a, b string) string {
	if b == "" {
		return a
	}
	return a + between + b
}

func (a *amending) amends(why string, more bool) *Amends {
	out := &Amends{Why: why, Bill: a.target.signed(), More: more}
	for i := range a.held.Documents {
		h := &a.held.Documents[i]
		out.Held, out.HeldTax = out.Held.Add(h.Net()), out.HeldTax.Add(h.signed(h.Tax))
		out.Documents = append(out.Documents, Netted{Kind: h.Kind, ID: h.ID, ExternalID: h.ExternalID, Number: h.Number, Net: h.Net()})
	}
	slices.SortFunc(out.Documents, func(x, y Netted) int { return strings.Compare(x.ID, y.ID) })
	return out
}

// signed is the document's total with the sign of its Bill.
func (d *Document) signed() decimal.D {
	if d.Kind == CreditMemo {
		return d.Total.Neg()
	}
	return d.Total
}

// date puts the amendment where it may be posted: on the Bill's date, or, where
// that one's period is shut, on the first day of the next that is open. With
// Posting Period FIRST_OPEN the date stays and the period moves.
func (a *amending) date(d *Document) error {
	d.TranDate = a.target.TranDate
	p := a.period
	switch {
	case p.Shut == "":
	case p.OpenID == "" || p.OpenFrom == "" && !a.cfg.FirstOpen:
		return fail(integration.ClassPeriod, "period_closed", fmt.Sprintf("accounting period %s is %s, and %s shows no open "+
			"one after it to post the amendment to", p.Name, p.Shut, a.cfg.terms().System), "open or set up an accounting period, then retry")
	case a.cfg.FirstOpen:
		d.PeriodID = p.OpenID
	default:
		d.TranDate = p.OpenFrom
	}
	return nil
}

// AmendmentPrefix begins the external ids of all amendments of a Bill: m3d-, or the
// operator's prefix and d-, and twelve digits of the hash of the Bill's id. By it
// they are found in the destination whatever became of the store.
func AmendmentPrefix(cfg Config, billID string) string {
	prefix := cfg.ExternalIDPrefix + "d-"
	if cfg.ExternalIDPrefix == "" {
		prefix = "m3d-"
	}
	sum := sha256.Sum256([]byte(billID))
	return prefix + hex.EncodeToString(sum[:])[:12]
}

// externalID is made of the Bill, the documents netted and what is to be reached:
// the same amendment is the same document, whoever works it out again.
func (a *amending) externalID(d *Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", a.bill)
	for _, n := range d.Amends.Documents {
		fmt.Fprintf(&b, "%s\n", n.ID)
	}
	fmt.Fprintf(&b, "%s\n%s", d.Currency, a.whole)
	sum := sha256.Sum256([]byte(b.String()))
	out := AmendmentPrefix(a.cfg, a.bill) + hex.EncodeToString(sum[:])
	limit := a.cfg.terms().Limits.ExternalID
	if limit == 0 {
		limit = 40
	}
	return out[:min(len(out), limit)]
}
