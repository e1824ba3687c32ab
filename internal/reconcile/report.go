package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"billferry/internal/decimal"
)

// Verdict is the answer in one word.
type Verdict string

// The verdicts.
const (
	Equal  Verdict = "equal"       // both sides agree, and what does not is accepted
	Breaks Verdict = "breaks"      // somebody has to look
	Cannot Verdict = "cannot_tell" // not all could be seen: Doubts say why
)

// Report is what a reconciliation found.
type Report struct {
	ID            string    `json:"id"`
	IntegrationID string    `json:"integrationConfigId"`
	Integration   string    `json:"integration"`
	System        string    `json:"system"` // the destination's name
	Span          Span      `json:"span"`
	Periods       []Period  `json:"accountingPeriods"`
	Begun         time.Time `json:"begun"`
	Ended         time.Time `json:"ended"`
	Source        string    `json:"source"` // where the Bills are from, in words
	Verdict       Verdict   `json:"verdict"`
	Doubts        []string  `json:"doubts,omitempty"` // why it cannot be told
	Bills         int       `json:"bills"`
	Documents     int       `json:"documents"`
	Requests      int       `json:"requests"` // to the destination
	Counted       []Counted `json:"counted,omitempty"`
	Totals        []Total   `json:"totals"`
	CutOff        []CutOff  `json:"cutOff"`
	// Prepayments are rolled forward; NoPrepayments is why they are not, in words.
	Prepayments   []Prepayment `json:"prepayments,omitempty"`
	NoPrepayments string       `json:"noPrepayments,omitempty"`
	// PrepaidCustomers are beside what the source holds; NoHoldings is why they are not,
	// and HoldingsWithout what of it is left out, in words.
	PrepaidCustomers []PrepaidCustomer `json:"prepaidCustomers,omitempty"`
	NoHoldings       string            `json:"noHoldings,omitempty"`
	HoldingsWithout  string            `json:"holdingsWithout,omitempty"`
	// NotCompared are fields that were sent and that queries do not show as they are;
	// those of lines begin with "line.".
	NotCompared []string `json:"notCompared,omitempty"`
	Steps       []Step   `json:"steps"`
	Breaks      []Break  `json:"breaks"`
	// Fixed are those that were open in the report before, and are there no more.
	Fixed []Break `json:"fixed,omitempty"`
	// Rows are what the Bills came to, one by one, when they were asked for.
	Rows []Row `json:"documentRows,omitempty"`
}

// Counted holds what the destination counts to what it has shown.
type Counted struct {
	Currency string    `json:"currency"`
	Kind     string    `json:"kind"`
	Counted  int       `json:"counted"` // documents, as the destination adds them up
	Sum      decimal.D `json:"sum"`
	Read     int       `json:"read"` // as it has shown them one by one
	ReadSum  decimal.D `json:"readSum"`
}

// Total adds one currency of one subsidiary up, from both sides:
//
//	Source = Posted + NotPosting + ExcludedTypes + ExcludedAccounts + NotApproved + OtherPeriod + Rounding + Open + Accepted
//	Ledger = Posted + NotPosting + FromOther + Others + Unknown + Misplaced
type Total struct {
	Currency         string    `json:"currency"`
	Subsidiary       string    `json:"subsidiary,omitempty"` // name; "" where no document and no customer tells
	Bills            int       `json:"bills"`
	Source           decimal.D `json:"source"` // what the Bills come to
	Posted           decimal.D `json:"posted"`
	NotPosting       decimal.D `json:"notPosting"`
	ExcludedTypes    decimal.D `json:"excludedTypes"`
	ExcludedAccounts decimal.D `json:"excludedAccounts"`
	NotApproved      decimal.D `json:"notApproved"`
	OtherPeriod      decimal.D `json:"otherPeriod"`
	Rounding         decimal.D `json:"rounding"`
	Open             decimal.D `json:"open"`
	Accepted         decimal.D `json:"accepted"`

	Documents int       `json:"documents"`
	Ledger    decimal.D `json:"ledger"`    // what the documents of the span come to
	FromOther decimal.D `json:"fromOther"` // of Bills of other dates
	Others    decimal.D `json:"others"`    // of other integrations
	Unknown   decimal.D `json:"unknown"`   // that no run made
	Misplaced decimal.D `json:"misplaced"` // of Bills that belong to another currency or subsidiary, or second ones
}

// Balanced tells whether both equations hold.
func (t Total) Balanced() bool {
	var left decimal.D
	for _, term := range t.terms() {
		left = left.Add(*term.sum)
	}
	right := t.Posted.Add(t.NotPosting).Add(t.FromOther).Add(t.Others).Add(t.Unknown).Add(t.Misplaced)
	return left.Equal(t.Source) && right.Equal(t.Ledger)
}

