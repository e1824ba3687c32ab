package runs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/confirm"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// retryable is the run under the cursor, or why it cannot be tried again.
func (s *Screen) retryable() (integration.Run, string) {
	r, ok := s.selected()
	switch {
	case !ok:
		return r, "there is no run under the cursor"
	case s.steady.Why() != "":
		return r, s.steady.Why()
	case !r.Status.Settled():
		return r, "this run is still under way"
	case !r.Retries():
		return r, "this run is complete"
	}
	return r, ""
}

// retryOne tries the run under the cursor again, without asking: it is one
// Bill, and the same Bill is never sent twice.
func (s *Screen) retryOne() tea.Cmd {
	r, why := s.retryable()
	if why != "" {
		return screen.Fail(errors.New("not retried: " + why))
	}
	return s.retry(service.RetryRequest{RunIDs: []string{r.ID}}, load.Deadline)
}

func (s *Screen) retry(req service.RetryRequest, most time.Duration) tea.Cmd {
	svc := s.env.Service
	return load.Do(s, most, func(ctx context.Context) (service.RetryResult, error) { return svc.Retry(ctx, req) },
		func(got service.RetryResult, err error) tea.Cmd { return s.retried(req.Name, got, err) })
}

// dryRun counts what a retry of many would do, then asks.
func (s *Screen) dryRun(what string, f integration.RunFilter) tea.Cmd {
	svc := s.env.Service
	s.asking = true
	return tea.Batch(s.busy.Start(), load.Do(s, load.Deadline,
		func(ctx context.Context) (service.RetryResult, error) {
			return svc.Retry(ctx, service.RetryRequest{Filter: &f, DryRun: true, Map: true, Most: Tried})
		},
		func(got service.RetryResult, err error) tea.Cmd {
			s.asking = false
			s.busy.Stop()
			switch {
			case err != nil:
				return screen.Fail(fmt.Errorf("count %s: %w", what, err))
			case got.Eligible == 0:
				return screen.Fail(fmt.Errorf("nothing to retry: %s", verdict(got)))
			}
			return s.env.Open(confirm.New(s.env, "Retry "+what+"?", foreseen(got), "Retry "+widget.Count(got.Eligible),
				func() tea.Cmd { return s.retryMany(what, f, got.Eligible) }))
		}))
}

func (s *Screen) retried(name string, got service.RetryResult, err error) tea.Cmd {
	if s.bulk != nil && name == s.bulk.name {
		s.bulk = nil
	}
	switch {
	case err != nil:
		return screen.Fail(fmt.Errorf("retry: %w", err))
	case got.Eligible == 0:
		return screen.Fail(fmt.Errorf("nothing was retried: %s", verdict(got)))
	}
	if got.Stopped {
		text := fmt.Sprintf("stopped: %s of %s runs were queued again", widget.Count(got.Done), widget.Count(got.Eligible))
		return tea.Batch(screen.Toast(text), s.refresh())
	}
	return tea.Batch(screen.Toast(widget.Many(got.Eligible, "run")+" queued again"), s.refresh())
}

// Tried is how many Bills are mapped before a retry of many asks: the question
// does not wait for all of a million.
const Tried = 50

// foreseen is what the question of a retry tells: the count, what would become of
// the first of the runs, and what is to be done before.
func foreseen(r service.RetryResult) string {
	text := verdict(r)
	head := r.Mapped()
	if head == "" {
		return text
	}
	var parts []string
	for _, d := range r.DryRun {
		part := d.Words()
		if d.Verdict == service.WouldStop && d.Advice != "" {
			part += ". To do before: " + strings.TrimSuffix(d.Advice, ".")
		}
		parts = append(parts, part)
	}
	return text + " " + strings.ToUpper(head[:1]) + head[1:] + " " + widget.Clean(strings.Join(parts, "; ")) + "."
}

// verdict says it in one sentence: "1,996 eligible, 4 not, because ...".
func verdict(r service.RetryResult) string {
	text := widget.Count(r.Eligible) + " eligible"
	not, because := 0, []string(nil)
	for _, why := range slices.Sorted(maps.Keys(r.Not)) {
		n := r.Not[why]
		not += n
		because = append(because, fmt.Sprintf("%s: %s", widget.Count(n), why))
	}
	if not == 0 {
		return text + "."
	}
	return text + fmt.Sprintf(", %s not, because ", widget.Count(not)) + strings.Join(because, "; ") + "."
}
