package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"billferry/internal/secret"
	"billferry/internal/spec"
)

// Errors that every store and service wraps, so that a caller can tell them.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("changed by somebody else meanwhile")
	ErrExists   = errors.New("exists already")
)

// Integration is one configured connection of an entity type to a destination.
type Integration struct {
	ID            string      `json:"id"`
	Version       int64       `json:"version"` // 1 when created; an update must name the one it read
	EntityType    string      `json:"entityType"`
	Destination   string      `json:"destination"`
	Name          string      `json:"name"`
	ConfigData    spec.Values `json:"configData"`
	CredentialsID string      `json:"integrationCredentialsId,omitempty"`
	Sent          *Sent       `json:"sent,omitempty"`
	Authorized    bool        `json:"authorized"`
	Enabled       bool        `json:"enabled"`
	DisabledWhy   string      `json:"disabledReason,omitempty"` // ours: why it was disabled
	Created       time.Time   `json:"dtCreated"`
	Modified      time.Time   `json:"dtLastModified"`
	CreatedBy     string      `json:"createdBy,omitempty"`
	ModifiedBy    string      `json:"lastModifiedBy,omitempty"`
	// Unreachable is ours, and told only: its destination does not answer.
	Unreachable *Unreachable `json:"unreachable,omitempty"`
}

// KeyApproval is the setting that says who lets Bills go.
const KeyApproval = "billferry.approval"

// ApprovalPlan is its value with which nothing is sent but by an applied plan that
// another person has approved; ApprovalNone asks nobody.
const (
	ApprovalNone = "NONE"
	ApprovalPlan = "PLAN"
)

// ByPlan tells whether the integration sends only what an applied plan has.
func (in Integration) ByPlan() bool { return in.ConfigData.Text(KeyApproval) == ApprovalPlan }

// MaySend tells whether the integration is enabled and authorised, and sends what
// no plan has unless byPlan is set.
func (in Integration) MaySend(byPlan bool) bool {
	return in.Enabled && in.Authorized && (byPlan || !in.ByPlan())
}

// Enable enables or disables it, and tells whether that changed anything: the
// reason that it was disabled for first stays.
func (in *Integration) Enable(enabled bool, why string) bool {
	if in.Enabled == enabled {
		return false
	}
	if in.Enabled, in.DisabledWhy = enabled, why; enabled {
		in.DisabledWhy = ""
	}
	return true
}

// Authorize says whether the destination takes its credentials, and tells whether
// that changed anything: not when it has others than these by now; "" is any.
func (in *Integration) Authorize(credentialsID string, authorized bool) bool {
	if in.Authorized == authorized || credentialsID != "" && credentialsID != in.CredentialsID {
		return false
	}
	in.Authorized = authorized
	return true
}

// Edit takes what an operator edits from one that has the same version, and
// counts that on.
func (in *Integration) Edit(as Integration, at time.Time) error {
	if in.Version != as.Version {
		return fmt.Errorf("integration %q: you have version %d, the stored one is %d: %w; load it again and repeat the change",
			in.ID, as.Version, in.Version, ErrConflict)
	}
	in.Name, in.ConfigData, in.Sent, in.ModifiedBy = as.Name, as.ConfigData, as.Sent, as.ModifiedBy
	in.Version++
	in.Modified = at
	return nil
}

// State is the word for the integration, as m3ter's details page has it.
func (in Integration) State() string {
	switch {
	case !in.Enabled:
		return "DISABLED"
	case in.Authorized && in.Unreachable != nil:
		return "UNREACHABLE"
	case in.Authorized:
		return "CONNECTED"
	}
	return "NOT CONNECTED"
}

// Unreachable tells of a destination that does not answer while Bills wait for
// it. They are tried again by themselves; nothing is withdrawn or disabled.
type Unreachable struct {
	Since   time.Time `json:"since"`         // the first request without an answer
	Why     string    `json:"why"`           // what became of the last one
	Waiting int       `json:"waiting"`       // Bills
	Next    time.Time `json:"next,omitzero"` // when the first of them is tried again
}

