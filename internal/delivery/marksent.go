package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"billferry/internal/bill"
	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/mapping"
)

const causeMarkedSent = "marked_sent"

// MarkSent settles a failed or held run whose Bill a person has put into the
// destination. externalID is the document's internal id there. It is looked up:
// one that is not evidently the Bill's is an *integration.Mismatch, unless the
// person has seen both sides and confirms.
func (e *Engine) MarkSent(ctx context.Context, runID, externalID, reason string, confirmed bool) (integration.Run, error) {
	externalID = strings.TrimSpace(externalID)
	switch {
	case externalID == "":
		return integration.Run{}, fmt.Errorf("mark run %s as sent: give the internal id of the record", runID)
	case strings.TrimSpace(reason) == "":
		return integration.Run{}, ErrReason
	}
	r, err := e.o.Ledger.Run(ctx, runID)
	if err != nil {
		return r, fmt.Errorf("run %s: %w", runID, err)
	}
	if err := mayEnd(&r); err != nil {
		return r, err
	}
	m, doc, err := e.beside(ctx, r, externalID)
	if err != nil {
		return r, err
	}
	if len(m.Why) > 0 && !confirmed {
		return r, m.Mismatch
	}
	return e.settleManually(ctx, runID, causeMarkedSent, reason, func(r *integration.Run) {
		r.Outcome, r.ExternalID, r.AmountOut, r.AmountTax = integration.Adopted, externalID, m.Bill.Amount, decimal.D{}
		r.URL, r.DocumentKind, r.Warnings = "", "", nil
		if doc.ID != "" {
			r.URL, r.DocumentKind = doc.URL, string(doc.Kind)
		}
		if doc.ID != "" && m.sameCurrency {
			r.AmountOut, r.AmountTax = doc.Total, doc.Tax
		}
		for _, why := range m.Why {
			r.Warnings = append(r.Warnings, "confirmed by a person although "+why)
		}
	})
}

// compared is a mismatch under way.
type compared struct {
	*integration.Mismatch
	sameCurrency bool
}

func (c compared) differs(format string, args ...any) {
	c.Why = append(c.Why, fmt.Sprintf(format, args...))
}

// beside puts the Bill of a run beside a document of the destination, and says
// what speaks against their being the same. doc is empty when it was not seen.
func (e *Engine) beside(ctx context.Context, r integration.Run, id string) (m compared, doc Document, err error) {
	want, err := e.expected(ctx, r)
	if err != nil {
		return m, doc, err
	}
	words := e.words(r.EntityType, r.Destination)
	name := words.System
	m.Mismatch = &integration.Mismatch{System: name, Bill: integration.Side{
		Reference: r.BillRef, Customer: want.customerWords(r), Currency: r.Currency, Amount: want.amount, Date: want.date,
	}}
	if want.unread != nil {
		m.differs("%s could not be asked: %v", name, want.unread)
		return m, doc, nil
	}
	doc, found, err := want.reader.Document(ctx, id)
	switch {
	case err != nil && ctx.Err() != nil:
		return m, doc, err
	case err != nil:
		m.differs("%s could not be asked: %v", name, err)
		return m, doc, nil
	case !found:
		m.differs("%s has no %s with the internal id %q", name, cmp.Or(words.Document, "document"), id)
		return m, doc, nil
	}
	m.Document = integration.Side{Reference: doc.Name, Customer: named(doc.Customer), Currency: doc.Currency,
		Amount: doc.Total, Date: doc.Date}
	m.sameCurrency = want.currencyID != "" && want.currencyID == doc.CurrencyID
	switch {
	case want.customer.ID == "":
		m.differs("the customer of account %s is not known here (%s), and the document is for %s", r.AccountRef(), want.noCustomer,
			named(doc.Customer))
	case want.customer.ID != doc.Customer.ID:
		m.differs("the document is for customer %s, the Bill for %s", named(doc.Customer), named(want.customer))
	}
	switch {
	case want.currencyID == "":
		m.differs("the currency could not be compared: the Bill is in %s, the document in %s", r.Currency, doc.Currency)
	case !m.sameCurrency:
		m.differs("the document is in %s, the Bill in %s", doc.Currency, r.Currency)
	}
	if !doc.Total.Equal(want.amount) {
		iso := doc.Currency
		if m.sameCurrency {
			iso = r.Currency
		}
		m.differs("the document is over %s, the Bill over %s", mapping.Money(doc.Total, iso), mapping.Money(want.amount, r.Currency))
	}
	if doc.Voided {
		m.differs("the document is voided")
	}
	if doc.ExternalID != "" && !want.externalIDs[doc.ExternalID] {
		m.differs("the document has the external id %s, which is not this Bill's", doc.ExternalID)
	}
	other, err := e.claimedBy(ctx, r, id)
	if err != nil {
		return m, doc, err
	}
	if other.ID != "" {
		m.differs("it is the document of %s (run %s)", other.BillRef, other.ID)
	}
	return m, doc, nil
}

