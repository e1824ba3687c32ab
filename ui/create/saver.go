package create

import (
	"context"
	"sync"

	tea "github.com/charmbracelet/bubbletea"

	"billferry/internal/integration"
	"billferry/internal/service"
	"billferry/ui/load"
	"billferry/ui/screen"
	"billferry/wizard"
)

// saver keeps one draft up to date. Its commands may run at the same time and
// in any order: they take turns here, and an older state never follows a newer.
type saver struct {
	svc service.Service
	seq int // of the last command made; Update's own

	mu     sync.Mutex // guards the rest, taken in commands only
	id     string
	saved  int  // seq of what is on disk
	closed bool // the integration exists: its draft must not come back
}

// keep writes the wizard's state now and answers with the draft's id.
func (s *saver) keep(ctx context.Context, w wizard.Wizard) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.write(ctx, w); err != nil {
		return "", err
	}
	return s.id, nil
}

func (s *saver) write(ctx context.Context, w wizard.Wizard) error {
	data, err := w.Data()
	if err != nil {
		return err
	}
	d, err := s.svc.SaveDraft(ctx, integration.Draft{ID: s.id, Title: w.Title(), Stage: int(w.Draft().Stage), Data: data})
	if err == nil {
		s.id = d.ID
	}
	return err
}

// save returns the command that writes the wizard's state.
func (s *saver) save(to *Screen, w wizard.Wizard) tea.Cmd {
	s.seq++
	seq := s.seq
	return load.Act(to, load.Deadline, func(ctx context.Context) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed || seq < s.saved {
			return nil
		}
		err := s.write(ctx, w)
		if err == nil {
			s.saved = seq
		}
		return err
	}, func(err error) tea.Cmd {
		if err != nil {
			return screen.Fail(&draftError{err})
		}
		return nil
	})
}

// create makes the integration, which drops the draft. When it is refused the
// draft stays and further saves are written again.
func (s *saver) create(ctx context.Context, d wizard.Draft) (integration.Integration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err := s.svc.Create(ctx, service.NewIntegration{
		EntityType: d.EntityType, Destination: d.Destination, Name: d.Name, ConfigData: d.ConfigData, DraftID: s.id,
	})
	s.closed = err == nil
	return in, err
}
