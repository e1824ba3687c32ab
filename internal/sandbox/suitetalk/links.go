package suitetalk

import (
	"fmt"
	"slices"
	"strings"

	"billferry/internal/decimal"
	"billferry/internal/sandbox/suiteql"
)

// journal is what a person settled part of an invoice with.
type journal struct {
	id, number string
	amount     decimal.D
}

// Settle settles part of an invoice with a journal, as a person does; an amount of
// zero is all that is open. It returns the journal's id.
func (s *Server) Settle(invoice string, amount decimal.D) (string, error) {
	id := ""
	err := s.manually(invoice, func(t *transaction) *reply {
		if amount.IsZero() {
			amount = t.open()
		}
		if t.kind != typeInvoice || amount.Sign() <= 0 || amount.Cmp(t.open()) > 0 {
			return userError("The amount applied cannot exceed the amount due or the amount that is left to apply.")
		}
		id = s.db.nextID()
		t.journals = append(t.journals, journal{id, "JE" + id, amount})
		t.applied, t.links, t.modified = t.applied.Add(amount), t.links+1, s.db.now()
		return nil
	})
	return id, err
}

// Issue notes that a document was sent to its customer: email or print.
func (s *Server) Issue(id, how string) error {
	if how != "email" && how != "print" {
		return fmt.Errorf("a document is issued by email or print, not by %q", how)
	}
	return s.manually(id, func(t *transaction) *reply {
		t.mailed, t.printed = t.mailed || how == "email", t.printed || how == "print"
		return nil
	})
}

// rowIn is a row of constant values.
func rowIn(values map[string]suiteql.Value) suiteql.Row {
	return func(column string) suiteql.Value { return values[column] }
}

func idValue(id string) suiteql.Value { return suiteql.Value{Kind: suiteql.Number, Text: id} }

// scanApplied goes through what was applied to transactions: payments, credit memos
// and journals, each as the next document of an invoice.
func (v visible) scanApplied(previous []string, yield func(suiteql.Row) bool) {
	give := func(inv *transaction, next string, amount decimal.D) bool {
		return yield(rowIn(map[string]suiteql.Value{"previousdoc": idValue(inv.id), "nextdoc": idValue(next), "previousline": wholeValue(0),
			"nextline": wholeValue(0), "linktype": textValue("Payment"), "foreignamount": numberValue(amount)}))
	}
	for _, t := range v.order {
		for _, a := range t.gave {
			if !give(a.invoice, t.id, a.amount) {
				return
			}
		}
	}
	v.transactions(previous, nil, func(t *transaction) bool {
		for _, j := range t.journals {
			if !give(t, j.id, j.amount) {
				return false
			}
		}
		return true
	})
}

// scanJournals shows the journals among the transactions.
func (v visible) scanJournals(ids []string, yield func(suiteql.Row) bool) {
	for _, t := range v.order {
		for _, j := range t.journals {
			if ids != nil && !slices.Contains(ids, j.id) {
				continue
			}
			if !yield(rowIn(map[string]suiteql.Value{"id": idValue(j.id), "type": textValue("Journal"), "tranid": textValue(j.number),
				"recordtype": textValue("journalentry"), "posting": flagValue(true), "voided": flagValue(false)})) {
				return
			}
		}
	}
}

// scanIssued goes through the messages that carried documents, and the system notes
// about their printing. Both are a guess.
func (v visible) scanIssued(table string, yield func(suiteql.Row) bool) {
	for _, t := range v.order {
		row := map[string]suiteql.Value{"transaction": idValue(t.id), "emailed": flagValue(true)}
		is := t.mailed
		if table == "systemnote" {
			row = map[string]suiteql.Value{"recordid": idValue(t.id), "recordtypeid": wholeValue(-30), "field": textValue("TRANDOC.BPRINTED")}
			is = t.printed
		}
		if is && !yield(rowIn(row)) {
			return
		}
	}
}

// settled is what payments and credits have settled of an invoice and left open,
// or what is used and left of a payment or credit memo: the one has no amounts of
// the other's.
func (t *transaction) settled(column string) suiteql.Value {
	invoice := strings.HasPrefix(column, "foreignamount")
	switch {
	case invoice != (t.kind == typeInvoice):
		return suiteql.Value{}
	case strings.HasSuffix(column, "unpaid"), strings.HasSuffix(column, "unused"):
		return numberValue(t.open())
	}
	return numberValue(t.applied)
}
