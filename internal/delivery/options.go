package delivery

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"billferry/internal/integration"
)

// DefaultBudget is how long a run may be retried before it is parked.
const DefaultBudget = 24 * time.Hour

// drain is how long calls under way may take once the engine is told to stop,
// and lastSave when results must be on disk: a stop is over within ten seconds,
// whatever hangs. What is cut off is looked up first by whoever comes next.
const (
	drain    = 7 * time.Second
	lastSave = 9 * time.Second
)

// Options are what an Engine works with. Ledger and Resolver are required.
type Options struct {
	Ledger   Ledger
	Resolver Resolver
	// Holder says which accounts are this process's; nil: all are.
	Holder Holder
	// Elsewhere knows of accounts that other processes have; nil: there are none.
	Elsewhere Elsewhere
	// Accounts answers account filters; nil means that no m3ter is connected.
	Accounts Accounts
	// Records answers rules that read m3ter's entities; nil means that no m3ter is
	// connected.
	Records Records
	// Mappings is asked when an external mapping is missing; nil means that
	// what the ledger has is all there is.
	Mappings Mappings
	// Forget is called when a person retries: what the source answered lately may
	// be what stopped the runs, and is to be asked again. nil forgets nothing.
	Forget func()
	Now    func() time.Time // nil is time.Now
	Logger *slog.Logger     // nil logs nothing
	// OnRun is called after each change of a run is on disk. It must not block.
	OnRun func(integration.Run)
	// OnAttempt is called after an attempt is on disk. It must not block; nil
	// tells nobody.
	OnAttempt func(integration.Run, integration.Attempt)
	// Workers bounds the slots of every account, on top of the
	// setting Max Concurrency; 0 leaves it to the setting.
	Workers int
	// Budget is the time a run may take from its first attempt; 0 is DefaultBudget.
	Budget time.Duration
	// History is how long before its creation a Bill may have been calculated
	// for an integration to take it from the poller; 0 takes all that the
	// poller's window shows. What people submit by hand is never too old.
	History time.Duration
	// Guard is how often documents are looked at again after they were proven; 0 is
	// never.
	Guard time.Duration
	// TellPayments has an event kept of each document that is paid, part paid, overdue
	// or credited now.
	TellPayments bool
	// Backoff bounds the wait before the second attempt, and is the first pause
	// of an account that refuses everything; both double from there. 0 is one
	// second. Tests that fail thousands of times make it shorter.
	Backoff time.Duration
	// Late is how long a request may have its effect after it was sent; 0 is a
	// quarter of an hour. Tests against a destination that they know make it shorter.
	Late time.Duration
	// Jitter draws a wait from 0 to below a bound; nil is rand.N. Tests that repeat
	// a history draw it from a seed.
	Jitter func(bound time.Duration) time.Duration
	// Step is told the name of each of Steps as a delivery passes it; nil, in
	// production, tells nobody. Tests end the process there, to prove that what
	// is on disk at that moment is enough to go on.
	Step func(name string)
}

// The moments of a delivery between which the process may end.
const (
	StepRecorded   = "runs recorded" // Submit has them on disk
	StepRecovered  = "run recovered" // after a restart, one run that was in flight is due again
	StepIntent     = "intent saved"  // the destination may be called from here on
	StepSlot       = "slot taken"    // the next thing is the call
	StepAnswered   = "answer held"   // the result is known and not on disk
	StepSaved      = "result saved"  // and now it is
	StepEnded      = "task ended"    // and what it asks for was done: events, counters
	StepBatch      = "batch sent"    // documents are about to be read back with one query
	StepProved     = "proof held"    // the document was read back, and that is not on disk
	StepProofSaved = "proof saved"   // and now it is
)

// Steps lists them in their order.
var Steps = []string{StepRecorded, StepRecovered, StepIntent, StepSlot, StepAnswered, StepSaved, StepEnded, StepBatch,
	StepProved, StepProofSaved}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Forget == nil {
		o.Forget = func() {}
	}
	if o.OnRun == nil {
		o.OnRun = func(integration.Run) {}
	}
	if o.OnAttempt == nil {
		o.OnAttempt = func(integration.Run, integration.Attempt) {}
	}
	if o.Step == nil {
		o.Step = func(string) {}
	}
	if o.Jitter == nil {
		o.Jitter = rand.N[time.Duration]
	}
	if o.Late <= 0 {
		o.Late = lateRequest
	}
	if o.Backoff <= 0 {
		o.Backoff = firstBackoff
	}
	if o.Budget <= 0 {
		o.Budget = DefaultBudget
	}
	return o
}
