package reconcile

import "slices"

// Code is a kind of break. Codes do not change: scripts and resolutions name them.
type Code string

// The kinds of break.
const (
	Missing     Code = "missing"
	Deleted     Code = "deleted"
	Voided      Code = "voided"
	Amount      Code = "amount"
	LineDiffers Code = "line"
	CustomerOff Code = "customer"
	DateOff     Code = "date"
	PeriodOff   Code = "period"
	CurrencyOff Code = "currency"
	CompanyOff  Code = "subsidiary"
	Changed     Code = "changed"
	Duplicate   Code = "duplicate"
	Unknown     Code = "unknown"
	PendingAppr Code = "pending_approval"
	FailedCode  Code = "failed"
	HeldCode    Code = "held"
	FlightCode  Code = "in_flight"
	Unapproved  Code = "not_approved"
	Superseded  Code = "superseded"
	GoneCode    Code = "not_in_source"
	NewerCode   Code = "newer_version"
)

// Bucket is where money of a Bill counts that is not simply posted.
type Bucket string

// The buckets that a break may put money into.
const (
	InOpen        Bucket = "open"
	InNotPosting  Bucket = "notPosting"
	InNotApproved Bucket = "notApproved"
	InOtherPeriod Bucket = "otherPeriod"
)

// Kind describes a code: what a list calls it, and what to do. %s is the name of
// the destination.
type Kind struct {
	Code   Code
	Title  string
	Advice string
}

// Kinds lists the codes, the gravest first: a Bill with several breaks is
// counted under the first of them.
var Kinds = []Kind{
	{Deleted, "Deleted in %s", "ask who deleted it and why; recalculate the Bill in m3ter, which sends it anew, or accept the break " +
		"with what settles it"},
	{Voided, "Voided in %s", "ask who voided it; bill it anew in m3ter, or accept the break with the reference of what settles it"},
	{Missing, "Missing in %s", "no run here is about it: send the Bill, or accept the break if it was invoiced by other means"},
	{GoneCode, "Not in m3ter any more",
		"the Bill was deleted in m3ter, and its document still counts: void the document, or accept the break"},
	{CurrencyOff, "Another currency", "void the document and bill it in the right currency, or accept the break"},
	{CompanyOff, "Another subsidiary", "move the document to the customer's subsidiary, or accept the break"},
	{CustomerOff, "Another customer", "set the document's customer back, or correct the external mapping of the account"},
	{Amount, "Another amount", "set the document back to what was sent, recalculate the Bill in m3ter, which sends it anew, or accept"},
	{LineDiffers, "Other lines", "set the document's lines back, recalculate the Bill in m3ter, which sends it anew, or accept the break"},
	{DateOff, "Another date", "set the document's date back, or accept the break if the cut-off is meant so"},
	{PeriodOff, "Another period", "move the document to the period of its date, or accept the break if the cut-off is meant so"},
	{Changed, "Changed in %s since", "compare both sides; set the document back, or accept the break"},
	{Superseded, "An earlier version stands in %s",
		"the Bill is not to be sent any more: void the document of its earlier version, or accept the break"},
	{Duplicate, "Made by hand beside ours", "void the one that is too much; or accept the break if they are two sales"},
	{Unknown, "Unknown to billferry", "no run made it, and it bears our external id: find who did; void it, or accept the break"},
	{PendingAppr, "Approval pending", "it does not post until somebody approves it in %s"},
	{NewerCode, "A newer version in m3ter", "it has not arrived here yet: let billferry poll m3ter, and reconcile again"},
	{FailedCode, "Failed", "mend the cause and retry the run"},
	{HeldCode, "Held", "release the run, or settle it by hand"},
	{FlightCode, "On its way", "wait until it has arrived, and reconcile again"},
	{Unapproved, "Not approved in m3ter", "approve the Bill in m3ter; it is sent then"},
}

// Unsent tells that the Bill did not go out as it is now: a total is the Bill's then,
// and not what was sent.
func (c Code) Unsent() bool {
	return slices.Contains([]Code{Missing, FailedCode, HeldCode, FlightCode, Unapproved, Superseded}, c)
}

// KindOf finds a code's description.
func KindOf(c Code) Kind {
	if i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Code == c }); i >= 0 {
		return Kinds[i]
	}
	return Kind{Code: c, Title: string(c)}
}

func rank(c Code) int { return slices.IndexFunc(Kinds, func(k Kind) bool { return k.Code == c }) }
