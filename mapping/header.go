package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/bill"
	"billferry/internal/integration"
)

// currency finds the smallest amount of the Bill's currency.
func (m *mapper) currency() error {
	places, ok := Exponent(m.bill.Currency)
	if !ok {
		return fail(integration.ClassData, "currency_unknown",
			fmt.Sprintf("the Bill's currency %q is no ISO 4217 code, so its smallest amount is not known", m.bill.Currency),
			"correct the currency in m3ter")
	}
	m.places, m.unit = places, newUnit(places)
	return nil
}

// header fills all of the document but its lines and sums.
func (m *mapper) header() error {
	h, d, t := m.bill, &m.doc, m.terms
	switch base := m.cfg.BaseCurrency; {
	case base != "" && base != h.Currency:
		return fail(integration.ClassHeld, "currency_not_base",
			fmt.Sprintf("the Bill is in %s and Base Currency is %s: %s would take the figures for %s", h.Currency, base, t.System, base),
			"bill the account in "+base+" in m3ter; or "+t.Multicurrency+" and empty Base Currency")
	case base == "" && m.lookups.CurrencyID == "":
		return fail(integration.ClassData, "currency_missing", t.System+" has no currency "+h.Currency,
			"add the currency "+h.Currency+" in "+t.System+bracketed(t.Currencies)+", then retry")
	}
	if len(m.cfg.CustomFields) > 0 {
		if err := m.useZone(); err != nil {
			return err
		}
	}
	d.Currency, d.CurrencyID = h.Currency, m.lookups.CurrencyID
	d.Kind = Invoice
	d.ExternalID, d.OtherID = m.externalID(Invoice), m.externalID(CreditMemo)
	if err := m.customer(); err != nil {
		return err
	}
	if err := m.dates(); err != nil {
		return err
	}
	d.OtherRefNum = m.short("purchaseOrderNumber", h.PurchaseOrderNumber, t.Limits.OtherRef)
	if m.cfg.NumberOfBill {
		if d.Number = strings.TrimSpace(clean(h.SequentialInvoiceNumber)); d.Number == "" || beyond(len(d.Number), t.Limits.Number) {
			return fail(integration.ClassData, "number_missing", fmt.Sprintf("Document Number is the Bill's, and its sequentialInvoiceNumber is %q",
				h.SequentialInvoiceNumber),
				fmt.Sprintf("give the Bill a number of at most %d characters in m3ter, or let %s number the documents (Document Number)",
					t.Limits.Number, t.System))
		}
	}
	m.posting()
	d.Memo = m.short("memo", memo(h.SequentialInvoiceNumber, h.ExternalInvoiceReference, h.StartDate, h.EndDate), t.Limits.Memo)
	d.NoTax, d.Ignore = m.cfg.NoTax, m.cfg.Ignore
	fields, err := m.fill(nil)
	if err != nil {
		return err
	}
	m.own(fields)
	return nil
}

func (m *mapper) customer() error {
	h, t := m.bill, m.terms
	switch {
	case h.AccountID == "":
		return fail(integration.ClassData, "account_missing", "the Bill has no accountId", "get the Bill from m3ter again")
	case !m.cfg.UseExternalMapping:
		return m.customerBy()
	case m.lookups.Customer == "":
		name := h.AccountID
		if h.AccountCode != "" {
			name = h.AccountCode + " (" + h.AccountID + ")"
		}
		return fail(integration.ClassMapping, "account_mapping_missing",
			"account "+name+" has no external mapping to a "+t.System+" "+t.CustomerTable,
			"add an external mapping from Account "+h.AccountID+" to the "+t.System+" "+t.CustomerTable+
				"'s internal id; the Bill is then sent by itself")
	default:
		m.doc.Entity = Ref{ID: m.lookups.Customer}
	}
	return nil
}

// customerBy finds the customer as Customer By says.
func (m *mapper) customerBy() error {
	h, id := m.bill, m.lookups.Customer
	switch m.cfg.CustomerBy {
	case ByEntityID:
		if id == "" {
			return fail(integration.ClassData, "customer_missing", fmt.Sprintf("%s has no customer with the entity id %q, the code of account %s",
				m.terms.System, h.AccountCode, h.AccountID),
				"give the customer that entity id, or the account that code in m3ter; or choose another Customer By; then retry")
		}
	case ByCustomField:
		field := customFieldsPath + m.cfg.CustomerField
		id = strings.TrimSpace(m.lookups.Records[Record{srcAccount, h.AccountID}][field])
		if checkID(id, m.terms.Limits.NumericIDs) != nil {
			return fail(integration.ClassData, "customer_missing",
				fmt.Sprintf("%s of account %s (%s) is %q, which is no customer's internal id", field,
					h.AccountCode, h.AccountID, id), "put the customer's internal id there in m3ter, then retry")
		}
	default:
		m.doc.Entity = Ref{ExternalID: h.AccountID}
		return nil
	}
	m.doc.Entity = Ref{ID: id}
	return nil
}

