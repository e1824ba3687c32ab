package integration

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
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
	Payments      []Payment `json:"payments,omitempty"`
	Rests         *bool     `json:"-"` // Watch.Rests; nil is either
	Causes        []string  `json:"causes,omitempty"`
	Account       string    `json:"account,omitempty"` // id or code, exact
	Currency      string    `json:"currency,omitempty"`
	Period        string    `json:"period,omitempty"`      // month of the Bill's period, 2026-11
	DatedBefore   string    `json:"datedBefore,omitempty"` // the document is dated before this civil date
	Since         time.Time `json:"since,omitzero"`        // created at or after
	Until         time.Time `json:"until,omitzero"`        // created before
	MinAmount     decimal.D `json:"minAmount,omitzero"`    // amount in, this or more; counts when HasMin
	HasMin        bool      `json:"hasMin,omitempty"`
	Text          string    `json:"text,omitempty"`   // in reference, account, ids; any case
	Oldest        bool      `json:"oldest,omitempty"` // oldest first; newest first otherwise
}

// ByState tells whether the filter asks for no more than MatchesState checks, and
// the integration.
func (f *RunFilter) ByState() bool {
	return f.BillID == "" && f.Account == "" && f.Since.IsZero() && f.Until.IsZero() && !f.HasMin && f.Text == "" && f.Period == "" &&
		f.DatedBefore == ""
}

// MatchesState checks what sums know of a run: its status, outcome, proof, payment,
// cause and currency.
func (f *RunFilter) MatchesState(r *Run) bool {
	return (f.Currency == "" || f.Currency == r.Currency) &&
		(len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)) &&
		(len(f.Outcomes) == 0 || slices.Contains(f.Outcomes, r.Outcome)) &&
		(len(f.Proofs) == 0 || slices.Contains(f.Proofs, r.Proof)) &&
		(len(f.Payments) == 0 || slices.Contains(f.Payments, r.Watch.Payment)) &&
		(f.Rests == nil || *f.Rests == r.Watch.Rests) &&
		(len(f.Causes) == 0 || slices.Contains(f.Causes, r.Cause))
}

// Watches lists what the filter selects by Watch.Index; nil is any.
func (f *RunFilter) Watches() (out []string) {
	if len(f.Payments) == 0 && f.Rests == nil {
		return nil
	}
	for _, p := range append([]Payment{""}, Payments...) {
		for _, rests := range []bool{false, true} {
			r := Run{Watch: Watch{Payment: p, Rests: rests}}
			if g := (RunFilter{Payments: f.Payments, Rests: f.Rests}); g.MatchesState(&r) {
				out = append(out, r.Watch.Index())
			}
		}
	}
	return out
}

// OnlyFailed leaves the filter the statuses that are failures, all of them when
// it names no status; false is that it names others only.
func (f *RunFilter) OnlyFailed() bool {
	asked := f.Statuses
	if len(asked) == 0 {
		asked = Statuses
	}
	f.Statuses = slices.DeleteFunc(slices.Clone(asked), func(s Status) bool { return !s.Failed() })
	return len(f.Statuses) > 0
}

// AccountRef is what people call the account: its code, or its id where it has none.
func (r Run) AccountRef() string { return cmp.Or(r.AccountCode, r.AccountID) }

// ToDo says what happened and what to do about it. What happened is often said in
// words of the other side, with the full stop that it put there.
func ToDo(happened, advice string) string {
	if advice == "" {
		return happened
	}
	return strings.TrimRight(happened, ". ") + ". To do: " + strings.TrimRight(advice, ". ")
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

// SortGroups puts the largest group first.
func SortGroups(groups []Group) {
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Cause, b.Cause), cmp.Compare(a.Status, b.Status))
	})
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

// LastMonth is the last day of the month before that of now, in the zone of now.
func LastMonth(now time.Time) time.Time { return now.AddDate(0, 0, -now.Day()) }