// Sent is what a client of m3ter's surface sent and reads again as it was: one
// that compares must find no difference. Nothing else looks at it.
type Sent struct {
	ConfigData    json.RawMessage `json:"configData,omitempty"`
	EntityID      *string         `json:"entityId,omitempty"` // "" was sent, too
	DestinationID *string         `json:"destinationId,omitempty"`
	CredentialsID *string         `json:"integrationCredentialsId,omitempty"`
}

// Credentials are what the Connect form of a destination takes.
type Credentials struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitempty"`
	Destination string `json:"destination,omitempty"` // that they are for
	// Values are by the keys of the form; Secrets are those that are not shown:
	// sealed at rest, never sent back.
	Values  spec.Values             `json:"values,omitempty"`
	Secrets map[string]secret.Value `json:"-"`
	// Account is the destination's name for the account.
	Account string `json:"account,omitempty"`
	// What is known of the key without showing it.
	KeyType     string `json:"keyType,omitempty"`     // "EC P-256"
	Algorithm   string `json:"algorithm,omitempty"`   // "ES256"
	Fingerprint string `json:"fingerprint,omitempty"` // SHA-256, hex: of the public key, or of another secret
	// CertificateEnds is when the destination takes the key no longer; zero when the
	// certificate was not given with the key.
	CertificateEnds time.Time `json:"certificateEnds,omitzero"`
	Verified        bool      `json:"verified"` // the destination took them
	ConnectedAt     time.Time `json:"connectedAt,omitzero"`
	Created         time.Time `json:"dtCreated"`
}

// CertificateWarned is how long before its end a certificate is warned of.
const CertificateWarned = 30 * 24 * time.Hour

// Source is the m3ter side: where Bills come from.
type Source struct {
	OrgID     string       `json:"orgId"`
	AccessKey string       `json:"accessKeyId"`
	APISecret secret.Value `json:"-"` // sealed at rest
	BaseURL   string       `json:"baseUrl"`
	Verified  bool         `json:"verified"`
	Created   time.Time    `json:"dtCreated"`
}

// Draft is a wizard that was not finished. Data is the wizard's own JSON.
type Draft struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"`
	Stage    int       `json:"stage"` // 1 to 3
	Data     []byte    `json:"data"`
	Modified time.Time `json:"dtLastModified"`
	// CredentialsID is set once the draft was connected; what saves a draft does not
	// change it. The integration that is made of the draft gets them.
	CredentialsID string `json:"integrationCredentialsId,omitempty"`
}

// Account is what a picker shows of a m3ter account.
type Account struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Code  string `json:"code"`
	Email string `json:"emailAddress,omitempty"`
	// Fields an account filter can name (facts: id, accountName, accountCode,
	// address.*, currency, customFields.*), by their dotted names.
	Fields map[string]string `json:"fields,omitempty"`
}

// Named is a thing of the destination by id and name: an item, a customer.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// MappedEntities are what of m3ter a mapping can lead from, as m3ter names them; the first
// are accounts, the others lead to items.
var MappedEntities = []string{"Account", "Product", "Aggregation", "AccountingProduct"}

// ExternalMapping ties a m3ter entity to a record of an external system.
// Systems, tables and entities compare without regard to case.
type ExternalMapping struct {
	ID             string `json:"id"`
	Version        int64  `json:"version"`
	M3terEntity    string `json:"m3terEntity"` // one of MappedEntities
	M3terID        string `json:"m3terId"`
	ExternalSystem string `json:"externalSystem"` // as the destination is called there
	ExternalTable  string `json:"externalTable"`  // Customer, Item
	ExternalID     string `json:"externalId"`
	IntegrationID  string `json:"integrationConfigId,omitempty"` // linked to one integration
	// Ours: the names of both, and why the record could not be looked up, as of
	// when the mapping was made. Whoever sends them is not heard.
	M3terName    string    `json:"m3terName,omitempty"`
	ExternalName string    `json:"externalName,omitempty"`
	Unchecked    string    `json:"unchecked,omitempty"`
	Created      time.Time `json:"dtCreated"`
	Modified     time.Time `json:"dtLastModified"`
}

