package app

import (
	"context"
	"io"
	"time"

	"billferry/internal/delivery"
	"billferry/internal/integration"
	"billferry/internal/reconcile"
	"billferry/store"
	"billferry/store/postgres"
)

// Store is what App needs of a store beside what the engine does. Every method
// that changes something is durable when it returns nil; each is safe for many
// goroutines at once, and tells what is missing as integration.ErrNotFound, what
// is there already as ErrExists and what somebody else changed meanwhile as
// ErrConflict. What ctx carries of store.WithAudit and store.WithNote is committed
// with the change. Package storetest holds a store to all this.
type Store interface {
	delivery.Ledger
	RunHistory
	Figures
	IntegrationStore
	SecretStore
	MappingStore
	EventStore
	ReportStore
	DraftStore
	AuditStore
	NoteStore

	// OnChange has f called after each commit, for each thing that changed: kind
	// is integration, run, event, mapping, draft, source or reconciliation.
	OnChange(f func(kind, id string))
	// InPlace tells whether the store still is what it was opened as.
	InPlace() error
	io.Closer
}

// CheckedStore is a Store that can be checked.
type CheckedStore interface {
	Store
	// Check reads all there is, and mends what follows from the runs.
	Check(ctx context.Context, repair bool, tell func(part string, records int)) (store.Report, error)
}

// NoteStore changes small things (delivery.Notes) that others may be changing.
type NoteStore interface {
	// UpdateMeta keeps what change makes of a small thing, nil for one that is missing
	// or is to go; nobody else changes it between. An error of change is the answer,
	// and nothing is kept. change does nothing else: it may be asked twice.
	UpdateMeta(ctx context.Context, key string, change func(old []byte) ([]byte, error)) error
}

// FileStore is a CheckedStore in one file, which can be copied.
type FileStore interface {
	CheckedStore
	// CheckCopy checks a copy, while others write.
	CheckCopy(ctx context.Context, tell func(part string, records int)) (store.Report, error)
	Backup(w io.Writer) (int64, error)
}

var (
	_ FileStore    = (*store.Store)(nil)
	_ CheckedStore = (*postgres.Store)(nil)
)

// RunHistory is what people look at of runs.
type RunHistory interface {
	// Attempts reads the attempts of a run, first to last.
	Attempts(ctx context.Context, runID string) ([]integration.Attempt, error)
	// LatestBill reads the Bill that came last.
	LatestBill(ctx context.Context) ([]byte, error)
	// Due lists up to limit runs of all integrations that are due, oldest first.
	Due(ctx context.Context, now time.Time, limit int) ([]integration.Run, error)
	// Purge deletes settled runs made before olderThan, step at a time, and events
	// that were acted on before it. What has a document in doubt stays.
	Purge(ctx context.Context, olderThan time.Time, step int) (int, error)
}

// Figures are numbers of runs and their money. None of them walks the runs,
// unless a filter asks for what is counted by no index.
type Figures interface {
	Totals(ctx context.Context, integrationID string) (integration.Totals, error)
	Sum(ctx context.Context, f integration.RunFilter) (integration.Totals, error)
	// Groups sorts the failed runs by cause and status, the largest group first.
	Groups(ctx context.Context, f integration.RunFilter) ([]integration.Group, error)
	// Summary24h tells how many Bills came in this hour and the 23 before it, and how
	// many Bills and events wait for a person.
	Summary24h(ctx context.Context, integrationID string) (bills, needsYou int, err error)
	// BillsByHour counts Bills in each hour from the one of since to this one, each in
	// the hour of the run that stands for it.
	BillsByHour(ctx context.Context, integrationID string, since time.Time) ([]int, error)
}

// IntegrationStore keeps what operators configure.
type IntegrationStore interface {
	// CreateIntegration keeps a new one and drops the draft that it came from, whose
	// credentials it gets where they are for the same destination.
	CreateIntegration(ctx context.Context, in integration.Integration, draftID string) (integration.Integration, error)
	// UpdateIntegration replaces name and configData of the version that in has.
	UpdateIntegration(ctx context.Context, in integration.Integration) (integration.Integration, error)
	// DeleteIntegration takes credentials and linked mappings with it; runs that
	// waited become DISABLED.
	DeleteIntegration(ctx context.Context, id string) (integration.Integration, error)
	// EndDeleted ends what a deletion that was cut off has left waiting.
	EndDeleted(ctx context.Context) error
}

// SecretStore keeps credentials, their secrets sealed: of integrations, and of
// drafts under the draft's id.
type SecretStore interface {
	PutCredentials(ctx context.Context, integrationID string, c integration.Credentials) error
	Credentials(ctx context.Context, integrationID string) (integration.Credentials, error)
	// CredentialsInfo is Credentials without the secrets.
	CredentialsInfo(ctx context.Context, integrationID string) (integration.Credentials, error)
	PutSource(ctx context.Context, src integration.Source) error
	Source(ctx context.Context) (integration.Source, error)
}

// MappingStore keeps external mappings.
type MappingStore interface {
	Mappings(ctx context.Context) ([]integration.ExternalMapping, error)
	MappingByID(ctx context.Context, id string) (integration.ExternalMapping, error)
	PutMapping(ctx context.Context, m integration.ExternalMapping) (integration.ExternalMapping, error)
	DeleteMapping(ctx context.Context, id string) error
	// ImportMappings adds and changes many in one transaction.
	ImportMappings(ctx context.Context, q store.MappingImport, ms []integration.ExternalMapping) ([]store.ImportedMapping, error)
}

// EventStore is what people and notifications read of events.
type EventStore interface {
	EventByID(ctx context.Context, id string) (integration.Event, error)
	Events(ctx context.Context, integrationID, name string, includeActioned bool, limit int) ([]integration.Event, error)
	// EventsBefore lists those older than one, newest first; EventsAfter those
	// that were kept after one, in the order in which they were.
	EventsBefore(ctx context.Context, before, integrationID, name string, includeActioned bool, limit int) ([]integration.Event, error)
	EventsAfter(ctx context.Context, id string, limit int) ([]integration.Event, error)
	// GrownEvents lists the open ones that happened more than once.
	GrownEvents(ctx context.Context) ([]integration.Event, error)
	ActionEvent(ctx context.Context, id string, actioned bool) (integration.Event, error)
}

// ReportStore keeps what reconciliations found and what people made of it.
type ReportStore interface {
	SaveReport(ctx context.Context, r reconcile.Report) error
	Report(ctx context.Context, id string) (reconcile.Report, error)
	Reports(ctx context.Context, integrationID string) ([]reconcile.Report, error)
	Resolve(ctx context.Context, x reconcile.Resolution) error
	Unresolve(ctx context.Context, id string) error
	Resolutions(ctx context.Context) (map[string]reconcile.Resolution, error)
}

// DraftStore keeps unfinished wizards.
type DraftStore interface {
	Drafts(ctx context.Context) ([]integration.Draft, error)
	SaveDraft(ctx context.Context, d integration.Draft) (integration.Draft, error)
	DeleteDraft(ctx context.Context, id string) error
}

// AuditStore keeps the audit trail.
type AuditStore interface {
	Audit(ctx context.Context, who, what, detail string) error
	// AuditTrail lists the newest entries, newest first.
	AuditTrail(ctx context.Context, limit int) ([]store.AuditEntry, error)
	// VerifyAudit checks the chain; a fault is store.ErrTampered.
	VerifyAudit(ctx context.Context) (n int, last []byte, err error)
}
