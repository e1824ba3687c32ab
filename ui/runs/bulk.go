package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	bulkMost  = 12 * time.Hour // of a retry of many; a million runs take less
	bulkLooks = 250 * time.Millisecond
	stopAgain = 50 * time.Millisecond
)

// bulk is a retry of many runs that is under way.
type bulk struct {
	name        string
	done, total int
	start       time.Time
	stop        bool // esc was pressed
}

// retryMany tries the runs of a filter again. It goes on while other screens
// are open, and shows how far it has come.
func (s *Screen) retryMany(what string, f integration.RunFilter, total int) tea.Cmd {
	if s.bulk != nil {
		return screen.Fail(errors.New("a retry is under way already: wait for it, or stop it with esc"))
	}
	start := s.env.Now()
	s.bulk = &bulk{name: what + ", " + start.UTC().Format("2006-01-02 15:04:05"), total: total, start: start}
	return tea.Batch(s.lookLater(), s.retry(service.RetryRequest{Filter: &f, Name: s.bulk.name}, bulkMost))
}

func (s *Screen) lookLater() tea.Cmd { return load.After(s, bulkLooks, s.look) }

// look asks how far the retry has come.
func (s *Screen) look() tea.Cmd {
	if s.bulk == nil {
		return nil
	}
	svc := s.env.Service
	return load.Do(s, load.Deadline, svc.BulkRetries, func(all []service.BulkRetry, _ error) tea.Cmd { // the retry itself says what is wrong
		if s.bulk == nil {
			return nil
		}
		if i := slices.IndexFunc(all, func(r service.BulkRetry) bool { return r.Name == s.bulk.name }); i >= 0 {
			s.bulk.done, s.bulk.total = all[i].Done, all[i].Total
		}
		return s.lookLater()
	})
}

// stopBulk makes the retry end after the step it is at; retried tells how far
// it came. Until its runs are counted nobody knows of it, and it asks again.
func (s *Screen) stopBulk() tea.Cmd {
	s.bulk.stop = true
	svc, name := s.env.Service, s.bulk.name
	return load.Do(s, load.Deadline, func(ctx context.Context) (service.BulkRetry, error) { return svc.StopBulkRetry(ctx, name) },
		func(_ service.BulkRetry, err error) tea.Cmd {
			switch {
			case errors.Is(err, integration.ErrNotFound):
				return load.After(s, stopAgain, func() tea.Cmd {
					if s.bulk == nil || s.bulk.name != name {
						return nil
					}
					return s.stopBulk()
				})
			case err == nil, errors.Is(err, integration.ErrConflict): // it has ended
				return nil
			}
			return screen.Fail(fmt.Errorf("stop the retry: %w", err))
		})
}

// progress is what the top line says while a retry of many is under way.
func (s *Screen) progress() string {
	does := " · esc stops"
	if s.bulk.stop {
		does = " · stopping"
	}
	return theme.Focus.Render(widget.Progress(s.bulk.done, s.bulk.total, s.bulk.start, s.env.Now())) + theme.Dim.Render(does)
}
