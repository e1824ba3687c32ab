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
	"billferry/ui/screen"
	"billferry/ui/theme"
	"billferry/ui/widget"
)

const (
	bulkMost  = 12 * time.Hour // of a retry of many; a million runs take less
	bulkLooks = 250 * time.Millisecond
)

// bulk is a retry of many runs that is under way.
type bulk struct {
	name        string
	done, total int
	start       time.Time
}

type (
	lookMsg struct{ to *Screen }
	bulkMsg struct { // how far it has come
		to      *Screen
		replays []service.Replay
	}
	stoppedMsg struct {
		to  *Screen
		err error
	}
)

// retryMany tries the runs of a filter again. It goes on while other screens
// are open, and shows how far it has come.
func (s *Screen) retryMany(what string, f integration.RunFilter, total int) tea.Cmd {
	start := s.env.Now()
	return func() tea.Msg {
		return bulkStartMsg{s, bulk{name: what + ", " + start.UTC().Format("2006-01-02 15:04:05"), total: total, start: start}, f}
	}
}

// bulkStartMsg begins a retry of many that was confirmed.
type bulkStartMsg struct {
	to     *Screen
	of     bulk
	filter integration.RunFilter
}

// toldBulk handles the messages of a retry of many.
func (s *Screen) toldBulk(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case bulkStartMsg:
		if m.to == s {
			return s.startBulk(m)
		}
	case lookMsg:
		if m.to == s {
			return s.look()
		}
	case bulkMsg:
		if m.to == s {
			return s.looked(m)
		}
	case stoppedMsg:
		if m.to == s && m.err != nil {
			return screen.Fail(fmt.Errorf("stop the retry: %w", m.err))
		}
	}
	return nil
}

func (s *Screen) startBulk(m bulkStartMsg) tea.Cmd {
	if s.bulk != nil {
		return screen.Fail(errors.New("a retry is under way already: wait for it, or stop it with esc"))
	}
	s.bulk = &m.of
	return tea.Batch(s.lookLater(), s.retry(service.RetryRequest{Filter: &m.filter, Name: m.of.name}, bulkMost))
}

func (s *Screen) lookLater() tea.Cmd {
	return tea.Tick(bulkLooks, func(time.Time) tea.Msg { return lookMsg{s} })
}

// look asks how far the retry has come.
func (s *Screen) look() tea.Cmd {
	if s.bulk == nil {
		return nil
	}
	svc := s.env.Service
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		all, err := svc.Replays(ctx)
		if err != nil {
			return bulkMsg{s, nil} // the retry itself will say what is wrong
		}
		return bulkMsg{s, all}
	}
}

func (s *Screen) looked(m bulkMsg) tea.Cmd {
	if s.bulk == nil {
		return nil
	}
	if i := slices.IndexFunc(m.replays, func(r service.Replay) bool { return r.Name == s.bulk.name }); i >= 0 {
		s.bulk.done, s.bulk.total = m.replays[i].Done, m.replays[i].Total
	}
	return s.lookLater()
}

// stopBulk makes the retry end after the step it is at; retried tells how far
// it came.
func (s *Screen) stopBulk() tea.Cmd {
	svc, name := s.env.Service, s.bulk.name
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		_, err := svc.StopReplay(ctx, name)
		return stoppedMsg{s, err}
	}
}

// progress is what the top line says while a retry of many is under way.
func (s *Screen) progress() string {
	return theme.Focus.Render(widget.Progress(s.bulk.done, s.bulk.total, s.bulk.start, s.env.Now())) + theme.Dim.Render(" · esc stops")
}
