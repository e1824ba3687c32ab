// Package service is the one interface that a user interface, a script and the
// REST API work through. app implements it on the embedded store; api's
// client implements it over a unix socket; ui and cli cannot tell which.
package service

import (
	"context"
	"strings"
	"time"

	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/internal/secret"
	"billferry/internal/spec"
	"billferry/mapping"
)

// Service does everything an operator can do. All methods are safe for many
// goroutines, honour ctx, and wrap integration.ErrNotFound, ErrConflict and
// ErrExists; a refused configuration is a spec.Problems, a failure of an
// outside system an *integration.Failure.
type Service interface {
	Info(ctx context.Context) (Info, error)
	// Catalog is what can be configured. It does no IO.
	Catalog() spec.Catalog
	// Changes sends a Change after each thing that happened, until ctx ends.
	// A slow reader loses changes, never blocks the engine: reload on any.
	Changes(ctx context.Context) (<-chan Change, error)

	Integrations(ctx context.Context) ([]Summary, error)
	Integration(ctx context.Context, id string) (Detail, error)
	// Create validates, writes the integration and drops the draft in one transaction.
	Create(ctx context.Context, n NewIntegration) (integration.Integration, error)
	// Update replaces name and configData, and Sent where it is given; in.Version
	// must be the stored one.
	Update(ctx context.Context, in integration.Integration) (integration.Integration, error)
	Delete(ctx context.Context, id string) (integration.Integration, error)
	SetEnabled(ctx context.Context, id string, enabled bool) (integration.Integration, error)

	Drafts(ctx context.Context) ([]integration.Draft, error)
	SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error) // an empty ID makes a new one
	DeleteDraft(ctx context.Context, id string) error

	// InspectKey says what a private key is, or a sentence on what is wrong with it.
	InspectKey(ctx context.Context, pem secret.Value) (KeyInfo, error)
	// GenerateKey makes a key pair and certificate in dir, the key 0600.
	GenerateKey(ctx context.Context, dir, algorithm string, days int) (KeyFiles, error)
	// Connect proves credentials against the destination and keeps them. step is
	// called as each check passes or fails; it may be nil.
	Connect(ctx context.Context, c Connect, step func(Step)) (integration.Credentials, error)
	// Test walks what the configuration needs of the destination.
	Test(ctx context.Context, id string, step func(Step)) error

	ConnectSource(ctx context.Context, s integration.Source, step func(Step)) error
	SourceStatus(ctx context.Context) (SourceStatus, error)
	// SourceFields names the custom fields that the m3ter organisation defines, as
	// rules read them: product.customFields.region.
	SourceFields(ctx context.Context) ([]string, error)

	// Accounts searches m3ter's accounts by name, code or id; "" lists the first.
	Accounts(ctx context.Context, query string, limit int) ([]integration.Account, error)
	// Items and Customers search the destination's records by name; an integration
	// that is not connected answers an *integration.Failure of ClassAuth.
	Items(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error)
	Customers(ctx context.Context, integrationID, query string, limit int) ([]integration.Named, error)
	// Fields lists the fields of the destination's documents, and FieldOptions the
	// values that one takes, by name or id; "" lists the first.
	Fields(ctx context.Context, integrationID string) ([]integration.Field, error)
	FieldOptions(ctx context.Context, integrationID, field, query string, limit int) ([]integration.Named, error)
	// Proposed lists the fields that the refusal of a run names and that no rule of
	// its integration fills yet.
	Proposed(ctx context.Context, runID string) ([]integration.Field, error)
	// Coverage tells which fields the settings fill on the Bills that are kept, where
	// their money goes, and what other settings would change. step, which may be nil,
	// hears how far it is.
	Coverage(ctx context.Context, q CoverageRequest, step func(Step)) (Coverage, error)
	// Names are what ids are called: items in the destination of an integration, which
	// may be "" or not connected, and accounts in m3ter. An id that nobody can tell the
	// name of is left out: names are a help, and no error.
	Names(ctx context.Context, q NamesRequest) (map[string]string, error)
	// Preview shows what a sample Bill would become under a configuration that
	// need not be saved. bill may be nil: the latest real Bill, else a built-in one.
	Preview(ctx context.Context, p PreviewRequest) (Preview, error)

	// Submit hands a Bill, JSON as m3ter writes it, to one integration or, with
	// an empty id, to all enabled ones. It returns once the runs are on disk.
	Submit(ctx context.Context, integrationID string, bill []byte, trigger string) ([]integration.Run, error)
	Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error)
	Run(ctx context.Context, id string) (RunDetail, error)
	Totals(ctx context.Context, integrationID string) (integration.Totals, error) // "" is all
	// Sum is Totals of the runs a filter selects, exact. It reads each of them
	// unless the filter names no more than an integration.
	Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error)
	Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error)
	// Activity tells what went on lately and how fast Bills are sent now.
	Activity(ctx context.Context) (Activity, error)
	// Retry re-queues runs, by id or by filter, or only counts when DryRun. It
	// goes in steps of RetryStep runs until all are done, StopReplay is called
	// or ctx ends.
	Retry(ctx context.Context, r RetryRequest) (RetryResult, error)
	// BulkRetries lists the latest retries, newest first, also those of a process
	// before this one.
	BulkRetries(ctx context.Context) ([]BulkRetry, error)
	// StopBulkRetry makes a retry that is under way end after the step it is at, and
	// one that was interrupted count as stopped. What it has re-queued stays so.
	StopBulkRetry(ctx context.Context, name string) (BulkRetry, error)
	// MarkSent settles a failed or held run whose Bill a person has put into
	// the destination, where it has this internal id. The document is looked up:
	// one that is not evidently the Bill's is an *integration.Mismatch unless it
	// is confirmed. SkipRun settles one whose Bill shall not be sent, and
	// accepts the document of a delivered one that differs. Both need a reason.
	MarkSent(ctx context.Context, runID, externalID, reason string, confirmed bool) (integration.Run, error)
	SkipRun(ctx context.Context, runID, reason string) (integration.Run, error)
	// HoldRuns keeps runs that wait from being sent until ReleaseRuns; it needs a
	// reason. A newer version of a held Bill is held as well.
	HoldRuns(ctx context.Context, runIDs []string, reason string) (ActResult, error)
	ReleaseRuns(ctx context.Context, runIDs []string) (ActResult, error)

	// Reconcile holds the Bills of a period beside the documents that the
	// destination has, and keeps what it finds, in place of what it found last time.
	// progress, which may be nil, is called from several goroutines.
	Reconcile(ctx context.Context, q ReconcileRequest, progress func(reconcile.Progress)) (reconcile.Report, error)
	// Reconciliations are the kept reports, newest first, without their breaks.
	Reconciliations(ctx context.Context, integrationID string) ([]reconcile.Report, error)
	Reconciliation(ctx context.Context, id string) (reconcile.Report, error)
	// Explain finds the run that made a document, which is named by its number, its
	// internal id or our external id, with the Bill and the document as it was sent.
	Explain(ctx context.Context, document string) (RunDetail, error)
	// ResolveBreak records what a person made of a break, UndoBreak takes that back.
	ResolveBreak(ctx context.Context, q ResolveRequest) (reconcile.Break, error)
	UndoBreak(ctx context.Context, id string) (reconcile.Break, error)

	Planner
	Filters

	Events(ctx context.Context, f EventFilter) ([]integration.Event, error)
	Event(ctx context.Context, id string) (integration.Event, error)
	ActionEvent(ctx context.Context, id string, actioned bool) (integration.Event, error)

	Mappings(ctx context.Context, f MappingFilter) ([]integration.ExternalMapping, error)
	Mapping(ctx context.Context, id string) (integration.ExternalMapping, error)
	// PutMapping creates (empty ID) or updates a mapping and re-queues the runs
	// that waited for it.
	PutMapping(ctx context.Context, m integration.ExternalMapping) (integration.ExternalMapping, error)
	// ImportMappings adds and changes up to MaxImport mappings in one
	// transaction and re-queues the runs that waited for them.
	ImportMappings(ctx context.Context, q MappingImport) (MappingsImported, error)
	DeleteMapping(ctx context.Context, id string) error
	// PullMappings copies the external mappings that m3ter has for the destinations and
	// tells how many are new or changed.
	PullMappings(ctx context.Context) (int, error)
}