// Step is how far the Bills of the span have come.
type Step struct {
	Name  string               `json:"name"` // in source, approved, sent, proven, reconciled
	Bills int                  `json:"bills"`
	Money map[string]decimal.D `json:"money"` // by currency
}

// The names of the steps.
const (
	StepSource     = "in m3ter"
	StepApproved   = "approved"
	StepSent       = "sent"
	StepProven     = "proven"
	StepReconciled = "reconciled"
)

var stepNames = []string{StepSource, StepApproved, StepSent, StepProven, StepReconciled}

// Row is one Bill with its document.
type Row struct {
	Bill       string    `json:"billId"`
	Ref        string    `json:"billReference"`
	Account    string    `json:"account"`
	Date       string    `json:"date"`
	Currency   string    `json:"currency"`
	Subsidiary string    `json:"subsidiary,omitempty"`
	State      State     `json:"state"`
	Total      decimal.D `json:"total"`
	Excluded   decimal.D `json:"excluded"`
	Rounding   decimal.D `json:"rounding"`
	Doc        string    `json:"documentId,omitempty"`
	Number     string    `json:"documentNumber,omitempty"`
	DocDate    string    `json:"documentDate,omitempty"`
	Period     string    `json:"postingPeriod,omitempty"`
	Posting    bool      `json:"posting"`
	Net        decimal.D `json:"net"`      // what the document comes to, without tax
	Tax        decimal.D `json:"tax"`      // that the destination added
	DocTotal   decimal.D `json:"docTotal"` // both
	Breaks     []Code    `json:"breaks,omitempty"`
}

// Fact is one thing that both sides say something of.
type Fact struct {
	Name   string `json:"name"`
	Ours   string `json:"ours"`
	Theirs string `json:"theirs"`
}

// IsMoney tells that both sides are amounts: of the document, or of one of its lines.
func (f Fact) IsMoney() bool {
	return f.Name == "total" || f.Name == "tax" || strings.HasSuffix(f.Name, " amount")
}

// Break is something that is not as it should be.
type Break struct {
	ID         string      `json:"id"` // the same in every report, as long as it is about the same thing
	Code       Code        `json:"code"`
	Title      string      `json:"title"`
	Bill       string      `json:"billId,omitempty"`
	Ref        string      `json:"billReference,omitempty"`
	Account    string      `json:"account,omitempty"`
	Run        string      `json:"runId,omitempty"`
	Doc        string      `json:"documentId,omitempty"`
	Number     string      `json:"documentNumber,omitempty"`
	URL        string      `json:"url,omitempty"`
	Date       string      `json:"date,omitempty"`
	Currency   string      `json:"currency"`
	Subsidiary string      `json:"subsidiary,omitempty"`
	Amount     decimal.D   `json:"amount"`     // at stake
	Difference decimal.D   `json:"difference"` // what it adds to its bucket of the totals
	Bucket     Bucket      `json:"bucket,omitempty"`
	Sent       bool        `json:"sent,omitempty"`  // its Bill has arrived
	Worth      decimal.D   `json:"billTotal"`       // of its Bill
	Cause      string      `json:"cause,omitempty"` // of its run
	Facts      []Fact      `json:"facts,omitempty"`
	Text       string      `json:"text"`
	Advice     string      `json:"advice"`
	Since      time.Time   `json:"since"` // when it was found first
	Resolution *Resolution `json:"resolution,omitempty"`
	Accepted   *Resolution `json:"acceptedWithRun,omitempty"` // what a person made of it where its run tells of it
	Lapsed     bool        `json:"lapsed,omitempty"`          // it was resolved, and is another thing now
}

// Open tells whether somebody has to look.
func (b Break) Open() bool { return b.Resolution == nil || b.Lapsed }

// AgeDays is how old the Bill or document is, by its date.
func (b Break) AgeDays(now time.Time) int {
	day, err := time.Parse(time.DateOnly, b.Date)
	if err != nil {
		return 0
	}
	return max(0, int(now.Sub(day).Hours()/24))
}

// mark is what a resolution is about: with other figures it is another thing.
func (b Break) mark() string {
	parts := []string{string(b.Code), b.Currency, b.Amount.Trim(), b.Difference.Trim(), string(b.Bucket)}
	for _, f := range b.Facts {
		parts = append(parts, f.Name, f.Ours, f.Theirs)
	}
	return digest(parts...)
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:12]
}

// breakID names a break by what it is about.
func breakID(integration string, c Code, subject string) string {
	return "b-" + digest(integration, string(c), subject)
}

// The ways in which a person resolves a break.
const (
	AsAccepted  = "accepted"  // it stays as it is
	AsSettled   = "settled"   // by hand, as the reference tells
	AsExplained = "explained" // it is right, and the reason tells why
)

// Ways lists them.
var Ways = []string{AsAccepted, AsSettled, AsExplained}

