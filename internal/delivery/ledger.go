package delivery

import (
	"context"
	"time"

	"billferry/internal/integration"
)

// Ledger is the memory of the engine. Every method is durable when it returns
// nil, and safe for many goroutines at once. store implements it.
type Ledger interface {
	RunLedger
	Senders
	ExternalIDs
	EventLedger
	Notes
}

// RunLedger keeps the runs, with their Bills and what was sent of them.
type RunLedger interface {
	// AddRuns records Bills to deliver. A run whose Key is known already is
	// left out (added[i] is false and runs[i] is the known one, or the latest
	// retry that took its place). Unsettled runs
	// of the same integration and Bill that are not STARTED and not newer (see
	// integration.Run.NewerThan) become COMPLETE with outcome superseded; when
	// one of them was InFlight the new run becomes InFlight too, so that it is
	// looked up first, and when one was held by hand so is the new one. A
	// version older than a known one is superseded as it comes. Failed runs
	// that it takes the place of (integration.Run.ReplacedBy) are superseded too.
	// The Bills are the caller's: their memory is not used once AddRuns returns.
	AddRuns(ctx context.Context, runs []NewRun) ([]AddedRun, error)
	// SaveRun records a change of a run, and an attempt if there is one. A run
	// that was superseded meanwhile stays so, and nothing leaves COMPLETE, in
	// which a person may have settled it: that is integration.ErrConflict. One
	// that failed, and of whose Bill a newer version came while it was on its way
	// (integration.Run.ReplacedBy), is superseded as it is saved. A ledger that
	// several processes share refuses in the same way what is not as it was read
	// (Run.Modified), and what is on its way by another process.
	SaveRun(ctx context.Context, run integration.Run, attempt *integration.Attempt) error
	// SaveRunSoon is SaveRun for the many runs under way: it may wait some
	// milliseconds, so that several changes share the cost of one commit.
	SaveRunSoon(ctx context.Context, run integration.Run, attempt *integration.Attempt) error
	// SaveWatch keeps what was seen of a run's document, and changes nothing else of
	// the run, not even when it was modified. What has no document of its own, since a
	// later run of its Bill delivered, keeps nothing. It may wait, like SaveRunSoon.
	SaveWatch(ctx context.Context, runID string, w integration.Watch) error
	// Run reads one run.
	Run(ctx context.Context, id string) (integration.Run, error)
	// InFlight lists the runs in Started: after a crash they are what has to be
	// looked up.
	InFlight(ctx context.Context) ([]integration.Run, error)
	// DueFor lists up to limit unsettled runs of an integration whose Next is not
	// after now, oldest first, without those in Started and those held by hand
	// (integration.Run.Due): each integration by itself, so that a blocked one holds
	// up nobody else. next is when its first run that is not due yet falls due, zero
	// when none waits.
	DueFor(ctx context.Context, integrationID string, now time.Time, limit int) (due []integration.Run, next time.Time, err error)
	// Known tells which run keys (integration.Run.Key) are recorded.
	Known(ctx context.Context, keys []string) ([]bool, error)
	// Runs pages through the runs a filter selects.
	Runs(ctx context.Context, f integration.RunFilter, token string, limit int) (integration.RunPage, error)
	// Bill reads the Bill of a run, JSON as it came. It is the caller's: what is
	// decoded shares its memory.
	Bill(ctx context.Context, runID string) ([]byte, error)
	// Sent reads the document that the last attempt of a run has sent
	// (integration.Attempt.Document); integration.ErrNotFound when there is none.
	Sent(ctx context.Context, runID string) ([]byte, error)
	// Siblings lists the other runs of the Bill of this one that matter to it,
	// of every integration, the last that was added first: those that reached the
	// destination or may have, and those about a newer version.
	Siblings(ctx context.Context, of integration.Run) ([]integration.Run, error)
	// SaveProven is SaveRunSoon for a run that was delivered while other runs of
	// its Bill were in doubt (integration.Run.Doubt): it takes that back for the
	// documents seen, which the delivery has looked for.
	SaveProven(ctx context.Context, run integration.Run, attempt *integration.Attempt, seen []integration.Doc) error
}

// Senders are the integrations, and whether they may send.
type Senders interface {
	Integrations(ctx context.Context) ([]integration.Integration, error)
	Integration(ctx context.Context, id string) (integration.Integration, error)
	// MaySend tells whether an integration is enabled and authorised, and sends
	// what no plan has (integration.Integration.ByPlan) unless byPlan is set.
	MaySend(ctx context.Context, integrationID string, byPlan bool) (bool, error)
	// SetEnabled and SetAuthorized change one thing each and nothing else, not
	// even the version an operator edits against, and tell whether they did: what
	// is so already, its reason too, stays. SetAuthorized is about credentials:
	// an integration that has others by now stays as it is; "" is any.
	SetEnabled(ctx context.Context, id string, enabled bool, why string) (changed bool, err error)
	SetAuthorized(ctx context.Context, id, credentialsID string, authorized bool) (changed bool, err error)
}

// ExternalIDs knows the records of the destination that people named.
type ExternalIDs interface {
	// LookupMapping finds the external id for a m3ter entity: a mapping linked
	// to the integration first, then an unlinked one.
	LookupMapping(ctx context.Context, integrationID, system, table, entity, m3terID string) (externalID string, linked, ok bool, err error)
}

// EventLedger keeps what a person has to be told.
type EventLedger interface {
	// AddEvent records an event. One whose Group is not empty is counted on the
	// open event of that integration and group, if there is one
	// (integration.Event.Joined).
	AddEvent(ctx context.Context, e integration.Event) error
	// CloseEvents marks the open event of a group as resolved, if there is one.
	CloseEvents(ctx context.Context, integrationID, group string) error
	// OpenEvents lists the open events of an integration that have a group.
	OpenEvents(ctx context.Context, integrationID string) ([]integration.Event, error)
}

// Notes keeps small things: cursors, the learned limit.
type Notes interface {
	// Meta reads a small thing; one that is missing is nil. SetMeta with nil removes it.
	Meta(ctx context.Context, key string) ([]byte, error)
	SetMeta(ctx context.Context, key string, value []byte) error
	// MetaUnder reads all small things whose keys begin with a prefix.
	MetaUnder(ctx context.Context, prefix string) (map[string][]byte, error)
}
