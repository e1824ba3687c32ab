package integration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
)

// Status is the public state of a run: one of m3ter's eleven, exactly.
type Status string

// m3ter's run statuses.
const (
	Waiting         Status = "WAITING"
	Started         Status = "STARTED"
	Complete        Status = "COMPLETE"
	Errored         Status = "ERROR"
	AwaitingRetry   Status = "AWAITING_RETRY"
	AuthFailed      Status = "AUTH_FAILED"
	PeriodClosed    Status = "ACCOUNTING_PERIOD_CLOSED"
	AlreadyPaid     Status = "INVOICE_ALREADY_PAID"
	Disabled        Status = "DISABLED"
	TimeoutExceeded Status = "TIMEOUT_LIMIT_EXCEEDED"
	RateLimitRetry  Status = "RATE_LIMIT_RETRY"
)

// Statuses lists all of them, in the order tables show them.
var Statuses = []Status{
	Complete, Waiting, Started, RateLimitRetry, AwaitingRetry, Errored, AuthFailed,
	PeriodClosed, AlreadyPaid, Disabled, TimeoutExceeded,
}

// Settled tells whether nothing more happens to the run by itself.
func (s Status) Settled() bool {
	return !slices.Contains([]Status{Waiting, Started, AwaitingRetry, RateLimitRetry}, s)
}

// Queued tells whether the run waits: it is neither settled nor under way.
func (s Status) Queued() bool { return !s.Settled() && s != Started }

// Failed tells whether the run ended without what the operator wanted.
func (s Status) Failed() bool { return s.Settled() && s != Complete }

// Outcome says more finely how a run ended.
type Outcome string

// The outcomes of a run.
const (
	Created    Outcome = "created"    // a new record
	Updated    Outcome = "updated"    // the open record got the new lines
	Unchanged  Outcome = "unchanged"  // the record holds this content already
	Adopted    Outcome = "adopted"    // found after an unknown outcome: it is ours
	Skipped    Outcome = "skipped"    // nothing to send; the reason says why
	Superseded Outcome = "superseded" // a newer version of the Bill took its place
	Held       Outcome = "held"       // waits for a person: held by hand, or by a setting
)

// Proof tells what is known of a document beyond the destination's word that it
// was made: whether it was read back, and is what was sent.
type Proof string

// The proofs of a run that was delivered; any other has none.
const (
	Pending   Proof = "PENDING"    // it is still to be read back
	Proven    Proof = "PROVEN"     // it is as it was sent
	NotPosted Proof = "NOT_POSTED" // it is as it was sent, and waits to be approved there: no ledger has it yet
	Drift     Proof = "DRIFT"      // the destination holds something else: Error tells what
	Accepted  Proof = "ACCEPTED"   // it differs, and a person wants it so: ProofNote tells why, ProofBy who, Error what
	Unread    Proof = "UNREAD"     // it could not be read back: ProofNote tells why
)

// Proofs lists them.
var Proofs = []Proof{Pending, Proven, NotPosted, Drift, Accepted, Unread}

// ProofText is the proof with why, and who accepted what differs.
func (r Run) ProofText() string {
	text := string(r.Proof)
	if r.ProofBy != "" {
		text += " by " + r.ProofBy
	}
	return strings.TrimSuffix(text+": "+r.ProofNote, ": ")
}

