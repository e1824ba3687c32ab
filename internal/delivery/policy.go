package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"billferry/internal/integration"
	"billferry/internal/spec"
)

const (
	firstBackoff   = time.Second
	longestBackoff = 15 * time.Minute
)

// backoff is how long to wait before try n+1, full jitter: anything between
// nothing and an exponentially growing bound, so that many runs that failed
// together do not come back together.
func backoff(o Options, n int) time.Duration {
	bound := min(o.Backoff<<min(max(n-1, 0), 20), longestBackoff)
	return o.Jitter(bound) + 1
}

// sleep waits, and tells whether ctx has not ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// failure turns any error into the one kind the engine decides on. An error
// that nobody classified is taken for a passing one: the run is retried within
// its budget, and looked up first.
func failure(err error) *integration.Failure {
	var f *integration.Failure
	if errors.As(err, &f) {
		return f
	}
	var p spec.Problems
	if errors.As(err, &p) {
		return &integration.Failure{
			Class: integration.ClassData, Cause: "configuration_invalid", Err: err,
			Message: "the configuration of the integration is not valid: " + err.Error(),
			Advice:  "edit the integration, then retry this run",
		}
	}
	return &integration.Failure{
		Class: integration.ClassTransient, Cause: "internal_error", Err: err, Unknown: true,
		Message: err.Error(), Advice: "it is tried again by itself; if it stays, look into the log",
	}
}

// verdict is what a failure makes of a run.
type verdict struct {
	status integration.Status
	event  string // to raise; "" for none
	// parked tells that a person or a change of data has to move next.
	parked bool
	// fault tells that it counts toward disabling the integration: a run of
	// such errors means that something is wrong with more than one Bill. What
	// a missing customer mapping or a setting holds back is not one of them,
	// since each has its own remedy that frees just these runs; nor is what
	// concerns single customers (integration.Failure.Lone).
	fault bool
}

// verdicts is the table of DELIVERY, "When things fail".
var verdicts = map[integration.Class]verdict{
	integration.ClassLoad:      {status: integration.RateLimitRetry},
	integration.ClassTransient: {status: integration.AwaitingRetry},
	integration.ClassAuth:      {status: integration.AuthFailed, event: integration.EventAuthentication, parked: true},
	integration.ClassPeriod:    {status: integration.PeriodClosed, event: integration.EventPerform, parked: true},
	integration.ClassPaid:      {status: integration.AlreadyPaid, event: integration.EventPerform, parked: true},
	integration.ClassMapping:   {status: integration.Errored, event: integration.EventMissingMapping, parked: true},
	integration.ClassData:      {status: integration.Errored, event: integration.EventValidation, parked: true, fault: true},
	integration.ClassRefused:   {status: integration.Errored, event: integration.EventPerform, parked: true, fault: true},
	integration.ClassHeld:      {status: integration.Errored, event: integration.EventValidation, parked: true},
}

// answered tells whether a failure of this class is the destination's answer to
// the document itself, which leaves nothing unknown about earlier attempts.
func answered(c integration.Class) bool {
	return c != integration.ClassLoad && c != integration.ClassTransient && c != integration.ClassAuth
}

// fail writes a failure into a run and says what follows. The budget counts
// from the run's first attempt.
func fail(r *integration.Run, f *integration.Failure, o Options) verdict {
	now, budget := o.Now(), o.Budget
	v, ok := verdicts[f.Class]
	if !ok {
		v = verdicts[integration.ClassTransient]
	}
	v.fault = v.fault && !f.Lone
	r.Cause, r.Error, r.Advice = f.Cause, f.Message, f.Advice
	r.Outcome = ""
	if f.Class == integration.ClassHeld {
		r.Outcome = integration.Held
	}
	if v.parked {
		r.Status, r.Completed, r.Next = v.status, now, time.Time{}
		return v
	}
	if r.Started.After(now) {
		r.Started = now // the clock was ahead and has been set back: no budget is longer for that
	}
	deadline := r.Started.Add(budget)
	if !now.Before(deadline) {
		r.Error = fmt.Sprintf("not delivered within %s; the last failure: %s", budget, f.Message)
		r.Advice = "see that the destination answers, then retry this run"
		r.Status, r.Completed, r.Next = integration.TimeoutExceeded, now, time.Time{}
		return verdict{status: integration.TimeoutExceeded, event: integration.EventPerform, parked: true}
	}
	r.Status, r.Next = v.status, now
	if f.Class != integration.ClassLoad {
		r.Next = now.Add(max(f.After, backoff(o, r.Tries)))
	}
	if r.Next.After(deadline) {
		r.Next = deadline // one last try when the budget ends
	}
	return v
}
