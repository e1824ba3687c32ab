package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/ui/settle"
	"billferry/ui/widget"
)

// Update implements screen.Screen.
func (s *Screen) Update(msg tea.Msg) tea.Cmd {
	switch m := msg.(type) {
	case tea.KeyMsg:
		switch {
		case s.menu != nil:
			return s.menuKey(m)
		case s.search.Typing():
			s.typeKey(m)
			return nil
		}
		return s.key(m)
	case screen.ChangedMsg:
		if m.Kind == "run" && (m.ID == s.id || m.ID == "") {
			return s.load()
		}
	case load.Msg:
		return m.For(s)
	}
	return s.busy.Update(msg)
}

func (s *Screen) menuKey(m tea.KeyMsg) tea.Cmd {
	done, cmd := s.menu.Key(m)
	if done {
		s.menu = nil
	}
	return cmd
}

func (s *Screen) typeKey(m tea.KeyMsg) {
	s.search.Key(m)
	s.pane.find(s.search.Value())
}

func (s *Screen) key(m tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(m, keys.next):
		s.open(s.tab + 1)
	case key.Matches(m, keys.previous):
		s.open(s.tab - 1)
	case key.Matches(m, keys.tab):
		s.open(tab(m.Runes[0] - '1'))
	case key.Matches(m, keys.earlier):
		s.choose(s.attempt - 1)
	case key.Matches(m, keys.later):
		s.choose(s.attempt + 1)
	case key.Matches(m, keys.find):
		s.search.Open()
	case key.Matches(m, keys.hit):
		s.pane.hit(1)
	case key.Matches(m, keys.hitBack):
		s.pane.hit(-1)
	case key.Matches(m, keys.curl):
		return s.copyCurl()
	case key.Matches(m, keys.retry):
		return s.retry()
	case key.Matches(m, keys.more):
		s.menu = &widget.Menu{Title: "More actions", Actions: settle.Actions(s.env, s.run.Run, s.loaded)}
	case key.Matches(m, keys.integration):
		return s.goTo(screen.Details, "")
	case key.Matches(m, keys.mapping):
		return s.goTo(screen.Mappings, s.run.AccountID)
	case key.Matches(m, keys.remedy):
		return s.doRemedy()
	default:
		s.pane.key(m)
	}
	return nil
}

// open shows a tab; past the last comes the first.
func (s *Screen) open(t tab) {
	s.tab = (t + tab(len(tabNames))) % tab(len(tabNames))
	s.pane.start()
	s.show()
}

func (s *Screen) choose(attempt int) {
	s.attempt = max(0, min(attempt, len(s.run.Attempts)-1))
	s.pane.start()
	s.show()
}

func (s *Screen) goTo(name screen.RouteName, arg string) tea.Cmd {
	if !s.loaded {
		return nil
	}
	return s.env.Push(screen.Route{Name: name, ID: s.run.IntegrationID, Arg: arg})
}

func (s *Screen) doRemedy() tea.Cmd {
	switch remedyOf(s.run.Run) {
	case mapAccount:
		return s.goTo(screen.Mappings, s.run.AccountID)
	case connect, openIntegration:
		return s.goTo(screen.Details, "")
	case tryAgain:
		return s.retry()
	}
	return nil
}

func (s *Screen) copyCurl() tea.Cmd {
	x := request(s.current())
	if x == nil {
		return screen.Fail(errors.New("nothing to copy: this attempt sent no request"))
	}
	return screen.Copy(curl(*x), "the request as curl, without secrets")
}

// retry tries the run again without asking: it is one Bill, and the same Bill
// is never sent twice.
func (s *Screen) retry() tea.Cmd {
	if why := s.notRetryable(); why != "" {
		return screen.Fail(errors.New("not retried: " + why))
	}
	svc, req := s.env.Service, service.RetryRequest{RunIDs: []string{s.id}}
	s.retrying = true
	return load.Do(s, load.Deadline, func(ctx context.Context) (service.RetryResult, error) { return svc.Retry(ctx, req) }, s.retried)
}

// retried follows the work to the run that carries it on.
func (s *Screen) retried(got service.RetryResult, err error) tea.Cmd {
	s.retrying = false
	switch {
	case err != nil:
		return screen.Fail(fmt.Errorf("retry: %w", err))
	case got.Eligible == 0:
		for why := range got.Not {
			return screen.Fail(errors.New("not retried: " + why))
		}
		return screen.Fail(errors.New("not retried: it is not a failed run any more"))
	case len(got.Runs) == 1 && got.Runs[0] != s.id:
		return tea.Batch(screen.Toast("queued again: this is the new run"),
			s.env.Replace(screen.Route{Name: screen.Run, ID: got.Runs[0]}))
	}
	return tea.Batch(screen.Toast("queued again"), s.load())
}
