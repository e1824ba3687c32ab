package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"billferry/internal/integration"
	"billferry/internal/service"
)

// keptReplays is how many retries are remembered, ended ones too.
const keptReplays = 50

// replays remembers the retries of this process. What they did is in the runs
// themselves and in the audit trail; this is for watching and stopping them.
type replays struct {
	mu  sync.Mutex
	all []*replay // newest first
}

type replay struct {
	service.Replay
	stop bool
}

// start registers a retry. Two of one name at once could not be told apart.
func (s *replays) start(name string, total int, now time.Time) (*replay, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "" {
		name = "retry " + now.UTC().Format("2006-01-02 15:04:05.000")
	}
	if r := s.find(name); r != nil && r.Ended.IsZero() {
		return nil, fmt.Errorf("a retry named %q is under way: choose another name, or wait: %w", name, integration.ErrExists)
	}
	r := &replay{Replay: service.Replay{Name: name, Total: total, Started: now}}
	s.all = slices.Insert(s.all, 0, r)
	if len(s.all) > keptReplays {
		s.all = s.all[:keptReplays]
	}
	return r, nil
}

func (s *replays) find(name string) *replay {
	for _, r := range s.all {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// step notes that n more runs were re-queued, and tells whether to go on.
func (s *replays) step(r *replay, n int) (on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Done += n
	return !r.stop
}

func (s *replays) end(r *replay, now time.Time) service.Replay {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Ended, r.Stopped = now, r.stop && r.Done < r.Total
	return r.Replay
}

// Replays implements service.Service.
func (a *App) Replays(context.Context) ([]service.Replay, error) {
	a.replay.mu.Lock()
	defer a.replay.mu.Unlock()
	out := make([]service.Replay, len(a.replay.all))
	for i, r := range a.replay.all {
		out[i] = r.Replay
	}
	return out, nil
}

// StopReplay implements service.Service.
func (a *App) StopReplay(_ context.Context, name string) (service.Replay, error) {
	out, err := a.replay.halt(name)
	return out, a.acted(err, "stop retry", name)
}

func (s *replays) halt(name string) (service.Replay, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.find(name)
	switch {
	case r == nil:
		return service.Replay{}, fmt.Errorf("retry %q: %w", name, integration.ErrNotFound)
	case !r.Ended.IsZero():
		return r.Replay, fmt.Errorf("retry %q has ended: %w", name, integration.ErrConflict)
	}
	r.stop = true
	return r.Replay, nil
}

// Retry implements service.Service.
func (a *App) Retry(ctx context.Context, q service.RetryRequest) (service.RetryResult, error) {
	res := service.RetryResult{Not: map[string]int{}}
	ids, err := a.retryable(ctx, q, &res)
	if err != nil || q.DryRun || len(ids) == 0 {
		return res, err
	}
	r, err := a.replay.start(strings.TrimSpace(q.Name), len(ids), a.now())
	if err != nil {
		return res, err
	}
	res.Name = r.Name
	a.did("retry runs", fmt.Sprintf("%s: %d runs, %d not eligible", r.Name, len(ids), sum(res.Not)))
	err = a.retrySteps(ctx, r, ids, &res)
	ended := a.replay.end(r, a.now())
	res.Done, res.Stopped = ended.Done, ended.Stopped
	if ended.Done < ended.Total {
		a.did("retry ended early", fmt.Sprintf("%s: %d of %d runs", r.Name, ended.Done, ended.Total))
	}
	return res, err
}

// retrySteps re-queues runs step by step, so that a retry can be watched and
// stopped, and what others write is not kept waiting.
func (a *App) retrySteps(ctx context.Context, r *replay, ids []string, res *service.RetryResult) error {
	for part := range slices.Chunk(ids, service.RetryStep) {
		if err := ctx.Err(); err != nil {
			return err
		}
		made, err := a.engine.Retry(ctx, part)
		for _, x := range made[:min(len(made), 100-len(res.Runs))] {
			res.Runs = append(res.Runs, x.ID)
		}
		if on := a.replay.step(r, len(made)); err != nil || !on {
			return err
		}
	}
	return nil
}

// retryable sorts the runs a request names; res gets the count and the reasons.
func (a *App) retryable(ctx context.Context, q service.RetryRequest, res *service.RetryResult) (ids []string, err error) {
	return ids, a.selected(ctx, q, func(r integration.Run) error {
		why, err := a.engine.Retryable(ctx, r)
		switch {
		case err != nil:
			return err
		case why != "":
			res.Not[why]++
		default:
			res.Eligible++
			ids = append(ids, r.ID)
		}
		return nil
	})
}

// selected reads the runs a request names, each once.
func (a *App) selected(ctx context.Context, q service.RetryRequest, each func(integration.Run) error) error {
	seen := map[string]bool{}
	for _, id := range q.RunIDs {
		r, err := a.store.Run(ctx, id)
		if err == nil && !seen[id] {
			seen[id] = true
			err = each(r)
		}
		if err != nil {
			return err
		}
	}
	if q.Filter == nil {
		return nil
	}
	for token := ""; ; {
		page, err := a.store.Runs(ctx, *q.Filter, token, 500)
		if err != nil {
			return err
		}
		for _, r := range page.Runs {
			if seen[r.ID] {
				continue
			}
			if err := each(r); err != nil {
				return err
			}
		}
		if token = page.Next; token == "" {
			return nil
		}
	}
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
