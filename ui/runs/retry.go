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
	"billferry/ui/screen"
	"billferry/ui/widget"
)

// retryable is the run under the cursor, or why it cannot be tried again.
func (s *Screen) retryable() (integration.Run, string) {
	r, ok := s.selected()
	switch {
	case !ok:
		return r, "there is no run under the cursor"
	case !r.Status.Settled():
		return r, "this run is still under way"
	case r.Status == integration.Complete:
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
	return s.retry(service.RetryRequest{RunIDs: []string{r.ID}}, timeout)
}

func (s *Screen) retry(req service.RetryRequest, most time.Duration) tea.Cmd {
	svc := s.env.Service
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), most)
		defer cancel()
		res, err := svc.Retry(ctx, req)
		return retriedMsg{s, req.Name, res, err}
	}
}

// dryRun counts what a retry of many would do; dryRan then asks.
func (s *Screen) dryRun(what string, f integration.RunFilter) tea.Cmd {
	svc := s.env.Service
	return tea.Batch(s.busy.Start(s.env.Now()), func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		res, err := svc.Retry(ctx, service.RetryRequest{Filter: &f, DryRun: true})
		return dryRunMsg{s, what, f, res, err}
	})
}

func (s *Screen) dryRan(m dryRunMsg) tea.Cmd {
	s.busy.Stop()
	switch {
	case m.err != nil:
		return screen.Fail(fmt.Errorf("count %s: %w", m.what, m.err))
	case m.result.Eligible == 0:
		return screen.Fail(fmt.Errorf("nothing to retry: %s", verdict(m.result)))
	}
	return screen.Open(confirm.New("Retry "+m.what+"?", verdict(m.result), "Retry "+widget.Count(m.result.Eligible),
		s.retryMany(m.what, m.filter, m.result.Eligible)))
}

func (s *Screen) retried(m retriedMsg) tea.Cmd {
	if s.bulk != nil && m.name == s.bulk.name {
		s.bulk = nil
	}
	switch {
	case m.err != nil:
		return screen.Fail(fmt.Errorf("retry: %w", m.err))
	case m.result.Eligible == 0:
		return screen.Fail(fmt.Errorf("nothing was retried: %s", verdict(m.result)))
	}
	if m.result.Stopped {
		text := fmt.Sprintf("stopped: %s of %s runs were queued again", widget.Count(m.result.Done), widget.Count(m.result.Eligible))
		return tea.Batch(screen.Toast(text), s.refresh())
	}
	return tea.Batch(screen.Toast(runsText(widget.Count(m.result.Eligible), m.result.Eligible)+" queued again"), s.refresh())
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
