package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// reconnected is an integration that was connected again: its refused run is
// queued anew, goes, and ends, one step at each look.
type reconnected struct {
	service.Service
	steps []integration.Status
	at    int
	off   bool // not connected after all

	silent *integration.Unreachable
}

func (r *reconnected) Changes(context.Context) (<-chan service.Change, error) {
	return make(chan service.Change), nil
}

func (r *reconnected) Integration(context.Context, string) (service.Detail, error) {
	return service.Detail{Integration: integration.Integration{ID: "in", Enabled: true, Authorized: !r.off, Unreachable: r.silent}}, nil
}

func (r *reconnected) Runs(_ context.Context, f integration.RunFilter, _ string, _ int) (integration.RunPage, error) {
	if len(f.Proofs) > 0 {
		return integration.RunPage{}, nil // nothing is left to be read back
	}
	s := r.steps[min(r.at, len(r.steps)-1)]
	r.at++
	var p integration.RunPage
	for _, want := range f.Statuses {
		if want == s {
			p.Runs = []integration.Run{{ID: "run", Status: s}}
		}
	}
	return p, nil
}

// send waits for a run that was refused for the credentials, once they are
// taken: the engine queues it again by itself.
func TestSendWaitsForWhatGoesOnAfterAReconnect(t *testing.T) {
	t.Parallel()
	steps := []integration.Status{integration.AuthFailed, integration.Waiting, integration.Started, integration.Complete}
	for _, off := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &reconnected{steps: steps, off: off}
			w := newWaiter(&env{err: &bytes.Buffer{}}, s, "in")
			w.add([]integration.Run{{ID: "run", Status: integration.AuthFailed}})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			err := w.wait(ctx)
			cancel()
			want := len(steps)
			if off {
				want = 1 // it stays as it is
			}
			if err != nil || s.at != want {
				t.Errorf("not connected %v: it ended after %d looks (%v), want %d", off, s.at, err, want)
			}
		})
	}
}

// While NetSuite does not answer send says why it waits, once a minute, and an
// end that was given is kept.
func TestSendSaysWhyItWaitsAndKeepsItsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		s := &reconnected{steps: []integration.Status{integration.AwaitingRetry}}
		s.silent = &integration.Unreachable{Since: time.Now(), Why: "netsuite gave no answer: connection refused", Waiting: 40, Next: time.Now()}
		w := newWaiter(&env{err: &said}, s, "in")
		w.limit = 150 * time.Second
		w.add([]integration.Run{{ID: "run", Status: integration.Waiting}})
		began := time.Now()
		err := w.wait(t.Context())
		if took := time.Since(began); !errors.Is(err, errWaited) || took < w.limit || took > w.limit+2*time.Second {
			t.Errorf("it ended after %s with %v", took, err)
		}
		if n := strings.Count(said.String(), "connection refused; 40 Bills wait, since "); n != 3 {
			t.Errorf("it was told %d times: %s", n, said.String())
		}
	})
}