// Info says whose data this is.
type Info struct {
	Organisation string `json:"organisation"` // m3ter org id, or "local" while there is none
	Mode         string `json:"mode"`         // embedded, attached
	DataDir      string `json:"dataDir"`
	Sandbox      bool   `json:"sandbox"` // the simulators answer, not the real systems
	// Requeueing is how many parked runs are still to be looked at after a change
	// that may have freed them: settings, a mapping, credentials.
	Requeueing    int    `json:"requeueing,omitempty"`
	RequeueingOf  int    `json:"requeueingOf,omitempty"` // how many they were
	KeyProtection string `json:"keyProtection"`          // where the key that seals secrets lies, in words
	PID           int    `json:"pid"`                    // of the process that owns the store
	Version       string `json:"version"`
	// Demo names what demo wrote, for the screen that asks for it.
	Demo *DemoInfo `json:"demo,omitempty"`
}

// Called is what a person calls the organisation. m3ter has no name for one: of an id
// the first part tells it from others.
func (i Info) Called() string {
	head, _, id := strings.Cut(i.Organisation, "-")
	switch {
	case i.Demo != nil:
		return "demo"
	case id && len(i.Organisation) == 36 && len(head) == 8:
		return "organisation " + head
	}
	return i.Organisation
}

// DemoInfo is what a newcomer types into the Connect form in demo.
type DemoInfo struct {
	Destination string `json:"destination"`
	// Connect is by the keys of the form; of a secret it is the file that holds it.
	Connect map[string]string `json:"connect"`
	Told    []string          `json:"told"`           // the same in words
	Items   string            `json:"items"`          // which item ids exist, in words
	Kept    string            `json:"kept,omitempty"` // the folder that stays when demo ends; "": none does
}

