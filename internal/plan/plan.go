package plan

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"billferry/internal/decimal"
	"billferry/internal/integration"
	"billferry/internal/spec"
	"billferry/mapping"
)

// MaxBills is how many Bills a plan may have.
const MaxBills = 10_000

// Life is how long after it was made a plan may be applied.
const Life = 7 * 24 * time.Hour

// State is how far a plan has come.
type State string

// The states of a plan.
const (
	Proposed State = "PROPOSED" // it waits for another person
	Approved State = "APPROVED" // it may be applied
	Rejected State = "REJECTED" // another person does not want it
	Applying State = "APPLYING" // its Bills are on their way
	Applied  State = "APPLIED"  // each of its Bills is settled, or was refused
	Stopping State = "STOPPING" // what is not on its way is taken back
	Stopped  State = "STOPPED"  // and was
	Expired  State = "EXPIRED"  // it was not applied in time
)

// Action is what becomes of a Bill.
type Action string

// The actions.
const (
	Create    Action = "CREATE"    // a new document
	Update    Action = "UPDATE"    // the document of an earlier version gets this content
	Unchanged Action = "UNCHANGED" // the destination has just this document
	Nothing   Action = "NOTHING"   // nothing is to be sent; Why tells the reason
	Stops     Action = "STOPS"     // it cannot be sent as things stand, and is no part of the plan
)

// Actions lists them.
var Actions = []Action{Create, Update, Unchanged, Nothing, Stops}

// Who is an identity: an API key, or a user of the machine that billferry runs on.
type Who struct {
	ID   string `json:"id"` // key:<id of the API key>, or user:<name>
	Name string `json:"name"`
}

// String names an identity for a person.
func (w Who) String() string { return w.Name }