// claimedBy finds a run of the same account, and another Bill, that has the
// document. Those of other accounts have another customer.
func (e *Engine) claimedBy(ctx context.Context, r integration.Run, id string) (integration.Run, error) {
	f := integration.RunFilter{Account: r.AccountID, Statuses: []integration.Status{integration.Complete}}
	for token := ""; r.AccountID != ""; {
		p, err := e.o.Ledger.Runs(ctx, f, token, page)
		if err != nil {
			return integration.Run{}, err
		}
		for _, o := range p.Runs {
			if o.ExternalID == id && o.EntityID != r.EntityID && o.Delivered() {
				return o, nil
			}
		}
		if token = p.Next; token == "" {
			break
		}
	}
	return integration.Run{}, nil
}

// expected is what the document of a run's Bill should be.
type expected struct {
	reader      Reader
	unread      error // why the destination cannot be asked; then only the Bill's own figures are known
	customer    integration.Named
	noCustomer  string // why it is not known
	currencyID  string
	amount      decimal.D // with the sign of the Bill
	date        string
	externalIDs map[string]bool
}

func (x expected) customerWords(r integration.Run) string {
	if x.customer.ID == "" {
		return r.AccountRef()
	}
	return r.AccountRef() + " = " + named(x.customer)
}

// figure is what the document of a Bill would come to, whatever else stops it:
// the want of a customer or of an item changes no amount.
func figure(cfg mapping.Config, raw []byte) (decimal.D, bool) {
	b, err := bill.Decode(raw)
	if err != nil {
		return decimal.D{}, false
	}
	cfg.UseExternalMapping, cfg.StrictItems, cfg.CreditMemos, cfg.DefaultItem = false, false, true, "1"
	d, err := mapping.Map(cfg, b, mapping.Lookups{CurrencyID: "1"})
	if d.Kind == mapping.CreditMemo {
		d.Total = d.Total.Neg()
	}
	return d.Total, err == nil
}

// named is a record for a person: its id and its name.
func named(n integration.Named) string { return strings.TrimSpace(n.ID + " " + n.Name) }

// expected finds out what it can. Only the ledger fails it: whatever is not known
// is for the person to look at.
func (e *Engine) expected(ctx context.Context, r integration.Run) (x expected, err error) {
	x.amount = r.AmountIn.Sub(r.AmountExcluded).Sub(r.Rounding)
	raw, err := e.o.Ledger.Bill(ctx, r.ID)
	if err != nil {
		return x, fmt.Errorf("the Bill of run %s: %w", r.ID, err)
	}
	if h, err := bill.DecodeHead(raw); err == nil {
		x.date = h.BillDate
	}
	in, err := e.o.Ledger.Integration(ctx, r.IntegrationID)
	if errors.Is(err, integration.ErrNotFound) {
		x.unread = errors.New("the integration was deleted, and its credentials with it")
		return x, nil
	}
	if err != nil {
		return x, err
	}
	dest, err := e.o.Resolver.Destination(ctx, in)
	if err != nil {
		x.unread = err
		return x, nil
	}
	reader, ok := dest.(Reader)
	conf, err := e.config(in)
	cfg := conf.cfg
	if err != nil {
		x.unread = fmt.Errorf("the integration's settings do not allow it: %w", err)
		return x, nil
	}
	if !ok {
		x.unread = errors.New("its destination cannot be asked for a document")
		return x, nil
	}
	x.reader = reader
	x.externalIDs = map[string]bool{mapping.ExternalID(cfg, mapping.Invoice, r.EntityID): true,
		mapping.ExternalID(cfg, mapping.CreditMemo, r.EntityID): true}
	if x.currencyID, err = dest.CurrencyID(ctx, r.Currency, func(integration.Exchange) {}); err != nil {
		x.currencyID = "" // which is told as not compared
	}
	if amount, ok := figure(cfg, raw); ok {
		x.amount = amount
	}
	ref := "ext:" + r.AccountID
	x.noCustomer = "no customer in " + conf.sys.Words().System + " has the account's id as its external id"
	if cfg.UseExternalMapping {
		x.noCustomer = "it has no external mapping"
		if ref, _, _, err = e.o.Ledger.LookupMapping(ctx, in.ID, conf.sys.Words().Mapped, conf.sys.Words().CustomerTable, accountEntity,
			r.AccountID); err != nil {
			return x, err
		}
	}
	if ref != "" {
		all, err := reader.Resolve(ctx, CustomerRecord, []string{ref})
		c, found := all[ref]
		switch {
		case err != nil:
			x.noCustomer = err.Error()
		case found:
			x.customer = c
		case cfg.UseExternalMapping:
			x.noCustomer = "it is mapped to " + ref + ", which " + conf.sys.Words().System + " has not"
		}
	}
	return x, nil
}