// Resolution is what a person made of a break.
type Resolution struct {
	Break     string    `json:"breakId"`
	As        string    `json:"as"`
	Reason    string    `json:"reason"`
	Reference string    `json:"reference,omitempty"` // JE-1042
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	// Mark is what the break was like. A break that is otherwise now is open again.
	Mark string `json:"mark"`
}

// Resolve makes the resolution of a break.
func (b Break) Resolve(as, reason, reference, by string, at time.Time) Resolution {
	return Resolution{Break: b.ID, As: as, Reason: reason, Reference: reference, By: by, At: at, Mark: b.mark()}
}

// With lays resolutions over a report, in place of those that lie over it: what is
// resolved counts as accepted, and the verdict follows.
func (r Report) With(resolved map[string]Resolution) Report {
	r.Totals, r.Breaks, r.Steps = slices.Clone(r.Totals), slices.Clone(r.Breaks), slices.Clone(r.Steps)
	open, standing := 0, map[string]bool{}
	for i := range r.Breaks {
		b := &r.Breaks[i]
		t := r.total(b.Currency, b.Subsidiary)
		if t != nil && !b.Open() {
			t.accept(b.Bucket, b.Difference.Neg())
		}
		b.Resolution, b.Lapsed = b.Accepted, false
		if x, ok := resolved[b.ID]; ok && (x.Mark == b.mark() || b.Accepted == nil) {
			b.Resolution, b.Lapsed = &x, x.Mark != b.mark()
		}
		if b.Open() {
			open++
			standing[b.Bill] = standing[b.Bill] || b.Sent
			continue
		}
		if t != nil {
			t.accept(b.Bucket, b.Difference)
		}
	}
	r.reconciled(standing)
	switch {
	case len(r.Doubts) > 0:
		r.Verdict = Cannot
	case open > 0:
		r.Verdict = Breaks
	default:
		r.Verdict = Equal
	}
	return r
}

func (r *Report) total(currency, subsidiary string) *Total {
	i := slices.IndexFunc(r.Totals, func(t Total) bool { return t.Currency == currency && t.Subsidiary == subsidiary })
	if i < 0 {
		return nil
	}
	return &r.Totals[i]
}

// bucket is a sum of the equation of the Bills.
func (t *Total) bucket(b Bucket) *decimal.D {
	switch b {
	case InNotPosting:
		return &t.NotPosting
	case InNotApproved:
		return &t.NotApproved
	case InOtherPeriod:
		return &t.OtherPeriod
	}
	return &t.Open
}

// accept moves money of a break that a person has resolved. What is posted, in
// whatever period and however pending, stays where it is.
func (t *Total) accept(b Bucket, d decimal.D) {
	if b != InOpen && b != InNotApproved {
		return
	}
	*t.bucket(b) = t.bucket(b).Sub(d)
	t.Accepted = t.Accepted.Add(d)
}

// reconciled works the last step out: what was sent, less the Bills with an open break.
func (r *Report) reconciled(standing map[string]bool) {
	i := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Name == StepReconciled })
	j := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Name == StepSent })
	if i < 0 || j < 0 {
		return
	}
	done := Step{Name: StepReconciled, Bills: r.Steps[j].Bills, Money: maps.Clone(r.Steps[j].Money)}
	seen := map[string]bool{}
	for _, b := range r.Breaks {
		if standing[b.Bill] && b.Bill != "" && !seen[b.Bill] {
			seen[b.Bill] = true
			done.Bills--
			done.Money[b.Currency] = done.Money[b.Currency].Sub(b.Worth)
		}
	}
	r.Steps[i] = done
}

// sorted puts the breaks with most money first, within a kind.
func (r *Report) sorted() {
	slices.SortStableFunc(r.Breaks, func(a, b Break) int {
		return cmp.Or(cmp.Compare(rank(a.Code), rank(b.Code)), b.Amount.Abs().Cmp(a.Amount.Abs()), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(r.Counted, func(a, b Counted) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Kind, b.Kind))
	})
	slices.SortFunc(r.Totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Subsidiary, b.Subsidiary))
	})
}

// After carries over what the report before knows: since when a break is there,
// and which are fixed.
func (r Report) After(before Report) Report {
	was := map[string]Break{}
	for _, b := range before.Breaks {
		was[b.ID] = b
	}
	r.Breaks = slices.Clone(r.Breaks)
	for i := range r.Breaks {
		if b, ok := was[r.Breaks[i].ID]; ok {
			r.Breaks[i].Since = b.Since
			delete(was, b.ID)
		}
	}
	if len(r.Doubts) > 0 {
		return r // what was not seen is not fixed
	}
	for _, b := range before.Breaks {
		if _, gone := was[b.ID]; gone {
			r.Fixed = append(r.Fixed, b)
		}
	}
	return r
}