// Run is one integration, one Bill, one version of that Bill.
type Run struct {
	ID            string `json:"id"`
	Seq           int64  `json:"-"` // counts runs up as they are added, whatever the clock says
	IntegrationID string `json:"integrationConfigId"`
	EntityType    string `json:"entityType"` // Bill
	EntityID      string `json:"entityId"`   // the Bill's id
	Destination   string `json:"destination"`

	// Which version of the Bill, and what a person calls it.
	BillVersion    int64  `json:"billVersion"`
	BillCalculated string `json:"billLastCalculatedDate,omitempty"`
	BillStatus     string `json:"billStatus,omitempty"`
	BillRef        string `json:"billReference,omitempty"` // INVOICE-101
	AccountID      string `json:"accountId,omitempty"`
	AccountCode    string `json:"accountCode,omitempty"`
	PeriodStart    string `json:"periodStart,omitempty"`  // civil date
	PeriodEnd      string `json:"periodEnd,omitempty"`    // civil date
	DocumentDate   string `json:"documentDate,omitempty"` // civil date of the document that the Bill becomes
	Currency       string `json:"currency,omitempty"`     // ISO 4217
	Trigger        string `json:"trigger,omitempty"`      // poll, file, api, retry

	Status    Status  `json:"status"`
	Outcome   Outcome `json:"outcome,omitempty"`
	Proof     Proof   `json:"proof,omitempty"`
	ProofNote string  `json:"proofNote,omitempty"` // what could not be read, or why it was accepted, in words
	ProofBy   string  `json:"proofBy,omitempty"`   // who accepted it
	// ProofAfter is when a request of an earlier version, which got no answer, is
	// over and cannot change the document any more: it is read back then.
	ProofAfter time.Time `json:"proofAfter,omitzero"`
	// LateChange is when a request was last under way that got no answer and may
	// change the document yet, of this run or of one before it. That the document
	// was proven meanwhile says nothing of what a newer version will find.
	LateChange time.Time `json:"lateChange,omitzero"`
	// LateCreate is when a request to make the document was last under way that got
	// no answer. It is refused while the document is there, and would make it
	// again once a person has deleted that.
	LateCreate time.Time `json:"lateCreate,omitzero"`
	Cause      string    `json:"cause,omitempty"`  // stable code: account_mapping_missing
	Error      string    `json:"error,omitempty"`  // what happened, in the destination's words
	Advice     string    `json:"advice,omitempty"` // what to do

	// Money: Included + Excluded + Rounding = In. Out is what the destination holds of
	// the Bill without tax, an earlier run's document too. Counted and OutProof are the ledger's to set.
	AmountIn       decimal.D `json:"amountIn"`
	AmountIncluded decimal.D `json:"amountIncluded"`
	AmountExcluded decimal.D `json:"amountExcluded"`
	Rounding       decimal.D `json:"rounding"`
	AmountOut      decimal.D `json:"amountOut"`
	OutProof       Proof     `json:"amountOutProof,omitempty"`     // of the earlier run's document that AmountOut is of
	AmountTax      decimal.D `json:"amountTax"`                    // that the destination added to it, once it was read back
	Counted        Counted   `json:"counted,omitempty"`            // how much counts in sums; see Figures
	Lines          int       `json:"lines,omitempty"`              // of the document
	DefaultLines   int       `json:"defaultLines,omitempty"`       // that the default item caught
	DefaultAmount  decimal.D `json:"defaultAmount"`                // money on them
	Warnings       []string  `json:"warnings,omitempty"`           // what was cut or decided
	ExternalID     string    `json:"externalId,omitempty"`         // the destination's internal id
	ExternalRef    string    `json:"externalRef,omitempty"`        // our externalId there: m3b-...
	DocumentKind   string    `json:"documentKind,omitempty"`       // invoice, creditMemo
	Amends         bool      `json:"amendment,omitempty"`          // it stands beside the Bill's earlier documents
	DocumentNumber string    `json:"documentNumber,omitempty"`     // the destination's, as it was last read back
	Account        string    `json:"destinationAccount,omitempty"` // the destination's, once something was sent
	PayloadHash    string    `json:"payloadHash,omitempty"`        // SHA-256 of the document, hex
	URL            string    `json:"url,omitempty"`                // of the record, for a person
	InFlight       bool      `json:"inFlight,omitempty"`           // an intent without a known outcome: look up first
	Tries          int       `json:"tries,omitempty"`              // attempts so far
	ReplayedFrom   string    `json:"replayedFromIntegrationRunId,omitempty"`
	Created        time.Time `json:"dtCreated"`
	Started        time.Time `json:"dtStarted,omitzero"`
	Completed      time.Time `json:"dtCompleted,omitzero"`
	Modified       time.Time `json:"dtLastModified"`
	Next           time.Time `json:"nextAttempt,omitzero"` // when it is due; zero: now
	// Plan is the applied plan by which the run goes out, where the integration sends
	// by plan alone, and PlanHash the document that the plan has of it.
	Plan     string `json:"planId,omitempty"`
	PlanHash string `json:"planHash,omitempty"`
	// Doubt names what requests of this run may have made without a proof. It
	// stays with the run, whatever becomes of that, until a later delivery of the
	// Bill has looked: the Bill is in doubt, and no run of it may overlook that.
	Doubt []Doc `json:"doubt,omitempty"`
	// Watch is what was seen of the document since it was proven, which the ledger
	// keeps (delivery.RunLedger.SaveWatch): whoever saves a run does not change it.
	Watch Watch `json:"watch,omitzero"`
}

// AmountTotal is what the document comes to in the destination, with the tax that
// was added there.
func (r Run) AmountTotal() decimal.D { return r.AmountOut.Add(r.AmountTax) }

// Key names the version of the Bill this run is about: two runs of one
// integration with one key are the same work. A retry is work of its own, so
// its key names the run it repeats as well.
func (r Run) Key() string {
	key := r.IntegrationID + "|" + r.EntityID + "|" + versionKey(r.BillVersion, r.BillCalculated, r.BillStatus)
	if r.ReplayedFrom != "" {
		key += "|" + r.ReplayedFrom
	}
	return key
}