// Summary is a row of the list of integrations.
type Summary struct {
	integration.Integration
	LastRun  *integration.Run `json:"lastRun,omitempty"`
	Bills24h int              `json:"bills24h"`
	NeedsYou int              `json:"needsYou"` // failed runs and events that wait for a person
	// CertificateEnds is when the destination takes its key no longer; zero: not known.
	CertificateEnds time.Time `json:"certificateEnds,omitzero"`
}

// Detail is the details page.
type Detail struct {
	integration.Integration
	Credentials *integration.Credentials `json:"credentials,omitempty"` // without the key
	LastRuns    []integration.Run        `json:"lastRuns"`              // newest first, at most 5
	Totals      integration.Totals       `json:"totals"`
	Mappings    int                      `json:"mappings"` // linked to it: deleted with it
	Warnings    spec.Problems            `json:"warnings,omitempty"`
	Overlaps    []Overlap                `json:"overlaps,omitempty"` // with other integrations: Bills would be sent twice
}

// Overlap is another integration into the same destination that may select
// Bills of the same accounts.
type Overlap struct {
	IntegrationID string `json:"integrationConfigId"`
	Name          string `json:"name"`
	Accounts      string `json:"accounts"` // in words
	System        string `json:"system"`   // what texts call the destination
}

// String is the overlap as a sentence of warning.
func (o Overlap) String() string {
	return "the integration " + o.Name + " may send the same Bills, into the same " + o.System + " account: " + o.Accounts +
		"; each would be invoiced twice, so give each integration its own accounts"
}

// NewIntegration is the body of Create.
type NewIntegration struct {
	EntityType  string            `json:"entityType"`
	Destination string            `json:"destination"`
	Name        string            `json:"name"`
	ConfigData  spec.Values       `json:"configData"`
	DraftID     string            `json:"draftId,omitempty"` // dropped when given
	Sent        *integration.Sent `json:"sent,omitempty"`
}

// Connect is what the Connect form holds.
type Connect struct {
	IntegrationID string                  `json:"integrationId"`
	Values        spec.Values             `json:"values"` // by the keys of the destination's form
	Secrets       map[string]secret.Value `json:"-"`      // those that are not shown
	// Unverified keeps the credentials although the destination could not be asked.
	Unverified bool `json:"unverified,omitempty"`
}

// Step is one check of Connect or Test.
type Step struct {
	Name    string        `json:"name"`
	State   string        `json:"state"` // running, passed, failed, skipped
	Detail  string        `json:"detail,omitempty"`
	Remedy  string        `json:"remedy,omitempty"`
	Elapsed time.Duration `json:"elapsed,omitempty"` // nanoseconds
}

// KeyInfo is what may be shown of a private key.
type KeyInfo struct {
	Type        string `json:"type"`        // EC P-256, RSA 4096
	Algorithm   string `json:"algorithm"`   // ES256, PS256
	Fingerprint string `json:"fingerprint"` // SHA-256 of the public key (SPKI), hex
}

// KeyFiles names a generated pair.
type KeyFiles struct {
	KeyFile  string    `json:"keyFile"`
	CertFile string    `json:"certFile"`
	Expires  time.Time `json:"expires"`
	Info     KeyInfo   `json:"info"`
}

// SourceStatus is the m3ter side.
type SourceStatus struct {
	Connected bool      `json:"connected"`
	OrgID     string    `json:"orgId,omitempty"`
	BaseURL   string    `json:"baseUrl,omitempty"`
	AccessKey string    `json:"accessKeyId,omitempty"`
	LastPoll  time.Time `json:"lastPoll,omitzero"`
	LastError string    `json:"lastError,omitempty"`
	Known     int       `json:"knownBills"`
}

