package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// waiter follows the runs of one send until all are settled.
type waiter struct {
	env   *env
	s     service.Service
	id    string // integration
	start time.Time
	bar   *bar

	limit time.Duration // how long to wait at most; 0 is without end
	told  string        // why the destination does not answer, as last said
	again time.Time     // when to say it again

	unproven bool // end before what was delivered is read back

	mu   sync.Mutex
	mine map[string]integration.Run // by id; the state last seen
	left map[string]bool            // not settled yet
}

func newWaiter(e *env, s service.Service, id string) *waiter {
	return &waiter{env: e, s: s, id: id, start: time.Now(), bar: newBar(e.err),
		mine: map[string]integration.Run{}, left: map[string]bool{}}
}

// note prints a message without tearing the progress bar.
func (w *waiter) note(format string, args ...any) {
	w.bar.clear()
	w.env.say(format, args...)
}

func (w *waiter) add(runs []integration.Run) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range runs {
		w.mine[r.ID] = r
		// What was refused for its credentials goes on by itself once they are
		// taken: look tells whether that will be.
		if !r.Status.Settled() || r.Status == integration.AuthFailed || r.Proof == integration.Pending && !w.unproven {
			w.left[r.ID] = true
		}
	}
}

// lookShare is how much longer than looking a pause is: looking at a hundred
// thousand runs must not take the time that sending them needs.
const lookShare = 10

// wait returns when every run is settled or ctx ends. It looks after each
// change, ten times a second at most, and about once a second in any case.
func (w *waiter) wait(ctx context.Context) error {
	changes, err := w.s.Changes(ctx)
	if err != nil {
		return err
	}
	for from := time.Now(); ; {
		began := time.Now()
		d, err := w.s.Integration(ctx, w.id)
		if err == nil {
			err = w.look(ctx, d.Enabled && d.Authorized)
		}
		if err != nil {
			w.bar.clear()
			return err
		}
		pause := max(100*time.Millisecond, lookShare*time.Since(began))
		w.bar.draw(len(w.mine)-len(w.left), len(w.mine), time.Since(w.start))
		if len(w.left) == 0 {
			w.bar.clear()
			return nil
		}
		w.explain(d.Unreachable)
		if err := w.refused(d.Integration); err != nil {
			w.bar.clear()
			return err
		}
		if w.limit > 0 {
			if time.Since(from) >= w.limit {
				w.bar.clear()
				return errWaited
			}
			pause = min(pause, w.limit)
		}
		if err := quiet(ctx, changes, pause); err != nil {
			w.bar.clear()
			return err
		}
	}
}

// errWaited ends a wait that was given a limit.
var errWaited = errors.New("the time to wait is over")

// sayAgain is how often the same reason to wait is told.
const sayAgain = time.Minute

// explain says why nothing moves while the destination does not answer.
func (w *waiter) explain(u *integration.Unreachable) {
	if u == nil {
		w.told = ""
		return
	}
	if u.Why == w.told && time.Now().Before(w.again) {
		return
	}
	w.told, w.again = u.Why, time.Now().Add(sayAgain)
	w.note("%s", silent(u))
}

// quiet waits for a pause and then for a change, for a second in all unless the
// pause is longer.
func quiet(ctx context.Context, changes <-chan service.Change, pause time.Duration) error {
	longest := time.Now().Add(max(pause, time.Second))
	t := time.NewTicker(pause)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			if drain(changes) || time.Now().After(longest) {
				return nil
			}
		}
	}
}

// refused tells that the destination no longer takes the credentials: what is left
// waits for a person, so waiting here would never end.
func (w *waiter) refused(d integration.Integration) error {
	if d.Authorized || !d.Enabled {
		return nil
	}
	return &integration.Failure{
		Class: integration.ClassAuth, Cause: "login_refused",
		Message: fmt.Sprintf("%s refused the credentials of %s: %d bills are left, on disk",
			w.env.system(d.EntityType, d.Destination), d.Name, len(w.left)),
		Advice: "mend the login, or connect it with another key (billferry integration connect " + d.ID +
			" ...), then send the same file: what arrived is not sent twice",
	}
}

// drain empties the channel and tells whether there was anything in it.
func drain(ch <-chan service.Change) (any bool) {
	for {
		select {
		case _, ok := <-ch:
			if !ok {
				return any
			}
			any = true
		default:
			return any
		}
	}
}

// look asks which runs are still under way: what is not among them is settled.
// sending tells that the integration may send, so that runs which were refused
// for its credentials are about to be queued again.
func (w *waiter) look(ctx context.Context, sending bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	open := map[string]bool{}
	still := func(r integration.Run) {
		open[r.ID] = !r.WaitsForPlan() // which is another person's to make
		if w.left[r.ID] {
			w.mine[r.ID] = r
		}
	}
	f := integration.RunFilter{IntegrationID: w.id, Statuses: []integration.Status{
		integration.Waiting, integration.Started, integration.AwaitingRetry, integration.RateLimitRetry}}
	if sending {
		f.Statuses = append(f.Statuses, integration.AuthFailed)
	}
	if err := w.pages(ctx, f, still); err != nil {
		return err
	}
	if pending := (integration.RunFilter{IntegrationID: w.id, Proofs: []integration.Proof{integration.Pending}}); !w.unproven {
		if err := w.pages(ctx, pending, still); err != nil {
			return err
		}
	}
	for id := range w.left {
		if !open[id] {
			delete(w.left, id)
		}
	}
	return nil
}

// results reads the state of all runs once more, for the table.
func (w *waiter) results(ctx context.Context) ([]integration.Run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]integration.Run, 0, len(w.mine))
	oldest := w.start
	for _, r := range w.mine {
		if r.Created.Before(oldest) {
			oldest = r.Created
		}
	}
	err := w.pages(ctx, integration.RunFilter{IntegrationID: w.id, Since: oldest}, func(r integration.Run) {
		if _, ok := w.mine[r.ID]; ok {
			out = append(out, r)
		}
	})
	return out, err
}

func (w *waiter) pages(ctx context.Context, f integration.RunFilter, each func(integration.Run)) error {
	for token := ""; ; {
		p, err := w.s.Runs(ctx, f, token, 500)
		if err != nil {
			return fmt.Errorf("read the runs: %w", err)
		}
		for _, r := range p.Runs {
			each(r)
		}
		if token = p.Next; token == "" {
			return nil
		}
	}
}
