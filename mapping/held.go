package mapping

import (
	"fmt"
	"slices"
	"strings"

	"billferry/internal/decimal"
)

// Held is a document of a Bill as the destination holds it now. Its money and its
// lines have the document's own sign: a credit memo's are positive.
type Held struct {
	Kind       Kind
	ID         string // internal id
	ExternalID string
	Number     string
	Date       string
	URL        string
	Amends     bool   // it is an amendment; else the document that the Bill became
	CustomerID string // internal id
	CurrencyID string
	Company    string // that it posts to, "" where the account is one
	Rate       string // of exchange; "" where it shows none

	Total, Tax decimal.D // Total is with tax
	Applied    decimal.D // paid or credited on it, or used of it
	Open       decimal.D // what of an invoice is neither paid nor credited
	Paid       bool      // money hangs on it
	Voided     bool
	Posts      bool     // it counts in the ledger
	Shut       string   // what its period is: closed, locked; "" while it is open
	Period     string   // its name
	Issued     string   // how the customer has it: emailed, printed, approved; "" not at all
	ByHand     []string // what people applied to it that is no payment, in words

	Fields []Field // of the header, that the newest document fills
	Lines  []HeldLine
	Broken string // why its lines are not to be trusted, in words
}

// HeldLine is a line of a document that is held, without tax.
type HeldLine struct {
	ItemID string
	Amount decimal.D
	Text   string
	Fields []Field // those that were asked for, as far as they have a value
}

// Holdings is what the destination holds of a Bill, all of it.
type Holdings struct {
	Documents []Held
	// CustomerID and Company are those of the Bill's customer as it is now; "" when
	// they are not known.
	CustomerID, Company string
	// Missing are external ids of documents that were delivered and are not there.
	Missing []string
}

// name is what a person calls the document.
func (h *Held) name() string {
	kind := "invoice"
	if h.Kind == CreditMemo {
		kind = "credit memo"
	}
	if h.Number == "" {
		return kind + " " + h.ID
	}
	return kind + " " + h.Number
}

// signed gives an amount of the document the sign of the Bill.
func (h *Held) signed(x decimal.D) decimal.D {
	if h.Kind == CreditMemo {
		return x.Neg()
	}
	return x
}

// Net is what the document comes to without tax, with the sign of the Bill.
func (h *Held) Net() decimal.D { return h.signed(h.Total.Sub(h.Tax)) }

// final says why the document, which is in a currency, may not be changed any more; ""
// when it may.
func (h *Held) final(a Amending, iso string) string {
	switch {
	case h.Paid:
		return fmt.Sprintf("%s has %s of %s paid or applied", h.name(), Money(h.Applied, iso), Money(h.Total, iso))
	case h.Shut != "":
		return fmt.Sprintf("the accounting period %s of %s is %s", h.Period, h.name(), h.Shut)
	case h.Issued != "" && a.IssuedFinal:
		return fmt.Sprintf("%s was %s", h.name(), h.Issued)
	}
	return ""
}

// Column is a field of lines that tells where money counts.
type Column struct {
	Name string
	As   Shape
}

// Columns are the fields that lines of documents are told apart by: what money is
// posted to. Texts are none.
func Columns(docs ...Document) []Column {
	var out []Column
	for i := range docs {
		for j := range docs[i].Lines {
			for _, f := range docs[i].Lines[j].Fields {
				c := Column{f.Name, f.As}
				if f.Own == "" && f.As != AsText && !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b Column) bool { return a.Name == b.Name })
}

// placeOf is where the money of a line counts: item, service period and whatever
// else fields tell.
func placeOf(item string, fields []Field) string {
	var at []string
	for i := range fields {
		if f := &fields[i]; f.Own == "" && f.As != AsText {
			if v := canonical(f.As, f.Value); v != "" {
				at = append(at, f.Name+"="+v)
			}
		}
	}
	slices.Sort(at)
	return item + "\x00" + strings.Join(at, "\x00")
}

// canonical writes a value in one way, whoever wrote it. A box that is not ticked
// is empty.
func canonical(as Shape, v string) string {
	v = strings.TrimSpace(v)
	switch as {
	case AsBoolean:
		if v == "true" || v == "T" {
			return "true"
		}
		return ""
	case AsNumber:
		if d, err := decimal.Parse(v); err == nil {
			return d.Trim()
		}
	case AsMulti:
		ids := strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
		slices.Sort(ids)
		return strings.Join(ids, ",")
	}
	return v
}