// PreviewRequest asks for a preview.
type PreviewRequest struct {
	IntegrationID string      `json:"integrationId,omitempty"` // for its external mappings; may be empty
	EntityType    string      `json:"entityType"`
	Destination   string      `json:"destination"`
	ConfigData    spec.Values `json:"configData"`
	Bill          []byte      `json:"bill,omitempty"`
}

// Preview is the document a Bill would become, or became. Where nothing would be
// sent, there is no Body.
type Preview struct {
	Source  string `json:"source"`            // which Bill: "INVOICE-101", "built-in sample"
	Verdict string `json:"verdict"`           // "would be sent", or why not
	Cause   string `json:"cause,omitempty"`   // why not, as a stable code
	Skipped bool   `json:"skipped,omitempty"` // nothing is to be sent, which is no failure
	mapping.Encoded
	Text string `json:"text,omitempty"` // the same as a readable invoice, explained
	// Overlaps are other integrations that may send the Bills that the settings
	// choose; only for settings that somebody is about to save.
	Overlaps []Overlap `json:"overlaps,omitempty"`
}

// RunDetail is one run with everything that is known of it.
type RunDetail struct {
	integration.Run
	Attempts []integration.Attempt `json:"attempts"`
	Bill     []byte                `json:"bill,omitempty"`     // JSON as it came
	Document *Preview              `json:"document,omitempty"` // as last mapped
	// Documents are those of earlier attempts that were mapped otherwise, by
	// the attempt's number.
	Documents map[int]*Preview `json:"documents,omitempty"`
}

// RetryRequest names runs to try again.
type RetryRequest struct {
	RunIDs []string               `json:"runIds,omitempty"`
	Filter *integration.RunFilter `json:"filter,omitempty"`
	DryRun bool                   `json:"dryRun,omitempty"`
	Map    bool                   `json:"map,omitempty"`  // with DryRun: map the Bills as well, see DryRun
	Most   int                    `json:"most,omitempty"` // Bills to map; 0 is MapLimit, and there are never more
	Name   string                 `json:"name,omitempty"` // of the retry, for the record
	// Continue goes on with the retry of this Name that did not get to its end:
	// interrupted, stopped, or ended by an error. RunIDs and Filter stay empty.
	Continue bool `json:"continue,omitempty"`
}

// RetryStep is how many runs a retry takes at a time.
const RetryStep = 200

// RetryResult says what a retry did, or would do.
type RetryResult struct {
	Eligible int            `json:"eligible"`
	Not      map[string]int `json:"notEligible,omitempty"` // reason -> count
	Runs     []string       `json:"runs,omitempty"`        // ids of the new runs, at most 100
	Name     string         `json:"name,omitempty"`        // of the retry; given when the request had none
	Done     int            `json:"done,omitempty"`        // runs that were re-queued
	Stopped  bool           `json:"stopped,omitempty"`     // by StopReplay, before all were
	// What became of mapping the Bills of the eligible runs, the commonest
	// first; of no more than were asked for.
	DryRun []DryRun `json:"mapped,omitempty"`
}

// BulkRetry is a retry under way, one that has ended, or one that was interrupted.
type BulkRetry struct {
	Name    string    `json:"name"`
	Total   int       `json:"total"` // runs to re-queue
	Done    int       `json:"done"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"` // zero: under way
	Stopped bool      `json:"stopped,omitempty"`
	// Interrupted tells that the process that was at it has gone. It can be
	// gone on with (RetryRequest.Continue) or stopped.
	Interrupted bool `json:"interrupted,omitempty"`
}

// ActResult says what an act on many runs did.
type ActResult struct {
	Done int            `json:"done"`
	Not  map[string]int `json:"notDone,omitempty"` // reason -> count
}

// EventFilter selects events, newest first.
type EventFilter struct {
	IntegrationID   string `json:"integrationId,omitempty"`
	Name            string `json:"name,omitempty"`
	IncludeActioned bool   `json:"includeActioned,omitempty"`
	Before          string `json:"before,omitempty"` // id of an event: those older than it
	Limit           int    `json:"limit,omitempty"`  // 0 is 200
}

// MappingFilter selects external mappings.
type MappingFilter struct {
	IntegrationID string `json:"integrationId,omitempty"`
	System        string `json:"system,omitempty"`
	Entity        string `json:"entity,omitempty"`
	Text          string `json:"text,omitempty"` // in any id
}