// Act is what somebody did to a plan.
type Act struct {
	By     Who       `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
	// Seal is over the plan's digest and the act, by a key of the store.
	Seal string `json:"seal,omitempty"`
}

// Bill is one Bill of a plan, in the version that the plan is about.
type Bill struct {
	Run         string          `json:"runId"`
	ID          string          `json:"billId"`
	Ref         string          `json:"billReference"`
	Version     int64           `json:"billVersion"`
	Calculated  string          `json:"billLastCalculatedDate,omitempty"`
	Account     string          `json:"accountId"`
	Code        string          `json:"accountCode,omitempty"`
	Date        string          `json:"documentDate,omitempty"` // of the document, a civil date
	Action      Action          `json:"action"`
	Kind        string          `json:"documentKind,omitempty"` // invoice, creditMemo
	External    string          `json:"externalRef,omitempty"`  // our external id of the document
	Customer    string          `json:"customer,omitempty"`
	CustomerRef string          `json:"-"`                    // an internal id, or ext: and an external one; while the plan is made
	Subsidiary  string          `json:"subsidiary,omitempty"` // of the customer, by name; "" where it is not known
	Currency    string          `json:"currency"`
	Total       decimal.D       `json:"total"`           // of the document, with the sign of the Bill
	Before      decimal.D       `json:"before,omitzero"` // what the destination holds of the Bill
	Lines       []Line          `json:"lines,omitempty"` // of the document
	Warnings    []string        `json:"warnings,omitempty"`
	Why         string          `json:"why,omitempty"`   // why nothing is sent
	Cause       string          `json:"cause,omitempty"` // the same as a stable code
	Hash        string          `json:"hash,omitempty"`  // SHA-256 of Body
	Body        json.RawMessage `json:"body,omitempty"`  // of the document, as the destination takes it

	// What became of it once the plan was applied; no part of the digest.
	Status      string `json:"status,omitempty"`
	StatusCause string `json:"statusCause,omitempty"` // why it has not arrived, a stable code
	Refused     string `json:"refused,omitempty"`     // why it was not sent by this plan
}

// Line is a line of a document.
type Line struct {
	Item        string    `json:"item"`
	Description string    `json:"description,omitempty"`
	Quantity    decimal.D `json:"quantity"`
	Rate        decimal.D `json:"rate"`
	Amount      decimal.D `json:"amount"`
}

// Change is what the plan changes in the destination.
func (b *Bill) Change() decimal.D {
	switch b.Action {
	case Create, Update:
		return b.Total.Sub(b.Before)
	}
	return decimal.D{}
}

// Sent tells whether the plan sends the Bill.
func (b *Bill) Sent() bool { return b.Action != Stops }

// Plan is what would be sent for one integration.
type Plan struct {
	ID            string      `json:"id"`
	IntegrationID string      `json:"integrationConfigId"`
	Integration   string      `json:"integration"` // its name
	System        string      `json:"system"`      // what texts call the destination
	Account       string      `json:"destinationAccount"`
	Version       int64       `json:"integrationVersion"`
	Settings      spec.Values `json:"configData"`
	Editor        string      `json:"lastEditor,omitempty"` // the identity that edited the settings last
	Period        string      `json:"period,omitempty"`
	Filter        string      `json:"filter,omitempty"` // in words
	Author        Who         `json:"author"`
	Created       time.Time   `json:"dtCreated"`
	Expires       time.Time   `json:"dtExpires"`
	Warnings      []string    `json:"warnings,omitempty"`
	Bills         []Bill      `json:"bills,omitempty"` // left out in lists

	Totals    []Total        `json:"totals"`
	Customers []Customer     `json:"customers,omitempty"` // left out in lists
	Parts     []Part         `json:"parts,omitempty"`     // left out in lists
	Counts    map[Action]int `json:"counts"`
	Digest    string         `json:"digest"`    // SHA-256 over all above, hex
	Signature string         `json:"signature"` // over Digest, by a key of the store

	State    State  `json:"state"`
	Decision *Act   `json:"decision,omitempty"` // the approval, or the rejection
	Applied  *Act   `json:"applied,omitempty"`
	Ended    *Act   `json:"stopped,omitempty"` // who stopped it
	Done     int    `json:"done,omitempty"`    // settled Bills, once it is applied
	Failed   int    `json:"failed,omitempty"`  // of them those that failed
	Refused  int    `json:"refused,omitempty"` // Bills that were not sent by it
	Need     string `json:"need,omitempty"`    // what it waits for, in words
}

// Content is the SHA-256 of all that a person approves: which Bills in which
// version, their documents, the settings, by whom and until when. What became of
// the plan is no part of it.
func (p Plan) Content() (string, error) {
	p.Totals, p.Customers, p.Parts, p.Counts, p.Digest, p.Signature = nil, nil, nil, nil, "", ""
	p.State, p.Decision, p.Applied, p.Ended, p.Done, p.Failed, p.Refused, p.Need = "", nil, nil, nil, 0, 0, 0, ""
	p.Bills = slices.Clone(p.Bills)
	for i := range p.Bills {
		p.Bills[i].Status, p.Bills[i].StatusCause, p.Bills[i].Refused = "", "", ""
	}
	raw, err := json.Marshal(p) // maps by their sorted keys
	if err != nil {
		return "", fmt.Errorf("write the plan: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

// Seal is a MAC over parts by a key of the store.
func Seal(key []byte, parts ...string) string {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Signed is the signature of the plan's digest.
func (p *Plan) Signed(key []byte) string { return Seal(key, "plan", p.ID, p.Digest) }

// SealOf is the seal of what somebody did to the plan.
func (p *Plan) SealOf(key []byte, what State, a Act) string {
	return Seal(key, "act", p.ID, p.Digest, string(what), a.By.ID, a.At.UTC().Format(time.RFC3339Nano), a.Reason)
}

// Intact says what of a stored plan was changed outside billferry; "" when nothing
// was.
func (p *Plan) Intact(key []byte) string {
	digest, err := p.Content()
	switch {
	case err != nil:
		return err.Error()
	case digest != p.Digest:
		return "its content"
	case !equal(p.Signed(key), p.Signature):
		return "its signature"
	case p.Decision == nil && (p.State == Proposed || p.State == Expired):
		return ""
	case p.Decision == nil:
		return "its approval"
	}
	what := Approved
	if p.State == Rejected {
		what = Rejected
	}
	if !equal(p.SealOf(key, what, *p.Decision), p.Decision.Seal) {
		return "its approval"
	}
	return ""
}

func equal(a, b string) bool { return hmac.Equal([]byte(a), []byte(b)) }

// At is the state of a plan at a time: one that nobody applied in time has expired.
func (p *Plan) At(now time.Time) State {
	if (p.State == Proposed || p.State == Approved) && !now.Before(p.Expires) {
		return Expired
	}
	return p.State
}

// Over tells whether nothing more becomes of a plan.
func (s State) Over() bool { return s == Rejected || s == Applied || s == Stopped || s == Expired }

// MayDecide says why somebody may not decide on the plan; "" when they may. editor
// is who edited the settings last.
func (p *Plan) MayDecide(who Who, editor string) string {
	switch who.ID {
	case p.Author.ID:
		return who.Name + " has made this plan"
	case editor:
		return who.Name + " has edited the settings of " + p.Integration + " last"
	}
	return ""
}

// Changed names the settings that are other than the plan has them.
func (p *Plan) Changed(f spec.Form, now spec.Values) (out []string) {
	for _, x := range f.Fields {
		was, is := p.Settings.Get(x.Key), now.Get(x.Key)
		if !same(was, is) {
			out = append(out, fmt.Sprintf("%s: %s, was %s", x.Label, x.Show(is), x.Show(was)))
		}
	}
	if len(out) == 0 && !same(p.Settings, now) {
		out = []string{"a setting that the form does not show"}
	}
	return out
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Differs says in words how a Bill would go out now, where that is not as the plan
// has it.
func (b *Bill) Differs(now Bill) []string {
	switch {
	case b.Hash == now.Hash && b.Action == Nothing && now.Action == Nothing, b.Hash == now.Hash && b.Hash != "":
		return nil
	case now.Action == Stops, now.Action == Nothing:
		return []string{"it would not be sent: " + now.Why}
	case b.Action == Nothing:
		return []string{"it would be sent: " + mapping.Money(now.Total, now.Currency)}
	}
	return mapping.Differences(mapping.Encoded{Body: b.Body}, mapping.Encoded{Body: now.Body})
}

// Standing is what a run of the plan has become.
func Standing(r integration.Run) string {
	if r.Status == integration.Complete {
		return r.OutcomeText()
	}
	return r.Standing()
}

// Stand notes what the run of a Bill has become.
func (b *Bill) Stand(r integration.Run) {
	b.Status, b.StatusCause = Standing(r), ""
	if r.Status != integration.Complete {
		b.StatusCause = r.Cause
	}
}

// Told is what is known of a Bill, in a word: what became of it, else why nothing is
// sent, else what to look at first; "" where all is well.
func (b *Bill) Told() string {
	switch {
	case b.Refused != "":
		return "not sent: " + b.Refused
	case b.Status != "" && b.StatusCause != "":
		return b.Status + ": " + b.StatusCause
	case b.Status != "":
		return b.Status
	case b.Why == "" && len(b.Warnings) > 0:
		return b.Warnings[0]
	}
	return b.Why
}

// Failed tells whether a Bill of an applied plan has stopped without what the plan
// wanted.
func (b *Bill) Failed() bool {
	s := integration.Status(b.Status)
	return slices.Contains(integration.Statuses, s) && s.Failed()
}
