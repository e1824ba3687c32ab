package integration

import (
	"strconv"
	"time"

	"billferry/internal/decimal"
)

func versionKey(version int64, calculated, status string) string {
	return strconv.FormatInt(version, 10) + "@" + calculated + "/" + status
}

// RunFilter selects runs. Zero fields select everything.
type RunFilter struct {
	IntegrationID string    `json:"integrationId,omitempty"`
	BillID        string    `json:"billId,omitempty"`
	Statuses      []Status  `json:"statuses,omitempty"`
	Outcomes      []Outcome `json:"outcomes,omitempty"`
	Proofs        []Proof   `json:"proofs,omitempty"`
	Causes        []string  `json:"causes,omitempty"`
	Account       string    `json:"account,omitempty"` // id or code, exact
	Currency      string    `json:"currency,omitempty"`
	Period        string    `json:"period,omitempty"`   // month of the Bill's period, 2026-11
	Since         time.Time `json:"since,omitzero"`     // created at or after
	Until         time.Time `json:"until,omitzero"`     // created before
	MinAmount     decimal.D `json:"minAmount,omitzero"` // amount in, this or more; counts when HasMin
	HasMin        bool      `json:"hasMin,omitempty"`
	Text          string    `json:"text,omitempty"`   // in reference, account, ids; any case
	Oldest        bool      `json:"oldest,omitempty"` // oldest first; newest first otherwise
}

// Month is that of the Bill's period, as people say it: 2026-11; "" when it has none.
func (r Run) Month() string {
	if len(r.PeriodEnd) < 7 {
		return ""
	}
	if len(r.PeriodStart) >= 7 {
		return r.PeriodStart[:7]
	}
	return r.PeriodEnd[:7]
}

// RunPage is a part of the runs a filter selects.
type RunPage struct {
	Runs []Run  `json:"data"`
	Next string `json:"nextToken,omitempty"` // give it back for the next page; "" is the end
}

// Group is all failed runs of one cause.
type Group struct {
	Cause  string               `json:"cause"`
	Status Status               `json:"status"`
	Count  int                  `json:"count"`
	Money  map[string]decimal.D `json:"money"` // amount in, by currency
	First  time.Time            `json:"first"`
	Last   time.Time            `json:"last"`
	Advice string               `json:"advice,omitempty"`
	Sample string               `json:"sampleRunId"`
}

// Class sorts a failure by what the engine does about it.
type Class string

// The classes of failure.
const (
	ClassLoad      Class = "load"      // refused for load: paced retry
	ClassTransient Class = "transient" // network, 5xx, lock: back off, look up first
	ClassAuth      Class = "auth"      // token or permission refused after a fresh token
	ClassPeriod    Class = "period"    // closed or locked accounting period
	ClassPaid      Class = "paid"      // a paid invoice would change
	ClassMapping   Class = "mapping"   // the customer has no mapping
	ClassData      Class = "data"      // the Bill or configuration is at fault
	ClassRefused   Class = "refused"   // the destination said no for good
	ClassHeld      Class = "held"      // waits for a person by a setting
)

// Failure is why something did not work, told so that a person can mend it
// and a machine can decide. It is the error that mapping, destinations and m3ter
// return to the engine.
type Failure struct {
	Class   Class
	Cause   string        // stable code, snake case
	Message string        // what happened, with the destination's words
	Advice  string        // what to do
	Unknown bool          // the request may have had its effect: look before sending again
	Lone    bool          // its kind says nothing about other Bills: it does not count toward disabling the integration
	Fields  string        // what the destination calls the fields that it names, with commas; "": it names none
	Doubt   bool          // the document is there, or may yet come to be: whoever comes next has to look for it
	After   time.Duration // how long the destination asked us to wait; 0: it did not say
	Err     error         // what lies beneath, or nil
}

// Error tells what happened; Advice stands apart.
func (f *Failure) Error() string { return f.Message }

// Unwrap returns what lies beneath.
func (f *Failure) Unwrap() error { return f.Err }