// SameVersion tells whether r and o are about one version of one Bill: retries
// are, too.
func (r Run) SameVersion(o Run) bool {
	r.ReplayedFrom, o.ReplayedFrom = "", ""
	return r.Key() == o.Key()
}

// NewerThan tells whether r is about a later version of the Bill than o.
// m3ter counts versions up; calculation time and approval decide between equals.
func (r Run) NewerThan(o Run) bool {
	if r.BillVersion != o.BillVersion {
		return r.BillVersion > o.BillVersion
	}
	at, errR := time.Parse(time.RFC3339, r.BillCalculated)
	was, errO := time.Parse(time.RFC3339, o.BillCalculated)
	if errR == nil && errO == nil && !at.Equal(was) {
		return at.After(was)
	}
	return r.BillStatus == "APPROVED" && o.BillStatus != "APPROVED"
}

// StandsHeld is the word for a run that nothing is about to send.
const StandsHeld = "HELD"

// Standing is how a run stands, in a word: its status, but for one that a person
// holds, which nothing is about to send, and one whose place another took, which
// is not what was delivered.
func (r Run) Standing() string {
	switch {
	case r.HeldByHand():
		return StandsHeld
	case r.Outcome == Superseded && r.Cause == CauseRetried:
		return "RETRIED"
	case r.Outcome == Superseded:
		return "SUPERSEDED"
	}
	return string(r.Status)
}

// HeldByHand tells whether a person keeps the run from being sent. Its status
// stays what it was: it waits, and for that person. (A Bill that a setting
// holds back has the same outcome, but failed.)
func (r Run) HeldByHand() bool { return r.Outcome == Held && !r.Status.Settled() }

// The causes of a run that its integration keeps until an applied plan lets it go.
const (
	CausePlan        = "waits_for_plan"
	CausePlanDiffers = "plan_differs" // and the last one had another document of it
)

// WaitsForPlan tells whether the run is held until an applied plan lets it go.
func (r Run) WaitsForPlan() bool {
	return r.HeldByHand() && (r.Cause == CausePlan || r.Cause == CausePlanDiffers)
}

// CauseProposed is that of a run whose amendment waits until its Bill is approved.
const CauseProposed = "amendment_proposed"

// Proposed tells whether the run is held until its Bill is approved in the source.
func (r Run) Proposed() bool { return r.HeldByHand() && r.Cause == CauseProposed }

// HoldLike passes the hold of an earlier version of the Bill on to r, unless r
// is settled: who holds a Bill does not mean just one version of it.
func (r *Run) HoldLike(held *Run) {
	if held != nil && held.HeldByHand() && !held.WaitsForPlan() && !held.Proposed() && !r.Status.Settled() {
		r.Outcome, r.Cause, r.Error, r.Advice = held.Outcome, held.Cause, held.Error, held.Advice
	}
}

// The causes of a run whose place another took.
const (
	CauseRetried      = "retried"       // a retry of it
	CauseNewerVersion = "newer_version" // a newer version of the Bill
)

// Replaced settles a failed run whose place another took, so that a Bill which
// needs a person is found, and its money counted, once. What the run was before
// stands in its text.
func (r Run) Replaced(by, cause string, at time.Time) Run {
	was := string(r.Status)
	if r.Status == Complete {
		was = string(r.Outcome)
	}
	if r.Doubtful() {
		was = strings.ToLower(string(r.Proof))
	}
	r.Error = strings.TrimSuffix("run "+by+" took its place; before, it was "+was+": "+r.Error, ": ")
	r.Status, r.Outcome, r.Cause, r.Advice = Complete, Superseded, cause, ""
	r.InFlight, r.Next, r.Modified = false, time.Time{}, at // doubt goes to the other
	r.Proof, r.ProofNote, r.ProofBy, r.ProofAfter = "", "", "", time.Time{}
	return r
}

// ReplacedBy tells whether a new run takes the place of r, which is settled,
// and why: a retry of it, or a newer version of the Bill that is not skipped
// itself. One that was skipped stays what it was: it waits for nobody and its
// money counts nowhere. So does one that was delivered, until it is retried:
// only one without a proof can be.
func (r Run) ReplacedBy(n Run) (cause string, ok bool) {
	same := r.EntityID == n.EntityID && r.IntegrationID == n.IntegrationID
	switch {
	case same && n.ReplayedFrom == r.ID && (r.Status.Failed() || r.Doubtful()):
		return CauseRetried, true
	case same && r.Status.Failed() && n.NewerThan(r) && n.Outcome != Skipped:
		return CauseNewerVersion, true
	}
	return "", false
}