// posting chooses the accounting period, and says what is known of it.
func (m *mapper) posting() {
	p, d := m.lookups.Period, &m.doc
	switch {
	case p.Shut == "":
	case !m.cfg.FirstOpen:
		m.warn("accounting period %s is %s: %s may refuse the document, unless the account posts it to another by itself", p.Name,
			p.Shut, m.terms.System)
	case p.OpenID == "":
		m.warn("accounting period %s is %s, and %s shows no open one after it", p.Name, p.Shut, m.terms.System)
	case m.lookups.There:
		d.PeriodID = p.OpenID
		m.warn("accounting period %s is %s"+newOne+"%s, and its date stays %s; one that is there stays in its period", p.Name, p.Shut,
			p.OpenName, d.TranDate)
	default:
		d.PeriodID = p.OpenID
		m.warn("accounting period %s is %s"+postedTo+"%s, and its date stays %s", p.Name, p.Shut, p.OpenName, d.TranDate)
	}
}

// What is told of a document whose period is shut.
const (
	postedTo = ": the document is posted to "
	newOne   = ": a new document is posted to "
)

// Stay keeps a document that is there in the posting period that it is in, and
// tells so.
func (d *Document) Stay(periodID string) {
	d.PeriodID, d.Warnings = periodID, slices.Clone(d.Warnings)
	for i, w := range d.Warnings {
		for _, told := range []string{postedTo, newOne} {
			if of, _, ok := strings.Cut(w, told); ok {
				d.Warnings[i] = of + ": the document is there already, and stays in the period that it was posted to"
			}
		}
	}
}

// Date is the date that the document of a Bill has.
func Date(h bill.Head) string {
	if h.ExternalInvoiceDate != "" {
		return h.ExternalInvoiceDate
	}
	return h.BillDate
}

// dates are civil dates: they pass as they are, or not at all.
func (m *mapper) dates() error {
	h, d := m.bill, &m.doc
	d.TranDate = Date(*h)
	field := "externalInvoiceDate"
	if h.ExternalInvoiceDate == "" {
		field = "billDate"
	}
	if err := civil(field, d.TranDate); err != nil {
		return err
	}
	if h.ExternalInvoiceDate == "" && m.cfg.NeedDate {
		return fail(integration.ClassHeld, "invoice_date_missing", "the Bill has no externalInvoiceDate, and Invoice Date is set to require one",
			"set the external invoice date of the Bill in m3ter; or set Invoice Date to EXTERNAL_ELSE_BILL_DATE, then retry")
	}
	if h.ExternalInvoiceDate == "" {
		m.warn("the Bill has no externalInvoiceDate: its billDate %s dates the document, and so its posting period", h.BillDate)
	}
	if !m.cfg.SendDueDate {
		return nil
	}
	if h.DueDate == "" {
		m.warn("%s is on and the Bill has no due date: %s derives it from the customer's terms", m.terms.Settings.SendDueDate, m.terms.System)
		return nil
	}
	d.DueDate = h.DueDate
	return civil("dueDate", d.DueDate)
}

func civil(field, date string) error {
	if _, err := time.Parse(time.DateOnly, date); err != nil {
		return fail(integration.ClassData, "date_unreadable",
			fmt.Sprintf("the Bill's %s %q is not a date (YYYY-MM-DD)", field, date), "correct the Bill in m3ter, then retry")
	}
	return nil
}

// memo names the Bill and its period as m3ter gives them.
func memo(number, reference, start, end string) string {
	if number == "" {
		number = reference
	}
	var parts []string
	if number != "" {
		parts = append(parts, number)
	}
	if start != "" && end != "" {
		parts = append(parts, "billing period "+start+" to "+end)
	}
	return strings.Join(parts, between)
}

// short makes text fit a field, and says so.
func (m *mapper) short(field, text string, limit int) string {
	cleaned := clean(text)
	out, shortened := cut(cleaned, limit)
	if shortened {
		m.warn("%s was shortened to %d characters; it is %q", field, limit, cleaned)
	} else if cleaned != text {
		m.warn("control characters were taken out of %s", field)
	}
	return out
}

// externalID ties the document to its Bill for ever: m3b- (credit memo: m3c-)
// and the Bill's id. With a prefix of the operator's: the prefix, and c- for a
// credit memo. What does not fit the destination's field loses the UUID's
// dashes, and what still does not fit becomes a hash.
func (m *mapper) externalID(kind Kind) string { return ExternalID(m.cfg, kind, m.bill.ID) }

// ExternalIDPrefixes are what the external ids of an integration's documents begin
// with, those of amendments among them.
func ExternalIDPrefixes(cfg Config) []string {
	if cfg.ExternalIDPrefix != "" {
		return []string{cfg.ExternalIDPrefix}
	}
	return ownPrefixes
}

// ownPrefixes are those of integrations without a prefix of the operator's: of
// invoices, credit memos and amendments.
var ownPrefixes = []string{"m3b-", "m3c-", "m3d-"}

// ExternalID is the external id of the document that a Bill becomes.
func ExternalID(cfg Config, kind Kind, id string) string {
	prefix, limit := cfg.ExternalIDPrefix, cfg.terms().Limits.ExternalID
	switch credit := kind == CreditMemo; {
	case prefix == "" && credit:
		prefix = "m3c-"
	case prefix == "":
		prefix = "m3b-"
	case credit:
		prefix += "c-"
	}
	if safeID(id) {
		for _, form := range []string{id, strings.ReplaceAll(id, "-", "")} {
			if !beyond(len(prefix)+len(form), limit) {
				return prefix + form
			}
		}
	}
	sum := sha256.Sum256([]byte(id))
	out := prefix + hex.EncodeToString(sum[:])
	if beyond(len(out), limit) {
		out = out[:limit]
	}
	return out
}
