package integration

import (
	"strings"
	"time"

	"billferry/internal/decimal"
)

// Payment is how far a document is paid, as the destination has it. m3ter has no
// such state, and none is invented there.
type Payment string

// The states of payment; what does not count in a ledger, and what comes to
// nothing, has none.
const (
	Unpaid   Payment = "OPEN"      // nothing was paid, and it is not due yet
	PartPaid Payment = "PART_PAID" // some of it was, and the rest is not due yet
	Paid     Payment = "PAID"      // all of it was
	Overdue  Payment = "OVERDUE"   // some of it or all is open past its due date
	Credited Payment = "CREDITED"  // credit memos alone settle it; of a credit memo: it is used up
)

// Payments lists them.
var Payments = []Payment{Unpaid, PartPaid, Overdue, Paid, Credited}

// Word says the state as a list does; "" is none.
func (p Payment) Word() string { return strings.ReplaceAll(strings.ToLower(string(p)), "_", " ") }

// PaymentText says how far the document is paid, with what is open and since when,
// as write writes amounts; "" is that nothing is known.
func (r Run) PaymentText(write func(decimal.D) string) string {
	w, due, of := r.Watch, "", " of "+write(r.AmountTotal())
	if r.Amends { // that is of all documents of the Bill
		of = ""
	}
	if w.DueDate != "" {
		due = ", due " + w.DueDate
	}
	switch w.Payment {
	case Unpaid:
		return "open: " + write(w.Due) + due
	case PartPaid:
		return "part paid: " + write(w.Due) + of + " open" + due
	case Overdue:
		return "overdue: " + write(w.Due) + of + " open" + due
	case Paid, Credited:
		return w.Payment.Word() + ", seen " + w.Since.Format("2006-01-02 15:04")
	}
	return ""
}

// Settled tells whether nothing of the document is open any more.
func (p Payment) Settled() bool { return p == Paid || p == Credited }

// Owes tells whether some of the document is still to be paid.
func (p Payment) Owes() bool { return p == Unpaid || p == PartPaid || p == Overdue }

// Watch is what the destination has shown of a document since it was proven.
// Amounts are in the document's currency, with its tax and the sign of its Bill.
type Watch struct {
	Payment Payment   `json:"payment,omitempty"`
	Since   time.Time `json:"paymentSince,omitzero"` // when it was first seen to be so
	Due     decimal.D `json:"amountDue"`             // what is open
	DueDate string    `json:"dueDate,omitempty"`     // civil date
	Stamp   string    `json:"stamp,omitempty"`       // the destination's, of the last change
	Period  string    `json:"postingPeriod,omitempty"`
	Twin    string    `json:"duplicate,omitempty"` // internal id of a document that was made by hand beside it
	Rests   bool      `json:"rests,omitempty"`     // nothing is expected of it any more, unless its period is opened again
}

// atRest ends the index of a document that rests.
const atRest = "/rests"

// Index is what runs are listed by: how far the document is paid, and whether it rests.
func (w Watch) Index() string {
	if w.Rests {
		return string(w.Payment) + atRest
	}
	return string(w.Payment)
}

// WatchAt is as much of a Watch as its Index tells.
func WatchAt(index string) Watch {
	payment, rests := strings.CutSuffix(index, atRest)
	return Watch{Payment: Payment(payment), Rests: rests}
}

// Same tells whether both say the same.
func (w Watch) Same(o Watch) bool {
	return w.Payment == o.Payment && w.Since.Equal(o.Since) && w.Due.Equal(o.Due) && w.DueDate == o.DueDate && w.Stamp == o.Stamp &&
		w.Period == o.Period && w.Twin == o.Twin && w.Rests == o.Rests
}

// Owed is a document's money as the destination shows it, in its own currency, with tax.
type Owed struct {
	Total, Due decimal.D
	DueDate    string    // "": it has none
	Credited   decimal.D // the part of Total that credit memos have settled
}

// Payment says what is so on a civil date.
func (o Owed) Payment(today string) Payment {
	switch {
	case o.Total.IsZero():
		return ""
	case o.Due.IsZero() && o.Credited.Abs().Cmp(o.Total.Abs()) >= 0:
		return Credited
	case o.Due.IsZero():
		return Paid
	case o.DueDate != "" && o.DueDate < today:
		return Overdue
	case !o.Due.Equal(o.Total):
		return PartPaid
	}
	return Unpaid
}