// Retries tells whether a retry makes sense of a run that is settled: it did not
// deliver, or its document differs or could not be read back.
func (r Run) Retries() bool {
	return r.Status.Failed() || r.Status == Complete && (r.Outcome == Skipped || r.Doubtful())
}

// Doubtful tells whether the run was delivered and its document is not as it was
// sent, accepted or not, or could not be read back.
func (r Run) Doubtful() bool {
	return r.Status == Complete && (r.Proof == Drift || r.Proof == Accepted || r.Proof == Unread)
}

// OutcomeText is the outcome in words, with the proof where that is more than the
// usual.
func (r Run) OutcomeText() string {
	switch {
	case r.Proof == "" || r.Proof == Proven || r.Status != Complete:
		return string(r.Outcome)
	case r.Proof == Pending:
		return string(r.Outcome) + ", not read back yet"
	case r.Proof == NotPosted:
		return string(r.Outcome) + ", not posted yet"
	}
	return string(r.Outcome) + ", " + strings.ToLower(string(r.Proof))
}

// NeedsPerson tells whether the run waits for somebody: it failed, or its
// document differs.
func (r Run) NeedsPerson() bool { return r.Status.Failed() || r.Status == Complete && r.Proof == Drift }

// Due tells whether the run may be sent when its time has come.
func (r Run) Due() bool {
	return r.Status.Queued() && r.Outcome != Held
}

// MayBecome tells why a run may not be saved as something else: what a newer
// version has superseded stays so, and nothing leaves COMPLETE.
func (r Run) MayBecome(now Run) error {
	switch {
	case r.Outcome == Superseded && now.Outcome != Superseded:
		return fmt.Errorf("run %s: a newer version of the Bill took its place: %w", r.ID, ErrConflict)
	case r.Status == Complete && now.Status != Complete:
		return fmt.Errorf("run %s: it is complete: %w", r.ID, ErrConflict)
	}
	return nil
}

// Purgeable tells whether a run may be deleted that was made before a time, about a
// Bill with a date before it. What needs a person stays, while there is an integration
// to mend. So does what may have made a document without a proof: a newer version of
// its Bill has to look for that.
func (r Run) Purgeable(olderThan time.Time) bool {
	return r.Status.Settled() && (!r.NeedsPerson() || r.Cause == causeDeleted) && len(r.Doubt) == 0 &&
		r.Created.Before(olderThan) && r.DocumentDate < CivilDate(olderThan)
}

// CivilDate is the date of a moment as documents have it; as text they sort by time.
func CivilDate(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// Attempt is one try at delivering a run.
type Attempt struct {
	N int `json:"n"` // from 1
	// Look is set where nothing was tried: the document was read again after it was
	// proven, and was not as before. A run keeps the last of these.
	Look      bool       `json:"look,omitempty"`
	Start     time.Time  `json:"start"`
	End       time.Time  `json:"end"`
	Status    Status     `json:"status"` // what the run became
	Cause     string     `json:"cause,omitempty"`
	Error     string     `json:"error,omitempty"`
	Exchanges []Exchange `json:"exchanges,omitempty"`
	// Document is the document as mapped for this attempt, JSON, with its
	// explanation; empty when the mapping failed.
	Document []byte `json:"document,omitempty"`
}

// Title is what a person calls it.
func (a Attempt) Title() string {
	if a.Look {
		return "Later look"
	}
	return fmt.Sprint("Attempt ", a.N)
}

// Exchange is one HTTP request and its answer, secrets removed.
type Exchange struct {
	Purpose  string            `json:"purpose"` // create, look up, read back, update
	Method   string            `json:"method"`
	URL      string            `json:"url"`
	Start    time.Time         `json:"start"`
	Duration time.Duration     `json:"duration"` // nanoseconds
	ReqHead  map[string]string `json:"requestHeaders,omitempty"`
	ReqBody  []byte            `json:"requestBody,omitempty"`
	Status   int               `json:"status,omitempty"` // 0: no answer
	RespHead map[string]string `json:"responseHeaders,omitempty"`
	RespBody []byte            `json:"responseBody,omitempty"`
	Cut      bool              `json:"cut,omitempty"`   // a body was longer than 64 KiB
	Error    string            `json:"error,omitempty"` // why there is no answer
}

// Writes tells whether it was to make or to change a document.
func (x Exchange) Writes() bool { return x.Purpose == "create" || x.Purpose == "update" }

// Reads tells whether it was to read the document, and not what it refers to.
func (x Exchange) Reads() bool { return x.Purpose == "look up" || x.Purpose == "read back" }