// The integration events: m3ter's five, and two of our own.
const (
	EventValidation     = "integration.validation.error"
	EventMissingMapping = "integration.missingaccountmapping.error"
	EventAuthentication = "integration.authentication.error"
	EventPerform        = "integration.perform.error"
	EventDisabled       = "integration.disabled.error"
	// EventSource is ours: m3ter does not answer, so that no Bill comes. It
	// names no integration and closes itself when m3ter answers again.
	EventSource = "billferry.source.error"
	// EventDocument is ours: a document was changed, voided, deleted or doubled after
	// it was proven.
	EventDocument = "billferry.document.error"
	// EventPayment is ours: a document is paid, part paid, overdue or credited now. It
	// asks nobody to do anything, is closed from its beginning, and kept only where a
	// webhook or mail names it.
	EventPayment = "billferry.payment.changed"
	// EventPlan is ours: a plan waits for another person's approval.
	EventPlan = "billferry.plan.waiting"
)

// Event is something a person should know of, and perhaps act on. What happens
// again while an event of its group is open is counted there, and not told as
// one more: ten thousand Bills in a closed period have one remedy.
type Event struct {
	ID            string    `json:"id"`
	Name          string    `json:"eventName"`
	Time          time.Time `json:"eventTime"`
	Actioned      time.Time `json:"dtActioned,omitzero"` // zero: not actioned
	Resolved      bool      `json:"resolved,omitempty"`  // it was mended, and closed by itself: by no person
	IntegrationID string    `json:"integrationConfigId,omitempty"`
	RunID         string    `json:"integrationRunId,omitempty"`
	BillID        string    `json:"billId,omitempty"`
	AccountID     string    `json:"accountId,omitempty"`
	Message       string    `json:"message"` // what happened and what to do, the last time

	Group  string    `json:"group,omitempty"`     // with the integration: what is counted together; "" is nothing
	Count  int       `json:"count,omitempty"`     // how often it happened; 0 is once
	Last   time.Time `json:"lastTime,omitzero"`   // the last time, when it happened more than once
	Status Status    `json:"runStatus,omitempty"` // of its runs
	Watch  *Watch    `json:"watch,omitempty"`     // of an EventPayment: how the document stands
	Cause  string    `json:"cause,omitempty"`     // of its runs
}

// GroupCertificate joins the events of one integration that tell of the end of a
// certificate; they have the name EventAuthentication, as m3ter has none for it.
const GroupCertificate = "certificate"

// Times is how often it happened: once or more.
func (e Event) Times() int { return max(1, e.Count) }

// NeedsPerson tells whether an event counts among what waits for somebody: nobody
// has acted on it, and no run that it names shows it. A run is well whose document
// has a double.
func (e Event) NeedsPerson() bool {
	return e.Actioned.IsZero() && (e.RunID == "" || e.Cause == CauseTwin)
}

// Acted is an event that a person has acted on at a time, or takes that back of.
func (e Event) Acted(actioned bool, at time.Time) Event {
	switch {
	case !actioned:
		e.Actioned, e.Resolved = time.Time{}, false
	case e.Actioned.IsZero():
		e.Actioned = at
	}
	return e
}

// Mended is an event that closes by itself: what it was about is no more so.
func (e Event) Mended(at time.Time) Event {
	e.Actioned, e.Resolved = at, true
	return e
}

// Runs selects the runs an event is about, as far as they still are so.
func (e Event) Runs() RunFilter {
	f := RunFilter{IntegrationID: e.IntegrationID}
	if e.Status != "" {
		f.Statuses = []Status{e.Status}
	}
	if e.Cause != "" {
		f.Causes = []string{e.Cause}
	}
	if e.Status == Complete && e.Cause != CauseTwin { // of a document that differs: one that was accepted is none any more
		f.Proofs = []Proof{Drift}
	}
	return f
}

// Joined is an open event after it has happened once more: what is new about it
// is of the last time, where and since when it is known stays.
func (e Event) Joined(again Event) Event {
	again.Count, again.Last = e.Times()+1, again.Time
	again.ID, again.Time, again.Actioned, again.Resolved = e.ID, e.Time, time.Time{}, false
	return again
}
